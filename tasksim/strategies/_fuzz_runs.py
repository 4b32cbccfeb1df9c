"""What `fuzz` runs: the uncut run of each input, and plans that grow fault by fault until a judge objects.

This module promises that each fault of a plan strikes, that what is told was compared with an uncut run that
was made as carefully as by `check`, and that equal choices come to equal ends. It must not know who chooses.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tasksim._explore.baseline import Baseline, take_baseline
from tasksim._explore.candidates import has_twin_at, twins_are_left_out
from tasksim._explore.judges import Case, verdicts, verdicts_of_long_run
from tasksim._explore.laboratory import Laboratory
from tasksim._explore.progress import judge_progress
from tasksim._explore.search import Found, Search, run_progress
from tasksim._explore.telling import finding, report_of
from tasksim._explore.watching import Watcher
from tasksim._faults.plan import Plan, as_plan, render
from tasksim._faults.token import UNSET, Token, render_token
from tasksim._world.strict_json import canonical_json, checked_copy
from tasksim.errors import BaselineFailed, EngineError, NothingChecked, NotJson, TasksimError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

    from tasksim._explore.facts import Facts
    from tasksim._explore.findings import Finding, Report
    from tasksim._explore.judges.verdicts import Verdict
    from tasksim._explore.kinds import Kind
    from tasksim._explore.options import Options
    from tasksim._faults.plan import Fault
    from tasksim.strategies._fuzz_subject import Subject

__all__ = ["Fuzzing", "Ground", "Walk", "walk_given"]

_MOST_VACUOUS = 20
"""Of so many inputs one should trigger something."""
_KEPT = 64
"""So many uncut runs are kept: while a failure shrinks, the same inputs come again and again."""

_LONG_RUNS = ("progress", "bounded-state")
_INVALID = "VALIDATION_FAILED_INVALID_FIELDS"


class Fuzzing:
    """One run of a test: all its examples share one freeze of the wall clock, and the uncut runs.

    Args:
        subject: What is run.
        options: In which world, under which faults, and how runs are judged.

    Attributes:
        runs: How many runs were judged.
        asked: The kinds of faults for which a place was looked for.
        has_place: Whether one was found for any.
        goals: For each `sometimes`, how many runs reached it.
    """

    def __init__(self, subject: Subject, options: Options) -> None:
        """Nothing was run."""
        self.subject = subject
        self.options = options
        self.runs = 0
        self.asked: set[str] = set()
        self.has_place = False
        self.goals = {goal.name: 0 for goal in options.sometimes}
        self.needs_more = any(kind.kind in ("order", "run") for kind in options.kinds)
        self.has_progress_run = bool({*_LONG_RUNS} & options.judges) and any(
            kind.kind == "close_to_timeout" for kind in options.kinds
        )
        self._grounds: dict[str, Ground] = {}
        self._careful: set[str] = set()
        self._vacuous = 0
        self._around = ExitStack()

    def __enter__(self) -> Self:
        """Freeze the wall clock for all examples."""
        self._around.enter_context(Laboratory(self.subject.target_of(UNSET), self.options))
        return self

    def __exit__(self, *_: object) -> None:
        """Give real time back."""
        self._around.close()

    def walk(self, value: Any) -> Walk:
        """Begin with an input, or `UNSET`: make its uncut run, or take the one that was made before."""
        key = _key_of(value)
        if key is None:  # what cannot be told from others is not kept; with all care, since nothing else is
            return Walk(self, Ground(self, value, is_careful=True, mark=None))
        ground = self._grounds.pop(key, None)
        if ground is None:
            if not self._careful:
                self._careful.add(key)  # the first one
            ground = Ground(self, value, is_careful=key in self._careful, mark=lambda: self._careful.add(key))
            if len(self._grounds) == _KEPT:
                del self._grounds[next(iter(self._grounds))]
        self._grounds[key] = ground
        return Walk(self, ground)

    def refuse_if_always(self, walk: Walk) -> None:
        """Refuse to go on where no input has triggered anything, after many.

        Raises:
            NothingChecked: None did.
        """
        self._vacuous += 1
        if not self.runs and self._vacuous >= _MOST_VACUOUS and walk.error is not None:
            raise walk.error

    def count(self, facts: Facts) -> None:
        """Count a run, and the goals that it reached."""
        self.runs += 1
        for goal in self.options.sometimes:
            if facts.error is None and not facts.is_endless and goal(facts.sim, facts.world):
                self.goals[goal.name] += 1

    @property
    def missed_goals(self) -> list[str]:
        """The goals that no run reached."""
        return [name for name, runs in self.goals.items() if not runs]


def _key_of(value: Any) -> str | None:
    """Return what stands for an input among others; None for one that is not JSON."""
    if value is UNSET:
        return ""
    try:
        return canonical_json(checked_copy(value, "input"))
    except NotJson:
        return None


class Ground:
    """A target with one input: its uncut run, which others are compared with.

    The uncut run is made once, and with all the care that `check` takes - again, and elsewhere - only for
    the first input, and where a judge objects: most runs pass, and cost half of it that way.

    Args:
        fuzzing: The run of the test.
        value: The input.
        is_careful: Whether to make the uncut run with all care.
        mark: Called when it turns out that it must be; None if it is.

    Attributes:
        error: Why nothing can be compared with it, or None.
        said: What judges say of the uncut run.
    """

    def __init__(
        self, fuzzing: Fuzzing, value: Any, *, is_careful: bool, mark: Callable[[], None] | None
    ) -> None:
        """Make the uncut run, and judge it."""
        self.fuzzing = fuzzing
        self.value = value
        self.lab = Laboratory(fuzzing.subject.target_of(value), fuzzing.options)  # the freeze around it holds
        self.error: Exception | None = None
        self.said: dict[str, Verdict] = {}
        self.is_careful = False
        self._mark = mark
        self.baseline: Baseline
        try:
            self.baseline = self._take(is_careful=is_careful)
            self.said = self.judge_uncut()
            if self.said and self.is_made_careful():
                self.said = self.judge_uncut()
            fuzzing.count(self.baseline.facts)
        except TasksimError as error:
            self.error = _with_input(error, fuzzing.subject, value)

    def _take(self, *, is_careful: bool) -> Baseline:
        """Make the uncut run."""
        baseline = take_baseline(self.lab, needs_more=self.fuzzing.needs_more, is_careful=is_careful)
        self.is_careful = is_careful
        return baseline

    def is_made_careful(self) -> bool:
        """Make the uncut run with all care; return False if it was made so already."""
        if self.is_careful:
            return False
        if self._mark is not None:
            self._mark()
        self.baseline = self._take(is_careful=True)
        return True

    def judge(self, facts: Facts) -> dict[str, Verdict]:
        """Return what each judge says of a run."""
        return dict(verdicts(Case(facts, self.baseline, self.fuzzing.options)))

    def judge_uncut(self) -> dict[str, Verdict]:
        """Return what each judge says of the uncut run."""
        facts = self.baseline.facts
        return {
            **self.judge(facts),
            **dict(verdicts_of_long_run(Case(facts, self.baseline, self.fuzzing.options))),
        }

    def judge_progress(self, facts: Facts) -> dict[str, Verdict]:
        """Return what the judges say that look at a progress run; nothing if it cut no event."""
        case = Case(facts, self.baseline, self.fuzzing.options)
        if not len(facts.plan):
            return {}
        said = dict(verdicts_of_long_run(case))
        verdict = judge_progress(case) if "progress" in case.options.judges else None
        return said if verdict is None else {**said, "progress": verdict}

    def run(self, plan: Plan, *, notes: bool) -> Facts:
        """Run it under a plan."""
        most = self.baseline.most_events
        needs_more = notes and self.fuzzing.needs_more
        facts = self.lab.run(Watcher(plan, most_events=most, notes=notes, needs_more=needs_more))
        self.fuzzing.count(facts)
        return facts

    def run_progress(self) -> Facts:
        """Make the progress run."""
        facts = run_progress(self.lab, self.baseline, self.fuzzing.options)
        self.fuzzing.count(facts)
        return facts

    def token(self, plan: Plan) -> str:
        """Return the line that replays a plan."""
        return render_token(Token(self.lab.settings(), plan))


def _with_input(error: TasksimError, subject: Subject, value: Any) -> Exception:
    """Return an error of an uncut run, with the input for which it is one."""
    cause = error.__cause__
    if isinstance(cause, EngineError) and cause.code == _INVALID and value is not UNSET:
        refusal = UsageError(
            f"inputs= drew what {subject.name!r} does not accept: {cause.message}",
            facts=(f"input: {value!r:.300}", *cause.facts),
            way_out="Let it draw valid inputs only, as tasksim.strategies.inputs(definition) does.",
        )
        refusal.__cause__ = cause
        return refusal
    error.way_out = error.way_out.replace("check(", "fuzz(")
    if value is not UNSET and isinstance(error, BaselineFailed):
        error.facts = (f"input: {value!r:.300}", *error.facts)
        error.way_out += " If nobody passes such input, let inputs= not draw it."
    return error


class Walk:
    """One example: a plan that grows, fault by fault, and the run under it.

    Attributes:
        ground: The target with its input.
        plan: The faults so far; of a progress run those that it came to.
        facts: The run under them.
        said: What judges say of it.
        error: What ended the walk, where that is nothing that judges look at.
        is_progress_run: Whether each event was cut after one unit of work.
    """

    def __init__(self, fuzzing: Fuzzing, ground: Ground) -> None:
        """Stand at the uncut run."""
        self.fuzzing = fuzzing
        self.ground = ground
        self.plan = Plan()
        self.error = ground.error
        self.said = ground.said
        self.facts: Facts | None = None if self.error is not None else ground.baseline.facts
        self.is_progress_run = False

    def fork(self) -> Walk:
        """Begin again at the uncut run."""
        return Walk(self.fuzzing, self.ground)

    @property
    def has_failed(self) -> bool:
        """Whether judges object to the run, or nothing could be judged."""
        return self.error is not None or bool(self.said)

    @property
    def is_over(self) -> bool:
        """Whether the plan grows no further: the run failed, or has as many faults as there may be."""
        if self.has_failed or self.is_progress_run or self.facts is None:
            return True
        return len(self.plan) >= self.fuzzing.options.max_faults or self.facts.error is not None

    def is_vacuous(self) -> bool:
        """Whether there is nothing to cut, for this input: the scenario triggered nothing."""
        return isinstance(self.error, NothingChecked) and self.ground.value is not UNSET

    def faults(self, at: int) -> list[Fault]:
        """Return the faults that can strike next, of one kind, the least first.

        Args:
            at: Which kind. If it has no place to strike, the next one that has.
        """
        fuzzing = self.fuzzing
        kinds = fuzzing.options.kinds
        for away in range(len(kinds)):
            kind = kinds[(at + away) % len(kinds)]
            fuzzing.asked.add(kind.text)
            found = self._faults_of(kind)
            if found:
                fuzzing.has_place = True
                # As plans are ordered, but for keys: they are input, and change while it shrinks.
                return sorted(found, key=lambda fault: (fault.at.n, fault.at.task, fault.at.what))
        return []

    def _faults_of(self, kind: Kind) -> list[Fault]:
        """Return the faults of a kind that can strike after those of the plan."""
        assert self.facts is not None  # noqa: S101 - nobody asks where there is no run
        facts = self.facts
        skips = kind.after and twins_are_left_out(self.fuzzing.options.kinds, facts.engine.host.tick_ms)
        return [
            fault
            for spot in facts.watcher.touches
            if not (skips and has_twin_at(kind, spot))
            for fault in kind.faults_at(spot)
            if fault not in self.plan.faults
        ]

    # --- steps

    def grow(self, fault: Fault) -> None:
        """Let one more fault strike."""
        plan = Plan((*self.plan.faults, fault))
        self._step(plan, notes=len(plan) < self.fuzzing.options.max_faults)

    def _step(self, plan: Plan, *, notes: bool) -> None:
        """Run a plan; every fault of it strikes, or the target is not the same twice."""
        ground = self.ground

        def run() -> Facts:
            facts = ground.run(plan, notes=notes)
            if not facts.watcher.all_fired:
                ground.is_made_careful()
                facts.watcher.check_all_fired(facts.engine)
            return facts

        self._look(run, ground.judge)

    def make_progress_run(self) -> None:
        """Cut each event after one unit of work instead; if that fails, see whether fewer cuts do."""
        self.is_progress_run = True
        self._look(self.ground.run_progress, self.ground.judge_progress)
        if self.error is not None or not self.said:
            return
        failed = self.facts, self.said, self.plan
        for most in range(1, min(len(self.plan), self.fuzzing.options.max_faults + 1)):
            self._step(Plan(failed[2].faults[:most]), notes=False)
            if self.said or self.error is not None:
                return
        self.facts, self.said, self.plan = failed

    def go(self, plan: Plan) -> None:
        """Run a whole plan, which was not drawn; one that a progress run came to is run as that."""
        if len(plan) and all(fault.kind == "close_to_timeout" for fault in plan):
            self._look(self.ground.run_progress, self.ground.judge_progress)
            if self.error is not None or (self.said and render(self.plan) == render(plan)):
                return
        if len(plan):
            self._step(plan, notes=False)

    def _look(self, run: Callable[[], Facts], judge: Callable[[Facts], dict[str, Verdict]]) -> None:
        """Make a run and judge it; what judges object to they see again, beside a careful uncut run."""
        try:
            facts = run()
            said = judge(facts)
            if said and self.ground.is_made_careful():
                facts = run()
                said = judge(facts)
        except TasksimError as error:
            self.error = error
            return
        self.facts, self.said, self.plan = facts, said, facts.plan

    # --- what it came to

    def report(self) -> tuple[Finding, Report]:
        """Return what a judge found, run again, and a report of it.

        Raises:
            NondeterministicScenario: It is not found again.
        """
        ground = self.ground
        judge = min(self.said)
        search = Search(ground.lab, ground.baseline, self.fuzzing.options)
        settings = ground.lab.settings()
        found = finding(search, judge, Found(self.plan, self.said[judge], 0), settings)
        search.coverage.extra = self.fuzzing.runs
        report = report_of(search, settings, [found], ground.baseline.notes)
        return found, replace(report, max_faults=max(report.max_faults, len(self.plan)))


def walk_given(fuzzing: Fuzzing, value: Any, plan: object) -> Walk:
    """Return the walk of an explicit example.

    Raises:
        PlanError: The plan cannot be read.
        UsageError: It is no plan.
    """
    walk = fuzzing.walk(value)
    wanted: Any = plan
    if walk.error is None and not walk.said:
        walk.go(as_plan(wanted))
    return walk
