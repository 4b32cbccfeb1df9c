"""Durations and instants: from what users write to integer milliseconds, and back.

This layer promises exact integer time and errors that name the argument. It must not know any
clock or time zone: what it returns depends on its arguments only.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from math import floor, isfinite
from typing import TYPE_CHECKING, TypeGuard

from tasksim.errors import UsageError

if TYPE_CHECKING:
    from tasksim.typing import Duration, Instant

__all__ = [
    "LAST_INSTANT_MS",
    "is_number",
    "parse_duration",
    "parse_instant",
    "parse_signed_duration",
    "render_clock",
    "render_duration",
    "render_instant",
    "to_datetime",
]

_UNITS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
# As many digits as the longest has: `int()` refuses texts of thousands with an error of its own.
_AMOUNT = r"([0-9]{1,16}(?:\.[0-9]{1,16})?)"
_DURATION = re.compile("".join(f"(?:{_AMOUNT}{unit}(?![a-z]))?" for unit in _UNITS))
_LONGEST_MS = 2**53  # times are JSON numbers in records and traces

_INSTANT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,15}))?)?"
    r"(?:Z|([+-])([0-9]{2}):?([0-9]{2}))?",
)
# Made once: under freezegun the name `datetime` would make FakeDatetime instances.
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MILLISECOND = timedelta(milliseconds=1)
_FIRST_MS = (datetime.min.replace(tzinfo=timezone.utc) - _EPOCH) // _MILLISECOND
LAST_INSTANT_MS = (datetime.max.replace(tzinfo=timezone.utc) - _EPOCH) // _MILLISECOND
"""The last millisecond that a date can show."""

_WRITE_DURATION = "Write seconds (90 or 1.5), a timedelta, or text like '500ms', '90s', '15m', '1h30m', '2d'."
_WRITE_INSTANT = "Write an aware datetime, or ISO text like '2024-01-01T00:00:00Z'."


def is_number(value: object) -> TypeGuard[float]:
    """Whether a value is a finite number; booleans are none.

    Example:
        >>> is_number(1.5), is_number(True), is_number("1")
        (True, False, False)
    """
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def parse_duration(value: Duration, *, name: str, allow_zero: bool = True) -> int:
    """Return a duration in milliseconds; halves of one and more are rounded up.

    Args:
        value: Seconds, a `timedelta`, or text: `500ms`, `90s`, `15m`, `1h30m`, `2d`, `1.5h`.
        name: What to call the argument in an error.
        allow_zero: Whether 0 will do.

    Raises:
        UsageError: If the value is no duration, negative, too long, or 0 where that is refused.

    Example:
        >>> parse_duration("1h30m", name="budget")
        5400000
    """
    ms = parse_signed_duration(value, name=name)
    if ms < 0:
        raise UsageError(f"{name} is {value!r}, which is negative.", way_out="Write 0 or more.")
    if ms == 0 and not allow_zero:
        raise UsageError(f"{name} is {value!r}, which is no time at all.", way_out="Write at least '1ms'.")
    return ms


def parse_signed_duration(value: Duration, *, name: str) -> int:
    """Return a duration in milliseconds, of which text may begin with `-`, as in `-1h`.

    Args:
        value: As for `parse_duration`; numbers and a `timedelta` may be negative as well.
        name: What to call the argument in an error.

    Raises:
        UsageError: If the value is no duration, or too long.
    """
    ms: int | None = None
    if isinstance(value, str):
        ms = _parse_text(value)
    elif isinstance(value, timedelta):
        ms = value.days * _UNITS["d"] + value.seconds * 1000 + (value.microseconds + 500) // 1000
    elif isinstance(value, int) and not isinstance(value, bool):
        ms = int(value) * 1000
    elif isinstance(value, float) and isfinite(value):
        # Clamped first: a huge float times 1000 is infinite, and one beyond the clamp is refused anyway.
        ms = floor(min(max(value, -_LONGEST_MS), _LONGEST_MS) * 1000 + 0.5)
    if ms is None:
        raise UsageError(f"{name} is {value!r}, which is no duration.", way_out=_WRITE_DURATION)
    if abs(ms) > _LONGEST_MS:
        raise UsageError(f"{name} is {value!r}, which is beyond 2**53 ms.", way_out="Write a shorter time.")
    return ms


def _parse_text(text: str) -> int | None:
    """Return the milliseconds that `text` says, or None if it is no duration."""
    unsigned = text.removeprefix("-")
    match = _DURATION.fullmatch(unsigned)
    if not unsigned or match is None:
        return None
    amounts = zip(match.groups(), _UNITS.values(), strict=True)
    ms = sum(_scaled(amount, size) for amount, size in amounts if amount)
    return ms if unsigned == text else -ms


def _scaled(amount: str, size: int) -> int:
    """Return a decimal number of units in milliseconds, halves rounded up, without any float."""
    whole, _, fraction = amount.partition(".")
    scale: int = 10 ** len(fraction)
    return (2 * int(whole + fraction) * size + scale) // (2 * scale)


def render_duration(ms: int) -> str:
    """Return a duration in the largest unit that divides it: `90s`, `15m`, `0s`.

    Example:
        >>> render_duration(90_000)
        '90s'
    """
    if ms == 0:
        return "0s"
    unit = next(unit for unit, size in _UNITS.items() if ms % size == 0)
    return f"{ms // _UNITS[unit]}{unit}"


def parse_instant(value: Instant, *, name: str) -> int:
    """Return an instant in milliseconds since 1970-01-01T00:00:00Z, what is finer cut off.

    Args:
        value: An aware datetime, or ISO text with `Z` or an offset.
        name: What to call the argument in an error.

    Raises:
        UsageError: If the value is no instant, or does not say its time zone.

    Example:
        >>> parse_instant("1970-01-01T01:00:00+01:00", name="start")
        0
    """
    ms: int | None = None
    if isinstance(value, str):
        ms = _parse_iso(value, name)
    elif isinstance(value, datetime):
        if value.utcoffset() is None:
            way_out = "Make it aware: value.replace(tzinfo=timezone.utc), if it means UTC."
            raise UsageError(f"{name} is {value!r}, which has no time zone.", way_out=way_out)
        ms = (value - _EPOCH) // _MILLISECOND
    if ms is None or not _FIRST_MS <= ms <= LAST_INSTANT_MS:
        raise UsageError(f"{name} is {value!r}, which is no instant.", way_out=_WRITE_INSTANT)
    return ms


def _parse_iso(text: str, name: str) -> int | None:
    """Return the instant that `text` says, or None if it says none.

    Not `datetime.fromisoformat`: what that accepts differs from one Python to the next.
    """
    match = _INSTANT.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, sign, offset_hours, offset_minutes = match.groups()
    try:
        local = datetime(
            int(year), int(month), int(day), int(hour), int(minute), int(second or 0), tzinfo=timezone.utc
        )
    except ValueError:
        return None
    ms = (local - _EPOCH) // _MILLISECOND + int(f"{fraction or ''}000"[:3])
    if text.endswith("Z"):
        return ms
    if sign is None:
        way_out = f"Add one: '{text}Z', if it means UTC."
        raise UsageError(f"{name} is {text!r}, which has no time zone.", way_out=way_out)
    if int(offset_hours) > 23 or int(offset_minutes) > 59:  # noqa: PLR2004 - hours of a day, minutes of an hour
        return None
    offset = int(offset_hours) * _UNITS["h"] + int(offset_minutes) * _UNITS["m"]
    return ms - offset if sign == "+" else ms + offset


def to_datetime(ms: int) -> datetime:
    """Return the aware UTC datetime of an instant; a real one, even under freezegun."""
    return _EPOCH + timedelta(milliseconds=ms)


def render_instant(ms: int) -> str:
    """Return an instant as JavaScript writes it.

    Example:
        >>> render_instant(1_704_067_200_000)
        '2024-01-01T00:00:00.000Z'
    """
    return to_datetime(ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def render_clock(ms: int) -> str:
    """Return monotonic time for a timeline: `MM:SS.mmm`, `H:MM:SS.mmm` or `Nd HH:MM:SS.mmm`.

    Example:
        >>> render_clock(90_061_001)
        '1d 01:01:01.001'
    """
    seconds, ms = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    tail = f"{minutes:02}:{seconds:02}.{ms:03}"
    if days:
        return f"{days}d {hours:02}:{tail}"
    return f"{hours}:{tail}" if hours else tail
