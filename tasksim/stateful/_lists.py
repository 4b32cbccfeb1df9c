"""Going through a list page by page, beside what a naive reader would list (Q1).

This module promises that a page which skips, repeats or adds a record, or which says something wrong about
the pages to come, is found on that page. It must not know how a list is drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tasksim.stateful._broken import Broken
from tasksim.stateful._naive import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tasksim._model.pages import Page
    from tasksim.stateful._naive import Condition, Listing, Sorter
    from tasksim.typing import JsonObject

__all__ = ["Query", "go_through"]

_PAGE_SIZE = 50


class Query(NamedTuple):
    """What is asked of a list; `pick` says which of the records' values a condition asks for."""

    where: Sequence[Condition]
    pick: int
    sort: Sequence[Sorter]
    limit: int | None


class _Said(NamedTuple):
    """A list as a program reads it.

    Attributes:
        call: The path of the service's method.
        given: What it is given.
        number: Which page it is.
    """

    call: str
    given: JsonObject
    number: int

    def broken(self, problem: str, code: str) -> Broken:
        """Return the failure of this page."""
        arguments = [f"{key}={value!r}" for key, value in self.given.items()]
        first = f"sim.{self.call}({', '.join(arguments)})"
        later = f"sim.{self.call}({', '.join([*arguments, 'after=page.meta.cursor'])})"
        pages = [f"page = {first}", *(f"page = {later}" for _ in range(self.number - 1))]
        return Broken(f"Page {self.number} of {first} {problem} (Q1).", code, before=pages)


def go_through(
    read: Callable[..., Page[Any]], call: str, listing: Listing, records: list[Any], query: Query
) -> None:
    """Read every page of a list, and then some lists by other filters, which cost less than to draw them.

    Args:
        read: The service's method.
        call: Its path.
        listing: What can be asked.
        records: All records, in order of creation.
        query: What is asked.

    Raises:
        Broken: A page is not what a naive reader would make it.
    """
    _go_through(read, call, listing, records, query)
    for condition in listing.others(query.where):
        _go_through(read, call, listing, records, Query((condition,), query.pick, (), None))


def _go_through(
    read: Callable[..., Page[Any]], call: str, listing: Listing, records: list[Any], query: Query
) -> None:
    """Read every page of one list."""
    asked = [(each, listing.value(each, records, query.pick)) for each in query.where]
    want = [record.id for record in listing.select(records, asked, query.sort)]
    given: JsonObject = {}
    if asked:
        given["where"] = {each.key: shown(each, value) for each, value in asked}
    if query.sort:
        given["sort"] = [each.name for each in query.sort]
    if query.limit is not None:
        given["limit"] = query.limit
    size = _PAGE_SIZE if query.limit is None else query.limit
    seen, after = 0, None
    while True:
        page = read(**given, after=after)
        _check_page(page, want, want[seen : seen + size], seen + size, _Said(call, given, seen // size + 1))
        seen, after = seen + size, page.meta.cursor
        if after is None:
            return


def _check_page(page: Page[Any], want: list[str], here: list[str], seen: int, said: _Said) -> None:
    """Compare a page with the ids that belong there; `seen` are all up to its end."""
    found = [record.id for record in page]
    if found != here:
        raise said.broken(f"has the records {found}, not {here}", f"[each.id for each in page] == {here!r}")
    meta, to_come = page.meta, max(len(want) - seen, 0)
    if meta.total_count != len(want):
        raise said.broken(
            f"counts {meta.total_count} records, not {len(want)}",
            f"page.meta.total_count == {len(want)}",
        )
    if (meta.cursor is not None, meta.has_more_items) != (to_come > 0, to_come > 0):
        raise said.broken(
            f"says has_more_items={meta.has_more_items}, with {'no' if meta.cursor is None else 'a'} cursor, "
            f"and {to_come} are to come",
            f"(page.meta.cursor is not None, page.meta.has_more_items) == {(to_come > 0, to_come > 0)!r}",
        )
