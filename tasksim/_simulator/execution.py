"""Executions: the live view of one task and all that happened to it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from tasksim._engine.frames import traceback_lines
from tasksim._model.events import (
    CHECKPOINTS,
    EventAnswered,
    EventStarted,
    RecordUpdated,
    RunStarted,
    RunWasKilled,
)
from tasksim._world.durations import render_instant
from tasksim._world.snapshots import Log, Task
from tasksim._world.strict_json import copy_json
from tasksim.errors import TaskFailed, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasksim._engine.core import Delivery, Engine
    from tasksim._model.events import TraceEvent
    from tasksim._model.results import Answer

__all__ = ["Execution", "Iteration", "iterations_of", "untraced_iteration"]


class Iteration(NamedTuple):
    """One handled event of a task.

    Attributes:
        task_id: The task.
        n: The event's number in the task's life, from 1.
        delivery: `first`, `retry`, `redelivery` or `duplicate`.
        input: What `run` got, or None if it was not called.
        answer: What the event answered as JSON, or None if it was killed.
        killed: `crash`, `timeout`, or None.
        checkpoints: The names of the checkpoints it reached, in order.
        logs: The log items it wrote, as JSON: `message`, `type`, `createdOn`, perhaps `data`, `error`.
        duration: How much virtual time it took.
    """

    task_id: str
    n: int
    delivery: str
    input: dict[str, Any] | None
    answer: dict[str, Any] | None
    killed: str | None
    checkpoints: tuple[str, ...]
    logs: tuple[dict[str, Any], ...]
    duration: timedelta


def iterations_of(events: Sequence[TraceEvent], task_id: str) -> list[Iteration]:
    """Read the handled events of a task from a stretch of the trace."""
    found: list[Iteration] = []
    group: list[TraceEvent] = []
    for event in events:
        if event.task != task_id:
            continue
        if group or isinstance(event, EventStarted):
            group.append(event)
        if group and isinstance(event, EventAnswered | RunWasKilled):
            found.append(_iteration(group))
            group = []
    if group:
        found.append(_iteration(group))
    return found


def untraced_iteration(delivery: Delivery, answer: Answer | None, duration_ms: int) -> Iteration:
    """Return what is known of a handled event where nothing is traced."""
    return Iteration(
        task_id=delivery.life.task_id,
        n=delivery.life.counters["event"],
        delivery=delivery.kind,
        input=None,
        answer=None if answer is None else copy_json(answer.to_json()),
        killed=None,
        checkpoints=(),
        logs=(),
        duration=timedelta(milliseconds=duration_ms),
    )


def _iteration(events: list[TraceEvent]) -> Iteration:
    """Read one handled event, from its start to its answer or to the next start."""
    started = events[0]
    assert isinstance(started, EventStarted)  # noqa: S101 - groups begin with one
    given: dict[str, Any] | None = None
    answer: dict[str, Any] | None = None
    killed: str | None = None
    items: list[dict[str, Any]] = []
    ended_ms = started.at_ms
    for event in events:
        if isinstance(event, RunStarted):
            given = copy_json(event.input)
        elif isinstance(event, EventAnswered):
            answer = copy_json(event.answer)
        elif isinstance(event, RunWasKilled):
            killed = event.reason
        elif isinstance(event, RecordUpdated) and event.what == "log.update":
            items += map(_item, event.changes["items"])
        ended_ms = event.at_ms
    names = tuple(event.checkpoint for event in events if isinstance(event, CHECKPOINTS))
    return Iteration(
        task_id=started.task,
        n=started.n,
        delivery=started.delivery,
        input=given,
        answer=answer,
        killed=killed,
        checkpoints=names,
        logs=tuple(items),
        duration=timedelta(milliseconds=ended_ms - started.at_ms),
    )


def _item(item: dict[str, Any]) -> dict[str, Any]:
    """Return a traced log item as GraphQL's JSON."""
    copy = copy_json(item)
    return {"createdOn": render_instant(copy.pop("created_on")), **copy}


class Execution:
    """The live view of a task: everything here is read anew at each access.

    Example:
        >>> import tasksim
        >>> @tasksim.task_definition(id="sayHello", title="Say hello")
        ... def say_hello(controller):
        ...     return controller.response.done("Hello.", {"to": "you"})
        >>> execution = tasksim.run(say_hello)
        >>> execution.status, execution.output
        ('success', {'to': 'you'})
    """

    __slots__ = ("_engine", "_last", "id")

    id: str

    def __init__(self, engine: Engine, task_id: str) -> None:
        """View a task of an engine."""
        self.id = task_id
        self._engine = engine
        record = engine.store.task(task_id)
        if record is None and task_id not in engine.lives:
            raise UsageError(
                f"There is no task {task_id!r}.",
                way_out="Pass a task that sim.tasks.trigger() returned, or its id.",
            )
        self._last = record

    @property
    def task(self) -> Task | None:
        """A fresh snapshot of the task; None if it was deleted."""
        record = self._engine.store.task(self.id)
        return None if record is None else Task(record, self._engine.store)

    @property
    def status(self) -> str:
        """The stored status now; `deleted` if the task is gone."""
        record = self._engine.store.task(self.id)
        return "deleted" if record is None else record.task_status

    @property
    def output(self) -> dict[str, Any] | None:
        """A copy of the stored output."""
        record = self._engine.store.task(self.id)
        return None if record is None else copy_json(record.output)

    @property
    def error(self) -> dict[str, Any] | None:
        """A copy of the stored error (message, code, data) of a failed task."""
        output = self.output
        error = (output or {}).get("error")
        return error if self.status == "failed" and isinstance(error, dict) else None

    @property
    def machine(self) -> str | None:
        """The state of its state machine, as `Waiter` or `Done`; None before the first event."""
        life = self._engine.lives.get(self.id)
        return (life.state or None) if life is not None else None

    @property
    def iterations(self) -> list[Iteration]:
        """Every event handled so far, read from the trace."""
        return iterations_of(self._events(), self.id)

    @property
    def logs(self) -> list[Log]:
        """Its log records, oldest first."""
        return [Log(record) for record in self._engine.store.logs_of(self.id)]

    @property
    def trace(self) -> list[TraceEvent]:
        """The events of the trace that belong to it."""
        return [event for event in self._events() if event.task == self.id]

    def _events(self) -> Sequence[TraceEvent]:
        """Return the stream; without one there is nothing to read these from."""
        if self._engine.events is None:
            raise UsageError(
                "The simulation was made with trace=False, so its iterations are not known.",
                way_out="Leave trace=False out, or read status, output and logs, which are stored.",
            )
        return self._engine.events

    @property
    def exception(self) -> BaseException | None:
        """The last exception that its code raised, with its traceback."""
        life = self._engine.lives.get(self.id)
        return None if life is None else life.exception

    def raise_for_status(self) -> None:
        """Do nothing if the task ended in success, else raise.

        Raises:
            TaskFailed: From the original exception, with the stored error and the user's lines.
        """
        status = self.status
        if status == "success":
            return
        error = self.error
        facts = []
        if error is not None:
            code = f" ({error['code']})" if error.get("code") else ""
            facts.append(f"error: {error.get('message')}{code}")
        exception = self.exception if error is not None else None
        if exception is not None:
            facts += traceback_lines(exception.__traceback__)
        raise TaskFailed(
            f"The task {self.id!r} is {status!r}, its state machine is {self.machine!r}.",
            task_id=self.id,
            status=status,
            error=error,
            facts=facts,
            way_out="Look at sim.trace.text() for what happened.",
        ) from exception

    def __repr__(self) -> str:
        """Show id, status and output."""
        return f"<Execution {self.id!r}: {self.status}, machine {self.machine}, output {self.output!r:.80}>"
