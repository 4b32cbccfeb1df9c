"""Watching a run: which touches come after its last fault, and whether it ends at all.

This module promises that a run under a plan goes exactly as it goes in a simulator that nobody watches: a
watcher adds nothing to the trace. It must not know what is done with what it noted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasksim._engine.core import Delivery
from tasksim._engine.names import CheckpointName
from tasksim._explore.kinds import Spot
from tasksim._faults.grammar import INSTANT
from tasksim._faults.injector import Injector
from tasksim._faults.inside import InVain

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasksim._engine.core import After, Engine, Life, Touch
    from tasksim._faults.grammar import Fault
    from tasksim._faults.plan import Plan

__all__ = ["Endless", "Merged", "Watcher"]


class Endless(BaseException):
    """A run went on for more events than any end is waited for."""


class Merged(BaseException):
    """A run came to a state from which another has gone on already."""


class Watcher(Injector):
    """An injector that looks on.

    Args:
        plan: The faults.
        most_events: How many events may be handled after the last fault that fired; None for any number.
        notes: Whether to note the touches after the last fault.
        needs_more: Whether to note instants and what could run inside a touch, too, which takes longer.

    Attributes:
        asks: Called before each event.
        merges: Called before each event after the last fault; may raise `Merged`.
        touches: What was touched since the last fault of the plan fired, in order.
        events: How many events were handled since then.
        delivered_again: Whether some event was delivered more than once.
    """

    __slots__ = (
        "_most_events",
        "_needs_more",
        "_notes",
        "asks",
        "delivered_again",
        "events",
        "merges",
        "touches",
    )

    def __init__(
        self,
        plan: Plan,
        *,
        most_events: int | None = None,
        notes: bool = False,
        needs_more: bool = False,
    ) -> None:
        """Nothing was touched yet."""
        self._notes = notes
        super().__init__(plan)
        self._most_events = most_events
        self._needs_more = needs_more
        self.merges: Callable[[], None] | None = None
        self.asks: Callable[[], None] | None = None
        self.touches: list[Spot] = []
        self.events = 0
        self.delivered_again = False

    def _heed(self) -> None:
        """Find out at which touches to be asked: at those of faults, then at all if they are noted."""
        super()._heed()
        if self._notes and not self._left:
            self.heeds = None

    def _note_fired(self, fault: Fault) -> None:
        """Note that a fault struck: events are counted from here."""
        super()._note_fired(fault)
        self.events = 0

    def strike(self, touch: Touch) -> After | None:
        """Let the faults planned here strike; note the touch if all of them did before."""
        if self._notes and not self._left:
            self.touches.append(self.spot(touch))
        return super().strike(touch)

    def _why_in_vain(self, touch: Touch, fault: Fault) -> InVain | None:
        """Return why a fault does not strike: a plan may be older than the definition, so `cold`, too."""
        registered = touch.engine.registry.get(touch.life.definition_id) if fault.kind == "cold" else None
        if registered is None or registered.is_factory:
            return super()._why_in_vain(touch, fault)
        return InVain(
            "there is no fresh instance to be had",
            f"{touch.life.definition_id!r} was registered as an instance",
            "Register its class, or a function without arguments that makes one.",
        )

    def spot(self, touch: Touch) -> Spot:
        """Return a touch as faults see it."""
        _, life, scope, what, key, n, _ = touch
        at = CheckpointName(life.label, what, key, n)
        if scope is None:
            return Spot(at, in_event=False, has_task=bool(life.task_id))
        runs = self._runs(touch) if self._needs_more else ()
        if what == "event":
            return Spot(at, can_be_cold=_can_be_cold(touch), runs=runs)
        return Spot(at, has_task=bool(life.task_id), runs=runs)

    def instant(self, at_ms: int, due: int) -> Spot:
        """Return a time at which several may be due, as faults see it."""
        at = CheckpointName("", INSTANT, None, at_ms)
        planned = self._once.get(("", INSTANT, None, at_ms), ())
        taken = tuple(fault.value for fault in planned if isinstance(fault.value, int))
        return Spot(at, in_event=False, has_task=False, due=due, taken=taken)

    def _runs(self, touch: Touch) -> tuple[str, ...]:
        """Return the tasks of which an event could be handled inside a touch."""
        engine, scope = touch.engine, touch.scope
        if scope is None or len(engine.inside) >= 2:  # noqa: PLR2004 - at most two deep
            return ()
        now = engine.clock.now_ms
        lives: list[Life] = [each.life for each in (*engine.inside, scope)]
        for entry in engine.agenda.entries():
            if entry.at_ms <= now and isinstance(entry.item, Delivery) and entry.item.life not in lives:
                lives.append(entry.item.life)
        return tuple(dict.fromkeys(life.label or f"{life.definition_id}.1" for life in lives))

    def redelivers(self, engine: Engine, life: Life, n: int) -> bool:
        """Whether the plan delivers this event again; note its end, where that could be planned."""
        if self._notes and not self._left:
            self.touches.append(Spot(CheckpointName(life.label, "event", None, n), is_end=True))
        return super().redelivers(engine, life, n)

    def choose(self, engine: Engine) -> None:
        """Look on between events; raise `Endless` when too many were handled since the last fault."""
        super().choose(engine)
        item = engine.agenda.next_item()
        looks = self._needs_more and self._notes and not self._left
        entry = engine.agenda.peek() if looks else None
        if entry is not None:
            self._note_instant(entry.at_ms, engine.agenda.due_at(entry.at_ms))
        if self.asks is not None:
            self.asks()
        if self.merges is not None and self._planned and not self._left:
            self.merges()
        if isinstance(item, Delivery):
            if item.kind != "first":
                self.delivered_again = True
            self.events += 1
            if self._most_events is not None and self.events > self._most_events:
                raise Endless

    def _note_instant(self, at_ms: int, due: int) -> None:
        """Note how many are due at one time, once: as many as ever were."""
        new = self.instant(at_ms, due)
        known = next((place for place, spot in enumerate(self.touches) if spot.at == new.at), None)
        if known is not None:
            self.touches[known] = self.instant(at_ms, max(due, self.touches[known].due))
        elif due > 1:
            self.touches.append(new)


def _can_be_cold(touch: Touch) -> bool:
    """Tell whether a fresh instance could make a difference at an event: not before one was used."""
    life = touch.life
    registered = touch.engine.registry.get(life.definition_id)
    if registered is None or not registered.is_factory:
        return False
    return touch.n > 1 or any(
        slot == "event" or _is_hook(slot)
        for other in touch.engine.lives.values()
        if other.definition_id == life.definition_id
        for slot in other.counters
        if other is not life or slot != "event"
    )


def _is_hook(slot: str | tuple[str, str]) -> bool:
    """Tell whether what was counted is a hook: a task's trigger may be the first that an instance sees."""
    return isinstance(slot, str) and slot.startswith("hook.")
