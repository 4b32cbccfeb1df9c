"""What a failed example tells: the judge's sentence, the plan, the input, and the line that replays it.

It is short, since Hypothesis prints the example beside it. This module promises the same text in any process
that stands in the same folder. It must not know how anything was found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasksim._explore.story_commands import Command, replay_command
from tasksim._explore.story_words import LEAD, flow, labelled, paragraph
from tasksim._faults.token import UNSET
from tasksim._trace.cells import Data, wrapped
from tasksim._trace.layout import Paper
from tasksim._world.strict_json import checked_copy
from tasksim.errors import NotJson

if TYPE_CHECKING:
    from tasksim._explore.findings import Finding, Report
    from tasksim.strategies._fuzz_runs import Walk

__all__ = ["tell"]

_PAPER = Paper(100, unicode=True)
_MOST = 4
"""How many lines a part may have."""


def tell(finding: Finding, report: Report, walk: Walk) -> str:
    """Return the story of a finding.

    Args:
        finding: What was found.
        report: The report that it stands in.
        walk: The example.
    """
    width = _PAPER.width - LEAD
    lines = [*wrapped(_PAPER.clean(f"{finding.judge}: {finding.sentence}"), _PAPER.width), ""]
    faults = [_PAPER.clean(fault.render()) for fault in finding.plan]
    lines += labelled("plan", flow(faults or ["none: the uncut run fails"], width, _MOST))
    if walk.ground.value is not UNSET:
        lines += labelled("input", [_shown(walk.ground.value, width)])
    for label in ("lost", "repeated"):
        effects = [_PAPER.clean(effect) for effect in getattr(finding, label)]
        if effects:
            lines += labelled(label, flow(effects, width, _MOST))
    for label, text in finding.facts:
        lines += paragraph(label, text, _PAPER, most=_MOST)
    for judge in sorted(walk.said.keys() - {finding.judge}):
        lines += paragraph("also", f"{judge}: {walk.said[judge].sentence}", _PAPER, most=2)
    command = _replay(finding, report, walk)
    lines += labelled("replay", command.lines(width))
    return "\n".join(line.rstrip() for line in lines)


def _shown(value: Any, width: int) -> str:
    """Return an input on one line: as JSON where it is."""
    try:
        return _PAPER.fit((Data(checked_copy(value, "input")),), width)
    except NotJson:
        return _PAPER.fit((repr(value),), width)


def _replay(finding: Finding, report: Report, walk: Walk) -> Command:
    """Return what replays it; a scenario that takes an input is given it."""
    subject = walk.fuzzing.subject
    if subject.scenario is None:
        return replay_command(finding, report)
    call = f"replay(lambda sim: {subject.name}(sim, {walk.ground.value!r}), "
    return Command((call,), finding.token, is_python=True, otherwise="")
