"""The store: task and log records in order of creation.

Records are never changed in place: `update_*` makes a new one, so whoever holds a record holds a
snapshot, and reading copies nothing. Values that come in are already checked copies; values that
go out to users are copied at the edge (`snapshots`).
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

from tasksim._model.records import LogRecord, TaskRecord

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasksim._model.records import LogItemRecord

__all__ = ["Store"]


class Store:
    """Tasks and logs by id; knows the children and the newest log of each task."""

    __slots__ = ("_children", "_logs", "_logs_of", "_out_of_order", "_sequence", "_tasks")

    def __init__(self) -> None:
        """Start empty."""
        self._tasks: dict[str, TaskRecord] = {}
        self._logs: dict[str, LogRecord] = {}
        self._children: dict[str, list[str]] = {}
        self._logs_of: dict[str, list[str]] = {}
        self._out_of_order: set[str] = set()
        self._sequence = 0

    # --- tasks

    def add_task(self, record: TaskRecord) -> TaskRecord:
        """Store a new task and return it with its sequence; its id must be free."""
        if record.id in self._tasks:
            raise KeyError(record.id)
        self._sequence += 1
        record = tuple.__new__(TaskRecord, (*record[:-1], self._sequence))
        self._tasks[record.id] = record
        if record.parent_id is not None:
            self._children.setdefault(record.parent_id, []).append(record.id)
        return record

    def task(self, id: str) -> TaskRecord | None:
        """Return the task as stored now."""
        return self._tasks.get(id)

    def update_task(self, id: str, changes: dict[str, Any], wall_ms: int) -> TaskRecord:
        """Replace the given fields; `saved_on` becomes `wall_ms`. The task must exist."""
        self._tasks[id] = new = self._tasks[id].changed(changes, wall_ms)
        return new

    def delete_task(self, id: str) -> None:
        """Remove a task; its logs stay."""
        record = self._tasks.pop(id)
        if record.parent_id is not None:
            self._children[record.parent_id].remove(id)

    def tasks(self) -> Iterator[tuple[int, TaskRecord]]:
        """Iterate over (sequence, task) in order of creation."""
        return ((record.sequence, record) for record in self._tasks.values())

    def children(self, parent_id: str) -> list[TaskRecord]:
        """Return the children of a task, oldest first (C1)."""
        children = [self._tasks[id] for id in self._children.get(parent_id, ())]
        children.sort(key=attrgetter("created_on"))  # already so, but for seeded ones
        return children

    # --- logs

    def add_log(self, record: LogRecord) -> LogRecord:
        """Store a new log record and return it with its sequence; its id must be free."""
        if record.id in self._logs:
            raise KeyError(record.id)
        self._sequence += 1
        record = tuple.__new__(LogRecord, (*record[:-1], self._sequence))
        self._logs[record.id] = record
        ids = self._logs_of.get(record.task)
        if ids is None:
            self._logs_of[record.task] = [record.id]
            return record
        if record.created_on < self._logs[ids[-1]].created_on:
            self._out_of_order.add(record.task)
        ids.append(record.id)
        return record

    def log(self, id: str) -> LogRecord | None:
        """Return the log record as stored now."""
        return self._logs.get(id)

    def newest_log(self, task_id: str) -> LogRecord | None:
        """Return the task's log with the greatest `created_on`, the last created among equals (E2)."""
        ids = self._logs_of.get(task_id)
        if not ids:
            return None
        if task_id not in self._out_of_order:
            return self._logs[ids[-1]]
        # max() keeps the first of equals: reversed, that is the one created last
        return max((self._logs[id] for id in reversed(ids)), key=attrgetter("created_on"))

    def update_log(self, id: str, items: tuple[LogItemRecord, ...], wall_ms: int) -> LogRecord:
        """Replace the items of a log record. The record must exist."""
        self._logs[id] = new = self._logs[id].with_items(items, wall_ms)
        return new

    def delete_logs(self, ids: list[str]) -> None:
        """Remove log records by id (rule C1)."""
        for id in ids:
            record = self._logs.pop(id)
            remaining = self._logs_of[record.task]
            remaining.remove(id)
            if not remaining:
                del self._logs_of[record.task]

    def logs(self) -> Iterator[tuple[int, LogRecord]]:
        """Iterate over (sequence, log) in order of creation."""
        return ((record.sequence, record) for record in self._logs.values())

    def logs_of(self, task_id: str) -> list[LogRecord]:
        """Return the log records of a task in order of creation."""
        return [self._logs[id] for id in self._logs_of.get(task_id, ())]
