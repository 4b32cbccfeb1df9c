"""Snapshots: what leaves the store for users' hands.

A snapshot is a record as it was when it was read. Its JSON values are private copies, its times
are aware UTC datetimes; comparing the status of an outdated one says so.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from tasksim._world.durations import render_instant, to_datetime
from tasksim._world.refusals import OwnText
from tasksim._world.strict_json import copy_json
from tasksim.errors import OutdatedRecordWarning

if TYPE_CHECKING:
    from datetime import datetime

    from typing_extensions import Self

    from tasksim._model.records import Identity, LogItemRecord, LogRecord, TaskRecord
    from tasksim._world.store import Store

__all__ = ["Log", "LogItem", "Status", "Task"]


class Status(OwnText):
    """The status of a snapshot: text that knows whether the task has moved on since.

    Attributes:
        task_id: Whose status it is.
        store: Where the task is stored.
    """

    __slots__ = ("_has_warned", "store", "task_id")

    _has_warned: bool

    store: Store
    task_id: str

    def __new__(cls, value: str, task_id: str, store: Store) -> Self:
        """Make the text and remember whose status it is."""
        self = super().__new__(cls, value)
        self.task_id = task_id
        self.store = store
        self._has_warned = False
        return self

    @property
    def now(self) -> str:
        """The status of the task now; `deleted` if it is gone."""
        record = self.store.task(self.task_id)
        return "deleted" if record is None else record.task_status

    def _compare(self, other: object) -> bool:
        """Compare as text; warn, once, where the task's present status would give another answer."""
        same = str.__eq__(self, other) if isinstance(other, str) else False
        if isinstance(other, str) and not isinstance(other, Status) and not self._has_warned:
            now = self.now
            if same != (now == other):
                self._has_warned = True  # pytest compares again, to explain a failure
                warnings.warn(
                    f"The status of {self.task_id!r} compared here is {str(self)!r}, read earlier; "
                    f"it is {now!r} now.\n"
                    f"  Read it again: sim.tasks.get_task({self.task_id!r}).status, "
                    "or use sim.execution(task).status, which is live.",
                    OutdatedRecordWarning,
                    stacklevel=3,
                )
        return same

    def __eq__(self, other: object) -> bool:
        """Compare as text, with a warning if outdated."""
        return self._compare(other)

    def __ne__(self, other: object) -> bool:
        """Compare as text, with a warning if outdated."""
        return not self._compare(other)

    def __hash__(self) -> int:
        """Hash as text."""
        return str.__hash__(self)

    def __repr__(self) -> str:
        """Show the text, and what it is by now where that differs."""
        now = self.now
        text = str.__repr__(self)
        return text if str.__eq__(self, now) else f"{text} (outdated: {now!r} now)"


class Task:
    """A snapshot of one task, with the snake_case of the GraphQL names.

    Attributes: `id`, `name`, `definition_id`, `parent_id`, `input`, `output`, `task_status`
    (short: `status`), `iterations`, `execution_name`, `event_response`, `created_by`, and the
    aware UTC datetimes `created_on`, `saved_on`, `started_on`, `finished_on`.
    """

    __slots__ = ("_event_response", "_input", "_output", "_record", "_store")

    def __init__(self, record: TaskRecord, store: Store) -> None:
        """Wrap a stored record."""
        self._record = record
        self._store = store

    @property
    def id(self) -> str:
        """The id, as in `publishEntries-0001`."""
        return self._record.id

    @property
    def name(self) -> str:
        """The name; the definition's title unless the trigger gave one (T1)."""
        return self._record.name

    @property
    def definition_id(self) -> str:
        """The id of its definition."""
        return self._record.definition_id

    @property
    def parent_id(self) -> str | None:
        """The id of its parent, if it is a child (C1)."""
        return self._record.parent_id

    @property
    def input(self) -> dict[str, Any]:
        """A private copy of the stored input, made once per snapshot."""
        try:
            return self._input
        except AttributeError:
            self._input: dict[str, Any] = copy_json(self._record.input)
            return self._input

    @property
    def output(self) -> dict[str, Any] | None:
        """A private copy of the stored output, made once per snapshot."""
        try:
            return self._output
        except AttributeError:
            self._output: dict[str, Any] | None = copy_json(self._record.output)
            return self._output

    @property
    def event_response(self) -> dict[str, Any] | None:
        """What the state machine answered to the trigger (T2)."""
        try:
            return self._event_response
        except AttributeError:
            self._event_response: dict[str, Any] | None = copy_json(self._record.event_response)
            return self._event_response

    @property
    def task_status(self) -> Status:
        """`pending`, `running`, `success`, `failed` or `aborted`."""
        return Status(self._record.task_status, self._record.id, self._store)

    @property
    def status(self) -> Status:
        """Short for `task_status`."""
        return self.task_status

    @property
    def iterations(self) -> int:
        """How many iterations were counted (E4, E5)."""
        return self._record.iterations

    @property
    def execution_name(self) -> str:
        """The name of its execution in the state machine; empty before the first event."""
        return self._record.execution_name

    @property
    def created_by(self) -> Identity:
        """Who triggered it."""
        return self._record.created_by

    @property
    def created_on(self) -> datetime:
        """When it was triggered."""
        return to_datetime(self._record.created_on)

    @property
    def saved_on(self) -> datetime:
        """When it was last written."""
        return to_datetime(self._record.saved_on)

    @property
    def started_on(self) -> datetime | None:
        """When its first iteration began (E4)."""
        return _datetime_or_none(self._record.started_on)

    @property
    def finished_on(self) -> datetime | None:
        """When it ended."""
        return _datetime_or_none(self._record.finished_on)

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON with GraphQL's camelCase names."""
        record = self._record
        return {
            "id": record.id,
            "createdOn": render_instant(record.created_on),
            "savedOn": render_instant(record.saved_on),
            "createdBy": identity_json(record.created_by),
            "name": record.name,
            "definitionId": record.definition_id,
            "parentId": record.parent_id,
            "executionName": record.execution_name,
            "iterations": record.iterations,
            "input": copy_json(record.input),
            "output": copy_json(record.output),
            "taskStatus": record.task_status,
            "startedOn": _instant_or_none(record.started_on),
            "finishedOn": _instant_or_none(record.finished_on),
            "eventResponse": copy_json(record.event_response),
        }

    def __eq__(self, other: object) -> bool:
        """Two snapshots are equal if everything in them is."""
        return self.to_json() == other.to_json() if isinstance(other, Task) else NotImplemented

    def __hash__(self) -> int:
        """Hash by id."""
        return hash(self._record.id)

    def __repr__(self) -> str:
        """Show id, status and iterations."""
        return f"Task({self.id!r}, status={self.status!r}, iterations={self.iterations})"


class LogItem:
    """One item of a log: `message`, `type` (info or error), `created_on`, `data`, `error`."""

    __slots__ = ("created_on", "data", "error", "message", "type")

    created_on: datetime
    data: Any
    error: Any
    message: str
    type: str

    def __init__(self, record: LogItemRecord) -> None:
        """Copy the stored item."""
        self.message = record.message
        self.type = record.type
        self.created_on = to_datetime(record.created_on)
        self.data = copy_json(record.data)
        self.error = copy_json(record.error)

    def __eq__(self, other: object) -> bool:
        """Two items are equal if everything in them is."""
        if not isinstance(other, LogItem):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    def __hash__(self) -> int:
        """Hash by message."""
        return hash(self.message)

    def __repr__(self) -> str:
        """Show type, message and what came with it."""
        rest = "".join(
            f", {name}={value!r}"
            for name, value in (("data", self.data), ("error", self.error))
            if value is not None
        )
        return f"LogItem({self.type}: {self.message!r}{rest})"


class Log:
    """A snapshot of one log record: the log of one event (E2)."""

    __slots__ = ("_record", "items")

    items: list[LogItem]

    def __init__(self, record: LogRecord) -> None:
        """Wrap a stored record; `items` are copies."""
        self._record = record
        self.items = [LogItem(item) for item in record.items]

    @property
    def id(self) -> str:
        """The id, as in `log-0001`."""
        return self._record.id

    @property
    def task(self) -> str:
        """The id of the task it belongs to."""
        return self._record.task

    @property
    def iteration(self) -> int:
        """The newest log's iteration + 1 when it was created (E2)."""
        return self._record.iteration

    @property
    def execution_name(self) -> str:
        """The name of the execution."""
        return self._record.execution_name

    @property
    def created_by(self) -> Identity:
        """Who triggered the task."""
        return self._record.created_by

    @property
    def created_on(self) -> datetime:
        """When it was created."""
        return to_datetime(self._record.created_on)

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON with GraphQL's camelCase names."""
        record = self._record
        return {
            "id": record.id,
            "createdOn": render_instant(record.created_on),
            "createdBy": identity_json(record.created_by),
            "executionName": record.execution_name,
            "task": record.task,
            "iteration": record.iteration,
            "items": [item_json(item) for item in record.items],
        }

    def __eq__(self, other: object) -> bool:
        """Two snapshots of logs are equal if everything in them is."""
        return self.to_json() == other.to_json() if isinstance(other, Log) else NotImplemented

    def __hash__(self) -> int:
        """Hash by id."""
        return hash(self._record.id)

    def __repr__(self) -> str:
        """Show task, iteration and items."""
        return f"Log(task={self.task!r}, iteration={self.iteration}, items={self.items!r})"


def identity_json(identity: Identity) -> dict[str, Any]:
    """Return an identity as JSON."""
    return {"id": identity.id, "displayName": identity.display_name, "type": identity.type}


def item_json(item: LogItemRecord) -> dict[str, Any]:
    """Return a log item as JSON."""
    return {
        "message": item.message,
        "createdOn": render_instant(item.created_on),
        "type": item.type,
        "data": copy_json(item.data),
        "error": copy_json(item.error),
    }


def _datetime_or_none(at_ms: int | None) -> datetime | None:
    """Return an aware datetime, or None."""
    return None if at_ms is None else to_datetime(at_ms)


def _instant_or_none(at_ms: int | None) -> str | None:
    """Return ISO text, or None."""
    return None if at_ms is None else render_instant(at_ms)
