"""Where in the user's code something happened: `publish.py:24 in run: cms.publish(id)`.

This module promises texts that are the same in every process: no address and no directory.
"""

from __future__ import annotations

import asyncio
import importlib
import linecache
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType, TracebackType

__all__ = ["calling_line", "is_the_users", "place", "traceback_lines"]

_PACKAGE = Path(__file__).parent.parent
_LIBRARIES = (Path(asyncio.__file__).parent, Path(importlib.__file__).parent, _PACKAGE)
_NOT_THE_USERS = (*(f"{path}{os.sep}" for path in _LIBRARIES), "<frozen ")


def is_the_users(frame: FrameType) -> bool:
    """Tell whether the code of a frame is neither asyncio's nor ours."""
    return not frame.f_code.co_filename.startswith(_NOT_THE_USERS)


def place(frame: FrameType, line: int | None = None) -> str:
    """Return file, line, function and source line of a frame, where it stands or at `line`."""
    path = frame.f_code.co_filename
    line = frame.f_lineno if line is None else line
    linecache.checkcache(path)
    where = f"{os.path.basename(path)}:{line} in {frame.f_code.co_name}"  # noqa: PTH119 - may be "<stdin>"
    # From 3.13 on `python -c` has its own text under "<string>", which is everybody's name for no file.
    source = "" if path == "<string>" else linecache.getline(path, line, frame.f_globals).strip()
    return f"{where}: {source}" if source else where


def calling_line() -> str:
    """Return the place in the user's code that led to the function that asks, now running."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - its documented name
    while frame is not None and not is_the_users(frame):
        frame = frame.f_back
    return "outside any file" if frame is None else place(frame)


def traceback_lines(traceback: TracebackType | None) -> list[str]:
    """Return the user's places of a traceback, outermost first."""
    places = []
    while traceback is not None:
        if is_the_users(traceback.tb_frame):
            places.append(place(traceback.tb_frame, traceback.tb_lineno))
        traceback = traceback.tb_next
    return places
