"""Executable schemas, each built once: contracts and definitions that are equal share one."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from ariadne import make_executable_schema

from tasksim.graphql._contracts import Contract, schema_text
from tasksim.graphql._documents import Documents
from tasksim.graphql._resolvers import RESOLVERS, SETTINGS_RESOLVERS
from tasksim.graphql._scalars import SCALARS

if TYPE_CHECKING:
    from graphql import GraphQLSchema

__all__ = ["Built", "build_schema"]


class Built(NamedTuple):
    """A schema that can be executed, and the documents that were sent to it."""

    schema: GraphQLSchema
    documents: Documents


@lru_cache(maxsize=32)
def build_schema(contract: Contract, definition_ids: tuple[str, ...]) -> Built:
    """Return the schema of a contract with these public definitions.

    Raises:
        DefinitionError: An id that cannot be a value of an enum.
    """
    resolvers = (*RESOLVERS, *(SETTINGS_RESOLVERS if contract.settings_not_authorized else ()))
    text = schema_text(contract, definition_ids)
    return Built(make_executable_schema(text, *SCALARS, *resolvers), Documents())
