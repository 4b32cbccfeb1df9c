"""Whether a simulation depends on real time, or differs from run to run: it is run again and compared.

The first time again with its start moved by 28 years. What that does not explain is looked into: run again
as it was, it must be the same; and begun just before and just after the real time of today, it must do the
same, unless the calendar alone changes it. So a fixed date in a test is no finding, a captured clock is.
This module must not know how a simulation is run again.
"""

from __future__ import annotations

from math import ceil, floor
from typing import TYPE_CHECKING

from tasksim._simulator.strictness.comparing import compare_starts, differences
from tasksim._simulator.strictness.real_time import real_time
from tasksim._simulator.strictness.shifting import SHIFT_MS
from tasksim._world.durations import render_instant
from tasksim.errors import NotSimulated

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tasksim._simulator.strictness.comparing import Difference, Told
    from tasksim._simulator.strictness.real_time import RealTime

__all__ = ["check_starts"]

_WEEK_MS = 7 * 86_400_000
_MARGIN_MS = 2 * 86_400_000
_CONTROL_WEEKS = 57  # a year and 34 days: year, month and day are all others
_LOOK_UP = (
    "Look the clock up when it is called: datetime.now(), time.time(). What was taken earlier escapes:\n"
    "a default argument (now=time.time), Field(default_factory=datetime.now), a module's NOW = ...,\n"
    "partial(time.time), a class attribute."
)
_LOOK_FOR = (
    "Look for what it takes from outside the simulation: randomness without a seed, the order of a set,\n"
    "an address, and what an earlier run left in a global, a class or a fake that both share."
)


def check_starts(
    first: Sequence[Told], rerun: Callable[[int], Sequence[Told]], *, real: RealTime | None = None
) -> NotSimulated | None:
    """Run simulations again from other starts and return what they depend on, if anything.

    Args:
        first: The simulations as they went, in order.
        rerun: Runs all of it again with every start moved by so many milliseconds; what fails in it is
            not raised, and leaves the simulations that are not whole.
        real: Real time; for tests.
    """
    found = _first_difference(first, rerun(SHIFT_MS), real)
    if found is None:
        return None
    if found.is_real:
        return _reads_as_real(found)
    again = _first_difference(first, rerun(0), real)
    if again is not None:
        return _reads_as_real(again) if again.is_real else _differs(again)
    turned = _turns_at_real_time(first, rerun, real or real_time())
    return None if turned is None else _turns(turned)


def _first_difference(
    first: Sequence[Told], second: Sequence[Told], real: RealTime | None
) -> Difference | None:
    """Return the first difference in any of the simulations; one that there is only once is none."""
    now = real or real_time()
    found = (compare_starts(one, other, now) for one, other in zip(first, second, strict=False))
    return next((difference for difference in found if difference is not None), None)


def _turns_at_real_time(
    first: Sequence[Told], rerun: Callable[[int], Sequence[Told]], real: RealTime
) -> Difference | None:
    """Return what changes between just before and just after real time, but not a year earlier.

    The shifts are whole weeks, so weekdays are equal; where year, month and day matter, the control differs
    too, and in what differs there nothing is found.
    """
    begun = [
        (told.events[0].at_ms, _start(told), told.events[-1].at_ms) for told in first if len(told.events)
    ]
    if not begun:
        return None
    last = max(start + length for _, start, length in begun)
    earliest = min(start for _, start, _ in begun)
    before = floor((real.since_ms - _MARGIN_MS - last) / _WEEK_MS) * _WEEK_MS
    after = ceil((real.until_ms + _MARGIN_MS - earliest) / _WEEK_MS) * _WEEK_MS
    control, near, beyond = (
        rerun(before - _CONTROL_WEEKS * _WEEK_MS),
        rerun(before),
        rerun(after),
    )
    for calm, one, other in zip(control, near, beyond, strict=False):
        found = _not_in(calm, one, other, real)
        if found is not None:
            return found
    return None


def _start(told: Told) -> float:
    """Return when a simulation began."""
    return float(getattr(told.events[0], "start_ms", 0))


def _not_in(control: Told, near: Told, beyond: Told, real: RealTime) -> Difference | None:
    """Return the first difference between two that is none between the first and its control."""
    calendar = list(differences(control, near, real))
    ends = [difference.at for difference in calendar if not difference.path]
    known = {(difference.at, difference.path) for difference in calendar}
    for difference in differences(near, beyond, real):
        if ends and difference.at >= ends[0]:
            return None
        if (difference.at, difference.path) not in known:
            return difference
    return None


# --- in words


def _reads_as_real(found: Difference) -> NotSimulated:
    """Say that a clock was captured."""
    facts = list(found.lines)
    if found.first != found.second:
        facts.append(f"begun at another time it was {_short(found.second)}, at {_at(found.now[1])}")
    return NotSimulated(
        f"{_subject(found)} comes from a clock that the simulation does not move: {_short(found.first)}, "
        f"at {_at(found.now[0])}.",
        facts=facts,
        way_out=_LOOK_UP,
    )


def _turns(found: Difference) -> NotSimulated:
    """Say that something was compared with a captured clock."""
    return NotSimulated(
        f"{_subject(found)} depends on real time: it changes when the simulation passes today.",
        facts=(
            f"at {_at(found.now[0])} it is {_short(found.first)}",
            f"at {_at(found.now[1])} it is {_short(found.second)}",
            *found.lines,
        ),
        way_out=_LOOK_UP,
    )


def _differs(found: Difference) -> NotSimulated:
    """Say that two runs of the same differ."""
    return NotSimulated(
        f"{_subject(found)} differs between two runs of the same: {_short(found.first)}, then "
        f"{_short(found.second)}.",
        facts=found.lines,
        way_out=_LOOK_FOR,
    )


def _subject(found: Difference) -> str:
    """Name what differs."""
    return f"{found.path} in {found.where}" if found.path else f"What happens at {found.where}"


def _at(wall_ms: float) -> str:
    """Return a time of a simulation as text."""
    return render_instant(round(wall_ms))


def _short(value: object) -> str:
    """Return a value as text that fits a line."""
    return f"{value!r:.80}"
