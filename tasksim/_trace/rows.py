"""Rows: the lines of the story before they are laid out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from tasksim._trace.cells import Piece

__all__ = ["HEAD", "INSIDE", "LEFT_OUT", "OUTCOME", "STORED_BY", "Mark", "Row"]

HEAD, INSIDE, OUTCOME, LEFT_OUT = "", "|", "=", ":"
"""What stands before a row: nothing before one that begins an iteration or stands alone."""

STORED_BY = " ->"
"""What stands before the names of the record updates that a call made."""


class Mark(NamedTuple):
    """Where a planned fault struck: its text, and that with `...` for the checkpoint of its row."""

    full: str
    short: str


class Row(NamedTuple):
    """One line of the story.

    Attributes:
        at_ms: When.
        task: Whose id, or nothing.
        gutter: Whether it begins an iteration, is inside of one or ends it, or stands for others.
        name: What happened.
        pieces: The answer, or what was given.
        style: Of name and pieces.
        mark: The fault that struck here.
        like: What is equal for rows that tell the same, apart from numbers and data; None if it is unique.
        opens: Whether an event was delivered here.
    """

    at_ms: int
    task: str
    gutter: str
    name: str
    pieces: tuple[Piece, ...] = ()
    style: str = "plain"
    mark: Mark | None = None
    like: tuple[Any, ...] | None = None
    opens: bool = False
