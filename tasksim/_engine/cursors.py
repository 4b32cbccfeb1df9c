"""Jobs with a cursor: functions that return the next one, and generators that yield it.

This module promises that a job is told to stop by an abort and by the end of its time, that it goes on from
the last cursor it gave, and that its generator is closed before the iteration answers. It must not know who
triggers the job.
"""

from __future__ import annotations

from contextlib import aclosing, closing
from inspect import Parameter, isasyncgen, isawaitable, isgenerator, signature
from typing import TYPE_CHECKING, Any

from tasksim._engine.binding import bind
from tasksim._engine.jobs import as_output, json_from, name_of
from tasksim._world.strict_json import copy_json
from tasksim.errors import DefinitionError, UsageError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Generator

    from tasksim.typing import JSON, Controller, JsonObject, Runtime

__all__ = ["CURSOR", "run_with_cursor"]

CURSOR = "cursor"
"""The key of the stored input that holds the cursor."""

_KNOWN = (CURSOR, "should_stop", "input")


def run_with_cursor(function: Callable[..., Any], *, id: str) -> Callable[..., Any]:
    """Return the `run` of a job with a cursor.

    Raises:
        DefinitionError: The function takes neither `cursor` nor `should_stop`, or needs anything unknown.
    """
    _refuse_method(function)
    binding = bind(function, role=name_of(function), owner=id, known=_KNOWN)
    if not {CURSOR, "should_stop"}.intersection(binding.names):
        raise DefinitionError(
            f"{name_of(function)}() of {id!r} takes neither 'cursor' nor 'should_stop', so it cannot go on "
            "where it stopped.",
            way_out="Give it the parameter cursor, which is None at first, then what it returned or yielded "
            "last.",
        )

    def run(input: JsonObject, controller: Controller) -> Any:
        slice_ = _Slice(function, input.pop(CURSOR, None), controller)
        values = {CURSOR: copy_json(slice_.cursor), "should_stop": slice_.should_stop, "input": input}
        given = binding.call({name: values[name] for name in binding.names})
        if isgenerator(given):
            return slice_.drive(given)
        if isasyncgen(given):
            return slice_.drive_async(given)
        if isawaitable(given):
            return slice_.answer_later(given)
        return slice_.answer(given)

    return run


def _refuse_method(function: Callable[..., Any]) -> None:
    """Refuse a method that belongs to no object yet, with a way out of its own."""
    try:
        first = next(iter(signature(function).parameters.values()), None)
    except (TypeError, ValueError):
        return  # binding says what is wrong
    if first is not None and first.name == "self" and first.default is Parameter.empty:
        raise DefinitionError(
            f"{name_of(function)}() is a method, and its object is not known yet.",
            way_out=f"Pass the method of an object: resumable(shop.{name_of(function)}).",
        )


class _ShouldStop:
    """What a job gets as `should_stop`, and asks as often as it likes.

    Attributes:
        was_told: The answer was True.
        is_aborted: Because somebody aborted the task.
    """

    __slots__ = ("_runtime", "is_aborted", "was_told")

    def __init__(self, runtime: Runtime) -> None:
        """Begin with no answer."""
        self._runtime = runtime
        self.was_told = False
        self.is_aborted = False

    def __call__(self) -> bool:
        """Whether the job should stop now: the task is aborted (E9), or its time runs out (E8)."""
        if self._runtime.is_aborted():
            self.is_aborted = self.was_told = True
            return True
        if self._runtime.is_close_to_timeout():
            self.was_told = True
            return True
        return False


class _Slice:
    """One iteration of a job.

    Attributes:
        cursor: Where it goes on: the last one that it gave.
        should_stop: What it asks.
    """

    __slots__ = ("_controller", "_function", "cursor", "should_stop")

    def __init__(self, function: Callable[..., Any], cursor: JSON, controller: Controller) -> None:
        """Begin at a cursor."""
        self._function = function
        self._controller = controller
        self.cursor = cursor
        self.should_stop = _ShouldStop(controller.runtime)

    def answer(self, returned: object) -> Any:
        """Answer what a function returned: the next cursor, or None when done."""
        if returned is None and not self.should_stop.is_aborted:
            return self._controller.response.done()
        self.cursor = json_from(self._function, returned, CURSOR)
        return self._stopped()

    async def answer_later(self, returned: Awaitable[object]) -> Any:
        """Answer what an async function returns."""
        return self.answer(await returned)

    def drive(self, generator: Generator[object, Any, object]) -> Any:
        """Take cursors from a generator until it ends or has to stop."""
        with closing(generator):
            while True:
                try:
                    yielded = next(generator)
                except StopIteration as end:
                    return self._ended(end.value)
                if self._must_stop_after(yielded):
                    break
        return self._stopped()

    async def drive_async(self, generator: AsyncGenerator[object, Any]) -> Any:
        """Take cursors from an async generator until it ends or has to stop."""
        async with aclosing(generator):
            async for yielded in generator:
                if self._must_stop_after(yielded):
                    break
            else:
                return self._ended(None)
        return self._stopped()

    def _must_stop_after(self, yielded: object) -> bool:
        """Remember a cursor in the stored input; return whether the job should stop."""
        if yielded is None:
            raise UsageError(
                f"{name_of(self._function)}() yielded None, and a cursor of None means the beginning.",
                way_out="Yield where to go on, as in `yield page + 1`.",
            )
        self.cursor = json_from(self._function, yielded, CURSOR)
        self._controller.state.update_input({CURSOR: self.cursor})
        return self.should_stop()

    def _ended(self, returned: object) -> Any:
        """Answer the return of a generator: it is done, unless it was told to stop."""
        if self.should_stop.was_told:
            return self._stopped()
        output = as_output(json_from(self._function, returned, "the output"))
        return self._controller.response.done(output=output)

    def _stopped(self) -> Any:
        """Answer that the job stopped before its end."""
        if self.should_stop.is_aborted:
            return self._controller.response.aborted()
        return self._controller.response.continue_({CURSOR: self.cursor})
