"""What is fuzzed: a definition, a scenario, or a scenario that takes what is drawn.

This module promises a target for each input, and that what cannot be fuzzed is refused when the decorator
is applied. It must not know how inputs are drawn.
"""

from __future__ import annotations

import inspect
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tasksim._explore.options import OPTIONS, Options, read_options
from tasksim._explore.targets import Target, as_target
from tasksim._faults.token import UNSET
from tasksim.errors import UsageError, nearest_phrase

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasksim._simulator.simulator import Simulator

__all__ = ["Subject", "read_fuzz_options", "read_subject"]

_HYPOTHESIS_DECIDES = {
    "first": "@example(plan=...)",
    "mode": "nothing: plans are always drawn",
    "random_seed": "@seed(...) of Hypothesis, or pytest --hypothesis-seed",
    "patience": "@settings(max_examples=...)",
    "max_runs": "@settings(max_examples=...)",
    "max_checkpoints": "@settings(max_examples=...)",
    "max_seconds": "@settings(max_examples=...)",
    "merge_states": "check(), which goes through all plans",
    "require_complete": "check(), which goes through all plans",
    "input": "inputs=st.just(...)",
}
_OPTIONS = tuple(name for name in OPTIONS if name not in _HYPOTHESIS_DECIDES)


@dataclass(frozen=True, slots=True)
class Subject:
    """What is fuzzed.

    Attributes:
        name: What messages call it.
        target: The target; of a scenario that takes an input, one that stands for it.
        scenario: The scenario that takes an input, or None.
    """

    name: str
    target: Target
    scenario: Callable[[Simulator, Any], object] | None = None

    @property
    def takes_input(self) -> bool:
        """Whether something is drawn for it."""
        return self.target.is_definition or self.scenario is not None

    def target_of(self, value: Any) -> Target:
        """Return the target with an input; each run gets a copy of it."""
        scenario = self.scenario
        if scenario is None:
            return self.target if value is UNSET else self.target.with_input(value)
        return Target(self.name, lambda sim: scenario(sim, deepcopy(value)), is_definition=False)


def read_subject(given: Any, inputs: object) -> Subject:
    """Return what is to be fuzzed.

    Args:
        given: A scenario or a definition.
        inputs: What draws inputs, if the user said so.

    Raises:
        UsageError: It is neither, or draws and takes do not go together.
    """
    if _needed(given) == 2:  # noqa: PLR2004 - the simulator and what is drawn
        name = str(getattr(given, "__name__", type(given).__name__)).replace("<lambda>", "scenario")
        if inputs is None:
            raise UsageError(
                f"The scenario {name!r} takes an input, and fuzz() was not told what to draw for it.",
                way_out="Pass a strategy: fuzz(..., inputs=st.lists(st.integers())).",
            )
        return Subject(name, Target(name, given, is_definition=False), given)
    target = as_target(given)
    if inputs is not None and not target.is_definition:
        raise UsageError(
            f"The scenario {target.name!r} takes no input, and inputs= draws some.",
            way_out=f"Let it take what is drawn: def {target.name}(sim, input).",
        )
    return Subject(target.name, target)


def _needed(given: Any) -> int:
    """Return how many arguments a function needs by place; 0 for what is no function."""
    if isinstance(given, type) or not callable(given) or (hasattr(given, "run") and hasattr(given, "id")):
        return 0
    try:
        parameters = inspect.signature(given).parameters.values()
    except (TypeError, ValueError):
        return 0
    by_place = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(each.default is each.empty and each.kind in by_place for each in parameters)


def read_fuzz_options(given: dict[str, Any]) -> Options:
    """Return the options of `fuzz`, which are those of `check` but for what Hypothesis decides.

    Raises:
        UsageError: One that there is not, or that cannot be used.
    """
    for name in given:
        if name in _HYPOTHESIS_DECIDES:
            raise UsageError(
                f"fuzz() takes no {name}=: Hypothesis decides what is tried.",
                way_out=f"Use {_HYPOTHESIS_DECIDES[name]}.",
            )
        if name not in _OPTIONS:
            raise UsageError(
                f"fuzz() got {name!r}, which is no option.{nearest_phrase(name, ('inputs', *_OPTIONS))}",
                way_out=f"Choose from inputs, {', '.join(_OPTIONS)}.",
            )
    try:
        return read_options(given)
    except UsageError as error:
        error.sentence = error.sentence.replace("check()", "fuzz()")
        raise
