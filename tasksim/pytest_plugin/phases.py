"""What a phase of a test (setup, call, teardown) leaves behind: sections of its report, traces, notes.

This module promises that a test that passed is not touched. It must not know how a failure is told; that is
the business of `failures` and `traces`.
"""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from tasksim._simulator.ambient import ambient
from tasksim._simulator.simulator import Simulator
from tasksim.pytest_plugin import (
    COMPARED,
    FAILED,
    OPTIONS,
    WORLDS,
)
from tasksim.pytest_plugin.ambience import held_for_test, made_in_test, strict_lines
from tasksim.pytest_plugin.failures import sections
from tasksim.pytest_plugin.refusals import refuse
from tasksim.pytest_plugin.tracebacks import hide_ours, shorten_native
from tasksim.pytest_plugin.traces import write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tasksim.errors import TasksimError

__all__ = [
    "after_phase",
    "before_report",
    "fail_report",
    "held_for_test",
    "id_of",
    "replay_line",
    "seen_id",
    "simulators_of",
    "write_traces",
]

_MOST = 8


def before_report(call: pytest.CallInfo[None], config: pytest.Config) -> None:
    """Cut the traceback of a failure to the user's frames, before pytest reads it."""
    if call.excinfo is not None:
        hide_ours()
        shorten_native(call.excinfo, config)


def after_phase(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Explain a failed phase, write traces, and note what the summary tells."""
    if call.when != "teardown" and not report.passed:
        item.stash[FAILED] = True
    options = item.config.stash.get(OPTIONS, None)
    told: dict[str, Any] = {}
    if report.failed:
        error = None if call.excinfo is None else call.excinfo.value
        explain_failure(item, error, report, told)
    elif (
        call.when == "teardown"
        and not item.stash.get(FAILED, False)
        and options is not None
        and options.trace_of == "all"
    ):
        write_traces(item, "call", simulators_of(item), told)
    if call.when == "teardown":
        told.update(_notes(item))
    if told:
        report.tasksim = told  # type: ignore[attr-defined]  # xdist sends it along


def _notes(item: pytest.Item) -> dict[str, Any]:
    """Return what the summary tells of a test, each once."""
    notes: dict[str, Any] = {}
    if ambient().ignored:
        notes["ignored"] = ambient().ignored
        ambient().ignored = 0
    if not item.stash.get(COMPARED, False) and not item.stash.get(FAILED, False):
        notes["uncompared"] = any(strict_lines(sim) is not None for sim in made_in_test())
    return {name: value for name, value in notes.items() if value}


def explain_failure(
    item: pytest.Item, error: BaseException | None, report: pytest.TestReport, told: dict[str, Any]
) -> None:
    """Put what happened in its simulators on the report of a failed phase."""
    sims = simulators_of(item)
    if sims:
        traces = write_traces(item, report.when, sims, told)
        report.sections.extend(
            sections(sims, error=error, replay=replay_line(item), config=item.config, traces=traces)
        )


def fail_report(
    item: pytest.Item, report: pytest.TestReport, error: TasksimError, sims: Sequence[Simulator]
) -> None:
    """Turn the report of a call that passed into that of a failure, with an error's message alone."""
    try:
        refuse(error)
    except pytest.fail.Exception as outcome:
        report.outcome = "failed"
        report.longrepr = item.repr_failure(pytest.ExceptionInfo.from_exception(outcome))
    told: dict[str, Any] = {}
    traces = write_traces(item, report.when, sims, told)
    report.sections.extend(
        sections(sims, error=None, replay=replay_line(item), config=item.config, traces=traces)
    )
    report.tasksim = told  # type: ignore[attr-defined]  # as above


def simulators_of(item: pytest.Item) -> list[Simulator]:
    """Return the simulators of a test, oldest first: those it made, and those its fixtures are."""
    values = (getattr(item, "funcargs", None) or {}).values()
    found = [value for value in values if isinstance(value, Simulator)]
    found += [one for worlds in item.stash.get(WORLDS, ()) for one in worlds.made]
    made = made_in_test()
    others = [one for one in found if not any(one is other for other in made)]
    each: dict[int, Simulator] = {id(one): one for one in (*others, *made)}
    return list(each.values())[-_MOST:]


def write_traces(
    item: pytest.Item, when: str | None, sims: Sequence[Simulator], told: dict[str, Any]
) -> list[str]:
    """Write the traces of a test, if asked to; return their names as seen from where pytest was called."""
    options = item.config.stash.get(OPTIONS, None)
    if options is None or options.trace is None or not sims:
        return []
    try:
        paths = write(options.trace, item.nodeid, when or "call", sims)
    except OSError as error:
        told["unwritten"] = f"{item.nodeid}: {error}"
        return []
    names = [_seen_from(item.config.invocation_params.dir, path) for path in paths]
    told["traces"] = names
    return names


def _seen_from(folder: Path, path: Path) -> str:
    """Return a path relative to a folder, if it is inside of it."""
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)


def replay_line(item: pytest.Item) -> str:
    """Return the line for a shell that runs a test again as it ran now.

    The options are those of the command line; what the ini file says it says again.
    """
    options = item.config.stash.get(OPTIONS, None)
    arguments = () if options is None else options.arguments
    return " ".join(("pytest", shlex.quote(seen_id(item)), *arguments))


def id_of(item: pytest.Item) -> str:
    """Return the id of a test without the group, which xdist appends."""
    head, found, _ = item.nodeid.rpartition(item.name)
    return head + found if found else item.nodeid


def seen_id(item: pytest.Item) -> str:
    """Return the id of a test as it is given to pytest where pytest was called."""
    path, separator, rest = id_of(item).partition("::")
    config = item.config
    path = os.path.relpath(config.rootpath / path, config.invocation_params.dir).replace(os.sep, "/")
    return path + separator + rest
