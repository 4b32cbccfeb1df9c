"""What stands around the story: the header, the legend, how each task ended, and the notes.

This module promises that a legend explains only what occurs. It must not know how rows are laid out.
"""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

from tasksim._model import events as e
from tasksim._trace.cells import Aside, Data, cell_width, counted, cut_middle, pad
from tasksim._trace.describe import time_span
from tasksim._trace.layout import BETWEEN, FAULT_HERE
from tasksim._trace.rows import LEFT_OUT, OUTCOME, STORED_BY
from tasksim._world.durations import render_clock, render_instant

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tasksim._model.events import TraceEvent
    from tasksim._trace.cells import Piece
    from tasksim._trace.layout import Line, Paper
    from tasksim._trace.outcomes import Outcome
    from tasksim._trace.rows import Row

__all__ = ["header", "legend", "notes", "summary"]

_INDENT = "  "
_LABEL = 10
_STATUS_STYLES = {"success": "success", "failed": "failed", "aborted": "aborted"}
_QUESTION = "runtime.is_close_to_timeout"
_SEVERAL = 2
_LEAST_ENDING = 9  # {2 keys}


def _labelled(label: str, text: str, paper: Paper, *, style: str = "plain") -> Iterator[Line]:
    """Return a text beside its label, on as many lines as it takes."""
    for lead, part in paper.paragraph(_INDENT + pad(label, _LABEL), text):
        yield (("quiet", lead), (style, part))


# --- before the story


def header(events: Sequence[TraceEvent], paper: Paper) -> Iterator[Line]:
    """Return which world this was: version, profile, settings, plan."""
    try:
        version = f"tasksim {metadata.version('tasksim')}"
    except metadata.PackageNotFoundError:  # run from its source
        version = "tasksim"
    yield (("head", version),)
    start = events[0] if events else None
    if not isinstance(start, e.SimulationStarted):
        yield from _labelled("world", "unknown: the trace does not hold its beginning", paper)
        return
    instant = render_instant(start.start_ms).replace(".000Z", "Z")
    yield from _labelled("world", f"profile {start.profile}, seed {start.seed}, start {instant}", paper)
    tick = f"tick {time_span(start.tick_ms)}"
    spans = f"budget {time_span(start.budget_ms)}, close limit {time_span(start.close_limit_ms)}, {tick}"
    yield from _labelled("time", f"{spans}, on_crash {start.on_crash}", paper)
    added = [event.fault for event in events if isinstance(event, e.FaultPlanned)]
    plan = " ".join([start.plan, *added]).strip()
    yield from _labelled("plan", plan or "none", paper, style="fault" if plan else "plain")


def legend(rows: Sequence[Row], tasks: Sequence[Outcome], story: str, paper: Paper) -> Iterator[Line]:
    """Return what the signs mean that occur.

    Args:
        rows: The rows that are shown.
        tasks: Those of the column of tasks, if there is one.
        story: The rows as text.
        paper: What is written on.
    """
    entries = []
    if any("#" in row.name for row in rows):
        entries.append(("what#n", "a checkpoint: the nth time in its task's life"))
    if any(outcome.label for outcome in tasks):
        entries.append(("task", _how_to_plan(tasks)))
    if any(isinstance(piece, Aside) and piece.short == STORED_BY for row in rows for piece in row.pieces):
        entries.append((paper.draw(STORED_BY).strip(), "what was given is stored by this record update"))
    if any(row.mark is not None for row in rows):
        short = "; @... is the checkpoint of that line" if "@..." in story else ""
        entries.append((paper.draw(FAULT_HERE).strip(), f"a planned fault struck here{short}"))
    if any(row.gutter == LEFT_OUT for row in rows):
        entries.append((paper.draw(LEFT_OUT), "left out: the same as around it, apart from numbers and data"))
    if any(row.gutter == OUTCOME for row in rows):
        entries.append((paper.draw(OUTCOME), "how the iteration ended, and what it used of its budget"))
    if "..." in story.replace("@...", "") or " items]" in story:
        entries.append(("...", "cut to fit the width, as are [n items]"))
    width = max((cell_width(sign) for sign, _ in entries), default=0) + len(BETWEEN)
    for number, (sign, meaning) in enumerate(entries):
        first = _INDENT + pad("" if number else "legend", _LABEL) + pad(sign, width)
        for lead, part in paper.paragraph(first, meaning):
            yield (("quiet", lead + part),)


def _how_to_plan(tasks: Sequence[Outcome]) -> str:
    """Return how a plan names the checkpoints of these tasks."""
    labelled = [outcome for outcome in tasks if outcome.label]
    bare = [outcome for outcome in tasks if outcome.definition and not outcome.label]
    example = f"in a plan {labelled[0].id} is {labelled[0].label}, as in crash@{labelled[0].label}:event#1"
    return f"{example}; {bare[0].id} needs no name" if bare else example


# --- after the story


def summary(outcomes: Sequence[Outcome], paper: Paper) -> Iterator[Line]:
    """Return how each task ended, a line each."""
    cells = [
        (
            paper.clean(outcome.id),
            outcome.status or "-",
            counted(outcome.iterations, "iteration"),
            render_clock(outcome.ended_ms - outcome.began_ms),
        )
        for outcome in outcomes
    ]
    widths = [max(map(cell_width, column)) for column in zip(*cells, strict=True)]
    room = paper.width - sum(widths[1:]) - len(BETWEEN) * len(widths)
    for outcome, (name, status, iterations, took) in zip(outcomes, cells, strict=True):
        wide = min(widths[0], room - _LEAST_ENDING)
        style = _STATUS_STYLES.get(outcome.status, "plain")
        yield (
            ("head", pad(cut_middle(name, wide), wide) + BETWEEN),
            (style, pad(status, widths[1]) + BETWEEN),
            ("plain", pad(iterations, widths[2]) + BETWEEN + took.rjust(widths[3]) + BETWEEN),
            ("plain", paper.fit(_ending(outcome), room - wide)),
        )


def _ending(outcome: Outcome) -> tuple[Piece, ...]:
    """Return what is left to say of a task: its error, output, or why it has not ended."""
    error = outcome.error
    if error is not None:
        return (Data(error.get("message")),)
    if outcome.machine in {"UnknownError", "UnknownStatus", "TimedOut"}:
        return (f"machine {outcome.machine}",)
    if outcome.waits_until_ms is not None:
        return (f"waits until {render_clock(outcome.waits_until_ms)}",)
    return () if outcome.output is None else (Data(outcome.output),)


def notes(events: Sequence[TraceEvent], paper: Paper) -> Iterator[Line]:
    """Return what is easily missed, from the events themselves."""
    for text in _noticed(events):
        for lead, part in paper.paragraph("note: ", text):
            yield (("note", lead + part),)


def _noticed(events: Sequence[TraceEvent]) -> Iterator[str]:
    """Notice budgets that cannot cut, or cut at once."""
    start = events[0] if events else None
    reached = [event for event in events if isinstance(event, e.CheckpointReached)]
    answers = [event.data for event in reached if event.what == _QUESTION]
    if not isinstance(start, e.SimulationStarted) or not answers:
        return
    budget, limit = time_span(start.budget_ms), time_span(start.close_limit_ms)
    if start.budget_ms < start.close_limit_ms:
        yield (
            f"the budget of {budget} is below the close limit of {limit}: is_close_to_timeout() answers True "
            f"at once, unless it is given its own seconds. Give a larger budget, or a smaller close_limit."
        )
    elif start.budget_ms == start.close_limit_ms:
        yield (
            f"the budget of {budget} is the close limit: is_close_to_timeout() answers True as soon as any "
            f"time has passed. Give a larger budget, or a smaller close_limit."
        )
    if len(answers) >= _SEVERAL and not any(answers) and not _took_time(events, start.budget_ms):
        tick = "tick=0" if start.tick_ms == 0 else f"tick={time_span(start.tick_ms)}"
        yield (
            f"the budget of {budget} cut nothing: nothing took time ({tick}). Let checkpoints take time with "
            f'tick="1s", or fakes with sim.spend().'
        )


def _took_time(events: Sequence[TraceEvent], budget_ms: int) -> bool:
    """Whether any iteration took time."""
    began: dict[str, int] = {}
    for event in events:
        if isinstance(event, e.EventStarted):
            began[event.task] = event.deadline_ms - budget_ms
        elif isinstance(event, e.EventAnswered | e.RunWasKilled) and event.at_ms > began.get(event.task, 0):
            return True
    return False
