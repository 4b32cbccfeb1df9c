"""Events inside events: which one a `run` handles inside a touch, and why none where there is none.

This module promises that a due event of another task, or a duplicate of one that is being handled, is
handled whole, at most two deep. It must not know plans.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, NamedTuple

from tasksim._engine.core import Delivery
from tasksim._engine.machine import deliver_inside
from tasksim._world.durations import render_duration

if TYPE_CHECKING:
    from tasksim._engine.core import Engine, Life, Touch
    from tasksim._faults.grammar import Fault

__all__ = ["InVain", "nothing_to_run", "run_inside", "to_run"]

_MOST_INSIDE = 2  # nested interleavings: an event inside an event inside an event


def to_run(touch: Touch, fault: Fault) -> Delivery | None:
    """Return the event that a `run` handles here: a due one of its task, or a duplicate of a running one."""
    engine = touch.engine
    life = _named(engine, fault.value)
    if touch.scope is None or life is None or len(engine.inside) >= _MOST_INSIDE:
        return None
    for scope in (*engine.inside, touch.scope):
        if scope.life is life:
            return scope.delivery._replace(kind="duplicate")
    due_ms, delivery = _next_of(engine, life)
    return delivery if due_ms <= engine.clock.now_ms else None


def _named(engine: Engine, task: object) -> Life | None:
    """Return the task that a plan names so; the first root, which has no label, is the first of its kind."""
    roots = [life for life in engine.lives.values() if not life.label and task == f"{life.definition_id}.1"]
    return next((life for life in engine.lives.values() if life.label == task), roots[0] if roots else None)


def _next_of(engine: Engine, life: Life) -> tuple[float, Delivery | None]:
    """Return the next event of a task, and when it is due."""
    for at_ms, _, item, _ in engine.agenda.entries():
        if isinstance(item, Delivery) and item.life is life:
            return at_ms, item
    return inf, None


class InVain(NamedTuple):
    """Why a fault whose place was reached never fired.

    Attributes:
        why: In words that go on after a colon.
        fact: What was found there.
        way_out: What to plan instead.
    """

    why: str
    fact: str
    way_out: str


def nothing_to_run(touch: Touch, fault: Fault) -> InVain | None:
    """Return why a `run` handles nothing here, if so."""
    if to_run(touch, fault) is not None:
        return None
    why, fact = _why_not(touch, fault)
    way_out = "Choose a place where an event of it is due, or in an event of its own, as a duplicate."
    return InVain(why, fact, way_out)


def _why_not(touch: Touch, fault: Fault) -> tuple[str, str]:
    """Return why a `run` handles nothing here, and a fact about it."""
    engine, task = touch.engine, fault.value
    life = _named(engine, task)
    if touch.scope is None:
        return f"{touch.name!r} is touched outside of all events", "it is handled inside of events only"
    if len(engine.inside) >= _MOST_INSIDE:
        return (
            f"{touch.name!r} is inside of {_MOST_INSIDE} events already",
            "no more are handled inside another",
        )
    if life is None:
        labels = [life.label or f"{life.definition_id}.1" for life in engine.lives.values()]
        return f"there was no task {task!r} at {touch.name!r}", f"tasks by then: {', '.join(labels)}"
    due_ms, _ = _next_of(engine, life)
    later = f"its machine was in {life.state or 'no state'}, with nothing to come"
    if due_ms < inf:
        later = f"its next was due {render_duration(int(due_ms) - engine.clock.now_ms)} later"
    return f"no event of {task!r} was due at {touch.name!r}", later


def run_inside(touch: Touch, fault: Fault) -> None:
    """Handle one whole event of another task, or a duplicate of this one, inside the touch, in its time."""
    scope, delivery = touch.scope, to_run(touch, fault)
    assert scope is not None  # noqa: S101 - a `run` strikes only where there is something to handle
    assert delivery is not None  # noqa: S101 - as above
    touch.engine.agenda.take(lambda item: item is delivery, until_ms=touch.engine.clock.now_ms)
    deliver_inside(touch.engine, scope, delivery)
    scope.spend(0, touch.name)  # it may be past its deadline
