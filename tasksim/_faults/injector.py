"""The injector: lets the faults of a plan strike where the engine touches the world.

This module promises that each fault strikes at its checkpoint and nowhere else, and that one which
never did is reported. It must not know who made the plan.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from tasksim._engine.operations import abort, trigger_failure
from tasksim._engine.writes import write_failure
from tasksim._faults.grammar import INSTANT
from tasksim._faults.inside import InVain, nothing_to_run, run_inside
from tasksim._faults.interruptions import At, close_at
from tasksim._faults.plan import Plan
from tasksim._model.events import FaultFired, FaultPlanned, checkpoint_name
from tasksim._world.durations import render_duration, to_datetime
from tasksim.errors import (
    EffectFailed,
    EngineError,
    RunKilled,
    ServiceCallKilled,
    StalePlan,
    UsageError,
    nearest,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tasksim._engine.core import After, Engine, Life, Touch
    from tasksim._engine.names import CheckpointName
    from tasksim._faults.interruptions import Interruption
    from tasksim._faults.plan import Fault

__all__ = ["Injector"]


class Injector:
    """The faults of one plan, waiting for their checkpoints; the engine's `Faults`."""

    __slots__ = (
        "_fired",
        "_in_vain",
        "_interruptions",
        "_left",
        "_once",
        "_onwards",
        "_orders",
        "_planned",
        "heeds",
    )

    def __init__(self, plan: Plan) -> None:
        """Index the faults by the touch that they wait for."""
        self._planned: dict[Fault, None] = {}  # in order
        self._left: list[Fault] = []
        self._orders = False
        self._interruptions: list[Interruption] = []
        self._once: dict[tuple[str, str, str | None, int], list[Fault]] = {}
        self._onwards: dict[tuple[str, str, str | None], list[Fault]] = {}
        self._fired: set[Fault] = set()
        self._in_vain: dict[Fault, InVain] = {}
        self.heeds: frozenset[str] | None = frozenset()
        for fault in plan:
            self._index(fault)
        self._heed()

    @property
    def plan(self) -> Plan:
        """The faults: those planned, and those that interruptions became so far."""
        return Plan(tuple(self._planned))

    def add(self, engine: Engine, fault: Fault) -> None:
        """Plan one more fault while the simulation is under way.

        Raises:
            UsageError: It is planned already, or its checkpoint was passed, so that it cannot strike.
        """
        if fault in self._planned:
            raise UsageError(f"{fault.render()!r} is planned already.", way_out="Plan it once.")
        if not fault.onwards:
            _refuse_passed(engine, fault.at, repr(fault.render()))
        self._index(fault)
        self._heed()
        engine.emit(FaultPlanned, "", fault.render())

    def interrupt(self, engine: Engine, interruption: Interruption) -> None:
        """Plan an interruption, which becomes faults when it strikes.

        Raises:
            UsageError: As for `add`.
        """
        word = interruption.render()
        if any(planned.render() == word for planned in self._interruptions):
            raise UsageError(f"{word} is planned already.", way_out="Plan it once.")
        if isinstance(interruption, At):
            _refuse_passed(engine, interruption.at, word)
        self._interruptions.append(interruption)
        self._heed()
        engine.emit(FaultPlanned, "", word)

    def _index(self, fault: Fault) -> None:
        """Plan a fault."""
        self._planned[fault] = None
        self._left.append(fault)
        self._orders = self._orders or fault.kind == "order"
        task, what, key, n = fault.at
        if fault.onwards:
            self._onwards.setdefault((task, what, key), []).append(fault)
        else:
            self._once.setdefault((task, what, key, n), []).append(fault)

    def _heed(self) -> None:
        """Find out at which touches to be asked from now on."""
        left = [fault.at.what for fault in self._left]
        left += [what for _, what, _ in self._onwards]
        self.heeds = None if self._interruptions or "write" in left else frozenset(left)

    @property
    def all_fired(self) -> bool:
        """Whether each fault planned so far struck."""
        return not self._left

    def _note_fired(self, fault: Fault) -> None:
        """Note that a fault struck."""
        self._fired.add(fault)
        self._left = [left for left in self._left if left is not fault]
        self._heed()

    def strike(self, touch: Touch) -> After | None:
        """Let the faults planned here strike; return what strikes after the touch took effect."""
        late: Fault | None = None
        interrupting: list[Interruption] = []
        if self._interruptions:
            interrupting = [each for each in self._interruptions if each.strikes(touch)]
        for fault in self._waiting(touch):
            if fault.kind == "redeliver":
                continue
            in_vain = self._why_in_vain(touch, fault)
            if in_vain is not None:
                self._in_vain[fault] = in_vain
                continue
            if not fault.after and fault.kind != "lost_ack":
                self._fire(touch, fault)
                _STRIKES[fault.kind](touch, fault)
            elif late is None:  # it raises: a second one would never get its turn
                self._fire(touch, fault)
                late = fault
        if interrupting:  # after those that may kill the run, as in the plan that this becomes
            self._interrupt(touch, interrupting)
        return None if late is None else partial(_STRIKES[late.kind], touch, late)

    def _interrupt(self, touch: Touch, interrupting: list[Interruption]) -> None:
        """Let interruptions strike: they become one fault of the plan, unless that was planned already."""
        for interruption in interrupting:
            interruption.fired = True
        fault = close_at(touch)
        if fault not in self._planned:
            self._index(fault)
            self._fire(touch, fault)
            _STRIKES[fault.kind](touch, fault)

    def redelivers(self, engine: Engine, life: Life, n: int) -> bool:
        """Whether the plan delivers event `n` of this task again right after it."""
        for fault in self._once.get((life.label, "event", None, n), ()):
            if fault.kind == "redeliver":
                self._note_fired(fault)
                engine.emit(FaultFired, life.task_id, fault.render(), fault.at.render())
                return True
        return False

    def choose(self, engine: Engine) -> None:
        """Let the planned one of those that are due next at one time go first, once."""
        if not self._orders:
            return
        entry = engine.agenda.peek()
        at_ms = -1 if entry is None else entry.at_ms
        for fault in self._once.get(("", INSTANT, None, at_ms), ()):
            if fault not in self._fired and isinstance(fault.value, int):
                if engine.agenda.due_at(at_ms) < fault.value:
                    continue
                self._note_fired(fault)
                engine.clock.move_to(at_ms)  # where what goes first takes it anyhow
                engine.emit(FaultFired, "", fault.render(), "")
                engine.agenda.put_first(fault.value)

    def check_all_fired(self, engine: Engine) -> None:
        """Raise for the first planned fault that never fired."""
        for fault in self._planned:
            if fault not in self._fired:
                raise _stale(engine, fault, self._in_vain.get(fault))
        for interruption in self._interruptions:
            if not interruption.fired:
                raise _idle(engine, interruption)

    def _why_in_vain(self, touch: Touch, fault: Fault) -> InVain | None:
        """Return why a fault whose place is reached does not strike, if so."""
        return nothing_to_run(touch, fault) if fault.kind == "run" else None

    def _waiting(self, touch: Touch) -> Iterable[Fault]:
        """Return the faults planned at a touch, under its own name and as the nth write."""
        _, life, _, what, key, n, write = touch
        once = self._once.get((life.label, what, key, n), ())
        if not self._onwards and not write:
            return once
        found = [
            *once,
            *(fault for fault in self._onwards.get((life.label, what, key), ()) if n >= fault.at.n),
        ]
        if write:
            found += self._once.get(("", "write", None, write), ())
            found += [fault for fault in self._onwards.get(("", "write", None), ()) if write >= fault.at.n]
        return found

    def _fire(self, touch: Touch, fault: Fault) -> None:
        """Note that a fault struck."""
        self._note_fired(fault)
        touch.engine.emit(FaultFired, touch.life.task_id, fault.render(), touch.name)


def _stale(engine: Engine, fault: Fault, in_vain: InVain | None) -> StalePlan:
    """Return the error of a fault that never fired; `in_vain` says why not, though its place was reached."""
    said = f"The planned fault {fault.render()!r} never fired"
    if fault.at.what == INSTANT:
        return StalePlan(
            f"{said}: fewer than {fault.value} were due at {render_duration(fault.at.n)}.",
            fault=fault.render(),
            nearest=(),
            way_out="Choose a time at which several are due; the timeline shows them.",
        )
    if in_vain is not None:
        return StalePlan(
            f"{said}: {in_vain.why}.",
            fault=fault.render(),
            facts=(in_vain.fact,),
            nearest=(),
            way_out=in_vain.way_out,
        )
    return _unreached(engine, fault.at, f"{said}: {fault.at.render()!r} was not reached.", fault.render())


def _idle(engine: Engine, interruption: Interruption) -> StalePlan:
    """Return the error of an interruption that never struck."""
    said = f"{interruption.render()} interrupted nothing: {interruption.why_not()}."
    if isinstance(interruption, At) and interruption.scope is None:
        return _unreached(engine, interruption.at, said, interruption.render())
    return StalePlan(said, fault=interruption.render(), nearest=(), way_out=interruption.way_out())


def _unreached(engine: Engine, at: CheckpointName, said: str, fault: str) -> StalePlan:
    """Return the error of what waited for a checkpoint that was not reached."""
    name = at.render()
    stem, _, _ = name.rpartition("#")
    reached = _times(engine, at)
    return StalePlan(
        said,
        fault=fault,
        facts=(f"{stem} was reached {reached} time{'' if reached == 1 else 's'}",),
        nearest=nearest(name, _reached(engine)),
        way_out="Choose a checkpoint that the run reaches; sim.trace.checkpoints() lists them.",
    )


def _refuse_passed(engine: Engine, at: CheckpointName, planned: str) -> None:
    """Refuse to plan what waits for a checkpoint that will not come again."""
    if _times(engine, at) >= at.n:
        raise UsageError(
            f"{planned} cannot strike any more: {at.render()!r} was reached already.",
            way_out="Plan it before the task runs that far.",
        )


def _times(engine: Engine, at: CheckpointName) -> int:
    """Return how often a touch was reached, of which a name says the nth."""
    task, what, key, _ = at
    if what == "write":
        return engine.writes
    slot = what if key is None else (what, key)
    return max((counters.get(slot, 0) for label, counters in _counted(engine) if label == task), default=0)


def _counted(engine: Engine) -> Iterator[tuple[str, dict[Any, int]]]:
    """Iterate over the tasks' labels and counts, also of those that were refused: the next one goes on."""
    yield from ((life.label, life.counters) for life in engine.lives.values())
    for spare in engine.spare_labels.values():
        yield from spare


def _reached(engine: Engine) -> list[str]:
    """Return the last reached name of each touch, and of the writes."""
    names = [] if not engine.writes else [f"write#{engine.writes}"]
    for label, counters in _counted(engine):
        for slot, n in counters.items():
            what, key = slot if isinstance(slot, tuple) else (slot, None)
            names.append(checkpoint_name(label, what, key, n))
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
    """Raise what a failing store, a failing trigger or a failing effect raises."""
    if touch.what.startswith("effect."):
        raise EffectFailed(f"{touch.name} failed, as planned.")
    raise trigger_failure(touch) if touch.what == "task.trigger" else write_failure(touch)


def _delay(touch: Touch, fault: Fault) -> None:
    """Let the touch take this long; a call from outside takes no time."""
    if touch.scope is not None and isinstance(fault.value, int):
        touch.scope.spend(fault.value, touch.name)


def _cold(touch: Touch, fault: Fault) -> None:
    """Let the event run on a fresh instance, as a new process does."""
    registered = touch.engine.registry.get(touch.life.definition_id)
    if registered is not None and not registered.is_factory:
        raise touch.engine.misused(
            UsageError(
                f"{fault.render()!r} needs a fresh instance of {touch.life.definition_id!r}, which was "
                "registered as an instance.",
                way_out="Register its class, or a function without arguments that makes one.",
            )
        )
    touch.engine.registry.restart(touch.life.definition_id)


def _clock(touch: Touch, fault: Fault) -> None:
    """Let the wall clock jump."""
    clock = touch.engine.clock
    jump = fault.value if isinstance(fault.value, int) else 0
    try:
        to_datetime(clock.wall_ms + jump)
    except OverflowError:
        said = f"{fault.render()!r} lets the clock jump out of the years 1 to 9999."
        raise touch.engine.misused(UsageError(said, way_out="Let it jump less far.")) from None
    clock.jump(jump)


_STRIKES: dict[str, Callable[[Touch, Fault], None]] = {
    "close_to_timeout": _close_to_timeout,
    "timeout": _timeout,
    "crash": _crash,
    "abort": _abort,
    "fail": _fail,
    "lost_ack": _fail,
    "delay": _delay,
    "cold": _cold,
    "clock": _clock,
    "run": run_inside,
}
