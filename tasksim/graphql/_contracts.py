"""Contracts: what a profile promises over GraphQL.

Data alone: which schema, whose permission, which codes, and the text of the schema. It must not know
how anything is resolved.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

from graphql import GraphQLError, assert_enum_value_name

from tasksim.errors import DefinitionError
from tasksim.graphql._sdk_types import with_sdk_types

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["CONTRACTS", "Contract", "schema_text"]

_ENUM = "enum WebinyBackgroundTaskDefinitionEnum {\n  Empty\n}"


class Contract(NamedTuple):
    """What one profile promises.

    Attributes:
        schema: The name of its file in `schemas/`.
        permission: P1: which permission lets a caller do anything at all; `*` means full access.
        not_authorized: P1: the code of a refused query.
        settings_not_authorized: The same of the settings, where there are any.
        names_definitions: Whether the schema has an enum of the public definitions (T7).
    """

    schema: str
    permission: str
    not_authorized: str
    settings_not_authorized: str
    names_definitions: bool


_DOCUMENTED = Contract("documented", "*", "SECURITY_NOT_AUTHORIZED", "", names_definitions=True)
_WEBINY_5 = Contract("webiny_5", "tasks", "SECURITY_NOT_AUTHORIZED", "", names_definitions=True)
_WEBINY_6 = Contract(
    "webiny_6", "tasks", "NOT_AUTHORIZED", "BackgroundTasks/NotAuthorized", names_definitions=False
)

CONTRACTS = {
    "documented": _DOCUMENTED,
    "generic": _DOCUMENTED,
    "webiny-5": _WEBINY_5,
    "webiny-6": _WEBINY_6,
}
"""The contract of each profile, by its name."""


def schema_text(contract: Contract, definition_ids: Sequence[str], *, sdk_compat: bool = False) -> str:
    """Return the schema of a contract, with these public definitions in its enum, if it has one.

    With `sdk_compat` it has the types as well that only the official client names.

    Raises:
        DefinitionError: An id that cannot be a value of an enum.
    """
    text = _read(contract.schema)
    if sdk_compat:
        text = with_sdk_types(text, contract)
    if not contract.names_definitions or not definition_ids:
        return text
    values = "".join(f"  {_value(id)}\n" for id in definition_ids)
    return text.replace(_ENUM, _ENUM.replace("  Empty\n", values))


def _value(id: str) -> str:
    """Return an id that can be a value of an enum."""
    try:
        return assert_enum_value_name(id)
    except GraphQLError as error:
        raise DefinitionError(
            f"{id!r} cannot be a value of WebinyBackgroundTaskDefinitionEnum: {error.message}",
            way_out="Give it another id, one that begins with a letter of English, or make it private.",
        ) from None


@cache
def _read(name: str) -> str:
    """Return the text of a schema's file."""
    return (files("tasksim.graphql") / "schemas" / f"{name}.graphql").read_text(encoding="utf-8")
