"""Folding: rounds that tell the same again and again become one row.

This module promises that the first and the last round are kept, that no unique row is left out, and
that nothing is folded which would save less than three rows. It must not know what the rows say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasksim._trace.cells import counted
from tasksim._trace.rows import HEAD, LEFT_OUT, Row
from tasksim._world.durations import render_clock

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["folded"]

_LEAST_SAVED = 3
_LONGEST_ROUND = 40


def folded(rows: Sequence[Row]) -> list[Row]:
    """Return the rows with repeated rounds folded: first those inside iterations, then whole iterations."""
    inside = _fold(rows, across=False)
    return _fold(inside, across=True)


def _fold(rows: Sequence[Row], *, across: bool) -> list[Row]:
    """Fold rounds; a round with the beginning of an iteration starts with it, and is folded only `across`."""
    kept: list[Row] = []
    at = 0
    while at < len(rows):
        length, rounds = _best_round(rows, at, across=across)
        if rounds:
            last = at + length * (rounds - 1)
            kept += rows[at : at + length]
            kept.append(_left_out(rows[at:last], length))
            kept += rows[last : last + length]
            at = last + length
        else:
            kept.append(rows[at])
            at += 1
    return kept


def _best_round(rows: Sequence[Row], at: int, *, across: bool) -> tuple[int, int]:
    """Return the length and number of the rounds from here on that save most rows; (0, 0) if none do."""
    best, most = (0, 0), _LEAST_SAVED - 1
    for length in range(1, _LONGEST_ROUND + 1):
        row = rows[at + length - 1] if at + length <= len(rows) else None
        if row is None or row.like is None:
            break
        if row.gutter == HEAD and not across:
            break
        if row.gutter == HEAD and rows[at].gutter != HEAD:
            break
        rounds = 1 + _alike(rows, at, length) // length
        saved = (rounds - 2) * length - 1
        if saved > most:
            best, most = (length, rounds), saved
    return best


def _alike(rows: Sequence[Row], at: int, length: int) -> int:
    """Return how many rows from here on are like those `length` further on."""
    count = 0
    while at + length + count < len(rows) and rows[at + count].like is not None:
        if rows[at + count].like != rows[at + length + count].like:
            break
        count += 1
    return count


def _left_out(rows: Sequence[Row], length: int) -> Row:
    """Return the row that stands for all these rounds but the first."""
    hidden = rows[length:]
    rounds = len(hidden) // length
    first = rows[0]
    if first.opens and sum(row.opens for row in rows[:length]) == 1:
        what = counted(rounds, "more iteration")
    elif length == 1:
        what = f"{rounds} more like this"
    else:
        what = f"{counted(rounds, 'more round')} of these {length} lines"
    passed = hidden[-1].at_ms > rows[length - 1].at_ms
    until = f", until {render_clock(hidden[-1].at_ms)}" if passed else ""
    like = (LEFT_OUT, rounds, *(row.like for row in rows[:length]))
    return Row(hidden[-1].at_ms, first.task, LEFT_OUT, what + until, style="quiet", like=like)
