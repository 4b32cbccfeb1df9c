"""Durations and instants as users write them, as integers, and as timelines show them."""

from datetime import datetime, timedelta, timezone

import pytest
from freezegun import freeze_time

from tasksim._world.durations import (
    parse_duration,
    parse_instant,
    parse_signed_duration,
    render_clock,
    render_duration,
    render_instant,
    to_datetime,
)
from tasksim.errors import UsageError

NEW_YEAR = 1_704_067_200_000
LONGEST = 2**53


@pytest.mark.parametrize(
    ("value", "ms"),
    [
        (0, 0),
        (90, 90_000),
        (1.5, 1500),
        (1.005, 1005),
        (0.0005, 1),
        (0.0004, 0),
        (timedelta(minutes=15), 900_000),
        (timedelta(days=1, seconds=1, microseconds=1500), 86_401_002),
        ("500ms", 500),
        ("90s", 90_000),
        ("15m", 900_000),
        ("1h30m", 5_400_000),
        ("2d", 172_800_000),
        ("1.5h", 5_400_000),
        ("1d2h3m4s5ms", 93_784_005),
        ("1.0005s", 1001),
        ("0.1ms", 0),
        ("0s", 0),
        (LONGEST // 1000, LONGEST // 1000 * 1000),
    ],
)
def test_durations(value, ms):
    """A duration is seconds, a timedelta or text; halves of a millisecond are rounded up."""
    assert parse_duration(value, name="budget") == ms
    assert type(parse_duration(value, name="budget")) is int


@pytest.mark.parametrize(
    "value",
    [
        *("", "90", "s", "1.h", ".5h", "1m1h", "1h1h", "1h 30m", "1H", "٣s", "-", "--1s", "1e3s"),
        *("9" * 5000 + "s", True, None, float("nan"), float("inf"), 1j, b"1s"),
    ],
    ids=lambda value: repr(value)[:10],
)
def test_no_durations(value):
    """What is no duration is refused with the argument's name, the value and examples."""
    with pytest.raises(UsageError) as caught:
        parse_duration(value, name="budget")
    sentence, way_out = str(caught.value).splitlines()
    assert sentence == f"budget is {value!r}, which is no duration."
    assert "'1h30m'" in way_out


@pytest.mark.parametrize("value", [-1, -0.5, timedelta(seconds=-1), "-1s"])
def test_negative_durations_are_refused(value):
    """Time does not run backwards, unless the caller asks for a signed duration."""
    with pytest.raises(UsageError, match=r"^delay is .*, which is negative\."):
        parse_duration(value, name="delay")
    assert parse_signed_duration(value, name="offset") < 0


@pytest.mark.parametrize(("value", "ms"), [("-1h", -3_600_000), ("1h", 3_600_000), (-1.5, -1500), ("-0s", 0)])
def test_signed_durations(value, ms):
    """A signed duration may go back in time."""
    assert parse_signed_duration(value, name="offset") == ms


@pytest.mark.parametrize("value", [0, 0.0001, "0s", timedelta(0)])
def test_zero_can_be_refused(value):
    """Where nothing would happen without time, zero is refused."""
    assert parse_duration(value, name="period") == 0
    with pytest.raises(
        UsageError, match=r"^period is .*, which is no time at all\.\n  Write at least '1ms'\."
    ):
        parse_duration(value, name="period", allow_zero=False)


@pytest.mark.parametrize("value", [10**40, 1e300, -1e300, timedelta.max, timedelta.min, "999999999999999d"])
def test_endless_durations_are_refused(value):
    """A duration beyond what a JSON number can say exactly is refused."""
    with pytest.raises(UsageError, match=r"^delay is .*, which is beyond 2\*\*53 ms\."):
        parse_signed_duration(value, name="delay")


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "0s"),
        (1, "1ms"),
        (1500, "1500ms"),
        (90_000, "90s"),
        (900_000, "15m"),
        (5_400_000, "90m"),
        (86_400_000, "1d"),
        (-3_600_000, "-1h"),
    ],
)
def test_durations_are_shown_in_one_unit(ms, text):
    """A duration is shown in the largest unit that divides it, and reads back as itself."""
    assert render_duration(ms) == text
    assert parse_signed_duration(text, name="x") == ms


@pytest.mark.parametrize(
    ("value", "ms"),
    [
        ("2024-01-01T00:00:00Z", NEW_YEAR),
        ("2024-01-01 00:00Z", NEW_YEAR),
        ("2024-01-01T02:30:00+02:30", NEW_YEAR),
        ("2023-12-31T19:00:00-0500", NEW_YEAR),
        ("2024-01-01T00:00:00.5Z", NEW_YEAR + 500),
        ("2024-01-01T00:00:00.0019999Z", NEW_YEAR + 1),
        ("1969-12-31T23:59:59.999Z", -1),
        (datetime(2024, 1, 1, tzinfo=timezone.utc), NEW_YEAR),
        (datetime(2024, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))), NEW_YEAR),
        (datetime(2024, 1, 1, 0, 0, 0, 1999, tzinfo=timezone.utc), NEW_YEAR + 1),
        (datetime.min.replace(tzinfo=timezone.utc), -62_135_596_800_000),
        (datetime.max.replace(tzinfo=timezone.utc), 253_402_300_799_999),
    ],
)
def test_instants(value, ms):
    """An instant is an aware datetime or ISO text, on every Python alike; what is finer is cut off."""
    assert parse_instant(value, name="start") == ms


@pytest.mark.parametrize("value", ["2024-01-01T00:00:00", "2024-01-01 00:00:00.5", datetime(2024, 1, 1)])  # noqa: DTZ001
def test_naive_instants_are_refused(value):
    """An instant without a time zone is refused: it means another one on every machine."""
    with pytest.raises(UsageError, match=r"^start is .*, which has no time zone\.\n  .*, if it means UTC\."):
        parse_instant(value, name="start")


@pytest.mark.parametrize(
    "value",
    [
        *("", "now", "2024-01-01", "2024-01-01Z", "20240101T000000Z", "٢٠٢٤-01-01T00:00:00Z"),
        *("2024-02-30T00:00:00Z", "2024-01-01T24:00:00Z"),
        *("2024-01-01T00:00:00+24:00", "2024-01-01T00:00:00+00:60"),
        *("0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", 1_704_067_200_000, None),
    ],
)
def test_no_instants(value):
    """What is no instant between the years 1 and 9999 is refused with examples."""
    with pytest.raises(UsageError) as caught:
        parse_instant(value, name="start")
    sentence, way_out = str(caught.value).splitlines()
    assert sentence == f"start is {value!r}, which is no instant."
    assert "'2024-01-01T00:00:00Z'" in way_out


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (NEW_YEAR, "2024-01-01T00:00:00.000Z"),
        (NEW_YEAR + 1, "2024-01-01T00:00:00.001Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    ],
)
def test_instants_are_shown_as_javascript_does(ms, text):
    """An instant is shown with three digits and `Z`, and reads back as itself."""
    assert render_instant(ms) == text
    assert parse_instant(text, name="x") == ms
    assert to_datetime(ms).tzinfo is timezone.utc
    assert parse_instant(to_datetime(ms), name="x") == ms


def test_frozen_time_changes_nothing():
    """Under freezegun its datetimes are read like others, and ours are real ones."""
    before = type(to_datetime(0))
    with freeze_time("2024-01-01"):
        assert parse_instant(datetime.now(timezone.utc), name="x") == NEW_YEAR
        assert parse_instant("2024-01-01T00:00:00Z", name="x") == NEW_YEAR
        assert type(to_datetime(NEW_YEAR)) is before
        with pytest.raises(UsageError, match="has no time zone"):
            parse_instant(datetime.now(), name="x")  # noqa: DTZ005 - what is refused


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "00:00.000"),
        (61_001, "01:01.001"),
        (3_599_999, "59:59.999"),
        (3_600_000, "1:00:00.000"),
        (36_000_000, "10:00:00.000"),
        (86_399_999, "23:59:59.999"),
        (86_400_000, "1d 00:00:00.000"),
        (31_536_000_000, "365d 00:00:00.000"),
    ],
)
def test_clock(ms, text):
    """Monotonic time is shown with hours and days only where it has them."""
    assert render_clock(ms) == text
