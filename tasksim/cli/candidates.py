"""From `publish.py:publishing` to the scenario or definition that is checked.

This module promises one thing to check, or an error that lists what there is. It must not know how it is
checked.
"""

from __future__ import annotations

import inspect
from types import FunctionType, ModuleType
from typing import Any

from tasksim.cli.loading import attribute_of, definitions_of, open_target
from tasksim.errors import UsageError

__all__ = ["load_candidate"]

_NAMES = ("sim", "simulator")
_MARK = "tasksim_check"


def load_candidate(target: str) -> object:
    """Return what a target names: a scenario, or a definition in any form.

    Without a name it is the only scenario of the module, or else its only definition: a scenario uses the
    definitions beside it, and makes what they need.

    Args:
        target: `MODULE:NAME` or `FILE:NAME`, or the module or file alone.

    Raises:
        UsageError: There is no such module or name, it does not import, or the choice is open.
    """
    module, place, attribute = open_target(target)
    scenarios = _scenarios_of(module)
    if attribute is None:
        found = _only_candidate(module, place, scenarios)
    else:
        found = attribute_of(module, place, attribute, scenarios=list(scenarios))
    if not isinstance(found, list | tuple):
        return found
    if len(found) == 1:
        return found[0]
    raise UsageError(
        f"{target} is a list of {len(found)}, and one thing is checked at a time.",
        way_out="Name one definition, or a scenario that registers them all: def scenario(sim): ...",
    )


def _only_candidate(module: ModuleType, place: str, scenarios: dict[str, object]) -> object:
    """Return the only scenario, or else the only definition."""
    definitions = definitions_of(module)
    single = {name: value for name, value in definitions.items() if not isinstance(value, list | tuple)}
    candidates = scenarios or single or definitions
    if len(candidates) == 1:
        return next(iter(candidates.values()))
    if not candidates:
        raise UsageError(
            f"{place} holds nothing to check: no scenario and no definition.",
            way_out="Write a scenario, def publishing(sim): ..., which registers and triggers; "
            f"or name what makes a definition, as in {place}:create_definition.",
        )
    what = "scenarios" if scenarios else "definitions"
    raise UsageError(
        f"{place} holds {len(candidates)} {what}.",
        facts=[f"{place}:{name}" for name in candidates],
        way_out="Choose one of them.",
    )


def _scenarios_of(module: ModuleType) -> dict[str, object]:
    """Return the functions that a module itself defines as scenarios, by name."""
    return {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, FunctionType)
        and value.__module__ == module.__name__
        and _is_scenario(name, value)
    }


def _is_scenario(name: str, function: FunctionType) -> bool:
    """Whether a function is plainly a scenario: marked as one, or taking only what is called a simulator.

    Tests take `sim` as well: it is a fixture of pytest's.
    """
    marks: Any = getattr(function, "pytestmark", ())
    if any(getattr(mark, "name", "") == _MARK for mark in marks):
        return True
    if name.startswith(("_", "test")) or hasattr(function, "_pytestfixturefunction"):
        return False
    parameters = inspect.signature(function).parameters.values()
    needed = [each for each in parameters if each.default is each.empty and each.kind in _BY_PLACE]
    if len(needed) != 1:
        return False
    annotation = needed[0].annotation
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
    return needed[0].name in _NAMES or text.rpartition(".")[2] == "Simulator"


_BY_PLACE = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
