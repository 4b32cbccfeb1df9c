"""Validation messages: pydantic's errors in the words of zod 3 and zod 4.

The imitated engines validate with zod, so code and message of an invalid field are zod's. One table
holds both; an error type that it does not know keeps pydantic's type and message. This module must
not know how errors are found, nor which profile speaks which zod.
"""

from __future__ import annotations

import re
from ast import literal_eval
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic_core import ErrorDetails

    Messages: TypeAlias = Callable[[ErrorDetails], tuple[str, str]]
    """Code and message of one error."""

__all__ = ["zod3", "zod4"]

_Row: TypeAlias = tuple[tuple[str, str], tuple[str, str]]

# What was expected, in JavaScript's words. Dates, UUIDs and the like are text in JSON.
_EXPECTED = {
    "string": ("string", "bytes", "date", "datetime", "time", "time_delta", "uuid", "url", "json"),
    "number": ("int", "float", "decimal"),
    "boolean": ("bool",),
    "array": ("list", "tuple", "named_tuple", "set", "frozen_set", "deque", "iterable"),
    "object": ("dict", "mapping", "model", "model_attributes", "dataclass"),
}

# Texts of a certain format: pydantic's error types, zod 3's word, zod 4's words.
_FORMATS = (
    (
        ("datetime_parsing", "datetime_from_date_parsing", "datetime_object_invalid"),
        "datetime",
        "ISO datetime",
    ),
    (("date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"), "date", "ISO date"),
    (("time_parsing",), "time", "ISO time"),
    (("time_delta_parsing",), "duration", "ISO duration"),
    (("uuid_parsing", "uuid_version"), "uuid", "UUID"),
    (("url_parsing", "url_syntax_violation", "url_scheme", "url_too_long"), "url", "URL"),
    (("base64_decode",), "base64", "base64-encoded string"),
)

_UNION = ("invalid_union", "Invalid input")
_TAG = (
    ("invalid_union_discriminator", "Invalid discriminator value. Expected {options3}"),
    ("invalid_union", "Invalid discriminator value. Expected {options3}"),
)
_SHORT_TEXT = (
    ("too_small", "String must contain at least {min_length} character(s)"),
    ("too_small", "Too small: expected string to have >={min_length} characters"),
)
_LONG_TEXT = (
    ("too_big", "String must contain at most {max_length} character(s)"),
    ("too_big", "Too big: expected string to have <={max_length} characters"),
)

# pydantic's error type, or what `_row_of` makes of it: zod 3's code and message, zod 4's code and message.
_TABLE: dict[str, _Row] = {
    "missing": (
        ("invalid_type", "Required"),
        ("invalid_type", "Invalid input: expected {expected}, received undefined"),
    ),
    "missing_option": (("invalid_type", "Required"), ("invalid_value", "{option4}")),
    "union": (_UNION, _UNION),
    "union_tag_invalid": _TAG,
    "union_tag_not_found": _TAG,
    "none_required": (
        ("invalid_type", "Expected null, received {received}"),
        ("invalid_type", "Invalid input: expected null, received {received}"),
    ),
    "int_from_float": (
        ("invalid_type", "Expected integer, received float"),
        ("invalid_type", "Invalid input: expected int, received number"),
    ),
    "literal": (
        ("invalid_literal", "Invalid literal value, expected {options4}"),
        ("invalid_value", "{option4}"),
    ),
    "option": (
        ("invalid_enum_value", "Invalid enum value. Expected {options3}, received '{input}'"),
        ("invalid_value", "{option4}"),
    ),
    "option_type": (
        ("invalid_type", "Expected {options3}, received {received}"),
        ("invalid_value", "{option4}"),
    ),
    "extra_forbidden": (
        ("unrecognized_keys", "Unrecognized key(s) in object: '{key}'"),
        ("unrecognized_keys", 'Unrecognized key: "{key}"'),
    ),
    "string_too_short": _SHORT_TEXT,
    "string_too_long": _LONG_TEXT,
    "bytes_too_short": _SHORT_TEXT,
    "bytes_too_long": _LONG_TEXT,
    "string_pattern_mismatch": (
        ("invalid_string", "Invalid"),
        ("invalid_format", "Invalid string: must match pattern /{pattern}/"),
    ),
    "too_short": (
        ("too_small", "Array must contain at least {min_length} element(s)"),
        ("too_small", "Too small: expected array to have >={min_length} items"),
    ),
    "too_long": (
        ("too_big", "Array must contain at most {max_length} element(s)"),
        ("too_big", "Too big: expected array to have <={max_length} items"),
    ),
    "greater_than": (
        ("too_small", "Number must be greater than {gt}"),
        ("too_small", "Too small: expected number to be >{gt}"),
    ),
    "greater_than_equal": (
        ("too_small", "Number must be greater than or equal to {ge}"),
        ("too_small", "Too small: expected number to be >={ge}"),
    ),
    "less_than": (
        ("too_big", "Number must be less than {lt}"),
        ("too_big", "Too big: expected number to be <{lt}"),
    ),
    "less_than_equal": (
        ("too_big", "Number must be less than or equal to {le}"),
        ("too_big", "Too big: expected number to be <={le}"),
    ),
    "multiple_of": (
        ("not_multiple_of", "Number must be a multiple of {multiple_of}"),
        ("not_multiple_of", "Invalid number: must be a multiple of {multiple_of}"),
    ),
    "finite_number": (
        ("not_finite", "Number must be finite"),
        ("invalid_type", "Invalid input: expected number, received Infinity"),
    ),
    "value_error": (("custom", "{error}"), ("custom", "{error}")),
    "assertion_error": (("custom", "{error}"), ("custom", "{error}")),
}
_TABLE |= {
    f"{kind}_type": (
        ("invalid_type", f"Expected {expected}, received {{received}}"),
        ("invalid_type", f"Invalid input: expected {expected}, received {{received}}"),
    )
    for expected, kinds in _EXPECTED.items()
    for kind in kinds
}
_TABLE |= {
    kind: (("invalid_string", f"Invalid {word3}"), ("invalid_format", f"Invalid {words4}"))
    for kinds, word3, words4 in _FORMATS
    for kind in kinds
}

# Limits that zod has for numbers only: pydantic's error type and where it keeps the limit.
_LIMITS = {"greater_than": "gt", "greater_than_equal": "ge", "less_than": "lt", "less_than_equal": "le"}

# One option in the list that pydantic writes: a Python string, or a word.
_OPTION = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s,'"]+""")


def zod3(error: ErrorDetails) -> tuple[str, str]:
    """Return the code and message that zod 3 gives for this error of pydantic.

    Args:
        error: One of `ValidationError.errors()`. For a missing field or tag, `ctx["json_schema"]` may
            tell what was expected there: zod names it.

    Returns:
        `("invalid_type", "Expected string, received number")`, for example; pydantic's type and
        message where zod has no such error.
    """
    return _answer(error, 0)


def zod4(error: ErrorDetails) -> tuple[str, str]:
    """Return the code and message that zod 4 gives for this error of pydantic.

    As `zod3`: `("invalid_type", "Invalid input: expected string, received number")`, for example.
    """
    return _answer(error, 1)


def _answer(error: ErrorDetails, column: int) -> tuple[str, str]:
    """Fill in the message of the error's row."""
    row = _TABLE.get(_row_of(error))
    if row is None:
        return error["type"], error["msg"]
    code, text = row[column]
    try:
        return code, text.format_map(_values(error))
    except KeyError:  # no schema, or a user's PydanticCustomError that borrows the type without its context
        return error["type"], error["msg"]


def _row_of(error: ErrorDetails) -> str:
    """Return the row of the table: pydantic's error type, or a finer one where zod tells more apart."""
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    if kind == "missing":
        schema = context.get("json_schema", {})
        rows = {"const": "literal", "enum": "missing_option", "anyOf": "union"}
        return next((row for keyword, row in rows.items() if keyword in schema), kind)
    if kind == "int_type" and type(value) is float:
        return "int_from_float"
    if kind == "literal_error" and len(_options(context)) == 1:
        return "literal"
    if kind in {"literal_error", "enum"}:
        return "option" if type(value) is str else "option_type"
    is_of_a_date = kind in _LIMITS and type(context.get(_LIMITS[kind])) not in {int, float}
    is_of_an_object = kind in {"too_short", "too_long"} and context.get("field_type") == "Dictionary"
    return f"{kind}, not in zod" if is_of_a_date or is_of_an_object else kind


def _values(error: ErrorDetails) -> dict[str, Any]:
    """Return what the messages may name."""
    context = error.get("ctx", {})
    values = {name: _text(value) if type(value) is float else value for name, value in context.items()}
    values |= {
        "error": str(context.get("error", error["msg"])) or "Invalid input",
        "expected": _expected(context.get("json_schema", {})),
        "input": error["input"],
        "key": error["loc"][-1] if error["loc"] else "",
        "received": _kind_of(error["input"]),
    }
    options = _options(context)
    if options:
        values["options3"] = " | ".join(f"'{item}'" if type(item) is str else _text(item) for item in options)
        values["options4"] = "|".join(map(_text, options))
        one_of = "Invalid input: expected" if len(options) == 1 else "Invalid option: expected one of"
        values["option4"] = f"{one_of} {values['options4']}"
    return values


def _options(context: dict[str, Any]) -> list[Any]:
    """Return the values that would have been right: from a schema, or from pydantic's list of them."""
    if "json_schema" in context:
        return _allowed(context["json_schema"])
    listed = context.get("expected", context.get("expected_tags", ""))
    return [_read(option) for option in _OPTION.findall(str(listed)) if option != "or"]


def _allowed(schema: dict[str, Any]) -> list[Any]:
    """Return the values that a JSON schema lists, none if it allows more than these."""
    if "const" in schema:
        return [schema["const"]]
    return list(schema.get("enum", ())) + [
        value for node in schema.get("anyOf", ()) for value in _allowed(node)
    ]


def _read(option: str) -> Any:
    """Return the value that an option stands for, or its text where it is no literal."""
    try:
        return literal_eval(option)
    except (SyntaxError, ValueError):
        return option


def _text(value: object) -> str:
    """Return a scalar as JavaScript writes it; text in double quotes."""
    if type(value) is float and value.is_integer():
        return str(int(value))
    if type(value) is bool or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return f'"{value}"' if type(value) is str else str(value)


def _kind_of(value: object) -> str:
    """Return JavaScript's word for the type of a JSON value."""
    kinds = {str: "string", bool: "boolean", int: "number", float: "number", list: "array", dict: "object"}
    return kinds.get(type(value), "null")


def _expected(schema: dict[str, Any]) -> str:
    """Return zod's word for what a JSON schema wants; what wants anything wants that something is there."""
    kind = schema.get("type", "nonoptional")
    return "number" if kind == "integer" else str(kind)
