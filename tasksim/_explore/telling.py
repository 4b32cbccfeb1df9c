"""From what a search found to findings: each run again, uncut and cut, with all that a story needs.

This module promises that a finding is told only if it is found again; if not, the first difference is. It
must not know how a story looks.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tasksim._explore.baseline import nondeterministic
from tasksim._explore.facts import slot_text
from tasksim._explore.findings import End, Finding, Report, Side
from tasksim._explore.judges import Case, verdicts, verdicts_of_long_run
from tasksim._explore.kinds import is_default
from tasksim._explore.options import said_of_judging
from tasksim._explore.progress import judge_progress
from tasksim._explore.search import run_progress
from tasksim._explore.watching import Watcher
from tasksim._faults.plan import Plan, render
from tasksim.errors import NondeterministicScenario

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasksim._explore.facts import Facts
    from tasksim._explore.judges.verdicts import Verdict
    from tasksim._explore.search import Found, Search
    from tasksim._faults.grammar import Fault
    from tasksim._faults.token import Settings

__all__ = ["finding", "report_of", "run_again", "side"]

_OF_PROGRESS_RUN = ("progress", "bounded-state")
_MOST_NEAR = 20


def side(facts: Facts) -> Side:
    """Return a run as a story shows it."""
    ends = tuple(
        End(task.name, task.status, task.machine, task.events, task.output) for task in facts.tasks.values()
    )
    effects = tuple(slot_text(done.slot) for done in facts.done)
    lines = facts.sim._lines  # noqa: SLF001 - of one package
    return Side(facts.sim, ends, effects, facts.state, lines, facts.error)


def run_again(search: Search, judge: str, plan: Plan) -> tuple[Facts, dict[str, Verdict]]:
    """Run a plan again, keeping the user's lines; return it with what each judge says."""
    lab, baseline, options = search.lab, search.baseline, search.options
    if judge in _OF_PROGRESS_RUN and len(plan):
        facts = run_progress(lab, baseline, options, keeps_lines=True)
        case = Case(facts, baseline, options)
        found = dict(verdicts_of_long_run(case))
        verdict = judge_progress(case)
        return facts, found if verdict is None else {**found, "progress": verdict}
    facts = lab.run(Watcher(plan, most_events=baseline.most_events), keeps_lines=True)
    case = Case(facts, baseline, options)
    return facts, {**dict(verdicts(case)), **({} if len(plan) else dict(verdicts_of_long_run(case)))}


def report_of(
    search: Search, settings: Settings, findings: Iterable[Finding], notes: Iterable[str]
) -> Report:
    """Return the report of a search, which says what it was asked for.

    Args:
        search: What was made, and how.
        settings: The settings of its runs.
        findings: What is told.
        notes: What whoever reads should know; each is told once.
    """
    options = search.options
    return Report(
        target=search.lab.target,
        settings=settings,
        findings=tuple(findings),
        coverage=search.coverage,
        notes=tuple(dict.fromkeys(notes)),
        max_faults=options.max_faults,
        kinds=() if is_default(options.kinds) else tuple(kind.text for kind in options.kinds),
        judging=said_of_judging(options),
    )


def finding(search: Search, judge: str, found: Found, settings: Settings) -> Finding:
    """Return what a judge found, run again.

    Raises:
        NondeterministicScenario: It is not found again.
    """
    facts, said = run_again(search, judge, found.plan)
    again, _ = run_again(search, judge, found.plan)
    different = nondeterministic(search.lab, facts, again)
    if different is not None:
        raise different
    verdict = said.get(judge)
    if verdict != found.verdict:
        raise NondeterministicScenario(
            f"{judge} found something under {render(found.plan)!r}, and not when that was run again.",
            facts=(
                f"first:  {found.verdict.sentence}",
                f"second: {'all is well' if verdict is None else verdict.sentence}",
            ),
            way_out="Something is kept from run to run: look for module globals, class attributes, mutable "
            "defaults, and fakes that are made outside of the scenario.",
        )
    uncut = search.lab.run(Watcher(Plan()), keeps_lines=True)
    return Finding(
        judge=judge,
        sentence=verdict.sentence,
        plan=found.plan,
        settings=replace(settings),
        cut=side(facts),
        uncut=side(uncut),
        facts=verdict.facts,
        task=verdict.task,
        lost=verdict.lost,
        repeated=verdict.repeated,
        passing=nearest_passing(search, found.plan),
        others=found.others,
    )


def nearest_passing(search: Search, plan: Plan) -> Plan | None:
    """Return the plan most like a failing one under which all is well: one that differs in its last fault.

    The nearest is the next checkpoint of that name; then the one before; then the same kind elsewhere. A few
    are run; if all of them fail, none is near.
    """
    if not len(plan):
        return None
    *head, last = plan.faults

    def distance(fault: Fault) -> tuple[object, ...]:
        at = fault.at
        same = (at.task, at.what, at.key) == (last.at.task, last.at.what, last.at.key)
        away = at.n - last.at.n
        return (not same, at.what != last.at.what, abs(away), away < 0, fault.render())

    alike = [
        fault
        for fault in search.faults_after(tuple(head))
        if fault != last and (fault.kind, fault.after) == (last.kind, last.after)
    ]
    for fault in sorted(alike, key=distance)[:_MOST_NEAR]:
        near = Plan((*head, fault))
        facts = search.lab.run(Watcher(near, most_events=search.baseline.most_events))
        said = verdicts(Case(facts, search.baseline, search.options))
        if facts.watcher.all_fired and facts.error is None and next(said, None) is None:
            return near
    return None
