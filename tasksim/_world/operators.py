"""Operators and kinds: what a where may ask of a field, and which values it takes.

This layer promises tests compiled once per list and values checked before any record is looked
at. It must not know the fields.

The conformance corpus filters by equality only, so the rest follows Webiny's own in-memory
filters (those of its DynamoDB storage):

- `contains` ignores case and is satisfied if every word, separated by spaces, occurs somewhere;
  `starts_with` ignores case; equality and `in` do not.
- A record without the value satisfies no comparison, and therefore every negated one. `None` as
  the value asks for exactly those records.
- `between` includes both ends.

Webiny reads the words of `contains` as regular expressions; here they are plain text.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, TypeAlias

from tasksim._world.durations import parse_instant
from tasksim.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["ID", "INSTANT", "META_INSTANT", "NUMBER", "OPERATORS", "TEXT", "Kind", "Operator", "contains"]

Test: TypeAlias = "Callable[[Any], bool]"


# --- operators: from the value in the where to a test of the value in the record


def _equals(expected: Any) -> Test:
    """Test for one value."""
    return lambda value: value == expected


def _is_in(expected: Sequence[Any]) -> Test:
    """Test for one of several values."""
    among = frozenset(expected)
    return lambda value: value in among


def contains(expected: str) -> Test:
    """Test that every word occurs in the text, whatever the case."""
    words = expected.lower().split(" ")

    def test(value: str | None) -> bool:
        if not value:
            return False
        text = value.lower()
        return all(word in text for word in words)

    return test


def _starts_with(expected: str) -> Test:
    """Test that the text begins so, whatever the case."""
    prefix = expected.lower()
    return lambda value: value is not None and value.lower().startswith(prefix)


def _less(expected: Any) -> Test:
    """Test for a value below."""
    return lambda value: value is not None and value < expected


def _less_or_equal(expected: Any) -> Test:
    """Test for a value below, or the same."""
    return lambda value: value is not None and value <= expected


def _greater(expected: Any) -> Test:
    """Test for a value above."""
    return lambda value: value is not None and value > expected


def _greater_or_equal(expected: Any) -> Test:
    """Test for a value above, or the same."""
    return lambda value: value is not None and value >= expected


def _is_between(expected: Sequence[Any]) -> Test:
    """Test for a value between two, both included."""
    low, high = expected
    return lambda value: value is not None and low <= value <= high


@dataclass(frozen=True, slots=True)
class Operator:
    """How a where-key ends, and what that asks.

    Attributes:
        suffix: The end of the Python key, as in `_not_starts_with`; empty for equality.
        takes: `optional` (a value or None), `one`, `many` (a list) or `two` (a list of two).
        test: Makes the test of a record's value from the value in the where.
        negated: Whether the test is to fail.
    """

    suffix: str
    takes: str
    test: Callable[[Any], Test]
    negated: bool = False

    def compile(self, expected: Any) -> Test:
        """Return the test for this expected value."""
        test = self.test(expected)
        return (lambda value: not test(value)) if self.negated else test


OPERATORS = {
    operator.suffix: operator
    for operator in (
        Operator("", "optional", _equals),
        Operator("_not", "optional", _equals, negated=True),
        Operator("_in", "many", _is_in),
        Operator("_not_in", "many", _is_in, negated=True),
        Operator("_contains", "one", contains),
        Operator("_not_contains", "one", contains, negated=True),
        Operator("_starts_with", "one", _starts_with),
        Operator("_not_starts_with", "one", _starts_with, negated=True),
        Operator("_lt", "one", _less),
        Operator("_lte", "one", _less_or_equal),
        Operator("_gt", "one", _greater),
        Operator("_gte", "one", _greater_or_equal),
        Operator("_between", "two", _is_between),
        Operator("_not_between", "two", _is_between, negated=True),
    )
}


# --- kinds: from what users write to what records hold


def _read_text(value: Any, name: str) -> str:
    """Return text."""
    if not isinstance(value, str):
        raise _misfit(value, name, "text")
    return str.__str__(value)  # the text itself, of a status that watches its comparisons too


def _read_number(value: Any, name: str) -> float:
    """Return a number that can be compared."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise _misfit(value, name, "a number")
    if isinstance(value, float) and not isfinite(value):
        raise _misfit(value, name, "a finite number")
    return value


def _read_instant(value: Any, name: str) -> int:
    """Return an instant in milliseconds, which may be given as such."""
    if type(value) is int:
        return value
    return parse_instant(value, name=name)


def _misfit(value: object, name: str, wanted: str) -> UsageError:
    """Return the error for a value of the wrong type."""
    return UsageError(f"{name} is {value!r}, which is not {wanted}.", way_out=f"Give {wanted}.")


@dataclass(frozen=True, slots=True)
class Kind:
    """What fields hold.

    Attributes:
        read: Returns a value as records hold it, or raises `UsageError` with the name given.
        suffixes: The operators that the API has for fields of this kind.
    """

    read: Callable[[Any, str], Any]
    suffixes: tuple[str, ...]

    def read_for(self, operator: Operator, value: Any, name: str) -> Any:
        """Return what a where has for an operator, checked."""
        if operator.takes == "one":
            return self.read(value, name)
        if operator.takes == "optional":
            return self.read_optional(value, name)
        if not isinstance(value, (list, tuple, set, frozenset)):
            raise _misfit(value, name, "a list")
        if operator.takes == "many":
            return [self.read_optional(item, f"an item of {name}") for item in value]
        if len(value) != 2 or isinstance(value, (set, frozenset)):  # noqa: PLR2004 - the two ends
            raise _misfit(value, name, "a list of two, from and to")
        return [self.read(item, f"an end of {name}") for item in value]

    def read_optional(self, value: Any, name: str) -> Any:
        """Return a value as records hold it, or None for None."""
        return None if value is None else self.read(value, name)


_SAME = ("", "_not", "_in", "_not_in")
_ORDERED = ("_lt", "_lte", "_gt", "_gte")
_RANGE = ("_between", "_not_between")

TEXT = Kind(_read_text, (*_SAME, "_contains", "_not_contains", "_starts_with", "_not_starts_with"))
ID = Kind(_read_text, _SAME)
NUMBER = Kind(_read_number, (*_SAME, *_ORDERED, *_RANGE))
INSTANT = Kind(_read_instant, (*_SAME, *_ORDERED))
META_INSTANT = Kind(_read_instant, ("", *_ORDERED, *_RANGE))
