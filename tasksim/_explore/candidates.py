"""Which plans come next: for each run, the faults that can strike after its last one.

This module promises that the last fault of a plan can fire, and that a plan is left out only if its run has
the history of another that is made. It must not know how runs are judged.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from tasksim._faults.plan import Plan, render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasksim._explore.kinds import Kind, Spot
    from tasksim._faults.plan import Fault

__all__ = ["Branch", "Candidate", "Candidates", "has_twin_at", "twins_are_left_out"]


class Candidate(NamedTuple):
    """A fault that can come next.

    Attributes:
        fault: The fault.
        kind: Its kind, as reports write it.
        is_twin: Whether its run has the history of another: a crash after a touch that changed nothing is a
            crash before it, if touches take no time and that crash is tried as well.
        has_twin: Whether there is another that has the history of its run.
    """

    fault: Fault
    kind: str
    is_twin: bool
    has_twin: bool


class Branch(NamedTuple):
    """A run of which longer plans can come.

    Attributes:
        plan: Its plan.
        touches: What it touched after its last fault.
        stands_for: How many plans have its history: itself, and those that were left out as twins.
    """

    plan: Plan
    touches: list[Spot]
    stands_for: int = 1


def twins_are_left_out(kinds: tuple[Kind, ...], tick_ms: int) -> bool:
    """Whether crashes after touches can have twins before them: both are tried, and touches take no time."""
    crashes = {kind.after for kind in kinds if kind.kind == "crash"}
    return not tick_ms and len(crashes) == 2  # noqa: PLR2004 - before and after


def has_twin_at(kind: Kind, spot: Spot) -> bool:
    """Whether a fault of a kind may have the history of another there: a crash at what changes nothing."""
    return kind.kind == "crash" and spot.changes_nothing


class Candidates:
    """The faults that can come next in one exploration.

    Args:
        kinds: The kinds that are tried.
        tick_ms: What each touch costs.
    """

    def __init__(self, kinds: tuple[Kind, ...], tick_ms: int) -> None:
        """Nothing was asked."""
        self._kinds = kinds
        self._twins = twins_are_left_out(kinds, tick_ms)
        self._at: dict[Spot, tuple[Candidate, ...]] = {}
        self._spots: dict[Spot, Spot] = {}

    def at(self, spot: Spot) -> tuple[Candidate, ...]:
        """Return the faults that can strike at a touch, in the order of kinds."""
        known = self._at.get(spot)
        if known is None:
            known = self._at[spot] = tuple(
                self._candidate(fault, kind, spot) for kind in self._kinds for fault in kind.faults_at(spot)
            )
        return known

    def _candidate(self, fault: Fault, kind: Kind, spot: Spot) -> Candidate:
        """Return a fault that can strike at a touch, with what is known of its twin."""
        has_twin = self._twins and has_twin_at(kind, spot)
        return Candidate(fault, kind.text, has_twin and kind.after, has_twin)

    def branch(self, plan: Plan, touches: list[Spot], stands_for: int = 1) -> Branch:
        """Return a branch; touches that many runs make are kept once."""
        return Branch(plan, [self._spots.setdefault(spot, spot) for spot in touches], stands_for)

    def singles(self, branch: Branch) -> list[tuple[Plan, Candidate]]:
        """Return the plans of one fault, the least first."""
        found = [(Plan((each.fault,)), each) for spot in branch.touches for each in self.at(spot)]
        return sorted(found, key=lambda pair: pair[0].sort_key())

    def longer(self, branches: list[Branch], seed: int) -> Iterator[tuple[Plan, Candidate, int]]:
        """Iterate over plans with one more fault, near ones first, and how many plans each continues."""
        order = sorted(branches, key=lambda branch: sha256(f"{seed} {render(branch.plan)}".encode()).digest())
        for distance in range(max((len(branch.touches) for branch in order), default=0)):
            for plan, touches, stands_for in order:
                if distance < len(touches):
                    for candidate in self.at(touches[distance]):
                        yield Plan((*plan.faults, candidate.fault)), candidate, stands_for

    def count(self, branches: list[Branch]) -> tuple[int, int]:
        """Return how many longer plans there are to run, and how many are left out as twins."""
        here = [
            (each.is_twin, branch.stands_for)
            for branch in branches
            for spot in branch.touches
            for each in self.at(spot)
        ]
        to_run = sum(not is_twin for is_twin, _ in here)
        return to_run, sum(stands_for for _, stands_for in here) - to_run
