"""The iterations of a cut run as a story tells them: what happened in each, and how much it matters.

The rows are those of the timeline, without what goes without saying. This module promises that whatever has
to do with the finding weighs most: where a fault struck, what was done again, how it ended. It must not know
how much room there is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tasksim._engine.frames import traceback_lines
from tasksim._explore.story_notes import notable
from tasksim._explore.story_words import kind_of, shown_line
from tasksim._model.events import (
    CheckpointReached,
    EventStarted,
    FaultFired,
    TaskTriggered,
    checkpoint_name,
)
from tasksim._trace.cells import Aside, Data
from tasksim._trace.folding import folded
from tasksim._trace.rows import OUTCOME, STORED_BY
from tasksim._trace.telling import tell
from tasksim._world.strict_json import canonical_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasksim._explore.findings import Finding
    from tasksim._model.events import TraceEvent
    from tasksim._simulator.strictness.lines import Lines
    from tasksim._trace.rows import Row

__all__ = ["FAR", "Iteration", "Step", "iterations_of", "task_names"]

FAR = 9
"""What weighs so much is not told, unless it is the one thing that would be left out."""

_CUT, _NOTABLE, _END, _NEAR, _LATER = 0, 1, 2, 3, 4
_BEFORE, _AFTER = 2, 4
_FAILURES = ("failed", "fault")
_WEIGHTS = {"failed": _END, "fault": _END, "aborted": _LATER, "act": _LATER}
"""What steps of a style weigh by themselves."""
_SAID = {"done, machine Done", "continue", "error, machine Error", "aborted, machine Aborted"}
"""Ends that an answer of the run has told already."""
_KILLS = ("killed by crash", "killed by timeout")


class Step(NamedTuple):
    """One thing that happened.

    Attributes:
        row: What is told of it.
        weight: How little it matters, from 0.
        note: What stands beside it after an arrow.
        source: The user's line, which stands below it.
    """

    row: Row
    weight: float = FAR
    note: str = ""
    source: str = ""

    @property
    def is_odd(self) -> bool:
        """Whether it is not what a run does when all is well."""
        return bool(self.note) or self.row.style in _FAILURES


class Iteration(NamedTuple):
    """One handled event, or what came before all of them.

    Attributes:
        task: The task's name, as plans and judges write it.
        head: The row that opens it; None before the first.
        steps: What happened, in order.
    """

    task: str
    head: Step | None
    steps: list[Step]


def task_names(events: Sequence[TraceEvent]) -> dict[str, str]:
    """Return the name of each task by its id, as plans and judges write it."""
    triggered = [event for event in events if isinstance(event, TaskTriggered)]
    return {event.task: event.label or event.definition for event in triggered}


def iterations_of(finding: Finding) -> list[Iteration]:
    """Return the iterations of the run that fails; the first is what came before all of them."""
    events = list(finding.cut.sim.trace)
    names = task_names(events)
    notes = notable(finding, events)
    kinds = {fault.render(): kind_of(fault) for fault in finding.plan}
    if len(kinds) == 1:
        kinds = dict.fromkeys(kinds, "the cut")
    groups = _grouped(tell(events, has_column=len(names) > 1, full=False))
    starts = [at for at, event in enumerate(events) if isinstance(event, EventStarted)]
    spans = zip([0, *starts], [*starts, len(events)], strict=True)
    iterations = []
    inputs: dict[str, Any] = {}
    for group, span in zip(groups, spans, strict=True):
        steps = _steps(group, notes, kinds)
        steps = _with_source(steps, finding.cut.lines, events[slice(*span)], span[0])
        steps = _with_raised(steps, finding)
        if group and group[0].opens:
            task = group[0].task
            head, inputs[task] = _changed_first(steps[0], inputs.get(task))
            iterations.append(Iteration(names.get(task, task), head, steps[1:]))
        else:
            iterations.append(Iteration("", None, steps))
    return _weighed(iterations, names.get(finding.task, ""))


def _changed_first(head: Step, before: Any) -> tuple[Step, Any]:
    """Return what opens an iteration, and its input; of a long one what changed since then comes first."""
    for place, piece in enumerate(head.row.pieces):
        if isinstance(piece, Data) and isinstance(piece.value, dict):
            input = piece.value
            if not isinstance(before, dict) or len(canonical_json(input)) <= _SHORT:
                return head, input
            changed = {
                key: value for key, value in input.items() if key not in before or before[key] != value
            }
            pieces = list(head.row.pieces)
            pieces[place] = Data({**changed, **input})
            return head._replace(row=head.row._replace(pieces=tuple(pieces))), input
    return head, before


# --- rows


def _grouped(rows: Sequence[Row]) -> list[list[Row]]:
    """Return the rows of each iteration; the first are those before all of them."""
    groups: list[list[Row]] = [[]]
    for row in rows:
        if row.opens:
            groups.append([])
        groups[-1].append(row)
    return groups


def _steps(rows: Sequence[Row], notes: dict[tuple[str, str], str], kinds: dict[str, str]) -> list[Step]:
    """Return the rows of an iteration as steps, without what goes without saying."""
    answers = any(row.name.startswith("response.") or row.name.endswith(" raised") for row in rows)
    kept: list[Row] = []
    for row in rows:
        pieces = tuple(
            piece for piece in row.pieces if not (isinstance(piece, Aside) and piece.short == STORED_BY)
        )
        shown = row._replace(pieces=pieces)
        if (row.task, row.name) in notes:
            shown = shown._replace(like=None)
        if row.mark is None and _goes_without_saying(row, answers=answers):
            continue
        if kept and kept[-1].mark is not None and kept[-1].name == row.name and not kept[-1].pieces:
            shown = shown._replace(mark=kept.pop().mark)  # what is killed after it took effect
        kept.append(shown)
    steps = []
    for row in folded(kept):
        note = notes.get((row.task, row.name), "")
        weight = _NOTABLE if note else _WEIGHTS.get(row.style, FAR)
        if row.mark is not None:
            note, weight = kinds.get(row.mark.full, row.mark.full), _CUT
        steps.append(Step(_with_what_it_did(row), weight, note))
    return steps


_SHORT = 40
"""So many characters of an input have room on every line."""

_DID = {
    "redeliver@": ("delivered again", " delivered again"),
    "lost_ack@": ("took effect, then raised", ", then raised"),
}
"""What a fault did that its row does not tell, where that is empty and where it is not."""


def _with_what_it_did(row: Row) -> Row:
    """Return a row, with what the fault did that struck there."""
    struck = "" if row.mark is None else row.mark.full
    said = next((said for fault, said in _DID.items() if struck.startswith(fault)), None)
    return row if said is None else row._replace(pieces=(*row.pieces, said[bool(row.pieces)]))


def _goes_without_saying(row: Row, *, answers: bool) -> bool:
    """Whether a row tells what the engine always does, or what another row has told."""
    if row.like is not None and row.like[0] in ("write", "new"):
        return True
    if row.style == "note" or row.name in _KILLS:
        return True
    is_told = answers and not any(isinstance(piece, Data) for piece in row.pieces)
    return row.gutter == OUTCOME and row.name in _SAID and is_told


def _with_source(
    steps: list[Step], lines: Lines | None, events: Sequence[TraceEvent], start: int
) -> list[Step]:
    """Return the steps of an iteration, below one of them the user's line that matters there, if one does.

    Where time seems to run out that is the answer that the run gave, else the touch that the fault struck.

    Args:
        steps: What is told of the iteration.
        lines: The user's lines, by the number of an event in the trace.
        events: What happened in the iteration.
        start: The number of the first of these.
    """
    struck = [(at, event) for at, event in enumerate(events) if isinstance(event, FaultFired)]
    if lines is None or not struck:
        return steps
    at, fault = struck[0]
    place = next((place for place, step in enumerate(steps) if step.row.mark is not None), None)
    if fault.fault.startswith("close_to_timeout@"):
        names = {step.row.name: place for place, step in enumerate(steps)}
        for later, event in enumerate(events):
            if later > at and event.task == fault.task and _answer_name(event) in names:
                at, place = later, names[_answer_name(event)]
    line = lines.of(start + at)
    # What the engine does by itself was led to by whoever lets the simulation run, as the event's start was.
    if place is None or line is None or line == lines.of(start):
        return steps
    steps[place] = steps[place]._replace(source=shown_line(line))
    return steps


def _with_raised(steps: list[Step], finding: Finding) -> list[Step]:
    """Return the steps of an iteration, the user's line below what failed the task: where it was raised."""
    for place, step in enumerate(steps):
        ends = step.row.name == "run raised" and any(end.status == "failed" for end in finding.cut.ends)
        error = finding.cut.sim.execution(step.row.task).exception if ends else None
        lines = traceback_lines(error.__traceback__) if error is not None else []
        if lines and not step.source:
            steps[place] = step._replace(source=shown_line(lines[-1]))
    return steps


def _answer_name(event: TraceEvent) -> str:
    """Return the name of an answer of a run in its own iteration; nothing for any other event."""
    if isinstance(event, CheckpointReached) and event.what.startswith("response."):
        return checkpoint_name("", event.what, None, event.n)
    return ""


# --- what matters


def _weighed(iterations: list[Iteration], about: str) -> list[Iteration]:
    """Return the iterations with what their ends, and the nearness of a fault, make of their weights.

    Where there are many cuts, those in the middle weigh less than the first and the last two.

    Args:
        iterations: With the weights that their steps have by themselves.
        about: The task that the finding is about, or nothing.
    """
    cuts = [at for at, each in enumerate(iterations) if any(step.weight == _CUT for step in _all_of(each))]
    told = {*cuts[:1], *cuts[-2:]}
    lasts = [at for at, each in enumerate(iterations) if each.task == about]
    ends = {*told, *lasts[-1:], len(iterations) - 1}
    distances = _distances(iterations, told)
    weighed, count = [], 0
    for at, iteration in enumerate(iterations):
        steps = []
        for step in _all_of(iteration):
            weight = _LATER if step.weight == _CUT and at not in told else step.weight
            if step is not iteration.head:
                weight = min(weight, _NEAR + distances.get(count, FAR) + 0.5 * (step.row.style == "quiet"))
            steps.append(step._replace(weight=weight))
            count += 1
        head = None
        if iteration.head is not None:
            head = steps.pop(0)
            if at - 1 in told:
                head = head._replace(weight=min(head.weight, _NEAR))
        if steps and at in ends:
            steps[-1] = steps[-1]._replace(weight=min(steps[-1].weight, _END))
        weighed.append(Iteration(iteration.task, head, steps))
    return weighed


def _distances(iterations: list[Iteration], told: set[int]) -> dict[int, int]:
    """Return how far steps are from a cut or what is noted: those before it in its iteration, and after it.

    Steps are numbered through all iterations.
    """
    flat = [(at, step) for at, iteration in enumerate(iterations) for step in _all_of(iteration)]
    distances: dict[int, int] = {}
    for place, (at, step) in enumerate(flat):
        if step.weight == _NOTABLE or (step.weight == _CUT and at in told):
            for other in range(max(place - _BEFORE, 0), min(place + _AFTER + 1, len(flat))):
                if other > place or flat[other][0] == at:
                    distances[other] = min(distances.get(other, FAR), abs(other - place))
    return distances


def _all_of(iteration: Iteration) -> list[Step]:
    """Return the steps of an iteration, the one that opens it too."""
    return iteration.steps if iteration.head is None else [iteration.head, *iteration.steps]
