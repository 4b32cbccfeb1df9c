"""Where in the user's code something happened: frames outside this package."""

from __future__ import annotations

import linecache
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType, TracebackType

__all__ = ["calling_line", "traceback_lines"]

_PACKAGE = str(Path(__file__).parent.parent)


def _is_ours(filename: str) -> bool:
    """Whether a file belongs to tasksim (or is made up, as `<string>` of a generated function)."""
    return filename.startswith((_PACKAGE, "<frozen"))


def _line(filename: str, number: int, function: str) -> str:
    """Return `publish.py:24 in run: the source line`."""
    source = linecache.getline(filename, number).strip()
    return f"{Path(filename).name}:{number} in {function}" + (f": {source}" if source else "")


def calling_line() -> str:
    """Return the innermost line of user code on the present stack."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - the documented way to look at the stack cheaply
    while frame is not None and _is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    if frame is None:
        return "unknown"
    return _line(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)


def traceback_lines(traceback: TracebackType | None) -> list[str]:
    """Return the user's lines of a traceback, outermost first; frames of tasksim and asyncio are left out."""
    return [
        _line(frame.f_code.co_filename, number, frame.f_code.co_name)
        for frame, number in _frames(traceback)
        if not _is_ours(frame.f_code.co_filename)
        and "/asyncio/" not in frame.f_code.co_filename.replace("\\", "/")
    ]


def _frames(traceback: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    """Iterate over the frames and line numbers of a traceback."""
    while traceback is not None:
        yield traceback.tb_frame, traceback.tb_lineno
        traceback = traceback.tb_next
