"""Records: what the world stores, and the snapshots of it that users hold.

Stored records are never changed in place: an update makes a new one, so whoever holds one
holds a snapshot. Times are integer milliseconds of wall time; datetimes exist only at the
edge, in `Task`, `Log` and `LogItem`. JSON values inside are owned by the store.
"""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["INSTANTS", "Identity", "LogItemRecord", "LogRecord", "TaskRecord"]

INSTANTS = ("created_on", "saved_on", "started_on", "finished_on")
"""The fields of records that hold a time."""


class Identity(NamedTuple):
    """Who triggered a task."""

    id: str = "id-12345678"
    display_name: str = "John Doe"
    type: str | None = "admin"


class LogItemRecord(NamedTuple):
    """One item of a log record; `type` is `info` or `error`."""

    message: str
    created_on: int
    type: str
    data: Any = None
    error: Any = None


class TaskRecord(NamedTuple):
    """The stored record of one task; `sequence`, its place in the order of creation, the store gives."""

    id: str
    created_on: int
    saved_on: int
    created_by: Identity
    name: str
    definition_id: str
    parent_id: str | None
    input: dict[str, Any]
    output: dict[str, Any] | None = None
    task_status: str = "pending"
    execution_name: str = ""
    event_response: dict[str, Any] | None = None
    started_on: int | None = None
    finished_on: int | None = None
    iterations: int = 0
    sequence: int = 0

    def changed(self, changes: dict[str, Any], saved_on: int) -> TaskRecord:
        """Return the record with these fields changed; as `_replace`, at a third of the cost."""
        values: list[Any] = list(self)
        values[_SAVED_ON] = saved_on
        for field, value in changes.items():
            values[_POSITIONS[field]] = value
        return tuple.__new__(TaskRecord, values)


_POSITIONS = {field: at for at, field in enumerate(TaskRecord._fields)}
_SAVED_ON = _POSITIONS["saved_on"]


class LogRecord(NamedTuple):
    """The stored record of one event's log; `sequence`, its place in order of creation, the store gives."""

    id: str
    created_on: int
    saved_on: int
    created_by: Identity
    execution_name: str
    task: str
    iteration: int
    items: tuple[LogItemRecord, ...] = ()
    sequence: int = 0

    def with_items(self, items: tuple[LogItemRecord, ...], saved_on: int) -> LogRecord:
        """Return the record with these items; as `_replace`, at a third of the cost."""
        id, created_on, _, created_by, execution_name, task, iteration, _, sequence = self
        values = (id, created_on, saved_on, created_by, execution_name, task, iteration, items, sequence)
        return tuple.__new__(LogRecord, values)
