"""Comparing what happened with what was recorded.

Engine rows: nulls dropped, ids by presence, the rest exactly. Answers of GraphQL: nulls dropped inside JSON
scalars alone, stacks never looked at, top-level errors by their path.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from tasksim._world.strict_json import canonical_json, json_equal

__all__ = ["Difference", "first_difference", "plain", "plain_answer"]

PRESENT = "(present)"
ABSENT = "(absent)"
_BY_PRESENCE = ("eventResponse", "executionName", "createdBy")
_BY_PRESENCE_IN_ANSWERS = ("eventResponse", "executionName")
_JSON_FIELDS = ("input", "output")
_JSON_FIELDS_INSIDE = (("error", "data"), ("items", "data"), ("items", "error"))


class Difference(NamedTuple):
    """Where two values differ first; the values as JSON text, or `(absent)`."""

    path: str
    expected: str
    actual: str


def plain(value: dict[str, Any]) -> dict[str, Any]:
    """Drop what is null, and reduce what is compared by presence only."""
    found: dict[str, Any] = _plain(value, record=False)
    return found


def _plain(value: Any, *, record: bool) -> Any:
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


def plain_answer(answer: dict[str, Any]) -> dict[str, Any]:
    """Reduce an answer of GraphQL to what is compared."""
    found = {key: _plain_part(item, key) for key, item in answer.items() if key != "errors"}
    errors = answer.get("errors")
    if errors:
        paths = {canonical_json(error.get("path") or []) for error in errors}
        found["errors"] = [{"path": json.loads(path)} for path in sorted(paths)]
    return found


def _plain_part(value: Any, around: str) -> Any:
    """Reduce a part of an answer; `around` is the name of the field that holds it."""
    if isinstance(value, list):
        return [_plain_part(item, around) for item in value]
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for key, item in value.items():
        if key in _BY_PRESENCE_IN_ANSWERS:
            found[key] = PRESENT if item else ABSENT
        elif key in _JSON_FIELDS or (around, key) in _JSON_FIELDS_INSIDE:
            found[key] = _without_nulls(item)
        elif key != "stack":
            found[key] = _plain_part(item, key)
    return found


def _without_nulls(value: Any) -> Any:
    """Drop nulls and stacks inside a JSON scalar."""
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: _without_nulls(item) for key, item in value.items() if item is not None and key != "stack"}


def first_difference(expected: Any, actual: Any, path: str = "") -> Difference | None:
    """Return the first place, in the order of the expected value, where two JSON values differ."""
    left, right = _parts(expected), _parts(actual)
    if left is None or right is None or isinstance(expected, list) != isinstance(actual, list):
        same = left is right is None and json_equal(expected, actual)
        return None if same else Difference(path, canonical_json(expected), canonical_json(actual))
    for key in (*left, *(key for key in right if key not in left)):
        inside = f"{path}[{key}]" if isinstance(key, int) else f"{path}.{key}".lstrip(".")
        if key not in right:
            return Difference(inside, canonical_json(left[key]), ABSENT)
        if key not in left:
            return Difference(inside, ABSENT, canonical_json(right[key]))
        found = first_difference(left[key], right[key], inside)
        if found is not None:
            return found
    return None


def _parts(value: Any) -> dict[Any, Any] | None:
    """Return what a container holds, by key or position; None for a scalar."""
    if isinstance(value, list):
        return dict(enumerate(value))
    return value if isinstance(value, dict) else None
