"""The trace as users see it: a read-only sequence of events, with its text, JSON lines and hash.

This layer reads events and nothing else: it must not know the engine, the store or the simulator.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, overload

from tasksim._model.events import CHECKPOINTS, EVENT_KINDS
from tasksim._trace.json_lines import event_from_line, event_to_line
from tasksim._world.durations import render_clock
from tasksim.errors import UsageError, nearest_phrase

if TYPE_CHECKING:
    from os import PathLike

    from tasksim._model.events import TraceEvent

__all__ = ["Trace"]


class Trace(Sequence["TraceEvent"]):
    """What happened in a simulation, as a read-only sequence of frozen events.

    It is live: what happens later is seen too. Two traces are equal if their events are.

    Args:
        events: The engine's, which are not copied; None if the simulation keeps no trace.

    Example:
        >>> from tasksim import Simulator, task_definition
        >>> @task_definition(id="sayHello", title="Say hello")
        ... def say_hello(controller):
        ...     return controller.response.done("Hello.")
        >>> sim = Simulator([say_hello])
        >>> execution = sim.run("sayHello")
        >>> sim.trace.checkpoints()[:3]
        ['event#1', 'log.create#1', 'task.update#1']
        >>> Trace.from_jsonl(sim.trace.to_jsonl()) == sim.trace
        True
    """

    __slots__ = ("_events", "_is_kept")
    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # it is live, so its hash would change

    def __init__(self, events: Sequence[TraceEvent] | None) -> None:
        """Look at these events."""
        self._events: Sequence[TraceEvent] = () if events is None else events
        self._is_kept = events is not None

    # --- as a sequence

    def __len__(self) -> int:
        return len(self._events)

    @overload
    def __getitem__(self, index: int) -> TraceEvent: ...

    @overload
    def __getitem__(self, index: slice) -> list[TraceEvent]: ...

    def __getitem__(self, index: int | slice) -> TraceEvent | list[TraceEvent]:
        if isinstance(index, slice):
            return list(self._events[index])
        return self._events[index]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Trace):
            return NotImplemented
        # By their lines: events of two kinds, being tuples, may be equal, and so are 1 and True.
        pairs = zip(self._events, other._events, strict=False)
        return len(self) == len(other) and all(
            event_to_line(mine) == event_to_line(its) for mine, its in pairs
        )

    def __repr__(self) -> str:
        if not self._is_kept:
            return "<Trace: not kept, the simulation was made with trace=False>"
        if not self._events:
            return "<Trace: no events>"
        tasks = len({event.task for event in self._events if event.task})
        now = render_clock(self._events[-1].at_ms)
        return f"<Trace: {_counted(len(self), 'event')}, {_counted(tasks, 'task')}, until {now}>"

    # --- parts of it

    def of(self, task_id: str) -> list[TraceEvent]:
        """Return the events of one task, in order."""
        return [event for event in self._events if event.task == task_id]

    def kinds(self, *kinds: str | type[TraceEvent]) -> list[TraceEvent]:
        """Return the events of these kinds, in order.

        Args:
            kinds: Classes of events, or their names, as in `trace.kinds("TaskAborted")`.

        Raises:
            UsageError: There is no event of that name.
        """
        wanted = tuple(_kind_of(kind) for kind in kinds)
        return [event for event in self._events if isinstance(event, wanted)]

    def checkpoints(self, task_id: str | None = None) -> list[str]:
        """Return the names of the checkpoints that were reached, in order.

        A checkpoint before which a run was killed was not reached.

        Args:
            task_id: Only those of this task.
        """
        return [
            event.checkpoint
            for event in self._events
            if isinstance(event, CHECKPOINTS) and task_id in (None, event.task)
        ]

    # --- as text

    def text(
        self,
        width: int = 80,
        unicode: bool = False,  # noqa: FBT001, FBT002 - the second thing that is chosen
        *,
        tasks: str | Iterable[str] | None = None,
        last: int | None = None,
        full: bool = False,
    ) -> str:
        """Return the timeline.

        Args:
            width: No line is wider; at least 60.
            unicode: Draw with lines and arrows, and show text as it is; else all is ASCII.
            tasks: Only these tasks, by their ids.
            last: Only so many iterations, the last.
            full: Each event on a line of its own, repeated rounds too.

        Raises:
            UsageError: An argument that cannot be used.
        """
        from tasksim._trace.timeline import render  # noqa: PLC0415 - for whoever asks for it

        events = self._events if self._is_kept else None
        return render(events, width=width, unicode=unicode, tasks=tasks, last=last, full=full)

    # --- as JSON lines

    def to_jsonl(self) -> str:
        """Return the events as JSON lines: canonical JSON, each line ended by a newline."""
        return "".join(f"{event_to_line(event)}\n" for event in self._events)

    def sha256(self) -> str:
        """Return the SHA-256 of the JSON lines: the same wherever the same happened."""
        digest = sha256()
        for event in self._events:
            digest.update(f"{event_to_line(event)}\n".encode())
        return digest.hexdigest()

    def write(self, path: str | PathLike[str]) -> None:
        """Write the JSON lines to a file, in UTF-8."""
        Path(path).write_bytes(self.to_jsonl().encode())

    @classmethod
    def from_jsonl(cls, lines: str | Iterable[str]) -> Trace:
        """Return the trace that `to_jsonl` made this of; blank lines do not count.

        Args:
            lines: The text, or its lines.

        Raises:
            UsageError: A line that is no event, by its number.
        """
        # Not splitlines(): JSON text may hold line separators other than the newline.
        split = lines.split("\n") if isinstance(lines, str) else lines
        return cls([_read(line, number) for number, line in enumerate(split, 1) if line.strip()])

    @classmethod
    def read(cls, path: str | PathLike[str]) -> Trace:
        """Return the trace that `write` wrote to a file.

        Raises:
            UsageError: A line that is no event, by its number.
            OSError: The file cannot be read.
        """
        data = Path(path).read_bytes()
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            number = data.count(b"\n", 0, error.start) + 1
            raise UsageError(
                f"Line {number} of the trace is not UTF-8.",
                way_out="Read a file that Trace.write() wrote.",
            ) from None
        return cls.from_jsonl(text)


def _read(line: str, number: int) -> TraceEvent:
    """Return the event of one line; an error names the line."""
    try:
        return event_from_line(line)
    except UsageError as error:
        raise UsageError(
            f"Line {number} of the trace cannot be read. {error.sentence}",
            facts=(f"line {number}: {line.strip():.60}",),
            way_out=error.way_out,
        ) from None


def _kind_of(kind: str | type[TraceEvent]) -> type[TraceEvent]:
    """Return a kind of event, which may be given by its name."""
    if not isinstance(kind, str):
        return kind
    if kind not in EVENT_KINDS:
        raise UsageError(
            f"There is no event {kind!r}.{nearest_phrase(kind, EVENT_KINDS)}",
            way_out=f"Choose from {', '.join(EVENT_KINDS)}.",
        )
    return EVENT_KINDS[kind]


def _counted(count: int, word: str) -> str:
    """Return a number with its word."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
