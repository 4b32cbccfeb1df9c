"""What a machine may be made of: refused by name where it cannot be used.

This module promises that a function which is accepted can be called. It must not know the machine.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from tasksim.errors import UsageError, nearest_phrase

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import SearchStrategy

    from tasksim._engine.registry import Registered
    from tasksim._simulator.simulator import Simulator
    from tasksim.typing import JsonObject

__all__ = ["check_function", "checked_definitions", "checked_inputs", "checked_invariants", "checked_rules"]


def check_function(function: object, call: str, names: tuple[str, ...]) -> None:
    """Refuse what cannot be called with the simulator, and with these names besides."""
    shown = getattr(function, "__name__", repr(function))
    if not callable(function):
        raise UsageError(f"{call}() got {function!r:.60}.", way_out="Pass a function of the simulator.")
    if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
        kind = "a generator" if inspect.isgeneratorfunction(function) else "async"
        raise UsageError(f"{call}() got {shown!r}, which is {kind}.", way_out="Pass a plain function.")
    try:
        inspect.signature(function).bind(None, **dict.fromkeys(names[1:]))
    except TypeError as error:
        raise UsageError(
            f"{call}() got {shown!r}, which cannot be called as {shown}({', '.join(names)}): {error}.",
            way_out="Let it take the simulator first, then what is drawn for it, by name.",
        ) from None
    except ValueError:  # something built in, which tells nothing of what it takes
        return


def checked_definitions(definitions: Any) -> tuple[object, ...] | Callable[[Simulator], object]:
    """Return the definitions as a tuple, or the function that registers them."""
    is_one = isinstance(definitions, str | bytes) or hasattr(definitions, "run")
    if not is_one and hasattr(definitions, "__iter__"):
        return tuple(definitions)
    if is_one or not callable(definitions):
        raise UsageError(
            f"task_machine() got {definitions!r:.80} instead of a list of definitions.",
            way_out="Wrap it: task_machine([PublishEntries]).",
        )
    check_function(definitions, "task_machine", ("sim",))
    registers: Callable[[Simulator], object] = definitions
    return registers


def checked_invariants(
    invariants: Iterable[Callable[[Simulator], object]],
) -> tuple[Callable[[Simulator], object], ...]:
    """Return the invariants, each a function of the simulator."""
    if callable(invariants):
        raise UsageError(
            f"task_machine() got invariants={invariants!r:.60}.", way_out="Pass a list: invariants=[...]."
        )
    found = tuple(invariants)
    for invariant in found:
        check_function(invariant, "task_machine", ("sim",))
    return found


def checked_rules(rules: Any) -> tuple[Any, ...]:
    """Return the rules, as they were given in a list; one alone is none."""
    if not isinstance(rules, Iterable) or hasattr(rules, "function"):
        raise UsageError(f"task_machine() got rules={rules!r:.60}.", way_out="Pass a list: rules=[...].")
    return tuple(rules)


def checked_inputs(
    inputs: Mapping[str, SearchStrategy[JsonObject]], registered: Iterable[Registered]
) -> Mapping[str, SearchStrategy[JsonObject]]:
    """Return the strategies of inputs, each of a definition that is there."""
    if not isinstance(inputs, Mapping):
        raise UsageError(
            f"task_machine() got inputs={inputs!r:.60}.",
            way_out='Pass strategies by definition: inputs={"publishEntries": st.just({...})}.',
        )
    known = [each.id for each in registered]
    for id, strategy in inputs.items():
        if id not in known:
            raise UsageError(
                f"task_machine() got inputs for {id!r}.{nearest_phrase(str(id), known)}",
                facts=(f"registered: {', '.join(known)}",),
                way_out="Name a definition by its id.",
            )
        if not isinstance(strategy, st.SearchStrategy):
            raise UsageError(
                f"task_machine() got inputs[{id!r}]={strategy!r:.60}.",
                way_out="Pass a strategy: st.just({...}), st.fixed_dictionaries({...}).",
            )
    return inputs
