"""Records: what the world stores, and the snapshots of it that users hold.

Stored records are never changed in place: an update makes a new one, so whoever holds one
holds a snapshot. Times are integer milliseconds of wall time; datetimes exist only at the
edge, in `Task`, `Log` and `LogItem`. JSON values inside are owned by the store.
"""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["Identity", "LogItemRecord", "LogRecord", "TaskRecord"]


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


class TaskRecord:
    """The stored record of one task."""

    __slots__ = (
        "created_by",
        "created_on",
        "definition_id",
        "event_response",
        "execution_name",
        "finished_on",
        "id",
        "input",
        "iterations",
        "name",
        "output",
        "parent_id",
        "saved_on",
        "started_on",
        "task_status",
    )

    id: str
    created_on: int
    saved_on: int
    created_by: Identity
    name: str
    definition_id: str
    parent_id: str | None
    input: dict[str, Any]
    output: dict[str, Any] | None
    task_status: str
    execution_name: str
    event_response: dict[str, Any] | None
    started_on: int | None
    finished_on: int | None
    iterations: int


class LogRecord:
    """The stored record of one event's log."""

    __slots__ = ("created_by", "created_on", "execution_name", "id", "items", "iteration", "saved_on", "task")

    id: str
    created_on: int
    saved_on: int
    created_by: Identity
    execution_name: str
    task: str
    iteration: int
    items: tuple[LogItemRecord, ...]
