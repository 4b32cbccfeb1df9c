"""The injector: lets the faults of a plan strike where the engine touches the world.

This module promises that each fault strikes at its checkpoint and nowhere else, and that one which
never did is reported. It must not know who made the plan.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tasksim._engine.operations import abort, trigger_failure
from tasksim._engine.writes import write_failure
from tasksim._model.events import FaultFired, checkpoint_name
from tasksim.errors import EngineError, RunKilled, ServiceCallKilled, StalePlan, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tasksim._engine.core import After, Engine, Life, Touch
    from tasksim._faults.plan import Fault, Plan

__all__ = ["Injector"]


class Injector:
    """The faults of one plan, waiting for their checkpoints; the engine's `Faults`."""

    __slots__ = ("_fired", "_once", "_onwards", "_plan")

    def __init__(self, plan: Plan) -> None:
        """Index the faults by the touch that they wait for."""
        self._plan = plan
        self._once: dict[tuple[str, str, str | None, int], list[Fault]] = {}
        self._onwards: dict[tuple[str, str, str | None], list[Fault]] = {}
        self._fired: set[Fault] = set()
        for fault in plan:
            task, what, key, n = fault.at
            if fault.onwards:
                self._onwards.setdefault((task, what, key), []).append(fault)
            else:
                self._once.setdefault((task, what, key, n), []).append(fault)

    def strike(self, touch: Touch) -> After | None:
        """Let the faults planned here strike; return what strikes after the touch took effect."""
        late: Fault | None = None
        for fault in self._planned(touch):
            if fault.kind == "redeliver":
                continue
            if not fault.after and fault.kind != "lost_ack":
                self._fire(touch, fault)
                _STRIKES[fault.kind](touch, fault)
            elif late is None:  # it raises: a second one would never get its turn
                self._fire(touch, fault)
                late = fault
        return None if late is None else partial(_STRIKES[late.kind], touch, late)

    def redelivers(self, engine: Engine, life: Life, n: int) -> bool:
        """Whether the plan delivers event `n` of this task again right after it."""
        for fault in self._once.get((life.label, "event", None, n), ()):
            if fault.kind == "redeliver":
                self._fired.add(fault)
                engine.emit(FaultFired, life.task_id, fault.render(), fault.at.render())
                return True
        return False

    def check_all_fired(self, engine: Engine) -> None:
        """Raise for the first planned fault that never fired."""
        for fault in self._plan:
            if fault not in self._fired:
                name = fault.at.render()
                stem, _, _ = name.rpartition("#")
                reached = _times(engine, fault)
                raise StalePlan(
                    f"The planned fault {fault.render()!r} never fired: {name!r} was not reached.",
                    fault=fault.render(),
                    facts=(f"{stem} was reached {reached} time{'' if reached == 1 else 's'}",),
                    nearest=nearest(name, _reached(engine)),
                    way_out="Choose a checkpoint that the run reaches; sim.trace.checkpoints() lists them.",
                )

    def _planned(self, touch: Touch) -> Iterator[Fault]:
        """Iterate over the faults planned at a touch, under its own name and as the nth write."""
        label, what, key, n = touch.life.label, touch.what, touch.key, touch.n
        yield from self._once.get((label, what, key, n), ())
        yield from (fault for fault in self._onwards.get((label, what, key), ()) if n >= fault.at.n)
        if touch.write:
            yield from self._once.get(("", "write", None, touch.write), ())
            yield from (
                fault for fault in self._onwards.get(("", "write", None), ()) if touch.write >= fault.at.n
            )

    def _fire(self, touch: Touch, fault: Fault) -> None:
        """Note that a fault struck."""
        self._fired.add(fault)
        touch.engine.emit(FaultFired, touch.life.task_id, fault.render(), touch.name)


def _times(engine: Engine, fault: Fault) -> int:
    """Return how often the touch was reached that a fault waits for the nth of."""
    task, what, key, _ = fault.at
    if what == "write":
        return engine.writes
    slot = what if key is None else (what, key)
    return max(
        (life.counters.get(slot, 0) for life in engine.lives.values() if life.label == task), default=0
    )


def _reached(engine: Engine) -> list[str]:
    """Return the last reached name of each touch, and of the writes."""
    names = [] if not engine.writes else [f"write#{engine.writes}"]
    for life in engine.lives.values():
        for slot, n in life.counters.items():
            what, key = slot if isinstance(slot, tuple) else (slot, None)
            names.append(checkpoint_name(life.label, what, key, n))
    return names


def _close_to_timeout(touch: Touch, _: Fault) -> None:
    """Tell from here to the end of the event that just under the asked limit remains."""
    assert touch.scope is not None  # noqa: S101 - only a run asks the question
    touch.scope.pretend_close(touch.scope.asked_limit_ms)


def _timeout(touch: Touch, _: Fault) -> None:
    """Move the clock to the deadline and kill the run."""
    if touch.scope is not None:
        touch.engine.clock.move_to(touch.scope.deadline_ms)
    _kill(touch, "timeout")


def _crash(touch: Touch, _: Fault) -> None:
    """Kill the run."""
    _kill(touch, "crash")


def _kill(touch: Touch, reason: str) -> None:
    """Kill the run that touches; a call of the service from outside dies alone."""
    if touch.scope is None:
        raise RunKilled(reason, touch.name)
    touch.scope.kill(reason, touch.name)


def _abort(touch: Touch, _: Fault) -> None:
    """Somebody aborts the task; a refused or failed abort is none, and its caller's business."""
    if touch.life.task_id:
        try:
            abort(touch.engine, touch.life.task_id)
        except (EngineError, ServiceCallKilled):
            return


def _fail(touch: Touch, _: Fault) -> None:
    """Raise what a failing store, or a failing trigger, raises."""
    raise trigger_failure(touch) if touch.what == "task.trigger" else write_failure(touch)


def _delay(touch: Touch, fault: Fault) -> None:
    """Let the touch take this long; a call from outside takes no time."""
    if touch.scope is not None and fault.value is not None:
        touch.scope.spend(fault.value, touch.name)


_STRIKES: dict[str, Callable[[Touch, Fault], None]] = {
    "close_to_timeout": _close_to_timeout,
    "timeout": _timeout,
    "crash": _crash,
    "abort": _abort,
    "fail": _fail,
    "lost_ack": _fail,
    "delay": _delay,
}
