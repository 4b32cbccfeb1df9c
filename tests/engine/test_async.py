"""Async runs and hooks: virtual time, checkpoints, and what is mixed up."""

import asyncio
import threading
import time

import pytest

from tasksim import LimitReached, Limits, Simulator, UsageError, create_task_definition


def simulate(run, *, settings=None, **attributes):
    """Make a world of one definition."""
    definition = create_task_definition(id="reindex", title="Reindex", run=run, **attributes)
    return Simulator([definition], **(settings or {}))


def test_async_run():
    """An async run is driven to its end; its controller's methods are plain functions."""

    async def run(input, controller):
        await asyncio.sleep(0)
        controller.state.update_input({"at": 1})
        return controller.response.done(output={"got": input})

    assert simulate(run).run("reindex", input={"a": 1}).output == {"got": {"a": 1}}


def test_awaitable_from_a_plain_run():
    """Asynchrony is decided by what is returned, not by the function."""

    async def work(controller):
        return controller.response.done()

    def run(controller):
        return work(controller)

    assert simulate(run).run("reindex").status == "success"


def test_async_object():
    """Any awaitable will do."""

    class Later:
        def __init__(self, result):
            self.result = result

        def __await__(self):
            yield from asyncio.sleep(2).__await__()
            return self.result

    sim = simulate(lambda controller: Later(controller.response.done()))
    assert (sim.run("reindex").status, sim.now_ms) == ("success", 2000)


def test_asyncio_sleep_takes_virtual_time():
    """asyncio.sleep takes the event's virtual time and is the checkpoint `sleep`."""

    async def run(controller):
        await asyncio.sleep(1.5)
        await asyncio.sleep(90)
        return controller.response.done(output={"left": controller.runtime.remaining_seconds()})

    began = time.perf_counter()
    sim = simulate(run)
    execution = sim.run("reindex")
    assert (sim.now_ms, execution.output) == (91_500, {"left": 808})
    assert [name for name in execution.iterations[0].checkpoints if "sleep" in name] == ["sleep#1", "sleep#2"]
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize("seconds", [1.5, 1.4995])
def test_time_sleep_takes_virtual_time(seconds):
    """time.sleep inside an event takes virtual time, rounded up, as the checkpoint `sleep`."""

    def run(controller):
        time.sleep(seconds)
        return controller.response.done()

    sim = simulate(run)
    execution = sim.run("reindex")
    assert sim.now_ms == 1500
    assert "sleep#1" in execution.iterations[0].checkpoints


def test_time_sleep_in_an_async_run():
    """time.sleep in an async run takes virtual time, too; sleeps that begin after it end later."""

    async def run(controller):
        both = asyncio.gather(asyncio.sleep(1), asyncio.sleep(4))
        time.sleep(2)  # noqa: ASYNC251 - what is tried
        await both
        return controller.response.done()

    sim = simulate(run)
    sim.run("reindex")
    assert sim.now_ms == 6000


def test_negative_time_sleep():
    """A negative sleep is the error that it is in reality."""

    def run():
        time.sleep(-1)

    assert simulate(run).run("reindex").error == {"message": "sleep length must be non-negative"}


def test_sleeping_past_the_deadline_kills():
    """A sleep that reaches the deadline kills the run there."""

    async def run(controller):
        try:
            await asyncio.sleep(1000)
        finally:
            controller.logger.info("Never.")

    sim = simulate(run)
    execution = sim.run("reindex")
    assert (execution.machine, sim.now_ms) == ("UnknownError", 900_000)
    assert execution.logs[0].items == []
    (killed,) = [event for event in execution.trace if type(event).__name__ == "RunWasKilled"]
    assert (killed.reason, killed.checkpoint) == ("timeout", "sleep#1")


def test_crash_at_a_sleep():
    """A crash at a sleep strikes before its time passes; one after it, when it has."""

    async def run(controller):
        await asyncio.sleep(5)
        return controller.response.done()

    sim = simulate(run, settings={"plan": "crash@sleep#1"})
    assert (sim.run("reindex").machine, sim.now_ms) == ("UnknownError", 0)
    sim = simulate(run, settings={"plan": "crash@sleep#1+"})
    assert (sim.run("reindex").machine, sim.now_ms) == ("UnknownError", 5000)


def test_time_sleep_is_given_back():
    """Between events, and after a run that raised, time.sleep is the real one."""
    real = time.sleep
    seen = []

    def run():
        seen.append(time.sleep)
        raise KeyboardInterrupt

    sim = simulate(run)
    sim.tasks.trigger("reindex")
    with pytest.raises(KeyboardInterrupt):
        sim.run_until_idle()
    assert seen[0] is not real
    assert time.sleep is real


def test_acts_and_other_threads_sleep_for_real():
    """Acts and other threads sleep for real."""
    calls = []

    def run(controller):
        thread = threading.Thread(target=lambda: calls.append(time.sleep(0)))
        thread.start()
        thread.join()
        return controller.response.done()

    sim = simulate(run)
    sim.at(0, lambda: time.sleep(0))
    execution = sim.run("reindex")
    assert (execution.status, sim.now_ms, calls) == ("success", 0, [None])
    assert "sleep#1" not in execution.iterations[0].checkpoints


# --- hooks


def test_async_hooks_inside_an_event():
    """Async hooks of an event use its time."""

    async def on_done(task):
        await asyncio.sleep(3)

    sim = simulate(lambda controller: controller.response.done(), on_done=on_done)
    sim.run("reindex")
    assert sim.now_ms == 3000


@pytest.mark.parametrize("hook", ["on_before_trigger", "on_abort"])
def test_async_hooks_outside_an_event(hook):
    """An async hook called from outside an event takes no time of the world."""
    seen = []

    async def called():
        loop = asyncio.get_running_loop()
        began = loop.time()
        await asyncio.sleep(3)
        seen.append(loop.time() - began)

    sim = simulate(lambda controller: controller.response.done(), **{hook: called})
    task = sim.tasks.trigger("reindex")
    sim.tasks.abort(task)
    assert (seen, sim.now_ms) == ([3.0], 0)


def test_mixed_styles():
    """Async runs with plain hooks, and plain runs with async hooks, work."""
    called = []

    async def run(controller):
        return controller.response.done()

    async def on_done():
        called.append("async")

    simulate(run, on_done=lambda: called.append("plain")).run("reindex")
    simulate(lambda controller: controller.response.done(), on_done=on_done).run("reindex")
    assert called == ["plain", "async"]


def test_simulation_inside_an_async_test():
    """A simulation works inside a running event loop, and an async run inside it."""

    async def run(controller):
        await asyncio.sleep(1)
        return controller.response.done()

    async def outer():
        await asyncio.sleep(0)
        status = simulate(run).run("reindex").status
        await asyncio.sleep(0)
        return status

    assert asyncio.run(outer()) == "success"


# --- what is mixed up


def awaits_state(controller):
    """Await a method of the state."""

    async def work():
        await controller.state.update_input({"at": 1})

    return work()


async def awaits_response(controller):
    """Await an answer."""
    return await controller.response.done()


async def awaits_logger(controller):
    """Await the logger."""
    await controller.logger.info("a")


async def awaits_service(context):
    """Await the service."""
    await context.tasks.list_tasks()


async def awaits_trigger(trigger):
    """Await the trigger of a child."""
    await trigger("reindex")


@pytest.mark.parametrize(
    ("run", "line"),
    [
        (awaits_state, 'in work: await controller.state.update_input({"at": 1})'),
        (awaits_response, "in awaits_response: return await controller.response.done()"),
        (awaits_logger, 'in awaits_logger: await controller.logger.info("a")'),
        (awaits_service, "in awaits_service: await context.tasks.list_tasks()"),
        (awaits_trigger, 'in awaits_trigger: await trigger("reindex")'),
    ],
)
def test_awaiting_a_plain_method(run, line):
    """Awaiting a method of ours is a usage error with the user's line and the fix."""
    sim = simulate(run, settings={"limits": None})
    sim.tasks.trigger("reindex")
    with pytest.raises(UsageError) as caught:
        sim.run_next()
    first, where, way_out = str(caught.value).splitlines()
    assert first == "run() of 'reindex' awaits a plain function."
    assert where.startswith("  test_async.py:")
    assert where.endswith(line)
    assert (
        way_out == "  Remove the await: methods of controller, store and service return their value at once."
    )
    assert isinstance(caught.value.__cause__, TypeError)


def test_awaiting_in_a_hook():
    """Awaiting a method of ours in a hook is reported alike."""

    async def on_done(context):
        await context.tasks.list_tasks()

    with pytest.raises(UsageError, match=r"on_done\(\) of 'reindex' awaits a plain function"):
        simulate(lambda controller: controller.response.done(), on_done=on_done).run("reindex")


def test_awaiting_in_a_hook_outside():
    """Awaiting a method of ours in a hook outside an event is reported alike."""

    async def on_abort(context):
        await context.tasks.list_tasks()

    sim = simulate(lambda controller: controller.response.done(), on_abort=on_abort)
    with pytest.raises(UsageError, match=r"on_abort\(\) of 'reindex' awaits a plain function"):
        sim.tasks.abort(sim.tasks.trigger("reindex"))


async def awaits_a_number():
    """Await what is nothing of ours."""
    await 3


def awaits_made_code():
    """Await where there is no source line."""
    scope = {}
    exec("async def run():\n    await controller_like()\ndef controller_like(): return 3", scope)  # noqa: S102 - code without a file
    return scope["run"]()


def wrong_call():
    """Raise another TypeError."""
    return len(3)


def message_alone():
    """Raise an error that only says the same."""
    raise TypeError("object int can't be used in 'await' expression")


@pytest.mark.parametrize("run", [awaits_a_number, awaits_made_code, wrong_call, message_alone])
def test_other_type_errors_fail_the_task(run):
    """Any other TypeError is the task's failure."""
    assert simulate(run).run("reindex").status == "failed"


def test_deadlock_comes_out():
    """A wait that nothing can end is a usage error that names the place."""

    async def run():
        await asyncio.get_running_loop().create_future()

    with pytest.raises(UsageError) as caught:
        simulate(run).run("reindex")
    assert type(caught.value).__name__ == "DeadlockError"
    assert "test_async.py" in str(caught.value)


def test_deadlock_that_is_swallowed_comes_out():
    """The executor is refused, and the refusal comes out even if it is swallowed."""

    async def run(controller):
        try:
            await asyncio.to_thread(time.perf_counter)
        except UsageError:
            return controller.response.done()

    with pytest.raises(UsageError):
        simulate(run).run("reindex")


def test_cancelled_run_fails():
    """A run that is cancelled, which is no Exception of Python's, fails its task like any other."""

    async def run():
        asyncio.current_task().cancel()
        await asyncio.sleep(1)

    error = {"message": "The coroutine was cancelled, and nobody caught it."}
    assert simulate(run).run("reindex").error == error


def test_async_run_killed_by_its_checkpoint_limit():
    """A coroutine that loops for ever reaches the limit of checkpoints."""

    async def run(controller):
        while True:
            await asyncio.sleep(0)
            controller.runtime.is_aborted()

    sim = simulate(run, settings={"limits": Limits(checkpoints=50)})
    with pytest.raises(LimitReached):
        sim.run("reindex")
