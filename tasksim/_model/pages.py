"""Pages: what a list of records answers, and how to ask for the next one.

Frozen, and without any knowledge of what the items are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Meta", "Page"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Meta:
    """Where a page stands in its list (rule Q1).

    Attributes:
        cursor: Give it as `after` to get the next page; None on the last one.
        has_more_items: Whether a next page exists.
        total_count: How many records the whole list has.
    """

    cursor: str | None
    has_more_items: bool
    total_count: int


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list (rule Q1): iterate over it, or read `items` and `meta`.

    Attributes:
        items: The records of this page, in the order asked for.
        meta: Where the page stands in its list.
    """

    items: list[T]
    meta: Meta

    def __iter__(self) -> Iterator[T]:
        """Iterate over the items of this page only."""
        return iter(self.items)

    def __len__(self) -> int:
        """Return how many items this page has; `meta.total_count` counts the whole list."""
        return len(self.items)
