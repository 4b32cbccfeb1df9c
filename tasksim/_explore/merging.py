"""Merging runs that have come to the same state: what follows is the same, and need not be run again.

Only at event boundaries, only after the last fault, and only where every fake is declared with `sim.track`.
Whole values are compared: the text of a state is the key of a dict. This module must not know who runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasksim._engine.core import Delivery
from tasksim._explore.judges.contracts import strikes_engine_write
from tasksim._explore.watching import Merged
from tasksim._world.strict_json import as_json, canonical_json, checked_copy
from tasksim.errors import UsageError

if TYPE_CHECKING:
    from tasksim._explore.facts import Facts
    from tasksim._faults.plan import Plan
    from tasksim._simulator.simulator import Simulator

__all__ = ["States", "refuse_untracked"]


class States:
    """The states at which runs were seen, each with the plan of the first run that came to it."""

    def __init__(self) -> None:
        """No run was seen."""
        self._seen: dict[str, Plan] = {}

    def ask(self, facts: Facts, sim: Simulator) -> None:
        """Look, between events, whether another run came to this state; raise `Merged` if so.

        A run with an abort is never merged: its judge looks at how it came here.
        """
        if not facts.is_built or "abort" in facts.kinds:
            return
        key = _key(facts, sim)
        first = self._seen.setdefault(key, facts.plan)
        if first is not facts.plan:
            raise Merged


def refuse_untracked(sim: Simulator, name: str) -> None:
    """Refuse to merge where no fake was declared, or where the state of one is no JSON."""
    if not sim._tracked:  # noqa: SLF001 - of one package
        raise UsageError(
            f"merge_states=True needs the state of each fake, and {name!r} declares none.",
            way_out="Declare each in the scenario: sim.track(cms, state=lambda cms: sorted(cms.published)).",
        )
    _tracked(sim)


def _key(facts: Facts, sim: Simulator) -> str:
    """Return all that decides how a run goes on and is judged, as text."""
    engine = facts.engine
    onwards = [fault.render() for fault in facts.plan if fault.onwards]  # these strike again
    state = [
        [*sorted(facts.kinds), strikes_engine_write(facts), *onwards],
        facts.watcher.delivered_again,
        engine.clock.now_ms,
        engine.clock.wall_ms,
        [_life(life) for life in engine.lives.values()],
        [_record(record) for _, record in engine.store.tasks()],
        [_record(record) for _, record in engine.store.logs()],
        [[entry.at_ms, _item(entry.item)] for entry in engine.agenda.entries()],
        [[each.name, each.key, each.data, each.contract, each.task, each.hook] for each in facts.effects],
        engine.writes,
        _tracked(sim),
    ]
    return canonical_json(as_json(state)[0])


def _life(life: Any) -> list[Any]:
    """Return what the host knows of a task."""
    counters = sorted([*_slot(slot), n] for slot, n in life.counters.items())
    return [life.task_id, life.label, life.state, life.transitions, life.ends_ms == float("inf"), counters]


def _slot(slot: Any) -> list[str]:
    """Return the name and key of a counted touch."""
    return list(slot) if isinstance(slot, tuple) else [slot, ""]


def _record(record: Any) -> list[Any]:
    """Return a stored record as plain values."""
    return [_plain(value) for value in record]


def _plain(value: Any) -> Any:
    """Return a field of a record as JSON: items of logs are tuples of tuples."""
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value


def _item(item: Any) -> list[Any]:
    """Return what is due."""
    if isinstance(item, Delivery):
        return [item.life.task_id, item.delay, item.kind, item.attempt]
    return [str(getattr(item, "name", type(item).__name__)), getattr(item, "left", None)]


def _tracked(sim: Simulator) -> list[Any]:
    """Return the declared states of fakes, which must be JSON: anything else may compare equal by chance."""
    return [
        checked_copy(each.state(each.fake), f"state of the fake that was tracked as number {n}")
        for n, each in enumerate(sim._tracked, 1)  # noqa: SLF001 - of one package
    ]
