"""Waiting for what may never come, at the price of one timer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    T = TypeVar("T")

__all__ = ["TooLong", "within"]


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
