"""Reading rows, and the verdict on one."""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tasksim._conform.comparing import Difference, first_difference, plain, plain_answer
from tasksim._conform.conversation import replay_conversation
from tasksim._conform.script import replay_engine_row
from tasksim.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Verdict", "conform_row", "read_rows"]


class Verdict(NamedTuple):
    """Whether one row matches: its name, and the first difference if it does not."""

    name: str
    difference: Difference | None


def read_rows(source: str, text: Iterable[str] | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Iterate over the rows of a `.jsonl` or `.jsonl.xz` file, or of `text`, each with where it stands.

    Raises:
        UsageError: The file is not there, or a line is not a JSON object.
    """
    for number, line in enumerate(_lines(source) if text is None else text, 1):
        if not line.strip():
            continue
        where = f"{source}:{number}"
        try:
            row = json.loads(line)
        except ValueError as error:
            raise UsageError(
                f"{where} is not JSON: {error}.", way_out="Give one JSON object a line."
            ) from None
        if not isinstance(row, dict):
            raise UsageError(
                f"{where} is {type(row).__name__}, not an object.", way_out="Give one JSON object a line."
            )
        yield where, row


def _lines(source: str) -> list[str]:
    """Return the lines of a file, unpacked if its name says so."""
    path = Path(source)
    try:
        data = path.read_bytes()
        if path.suffix == ".xz":
            data = lzma.decompress(data)
        return data.decode().split("\n")  # not splitlines: JSON text may hold U+2028
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UsageError(
            f"{source} cannot be read: {reason}.", way_out="Name a .jsonl or .jsonl.xz file."
        ) from None
    except (lzma.LZMAError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{source} cannot be read: {error}.", way_out="Name a .jsonl or .jsonl.xz file."
        ) from None


def conform_row(where: str, row: dict[str, Any], profile: str) -> Verdict:
    """Replay one row, of the engine or of GraphQL, and compare.

    Raises:
        UsageError: The row is of no known kind, or lacks a part.
        MissingExtra: A row of GraphQL, and Ariadne is not installed.
    """
    if "scenario" in row and "expected" in row:
        judge = _conform_engine_row
    elif "definitions" in row and "steps" in row:
        judge = _conform_conversation
    else:
        raise UsageError(
            f"{where} is a row of no known kind (keys: {', '.join(sorted(row))}).",
            way_out='Give rows of the engine, {"scenario": {...}, "expected": {...}}, or of GraphQL, '
            '{"definitions": [...], "steps": [...]}.',
        )
    try:
        return judge(where, row, profile)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise UsageError(
            f"{where} cannot be replayed: {type(error).__name__} {error}.", way_out="Complete the row."
        ) from error


def _conform_engine_row(where: str, row: dict[str, Any], profile: str) -> Verdict:
    """Replay what the engine did."""
    name = str(row["scenario"].get("name", where))
    actual = replay_engine_row(row["scenario"], profile)
    return Verdict(name, first_difference(plain(row["expected"]), plain(actual)))


def _conform_conversation(where: str, row: dict[str, Any], profile: str) -> Verdict:
    """Replay what was said over GraphQL, up to the first answer that differs."""
    name = str(row.get("name", where))
    for step, expected, actual in replay_conversation(row, profile):
        path = f"steps[{step}].response"
        difference = first_difference(plain_answer(expected), plain_answer(actual), path)
        if difference is not None:
            return Verdict(name, difference)
    return Verdict(name, None)
