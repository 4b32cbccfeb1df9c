"""How writes are told: beside the call that made them, or several in one quiet row.

Two writes go with each iteration; told one by one they would drown what matters. This module promises
that each is still named, so that a plan can name it too, apart from what a trigger stores in its new task.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasksim._model.events import LogCreated, RecordUpdated
from tasksim._trace.cells import Aside, Data
from tasksim._trace.rows import STORED_BY

if TYPE_CHECKING:
    from tasksim._trace.cells import Piece
    from tasksim._trace.rows import Row

__all__ = ["joined_to_call", "joined_to_write", "write_row"]

_STORED = "stored "
_LOG = "log"  # the last of the words, wherever it was written
_SHOWN = ("input", "output")
_CALLS = {
    "task.update": ("state.update_", "state.save#"),
    "log.update": ("logger.", "state.save#"),
}
"""Which calls write, by what."""


def write_row(event: LogCreated | RecordUpdated, *, full: bool) -> tuple[tuple[Piece, ...], tuple[Any, ...]]:
    """Return the pieces of a write in a row of its own, none if it is not worth one, and what it is like."""
    words = _words(event)
    like = ("write", "aborted" in words)
    if full and isinstance(event, RecordUpdated):
        return (_STORED, Data(event.changes)), like
    return ((_STORED + ", ".join(words),) if words else ()), like


def _words(event: LogCreated | RecordUpdated) -> list[str]:
    """Return in brief what a write stored; what only the engine needs is left out."""
    if isinstance(event, LogCreated) or event.what == "log.update":
        return [_LOG]
    changes = event.changes
    status = [changes["task_status"]] if "task_status" in changes else []
    iterations = [f"iterations {changes['iterations']}"] if "iterations" in changes else []
    return [*status, *iterations, *(key for key in changes if key in _SHOWN)]


def joined_to_call(last: Row, event: LogCreated | RecordUpdated, name: str) -> Row | None:
    """Return the row of a call with the write that it made, or None if it did not make it."""
    if isinstance(event, LogCreated) or "task_status" in event.changes:
        return None
    if not last.name.startswith(_CALLS[event.what]):
        return None
    before = last.pieces[-1:]
    told = ""
    if before and isinstance(before[0], Aside):
        told = f"{before[0].pieces[0]}, "
    aside = Aside((f"{told or STORED_BY + ' '}{name}",), STORED_BY)
    kept = last.pieces[:-1] if told else last.pieces
    like = None if last.like is None else (*last.like, event.what)
    return last._replace(at_ms=event.at_ms, pieces=(*kept, aside), like=like)


def joined_to_write(last: Row, event: LogCreated | RecordUpdated, name: str) -> Row | None:
    """Return the row of writes with one more, or None if the last row has none."""
    if last.like is None or last.like[0] != "write" or last.mark is not None:
        return None
    sets_status = isinstance(event, RecordUpdated) and "task_status" in event.changes
    if sets_status and "task.update" in last.name:
        return None  # one is from before the run, the other stores its result
    words = str(last.pieces[0]).removeprefix(_STORED).split(", ")
    words += [word for word in _words(event) if word not in words]
    words.sort(key=_LOG.__eq__)
    return last._replace(
        at_ms=event.at_ms,
        name=f"{last.name}, {name}",
        pieces=(_STORED + ", ".join(words),),
        like=("write", "aborted" in words, *last.like[2:]),
    )
