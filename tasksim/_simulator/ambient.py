"""What holds for simulators that do not say otherwise, and which ones were made.

A surface (the pytest plugin) sets the ambient settings for the whole process; a simulator takes from
them what it was not given. This module promises that with nothing set nothing is kept alive. It must
not know any surface.
"""

from __future__ import annotations

import weakref
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tasksim._faults.plan import Plan
    from tasksim._simulator.simulator import Simulator

__all__ = ["Ambient", "ambient", "made", "note_made", "use"]

_KEPT = 8  # the last of a test's simulators: more than anybody reads


@dataclass(slots=True)
class Ambient:
    """Settings for simulators that are not given their own.

    Attributes:
        profile: The profile's name; None means the default.
        seed: The seed.
        plan: The faults.
        shift_ms: By how much every start is moved: strict mode compares two.
        several_profiles: Several were asked for, which a simulator made directly cannot heed.
        holds: Keep the last simulators alive, so that a failed test can show them.
        ignored: How many simulators were made directly while several profiles were asked for.
        held: Those that are kept alive.
        seen: The last that were made, kept alive or not.
    """

    profile: str | None = None
    seed: int = 0
    plan: Plan | None = None
    shift_ms: int = 0
    several_profiles: bool = False
    holds: bool = False
    ignored: int = 0
    held: deque[Simulator] = field(default_factory=lambda: deque(maxlen=_KEPT))
    seen: deque[weakref.ref[Simulator]] = field(default_factory=lambda: deque(maxlen=_KEPT))


_current = Ambient()


def ambient() -> Ambient:
    """Return the settings in force."""
    return _current


def use(new: Ambient) -> Ambient:
    """Put other settings in force; return those that were, to be put back."""
    global _current
    before, _current = _current, new
    return before


def note_made(sim: Simulator, *, profile_is_given: bool) -> None:
    """Remember a simulator that was made just now."""
    _current.seen.append(weakref.ref(sim))
    if _current.holds:
        _current.held.append(sim)
    if _current.several_profiles and not profile_is_given:
        _current.ignored += 1


def made() -> list[Simulator]:
    """Return the last simulators that were made under the settings in force, oldest first."""
    return [sim for reference in _current.seen if (sim := reference()) is not None]
