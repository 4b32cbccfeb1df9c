"""Inputs that a definition accepts."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from hypothesis import note, reject
from hypothesis import strategies as st

from tasksim.errors import UsageError, nearest_phrase
from tasksim.strategies._declared import declared_by
from tasksim.strategies._json import json_objects
from tasksim.strategies._naming import Code, drawn_by
from tasksim.strategies._sieve import TRIES, Sieve
from tasksim.strategies._values import Values, is_impossible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from hypothesis.strategies import SearchStrategy

    from tasksim._engine.validation import Validator
    from tasksim.strategies._declared import Declared
    from tasksim.typing import JsonObject

__all__ = ["accepted_inputs", "inputs"]


def inputs(definition: Any, /, **fields: SearchStrategy[Any]) -> SearchStrategy[JsonObject]:
    """Draw inputs that a definition accepts: whatever is drawn, its validation passes at `trigger`.

    They come from what its `create_input_validation` gives, by its JSON schema: types, limits, patterns,
    enums, unions with and without a tag, nested and recursive models. Fields with a default may be missing.
    What only a validator knows is found by trying; one that refuses nearly everything is an error that names
    it. A definition without validation gets any JSON objects, and a note says so. Lists inside lists are kept
    short, and fields that no model names come only where it says `extra="allow"`.

    Shrinks to the smallest: no field that may be missing, the least number, the shortest text, of a `Literal`
    or enum the shortest value.

    Args:
        definition: A definition in any form that a `Simulator` takes.
        fields: Strategies of single fields, to take the place of what would be drawn there. They are always
            present.

    Raises:
        DefinitionError: It is no definition, or one that cannot run.
        UsageError: A field that there is not, or a type that no JSON can be.

    Example:
        >>> from hypothesis import find, strategies as st
        >>> from pydantic import BaseModel, Field
        >>> from tasksim import task_definition
        >>> class Publish(BaseModel):
        ...     ids: list[str] = Field(min_length=1)
        ...     at: int = 0
        >>> @task_definition(id="publish", title="Publish", create_input_validation=Publish)
        ... def publish(controller):
        ...     return controller.response.done()
        >>> inputs(publish)
        inputs(publish)
        >>> find(inputs(publish), lambda input: True)
        {'ids': ['']}
        >>> find(inputs(publish, at=st.integers(3, 5)), lambda input: True)
        {'ids': [''], 'at': 3}
    """
    declared = declared_by(definition, call="inputs")
    draw_one = accepted_inputs(declared, fields, call="inputs")
    return drawn_by(draw_one, "inputs", Code(declared.code), **fields)


def accepted_inputs(
    declared: Declared, fields: Mapping[str, SearchStrategy[Any]], *, call: str
) -> Callable[[Callable[..., Any]], JsonObject]:
    """Return a function that draws inputs which a definition accepts.

    Raises:
        UsageError: A field that there is not, or a type that no JSON can be.
    """
    for name, strategy in fields.items():
        if not isinstance(strategy, st.SearchStrategy):
            raise UsageError(
                f"{call}() got {name}={strategy!r:.60}.", way_out="Pass a strategy: st.just(...), st.text()."
            )
    fitting = _fitting(declared, fields, call)
    sieve = Sieve(declared, call)

    def draw_one(draw: Callable[..., Any]) -> JsonObject:
        if declared.validator is None:
            note(f"{declared.id!r} declares no input validation, so any JSON object is drawn.")
        for _ in range(TRIES):
            input: JsonObject = draw(fitting)
            if sieve.accepts(input):
                return input
        return reject()

    return draw_one


def _fitting(
    declared: Declared, fields: Mapping[str, SearchStrategy[Any]], call: str
) -> SearchStrategy[JsonObject]:
    """Return the strategy of inputs that fit the schema."""
    if declared.validator is None:
        own = st.fixed_dictionaries(dict(fields))
        return st.builds(lambda found, given: {**found, **given}, json_objects(), own)
    values = Values(declared.schema)
    shapes = values.trees.objects()
    known = {name: None for shape in shapes for name in shape.get("properties", {})}
    known.update(dict.fromkeys(_missed_by(declared.validator)))
    takes_more = any("properties" not in shape or shape.get("additionalProperties") for shape in shapes)
    for name in fields:
        if name not in known and not takes_more:
            raise UsageError(
                f"{call}({declared.code}) got the field {name!r}.{nearest_phrase(name, known)}",
                facts=(f"fields: {', '.join(known) or 'none'}",),
                way_out="Pass a field of the input.",
            )
    found = values.inputs(fields)
    if is_impossible(found):
        raise UsageError(
            f"The input validation of {declared.id!r} accepts no JSON object.",
            facts=values.impossible_fields() or [f"its type: {_type_of(declared.schema)}"],
            way_out="Let it describe what a trigger gives: an object of text, numbers, lists and objects.",
        )
    return found


def _missed_by(validator: Validator) -> Iterator[str]:
    """Iterate over the fields that a validator misses in nothing; a schema knows no `AliasPath`."""
    with suppress(UsageError):  # one of the user's cannot stand it
        for error in validator._errors({}):  # noqa: SLF001 - of one package
            yield from map(str, error["loc"][:1])


def _type_of(schema: JsonObject) -> str:
    """Return in a word what a schema is of."""
    return str(schema.get("type", "union"))
