"""Real time, for whoever must tell it from the simulation's: which values read as the time that it is now.

This module promises to look round any freeze. It must not know what a trace is.
"""

from __future__ import annotations

import os
import re
import time
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["UNITS_MS", "RealTime", "real_time"]

UNITS_MS = (0.000_001, 0.001, 1.0, 1_000.0)
"""What nanoseconds, microseconds, milliseconds and seconds are in milliseconds."""

_DAY_MS = 86_400_000
_ZONES_MS = tuple(quarters * 900_000 for quarters in range(-56, 57))  # UTC-14:00 to UTC+14:00
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_ISO = re.compile(
    r"(?<!\d)(\d{4})-?(\d\d)-?(\d\d)"
    r"(?:[T ]?(\d\d):?(\d\d)(?::?(\d\d)(?:[.,]\d+)?)?(?: ?(Z|[+-]\d\d(?::?\d\d)?))?)?(?!\d)"
)
_OTHER = re.compile(r"(?<![\d.:/-])(\d{1,4})([./-])(\d\d?)\2(\d{4}|\d\d)(?![\d:/-]|\.\d)")
_NUMBER = re.compile(r"(?<!\d)\d{10,19}(?!\d)")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED = re.compile(r"(?:(\d\d?)[ -])?\b([a-z]{3})[a-z]*\.?[ -](?:(\d\d?),? )?(\d{4})(?!\d)", re.IGNORECASE)


class RealTime(NamedTuple):
    """The time in which this process has been running, at most a day, in milliseconds since the epoch."""

    since_ms: float
    until_ms: float

    def is_near(self, wall_ms: float) -> bool:
        """Tell whether a time of the simulation may be taken for this."""
        return self.since_ms - 2 * _DAY_MS < wall_ms < self.until_ms + 2 * _DAY_MS

    def is_about(self, wall_ms: float, slack_ms: float) -> bool:
        """Tell whether a time is in here, nearly, in UTC or in local time."""
        offsets_ms = (0, time.timezone * 1_000, time.altzone * 1_000)
        return any(
            self.since_ms - slack_ms <= wall_ms + west_ms <= self.until_ms + slack_ms
            for west_ms in offsets_ms
        )

    def is_read_from(self, value: object, known: frozenset[date] = frozenset()) -> bool:
        """Tell whether a value reads as a time in here; days that are `known` from elsewhere do not count."""
        if isinstance(value, str):
            return self._is_in_text(value, known)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return any(self.since_ms <= value * unit <= self.until_ms for unit in UNITS_MS)

    def _is_in_text(self, text: str, known: frozenset[date]) -> bool:
        """Tell whether a text has such a time in it."""
        if any(self.is_read_from(int(number)) for number in _NUMBER.findall(text)):
            return True
        if any(self.since_ms - 60_000 <= at_ms <= self.until_ms for at_ms in _times_in(text)):
            return True
        return not known.issuperset(self._days().intersection(_days_in(text)))

    def _days(self) -> set[date]:
        """Return the days that it is somewhere on earth."""
        return {
            _date_of(at)
            for at in (
                self.since_ms + _ZONES_MS[0],
                self.since_ms,
                self.until_ms,
                self.until_ms + _ZONES_MS[-1],
            )
        }

    def days_in(self, text: str) -> set[date]:
        """Return the days a text names."""
        return {*_days_in(text), *(_date_of(at_ms) for at_ms in _times_in(text))}


def _times_in(text: str) -> Iterator[float]:
    """Yield each time that a text names with its day, in milliseconds since the epoch, in any time zone."""
    for found in _ISO.finditer(text):
        year, month, day, hour, minute, second, zone = found.groups(default="")
        for which in _dates(int(year), int(month), int(day)) if hour else ():
            seconds = (int(hour) * 60 + int(minute)) * 60 + int(second or 0)
            at_ms = (which - _EPOCH.date()).days * _DAY_MS + seconds * 1_000
            yield from (at_ms - offset for offset in (_offset_ms(zone),) if zone)
            yield from (at_ms - offset for offset in _ZONES_MS if not zone)


def _days_in(text: str) -> Iterator[date]:
    """Yield each day that a text names, but for those with a time of the day."""
    for found in _ISO.finditer(text):
        if not found[4]:
            yield from _dates(int(found[1]), int(found[2]), int(found[3]))
    text = _ISO.sub(" ", text)
    for found in _OTHER.finditer(text):
        a, b, c = int(found[1]), int(found[3]), int(found[4])
        for year, month, day in ((c, b, a), (c, a, b), (a, b, c)):
            yield from _dates(year, month, day)
    for found in _NAMED.finditer(text):
        number, name = found[1] or found[3], found[2].lower()
        if name in _MONTHS and number:
            yield from _dates(int(found[4]), _MONTHS.index(name) + 1, int(number))


def _offset_ms(zone: str) -> int:
    """Return how much a time zone, as in `+01:00` or `Z`, is before UTC."""
    digits = zone.strip("Z+-").replace(":", "").ljust(4, "0")
    return (int(digits[:2]) * 60 + int(digits[2:])) * (-60_000 if zone.startswith("-") else 60_000)


def _date_of(at_ms: float) -> date:
    """Return the day of a time."""
    return (_EPOCH + timedelta(milliseconds=at_ms)).date()


def _dates(year: int, month: int, day: int) -> Iterator[date]:
    """Yield the date of three numbers if they are one; a year may have two digits."""
    try:
        yield date(year + (2000 if year < 100 else 0), month, day)  # noqa: PLR2004 - two digits
    except ValueError:
        return


def real_time() -> RealTime:
    """Return real time, whatever is frozen."""
    from freezegun.api import real_time as now

    until_ms = now() * 1_000
    return RealTime(max(until_ms - _DAY_MS, _began_ms() or 0), until_ms)


def _began_ms() -> float | None:
    """Return when this process began, or None where the system does not say so."""
    try:
        ticks = int(Path("/proc/self/stat").read_text(encoding="ascii").rpartition(")")[2].split()[19])
        system = Path("/proc/stat").read_text(encoding="ascii")
        booted = int(system.partition("btime ")[2].split(maxsplit=1)[0])
        return (booted + ticks / os.sysconf("SC_CLK_TCK") - 5) * 1_000
    except (OSError, ValueError, IndexError, AttributeError):
        return None
