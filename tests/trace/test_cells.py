"""Text in columns: widths, cuts, and JSON that is shortened to a width."""

import json
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasksim._trace.cells import Aside, Data, cell_width, clean, cut, cut_middle, fit, pad, wrapped

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
)
WIDE = "\u65e5\u672c\u8a9e"


@pytest.mark.parametrize(
    ("text", "width"),
    [("", 0), ("abc", 3), (WIDE, 6), ("caf\u00e9", 4), ("cafe\u0301", 4), ("\U0001f600", 2), ("\uff41", 2)],
)
def test_width_is_that_of_a_terminal(text, width):
    """Wide characters take two columns, combining marks none."""
    assert cell_width(text) == width


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("short", 5, "short"),
        ("longer than that", 9, "longer..."),
        (WIDE * 2, 8, "\u65e5\u672c..."),
        (WIDE, 2, ".."),
        ("gone", 0, ""),
        ("gone", -3, ""),
    ],
)
def test_cut_ends_in_dots(text, width, expected):
    """A cut text ends in three dots, and no wide character is halved."""
    assert cut(text, width) == expected


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("runtime.is_aborted#1", 20, "runtime.is_aborted#1"),
        ("runtime.is_aborted#12", 12, "runti...d#12"),
        (f"{WIDE}e\u0301{WIDE}", 9, "\u65e5...\u8a9e"),
        ("abcdef", 4, "a..."),
    ],
)
def test_cut_in_the_middle_keeps_both_ends(text, width, expected):
    """Of a name both ends are kept, the number above all; an end does not begin with a combining mark."""
    assert cut_middle(text, width) == expected


def test_text_cannot_leave_its_line():
    """Newlines, escape sequences, marks of direction and the like are escaped in either way of drawing."""
    hostile = "a\nb\x1b[31m\u202e\u2028\x7f\u00a0"
    assert clean(hostile, unicode=True) == "a\\nb\\x1b[31m\\u202e\\u2028\\x7f\\xa0"
    assert clean(hostile, unicode=False) == clean(hostile, unicode=True)


def test_without_unicode_text_is_escaped():
    """Without unicode, what is not ASCII is escaped as Python writes it."""
    assert clean("\u65e5\U0001f600", unicode=False) == "\\u65e5\\U0001f600"


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("one two three", 7, ["one two", "three"]),
        ("one", 7, ["one"]),
        ("", 7, [""]),
        ("a incomprehensible b", 8, ["a", "incompre", "hensible", "b"]),
        (WIDE + " x", 4, ["\u65e5\u672c", "\u8a9e x"]),
    ],
)
def test_wrapped_at_spaces(text, width, expected):
    """Text is wrapped at spaces, and only a word that is too wide inside of it."""
    assert wrapped(text, width) == expected


ORDER = {"ids": ["a", "b", "c"], "at": 3}


@pytest.mark.parametrize(
    ("value", "width", "expected"),
    [
        (ORDER, 40, '{"ids": ["a", "b", "c"], "at": 3}'),
        (ORDER, 30, '{"ids": [3 items], "at": 3}'),
        (ORDER, 25, '{"ids": [3 items], ...}'),
        (ORDER, 12, "{2 keys}"),
        (ORDER, 6, "{2 ..."),
        ({"one": {"two": [1, 2]}}, 20, '{"one": {1 key}}'),
        ([1], 3, "[1]"),
        ([1], 2, ".."),
        ([100], 4, "[..."),
        ([[], {}, ""], 20, '[[], {}, ""]'),
        ("a longer text", 12, '"a longe..."'),
        ("a longer text", 20, '"a longer text"'),
        (True, 9, "true"),
        (1234567, 5, "12..."),
        (1.0, 9, "1"),
        (
            {"text": "abcdefghijklmnopqrstuvwxyz", "list": [1] * 99},
            45,
            '{"text": "abcdefghij...", "list": [99 items]}',
        ),
    ],
)
def test_json_is_shortened_the_widest_first(value, width, expected):
    """Lists become their length, text its beginning, objects lose their last members."""
    assert fit((Data(value),), width, unicode=False) == expected


def test_deep_objects_take_no_time():
    """However deep an object is, and however much hangs on each level, it is shortened at once."""
    value = {}
    for _ in range(90):
        value = {"a": value, "b": "x" * 50, "c": [1] * 50}
    assert fit((Data(value),), 60, unicode=False) == (
        '{"a": {3 keys}, "b": "xxxxxxxxxxxxxxxx...", "c": [50 items]}'
    )


def test_what_was_shortened_first_gets_the_room_that_is_left():
    """A text that was cut to nothing for the sake of a list is as long as it can be in the end."""
    value = {"text": "abcdefghijklmnopqrstuvwxyz", "list": [1] * 99}
    assert fit((Data(value),), 46, unicode=False) == '{"text": "abcdefghijk...", "list": [99 items]}'


def test_asides_give_way_before_data():
    """What may be left out is left out before JSON is shortened."""
    pieces = (Data({"at": 1}), Aside((" -> task.update#2",), " ->"))
    assert fit(pieces, 30, unicode=False) == '{"at": 1} -> task.update#2'
    assert fit(pieces, 20, unicode=False) == '{"at": 1} ->'
    assert fit(pieces, 11, unicode=False) == "{1 key} ->"
    several = ("id", Aside((" one",)), Aside((" ", Data("two"))))
    assert [fit(several, width, unicode=False) for width in (12, 11, 5)] == ['id one "two"', "id one", "id"]


@given(JSON, st.integers(0, 60), st.booleans())
def test_json_is_never_wider_than_asked_for(value, width, unicode):
    """Whatever the value, its text keeps the width and the line, and is ASCII if it must be."""
    text = fit(("given ", Data(value), Aside((" aside ", Data(value)))), width, unicode=unicode)
    assert cell_width(text) <= width
    assert not any(category(character) in {"Cc", "Cf", "Zl", "Zp"} for character in text)
    assert unicode or text.isascii()


@given(JSON)
def test_json_with_room_is_whole(value):
    """With room enough, without unicode, the text is JSON and says the value."""
    text = fit((Data(value),), 10**6, unicode=False)
    assert json.loads(text, parse_int=float) == value


@given(st.text(), st.integers(0, 30))
def test_cuts_and_lines_keep_their_width(text, width):
    """Cut, cut in the middle, wrapped or padded, text has the width that was asked for."""
    assert cell_width(cut(text, width)) <= width
    assert cell_width(cut_middle(text, width + 3)) <= width + 3
    assert all(cell_width(line) <= width + 2 for line in wrapped(text, width + 2))
    assert cell_width(pad(text, width)) == max(width, cell_width(text))
