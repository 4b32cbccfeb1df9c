"""Comparing two simulations that differ in their start: the first difference that this does not explain.

This module promises that times of the simulation pass, however they are written, and that a value that
reads as real time does not, even if it is the same in both. It reads traces and must not know who made
them.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple

from tasksim._model.events import (
    CHECKPOINTS,
    EventAnswered,
    EventStarted,
    Noted,
    RunWasKilled,
    SimulationStarted,
    TaskTriggered,
)
from tasksim._simulator.strictness.shifting import Shift, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from tasksim._model.events import TraceEvent
    from tasksim._simulator.strictness.lines import Lines
    from tasksim._simulator.strictness.real_time import RealTime

__all__ = ["Difference", "Told", "compare_starts", "differences"]

_NOTHING: Any = type("Nothing", (), {"__repr__": lambda _: "nothing"})()
_ENDED = "the simulation ended:"


class Told(NamedTuple):
    """One simulation, as it is compared.

    Attributes:
        events: Its trace.
        lines: The user's lines, if they were kept.
        is_whole: Whether it went as far as it would: not if its test failed on the way.
    """

    events: Sequence[TraceEvent]
    lines: Lines | None = None
    is_whole: bool = True


class Difference(NamedTuple):
    """A value that differs, or reads as real time.

    Attributes:
        at: The event's number.
        path: The value's place in the event, as in `data.output.rows[3].at`; empty for the whole event.
        first: The value in the first simulation.
        second: The value in the second.
        is_real: Whether it reads as real time, or counts from it.
        where: The checkpoint or kind of event, the task and its event: for whoever reads.
        now: The times of both simulations there.
        lines: The user's lines, of both if they are not the same.
    """

    at: int
    path: str
    first: Any
    second: Any
    is_real: bool
    where: str
    now: tuple[float, float]
    lines: tuple[str, ...]


def compare_starts(first: Told, second: Told, real: RealTime) -> Difference | None:
    """Return the first difference between two simulations that is not that of their starts."""
    return next(differences(first, second, real), None)


def differences(first: Told, second: Told, real: RealTime) -> Iterator[Difference]:
    """Yield the differences that the starts do not explain, in order; one of two events ends it."""
    starts = _start_ms(first.events), _start_ms(second.events)
    place = _Place()
    for at, (one, other) in enumerate(zip_longest(first.events, second.events, fillvalue=None)):
        if _is_cut_short(one, first) or _is_cut_short(other, second):
            return
        place.enter(one or other, real)
        now = starts[0] + (0 if one is None else one.at_ms), starts[1] + (0 if other is None else other.at_ms)
        if one is None or other is None or _kind(one) != _kind(other):
            lines = _lines(at, first, second)
            yield Difference(at, "", _kind(one), _kind(other), False, place.name, now, lines)  # noqa: FBT003 - a field
            return
        shift = Shift(starts[1] - starts[0], now[0], real)
        known = frozenset(place.days_given)
        for path, left, right in _leaves(one, other):
            verdict = shift.judge(left, right)
            is_real = verdict is Verdict.REAL or _reads_as_real((left, right), now, real, known)
            if is_real or verdict is Verdict.OTHER:
                yield Difference(at, path, left, right, is_real, place.name, now, _lines(at, first, second))


def _lines(at: int, *told: Told) -> tuple[str, ...]:
    """Return the user's lines of an event, each once."""
    lines = [one.lines.of(at) for one in told if one.lines is not None]
    return tuple(dict.fromkeys(line for line in lines if line is not None))


class _Place:
    """Where in a trace one is: the event of which task, and what the test handed over so far."""

    __slots__ = ("days_given", "name", "numbers", "tasks")

    def __init__(self) -> None:
        """Stand before the first event."""
        self.tasks: list[str] = []
        self.numbers: dict[str, int] = {}
        self.days_given: set[date] = set()
        self.name = ""

    def enter(self, event: TraceEvent | None, real: RealTime) -> None:
        """Stand at an event; days that a test itself hands over are no clock's."""
        if isinstance(event, EventStarted):
            self.tasks.append(event.task)
            self.numbers[event.task] = event.n
        task = self.tasks[-1] if self.tasks else "" if event is None else event.task
        number = f", event {self.numbers[task]}" if self.tasks else ""
        self.name = f"{_kind(event)} of {task!r}{number}" if task else str(_kind(event))
        if isinstance(event, EventAnswered | RunWasKilled):
            self.tasks = self.tasks[:-1]
        if isinstance(event, TaskTriggered) and not self.tasks:
            texts = (value for _, value, _ in _leaves(event, event) if isinstance(value, str))
            self.days_given.update(day for text in texts for day in real.days_in(text))


def _is_cut_short(event: TraceEvent | None, told: Told) -> bool:
    """Tell whether a simulation was ended here by its test, or by an assertion in a task."""
    if event is None:
        return not told.is_whole
    return not told.is_whole and isinstance(event, Noted) and event.text.startswith(_ENDED)


def _start_ms(events: Sequence[TraceEvent]) -> float:
    """Return when a simulation began."""
    first = events[0] if len(events) else None
    return first.start_ms if isinstance(first, SimulationStarted) else 0


def _kind(event: TraceEvent | None) -> Any:
    """Return what stands for a whole event: its checkpoint's name or its kind."""
    if event is None:
        return _NOTHING
    return event.checkpoint if isinstance(event, CHECKPOINTS) else type(event).__name__


def _reads_as_real(
    values: tuple[object, object], now: tuple[float, float], real: RealTime, given: frozenset[date]
) -> bool:
    """Tell whether a value reads as real time where the simulation has another."""
    return any(
        not real.is_near(wall_ms) and real.is_read_from(value, given)
        for value, wall_ms in zip(values, now, strict=True)
    )


def _leaves(one: TraceEvent, other: TraceEvent) -> Iterator[tuple[str, Any, Any]]:
    """Yield path and values of what two events of one kind hold, beside each other."""
    for name, left, right in zip(one._fields, one, other, strict=True):
        yield from _pairs(name, left, right)


def _pairs(path: str, left: Any, right: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield path and values of two JSON values; of lists and dicts that do not fit, the whole."""
    if isinstance(left, dict) and isinstance(right, dict) and len(left) == len(right):
        for (key, value), (its_key, its_value) in zip(left.items(), right.items(), strict=True):
            yield f"{path}, a key", key, its_key
            yield from _pairs(f"{path}.{key}", value, its_value)
    elif isinstance(left, list | tuple) and isinstance(right, list | tuple) and len(left) == len(right):
        for at, (value, its_value) in enumerate(zip(left, right, strict=True)):
            yield from _pairs(f"{path}[{at}]", value, its_value)
    else:
        yield path, left, right
