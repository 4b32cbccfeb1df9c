"""The story of a check: what broke, under which least plan, what happened, and the lines that show it again.

This module promises lines that are no wider than asked for, fewer than forty where there are a hundred
columns, and the same text in any process that stands in the same folder. It must not know how anything was
found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasksim._engine.failures import message_of
from tasksim._engine.frames import is_the_users, traceback_lines
from tasksim._explore.story_commands import keep_command, replay_command
from tasksim._explore.story_course import course
from tasksim._explore.story_coverage import covered
from tasksim._explore.story_table import table
from tasksim._explore.story_words import (
    LEAD,
    ROOMS,
    Room,
    cut_lines,
    flow,
    is_of_long_run,
    labelled,
    paragraph,
    shown_line,
    with_remark,
)
from tasksim._faults.plan import render
from tasksim._faults.token import UNSET, Settings
from tasksim._model.events import SimulationStarted, TaskTriggered
from tasksim._trace.cells import Data, cell_width, cut, wrapped
from tasksim._trace.describe import time_span
from tasksim._trace.layout import Paper
from tasksim._trace.timeline import LEAST_WIDTH
from tasksim._world.durations import render_instant
from tasksim.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasksim._explore.findings import Finding, Report
    from tasksim._explore.story_commands import Command
    from tasksim._faults.plan import Plan

__all__ = ["render_finding", "render_report"]

_WIDE = 100
_MOST_LINES = 39
_MOST_PASSED = 6
_MOST_COURSE = 16
_MOST_NOTES = 3
_MOST_OTHERS = 5
_ALL = 1_000
_BELOW = " " * 4
_NOUNS = {
    "runtime.": "question",
    "effect.": "effect",
    "event": "event",
    "response.": "answer",
    "task.update": "write",
    "log.": "write",
    "write": "write",
}
"""What one touch is called, by what is touched."""


def render_report(report: Report, *, width: int = 100, unicode: bool = True) -> str:
    """Return a report as text: the story of the least finding, a line for each other; or what was covered.

    Args:
        report: The report.
        width: No line is wider; at least 60.
        unicode: Show text of the user's as it is; else all is ASCII.

    Raises:
        UsageError: A width that cannot be used.
    """
    paper = _paper(width, unicode=unicode)
    if not report.findings:
        return _text(_passed(report, paper))
    least, *others = report.findings
    more = [_in_a_line(finding, paper) for finding in others]
    if len(more) > _MOST_OTHERS:
        more[_MOST_OTHERS - 1 :] = [f"also {len(more) - _MOST_OTHERS + 1} more in report.findings"]
    if more:
        more.append(cut(f"see another whole with --without {least.judge}, or in report.findings", width))
    after = [*more, *_notes(report, paper, _MOST_NOTES)]
    lines = _story(least, report, paper, _most(width) - len(after) - bool(after))
    return _text([*lines, *([""] if after else []), *after])


def render_finding(finding: Finding, report: Report, *, width: int, unicode: bool = True) -> str:
    """Return the story of one finding; arguments and errors as those of `render_report`."""
    paper = _paper(width, unicode=unicode)
    return _text(_story(finding, report, paper, _most(width)))


def _paper(width: int, *, unicode: bool) -> Paper:
    """Return what is written on."""
    if type(width) is not int or width < LEAST_WIDTH:
        raise UsageError(f"width is {width!r}.", way_out=f"Pass a whole number from {LEAST_WIDTH} on.")
    return Paper(width, unicode)


def _most(width: int) -> int:
    """Return how many lines a story may have: more where they are narrow."""
    return _MOST_LINES + max(_WIDE - width, 0) // 2


def _text(lines: Sequence[str]) -> str:
    """Return lines as text."""
    return "".join(f"{line.rstrip()}\n" for line in lines)


# --- one finding


def _story(
    finding: Finding, report: Report, paper: Paper, most: int, rooms: Sequence[Room] = ROOMS
) -> list[str]:
    """Return the story of a finding on at most so many lines: in the first room that leaves enough for it."""
    room, *smaller = rooms
    before, after = _before(finding, paper, room), _after(finding, report, paper, room)
    left = most - len(before) - len(after)
    if left < room.course and smaller:
        return _story(finding, report, paper, most, smaller)
    return [*before, *course(finding, paper, min(left, _MOST_COURSE)), *after]


def _before(finding: Finding, paper: Paper, room: Room) -> list[str]:
    """Return what comes before the course: verdict, plan, world, input."""
    verdict = f"{finding.judge}: {finding.sentence}"
    lines = cut_lines(wrapped(paper.clean(verdict), paper.width), room.verdict, paper.width)
    lines += ["", *_plan(finding, paper, room), *_world(finding, paper), *_input(finding, paper), ""]
    return lines


def _after(finding: Finding, report: Report, paper: Paper, room: Room) -> list[str]:
    """Return what comes after the course."""
    width = paper.width - LEAD
    lines = [*_ended_by(finding, paper), "", *table(finding, paper, room), ""]
    facts = [line for label, text in finding.facts for line in paragraph(label, text, paper, most=room.facts)]
    lines += cut_lines(facts, room.facts, paper.width)
    lines += _passes(finding, paper, room)
    lines += labelled("covered", cut_lines(_covered(finding, report, paper, width), room.covered, width))
    most = room.command + max(_WIDE - paper.width, 0) // 5
    lines += _command("replay", replay_command(finding, report), paper, most)
    keep = keep_command(finding, report)
    return lines if keep is None else lines + _command("keep", keep, paper, most)


def _covered(finding: Finding, report: Report, paper: Paper, width: int) -> list[str]:
    """Return what was explored, and whether the finding was made again, on lines."""
    again = "found again on re-run" if finding.found_again else "NOT found again on re-run"
    *words, last = covered(report.coverage)
    return _flowing([*words, f"{last};", *again.split(" ")], paper, width)


def _flowing(words: Sequence[str], paper: Paper, width: int) -> list[str]:
    """Return words that belong together on as many lines as it takes."""
    return flow([paper.clean(word) for word in words], width, _ALL)


def _command(label: str, command: Command, paper: Paper, most: int) -> list[str]:
    """Return a line to be copied beside its label, or below it where that takes fewer lines."""
    beside = command.lines(paper.width - LEAD)
    below = [_BELOW + line for line in command.lines(paper.width - len(_BELOW), indent="")]
    fitting = [
        lines
        for lines in (labelled(label, beside), [*labelled(label, [""]), *below])
        if len(lines) <= most and max(map(cell_width, lines)) <= paper.width
    ]
    return min(fitting, key=len, default=paragraph(label, command.otherwise, paper, most=2))


def _plan(finding: Finding, paper: Paper, room: Room) -> list[str]:
    """Return the faults, and that they are the least."""
    width = paper.width - LEAD
    faults = _faults(finding.plan, paper)
    which = f"least of {finding.others + 1:,}" if finding.others else "least"
    if not faults:
        remark = "(no fault is needed)"
    elif len(faults) == 1:
        remark = f"({which}: without it, all is well)"
    elif is_of_long_run(finding):
        remark = f"({which}: each event is cut after its first unit of work)"
    else:
        remark = f"({which}: with any of them left out, all is well)"
    lines = flow(faults or ["none"], width, room.plan)
    return labelled("plan", with_remark(lines, remark, width))


def _faults(plan: Plan, paper: Paper) -> list[str]:
    """Return the faults of a plan, each as text."""
    return [paper.clean(fault.render()) for fault in plan]


def _world(finding: Finding, paper: Paper) -> list[str]:
    """Return in which world it happened: what always counts, and what is not as usual."""
    start = finding.cut.sim.trace[0]
    assert isinstance(start, SimulationStarted)  # noqa: S101 - it is always the first
    text = f"profile {start.profile}, on_crash {start.on_crash}, seed {start.seed}"
    text += f", budget {time_span(start.budget_ms)}"
    if finding.settings.close_limit_ms is not None:
        text += f", close limit {time_span(start.close_limit_ms)}"
    if start.tick_ms:
        text += f", tick {time_span(start.tick_ms)}"
    if start.start_ms != Settings().start_ms:
        text += f", start {render_instant(start.start_ms).replace('.000Z', 'Z')}"
    return paragraph("world", text, paper, most=3)


def _input(finding: Finding, paper: Paper) -> list[str]:
    """Return the input of the task that it is about, or of the first that was triggered."""
    roots = [
        event for event in finding.cut.sim.trace if isinstance(event, TaskTriggered) and not event.parent
    ]
    given: Any = finding.settings.input
    name = ""
    if given is UNSET:
        if not roots:
            return []
        root = next((event for event in roots if event.task == finding.task), roots[0])
        given = root.input
        name = f"{root.label or root.definition} " if len(roots) > 1 else ""
    return labelled("input", [paper.fit((name, Data(given)), paper.width - LEAD)])


def _ended_by(finding: Finding, paper: Paper) -> list[str]:
    """Return what ended the simulation, and the user's line."""
    error = finding.cut.error
    if error is None:
        return []
    sentence = message_of(error).split("\n", 1)[0]
    lines = paragraph("ended by", f"{type(error).__name__}: {sentence}", paper, most=2)
    traceback = error.__traceback__
    while traceback is not None and is_the_users(traceback.tb_frame):  # who lets the simulation run
        traceback = traceback.tb_next
    for line in traceback_lines(traceback)[-1:]:
        lines += labelled("", [cut(paper.clean(shown_line(line)), paper.width - LEAD)])
    return lines


def _passes(finding: Finding, paper: Paper, room: Room) -> list[str]:
    """Return the nearest plan under which all is well."""
    passing = finding.passing
    # A run in which each event is cut may fail where a plain run under the same plan passes.
    if passing is None or passing == finding.plan:
        return []
    lines = flow(_faults(passing, paper) or ["no fault"], paper.width - LEAD, room.plan)
    remark = f"(nearest{_how_near(finding.plan, passing)})"
    return labelled("passes", with_remark(lines, remark, paper.width - LEAD))


def _how_near(plan: Plan, passing: Plan) -> str:
    """Return in what a plan and the nearest that passes differ, if that is a word or two."""
    gone = [fault for fault in plan if fault not in passing.faults]
    new = [fault for fault in passing if fault not in plan.faults]
    if len(gone) != 1 or len(new) != 1:
        return ""
    (one,), (other,) = gone, new
    if one.at == other.at:
        return ": at the same place"
    by = other.at.n - one.at.n
    if one.at._replace(n=other.at.n) != other.at or other.kind != one.kind:
        return ""
    noun = next((noun for what, noun in _NOUNS.items() if one.at.what.startswith(what)), "touch")
    number = "one" if abs(by) == 1 else f"{abs(by):,}"
    return f": {number} {noun if abs(by) == 1 else noun + 's'} {'later' if by > 0 else 'earlier'}"


# --- the others, and reports without any


def _in_a_line(finding: Finding, paper: Paper) -> str:
    """Return another finding: its judge, plan and sentence."""
    plan = render(finding.plan) or "no fault"
    return cut(paper.clean(f"also {finding.judge}: {plan}: {finding.sentence}"), paper.width)


def _passed(report: Report, paper: Paper) -> list[str]:
    """Return what was covered where nothing was found, on a few lines."""
    most = _MOST_PASSED + max(_WIDE - paper.width, 0) // 8
    words = [f"{report.target.name!r}", *_verdict(report), *covered(report.coverage)]
    words[-1] += "."
    lines = _flowing(words, paper, paper.width)
    lines = cut_lines(lines, most - min(len(report.notes), 2), paper.width)
    notes = [line for note in report.notes for line in wrapped(paper.clean(f"note: {note}"), paper.width)]
    left = most - len(lines)
    return [*lines, *(notes if len(notes) <= left else _notes(report, paper, left))]


def _verdict(report: Report) -> list[str]:
    """Return the words that say how it ended where no judge found anything."""
    if report.passed:
        return ["passes."]
    if report.coverage.singles_left:
        return ["was", "not", "checked", "to", "the", "end;", "what", "was", "run", "passes."]
    return ["reaches", "too", "little:", "a", "goal", "was", "never", "reached."]


def _notes(report: Report, paper: Paper, most: int) -> list[str]:
    """Return the notes, a line each; instead of those that have no room, how many there are."""
    notes = [cut(paper.clean(f"note: {note}"), paper.width) for note in report.notes]
    if len(notes) > most:
        notes[most - 1 :] = [f"note: {len(notes) - most + 1} more in report.notes"]
    return notes
