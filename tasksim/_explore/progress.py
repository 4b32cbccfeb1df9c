"""The progress run: every event is cut after one unit of work, and each must bring the task further.

A unit of work is an effect, a child, or a write that changed something. The run fires `close_to_timeout` at
questions, so what it finds is a plan like any other. This module must not know the search.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

from tasksim._engine.core import Delivery
from tasksim._explore.judges.verdicts import Verdict, times
from tasksim._explore.watching import Endless, Watcher
from tasksim._faults.injector import Injector
from tasksim._faults.interruptions import QUESTION
from tasksim._faults.plan import Plan
from tasksim._world.strict_json import canonical_json

if TYPE_CHECKING:
    from tasksim._engine.core import Engine, Scope, Touch
    from tasksim._explore.facts import Facts
    from tasksim._explore.judges.verdicts import Case
    from tasksim._faults.grammar import Fault
    from tasksim._world.agenda import Entry

__all__ = ["AfterUnit", "Starts", "Worker", "iteration_notes", "judge_progress"]

_WAITS = 50


class AfterUnit:
    """An interruption: each event is told that its time runs out, once it has done one unit of work.

    Args:
        questions: Instead, once it has asked so often.

    Attributes:
        fired: Whether it ever struck.
    """

    def __init__(self, questions: int | None) -> None:
        """No event has begun."""
        self.fired = False
        self._questions = questions
        self._asked = 0
        self._began: dict[Scope, tuple[int, int, Any, Any]] = {}

    def strikes(self, touch: Touch) -> bool:
        """Whether the run is interrupted at this touch."""
        scope, engine = touch.scope, touch.engine
        if scope is None:
            return False
        if touch.what == "event":
            record = engine.store.task(touch.life.task_id)
            stored = (None, None) if record is None else (record.input, record.output)
            self._began = {scope: (len(engine.ledger.entries), len(engine.lives), *stored)}
            self._asked = 0
            return False
        if touch.what != QUESTION or scope not in self._began:
            return False
        self._asked += 1
        if self._questions is not None:
            return self._asked > self._questions
        return self._has_worked(engine, scope)

    def _has_worked(self, engine: Engine, scope: Scope) -> bool:
        """Tell whether an event has done a unit of work."""
        effects, lives, input_, output = self._began[scope]
        record = engine.store.task(scope.life.task_id)
        if len(engine.ledger.entries) > effects or len(engine.lives) > lives or record is None:
            return True
        return bool(record.input != input_ or record.output != output)

    def render(self) -> str:
        """Return the word."""
        return "progress"

    def why_not(self) -> str:
        """Say why it never struck."""
        return "no event asked after a unit of work"

    def way_out(self) -> str:
        """Say what to do about it."""
        return "Let run() ask controller.runtime.is_close_to_timeout() before each unit of work."


class Starts:
    """The event starts of a simulation: whether one repeats another with nothing new in between."""

    def __init__(self) -> None:
        """No event has started."""
        self._seen: dict[tuple[str, str, int], list[int]] = {}
        self._slots: set[tuple[Any, ...]] = set()
        self._counted = 0

    def repeats(self, engine: Engine, entry: Entry) -> bool:
        """Note an event that is about to start; return whether it is a livelock.

        It is, if another event of the task started with equal stored input and output, no effect since then
        was new, and nothing else is due. If time passed in between, only after 50 such starts.
        """
        at_ms, _, delivery, _ = entry
        record = engine.store.task(delivery.life.task_id)
        if record is None:
            return False
        entries = engine.ledger.entries
        for effect in entries[self._counted :]:
            data = canonical_json(effect.data) if effect.key is None else ""
            self._slots.add((effect.name, effect.key, data))
        self._counted = len(entries)
        new = len(self._slots) + len(engine.lives)
        state = canonical_json([record.input, record.output])
        if any(each.item is not delivery for each in engine.agenda.entries()):
            return False  # what else is due may change something
        began = self._seen.setdefault((record.id, state, new), [])
        began.append(max(at_ms, engine.clock.now_ms))
        return len(began) > 1 and (began[-1] == began[-2] or len(began) > _WAITS)


class Worker(Watcher):
    """The injector of a progress run; ends it with `Endless` at the second equal start.

    Args:
        questions: See `AfterUnit`.
        most_events: How many events are handled at most.

    Attributes:
        is_stuck: Whether it ended in a livelock.
        stuck: The id of the task that is stuck, or empty.
        limits: The limits of iterations that were lifted, by definition.
    """

    __slots__ = ("_starts", "is_stuck", "limits", "stuck")

    def __init__(self, questions: int | None, *, most_events: int) -> None:
        """Nothing is planned but what interrupts."""
        super().__init__(Plan(), most_events=most_events)
        self._interruptions.append(AfterUnit(questions))
        self._heed()
        self._starts = Starts()
        self.is_stuck = False
        self.stuck = ""
        self.limits: dict[str, float] = {}

    def _note_fired(self, fault: Fault) -> None:
        """Note that it struck; all events are counted."""
        Injector._note_fired(self, fault)  # noqa: SLF001 - of the same family

    def choose(self, engine: Engine) -> None:
        """Lift the limit of iterations, and look whether the next event begins as an earlier one did."""
        for life in engine.lives.values():
            registered = engine.registry.get(life.definition_id)
            if registered is not None and registered.max_iterations != inf:
                self.limits[life.definition_id] = registered.max_iterations
                registered.max_iterations = inf
        entry = engine.agenda.peek()
        if entry is not None and isinstance(entry.item, Delivery) and self._starts.repeats(engine, entry):
            self.is_stuck = True
            self.stuck = entry.item.life.task_id
            raise Endless
        super().choose(engine)


def judge_progress(case: Case) -> Verdict | None:
    """Say that a progress run came to a livelock; nothing for any other run."""
    facts, worker = case.facts, case.facts.watcher
    if not isinstance(worker, Worker) or not worker.is_stuck:
        return None
    task = next(each for each in facts.tasks.values() if each.id == worker.stuck)
    effects = sum(facts.counts.values())
    done = f"with {times(effects, 'effect')} in all" if effects else "without any effect"
    sentence = (
        f"cut after each unit of work, {task.name!r} begins event {task.events + 1} with input and output "
        f"of an earlier one, {done}: it never ends."
    )
    record = facts.engine.store.task(task.id)
    stored = canonical_json(record.input) if record is not None else "nothing"
    return Verdict(sentence, task.id, (("starts", stored),))


def iteration_notes(facts: Facts) -> list[str]:
    """Say of which tasks the progress run took more events than their limit of iterations allows."""
    worker = facts.watcher
    assert isinstance(worker, Worker)  # noqa: S101 - it is asked of progress runs
    return [
        f"cut after each unit of work, {task.name!r} takes {task.events} iterations; its max_iterations is "
        f"{int(limit)}"
        for task in facts.tasks.values()
        if task.events > (limit := worker.limits.get(task.key[1], inf))
    ]
