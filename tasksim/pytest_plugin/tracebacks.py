"""Tracebacks cut to the user's frames.

pytest hides a frame in whose locals or globals `__tracebackhide__` is true. This module promises that a
defect of tasksim itself stays visible, and that `--full-trace` shows everything.
"""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from tasksim.errors import CheckFailed, TasksimError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    import pytest

__all__ = ["chain", "hide_ours", "is_library", "is_ours", "shorten_native", "tells_all"]

_ROOT = "tasksim"
_CHECKS = f"{_ROOT}.pytest_plugin.checks"
_LIBRARIES = ("_pytest", "pluggy", "pytest", "pydantic", "pydantic_core", "freezegun")
_STANDARD = str(Path(sysconfig.get_path("stdlib")))


def hide_ours() -> None:
    """Let pytest hide the frames of every module of tasksim that is loaded."""
    for name, module in list(sys.modules.items()):
        if (name == _ROOT or name.startswith(f"{_ROOT}.")) and hasattr(module, "__dict__"):
            vars(module)["__tracebackhide__"] = _is_hidden


def _is_hidden(excinfo: pytest.ExceptionInfo[BaseException] | None) -> bool:
    """Whether the frames of tasksim are of no interest: the error is not a defect of it."""
    return excinfo is not None and not _is_defect(excinfo.value, excinfo.tb)


def _is_defect(error: BaseException, traceback: TracebackType | None) -> bool:
    """Whether an exception was raised by tasksim without meaning to."""
    if isinstance(error, AssertionError) or type(error).__module__ == f"{_ROOT}.errors":
        return False
    frames = [entry.tb_frame for entry in _entries(traceback)]
    ours = [at for at, frame in enumerate(frames) if is_ours(frame)]
    return bool(ours) and all(map(is_library, frames[ours[-1] + 1 :]))


def is_ours(frame: FrameType) -> bool:
    """Whether a frame runs code of tasksim."""
    name = str(frame.f_globals.get("__name__", ""))
    return name == _ROOT or name.startswith(f"{_ROOT}.")


def is_library(frame: FrameType) -> bool:
    """Whether a frame runs code of Python's own library, of pytest or of what we call."""
    name = str(frame.f_globals.get("__name__", "")).partition(".")[0]
    path = frame.f_code.co_filename
    is_standard = path.startswith((_STANDARD, "<frozen ")) and "site-packages" not in path
    return name in _LIBRARIES or is_standard


def _entries(traceback: TracebackType | None) -> Iterator[TracebackType]:
    """Return the entries of a traceback, outermost first."""
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


# --- checks, of which there is more to tell than where they were called


def tells_all(error: BaseException) -> bool:
    """Whether the text of an error that ended a check says all: ours, and come through no user's code."""
    if isinstance(error, CheckFailed):
        return True
    if not isinstance(error, TasksimError):
        return False
    frames = [entry.tb_frame for entry in _entries(error.__traceback__)]
    ours = [at for at, frame in enumerate(frames) if frame.f_globals.get("__name__") == _CHECKS]
    return bool(ours) and all(is_ours(frame) or is_library(frame) for frame in frames[ours[0] :])


# --- native tracebacks, which pytest does not filter


def shorten_native(excinfo: pytest.ExceptionInfo[BaseException], config: pytest.Config) -> None:
    """Take our frames out of a traceback that pytest will show as Python does (`--tb=native`).

    Those of chained exceptions are replaced, for Python formats them itself.
    """
    if config.getoption("tbstyle", "auto") != "native" or config.getoption("fulltrace", default=False):
        return
    if _is_defect(excinfo.value, excinfo.tb):
        return
    shortened = _without_ours(excinfo.tb)
    if shortened is not None:
        excinfo.traceback = type(excinfo.traceback)(shortened)
    for error in chain(excinfo.value):
        if error is not excinfo.value:
            error.__traceback__ = _without_ours(error.__traceback__)


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """Return an exception, and those that it was raised from or after, each once."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [one.__cause__, one.__context__]


def _without_ours(traceback: TracebackType | None) -> TracebackType | None:
    """Return a traceback of the frames that are not ours; all of it if there are no others."""
    shortened = None
    for entry in reversed(list(_entries(traceback))):
        if not is_ours(entry.tb_frame):
            shortened = TracebackType(shortened, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return shortened if shortened is not None else traceback
