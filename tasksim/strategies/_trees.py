"""The schemas of an input as a tree: what refers to what, which models hold themselves, and how deep to go.

This module promises that references and unions are resolved in one way for whoever reads them. It must not
know any strategy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasksim.typing import JsonObject

__all__ = ["Schema", "Trees"]

Schema: TypeAlias = "JsonObject | bool"
"""A JSON schema; True allows anything, False nothing."""

_TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")
"""The types of JSON, simplest first: a union shrinks to the first that there is."""

_UNIONS = ("anyOf", "oneOf")
_LIMITS = frozenset(
    {
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
        *("minLength", "maxLength", "pattern", "format"),
        *("minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties"),
    }
)
"""Keywords that hold for each alternative of the union beside which they stand."""


class Trees:
    """What a schema and its definitions say.

    Args:
        root: The schema, with its `$defs`.

    Attributes:
        depth: How many models that may hold themselves can be inside each other.
    """

    def __init__(self, root: JsonObject) -> None:
        """Find out which models hold themselves."""
        self._root = root
        self._defs: JsonObject = root.get("$defs", {})
        held = _reached({name: set(_references(schema)) for name, schema in self._defs.items()})
        self._recursive = {name for name, names in held.items() if name in names}
        self.depth = 2 * len(self._recursive) + 1

    def is_recursive(self, reference: str) -> bool:
        """Tell whether a reference leads to a model that may hold itself."""
        return _target(reference) in self._recursive

    def resolved(self, schema: JsonObject) -> JsonObject:
        """Return a schema without its reference: what it leads to, and what stands beside it."""
        while "$ref" in schema:
            beside = {key: value for key, value in schema.items() if key not in ("$ref", "$defs")}
            schema = {**self._defs.get(_target(schema["$ref"]), {}), **beside}
        return schema

    def branches(self, schema: JsonObject) -> list[JsonObject] | None:
        """Return the alternatives of a union, the simplest first; None if it is none.

        Limits that stand beside the alternatives hold for each of them, and a model that is told by a tag
        always has that tag.
        """
        if "allOf" in schema:
            return [self._merged(schema)]
        if isinstance(schema.get("type"), list):
            return sorted(({**schema, "type": each} for each in schema["type"]), key=self._rank)
        choices = next((schema[union] for union in _UNIONS if union in schema), None)
        if choices is None:
            return None
        beside = {key: value for key, value in schema.items() if key in _LIMITS}
        tag = schema.get("discriminator", {}).get("propertyName")
        return sorted(({**self._tagged(each, tag), **beside} for each in choices), key=self._rank)

    def _tagged(self, branch: JsonObject, tag: str | None) -> JsonObject:
        """Return an alternative whose tag is required, if it is told by one."""
        found = self.resolved(branch)
        if tag is None or tag not in found.get("properties", {}):
            return branch
        return {**branch, "required": list(dict.fromkeys([*found.get("required", ()), tag]))}

    def _merged(self, schema: JsonObject) -> JsonObject:
        """Return schemas that hold together as one; where they disagree, the later one holds."""
        merged = {key: value for key, value in schema.items() if key != "allOf"}
        for each in schema["allOf"]:
            merged = {**merged, **self.resolved(each)}
        return merged

    def alternatives(self, schema: Schema, seen: frozenset[str] = frozenset()) -> list[JsonObject]:
        """Return what a schema allows, references and unions resolved; what leads back to itself once."""
        if isinstance(schema, bool):
            return [{}] if schema else []
        reference = schema.get("$ref")
        if reference in seen:
            return []
        seen = seen if reference is None else seen | {reference}
        found = self.resolved(schema)
        branches = self.branches(found)
        if branches is None:
            return [found]
        return [each for branch in branches for each in self.alternatives(branch, seen)]

    def objects(self) -> list[JsonObject]:
        """Return the kinds of objects that the root allows; nothing else is an input."""
        return [
            {"type": "object", **found}
            for found in self.alternatives(self._root)
            if found.get("type", "object") == "object" and not {"const", "enum", "not"} & found.keys()
        ]

    def _rank(self, schema: JsonObject) -> tuple[int, int]:
        """Return where an alternative comes, simplest first: by its type, then by how much it demands."""
        found = self.resolved(schema)
        if "const" in found or "enum" in found:
            values = [found["const"]] if "const" in found else found["enum"]
            return min((_rank_of_value(value) for value in values), default=len(_TYPES)), 0
        kind = found.get("type")
        return _TYPES.index(kind) if kind in _TYPES else len(_TYPES), len(found.get("required", ()))


def _rank_of_value(value: Any) -> int:
    """Return where a value's type comes."""
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string"}
    return _TYPES.index(kinds.get(type(value), "null"))


def _target(reference: str) -> str:
    """Return the name of the definition that a reference leads to."""
    return reference.rpartition("/")[2].replace("~1", "/").replace("~0", "~")


def _references(schema: Any) -> Iterator[str]:
    """Iterate over the names of the definitions to which a schema refers."""
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key == "$ref" and isinstance(value, str):
                yield _target(value)
            elif key not in ("default", "examples", "const", "enum"):
                yield from _references(value)
    elif isinstance(schema, list):
        for item in schema:
            yield from _references(item)


def _reached(direct: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return for each name all that can be reached from it, step by step."""
    reached = {name: set(names) for name, names in direct.items()}
    is_done = False
    while not is_done:
        is_done = True
        for name, names in reached.items():
            more = names.union(*(reached.get(other, ()) for other in names))
            if more != names:
                reached[name] = more
                is_done = False
    return reached
