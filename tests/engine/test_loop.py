"""The private event loop: as `asyncio.run`, in virtual time, and nothing survives it."""

import _thread
import asyncio
import contextvars
import gc
import inspect
import logging
import math
import subprocess
import sys
import threading
import types
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasksim._engine import asyncgens, closing, pending, timed_loop
from tasksim._engine.loop import VirtualLoop, run_awaitable
from tasksim.errors import CrashSwallowedError, DeadlockError, RunKilled, UsageError

needs_3_11 = pytest.mark.skipif(sys.version_info < (3, 11), reason="asyncio has it from 3.11 on")
needs_3_12 = pytest.mark.skipif(sys.version_info < (3, 12), reason="asyncio has it from 3.12 on")


class Host:
    """A clock of integers, with a deadline and one checkpoint that may crash."""

    def __init__(self, *, now_ms=0, deadline_ms=math.inf, crash_at=None):
        self.ms = now_ms
        self.deadline_ms = deadline_ms
        self.crash_at = crash_at
        self.killed = None
        self.jumps = []
        self.log = []

    def now_ms(self):
        return self.ms

    def sleep_until(self, at_ms):
        assert at_ms > self.ms
        self.jumps.append(at_ms)
        if at_ms >= self.deadline_ms:
            self.ms = self.deadline_ms
            self.kill("timeout", "sleep")
        self.ms = at_ms

    def kill(self, reason, name):
        self.killed = RunKilled(reason, name)
        raise self.killed

    def checkpoint(self, name):
        """Touch the world: as the engine's, it is dead once the run is."""
        if self.killed is not None:
            raise self.killed
        self.log.append(name)
        if name == self.crash_at:
            self.kill("crash", name)


@pytest.fixture
def host():
    """Return a host at time zero."""
    return Host()


@pytest.fixture(autouse=True)
def silence(capfd, caplog, monkeypatch):
    """Hold for every test: nothing is printed, logged or warned of, then or at a collection."""
    complaints = []
    monkeypatch.setattr(sys, "unraisablehook", complaints.append)
    caplog.set_level(logging.WARNING, "asyncio")
    gc.freeze()  # what other tests left is not looked at: a collection is cheap
    yield
    gc.collect()
    monkeypatch.undo()
    assert [str(one.exc_value) for one in complaints] == []
    records = caplog.get_records("call") + caplog.get_records("teardown")
    assert [record.getMessage() for record in records if record.name == "asyncio"] == []
    assert capfd.readouterr() == ("", "")


def killed_run(coroutine, host):
    """Run until the host's kill comes out."""
    with pytest.raises(RunKilled) as caught:
        run_awaitable(coroutine, host)
    assert caught.value is host.killed


# --- Results


def test_returns_the_result(host):
    """A coroutine's result is returned; without a wait no time passes."""

    async def main():
        return 42

    assert run_awaitable(main(), host) == 42
    assert host.jumps == []


def test_raises_what_the_coroutine_raises(host):
    """A coroutine's exception comes out as it is."""
    error = ValueError("mine")

    async def main():
        raise error

    with pytest.raises(ValueError, match="mine") as caught:
        run_awaitable(main(), host)
    assert caught.value is error


class Awaitable:
    """An object that is awaited by way of a coroutine."""

    def __await__(self):
        return asyncio.sleep(1, "object").__await__()


@types.coroutine
def generator_based():
    """Wait as coroutines did before `async def`."""
    yield from asyncio.sleep(1).__await__()
    return "generator"


@pytest.mark.parametrize(("make", "result"), [(Awaitable, "object"), (generator_based, "generator")])
def test_drives_any_awaitable(host, make, result):
    """Whatever can be awaited can be run."""
    assert run_awaitable(make(), host) == result
    assert host.ms == 1000


def test_cancelled_coroutine_raises_cancelled(host):
    """A coroutine that cancels itself ends as under `asyncio.run`."""

    async def main():
        asyncio.current_task().cancel()
        await asyncio.sleep(1)

    with pytest.raises(asyncio.CancelledError):
        run_awaitable(main(), host)


# What a worker does, a step each; it waits for nothing but its turn, so that asyncio can do it, too.
STEPS = st.sampled_from(["yield", "put", "get", "lock", "spawn", "cancel", "timer", "fail"])


async def act(workers, log):  # noqa: C901 - a step each
    """Let workers do their steps at the same time; log who did what when."""
    queue, lock, spawned = asyncio.Queue(), asyncio.Lock(), []

    async def worker(number, steps):
        try:
            for step in steps:
                log.append((number, step))
                await do(number, step)
        finally:
            await asyncio.sleep(0)
            log.append((number, "end"))

    async def do(number, step):
        if step == "yield":
            await asyncio.sleep(0)
        elif step == "put":
            queue.put_nowait(number)
        elif step == "get" and not queue.empty():
            log.append((number, await queue.get()))
        elif step == "lock":
            async with lock:
                await asyncio.sleep(0)
        elif step == "spawn":
            spawned.append(asyncio.create_task(worker((number, len(spawned)), ["yield", "lock"])))
        elif step == "cancel" and spawned:
            spawned[-1].cancel()
        elif step == "timer":
            await asyncio.wait_for(asyncio.sleep(0, number), None)
        elif step == "fail":
            raise ValueError(number)

    acting = [worker(number, steps) for number, steps in enumerate(workers)]
    log.append(list(map(repr, await asyncio.gather(*acting, return_exceptions=True))))
    await asyncio.gather(*spawned, return_exceptions=True)  # asyncio would cancel them in any order


@given(st.lists(st.lists(STEPS, max_size=6), min_size=1, max_size=4))
def test_order_is_that_of_asyncio(workers):
    """Law: what needs no time happens in the order in which `asyncio.run` does it."""
    ours, theirs = [], []
    run_awaitable(act(workers, ours), Host())
    asyncio.run(act(workers, theirs))
    assert ours == theirs


# --- Time


def test_sleep_takes_virtual_time_only(host):
    """`asyncio.sleep(2.5)` takes exactly 2500 ms of the host's time."""

    async def main():
        await asyncio.sleep(2.5)
        return asyncio.get_running_loop().time()

    assert run_awaitable(main(), host) == 2.5
    assert host.jumps == [2500]


def test_repeated_sleeps_do_not_drift(host):
    """Tenths of a second add up to whole ones."""

    async def main():
        for _ in range(10):
            await asyncio.sleep(0.1)

    run_awaitable(main(), host)
    assert host.jumps == [100 * n for n in range(1, 11)]


@pytest.mark.parametrize(
    ("delay", "ms"),
    [(0.0001, 1), (0.0011, 2), (1e-12, 1), (16.1, 16_100), (8.2, 8200), (0.1 + 0.2, 300), (0, 0), (-5, 0)],
)
def test_sleep_is_rounded_up(host, delay, ms):
    """A sleep takes at least what it asks, in whole milliseconds, whatever floats add."""

    async def main():
        await asyncio.sleep(delay)

    run_awaitable(main(), host)
    assert host.ms == ms


@given(now=st.integers(0, 2 * 10**12), delay=st.integers(0, 10**9))
def test_times_of_whole_milliseconds_are_exact(now, delay):
    """Law: neither `call_later` nor `call_at` loses or adds a millisecond, up to the year 2033."""
    loop = VirtualLoop(Host(now_ms=now))
    assert loop.call_at(loop.time() + delay / 1000, print).when() == (now + delay) / 1000
    assert loop.call_later(delay / 1000, print).when() == (now + delay) / 1000


@given(delay=st.floats(0, 1e6))
def test_sleep_is_never_short(delay):
    """Law: a delay takes at least its length, to a billionth of a second, and less than 1 ms more."""
    taken = VirtualLoop(Host()).call_later(delay, print).when()
    assert delay - 1e-9 <= taken <= delay + 0.001


def test_sleep_zero_yields_without_time(host):
    """`asyncio.sleep(0)` lets others run and takes no time."""
    order = []

    async def worker(name):
        for n in range(2):
            order.append((name, n))
            await asyncio.sleep(0)

    async def main():
        await asyncio.gather(worker("a"), worker("b"))

    run_awaitable(main(), host)
    assert order == [("a", 0), ("b", 0), ("a", 1), ("b", 1)]
    assert host.jumps == []


def test_timers_run_by_time_and_then_by_creation(host):
    """Timers of one time run in the order in which they were set."""
    order = []

    async def main():
        loop = asyncio.get_running_loop()
        loop.call_later(0.2, order.append, "late")
        loop.call_at(0.1, order.append, "first")
        loop.call_later(0.1, order.append, "second")
        loop.call_later(0.1, order.append, "never").cancel()
        await asyncio.sleep(0.3)

    run_awaitable(main(), host)
    assert order == ["first", "second", "late"]
    assert host.jumps == [100, 200, 300]


def test_cancelled_callbacks_do_not_run(host):
    """A cancelled handle is skipped, and a cancelled timer takes no time."""
    heard = []

    async def main():
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: heard.append(context))
        loop.call_soon(heard.append, "soon").cancel()
        loop.call_later(0.5, heard.append, "later").cancel()
        await asyncio.sleep(1)

    run_awaitable(main(), host)
    assert heard == []
    assert host.jumps == [1000]


def test_time_spent_by_a_callback_counts(host):
    """Timers that fell due while a callback spent time run without a further sleep."""
    order = []

    async def main():
        asyncio.get_running_loop().call_later(1, order.append, "timer")
        host.ms += 5000
        await asyncio.sleep(0)
        order.append("main")
        await asyncio.sleep(0)

    run_awaitable(main(), host)
    assert order == ["main", "timer"]
    assert host.jumps == []


def test_overdue_timer_needs_no_sleep(host):
    """A timer that is overdue when all wait runs at once."""

    async def main():
        done = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(1, done.set_result, "late")
        host.ms += 5000
        return await done

    assert run_awaitable(main(), host) == "late"
    assert host.jumps == []


def test_endless_timer_never_rings(host):
    """A sleep without end is a wait like any other: others go on, and alone it is a deadlock."""

    async def forever():
        await asyncio.sleep(math.inf)

    async def main():
        asyncio.get_running_loop().call_at(math.inf, print)
        endless = asyncio.create_task(forever())
        await asyncio.sleep(1)
        endless.cancel()

    run_awaitable(main(), host)
    assert host.jumps == [1000]
    with pytest.raises(DeadlockError, match="in forever"):
        run_awaitable(forever(), host)


def test_not_a_number_is_refused(host):
    """A delay that is no number is an error, not a timer."""
    with pytest.raises(ValueError, match="NaN"):
        run_awaitable(asyncio.sleep(math.nan), host)


def test_polling_without_time_is_refused(host, monkeypatch):
    """A coroutine that polls with `sleep(0)` ends in an error that names it, not in a hang."""
    monkeypatch.setattr(timed_loop, "MAX_TURNS", 100)

    async def poll():
        for _ in range(99):  # as often as one likes, if time passes
            await asyncio.sleep(0)
        await asyncio.sleep(1)
        while True:  # noqa: ASYNC110 - the point
            await asyncio.sleep(0)

    with pytest.raises(UsageError, match="turned 100 times at 1000 ms") as caught:
        run_awaitable(poll(), host)
    assert "in poll: await asyncio.sleep(0)" in str(caught.value)


# --- What asyncio offers


def test_wait_for(host):
    """`wait_for` returns what comes in time and raises at its timeout, to the millisecond."""

    async def main():
        assert await asyncio.wait_for(asyncio.sleep(1, "done"), 1.5) == "done"
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.sleep(9), 0.3)

    run_awaitable(main(), host)
    assert host.ms == 1300


@needs_3_11
def test_timeout(host):
    """`asyncio.timeout` expires at the millisecond it says, also after odd times."""

    async def main():
        await asyncio.sleep(0.1)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await asyncio.sleep(9)

    run_awaitable(main(), host)
    assert host.ms == 300


def test_gather_keeps_order(host):
    """`gather` runs at the same time and returns results in the order of its arguments."""

    async def after(delay):
        await asyncio.sleep(delay)
        return delay

    async def main():
        return await asyncio.gather(after(3), after(1), after(2))

    assert run_awaitable(main(), host) == [3, 1, 2]
    assert host.jumps == [1000, 2000, 3000]


@needs_3_11
def test_task_group(host):
    """A failing child of a task group cancels its siblings, and the group raises."""
    order = []

    async def fail():
        await asyncio.sleep(1)
        raise ValueError

    async def wait():
        try:
            await asyncio.sleep(9)
        finally:
            order.append(host.ms)

    async def main():
        async with asyncio.TaskGroup() as group:
            group.create_task(wait())
            group.create_task(fail())

    with pytest.raises(ExceptionGroup) as caught:  # noqa: F821 - from 3.11 on
        run_awaitable(main(), host)
    assert [type(error) for error in caught.value.exceptions] == [ValueError]
    assert order == [1000]


def test_queue_event_lock_and_condition(host):
    """Producers and consumers meet in virtual time."""
    order = []

    async def produce(queue, started):
        started.set()
        for n in range(3):
            await asyncio.sleep(1)
            await queue.put(n)
        await queue.join()

    async def consume(queue, lock):
        while True:
            item = await queue.get()
            async with lock:
                await asyncio.sleep(0.5)
                order.append((host.ms, item))
            queue.task_done()

    async def main():
        queue, lock, started = asyncio.Queue(1), asyncio.Lock(), asyncio.Event()
        consumers = [asyncio.create_task(consume(queue, lock)) for _ in range(2)]
        producer = asyncio.create_task(produce(queue, started))
        await started.wait()
        await producer
        for consumer in consumers:
            consumer.cancel()

    run_awaitable(main(), host)
    assert order == [(1500, 0), (2500, 1), (3500, 2)]


def test_cancellation(host):
    """A cancelled task may clean up in virtual time, and whoever awaits it sees the cancellation."""

    async def worker():
        try:
            await asyncio.sleep(9)
        finally:
            await asyncio.sleep(1)

    async def main():
        task = asyncio.create_task(worker())
        await asyncio.sleep(2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run_awaitable(main(), host)
    assert host.ms == 3000


def test_context_variables(host):
    """The coroutine sees its caller's variables; what it sets stays inside, as in each task."""
    variable = contextvars.ContextVar("variable", default="outer")

    async def child():
        variable.set("child")

    async def main():
        assert variable.get() == "outer"
        variable.set("main")
        await asyncio.create_task(child())
        loop, seen = asyncio.get_running_loop(), []
        context = contextvars.copy_context()
        context.run(variable.set, "given")
        loop.call_soon(lambda: seen.append(variable.get()), context=context)
        loop.call_soon_threadsafe(lambda: seen.append(variable.get()))
        await asyncio.sleep(0)
        assert seen == ["given", "main"]
        return variable.get()

    assert run_awaitable(main(), host) == "main"
    assert variable.get() == "outer"


@needs_3_11
def test_task_runs_in_the_context_given(host):
    """`create_task(context=...)` is passed on."""
    variable = contextvars.ContextVar("variable", default="outer")

    async def child():
        return variable.get()

    async def main():
        context = contextvars.copy_context()
        context.run(variable.set, "given")
        return await asyncio.create_task(child(), context=context)

    assert run_awaitable(main(), host) == "given"


def test_tasks_have_names_of_their_run(host):
    """Names count per run, so that a text with one is the same in every run."""

    async def child():
        return asyncio.current_task().get_name()

    async def main():
        return [
            await asyncio.create_task(child()),
            await asyncio.create_task(child(), name="mine"),
            await child(),
        ]

    assert run_awaitable(main(), host) == run_awaitable(main(), host) == ["Task-2", "mine", "Task-1"]


def test_loop_answers_what_libraries_ask(host):
    """The loop is the running one, open, and keeps its debug flag and task factory."""

    async def main():
        loop = asyncio.get_running_loop()
        made = []

        def factory(loop, coroutine, **options):
            made.append(coroutine)
            return asyncio.Task(coroutine, loop=loop, **options)

        assert loop.is_running()
        assert not loop.is_closed()
        assert not loop.get_debug()
        loop.set_debug(True)
        assert loop.get_debug()
        assert loop.get_task_factory() is None
        loop.set_task_factory(factory)
        assert loop.get_task_factory() is factory
        await asyncio.create_task(asyncio.sleep(1))
        assert len(made) == 1
        await loop.shutdown_default_executor()
        return loop

    loop = run_awaitable(main(), host)
    assert loop.is_closed()
    assert not loop.is_running()
    with pytest.raises(RuntimeError, match="Event loop is closed"):
        loop.call_soon(print)
    with pytest.raises(RuntimeError, match="Event loop is closed"):
        loop.call_later(1, print)


def test_tasks_of_another_kind_are_known(host):
    """Tasks that a factory makes, or that nobody asked the loop for, are ended like all others."""
    python_task = asyncio.tasks._PyTask
    ended = []

    async def worker(name):
        try:
            await asyncio.sleep(9)
        finally:
            ended.append(name)

    async def main():
        loop = asyncio.get_running_loop()
        loop.set_task_factory(lambda loop, coroutine, **_: python_task(coroutine, loop=loop))
        made = [asyncio.create_task(worker("made")), python_task(worker("stray"), loop=loop)]
        await asyncio.sleep(1)
        return made

    assert [task.cancelled() for task in run_awaitable(main(), host)] == [True, True]
    assert ended == ["made", "stray"]


def test_factory_gets_what_it_should(host):
    """A task factory gets the context, and may return a task that ended already."""

    class Ended(asyncio.Future):
        def set_name(self, name):
            self.set_result(name)

    async def main():
        loop, given = asyncio.get_running_loop(), []
        loop.set_task_factory(lambda loop, _, **options: given.append(options) or Ended(loop=loop))
        context = contextvars.copy_context()
        assert await loop.create_task(None, context=context) == "Task-2"
        assert await loop.create_task(None, name="mine") == "mine"
        assert given == [{"context": context}, {}]

    run_awaitable(main(), host)


@needs_3_12
def test_eager_tasks(host):
    """Eager tasks work, whether they end at once, wait, or fail for good."""
    order = []

    async def child(delay):
        order.append(delay)
        if delay:
            await asyncio.sleep(delay)
        return delay

    async def skip():
        pytest.skip("for good")

    async def main():
        loop = asyncio.get_running_loop()
        loop.set_task_factory(asyncio.eager_task_factory)
        tasks = [asyncio.create_task(child(0)), asyncio.create_task(child(1))]
        assert order == [0, 1]
        stray = asyncio.Task(child(2), loop=loop, eager_start=True)
        assert await asyncio.gather(*tasks) == [0, 1]
        task = asyncio.create_task(skip())
        order.append("the step goes on")
        await asyncio.sleep(1)
        return stray, task

    with pytest.raises(pytest.skip.Exception):
        run_awaitable(main(), host)
    assert order == [0, 1, 2, "the step goes on"]


def test_foreign_awaitables_are_errors(host):
    """What belongs to another loop or library is an error in the coroutine, not a hang."""

    class Foreign:
        def __await__(self):
            yield "a trap of curio"

    async def main(awaitable):
        await awaitable

    other = VirtualLoop(Host())
    with pytest.raises(RuntimeError, match="attached to a different loop"):
        run_awaitable(main(other.create_future()), host)
    with pytest.raises(RuntimeError, match="Task got bad yield: 'a trap of curio'"):
        run_awaitable(main(Foreign()), host)
    with pytest.raises(TypeError, match="await"):
        run_awaitable(3, host)


# --- Async generators


async def ticks(log, name="ticks"):
    """Yield numbers, a second apart, and clean up for a second."""
    try:
        for n in range(9):
            yield n
            await asyncio.sleep(1)
    finally:
        await asyncio.sleep(1)
        log.append(name)


def test_async_generators_run_to_their_end(host):
    """An exhausted async generator takes the time it sleeps."""

    async def main():
        return [n async for n in ticks([])]

    assert run_awaitable(main(), host) == list(range(9))
    assert host.ms == 10_000


def test_dropped_async_generator_is_closed_in_a_task(host):
    """A generator dropped half-way cleans up while others go on."""

    async def main():
        log = []
        async for _ in ticks(log):
            break
        assert log == []
        await asyncio.sleep(1.5)
        return log

    assert run_awaitable(main(), host) == ["ticks"]
    assert host.ms == 1500


def test_open_async_generators_are_closed_at_the_end(host):
    """Generators still open when the coroutine ends are closed, all at the same time."""
    log, kept = [], []

    async def main():
        for name in "abc":
            kept.append(ticks(log, name))
            await kept[-1].asend(None)
        async for _ in ticks(log, "dropped in the last step"):
            break

    run_awaitable(main(), host)
    assert log == ["a", "b", "c", "dropped in the last step"]
    assert host.ms == 1000


def test_async_generator_dropped_by_a_leftover_is_closed(host):
    """A generator dropped while leftovers end still cleans up."""
    log = []

    async def background():
        async for _ in ticks(log):
            with pytest.raises(asyncio.CancelledError):
                await asyncio.sleep(9)
            break
        await asyncio.sleep(0)

    async def main():
        background_task = asyncio.create_task(background())
        await asyncio.sleep(0.5)
        return background_task

    run_awaitable(main(), host)
    assert log == ["ticks"]
    assert host.ms == 1500


def test_async_generator_that_yields_when_closed(host, monkeypatch):
    """A generator that yields again when it is closed is let go, as asyncio lets it go."""
    kept = []

    async def stubborn():
        try:
            yield 1
        finally:
            yield 2

    async def main():
        kept.append(stubborn())
        await kept[0].asend(None)
        async for _ in stubborn():
            break

    monkeypatch.setattr(closing, "_left", pytest.fail)
    run_awaitable(main(), host)


@pytest.mark.parametrize("error", [ValueError("quiet"), AssertionError("a finding")])
def test_errors_of_closed_async_generators(host, error):
    """What a generator raises when it is closed is quiet, unless it is a finding."""
    kept = []

    async def failing():
        try:
            yield
        finally:
            raise error

    async def main():
        kept.append(failing())
        await kept[0].asend(None)

    if isinstance(error, AssertionError):
        with pytest.raises(AssertionError, match="a finding"):
            run_awaitable(main(), host)
    else:
        run_awaitable(main(), host)


def test_shutdown_asyncgens_may_be_asked_for(host):
    """Code that closes its generators by the loop's own method may, even without any."""

    async def main():
        await asyncio.get_running_loop().shutdown_asyncgens()

    run_awaitable(main(), host)


# --- Leftovers


def test_leftovers_are_cancelled_and_end(host):
    """Tasks left over are cancelled in order of creation and clean up in virtual time."""
    log = []

    async def background(name):
        try:
            await asyncio.sleep(99)
        finally:
            await asyncio.sleep(1)
            log.append(name)
            asyncio.create_task(asyncio.sleep(1))  # noqa: RUF006 - too late: it is closed unstarted

    async def main():
        tasks = [asyncio.create_task(background(n)) for n in range(3)]
        await asyncio.sleep(0)
        return tasks

    assert all(task.cancelled() for task in run_awaitable(main(), host))
    assert log == [0, 1, 2]
    assert host.ms == 1000


def test_leftovers_begin_as_under_asyncio_run(host):
    """A task made in the last step makes its own first step before it is cancelled."""

    def main_and_log():
        log = []

        async def background():
            log.append("began")
            await asyncio.sleep(9)

        async def main():
            return asyncio.create_task(background())

        return main(), log

    main, log = main_and_log()
    run_awaitable(main, host)
    real_main, real_log = main_and_log()
    asyncio.run(real_main)
    assert log == real_log == ["began"]


def test_leftovers_end_also_after_an_error(host):
    """The coroutine's error comes out after the leftovers ended, and theirs are dropped."""
    log = []

    async def background():
        try:
            await asyncio.sleep(9)
        finally:
            log.append("ended")
            assert log == []

    async def main():
        task = asyncio.create_task(background())
        await asyncio.sleep(0)
        raise ValueError(task.get_name())

    with pytest.raises(ValueError, match="Task-2"):
        run_awaitable(main(), host)
    assert log == ["ended"]


# --- Errors that nobody awaited


def test_plain_errors_of_background_tasks_are_dropped(host):
    """An exception that nobody asks for goes nowhere, as far as the run is concerned."""

    async def background():
        raise ValueError

    async def main():
        task = asyncio.create_task(background())
        await asyncio.sleep(1)
        return task.done()

    assert run_awaitable(main(), host)


@pytest.mark.parametrize("error", [AssertionError("a finding"), UsageError("a finding.")])
def test_findings_of_background_tasks_come_out(host, error):
    """An assertion or usage error in a task that nobody awaits is not lost."""

    async def background():
        raise error

    async def main():
        task = asyncio.create_task(background())
        await asyncio.sleep(1)
        return task.done()

    with pytest.raises(type(error), match="a finding") as caught:
        run_awaitable(main(), host)
    assert caught.value is error
    assert host.ms == 1000


def test_awaited_findings_are_the_awaiters(host):
    """An assertion error that somebody took from its task stays with them."""

    async def background():
        raise AssertionError

    async def main():
        task = asyncio.create_task(background())
        with pytest.raises(AssertionError):
            await task
        return await asyncio.gather(background(), return_exceptions=True)

    assert [type(error) for error in run_awaitable(main(), host)] == [AssertionError]


@needs_3_11
def test_findings_in_groups_come_out(host):
    """A group with an assertion error in it comes out whole."""

    async def fail():
        raise AssertionError

    async def background():
        async with asyncio.TaskGroup() as group:
            group.create_task(fail())

    async def main():
        task = asyncio.create_task(background())
        await asyncio.sleep(1)
        return task.done()

    with pytest.raises(ExceptionGroup):  # noqa: F821 - from 3.11 on
        run_awaitable(main(), host)


def test_findings_of_callbacks_come_out(host):
    """An assertion error in a plain callback is not lost, and the first of several wins."""

    def fail(text):
        raise AssertionError(text)

    async def main():
        loop = asyncio.get_running_loop()
        loop.call_soon(fail, "first")
        loop.call_soon(fail, "second")
        await asyncio.sleep(1)

    with pytest.raises(AssertionError, match="first"):
        run_awaitable(main(), host)
    assert host.ms == 1000


def test_exception_handler_is_told(host):
    """A handler that the coroutine sets hears of each error, in a certain order, and then no more."""
    heard = []

    def handler(loop, context):
        heard.append((context["message"].split(" in ")[0], repr(context.get("exception"))))
        loop.default_exception_handler(context)

    async def background(n):
        raise ValueError(n)

    async def main():
        loop = asyncio.get_running_loop()
        assert loop.get_exception_handler() is None
        loop.set_exception_handler(handler)
        assert loop.get_exception_handler() is handler
        tasks = [asyncio.create_task(background(n)) for n in range(2)]
        loop.call_soon(lambda: 1 / 0)
        loop.call_exception_handler({"message": "by hand"})
        await asyncio.sleep(1)
        loop.create_future().set_exception(ValueError("lost"))
        return tasks

    tasks = run_awaitable(main(), host)
    assert heard == [
        ("by hand", "None"),
        ("Exception", "ZeroDivisionError('division by zero')"),
        ("Future exception was never retrieved", "ValueError('lost')"),
        ("Task exception was never retrieved", "ValueError(0)"),
        ("Task exception was never retrieved", "ValueError(1)"),
    ]
    tasks[0].get_loop().call_exception_handler({"message": "too late"})
    assert len(heard) == 5


# --- What is no Exception


class Outcome(BaseException):
    """As pytest's outcomes: a BaseException that asyncio would keep in its task."""


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3), Outcome("failed"), GeneratorExit()])
@pytest.mark.parametrize("where", ["main", "background", "callback"])
def test_what_is_no_exception_comes_out_at_once(host, error, where):
    """An interrupt, exit or outcome raised in any task ends the run there and then."""
    log = []

    def fail():
        raise error

    async def failing():
        await asyncio.sleep(1)
        fail()

    async def waiting():
        try:
            await asyncio.sleep(1)
            log.append("not reached")
        finally:
            log.append("closed")
            await asyncio.sleep(1)

    async def main():
        if where == "main":
            waiter = asyncio.create_task(waiting())
            await failing()
        elif where == "background":
            failer, waiter = asyncio.create_task(failing()), asyncio.create_task(waiting())
            await asyncio.gather(failer, waiter, return_exceptions=True)
        else:
            asyncio.get_running_loop().call_later(1, fail)
            waiter = asyncio.create_task(waiting())
            await waiter
        log.append(waiter)

    with pytest.raises(type(error)) as caught:
        run_awaitable(main(), host)
    assert caught.value is error
    assert log == ["closed"]
    assert host.ms == 1000


def test_cancelled_callback_is_no_outcome(host):
    """A CancelledError out of a callback is dropped, as asyncio drops it."""

    def cancelled():
        raise asyncio.CancelledError

    async def main():
        asyncio.get_running_loop().call_soon(cancelled)
        await asyncio.sleep(1)
        return "went on"

    assert run_awaitable(main(), host) == "went on"


def test_interrupt_while_closing_comes_out(host):
    """An interrupt that strikes while a dead run is closed is not swallowed with the rest."""
    host.crash_at = "work"

    async def main():
        try:
            host.checkpoint("work")
        finally:
            try:
                await asyncio.sleep(1)
            finally:
                raise KeyboardInterrupt

    async def first():
        task = asyncio.create_task(main())
        try:
            await task
        finally:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_awaitable(first(), host)


# --- Kills


def test_killed_at_a_checkpoint(host):
    """The run's kill comes out of it."""
    host.crash_at = "second"

    async def main():
        host.checkpoint("first")
        host.checkpoint("second")
        host.checkpoint("third")

    killed_run(main(), host)
    assert host.log == ["first", "second"]


def test_killed_by_the_deadline_in_a_sleep():
    """A sleep past the deadline kills the run at the deadline."""
    host = Host(deadline_ms=1500)
    ended = []

    async def main():
        try:
            await asyncio.sleep(1)
            await asyncio.sleep(1)
        finally:
            ended.append(host.ms)

    killed_run(main(), host)
    assert ended == [1500]


def test_killed_without_a_word():
    """A host may kill in a sleep without raising there; no callback runs any more."""

    class Quiet(Host):
        def sleep_until(self, at_ms):
            self.killed = RunKilled("timeout", "sleep")

    log = []

    async def main():
        asyncio.get_running_loop().call_later(1, log.append, "not reached")
        await asyncio.sleep(1)

    killed_run(main(), Quiet())
    assert log == []


def test_killed_before_it_began(host):
    """A coroutine of a run that is dead already never begins."""
    host.killed = RunKilled("crash", "before")
    log = []

    async def main():
        log.append("began")

    killed_run(main(), host)
    assert log == []


def test_kill_cannot_be_swallowed(host):
    """A coroutine that swallows its kill gets no further than its next wait, and returns nothing."""
    host.crash_at = "work"
    log = []

    async def main():
        try:
            host.checkpoint("work")
        except BaseException:  # noqa: BLE001 - the point
            log.append("swallowed")
        return "result"

    async def waiting():
        try:
            host.checkpoint("work")
        except BaseException:  # noqa: BLE001 - the point
            log.append("swallowed")
        await asyncio.sleep(0)
        log.append("not reached")

    killed_run(main(), host)
    host.killed = None
    killed_run(waiting(), host)
    assert log == ["swallowed", "swallowed"]


def test_exit_of_a_killed_run_is_discarded(host):
    """What a killed coroutine raises instead of its kill is discarded, SystemExit as well."""
    host.crash_at = "work"

    async def main():
        try:
            host.checkpoint("work")
        except BaseException:  # noqa: BLE001 - the point
            sys.exit(3)

    killed_run(main(), host)


@pytest.mark.parametrize("way", ["gather", "shield", "background", "wait_for", "wait"])
def test_kill_in_another_task_ends_the_run(host, way):
    """Wherever the kill is stored, nobody runs after it."""
    host.crash_at = "child"
    log = []

    async def child():
        await asyncio.sleep(1)
        host.checkpoint("child")

    async def sibling():
        await asyncio.sleep(1)
        log.append("sibling went on")

    async def main():
        other = asyncio.create_task(child())
        beside = asyncio.create_task(sibling())
        if way == "gather":
            await asyncio.gather(other, return_exceptions=True)
        elif way == "shield":
            await asyncio.shield(other)
        elif way == "wait_for":
            await asyncio.wait_for(other, 5)
        elif way == "wait":
            await asyncio.wait([other])
        await asyncio.sleep(5)
        log.append(beside)

    killed_run(main(), host)
    assert log == []
    assert host.log == ["child"]


def test_kill_in_a_callback(host):
    """A plain callback's kill ends the run like any other."""
    host.crash_at = "callback"

    async def main():
        asyncio.get_running_loop().call_soon(host.checkpoint, "callback")
        await asyncio.sleep(1)

    killed_run(main(), host)


def test_dead_coroutines_are_closed_in_order_of_creation(host):
    """All coroutines are closed, the first made first, as the current task and in its context."""
    host.crash_at = "last"
    variable = contextvars.ContextVar("variable")
    log = []

    async def worker(name, delay):
        token = variable.set(name)
        try:
            await asyncio.sleep(delay)
            host.checkpoint(name)
        finally:
            log.append((name, variable.get(), asyncio.current_task().get_name()))
            variable.reset(token)
            log.append("reset")

    async def main():
        late = asyncio.create_task(worker("late", 9))
        last = asyncio.create_task(worker("last", 1))
        unstarted = []
        try:
            await worker("main", 5)
        finally:
            unstarted.append(asyncio.create_task(worker("never begins", 1)))
            log.append("main")
        return late, last, unstarted

    killed_run(main(), host)
    assert log == [
        ("last", "last", "Task-3"),
        "reset",
        ("main", "main", "Task-1"),
        "reset",
        "main",
        ("late", "late", "Task-2"),
        "reset",
    ]


def test_dead_blocks_touch_nothing(host):
    """Checkpoints in the `finally` blocks of a dead run raise; awaits in them are cut short."""
    host.crash_at = "work"
    log = []

    async def worker():
        try:
            await asyncio.sleep(9)
        finally:
            try:
                host.checkpoint("save the cursor")
            finally:
                try:
                    await asyncio.sleep(1)
                finally:
                    await asyncio.Event().wait()
                    log.append("not reached")

    async def main():
        task = asyncio.create_task(worker())
        await asyncio.sleep(1)
        try:
            host.checkpoint("work")
        finally:
            await asyncio.sleep(1)
            log.append(task)

    killed_run(main(), host)
    assert host.log == ["work"]
    assert log == []
    assert host.ms == 1000


def test_closing_leaves_nothing_behind(host):
    """After a kill no task of the loop is alive, and nobody is told of coroutines never awaited."""
    host.crash_at = "work"
    kept, heard = [], []

    async def never_begins(coroutine):
        await coroutine

    async def main():
        asyncio.get_running_loop().set_exception_handler(lambda _, context: heard.append(context))
        asyncio.create_task(asyncio.sleep(9))  # noqa: RUF006 - nobody holds it
        kept.append(asyncio.create_task(asyncio.sleep(9)))
        kept.append(asyncio.create_task(never_begins(asyncio.sleep(1))))
        local = asyncio.sleep(1)
        host.checkpoint("work")
        await local

    killed_run(main(), host)
    assert [asyncio.all_tasks(task.get_loop()) for task in kept] == [set(), set()]
    assert heard == []


@needs_3_11
def test_kill_inside_timeouts_and_groups(host):
    """Context managers that await while they exit end with the run."""
    host.crash_at = "child"
    log = []

    async def child():
        await asyncio.sleep(1)
        host.checkpoint("child")

    async def main():
        try:
            async with asyncio.timeout(9), asyncio.TaskGroup() as group:
                group.create_task(child())
                group.create_task(asyncio.sleep(5))
                await asyncio.sleep(5)
        finally:
            log.append("closed")

    killed_run(main(), host)
    assert log == ["closed"]


async def waits_inside(log):
    """Wait inside an async generator, and again while it is closed."""
    try:
        await asyncio.sleep(9)
        yield
    finally:
        log.append("inner")
        try:
            await asyncio.sleep(9)
        finally:
            log.append("innermost")


@pytest.mark.parametrize("depth", [0, 1])
def test_kill_inside_async_generators(host, depth):
    """A coroutine that waits inside an async generator unwinds it first, then itself."""
    host.crash_at = "work"
    log = []

    async def outer():
        try:
            async for _ in waits_inside(log):
                pass
            yield
        finally:
            log.append("outer")

    async def worker():
        try:
            async for _ in [waits_inside(log), outer()][depth]:
                pass
        finally:
            log.append("worker")

    async def main():
        task = asyncio.create_task(worker())
        await asyncio.sleep(1)
        host.checkpoint("work")
        return task

    killed_run(main(), host)
    assert log == [["inner", "innermost", "worker"], ["inner", "innermost", "outer", "worker"]][depth]


def test_kill_inside_an_async_generator_that_yields_again(host):
    """A generator that answers its closing with a yield is closed once more, after its coroutine."""
    host.crash_at = "work"
    log = []

    async def stubborn():
        try:
            await asyncio.sleep(9)
            yield 1
        finally:
            try:
                yield 2
            finally:
                log.append("generator")

    async def worker():
        try:
            async for _ in stubborn():
                pass
        finally:
            log.append("worker")

    async def main():
        task = asyncio.create_task(worker())
        await asyncio.sleep(1)
        host.checkpoint("work")
        return task

    killed_run(main(), host)
    assert log == ["worker", "generator"]


def test_kill_closes_suspended_async_generators(host):
    """Generators suspended at a yield are closed after the tasks, in order, whatever they do then."""
    host.crash_at = "work"
    log, kept = [], []

    async def stubborn():
        try:
            yield 1
        finally:
            log.append("yields again")
            yield 2
            log.append("not reached")

    async def raising():
        try:
            yield 1
        finally:
            log.append("raises")
            raise ValueError

    async def main():
        for generator in (ticks(log), stubborn(), raising()):
            kept.append(generator)
            await generator.asend(None)
        try:
            host.checkpoint("work")
        finally:
            async for _ in waits_at_yield(log):  # begins in the dead run, and is dropped there
                break

    async def waits_at_yield(log):
        try:
            yield
        finally:
            log.append("dropped")
            await asyncio.sleep(1)

    killed_run(main(), host)
    assert log == ["yields again", "raises", "dropped"]
    assert [generator.ag_frame for generator in kept] == [None, None, None]


def test_generator_dropped_while_closing_is_closed(host):
    """A generator that a `finally` block of a dead run begins and drops is closed at once."""
    host.crash_at = "work"
    log = []

    async def begun():
        try:
            yield
        finally:
            log.append("closed")

    async def worker():
        try:
            await asyncio.sleep(9)
        finally:
            generator = begun()
            with pytest.raises(StopIteration):
                generator.asend(None).send(None)
            del generator
            log.append("dropped")

    async def kept_by_a_frame():
        generator = begun()
        try:
            await asyncio.sleep(9)
        finally:
            with pytest.raises(StopIteration):
                generator.asend(None).send(None)
            kept.append(generator)

    kept = []

    async def main():
        tasks = [asyncio.create_task(worker()), asyncio.create_task(kept_by_a_frame())]
        await asyncio.sleep(1)
        host.checkpoint("work")
        return tasks

    killed_run(main(), host)
    assert log == ["closed", "dropped", "closed"]


def test_kill_between_drop_and_close(host):
    """A generator dropped in the step that kills is closed all the same."""
    host.crash_at = "work"
    log = []

    async def begun():
        try:
            yield
        finally:
            log.append("closed")

    async def main():
        async for _ in begun():
            break
        host.checkpoint("work")

    killed_run(main(), host)
    assert log == ["closed"]


def test_coroutine_that_will_not_end(host):
    """A dead coroutine that swallows every closing is an error that names its line."""
    host.crash_at = "work"

    async def immortal():
        while True:
            try:
                await asyncio.sleep(1)
            except BaseException:  # noqa: BLE001, PERF203, S112 - the point
                continue

    async def yields_for_ever():
        while True:
            try:
                yield
            except BaseException:  # noqa: BLE001, PERF203, S112 - the point
                continue

    async def main():
        task = asyncio.create_task(immortal())
        await asyncio.sleep(1)
        generator = yields_for_ever()
        await generator.asend(None)
        host.checkpoint("work")
        return task

    with pytest.raises(CrashSwallowedError) as caught:
        run_awaitable(main(), host)
    line = inspect.getsourcelines(immortal)[1] + 3
    assert str(caught.value) == dedent(f"""\
        A coroutine was closed 100 times and waits again.
          test_loop.py:{line} in immortal: await asyncio.sleep(1)
          Let GeneratorExit pass: catch Exception, not BaseException, around what awaits.""")


def test_coroutine_that_will_not_end_does_not_hide_an_error(host):
    """Where the run was not killed, its own error comes out."""

    async def immortal():
        while True:
            try:
                await asyncio.Event().wait()
            except BaseException:  # noqa: BLE001, PERF203, S112 - the point
                continue

    with pytest.raises(DeadlockError):
        run_awaitable(immortal(), host)


IMMORTAL = """
import asyncio
from tasksim._engine.loop import run_awaitable
from tasksim.errors import DeadlockError

class Host:
    killed = None
    def now_ms(self):
        return 0

async def immortal():
    while True:
        try:
            await asyncio.Event().wait()
        except BaseException:
            pass

try:
    run_awaitable(immortal(), Host())
except DeadlockError:
    print("deadlock")
"""


def test_coroutine_that_will_not_end_does_not_hold_up_the_process():
    """A process in which such a coroutine was left behind ends, and in silence."""
    command = [sys.executable, "-c", IMMORTAL]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert (ended.stdout, ended.stderr) == ("deadlock\n", "")


async def eventful(host, log):  # noqa: C901, PLR0915 - a little of everything
    """Do a little of everything, with a checkpoint wherever one can be."""
    points = iter(range(1000))

    def touch():
        host.checkpoint(f"point {next(points)}")

    async def step(delay=0.001):
        touch()
        try:
            await asyncio.sleep(delay)
            touch()
        finally:
            log.append("step")

    async def numbers():
        try:
            for n in range(3):
                touch()
                yield n
                await step()
        finally:
            touch()
            await step()

    async def consume(queue):
        try:
            async for n in numbers():
                touch()
                await queue.put(n)
            async for _ in numbers():
                break
        except BaseException:
            touch()
            raise

    async def produce(queue, lock):
        for _ in range(3):
            async with lock:
                touch()
                await asyncio.wait_for(queue.get(), 1)
                with pytest.raises(asyncio.TimeoutError):
                    await asyncio.wait_for(asyncio.shield(step(0.1)), 0.05)

    async def stubborn():
        try:
            await asyncio.sleep(60)
        finally:
            try:
                touch()
            finally:
                await step()

    queue, lock = asyncio.Queue(1), asyncio.Lock()
    background = asyncio.create_task(stubborn())
    for _ in range(2):
        await asyncio.gather(consume(queue), produce(queue, lock), step(), return_exceptions=True)
        touch()
    generator = numbers()
    await generator.asend(None)
    return background, generator


def test_kill_at_every_checkpoint():
    """Wherever a run is killed, that is its last touch of the world."""
    whole = Host()
    run_awaitable(eventful(whole, []), whole)
    assert len(whole.log) > 50
    for last, name in enumerate(whole.log):
        host = Host(crash_at=name)
        killed_run(eventful(host, []), host)
        assert host.log == whole.log[: last + 1]


def test_kill_at_every_deadline():
    """Whenever a run's time is up, it touches the world no more."""
    whole = Host()
    run_awaitable(eventful(whole, []), whole)
    for deadline_ms in whole.jumps:
        host = Host(deadline_ms=deadline_ms)
        killed_run(eventful(host, []), host)
        assert host.ms == deadline_ms
        assert host.log == whole.log[: len(host.log)]


@needs_3_11
def test_task_in_an_entered_context(host):
    """A task in the very context of the loop's caller cannot run, and is closed nevertheless."""
    context = contextvars.copy_context()

    async def main():
        await asyncio.create_task(asyncio.sleep(1), context=context)

    with pytest.raises(DeadlockError):
        context.run(run_awaitable, main(), host)


# --- Deadlocks

JOBS = """\
import asyncio
import contextlib


async def worker(queue):
    while True:
        item = await queue.get()
        await handle(item)


async def handle(item):
    async with guarded():
        await asyncio.Event().wait()


@contextlib.asynccontextmanager
async def guarded():
    yield


async def numbers(event):
    yield 1
    await event.wait()


async def consume(event):
    async for number in numbers(event):
        print(end="")


class Ready:
    def __await__(self):
        yield from asyncio.get_running_loop().create_future()


async def main():
    queue = asyncio.Queue()
    tasks = [asyncio.create_task(worker(queue)) for _ in range(2)]
    queue.put_nowait("only one")
    tasks.append(asyncio.create_task(consume(asyncio.Event())))
    tasks.append(asyncio.create_task(ready()))
    await asyncio.sleep(2.5)
    await asyncio.gather(
        *tasks,
    )


async def ready():
    await Ready()
"""


@pytest.fixture
def jobs(tmp_path):
    """Return a module of coroutines that wait for ever."""
    path = tmp_path / "jobs.py"
    path.write_text(JOBS, encoding="utf-8")
    module = types.SimpleNamespace()
    exec(compile(JOBS, path, "exec"), module.__dict__)  # noqa: S102 - a module without an import
    return module


def test_deadlock_names_each_await(host, jobs):
    """A deadlock names the user's innermost line of each task, in order of creation."""
    with pytest.raises(DeadlockError) as caught:
        run_awaitable(jobs.main(), host)
    assert str(caught.value) == dedent("""\
        Every coroutine waits at 2500 ms, nothing is ready and no timer is set.
          jobs.py:43 in main: await asyncio.gather(
          jobs.py:13 in handle: await asyncio.Event().wait()
          jobs.py:7 in worker: item = await queue.get()
          jobs.py:23 in numbers: await event.wait()
          jobs.py:33 in __await__: yield from asyncio.get_running_loop().create_future()
          Let another task complete what is awaited, or bound it with asyncio.wait_for().""")


def test_deadlock_closes_what_waits(host):
    """After a deadlock `finally` blocks have run."""
    log = []

    async def main():
        try:
            await asyncio.Event().wait()
        finally:
            log.append("closed")

    with pytest.raises(DeadlockError):
        run_awaitable(main(), host)
    assert log == ["closed"]


def test_deadlock_of_leftovers(host):
    """A leftover that waits for ever while it is cancelled is a deadlock, not a hang."""

    async def background():
        try:
            await asyncio.sleep(9)
        finally:
            await asyncio.Event().wait()

    async def main():
        task = asyncio.create_task(background())
        await asyncio.sleep(0)
        return task

    with pytest.raises(DeadlockError, match="in background: await asyncio"):
        run_awaitable(main(), host)


def test_deadlock_without_a_frame_or_source(host):
    """What shows no frame of the user's is named as well as can be."""

    class Endless:
        def __await__(self):
            return asyncio.get_running_loop().create_future().__await__()

    module = {}
    exec("async def main(awaitable): await awaitable", module)  # noqa: S102 - code without a file
    with pytest.raises(DeadlockError, match=r"  <string>:1 in main\n"):
        run_awaitable(module["main"](Endless()), host)
    with pytest.raises(DeadlockError, match=r"loop.py:[0-9]+ in _awaited: return await awaitable"):
        run_awaitable(Endless(), host)
    assert pending.waiting_place(Endless()).endswith("Endless")


# --- The outside

OUTSIDE = {
    "the executor": (lambda loop: loop.run_in_executor(None, print), "run_in_executor"),
    "a thread": (lambda _: asyncio.to_thread(print), "run_in_executor"),
    "a connection": (lambda _: asyncio.open_connection("example.org", 80), "create_connection"),
    "a name": (lambda loop: loop.getaddrinfo("example.org", 80), "getaddrinfo"),
    "a process": (lambda _: asyncio.create_subprocess_exec("true"), "subprocess_exec"),
    "a shell": (lambda _: asyncio.create_subprocess_shell("true"), "subprocess_shell"),
    "a signal": (lambda loop: loop.add_signal_handler(2, print), "add_signal_handler"),
    "itself": (lambda loop: loop.run_forever(), "run_forever"),
}


@pytest.mark.parametrize("what", OUTSIDE)
def test_the_outside_is_refused(host, what):
    """What would leave the simulation is a usage error, even if the coroutine swallows it."""
    touch, name = OUTSIDE[what]

    async def main():
        try:
            await touch(asyncio.get_running_loop())
        except UsageError:
            return "swallowed"

    with pytest.raises(UsageError, match=rf"A simulation's event loop has no {name}\(\)"):
        run_awaitable(main(), host)


def test_refusal_names_the_call_and_the_way_out(host):
    """A refusal shows the user's line and what to do instead."""

    async def main():
        await asyncio.to_thread(print, "hello")

    with pytest.raises(UsageError) as caught:
        run_awaitable(main(), host)
    line = inspect.getsourcelines(main)[1] + 1
    assert str(caught.value) == dedent(f"""\
        A simulation's event loop has no run_in_executor().
          test_loop.py:{line} in main: await asyncio.to_thread(print, "hello")
          Call the function directly: time stands still while it runs.""")


def test_first_refusal_wins(host):
    """Of several refusals the first comes out, and before any error that followed."""

    async def main():
        loop = asyncio.get_running_loop()
        for refused in (loop.run_forever, loop.close):
            with pytest.raises(UsageError):
                refused()
        raise ValueError

    with pytest.raises(UsageError, match="run_forever"):
        run_awaitable(main(), host)


def test_every_method_of_a_loop_is_answered():
    """No method of asyncio's loops is left unanswered, on any version."""
    ours = [name for kind in VirtualLoop.__mro__[:-2] for name in vars(kind)]
    assert {name for name in vars(asyncio.AbstractEventLoop) if not name.startswith("__")} <= set(ours)


def test_stopping_the_loop_is_refused(host):
    """A coroutine that stops its loop before it ended is told so; afterwards it makes no difference."""

    async def stop():
        asyncio.get_running_loop().stop()

    async def main():
        await stop()
        await asyncio.sleep(1)

    run_awaitable(stop(), host)
    with pytest.raises(UsageError, match="stopped before the coroutine ended"):
        run_awaitable(main(), host)


def test_other_threads_are_refused(host):
    """A call from another thread is refused in that thread, and ends the run."""
    errors = []

    def call(loop):
        with pytest.raises(UsageError) as caught:
            loop.call_soon_threadsafe(print)
        errors.append(str(caught.value))

    async def main():
        thread = threading.Thread(target=call, args=[asyncio.get_running_loop()])
        thread.start()
        thread.join()

    with pytest.raises(UsageError, match="from another thread"):
        run_awaitable(main(), host)
    assert "in call: loop.call_soon_threadsafe(print)" in errors[0]


def test_calls_from_nowhere_are_refused(host, monkeypatch):
    """A call that no code of the user's led to is refused, too."""
    ended = threading.Event()
    errors = []

    def hook(error):
        errors.append(str(error.exc_value))
        ended.set()

    monkeypatch.setattr(sys, "unraisablehook", hook)

    async def main():
        _thread.start_new_thread(asyncio.get_running_loop().call_soon_threadsafe, (print,))
        assert ended.wait(10)

    with pytest.raises(UsageError):
        run_awaitable(main(), host)
    assert "outside any file" in errors[0]


# --- Loops around the loop


def test_runs_inside_a_running_loop(host):
    """Inside a task of another loop all of that loop's state is as before afterwards."""
    log = []

    async def inner():
        inner_loop = asyncio.get_running_loop()
        assert isinstance(inner_loop, VirtualLoop)
        assert asyncio.current_task().get_name() == "Task-1"
        assert asyncio.all_tasks() == {asyncio.current_task()}
        async for _ in ticks(log):
            break
        await asyncio.sleep(5)

    async def outer():
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        hooks = sys.get_asyncgen_hooks()
        run_awaitable(inner(), host)
        with pytest.raises(DeadlockError):
            run_awaitable(asyncio.Event().wait(), host)
        assert asyncio.current_task() is task
        assert asyncio.get_running_loop() is loop
        assert sys.get_asyncgen_hooks() == hooks
        assert asyncio.all_tasks() == {task}
        await asyncio.sleep(0)

    asyncio.run(outer())
    assert host.ms == 5000
    assert log == ["ticks"]


def test_simulations_nest(host):
    """A simulation inside a simulation has its own time and its own death."""
    inner_host = Host(deadline_ms=500)

    async def inner():
        await asyncio.sleep(9)

    async def outer():
        await asyncio.sleep(1)
        task = asyncio.current_task()
        killed_run(inner(), inner_host)
        assert asyncio.current_task() is task
        await asyncio.sleep(1)
        return "alive"

    assert run_awaitable(outer(), host) == "alive"
    assert (host.ms, inner_host.ms) == (2000, 500)
    assert host.killed is None


def test_other_loops_are_not_known(host):
    """A callback that belongs to a task of another loop does not make that task ours."""

    async def outer():
        waiting = asyncio.create_task(asyncio.sleep(60))

        async def inner():
            asyncio.get_running_loop().call_soon(waiting.get_name)
            await asyncio.sleep(1)

        run_awaitable(inner(), host)
        assert not waiting.done()
        assert waiting.cancelling() == 0 if sys.version_info >= (3, 11) else True
        waiting.cancel()

    asyncio.run(outer())


def test_coroutine_origin_tracking_is_untouched(host):
    """The interpreter's debugging of coroutines is nobody's business here."""
    sys.set_coroutine_origin_tracking_depth(3)
    try:
        run_awaitable(asyncio.sleep(1), host)
        assert sys.get_coroutine_origin_tracking_depth() == 3
    finally:
        sys.set_coroutine_origin_tracking_depth(0)


ANYIO_TEST = """
import asyncio
import anyio
import pytest
from tasksim._engine.loop import run_awaitable

class Host:
    ms, killed = 0, None
    def now_ms(self):
        return self.ms
    def sleep_until(self, at_ms):
        self.ms = at_ms

async def simulated():
    found = []
    async def child(n):
        await anyio.sleep(n)
        found.append(n)
    async with anyio.create_task_group() as group:
        group.start_soon(child, 2)
        group.start_soon(child, 1)
    with anyio.move_on_after(3):
        await anyio.sleep_forever()
    with pytest.raises(TimeoutError):
        with anyio.fail_after(1):
            await anyio.sleep(9)
    return found

@pytest.fixture
def anyio_backend():
    return "asyncio"

@pytest.mark.anyio
async def test_inside():
    task = asyncio.current_task()
    host = Host()
    assert run_awaitable(simulated(), host) == [1, 2]
    assert host.ms == 6000
    assert asyncio.current_task() is task
    await anyio.sleep(0)
"""


@pytest.mark.slow
def test_runs_inside_a_test_of_anyio(tmp_path):
    """A simulation may use anyio, inside an async test that anyio's plugin runs."""
    pytest.importorskip("anyio")
    (tmp_path / "test_inside.py").write_text(ANYIO_TEST, encoding="utf-8")
    command = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:asyncio",
        str(tmp_path),
    ]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "1 passed" in ended.stdout


# --- Determinism


def test_ten_runs_are_equal():
    """The same coroutines make the same steps at the same times, in every run."""

    async def worker(name, queue, log):
        try:
            while True:
                item = await queue.get()
                log.append((asyncio.get_running_loop().time(), name, item))
                await asyncio.sleep(0.001 * item)
        finally:
            log.append((asyncio.get_running_loop().time(), name, asyncio.current_task().get_name()))

    async def main(log):
        queue = asyncio.Queue(3)
        workers = [asyncio.create_task(worker(name, queue, log)) for name in "abcd"]
        for item in range(50):
            await queue.put(item)
            if item % 7 == 0:
                await asyncio.sleep(0.01)
        async for n in ticks(log):
            if n == 2:
                break
        return len(workers)

    runs = []
    for _ in range(10):
        host, log = Host(), []
        assert run_awaitable(main(log), host) == 4
        runs.append((host.jumps, log))
    assert len(runs[0][1]) == 55
    assert runs == [runs[0]] * 10


def test_generators_of_a_loop_are_counted(host):
    """The loop knows of the generators that are alive, and of no others."""
    generators = asyncgens.AsyncGenerators(VirtualLoop(host))
    assert len(generators) == 0
    generator = ticks([])
    generators.first_iterated(generator)
    assert len(generators) == 1
    del generator
    assert len(generators) == 0
