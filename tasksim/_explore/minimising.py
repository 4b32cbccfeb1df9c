"""Making a failure smaller: its plan, its input and its budget, each until nothing simpler fails.

This module promises that what comes out fails the same judge, and that every try is bounded by runs. It must
not know how a failure is told.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tasksim._explore.baseline import take_baseline
from tasksim._explore.laboratory import Laboratory
from tasksim._explore.search import Found, Search
from tasksim._explore.smaller import minimise as minimise_value
from tasksim._explore.telling import run_again
from tasksim._faults.plan import Plan
from tasksim._faults.token import UNSET, Settings
from tasksim.errors import TasksimError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasksim._explore.judges.verdicts import Verdict
    from tasksim.typing import JSON

__all__ = ["minimise"]

_MOST_INPUTS = 300
_MOST_PLANS = 2_000
_WHOLE_RUNS = ("progress", "bounded-state")


def minimise(search: Search, judge: str, found: Found, settings: Settings) -> tuple[Search, Settings, Found]:
    """Return the least failure of a judge that can be reached from one, with the search that knows its world.

    Args:
        search: What found it.
        judge: The judge.
        found: The failure.
        settings: The settings of the search's runs.
    """
    others = found.others
    found = _smaller_plan(search, judge, found)
    target = search.lab.target
    if target.is_definition and target.input is not UNSET:
        least = minimise_value(
            target.input, lambda value: _fails_with(search, judge, found, input=value), most=_MOST_INPUTS
        )
        if least != target.input:
            search, found = _moved(search, judge, found, input=least)
    if settings.budget_ms < Settings().budget_ms and _fails_with(search, judge, found, budget="15m"):
        search, found = _moved(search, judge, found, budget="15m")
    return search, search.lab.settings(), found._replace(others=others)


def _verdict(search: Search, judge: str, plan: Plan) -> Verdict | None:
    """Return what a judge says of a plan's run; nothing if a fault of it does not fire."""
    facts, said = run_again(search, judge, plan)
    if judge not in _WHOLE_RUNS and not facts.watcher.all_fired:
        return None
    return said.get(judge)


# --- the plan


def _smaller_plan(search: Search, judge: str, found: Found) -> Found:
    """Leave out faults, and exchange them for simpler ones, as long as the judge goes on failing it."""
    if judge in _WHOLE_RUNS or len(found.plan) <= search.finished:
        return found  # no simpler plan is left to try
    tried = {found.plan}
    while True:
        for plan in _simpler_plans(search, found.plan):
            if plan in tried or len(plan) <= search.finished or len(tried) > _MOST_PLANS:
                continue
            tried.add(plan)
            verdict = _verdict(search, judge, plan)
            if verdict is not None:
                found = Found(plan, verdict, found.others)
                break
        else:
            return found


def _simpler_plans(search: Search, plan: Plan) -> Iterator[Plan]:
    """Iterate over plans that are simpler: with fewer faults, then with a simpler one in the place of one."""
    if len(plan) > 1:
        shorter = [Plan(plan.faults[:at] + plan.faults[at + 1 :]) for at in range(len(plan))]
        yield from sorted(shorter, key=Plan.sort_key)
    for at in range(len(plan)):
        for fault in search.faults_after(plan.faults[:at]):
            simpler = Plan((*plan.faults[:at], fault, *plan.faults[at + 1 :]))
            if simpler.sort_key() < plan.sort_key():
                yield simpler


# --- input and budget


def _elsewhere(search: Search, input: JSON = UNSET, **world: Any) -> Search:
    """Return a search of the same target with another input, or in another world.

    Raises:
        TasksimError: Its uncut run is not what can be compared with.
    """
    lab = search.lab
    target = lab.target if input is UNSET else lab.target.with_input(input)
    options = replace(search.options, world={**search.options.world, **world}, first=(), merge_states=False)
    inner = Laboratory(target, options)  # not entered: the freeze of the outer one holds
    return Search(inner, take_baseline(inner, needs_more=search.needs_more), options)


def _fails_with(search: Search, judge: str, found: Found, **other: Any) -> bool:
    """Tell whether the judge finds something with another input, or in another world."""
    try:
        return _least(_elsewhere(search, **other), judge, found) is not None
    except (TasksimError, AssertionError):
        return False


def _least(search: Search, judge: str, found: Found) -> Found | None:
    """Return a failure of the judge: under the same plan, or under the first of one fault that does."""
    if judge in _WHOLE_RUNS:
        facts, said = run_again(search, judge, found.plan)
        return Found(facts.plan, said[judge], 0) if judge in said else None
    verdict = _verdict(search, judge, found.plan)
    if verdict is not None:
        return Found(found.plan, verdict, 0)
    if len(found.plan) != 1:
        return None
    branch = search.candidates.branch(Plan(), search.baseline.facts.watcher.touches)
    kinds = {fault.kind for fault in found.plan}
    for plan, candidate in search.candidates.singles(branch):
        if candidate.fault.kind in kinds:
            verdict = _verdict(search, judge, plan)
            if verdict is not None:
                return Found(plan, verdict, 0)
    return None


def _moved(search: Search, judge: str, found: Found, **other: Any) -> tuple[Search, Found]:
    """Return the search with another input or world, all plans of one fault run, and its least failure."""
    moved = _elsewhere(search, **other)
    moved.options = replace(moved.options, max_faults=1, max_ms=None)
    moved.explore()
    least = moved.found.get(judge) or _least(moved, judge, found)
    if least is None:
        return search, found
    return moved, _smaller_plan(moved, judge, least)
