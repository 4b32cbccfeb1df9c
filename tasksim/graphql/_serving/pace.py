"""Pace: how real time moves the time of a world."""

from __future__ import annotations

import re
from typing import NamedTuple

from tasksim.errors import UsageError

__all__ = ["Pace", "parse_pace"]

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
        return "real" if self.rate == 1 else f"x{self.rate:g}"


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
            way_out="Write real, virtual, or x and how many times faster than real time it goes, as in x60.",
        )
    return Pace(rate)
