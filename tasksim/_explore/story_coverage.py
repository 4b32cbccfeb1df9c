"""What was explored, in words.

This module promises that what was not explored is named with its number and the reason. It must not know
what was found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasksim._trace.cells import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasksim._explore.findings import Counts, Coverage

__all__ = ["covered"]

_PAIRS = 2
_SAME = "the same history as a run that was judged"


def covered(coverage: Coverage) -> list[str]:
    """Return what was explored, what was skipped and why, and what is left, in words that belong together."""
    kinds = [f"{kind} {_of_total(part)}," for kind, part in coverage.singles.items()]
    if kinds:
        kinds[-1] = kinds[-1].removesuffix(",")
    singles = [f"= {_singles(coverage)}"] if kinds else []
    parts = [*singles, *_several(coverage), *_besides(coverage, is_random=not kinds)]
    text = "; ".join(part for part in parts if part)
    return [f"{_counted(coverage.checkpoints, 'checkpoint')}:", *kinds, *text.split(" ")]


def _counted(count: int, word: str) -> str:
    """Return a number with its word, in groups of three digits."""
    return counted(count, word).replace(str(count), f"{count:,}", 1)


def _of_total(part: Counts) -> str:
    """Return how many were explored, and of how many if these are more."""
    return f"{part.total:,}" if part.explored == part.total else f"{part.explored:,} of {part.total:,}"


def _singles(coverage: Coverage) -> str:
    """Return the sum of the plans of one fault."""
    parts = coverage.singles.values()
    explored, total = sum(part.explored for part in parts), sum(part.total for part in parts)
    if explored == total:
        return f"{_counted(total, 'run')}, all explored"
    return f"{explored:,} of {_counted(total, 'run')}{_rest(list(parts))}"


def _rest(parts: list[Counts]) -> str:
    """Return how many plans were skipped, with the reason, and how many are left."""
    skipped, left = sum(part.skipped for part in parts), sum(part.left for part in parts)
    return (f", {skipped:,} skipped ({_SAME})" if skipped else "") + f", {left:,} unexplored"


def _several(coverage: Coverage) -> Iterator[str]:
    """Iterate over the plans of more faults."""
    for faults, part in coverage.several.items():
        what = "pairs" if faults == _PAIRS else f"plans of {faults} faults"
        rest = "" if part.explored == part.total else _rest([part])
        yield f"{part.explored:,} of {part.total:,} {what}{rest}"


def _besides(coverage: Coverage, *, is_random: bool) -> Iterator[str]:
    """Iterate over what else there is to say."""
    yield f"stopped: {coverage.stopped}" if coverage.stopped else ""
    yield f"{_counted(coverage.effects, 'effect')} in the ledger"
    yield _counted(coverage.progress, "progress run") if coverage.progress else ""
    yield f"{_counted(coverage.extra, 'run')}{'' if is_random else ' besides'}" if coverage.extra else ""
    yield f"{coverage.merged:,} ended early in a state seen before" if coverage.merged else ""
    if coverage.kinds_without_place:
        yield f"no place for {', '.join(coverage.kinds_without_place)}"
    for name, runs in coverage.goals.items():
        yield f"goal {name} reached in {_counted(runs, 'run')}" if runs else f"goal {name} never reached"
    if coverage.lost_aborts:
        yield f"{_counted(coverage.lost_aborts, 'abort')} lost by the engine"
