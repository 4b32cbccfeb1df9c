"""The recorder: collects what happened, and makes events of it when somebody reads.

Writing is the hot path of a simulation, so the engine hands over plain tuples; they become frozen
events, in order, at the first reading.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, overload

from tasksim._model.events import EventAnswered, RecordUpdated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tasksim._model.events import TraceEvent
    from tasksim._model.records import LogItemRecord
    from tasksim._model.results import Answer

__all__ = ["Recorder", "event_answered", "log_updated"]


class Recorder(Sequence["TraceEvent"]):
    """The stream of a simulation's events: append-only, read as a sequence of frozen events."""

    __slots__ = ("_events", "_raw", "add")

    def __init__(self) -> None:
        """Start empty. `add` takes (maker, at_ms, task, *fields); the maker also gets the sequence number."""
        self._events: list[TraceEvent] = []
        self._raw: list[tuple[Any, ...]] = []
        self.add: Callable[[tuple[Any, ...]], None] = self._raw.append

    def take_back(self, raw: tuple[Any, ...]) -> bool:
        """Take back what was added, if it was added last and nobody has read it; return whether."""
        if not self._raw or self._raw[-1] is not raw:
            return False
        self._raw.pop()
        return True

    def _read(self) -> list[TraceEvent]:
        """Make events of what was added since the last reading."""
        if self._raw:
            events = self._events
            for maker, *fields in self._raw:
                events.append(maker(len(events), *fields))
            self._raw.clear()
        return self._events

    def __len__(self) -> int:
        """Return how many events there are."""
        return len(self._events) + len(self._raw)

    def __iter__(self) -> Iterator[TraceEvent]:
        """Iterate over the events that there are now."""
        return iter(self._read())

    @overload
    def __getitem__(self, at: int) -> TraceEvent: ...

    @overload
    def __getitem__(self, at: slice) -> list[TraceEvent]: ...

    def __getitem__(self, at: int | slice) -> TraceEvent | list[TraceEvent]:
        """Return one event, or a list of them."""
        return self._read()[at]


def log_updated(  # noqa: PLR0913, PLR0917 - an event's fields
    seq: int,
    at_ms: int,
    task: str,
    label: str,
    n: int,
    write: int,
    items: tuple[LogItemRecord, ...],
    appended: bool,  # noqa: FBT001 - a field
) -> RecordUpdated:
    """Make the event of a log update: the items given, as JSON, and whether those before them stay."""
    shown = [{key: value for key, value in item._asdict().items() if value is not None} for item in items]
    return RecordUpdated(
        seq, at_ms, task, label, "log.update", n, write, {"items": shown, "appended": appended}
    )


def event_answered(seq: int, at_ms: int, task: str, answer: Answer) -> EventAnswered:
    """Make the event of an answer, as JSON."""
    return EventAnswered(seq, at_ms, task, answer.to_json())
