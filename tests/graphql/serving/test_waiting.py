"""Waiting: for what may never come."""

import asyncio

import pytest

from tasksim.graphql._serving.waiting import TooLong, within


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
