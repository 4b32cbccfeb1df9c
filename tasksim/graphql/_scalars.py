"""Scalars: JSON, Number and DateTime, coerced as the real API does.

- JSON takes anything. In a literal a name that is no string, an enum's value, has no meaning: it is
  refused alone, left out of an object, null in a list.
- Number takes numbers; a variable may also be a numeric text. The real one lets an empty text and a
  boolean through as not-a-number; here they are refused.
- DateTime takes RFC 3339 texts with seconds and a time zone, and aware datetimes of Python as variables.

Answers hold texts and numbers already, so nothing is converted on the way out.
"""

from __future__ import annotations

import re
from datetime import datetime
from math import isfinite
from sys import float_info
from typing import TYPE_CHECKING, Any

from ariadne import ScalarType
from graphql import (
    BooleanValueNode,
    FloatValueNode,
    GraphQLError,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    Undefined,
    VariableNode,
    print_ast,
)

from tasksim._world.durations import parse_instant
from tasksim._world.refusals import MAX_INT
from tasksim.errors import UsageError

if TYPE_CHECKING:
    from graphql import ValueNode

__all__ = ["SCALARS"]

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})"
)


def _number_of(text: str) -> float:
    """Return the number that digits mean; one without a fraction is an integer, as in JavaScript."""
    value = float(text)
    if not isfinite(value):
        raise GraphQLError(f"{text:.40} is too large for a number.")
    return int(value) if value.is_integer() and abs(value) <= MAX_INT else value


def _json_literal(node: ValueNode, variables: dict[str, Any] | None = None) -> Any:  # noqa: PLR0911 - a case for each kind
    """Return what a literal of any form means, as JSON."""
    if isinstance(node, StringValueNode | BooleanValueNode):
        return node.value
    if isinstance(node, IntValueNode | FloatValueNode):
        return _number_of(node.value)
    if isinstance(node, NullValueNode):
        return None
    if isinstance(node, ListValueNode):
        items = [_json_literal(item, variables) for item in node.values]
        return [None if item is Undefined else item for item in items]
    if isinstance(node, ObjectValueNode):
        found = {field.name.value: _json_literal(field.value, variables) for field in node.fields}
        return {name: value for name, value in found.items() if value is not Undefined}
    if isinstance(node, VariableNode):
        return (variables or {}).get(node.name.value, Undefined)
    return Undefined


def _number_value(value: Any) -> float:
    """Return a variable that is a number, or the text of one."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return _number_of(value.strip())
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= float_info.max:
        return value
    raise GraphQLError("Value sent must be a number.")


def _number_literal(node: ValueNode, _: dict[str, Any] | None = None) -> float:
    """Return a literal number."""
    if isinstance(node, IntValueNode | FloatValueNode):
        return _number_of(node.value)
    raise GraphQLError(f"Expected type Number, found {print_ast(node)}.", node)


def _instant_value(value: Any) -> int:
    """Return an instant in milliseconds, which is what a where takes."""
    if isinstance(value, str):
        value = value.upper()
        if not _RFC_3339.fullmatch(value):
            raise GraphQLError(f"DateTime cannot represent an invalid date-time-string {value}.")
    elif not isinstance(value, datetime):
        raise GraphQLError(f"DateTime cannot represent non string or Date type {value!r:.40}.")
    try:
        return parse_instant(value, name="DateTime")
    except UsageError as error:
        raise GraphQLError(error.sentence) from None


def _instant_literal(node: ValueNode, _: dict[str, Any] | None = None) -> int:
    """Return a literal instant in milliseconds."""
    if isinstance(node, StringValueNode):
        return _instant_value(node.value)
    raise GraphQLError(f"DateTime cannot represent non string or Date type {print_ast(node)}.", node)


SCALARS = (
    ScalarType("JSON", literal_parser=_json_literal, value_parser=lambda value: value),
    ScalarType("Number", literal_parser=_number_literal, value_parser=_number_value),
    ScalarType("DateTime", literal_parser=_instant_literal, value_parser=_instant_value),
)
"""The scalars of every contract."""
