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

__all__ = ["Branch", "Candidate", "Candidates"]


class Candidate(NamedTuple):
    """A fault that can come next.

    Attributes:
        fault: The fault.
        kind: Its kind, as reports write it.
        is_twin: Whether its run has the history of another: a crash after a touch that changed nothing is a
            crash before it, if touches take no time and that crash is tried as well.
    """

    fault: Fault
    kind: str
    is_twin: bool


class Branch(NamedTuple):
    """A run of which longer plans can come: its plan, and what it touched after its last fault."""

    plan: Plan
    touches: list[Spot]


class Candidates:
    """The faults that can come next in one exploration.

    Args:
        kinds: The kinds that are tried.
        tick_ms: What each touch costs.
    """

    def __init__(self, kinds: tuple[Kind, ...], tick_ms: int) -> None:
        """Nothing was asked."""
        self._kinds = kinds
        self._twins = not tick_ms and any(kind.kind == "crash" and not kind.after for kind in kinds)
        self._at: dict[Spot, tuple[Candidate, ...]] = {}
        self._spots: dict[Spot, Spot] = {}

    def at(self, spot: Spot) -> tuple[Candidate, ...]:
        """Return the faults that can strike at a touch, in the order of kinds."""
        known = self._at.get(spot)
        if known is None:
            known = self._at[spot] = tuple(
                Candidate(fault, kind.text, self._twins and kind.after and spot.changes_nothing)
                for kind in self._kinds
                for fault in kind.faults_at(spot)
            )
        return known

    def branch(self, plan: Plan, touches: list[Spot]) -> Branch:
        """Return a branch; touches that many runs make are kept once."""
        return Branch(plan, [self._spots.setdefault(spot, spot) for spot in touches])

    def singles(self, branch: Branch) -> list[tuple[Plan, Candidate]]:
        """Return the plans of one fault, the least first."""
        found = [(Plan((each.fault,)), each) for spot in branch.touches for each in self.at(spot)]
        return sorted(found, key=lambda pair: pair[0].sort_key())

    def longer(self, branches: list[Branch], seed: int) -> Iterator[tuple[Plan, Candidate]]:
        """Iterate over plans with one more fault, the near ones first; the seed orders ties."""
        order = sorted(branches, key=lambda branch: sha256(f"{seed} {render(branch.plan)}".encode()).digest())
        for distance in range(max((len(branch.touches) for branch in order), default=0)):
            for plan, touches in order:
                if distance < len(touches):
                    for candidate in self.at(touches[distance]):
                        yield Plan((*plan.faults, candidate.fault)), candidate

    def count(self, branches: list[Branch]) -> tuple[int, int]:
        """Return how many longer plans there are to run, and how many are left out as twins."""
        here = [each.is_twin for branch in branches for spot in branch.touches for each in self.at(spot)]
        return len(here) - sum(here), sum(here)
