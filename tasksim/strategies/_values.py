"""Values: from the schema of an input to a strategy of what it allows.

This module promises values that fit the schema as far as a schema can say it, simplest first, and an end to
recursive models. What validators say besides is for `_inputs` to ask.
"""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor, inf, isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

from hypothesis import strategies as st

from tasksim._explore.smaller import size_of
from tasksim._world.refusals import MAX_INT
from tasksim._world.strict_json import canonical_json
from tasksim.strategies._formats import formatted
from tasksim.strategies._json import ASCII, LETTERS, SCALARS, VALUES, json_objects
from tasksim.strategies._patterns import LONG, matching, texts
from tasksim.strategies._schemas import HINT
from tasksim.strategies._trees import Trees

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from collections.abc import Set as AbstractSet

    from hypothesis.strategies import SearchStrategy

    from tasksim.strategies._trees import Schema
    from tasksim.typing import JSON, JsonObject

__all__ = ["Values", "is_impossible"]

_FEW = 2  # keys that a model does not name but takes
_LENGTHS = (None, 6, 3)  # the longest list, and one in a list, and one in that or deeper


class Room(NamedTuple):
    """How much may be drawn at one place.

    Attributes:
        deeper: How many models that may hold themselves may still come.
        inside: How many lists and free objects are around.
    """

    deeper: int
    inside: int

    def within(self) -> Room:
        """Return the room inside a list."""
        return Room(self.deeper, self.inside + 1)

    def most(self, least: int, most: int | None) -> int | None:
        """Return the greatest length of a list: lists in lists are kept short, or a draw grows too large."""
        length = _LENGTHS[min(self.inside, len(_LENGTHS) - 1)]
        if length is None:
            return most
        return max(least, length if most is None else min(length, most))


def is_impossible(strategy: SearchStrategy[Any]) -> bool:
    """Tell whether a strategy has no values."""
    return bool(strategy.is_empty)


class Values:
    """Strategies of what a schema allows.

    Args:
        root: The schema, with its `$defs`.
    """

    def __init__(self, root: JsonObject) -> None:
        """Build nothing yet."""
        self.trees = Trees(root)
        self._room = Room(self.trees.depth, 0)
        self._known: dict[str, SearchStrategy[JSON]] = {}
        self._by_type: dict[str, Callable[[JsonObject, Room], SearchStrategy[JSON]]] = {
            "null": lambda *_: st.none(),
            "boolean": lambda *_: st.booleans(),
            "integer": lambda schema, _: _integers(schema),
            "number": lambda schema, _: _numbers(schema),
            "string": self._strings,
            "array": self._arrays,
            "object": self._objects,
        }

    def inputs(self, fields: Mapping[str, SearchStrategy[Any]]) -> SearchStrategy[JsonObject]:
        """Return the strategy of what the root allows as an input, some fields drawn otherwise.

        Args:
            fields: Strategies of fields; those that no model names come besides.
        """
        shapes = self.trees.objects()
        fitting = [each for each in shapes if fields.keys() <= each.get("properties", {}).keys()]
        return st.one_of([self._shape(each, fields) for each in fitting or shapes])

    def _shape(
        self, schema: JsonObject, fields: Mapping[str, SearchStrategy[Any]]
    ) -> SearchStrategy[JsonObject]:
        """Return the strategy of one kind of object that the root allows."""
        if not fields:
            return self._objects(schema, self._room)
        others = {key: part for key, part in schema.get("properties", {}).items() if key not in fields}
        required = [name for name in schema.get("required", ()) if name not in fields]
        drawn = self._objects({**schema, "properties": others, "required": required}, self._room)
        own = st.fixed_dictionaries(dict(fields))
        return st.builds(lambda found, given: {**found, **given}, drawn, own)

    def impossible_fields(self) -> list[str]:
        """Return the fields that keep the root from having any values, a line for each."""
        return [
            f"{name}: no JSON is what it asks for"
            for shape in self.trees.objects()
            for name, part in shape.get("properties", {}).items()
            if name in shape.get("required", ()) and is_impossible(self.of(part, self._room))
        ]

    def of(self, schema: Schema, room: Room) -> SearchStrategy[JSON]:
        """Return the strategy of what a schema allows, within the room that there is."""
        if schema is False or (schema is not True and schema.get("not") == {}):
            return st.nothing()
        if schema is True:
            return VALUES
        key = f"{room} {json.dumps(schema, sort_keys=True, default=str)}"
        if key not in self._known:
            self._known[key] = self._made(schema, room)
        return self._known[key]

    def _made(self, schema: JsonObject, room: Room) -> SearchStrategy[JSON]:
        """Return the strategy of a schema that is not known yet."""
        if "$ref" in schema:
            room = Room(room.deeper - self.trees.is_recursive(schema["$ref"]), room.inside)
            return st.nothing() if room.deeper < 0 else self.of(self.trees.resolved(schema), room)
        if "const" in schema:
            return st.just(schema["const"])
        if "enum" in schema:
            return st.sampled_from(sorted(schema["enum"], key=size_of)) if schema["enum"] else st.nothing()
        branches = self.trees.branches(schema)
        if branches is not None:
            return st.one_of([self.of(each, room) for each in branches])
        make = self._by_type.get(schema.get("type", ""))
        return VALUES if make is None else make(schema, room)

    def _strings(self, schema: JsonObject, room: Room) -> SearchStrategy[JSON]:
        """Return the strategy of text."""
        if schema.get("contentMediaType") == "application/json":
            return self.of(schema.get("contentSchema", True), room).map(json.dumps)
        least, most = schema.get("minLength", 0), schema.get("maxLength")
        if "format" in schema:
            found = formatted(schema)
            if found is not None:
                return found
        if most is not None and least > most:
            return st.nothing()
        if "pattern" in schema:
            return matching(schema["pattern"], least, most)
        # The length of bytes is counted in bytes.
        return texts(least, most, ASCII if schema.get("format") == "binary" and most else LETTERS)

    def _arrays(self, schema: JsonObject, room: Room) -> SearchStrategy[JSON]:
        """Return the strategy of lists: of items by their place, or of one kind."""
        first = [self.of(each, room) for each in schema.get("prefixItems", ())]
        least, most = schema.get("minItems", 0), schema.get("maxItems")
        if not first:
            return self._lists(schema, room, least, most)
        at_least = next((at for at, each in enumerate(first) if is_impossible(each)), len(first))
        at_most = at_least if most is None else min(at_least, most)
        shapes = [st.tuples(*first[:n]).map(list) for n in range(min(least, len(first)), at_most + 1)]
        return st.one_of(shapes)

    def _lists(self, schema: JsonObject, room: Room, least: int, most: int | None) -> SearchStrategy[JSON]:
        """Return the strategy of lists of one kind of items."""
        items = schema.get("items", True)
        # What may be anything in a set must have a hash all the same.
        one = SCALARS if schema.get("uniqueItems") and items in (True, {}) else self.of(items, room.within())
        if is_impossible(one) or (most is not None and most < max(least, 1)):
            return st.nothing() if least or (most is not None and most < 0) else st.builds(list)
        most = room.most(least, most)
        if schema.get("uniqueItems"):
            return st.lists(one, min_size=least, max_size=most, unique_by=canonical_json)
        if least > LONG:
            piece = st.lists(one, min_size=1, max_size=5)
            return piece.map(lambda found: (found * least)[:least])
        return st.lists(one, min_size=least, max_size=most)

    def _objects(self, schema: JsonObject, room: Room) -> SearchStrategy[JsonObject]:
        """Return the strategy of objects: named fields, and others where there may be any."""
        properties = schema.get("properties")
        others = schema.get("additionalProperties")
        patterns = schema.get("patternProperties", {})
        if properties is None and others is None and not patterns:
            return json_objects(schema.get("minProperties", 0), schema.get("maxProperties"))
        parts = {name: self.of(part, room) for name, part in (properties or {}).items()}
        needed = schema.get("required", ())
        for name in needed:
            parts.setdefault(name, VALUES)
        if any(is_impossible(parts[name]) for name in needed):
            return st.nothing()
        optional = {name for name in parts if name not in needed and not is_impossible(parts[name])}
        named = _fields({name: parts[name] for name in parts if name in needed or name in optional}, optional)
        if not patterns and (others is None or others is False):
            return named
        free = self._free_keys(schema, room, has_names=bool(properties))
        return st.builds(lambda extra, own: {**extra, **own}, free, named) if properties else free

    def _free_keys(self, schema: JsonObject, room: Room, *, has_names: bool) -> SearchStrategy[JsonObject]:
        """Return the strategy of the keys that a schema does not name, with their values."""
        patterns = schema.get("patternProperties", {})
        keys = self._keys(schema, room)
        part: Any = next(iter(patterns.values()), schema.get("additionalProperties", True))
        values = self.of(part, room.within())
        least, most = schema.get("minProperties", 0), schema.get("maxProperties")
        if has_names:
            keys = keys.filter(lambda key: key not in schema["properties"])
            least, most = 0, _FEW
        if is_impossible(keys) or is_impossible(values) or (most is not None and most < max(least, 1)):
            return st.nothing() if least else st.builds(dict)
        return st.dictionaries(keys, values, min_size=least, max_size=room.most(least, most))

    def _keys(self, schema: JsonObject, room: Room) -> SearchStrategy[str]:
        """Return the strategy of keys: text, whatever they stand for."""
        keys = schema.get(HINT, {}).get("keys") or dict(schema.get("propertyNames", {}))
        for pattern in schema.get("patternProperties", {}):
            keys.setdefault("pattern", pattern)
        found = self.of({"type": "string", **keys} if "$ref" not in keys else keys, room)
        return found.map(lambda key: key if isinstance(key, str) else json.dumps(key))


@st.composite
def _fields(
    draw: Callable[..., Any], parts: Mapping[str, SearchStrategy[JSON]], optional: AbstractSet[str]
) -> JsonObject:
    """Draw an object of these fields, in this order, of which some may be missing.

    Each asks for itself whether it is there, so that none that is missing keeps another one from shrinking.
    """
    return {name: draw(part) for name, part in parts.items() if name not in optional or draw(_PRESENT)}


_PRESENT = st.booleans()


def _integers(schema: JsonObject) -> SearchStrategy[JSON]:
    """Return the strategy of whole numbers, none beyond what JSON can tell apart."""
    step = Fraction(str(schema.get("multipleOf", 1))).numerator  # of which every whole multiple is one, too
    least, most = _whole_bounds(schema, Decimal(step))
    return st.nothing() if least > most else st.integers(least, most).map(lambda n: n * step)


def _numbers(schema: JsonObject) -> SearchStrategy[JSON]:
    """Return the strategy of numbers, the whole ones first."""
    if "multipleOf" in schema:
        step = Decimal(str(schema["multipleOf"]))
        least, most = _whole_bounds(schema, step)
        return st.nothing() if least > most else st.integers(least, most).map(lambda n: _number(n * step))
    least, most = _whole_bounds(schema, Decimal(1))
    whole = st.nothing() if least > most else st.integers(least, most)
    bounds = {key: float(value) for key, value in schema.items() if key in _BOUNDS and isfinite(value)}
    low = max((value for key, value in bounds.items() if "inimum" in key), default=None)
    high = min((value for key, value in bounds.items() if "aximum" in key), default=None)
    no_low = low is not None and bounds.get("exclusiveMinimum") == low
    no_high = high is not None and bounds.get("exclusiveMaximum") == high
    if low is not None and high is not None and (low > high or (low == high and (no_low or no_high))):
        return whole
    between = st.floats(
        low, high, allow_nan=False, allow_infinity=False, exclude_min=no_low, exclude_max=no_high
    )
    return whole | between


_BOUNDS = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")


def _number(value: Decimal) -> JSON:
    """Return a decimal as the JSON number it stands for."""
    return int(value) if value == value.to_integral_value() else float(value)


def _whole_bounds(schema: JsonObject, step: Decimal) -> tuple[int, int]:
    """Return the least and greatest multiple of a step within the bounds, as multiples."""
    limits = {key: Decimal(str(schema[key])) / step for key in _BOUNDS if isfinite(schema.get(key, inf))}
    least, most = -floor(MAX_INT / step), floor(MAX_INT / step)
    if "minimum" in limits:
        least = max(least, ceil(limits["minimum"]))
    if "exclusiveMinimum" in limits:
        least = max(least, floor(limits["exclusiveMinimum"]) + 1)
    if "maximum" in limits:
        most = min(most, floor(limits["maximum"]))
    if "exclusiveMaximum" in limits:
        most = min(most, ceil(limits["exclusiveMaximum"]) - 1)
    return least, most
