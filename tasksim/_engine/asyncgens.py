"""The async generators of one event loop: which are open, and how they end.

This module promises that each generator first iterated under the loop is closed: when it is
dropped half-way, when the loop ends, or by hand when the run is dead. It must not know what
else the loop runs.
"""

from __future__ import annotations

import asyncio
import weakref
from itertools import count
from typing import TYPE_CHECKING, Any

from tasksim._engine.closing import close_async_generator

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator


class AsyncGenerators:
    """The async generators of a loop, in the order in which they were first iterated.

    Attributes:
        ending: No more tasks are started: a generator that is dropped waits for `shutdown`.
        dead: Nothing waits any more: a generator that is dropped is closed by hand, at once.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin with none."""
        self.ending = False
        self.dead = False
        self._loop = loop
        self._open: weakref.WeakValueDictionary[int, AsyncGenerator[Any, Any]] | None = None
        self._dropped: dict[int, AsyncGenerator[Any, Any]] = {}  # by id()
        self._number = count()

    def __len__(self) -> int:
        """Return how many may still be open."""
        return 0 if self._open is None else len(self._open)

    def first_iterated(self, generator: AsyncGenerator[Any, Any]) -> None:
        """Note a generator that begins: the first of the interpreter's two hooks."""
        if self._open is None:  # few runs have any, and making it costs as much as a task
            self._open = weakref.WeakValueDictionary()
        self._open[next(self._number)] = generator

    def dropped(self, generator: AsyncGenerator[Any, Any]) -> None:
        """Close a generator that nobody holds any more: the second hook."""
        if self.dead:
            close_async_generator(generator)
            return
        self.first_iterated(generator)  # its weak reference is cleared by now
        self._dropped[id(generator)] = generator  # it would be dropped but once
        self._loop.call_soon(self._close_dropped, generator)

    def _close_dropped(self, generator: Any) -> None:
        """Close a dropped generator in a task, as asyncio does."""
        if not self.ending:
            closing = self._loop.create_task(generator.aclose())
            closing.add_done_callback(lambda _: self._dropped.pop(id(generator), None))

    async def shutdown(self) -> None:
        """Close all that are open, at the same time; report what they raise to the loop."""
        self.ending = True
        generators = self._still_open()
        closings = [generator.aclose() for generator in generators]
        for generator, result in zip(
            generators, await asyncio.gather(*closings, return_exceptions=True), strict=True
        ):
            if isinstance(result, Exception):
                self._loop.call_exception_handler(
                    {
                        "message": "an error occurred while closing an asynchronous generator",
                        "exception": result,
                        "asyncgen": generator,
                    }
                )

    def take(self) -> list[AsyncGenerator[Any, Any]]:
        """Return those that may be open, and forget them: whoever asks closes them by hand."""
        self.dead = True
        generators = self._still_open()
        self._open = None
        self._dropped.clear()
        return generators

    def _still_open(self) -> list[AsyncGenerator[Any, Any]]:
        """Return those that may be open, in the order in which they began."""
        return [] if self._open is None else list(self._open.values())
