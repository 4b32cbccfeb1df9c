"""The official client's types: names that its documents declare variables by, and the real API lacks.

With them a schema shows both names, and a variable declared by one of them is one of the real type. This
module promises that nothing else changes: a document that names neither means what it meant. It must not
know how a document is executed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import SKIP, NamedTypeNode, NameNode, Visitor, visit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import DocumentNode, VisitorAction

    from tasksim.graphql._contracts import Contract

__all__ = ["declared_as_real", "sdk_types", "with_sdk_types"]

_LOGS_WHERE = "WebinyBackgroundTaskLogListWhereInput"
_SDK_LOGS_WHERE = _LOGS_WHERE.removeprefix("Webiny")
_SDK_DEFINITION = "WebinyBackgroundTaskDefinitionEnum"


def sdk_types(contract: Contract) -> dict[str, str]:
    """Return the names that a contract lacks, each with that of the real type."""
    names = {_SDK_LOGS_WHERE: _LOGS_WHERE}
    return names if contract.names_definitions else {**names, _SDK_DEFINITION: "String"}


def with_sdk_types(text: str, contract: Contract) -> str:
    """Return a schema's text with the missing types, so that introspection shows them.

    The input has the fields of the real one. Where a String names a definition, the other is a scalar and
    no enum: private definitions can be triggered there, too.
    """
    begin = text.index(f"input {_LOGS_WHERE} {{")
    real = text[begin : text.index("}\n", begin) + 2]
    added = ["\n", real.replace(_LOGS_WHERE, _SDK_LOGS_WHERE, 1)]
    if not contract.names_definitions:
        added.append(f"\nscalar {_SDK_DEFINITION}\n")
    return text + "".join(added)


def declared_as_real(document: DocumentNode, names: Mapping[str, str]) -> DocumentNode:
    """Return a document whose variables are declared by the real types' names; locations stay."""
    return visit(document, _Declarations(names)) if names else document


class _Declarations(Visitor):
    """Exchange the names of types where variables are declared, and nowhere else."""

    def __init__(self, names: Mapping[str, str]) -> None:
        """Exchange these names."""
        super().__init__()
        self.names = names

    def enter_named_type(self, node: NamedTypeNode, *_: Any) -> NamedTypeNode | None:
        """Exchange a type's name, if it is one of these."""
        real = self.names.get(node.name.value)
        if real is None:
            return None
        return NamedTypeNode(name=NameNode(value=real, loc=node.name.loc), loc=node.loc)

    def enter_selection_set(self, *_: Any) -> VisitorAction:
        """Leave out what is asked for."""
        return SKIP

    def enter_fragment_definition(self, *_: Any) -> VisitorAction:
        """Leave out fragments: the type that one is on is no variable's."""
        return SKIP
