"""The course of a cut run: what happened around the cut, in so many lines.

This module promises no more lines than it is given, and that what it leaves out it names. It must not know
what makes a step matter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tasksim._explore.story_iterations import FAR, Iteration, Step, iterations_of
from tasksim._explore.story_words import BETWEEN
from tasksim._trace.cells import cell_width, counted, cut, cut_middle, pad
from tasksim._trace.rows import HEAD
from tasksim._world.durations import render_clock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tasksim._explore.findings import Finding
    from tasksim._trace.layout import Paper

__all__ = ["course"]

_INDENT = "     "
_SOURCE_INDENT = "         "
_ARROW = "<- "
_GAP = "..."
_MOST_CANDIDATES = 200
_LEAST_VALUE = 16
"""The names of steps leave so much to their values, if these need it."""


class _Item(NamedTuple):
    """A step with its place.

    Attributes:
        iteration: In which iteration it stands.
        place: The how-manieth it is there; 0 for what opens the iteration.
        step: The step.
    """

    iteration: int
    place: int
    step: Step


class _Gap(NamedTuple):
    """What is left out.

    Attributes:
        steps: How many steps of an iteration of which others are told.
        iterations: The numbers of the iterations of which nothing is told.
    """

    steps: int = 0
    iterations: range = range(0)


def course(finding: Finding, paper: Paper, most: int) -> list[str]:
    """Return what happened around the cut, on at most so many lines."""
    iterations = iterations_of(finding)
    told = _told(iterations, most)
    return list(_lines(told, iterations, paper))


# --- choosing


def _told(iterations: Sequence[Iteration], most: int) -> list[_Item | _Gap]:
    """Return the steps that matter most, in order, and what is left out between them."""
    items = [
        _Item(number, place, step)
        for number, each in enumerate(iterations)
        for place, step in enumerate((each.head, *each.steps))
        if step is not None
    ]
    candidates = [at for at, item in enumerate(items) if item.step.weight < FAR]
    # Of what weighs the same, the outermost come first.
    candidates.sort(key=lambda at: (items[at].step.weight, min(at, len(items) - at), at))
    heads = {item.iteration: at for at, item in enumerate(items) if item.place == 0}
    chosen: set[int] = set()
    told: list[_Item | _Gap] = []
    for at in candidates[:_MOST_CANDIDATES]:
        trial = chosen | {at, heads.get(items[at].iteration, at)}
        arranged = _arranged([items[each] for each in sorted(trial)], iterations)
        if _height(arranged) <= most:
            chosen, told = trial, arranged
    return told


def _height(told: Sequence[_Item | _Gap]) -> int:
    """Return how many lines this takes."""
    return sum(1 + (isinstance(each, _Item) and bool(each.step.source)) for each in told)


def _arranged(chosen: Sequence[_Item], iterations: Sequence[Iteration]) -> list[_Item | _Gap]:
    """Return what is told, with what is left out between: a single step is told instead of that."""
    told: list[_Item | _Gap] = []
    ends = [*chosen[1:], _Item(len(iterations), 0, chosen[0].step)]
    first = chosen[0].iteration
    if first > 1:
        told.append(_Gap(iterations=range(1, first)))
    for item, later in zip(chosen, ends, strict=True):
        told.append(item)
        steps = iterations[item.iteration].steps
        is_same = later.iteration == item.iteration
        missing = (later.place if is_same else len(steps) + 1) - item.place - 1
        if item.iteration == 0 and not is_same:
            missing = 0
        if missing == 1:
            told.append(_Item(item.iteration, item.place + 1, steps[item.place]))
        elif missing:
            told.append(_Gap(missing))
        if later.iteration > item.iteration + 1:
            told.append(_Gap(iterations=range(item.iteration + 1, later.iteration)))
    return told


# --- laying out


def _lines(told: Sequence[_Item | _Gap], iterations: Sequence[Iteration], paper: Paper) -> Iterator[str]:
    """Iterate over the lines of what is told."""
    columns = _Columns(told, iterations, paper)
    for each in told:
        if isinstance(each, _Gap):
            text = f"{_INDENT}{_GAP} {each.steps} more" if each.steps else _left_out(each, iterations)
            yield cut(text, paper.width)
            continue
        yield columns.line(each, iterations[each.iteration])
        if each.step.source:
            source = paper.clean(each.step.source)
            yield cut(_SOURCE_INDENT + source, paper.width)


def _left_out(gap: _Gap, iterations: Sequence[Iteration]) -> str:
    """Return the line that stands for iterations of which nothing is told."""
    hidden = [iterations[number] for number in gap.iterations]
    how = _how([step for each in hidden for step in (each.head, *each.steps) if step is not None])
    names = [each.head.row.name.split() for each in hidden if each.head is not None]
    tasks = len({each.task for each in iterations if each.head is not None})
    if tasks > 1:
        what = counted(len(hidden), "more iteration")
    elif any(name[0] != "iteration" for name in names):
        what = counted(len(hidden), "event")
    elif len(names) == 1:
        what = f"iteration {names[0][1]}"
    else:
        what = f"iterations {names[0][1]} to {names[-1][1]}"
    return f"{BETWEEN}{what}   {how}"


def _how(steps: Sequence[Step]) -> str:
    """Return how iterations went that consist of these steps."""
    if any(step.row.mark is not None for step in steps):
        return "cut as well"
    return "not shown" if any(step.is_odd for step in steps) else "as usual"


class _Columns:
    """How wide the columns are, for all lines of a course."""

    def __init__(self, told: Sequence[_Item | _Gap], iterations: Sequence[Iteration], paper: Paper) -> None:
        """Measure what is told."""
        self.paper = paper
        items = [each for each in told if isinstance(each, _Item)]
        tasks = {each.task for each in iterations if each.head is not None}
        opening = [item for item in items if item.place == 0]
        names = [iterations[item.iteration].task for item in opening] if len(tasks) > 1 else []
        self.task = min(max(map(cell_width, names), default=0), paper.width // 4)
        self.head = max((cell_width(item.step.row.name) for item in opening), default=0)
        inside = [item.step for item in items if item.step.row.gutter != HEAD]
        self.note = max((len(self._note(step)) for step in inside), default=0)
        room = paper.width - len(_INDENT) - len(BETWEEN)
        least = [self._width(step, _LEAST_VALUE) + len(self._note(step)) for step in inside]
        widest = max((cell_width(paper.clean(step.row.name)) for step in inside), default=0)
        self.name = min(widest, room - max(least, default=0))
        self.rest = room - self.name
        values = [self._width(step, self.rest - self.note) for step in inside if step.note]
        self.value = max(values, default=0)

    def _width(self, step: Step, most: int) -> int:
        """Return how wide the value of a step is, if it is made to fit."""
        return cell_width(self.paper.fit(step.row.pieces, most))

    def _note(self, step: Step) -> str:
        """Return what stands beside a step, with the space before it."""
        return f"   {_ARROW}{self.paper.clean(step.note)}" if step.note else ""

    def line(self, item: _Item, iteration: Iteration) -> str:
        """Return the line of a step."""
        step, paper = item.step, self.paper
        name, note = paper.clean(step.row.name), self._note(step)
        if item.place == 0:
            task = pad(cut_middle(iteration.task, self.task), self.task) + BETWEEN if self.task else ""
            lead = f"{BETWEEN}{task}{pad(name, self.head)}   {render_clock(step.row.at_ms)}   "
        elif step.row.gutter == HEAD:
            lead = f"{BETWEEN}{name}{BETWEEN}"
        elif note:
            value = pad(paper.fit(step.row.pieces, self.rest - self.note), self.value)
            return f"{_INDENT}{pad(cut_middle(name, self.name), self.name)}{BETWEEN}{value}{note}"
        else:
            # Where the column leaves no room for all of the value, the name is no wider than it must be.
            has_room = self._width(step, paper.width) <= self.rest
            short = cut_middle(name, self.name)
            lead = f"{_INDENT}{pad(short, self.name) if has_room else short}{BETWEEN}"
        value = paper.fit(step.row.pieces, max(paper.width - cell_width(lead) - len(note), 0))
        return cut(f"{lead}{value}{note}".rstrip(), paper.width)
