"""Validation messages in the words of zod 3 and zod 4 (the end of the tables in the semantics, T6)."""

import datetime as dt
import decimal
import enum
import uuid
from typing import Annotated, Literal

import pytest
from pydantic import (
    AfterValidator,
    AnyUrl,
    Base64Str,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from tasksim._engine.profiles.messages import zod3, zod4


class Colour(enum.Enum):
    RED = "red"
    GREEN = "it's green"


class Only(enum.Enum):
    ONE = "one"


class Cat(BaseModel):
    kind: Literal["cat"]


class Dog(BaseModel):
    kind: Literal["dog"]


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Row(TypedDict):
    at: int


Pet = Annotated[Cat | Dog, Field(discriminator="kind")]


def refuse(value):
    """Refuse every value with a reason."""
    raise ValueError("not today")


def refuse_silently(value):
    """Refuse every value without one."""
    raise AssertionError


def refuse_by_email(value):
    """Refuse as pydantic's EmailStr does: a value error without an exception."""
    raise PydanticCustomError("value_error", "no address: {reason}", {"reason": "empty"})


def borrow_a_type(value):
    """Refuse with a type of pydantic's, but not with its context."""
    raise PydanticCustomError("string_too_short", "too short for me")


def only_error(declared, text):
    """Return pydantic's one error for this JSON text, validated strictly."""
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(declared).validate_json(text, strict=True)
    (error,) = caught.value.errors(include_url=False)
    return error


# Every text here was compared with zod 3.25 and zod 4.6.
TYPES = [
    (str, "1", "string", "number"),
    (str, "1.5", "string", "number"),
    (str, "null", "string", "null"),
    (str, "true", "string", "boolean"),
    (int, '"x"', "number", "string"),
    (int, "false", "number", "boolean"),
    (float, "[]", "number", "array"),
    (decimal.Decimal, "{}", "number", "object"),
    (bool, "1", "boolean", "number"),
    (list[int], "{}", "array", "object"),
    (tuple[int, ...], "1", "array", "number"),
    (set[int], "1", "array", "number"),
    (frozenset[int], "1", "array", "number"),
    (dict[str, int], "[]", "object", "array"),
    (Cat, '"x"', "object", "string"),
    (Row, '"x"', "object", "string"),
    (None, "5", "null", "number"),
    (dt.datetime, "5", "string", "number"),
    (dt.date, "5", "string", "number"),
    (dt.time, "5", "string", "number"),
    (dt.timedelta, "5", "string", "number"),
    (uuid.UUID, "5", "string", "number"),
    (AnyUrl, "5", "string", "number"),
    (bytes, "5", "string", "number"),
]


@pytest.mark.parametrize(("declared", "text", "expected", "received"), TYPES)
def test_wrong_types(declared, text, expected, received):
    """A wrong type names what was expected and what was received, in JavaScript's words (T6)."""
    error = only_error(declared, text)
    assert zod3(error) == ("invalid_type", f"Expected {expected}, received {received}")
    assert zod4(error) == ("invalid_type", f"Invalid input: expected {expected}, received {received}")


def test_a_fraction_for_an_integer():
    """A number with a fraction is of the wrong type where an integer is expected (T6)."""
    error = only_error(int, "1.5")
    assert zod3(error) == ("invalid_type", "Expected integer, received float")
    assert zod4(error) == ("invalid_type", "Invalid input: expected int, received number")


CONSTRAINTS = [
    (
        Annotated[str, Field(min_length=1)],
        '""',
        ("too_small", "String must contain at least 1 character(s)"),
        ("too_small", "Too small: expected string to have >=1 characters"),
    ),
    (
        Annotated[str, Field(max_length=2)],
        '"abc"',
        ("too_big", "String must contain at most 2 character(s)"),
        ("too_big", "Too big: expected string to have <=2 characters"),
    ),
    (
        Annotated[list[int], Field(min_length=1)],
        "[]",
        ("too_small", "Array must contain at least 1 element(s)"),
        ("too_small", "Too small: expected array to have >=1 items"),
    ),
    (
        tuple[int],
        "[1, 2]",
        ("too_big", "Array must contain at most 1 element(s)"),
        ("too_big", "Too big: expected array to have <=1 items"),
    ),
    (
        Annotated[float, Field(gt=1)],
        "1",
        ("too_small", "Number must be greater than 1"),
        ("too_small", "Too small: expected number to be >1"),
    ),
    (
        Annotated[float, Field(ge=1.5)],
        "1",
        ("too_small", "Number must be greater than or equal to 1.5"),
        ("too_small", "Too small: expected number to be >=1.5"),
    ),
    (
        Annotated[int, Field(lt=1)],
        "1",
        ("too_big", "Number must be less than 1"),
        ("too_big", "Too big: expected number to be <1"),
    ),
    (
        Annotated[int, Field(le=1)],
        "2",
        ("too_big", "Number must be less than or equal to 1"),
        ("too_big", "Too big: expected number to be <=1"),
    ),
    (
        Annotated[int, Field(multiple_of=5)],
        "3",
        ("not_multiple_of", "Number must be a multiple of 5"),
        ("not_multiple_of", "Invalid number: must be a multiple of 5"),
    ),
    (
        Annotated[float, Field(allow_inf_nan=False)],
        "1e999",
        ("not_finite", "Number must be finite"),
        ("invalid_type", "Invalid input: expected number, received Infinity"),
    ),
    (
        Annotated[str, Field(pattern="^a")],
        '"b"',
        ("invalid_string", "Invalid"),
        ("invalid_format", "Invalid string: must match pattern /^a/"),
    ),
    (Annotated[str, AfterValidator(refuse)], '"b"', ("custom", "not today"), ("custom", "not today")),
    (
        Annotated[str, AfterValidator(refuse_silently)],
        '"b"',
        ("custom", "Invalid input"),
        ("custom", "Invalid input"),
    ),
    (
        Annotated[str, AfterValidator(refuse_by_email)],
        '"b"',
        ("custom", "no address: empty"),
        ("custom", "no address: empty"),
    ),
    (
        Closed,
        '{"more": 1}',
        ("unrecognized_keys", "Unrecognized key(s) in object: 'more'"),
        ("unrecognized_keys", 'Unrecognized key: "more"'),
    ),
]


@pytest.mark.parametrize(("declared", "text", "in_zod3", "in_zod4"), CONSTRAINTS)
def test_constraints(declared, text, in_zod3, in_zod4):
    """A value of the right type that is refused has zod's code and message (T6)."""
    error = only_error(declared, text)
    assert zod3(error) == in_zod3
    assert zod4(error) == in_zod4


FORMATS = [
    (dt.datetime, "datetime", "ISO datetime"),
    (dt.date, "date", "ISO date"),
    (dt.time, "time", "ISO time"),
    (dt.timedelta, "duration", "ISO duration"),
    (uuid.UUID, "uuid", "UUID"),
    (AnyUrl, "url", "URL"),
    (Base64Str, "base64", "base64-encoded string"),
]


@pytest.mark.parametrize(("declared", "word3", "words4"), FORMATS)
def test_formats(declared, word3, words4):
    """A text that is not of its format is an invalid string, or an invalid format (T6)."""
    error = only_error(declared, '"x"')
    assert zod3(error) == ("invalid_string", f"Invalid {word3}")
    assert zod4(error) == ("invalid_format", f"Invalid {words4}")


OPTIONS = [
    (
        Literal["a"],
        '"x"',
        ("invalid_literal", 'Invalid literal value, expected "a"'),
        ("invalid_value", 'Invalid input: expected "a"'),
    ),
    (
        Literal[5],
        '"x"',
        ("invalid_literal", "Invalid literal value, expected 5"),
        ("invalid_value", "Invalid input: expected 5"),
    ),
    (
        Literal["this or that", "b, c", 1, True, None],  # noqa: PYI061 - one list, as zod has it
        '"x"',
        (
            "invalid_enum_value",
            "Invalid enum value. Expected 'this or that' | 'b, c' | 1 | true | null, received 'x'",
        ),
        ("invalid_value", 'Invalid option: expected one of "this or that"|"b, c"|1|true|null'),
    ),
    (
        Literal["a", "b"],
        "7",
        ("invalid_type", "Expected 'a' | 'b', received number"),
        ("invalid_value", 'Invalid option: expected one of "a"|"b"'),
    ),
    (
        Colour,
        '"x"',
        ("invalid_enum_value", "Invalid enum value. Expected 'red' | 'it's green', received 'x'"),
        ("invalid_value", 'Invalid option: expected one of "red"|"it\'s green"'),
    ),
    (
        Only,
        '"x"',
        ("invalid_enum_value", "Invalid enum value. Expected 'one', received 'x'"),
        ("invalid_value", 'Invalid input: expected "one"'),
    ),
    (
        Pet,
        '{"kind": "cow"}',
        ("invalid_union_discriminator", "Invalid discriminator value. Expected 'cat' | 'dog'"),
        ("invalid_union", "Invalid discriminator value. Expected 'cat' | 'dog'"),
    ),
]


@pytest.mark.parametrize(("declared", "text", "in_zod3", "in_zod4"), OPTIONS)
def test_options(declared, text, in_zod3, in_zod4):
    """Literals, enums and tags list the values that would have been right (T6)."""
    error = only_error(declared, text)
    assert zod3(error) == in_zod3
    assert zod4(error) == in_zod4


def test_an_option_that_is_no_literal():
    """A member of an enum in a literal is shown as pydantic shows it."""
    assert zod4(only_error(Literal[Only.ONE], '"x"'))[0] == "invalid_value"


REQUIRED = ("invalid_type", "Required")
MISSING = [
    ({}, REQUIRED, ("invalid_type", "Invalid input: expected nonoptional, received undefined")),
    ({"type": "string"}, REQUIRED, ("invalid_type", "Invalid input: expected string, received undefined")),
    ({"type": "integer"}, REQUIRED, ("invalid_type", "Invalid input: expected number, received undefined")),
    ({"type": "array"}, REQUIRED, ("invalid_type", "Invalid input: expected array, received undefined")),
    (
        {"type": "string", "enum": ["a", "b"]},
        REQUIRED,
        ("invalid_value", 'Invalid option: expected one of "a"|"b"'),
    ),
    (
        {"type": "number", "const": 1.0},
        ("invalid_literal", "Invalid literal value, expected 1"),
        ("invalid_value", "Invalid input: expected 1"),
    ),
    (
        {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        ("invalid_union", "Invalid input"),
        ("invalid_union", "Invalid input"),
    ),
]


@pytest.mark.parametrize(("schema", "in_zod3", "in_zod4"), MISSING)
def test_missing(schema, in_zod3, in_zod4):
    """A missing field is required; zod 4 says what was expected, which its JSON schema tells (T6)."""
    error = {**only_error(Row, "{}"), "ctx": {"json_schema": schema}}
    assert zod3(error) == in_zod3
    assert zod4(error) == in_zod4


def test_a_missing_tag():
    """A missing tag lists the tags that its JSON schema tells (T6)."""
    schema = {"anyOf": [{"const": "cat"}, {"enum": ["dog", "wolf"]}]}
    error = {**only_error(Pet, "{}"), "ctx": {"json_schema": schema}}
    text = "Invalid discriminator value. Expected 'cat' | 'dog' | 'wolf'"
    assert zod3(error) == ("invalid_union_discriminator", text)
    assert zod4(error) == ("invalid_union", text)


UNKNOWN = [
    (Pet, "{}", "union_tag_not_found"),
    (Annotated[dt.date, Field(gt=dt.date(2020, 1, 1))], '"2019-01-01"', "greater_than"),
    (Annotated[dict[str, int], Field(min_length=1)], "{}", "too_short"),
    (Annotated[str, AfterValidator(borrow_a_type)], '"b"', "string_too_short"),
    (Annotated[decimal.Decimal, Field(max_digits=1)], '"10"', "decimal_max_digits"),
]


@pytest.mark.parametrize(("declared", "text", "kind"), UNKNOWN)
@pytest.mark.parametrize("zod", [zod3, zod4])
def test_what_zod_does_not_know(zod, declared, text, kind):
    """An error that zod has no word for keeps pydantic's type and message (T6)."""
    error = only_error(declared, text)
    assert zod(error) == (kind, error["msg"])
