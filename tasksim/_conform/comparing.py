"""Comparing what happened with what was recorded: nulls dropped, ids by presence, the rest exactly."""

from __future__ import annotations

from typing import Any, NamedTuple

from tasksim._world.strict_json import canonical_json, json_equal

__all__ = ["Difference", "first_difference", "plain"]

PRESENT = "(present)"
ABSENT = "(absent)"
_BY_PRESENCE = ("eventResponse", "executionName", "createdBy")


class Difference(NamedTuple):
    """Where two values differ first; the values as JSON text, or `(absent)`."""

    path: str
    expected: str
    actual: str


def plain(value: dict[str, Any]) -> dict[str, Any]:
    """Drop what is null, and reduce what is compared by presence only."""
    found: dict[str, Any] = _plain(value, record=False)
    return found


def _plain(value: Any, *, record: bool) -> Any:  # noqa: ANN401 - any JSON value
    """Reduce one value; `record` says whether it is a task or log record, whose id differs by run."""
    if isinstance(value, list):
        return [_plain(item, record=record) for item in value]
    if not isinstance(value, dict):
        return value
    reduced = {}
    for key, item in value.items():
        by_presence = record and (key in _BY_PRESENCE or key == "id")
        if item is None or (by_presence and item in ("", {})):
            continue
        reduced[key] = PRESENT if by_presence else _plain(item, record=key in ("task", "logs"))
    return reduced


def first_difference(expected: Any, actual: Any, path: str = "") -> Difference | None:  # noqa: ANN401
    """Return the first place, in the order of the expected value, where two JSON values differ."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key in (*expected, *(key for key in actual if key not in expected)):
            inside = f"{path}.{key}" if path else key
            if key not in actual:
                return Difference(inside, canonical_json(expected[key]), ABSENT)
            if key not in expected:
                return Difference(inside, ABSENT, canonical_json(actual[key]))
            found = first_difference(expected[key], actual[key], inside)
            if found is not None:
                return found
        return None
    if isinstance(expected, list) and isinstance(actual, list):
        for at, (left, right) in enumerate(zip(expected, actual, strict=False)):
            found = first_difference(left, right, f"{path}[{at}]")
            if found is not None:
                return found
        shorter = min(len(expected), len(actual))
        if len(expected) > shorter:
            return Difference(f"{path}[{shorter}]", canonical_json(expected[shorter]), ABSENT)
        if len(actual) > shorter:
            return Difference(f"{path}[{shorter}]", ABSENT, canonical_json(actual[shorter]))
        return None
    if json_equal(expected, actual):
        return None
    return Difference(path, canonical_json(expected), canonical_json(actual))
