"""What the report of a checked scenario tells: how it is replayed, or what was covered.

This module promises one line for each check that passed, and for each failure a line for a shell that replays
it. It must not know how a story is told.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from tasksim._trace.cells import counted
from tasksim.pytest_plugin.failures import screen_of, traceback_of
from tasksim.pytest_plugin.phases import id_of, seen_id, write_traces
from tasksim.pytest_plugin.tracebacks import tells_all

if TYPE_CHECKING:
    import pytest

    from tasksim._explore.findings import Coverage, Report
    from tasksim.errors import CheckFailed
    from tasksim.pytest_plugin.checking import Checked

__all__ = ["after_check", "covered", "explain_cause", "tell_commands"]

_UNBROKEN = 1_000_000


def after_check(item: pytest.Item, checked: Checked, report: pytest.TestReport) -> None:
    """Put on the report of a scenario what its check came to, for whoever reads it and for the next run."""
    told: dict[str, Any] = dict(getattr(report, "tasksim", None) or {})
    result = checked.report
    told["test"] = id_of(item)
    if not checked.is_replay:
        told["found"] = [finding.token for finding in result.findings]
    properties = [("tasksim_token", finding.token) for finding in result.findings]
    if not checked.passed:
        _tell_failure(item, result, report, told)
    else:
        told["covered"] = _told(result, is_replay=checked.is_replay)
        report.sections.append(("tasksim check", result.text(screen_of(item.config).width).rstrip("\n")))
        properties.append(("tasksim_covered", told["covered"]["line"]))
    kept = [
        each for each in item.user_properties if not each[0].startswith("tasksim_")
    ]  # of an earlier attempt
    item.user_properties[:] = [*kept, *properties]
    report.user_properties = list(item.user_properties)
    report.tasksim = told  # type: ignore[attr-defined]  # xdist sends it along


def _tell_failure(item: pytest.Item, result: Report, report: pytest.TestReport, told: dict[str, Any]) -> None:
    """Write the traces of the runs that failed, the uncut one first, and say how each is replayed."""
    if not result.findings:
        return  # a goal that no run reached
    worlds = [result.findings[0].uncut.sim, *(finding.cut.sim for finding in result.findings)]
    write_traces(item, report.when, worlds, told)
    report.sections.append(("tasksim replay", "\n".join(_replay_lines(item, result))))


def tell_commands(failed: CheckFailed, report: pytest.TestReport) -> None:
    """Say again how what a test found by calling a check is replayed and kept, on lines that can be copied.

    Those of the story are broken, and pytest writes an E before each.
    """
    from tasksim._explore.story_commands import keep_command, replay_command  # noqa: PLC0415 - only if it fails

    told: Report | None = failed.report
    lines: list[str] = []
    if told is not None:
        for finding in told.findings:
            for command in (replay_command(finding, told), keep_command(finding, told)):
                lines += [] if command is None else command.lines(_UNBROKEN)
    if lines:
        report.sections.append(("tasksim commands", "\n".join(lines)))


def explain_cause(error: BaseException, report: pytest.TestReport) -> None:
    """Show where the user's code raised what made a check impossible; the error itself is only text."""
    cause = error.__cause__
    if cause is not None and tells_all(error):
        report.sections.append((f"tasksim exception {type(cause).__name__}", traceback_of(cause)))


def covered(coverage: Coverage) -> str:
    """Return what a check covered, in one line."""
    runs = counted(coverage.explored, "run")
    if coverage.left:
        runs = f"{coverage.explored} of {coverage.explored + coverage.left} runs explored"
    elif coverage.stopped:
        runs += " explored"
    else:
        runs += ", all explored"
    same = f", {coverage.skipped} more would be the same" if coverage.skipped else ""
    where = f"{counted(coverage.checkpoints, 'checkpoint')}, {counted(coverage.effects, 'effect')}"
    return f"{where}: {runs}{same}"


def _told(result: Report, *, is_replay: bool) -> dict[str, Any]:
    """Return what the summary tells of a check that passed."""
    coverage = result.coverage
    if is_replay:
        return {"line": "replayed: no judge found anything", "is_replay": True}
    notes = f" ({counted(len(result.notes), 'note')})" if result.notes else ""
    return {
        "line": f"{covered(coverage)}{notes}",
        "checkpoints": coverage.checkpoints,
        "explored": coverage.explored,
        "left": coverage.left,
    }


def _replay_lines(item: pytest.Item, result: Report) -> list[str]:
    """Return the line that replays each finding; the token says the profile, so that the id need not."""
    test = seen_id(item)
    profile = (getattr(item, "funcargs", None) or {}).get("_tasksim_profile")
    if profile is not None:
        test = test.removesuffix(f"[{profile}]")
        if test.endswith(f"-{profile}]"):
            test = f"{test.removesuffix(f'-{profile}]')}]"
    return [
        f"pytest {shlex.quote(test)} --tasksim-plan={shlex.quote(finding.token)}"
        for finding in result.findings
    ]
