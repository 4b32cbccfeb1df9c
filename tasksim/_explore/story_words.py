"""Words and shapes that the parts of a story share: labels, lists that fit, how a kind of fault is written.

This module promises lines that are no wider than asked for. It must not know what is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tasksim._trace.cells import cell_width, cut, cut_middle, pad, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasksim._explore.findings import Finding
    from tasksim._faults.plan import Fault, Plan
    from tasksim._trace.layout import Paper

__all__ = [
    "BETWEEN",
    "LEAD",
    "ROOMS",
    "Room",
    "cut_lines",
    "flow",
    "is_of_long_run",
    "kind_of",
    "kinds_of",
    "labelled",
    "paragraph",
    "shown_line",
    "with_remark",
]

BETWEEN = "  "
LEAD = 13
"""In which column the text beside a label begins."""


class Room(NamedTuple):
    """How many lines each part of a story may take.

    Attributes:
        verdict: The sentence.
        plan: The faults.
        effects: One side's effects.
        tasks: How many tasks are compared one by one.
        facts: What the judge tells.
        covered: What was explored.
        command: A line to be copied, with its token.
        course: What happened; so many lines must be left for it, or the next room is tried.
    """

    verdict: int
    plan: int
    effects: int
    tasks: int
    facts: int
    covered: int
    command: int
    course: int


ROOMS = (
    Room(verdict=4, plan=3, effects=4, tasks=2, facts=6, covered=5, command=8, course=13),
    Room(verdict=3, plan=2, effects=3, tasks=1, facts=4, covered=4, command=8, course=13),
    Room(verdict=2, plan=2, effects=2, tasks=1, facts=2, covered=3, command=8, course=8),
    Room(verdict=2, plan=1, effects=2, tasks=1, facts=1, covered=2, command=3, course=0),
)
"""From what is usual to what is left where much must be told."""


# --- lines


def labelled(label: str, parts: Sequence[str]) -> list[str]:
    """Return lines with a label before the first and as much space before the others.

    A longer label has its text two columns after it.
    """
    lead = pad(f"{BETWEEN}{label}", LEAD - len(BETWEEN)) + BETWEEN
    space = " " * LEAD
    return [f"{space if number else lead}{part}".rstrip() for number, part in enumerate(parts)]


def paragraph(label: str, text: str, paper: Paper, *, most: int) -> list[str]:
    """Return text beside its label on at most so many lines."""
    lead = cell_width(pad(f"{BETWEEN}{label}", LEAD - len(BETWEEN)) + BETWEEN)
    parts = wrapped(paper.clean(text), paper.width - max(lead, LEAD))
    return labelled(label, cut_lines(parts, most, paper.width - max(lead, LEAD)))


def cut_lines(parts: Sequence[str], most: int, width: int) -> list[str]:
    """Return at most so many lines; if some are left out, the last ends in `...`."""
    if len(parts) <= most:
        return list(parts)
    return [*parts[: most - 1], cut(f"{parts[most - 1]} ...", width)]


def flow(units: Sequence[str], width: int, most: int) -> list[str]:
    """Return units side by side on at most so many lines, and how many more there are.

    Args:
        units: What is not broken; what is too wide for a line is cut in its middle.
        width: Of a line.
        most: How many lines.
    """
    lines: list[str] = []
    kept = 0
    while kept < len(units) and len(lines) <= most:
        _put(lines, units[kept], width)
        kept += 1
    while len(lines) > most:
        kept -= 1
        lines = []
        for unit in (*units[:kept], f"[{len(units) - kept:,} more]"):
            _put(lines, unit, width)
    return lines


def _put(lines: list[str], unit: str, width: int) -> None:
    """Put a unit on the last line, or on a new one if it has no room there."""
    short = cut_middle(unit, width)
    if lines and cell_width(lines[-1]) + 1 + cell_width(short) <= width:
        lines[-1] += f" {short}"
    else:
        lines.append(short)


def with_remark(lines: Sequence[str], remark: str, width: int) -> list[str]:
    """Return lines with a remark after the last, on a line of its own if there is no room."""
    *before, last = lines
    if cell_width(last) + len(BETWEEN) + cell_width(remark) <= width:
        return [*before, f"{last}{BETWEEN}{remark}"]
    return [*lines, *wrapped(remark, width)]


def shown_line(line: str) -> str:
    """Return a line of the user's, `FILE:N in FUNCTION: SOURCE`, as stories show it."""
    where, _, rest = line.partition(" in ")
    function, _, source = rest.partition(": ")
    return f"{where}   {source or f'in {function}'}"


# --- faults

_LONG_RUNS = ("progress", "bounded-state")
"""Judges of a run in which each event is cut; its plan is what was cut, and not a choice."""

_VALUED = ("delay", "clock")
"""Kinds of which nothing can be tried without a value."""


def kind_of(fault: Fault) -> str:
    """Return a fault's kind as `kinds=` takes it.

    Example:
        >>> from tasksim._faults.plan import parse
        >>> [kind_of(fault) for fault in parse("crash@event#1+ delay@event#2=90s run[job.2]@event#3")]
        ['crash+', 'delay=90s', 'run']
    """
    suffix = f"{'+' if fault.after else ''}{'..' if fault.onwards else ''}"
    value = fault.render().rpartition("=")[2]
    return f"{fault.kind}={value}" if fault.kind in _VALUED else f"{fault.kind}{suffix}"


def is_of_long_run(finding: Finding) -> bool:
    """Whether the plan of a finding is that of a run in which each event was cut."""
    return finding.judge in _LONG_RUNS


def kinds_of(plan: Plan) -> list[str]:
    """Return the kinds of a plan's faults, each once."""
    return list(dict.fromkeys(kind_of(fault) for fault in plan))
