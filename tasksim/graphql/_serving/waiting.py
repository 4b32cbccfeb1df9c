"""Waiting for what may never come, at the price of one timer."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine
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
    loop = asyncio.get_running_loop()
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
        loop = asyncio.get_running_loop()
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
