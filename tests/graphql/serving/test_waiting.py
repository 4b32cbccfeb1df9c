"""Waiting: for what may never come."""

import asyncio
from concurrent.futures import Future

import httpx
import pytest
import trio

from tasksim import Simulator, create_task_definition
from tasksim.graphql import create_app
from tasksim.graphql._serving.waiting import TooLong, settled, within


def test_what_comes_in_time_is_returned():
    """Whatever it raises comes out, too."""

    async def wait(future):
        return await within(10, future)

    async def come(value):
        return value

    async def fail():
        raise ValueError

    assert asyncio.run(wait(come(5))) == 5
    with pytest.raises(ValueError, match=r"^$"):
        asyncio.run(wait(fail()))


def test_what_does_not_come_is_given_up():
    """It is cancelled, and whoever waited goes on."""
    ends = []

    async def never():
        try:
            await asyncio.Event().wait()
        finally:
            ends.append("cancelled")

    async def wait():
        with pytest.raises(TooLong):
            await within(0.001, never())
        await asyncio.sleep(0)
        return ends

    assert asyncio.run(wait()) == ["cancelled"]


def test_who_is_cancelled_while_it_waits_is_cancelled():
    """That it is somebody else's wish is told apart."""

    async def wait():
        task = asyncio.ensure_future(within(10, asyncio.Event().wait()))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})
        return task.cancelled()

    assert asyncio.run(wait())


# --- in trio


def test_the_app_answers_in_trio():
    """Documents and movements of time, several at once."""
    document = "{ backgroundTasks { listTasks { data { taskStatus } } } }"
    quick = create_task_definition(id="quick", title="Quick", run=lambda response: response.done())
    sim = Simulator([quick], freeze=False)
    sim.tasks.trigger("quick")
    found = []

    async def ask(client):
        found.append((await client.post("/graphql", json={"query": document})).json())

    async def work():
        transport = httpx.ASGITransport(app=create_app(sim))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            await ask(client)
            moved = await client.post("/control/run-until-idle")
            async with trio.open_nursery() as nursery:
                nursery.start_soon(ask, client)
                nursery.start_soon(ask, client)
            return moved.json()["events"]

    assert trio.run(work) == 1
    statuses = [each["data"]["backgroundTasks"]["listTasks"]["data"][0]["taskStatus"] for each in found]
    assert statuses == ["pending", "success", "success"]


def test_trio_waits_no_longer_either():
    """What does not come is given up; a future of another thread stays as it is."""
    future = Future()

    async def never():
        await trio.sleep_forever()

    async def work():
        with pytest.raises(TooLong):
            await within(0.001, never())
        return await settled(future, 0.001)

    assert trio.run(work) is False
    future.set_result(5)  # what it would have woken is over
