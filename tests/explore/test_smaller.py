"""Smaller inputs: simpler values, in order and each once, and the least one that still fails."""

from itertools import islice, pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tasksim._explore.smaller import minimise, size_of, smaller
from tasksim._world.strict_json import canonical_json, checked_copy, copy_json

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)
MANY = 5000  # more questions than any search here needs


def kind_of(value):
    """Return a value's type as JSON knows it: whole numbers and others are one."""
    return float if type(value) is int else type(value)


def rest_of(value, fails):
    """Return the first simpler value that fails as well, if there is one."""
    return next((simpler for simpler in smaller(value) if fails(simpler)), None)


def within(value):
    """Iterate over a value and all that is in it."""
    yield value
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from within(part)


# --- their order


def test_the_shorter_text_is_simpler():
    """Inputs are ordered by the length of their compact JSON, then by its text."""
    in_order = [
        0,
        7,
        "",
        10,
        99,
        [],
        {},
        "a",
        [0],
        [5],
        None,
        True,
        [1, 2],
        False,
        {"a": 0},
        {"b": 0},
        {"a": 10},
    ]
    assert all(size_of(one) < size_of(next_) for one, next_ in pairwise(in_order))


@pytest.mark.parametrize(("one", "other"), [(1, 1.0), (0, -0.0), ({"a": 1, "b": 2}, {"b": 2, "a": 1})])
def test_equal_values_have_one_size(one, other):
    """What is equal as JSON has one size, and the same simpler values in the same order."""
    assert size_of(one) == size_of(other)
    assert list(map(canonical_json, smaller(one))) == list(map(canonical_json, smaller(other)))


def test_true_is_not_one():
    """What Python takes for equal and JSON does not has two sizes."""
    assert size_of(True) != size_of(1)


# --- simpler values


@given(values)
@example([1e300, -1e300, 5e-324, -(2**53), 2.0**53])
@example({"a\n": "B\u00e9\x00", "": [[[]]], "x": {"x": {}}})
def test_each_is_simpler(value):
    """Each is strict JSON of the value's type, and strictly simpler than it."""
    for simpler in smaller(value):
        assert size_of(simpler) < size_of(value)
        assert kind_of(simpler) is kind_of(value)
        assert canonical_json(checked_copy(simpler, "simpler")) == canonical_json(simpler)


@given(values)
def test_none_comes_twice(value):
    """None is equal to another as JSON."""
    names = [canonical_json(simpler) for simpler in smaller(value)]
    assert len(set(names)) == len(names)


@given(values)
def test_the_value_is_left_as_it_is(value):
    """Nothing in the value is changed on the way."""
    before = copy_json(value)
    list(smaller(value))
    assert value == before


@given(
    st.lists(st.integers(-30, 30) | texts | st.lists(st.booleans(), max_size=2), max_size=3),
    st.integers(0, 9),
)
def test_it_comes_to_an_end(value, nth):
    """Taking a simpler value again and again, even the last, comes to one that has none."""
    steps = 0
    while found := list(smaller(value)):
        value = found[-1 - nth % len(found)]
        steps += 1
    assert value == []
    assert steps < MANY


def test_it_is_lazy():
    """The first of them are there at once, however large the value is."""
    assert list(islice(smaller([0] * 100_000), 2)) == [[], [0] * 50_000]


def test_whole_parts_come_first():
    """What leaves out whole parts comes before what makes a part simpler."""
    value = {"ids": ["x", "y"], "note": "zz"}
    assert list(islice(smaller(value), 7)) == [
        {},
        {"ids": ["x", "y"]},
        {"note": "zz"},
        {"ids": [], "note": "zz"},
        {"ids": ["x", "y"], "note": ""},
        {"ids": ["x"], "note": "zz"},
        {"ids": ["y"], "note": "zz"},
    ]


def test_halves_come_before_single_items():
    """From a list of four go the halves, then single items, each time the last ones first."""
    assert list(islice(smaller([1, 2, 3, 4]), 1, 7)) == [
        [1, 2],
        [3, 4],
        [1, 2, 3],
        [1, 2, 4],
        [1, 3, 4],
        [2, 3, 4],
    ]


def test_what_is_inside_may_take_the_place():
    """A list in a list, or an object in an object, may stand for the whole."""
    assert [1, 1] in list(smaller([[1, 1], 1]))
    assert {"c": "d"} in list(smaller({"a": {"c": "d"}}))


def test_texts_keep_their_shape():
    """A text becomes shorter, or plain: letters and figures of its kind, and signs as they are."""
    assert list(smaller("b")) == ["", "a"]
    assert "Aaa-00" in list(smaller("Bob-17"))
    assert "aaa" in list(smaller("\u00e9\u4e2d\x07"))
    assert list(smaller("a")) == [""]


def test_numbers_go_towards_zero():
    """A number becomes 0, positive, whole, or is moved towards 0 by ever smaller steps."""
    assert list(smaller(100)) == [0, 50, 75, 88, 94, 97, 99]
    assert list(smaller(-8)) == [0, 8, -4, -6, -7]
    assert list(smaller(2.75)) == [0, 2, 3, 1, 1.75, 2.8]
    assert list(smaller(0.1)) == [0, 1]
    assert list(smaller(-0.5)) == [0, 0.5, -1]


def test_large_numbers_become_whole_ones():
    """A number beyond 2**53 becomes one of few figures."""
    assert list(smaller(1e21)) == [0, 9, 99, 999, 9999]
    assert -9 in list(smaller(-1.5e300))


def test_true_is_simpler_than_false():
    """The shorter of both words is the simpler one."""
    assert (list(smaller(False)), list(smaller(True)), list(smaller(None))) == ([True], [], [])


# --- the least


@pytest.mark.parametrize(
    ("fails", "least"),
    [
        (lambda value: any(type(part) is list and len(part) >= 2 for part in within(value)), {"ids": [0, 0]}),
        (lambda value: any(type(part) is str and len(part) > 3 for part in within(value)), {"note": "Aaaa"}),
        (lambda value: value.get("n", 0) >= 17, {"n": 17}),
        (lambda value: value.get("n", 0) > 12.5, {"n": 13}),
        (lambda value: "b" in value, {"b": {}}),
        (lambda value: "b" in value and "flag" in value, {"b": {}, "flag": True}),
        (lambda value: any(part == {"d": [True]} for part in within(value)), {"d": [True]}),
        (lambda value: value.get("low", 0) < 0, {"low": -1}),
    ],
)
def test_the_least_is_found(fails, least):
    """The search ends at the least value that fails, whatever else the first one held."""
    value = {
        "n": 1234,
        "ids": [700, 8, 9, 10, 11],
        "note": "Hello there, B\u00e9a",
        "b": {"c": {"d": [True]}},
        "flag": False,
        "low": -2.5,
    }
    assert minimise(value, fails, most=MANY) == least


@given(st.lists(numbers, min_size=2, max_size=6))
def test_the_least_list_of_two(value):
    """Of the lists with at least two numbers the least is found from any."""
    assert minimise(value, lambda given: len(given) >= 2, most=MANY) == [0, 0]


@given(st.integers(17, 2**53) | st.floats(17, 1e300))
def test_the_least_number(value):
    """Of the numbers from 17 on the least is found from any."""
    least = minimise(value, lambda given: given >= 17, most=MANY)
    assert (least, type(least)) == (17, type(value) if value == 17 else int)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=4, max_size=12))
def test_the_least_text(value):
    """Of the texts longer than 3 one of the same shape is found, or a simpler one, from any."""
    least = minimise(value, lambda given: len(given) > 3, most=MANY)
    assert len(least) == 4
    assert rest_of(least, lambda given: len(given) > 3) is None


@given(values, st.integers(0, 10**6))
def test_nothing_simpler_fails(value, salt):
    """Whatever fails, no value of those that are simpler than the least fails; and the least does."""

    def fails(given):
        return sum(canonical_json(given).encode()) % 7 != salt % 7

    least = minimise(value, fails, most=MANY)
    assert least == value or fails(least)
    assert size_of(least) <= size_of(value)
    assert rest_of(least, fails) is None


@given(values)
def test_each_is_asked_once(value):
    """No value is asked twice, nor is the one given."""
    asked = []

    def fails(given):
        asked.append(canonical_json(given))
        return len(asked) % 3 == 0

    minimise(value, fails, most=MANY)
    assert len(set(asked)) == len(asked)
    assert canonical_json(value) not in asked


@pytest.mark.parametrize("most", [0, 1, 4])
def test_it_stops_after_as_many_questions(most):
    """After `most` questions the search ends with what it has."""
    asked = []

    def fails(given):
        asked.append(given)
        return sum(given) >= 100

    assert (
        minimise([100, 1, 1, 1], fails, most=most) == {0: [100, 1, 1, 1], 1: [100, 1, 1, 1], 4: [100]}[most]
    )
    assert len(asked) == most


def test_who_asks_may_change_what_it_gets():
    """What is asked is a copy: a question that changes it changes nothing else."""
    value = {"ids": ["a", "b"], "more": ["c"]}

    def fails(given):
        return bool(given.pop("ids", [])) and given.clear() is None

    assert minimise(value, fails, most=MANY) == {"ids": [""]}
    assert value == {"ids": ["a", "b"], "more": ["c"]}
