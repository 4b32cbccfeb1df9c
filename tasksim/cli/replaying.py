"""`tasksim replay`: one run of a target under a token, judged.

This module promises that the run is the one whose token was printed: its SHA-256 is shown. It must not know
how a run is judged, nor what a story looks like.
"""

from __future__ import annotations

import sys
from contextlib import nullcontext, redirect_stdout
from shlex import quote
from typing import TYPE_CHECKING, Any, NamedTuple

from tasksim._explore.checking import replay
from tasksim._explore.targets import as_target
from tasksim._faults.plan import render
from tasksim._faults.token import UNSET, parse_token_or_plan
from tasksim._trace.cells import clean, wrapped
from tasksim._trace.json_lines import event_to_json
from tasksim.cli.candidates import load_candidate
from tasksim.cli.checking import error_as_json, failure_of, quietly
from tasksim.cli.files import check_output, write_trace
from tasksim.cli.printing import print_error, print_json, print_lines, print_report, screen_of
from tasksim.cli.results import print_trace
from tasksim.cli.running import FOUND, HELD
from tasksim.errors import StalePlan, TasksimError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasksim._explore.targets import Target
    from tasksim._faults.plan import Plan
    from tasksim.cli.printing import Screen

__all__ = ["Show", "replay_target"]

_MOST_TASKS = 6


class Show(NamedTuple):
    """What is printed, and what is written."""

    timeline: bool = False
    json: bool = False
    trace: str | None = None
    traceback: bool = False


def replay_target(given: str, text: str, show: Show) -> int:
    """Run what `given` names under a token, print the verdict, and return the exit code.

    Raises:
        TasksimError: The token cannot be read, or its plan does not fit what is run.
    """
    if not text.strip():
        raise UsageError("The token is empty.", way_out="Write v1 for the run without faults.")
    token = parse_token_or_plan(text)
    check_output(show.trace, "--trace")
    # What is printed while the target is imported must not stand in the middle of the JSON.
    with redirect_stdout(sys.stderr) if show.json else nullcontext():
        target = as_target(load_candidate(given))
    if token.settings.input is not UNSET and not target.is_definition:
        raise UsageError(
            f"The token has an input, and {target.name!r} is a scenario.",
            way_out="Take input=... out of it, or name the definition that it was printed for.",
        )
    replayed, error = _replayed(target, text, given)
    if error is not None:
        if show.json:
            print_json(
                {"target": target.name, "findings": [], "passed": False, "error": error_as_json(error)}
            )
        print_error(error, traceback=show.traceback)
        return FOUND
    if show.json:
        printed = {**replayed.to_json(), "error": None, "sha256": replayed.sha256}
        if show.timeline:
            printed["events"] = [event_to_json(event) for event in replayed.sim.trace]
        print_json(printed)
    else:
        _print(replayed, token.plan, show)
    sys.stdout.flush()
    if show.trace is not None:
        write_trace(show.trace, replayed.sim)
    return HELD if replayed.passed else FOUND


def _replayed(target: Target, token: str, given: str) -> tuple[Any, TasksimError | None]:
    """Return the judged run, or the error with which the target failed without any fault."""
    try:
        return quietly(lambda: replay(target.made_of, token)), None
    except StalePlan as error:
        shows = f"tasksim replay {quote(given)} v1 --timeline"
        error.way_out = f"Choose a checkpoint that the run reaches: {shows}"
        raise
    except BaseException as error:  # noqa: BLE001 - as a task may raise; ours are raised again
        return None, failure_of(error, target)


def _print(replayed: Any, plan: Plan, show: Show) -> None:
    """Print the timeline if it is asked for, the verdict, and the hash."""
    screen = screen_of(sys.stdout)
    if show.timeline:
        print_trace(replayed.sim.trace, screen)
        print_lines([[]], screen)
    if replayed.passed:
        print_lines([*_passed(replayed, plan, screen)], screen)
    else:
        print_report(replayed.text(width=screen.width), screen, "bold red")
    print_lines([[("dim", "sha256  "), ("", replayed.sha256)]], screen)


def _passed(replayed: Any, plan: Plan, screen: Screen) -> Iterator[list[tuple[str, str]]]:
    """Return the verdict of a run in which nothing was found: how each task ended, and what to know."""
    under = f"under {render(plan)}" if len(plan) else "without faults"
    name = clean(repr(replayed.target.name), unicode=screen.unicode)
    yield [("bold green", f"{name} passes"), ("", f" {clean(under, unicode=screen.unicode)}.")]
    tasks = replayed.sim.tasks.list_tasks(sort="created_on_ASC", limit=_MOST_TASKS)
    for task in tasks.items:
        yield [("", f"  {task.id}  {task.status}")]
    if tasks.meta.total_count > _MOST_TASKS:
        yield [("", f"  ... {tasks.meta.total_count - _MOST_TASKS} more")]
    for note in replayed.notes:
        for number, line in enumerate(wrapped(clean(note, unicode=screen.unicode), screen.width - 8)):
            yield [("dim", "  note  " if number == 0 else " " * 8), ("", line)]
