"""The search: which plans are run, in which order, and what was found and left.

All single faults in the order of plans; the progress run; then pairs and more, the nearest first. This
module promises that counts and findings are the same on any machine, unless a time was set. It must not know
what a finding looks like to a reader.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tasksim._explore.candidates import Branch, Candidates
from tasksim._explore.findings import Counts, Coverage
from tasksim._explore.judges import Case, lost_by_engine, verdicts, verdicts_of_long_run
from tasksim._explore.merging import States, refuse_untracked
from tasksim._explore.progress import Worker, iteration_notes, judge_progress
from tasksim._explore.watching import Merged, Watcher
from tasksim._faults.plan import Plan, render
from tasksim._world.real_time import real_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tasksim._explore.baseline import Baseline
    from tasksim._explore.facts import Facts
    from tasksim._explore.judges.verdicts import Verdict
    from tasksim._explore.laboratory import Laboratory
    from tasksim._explore.options import Options
    from tasksim._faults.grammar import Fault

__all__ = ["Found", "Search", "Stopped", "run_progress"]


class Found(NamedTuple):
    """The least failing plan of a judge so far.

    Attributes:
        plan: The plan.
        verdict: What the judge said.
        others: How many more plans failed.
    """

    plan: Plan
    verdict: Verdict
    others: int


class Stopped(Exception):
    """A bound was reached."""


def run_progress(
    lab: Laboratory, baseline: Baseline, options: Options, *, keeps_lines: bool = False
) -> Facts:
    """Make the progress run: as long as the uncut run has checkpoints, and a little more."""
    most = baseline.most_events + len(baseline.facts.watcher.touches) + 50
    asked = None if options.progress is None else options.progress.n
    return lab.run(Worker(asked, most_events=most), keeps_lines=keeps_lines)


class Search:
    """Explores one target.

    Args:
        lab: Runs it.
        baseline: Its uncut run.
        options: What was asked for.
        after_run: Called after each run with how many were made, how many are known, and how many judges
            found something.
        on_run: Called with each run, after it was judged.

    Attributes:
        coverage: What was explored and left.
        found: What each judge found.
        candidates: What can strike where.
        needs_more: Whether watchers must note instants and what could run inside a touch.
        finished: Up to how many faults all plans were run.
        notes: What whoever reads should know.
    """

    def __init__(
        self,
        lab: Laboratory,
        baseline: Baseline,
        options: Options,
        *,
        after_run: Callable[[int, int, int], None] | None = None,
        on_run: Callable[[Facts], None] | None = None,
    ) -> None:
        """Nothing was explored but the uncut run."""
        self.lab = lab
        self.baseline = baseline
        self.options = options
        self.coverage = Coverage(
            checkpoints=sum(not spot.due and not spot.is_end for spot in baseline.facts.watcher.touches),
            effects=len(baseline.facts.effects),
            goals={goal.name: 0 for goal in options.sometimes},
        )
        self.found: dict[str, Found] = {}
        self.finished = 0
        self.notes: list[str] = []
        self.candidates = Candidates(options.kinds, baseline.facts.engine.host.tick_ms)
        self._after_run = after_run
        self._on_run = on_run
        self._known = 0
        self._states = States() if options.merge_states else None
        self.needs_more = any(kind.kind in ("order", "run") for kind in options.kinds)
        self._until_ms = None if options.max_ms is None else real_ms() + options.max_ms
        if options.merge_states:
            refuse_untracked(baseline.facts.sim, lab.target.name)

    # --- one run

    def run(self, plan: Plan, *, notes: bool = False) -> Facts:
        """Run the target under a plan and let every judge look at it.

        Raises:
            Stopped: A bound is reached.
        """
        self.check_bounds()
        facts = self.lab.run(
            Watcher(
                plan, most_events=self.baseline.most_events, notes=notes, needs_more=notes and self.needs_more
            ),
            states=self._states,
        )
        if isinstance(facts.error, Merged):
            self.coverage.merged += 1
        self.judge(facts)
        return facts

    def check_bounds(self) -> None:
        """Raise `Stopped` where a bound is reached."""
        options = self.options
        if self.coverage.explored >= options.max_runs:
            raise Stopped(f"max_runs={options.max_runs} reached")
        if self.lab.checkpoints >= options.max_checkpoints:
            raise Stopped(f"max_checkpoints={options.max_checkpoints} reached")
        if self._until_ms is not None and real_ms() >= self._until_ms:
            raise Stopped(f"max_seconds={(options.max_ms or 0) / 1000:g} reached")

    def judge(self, facts: Facts) -> None:
        """Let every judge look at a run."""
        case = Case(facts, self.baseline, self.options)
        for name, verdict in verdicts(case):
            self.note(name, facts.plan, verdict)
        if lost_by_engine(case):
            self.coverage.lost_aborts += 1
        for goal in facts.goals:
            self.coverage.goals[goal] += 1
        if self._on_run is not None:
            self._on_run(facts)

    def note(self, judge: str, plan: Plan, verdict: Verdict) -> None:
        """Keep a finding if it is the least of its judge."""
        before = self.found.get(judge)
        if before is None:
            self.found[judge] = Found(plan, verdict, 0)
        elif plan.sort_key() < before.plan.sort_key():
            self.found[judge] = Found(plan, verdict, before.others + 1)
        elif plan != before.plan:
            self.found[judge] = before._replace(others=before.others + 1)

    def told(self) -> None:
        """Tell whoever waits how far it is."""
        if self._after_run is not None:
            self._after_run(self.coverage.explored, self._known, len(self.found))

    # --- all plans

    def explore(self) -> None:
        """Run every plan of up to `max_faults` faults and the progress run, within the bounds."""
        uncut = self.baseline.facts
        self.judge_uncut()
        try:
            deepest = self.run_first()
            branches = [self.candidates.branch(Plan(), uncut.watcher.touches)]
            for n in range(1, deepest + 1):
                branches = self._run_level(n, branches, keeps=n < deepest)
                self.finished = n
                if n == 1:
                    self.run_progress()
        except Stopped as stopped:
            self.coverage.stopped = str(stopped)

    def judge_uncut(self) -> None:
        """Let the judges look at the uncut run, too."""
        case = Case(self.baseline.facts, self.baseline, self.options)
        self.judge(self.baseline.facts)
        for name, verdict in verdicts_of_long_run(case):
            self.note(name, Plan(), verdict)

    def run_first(self) -> int:
        """Run the plans that are to be tried before all others; return up to how many faults to go on."""
        deepest = self.options.max_faults
        for token in self.options.first:
            if len(token.plan):
                facts = self.run(token.plan)
                self.coverage.extra += 1
                if not facts.watcher.all_fired:
                    self.notes.append(f"not reached any more: {render(token.plan)}")
                elif any(True for _ in verdicts(Case(facts, self.baseline, self.options))):
                    deepest = min(deepest, len(token.plan))
                self.told()
        return deepest

    def faults_after(self, head: tuple[Fault, ...]) -> list[Fault]:
        """Return the faults that can strike after the first faults of a plan, the least first."""
        touches = self.baseline.facts.watcher.touches
        if head:
            most = self.baseline.most_events
            watcher = Watcher(Plan(head), most_events=most, notes=True, needs_more=self.needs_more)
            touches = self.lab.run(watcher).watcher.touches
        branch = self.candidates.branch(Plan(head), touches)
        return [plan.faults[0] for plan, _ in self.candidates.singles(branch)]

    def run_progress(self) -> None:
        """Cut each event after one unit of work, and look whether each brings the task further."""
        options = self.options
        if not {"progress", "bounded-state"} & options.judges:
            return
        if not any(kind.kind == "close_to_timeout" for kind in options.kinds):
            return
        self.check_bounds()
        facts = run_progress(self.lab, self.baseline, options)
        self.coverage.progress += 1
        if not len(facts.plan):
            return
        case = Case(facts, self.baseline, options)
        verdict = judge_progress(case) if "progress" in options.judges else None
        if verdict is not None:
            self.note("progress", facts.plan, verdict)
        for name, found in verdicts_of_long_run(case):
            self.note(name, facts.plan, found)
        self.notes += iteration_notes(facts)
        self.told()

    def _run_level(self, n: int, branches: list[Branch], *, keeps: bool) -> list[Branch]:
        """Run every plan of n faults; return the branches of which longer ones can come."""
        kept: list[Branch] = []
        plans = self._begin_level(n, branches)
        for plan, counts, stands_for in plans:
            facts = self.run(plan, notes=keeps)
            counts.left -= 1
            counts.explored += 1
            self.told()
            if keeps and not isinstance(facts.error, Merged):
                kept.append(self.candidates.branch(plan, facts.watcher.touches, stands_for))
        return kept

    def _begin_level(self, n: int, branches: list[Branch]) -> Iterator[tuple[Plan, Counts, int]]:
        """Count what there is to run with n faults, as left, and iterate over it."""
        coverage = self.coverage
        if n > 1:
            left, twins = self.candidates.count(branches)
            counts = coverage.several[n] = Counts(left=left, skipped=twins)
            self._known += left
            longer = self.candidates.longer(branches, self.options.random_seed)
            return (
                (plan, counts, stands_for * (1 + candidate.has_twin))
                for plan, candidate, stands_for in longer
                if not candidate.is_twin
            )
        singles = self.candidates.singles(branches[0])
        coverage.singles = {kind.text: Counts() for kind in self.options.kinds}
        for _, candidate in singles:
            counts = coverage.singles[candidate.kind]
            counts.skipped += candidate.is_twin
            counts.left += not candidate.is_twin
            self._known += not candidate.is_twin
        idle = [kind for kind, counts in coverage.singles.items() if not counts.total]
        coverage.kinds_without_place = tuple(idle)
        for kind in idle:
            del coverage.singles[kind]
        return (
            (plan, coverage.singles[candidate.kind], 1 + candidate.has_twin)
            for plan, candidate in singles
            if not candidate.is_twin
        )


def blind_spots(search: Search) -> list[str]:
    """Return what a search that found nothing could not see, and what would show it."""
    notes = []
    engine = search.baseline.facts.engine
    registered = [engine.registry.get(life.definition_id) for life in engine.lives.values()]
    has_memory = any(each is not None and each.is_factory for each in registered)
    if has_memory and "cold" in search.coverage.kinds_without_place:
        notes.append(
            "process memory not checked: the uncut run has no second event for a fresh instance; "
            "max_faults=2 cuts first"
        )
    kinds = {kind.kind for kind in search.options.kinds}
    on_crash = search.baseline.facts.sim._settings.on_crash  # noqa: SLF001 - of one package
    if {"crash", "timeout"} & kinds and on_crash == "strand":
        notes.append("nothing ran again after a crash: on_crash='retry(2)' checks a host that retries")
    return notes
