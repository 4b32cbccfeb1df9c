"""`tasksim check`: a target, explored in one profile or several.

This module promises that exit code 0 means that everything asked for was explored and nothing was found. It
must not know how plans are made or judged, nor what a report looks like.
"""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tasksim._explore.checking import check
from tasksim._explore.targets import as_target
from tasksim._trace.cells import counted
from tasksim.cli.candidates import load_candidate
from tasksim.cli.files import cannot_write, check_output, write_trace
from tasksim.cli.printing import print_error, print_json, print_lines, print_report, screen_of, user_lines
from tasksim.cli.progress import Progress
from tasksim.cli.running import FOUND, HELD
from tasksim.cli.searching import profiles_of, search_arguments, world_arguments
from tasksim.cli.settings import read_whole
from tasksim.errors import (
    BaselineFailed,
    CheckFailed,
    DefinitionError,
    EngineError,
    Incomplete,
    NondeterministicScenario,
    TasksimError,
    UsageError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasksim._explore.findings import Report
    from tasksim._explore.targets import Target
    from tasksim.cli.searching import Search
    from tasksim.cli.settings import Options

__all__ = ["Show", "check_target", "error_as_json", "failure_of", "quietly"]

_NARROWEST = 60


class Show(NamedTuple):
    """What is printed, and what is written."""

    json: bool = False
    width: str | None = None
    write_test: str | None = None
    trace: str | None = None
    traceback: bool = False


class Verdict(NamedTuple):
    """What came of checking in one profile.

    Attributes:
        profile: Its name, or None for the default.
        report: What was found and covered, if it came to that.
        error: Why there is no report, or why it is not enough.
    """

    profile: str | None
    report: Report | None
    error: TasksimError | None = None

    @property
    def held(self) -> bool:
        """Whether all was explored that had to be, and nothing found."""
        return self.error is None and self.report is not None and self.report.passed

    @property
    def words(self) -> str:
        """The verdict in brief."""
        if self.report is None:
            return "could not be checked"
        if not self.report.passed:
            return counted(len(self.report.findings), "finding")
        return "passes" if self.error is None else "ended early"


def check_target(given: str, profile: str | None, options: Options, search: Search, show: Show) -> int:
    """Check what `given` names, print what was found, and return the exit code.

    Raises:
        TasksimError: What was asked for cannot be checked.
    """
    profiles = profiles_of(profile)
    arguments = {**search_arguments(search), **world_arguments(options)}
    width = None if show.width is None else read_whole(show.width, "--width", least=_NARROWEST)
    check_output(show.write_test, "--write-test", suffix=".py", is_new=True)
    check_output(show.trace, "--trace")
    # What is printed while the target is imported must not stand in the middle of the JSON.
    with redirect_stdout(sys.stderr) if show.json else nullcontext():
        target = as_target(load_candidate(given))
    if "input" in arguments and not target.is_definition:
        raise UsageError(
            f"--input is for definitions, and {target.name!r} is a scenario.",
            way_out="Let the scenario trigger with the input, or name the definition.",
        )
    verdicts: list[Verdict] = []
    for name in profiles:
        if verdicts and not show.json:
            sys.stdout.write("\n")
        verdict = _explored(target, name, arguments)
        verdicts.append(verdict)
        if show.json:
            print_json(_as_json(verdict, target.name))
        else:
            _print_verdict(verdict, width, is_one_of_several=len(profiles) > 1)
        if verdict.error is not None:
            if len(profiles) > 1:
                verdict.error.facts = (f"profile: {name}", *verdict.error.facts)
            print_error(verdict.error, traceback=show.traceback)
    sys.stdout.flush()
    _write_files(verdicts, show)
    return HELD if all(verdict.held for verdict in verdicts) else FOUND


# --- exploring


def _explored(target: Target, profile: str | None, arguments: dict[str, Any]) -> Verdict:
    """Explore a target in one profile; that it fails without any fault is a verdict, too."""
    if profile is not None:
        arguments = {**arguments, "profile": profile}
    with Progress("checking" if profile is None else f"checking {profile}") as progress:
        try:
            report = quietly(lambda: check(target.made_of, **arguments, _progress=_told(progress)))
        except CheckFailed as failed:
            return Verdict(profile, failed.report, None if failed.report.findings else failed)
        except Incomplete as error:
            error.facts = error.facts[:1]  # the report is printed by itself
            return Verdict(profile, error.report, error)
        except BaseException as error:  # noqa: BLE001 - as a task may raise; ours are raised again
            return Verdict(profile, None, failure_of(error, target))
    return Verdict(profile, report)


def quietly(call: Callable[[], Any]) -> Any:
    """Call something, of which nothing is shown that it prints."""
    with Path(os.devnull).open("w", errors="backslashreplace") as nowhere, redirect_stdout(nowhere):
        return call()


def failure_of(error: BaseException, target: Target) -> TasksimError:
    """Return an error by which the target fails, with the lines of its own code if it raised.

    Raises:
        BaseException: The error itself, if it is an answer to the command, or a defect of tasksim's own.
    """
    cause = error.__cause__
    if isinstance(cause, DefinitionError):
        cause.way_out += "\nOr name a scenario that registers it: def scenario(sim): ..."
        raise cause from None
    if isinstance(cause, EngineError) and target.is_definition:
        raise cause from None  # its trigger was refused, as for a wrong input
    if isinstance(error, TasksimError) and cause is not None and not isinstance(cause, TasksimError):
        error.facts += tuple(user_lines(cause.__traceback__))
    if isinstance(error, BaselineFailed | NondeterministicScenario):
        error.way_out = error.way_out.replace("or say that", "or say in Python that")
        return error
    lines = user_lines(error.__traceback__)
    if isinstance(error, TasksimError | KeyboardInterrupt) or not (lines or isinstance(error, SystemExit)):
        raise error
    text = f"{type(error).__name__}: {error}".removesuffix(": ")
    first, *rest = text.split("\n")
    failure = TasksimError(
        f"The target raised {first.removesuffix('.')}.",
        facts=[*rest, *lines],
        way_out="Look at --traceback for every frame.",
    )
    failure.__cause__ = error
    return failure


def _told(progress: Progress) -> Callable[[int, int, int], None]:
    """Return what `check` calls after each run."""

    def tell(done: int, known: int, findings: int) -> None:
        """Show the runs made, of those known, how many a second, and the findings."""
        if not progress.is_due():
            return
        runs = f"{done:,} of {known:,} runs, {progress.per_second(done):,} a second"
        progress.show(done, f"{runs}, {counted(findings, 'finding')}", total=known)

    return tell


# --- printing


def _print_verdict(verdict: Verdict, width: int | None, *, is_one_of_several: bool) -> None:
    """Print a report, below the profile's headline where there are several."""
    screen = screen_of(sys.stdout)
    if is_one_of_several:
        style = "bold green" if verdict.held else "bold red"
        print_lines([[("bold", f"{verdict.profile}: "), (style, verdict.words)]], screen)
    if verdict.report is not None:
        style = "bold red" if verdict.report.findings else ""
        print_report(verdict.report.text(width=width or screen.width), screen, style)


def _as_json(verdict: Verdict, target: str) -> dict[str, Any]:
    """Return a verdict as JSON."""
    report, error = verdict.report, verdict.error
    found = {"target": target, "findings": []} if report is None else report.to_json()
    return {
        "profile": verdict.profile,
        **found,
        "passed": verdict.held,
        "error": None if error is None else error_as_json(error),
    }


def error_as_json(error: TasksimError) -> dict[str, str]:
    """Return as JSON why a target could not be checked, or not enough."""
    return {"type": type(error).__name__, "message": error.sentence}


def _write_files(verdicts: list[Verdict], show: Show) -> None:
    """Write what was asked for of the first profile that has a finding.

    Raises:
        UsageError: There is nothing to write a test of, or it cannot be written.
    """
    report = next(
        (each.report for each in verdicts if each.report is not None and each.report.findings), None
    )
    if show.trace is not None:
        if report is None:
            sys.stderr.write(f"No run failed, so {show.trace} is not written.\n")
        else:
            write_trace(show.trace, report.findings[0].cut.sim)
    if show.write_test is not None:
        if report is None:
            raise UsageError(
                f"There is no finding, so there is nothing to write to {show.write_test!r}.",
                way_out="Leave --write-test out, or check more: --max-faults 2, --profile all.",
            )
        try:
            report.write_test(show.write_test)
        except OSError as error:
            raise cannot_write(show.write_test, error) from None
        sys.stderr.write(f"Wrote {show.write_test}.\n")
