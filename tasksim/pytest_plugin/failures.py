"""What a failed test shows of its simulations: the original tracebacks, the timeline, the logs, a replay.

This module promises sections of bounded length that fit the terminal, and that it never raises: a section
that cannot be made says why.
"""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tasksim._model.events import ExceptionRaised, FaultPlanned, Noted, SimulationStarted
from tasksim._simulator.endings import last_lines, log_lines
from tasksim._trace.cells import counted
from tasksim.errors import StalePlan
from tasksim.pytest_plugin.tracebacks import chain, is_library, is_ours
from tasksim.pytest_plugin.traces import logs_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tasksim._simulator.execution import Execution
    from tasksim._simulator.simulator import Simulator

__all__ = ["screen_of", "sections", "traceback_of"]

_MOST_SIMULATORS = 3
_MOST_EXCEPTIONS = 3
_MOST_TIMELINE = 40
_MOST_LOGS = 30
_MOST_TRACEBACK = 40
_NARROWEST, _WIDEST = 60, 140


class _Shown(NamedTuple):
    """A simulator that is shown, what its sections are called after, and the file that has all of it.

    `earlier` is how many before it are not shown.
    """

    sim: Simulator
    which: str
    file: str
    earlier: int = 0


class _Screen(NamedTuple):
    """What the terminal can show."""

    width: int
    unicode: bool


def sections(
    sims: Sequence[Simulator],
    *,
    error: BaseException | None,
    replay: str,
    config: pytest.Config,
    traces: Sequence[str],
) -> list[tuple[str, str]]:
    """Return titles and texts for the report of a failed test.

    Args:
        sims: The simulators of the test, oldest first.
        error: What the test raised: it is shown by pytest, and not once more.
        replay: The line for a shell that replays the test.
        config: pytest's.
        traces: Names of the files that were written for it.
    """
    found: list[tuple[str, str]] = []
    shown: list[_Shown] = []
    _guarded(found, "tasksim", lambda: shown.extend(_chosen(sims, traces)))
    if not shown:
        return found
    screen = screen_of(config)
    for one in shown:
        _guarded(found, f"tasksim exception{one.which}", _add_exceptions, found, one, error)
        _guarded(found, f"tasksim timeline{one.which}", _add_timeline, found, one, screen)
        _guarded(found, f"tasksim logs{one.which}", _add_logs, found, one, screen)
    _guarded(found, "tasksim replay", _add_replay, found, shown, replay, error)
    return found


def _guarded(
    found: list[tuple[str, str]], title: str, add: Callable[..., object], *arguments: object
) -> None:
    """Let sections be added; if that fails, add one that says why."""
    try:
        add(*arguments)
    except Exception as error:  # noqa: BLE001 - what shows a failure must not hide it
        why = f"{type(error).__name__}: {_text_of(error)}".splitlines()[0]
        found.append((title, f"This could not be made: {why}"))


def _text_of(error: BaseException | None) -> str:
    """Return an exception's text, if it has one."""
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - as above
        return "?"


def _chosen(sims: Sequence[Simulator], traces: Sequence[str]) -> list[_Shown]:
    """Return the last simulators in which anything happened."""
    texts = [name for name in traces if name.endswith(".txt")]
    if len(texts) != len(sims):
        texts = [texts[-1] if texts else ""] * len(sims)
    busy = [(sim, text) for sim, text in zip(sims, texts, strict=True) if _has_happened(sim)]
    if len(busy) == 1:
        return [_Shown(busy[0][0], "", busy[0][1])]
    last = list(enumerate(busy, 1))[-_MOST_SIMULATORS:]
    return [
        _Shown(sim, f" ({number} of {len(busy)}, profile {sim.profile})", text, len(busy) - len(last))
        for number, (sim, text) in last
    ]


def _has_happened(sim: Simulator) -> bool:
    """Whether anything happened in a simulator."""
    engine = sim._engine  # noqa: SLF001 - of one package
    quiet = (SimulationStarted, FaultPlanned, Noted)
    return bool(engine.lives) or any(not isinstance(event, quiet) for event in engine.events or ())


def screen_of(config: pytest.Config) -> _Screen:
    """Return what pytest's terminal can show; a worker of xdist does not know it."""
    width = shutil.get_terminal_size((80, 24)).columns
    stream = sys.__stdout__ if sys.__stdout__ is not None else sys.stdout  # pytest captures in UTF-8, always
    encoding = (getattr(stream, "encoding", None) or "").lower().replace("-", "").replace("_", "")
    is_worker = hasattr(config, "workerinput")
    return _Screen(min(max(width, _NARROWEST), _WIDEST), encoding == "utf8" and not is_worker)


# --- original tracebacks


def _add_exceptions(found: list[tuple[str, str]], one: _Shown, error: BaseException | None) -> None:
    """Add the tracebacks of what the code of tasks raised, but for those that pytest shows."""
    known = {id(each) for each in chain(error)}
    sim = one.sim
    executions = [sim.execution(id_) for id_ in sim._engine.lives]  # noqa: SLF001 - of one package
    failed = [
        (execution, exception)
        for execution in executions
        if (exception := execution.exception) is not None and id(exception) not in known
    ]
    left = len(failed) - _MOST_EXCEPTIONS
    for number, (execution, exception) in enumerate(failed[:_MOST_EXCEPTIONS], 1):
        text = traceback_of(exception)
        if number == _MOST_EXCEPTIONS and left > 0:
            text += f"\n... and {counted(left, 'task')} more raised an exception"
        found.append(
            (f"tasksim exception in {_where(execution, exception)} of {execution.id}{one.which}", text)
        )


def _where(execution: Execution, exception: BaseException) -> str:
    """Return in which function of a definition an exception was raised last."""
    if execution._engine.events is None:  # noqa: SLF001 - of one package
        return "the code"
    raised = [event for event in execution.trace if isinstance(event, ExceptionRaised)]
    alike = [event.where for event in raised if event.kind == type(exception).__name__]
    return alike[-1] if alike else "the code"


def traceback_of(exception: BaseException) -> str:
    """Return a traceback as pytest formats it, cut to the user's frames."""
    excinfo = pytest.ExceptionInfo.from_exception(exception)
    lines = str(excinfo.getrepr(style="short", tbfilter=_of_the_user, chain=True)).splitlines()
    if len(lines) > _MOST_TRACEBACK:
        half = _MOST_TRACEBACK // 2
        lines = [*lines[:half], f"... {len(lines) - 2 * half} lines more", *lines[-half:]]
    return "\n".join(lines)


def _of_the_user(excinfo: pytest.ExceptionInfo[BaseException]) -> Any:
    """Return the entries of a traceback from the user's code on; all of them if there are none."""
    entries = excinfo.traceback
    kept = entries.filter(lambda entry: not is_ours(entry.frame.raw))
    while kept and is_library(kept[0].frame.raw):
        kept = type(kept)(list(kept)[1:])
    return kept or entries


# --- timeline, logs, replay


def _add_timeline(found: list[tuple[str, str]], one: _Shown, screen: _Screen) -> None:
    """Add the last lines of the timeline."""
    lines = one.sim.trace.text(screen.width, screen.unicode).splitlines()
    shown = last_lines(lines, _MOST_TIMELINE, f"; all of it: {one.file or '--tasksim-trace=DIR'}")
    found.append((f"tasksim timeline{one.which}", "\n".join(shown)))


def _add_logs(found: list[tuple[str, str]], one: _Shown, screen: _Screen) -> None:
    """Add the last of the logs by iteration, if there are any."""
    logs = logs_of(one.sim)
    several = len({log.task for log in logs}) > 1
    lines = log_lines(logs, width=screen.width, unicode=screen.unicode, most=_MOST_LOGS, tasks=several)
    if lines:
        found.append((f"tasksim logs{one.which}", "\n".join(lines)))


def _stale(sim: Simulator) -> StalePlan | None:
    """Return the error of a fault that did not fire, which a test that failed already does not raise."""
    if sim._engine.ended_by is not None:  # noqa: SLF001 - of one package
        return None  # there is a better reason
    try:
        sim.close()
    except StalePlan as error:
        return error
    return None


def _add_replay(
    found: list[tuple[str, str]], shown: Sequence[_Shown], replay: str, error: BaseException | None
) -> None:
    """Add the line that runs the test again as it ran, the settings of each simulation, and stale faults."""
    lines = [replay] if replay else []
    for one in shown:
        lines.append(f"token{one.which}: {one.sim.token}")
        stale = _stale(one.sim)
        if stale is not None and stale.sentence not in _text_of(error):
            lines += [stale.sentence, *(f"  {fact}" for fact in stale.facts)]
    if shown[0].earlier:
        lines.append(f"not shown: {counted(shown[0].earlier, 'simulator')} before")
    found.append(("tasksim replay", "\n".join(lines)))
