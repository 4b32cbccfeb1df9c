"""The local time zone of a simulation is set and given back."""

import os
import time
import zoneinfo

import pytest

from tasksim import UsageError
from tasksim._simulator.time_zone import TimeZone

TOKYO, LIMA = 9, 19  # o'clock at the epoch


@pytest.fixture(autouse=True)
def is_given_back(monkeypatch):
    """Each test begins in New York, and leaves the environment and `time` as they were."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    assert os.environ["TZ"] == "America/New_York"
    assert time.tzname[0] == "EST"
    monkeypatch.undo()
    time.tzset()


def hour():
    """Return the local hour at the epoch."""
    return time.localtime(0).tm_hour


def test_zone_is_set_and_given_back():
    """While it is entered, local conversions have the zone; then what was there before."""
    zone = TimeZone("Asia/Tokyo")
    assert hour() == 19
    zone.enter()
    assert (hour(), os.environ["TZ"]) == (TOKYO, "Asia/Tokyo")
    zone.leave()
    assert hour() == 19


@pytest.mark.parametrize("before", [None, "", "UTC", "Asia/Tokyo", "<+03>-3"])
def test_exactly_what_was_there_is_given_back(monkeypatch, before):
    """An environment without TZ, and one with an odd one, are given back as they were."""
    if before is None:
        monkeypatch.delenv("TZ")
    else:
        monkeypatch.setenv("TZ", before)
    time.tzset()
    names = time.tzname
    zone = TimeZone("America/Lima")
    zone.enter()
    assert hour() == LIMA
    zone.leave()
    assert os.environ.get("TZ") == before
    assert time.tzname == names
    os.environ["TZ"] = "America/New_York"
    time.tzset()


def test_zones_are_nested():
    """An inner zone gives the outer one back."""
    outer, inner = TimeZone("Asia/Tokyo"), TimeZone("America/Lima")
    outer.enter()
    inner.enter()
    assert hour() == LIMA
    inner.leave()
    assert hour() == TOKYO
    outer.leave()


def test_zones_that_end_crosswise():
    """An outer zone that is left first leaves the inner one on, which gives back what was before both."""
    first, second, third = TimeZone("Asia/Tokyo"), TimeZone("America/Lima"), TimeZone("UTC")
    for zone in (first, second, third):
        zone.enter()
    second.leave()
    first.leave()
    assert hour() == 0
    third.leave()


def test_zone_that_is_set_inside_meanwhile():
    """A zone that somebody sets while one is entered lasts until that one is left."""
    zone = TimeZone("Asia/Tokyo")
    zone.enter()
    os.environ["TZ"] = "America/Lima"
    zone.leave()


def test_leaving_twice_changes_nothing():
    """A zone that is not entered gives nothing back."""
    outer, inner = TimeZone("Asia/Tokyo"), TimeZone("America/Lima")
    inner.leave()
    outer.enter()
    inner.leave()
    assert hour() == TOKYO
    outer.leave()
    outer.leave()


def test_zone_is_entered_again():
    """One and the same zone may be entered again."""
    zone = TimeZone("Asia/Tokyo")
    for _ in range(2):
        zone.enter()
        assert hour() == TOKYO
        zone.leave()
    zone.enter()
    zone.enter()
    zone.leave()
    assert hour() == TOKYO
    zone.leave()


@pytest.mark.parametrize(
    ("name", "guess"),
    [
        ("Europe/Berln", " Did you mean 'Europe/Berlin'?"),
        ("Mars/Olympus", None),
        ("Europe", None),
        ("../zoneinfo/UTC", None),
        ("/usr/share/zoneinfo/UTC", None),
        ("UTC0", None),
        ("a\0b", None),
        ("", ""),
    ],
)
def test_unknown_zone(name, guess):
    """A name that the C library would take for UTC without a word is refused."""
    with pytest.raises(UsageError) as caught:
        TimeZone(name)
    assert str(caught.value).startswith(f"There is no time zone {name!r}.{guess or ''}")
    assert str(caught.value).endswith(
        "\n  Pass a name of the IANA database, such as 'UTC' or 'Europe/Berlin'."
    )


@pytest.mark.parametrize("name", [None, 5, zoneinfo.ZoneInfo("UTC"), ["UTC"]])
def test_no_name(name):
    """What is no name is refused."""
    with pytest.raises(UsageError, match="There is no time zone"):
        TimeZone(name)


def test_platform_without_tzset(monkeypatch):
    """A platform where a process cannot change its zone is told at once."""
    monkeypatch.delattr(time, "tzset")
    with pytest.raises(UsageError) as caught:
        TimeZone("UTC")
    monkeypatch.undo()
    assert str(caught.value) == (
        "timezone='UTC' cannot be set: this platform has no time.tzset().\n"
        "  Leave timezone out and convert with an explicit zone: datetime.now(ZoneInfo(...))."
    )
    os.environ["TZ"] = "America/New_York"


def test_system_without_data(monkeypatch, tmp_path):
    """A zone that Python alone has data for is refused: C's conversions would not find it. UTC needs none."""
    monkeypatch.setattr(zoneinfo, "TZPATH", (str(tmp_path),))
    with pytest.raises(UsageError, match="no data of its own") as caught:
        TimeZone("Asia/Tokyo")
    assert caught.value.facts == (f"looked in: {tmp_path}",)
    TimeZone("UTC")
