"""The agenda: what is due when, handled by (time, order of arrival)."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Agenda", "Entry"]


class Entry(NamedTuple):
    """Something due; `order` breaks ties, so `item` is never compared."""

    at_ms: int
    order: int
    item: Any
    endless: bool = False


class Agenda:
    """A queue of entries by time; entries put in front come before all others."""

    __slots__ = ("_endless", "_front", "_heap", "_order")

    def __init__(self) -> None:
        """Start empty."""
        self._heap: list[tuple[int, int, Any, bool]] = []
        self._order = 0
        self._front = 0
        self._endless = 0

    def push(self, at_ms: int, item: Any, *, front: bool = False, endless: bool = False) -> None:
        """Add `item`, due at `at_ms`; `endless` marks what repeats for ever and does not count as work."""
        if front:
            self._front -= 1
            order = self._front
            if self._heap:  # also before what became due meanwhile
                at_ms = min(at_ms, self._heap[0][0])
        else:
            self._order += 1
            order = self._order
        if endless:
            self._endless += 1
        heappush(self._heap, (at_ms, order, item, endless))

    def peek(self) -> Entry | None:
        """Return the next entry without taking it."""
        return Entry(*self._heap[0]) if self._heap else None

    def next_ms(self) -> int:
        """Return when the next entry is due; there is one."""
        return self._heap[0][0]

    def next_item(self) -> Any:
        """Return the item of the next entry without taking it; None if there is none."""
        return self._heap[0][2] if self._heap else None

    def pop(self) -> tuple[int, Any]:
        """Take the next entry: its time and its item."""
        at_ms, _, item, endless = heappop(self._heap)
        if endless:
            self._endless -= 1
        return at_ms, item

    def due_at(self, at_ms: int) -> int:
        """Return how many entries are due at that very time."""
        return sum(entry[0] == at_ms for entry in self._heap)

    def put_first(self, k: int) -> None:
        """Let the kth of those that are due next, at one time, go before the others."""
        first = self._heap[0][0]
        same = [entry for entry in self.entries() if entry.at_ms == first]
        self._take_out(same[k - 1])
        self._front -= 1
        heappush(self._heap, (first, self._front, same[k - 1].item, same[k - 1].endless))

    def take(self, wanted: Callable[[Any], bool], *, until_ms: int) -> Any:
        """Take the first item due by `until_ms` that is wanted, out of turn; None if there is none."""
        for entry in self.entries():
            if entry.at_ms <= until_ms and wanted(entry.item):
                self._take_out(entry)
                self._endless -= entry.endless
                return entry.item
        return None

    def _take_out(self, entry: Entry) -> None:
        """Remove an entry."""
        self._heap = [kept for kept in self._heap if kept[1] != entry.order]
        heapify(self._heap)

    @property
    def idle(self) -> bool:
        """Whether nothing is due but what repeats for ever."""
        return len(self._heap) == self._endless

    def __len__(self) -> int:
        """Return how many entries wait."""
        return len(self._heap)

    def entries(self) -> list[Entry]:
        """Return every entry in the order in which they will be handled."""
        return [Entry(*entry) for entry in sorted(self._heap, key=itemgetter(0, 1))]
