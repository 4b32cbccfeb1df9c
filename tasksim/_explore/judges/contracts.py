"""Which effects a run lost, and which it repeated beyond their contract.

Counts are those of the whole world: what another task did in a task's place is done. This module must not
know which ends a run may come to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tasksim._explore.facts import TRIGGER, slot_text

if TYPE_CHECKING:
    from tasksim._explore.facts import Done, Facts, Slot, TaskKey

__all__ = ["ENGINE_WRITES", "Deviation", "deviation", "is_relaxed", "strikes_engine_write"]

ENGINE_WRITES = ("task.update", "log.create", "log.update", "write")
_FAILING = ("fail", "lost_ack")
_OF_ABORTS = "on_abort"
_STOPS_HOOKS = {"abort", "fail", "lost_ack", "timeout", "crash"}
"""No engine calls a hook again that one of these stopped (H2): undeclared, what it did not do is not owed."""


class Deviation(NamedTuple):
    """How the effects of a run differ from the uncut one's, in order, each as often as it is so.

    Attributes:
        lost: Those of the uncut run that were not done.
        repeated: Those that were done more often than their contract allows.
    """

    lost: list[Slot]
    repeated: list[Slot]


def strikes_engine_write(facts: Facts) -> bool:
    """Tell whether a write of the engine's own was planned to fail."""
    return any(fault.kind in _FAILING and fault.at.what in ENGINE_WRITES for fault in facts.plan)


def is_relaxed(facts: Facts) -> bool:
    """Tell whether an undeclared contract means `at_least_once` under this plan.

    It does once the plan holds a crash, a timeout, a lost acknowledgement or a failing write of the engine,
    and an event is handled again.
    """
    kinds = facts.kinds
    breaks = bool(kinds & {"crash", "timeout", "lost_ack"}) or strikes_engine_write(facts)
    return breaks and facts.is_handled_again


def deviation(facts: Facts, uncut: Facts, succeeded: set[TaskKey]) -> Deviation:
    """Compare the effects of a run with the uncut one's.

    Args:
        facts: The run.
        uncut: The uncut run.
        succeeded: The tasks of the uncut run that ended in success in both: only theirs can be lost.
    """
    counts, expected = facts.counts, uncut.counts
    if counts == expected:
        return Deviation([], [])
    relaxed = is_relaxed(facts)
    repeated: list[Slot] = []
    forgiven = _new_names(facts, uncut) if facts.kinds & set(_FAILING) else set()
    data = _data_of(uncut)
    seen: dict[Slot, int] = {}
    for done in facts.done:
        slot = done.slot
        seen[slot] = seen.get(slot, 0) + 1
        if seen[slot] <= expected[slot] or slot[0] in forgiven:
            continue
        if seen[slot] > 1 and done.hook is not None:
            continue  # repeats inside of hooks are the judge `hooks`' business
        if done.hook == _OF_ABORTS:
            continue  # the uncut run was not aborted; no hook can know that the engine overwrites it (S7)
        if seen[slot] == 1 and facts.key_of.get(done.task) not in succeeded:
            continue  # new, and of a task that did not succeed, or is new: then its trigger is one too many
        if not _allows(done, relaxed, data):
            repeated.append(slot)
    return Deviation(_lost(facts, uncut, succeeded), repeated)


def _new_names(facts: Facts, uncut: Facts) -> set[str]:
    """Return the names of effects that the uncut run has not at all."""
    return {slot[0] for slot in facts.counts} - {slot[0] for slot in uncut.counts}


def _lost(facts: Facts, uncut: Facts, succeeded: set[TaskKey]) -> list[Slot]:
    """Return the effects of tasks that succeeded which were done less often than in the uncut run."""
    owed: dict[Slot, int] = {}
    contracts: dict[Slot, str | None] = {}
    hooks_may_fail = bool(facts.kinds & _STOPS_HOOKS)
    for done in uncut.done:
        if hooks_may_fail and done.hook is not None and done.contract is None:
            continue
        if uncut.key_of.get(done.task) in succeeded:
            owed[done.slot] = owed.get(done.slot, 0) + 1
            contracts[done.slot] = done.contract
    lost: list[Slot] = []
    for slot, n in owed.items():
        if contracts[slot] not in ("any", "at_most_once"):
            lost += [slot] * (n - facts.counts[slot])
    return lost


def _allows(done: Done, relaxed: bool, data: dict[Slot, set[str]]) -> bool:  # noqa: FBT001
    """Tell whether a contract allows an effect once more than in the uncut run."""
    contract = done.contract
    if done.slot[0] == TRIGGER:
        return False
    if contract is None:
        contract = "at_least_once" if relaxed else "exactly_once"
    if contract == "at_least_once":  # repeats with equal data
        return done.slot not in data or done.data in data[done.slot]
    return contract == "any"


def _data_of(uncut: Facts) -> dict[Slot, set[str]]:
    """Return the data with which each effect took place in the uncut run."""
    data: dict[Slot, set[str]] = {}
    for done in uncut.done:
        data.setdefault(done.slot, set()).add(done.data)
    return data


def texts(slots: list[Slot]) -> tuple[str, ...]:
    """Return slots as reports write them."""
    return tuple(slot_text(slot) for slot in slots)
