"""Lists as a naive reader of the rules would make them (Q1): a loop over all records, and a sort.

This module promises conditions that tell the records at hand apart, and the records that satisfy them, in
order. It must not know how the service lists: of its schemas it takes the keys alone.
"""

from __future__ import annotations

from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from tasksim._world.durations import render_instant
from tasksim._world.fields import LOGS, TASKS
from tasksim._world.operators import ID, NUMBER, TEXT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tasksim._world.fields import Schema

__all__ = ["LOG_LIST", "PICKS", "TASK_LIST", "Condition", "Listing", "Sorter", "shown"]

_ANY: dict[str, Any] = {"text": "a", "number": 1, "instant": 0}
"""What is asked for where no record has a value."""

PICKS = 4
"""How many values of the records may be picked; the last pick asks for none where that can be asked."""

_STEPS = (17, 71, 113)
"""How far the conditions stand that are asked for beside one; without a common divisor, to reach all."""


class Condition(NamedTuple):
    """One key of a where, taken apart."""

    key: str
    field: str
    suffix: str
    kind: str
    takes_none: bool
    is_own: bool

    def __repr__(self) -> str:
        """Show the key: that is how a step of a machine is printed."""
        return repr(self.key)


class Sorter(NamedTuple):
    """One sorter, taken apart."""

    name: str
    field: str
    descending: bool

    def __repr__(self) -> str:
        """Show the name."""
        return repr(self.name)


def _in(value: Any, given: Any) -> bool:
    """Tell whether a value is one of those given."""
    return any(value == one for one in given)


def _contains(value: Any, given: Any) -> bool:
    """Tell whether every word occurs, whatever the case."""
    return bool(value) and all(word in value.lower() for word in given.lower().split(" "))


_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "": lambda value, given: bool(value == given),
    "_in": _in,
    "_contains": _contains,
    "_starts_with": lambda value, given: value is not None and value.lower().startswith(given.lower()),
    "_lt": lambda value, given: value is not None and value < given,
    "_lte": lambda value, given: value is not None and value <= given,
    "_gt": lambda value, given: value is not None and value > given,
    "_gte": lambda value, given: value is not None and value >= given,
    "_between": lambda value, given: value is not None and given[0] <= value <= given[1],
}
"""What each operator asks; with `_not` in front, the contrary."""


def _read_entry(field: str) -> Callable[[Any], Any] | None:
    """Return how a field that every entry has is read; None for one of the model's own."""
    word = field.removeprefix("revision_")
    verb, _, end = word.rpartition("_")
    if word in ("id", "entry_status"):
        return attrgetter("id") if word == "id" else lambda _: "draft"
    if end == "by":
        return attrgetter("created_by.id") if verb in ("created", "modified", "saved") else lambda _: None
    if verb in ("deleted", "restored", "first_published", "last_published"):
        return lambda _: None
    return attrgetter("saved_on") if word == "modified_on" else None


class Listing:
    """What can be asked of one kind of record, and the naive answer.

    Attributes:
        conditions: Every key of a where, the plainest first.
        sorters: Every sorter.
    """

    def __init__(self, schema: Schema[Any]) -> None:
        """Take the keys of a schema apart."""
        kinds = {id(TEXT): "text", id(ID): "text", id(NUMBER): "number"}
        self.conditions = [
            Condition(
                key,
                field.name,
                operator.suffix,
                kinds.get(id(field.kind), "instant"),
                operator.takes == "optional",
                _is_own(field.name),
            )
            for key, (field, operator) in schema.conditions.items()
        ]
        self.conditions.sort(key=lambda each: (not each.is_own, each.suffix != "", each.key))
        self._own = [each for each in self.conditions if each.is_own]
        self.sorters = [
            Sorter(name, field.name, descending) for name, (field, descending) in schema.sorters.items()
        ]
        self._readers = {
            field: _read_entry(field) or attrgetter(field.removeprefix("revision_"))
            for field in {field.name for field, _ in (*schema.conditions.values(), *schema.sorters.values())}
        }

    def others(self, where: Sequence[Condition]) -> list[Condition]:
        """Return a few other conditions on fields of the model's own: always the same beside the same."""
        own = self._own
        at = self.conditions.index(where[0]) if where else len(own) // 2
        return [own[(at * 5 + step) % len(own)] for step in _STEPS]

    def value(self, condition: Condition, records: Sequence[Any], pick: int) -> Any:
        """Return what to ask a condition for: a value of the records, so that some of them satisfy it."""
        read = self._readers[condition.field]
        found = list(dict.fromkeys(map(read, records)))
        found = [value for value in found if value is not None]
        value = found[pick % len(found)] if found else _ANY[condition.kind]
        operator = condition.suffix.replace("_not", "", 1)
        if operator == "":
            return None if pick == PICKS - 1 and condition.takes_none else value
        if operator == "_in":
            return [value, None] if pick % 2 else [value]
        if operator == "_between":
            return sorted([value, found[(pick + 1) % len(found)] if found else value])
        if operator == "_contains":
            return value[len(value) // 2 :].swapcase()
        return value[:3].swapcase() if operator == "_starts_with" else value

    def select(
        self, records: Iterable[Any], where: Sequence[tuple[Condition, Any]], sort: Sequence[Sorter]
    ) -> list[Any]:
        """Return the records that satisfy every condition, in order; `records` are in order of creation."""
        rows = [record for record in records if all(self._holds(record, *each) for each in where)]
        sort = sort or (Sorter("", "created_on", descending=True),)
        if sort[-1].descending:
            rows.reverse()
        for sorter in reversed(sort):
            rows.sort(key=partial(self._rank, sorter), reverse=sorter.descending)
        return rows

    def _rank(self, sorter: Sorter, record: Any) -> tuple[bool, Any]:
        """Return what to compare a record by: one without the value comes after all that have it."""
        value = self._readers[sorter.field](record)
        return value is None, value

    def _holds(self, record: Any, condition: Condition, given: Any) -> bool:
        """Tell whether a record satisfies a condition."""
        test = _TESTS[condition.suffix.replace("_not", "", 1)]
        answer = test(self._readers[condition.field](record), given)
        return not answer if condition.suffix.startswith("_not") else answer


def _is_own(field: str) -> bool:
    """Tell a field of the model's own, or a time of the entry, from what is the same in every entry."""
    return _read_entry(field) is None and not field.startswith("revision_")


def shown(condition: Condition, given: Any) -> Any:
    """Return a value as the service takes it: instants as text."""
    if condition.kind != "instant":
        return given
    if isinstance(given, list):
        return [shown(condition, each) for each in given]
    return None if given is None else render_instant(given)


TASK_LIST = Listing(TASKS)
LOG_LIST = Listing(LOGS)
