"""Which difference between two values is only that of two starts.

This module promises that a time of the simulation, however it is written, passes, and so does the distance
of such a time from any fixed one; what counts from real time does not. It must not know what a trace is.
"""

from __future__ import annotations

import re
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from tasksim._simulator.strictness.real_time import UNITS_MS

if TYPE_CHECKING:
    from typing_extensions import TypeIs

    from tasksim._simulator.strictness.real_time import RealTime

__all__ = ["SHIFT", "SHIFT_MS", "Shift", "Verdict"]

SHIFT = timedelta(days=10_227)
"""28 years: the same weekdays and leap years, so of a date only the year differs."""

SHIFT_MS = 10_227 * 86_400_000
_YEARS = 28
_FLOAT_STEP = 2e-6
_CENTURY = 100
_MINUTE_MS, _HOUR_MS, _DAY_MS = 60_000.0, 3_600_000.0, 86_400_000.0
_COUNTED_MS = (*UNITS_MS, _MINUTE_MS, _HOUR_MS, _DAY_MS, 7 * _DAY_MS)
_YEAR_STEPS = {_YEARS * 10**k for k in range(14)} | {_YEARS * 12, _YEARS * 4}  # 202401, 20240131, ...; months
_DIGITS = re.compile(r"(-?\d+)")


class Verdict(Enum):
    """What a pair of values is."""

    FINE = "the shift, or none"
    REAL = "counted from real time"
    OTHER = "different"


class Shift(NamedTuple):
    """The distance of two starts, and where in the first simulation the values stand.

    Attributes:
        shift_ms: How much later the second began.
        wall_ms: The first one's time at the values.
        real: Real time.
    """

    shift_ms: float
    wall_ms: float
    real: RealTime

    def judge(self, first: object, second: object) -> Verdict:
        """Judge two values that are no containers."""
        if _is_number(first) and _is_number(second):
            return Verdict.FINE if first == second else self._numbers(first, second)
        if type(first) is not type(second):
            return Verdict.OTHER
        if first == second:
            return Verdict.FINE
        if isinstance(first, str) and isinstance(second, str):
            return self._texts(first, second)
        return Verdict.OTHER

    def _numbers(self, first: float, second: float) -> Verdict:
        """Judge two numbers: they count from a fixed time on, or towards it."""
        by = second - first
        if not self.shift_ms:
            return Verdict.OTHER
        for unit in _COUNTED_MS:
            if abs(abs(by * unit) - abs(self.shift_ms)) <= max(unit * 1e-3, 2e-3 if unit < 1 else 2.0):
                counts_on = (by > 0) == (self.shift_ms > 0)
                fixed_ms = self.wall_ms - first * unit if counts_on else self.wall_ms + first * unit
                slack = max(unit, _HOUR_MS)  # the value is from somewhere in its event, and perhaps rounded
                is_real = self.real.is_about(fixed_ms, slack)
                return Verdict.REAL if is_real and not self.real.is_near(self.wall_ms) else Verdict.FINE
        if abs(self.shift_ms) == SHIFT_MS and _is_year_step(first, second):
            return Verdict.FINE
        return Verdict.OTHER

    def _texts(self, first: str, second: str) -> Verdict:
        """Judge two texts: they may differ in numbers only, and those in what numbers may."""
        ones, others = _DIGITS.split(first), _DIGITS.split(second)
        if len(ones) != len(others) or ones[::2] != others[::2]:
            return Verdict.OTHER
        verdict = Verdict.FINE
        was_time = False
        for at in range(1, len(ones), 2):
            one, other = ones[at], others[at]
            if one == other:
                was_time = False
                continue
            if was_time and ones[at - 1] == "." and _rounds_alike(one, other):
                continue
            judged = self._numbers(int(one), int(other))
            if judged is Verdict.OTHER:
                return judged
            was_time = True
            verdict = judged if judged is Verdict.REAL else verdict
        return verdict


def _is_number(value: object) -> TypeIs[int | float]:
    """Tell a number from what is none; True is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_year_step(first: float, second: float) -> bool:
    """Tell whether two numbers differ as years do, alone or before month and day; two digits may wrap."""
    by = abs(second - first)
    if by in _YEAR_STEPS:
        return True
    return 0 <= first < _CENTURY and 0 <= second < _CENTURY and by == _CENTURY - _YEARS


def _rounds_alike(one: str, other: str) -> bool:
    """Tell whether two fractions of a second are one, as far as floats of such size can hold it."""
    is_fraction = one.isdecimal() and other.isdecimal()
    return is_fraction and abs(float(f"0.{one}") - float(f"0.{other}")) < _FLOAT_STEP
