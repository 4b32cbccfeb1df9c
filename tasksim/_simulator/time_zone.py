"""The local time zone of a simulation: the process's, set and given back.

This module promises that the environment and `time` have in the end what they had, in whatever order zones
are entered and left. It must not know that the clock may be frozen.
"""

from __future__ import annotations

import os
import time
import zoneinfo
from pathlib import Path

from tasksim.errors import UsageError, nearest_phrase

__all__ = ["TimeZone"]

_entered: list[tuple[TimeZone, str | None]] = []
"""The zones that are entered, each with what TZ was before."""


class TimeZone:
    """A time zone that local conversions have while it is entered.

    Args:
        name: Its name in the IANA database: `UTC`, `Europe/Berlin`.

    Raises:
        UsageError: There is no such zone, or the platform cannot change the zone of a process.

    Example:
        >>> import time
        >>> zone = TimeZone("Asia/Tokyo")
        >>> zone.enter()
        >>> time.localtime(0).tm_hour
        9
        >>> zone.leave()
    """

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        """Check the name."""
        if not hasattr(time, "tzset"):
            raise UsageError(
                f"timezone={name!r} cannot be set: this platform has no time.tzset().",
                way_out="Leave timezone out and convert with an explicit zone: datetime.now(ZoneInfo(...)).",
            )
        _check_name(name)
        self._name = name

    def enter(self) -> None:
        """Set the zone of the process."""
        _entered.append((self, os.environ.get("TZ")))
        _set(self._name)

    def leave(self) -> None:
        """Give the zone back that was there before; one that was entered later stays, and gives it back."""
        at = next((at for at in reversed(range(len(_entered))) if _entered[at][0] is self), None)
        if at is None:
            return
        _, before = _entered.pop(at)
        if at < len(_entered):
            later, _ = _entered[at]
            _entered[at] = (later, before)
        else:
            _set(before)


def _set(name: str | None) -> None:
    """Let the environment and the C library have this zone, or the system's own."""
    if name is None:
        os.environ.pop("TZ", None)
    else:
        os.environ["TZ"] = name
    time.tzset()


def _check_name(name: object) -> None:
    """Refuse what the C library would silently take for UTC."""
    if isinstance(name, str) and name:
        try:
            zoneinfo.ZoneInfo(name)
        except (KeyError, ValueError, OSError):  # not found, no relative path, a folder
            pass
        else:
            # zoneinfo may have it from the package tzdata, which the C library does not read.
            if name == "UTC" or any(Path(folder, name).is_file() for folder in zoneinfo.TZPATH):
                return
            raise UsageError(
                f"timezone={name!r} cannot be set: this system has no data of its own for it.",
                facts=(f"looked in: {', '.join(zoneinfo.TZPATH)}",),
                way_out="Install the system's time zones (often a package tzdata), or pass 'UTC'.",
            )
    likely = nearest_phrase(name, zoneinfo.available_timezones()) if isinstance(name, str) else ""
    raise UsageError(
        f"There is no time zone {name!r}.{likely}",
        way_out="Pass a name of the IANA database, such as 'UTC' or 'Europe/Berlin'.",
    )
