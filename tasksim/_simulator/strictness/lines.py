"""Where in the user's code something happened, and through which library.

Unlike `calling_line` this skips libraries too: `secrets.token_hex()` is a line of the task, not of
`secrets`. It must not know what was done there.
"""

from __future__ import annotations

import os
import site
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from tasksim._engine.frames import place
from tasksim._engine.machine import deliver

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType

    from tasksim._engine.core import Engine

__all__ = ["Call", "Lines", "current_call"]

_DELIVER = deliver.__code__
_STANDARD = f"{os.path.dirname(os.__file__)}{os.sep}"  # noqa: PTH120 - as code objects spell it
_OURS = (f"{Path(__file__).parents[2]}{os.sep}", "<frozen ")
_SITES = tuple(
    f"{path}{os.sep}"
    for path in (
        sysconfig.get_path("purelib"),
        sysconfig.get_path("platlib"),
        *site.getsitepackages(),
        site.getusersitepackages(),
    )
)
_LIBRARIES = (*_OURS, _STANDARD, *_SITES)
_IMPORTING = "<frozen importlib"
_TEMPFILE = f"{_STANDARD}tempfile.py"
_OF_TEMPFILE = ("_get_default_tempdir", "rng")  # drawing a name is found at the draw, not where `rng` is made
_TOOLS = tuple(f"{os.sep}{name}{os.sep}" for name in ("freezegun", "hypothesis", "_pytest"))
_known: dict[str, bool] = {}


class Call(NamedTuple):
    """A call that is being made inside an event.

    Attributes:
        line: The user's line: the nearest that is no library's.
        through: The library's function that this line called, or None.
        is_by_library: Whether a library does it that is not Python's own.
        is_harmless: Whether it is done on the way to something that is the same each time, once in a
            process: importing a module, finding the folder for temporary files; or by a tool of the test.
    """

    line: str
    through: str | None
    is_by_library: bool
    is_harmless: bool


def current_call(frame: FrameType) -> Call:
    """Return what the user's code is doing at `frame`, inside the event that is being handled."""
    here: FrameType | None = frame
    users = nearest = below = None
    is_harmless = False
    while here is not None and here.f_code is not _DELIVER:
        code = here.f_code
        is_harmless = is_harmless or code.co_filename.startswith(_IMPORTING)
        if users is None and not code.co_filename.startswith(_OURS):
            if _is_own(here):
                users = here
            else:
                below = here
                is_harmless = is_harmless or _is_harmless(code)
                if nearest is None and not _is_standard(code):
                    nearest = here
        here = here.f_back
    shown = users or nearest or below
    through = None if below is None or below is shown else _name(below)
    line = "outside any file" if shown is None else place(shown)
    return Call(line, through, nearest is not None, is_harmless)


def _is_harmless(code: CodeType) -> bool:
    """Tell whether a library's function does what is no concern of the simulation."""
    path = code.co_filename
    return (path == _TEMPFILE and code.co_name in _OF_TEMPFILE) or any(tool in path for tool in _TOOLS)


def _is_standard(code: CodeType) -> bool:
    """Tell Python's own library, inside of whose folder the others may be."""
    return code.co_filename.startswith(_STANDARD) and not code.co_filename.startswith(_SITES)


def _is_own(frame: FrameType) -> bool:
    """Tell whether the code of a frame is neither ours nor any library's."""
    path = frame.f_code.co_filename
    own = _known.get(path)
    if own is None:
        own = _known[path] = not path.startswith(_LIBRARIES)
    return own


def _name(frame: FrameType) -> str:
    """Return the name of a library's function, as in `secrets.token_bytes()`."""
    code = frame.f_code
    return f"{frame.f_globals.get('__name__', '?')}.{getattr(code, 'co_qualname', code.co_name)}()"


class _Spot(NamedTuple):
    """What `place` reads of a frame, without keeping the frame alive."""

    f_code: CodeType
    f_lineno: int
    f_globals: dict[str, Any]


class Lines:
    """Remembers the user's line of each event of a trace.

    Args:
        engine: Whose events; from now on they go through here.
    """

    __slots__ = ("_engine", "_record", "_spots")

    def __init__(self, engine: Engine) -> None:
        """Stand between the engine and its recorder."""
        self._engine = engine
        self._record: Callable[[tuple[Any, ...]], None] = engine.record
        self._spots: dict[int, _Spot] = {}
        engine.record = self._note

    def _note(self, event: tuple[Any, ...]) -> None:
        """Note who adds an event, and add it."""
        frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - its documented name
        while frame is not None and not _is_own(frame):
            frame = frame.f_back
        if frame is not None:
            self._spots[len(self._engine.events or ())] = _Spot(frame.f_code, frame.f_lineno, frame.f_globals)
        self._record(event)

    def of(self, at: int) -> str | None:
        """Return the user's line at which the event with this number was added, if it is known."""
        spot = self._spots.get(at)
        return None if spot is None else place(cast("FrameType", spot))
