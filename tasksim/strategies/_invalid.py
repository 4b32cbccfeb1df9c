"""Inputs that a definition refuses, each for one field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hypothesis import reject

from tasksim._world.strict_json import copy_json
from tasksim.errors import UsageError
from tasksim.strategies._declared import declared_by
from tasksim.strategies._inputs import accepted_inputs
from tasksim.strategies._naming import Code, drawn_by
from tasksim.strategies._places import MISSING, draw_mistake
from tasksim.strategies._sieve import TRIES, CannotDraw
from tasksim.strategies._trees import Trees

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import SearchStrategy

    from tasksim.strategies._declared import Declared
    from tasksim.strategies._places import Mistake
    from tasksim.typing import JsonObject

__all__ = ["InvalidInput", "invalid_inputs"]

_HOPELESS = 10  # draws without any refused input


@dataclass(frozen=True, slots=True)
class InvalidInput:
    """An input that a definition refuses, and for which field.

    Attributes:
        input: The input.
        field: The dotted path of the one field that is wrong, as in `ids.0`: the only key of the answer's
            `invalidFields`. None if the input as a whole is wrong: then these are empty.
    """

    input: JsonObject
    field: str | None


def invalid_inputs(definition: Any, /, **fields: SearchStrategy[Any]) -> SearchStrategy[InvalidInput]:
    """Draw inputs that a definition refuses: `trigger` answers `VALIDATION_FAILED_INVALID_FIELDS`.

    Each is an input that it accepts, with one thing made wrong: a field left out, of another type, out of
    its limits, not one of its choices, or there where no other may be. What is drawn says which field that
    is, and the answer's `invalidFields` name this one and no other. Where a union is wrong, the field is the
    union; where the whole input is, as for a validator of a model, there is none.

    Shrinks to the smallest input with the simplest mistake.

    Args:
        definition: A definition in any form that a `Simulator` takes.
        fields: Strategies of single fields, as for `inputs`; those are made wrong like others.

    Raises:
        DefinitionError: It is no definition, or one that cannot run.
        UsageError: It declares no validation, or one that refuses no input.

    Example:
        >>> from hypothesis import find
        >>> from pydantic import BaseModel, Field
        >>> from tasksim import task_definition
        >>> class Publish(BaseModel):
        ...     ids: list[str] = Field(min_length=1)
        ...     at: int = 0
        >>> @task_definition(id="publish", title="Publish", create_input_validation=Publish)
        ... def publish(controller):
        ...     return controller.response.done()
        >>> find(invalid_inputs(publish), lambda drawn: True)
        InvalidInput(input={}, field='ids')
        >>> find(invalid_inputs(publish), lambda drawn: drawn.field == "at")
        InvalidInput(input={'ids': [''], 'at': None}, field='at')
    """
    declared = declared_by(definition, call="invalid_inputs")
    if declared.validator is None:
        raise UsageError(
            f"{declared.id!r} declares no input validation, so it refuses no input.",
            way_out="Give it create_input_validation: a pydantic model, a TypeAdapter or a type.",
        )
    draw_valid = accepted_inputs(declared, fields, call="invalid_inputs")
    breaker = _Breaker(declared)
    breaker.refuse_if_nothing_is_demanded()
    return drawn_by(
        lambda draw: breaker.draw(draw, draw_valid), "invalid_inputs", Code(declared.code), **fields
    )


class _Breaker:
    """Makes one thing wrong in an input.

    Args:
        declared: The definition.
    """

    def __init__(self, declared: Declared) -> None:
        """Nothing was drawn."""
        self._declared = declared
        self._trees = Trees(declared.schema)
        self._found = 0
        self._in_vain = 0

    def refuse_if_nothing_is_demanded(self) -> None:
        """Refuse a validation that accepts any object.

        Raises:
            CannotDraw: It does.
        """
        if not any(_demands(shape) for shape in self._trees.objects()):
            raise self._nothing("its type: any object will do")

    def _nothing(self, fact: str) -> CannotDraw:
        """Return the error of a validation that refuses nothing."""
        return CannotDraw(
            f"{self._declared.id!r} refuses no input for a single field.",
            facts=(fact,),
            way_out="Let its create_input_validation demand something, or draw what it refuses by hand.",
        )

    def draw(
        self, draw: Callable[..., Any], draw_valid: Callable[[Callable[..., Any]], JsonObject]
    ) -> InvalidInput:
        """Draw an invalid input.

        Raises:
            CannotDraw: Nothing that is drawn is refused.
        """
        valid = draw_valid(draw)
        for _ in range(TRIES):
            mistake = draw_mistake(draw, self._trees, valid)
            if mistake is None:
                break
            input = _with(valid, mistake)
            is_refused, field = self._answer(input, mistake)
            if is_refused:
                self._found += 1
                return InvalidInput(input, field)
        self._in_vain += 1
        if not self._found and self._in_vain >= _HOPELESS:
            raise self._nothing(f"tried: {_HOPELESS} inputs, each with one field left out or changed")
        return reject()

    def _answer(self, input: JsonObject, mistake: Mistake) -> tuple[bool, str | None]:
        """Tell whether an input is refused for one field - the place, or the union that it is in - and which.

        One that a validator of the user's cannot stand, and raises for, is none: no trigger answers it.
        """
        assert self._declared.validator is not None  # noqa: S101 - asked before
        try:
            fields = self._declared.validator.check(input)
        except UsageError:
            return False, None
        if fields is None or len(fields) > 1:
            return False, None
        above = [".".join(map(str, mistake.path[:n])) for n in range(1, len(mistake.path) + 1)]
        field = next(iter(fields), None)
        return field is None or field in above, field


def _demands(shape: JsonObject) -> bool:
    """Tell whether a schema of objects demands anything at all."""
    others = shape.get("additionalProperties", True)
    return bool(shape.get("properties")) or others is not True or "minProperties" in shape


def _with(input: JsonObject, mistake: Mistake) -> JsonObject:
    """Return a copy of an input with another value at a place, or with none."""
    changed: Any = copy_json(input)
    node = changed
    *above, last = mistake.path
    for step in above:
        node = node[step]
    if mistake.value is MISSING:
        del node[last]
    else:
        node[last] = copy_json(mistake.value)
    return changed  # type: ignore[no-any-return]  # of the input's type
