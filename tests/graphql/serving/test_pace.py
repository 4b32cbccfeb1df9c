"""Pace: what `real`, `virtual` and `x60` mean."""

import pytest

from tasksim._world.clock import Clock
from tasksim.errors import UsageError
from tasksim.graphql._serving.pace import LAST_MS, WorldTime, parse_pace


@pytest.mark.parametrize(
    ("text", "rate"),
    [("virtual", 0), ("real", 1), ("x60", 60), ("x1", 1), ("x0.5", 0.5), ("x999999.999", 999999.999)],
)
def test_a_pace_is_a_rate(text, rate):
    """How many milliseconds go by for each real one; none where time stands still."""
    pace = parse_pace(text)
    assert (pace.rate, pace.stands_still) == (rate, rate == 0)


@pytest.mark.parametrize("text", ["virtual", "real", "x60", "x0.5", "x999999.999"])
def test_a_pace_shows_the_text_that_means_it(text):
    """parse(str(x)) == x."""
    assert str(parse_pace(text)) == text
    assert parse_pace(str(parse_pace(text))) == parse_pace(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "x0",
        "x0.0",
        "x-1",
        "60",
        "X60",
        "REAL",
        "x1e9",
        "xnan",
        "xinf",
        "x1.",
        "x1.0000",
        "x1234567",
        "x60\n",
    ],
)
def test_other_texts_are_refused(text):
    """The refusal names the argument and its value."""
    with pytest.raises(UsageError, match="time is "):
        parse_pace(text)


@pytest.mark.parametrize("value", [None, 1, 60.0, b"real", ["real"]])
def test_what_is_no_text_is_refused(value):
    """So are numbers: of what would they be?"""
    with pytest.raises(UsageError, match="--time is "):
        parse_pace(value, "--time")


def test_what_is_due_after_the_last_time_is_not_waited_for_in_moments():
    """It never comes: whoever waits for it looks again after a long while."""
    time = WorldTime(Clock(LAST_MS - 5), parse_pace("x999999"))
    assert time.seconds_to(5) < 1
    assert time.seconds_to(6) == 3600
