"""What a store of JSON takes, copies, compares and measures."""

import dataclasses
import enum
import json
from collections import OrderedDict, defaultdict, deque, namedtuple
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath
from types import MappingProxyType
from uuid import UUID

import pytest
from pydantic import BaseModel

from tasksim._world.refusals import MAX_DEPTH
from tasksim._world.strict_json import (
    as_json,
    canonical_json,
    checked_copy,
    copy_json,
    json_equal,
    json_size,
)
from tasksim.errors import NotJson, UsageError

SURROGATE = "\ud800"


class Colour(enum.Enum):
    RED = "red"


class Word(str, enum.Enum):
    HELLO = "hello"


class Text(str):
    __slots__ = ()


class Float(float):
    __slots__ = ()


class Model(BaseModel):
    at: int = 1


@dataclasses.dataclass
class Data:
    at: int = 1


Pair = namedtuple("Pair", "left right")  # noqa: PYI024 - the untyped kind is what users have


class Unspeakable:
    def __repr__(self):
        raise RuntimeError


class Plain:
    pass


def nested(depth):
    """Return that many lists in each other."""
    value = []
    for _ in range(depth - 1):
        value = [value]
    return value


def everything():
    """Return a value that has all that JSON has."""
    return {
        "text": "é€\N{GRINNING FACE}",
        "é": [1, -(2**53), 2**53, 0.5, True, None],
        "nested": {"list": [[], {}], "empty": ""},
    }


# --- copies


def test_copy_shares_no_container():
    """A copy equals its source and shares none of its containers."""
    source = everything()
    copy = copy_json(source)
    assert copy == source
    assert copy is not source
    assert copy["nested"] is not source["nested"]
    assert copy["nested"]["list"][0] is not source["nested"]["list"][0]
    assert copy["é"] is not source["é"]


def test_checked_copy_shares_no_container():
    """A checked copy of strict JSON equals its source and shares none of its containers."""
    source = everything()
    copy = checked_copy(source, "input")
    assert copy == source
    assert copy["nested"] is not source["nested"]
    assert copy["nested"]["list"] is not source["nested"]["list"]


@pytest.mark.parametrize("value", ["a", "é", 1, 1.5, True, None])
def test_scalars_are_returned(value):
    """A scalar is its own copy."""
    assert copy_json(value) is value
    assert checked_copy(value, "x") is value


def test_one_container_in_two_places_is_no_cycle():
    """A container that stands in two places is copied twice."""
    shared = [1]
    copy = checked_copy({"a": shared, "b": shared}, "input")
    assert copy == {"a": [1], "b": [1]}
    assert copy["a"] is not copy["b"]


def test_nesting_up_to_the_limit_is_taken():
    """Containers may be nested MAX_DEPTH deep, and one more is refused."""
    assert checked_copy(nested(MAX_DEPTH), "x") == nested(MAX_DEPTH)
    with pytest.raises(NotJson, match=f"is a list inside {MAX_DEPTH} others, which is not JSON"):
        checked_copy(nested(MAX_DEPTH + 1), "x")
    deepest = {"a": 1}
    for _ in range(MAX_DEPTH):
        deepest = {"a": deepest}
    with pytest.raises(NotJson, match="is a dict inside"):
        checked_copy(deepest, "x")


# --- refusals


@pytest.mark.parametrize(
    ("value", "problem", "remedy"),
    [
        (
            datetime(2024, 1, 1, tzinfo=timezone.utc),
            "a datetime (datetime.datetime(2024, 1, 1, 0, 0",
            ".isoformat()",
        ),
        (date(2024, 1, 1), "a date (datetime.date(2024, 1, 1))", ".isoformat()"),
        (time(1), "a time (", ".isoformat()"),
        (timedelta(1), "a timedelta (", ".total_seconds()"),
        ((1, 2), "a tuple ((1, 2))", "list(value)"),
        (Pair(1, 2), "a Pair (Pair(left=1, right=2))", "value._asdict()"),
        ({3}, "a set ({3})", "sorted(value)"),
        (frozenset(), "a frozenset (", "sorted(value)"),
        (Model(), "a Model (Model(at=1))", "model_dump(mode='json')"),
        (Data(), "a Data (Data(at=1))", "dataclasses.asdict(value)"),
        (Decimal("1.5"), "a Decimal (Decimal('1.5'))", "str(value)"),
        (Fraction(1, 2), "a Fraction (", "str(value)"),
        (1j, "a complex (1j)", "str(value)"),
        (UUID(int=0), "a UUID (", "str(value)"),
        (PurePosixPath("a"), "a PurePosixPath (", "str(value)"),
        (ValueError("no"), "a ValueError (ValueError('no'))", "str(value)"),
        (Colour.RED, "a Colour (<Colour.RED: 'red'>)", "member.value"),
        (Word.HELLO, "a Word (", "member.value"),
        (b"a", "a bytes (b'a')", "value.decode()"),
        (bytearray(b"a"), "a bytearray (", "value.decode()"),
        (Text("a"), "a Text ('a')", "str(value)"),
        (enum.IntEnum("Level", "LOW").LOW, "a Level (", "member.value"),
        (Float(1), "a Float (1.0)", "float(value)"),
        (OrderedDict(a=1), "an OrderedDict (", "dict(value)"),
        (defaultdict(list), "a defaultdict (", "dict(value)"),
        (MappingProxyType({}), "a mappingproxy (", "dict(value)"),
        (deque([1]), "a deque (deque([1]))", "list(value)"),
        (range(3), "a range (range(0, 3))", "list(value)"),
        (Plain, "a type (", "as a dict, list, str"),
        (SURROGATE, r"the str '\ud800' with a lone surrogate", "encode('utf-8', 'replace')"),
        (2**53 + 1, "the int 9007199254740993, beyond 2**53", "str(value)"),
        (-(2**53) - 1, "the int -9007199254740993, beyond 2**53", "str(value)"),
        (float("nan"), "the float nan", "Store None"),
        (float("-inf"), "the float -inf", "Store None"),
        (Unspeakable(), "a Unspeakable (...)", "as a dict, list, str"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_refusal_names_value_and_remedy(value, problem, remedy):
    """What is not JSON is refused with its type, its value and a remedy made for that type."""
    with pytest.raises(NotJson) as caught:
        checked_copy(value, "input")
    sentence, way_out = str(caught.value).splitlines()
    assert sentence.startswith(f"input is {problem}")
    assert sentence.endswith(", which is not JSON.")
    assert remedy in way_out
    assert isinstance(caught.value, UsageError)


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"rows": [0, 1, 2, {"when": ()}]}, "input.rows[3].when"),
        ({"a b": [()]}, 'input["a b"][0]'),
        ({'"': {"": ()}}, r'input["\""][""]'),
        ({"é": ()}, "input.é"),
        ([[], [()]], "input[1][0]"),
        ({"first": (), "second": ()}, "input.first"),
        ({"good": {"a": 1}, "bad": ()}, "input.bad"),
        ([[1], ()], "input[1]"),
    ],
)
def test_refusal_names_the_path(value, path):
    """The path leads to the first offender; keys that are no identifiers are quoted."""
    with pytest.raises(NotJson) as caught:
        checked_copy(value, "input")
    assert caught.value.path == path
    assert str(caught.value).startswith(f"{path} is a tuple (())")


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        (3, "a dict with the int key 3"),
        (None, "a dict with the NoneType key None"),
        (Text("a"), "a dict with the Text key 'a'"),
        (SURROGATE, r"a dict whose key '\ud800' has a lone surrogate"),
    ],
)
def test_keys_are_plain_text(key, problem):
    """A key that is no plain text is refused, at the path of its dict."""
    with pytest.raises(NotJson) as caught:
        checked_copy({"rows": {key: ()}}, "input")
    assert str(caught.value).startswith(f"input.rows is {problem}, which is not JSON.")


def test_cycles_are_refused():
    """A container inside itself is refused where it comes up again."""
    value = {"self": []}
    value["self"].append(value)
    with pytest.raises(NotJson, match=r"^input\.self\[0\] is a dict that contains itself, which is not JSON"):
        checked_copy(value, "input")


def test_refusals_show_no_address_and_no_endless_repr():
    """A value's repr is shown without memory addresses and cut to a line."""
    with pytest.raises(NotJson) as caught:
        checked_copy([Plain()], "x")
    assert str(caught.value).startswith("x[0] is a Plain (<")
    assert "Plain object>), which is not JSON." in str(caught.value)
    with pytest.raises(NotJson) as caught:
        checked_copy(tuple(range(1000)), "x")
    assert len(str(caught.value)) < 150


# --- texts and sizes


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1.0, "1"),
        (-0.0, "0"),
        (0.0, "0"),
        (0.1, "0.1"),
        (-2.5, "-2.5"),
        (1e15, "1000000000000000"),
        (1e16, "10000000000000000"),
        (1.5e16, "15000000000000000"),
        (1.2345678901234568e20, "123456789012345680000"),
        (-1e20, "-100000000000000000000"),
        (1e21, "1e+21"),
        (1.5e300, "1.5e+300"),
        (0.0001, "0.0001"),
        (0.00001, "0.00001"),
        (-1.5e-6, "-0.0000015"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (-1.25e-10, "-1.25e-10"),
        (5e-324, "5e-324"),
        (7, "7"),
        (2**53, "9007199254740992"),
        (float(2**53), "9007199254740992"),
    ],
)
def test_numbers_as_javascript(number, text):
    """Numbers are written as JavaScript's `String(number)` does (checked with Node)."""
    assert canonical_json(number) == text
    assert json_size(number) == len(text)


def test_canonical_text_is_compact_and_sorted():
    """The canonical text has no spaces, sorted keys at every level and plain characters."""
    value = {"b": [True, False, None, {"z": 1, "a": 'é"\n\x01'}], "a": {}, "c": []}
    text = canonical_json(value)
    assert text == r'{"a":{},"b":[true,false,null,{"a":"é\"\n\u0001","z":1}],"c":[]}'
    assert json.loads(text) == value


def test_size_counts_bytes_of_utf8():
    """S4: the size of an output is the bytes of its compact JSON text, as Webiny measures it."""
    assert json_size({"a": "é€"}) == 13
    assert json_size({"a": [1.0, 1e-7]}) == len('{"a":[1,1e-7]}')


# --- equality


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (1, 1.0),
        (0.0, -0.0),
        ({"a": 1, "b": [2]}, {"b": [2.0], "a": 1}),
        ([None, True], [None, True]),
        ("a", "a"),
    ],
)
def test_equal_as_json(a, b):
    """Numbers are equal by value, dicts whatever their order."""
    assert json_equal(a, b)
    assert json_equal(b, a)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (True, 1),
        (False, 0),
        (True, False),
        (0, None),
        ("1", 1),
        ([1], [True]),
        ([1], [1, 1]),
        ([], {}),
        ({"a": None}, {"b": None}),
        ({"a": None}, {}),
        ({"a": 1}, {"a": True}),
        ({}, None),
        ([], ""),
    ],
)
def test_not_equal_as_json(a, b):
    """L4: True is not 1, nothing equals null but null, missing is not null."""
    assert not json_equal(a, b)
    assert not json_equal(b, a)


# --- anything as JSON


def test_strict_json_is_only_copied():
    """As JSON, what is JSON already is copied and reported as unchanged."""
    value = everything()
    copy, changed = as_json(value)
    assert copy == value
    assert copy is not value
    assert not changed


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ((1, (2,)), [1, [2]]),
        ({"b", "a", "c"}, ["a", "b", "c"]),
        (frozenset({10, 9, "x"}), ["x", 10, 9]),
        ({1: "a", None: "b", (2,): "c"}, {"1": "a", "None": "b", "(2,)": "c"}),
        (MappingProxyType({"a": {1}}), {"a": [1]}),
        (OrderedDict(a=1), {"a": 1}),
        (Pair(1, Decimal("1.50")), [1, "1.50"]),
        ([float("nan"), float("inf"), 2**53 + 1], ["nan", "inf", "9007199254740993"]),
        ([SURROGATE, {SURROGATE: 1}], [r"\ud800", {r"\ud800": 1}]),
        (Text("a"), "a"),
        (ValueError("no"), "no"),
        ([Unspeakable()], ["Unspeakable"]),
        (deque([1]), "deque([1])"),
        (b"a", "b'a'"),
    ],
)
def test_anything_becomes_json(value, expected):
    """Error data is never refused: what is not JSON becomes lists, dicts and text."""
    assert as_json(value) == (expected, True)


def test_addresses_are_removed():
    """The text of an object has no memory address, so it is the same in every process."""
    assert as_json([Plain(), Plain])[0] == [f"<{__name__}.Plain object>", f"<class '{__name__}.Plain'>"]


def test_cycles_and_depth_become_words():
    """A cycle, and what is nested too deep, becomes a word that says so."""
    value = {"a": 1}
    value["self"] = [value]
    assert as_json(value) == ({"a": 1, "self": ["<cycle>"]}, True)
    copy, changed = as_json(nested(MAX_DEPTH + 5))
    assert changed
    for _ in range(MAX_DEPTH):
        copy = copy[0]
    assert copy == "<nested too deep>"


def test_unreadable_containers_become_text():
    """A container of the user's that raises when read becomes its text."""

    class Broken(dict):
        def items(self):
            raise RuntimeError

    class Mute(Broken):
        __repr__ = Unspeakable.__repr__

    assert as_json([Broken(a=1), Mute()]) == (["{'a': 1}", "Mute"], True)
