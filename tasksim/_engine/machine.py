"""The state machine around the events of a task.

`TransformEvent -> Run -> CheckStatus`; a continue with a wait goes through `Waiter`, without one
straight back to `Run`; other answers end it. It carries the delay of -1 into every later event.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tasksim._engine.core import Delivery, Life, Scope
from tasksim._engine.failures import message_of
from tasksim._engine.iteration import handle
from tasksim._model.events import CrashSwallowed, MachineEnded, Noted
from tasksim._model.recorder import event_answered
from tasksim._world.durations import render_duration
from tasksim.errors import RunKilled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasksim._engine.core import Engine, Faults
    from tasksim._model.results import Answer

__all__ = ["END_STATES", "deliver", "deliver_inside", "outside"]

END_STATES = {"done": "Done", "error": "Error", "aborted": "Aborted"}


def deliver(engine: Engine, delivery: Delivery) -> Answer | None:
    """Handle one delivered event and let the state machine go on; returns the answer, None if killed."""
    life = delivery.life
    if delivery.kind in ("first", "redelivery") and not _enter(engine, life, "Run"):
        return None
    engine.count_event(f"one of {life.task_id!r}")
    scope = Scope(engine, delivery)
    answer: Answer | None = None
    engine.scope = scope
    try:
        answer = handle(engine, scope, delivery)
        if answer.wait and delivery.kind != "duplicate":
            _touch_wait(engine, life, scope, answer.wait)
    except RunKilled as killed:
        if killed is not scope.killed:
            raise
        answer = None
    except BaseException as error:
        sentence = message_of(error).split("\n", 1)[0]
        engine.emit(Noted, life.task_id, f"the simulation ended: {type(error).__name__} {sentence}".rstrip())
        _end(engine, life, "UnknownError")
        engine.ended_by = error
        raise
    finally:
        engine.scope = None
    if answer is None:
        _note_dead(engine, scope)
    else:
        engine.record((event_answered, engine.clock.now_ms, life.task_id, answer))
    if engine.faults is not None and delivery.kind != "duplicate":
        _redeliver(engine, engine.faults, scope, delivery)
    _go_on(engine, scope, answer)
    if scope.raised is not None:
        engine.ended_by = scope.raised
        raise scope.raised
    return answer


def deliver_inside(engine: Engine, scope: Scope, delivery: Delivery) -> None:
    """Handle one whole event inside another's touch, as if another process did; then the other goes on.

    What comes out of it comes out of the outer call too, even if the outer task swallows it.
    """
    try:
        with outside(engine, scope):
            deliver(engine, delivery)
    except BaseException as error:
        scope.raised = error if scope.raised is None else scope.raised
        raise


@contextmanager
def outside(engine: Engine, scope: Scope) -> Iterator[None]:
    """Let what is done meanwhile, in the middle of an event's touch, be the outside world's."""
    held = engine.scope, engine.caller, engine.caller_scope, engine.calls, engine.hook, engine.pending
    engine.inside.append(scope)
    engine.scope = engine.caller = engine.caller_scope = engine.hook = engine.pending = None
    engine.calls = 0
    try:
        yield
    finally:
        engine.inside.pop()
        (
            engine.scope,
            engine.caller,
            engine.caller_scope,
            engine.calls,
            engine.hook,
            engine.pending,
        ) = held


def _touch_wait(engine: Engine, life: Life, scope: Scope, seconds: float) -> None:
    """The last touch of an event that continues after a wait."""
    after = engine.touch(life, scope, "wait", None, {"seconds": seconds})
    if after is not None:
        after()


def _note_dead(engine: Engine, scope: Scope) -> None:
    """Trace that a killed run caught what killed it, or touched the world again."""
    if scope.swallowed or scope.dead_touches:
        engine.emit(CrashSwallowed, scope.life.task_id, scope.dead_touches)


def _redeliver(engine: Engine, faults: Faults, scope: Scope, delivery: Delivery) -> None:
    """Deliver the event again right after it, if the plan says so; its answer changes nothing."""
    if faults.redelivers(engine, scope.life, scope.event):
        engine.agenda.push(engine.clock.now_ms, delivery._replace(kind="duplicate"), front=True)


def _go_on(engine: Engine, scope: Scope, answer: Answer | None) -> None:
    """Move the state machine by an answer; a duplicate's moves nothing."""
    delivery, life = scope.delivery, scope.life
    if answer is None:
        engine.registry.restart(life.definition_id)
        if delivery.kind != "duplicate":
            _after_crash(engine, scope)
        return
    if delivery.kind == "duplicate" or not _enter(engine, life, "CheckStatus"):
        return
    if answer.status != "continue":
        if _enter(engine, life, END_STATES[answer.status]):
            _end(engine, life, life.state)
        return
    wait_ms = round((answer.wait or 0) * 1000)
    if wait_ms > 0:
        if not _enter(engine, life, "Waiter"):
            return
        _push(engine, engine.clock.now_ms + wait_ms, Delivery(life, -1))
    else:
        engine.agenda.push(engine.clock.now_ms, Delivery(life, -1))


def _push(engine: Engine, due_ms: int, delivery: Delivery) -> None:
    """Plan a later event; where the machine does not live that long, its end."""
    if due_ms > delivery.life.ends_ms:
        engine.agenda.push(int(delivery.life.ends_ms), TimeOut(delivery.life))
    else:
        engine.agenda.push(due_ms, delivery)


class TimeOut:
    """The end of a machine that waits past its lifetime."""

    __slots__ = ("life",)

    def __init__(self, life: Life) -> None:
        """Name the task whose machine ends."""
        self.life = life

    def happen(self, engine: Engine) -> None:
        """End the machine; the task is left as it is."""
        _end(engine, self.life, "TimedOut")


def _after_crash(engine: Engine, scope: Scope) -> None:
    """Do what the host does after a crash or hard timeout (E11)."""
    host, delivery = engine.host, scope.delivery
    if delivery.attempt < host.retries:
        again = delivery._replace(kind="retry", attempt=delivery.attempt + 1)
        engine.agenda.push(engine.clock.now_ms, again, front=True)
    elif host.redeliver_ms is not None and delivery.kind != "redelivery":
        wait = render_duration(host.redeliver_ms)
        engine.emit(Noted, delivery.life.task_id, f"the host delivers event {scope.event} again in {wait}")
        _push(engine, engine.clock.now_ms + host.redeliver_ms, delivery._replace(kind="redelivery"))
    else:
        _end(engine, delivery.life, "UnknownError")


def _enter(engine: Engine, life: Life, state: str) -> bool:
    """Enter a state; False where that passes a limit of the host, which ends the machine as `TimedOut`."""
    if not life.state:
        life.transitions = 1  # TransformEvent
        life.ends_ms = engine.clock.now_ms + engine.lifetime_ms
    life.transitions += 1
    if life.transitions > engine.most_transitions or engine.clock.now_ms > life.ends_ms:
        _end(engine, life, "TimedOut")
        return False
    life.state = state
    return True


def _end(engine: Engine, life: Life, state: str) -> None:
    """End the machine."""
    life.state = state
    engine.record((MachineEnded, engine.clock.now_ms, life.task_id, state))
