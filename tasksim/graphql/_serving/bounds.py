"""Bounds: how much one document, and one answer, may be.

This module promises that a document is measured before anything else is done with it, in time that is linear
in its length however its fragments multiply, and that an answer stops growing where its allowance ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    OperationDefinitionNode,
)

from tasksim._world.real_time import real_ms

if TYPE_CHECKING:
    from graphql import DocumentNode, SelectionSetNode

__all__ = ["BOUNDS", "Allowance", "Bounds", "check_document", "check_text"]


class Bounds(NamedTuple):
    """What one request may ask for.

    Attributes:
        body: Bytes of a body.
        text: Characters of a document.
        depth: Fields inside fields.
        fields: Fields in all, those of a fragment counted where it is used.
        aliases: How many of them have an alias.
        introspection: Lists of types inside lists of types, in introspection.
        items: Tasks and logs in one answer.
        seconds: Real time until there is an answer.
    """

    body: int = 4_000_000
    text: int = 50_000
    depth: int = 20
    fields: int = 2_000
    aliases: int = 100
    introspection: int = 3
    items: int = 20_000
    seconds: float = 10.0


BOUNDS = Bounds()

_LISTS_OF_TYPES = frozenset({"fields", "inputFields", "interfaces", "possibleTypes"})


class _Size(NamedTuple):
    depth: int
    fields: int
    aliases: int
    lists: int


_NOTHING = _Size(0, 0, 0, 0)


def check_text(text: str, bounds: Bounds) -> None:
    """Refuse a document that is too long to be parsed.

    Raises:
        GraphQLError: It is.
    """
    if len(text) > bounds.text:
        raise _refused(f"The document has {len(text):,} characters; {bounds.text:,} are allowed.")


def check_document(document: DocumentNode, bounds: Bounds) -> None:
    """Refuse a document that asks for too much.

    Raises:
        GraphQLError: It is too deep, has too many fields or aliases, or introspects without an end.
    """
    fragments = {
        each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
    }
    measure = _Measure(fragments)
    for each in document.definitions:
        if isinstance(each, OperationDefinitionNode):
            try:
                size = measure.of(each.selection_set)
            except RecursionError:
                raise _refused("The document is nested too deep.") from None
            _check(size, bounds)


def _check(size: _Size, bounds: Bounds) -> None:
    if size.depth > bounds.depth:
        raise _refused(f"The document is {size.depth:,} fields deep; {bounds.depth} are allowed.")
    if size.aliases > bounds.aliases:
        raise _refused(f"The document has {size.aliases:,} aliases; {bounds.aliases} are allowed.")
    if size.fields > bounds.fields:
        raise _refused(f"The document asks for {size.fields:,} fields; {bounds.fields:,} are allowed.")
    if size.lists > bounds.introspection:
        raise _refused(
            f"The document introspects lists of types {size.lists} deep; {bounds.introspection} are allowed."
        )


class _Measure:
    """Measures selections, each fragment once."""

    def __init__(self, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._known: dict[str, _Size] = {}

    def of(self, selections: SelectionSetNode | None) -> _Size:
        """Return the size of what is selected."""
        depth = fields = aliases = lists = 0
        for node in () if selections is None else selections.selections:
            if isinstance(node, FieldNode):
                inside = self.of(node.selection_set)
                is_list = node.name.value in _LISTS_OF_TYPES
                found = _Size(
                    inside.depth + 1,
                    inside.fields + 1,
                    inside.aliases + (node.alias is not None),
                    inside.lists + is_list,
                )
            elif isinstance(node, FragmentSpreadNode):
                found = self._of_fragment(node.name.value)
            else:
                found = self.of(node.selection_set)  # type: ignore[attr-defined]  # an inline fragment
            depth, lists = max(depth, found.depth), max(lists, found.lists)
            fields, aliases = fields + found.fields, aliases + found.aliases
        return _Size(depth, fields, aliases, lists)

    def _of_fragment(self, name: str) -> _Size:
        """Return the size of a fragment; one that is unknown or holds itself is validation's business."""
        if name not in self._known:
            self._known[name] = _NOTHING
            fragment = self._fragments.get(name)
            self._known[name] = self.of(None if fragment is None else fragment.selection_set)
        return self._known[name]


class Allowance:
    """What one answer may still hold, and until when.

    Args:
        bounds: The bounds of its request.
    """

    __slots__ = ("_bounds", "_items", "_until_ms")

    def __init__(self, bounds: Bounds) -> None:
        """Allow all of it."""
        self._bounds = bounds
        self._items = 0
        self._until_ms = real_ms() + round(bounds.seconds * 1000)

    def take(self, items: int) -> None:
        """Take so many tasks or logs.

        Raises:
            GraphQLError: There are more than one answer may hold, or its time is over.
        """
        self._items += items
        if self._items > self._bounds.items:
            raise _refused(
                f"The answer would hold more than {self._bounds.items:,} tasks and logs. Give lists a limit."
            )
        if real_ms() > self._until_ms:
            raise _refused(f"The answer took more than {self._bounds.seconds:g} seconds. Ask for less.")


def _refused(sentence: str) -> GraphQLError:
    return GraphQLError(sentence, extensions={"code": "TOO_MUCH"})
