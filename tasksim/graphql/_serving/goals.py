"""Goals: how far the time of a world is to be moved by somebody, and what came of it."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING, NamedTuple

from tasksim.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from tasksim._simulator.driver import Act
    from tasksim._simulator.execution import Iteration
    from tasksim._world.agenda import Agenda

__all__ = ["MOST_EVENTS", "Goal", "Moved"]

MOST_EVENTS = 100_000
"""How many events one movement of time may handle."""


class Moved(NamedTuple):
    """What a movement of time came to.

    Attributes:
        now_ms: Wall time where the world stands.
        events: How many events were handled on the way.
        last: The last of them, if any.
        raised: What came out of tasks on the way.
    """

    now_ms: int
    events: int
    last: Iteration | Act | None
    raised: Sequence[BaseException]


class Goal:
    """How far time is to be moved: to a time, by a number of events, or (neither) to idle.

    Attributes:
        until_ms: The monotonic time to come to, once it is known.
        handled: How many events were handled on the way.
        last: The last of them, if any.
        raised: What came out of tasks on the way.
        future: What comes of it.
    """

    __slots__ = ("_events", "future", "handled", "last", "raised", "until_ms")

    def __init__(self, events: int | None) -> None:
        """Nothing was handled yet."""
        self.until_ms: int | None = None
        self._events = events
        self.handled = 0
        self.last: Iteration | Act | None = None
        self.raised: list[BaseException] = []
        self.future: Future[Moved] = Future()

    @property
    def is_exhausted(self) -> bool:
        """Whether more events were on the way than may be."""
        return self.handled >= MOST_EVENTS

    def is_reached(self, agenda: Agenda) -> bool:
        """Whether nothing is left to be handled on the way."""
        if self._events is not None and self.handled >= self._events:
            return True
        if self.until_ms is None:
            return agenda.idle
        entry = agenda.peek()
        return entry is None or entry.at_ms > self.until_ms

    def moved(self, now_ms: int) -> Moved:
        """Return what it came to, where the world stands now."""
        return Moved(now_ms, self.handled, self.last, self.raised)

    def too_far(self, now: datetime) -> UsageError:
        """Return the refusal to go on."""
        return UsageError(
            f"Time was moved over {MOST_EVENTS:,} events and is not there yet.",
            facts=(f"now: {now.isoformat()}",),
            way_out="Move it again to go on; abort what never ends.",
        )
