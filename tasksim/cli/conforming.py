"""`tasksim conform`: recorded rows, replayed against a profile.

This module promises that every row is counted for what it is: replayed and equal, replayed and different,
or not replayable. It must not know of which kind a row is, nor how it is replayed.
"""

from __future__ import annotations

import json
import lzma
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from tasksim._conform.comparing import ABSENT
from tasksim._conform.rows import conform_row, read_rows
from tasksim._engine.profiles import load_profile
from tasksim._trace.cells import clean
from tasksim.cli.printing import one_line, print_error, print_json, screen_of
from tasksim.cli.progress import Progress
from tasksim.errors import TasksimError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasksim._conform.comparing import Difference
    from tasksim.cli.printing import Screen

__all__ = ["conform"]

_STDIN = "-"
_XZ = b"\xfd7zXZ\x00"
_BEFORE = 20


class _Row(NamedTuple):
    """A row and where it stands."""

    where: str
    row: dict[str, Any]


def conform(files: Sequence[str], profile: str, *, as_json: bool, traceback: bool = False) -> int:
    """Replay the rows of files (none or `-`: stdin), print what differs, and return the exit code.

    Raises:
        UsageError: An unknown profile, a file that cannot be read, or no row that can be replayed.
    """
    load_profile(profile)
    rows = [_Row(where, row) for file in files or (_STDIN,) for where, row in _rows_of(file)]
    if not rows:
        raise UsageError(
            "There is no row to replay.", way_out="Name files of rows, as in fixtures/conformance/*.jsonl"
        )
    matched = refused = 0
    with Progress("replaying", len(rows)) as progress:
        for done, (where, row) in enumerate(rows):
            if progress.is_due():
                progress.show(done)
            try:
                name, difference = conform_row(where, row, profile)
            except Exception as error:  # noqa: BLE001 - one row that cannot be replayed must not hide the others
                refused += 1
                progress.hide()
                print_error(_refusal(where, error), traceback=traceback)
                continue
            if difference is None:
                matched += 1
                continue
            progress.hide()
            if as_json:
                print_json(_as_json(where, name, difference))
            else:
                _print_mismatch(where, name, difference, screen_of(sys.stdout))
    if as_json:
        counts = {"rows": len(rows), "matched": matched, "refused": refused}
        print_json({"profile": profile, **counts})
    sys.stdout.flush()
    if not as_json:
        sys.stdout.write(f"{matched} of {len(rows)} rows match\n")
    return 2 if refused else int(matched < len(rows))


def _refusal(where: str, error: Exception) -> TasksimError:
    """Return the error of a row that cannot be replayed; it says which row."""
    if isinstance(error, UsageError) and where in error.sentence:
        return error
    text = error.sentence if isinstance(error, TasksimError) else f"{type(error).__name__}: {error}."
    way_out = error.way_out if isinstance(error, TasksimError) else "Look at --traceback."
    refusal = UsageError(f"{where} cannot be replayed: {text}", way_out=way_out)
    refusal.__cause__ = error
    return refusal


def _rows_of(file: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the rows of a file, or of stdin, which may be packed as well."""
    if file != _STDIN:
        return list(read_rows(file))
    if sys.stdin.isatty():
        raise UsageError(
            "There are no rows: no file is named, and nothing is piped in.",
            way_out="Name files, as in tasksim conform fixtures/conformance/engine-*",
        )
    data = sys.stdin.buffer.read()
    try:
        text = (lzma.decompress(data) if data.startswith(_XZ) else data).decode()
    except (lzma.LZMAError, UnicodeDecodeError) as error:
        way_out = "Pipe in JSON lines, perhaps packed by xz."
        raise UsageError(f"stdin cannot be read: {error}.", way_out=way_out) from None
    return list(read_rows("stdin", text.split("\n")))


def _as_json(where: str, name: str, difference: Difference) -> dict[str, Any]:
    """Return a mismatch as JSON; a side that has nothing there is left out."""
    sides = {"expected": difference.expected, "actual": difference.actual}
    values = {side: json.loads(text) for side, text in sides.items() if text != ABSENT}
    return {"row": name, "where": where, "path": difference.path, **values}


def _print_mismatch(where: str, name: str, difference: Difference, screen: Screen) -> None:
    """Print where a row differs first, from just before the first character that does."""
    room = screen.width - 12
    expected, actual = (clean(text, unicode=screen.unicode) for text in difference[1:])
    at = next((at for at, (a, b) in enumerate(zip(expected, actual, strict=False)) if a != b), 0)
    if at > _BEFORE and max(len(expected), len(actual)) > room:
        expected, actual = (f"...{text[at - _BEFORE :]}" for text in (expected, actual))
    sys.stdout.write(
        f"{one_line(name, screen.width, unicode=screen.unicode)}\n"
        f"  row       {one_line(where, room, unicode=screen.unicode)}\n"
        f"  path      {one_line(difference.path, room, unicode=screen.unicode)}\n"
        f"  expected  {one_line(expected, room, unicode=screen.unicode)}\n"
        f"  actual    {one_line(actual, room, unicode=screen.unicode)}\n"
    )
