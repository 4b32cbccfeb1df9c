"""The agenda: what is due when, handled by (time, order of arrival)."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Any, NamedTuple

__all__ = ["Agenda", "Entry"]


class Entry(NamedTuple):
    """Something due; `order` breaks ties, so `item` is never compared."""

    at_ms: int
    order: int
    item: Any
    endless: bool = False


class Agenda:
    """A queue of entries by time; entries put in front come before all others of their instant."""

    __slots__ = ("_endless", "_front", "_heap", "_order")

    def __init__(self) -> None:
        """Start empty."""
        self._heap: list[Entry] = []
        self._order = 0
        self._front = 0
        self._endless = 0

    def push(self, at_ms: int, item: Any, *, front: bool = False, endless: bool = False) -> None:
        """Add `item`, due at `at_ms`; `endless` marks what repeats for ever and does not count as work."""
        if front:
            self._front -= 1
            order = self._front
        else:
            self._order += 1
            order = self._order
        self._endless += endless
        heappush(self._heap, Entry(at_ms, order, item, endless))

    def peek(self) -> Entry | None:
        """Return the next entry without taking it."""
        return self._heap[0] if self._heap else None

    def pop(self) -> Entry:
        """Take the next entry."""
        entry = heappop(self._heap)
        self._endless -= entry.endless
        return entry

    @property
    def idle(self) -> bool:
        """Whether nothing is due but what repeats for ever."""
        return len(self._heap) == self._endless

    def __len__(self) -> int:
        """Return how many entries wait."""
        return len(self._heap)

    def entries(self) -> list[Entry]:
        """Return every entry in the order in which they will be handled."""
        return sorted(self._heap, key=lambda entry: (entry.at_ms, entry.order))
