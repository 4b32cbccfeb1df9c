"""Queries: which records a list has, in which order, and how it falls into pages (rule Q1).

This layer promises one answer for code and GraphQL alike, and cursors that neither skip nor
repeat a record when others come or go between two pages. It must not know the store.

Order: newest first; of equal records the later created comes first under a descending sort, the
earlier created under an ascending one (so the corpus, for `createdOn_ASC` under equal times).
Records without the value come last under an ascending sort, first under a descending one: Webiny
sorts its DynamoDB entries so and reverses the result.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from bisect import bisect_left
from collections.abc import Mapping
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from tasksim._model.pages import Meta
from tasksim._world.fields import LOGS, TASKS, Schema
from tasksim._world.operators import NUMBER, contains
from tasksim._world.strict_json import canonical_json
from tasksim.errors import UsageError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tasksim._world.operators import Kind

__all__ = ["LOGS", "PAGE_SIZE", "TASKS", "Schema", "matches", "select"]

R = TypeVar("R")

PAGE_SIZE = 50
"""How many records a page has unless the caller says."""


def select(  # noqa: PLR0913 - the arguments of a list in the API
    schema: Schema[R],
    records: Iterable[tuple[int, R]],
    *,
    where: Mapping[str, Any] | None = None,
    sort: str | Sequence[str] | None = None,
    limit: int | None = None,
    after: str | None = None,
    search: str | None = None,
) -> tuple[list[R], Meta]:
    """Return one page of the records that match, and where it stands (rule Q1).

    Args:
        schema: `TASKS` or `LOGS`.
        records: All records, each with a sequence number that grows with every creation and is
            never used again.
        where: Conditions that must all hold, as in `{"status_in": ["failed", "aborted"]}`.
        sort: One sorter or several, as in `"name_ASC"`; newest first without.
        limit: How many records a page has at most; 50 without.
        after: The `cursor` of the page before.
        search: Words that must all occur in one text field of a record.

    Raises:
        UsageError: If an argument cannot mean anything.
    """
    accepts = matches(schema, where)
    finds = _searcher(schema, search)
    order = _order(schema, sort)
    size = _page_size(limit)
    rows = [row for row in records if accepts(row[1]) and finds(row[1])]
    # Sorting what is almost in order, as records by time are, costs hardly more than looking.
    for sorter in reversed(order):
        rows.sort(key=sorter.rank, reverse=sorter.descending)
    start = 0 if after is None else bisect_left(rows, True, key=_is_after(schema, order, after))  # noqa: FBT003
    page = rows[start : start + size]
    has_more = len(rows) > start + size
    cursor = _render_cursor(schema, order, page[-1]) if has_more else None
    return [record for _, record in page], Meta(cursor, has_more, len(rows))


# --- where and search


def matches(schema: Schema[R], where: Mapping[str, Any] | None) -> Callable[[R], bool]:
    """Return the predicate that holds for the records which satisfy every condition.

    Raises:
        UsageError: If a key is unknown, or its value of the wrong type.
    """
    return _predicate(schema, {} if where is None else where, "where")


def _predicate(schema: Schema[Any], where: object, name: str) -> Callable[[Any], bool]:
    """Compile a where; `name` is what to call it in an error."""
    if not isinstance(where, Mapping):
        raise UsageError(
            f"{name} is {where!r}, which is no mapping.",
            way_out="Give the conditions as a mapping, as in {'created_on_gte': '2024-01-01T00:00:00Z'}.",
        )
    tests = [_condition(schema, key, value, name) for key, value in where.items()]
    if len(tests) == 1:
        return tests[0]
    return lambda record: all(test(record) for test in tests)


def _condition(schema: Schema[Any], key: Any, value: object, name: str) -> Callable[[Any], bool]:
    """Compile one key of a where and its value."""
    place = f"{name}[{key!r}]"
    if key in schema.nested:
        inner, read = schema.nested[key]
        accepts = _predicate(inner, value, place)
        # Without conditions there is nothing to satisfy, so no item is needed either.
        return (lambda record: any(map(accepts, read(record)))) if value else lambda _: True
    if key not in schema.conditions:
        raise _unknown(
            f"{place} is no where-key of {schema.name}.",
            key,
            [*schema.conditions, *schema.nested],
            "Write a field with or without an operator, as in 'id' or 'created_on_gte'.",
        )
    field, operator = schema.conditions[key]
    test = operator.compile(field.kind.read_for(operator, value, place))
    get = field.get
    return lambda record: test(get(record))


def _searcher(schema: Schema[Any], search: object) -> Callable[[Any], bool]:
    """Compile the search; blank text searches for nothing."""
    if search is None:
        return lambda _: True
    if not isinstance(search, str):
        raise UsageError(f"search is {search!r}, which is no text.", way_out="Give words to look for.")
    words = search.strip()
    if not words:
        return lambda _: True
    test = contains(words)
    return lambda record: any(test(field.get(record)) for field in schema.texts)


def _unknown(sentence: str, key: object, known: Iterable[str], way_out: str) -> UsageError:
    """Return the error for a where-key or sorter that does not exist."""
    close = nearest(str(key), known)
    return UsageError(sentence, facts=(f"nearest: {', '.join(close)}",) if close else (), way_out=way_out)


# --- order


class _Sorter(NamedTuple):
    """One level of an order."""

    name: str
    kind: Kind
    value: Callable[[tuple[int, Any]], Any]
    descending: bool

    def rank(self, row: tuple[int, Any]) -> tuple[bool, Any]:
        """Return what to compare rows by, also those without the value."""
        value = self.value(row)
        return (value is None, value)


def _order(schema: Schema[Any], sort: object) -> list[_Sorter]:
    """Return the levels of an order; the last one, that of creation, leaves no two rows equal."""
    if isinstance(sort, str):
        names: list[Any] = [sort]
    elif sort is None or isinstance(sort, (list, tuple)):
        names = list(sort or ["created_on_DESC"])
    else:
        way_out = "Write one, as in 'created_on_ASC', or a list."
        raise UsageError(f"sort is {sort!r}, which is no sorter and no list of them.", way_out=way_out)
    order = [_sorter(schema, name) for name in names]
    return [*order, _Sorter("sequence", NUMBER, itemgetter(0), order[-1].descending)]


def _sorter(schema: Schema[Any], name: object) -> _Sorter:
    """Return one level of an order by its name."""
    if not isinstance(name, str) or name not in schema.sorters:
        raise _unknown(
            f"{name!r} is no sorter of {schema.name}.",
            name,
            schema.sorters,
            "Write a field and a direction, as in 'created_on_DESC'.",
        )
    field, descending = schema.sorters[name]
    get = field.get
    return _Sorter(
        f"{field.name}_{'DESC' if descending else 'ASC'}", field.kind, lambda row: get(row[1]), descending
    )


# --- pages


def _page_size(limit: object) -> int:
    """Return how many records a page has."""
    if limit is None:
        return PAGE_SIZE
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
        way_out = "Give how many records a page has at most."
        raise UsageError(f"limit is {limit!r}, which is no positive integer.", way_out=way_out)
    return limit


def _render_cursor(schema: Schema[Any], order: list[_Sorter], row: tuple[int, Any]) -> str:
    """Return the cursor that points behind a row.

    It holds the row's values under the order, not its place or id: those of a row that was
    deleted since, or before which others came, still say where the next page begins.
    """
    names = [sorter.name for sorter in order]
    text = canonical_json([schema.name, names, [sorter.value(row) for sorter in order]])
    return b64encode(text.encode(), altchars=b"-_").decode()


def _is_after(schema: Schema[Any], order: list[_Sorter], after: object) -> Callable[[tuple[int, Any]], bool]:
    """Return the test whether a row stands behind the cursor."""
    marks = _parse_cursor(schema, order, after)

    def test(row: tuple[int, Any]) -> bool:
        for sorter, mark in zip(order, marks, strict=True):
            rank = sorter.rank(row)
            if rank != mark:
                return (rank > mark) != sorter.descending
        return False

    return test


def _parse_cursor(schema: Schema[Any], order: list[_Sorter], after: object) -> list[tuple[bool, Any]]:
    """Return the ranks of the row behind which the next page begins."""
    try:
        name, names, values = json.loads(b64decode(str(after), altchars=b"-_", validate=True).decode())
        if name == schema.name and names == [sorter.name for sorter in order]:
            levels = zip(order, values, strict=True)
            return [(value is None, sorter.kind.read_optional(value, "it")) for sorter, value in levels]
    except (ValueError, TypeError, RecursionError, UsageError):
        raise _bad_cursor(after, "which is no cursor") from None
    raise _bad_cursor(after, f"which is of a list of {name} by {names}")


def _bad_cursor(after: object, problem: str) -> UsageError:
    """Return the error for text that is no cursor of this list."""
    way_out = "Give the meta.cursor of the page before, with the same sort."
    return UsageError(f"after is {after!r}, {problem}.", way_out=way_out)
