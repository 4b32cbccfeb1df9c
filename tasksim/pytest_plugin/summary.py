"""What the terminal summary tells of a run: what checks covered, traces written, what heeded no option."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasksim._simulator.ambient import ambient
from tasksim._trace.cells import counted
from tasksim.pytest_plugin import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

__all__ = ["tell"]

_MOST_LINES = 20


def tell(
    terminal: pytest.TerminalReporter, config: pytest.Config, reported: Sequence[dict[str, Any]]
) -> None:
    """Write the summary's section, if there is anything to tell."""
    lines = [
        *_covered(reported, config.get_verbosity()),
        *_traces(reported),
        *_ignored(config, reported),
        *_uncompared(reported),
    ]
    if lines:
        terminal.write_sep("=", "tasksim")
        for line in lines:
            terminal.write_line(line)


def _covered(reported: Sequence[dict[str, Any]], verbosity: int) -> list[str]:
    """Return what the checks that passed covered: in all, and with `-v` each by itself; with `-q` nothing."""
    passed = [told for told in reported if "covered" in told]
    checked = [told["covered"] for told in passed if not told["covered"].get("is_replay")]
    if verbosity < 0 or not passed:
        return []
    lines = []
    if checked:
        explored, left, checkpoints = (
            sum(one[name] for one in checked) for name in ("explored", "left", "checkpoints")
        )
        extent = (
            f"{explored} of {explored + left} runs explored"
            if left
            else f"{counted(explored, 'run')}, all explored"
        )
        where = counted(checkpoints, "checkpoint")
        lines.append(f"{counted(len(checked), 'scenario')} checked and passed: {where}, {extent}.")
    if verbosity > 0 or not checked:
        lines += [f"  {told['test']}  {told['covered']['line']}" for told in passed]
    return lines


def _traces(reported: Sequence[dict[str, Any]]) -> list[str]:
    """Return the names of the files written, not too many."""
    written = {name for told in reported for name in told.get("traces", ())}
    names = sorted(name for name in written if name.endswith(".txt"))
    unwritten = [told["unwritten"] for told in reported if "unwritten" in told]
    lines = []
    if names:
        lines.append("Traces written, to read (.txt) and for tools (.jsonl):")
        lines += [f"  {name}" for name in names[:_MOST_LINES]]
        if len(names) > _MOST_LINES:
            lines.append(f"  and {len(names) - _MOST_LINES} more")
    if unwritten:
        lines.append("Traces that could not be written:")
        lines += [f"  {text}" for text in unwritten[:_MOST_LINES]]
        if len(unwritten) > _MOST_LINES:
            lines.append(f"  and {len(unwritten) - _MOST_LINES} more")
    return lines


def _ignored(config: pytest.Config, reported: Sequence[dict[str, Any]]) -> list[str]:
    """Return the line on simulators that were made directly while several profiles were asked for."""
    options = config.stash.get(OPTIONS, None)
    count = sum(told.get("ignored", 0) for told in reported) + ambient().ignored
    if options is None or not count:
        return []
    were = "1 simulator was" if count == 1 else f"{count} simulators were"
    return [
        f"{were} made by Simulator() or a check, and imitated 'documented' alone.",
        "  With the fixture sim or simulator, or the marker tasksim_check, tests run once for each profile.",
    ]


def _uncompared(reported: Sequence[dict[str, Any]]) -> list[str]:
    """Return the line on strict tests that were run by another plugin."""
    count = sum(told.get("uncompared", 0) for told in reported)
    if not count:
        return []
    were = "1 strict test was" if count == 1 else f"{count} strict tests were"
    return [
        f"{were} not compared with another start, for another plugin runs the tests.",
        "  Run strict tests without it, as in -p no:rerunfailures.",
    ]
