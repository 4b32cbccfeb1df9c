"""Executable schemas, each built once: contracts and definitions that are equal share one."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from graphql import build_schema as build_from_text

from tasksim.graphql._contracts import CONTRACTS, Contract, schema_text
from tasksim.graphql._documents import Documents
from tasksim.graphql._resolvers import RESOLVERS, SETTINGS_RESOLVERS, public_ids
from tasksim.graphql._scalars import SCALARS
from tasksim.graphql._sdk_types import sdk_types

if TYPE_CHECKING:
    from graphql import GraphQLSchema

    from tasksim._simulator.simulator import Simulator

__all__ = ["Built", "build_schema", "schema_for"]


class Built(NamedTuple):
    """A schema that can be executed, and the documents that were sent to it."""

    schema: GraphQLSchema
    documents: Documents


def schema_for(sim: Simulator, *, sdk_compat: bool) -> Built:
    """Return the schema by which a simulation answers now: with the public definitions that it has.

    Raises:
        DefinitionError: As `build_schema`.
    """
    contract = CONTRACTS[sim.profile]
    ids = public_ids(sim) if contract.names_definitions else ()
    return build_schema(contract, ids, sdk_compat=sdk_compat)


@lru_cache(maxsize=32)
def build_schema(contract: Contract, definition_ids: tuple[str, ...], *, sdk_compat: bool = False) -> Built:
    """Return the schema of a contract with these public definitions.

    With `sdk_compat` it also takes the two types that the official client names and the real API lacks.

    Raises:
        DefinitionError: An id that cannot be a value of an enum.
    """
    resolvers = (*RESOLVERS, *(SETTINGS_RESOLVERS if contract.settings_not_authorized else ()))
    schema = build_from_text(schema_text(contract, definition_ids, sdk_compat=sdk_compat))
    # Bound by hand: Ariadne's make_executable_schema also exchanges how enums read variables, for the sake
    # of Python enums, which no contract has; late graphql-core 3.2 calls that with one argument more.
    for each in (*SCALARS, *resolvers):
        each.bind_to_schema(schema)
    return Built(schema, Documents(sdk_types(contract) if sdk_compat else {}))
