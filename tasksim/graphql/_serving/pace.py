"""Pace: how real time moves the time of a world, and how far it goes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from tasksim._world.durations import parse_instant
from tasksim._world.real_time import real_ms
from tasksim.errors import UsageError

if TYPE_CHECKING:
    from tasksim._world.clock import Clock

__all__ = ["LAST_MS", "Pace", "WorldTime", "parse_pace"]

LAST_MS = parse_instant("9000-01-01T00:00:00Z", name="last")
"""Wall time that is the last to come by itself or from outside: an instant has a year of four digits."""

_LONGEST_WAIT_SECONDS = 3600.0  # some hundred years are more than a lock can wait
_RATE = re.compile(r"x([0-9]{1,6}(?:\.[0-9]{1,3})?)")


class Pace(NamedTuple):
    """How fast a world's time goes by itself.

    Attributes:
        rate: Its milliseconds for each real one; 0 where it stands still until somebody moves it.
    """

    rate: float

    @property
    def stands_still(self) -> bool:
        """Whether time is virtual."""
        return self.rate == 0

    def __str__(self) -> str:
        """Return the text that means it."""
        if self.stands_still:
            return "virtual"
        return "real" if self.rate == 1 else f"x{self.rate:.3f}".rstrip("0").removesuffix(".")


def parse_pace(text: object, name: str = "time") -> Pace:
    """Return what `real`, `virtual` or `x60` means.

    Raises:
        UsageError: It is none of these.
    """
    if text == "real":
        return Pace(1)
    if text == "virtual":
        return Pace(0)
    found = _RATE.fullmatch(text) if isinstance(text, str) else None
    rate = 0.0 if found is None else float(found[1])
    if rate == 0:
        raise UsageError(
            f"{name} is {text!r:.60}.",
            way_out="Write real, virtual, or x and how many times faster than real time it goes, as in x60; "
            "x999999 at most.",
        )
    return Pace(rate)


class WorldTime:
    """The time of one world, and where it should stand by now.

    Args:
        clock: Its clock.
        pace: How real time moves it.
    """

    def __init__(self, clock: Clock, pace: Pace) -> None:
        """Let it go on from where it stands."""
        self._clock = clock
        self._pace = pace
        self.rebase()

    def rebase(self) -> None:
        """Let time go on from where it stands."""
        self._from_ms, self._real_from_ms = self._clock.now_ms, real_ms()
        self._last_ms = LAST_MS - self._clock.wall_ms + self._clock.now_ms

    def target_ms(self) -> int:
        """Return where the clock should stand by now; at the last time it stands still."""
        return min(self._from_ms + int((real_ms() - self._real_from_ms) * self._pace.rate), self._last_ms)

    def seconds_to(self, at_ms: int) -> float:
        """Return how many real seconds to wait for a time; what is far off is waited for in parts."""
        if at_ms > self._last_ms:
            return _LONGEST_WAIT_SECONDS
        return min(max(0.0, (at_ms - self.target_ms()) / self._pace.rate / 1000), _LONGEST_WAIT_SECONDS)

    def catch_up(self, until_ms: int | None) -> None:
        """Let the clock show the time that it is, in the middle of an event no later than it goes on."""
        if not self._pace.stands_still:
            target = self.target_ms()
            self.set_to(target if until_ms is None else min(target, until_ms))

    def set_to(self, at_ms: int) -> None:
        """Move the clock without waiting for it."""
        before, self._clock.before_move = self._clock.before_move, None
        self._clock.move_to(at_ms)
        self._clock.before_move = before
