"""Documents, parsed, measured and validated once for a schema.

Ariadne asks a parser and a validator of its user's at each request; these remember. What they keep is
bounded: the documents used longest ago are forgotten first, and one that is too large is not kept. The
parser also refuses requests with text that has lone surrogates, which GraphQL has not and no answer could be
sent with.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError, parse, validate

from tasksim._world.refusals import is_encodable
from tasksim.graphql._bounds import check_document
from tasksim.graphql._sdk_types import declared_as_real

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from graphql import ASTValidationRule, DocumentNode, GraphQLSchema

    from tasksim.graphql._bounds import Bounds

__all__ = ["MOST_CHARACTERS", "MOST_DOCUMENTS", "Documents"]

MOST_DOCUMENTS = 500
"""How many documents one schema remembers."""

MOST_CHARACTERS = 10_000
"""How long one of them may be: parsed it takes some hundred times the memory."""


class _Known:
    """A parsed document, bounds that it keeps, what is wrong with it under rules of somebody's, and notes."""

    __slots__ = ("document", "errors", "keeps", "notes")

    def __init__(self, document: DocumentNode) -> None:
        """Hold a parsed document."""
        self.document = document
        self.keeps: Bounds | None = None
        self.errors: dict[tuple[Any, ...], list[GraphQLError]] = {}
        self.notes: dict[str | None, Any] = {}


class Documents:
    """What is known of the documents sent to one schema."""

    __slots__ = ("_by_text", "_latest", "_real_types")

    def __init__(self, real_types: Mapping[str, str] | None = None) -> None:
        """Know nothing but types by whose names variables may be declared, each with the real one's."""
        self._real_types = real_types or {}
        self._by_text: OrderedDict[str, _Known] = OrderedDict()
        self._latest: _Known | None = None

    def parse(self, _: object, data: dict[str, Any], bounds: Bounds | None = None) -> DocumentNode:
        """Return the document that a request holds.

        Raises:
            GraphQLError: It cannot be parsed, or is more than its bounds allow; or the operation's name or a
                variable is no text of GraphQL.
        """
        _refuse_flaws(data.get("operationName"), data.get("variables"))
        text: str = data["query"]
        known = self._by_text.pop(text, None) or _Known(_parsed(text, self._real_types))
        if bounds is not None and known.keeps != bounds:
            check_document(known.document, bounds)
            known.keeps = bounds
        self._latest = known
        if len(text) <= MOST_CHARACTERS:
            self._by_text[text] = known  # the last one again
        if len(self._by_text) > MOST_DOCUMENTS:
            self._by_text.popitem(last=False)
        return known.document

    def validate(
        self,
        schema: GraphQLSchema,
        document_ast: DocumentNode,
        rules: Collection[type[ASTValidationRule]] | None = None,
        max_errors: int | None = None,
        type_info: object = None,  # noqa: ARG002 - older versions of Ariadne may give it
    ) -> list[GraphQLError]:
        """Return what is wrong with the document that was parsed last: Ariadne asks at once."""
        known = self._latest
        if known is None or known.document is not document_ast:
            return _validate(schema, document_ast, rules, max_errors)
        asked = (tuple(rules or ()), max_errors)
        found = known.errors.get(asked)
        if found is None:
            found = known.errors[asked] = _validate(schema, document_ast, rules, max_errors)
        return found

    def notes(self, document: DocumentNode) -> dict[str | None, Any]:
        """Return what was noted of a document's operations, to be added to; lost if it is not kept."""
        known = self._latest
        return {} if known is None or known.document is not document else known.notes


def _parsed(text: str, real_types: Mapping[str, str]) -> DocumentNode:
    """Return a document; older versions of graphql-core know no bound of depth."""
    try:
        return declared_as_real(parse(text), real_types)
    except RecursionError:
        raise GraphQLError("The document is nested too deep.") from None


def _validate(
    schema: GraphQLSchema,
    document: DocumentNode,
    rules: Collection[type[ASTValidationRule]] | None,
    max_errors: int | None,
) -> list[GraphQLError]:
    """Return what is wrong with a document; older versions of graphql-core know no bound of depth."""
    try:
        return validate(schema, document, rules, max_errors)
    except RecursionError:
        return [GraphQLError("Document is nested too deeply. Validation aborted.")]


def _refuse_flaws(operation_name: object, variables: Mapping[str, Any] | None) -> None:
    """Refuse text that is none of GraphQL's in a request, by the place where it stands."""
    flaw = _flaw_in(operation_name)
    if flaw is not None:
        raise GraphQLError(f"The operation's name {flaw}.")
    if variables and _flaw_in(variables) is not None:
        flaws = ((name, _flaw_in({name: value})) for name, value in variables.items())
        name, flaw = next(found for found in flaws if found[1] is not None)
        raise GraphQLError(f"Variable {f'${name}'!r} {flaw}.")


def _flaw_in(value: object) -> str | None:
    """Return what is wrong with a value: lone surrogates in its texts, or keys that are no texts."""
    rest, seen = [value], set()
    while rest:
        each = rest.pop()
        if isinstance(each, str):
            if not each.isascii() and not is_encodable(each):
                return f"holds {each!r:.60}, which has a lone surrogate"
        elif isinstance(each, dict):
            for key in each:
                if not isinstance(key, str):
                    return f"holds the key {key!r:.60}, which is no text"
            if id(each) not in seen:
                seen.add(id(each))
                rest += [*each, *each.values()]
        elif isinstance(each, list | tuple) and id(each) not in seen:
            seen.add(id(each))
            rest += each
    return None
