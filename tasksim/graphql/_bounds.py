"""Bounds: how much one document, and one answer, may be.

This module promises that a document is measured before anything else is done with it, in time that is linear
in its length however its fragments multiply, and that an answer stops growing where its allowance ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from graphql import (
    ExecutableDefinitionNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    OperationDefinitionNode,
)

from tasksim._world.real_time import real_ms

if TYPE_CHECKING:
    from graphql import DocumentNode, Node, SelectionNode, SelectionSetNode

__all__ = ["BOUNDS", "Allowance", "Bounds", "check_document", "check_text"]


class Bounds(NamedTuple):
    """What one request may ask for.

    Attributes:
        body: Bytes of a body.
        text: Characters of a document.
        depth: Fields inside fields.
        fields: Fields and spreads in all, those of a fragment counted where it is used.
        aliases: How many of them have an alias.
        fragments: Fragments that are defined.
        directives: Directives in all.
        repeats: How often fields are to be compared that stand in one place of the answer: whether they
            can be one, validation finds out for each two of them.
        introspection: Lists of types inside lists of types, in introspection.
        items: Tasks and logs in one answer.
        errors: Errors of validation that are looked for; each shows what is wrong, which may be long.
        seconds: Real time until there is an answer.
    """

    body: int = 4_000_000
    text: int = 50_000
    depth: int = 20
    fields: int = 2_000
    aliases: int = 100
    fragments: int = 100
    directives: int = 200
    repeats: int = 50_000
    introspection: int = 2
    items: int = 20_000
    errors: int = 20
    seconds: float = 10.0


BOUNDS = Bounds()

_LISTS_OF_TYPES = frozenset({"fields", "inputFields", "interfaces", "possibleTypes"})
_AS_ONE = 20  # characters of arguments that take as long to compare as a field


class _Size(NamedTuple):
    depth: int
    fields: int
    aliases: int
    lists: int

    def beside(self, other: _Size) -> _Size:
        """Return the size of both in one place."""
        return _Size(
            max(self.depth, other.depth),
            self.fields + other.fields,
            self.aliases + other.aliases,
            max(self.lists, other.lists),
        )


_NOTHING = _Size(0, 0, 0, 0)


def check_text(text: str, bounds: Bounds) -> None:
    """Refuse a document that is too long to be parsed.

    Raises:
        GraphQLError: It is.
    """
    if len(text) > bounds.text:
        raise _refused(f"The document has {len(text):,} characters; {bounds.text:,} are allowed.")


def check_document(document: DocumentNode, bounds: Bounds) -> None:
    """Refuse a document that asks for too much, or that would take too long to validate.

    Raises:
        GraphQLError: It is too deep, has too many of something, or introspects without an end; a
            fragment holds itself; or something in it is no operation and no fragment.
    """
    for each in document.definitions:
        if not isinstance(each, ExecutableDefinitionNode):
            raise GraphQLError("Operations and fragments are executable; other definitions are not.", each)
    fragments = {
        each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
    }
    if len(fragments) > bounds.fragments:
        raise _refused(f"The document has {len(fragments):,} fragments; {bounds.fragments} are allowed.")
    measure = _Measure(fragments)
    try:
        roots = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
        size = _NOTHING
        for each in roots:
            size = size.beside(measure.of(each))
        unused = [each for name, each in fragments.items() if name not in measure.known]
        for fragment in unused:
            size = size.beside(measure.of(fragment))
        _check(size, measure.directives, bounds)
        for root in (*roots, *unused):
            _check_repeats(root.selection_set, fragments, bounds)
    except RecursionError:
        raise _refused("The document is nested too deep.") from None


def _check(size: _Size, directives: int, bounds: Bounds) -> None:
    if size.depth > bounds.depth:
        raise _refused(f"The document is {size.depth:,} fields deep; {bounds.depth} are allowed.")
    if size.aliases > bounds.aliases:
        raise _refused(f"The document has {size.aliases:,} aliases; {bounds.aliases} are allowed.")
    if size.fields > bounds.fields:
        raise _refused(f"The document asks for {size.fields:,} fields; {bounds.fields:,} are allowed.")
    if directives > bounds.directives:
        raise _refused(f"The document has {directives:,} directives; {bounds.directives} are allowed.")
    if size.lists > bounds.introspection:
        raise _refused(
            f"The document introspects lists of types {size.lists} deep; {bounds.introspection} are allowed."
        )


class _Measure:
    """Measures selections, each fragment once.

    Attributes:
        known: The fragments that were measured.
        directives: How many directives there are in what was measured.
    """

    def __init__(self, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self.known: dict[str, _Size | None] = {}
        self.directives = 0

    def of(self, node: ExecutableDefinitionNode | SelectionNode) -> _Size:
        """Return the size of what is selected in a definition or field."""
        self.directives += len(node.directives or ())
        for variable in getattr(node, "variable_definitions", None) or ():
            self.directives += len(variable.directives or ())
        selected = getattr(node, "selection_set", None)
        size = _NOTHING
        for each in () if selected is None else selected.selections:
            inside = self.of(each)
            if isinstance(each, FieldNode):
                inside = _Size(
                    inside.depth + 1,
                    inside.fields + 1,
                    inside.aliases + (each.alias is not None),
                    inside.lists + (each.name.value in _LISTS_OF_TYPES),
                )
            elif isinstance(each, FragmentSpreadNode):
                inside = self._of_fragment(each.name.value)
            size = size.beside(inside)
        return size

    def _of_fragment(self, name: str) -> _Size:
        """Return the size of a fragment and its spread; that it is unknown is validation's business."""
        if name not in self.known:
            self.known[name] = None
            found = self.of(self._fragments[name]) if name in self._fragments else _NOTHING
            self.known[name] = found._replace(fields=found.fields + 1)
        size = self.known[name]
        if size is None:
            raise GraphQLError(f"Cannot spread fragment {name!r} within itself.")
        return size


class _Place:
    """What stands in one place of an answer: how many fields, how long they are, and what is inside."""

    __slots__ = ("fields", "inside", "length")

    def __init__(self) -> None:
        self.fields = self.length = 0
        self.inside: dict[str, _Place] = {}


def _check_repeats(
    selected: SelectionSetNode, fragments: dict[str, FragmentDefinitionNode], bounds: Bounds
) -> None:
    """Refuse what repeats fields too often; it is so small that its fragments can be put in their places."""
    places: list[_Place] = []

    def put(selections: SelectionSetNode | None, where: dict[str, _Place]) -> None:
        for node in () if selections is None else selections.selections:
            if isinstance(node, FieldNode):
                name = (node.alias or node.name).value
                if name not in where:
                    where[name] = _Place()
                    places.append(where[name])
                place = where[name]
                place.fields += 1
                place.length += 1 + sum(map(_length, node.arguments or ())) // _AS_ONE
                put(node.selection_set, place.inside)
            elif isinstance(node, FragmentSpreadNode):
                known = fragments.get(node.name.value)
                put(None if known is None else known.selection_set, where)
            else:
                put(node.selection_set, where)  # type: ignore[attr-defined]  # an inline fragment

    put(selected, {})
    repeats = sum((place.fields - 1) * place.length for place in places)
    if repeats > bounds.repeats:
        raise _refused("The document has too many fields of one name in one place. Ask for each once.")


def _length(node: Node) -> int:
    """Return how many characters something has in its document."""
    return 0 if node.loc is None else node.loc.end - node.loc.start


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
