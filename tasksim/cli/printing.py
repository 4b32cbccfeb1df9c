"""Where text goes: how wide the terminal is, whether it has colours, and errors on stderr.

This module promises plain ASCII lines where the output is no terminal, and that nothing printed fails for
its characters. It must not know what is printed.
"""

from __future__ import annotations

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TextIO

from tasksim._engine.frames import traceback_lines
from tasksim._trace.cells import clean, cut
from tasksim.errors import TasksimError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType


__all__ = [
    "Screen",
    "defect",
    "has_rich",
    "one_line",
    "print_error",
    "print_json",
    "print_lines",
    "print_report",
    "print_traceback",
    "screen_of",
    "terminal_width",
    "user_lines",
]

_NARROWEST = 60
_MOST_LINES = 12


class Screen(NamedTuple):
    """What an output can show.

    Attributes:
        width: Columns of a line.
        unicode: Whether more than ASCII may be printed.
        colour: Whether it is a terminal that wants colours, and rich is there.
    """

    width: int
    unicode: bool
    colour: bool


def has_rich() -> bool:
    """Whether rich is installed; it is not loaded for the answer."""
    if "rich" in sys.modules:
        return sys.modules["rich"] is not None
    return find_spec("rich") is not None


def terminal_width() -> int:
    """Return the columns of the terminal, or what COLUMNS says; 80 where there is neither, at least 60."""
    return max(shutil.get_terminal_size((80, 24)).columns, _NARROWEST)


def screen_of(stream: TextIO) -> Screen:
    """Return what a stream can show."""
    is_terminal = stream.isatty()
    encoding = (stream.encoding or "").lower().replace("-", "").replace("_", "")
    colour = is_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return Screen(terminal_width(), is_terminal and encoding == "utf8", colour and has_rich())


def one_line(text: str, width: int, *, unicode: bool = False) -> str:
    """Return text on one line of at most `width` columns, in ASCII if asked for."""
    return cut(clean(text[: width * 4], unicode=unicode), width)


def _innermost_lines(traceback: TracebackType | None) -> list[str]:
    """Return the innermost lines of a traceback, whoever's they are."""
    frames = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        frames.append(f"{Path(code.co_filename).name}:{traceback.tb_lineno} in {code.co_name}")
        traceback = traceback.tb_next
    return frames[-3:]


def user_lines(traceback: TracebackType | None) -> list[str]:
    """Return the user's lines of a traceback, the middle of a long one left out."""
    lines = traceback_lines(traceback)
    if len(lines) <= _MOST_LINES:
        return lines
    half = _MOST_LINES // 2
    return [*lines[:half], f"... {len(lines) - 2 * half} more", *lines[-half:]]


def defect(error: Exception) -> TasksimError:
    """Return the error that says where tasksim itself failed."""
    text = f"{type(error).__name__}: {error}".removesuffix(": ").removesuffix(".")
    found = TasksimError(
        f"tasksim itself failed: {text}.",
        facts=_innermost_lines(error.__traceback__),
        way_out="Report it, with what --traceback prints.",
    )
    found.__cause__ = error
    return found


def print_error(error: TasksimError, *, more: Sequence[str] = (), traceback: bool = False) -> None:
    """Print an error as its text, or with all its frames; `more` are further lines of facts."""
    sys.stdout.flush()
    if traceback:
        print_traceback(error)
        return
    stream = sys.stderr
    screen = screen_of(stream)
    text = str(error).split("\n")
    for line in (*text[:1], *(f"  {line}" for line in more), *text[1:]):
        stream.write(f"{clean(line, unicode=screen.unicode)}\n")


def print_traceback(error: BaseException) -> None:
    """Print an error with all its frames on stderr."""
    import traceback  # noqa: PLC0415 - rarely needed

    sys.stdout.flush()
    traceback.print_exception(error, file=sys.stderr)


def print_lines(lines: Sequence[Sequence[tuple[str, str]]], screen: Screen) -> None:
    """Print lines of (style, text), the styles only where there is colour."""
    if not screen.colour:
        for line in lines:
            sys.stdout.write("".join(text for _, text in line).rstrip() + "\n")
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    for line in lines:
        console.print(Text.assemble(*((text, style) for style, text in line)), soft_wrap=True)


def print_report(text: str, screen: Screen, style: str) -> None:
    """Print a report, whose verdicts are what is not indented; they have a style where there is colour."""
    lines = (clean(line, unicode=screen.unicode) for line in text.rstrip("\n").split("\n"))
    print_lines([[("" if line.startswith(" ") else style, line)] for line in lines], screen)


def print_json(value: object) -> None:
    """Print one JSON object on a line, in ASCII."""
    import json  # noqa: PLC0415 - only where JSON is asked for

    sys.stdout.write(f"{json.dumps(value)}\n")
