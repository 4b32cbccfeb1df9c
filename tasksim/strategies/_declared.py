"""What a definition declares of its input, whatever form the definition has.

This module promises the validator that a trigger asks. It must not know any strategy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tasksim._engine.profiles import DEFAULT_PROFILE, load_profile
from tasksim._engine.registry import Registry
from tasksim._simulator.frozen_models import let_pydantic_know
from tasksim.errors import UsageError
from tasksim.strategies._naming import name_of_definition
from tasksim.strategies._schemas import schema_by

if TYPE_CHECKING:
    from tasksim._engine.validation import Validator
    from tasksim.typing import JsonObject

__all__ = ["Declared", "declared_by"]


class Declared(NamedTuple):
    """What a definition declares of its input.

    Attributes:
        id: The definition's id.
        code: Code for the definition, as printed.
        validator: What a trigger asks; None if it declares nothing.
        schema: The JSON schema of its input; empty if it declares nothing.
    """

    id: str
    code: str
    validator: Validator | None
    schema: JsonObject


def declared_by(definition: Any, *, call: str) -> Declared:
    """Return what a definition declares; it is registered in a world of its own.

    Raises:
        UsageError: What was passed is text; there is no world in which to look for it.
        DefinitionError: It is no definition, or one that cannot run.
    """
    if isinstance(definition, str):
        raise UsageError(
            f"{call}() got the text {definition!r}.", way_out="Pass the definition, as to Simulator([...])."
        )
    let_pydantic_know()
    registered = Registry(load_profile(DEFAULT_PROFILE)).register(definition)
    validator, schema = registered.validator, {}
    if validator is not None:
        schema = schema_by(validator._describe, definition_id=registered.id)  # noqa: SLF001 - of one package
    return Declared(registered.id, name_of_definition(definition), validator, schema)
