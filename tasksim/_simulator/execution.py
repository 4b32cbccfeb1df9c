"""Executions: the live view of one task and all that happened to it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from tasksim._model.events import (
    CHECKPOINTS,
    EventAnswered,
    EventStarted,
    RecordUpdated,
    RunStarted,
    RunWasKilled,
)
from tasksim._simulator.endings import explained, origin
from tasksim._world.durations import render_instant
from tasksim._world.refusals import OwnText
from tasksim._world.snapshots import Log, Task
from tasksim._world.strict_json import copy_json
from tasksim.errors import TaskFailed, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import Self

    from tasksim._effects.ledger import Effect
    from tasksim._engine.core import Delivery, Engine
    from tasksim._model.events import TraceEvent
    from tasksim._model.results import Answer

__all__ = ["Execution", "ExecutionStatus", "Iteration", "iterations_of", "untraced_iteration"]


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
    groups: list[list[TraceEvent]] = []
    under_way: list[list[TraceEvent]] = []  # outermost first: a duplicate may be handled inside another
    for event in events:
        if event.task != task_id:
            continue
        if isinstance(event, EventStarted):
            under_way.append([])
            groups.append(under_way[-1])
        if under_way:
            under_way[-1].append(event)
        if under_way and isinstance(event, EventAnswered | RunWasKilled):
            under_way.pop()
    return [_iteration(group) for group in groups]


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


class ExecutionStatus(OwnText):
    """The status of an execution: text that knows whose it is, so that a failed `assert` can say why.

    Attributes:
        execution: The execution that it was read from.
    """

    __slots__ = ("execution",)

    execution: Execution

    def __new__(cls, value: str, execution: Execution) -> Self:
        """Make the text and remember whose status it is."""
        self = super().__new__(cls, value)
        self.execution = execution
        return self


class Execution:
    """The live view of a task: everything here is read anew at each access.

    Two executions are equal if they are views of the same task.

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
        return ExecutionStatus("deleted" if record is None else record.task_status, self)

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
    def effects(self) -> list[Effect]:
        """The effects that it had on the outside world, oldest first."""
        found: list[Effect] = self._engine.ledger.of(self.id)
        return found

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
        """The exception that failed it, with its traceback; else the last that its code raised."""
        life = self._engine.lives.get(self.id)
        return None if life is None else life.failed_by or life.exception

    def raise_for_status(self) -> None:
        """Do nothing if the task ended in success, else raise.

        Raises:
            TaskFailed: From the original exception; it says why, with the user's lines, the logs and the
                timeline, as `assert_done` does.
        """
        __tracebackhide__ = True
        status = self.status
        if status == "success":
            return
        raise TaskFailed(
            f"The task {self.id!r} is {status!r}, not 'success'.",
            task_id=self.id,
            status=str(status),
            error=self.error,
            facts=explained(self),
        ) from origin(self)

    def __eq__(self, other: object) -> bool:
        """Two executions are equal if they are views of the same task."""
        if not isinstance(other, Execution):
            return NotImplemented
        return self.id == other.id and self._engine is other._engine

    def __hash__(self) -> int:
        """Hash by id."""
        return hash(self.id)

    def __repr__(self) -> str:
        """Show id, status, state machine, and the error or output."""
        error = self.error
        if error is not None:
            code = error.get("code")
            end = f"error {error.get('message')!r:.100}" + (f" ({code})" if code else "")
        else:
            end = f"output {self.output!r:.80}"
        return f"<Execution {self.id!r}: {self.status}, machine {self.machine}, {end}>"
