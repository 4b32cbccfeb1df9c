"""Input validation (T6)."""

import dataclasses
import datetime as dt
import functools
import gc
import typing
import warnings
import weakref
from types import SimpleNamespace
from typing import Annotated, Any, Literal, NewType, Optional, Union

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import (
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from typing_extensions import NotRequired, TypedDict

from tasksim._engine.profiles.messages import zod3, zod4
from tasksim._engine.validation import build_validator, declared_validation
from tasksim.errors import DefinitionError, UsageError


class Model(BaseModel):
    model: str
    list: Annotated[list[str], Field(min_length=1)]


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")
    at: int = 0


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    name: str


class Movie(TypedDict):
    year: int
    title: NotRequired[str]


@dataclasses.dataclass
class Point:
    x: int
    y: int = 0


class Node(BaseModel):
    value: int
    next: Optional["Node"] = None


def build(declared, messages=zod3):
    """Build the validator of a definition."""
    return build_validator(declared, definition_id="reindex", messages=messages)


def invalid(declared, input, messages=zod3):
    """Return code and message of the invalid fields, None if there are none."""
    fields = build(declared, messages).check(input)
    return fields and {path: (field["code"], field["message"]) for path, field in fields.items()}


def test_no_validation():
    """A definition without validation, or whose function returns None, has no validator."""
    assert declared_validation(SimpleNamespace()) is None
    assert declared_validation(SimpleNamespace(create_input_validation=lambda: None)) is None
    assert build(None) is None


def test_the_fields_of_the_answer():
    """Each invalid field has code, message and path, keyed by the path with dots (T6)."""
    assert build(Model).check({"list": ["a", 3]}) == {
        "model": {"code": "invalid_type", "message": "Required", "data": {"path": ["model"]}},
        "list.1": {
            "code": "invalid_type",
            "message": "Expected string, received number",
            "data": {"path": ["list", 1]},
        },
    }
    assert build(Model).check({"model": "a", "list": ["a"]}) is None


def test_missing_fields_in_zod_4():
    """Zod 4 says what was expected where a field is missing (T6; webiny-6 fact 29)."""

    class Fact29(BaseModel):
        file: str
        page: float
        take: bool

    assert build(Fact29, zod4).check({"wrong": 1}) == {
        name: {
            "code": "invalid_type",
            "message": f"Invalid input: expected {kind}, received undefined",
            "data": {"path": [name]},
        }
        for name, kind in {"file": "string", "page": "number", "take": "boolean"}.items()
    }


DECLARED = [
    Model,
    TypeAdapter(Model),
    Movie,
    TypeAdapter(Movie),
    Point,
    dict[str, int],
    typing.Dict[str, int],  # noqa: UP006 - the older form
    Annotated[dict[str, int], Field(max_length=1)],
    Movie | Point,
    Union[Movie, Point],  # noqa: UP007 - the older form
    NewType("Row", dict[str, int]),
    Any,
    dict,
]


@pytest.mark.parametrize("declared", DECLARED)
def test_what_may_be_declared(declared):
    """A model, an adapter or a type may be returned, or be the attribute itself: it is never called."""
    for definition in (
        SimpleNamespace(create_input_validation=declared),
        SimpleNamespace(create_input_validation=lambda: declared),
        SimpleNamespace(create_input_validation=functools.partial(lambda found: found, declared)),
    ):
        assert declared_validation(definition) is declared
    assert build(declared).check({"a": "x", "b": None}) is None or declared not in {Any, dict}


def test_a_method_declares():
    """`create_input_validation` may be a method."""

    class Definition:
        def create_input_validation(self):
            return Movie

    assert declared_validation(Definition()) is Movie


@pytest.mark.parametrize("declared", [5, "Model", {"ids": list[str]}, True, Closed()])
def test_what_may_not_be_declared(declared):
    """Anything else is refused, naming the definition and what is allowed."""
    with pytest.raises(DefinitionError) as caught:
        build(declared)
    assert str(caught.value) == (
        f"create_input_validation of 'reindex' gives a {type(declared).__name__!r} object.\n"
        "  it may be a pydantic model class, a TypeAdapter or a type: a TypedDict, dict[str, int], ...\n"
        "  Let create_input_validation return one of these, or None for no validation."
    )


class Plain:
    pass


class Unfinished(BaseModel):
    at: "Nowhere"  # noqa: F821 - that is what is tried


@pytest.mark.parametrize("declared", [Plain, BaseModel, Unfinished, list[Unfinished], SimpleNamespace()])
def test_what_pydantic_cannot_use(declared):
    """A class that pydantic cannot use, or a model with an unknown name, is refused at registration."""
    with pytest.raises(DefinitionError, match="of 'reindex' gives a type that pydantic cannot use") as caught:
        build(declared)
    assert caught.value.__cause__ is not None


def test_what_was_put_off_is_built_at_registration():
    """A model that defers its building is built by then, so nothing is built at the time of a check."""

    class Late(BaseModel):
        model_config = ConfigDict(defer_build=True)
        at: int

    build(Late)
    assert Late.__pydantic_complete__


def test_a_function_that_raises():
    """What `create_input_validation` raises is the cause of a definition error."""

    def broken():
        raise KeyError("schema")

    with pytest.raises(DefinitionError) as caught:
        declared_validation(SimpleNamespace(id="reindex", create_input_validation=broken))
    assert isinstance(caught.value.__cause__, KeyError)
    assert caught.value.sentence == "create_input_validation() of 'reindex' failed."
    assert caught.value.facts[0] == "KeyError: 'schema'"


def test_a_function_that_wants_zod():
    """A function with a parameter `validator` is told to use pydantic."""
    definition = SimpleNamespace(id="reindex", create_input_validation=lambda validator: validator.object())
    with pytest.raises(DefinitionError, match="there is no 'validator' to pass: a pydantic model takes"):
        declared_validation(definition)


def test_a_function_without_a_signature():
    """A failing builtin is reported like any other function."""
    with pytest.raises(DefinitionError, match="failed"):
        declared_validation(SimpleNamespace(create_input_validation=dict.fromkeys))
    with pytest.raises(DefinitionError, match="failed"):
        declared_validation(SimpleNamespace(create_input_validation=iter([]).__next__))


def test_strictly():
    """Nothing is coerced: text is no number, a number is no text, true is not 1 (T6)."""
    assert invalid(dict[str, int], {"a": "1"}) == {"a": ("invalid_type", "Expected number, received string")}
    assert invalid(dict[str, str], {"a": 1}) == {"a": ("invalid_type", "Expected string, received number")}
    assert invalid(dict[str, int], {"a": True}) == {
        "a": ("invalid_type", "Expected number, received boolean")
    }
    assert invalid(dict[str, int], {"a": None}) == {"a": ("invalid_type", "Expected number, received null")}


def test_as_json():
    """Texts of dates pass as dates, lists as tuples and sets: the input is JSON (T6)."""

    class Declared(TypedDict):
        on: dt.date
        pair: tuple[int, int]
        ids: set[str]

    assert build(Declared).check({"on": "2024-01-01", "pair": [1, 2], "ids": ["a", "a"]}) is None


@pytest.mark.parametrize("number", [1.0, -0.0, 1e16, 2.0**53])
def test_whole_floats_are_integers(number):
    """JSON has one type of number: 1.0 is 1, at any depth (T6)."""
    declared = dict[str, list[int] | str]
    assert build(declared).check({"a": [number, 1], "b": "1.0"}) is None
    assert build(dict[str, float]).check({"a": number}) is None


def test_fractions_are_not_integers():
    """1.5 is no integer, also beside a whole number (T6)."""
    assert invalid(dict[str, int], {"a": 1.5, "b": 1.0}) == {
        "a": ("invalid_type", "Expected integer, received float")
    }


def test_unknown_fields():
    """Unknown fields pass unless the model forbids them (T6)."""
    assert build(Movie).check({"year": 1, "more": None}) is None
    assert build(Model).check({"model": "a", "list": ["a"], "more": None}) is None
    assert invalid(Closed, {"more": 1}) == {
        "more": ("unrecognized_keys", "Unrecognized key(s) in object: 'more'")
    }


def test_the_input_is_left_alone():
    """Defaults and coercions are not applied: only pass or fail counts (T6)."""
    given = {"at": 1.0, "more": [1.0]}
    assert build(Point).check({"x": 1}) is None
    assert build(dict[str, Any]).check(given) is None
    assert given == {"at": 1.0, "more": [1.0]}
    assert type(given["at"]) is float


def test_the_later_error_at_a_path_stays():
    """Of two errors at one path the later stays (T6)."""
    declared = dict[Annotated[str, Field(min_length=3)], int]
    assert invalid(declared, {"a": "x"}) == {"a": ("invalid_type", "Expected number, received string")}
    assert invalid(declared, {"a": 1}) == {"a": ("too_small", "String must contain at least 3 character(s)")}


UNION = [
    # Nothing fits: the union itself is invalid.
    (dict[str, int | str], {"a": None}, {"a": ("invalid_union", "Invalid input")}),
    (dict[str, int | list[str]], {"a": ["x", 1]}, {"a": ("invalid_union", "Invalid input")}),
    (dict[str, Cat | Dog], {"a": {}}, {"a": ("invalid_union", "Invalid input")}),
    (dict[str, list[int | str]], {"a": [1, None]}, {"a.1": ("invalid_union", "Invalid input")}),
    # The names of branches are keys of the input as well.
    (dict[str, int | list[str]], {"int": None}, {"int": ("invalid_union", "Invalid input")}),
    (dict[str, int | dict[str, str]], {"a": {"int": 1}}, {"a": ("invalid_union", "Invalid input")}),
    # The first branch whose type was right speaks for the union.
    (
        dict[str, Annotated[str, Field(min_length=3)] | int],
        {"a": "x"},
        {"a": ("too_small", "String must contain at least 3 character(s)")},
    ),
    (
        dict[str, int | Annotated[list[Annotated[str, Field(min_length=3)]], Field(min_length=1)]],
        {"a": ["x"]},
        {"a.0": ("too_small", "String must contain at least 3 character(s)")},
    ),
    # None is no branch.
    (dict[str, int | None], {"a": "x"}, {"a": ("invalid_type", "Expected number, received string")}),
]


@pytest.mark.parametrize(("declared", "input", "expected"), UNION)
def test_unions(declared, input, expected):
    """A path leads into the input: names of the branches of a union are no part of it (T6)."""
    assert invalid(declared, input) == expected


class Owner(BaseModel):
    pet: Annotated[Cat | Dog, Field(discriminator="kind")]


def test_tagged_unions():
    """The errors of the branch that a tag chooses stand at their own paths, without the tag (T6)."""
    assert invalid(Owner, {"pet": {"kind": "cat"}}) == {"pet.lives": ("invalid_type", "Required")}
    assert invalid(Owner, {"pet": {"kind": "cat", "lives": "x", "cat": 1}}) == {
        "pet.lives": ("invalid_type", "Expected number, received string")
    }
    for pet in ({"kind": "cow"}, {}):
        assert invalid(Owner, {"pet": pet}) == {
            "pet.kind": ("invalid_union_discriminator", "Invalid discriminator value. Expected 'cat' | 'dog'")
        }


def test_a_place_that_occurs_many_times():
    """The place is found at once in an input whose levels look alike (T6)."""
    node = {"value": "x", "next": None}
    for _ in range(40):
        node = {"value": 1, "next": node}
    assert list(invalid(Node, node)) == [".".join(["next"] * 40 + ["value"])]


def test_a_value_that_a_validator_changed():
    """Where a validator puts another value in place, pydantic's location stands (T6)."""

    class Renaming(BaseModel):
        name: str

        @model_validator(mode="before")
        @classmethod
        def rename(cls, value):
            return {"name": value["Name"]}

    assert invalid(Renaming, {"Name": 5}) == {"name": ("invalid_type", "Expected string, received number")}
    declared = dict[str, Annotated[int, BeforeValidator(lambda _: "changed")]]
    assert invalid(declared, {"a": 5}) == {"a": ("invalid_type", "Expected number, received string")}


EXPECTED = [
    (Movie, {}, "year", "number"),
    (dict[str, Movie], {"a": {}}, "a.year", "number"),
    (TypedDict("Row", {"films": list[Movie]}), {"films": [{}]}, "films.0.year", "number"),
    (TypedDict("Row", {"pair": tuple[str, Movie]}), {"pair": ["a", {}]}, "pair.1.year", "number"),
    (TypedDict("Row", {"pair": tuple[str, bool]}), {"pair": ["a"]}, "pair.1", "boolean"),
    (TypedDict("Row", {"a": str | None}), {}, "a", "string"),
    (TypedDict("Row", {"a": None}), {}, "a", "null"),
    (TypedDict("Row", {"a": Any}), {}, "a", "nonoptional"),
    (Owner, {"pet": {"kind": "dog"}}, "pet.name", "string"),
    (Node, {"value": 1, "next": {}}, "next.value", "number"),
    (TypedDict("Row", {"a": Annotated[int, PlainValidator(int)]}), {}, "a", "nonoptional"),
    (
        TypedDict("Row", {"a": Annotated[int, WithJsonSchema({"allOf": [{"type": "array"}]})]}),
        {},
        "a",
        "array",
    ),
]


@pytest.mark.parametrize(("declared", "input", "path", "kind"), EXPECTED)
def test_what_a_missing_field_should_have_been(declared, input, path, kind):
    """Zod 4 names the type of a missing field, wherever it is (T6)."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        validator = build(declared, zod4)
        for _ in range(2):
            (field,) = validator.check(input).items()
            assert field[0] == path
            assert field[1]["message"] == f"Invalid input: expected {kind}, received undefined"


def test_a_missing_union():
    """A missing field that could be several things is an invalid union (T6)."""
    assert invalid(TypedDict("Row", {"a": int | str}), {}) == {"a": ("invalid_union", "Invalid input")}


def test_a_missing_path():
    """Where a field is sought by a path, some name of that path is missing (T6)."""

    class Deep(BaseModel):
        at: int = Field(validation_alias=AliasPath("where", "at"))

    assert list(build(Deep).check({"where": {"at": "x"}})) == ["where.at"]
    assert build(Deep).check({}) != {}


def test_an_error_of_the_whole_input():
    """An error without a path fails the input with no invalid fields; `problems` has it (T6)."""

    class Range(BaseModel):
        start: int
        end: int

        @model_validator(mode="after")
        def check_order(self):
            assert self.start <= self.end, "start after end"
            return self

    validator = build(Range)
    assert validator.check({"start": 1, "end": 2}) is None
    assert validator.problems({"start": 1, "end": 2}) == ()
    assert validator.check({"start": 2, "end": 1}) == {}
    assert len(validator.problems({"start": 2, "end": 1})) == 1
    assert validator.problems({"start": 2, "end": 1})[0].startswith(
        "input: Assertion failed, start after end"
    )
    assert validator.problems({"start": "x", "end": 1}) == ("start: Input should be a valid integer",)


class Picky(BaseModel):
    value: str

    @field_validator("value")
    @classmethod
    def check_value(cls, value):
        """Fail in the way that the value says."""
        return {"ok": str, "value": lambda _: int("x"), "zero": lambda _: 1 / 0}[value](value)


def test_validators_of_the_user():
    """ValueError means a wrong input; anything else is an error of the validator and comes out (T6)."""
    assert build(Picky).check({"value": "ok"}) is None
    assert invalid(Picky, {"value": "value"}) == {
        "value": ("custom", "invalid literal for int() with base 10: 'x'")
    }
    with pytest.raises(UsageError) as caught:
        build(Picky).check({"value": "zero"})
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert str(caught.value) == (
        "The input validation of 'reindex' raised ZeroDivisionError.\n"
        "  division by zero\n"
        "  Raise ValueError or AssertionError where the input is wrong."
    )


def test_an_input_that_is_nested_too_deeply():
    """What pydantic cannot read is a usage error, not an invalid input."""
    deep = []
    for _ in range(300):
        deep = [deep]
    with pytest.raises(
        UsageError, match="The input of 'reindex' cannot be validated: Invalid JSON: recursion"
    ):
        build(Closed).check({"at": deep})


@pytest.mark.parametrize("kind", [TypedDict, dataclasses.make_dataclass])
def test_an_adapter_is_built_once_and_dies_with_its_class(kind, monkeypatch):
    """A class is prepared once, and not kept alive by that; a subclass has its own."""
    declared = kind("Row", {"a": int} if kind is TypedDict else [("a", int)])
    build(declared)
    monkeypatch.setattr("tasksim._engine.validation.TypeAdapter.__init__", None)
    assert invalid(declared, {"a": "x"}) == {"a": ("invalid_type", "Expected number, received string")}
    monkeypatch.undo()
    gc.collect()
    alive = weakref.ref(declared)
    del declared
    gc.collect()
    assert alive() is None


def test_a_subclass_has_its_own_adapter():
    """What a class keeps is not taken for its subclasses."""

    @dataclasses.dataclass
    class Deeper(Point):
        z: int = dataclasses.field(kw_only=True)

    build(Point)
    assert invalid(Deeper, {"x": 1}) == {"z": ("invalid_type", "Required")}


def test_a_broken_json_schema():
    """A type whose JSON schema cannot be made still says what is missing."""

    def refuse(schema, handler):
        raise ValidationError.from_exception_data("broken", [])

    class Row(TypedDict):
        a: Annotated[int, SimpleNamespace(__get_pydantic_json_schema__=refuse)]

    assert invalid(Row, {}, zod4) == {
        "a": ("invalid_type", "Invalid input: expected nonoptional, received undefined")
    }


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text("ab[]."),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "int", "[key]"]), inner, max_size=3)
    ),
    max_leaves=8,
)


def reaches(node, path):
    """Return whether a path leads into a value, its last name perhaps being missing."""
    for index, name in enumerate(path):
        if name not in (range(len(node)) if type(node) is list else node if type(node) is dict else ()):
            return index == len(path) - 1 and type(node) in {dict, list}
        node = node[name]
    return True


@given(st.dictionaries(st.sampled_from(["a", "int", "[key]"]), json_values, max_size=3))
def test_paths_lead_into_the_input(input):
    """Whatever is wrong with an input, each path leads into it (T6)."""
    declared = dict[str, int | list[int | Movie] | dict[str, Movie | list[str]]]
    for field in (build(declared).check(input) or {}).values():
        assert reaches(input, field["data"]["path"])


@given(st.dictionaries(st.text("ab"), json_values, max_size=3))
def test_any_json_passes_where_anything_may(input):
    """A type that allows anything fails no input (T6)."""
    assert build(dict[str, Any]).check(input) is None
