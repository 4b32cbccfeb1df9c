"""What is checked: a scenario, or a definition with its input.

This module promises that a target builds the same world in every simulator it is given, and that what cannot
be checked is refused with what to pass instead. It must not know what is done with that world.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from tasksim._engine.jobs import PlainJob
from tasksim._faults.token import UNSET
from tasksim._model.definitions import Implementation
from tasksim.errors import DefinitionError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasksim._simulator.simulator import Simulator
    from tasksim.typing import JSON

__all__ = ["Target", "as_target"]


@dataclass(frozen=True, slots=True)
class Target:
    """What is checked.

    Attributes:
        name: What reports call it.
        made_of: What the user passed.
        is_definition: Whether that is a definition, or makes one; else it is a scenario.
        input: The input of a definition's task, or `UNSET`.
        preferred_profile: The profile that it is for, if it says so.
    """

    name: str
    made_of: Any
    is_definition: bool
    input: JSON = UNSET
    preferred_profile: str | None = None

    def build(self, sim: Simulator) -> object:
        """Build its world in a fresh simulator, and return what the scenario returned.

        Raises:
            UsageError: The scenario is async or a generator.
            DefinitionError: A definition cannot be registered.
        """
        if not self.is_definition:
            world = self.made_of(sim)
            _refuse_unfinished(self.name, world)
            return world
        sim.tasks.trigger(self._register(sim), input=None if self.input is UNSET else self.input)
        return None

    def _register(self, sim: Simulator) -> str:
        """Register the definition and return its id."""
        try:
            return sim.register(self.made_of)
        except DefinitionError as error:
            if inspect.isfunction(self.made_of):
                fact = f"{self.name}() is taken for what makes a definition; a scenario takes sim"
                error.facts = (fact, *error.facts)
            raise

    def with_input(self, input: JSON) -> Target:
        """Return the same with another input."""
        return Target(self.name, self.made_of, self.is_definition, input, self.preferred_profile)


def as_target(given: Any, input: JSON = UNSET) -> Target:
    """Return what is to be checked.

    Raises:
        UsageError: It is neither a scenario nor a definition, or a scenario is given an input.
    """
    if _is_definition(given):
        preferred = given.preferred_profile if isinstance(given, PlainJob) else None
        return Target(
            _definition_name(given), given, is_definition=True, input=input, preferred_profile=preferred
        )
    if not callable(given):
        raise UsageError(
            f"{given!r:.60} cannot be checked.",
            way_out="Pass a scenario, which is a function of a simulator, or a definition with input=.",
        )
    needed, is_by_place = _needed(given)
    if len(needed) > 1 or not is_by_place:
        by_name = "" if is_by_place else " by name only"
        raise UsageError(
            f"{_name(given)!r} takes {', '.join(needed)}{by_name}; "
            "a scenario takes the fresh simulator alone.",
            way_out="Let it make what it needs: def scenario(sim): ...",
        )
    if not needed:
        return Target(_name(given), given, is_definition=True, input=input)
    if input is not UNSET:
        raise UsageError(
            f"{_name(given)!r} is a scenario, and input= is for definitions.",
            way_out="Let the scenario trigger with the input, or pass the definition.",
        )
    return Target(_name(given), given, is_definition=False)


def _is_definition(given: Any) -> bool:
    """Tell a definition, in any form, from a function."""
    return isinstance(given, Implementation) or (hasattr(given, "run") and hasattr(given, "id"))


def _refuse_unfinished(name: str, world: object) -> None:
    """Refuse what an async function or a generator returns: nothing of it has run."""
    if inspect.isawaitable(world):
        if inspect.iscoroutine(world):
            world.close()
        raise UsageError(
            f"The scenario {name!r} is async.", way_out="Write it with def; its tasks may be async."
        )
    if inspect.isgenerator(world) or inspect.isasyncgen(world):
        raise UsageError(
            f"The scenario {name!r} yields.",
            way_out="Let it return its world; what must hold at the end goes into invariants=[...].",
        )


def _needed(function: Callable[..., object]) -> tuple[list[str], bool]:
    """Return the parameters that have no default, and whether each can be passed by its place."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return ["sim"], True
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    needed = [each for each in parameters if each.default is each.empty and each.kind not in kinds]
    is_by_place = all(each.kind is not inspect.Parameter.KEYWORD_ONLY for each in needed)
    return [each.name for each in needed], is_by_place


def _name(function: Any) -> str:
    """Return what a function is called."""
    function = function.func if isinstance(function, partial) else function
    name = getattr(function, "__name__", type(function).__name__)
    return "scenario" if name == "<lambda>" else str(name)


def _definition_name(given: Any) -> str:
    """Return a definition's id; of a class whose id is made later, its name."""
    made = given.implementation if isinstance(given, Implementation) else given
    id = getattr(made, "id", None)
    return id if isinstance(id, str) else _name(given)
