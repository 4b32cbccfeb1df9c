"""How a task ended, in words: for errors, assertions and whatever else shows a failure.

This module promises lines of text that are no wider and no more than asked for, and in ASCII unless more
is asked for. It reads what was stored and traced, makes nothing happen, and must not know who shows it.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from tasksim._engine.core import Delivery
from tasksim._engine.failures import message_of
from tasksim._engine.frames import traceback_lines
from tasksim._model.events import (
    EventAnswered,
    FaultFired,
    HookFailed,
    RunWasKilled,
    TaskAborted,
)
from tasksim._trace.cells import Data, clean, counted, cut, fit, wrapped
from tasksim._trace.describe import time_span
from tasksim._trace.timeline import render
from tasksim._world.durations import render_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tasksim._simulator.execution import Execution
    from tasksim._world.snapshots import Log

__all__ = ["error_text", "explained", "last_lines", "log_lines", "origin", "reasons"]

WIDTH = 70
"""Of a fact in an error: indented there by 2, and by pytest by 8, it fills 80 columns."""

_MOST_LINES = 40
_MOST_LOG_LINES = 10
_MOST_PLACES = 5
_MOST_PARTS = 3
_INDENT = "  "


# --- why


def error_text(error: dict[str, Any]) -> str:
    """Return a stored error as its message, with its code if it has one."""
    code = error.get("code")
    return str(error.get("message")) + (f" ({code})" if code else "")


def origin(execution: Execution) -> BaseException | None:
    """Return the exception that failed a task; None if it has not failed, or failed without one.

    An execution's `exception` may be one that a hook raised, which failed nothing.
    """
    life = execution._engine.lives.get(execution.id)  # noqa: SLF001 - of one package
    return None if life is None or execution.error is None else life.failed_by


def reasons(execution: Execution, *, width: int = WIDTH, places: int = _MOST_PLACES) -> list[str]:
    """Return why a task is where it is, in short lines: error, exception, kill, abort, state machine.

    Args:
        execution: The task.
        width: No line is wider.
        places: At most so many of the user's lines are shown of an exception.
    """
    lines: list[str] = []
    for label, text in _reasons(execution, places):
        if label:
            parts = wrapped(clean(f"{label}: {text}", unicode=False), width - len(_INDENT))
            if len(parts) > _MOST_PARTS:
                parts = [
                    *parts[: _MOST_PARTS - 1],
                    cut(" ".join(parts[_MOST_PARTS - 1 :]), width - len(_INDENT)),
                ]
            lines += [parts[0], *(_INDENT + part for part in parts[1:])]
        else:
            lines.append(cut(clean(_INDENT + text, unicode=False), width))
    return lines


def _reasons(execution: Execution, places: int) -> Iterator[tuple[str, str]]:
    """Return the lines of `reasons`, however wide: label and text; no label for a place in the code."""
    error = execution.error
    if error is not None:
        yield "error", error_text(error)
        if error.get("data") is not None:
            yield "error data", f"{error['data']!r:.200}"
    exception = origin(execution)
    if exception is not None:
        yield "raised", type(exception).__name__
        while grouped := getattr(exception, "exceptions", None):  # a group; builtins have it from 3.11 on
            exception = grouped[0]
            more = f" (and {len(grouped) - 1} more)" if len(grouped) > 1 else ""
            yield "in it", f"{type(exception).__name__}: {message_of(exception)}{more}"
        yield from (("", place) for place in _few(traceback_lines(exception.__traceback__), places))
    yield from _from_the_trace(execution)
    yield from _machine(execution)


def _few(lines: list[str], most: int) -> list[str]:
    """Return the first line and the last ones, and between them how many are left out."""
    if len(lines) <= most:
        return lines
    last = lines[-max(most - 2, 1) :]
    return [*lines[:1], f"... {len(lines) - 1 - len(last)} more", *last] if most > 1 else last


def _from_the_trace(execution: Execution) -> Iterator[tuple[str, str]]:
    """Return what only the trace knows: a kill that nothing followed, who aborted, failed hooks."""
    events = _events(execution)
    for event in [event for event in events if isinstance(event, HookFailed)][-2:]:
        yield "hook failed", f"{event.hook}: {error_text(event.error)}"
    ends = [event for event in events if isinstance(event, EventAnswered | RunWasKilled)]
    if ends and isinstance(ends[-1], RunWasKilled):
        killed = ends[-1]
        planned = [event.fault for event in events if isinstance(event, FaultFired)]
        if planned and planned[-1].startswith(f"{killed.reason}@"):
            yield "killed", f"by the planned fault {planned[-1]}"
        else:
            yield "killed", f"by a {killed.reason} at {killed.checkpoint}"
    if execution.status == "aborted":
        messages = [event.message for event in events if isinstance(event, TaskAborted)]
        yield from (("aborted", repr(message)) for message in messages[-1:] if message)


def _machine(execution: Execution) -> Iterator[tuple[str, str]]:
    """Return where its state machine is, and when it goes on."""
    engine, state, task = execution._engine, execution.machine, execution.task  # noqa: SLF001 - of one layer
    due = [
        entry.at_ms
        for entry in engine.agenda.entries()
        if isinstance(entry.item, Delivery) and entry.item.life.task_id == execution.id
    ]
    after = f", after {counted(task.iterations, 'iteration')}" if task is not None and task.iterations else ""
    if due:
        clock = engine.clock
        at = render_instant(clock.wall_at(max(due[0], clock.now_ms))).replace(".000Z", "Z")
        left = due[0] - clock.now_ms
        when = f"{at}, in {time_span(left)}" if left > 0 else "now"
        yield "machine", f"{state}{after}" if state else "it has not begun"
        yield "next event", f"due {when}; sim.run_until_idle() handles it"
    elif state == "UnknownError":
        yield "machine", f"{state}{after}; nobody calls it again"
    elif state:
        yield "machine", f"{state}{after}"


def _events(execution: Execution) -> Sequence[Any]:
    """Return the events of a task; none where nothing is traced."""
    return execution.trace if execution._engine.events is not None else ()  # noqa: SLF001 - of one layer


# --- the way there


def explained(execution: Execution, *more: str) -> list[str]:
    """Return everything that an error says of a task: why, its logs, the end of its timeline.

    At most 40 lines in all, with the sentence above them.

    Args:
        execution: The task.
        more: Lines that come first.
    """
    facts = [*more, *reasons(execution)]
    logs = log_lines(execution.logs, width=WIDTH - len(_INDENT), most=_MOST_LOG_LINES)
    facts += ["log:", *(_INDENT + line for line in logs)] if logs else ["log: nothing was stored"]
    events = execution._engine.events  # noqa: SLF001 - of one layer
    if events is None:
        return [*facts, "timeline: none, the simulation was made with trace=False"]
    timeline = render(events, width=WIDTH - len(_INDENT), tasks=execution.id).splitlines()
    timeline = timeline[timeline.index("") + 1 :]  # without the header and the legend
    shown = last_lines(timeline, _MOST_LINES - len(facts) - 2)
    return [*facts, "timeline:", *(_INDENT + line for line in shown)]


def last_lines(lines: Sequence[str], most: int, more: str = "") -> list[str]:
    """Return the last lines; if some are left out, the first says how many, and perhaps more."""
    if len(lines) <= most:
        return list(lines)
    kept = list(lines[len(lines) - most + 1 :])
    while kept and not kept[0]:
        kept.pop(0)
    return [f"... {counted(len(lines) - len(kept), 'earlier line')}{more}", *kept]


def log_lines(
    logs: Iterable[Log], *, width: int, unicode: bool = False, most: int, tasks: bool = False
) -> list[str]:
    """Return logs by iteration: a line for each item with its type, message and data; the last ones.

    Args:
        logs: Log records, in the order in which they are to be shown.
        width: No line is wider; data is shortened first.
        unicode: Show text as it is; else all is ASCII.
        most: At most so many lines.
        tasks: Name the task of each iteration.
    """
    lines: list[str] = []
    for (task, iteration), records in groupby(logs, key=lambda log: (log.task, log.iteration)):
        items = [item for log in records for item in log.items]
        if items:
            lines.append(cut(clean(f"{task}, " * tasks + f"iteration {iteration}", unicode=unicode), width))
        for item in items:
            data = item.data if item.error is None else _error_beside(item.message, item.error)
            beside = () if data is None else (_INDENT, Data(data))
            message = f"{_INDENT}{item.type:<5}  {clean(item.message, unicode=unicode)}"
            lines.append(fit((message, *beside), width, unicode=unicode).rstrip())
    return last_lines(lines, most)


def _error_beside(message: str, error: Any) -> Any:
    """Return what an error says that its message does not."""
    if not isinstance(error, dict):
        return error
    rest = {
        key: value
        for key, value in error.items()
        if value is not None and key != "stack" and not (key == "message" and value == message)
    }
    return rest or None
