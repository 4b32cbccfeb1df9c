"""Text in columns of a terminal: how wide it is, how to cut it, and JSON in a given width.

This module promises that what it cuts is no wider than asked for, and that text from outside can neither
leave its line nor, where that is asked for, ASCII. It must not know what is shown.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias
from unicodedata import category, east_asian_width

from tasksim._world.strict_json import canonical_json

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "Aside",
    "Data",
    "Piece",
    "cell_width",
    "clean",
    "counted",
    "cut",
    "cut_middle",
    "fit",
    "pad",
    "wrapped",
]

ELLIPSIS = "..."
_LEAST_TEXT = 12
"""Text in quotes is not cut to less than this, as long as something else can be cut."""


class Data(NamedTuple):
    """JSON to be shown, shortened if there is no room for all of it."""

    value: Any


class Aside(NamedTuple):
    """Pieces that give way to a short text, or to nothing, before any JSON is shortened."""

    pieces: tuple[str | Data, ...]
    short: str = ""


Piece: TypeAlias = str | Data | Aside
"""What a text consists of: words of ours, JSON, and what may be left out."""


def counted(count: int, word: str) -> str:
    """Return a number with its word: `1 item`, `3 items`."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


# --- width


def cell_width(text: str) -> int:
    """Return how many columns a terminal takes for `text`: wide characters take two, marks none."""
    return len(text) if text.isascii() else sum(map(_width_of, text))


def _width_of(character: str) -> int:
    """Return the columns of one character."""
    if category(character) in {"Mn", "Me"}:
        return 0
    return 2 if east_asian_width(character) in {"W", "F"} else 1


def clean(text: str, *, unicode: bool) -> str:
    """Return `text` on one line: what could move the cursor is escaped; without `unicode`, all but ASCII."""
    if not unicode:
        text = text.encode("ascii", "backslashreplace").decode()
    if text.isprintable():
        return text
    # Not printable: controls, separators but for the space, marks of direction, the unassigned.
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def pad(text: str, width: int) -> str:
    """Return `text` with spaces after it, `width` columns in all if it is not wider."""
    return text + " " * (width - cell_width(text))


# --- cutting


def _head(text: str, width: int) -> str:
    """Return the longest beginning of `text` that is not wider than `width`."""
    taken = 0
    for at, character in enumerate(text):
        taken += _width_of(character)
        if taken > width:
            return text[:at]
    return text


def _tail(text: str, width: int) -> str:
    """Return the longest end of `text` that is not wider than `width` and does not begin with a mark."""
    left = cell_width(text)
    for at, character in enumerate(text):
        if left <= width and _width_of(character):
            return text[at:]
        left -= _width_of(character)
    return ""


def cut(text: str, width: int) -> str:
    """Return `text` in at most `width` columns; if something is missing, it ends in `...`."""
    if cell_width(text) <= width:
        return text
    return _head(text, width - len(ELLIPSIS)) + ELLIPSIS[: max(width, 0)]


def cut_middle(text: str, width: int) -> str:
    """Return `text` in at most `width` columns, `...` for its middle: of a name both ends count."""
    if cell_width(text) <= width:
        return text
    left = width - len(ELLIPSIS)
    return _head(text, (left + 1) // 2) + ELLIPSIS + _tail(text, left // 2)


def wrapped(text: str, width: int) -> list[str]:
    """Return `text` on lines of at most `width` columns, broken at spaces, or inside a word that is wider."""
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and cell_width(lines[-1]) + 1 + cell_width(word) <= width:
            lines[-1] += f" {word}"
            continue
        if lines[-1]:
            lines.append("")
        rest = word
        while cell_width(rest) > width:
            head = _head(rest, width)
            lines[-1:] = [head, ""]
            rest = rest[len(head) :]
        lines[-1] = rest
    return lines


# --- JSON


def fit(pieces: tuple[Piece, ...], width: int, *, unicode: bool) -> str:
    """Return the pieces as one text in at most `width` columns.

    If they are too wide, asides give way, the last first; then JSON is shortened, the widest first: a list
    to `[3 items]`, text to its beginning, an object member by member. What is too wide even so is cut at
    its end.
    """
    for asides in range(sum(isinstance(piece, Aside) for piece in pieces), -1, -1):
        kept = _with_asides(pieces, asides)
        text = "".join(_full(piece, width, unicode=unicode) for piece in kept)
        if cell_width(text) <= width:
            return text
    return cut(_shrunk(_with_asides(pieces, 0), width, unicode=unicode), width)


def _with_asides(pieces: tuple[Piece, ...], most: int) -> list[str | Data]:
    """Return the pieces with so many of their asides, and the short texts of the others."""
    kept: list[str | Data] = []
    for piece in pieces:
        if isinstance(piece, Aside):
            kept += piece.pieces if most > 0 else (piece.short,)
            most -= 1
        else:
            kept.append(piece)
    return kept


def _shrunk(pieces: Sequence[str | Data], width: int, *, unicode: bool) -> str:
    """Return the pieces as one text in `width` columns, or as short as they get."""
    texts = [_full(piece, width, unicode=unicode) for piece in pieces]
    full = [cell_width(text) for text in texts]
    rooms = list(full)
    data = {at: piece.value for at, piece in enumerate(pieces) if isinstance(piece, Data)}
    widest_first = sorted(data, key=lambda at: -full[at])
    missing = sum(full) - width
    for at in widest_first:
        if missing > 0:
            least = _least_width(data[at], full[at])
            rooms[at] = least if isinstance(data[at], list) else max(least, full[at] - missing)
            missing -= full[at] - rooms[at]
    for at in widest_first:  # what is left by a list that became short
        if missing < 0 and not isinstance(data[at], list):
            more = min(-missing, full[at] - rooms[at])
            rooms[at] += more
            missing += more
    for at in widest_first:
        if rooms[at] < full[at]:
            texts[at] = _short(data[at], rooms[at], unicode=unicode)
    return "".join(texts)


def _least_width(value: Any, full: int) -> int:
    """Return how wide the shortest form of JSON is that in full is so wide."""
    if isinstance(value, list | dict):
        return min(full, len(_count_of(value)))
    return min(full, _LEAST_TEXT) if isinstance(value, str) else full


def _count_of(value: list[Any] | dict[str, Any]) -> str:
    """Return the shortest form of a list or an object: how many items or keys it has."""
    if isinstance(value, list):
        return f"[{counted(len(value), 'item')}]"
    return f"{{{counted(len(value), 'key')}}}"


def _full(piece: str | Data, width: int, *, unicode: bool) -> str:
    """Return all of a piece; for a list that cannot fit into `width` columns, what does not fit either."""
    if isinstance(piece, str):
        return piece
    value = piece.value
    if isinstance(value, str):
        return clean(json.dumps(value, ensure_ascii=not unicode), unicode=unicode)
    if isinstance(value, list):
        if len(value) > max(width, 0):
            return " " * (width + 1)
        return f"[{', '.join(_full(Data(item), width, unicode=unicode) for item in value)}]"
    if isinstance(value, dict):
        members = [part for member in _members(value, unicode=unicode) for part in member]
        return f"{{{''.join(_full(part, width, unicode=unicode) for part in members)}}}"
    return canonical_json(value)


def _members(value: dict[str, Any], *, unicode: bool) -> list[tuple[str, Data]]:
    """Return an object's keys, each with what stands around it, and its values."""
    members: list[tuple[str, Data]] = []
    for key, item in value.items():
        text = _full(Data(key), len(key), unicode=unicode)
        members.append((f"{', ' if members else ''}{text}: ", Data(item)))
    return members


def _short(value: Any, width: int, *, unicode: bool) -> str:
    """Return JSON in `width` columns, of which there are enough for its shortest form."""
    if isinstance(value, str):
        inner = _full(Data(value), width, unicode=unicode)[1:-1]
        return f'"{cut(inner, width - 2)}"'
    return _short_object(value, width, unicode=unicode) if isinstance(value, dict) else _count_of(value)


def _short_object(value: dict[str, Any], width: int, *, unicode: bool) -> str:
    """Return an object with as many of its members as there is room for, shortened; at least their number."""
    members = _members(value, unicode=unicode)
    parts: list[str | Data] = ["{"]
    end, taken = "", len("{")
    for number, (key, item) in enumerate(members, 1):
        taken += cell_width(key) + _least_width(item.value, cell_width(_full(item, width, unicode=unicode)))
        end_here = "}" if number == len(members) else f", {ELLIPSIS}}}"
        if taken + len(end_here) > width:
            break
        parts += [key, item]
        end = end_here
    return _shrunk([*parts, end], width, unicode=unicode) if end else _count_of(value)
