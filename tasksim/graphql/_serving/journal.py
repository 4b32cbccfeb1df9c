"""The journal: what happened while simulations are served, as records that somebody shows.

This module promises that a record is given to one reader at a time, in the order in which things happened in
each world, that no record holds a token, and that a reader that raises stops nothing, as where the terminal
is gone. It must not know how records are shown.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from tasksim._model.events import (
    AbortRefused,
    EventAnswered,
    MachineEnded,
    RunStarted,
    RunWasKilled,
    TaskAborted,
    TaskDeleted,
    TaskTriggered,
    TriggerRefused,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TypeAlias

    from tasksim._model.events import TraceEvent

__all__ = ["Entry", "Journal", "Raised", "Reader", "Requested", "TaskChanged"]

_ENDS = {"done": "success", "error": "failed", "aborted": "aborted"}


class Requested(NamedTuple):
    """A request was answered.

    Attributes:
        tenant: Whose world it was for; empty if for none.
        now_ms: Wall time there since the epoch; 0 if for none.
        method: The HTTP method.
        what: The fields asked for, or the path.
        status: The HTTP status.
        detail: What came of it: errors, or what happened to which task.
        is_reading: Whether it only asked.
    """

    tenant: str
    now_ms: int
    method: str
    what: str
    status: int
    detail: str
    is_reading: bool


class TaskChanged(NamedTuple):
    """A task went on.

    Attributes:
        tenant: Its world.
        now_ms: Wall time there since the epoch.
        task: Its id.
        change: As in `iteration 2` or `ended`.
        status: The status that it has now.
        detail: Why it failed.
    """

    tenant: str
    now_ms: int
    task: str
    change: str
    status: str
    detail: str = ""


class Raised(NamedTuple):
    """Something came out of a task that is no failure of the task: a mistake in how tasksim is used, say."""

    tenant: str
    now_ms: int
    error: BaseException


if TYPE_CHECKING:
    Entry: TypeAlias = Requested | TaskChanged | Raised
    Reader: TypeAlias = Callable[[Entry], None]


class Journal:
    """Hands on what happens, from whichever thread.

    Args:
        reader: Called with each record, never twice at once; None to keep silent.
    """

    def __init__(self, reader: Reader | None = None) -> None:
        """Nothing has happened yet."""
        self._reader = reader
        self._lock = threading.Lock()

    @property
    def is_read(self) -> bool:
        """Whether anybody is told."""
        return self._reader is not None

    def add(self, *entries: Entry) -> None:
        """Hand on records."""
        if self._reader is not None:
            with self._lock:
                for entry in entries:
                    with suppress(Exception):
                        self._reader(entry)

    def add_events(self, tenant: str, start_ms: int, events: Sequence[TraceEvent]) -> None:
        """Hand on what events of a trace say about tasks; what a request did is said with the request."""
        if self._reader is not None:
            self.add(*changes_of(tenant, start_ms, events))


def changes_of(tenant: str, start_ms: int, events: Sequence[TraceEvent]) -> Iterator[TaskChanged]:
    """Iterate over what happened to tasks by themselves."""
    for event in events:
        at_ms = start_ms + event.at_ms
        if isinstance(event, RunStarted):
            yield TaskChanged(tenant, at_ms, event.task, f"iteration {event.iteration}", "running")
        elif isinstance(event, TaskTriggered) and event.parent is not None:
            yield TaskChanged(tenant, at_ms, event.task, f"triggered by {event.parent}", "pending")
        elif isinstance(event, EventAnswered) and event.answer["status"] in _ENDS:
            why = str((event.answer.get("error") or {}).get("message", ""))
            yield TaskChanged(tenant, at_ms, event.task, "ended", _ENDS[event.answer["status"]], why)
        elif isinstance(event, RunWasKilled):
            yield TaskChanged(tenant, at_ms, event.task, f"killed by {event.reason}", "")
        elif isinstance(event, MachineEnded) and event.state in {"UnknownError", "TimedOut"}:
            yield TaskChanged(tenant, at_ms, event.task, f"not run any more: {event.state}", "")


def outcomes_of(events: Sequence[TraceEvent]) -> list[str]:
    """Return what a request did to tasks."""
    found = []
    for event in events:
        if isinstance(event, TaskTriggered) and event.parent is None:
            found.append(f"{event.task}  pending")
        elif isinstance(event, TaskAborted):
            found.append(f'{event.task}  aborted "{event.message}"')
        elif isinstance(event, TaskDeleted):
            found.append(f"{event.task}  deleted")
        elif isinstance(event, TriggerRefused | AbortRefused):
            found.append(f"refused: {event.error.get('message', '')}")
    return found
