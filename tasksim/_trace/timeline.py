"""The timeline: a trace as text that a person reads, plain or in colour.

A header tells in which world it happened, a legend what the signs mean, columns tell the story, a line
for each task tells how it ended, and notes what is easily missed. This module promises the same lines
in any process; it must not know any terminal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasksim._trace.cells import counted
from tasksim._trace.folding import folded
from tasksim._trace.frame import header, legend, notes, summary
from tasksim._trace.layout import Paper, in_columns, plain
from tasksim._trace.outcomes import Outcomes
from tasksim._trace.rows import LEFT_OUT, Row
from tasksim._trace.telling import tell
from tasksim.errors import MissingExtra, UsageError, nearest_phrase

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.text import Text

    from tasksim._model.events import TraceEvent
    from tasksim._trace.layout import Line

__all__ = ["LEAST_WIDTH", "STYLES", "lines", "plain", "render", "to_rich"]

LEAST_WIDTH = 60
"""Below that, columns make no sense."""

STYLES = {
    "plain": "",
    "head": "bold",
    "time": "dim",
    "task": "cyan",
    "quiet": "dim",
    "success": "green",
    "failed": "red",
    "aborted": "yellow",
    "close": "bold",
    "wait": "blue",
    "fault": "bold magenta",
    "act": "cyan",
    "note": "italic",
}
"""What each style of a segment looks like, in rich's words."""

_NOT_KEPT = "This simulation was made with trace=False: nothing of what happened was kept."


def lines(  # noqa: PLR0913 - what a reader may choose, all by keyword
    events: Sequence[TraceEvent] | None,
    *,
    width: int,
    unicode: bool,
    tasks: str | Iterable[str] | None = None,
    last: int | None = None,
    full: bool = False,
) -> list[Line]:
    """Return the timeline as lines of (style, text) segments; `STYLES` has the styles.

    Args:
        events: All events of a trace; None if none were kept.
        width: No line is wider; at least 60.
        unicode: Draw with lines and arrows, and show text as it is; else all is ASCII.
        tasks: Only these tasks, by their ids.
        last: Only so many iterations, the last.
        full: Each event on a line of its own, repeated rounds too.

    Raises:
        UsageError: An argument that cannot be used.
    """
    if not _is_from(LEAST_WIDTH, width):
        raise UsageError(f"width is {width!r}.", way_out=f"Pass a whole number from {LEAST_WIDTH} on.")
    paper = Paper(width, unicode)
    if events is None:
        return [(("note", part),) for _, part in paper.paragraph("", _NOT_KEPT)]
    chosen = _chosen(Outcomes.of(events), tasks)
    shown_events = [event for event in events if not event.task or event.task in chosen]
    needs_column = len(chosen) > 1 or any(outcome.label for outcome in chosen.values())
    column = list(chosen.values()) if needs_column else []
    rows = _last(tell(shown_events, has_column=needs_column, full=full), last)
    if not full:
        rows = folded(rows)
    story = list(in_columns(rows, [outcome.id for outcome in column], paper))
    parts = [
        [*header(events, paper), *legend(rows, column, plain(story), paper)],
        story if rows else [],
        list(summary(list(chosen.values()), paper)),
        list(notes(shown_events, paper)),
    ]
    shown: list[Line] = []
    for part in parts:
        shown += [(), *part] if shown and part else part
    return shown


def _is_from(least: int, value: object) -> bool:
    """Whether a value is a whole number from `least` on."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _chosen(outcomes: Outcomes, tasks: str | Iterable[str] | None) -> Outcomes:
    """Return the outcomes of the tasks to be shown."""
    if tasks is None:
        return outcomes
    wanted = [tasks] if isinstance(tasks, str) else list(tasks)
    for task in wanted:
        if task not in outcomes:
            hint = nearest_phrase(str(task), outcomes)
            raise UsageError(
                f"tasks names {task!r}, of which the trace tells nothing.{hint}",
                facts=(f"it tells of: {', '.join(outcomes) or 'no task'}",),
                way_out="Pass ids of tasks, as in tasks=[execution.id].",
            )
    return outcomes.only(wanted)


def _last(rows: list[Row], last: int | None) -> list[Row]:
    """Return the rows from the last so many iterations on."""
    if last is None:
        return rows
    if not _is_from(1, last):
        raise UsageError(f"last is {last!r}.", way_out="Pass a whole number from 1 on.")
    starts = [at for at, row in enumerate(rows) if row.opens]
    if len(starts) <= last:
        return rows
    hidden = len(starts) - last
    before = f"{counted(hidden, 'iteration')} before this"
    first = rows[starts[hidden]]
    return [Row(first.at_ms, "", LEFT_OUT, before, style="quiet"), *rows[starts[hidden] :]]


def render(  # noqa: PLR0913 - as `lines`
    events: Sequence[TraceEvent] | None,
    *,
    width: int = 80,
    unicode: bool = False,
    tasks: str | Iterable[str] | None = None,
    last: int | None = None,
    full: bool = False,
) -> str:
    """Return the timeline as plain text; arguments and errors as those of `lines`."""
    return plain(lines(events, width=width, unicode=unicode, tasks=tasks, last=last, full=full))


def to_rich(timeline: Sequence[Line]) -> Text:
    """Return lines as a rich text in colour, which holds exactly the text of `plain(timeline)`.

    Raises:
        MissingExtra: rich is not installed; `plain` gives the same text.
    """
    try:
        from rich.text import Text
    except ImportError:
        raise MissingExtra("Colour", "cli") from None
    text = Text(no_wrap=True, overflow="ignore", end="")
    for line in timeline:
        segments = list(line)
        while segments and not segments[-1][1].strip():
            segments.pop()
        for at, (style, segment) in enumerate(segments):
            text.append(segment.rstrip() if at == len(segments) - 1 else segment, STYLES[style])
        text.append("\n")
    return text
