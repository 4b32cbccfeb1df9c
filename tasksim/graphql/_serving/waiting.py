"""Waiting for what may never come, at the price of one timer; in asyncio, or in trio where that runs."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Coroutine
    from concurrent.futures import Future
    from typing import Any

    T = TypeVar("T")

__all__ = ["TooLong", "settled", "within"]


class TooLong(Exception):
    """It did not come in time."""


async def within(seconds: float, awaitable: asyncio.Future[T] | Coroutine[Any, Any, T]) -> T:
    """Return what comes of an awaitable within so many seconds; it is cancelled if nothing does.

    Raises:
        TooLong: Nothing came.
    """
    loop = _running_loop()
    if loop is None:
        return await _within_in_trio(seconds, awaitable)
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - somebody awaits this
    is_over = False

    def end() -> None:
        nonlocal is_over
        is_over = True
        task.cancel()

    timer = loop.call_later(seconds, end)
    try:
        return await awaitable
    except asyncio.CancelledError:
        if not is_over:  # somebody else cancels it
            raise
        getattr(task, "uncancel", int)()  # from Python 3.11 on
        raise TooLong from None
    finally:
        timer.cancel()


async def settled(future: Future[Any], seconds: float) -> bool:
    """Wait so long for a future of another thread, which stays as it is; return whether it has an outcome."""
    if not future.done():
        loop = _running_loop()
        if loop is None:
            return await _settled_in_trio(future, seconds)
        waiter: asyncio.Future[None] = loop.create_future()
        timer = loop.call_later(seconds, _set, waiter)

        def wake(_: object) -> None:
            with suppress(RuntimeError):  # the loop ended before
                loop.call_soon_threadsafe(_set, waiter)

        future.add_done_callback(wake)
        try:
            await waiter
        finally:
            timer.cancel()
    return future.done()


def _set(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the loop of asyncio that runs; None where it is another library's, which is trio's."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


async def _within_in_trio(seconds: float, awaitable: Awaitable[T]) -> T:
    import trio  # noqa: PLC0415 - whoever waits in it has it

    with trio.move_on_after(seconds):
        return await awaitable
    raise TooLong


async def _settled_in_trio(future: Future[Any], seconds: float) -> bool:
    import trio  # noqa: PLC0415 - whoever waits in it has it

    token = trio.lowlevel.current_trio_token()
    is_settled = trio.Event()

    def wake(_: object) -> None:
        with suppress(trio.RunFinishedError):
            token.run_sync_soon(is_settled.set)

    future.add_done_callback(wake)
    with trio.move_on_after(seconds):
        await is_settled.wait()
    return future.done()
