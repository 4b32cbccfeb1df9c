"""What should be stored, as the trace tells it: each event changes two dicts, if the rules allow it.

This module promises that a write which the rules do not allow is refused where it happened, in the midst of a
step or not. It must not know what is stored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasksim._model.events import (
    CheckpointReached,
    EventAnswered,
    EventStarted,
    FaultFired,
    LogCreated,
    RecordsSeeded,
    RecordUpdated,
    RunWasKilled,
    TaskDeleted,
    TaskTriggered,
)
from tasksim._model.records import LogItemRecord, LogRecord, TaskRecord
from tasksim.stateful._broken import Broken
from tasksim.stateful._comparing import in_all_logs
from tasksim.stateful._handling import MOVES, Handling, updated

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasksim._engine.core import Engine
    from tasksim._model.events import TraceEvent

__all__ = ["Follower"]

_OWN_WRITES = ("state.update_task", "state.save")
"""Where a task's code writes its record as it likes."""

_STRIKES_LATER = ("redeliver", "cold")
"""Faults that change nothing in the event in which they strike."""


class Follower:
    """Follows the trace of one simulation.

    Attributes:
        tasks: Every task by its id, in order of creation.
        logs: Every log record by its id, in order of creation.
        deleted: The ids of the tasks that are gone.
        new: The ids of the tasks that came about since this was emptied.
        touched: The ids of the records that changed since this was emptied.
        is_seeded: Whether records were stored of which the trace does not tell.
    """

    def __init__(self, engine: Engine) -> None:
        """Begin with nothing."""
        self._engine = engine
        self.tasks: dict[str, TaskRecord] = {}
        self.logs: dict[str, LogRecord] = {}
        self.deleted: set[str] = set()
        self.new: list[str] = []
        self.touched: set[str] = set()
        self.is_seeded = False
        self._logs_of: dict[str, list[str]] = {}
        self._at_ms = 0
        self._updates = 0
        self._handling: Handling | None = None
        self._delayed: set[str] = set()
        self._due: dict[str, int] = {}
        self._follow: dict[type, Callable[[Any], None]] = {
            RecordsSeeded: self._follow_seeded,
            TaskTriggered: self._follow_triggered,
            EventStarted: self._follow_started,
            CheckpointReached: self._follow_checkpoint,
            FaultFired: self._follow_fault,
            RecordUpdated: self._follow_updated,
            LogCreated: self._follow_log_created,
            TaskDeleted: self._follow_deleted,
            EventAnswered: self._follow_answered,
            RunWasKilled: self._follow_killed,
        }

    def follow(self, event: TraceEvent) -> None:
        """Change what should be stored as an event tells.

        Raises:
            Broken: The rules do not allow it.
        """
        if event.at_ms < self._at_ms:
            raise Broken(
                f"The clock went back, from {self._at_ms} ms to {event.at_ms} ms.",
                "[event.at_ms for event in sim.trace] == sorted(event.at_ms for event in sim.trace)",
            )
        self._at_ms = event.at_ms
        follow = self._follow.get(type(event))
        if follow is not None:
            follow(event)

    def keep_log(self, record: LogRecord) -> None:
        """Add a log to those of its task."""
        self.logs[record.id] = record
        self._logs_of.setdefault(record.task, []).append(record.id)

    def drop_log(self, log_id: str) -> None:
        """Forget a log."""
        self._logs_of[self.logs.pop(log_id).task].remove(log_id)

    def expect_delay(self, task_id: str, delay: float) -> None:
        """Expect the first event of a task to wait only, if it was triggered so (T5)."""
        if delay > 0:
            self._delayed.add(task_id)

    def logs_of(self, task_id: str) -> list[LogRecord]:
        """Return the logs of a task, oldest first."""
        return [self.logs[id] for id in self._logs_of.get(task_id, ())]

    # --- events

    def _wall(self, event: TraceEvent) -> int:
        """Return the wall time of an event; in a machine the wall clock never jumps."""
        return self._engine.clock.start_ms + event.at_ms

    def _follow_seeded(self, _: RecordsSeeded) -> None:
        """Take over what is stored, at the end of the step: the trace does not say what was seeded."""
        self.is_seeded = True

    def _follow_triggered(self, event: TaskTriggered) -> None:
        """Add a task (T2)."""
        if event.task in self.tasks or event.task in self.deleted:
            raise Broken(
                f"The id {event.task!r} was given to a second task.",
                f'[event.task for event in sim.trace.kinds("TaskTriggered")].count({event.task!r}) == 1',
            )
        wall = self._wall(event)
        self.tasks[event.task] = TaskRecord(
            id=event.task,
            created_on=wall,
            saved_on=wall,
            created_by=self._engine.identity,
            name=event.name,
            definition_id=event.definition,
            parent_id=event.parent,
            input=event.input,
        )
        self.touched.add(event.task)
        self.new.append(event.task)

    def _follow_started(self, event: EventStarted) -> None:
        """Begin an event, not before its time."""
        due_ms = 0 if event.delivery == "duplicate" else self._due.pop(event.task, 0)
        if event.at_ms < due_ms or (event.n == 1 and event.task in self._delayed and event.delay <= 0):
            raise Broken(
                f"Event {event.n} of {event.task!r} did not wait ({'S2' if due_ms else 'T5'}).",
                f'[event.at_ms for event in sim.trace.kinds("EventStarted") if event.task == {event.task!r}]'
                f"[{event.n - 1}] >= {due_ms or 'sim.now_ms + 1'}",
            )
        began = self.tasks.get(event.task)
        registered = None if began is None else self._engine.registry.get(began.definition_id)
        self._handling = Handling(
            event.task,
            began,
            registered,
            self._engine.profile,
            self._wall(event),
            is_delay=event.delay > 0,
            moves=event.delivery != "duplicate",
        )

    def _follow_checkpoint(self, event: CheckpointReached) -> None:
        """Note that a task's code writes its record itself."""
        if self._handling is not None and event.what in _OWN_WRITES:
            self._handling.is_free = True

    def _follow_fault(self, event: FaultFired) -> None:
        """Note that a fault struck."""
        if self._handling is not None and event.fault.partition("@")[0] not in _STRIKES_LATER:
            self._handling.is_free = True

    def _follow_updated(self, event: RecordUpdated) -> None:
        """Change a record."""
        if event.what == "task.update":
            self._follow_task_updated(event)
        else:
            self._follow_log_updated(event)
        self._updates += 1

    def _follow_task_updated(self, event: RecordUpdated) -> None:
        """Change a task, if the rules let whoever writes do so."""
        record, wall, handling = self.tasks.get(event.task), self._wall(event), self._handling
        if record is None:
            raise Broken(
                f"The task {event.task!r}, which is not there, was changed.",
                f'len(sim.trace.kinds("RecordUpdated")) <= {self._updates}',
            )
        if handling is not None and handling.task_id == event.task:
            handling.check_write(record, event.changes, wall, self._updates)
        else:
            self._check_foreign_write(record, event.changes)
        self.tasks[event.task] = record._replace(**event.changes, saved_on=wall)
        self.touched.add(event.task)

    def _check_foreign_write(self, record: TaskRecord, changes: dict[str, Any]) -> None:
        """Check a write outside of the task's own events: an abort, or the answer to a trigger."""
        if changes.keys() == {"event_response"}:
            return
        status = changes.get("task_status", record.task_status)
        if status not in MOVES[record.task_status] or status != "aborted" or record.task_status == "aborted":
            raise Broken(
                f"The status of {record.id!r}, of which no event was handled, moved from "
                f"{record.task_status!r} to {status!r}.",
                f"{updated(self._updates, 'task_status')} != {status!r}",
            )
        if ("finished_on" in changes) != self._engine.profile.abort_sets_finished_on:
            raise Broken(
                f"The abort of {record.id!r} stored {', '.join(changes)} (A3).",
                f"({updated(self._updates, 'finished_on')} is not None) == "
                f"{self._engine.profile.abort_sets_finished_on}",
            )

    def _follow_log_created(self, event: LogCreated) -> None:
        """Add a log record to its task (E2)."""
        task = self.tasks.get(event.task)
        if task is None:
            raise Broken(
                f"The log {event.log!r} belongs to the task {event.task!r}, which is not there.",
                f'{event.log!r} not in [event.log for event in sim.trace.kinds("LogCreated")]',
            )
        earlier = self.logs_of(event.task)
        want = earlier[-1].iteration + 1 if earlier else 1
        if event.iteration != want:
            raise Broken(
                f"The log {event.log!r} of {event.task!r} has iteration {event.iteration}, not {want} (E2).",
                in_all_logs(event.log, "iteration", want),
            )
        wall, handling = self._wall(event), self._handling
        name = task.execution_name
        if handling is not None and handling.task_id == event.task:
            handling.logs += 1
            name = f"{task.definition_id}_{task.id}" if self._is_own_log(handling) else name
        self.keep_log(LogRecord(event.log, wall, wall, task.created_by, name, event.task, event.iteration))
        self.touched.add(event.log)

    def _is_own_log(self, handling: Handling) -> bool:
        """Tell the log of an event from one that an abort made (A2), where it has no log of its own."""
        return handling.registered is not None and handling.registered.logs

    def _follow_log_updated(self, event: RecordUpdated) -> None:
        """Put items into the newest log of the task (L1)."""
        ids = self._logs_of.get(event.task)
        if not ids:
            raise Broken(
                f"A log of {event.task!r}, which has none, was changed.",
                f'len(sim.trace.kinds("RecordUpdated")) <= {self._updates}',
            )
        log, items = self.logs[ids[-1]], tuple(LogItemRecord(**item) for item in event.changes["items"])
        items = log.items + items if event.changes["appended"] else items
        self.logs[log.id] = log._replace(items=items, saved_on=self._wall(event))
        self.touched.add(log.id)

    def _follow_deleted(self, event: TaskDeleted) -> None:
        """Remove a task."""
        if self.tasks.pop(event.task, None) is None:
            raise Broken(
                f"The task {event.task!r}, which is not there, was deleted.",
                f'[event.task for event in sim.trace.kinds("TaskDeleted")].count({event.task!r}) <= '
                f"{int(event.task in self.deleted)}",
            )
        self.deleted.add(event.task)
        self.touched.add(event.task)

    def _follow_answered(self, event: EventAnswered) -> None:
        """End an event."""
        handling, self._handling = self._handling, None
        if handling is None:
            return
        if handling.moves:
            self._due[event.task] = event.at_ms + round(event.answer.get("wait", 0) * 1000)
        owed = handling.owed_logs()
        if owed is not None and handling.logs != owed:
            there = len(self.logs_of(event.task))
            raise Broken(
                f"An event of {event.task!r} created {handling.logs} logs, not {owed} (E2).",
                f"len(sim.execution({event.task!r}).logs) == {there - handling.logs + owed}",
            )
        handling.check_end(self.tasks.get(event.task), event.answer)

    def _follow_killed(self, _: RunWasKilled) -> None:
        """End an event whose run is dead: from here on it writes nothing (E11)."""
        self._handling = None
