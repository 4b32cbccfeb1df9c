"""The part of the event loop that runs callbacks in virtual time.

This module promises the order: callbacks run first in, first out, timers by time and then by
order of creation; time is whole milliseconds and moves only when nothing is ready. It must not
know what a callback belongs to.
"""

from __future__ import annotations

import asyncio
import heapq
import math
import threading
from abc import abstractmethod
from collections import deque
from typing import TYPE_CHECKING, Any, Protocol

from tasksim._engine.sealed_loop import SealedLoop
from tasksim.errors import DeadlockError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Context

    from typing_extensions import TypeVarTuple, Unpack

    from tasksim.errors import RunKilled

    _Ts = TypeVarTuple("_Ts")

_THREAD = "Call the function directly, without a thread: time stands still while it runs."

MAX_TURNS = 1_000_000
"""How often the loop turns at one and the same time: more is a coroutine that polls."""


class LoopHost(Protocol):
    """What the loop asks of the engine."""

    def now_ms(self) -> int:
        """Return the monotonic time."""

    def sleep_until(self, at_ms: int) -> None:
        """Move the clock to a later time, as the checkpoint `sleep`: it may kill the run."""

    @property
    def killed(self) -> RunKilled | None:
        """What killed the run, if it is dead."""


class TimedLoop(SealedLoop):
    """A queue of callbacks, a heap of timers and the host's clock."""

    def __init__(self, host: LoopHost) -> None:
        super().__init__()
        self._host = host
        self._thread = threading.get_ident()
        self._ready: deque[asyncio.Handle] = deque()
        self._timers: list[tuple[int, int, asyncio.TimerHandle]] = []
        self._timers_made = 0
        self._turned_at_ms = 0
        self._turns = 0
        self._stopping = False
        self._closed = False
        self._debug = False

    @abstractmethod
    def _run(self, handle: asyncio.Handle) -> None:
        """Run one callback."""

    @abstractmethod
    def _end_if_told(self) -> None:
        """Raise what ends the run at once, if there is anything."""

    @abstractmethod
    def _waiting_places(self) -> list[str]:
        """Return where each live task waits."""

    def _turn(self) -> None:
        """Run what is ready; if nothing is, jump to the next timer first."""
        now_ms = self._host.now_ms()
        if not self._ready:
            at_ms = self._next_timer_ms(now_ms)
            if at_ms > now_ms:
                self._host.sleep_until(at_ms)
                self._end_if_told()
                now_ms = self._host.now_ms()
        self._count_turn(now_ms)
        while self._timers and self._timers[0][0] <= now_ms:
            self._ready.append(heapq.heappop(self._timers)[2])
        for _ in range(len(self._ready)):
            handle = self._ready.popleft()
            if not handle.cancelled():
                self._run(handle)

    def _next_timer_ms(self, now_ms: int) -> int:
        """Return when the next timer is due."""
        while self._timers and self._timers[0][2].cancelled():
            heapq.heappop(self._timers)
        if not self._timers:
            raise DeadlockError(
                f"Every coroutine waits at {now_ms} ms, nothing is ready and no timer is set.",
                facts=self._waiting_places(),
                way_out="Let another task complete what is awaited, or bound it with asyncio.wait_for().",
            )
        return self._timers[0][0]

    def _count_turn(self, now_ms: int) -> None:
        """Refuse to turn for ever while time stands still."""
        if now_ms != self._turned_at_ms:
            self._turned_at_ms = now_ms
            self._turns = 0
        self._turns += 1
        if self._turns > MAX_TURNS:
            raise UsageError(
                f"The event loop turned {MAX_TURNS:,} times at {now_ms} ms and time stood still.",
                facts=self._waiting_places(),
                way_out="Wait for an asyncio.Event, or poll with a longer sleep: sleep(0) takes no time.",
            )

    # --- Callbacks and time.

    def time(self) -> float:
        """Return the virtual time in seconds."""
        return self._host.now_ms() / 1000

    def call_soon(
        self, callback: Callable[[Unpack[_Ts]], object], *args: Unpack[_Ts], context: Context | None = None
    ) -> asyncio.Handle:
        """Run a callback after those that are ready already."""
        self._refuse_if_closed()
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def call_soon_threadsafe(
        self, callback: Callable[[Unpack[_Ts]], object], *args: Unpack[_Ts], context: Context | None = None
    ) -> asyncio.Handle:
        """Do as `call_soon`; from another thread it is refused."""
        if threading.get_ident() != self._thread:
            self.refuse("A simulation's event loop was called from another thread.", _THREAD)
        return self.call_soon(callback, *args, context=context)

    def call_later(
        self,
        delay: float,
        callback: Callable[[Unpack[_Ts]], object],
        *args: Unpack[_Ts],
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Run a callback after a delay in seconds, rounded up to whole milliseconds.

        Billionths of a second are what floats get wrong: 16.1 seconds are 16,100 ms.
        """
        if delay == math.inf:
            return self._call_at_ms(None, callback, args, context)
        ms = math.ceil(round(delay * 1000, 6))
        return self._call_at_ms(self._host.now_ms() + (ms or int(delay > 0)), callback, args, context)

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[_Ts]], object],
        *args: Unpack[_Ts],
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Run a callback at a time in seconds, rounded up to whole milliseconds.

        A time since 1970 has no more than millionths of a second in a float.
        """
        at_ms = None if when == math.inf else math.ceil(round(when * 1000, 3))
        return self._call_at_ms(at_ms, callback, args, context)

    def _call_at_ms(
        self,
        at_ms: int | None,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        context: Context | None,
    ) -> asyncio.TimerHandle:
        """Set a timer; one without a time never rings."""
        self._refuse_if_closed()
        when = math.inf if at_ms is None else at_ms / 1000
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        if at_ms is not None:
            self._timers_made += 1
            heapq.heappush(self._timers, (at_ms, self._timers_made, handle))
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Do nothing: a cancelled timer is skipped at its time."""

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """Do nothing: there is no executor."""

    def stop(self) -> None:
        """Run what is ready, and then no more."""
        self._stopping = True

    def is_running(self) -> bool:
        """Tell whether the run goes on."""
        return not self._closed

    def is_closed(self) -> bool:
        """Tell whether the run is over."""
        return self._closed

    def _refuse_if_closed(self) -> None:
        """Raise as asyncio does where a run is over."""
        if self._closed:
            raise RuntimeError("Event loop is closed")

    def get_debug(self) -> bool:
        """Return what was set: handles ask."""
        return self._debug

    def set_debug(self, enabled: bool) -> None:  # noqa: FBT001 - its signature
        """Let handles remember where they were made."""
        self._debug = enabled
