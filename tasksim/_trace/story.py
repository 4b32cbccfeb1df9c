"""The story so far: its rows, and what must be known to add the next one.

This module promises that rows stand in the order of events, apart from the last row of an iteration: that
waits until nothing more can belong to it. It must not know kinds of events beyond those that open one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasksim._trace.cells import Aside
from tasksim._trace.describe import time_span
from tasksim._trace.outcomes import Outcomes
from tasksim._trace.rows import HEAD, INSIDE, OUTCOME, Row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tasksim._model.events import EventStarted, TraceEvent
    from tasksim._trace.cells import Data, Piece
    from tasksim._trace.rows import Mark

__all__ = ["Story", "listed"]

_LIKE_OTHER_TASKS = ("new", "deleted")
"""Rows that tell the same of one task as of another."""


class Telling:
    """An iteration that is being told, or what stands outside of all.

    Attributes:
        event: The event that opens it.
        messages: Those that were told.
        struck: The checkpoint at which a fault struck last.
    """

    __slots__ = ("event", "messages", "struck")

    def __init__(self, event: EventStarted | None) -> None:
        """Nothing is told yet."""
        self.event = event
        self.messages: list[object] = []
        self.struck = ""


class Story:
    """What is told, and known, while events are told one after the other.

    Attributes:
        at: The index of the event that is being told.
        rows: What was told.
        ending: The last row of an iteration, while something may still belong to it.
        outcomes: What became of each task so far.
        full: Whether nothing is joined.
        mark: The fault that strikes in the next row.
        abort_mark: The fault that leads to the next abort.
        effects: Task and checkpoint of every effect that took place.
        budget_ms: Time of one event, if the beginning of the trace tells.
    """

    def __init__(self, events: Sequence[TraceEvent], *, has_column: bool, full: bool) -> None:
        """Know nothing yet."""
        self._events = events
        self._has_column = has_column
        self.at = 0
        self.rows: list[Row] = []
        self.ending: Row | None = None
        self.outcomes = Outcomes()
        self.full = full
        self._told = [Telling(None)]
        self.mark: Mark | None = None
        self.abort_mark: Mark | None = None
        self.effects: set[tuple[str, str]] = set()
        self.budget_ms: int | None = None

    # --- iterations

    @property
    def open(self) -> EventStarted | None:
        """The event whose iteration is being told: the innermost, if one was handled inside another."""
        return self._told[-1].event

    @property
    def messages(self) -> list[object]:
        """Those that the iteration has told."""
        return self._told[-1].messages

    @property
    def struck(self) -> str:
        """The checkpoint at which a fault struck last in this iteration."""
        return self._told[-1].struck

    @struck.setter
    def struck(self, checkpoint: str) -> None:
        self._told[-1].struck = checkpoint

    def begin(self, event: EventStarted, name: str, pieces: tuple[Piece, ...]) -> None:
        """Begin an iteration with its first row; one that is being told goes on after it."""
        self._told.append(Telling(None))
        self.add(event, name, pieces, "head", like=("event", event.delivery), opens=True)
        self._told[-1].event = event

    def later(self) -> Iterator[TraceEvent]:
        """Return the events that are still to be told."""
        return (self._events[at] for at in range(self.at + 1, len(self._events)))

    # --- rows

    def add(  # noqa: PLR0913 - the parts of a row
        self,
        event: TraceEvent,
        name: str,
        pieces: tuple[Piece, ...] = (),
        style: str = "plain",
        *,
        like: tuple[Any, ...] | None = None,
        opens: bool = False,
    ) -> None:
        """Add a row; a mark that waits for one makes it unique."""
        mark, self.mark = self.mark, None
        if mark is not None:
            like = None
        elif like is not None and like[0] not in _LIKE_OTHER_TASKS:
            like = (*like, event.task)
        gutter = HEAD if self.open is None else INSIDE
        self.rows.append(Row(event.at_ms, event.task, gutter, name, pieces, style, mark, like, opens))

    def last(self, event: TraceEvent) -> Row | None:
        """Return the last row, if it is of the same task and no mark waits for a row of its own."""
        last = self.rows[-1] if self.rows and self.mark is None else None
        return last if last is not None and last.task == event.task else None

    def end_with(self, event: TraceEvent, name: str, pieces: tuple[Piece, ...], style: str) -> None:
        """Begin the row that ends an iteration; what the machine does may still come."""
        gutter = HEAD if self.open is None else OUTCOME
        pieces = listed(pieces, self._used(event.at_ms))
        like = ("end", name, event.task)
        self.ending = Row(event.at_ms, event.task, gutter, name, pieces, style, like=like)

    def end(self) -> None:
        """End the iteration, if its last row has begun."""
        if self.ending is not None:
            self.rows.append(self.ending)
            self.ending = None
            if len(self._told) > 1:
                self._told.pop()
            if self.open is not None:
                goes_on = f"event#{self.open.n} goes on"
                self.rows.append(Row(self.rows[-1].at_ms, self.open.task, HEAD, goes_on, style="head"))

    def _used(self, now_ms: int) -> str:
        """Return how much of its budget the event has used, if any."""
        if self.open is None or self.budget_ms is None:
            return ""
        used = now_ms - (self.open.deadline_ms - self.budget_ms)
        return f"used {time_span(used)} of {time_span(self.budget_ms)}" if used > 0 else ""

    # --- names

    def whose(self, event: TraceEvent) -> str:
        """Return an event's task, with a space, if it happens in an iteration of another."""
        return "" if self.open is None or event.task in ("", self.open.task) else f"{event.task} "

    def names(self, event: TraceEvent) -> bool:
        """Whether a row of this event names its task anyhow: in the column of tasks, or before its name."""
        return bool(self.whose(event)) or (self._has_column and self.open is None)

    def name(self, event: TraceEvent, checkpoint: str) -> str:
        """Return a checkpoint's name; its task is left out unless it happens in an iteration of another."""
        if self.whose(event) or event.task not in self.outcomes:
            return checkpoint
        return checkpoint.removeprefix(f"{self.outcomes[event.task].label}:")


def listed(pieces: tuple[Piece, ...], *more: str | Data) -> tuple[Piece, ...]:
    """Return pieces with more of them that may be left out, a comma before each; empty ones do not count."""
    for piece in more:
        if piece:
            pieces = (*pieces, Aside((", ", piece))) if pieces else (piece,)
    return pieces
