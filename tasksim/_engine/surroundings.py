"""What a task takes from its process is the simulation's while an event is handled: sleep and randomness.

This module promises that other threads, and this one between events, have the real ones, and that
everything is as it was when the last simulation has stopped handling events.
"""

from __future__ import annotations

import threading
import time
from math import ceil
from typing import TYPE_CHECKING

from tasksim._engine.calling import sleep_in
from tasksim._world.randomness import route, unroute

if TYPE_CHECKING:
    from random import Random  # noqa: TID251 - the type of what _world gives

    from tasksim._engine.core import Engine, Scope

__all__ = ["Surroundings"]


class _Here(threading.local):
    """The engines that handle events on this thread, outermost first."""

    def __init__(self) -> None:
        """None does."""
        self.engines: list[Engine] = []

    def scope(self) -> Scope | None:
        """Return the event that is being handled, the innermost."""
        for engine in reversed(self.engines):
            if engine.scope is not None:
                return engine.scope
        return None


_here = _Here()
_lock = threading.Lock()
_entered = 0
_real_sleep = time.sleep  # noqa: TID251 - it is taken over here, and given back below


class Surroundings:
    """Entered by whoever lets an engine handle events."""

    __slots__ = ("_engine",)

    def __init__(self, engine: Engine) -> None:
        """Serve one engine."""
        self._engine = engine

    def __enter__(self) -> None:
        """Put what is virtual in place, unless another simulation has."""
        global _entered, _real_sleep  # noqa: PLW0603 - there is one `time` in a process
        _here.engines.append(self._engine)
        with _lock:
            if not _entered:
                _real_sleep = time.sleep  # noqa: TID251 - as above
                time.sleep = _sleep  # type: ignore[assignment]  # noqa: TID251 - as above
                route(_stream)
            _entered += 1

    def __exit__(self, *_: object) -> None:
        """Put back what was there, unless another simulation needs it still."""
        global _entered  # noqa: PLW0603 - see above
        with _lock:
            _entered -= 1
            if not _entered:
                time.sleep = _real_sleep  # noqa: TID251 - as above
                unroute()
        _here.engines.pop()


def _sleep(seconds: float) -> None:
    """Sleep in virtual time, rounded up to whole milliseconds; outside events, really."""
    scope = _here.scope()
    if scope is None:
        _real_sleep(seconds)
        return
    if seconds < 0:
        message = "sleep length must be non-negative"  # as the real one says
        raise ValueError(message)
    sleep_in(scope.engine, scope.life, scope, ceil(seconds * 1000))


def _stream() -> Random | None:
    """Return what the event that is being handled draws from, the innermost whose simulation has a seed."""
    for engine in reversed(_here.engines):
        scope = engine.scope
        if scope is not None and engine.randomness is not None:
            return engine.randomness.of_event(scope.life.label, scope.event, len(engine.inside))
    return None
