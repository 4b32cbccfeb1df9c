"""A private asyncio event loop whose time is the simulation's virtual clock.

This module promises that a coroutine behaves as under `asyncio.run`, that waiting takes no real
time and only whole virtual milliseconds, that the order of everything is the same in every run,
that a wait without end is an error, and that nothing of a run outlives it. It must not know
tasks of the engine, checkpoints or faults: what it needs of the engine is `LoopHost`.
"""

from __future__ import annotations

import asyncio
import inspect
import sys
import traceback
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any

from tasksim._engine.asyncgens import AsyncGenerators
from tasksim._engine.closing import close_async_generator, close_coroutine, unawaited_is_no_news
from tasksim._engine.pending import waiting_place
from tasksim._engine.timed_loop import LoopHost, TimedLoop
from tasksim.errors import CrashSwallowedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from typing_extensions import TypeVarTuple, Unpack

    _Ts = TypeVarTuple("_Ts")

__all__ = ["LoopHost", "VirtualLoop", "run_awaitable"]

_STOPPED = "Return from the coroutine to end it; the simulation stops and closes its loop itself."


def run_awaitable(awaitable: Awaitable[Any], host: LoopHost) -> Any:
    """Drive an awaitable to its end on a loop of its own, and return its result.

    As `asyncio.run` does, it then cancels the tasks left over and closes the async generators.
    It may be called while another loop of this thread runs.

    Raises:
        RunKilled: The run was killed, whatever its coroutines made of it.
        DeadlockError: Every coroutine waits, nothing is ready and no timer is set.
        UsageError: Something asked the loop for the outside world, even if it swallowed the refusal.
        BaseException: What the awaitable raises; at once, what is no `Exception` and is raised in
            any task; if the awaitable ended well, an `AssertionError` or `UsageError` of a task
            that nobody awaited.
    """
    loop = VirtualLoop(host)
    coroutine = awaitable if inspect.iscoroutine(awaitable) else _awaited(awaitable)
    outer_hooks, outer_loop = sys.get_asyncgen_hooks(), asyncio._get_running_loop()  # noqa: SLF001 - made for loops
    asyncio._set_running_loop(loop)  # noqa: SLF001 - made for loops
    sys.set_asyncgen_hooks(loop.generators.first_iterated, loop.generators.dropped)
    result = None
    try:
        try:
            result = loop.live(coroutine)
        finally:
            loop.close_down()
    except (KeyboardInterrupt, CrashSwallowedError):
        raise
    except BaseException:
        if host.killed is None:
            raise
    finally:
        sys.set_asyncgen_hooks(*outer_hooks)
        asyncio._set_running_loop(outer_loop)  # noqa: SLF001 - made for loops
    if host.killed is not None:
        raise host.killed
    return result


async def _awaited(awaitable: Awaitable[Any]) -> Any:
    """Make a coroutine of any awaitable."""
    return await awaitable


class VirtualLoop(TimedLoop):
    """The event loop of one run: its tasks, their errors, and how all of it ends.

    A task is known from the moment it schedules its first step, whoever made it.
    """

    def __init__(self, host: LoopHost) -> None:
        super().__init__(host)
        self.generators = AsyncGenerators(self)
        self._tasks: dict[int, tuple[asyncio.Task[Any], Context]] = {}  # by id(task)
        self._tasks_made = 0
        self._task_factory: Any = None
        self._exception_handler: Any = None
        self._fatal: BaseException | None = None  # ends the run at once
        self._finding: BaseException | None = None  # comes out if the run ends well
        self._ended = False

    def live(self, coroutine: Any) -> Any:
        """Run a coroutine to its end, then what it left over, and return its result."""
        main = self.create_task(coroutine)
        self._end_if_told()
        while not main.done():
            if self._stopping:
                self.refuse("The event loop was stopped before the coroutine ended.", _STOPPED)
            self._turn()
        self.generators.ending = True
        if self._ready:  # as under asyncio.run, which learns of the end one turn later
            self._turn()
        self._end_leftovers()
        if self.refusal is not None:
            raise self.refusal
        result = main.result()
        self._report_unawaited()
        if self._finding is not None:
            raise self._finding
        return result

    def close_down(self) -> None:
        """Close by hand what is still open, in the order of creation, and then the loop.

        Raises:
            KeyboardInterrupt: It was raised meanwhile.
            CrashSwallowedError: A coroutine of a dead run would not end.
        """
        caught: list[BaseException] = []
        if not self._ended or self._tasks or self._ready or self.generators:
            with unawaited_is_no_news():
                caught = self._close_all()
        self._closed = True
        for error in caught:
            if isinstance(error, KeyboardInterrupt) or self._host.killed is not None:
                raise error

    def _end_leftovers(self) -> None:
        """Cancel the tasks left over and let them end, then the async generators."""
        self._adopt_strays()
        leftovers = [task for task, _ in self._tasks.values() if not task.done()]
        for task in leftovers:
            task.cancel()
        self._run_until_done(leftovers)
        if self.generators:
            self._run_until_done([self.create_task(self.shutdown_asyncgens())])
        self._ended = True

    def _run_until_done(self, tasks: list[asyncio.Task[Any]]) -> None:
        """Run until these tasks ended."""
        while tasks:
            self._turn()
            tasks = [task for task in tasks if not task.done()]

    def _report_unawaited(self) -> None:
        """Report the errors of tasks that nobody asked for theirs, in the order of creation."""
        for task, _ in list(self._tasks.values()):
            if getattr(task, "_log_traceback", False):  # it failed, and would log that at its end
                self.call_exception_handler(
                    {
                        "message": "Task exception was never retrieved",
                        "exception": _error_of(task),
                        "future": task,
                    }
                )

    def _close_all(self) -> list[BaseException]:
        """Close all tasks and then all async generators; return what must come out of that."""
        self._exception_handler = None  # what ends now is no news
        self._adopt_strays()
        caught = []
        generators = self.generators.take()
        while self._tasks or generators:
            while self._tasks:
                task, context = self._tasks.pop(next(iter(self._tasks)))
                if not task.done():
                    caught.append(self._close_task(task, context))
            caught += [close_async_generator(generator) for generator in generators]
            generators = self.generators.take()
        self._ready.clear()
        self._timers.clear()
        if self._host.killed is not None:  # its frames hold coroutines, too
            traceback.clear_frames(self._host.killed.__traceback__)
        return [error for error in caught if error is not None]

    def _close_task(self, task: asyncio.Task[Any], context: Context) -> BaseException | None:
        """Close a task's coroutine in the task's context, where it may reset variables."""
        coroutine = task.get_coro()
        asyncio.tasks._enter_task(self, task)  # noqa: SLF001 - documented for whoever runs tasks
        try:
            return context.run(close_coroutine, coroutine)
        except RuntimeError:  # the context of a caller of this loop, in which no task can run
            return close_coroutine(coroutine)
        finally:
            asyncio.tasks._leave_task(self, task)  # noqa: SLF001 - documented for whoever runs tasks
            asyncio.tasks._unregister_task(task)  # noqa: SLF001 - documented for whoever runs tasks

    # --- What the timed loop asks.

    def _run(self, handle: asyncio.Handle) -> None:
        """Run one callback, and see whether a task or the run ended in it."""
        owner = getattr(handle._callback, "__self__", None)  # type: ignore[attr-defined]  # noqa: SLF001 - a step's task
        handle._run()  # noqa: SLF001 - handles are made for the loop to run
        known = self._tasks.get(id(owner))
        if known is not None and known[0].done():
            self._settle(known[0])
        self._end_if_told()

    def _end_if_told(self) -> None:
        """Raise what ends the run at once: that it was killed, or what is no `Exception`."""
        killed = self._host.killed
        if killed is not None:
            raise killed
        if self._fatal is not None:
            raise self._fatal

    def _waiting_places(self) -> list[str]:
        """Return where each live task waits, in the order of creation."""
        self._adopt_strays()
        return [waiting_place(task.get_coro()) for task, _ in self._tasks.values() if not task.done()]

    # --- Tasks and their errors.

    def call_soon(
        self, callback: Callable[[Unpack[_Ts]], object], *args: Unpack[_Ts], context: Context | None = None
    ) -> asyncio.Handle:
        """Run a callback after those that are ready already; this is how tasks make their steps."""
        handle = super().call_soon(callback, *args, context=context)
        owner = getattr(callback, "__self__", None)
        if isinstance(owner, asyncio.Task) and owner.get_loop() is self:
            self._know(owner, context)
        return handle

    def _know(self, task: Any, context: Context | None = None) -> None:
        """Keep a task until it has ended well."""
        if id(task) not in self._tasks:
            self._tasks[id(task)] = (task, copy_context() if context is None else context)

    def _adopt_strays(self) -> None:
        """Know also the tasks that were made, and began, without this loop."""
        for task in sorted(asyncio.all_tasks(self), key=lambda task: task.get_name()):
            self._know(task)

    def _settle(self, task: asyncio.Task[Any]) -> None:
        """Forget a task that ended well; keep one that failed: somebody may ask for its error."""
        error = _error_of(task)
        if error is None:
            del self._tasks[id(task)]
        else:
            self._note_fatal(error)

    def _note_fatal(self, error: BaseException) -> None:
        """Note what must not stay in a task, as pytest's outcomes."""
        if self._fatal is None and not isinstance(error, (Exception, asyncio.CancelledError)):
            self._fatal = error

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Note an error that has no other way out; nothing is logged."""
        if self._closed:
            return
        error = context.get("exception")
        if error is not None:
            self._note_fatal(error)
            if self._finding is None and _is_finding(error):
                self._finding = error
        if self._exception_handler is not None:
            self._exception_handler(self, context)

    def default_exception_handler(self, context: dict[str, Any]) -> None:
        """Do nothing: the error is noted already."""

    def set_exception_handler(self, handler: Any) -> None:
        """Set what is told of errors that have no other way out."""
        self._exception_handler = handler

    def get_exception_handler(self) -> Any:
        """Return what was set."""
        return self._exception_handler

    def create_future(self) -> asyncio.Future[Any]:
        """Make a future of this loop."""
        return asyncio.Future(loop=self)

    def create_task(
        self,
        coro: Any,
        *,
        name: str | None = None,
        context: Context | None = None,
        **options: Any,
    ) -> asyncio.Task[Any]:
        """Make a task; unnamed ones are counted per run, not per process."""
        self._tasks_made += 1
        name = f"Task-{self._tasks_made}" if name is None else name
        if context is not None:
            options["context"] = context
        task: asyncio.Task[Any]
        if self._task_factory is None:
            task = asyncio.Task(coro, loop=self, name=name, **options)
        else:
            task = self._task_factory(self, coro, **options)
            task.set_name(name)
        if id(task) not in self._tasks:  # it began at once, or is of another kind
            self._know(task, getattr(task, "get_context", copy_context)())
            if task.done():
                self._settle(task)
        return task

    async def shutdown_asyncgens(self) -> None:
        """Close all async generators."""
        await self.generators.shutdown()

    def set_task_factory(self, factory: Any) -> None:
        """Set what makes tasks, or None for the default."""
        self._task_factory = factory

    def get_task_factory(self) -> Any:
        """Return what was set."""
        return self._task_factory


def _error_of(task: asyncio.Task[Any]) -> BaseException | None:
    """Return the error of a task that ended, without counting as somebody who asked for it."""
    return getattr(task, "_exception", None)


def _is_finding(error: BaseException) -> bool:
    """Tell whether an error, or one in a group, is about the test rather than about the task."""
    if isinstance(error, (AssertionError, UsageError)):
        return True
    members = getattr(error, "exceptions", ())
    return isinstance(members, tuple) and any(map(_is_finding, members))
