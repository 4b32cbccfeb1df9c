"""What an exploration tells: findings, what was covered, and the report that holds both.

This module promises values that are the same in any process: no time that it took, no path of the machine
but the target's file. It must not know how plans are chosen or judged.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tasksim._explore.options import CheckOptions
from tasksim._faults.plan import render
from tasksim._faults.token import UNSET, Token, render_token

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

    from tasksim._explore.targets import Target
    from tasksim._faults.plan import Plan
    from tasksim._faults.token import Settings
    from tasksim._simulator.simulator import Simulator
    from tasksim._simulator.strictness.lines import Lines

__all__ = ["Counts", "Coverage", "End", "Finding", "Report", "Side"]


@dataclass(frozen=True, slots=True)
class End:
    """How one task ended.

    Attributes:
        task: What the story calls it: its definition's id, with `.k` where there are several.
        status: Its stored status, or `deleted`.
        machine: The state of its state machine.
        iterations: How many events it was handled in.
        output: Its stored output.
    """

    task: str
    status: str
    machine: str
    iterations: int
    output: Any


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two runs that a story compares, kept whole.

    Attributes:
        sim: The simulation, with its trace and effects.
        ends: How each of its tasks ended, in order of triggering.
        effects: The effects that count, as `publish[a]`, in order.
        state: What the scenario's final state was, or `UNSET` if it gives none.
        lines: The user's line of each event of the trace, as far as it was kept.
        error: What ended the simulation, if anything did.
    """

    sim: Simulator
    ends: tuple[End, ...]
    effects: tuple[str, ...]
    state: Any = UNSET
    lines: Lines | None = None
    error: BaseException | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """The least failure of one judge.

    Attributes:
        judge: The judge's name, as `without` takes it.
        sentence: What is wrong, in one sentence with its numbers.
        plan: The faults of the least run that fails.
        settings: The settings under which it fails, those of the token.
        facts: What else the judge tells, as pairs of a label of one word and text.
        task: The id of the task that it is about, in the cut run; empty if it is about all.
        lost: Effects of the uncut run that the cut run lacks, as `publish[a]`.
        repeated: Effects that it has beyond their contract.
        cut: The run that fails.
        uncut: The run without faults.
        passing: The plan nearest to the failing one under which all is well, or None.
        others: How many more of the explored plans fail the same judge.
        found_again: Whether the run was made again and failed in the same way.
    """

    judge: str
    sentence: str
    plan: Plan
    settings: Settings
    cut: Side
    uncut: Side
    facts: tuple[tuple[str, str], ...] = ()
    task: str = ""
    lost: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    passing: Plan | None = None
    others: int = 0
    found_again: bool = True

    @property
    def token(self) -> str:
        """One line that replays it."""
        return render_token(Token(self.settings, self.plan))

    @property
    def sha256(self) -> str:
        """The hash of the cut run's trace."""
        return self.cut.sim.trace.sha256()

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON: what a machine needs in order to show or replay it."""
        return {
            "judge": self.judge,
            "sentence": self.sentence,
            "plan": render(self.plan),
            "token": self.token,
            "sha256": self.sha256,
            "facts": dict(self.facts),
            "lost": list(self.lost),
            "repeated": list(self.repeated),
            "passing": None if self.passing is None else render(self.passing),
            "others": self.others,
            "foundAgain": self.found_again,
        }


@dataclass(slots=True)
class Counts:
    """How many plans of one kind there were: explored, skipped because the same had been seen, and left."""

    explored: int = 0
    skipped: int = 0
    left: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.explored + self.skipped + self.left


@dataclass(slots=True)
class Coverage:
    """What was explored, what was not, and why.

    Attributes:
        checkpoints: How many the uncut run reached.
        effects: How many effects the uncut run had.
        singles: The plans of one fault, by kind as a plan writes it (`crash+`), in the order of kinds.
        several: The plans of more faults, by their number.
        progress: How many progress runs were made.
        extra: Runs made besides: those given in `first`, random ones, and those that made a finding smaller.
        merged: How many of the explored runs ended early because they had come to a state seen before.
        kinds_without_place: Kinds that were asked for and have no checkpoint to strike at.
        goals: For each `sometimes`, how many runs reached it.
        lost_aborts: How many aborts the engine itself overwrote.
        stopped: Why the search ended before its end, or empty.
    """

    checkpoints: int = 0
    effects: int = 0
    singles: dict[str, Counts] = field(default_factory=dict)
    several: dict[int, Counts] = field(default_factory=dict)
    progress: int = 0
    extra: int = 0
    merged: int = 0
    kinds_without_place: tuple[str, ...] = ()
    goals: dict[str, int] = field(default_factory=dict)
    lost_aborts: int = 0
    stopped: str = ""

    @property
    def explored(self) -> int:
        """How many plans were run."""
        parts = [*self.singles.values(), *self.several.values()]
        return sum(part.explored for part in parts) + self.progress + self.extra

    @property
    def skipped(self) -> int:
        """How many were not run, because a run of the same history had been judged."""
        return sum(part.skipped for part in [*self.singles.values(), *self.several.values()])

    @property
    def left(self) -> int:
        """How many were known and not run."""
        return sum(part.left for part in [*self.singles.values(), *self.several.values()])

    @property
    def singles_left(self) -> int:
        """How many plans of one fault were not run."""
        return sum(part.left for part in self.singles.values())

    @property
    def missed_goals(self) -> tuple[str, ...]:
        """The goals that no run reached."""
        return tuple(name for name, runs in self.goals.items() if not runs)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""

        def counts(part: Counts) -> dict[str, int]:
            return {"explored": part.explored, "skipped": part.skipped, "left": part.left}

        return {
            "checkpoints": self.checkpoints,
            "effects": self.effects,
            "explored": self.explored,
            "skipped": self.skipped,
            "left": self.left,
            "singles": {kind: counts(part) for kind, part in self.singles.items()},
            "several": {str(faults): counts(part) for faults, part in self.several.items()},
            "progress": self.progress,
            "extra": self.extra,
            "merged": self.merged,
            "kindsWithoutPlace": list(self.kinds_without_place),
            "goals": self.goals,
            "lostAborts": self.lost_aborts,
            "stopped": self.stopped,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """What `check` and `explore` found.

    Attributes:
        target: What was checked.
        settings: The settings of its runs.
        findings: The least finding of each judge, the least first.
        coverage: What was explored, what was not, and why.
        notes: What whoever reads should know, a sentence each.
        max_faults: Up to how many faults plans had.
        kinds: The kinds of faults that were asked for; empty for the default ones.
        judging: What was said of how runs are judged, where it is not the default: `without`, `invariants`,
            `ignore`, `normalise`, `abort_within`, `expect`, `progress`.

    Example:
        >>> from tasksim import explore, task_definition
        >>> @task_definition(id="greet", title="Greet")
        ... def greet(controller):
        ...     return controller.response.done("Hello.")
        >>> report = explore(greet, kinds=["redeliver"])
        >>> report.passed, report.coverage.explored
        (True, 1)
    """

    target: Target
    settings: Settings
    findings: tuple[Finding, ...]
    coverage: Coverage
    notes: tuple[str, ...] = ()
    max_faults: int = 1
    kinds: tuple[str, ...] = ()
    judging: CheckOptions = field(default_factory=CheckOptions)

    @property
    def passed(self) -> bool:
        """Whether no judge found anything, every plan of one fault was run, and every goal was reached."""
        return not self.findings and not self.coverage.singles_left and not self.coverage.missed_goals

    def text(self, width: int = 100) -> str:
        """Return the report as text: the story of each finding, and what was covered.

        Args:
            width: Of the lines, from 60.
        """
        from tasksim._explore.story import render_report  # noqa: PLC0415 - only if somebody reads it

        return render_report(self, width=width)

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON: what was found and what was covered."""
        return {
            "target": self.target.name,
            "passed": self.passed,
            "settings": render_token(Token(self.settings)),
            "findings": [finding.to_json() for finding in self.findings],
            "coverage": self.coverage.to_json(),
            "notes": list(self.notes),
        }

    def write_test(self, path: str | PathLike[str]) -> Path:
        """Write a pytest file that fails as long as the least finding is there; return its path.

        Raises:
            UsageError: There is no finding, or the target cannot be imported from a file.
        """
        from tasksim._explore.written_test import write_test  # noqa: PLC0415 - only if somebody wants it

        return write_test(self, path)

    def __str__(self) -> str:
        """Return the report as text."""
        return self.text()
