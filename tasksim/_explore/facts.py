"""What a run came to, as judges read it.

This module promises that reading changes nothing, and that what few judges ask for is made when it is
asked for. It must not know any judge.
"""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from tasksim._faults.token import UNSET
from tasksim._model.events import TaskTriggered
from tasksim._world.strict_json import canonical_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasksim._effects.recording import Effect
    from tasksim._engine.core import Engine
    from tasksim._explore.comparing import Comparer
    from tasksim._explore.watching import Watcher
    from tasksim._faults.plan import Plan
    from tasksim._model.events import TraceEvent
    from tasksim._simulator.simulator import Simulator

__all__ = ["Done", "Facts", "Slot", "TaskFacts", "TaskKey", "slot_text"]

TaskKey: TypeAlias = "tuple[Any, str, int]"
"""A task in every run: the key of its parent (None for none), its definition, and the how-manieth it is."""

Slot: TypeAlias = "tuple[str, str | None, str]"
"""What effects are counted by: name, key, and without a key the data as text."""

TRIGGER = "task.trigger"


class TaskFacts(NamedTuple):
    """How one task ended."""

    key: TaskKey
    id: str
    name: str
    status: str
    output: Any
    machine: str
    events: int


class Done(NamedTuple):
    """An effect as it is counted; triggering a child is one, too."""

    slot: Slot
    contract: str | None
    data: str
    task: str
    hook: str | None


def slot_text(slot: Slot) -> str:
    """Return a slot as reports write it, as in `publish[a]`."""
    name, key, data = slot
    if key is not None:
        return f"{name}[{key}]"
    return name if data in ("", "{}") else f"{name}{data}"


class Facts:
    """One run of a target under a plan.

    Attributes:
        plan: The faults; of a progress run those that it came to.
        sim: The simulation.
        watcher: What looked on.
        world: What the scenario returned.
        error: What ended it, if anything did.
        is_built: Whether the scenario has returned.
        is_endless: Whether it went on after more events than an end is waited for.
        state: What the scenario's final state is, or `UNSET`.
        goals: The names of the goals that it reached.
    """

    def __init__(self, sim: Simulator, watcher: Watcher, comparer: Comparer) -> None:
        """The run has not begun."""
        self.plan: Plan = watcher.plan
        self.sim = sim
        self.engine: Engine = sim._engine  # noqa: SLF001 - judges read what the engine knows
        self.watcher = watcher
        self.comparer = comparer
        self.world: object = None
        self.error: BaseException | None = None
        self.is_endless = False
        self.is_built = False
        self.state: Any = UNSET
        self.goals: list[str] = []

    @property
    def events(self) -> Sequence[TraceEvent]:
        """The trace."""
        return self.engine.events or ()

    @cached_property
    def triggered(self) -> dict[str, TaskTriggered]:
        """How each task was triggered, by its id."""
        return {event.task: event for event in self.events if isinstance(event, TaskTriggered)}

    @cached_property
    def tasks(self) -> dict[TaskKey, TaskFacts]:
        """Every task, in order of triggering."""
        engine = self.engine
        keys: dict[str, TaskKey] = {}
        found: dict[TaskKey, TaskFacts] = {}
        counts: Counter[tuple[TaskKey | None, str]] = Counter()
        for id, life in engine.lives.items():
            record = engine.store.task(id)
            parent = record.parent_id if record is not None else self._parent_of(id)
            place = (keys.get(parent) if parent else None, life.definition_id)
            counts[place] += 1
            key = keys[id] = (*place, counts[place])
            status = "deleted" if record is None else record.task_status
            output = None if record is None else record.output
            name = life.label or life.definition_id
            events = life.counters.get("event", 0)
            found[key] = TaskFacts(key, id, name, status, output, life.state, events)
        return found

    def _parent_of(self, id: str) -> str | None:
        """Return the parent of a task that was deleted."""
        triggered = self.triggered.get(id)
        return None if triggered is None else triggered.parent

    @cached_property
    def key_of(self) -> dict[str, TaskKey]:
        """The key of each task's id."""
        return {task.id: key for key, task in self.tasks.items()}

    @property
    def effects(self) -> list[Effect]:
        """The ledger."""
        entries: list[Effect] = self.engine.ledger.entries
        return entries

    @cached_property
    def done(self) -> list[Done]:
        """Every effect, and every child that was triggered, in order of each."""
        seen = self.comparer
        found = []
        for effect in self.effects:
            name, data = effect.name, effect.data
            text = seen.text(f"effects.{name}", data) if data else ""
            slot = (name, effect.key, "" if effect.key is not None else text)
            found.append(Done(slot, effect.contract, text, effect.task, effect.hook))
        if len(self.engine.lives) > 1:
            found += self._children()
        return found

    def _children(self) -> list[Done]:
        """Return the triggers of children."""
        found = []
        for event in self.triggered.values():
            if event.parent:
                data = {"definition": event.definition, "input": event.input}
                text = self.comparer.text(f"effects.{TRIGGER}", data)
                found.append(Done((TRIGGER, None, text), "exactly_once", text, event.parent, None))
        return found

    @cached_property
    def counts(self) -> Counter[Slot]:
        """How often each effect took place."""
        return Counter(each.slot for each in self.done)

    @cached_property
    def is_handled_again(self) -> bool:
        """Whether some event was delivered more than once."""
        return self.watcher.delivered_again or "run" in self.kinds

    @cached_property
    def kinds(self) -> set[str]:
        """The kinds of the faults of its plan."""
        return {fault.kind for fault in self.plan}

    def outcome(self) -> str:
        """Return what it came to, as text: statuses, outputs and effects, whatever their order."""
        ends = [[task.name, task.status, task.machine, task.output] for task in self.tasks.values()]
        counts = sorted([slot_text(slot), n] for slot, n in self.counts.items())
        return canonical_json([ends, counts, type(self.error).__name__, self.is_endless])
