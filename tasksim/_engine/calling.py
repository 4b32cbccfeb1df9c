"""Calling the user's code: by the arguments it names, plain or async, in virtual time."""

from __future__ import annotations

from asyncio import CancelledError
from contextvars import ContextVar
from inspect import isawaitable
from typing import TYPE_CHECKING

from tasksim._engine.failures import finding_in
from tasksim._engine.loop import run_awaitable
from tasksim._model.results import Result

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasksim._engine.binding import Binding
    from tasksim._engine.core import Engine, Life, Scope
    from tasksim.errors import RunKilled

__all__ = ["call", "calling_engine", "sleep_in"]

_calling: ContextVar[Engine | None] = ContextVar("tasksim: the engine whose task is running", default=None)


def calling_engine() -> Engine | None:
    """Return the engine whose task, hook or fake is running here, if one is."""
    return _calling.get()


def call(
    engine: Engine, life: Life, scope: Scope | None, binding: Binding, values: Mapping[str, object]
) -> object:
    """Call user code with what it names; an awaitable answer is driven to its end in virtual time."""
    engine.calls += 1
    outer, outer_scope = engine.caller, engine.caller_scope
    engine.caller, engine.caller_scope = life, scope
    token = _calling.set(engine)
    try:
        outcome = binding.call(values)
        if not isinstance(outcome, Result) and isawaitable(outcome):
            host = _EventHost(engine, life, scope) if scope is not None else _OutsideHost(engine)
            outcome = run_awaitable(outcome, host)
        if engine.pending is not None:
            engine.strike_pending()
    except CancelledError as error:  # no Exception, yet a failure like any other
        _raise_killed(engine)
        raise RuntimeError("The coroutine was cancelled, and nobody caught it.") from error
    except Exception as error:
        _raise_killed(engine)
        if engine.pending is not None and finding_in(error) is None:  # a finding counts for more
            engine.strike_pending()
        raise
    finally:
        engine.calls -= 1
        engine.caller, engine.caller_scope, engine.pending = outer, outer_scope, None
        _calling.reset(token)
    _raise_killed(engine)
    return outcome


def _raise_killed(engine: Engine) -> None:
    """Raise what killed the run: whatever dead code returns or raises is discarded."""
    scope = engine.scope
    if scope is not None and scope.killed is not None:
        scope.swallowed = True
        raise scope.killed from None


def sleep_in(engine: Engine, life: Life, scope: Scope, ms: int) -> None:
    """Sleep inside an event: the checkpoint `sleep`, then `ms` of its budget."""
    after = engine.touch(life, scope, "sleep", None, {"ms": ms})
    scope.spend(ms, f"sleep#{life.counters['sleep']}")
    if after is not None:
        after()


class _EventHost:
    """The clock of an async run: its sleeps are checkpoints of the event and use its budget."""

    __slots__ = ("_engine", "_life", "_scope")

    def __init__(self, engine: Engine, life: Life, scope: Scope) -> None:
        self._engine = engine
        self._life = life
        self._scope = scope

    def now_ms(self) -> int:
        """Return the monotonic time."""
        return self._engine.clock.now_ms

    def sleep_until(self, at_ms: int) -> None:
        """Sleep to that time."""
        sleep_in(self._engine, self._life, self._scope, at_ms - self._engine.clock.now_ms)

    @property
    def killed(self) -> RunKilled | None:
        """What killed the run, if it is dead."""
        return self._scope.killed


class _OutsideHost:
    """The clock of an async hook called from outside any event: its sleeps take no time of the world."""

    __slots__ = ("_now_ms", "killed")

    def __init__(self, engine: Engine) -> None:
        self._now_ms = engine.clock.now_ms
        self.killed: RunKilled | None = None

    def now_ms(self) -> int:
        """Return the time as this call sees it."""
        return self._now_ms

    def sleep_until(self, at_ms: int) -> None:
        """Let the time pass for this call only."""
        self._now_ms = at_ms
