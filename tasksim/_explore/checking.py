"""The calls: `check`, `explore` and `replay`.

This module promises that a check never passes without having run anything, and that what it raises is the
least failure. It must not know how plans are searched or told.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tasksim._explore.baseline import take_baseline
from tasksim._explore.findings import Report
from tasksim._explore.laboratory import Laboratory
from tasksim._explore.minimising import minimise
from tasksim._explore.options import read_options, said_of_judging
from tasksim._explore.random_search import RandomSearch
from tasksim._explore.search import Found, Search, blind_spots
from tasksim._explore.targets import as_target
from tasksim._explore.telling import finding, report_of, run_again
from tasksim._faults.plan import render
from tasksim._faults.token import UNSET, parse_token_or_plan
from tasksim._world.durations import to_datetime
from tasksim.errors import CheckFailed, Incomplete, NothingChecked, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Unpack

    from tasksim._explore.facts import Facts
    from tasksim._explore.options import CheckOptions
    from tasksim._faults.token import Settings
    from tasksim._simulator.simulator import Simulator
    from tasksim.typing import JSON

__all__ = ["Replayed", "check", "explore", "replay"]


@dataclass(frozen=True, slots=True)
class Replayed(Report):
    """What one run under a token came to.

    Attributes:
        sim: Its simulation, to be read.
    """

    sim: Simulator | None = None

    @property
    def sha256(self) -> str:
        """The hash of the run's trace."""
        assert self.sim is not None  # noqa: S101 - `replay` gives it
        return self.sim.trace.sha256()


def check(
    target: Any,
    *,
    input: JSON = UNSET,
    _progress: Callable[[int, int, int], None] | None = None,
    **options: Unpack[CheckOptions],
) -> Report:
    """Cut a target at every point, in every way, and raise on the least plan under which it breaks.

    The target is run without faults, then under every plan of one fault (and of more, if asked for), each
    time in a fresh world, and judged: no assertion of yours is needed.

    Args:
        target: A scenario, which is a function of a fresh simulator that registers and triggers; what it
            returns is its world, and a function without arguments is its final state, compared between cut
            and uncut runs. Or a definition in any form; one given as a class or a function that makes
            one gets a fresh instance in each run.
        input: The input of the one task that is triggered, if the target is a definition. A failing
            one is made smaller.
        options: As follows.

    Keyword Args:
        kinds: Which faults are tried; by default close_to_timeout, redeliver, abort, cold, fail, lost_ack,
            timeout, crash and crash+. On request `fail..`, `delay=90s`, `clock=-1h`, `order`, `run`.
        max_faults: How many faults a plan has at most.
        first: Plans or tokens that are tried before all others.
        without: Judges that are switched off, by name.
        invariants: Functions with plain asserts that must hold at the end of each run; `always(f)` holds
            after each event, `sometimes(f)` is a goal that at least one run must reach.
        ignore: Paths that are not compared: `output.at`, `effects.publish.when`, `state.count`.
        normalise: Put over each output, effect's data and state before they are compared.
        abort_within: How many effects may follow an abort.
        expect: The status in which the uncut run must end.
        progress: `questions(n)`, for tasks that ask several times before they do a unit of work.
        merge_states: Let runs that have come to the same state go on once; fakes are declared with
            `sim.track`.
        mode: `every` plan, or `random` ones, for spaces too large.
        random_seed: Of random plans, and of the order of longer ones.
        patience: Random mode ends after so many runs without new behaviour.
        max_runs: How many runs are made at most; `max_checkpoints` bounds what they touch in all, and
            `max_seconds` bounds real time, for whoever waits.
        require_complete: Raise `Incomplete` where a bound left plans of several faults unexplored.
        profile: The world; so with `start`, `seed`, `budget`, `close_limit`, `tick`, `on_crash`, `context`.

    Returns:
        What was covered.

    Raises:
        CheckFailed: A judge found something; the message tells the least failure.
        BaselineFailed: The uncut run does not end as expected.
        NondeterministicScenario: Two runs under one plan differ.
        NothingChecked: Nothing is triggered, or no fault has a place to strike.
        Incomplete: A bound was reached before all plans of one fault were run.

    Example:
        >>> from tasksim import check
        >>> class PublishEntries:
        ...     id = "publishEntries"
        ...     title = "Publish entries"
        ...
        ...     def __init__(self, effects):
        ...         self.effects = effects
        ...
        ...     def run(self, input, controller):
        ...         for at in range(input.get("at", 0), len(input["ids"])):
        ...             if controller.runtime.is_aborted():
        ...                 return controller.response.aborted()
        ...             if controller.runtime.is_close_to_timeout():
        ...                 return controller.response.continue_({"at": at})
        ...             self.effects.record("publish", key=input["ids"][at])
        ...         return controller.response.done()
        >>> def publishing(sim):
        ...     sim.register(lambda: PublishEntries(sim.effects))
        ...     sim.tasks.trigger("publishEntries", input={"ids": ["a", "b"]})
        >>> report = check(publishing)
        >>> report.coverage.effects, report.coverage.left
        (2, 0)
    """
    __tracebackhide__ = True
    report = explore(target, input=input, _progress=_progress, **options)
    if report.findings:
        raise CheckFailed(report.text(), report)
    _refuse_incomplete(report, require_complete=bool(options.get("require_complete")))
    return report


def explore(
    target: Any,
    *,
    input: JSON = UNSET,
    _progress: Callable[[int, int, int], None] | None = None,
    _on_run: Callable[[Facts], None] | None = None,
    **options: Unpack[CheckOptions],
) -> Report:
    """Do what `check` does, and return the report instead of raising for what was found.

    Args:
        target: As for `check`.
        input: As for `check`.
        options: As for `check`.

    Raises:
        BaselineFailed: As `check` does; so with `NondeterministicScenario` and `NothingChecked`.

    Example:
        >>> from tasksim import explore, task_definition
        >>> @task_definition(id="greet", title="Greet")
        ... def greet(controller):
        ...     return controller.response.done()
        >>> explore(greet).passed
        True
    """
    chosen = read_options({**options})
    with Laboratory(as_target(target, input), chosen) as lab:
        baseline = take_baseline(lab, needs_more=any(kind.kind in ("order", "run") for kind in chosen.kinds))
        kind = RandomSearch if chosen.mode == "random" else Search
        search = kind(lab, baseline, chosen, after_run=_progress, on_run=_on_run)
        search.explore()
        _refuse_idle(search)
        return _report(search, lab.settings())


def _report(search: Search, settings: Settings) -> Report:
    """Make everything that was found as small as it gets, and tell it, the least first."""
    findings = []
    for judge, found in sorted(search.found.items(), key=lambda item: (item[1].plan.sort_key(), item[0])):
        small, its, least = minimise(search, judge, found, settings)
        findings.append(finding(small, judge, least, its))
    findings.sort(key=lambda each: each.plan.sort_key())
    notes = [*search.baseline.notes, *search.notes, *([] if findings else blind_spots(search))]
    return report_of(search, settings, findings, notes)


def _refuse_idle(search: Search) -> None:
    """Refuse to pass where no fault has a place to strike, so that no run was cut."""
    touches = search.baseline.facts.watcher.touches
    if not search.found and not any(search.candidates.at(spot) for spot in touches):
        kinds = ", ".join(kind.text for kind in search.options.kinds)
        raise NothingChecked(
            f"No run of {search.lab.target.name!r} was cut: nothing that it touches fits {kinds}.",
            facts=(f"its uncut run reaches {search.coverage.checkpoints} checkpoints",),
            way_out="Ask for other kinds, or leave kinds out.",
        )


def _refuse_incomplete(report: Report, *, require_complete: bool) -> None:
    """Refuse to pass where a bound left plans of one fault, or any where all were demanded.

    A goal that no run reached is refused, too, where not a bound is to blame.
    """
    coverage = report.coverage
    is_idle = coverage.explored == coverage.progress
    if is_idle or coverage.singles_left or (require_complete and coverage.left):
        left = f"{coverage.left} known plans were not" if coverage.left else "no plan was"
        raise Incomplete(
            f"The check of {report.target.name!r} ended early: {left} run.",
            report=report,
            facts=(coverage.stopped, report.text()),
            way_out="Raise the bound, ask for fewer kinds, or make the scenario smaller.",
        )
    if coverage.missed_goals:
        raise CheckFailed(
            f"sometimes: none of {coverage.explored} runs of {report.target.name!r} reached "
            f"{', '.join(coverage.missed_goals)}.\n"
            "  Ask for other kinds or more faults, or let the scenario make it possible; a goal must return "
            "something true.",
            report,
        )


def replay(target: Any, token: str, *, input: JSON = UNSET, **options: Unpack[CheckOptions]) -> Replayed:
    """Run a target once, under the settings and the plan of a token, and judge that run.

    Args:
        target: As for `check`.
        token: The line that a finding printed, or faults alone.
        input: As for `check`; the token's own wins.
        options: Those of `check` that say how runs are judged; the token's settings win.

    Returns:
        A report of that run, which does not raise for what it finds, with `sim` to look at.

    Raises:
        PlanError: The token cannot be read.
        StalePlan: One of its faults never fired.
        BaselineFailed: As `check` does; so with `NondeterministicScenario` and `NothingChecked`.

    Example:
        >>> from tasksim import replay, task_definition
        >>> @task_definition(id="greet", title="Greet")
        ... def greet(controller):
        ...     return controller.response.done()
        >>> replay(greet, "v1 redeliver@1").passed
        True
    """
    if not isinstance(token, str):
        raise UsageError(
            f"replay() got token={token!r:.60}.", way_out="Pass the line that a finding printed, its .token."
        )
    read = parse_token_or_plan(token)
    given = read.settings.input
    world = _world_of(read.settings, token)
    chosen = read_options({**options, **world})
    with Laboratory(as_target(target, input if given is UNSET else given), chosen) as lab:
        search = Search(lab, take_baseline(lab), chosen)
        facts, said = _run_token(search, read.plan)
        for judge, verdict in said.items():
            if judge in chosen.judges:
                search.note(judge, facts.plan, verdict)
        settings = lab.settings()
        findings = tuple(
            finding(search, judge, Found(found.plan, found.verdict, 0), settings)
            for judge, found in sorted(search.found.items())
        )
        return Replayed(
            lab.target,
            settings,
            findings,
            search.coverage,
            search.baseline.notes,
            max_faults=len(read.plan),
            judging=said_of_judging(chosen),
            sim=facts.sim,
        )


def _run_token(search: Search, plan: Any) -> tuple[Facts, dict[str, Any]]:
    """Run a plan once; the plan of a progress run is run as that."""
    if len(plan) and all(fault.kind == "close_to_timeout" for fault in plan):
        facts, said = run_again(search, "progress", plan)
        if render(facts.plan) == render(plan) and said:
            return facts, said
    facts, said = run_again(search, "", plan)
    facts.watcher.check_all_fired(facts.engine)
    return facts, said


def _world_of(settings: Settings, token: str) -> dict[str, Any]:
    """Return the settings of a token as a simulator takes them; faults alone leave all as it is."""
    if not token.lstrip().startswith("v"):
        return {}
    close_ms = settings.close_limit_ms
    return {
        "profile": settings.profile or "documented",
        "seed": settings.seed,
        "start": to_datetime(settings.start_ms),
        "budget": timedelta(milliseconds=settings.budget_ms),
        "tick": timedelta(milliseconds=settings.tick_ms),
        "close_limit": None if close_ms is None else timedelta(milliseconds=close_ms),
        "on_crash": settings.on_crash,
    }
