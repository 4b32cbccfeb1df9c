"""Which values are times of the simulation, and which read as real time."""

from datetime import date, datetime, timedelta, timezone

import pytest
from freezegun import freeze_time
from hypothesis import given
from hypothesis import strategies as st

from tasksim._simulator.strictness import real_time as module
from tasksim._simulator.strictness.real_time import RealTime, real_time
from tasksim._simulator.strictness.shifting import SHIFT, SHIFT_MS, Shift, Verdict

UTC = timezone.utc
NOON = datetime(2026, 11, 21, 12, 30, 15, tzinfo=UTC)
NOON_MS = NOON.timestamp() * 1000
REAL = RealTime(NOON_MS - 600_000, NOON_MS)
START = datetime(2024, 1, 1, tzinfo=UTC)
SHIFTED = Shift(SHIFT_MS, START.timestamp() * 1000, REAL)
TIMES = st.datetimes(datetime(1980, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds

FORMS = [
    "%Y-%m-%dT%H:%M:%S.%f%z",
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%d.%m.%y",
    "%m/%d/%Y",
    "%Y%m%d%H%M%S",
    "%a, %d %b %Y %H:%M:%S",
    "%A in week %V of %G, day %j",
    "%B %y",
]


@given(TIMES, st.sampled_from(FORMS))
def test_a_time_28_years_later_is_the_shift_in_every_form(time, form):
    """However a time is written, 28 years later only its years differ."""
    assert SHIFTED.judge(time.strftime(form), (time + SHIFT).strftime(form)) is Verdict.FINE


@given(TIMES, st.sampled_from([1e-6, 1e-3, 1, 1e3, 60e3, 3_600e3, 86_400e3, 604_800e3]))
def test_a_time_is_the_shift_in_every_unit(time, unit_ms):
    """Numbers that count from 1970, in any unit, pass."""
    first = time.timestamp() * 1000 / unit_ms
    second = (time + SHIFT).timestamp() * 1000 / unit_ms
    assert SHIFTED.judge(first, second) is Verdict.FINE


@given(TIMES)
def test_seconds_in_a_text_may_round(time):
    """The fraction of a second that a float holds differs in its last digits from one start to the other."""
    first = START.timestamp() + time.microsecond / 1_000_000
    second = (START + SHIFT).timestamp() + time.microsecond / 1_000_000
    assert SHIFTED.judge(f"at {first!r} s", f"at {second!r} s") is Verdict.FINE
    assert SHIFTED.judge("at 1704067200.1234567", "at 2587680000.1234569") is Verdict.FINE
    assert SHIFTED.judge("at 1704067200.1234567", "at 2587680000.1235") is Verdict.OTHER


def test_local_time_is_real_time_too(monkeypatch):
    """What counts from a captured local time is as far from real time as the time zone."""
    monkeypatch.setattr(module.time, "timezone", -9 * 3600)
    first, second = (SHIFTED.wall_ms + by - (NOON_MS + 9 * 3_600_000) for by in (0, SHIFT_MS))
    assert SHIFTED.judge(first, second) is Verdict.REAL
    assert SHIFTED.judge(first + 86_400_000, second + 86_400_000) is Verdict.FINE


def test_at_real_time_nothing_counts_from_it():
    """Where the simulation begins at real time, counting from its start is no finding."""
    near = Shift(SHIFT_MS, NOON_MS, REAL)
    assert near.judge(0, SHIFT_MS) is Verdict.FINE


@pytest.mark.parametrize("unit_ms", [1, 1e3, 60e3, 3_600e3, 86_400e3])
@pytest.mark.parametrize("sign", [1, -1])
def test_what_counts_from_real_time_is_none(unit_ms, sign):
    """The distance to real time is told from the distance to any other day."""
    first, second = ((SHIFTED.wall_ms + by - NOON_MS) / unit_ms * sign for by in (0, SHIFT_MS))
    assert SHIFTED.judge(first, second) is Verdict.REAL
    assert SHIFTED.judge(f"{int(first)} ago", f"{int(second)} ago") in {Verdict.REAL, Verdict.OTHER}
    other = 40 * 86_400_000 / unit_ms
    assert SHIFTED.judge(first + other, second + other) is Verdict.FINE


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (1, 2),
        (True, 1),
        (1, "1"),
        (None, 0),
        ("a 1", "b 1"),
        ("1 2", "1"),
        ("rows: 3", "rows: 4"),
        (1_704_067_200, 1_704_067_200 + 10_226 * 86_400),
        ([1], [1, 2]),
        ({}, None),
        ("2024-01-01", "2052-01-02"),
        ("0.5", "0.6"),
        ("1704067200.-5", "2587680000.7"),
    ],
)
def test_other_differences_are_none_of_the_shift(first, second):
    """What no shift explains is different."""
    assert SHIFTED.judge(first, second) is Verdict.OTHER


@pytest.mark.parametrize(
    ("first", "second"), [(1, 1.0), (99, 27), (2401, 5201), (202401, 205201), (24289, 24625), ("x", "x")]
)
def test_equal_values_and_years_pass(first, second):
    """Equal values pass, and numbers made of a year."""
    assert SHIFTED.judge(first, second) is Verdict.FINE


def test_without_a_shift_everything_must_be_equal():
    """Two runs from one start have nothing that explains a difference."""
    same = Shift(0, START.timestamp() * 1000, REAL)
    assert same.judge(1_704_067_200, 1_704_067_200.5) is Verdict.OTHER
    assert same.judge("2024", "2052") is Verdict.OTHER
    assert same.judge("2024", "2024") is Verdict.FINE


def test_the_shift_is_a_calendar_cycle():
    """28 years keep weekdays and leap years."""
    assert START.replace(year=2052) == START + SHIFT
    assert timedelta(milliseconds=SHIFT_MS) == SHIFT
    assert SHIFT.days % 7 == 0


NOW_READ = [
    NOON_MS,
    NOON_MS / 1000,
    int(NOON_MS / 1000) - 300,
    "2026-11-21T12:30:15Z",
    "2026-11-21T13:25:00.123+01:00",
    "at 2026-11-21 12:29",
    "2026-11-21 17:55+05:30",
    "2026-11-21T07:25:00-05",
    "20261121T123000",
    "on 2026-11-21.",
    "21.11.2026",
    "21.11.26",
    "11/21/2026",
    "21-11-2026",
    "2026/11/21",
    "21 Nov 2026",
    "Sat, 21 November 2026 12:30:15 GMT",
    "November 21, 2026",
    f"report-{int(NOON_MS)}.csv",
]
NOT_NOW = [
    True,
    None,
    2026,
    12,
    "2026-11-19",
    "2026-11-21T09:03:00",
    "2026-11-21T09:25:00Z",
    "2026-11-21T12:25:00+01:00",
    "2025-11-21T12:30:15Z",
    "2026-21-11",
    "version 26.11.21.3",
    "21:11:26",
    "room 21 in 2026",
    "1704067200",
    "2026-13-45",
    "99999999",
    "Mayor 21, 2026",
]


@pytest.mark.parametrize("value", NOW_READ)
def test_what_reads_as_real_time(value):
    """Numbers and texts that are a time since this process began, or its day, are real time."""
    assert REAL.is_read_from(value)


@pytest.mark.parametrize("value", NOT_NOW)
def test_what_does_not_read_as_real_time(value):
    """Other days, other times of the day in every time zone, and numbers that are none, are not."""
    assert not REAL.is_read_from(value)


def test_known_days_do_not_count():
    """A day that the test handed over is no clock's; a time of that day is."""
    known = frozenset(REAL.days_in("for 2026-11-21 and 1.2.2024"))
    assert date(2026, 11, 21) in known
    assert date(2024, 2, 1) in known
    assert not REAL.is_read_from("2026-11-21", known)
    assert REAL.is_read_from("2026-11-21 12:30", known)


def test_real_time_looks_round_a_freeze():
    """Real time is that of the system, since this process began."""
    before = real_time()
    with freeze_time("2020-02-02"):
        during = real_time()
    assert before.until_ms <= during.until_ms <= real_time().until_ms
    assert during.since_ms < during.until_ms


def test_without_proc_real_time_is_a_day(monkeypatch):
    """Where the system does not say when the process began, it is at most a day ago."""

    class NoPath:
        def __init__(self, path):
            self.path = path

        def read_text(self, encoding):
            raise FileNotFoundError(self.path)

    monkeypatch.setattr(module, "Path", NoPath)
    real = real_time()
    assert real.until_ms - real.since_ms == pytest.approx(86_400_000)
