"""Sleeping: for what polls, the simulation goes on meanwhile, and no time is lost."""

import asyncio

import pytest

from tasksim import UsageError, create_task_definition

GET = "query ($id: ID!) { backgroundTasks { getTask(id: $id) { data { taskStatus iterations } } } }"


def poll(world, id, sleep):
    """Poll until a task ends; return each status seen."""
    seen = []
    while True:
        task = world.execute(GET, id=id)["data"]["backgroundTasks"]["getTask"]["data"]
        seen.append(task["taskStatus"])
        if seen[-1] not in {"pending", "running"}:
            return seen
        sleep(5)


def test_poller_sees_each_status(world):
    """A poller sees pending, running and the end, at its own pace."""
    id = world.trigger("input: { left: 2 }, delay: 7")
    seen = poll(world, id, world.client.sleep)
    assert (seen.count("pending"), seen.count("running"), seen[-1]) == (2, 24, "success")
    assert world.sim.now_ms == 26 * 5000


@pytest.mark.parametrize("duration", [0, 0.25, 90, "1m30s"])
def test_sleep_is_exactly_that_long(world, duration):
    """A sleep takes the duration that it is given, also where nothing is due."""
    world.client.sleep(duration)
    expected = {"1m30s": 90}.get(duration, duration) * 1000
    assert world.sim.now_ms == expected


@pytest.mark.parametrize("how", ["sync", "async"])
@pytest.mark.parametrize("duration", [-1, "soon", None, True, float("nan")])
def test_no_duration(world, duration, how):
    """What `advance` refuses is refused."""
    client = world.client
    sleep = client.sleep if how == "sync" else lambda given: asyncio.run(client.sleep_async(given))
    with pytest.raises(UsageError, match="duration is"):
        sleep(duration)
    assert world.sim.now_ms == 0


def test_sleep_inside_a_hook(make_world):
    """Inside a hook nobody moves time."""
    world = make_world("webiny-5", [])

    def before():
        world.client.sleep(1)

    run = create_task_definition(id="bad", title="Bad", run=before, on_before_trigger=before)
    world.sim.register(run)
    with pytest.raises(UsageError, match=r"advance\(\) was called inside a hook"):
        world.execute("mutation { backgroundTasks { triggerTask(definition: bad) { error { message } } } }")


def test_sleepers_take_turns(world):
    """Asleep in a loop, a coroutine leaves the others their turn, and can be cancelled."""
    ids = [world.trigger("input: { left: 1 }") for _ in range(2)]
    turns = []

    async def wait_for(id):
        answer = await world.client.execute_async(GET, {"id": id})
        while answer["data"]["backgroundTasks"]["getTask"]["data"]["taskStatus"] in {"pending", "running"}:
            turns.append(id)
            await world.client.sleep_async(10)
            answer = await world.client.execute_async(GET, {"id": id})

    async def use():
        for_ever = asyncio.create_task(forever())
        await asyncio.gather(*map(wait_for, ids))
        for_ever.cancel()
        with pytest.raises(asyncio.CancelledError):
            await for_ever

    async def forever():
        while True:
            await world.client.sleep_async(0)

    asyncio.run(use())
    assert turns[:4] == ids * 2
    assert world.sim.now_ms == len(turns) * 10_000


def test_sleep_without_asyncio(world):
    """A loop that is not asyncio's is not asked for a turn."""
    coroutine = world.client.sleep_async(5)
    with pytest.raises(StopIteration):
        coroutine.send(None)
    assert world.sim.now_ms == 5000
