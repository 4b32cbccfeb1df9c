"""Names: how strategies and what was passed to them print, as code that can be pasted.

This module promises a name without addresses, the same in any process. It must not know what is drawn.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from hypothesis import strategies as st

from tasksim._engine.jobs import PlainJob
from tasksim._model.camel_case import snake_case
from tasksim._model.definitions import FunctionDefinition, Implementation
from tasksim._world.refusals import ADDRESS

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import SearchStrategy

__all__ = ["Code", "drawn_by", "name_of_definition", "named"]

T = TypeVar("T")


class Code:
    """Something that prints as this code."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Take the code."""
        self._text = text

    def __repr__(self) -> str:
        return self._text


def named(strategy: SearchStrategy[T], name: str, *args: Any, **kwargs: Any) -> SearchStrategy[T]:
    """Return a strategy that prints as the call of ours that made it."""
    return drawn_by(lambda draw: draw(strategy), name, *args, **kwargs)


def drawn_by(
    function: Callable[[Callable[..., Any]], T], name: str, *args: Any, **kwargs: Any
) -> SearchStrategy[T]:
    """Return the strategy of what a function draws, which prints as the call of ours that made it."""

    def draws(draw: Callable[..., Any], *_: Any, **__: Any) -> T:
        return function(draw)

    draws.__name__ = draws.__qualname__ = name
    return st.composite(draws)(*args, **kwargs)


def name_of_definition(definition: object) -> str:
    """Return code for a definition, or what comes nearest to it: the name that it probably has in a test."""
    if isinstance(definition, Implementation):
        return f"create_implementation({definition.implementation.__name__}, ...)"
    if isinstance(definition, FunctionDefinition):
        made_of = definition.function if isinstance(definition, PlainJob) else definition.run
        name = getattr(made_of, "__name__", "run")
        return snake_case(definition.id) if name in ("run", "<lambda>") else name
    function = definition.func if isinstance(definition, partial) else definition
    name = getattr(function, "__name__", None)
    if isinstance(name, str):
        return "definition" if name == "<lambda>" else name
    text = repr(definition)
    return f"{type(definition).__name__}(...)" if ADDRESS.search(text) else text
