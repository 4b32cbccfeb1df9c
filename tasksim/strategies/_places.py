"""Places in an input that can be made wrong, and what is wrong there.

This module promises guesses, most of them good; whether an input is refused, and for which field, is for its
caller to ask.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hypothesis import strategies as st

from tasksim._world.refusals import MAX_INT
from tasksim.strategies._json import TEXTS
from tasksim.strategies._patterns import texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hypothesis.strategies import SearchStrategy

    from tasksim.strategies._trees import Schema, Trees
    from tasksim.typing import JSON, JsonObject

__all__ = ["MISSING", "Mistake", "draw_mistake"]

MISSING: Final = object()
"""What stands for a field that is left out."""

_ANY_TYPE: SearchStrategy[JSON] = st.sampled_from([None, 0, "", [], {}, False, 0.5])
_DEEPER = st.booleans()
_MUCH = 1_000  # text and lists are made too long up to this
_STRANGER = "unknown"


class Mistake(NamedTuple):
    """What is to be wrong in an input.

    Attributes:
        path: Keys and indexes that lead there.
        value: What is to stand there, or `MISSING`.
    """

    path: tuple[int | str, ...]
    value: Any


class _Place(NamedTuple):
    """A place within an object or a list.

    Attributes:
        step: The key or index.
        schema: Of what stands there; False if nothing may.
        value: What stands there, or `MISSING`.
        leaves_out: Whether to leave it out.
    """

    step: int | str
    schema: Schema = False
    value: Any = MISSING
    leaves_out: bool = False


def draw_mistake(draw: Callable[..., Any], trees: Trees, input: JsonObject) -> Mistake | None:
    """Draw what is to be wrong in an input, an outer place first; None if there is no place.

    The way there is drawn step by step: parts beside it can shrink, and the place remains.
    """
    path: tuple[int | str, ...] = ()
    nodes, value = trees.objects(), input
    places = _places(nodes, value)
    while places:
        # Of one thing Hypothesis draws nothing: what is drawn next would move as the last but one goes.
        place = draw(st.sampled_from(places if places[1:] else places * 2))
        path = (*path, place.step)
        if place.leaves_out:
            return Mistake(path, MISSING)
        nodes, value = trees.alternatives(place.schema), place.value
        places = _places(nodes, value)
        if not places or not draw(_DEEPER):
            return Mistake(path, draw(_wrong(nodes, value)))
    return None


def _wrong(nodes: list[JsonObject], value: Any) -> SearchStrategy[JSON]:
    """Return the strategy of what is wrong where one of these schemas should be."""
    return st.one_of([_ANY_TYPE, *(each for node in nodes for each in _beyond(node, value))])


def _places(nodes: list[JsonObject], value: Any) -> list[_Place]:
    """Return the places right within a value that may be any of these schemas."""
    found: list[_Place] = []
    for node in nodes:
        if type(value) is dict and node.get("type") == "object":
            found.extend(_in_object(node, value))
        elif type(value) is list and node.get("type") == "array":
            found.extend(_in_array(node, value))
    return found


def _in_object(node: JsonObject, value: JsonObject) -> Iterator[_Place]:
    """Iterate over the places within an object."""
    properties, others = node.get("properties", {}), node.get("additionalProperties", True)
    needed = node.get("required", ()) if "minProperties" not in node else value
    for name in needed:
        if name in value:
            yield _Place(name, leaves_out=True)
    for name, part in properties.items():
        yield _Place(name, part, value.get(name, MISSING))
    patterns = node.get("patternProperties", {})
    part = next(iter(patterns.values()), others)
    for name in value:
        if name not in properties and part is not False:
            yield _Place(name, part, value[name])
    if others is False and not patterns:
        yield _Place(_STRANGER)


def _in_array(node: JsonObject, value: list[JSON]) -> Iterator[_Place]:
    """Iterate over the places within a list."""
    first = node.get("prefixItems", ())
    for at, item in enumerate(value):
        yield _Place(at, first[at] if at < len(first) else node.get("items", True), item)


def _beyond(node: JsonObject, value: JSON) -> Iterator[SearchStrategy[JSON]]:
    """Iterate over strategies of what is of the right type, and not what a schema allows."""
    kind = node.get("type")
    if "enum" in node or "const" in node:
        yield TEXTS | st.integers(-MAX_INT, MAX_INT)
    elif kind == "string":
        yield from _other_texts(node)
    elif kind in ("integer", "number"):
        yield from _other_numbers(node)
    elif kind == "array" and type(value) is list:
        yield from _other_lengths(node, value)


def _other_texts(node: JsonObject) -> Iterator[SearchStrategy[JSON]]:
    """Iterate over strategies of text that is too short, too long or of another form."""
    least, most = node.get("minLength", 0), node.get("maxLength")
    if least:
        yield texts(0, least - 1)
    if most is not None and most < _MUCH:
        yield texts(most + 1, most + 5)
    if "pattern" in node or "format" in node:
        yield TEXTS


def _other_numbers(node: JsonObject) -> Iterator[SearchStrategy[JSON]]:
    """Iterate over strategies of numbers beyond their bounds, or between the steps."""
    for least in (node.get("minimum"), node.get("exclusiveMinimum")):
        if least is not None and -MAX_INT < least <= MAX_INT:
            yield st.integers(-MAX_INT, int(least))
    for most in (node.get("maximum"), node.get("exclusiveMaximum")):
        if most is not None and -MAX_INT <= most < MAX_INT:
            yield st.integers(int(most), MAX_INT)
    if "multipleOf" in node:
        yield st.integers(-MAX_INT, MAX_INT)


def _other_lengths(node: JsonObject, value: list[JSON]) -> Iterator[SearchStrategy[JSON]]:
    """Iterate over strategies of lists with too few or too many of the same items."""
    least, most = node.get("minItems", 0), node.get("maxItems")
    if least:
        yield st.integers(0, least - 1).map(lambda n: value[:n])
    if most is not None and most < _MUCH and value:
        times = most // len(value) + 1
        yield st.just((value * times)[: most + 1])
