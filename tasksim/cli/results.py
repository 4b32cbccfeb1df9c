"""How one run went: for people, as a timeline, as JSON.

This module promises that what it prints depends on the simulation and the terminal only. It reads what
happened and must not make anything happen.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from tasksim._faults.token import UNSET, Token, render_token
from tasksim._model.events import HookFailed, RunWasKilled
from tasksim._simulator.endings import error_text
from tasksim._trace.cells import clean, counted, wrapped
from tasksim._trace.describe import time_span
from tasksim._trace.json_lines import event_to_json
from tasksim.cli.printing import (
    one_line,
    print_error,
    print_json,
    print_lines,
    print_traceback,
    screen_of,
    user_lines,
)
from tasksim.errors import StalePlan, TasksimError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tasksim._simulator.execution import Execution, Iteration
    from tasksim._simulator.simulator import Simulator
    from tasksim._trace.stream import Trace
    from tasksim.cli.printing import Screen

__all__ = ["Outcome", "print_as_json", "print_raised", "print_summary", "print_timeline", "print_trace"]

_LABEL = 12
_MOST_LINES = 6
_MOST_TOKEN = 1_000
_ODD = "bold magenta"
_STYLES = {"success": "bold green", "failed": "bold red", "aborted": "bold yellow"}


class Outcome(NamedTuple):
    """How one run went.

    Attributes:
        sim: The world, at its end.
        definition: The id of what was run.
        execution: The task; None if its trigger failed.
        raised: What came out of the task's own code and ended the simulation, if anything.
        token: The settings and the plan that were in force.
    """

    sim: Simulator
    definition: str
    execution: Execution | None
    raised: BaseException | None
    token: Token

    @property
    def held(self) -> bool:
        """Whether the task succeeded; one that removed itself after that did, too."""
        if self.execution is None or self.raised is not None:
            return False
        return self.execution.status == "success" or (self.is_gone and self.execution.machine == "Done")

    @property
    def is_gone(self) -> bool:
        """Whether the task was deleted."""
        return self.execution is not None and self.execution.status == "deleted"

    @property
    def exception(self) -> BaseException | None:
        """What the task's code raised, if that is how it ended."""
        if self.raised is not None or self.held or self.execution is None:
            return self.raised
        return self.execution.exception

    @property
    def iterations(self) -> list[Iteration]:
        """The events of the task."""
        return [] if self.execution is None else self.execution.iterations

    @property
    def output(self) -> dict[str, Any] | None:
        """The stored output, or what a task that is gone answered last."""
        if self.execution is None:
            return None
        return self._answered("output") if self.is_gone else self.execution.output

    @property
    def error(self) -> dict[str, Any] | None:
        """The stored error, or what a task that is gone answered last."""
        if self.execution is None:
            return None
        return self._answered("error") if self.is_gone else self.execution.error

    def _answered(self, part: str) -> dict[str, Any] | None:
        """Return a part of the last answer."""
        answers = [iteration.answer for iteration in self.iterations if iteration.answer is not None]
        return answers[-1].get(part) if answers else None


# --- for people


def print_summary(outcome: Outcome) -> None:
    """Print in a few lines how the task went."""
    execution = outcome.execution
    assert execution is not None  # noqa: S101 - without a task something was raised
    screen = screen_of(sys.stdout)
    status = execution.status
    style = _STYLES["success"] if outcome.held else _STYLES.get(status, _ODD)
    head = [("bold", execution.id), ("", "  "), (style, status)]
    if not outcome.held and status not in _STYLES:
        stranded = "" if outcome.is_gone else "stranded: "
        head.append(("", f"  {stranded}its state machine ended as {execution.machine}"))
    print_lines([head, *_laid_out(_rows(outcome, execution, screen), screen)], screen)


def _laid_out(rows: Iterable[tuple[str, str]], screen: Screen) -> Iterator[list[tuple[str, str]]]:
    """Return rows as lines of (style, text), long ones folded and cut."""
    for label, text in rows:
        parts = [clean(line, unicode=screen.unicode) for line in text.split("\n")]
        if label != "token":  # which is to be copied whole
            parts = [part for line in parts for part in wrapped(line, screen.width - _LABEL - 2)]
            if len(parts) > _MOST_LINES:
                parts = [*parts[:_MOST_LINES], f"... ({len(text):,} characters; --json prints all)"]
        for at, part in enumerate(parts):
            yield [("dim", f"  {'' if at else label:{_LABEL}}"), ("", part)]


def _rows(outcome: Outcome, execution: Execution, screen: Screen) -> Iterator[tuple[str, str]]:
    """Return the rows of the summary: a label (empty for what goes on) and text."""
    iterations = outcome.iterations
    took = f"{time_span(outcome.sim.now_ms)} of virtual time"
    yield "took", f"{counted(len(iterations), 'iteration')}, {took}"
    if outcome.output is not None and outcome.error is None:
        yield "output", json.dumps(outcome.output, ensure_ascii=not screen.unicode)
    if outcome.error is not None:
        yield "error", error_text(outcome.error)
    yield from _exception_rows(outcome, screen)
    for event in execution.trace:
        if isinstance(event, HookFailed):
            yield "hook failed", f"{event.hook}: {event.error.get('message')}"
    kills = [event for event in execution.trace if isinstance(event, RunWasKilled)]
    if kills and not outcome.held:
        yield "killed", f"by a {kills[-1].reason} at {kills[-1].checkpoint}"
    others = Counter(
        task.status for task in outcome.sim.tasks.list_tasks(limit=10_000).items if task.id != execution.id
    )
    if others:
        yield "other tasks", ", ".join(f"{count} {status}" for status, count in sorted(others.items()))
    if outcome.token != Token():
        yield "token", _token_text(outcome.token)
    if not outcome.held:
        yield "see", "--timeline, for the way there"


def _exception_rows(outcome: Outcome, screen: Screen) -> Iterator[tuple[str, str]]:
    """Return the rows of the exception that failed the task, if one did: what it is, and the user's lines."""
    error = outcome.exception
    if error is None:
        return
    yield "raised", _described(error)
    for line in user_lines(error.__traceback__):
        yield "", one_line(line, screen.width - _LABEL - 2, unicode=screen.unicode)


def _token_text(token: Token) -> str:
    """Return the token; without an input that is too long to be copied."""
    text = render_token(token)
    if len(text) <= _MOST_TOKEN:
        return text
    return render_token(replace(token, settings=replace(token.settings, input=UNSET)))


def _described(error: BaseException) -> str:
    """Return an exception as its type and first line."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - a broken __str__ must not hide the failure
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def print_timeline(outcome: Outcome) -> None:
    """Print the timeline, and what the task raised after it."""
    screen = screen_of(sys.stdout)
    print_trace(outcome.sim.trace, screen)
    if outcome.raised is None:
        print_lines([*_laid_out(_exception_rows(outcome, screen), screen)], screen)


def print_trace(trace: Trace, screen: Screen) -> None:
    """Print what happened as a timeline, in colour where the terminal has any."""
    if not screen.colour:
        sys.stdout.write(trace.text(screen.width, screen.unicode))
        return
    from rich.console import Console

    from tasksim._trace.timeline import lines, to_rich  # noqa: PLC0415 - for whoever asks for it

    text = to_rich(lines(trace, width=screen.width, unicode=screen.unicode))
    Console(width=screen.width, highlight=False).print(text, soft_wrap=True, end="")


def print_raised(outcome: Outcome, *, timeline: bool, traceback: bool) -> None:
    """Print what came out of the task's own code on stderr, by the user's lines.

    `timeline` says whether that was printed already, so that it need not be advised.
    """
    error = outcome.raised
    assert error is not None  # noqa: S101 - the caller looked
    if traceback:
        print_traceback(error)
        return
    lines = [one_line(line, screen_of(sys.stderr).width - 2) for line in user_lines(error.__traceback__)]
    if isinstance(error, StalePlan):
        shows = "the timeline shows" if timeline else "--timeline shows"
        error.way_out = f"Choose a checkpoint that the run reaches; {shows} them."
    if not isinstance(error, TasksimError):
        who = repr(outcome.definition) if outcome.execution is None else outcome.execution.id
        first, *rest = _described(error).split("\n")
        there = "" if timeline else "--timeline for the way there, at "
        way_out = f"Look at {there}--traceback for every frame."
        error = TasksimError(f"{who} raised {first.removesuffix('.')}.", facts=rest, way_out=way_out)
    print_error(error, more=lines)


# --- for programs


def print_as_json(outcome: Outcome, *, timeline: bool) -> None:
    """Print one JSON object: how the task went, the token, and perhaps every event."""
    execution, error = outcome.execution, outcome.exception
    printed: dict[str, Any] = {
        "task": None if execution is None else execution.id,
        "definition": outcome.definition,
        "status": None if execution is None else execution.status,
        "machine": None if execution is None else execution.machine,
        "iterations": len(outcome.iterations),
        "output": outcome.output,
        "error": outcome.error,
        "raised": None
        if error is None
        else {
            "type": type(error).__name__,
            "message": error.sentence if isinstance(error, TasksimError) else str(error),
            "lines": user_lines(error.__traceback__),
        },
        "elapsed_ms": outcome.sim.now_ms,
        "sha256": outcome.sim.trace.sha256(),
        "token": render_token(outcome.token),
    }
    if timeline:
        printed["events"] = [event_to_json(event) for event in outcome.sim.trace]
    print_json(printed)
