"""Rows as lines in columns: time, task, what happened, the answer or what was given.

This module promises that no line is wider than the paper, and that columns stand at the same places
with and without unicode. It must not know what the rows tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from tasksim._trace.cells import Aside, Data, cell_width, clean, cut, cut_middle, fit, pad, wrapped
from tasksim._trace.rows import HEAD, INSIDE, LEFT_OUT, OUTCOME, STORED_BY
from tasksim._world.durations import render_clock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tasksim._trace.cells import Piece
    from tasksim._trace.rows import Mark, Row

__all__ = ["BETWEEN", "FAULT_HERE", "Line", "Paper", "in_columns", "plain"]

Line: TypeAlias = tuple[tuple[str, str], ...]
"""One line: segments of (style, text)."""

BETWEEN = "  "
FAULT_HERE = "<- fault "
"""What stands before a fault, at the place where it struck."""

_LEAST_VALUE = 14
_COMMON_NAME = 32
"""Longer names stand out of their column, if it is not a wide one."""

_DRAWN = {
    STORED_BY: " \u2500\u25b8",
    FAULT_HERE: "\u25c2\u2500 fault ",
    HEAD: "",
    INSIDE: "\u2502",
    OUTCOME: "\u2514",
    LEFT_OUT: "\u250a",
}
"""What is drawn with unicode; each is as wide as what it stands for."""


class Paper(NamedTuple):
    """What is written on: how wide it is, and in which characters."""

    width: int
    unicode: bool

    def clean(self, text: str) -> str:
        """Return text on one line, in characters that may be used."""
        return clean(text, unicode=self.unicode)

    def draw(self, sign: str) -> str:
        """Return one of our signs."""
        return _DRAWN[sign] if self.unicode else sign

    def paragraph(self, first: str, text: str) -> Iterator[tuple[str, str]]:
        """Return text on as many lines as it takes, each after `first`, or after as much space."""
        for part in wrapped(self.clean(text), self.width - cell_width(first)):
            yield first, part
            first = " " * cell_width(first)

    def fault(self, text: str) -> str:
        """Return what marks the place where a fault struck."""
        return self.draw(FAULT_HERE) + self.clean(text)

    def fit(self, pieces: tuple[Piece, ...], width: int) -> str:
        """Return pieces as one text in at most `width` columns."""
        drawn = tuple(self._drawn(piece) for piece in pieces)
        return fit(drawn, width, unicode=self.unicode).removeprefix(" ")  # an arrow after nothing

    def _drawn(self, piece: Piece) -> Piece:
        """Return a piece in characters that may be used."""
        if isinstance(piece, Data):
            return piece
        if isinstance(piece, str):
            return self.clean(piece)
        parts = tuple(part if isinstance(part, Data) else self.clean(part) for part in piece.pieces)
        if piece.short != STORED_BY:
            return Aside(parts, piece.short)
        arrow = self.draw(STORED_BY)
        return Aside((str(parts[0]).replace(STORED_BY, arrow, 1),), arrow)


class _Columns(NamedTuple):
    """How wide each column is: the time; then the task, or the name of what is inside of an iteration."""

    time: int
    task: int
    name: int


def _columns(rows: Sequence[Row], tasks: Sequence[str], paper: Paper) -> _Columns:
    """Return columns in which as much as possible of the rows has room."""
    time = max((len(render_clock(row.at_ms)) for row in rows), default=0)
    task = max((cell_width(paper.clean(task)) for task in tasks), default=0)
    rest = paper.width - time - len(BETWEEN)
    inside = [cell_width(paper.clean(row.name)) for row in rows if row.gutter == INSIDE]
    most = max(_COMMON_NAME, rest // 2)
    return _Columns(time, min(task, rest // 3), max((name for name in inside if name <= most), default=0))


def in_columns(rows: Sequence[Row], tasks: Sequence[str], paper: Paper) -> Iterator[Line]:
    """Return the rows as lines, after a line of titles.

    Args:
        rows: What to lay out.
        tasks: The ids for the column of tasks; if there are none, there is no such column.
        paper: What is written on.
    """
    columns = _columns(rows, tasks, paper)
    task = pad("task", columns.task) + BETWEEN if columns.task else ""
    titles = f"{pad('time', columns.time)}{BETWEEN}{task}what happened, and what was answered or given"
    yield (("quiet", cut(titles, paper.width)),)
    shown_ms = -1
    for row in rows:
        is_told = row.gutter != LEFT_OUT and (row.gutter == HEAD or row.at_ms != shown_ms)
        shown_ms = row.at_ms
        time = render_clock(row.at_ms) if is_told else ""
        first = ("time", time.rjust(columns.time) + BETWEEN)
        further = ("time", " " * (columns.time + len(BETWEEN)))
        for number, segments in enumerate(_right(row, columns, paper)):
            yield (further if number else first, *segments)


def _right(row: Row, columns: _Columns, paper: Paper) -> Iterator[Line]:
    """Return what stands right of the time: one line, or more for a note or the mark of a fault."""
    room = paper.width - columns.time - len(BETWEEN)
    left = _left(row, columns, paper)
    room -= sum(cell_width(text) for _, text in left)
    if row.style == "note":
        yield from _note(row, left, room, paper)
        return
    is_inside = row.gutter == INSIDE
    wide = room - len(BETWEEN) - _LEAST_VALUE if is_inside and row.pieces else room
    name = pad(cut_middle(paper.clean(row.name), wide), columns.name if is_inside else 0)
    room -= cell_width(name) + len(BETWEEN)
    beside = _mark_beside(row, room, paper)
    value = paper.fit(row.pieces, room - cell_width(beside))
    style = "plain" if row.style == "head" else row.style
    yield (*left, (row.style, name + BETWEEN), (style, value), ("fault", beside))
    if row.mark is not None and not beside:
        yield (*_under(left, row), *_mark_below(row.mark, cell_width(name + BETWEEN), room, paper))


def _left(row: Row, columns: _Columns, paper: Paper) -> Line:
    """Return what stands before a row's name: its task, or what it is to the iteration above."""
    if row.gutter != HEAD:
        return (("quiet", paper.draw(row.gutter) + " "),)
    if not columns.task:
        return ()
    return (("task", pad(cut_middle(paper.clean(row.task), columns.task), columns.task) + BETWEEN),)


def _mark_beside(row: Row, room: int, paper: Paper) -> str:
    """Return the mark of a row, in full or short, if it has room beside all of the value; else nothing."""
    if row.mark is not None:
        value = cell_width(paper.fit(row.pieces, room + 1))
        for text in row.mark:
            mark = BETWEEN * bool(value) + paper.fault(text)
            if value + cell_width(mark) <= room:
                return mark
    return ""


def _mark_below(mark: Mark, indent: int, room: int, paper: Paper) -> Line:
    """Return a mark for the line below: under the value if it has room there, else under the name."""
    for text in mark:
        if cell_width(paper.fault(text)) <= room:
            return (("plain", " " * indent), ("fault", paper.fault(text)))
    return (("plain", BETWEEN), ("fault", cut(paper.fault(mark.full), indent + room - len(BETWEEN))))


def _under(left: Line, row: Row) -> Line:
    """Return what stands at the left of a further line of a row."""
    return left if row.gutter == INSIDE else tuple((style, " " * cell_width(text)) for style, text in left)


def _note(row: Row, left: Line, room: int, paper: Paper) -> Iterator[Line]:
    """Return a note, on as many lines as it takes."""
    before = row.name + BETWEEN
    text = "".join(piece for piece in row.pieces if isinstance(piece, str))
    for first, part in Paper(room, paper.unicode).paragraph(before, text):
        yield (*(left if first == before else _under(left, row)), ("note", first + part))


def plain(lines: Sequence[Line]) -> str:
    """Return lines as text without styles, each ended by a newline."""
    return "".join("".join(text for _, text in line).rstrip() + "\n" for line in lines)
