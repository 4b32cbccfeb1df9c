"""How runs are judged, as the arguments of a written test.

This module promises that what it writes means what the check was given, and that what has no name in the
target's file is refused by that name. It must not know what else stands in the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasksim._explore.invariants import Always, AtEnd, Sometimes
from tasksim._explore.options import Questions
from tasksim._explore.places import place_of
from tasksim._explore.story_commands import literal
from tasksim.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tasksim._explore.findings import Finding, Report

__all__ = ["judging_arguments", "judging_imports"]


def judging_arguments(
    finding: Finding, report: Report, module: str, file: Path
) -> Iterator[tuple[str, str | list[str]]]:
    """Iterate over the arguments that say how runs are judged: a name, and its text or those of a list.

    Args:
        finding: What is written down.
        report: Of the check that found it.
        module: What the written file calls the target's module.
        file: That module's file.

    Raises:
        UsageError: A function that judges has no name there.
    """
    for name, value in _needed(finding, report).items():
        if name == "invariants":
            yield name, [_invariant(each, module, file) for each in value]
        elif name == "normalise":
            yield name, _function(value, module, file)
        elif isinstance(value, Questions):
            yield name, f"questions({value.n})"
        elif isinstance(value, int):
            yield name, str(value)
        else:
            yield name, literal(value) if isinstance(value, str) else [literal(each) for each in value]


def judging_imports(finding: Finding, report: Report) -> list[str]:
    """Return the names of tasksim that these arguments need."""
    needed = _needed(finding, report)
    kinds = {Always: "always", Sometimes: "sometimes"}
    names = {kinds[type(each)] for each in needed.get("invariants", ()) if type(each) in kinds}
    return sorted(names | ({"questions"} if "progress" in needed else set()))


def _needed(finding: Finding, report: Report) -> dict[str, Any]:
    """Return what was said of judging; invariants say something of their own judge's findings alone."""
    given: dict[str, Any] = {**report.judging}
    if finding.judge != "invariants":
        given.pop("invariants", None)
    return given


def _invariant(given: AtEnd, module: str, file: Path) -> str:
    """Return an invariant as it is written."""
    name = _function(given.function, module, file)
    if isinstance(given, Always):
        return f"always({name})"
    return f"sometimes({name})" if isinstance(given, Sometimes) else name


def _function(function: Any, module: str, file: Path) -> str:
    """Return how the written file calls a function that judges."""
    place = place_of(function)
    if place is None or place.file != file:
        name = getattr(function, "__name__", type(function).__name__)
        where = "has no name in any file" if place is None else "stands in another file"
        raise UsageError(
            f"The check was given {name!r}, which {where}, so the written test cannot call it.",
            way_out=f"Define it at the top of {file.name}, beside the target.",
        )
    return f"{module}.{place.name}"
