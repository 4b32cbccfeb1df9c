"""Closing coroutines and async generators by hand, without a loop that runs.

This module promises that what it closes has ended: its `finally` blocks ran, as far as they do
not await, and nothing is left for the garbage collector to complain about. It must not know
why they are closed.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from types import AsyncGeneratorType
from typing import TYPE_CHECKING, Any

from tasksim._engine.pending import await_chain, frame_of, waiting_place
from tasksim.errors import CrashSwallowedError

if TYPE_CHECKING:
    from collections.abc import Iterator

CLOSINGS = 100
"""How often a coroutine may wait again while it is closed."""


@contextmanager
def unawaited_is_no_news() -> Iterator[None]:
    """Silence the warning about coroutines that ended before anybody awaited them."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"coroutine .*was never awaited", RuntimeWarning)
        yield


def close_coroutine(coroutine: Any) -> BaseException | None:
    """Close a coroutine and all that it awaits, again wherever a `finally` block waits again.

    From the innermost outwards: `coroutine.close()` alone leaves behind an inner coroutine that
    waits again, and up to Python 3.12 an async generator in the midst of an await.

    Returns:
        What must come out nevertheless: a `KeyboardInterrupt` raised meanwhile, or a
        `CrashSwallowedError` where the coroutine would not end. What else its blocks raise is
        nobody's concern any more.
    """
    caught = None
    waits = 0
    while waits < CLOSINGS:
        innermost, driver = _innermost_open(coroutine)
        if innermost is None:
            return caught
        try:
            driver.throw(GeneratorExit())
        except BaseException as error:  # noqa: BLE001 - closing goes on, whatever the blocks raise
            caught = caught or _kept(error)
        waits += _is_open(innermost)
    return caught or _left(coroutine)


def close_async_generator(generator: Any) -> BaseException | None:
    """Close an async generator that nobody drives; returns as `close_coroutine`.

    With `athrow`, not `aclose`: after the first `aclose` no second one reaches a generator
    that yields in its `finally`.
    """
    caught = None
    for _ in range(CLOSINGS):
        if generator.ag_frame is None:
            return caught
        closing = generator.athrow(GeneratorExit())
        try:
            closing.send(None)
        except StopAsyncIteration:
            return caught  # it ended, or yielded under an aclose() before, and nothing reaches it any more
        except BaseException as error:  # noqa: BLE001 - closing goes on, whatever the blocks raise
            caught = caught or _kept(error)
        else:
            caught = caught or close_coroutine(closing)
    return caught or _left(generator)


def _innermost_open(coroutine: object) -> tuple[object | None, Any]:
    """Return the innermost of what a coroutine awaits that has not ended, and what to throw into."""
    found: tuple[object | None, Any] = (None, None)
    driver: object = None
    for awaited in await_chain(coroutine):
        if _is_open(awaited):
            found = (awaited, driver if isinstance(awaited, AsyncGeneratorType) else awaited)
        driver = awaited
    return found


def _is_open(awaitable: object) -> bool:
    """Tell whether something in a chain of awaits has code that waits."""
    if isinstance(awaitable, AsyncGeneratorType) and not awaitable.ag_running:
        return False  # it stands at a yield, and waits for nothing
    return frame_of(awaitable) is not None


def _left(stubborn: object) -> CrashSwallowedError:
    """Leave what would not close, and return the error that names the place.

    It is never let go: its finalizer would close it once more, and print, or not return: at the
    end of the process awaiting fails at once, and a loop that swallows everything spins.
    """
    import ctypes  # noqa: PLC0415 - rarely needed

    ctypes.pythonapi.Py_IncRef(ctypes.py_object(stubborn))
    return CrashSwallowedError(
        f"A coroutine was closed {CLOSINGS} times and waits again.",
        facts=(waiting_place(stubborn),),
        way_out="Let GeneratorExit pass: catch Exception, not BaseException, around what awaits.",
    )


def _kept(error: BaseException) -> BaseException | None:
    """Return an error that must come out although it was raised while closing."""
    return error if isinstance(error, KeyboardInterrupt) else None
