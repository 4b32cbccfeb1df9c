"""Formatted text: dates, durations, ids, addresses and numbers as JSON holds them.

This module promises text that pydantic takes for what the format says, from whole numbers, so that it shrinks
to the simplest: 2000-01-01, no time at all, the first address. It must not know any model.
"""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from datetime import date
from decimal import Decimal
from math import ceil, floor
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from tasksim.strategies._json import TEXTS
from tasksim.strategies._schemas import DAY_MS, EPOCH_DAY, HINT

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import SearchStrategy

    from tasksim.typing import JSON, JsonObject

__all__ = ["formatted"]

_FIRST_DAY, _LAST_DAY = 1 - EPOCH_DAY, 3_652_059 - EPOCH_DAY
_FUTURE_DAY = 365_243  # the year 3000
_LONGEST_MS = 10_000 * DAY_MS
_DIGITS = 15
_HOUR_MS = 3_600_000

_WORDS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=8)
_HOSTS = st.builds("{}.{}".format, _WORDS, st.sampled_from(["com", "org", "net"]))
_EMAILS = st.builds("{}@{}".format, _WORDS, _HOSTS)


def formatted(schema: JsonObject) -> SearchStrategy[JSON] | None:
    """Return the strategy of a formatted text; None for a format that is not known here, or has no values."""
    make = _FORMATS.get(schema["format"])
    return None if make is None else make(schema.get(HINT, {}))


def _within(hints: JsonObject, least: int, most: int) -> SearchStrategy[int]:
    """Return the strategy of whole numbers within bounds and hints."""
    least = max(least, ceil(hints["ge"]) if "ge" in hints else least)
    least = max(least, floor(hints["gt"]) + 1 if "gt" in hints else least)
    most = min(most, floor(hints["le"]) if "le" in hints else most)
    most = min(most, ceil(hints["lt"]) - 1 if "lt" in hints else most)
    return st.nothing() if least > most else st.integers(least, most)


def _days(hints: JsonObject) -> tuple[int, int]:
    """Return the first and last day there may be; whatever the clock says, 2000 is past and 3000 to come."""
    now = hints.get("now_op")
    return _FUTURE_DAY if now == "future" else _FIRST_DAY, -1 if now == "past" else _LAST_DAY


def _date_text(day: int) -> str:
    """Return the date so many days after 2000-01-01."""
    return date.fromordinal(EPOCH_DAY + day).isoformat()


def _time_text(ms: int) -> str:
    """Return a time of day; fractions of a second only where there are any."""
    seconds, rest = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}" + (f".{rest:03}" if rest else "")


def _datetime_text(ms: int, zone: str) -> str:
    """Return the moment so many milliseconds after 2000-01-01T00:00:00, in a zone."""
    day, rest = divmod(ms, DAY_MS)
    return f"{_date_text(day)}T{_time_text(rest)}{zone}"


def _zones(hints: JsonObject) -> SearchStrategy[str]:
    """Return the strategy of what stands behind a time."""
    wanted = hints.get("tz_constraint", hints.get("zone"))
    if wanted == "naive":
        return st.just("")
    if wanted == "aware" and "zone" in hints:
        return st.just("Z")  # another one would move it beyond its bounds
    return st.sampled_from(["Z", "+01:00", "-05:00"] if wanted == "aware" else ["", "Z", "+01:00", "-05:00"])


def _dates(hints: JsonObject) -> SearchStrategy[str]:
    """Draw dates."""
    return _within(hints, *_days(hints)).map(_date_text)


def _datetimes(hints: JsonObject) -> SearchStrategy[str]:
    """Draw moments; the first and last day are left out, on which a zone leads out of all years."""
    first, last = _days(hints)
    moments = _within(hints, (first + 1) * DAY_MS, last * DAY_MS - 1)
    seconds = moments.map(lambda ms: ms - ms % 1000) if not hints.keys() & {"ge", "gt"} else moments
    return st.builds(_datetime_text, seconds | moments, _zones(hints))


def _times(hints: JsonObject) -> SearchStrategy[str]:
    """Draw times of day."""
    return st.builds("{}{}".format, _within(hints, 0, DAY_MS - 1).map(_time_text), _zones(hints))


def _durations(hints: JsonObject) -> SearchStrategy[str]:
    """Draw durations, as in `PT1.5S`."""
    return _within(hints, -_LONGEST_MS, _LONGEST_MS).map(_duration_text)


def _duration_text(ms: int) -> str:
    """Return a duration in ISO 8601."""
    days, rest = divmod(abs(ms), DAY_MS)
    seconds, rest = divmod(rest, 1000)
    fraction = f".{rest:03}" if rest else ""
    return f"{'-' if ms < 0 else ''}P{f'{days}D' if days else ''}T{seconds}{fraction}S"


def _uuids(hints: JsonObject) -> SearchStrategy[str]:
    """Draw ids of the version asked for, else of version 4."""
    return st.integers(0, 2**128 - 1).map(lambda n: _uuid_text(n, hints.get("version", 4)))


def _uuid_text(n: int, version: int) -> str:
    """Return an id; its thirteenth digit is the version, its seventeenth the variant."""
    digits = f"{n:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{version:x}{digits[13:16]}-8{digits[17:20]}-{digits[20:]}"


def _decimals(hints: JsonObject) -> SearchStrategy[JSON]:
    """Draw decimals: a whole one as a number, another as text, since JSON's numbers are no decimals."""
    step = Decimal(str(hints["multiple_of"])) if "multiple_of" in hints else None
    bounds = [hints[key] for key in ("ge", "gt", "le", "lt") if key in hints]
    finer = [1 - int(Decimal(bound).as_tuple().exponent) for bound in bounds]  # than the bounds are
    places = hints.get("decimal_places", max([2, *finer]))
    unit = step if step is not None else Decimal(1).scaleb(-places)
    digits = min(_DIGITS, hints.get("max_digits", _DIGITS))
    most = floor((Decimal(10) ** (digits - min(places, digits)) - Decimal(1).scaleb(-places)) / unit)
    scaled: JsonObject = {key: Decimal(hints[key]) / unit for key in ("ge", "gt", "le", "lt") if key in hints}
    return _within(scaled, -most, most).map(lambda n: _decimal_json(n * unit))


def _decimal_json(value: Decimal) -> JSON:
    """Return a decimal as JSON."""
    return int(value) if value == value.to_integral_value() else format(value.normalize(), "f")


def _urls(hints: JsonObject) -> SearchStrategy[str]:
    """Draw addresses of the schemes allowed."""
    schemes = st.sampled_from(list(hints.get("allowed_schemes", ["http", "https"])))
    return st.builds("{}://{}{}".format, schemes, _HOSTS, st.sampled_from(["", "/", "/a", "/a?b=1"]))


def _ipv4(suffix: str = "") -> SearchStrategy[str]:
    """Draw addresses of IPv4."""
    parts = st.tuples(*[st.integers(0, 255)] * 4)
    return parts.map(lambda found: ".".join(map(str, found)) + suffix)


def _ipv6(suffix: str = "") -> SearchStrategy[str]:
    """Draw addresses of IPv6."""
    parts = st.tuples(*[st.integers(0, 0xFFFF)] * 8)
    return parts.map(lambda found: ":".join(f"{part:x}" for part in found) + suffix)


def _encoded(encode: Callable[[bytes], bytes]) -> SearchStrategy[str]:
    """Draw text in base64, of what can be read as text."""
    return TEXTS.map(lambda text: encode(text.encode()).decode())


def _always(strategy: SearchStrategy[Any]) -> Callable[[JsonObject], SearchStrategy[Any]]:
    """Return a maker that heeds no hints."""
    return lambda _: strategy


_FORMATS: dict[str, Callable[[JsonObject], SearchStrategy[Any]]] = {
    "date": _dates,
    "date-time": _datetimes,
    "time": _times,
    "duration": _durations,
    "uuid": _uuids,
    "uuid1": lambda _: _uuids({"version": 1}),
    "uuid3": lambda _: _uuids({"version": 3}),
    "uuid4": lambda _: _uuids({"version": 4}),
    "uuid5": lambda _: _uuids({"version": 5}),
    "decimal": _decimals,
    "complex": _always(st.builds("{}{:+}j".format, st.integers(-999, 999), st.integers(-999, 999))),
    "fraction": _always(st.builds("{}/{}".format, st.integers(-999, 999), st.integers(1, 999))),
    "uri": _urls,
    "multi-host-uri": _urls,
    "email": _always(_EMAILS),
    "idn-email": _always(_EMAILS),
    "name-email": _always(_EMAILS),
    "hostname": _always(_HOSTS),
    "ipv4": _always(_ipv4()),
    "ipv6": _always(_ipv6()),
    "ipv4network": _always(_ipv4("/32")),
    "ipv6network": _always(_ipv6("/128")),
    "ipv4interface": _always(_ipv4("/24")),
    "ipv6interface": _always(_ipv6("/64")),
    "ipvanyaddress": _always(_ipv4() | _ipv6()),
    "ipvanynetwork": _always(_ipv4("/32") | _ipv6("/128")),
    "ipvanyinterface": _always(_ipv4("/24") | _ipv6("/64")),
    "base64": _always(_encoded(b64encode)),
    "base64url": _always(_encoded(urlsafe_b64encode)),
    "path": _always(_WORDS),
    "directory-path": _always(st.just(".")),
    "regex": _always(_WORDS),
}
