"""Files that a command writes: refused before the work is done, where they cannot be written.

This module promises one clear error for a file that cannot be written. It must not know what makes a trace.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tasksim.errors import UsageError

if TYPE_CHECKING:
    from tasksim._simulator.simulator import Simulator

__all__ = ["cannot_write", "check_output", "write_trace"]

_WIDTH = 120
_JSON_LINES = (".jsonl", ".ndjson")


def check_output(given: str | None, option: str, *, suffix: str = "", is_new: bool = False) -> None:
    """Refuse a file that cannot be written.

    Args:
        given: Its path, or None where none is to be written.
        option: What asked for it.
        suffix: How its name must end.
        is_new: Whether it must not be there yet; then folders that are missing are made.

    Raises:
        UsageError: It cannot be written there.
    """
    if given is None:
        return
    path = Path(given)
    problem, way_out = "", "Name another file."
    if not given or path.is_dir():
        problem = "is a folder, not a file"
    elif not path.name.endswith(suffix):
        problem, way_out = (
            f"does not end in {suffix}",
            f"Name a file like {path.stem or 'test_regression'}{suffix}.",
        )
    elif is_new and path.exists():
        problem, way_out = "is there already", "Name another file, or remove it first."
    elif is_new:  # its folders are made
        above = next(each for each in (*path.parents, Path()) if each.exists())
        problem = "" if above.is_dir() else f"has no folder: {str(above)!r} is a file"
    elif not path.parent.is_dir():
        problem, way_out = (
            f"has no folder: {str(path.parent)!r} is not there",
            "Make the folder, or name another.",
        )
    if problem:
        raise UsageError(f"{option} {given!r} {problem}.", way_out=way_out)


def cannot_write(given: str, error: OSError) -> UsageError:
    """Return the error of a file that could not be written after all."""
    return UsageError(
        f"{given!r} cannot be written: {error.strerror or error}.", way_out="Name a file that can be written."
    )


def write_trace(given: str, sim: Simulator) -> None:
    """Write all that happened in a simulation: JSON lines if the file's name ends so, else the timeline.

    Raises:
        UsageError: It cannot be written.
    """
    path = Path(given)
    try:
        if path.suffix in _JSON_LINES:
            sim.trace.write(path)
        else:
            text = f"{sim.trace.text(_WIDTH, unicode=True, full=True)}\ntoken  {sim.token}\n"
            path.write_bytes(text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise cannot_write(given, error) from None
    sys.stderr.write(f"Wrote {given}.\n")
