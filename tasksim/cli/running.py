"""`tasksim run`: one task, run to its end.

This module promises that what the task's own code raises is shown by the user's lines and ends in exit code
1, and what the command itself got wrong in 2. It must not know how results look.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager, nullcontext, redirect_stdout
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from tasksim._faults.token import UNSET
from tasksim._simulator.simulator import Simulator
from tasksim._trace.describe import time_span
from tasksim._world.durations import to_datetime
from tasksim.cli.loading import load_definitions
from tasksim.cli.printing import print_traceback, user_lines
from tasksim.cli.progress import Progress
from tasksim.cli.results import Outcome, print_as_json, print_raised, print_summary, print_timeline
from tasksim.cli.settings import token_of
from tasksim.errors import DefinitionError, EngineError, StalePlan, TasksimError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasksim._faults.token import Settings, Token
    from tasksim._simulator.execution import Execution
    from tasksim.cli.settings import Options

__all__ = ["Show", "made_by", "register", "run_definition"]

HELD, FOUND, MISUSED = 0, 1, 2


class Show(NamedTuple):
    """What is printed."""

    timeline: bool = False
    json: bool = False
    traceback: bool = False


def run_definition(target: str, options: Options, show: Show) -> int:
    """Run the definition that `target` names, print how it went, and return the exit code.

    Raises:
        TasksimError: What was asked for cannot be run.
    """
    # What a task prints must not stand in the middle of the JSON.
    with redirect_stdout(sys.stderr) if show.json else nullcontext():
        token = token_of(options)
        definitions = load_definitions(target)
        sim = _simulator(token)
        ids = [register(sim, definition) for definition in definitions]
        outcome = _simulate(sim, ids[0], token)
    if show.json:
        print_as_json(outcome, timeline=show.timeline)
    elif show.timeline:
        print_timeline(outcome)
    elif outcome.raised is None:
        print_summary(outcome)
    if outcome.raised is not None:
        print_raised(outcome, timeline=show.timeline, traceback=show.traceback)
        return MISUSED if isinstance(outcome.raised, StalePlan) else FOUND
    if show.traceback and outcome.exception is not None:
        print_traceback(outcome.exception)
    return HELD if outcome.held else FOUND


def _simulator(token: Token) -> Simulator:
    """Build the world that a token describes."""
    settings: Settings = token.settings
    return Simulator(
        profile=settings.profile,
        start=to_datetime(settings.start_ms),
        seed=settings.seed,
        budget=_milliseconds(settings.budget_ms),
        close_limit=None if settings.close_limit_ms is None else _milliseconds(settings.close_limit_ms),
        tick=_milliseconds(settings.tick_ms),
        plan=token.plan,
        on_crash=settings.on_crash,
    )


def _milliseconds(ms: int) -> timedelta:
    """Return a duration as the simulator takes it, without any float."""
    return timedelta(milliseconds=ms)


def register(sim: Simulator, definition: object) -> str:
    """Register a definition; what its own code raises at that is an error of the definition."""
    with made_by(definition):
        return sim.register(definition)


@contextmanager
def made_by(definition: object) -> Iterator[None]:
    """Let what the code of a definition, or of a function that makes some, raises be an error of it.

    Raises:
        DefinitionError: It raised; with the user's line.
    """
    try:
        yield
    except (TasksimError, KeyboardInterrupt):
        raise
    except BaseException as error:
        name = getattr(definition, "__name__", type(definition).__name__)
        text = f"{type(error).__name__}: {error}".removesuffix(": ").removesuffix(".")
        raise DefinitionError(
            f"{name} raised while it was registered: {text}.",
            facts=user_lines(error.__traceback__),
            way_out="Correct it; --traceback shows every frame.",
        ) from error


def _simulate(sim: Simulator, definition_id: str, token: Token) -> Outcome:
    """Trigger the definition and handle every event; what comes out of the task's own code is kept.

    Raises:
        TasksimError: The trigger was refused, so nothing ran.
    """
    execution: Execution | None = None
    raised: BaseException | None = None
    given = token.settings.input
    try:
        with Progress("running") as progress, sim:
            task = sim.tasks.trigger(definition_id, input=None if given is UNSET else given)
            execution = sim.execution(task)
            for handled in count(1):
                if sim.next_event() is None:
                    break
                sim.run_next()
                if progress.is_due():
                    progress.show(handled, f"{handled:,} events, {time_span(sim.now_ms)} of virtual time")
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        if execution is None and isinstance(error, UsageError | EngineError):
            raise
        if not isinstance(error, TasksimError | SystemExit) and not user_lines(error.__traceback__):
            raise  # a defect of tasksim's own, which is no verdict about the task
        raised = error
    return Outcome(sim, definition_id, execution, raised, token)
