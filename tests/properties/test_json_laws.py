"""Laws of strict JSON and of durations."""

import json

from hypothesis import given
from hypothesis import strategies as st

from tasksim._world.durations import (
    parse_instant,
    parse_signed_duration,
    render_duration,
    render_instant,
)
from tasksim._world.strict_json import (
    as_json,
    canonical_json,
    checked_copy,
    copy_json,
    json_equal,
    json_size,
)
from tasksim.errors import NotJson

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)
ALIKE = st.recursive(
    st.sampled_from([0, -0.0, False, 1, 1.0, True, None, "", "1", 2**53, float(2**53)]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=3,
)
"""Few values, many of them nearly equal."""
ANYTHING = st.recursive(
    SCALARS
    | st.floats()
    | st.integers()
    | st.text(st.characters())
    | st.binary()
    | st.decimals()
    | st.dates(),
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(SCALARS | st.text(st.characters()), inner)
        | st.frozensets(SCALARS)
    ),
    max_leaves=20,
)


@given(JSON)
def test_copies_are_equal(value):
    """Every copy of strict JSON has its text and is equal to it as JSON."""
    for copy in (copy_json(value), checked_copy(value, "x"), as_json(value)[0]):
        assert canonical_json(copy) == canonical_json(value)
        assert json_equal(copy, value)
    assert not as_json(value)[1]


@given(JSON)
def test_text_reads_back(value):
    """The canonical text is JSON that says the same value, and its size is its bytes."""
    text = canonical_json(value)
    # As JavaScript reads it: the shortest digits of a float beyond 2**53 are those of another integer.
    assert json_equal(json.loads(text, parse_int=float), value)
    assert json_size(value) == len(text.encode())


@given(ALIKE, ALIKE)
def test_equal_values_have_equal_texts(a, b):
    """Two values are equal as JSON if, and only if, their canonical texts are equal."""
    assert json_equal(a, b) == (canonical_json(a) == canonical_json(b))


@given(ANYTHING)
def test_anything_becomes_strict_json(value):
    """What `as_json` answers is strict JSON, and changed exactly if the value was not."""
    result, changed = as_json(value)
    checked_copy(result, "x")
    try:
        checked_copy(value, "x")
    except NotJson:
        assert changed
    else:
        assert not changed


@given(st.integers(-(2**53), 2**53))
def test_durations_read_back(ms):
    """A rendered duration is parsed as itself."""
    assert parse_signed_duration(render_duration(ms), name="x") == ms


@given(st.datetimes(timezones=st.timezones()))
def test_instants_read_back(value):
    """A rendered instant is parsed as itself, and says when the datetime was, to the millisecond."""
    ms = parse_instant(value, name="x")
    assert parse_instant(render_instant(ms), name="x") == ms
    assert 0 <= value.timestamp() * 1000 - ms < 1.001
