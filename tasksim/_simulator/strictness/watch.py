"""The watch: what a task must not do raises `NotSimulated` at the call, while an event is handled.

This module promises that only the thread that handles the event is watched, that what was found comes out
of the outer call even if the task swallows it, and that the process is as it was afterwards. It sees calls
of Python's own functions that do what `kinds` lists, by whatever way they are reached: a reference in a
module is exchanged too, one in a default argument or a `partial` is not.
"""

from __future__ import annotations

import sys
import threading
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

from tasksim._engine import surroundings
from tasksim._simulator.strictness.exchange import Exchange
from tasksim._simulator.strictness.kinds import FUNCTIONS, METHODS, UNSEEDED
from tasksim._simulator.strictness.lines import current_call
from tasksim._world import randomness
from tasksim.errors import NotSimulated

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random  # noqa: TID251 - the type of what _world gives

    from tasksim._engine.core import Engine
    from tasksim._simulator.strictness.kinds import Kind
    from tasksim._simulator.strictness.lines import Call

__all__ = ["Watch"]


class _Here(threading.local):
    """The watches over this thread, outermost first."""

    def __init__(self) -> None:
        """None does."""
        self.watches: list[Watch] = []


_here = _Here()
_lock = threading.Lock()
_entered = 0


class Watch:
    """Looks on while an event of one engine is handled: entered around it, on the thread that handles it.

    Args:
        engine: The engine.
    """

    __slots__ = ("_engine",)

    def __init__(self, engine: Engine) -> None:
        """Look on at nothing yet."""
        self._engine = engine

    def __enter__(self) -> None:
        """Put the guards in place, unless another watch has."""
        global _entered  # noqa: PLW0603 - there is one `threading` in a process
        with _lock:
            if not _entered:
                _exchange.put()
                _watch_source()
            _entered += 1
        _here.watches.append(self)

    def __exit__(self, *_: object) -> None:
        """Put back what was there, unless another watch needs the guards still."""
        global _entered  # noqa: PLW0603 - see above
        _here.watches.pop()
        with _lock:
            _entered -= 1
            if not _entered:
                _unwatch_source()
                _exchange.take_back()

    def finding(self, kind: Kind, call: Call) -> BaseException:
        """Return the error of a call; of a run that was killed, what killed it."""
        engine = self._engine
        scope = engine.scope
        if scope is None:
            sentence = f"The factory of a definition {kind.did}, {kind.why}."
        elif scope.killed is not None:
            return scope.killed
        else:
            life = scope.life if engine.caller is None else engine.caller
            event = f"event {scope.life.counters.get('event', 0)} of {scope.life.task_id!r}"
            who = f"{engine.hook or 'run'}() of {life.definition_id!r}"
            sentence = f"{who} {kind.did} in {event}, {kind.why}."
        way_out = kind.way_out
        if engine.randomness is None and kind.way_out_unseeded is not None:
            way_out = kind.way_out_unseeded
        facts = [call.line] if call.through is None else [call.line, f"through {call.through}"]
        error = NotSimulated(sentence, facts=facts, way_out=way_out)
        for watch in _here.watches:  # the task of an outer simulation may swallow it as well
            watch._engine.misused(error)  # noqa: SLF001 - its own kind
        return error


def _refuse(kind: Kind) -> None:
    """Raise what was found by a guard that was called just now, unless it is harmless."""
    call = current_call(sys._getframe(2))  # noqa: SLF001 - its documented name
    if not call.is_harmless and not (kind.may_libraries and call.is_by_library):
        raise _here.watches[-1].finding(kind, call)


def _guard(kind: Kind, applies: Callable[..., bool] | None, real: Callable[..., Any]) -> Any:
    """Return what stands in the place of a function: on other threads it is that function."""

    @wraps(real)
    def guard(*args: Any, **kwargs: Any) -> Any:
        if _here.watches and (applies is None or applies(*args, **kwargs)):
            _refuse(kind)
        return real(*args, **kwargs)

    return guard


def _make_exchange() -> Exchange:
    """Return the exchange of all that `kinds` lists."""
    exchange = Exchange()
    for module, name, kind, applies in FUNCTIONS:
        real = surroundings._real_sleep if name == "sleep" else None  # noqa: SLF001 - time.sleep is virtual now
        exchange.add_function(module, name, partial(_guard, kind, applies), real)
    for module, owner, name, kind, applies in METHODS:
        exchange.add_method(module, owner, name, partial(_guard, kind, applies))
    return exchange


_exchange = _make_exchange()

# --- the functions of `random` draw from the simulation, or have no source: then they are not seeded

_DRAWS = ("random", "getrandbits")
_source: Callable[[], Random | None]


def _watch_source() -> None:
    """Look on at where `random` draws from."""
    global _source  # noqa: PLW0603 - there is one `random` in a process
    _source = randomness._source  # noqa: SLF001 - where `route` keeps it
    randomness._source = _watched_source  # noqa: SLF001 - see above


def _unwatch_source() -> None:
    """Look away."""
    randomness._source = _source  # noqa: SLF001 - where `route` keeps it


def _watched_source() -> Random | None:
    """Return what `random` draws from; a draw from nothing is found."""
    source = _source()
    if source is None and _here.watches and sys._getframe(1).f_code.co_name in _DRAWS:  # noqa: SLF001 - as above
        _refuse(UNSEEDED)
    return source
