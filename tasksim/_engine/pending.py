"""Where coroutines stand, as text: `app.py:12 in worker: await queue.get()`.

This module promises texts that are the same in every process: no address, no directory, no
task name that counts through the whole process. It only looks at coroutines and must not
know the loop.
"""

from __future__ import annotations

import gc
from types import AsyncGeneratorType, CoroutineType, FrameType, GeneratorType
from typing import TYPE_CHECKING

from tasksim._engine.frames import is_the_users, place

if TYPE_CHECKING:
    from collections.abc import Iterator

_SUSPENDABLE = (CoroutineType, GeneratorType, AsyncGeneratorType)


def await_chain(awaitable: object) -> Iterator[object]:
    """Yield an awaitable, what it awaits, what that awaits, and so on to the innermost."""
    current: object | None = awaitable
    while current is not None:
        yield current
        current = _awaited_by(current)


def _awaited_by(awaitable: object) -> object | None:
    """Return what an awaitable awaits, or None at the end of what can be seen.

    The awaitables that an async generator hands out (`asend`, `athrow`, `aclose`) and the one
    of a coroutine's `__await__` show nothing of themselves to Python; the garbage collector
    knows what they hold.
    """
    if isinstance(awaitable, CoroutineType):
        return awaitable.cr_await
    if isinstance(awaitable, GeneratorType):
        return awaitable.gi_yieldfrom
    if isinstance(awaitable, AsyncGeneratorType):
        return awaitable.ag_await
    held = gc.get_referents(awaitable)
    return next((one for one in held if isinstance(one, _SUSPENDABLE)), None)


def frame_of(awaitable: object) -> FrameType | None:
    """Return the frame in which an awaitable is suspended."""
    if isinstance(awaitable, CoroutineType):
        return awaitable.cr_frame
    if isinstance(awaitable, GeneratorType):
        return awaitable.gi_frame
    if isinstance(awaitable, AsyncGeneratorType):
        return awaitable.ag_frame
    return None


def waiting_place(coroutine: object) -> str:
    """Return where a suspended coroutine waits: the user's innermost frame, if there is one."""
    frames = [frame for one in await_chain(coroutine) if (frame := frame_of(one)) is not None]
    users = [frame for frame in frames if is_the_users(frame)]
    if innermost := users[-1:] or frames[-1:]:
        return place(innermost[0])
    return type(coroutine).__qualname__
