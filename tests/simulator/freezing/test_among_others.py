"""Freezes that are not ours, around a simulation and inside it, ended in any order."""

import asyncio
import datetime as dt
import sys
import time
import types

import pytest
from freezegun import freeze_time

from tasksim import Simulator, UsageError
from tasksim._simulator.simulator import _freezer

UTC = dt.timezone.utc
OUTSIDE = dt.datetime(2020, 5, 1, tzinfo=UTC)
START = dt.datetime(2024, 1, 1, tzinfo=UTC)

AROUND_HAS_ENDED = (
    "A freeze_time() that began before the simulation was entered has ended inside of it.\n"
    "  End it after the simulation, or begin it inside."
)
INNER_IS_ON = (
    "A freeze_time() that began inside the simulation was still on when the simulation ended.\n"
    "  End it inside the simulation, or begin it before the simulation is entered."
)


@pytest.fixture(autouse=True)
def is_given_back(is_real_again):
    """Each test gives the wall clock back."""


def now():
    """Return what the wall clock shows; all ways to ask agree."""
    shown = dt.datetime.now(UTC)
    assert time.time() == time.monotonic() == shown.timestamp()
    return shown


def look(controller):
    """Answer what the wall clock shows."""
    return controller.response.done(output={"now": now().isoformat()})


@freeze_time(OUTSIDE)
def test_freeze_around_a_simulation(world):
    """A freeze around the simulation gives way to it, and shows its own time again afterwards."""
    assert now() == OUTSIDE
    with world(look) as sim:
        sim.advance("1h")
        assert now() == sim.now == START + dt.timedelta(hours=1)
        assert sim.run("reindex").output == {"now": "2024-01-01T01:00:00+00:00"}
    assert now() == OUTSIDE


def test_freeze_around_that_ticks_by_itself(world):
    """A freeze around that moves at each look stands still while the simulation shows its own time."""
    with freeze_time(OUTSIDE, auto_tick_seconds=10):
        with world(look):
            assert {now() for _ in range(1000)} == {START}
        # Other threads (a worker of xdist has some) may look meanwhile, but not as often.
        assert dt.datetime.now(UTC) < OUTSIDE + dt.timedelta(seconds=10 * 500)
        assert dt.datetime.now(UTC) > OUTSIDE


@pytest.mark.parametrize("move", ["move_to", "tick"])
def test_freeze_around_is_moved_inside(world, move):
    """Moving a freeze around the simulation, which nobody would see, is refused where it is called."""
    with freeze_time(OUTSIDE) as freezer:
        with world(look) as sim:
            with pytest.raises(UsageError) as caught:
                getattr(freezer, move)(dt.timedelta(hours=1))
            assert str(caught.value) == (
                f"{move}() of a freeze was called inside a simulation, whose time is shown.\n"
                "  Move the simulation: sim.advance(). To begin at another time, pass Simulator(start=...)."
            )
            assert now() == sim.now
        assert now() == OUTSIDE
        assert not {"move_to", "tick"} & set(vars(freezer))
        freezer.tick(60)
        assert now() == OUTSIDE + dt.timedelta(minutes=1)


def test_freeze_inside_a_simulation(world):
    """A freeze inside shows its own time, and the simulation's again afterwards."""
    with world(look) as sim:
        with freeze_time(OUTSIDE) as freezer:
            assert now() == OUTSIDE
            freezer.tick(60)
            assert now() == OUTSIDE + dt.timedelta(minutes=1)
        assert now() == sim.now


def test_simulation_moves_under_a_freeze_inside(world):
    """What passes while a freeze inside is on has passed afterwards."""

    def run(controller):
        with freeze_time(OUTSIDE):
            sim.spend("1m")
            assert now() == OUTSIDE
        return look(controller)

    with world(run) as sim:
        assert sim.run("reindex").output == {"now": "2024-01-01T00:01:00+00:00"}


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("run", ["reindex"]),
        ("advance", ["1h"]),
        ("run_next", []),
        ("run_until", [lambda: True]),
        ("run_until_idle", []),
    ],
)
def test_events_under_a_freeze_inside(world, name, arguments):
    """Handling events while a freeze inside hides the simulation's time is refused."""
    with world(look) as sim:
        with freeze_time(OUTSIDE):
            with pytest.raises(UsageError) as caught:
                getattr(sim, name)(*arguments)
            assert str(caught.value) == (
                f"{name}() needs the wall clock, which a freeze_time() inside the simulation holds.\n"
                "  the simulation is at 2024-01-01T00:00:00+00:00\n"
                "  End it first. To simulate at its time, pass Simulator(start=...)."
            )
        assert sim.run("reindex").status == "success"


def test_unfrozen_simulation_under_a_freeze_inside(world):
    """A simulation that freezes nothing needs no clock: it runs under any freeze."""
    with world(look), freeze_time(OUTSIDE):
        assert world(look).run("reindex").output == {"now": OUTSIDE.isoformat()}


def test_simulation_entered_under_a_freeze_inside(world):
    """A simulation cannot be entered while a freeze inside the outer one is on; the outer one goes on."""
    with world(look) as sim:
        with freeze_time(OUTSIDE):
            with pytest.raises(UsageError, match="Entering another simulation needs the wall clock"):
                Simulator().__enter__()
            assert now() == OUTSIDE
        sim.advance("1h")
        assert now() == sim.now


def test_simulation_ends_before_a_freeze_inside(world, looks_real):
    """A freeze inside that outlives the simulation is an error, and goes on until its own end."""
    inner = freeze_time(OUTSIDE)
    with pytest.raises(UsageError) as caught, world(look):
        inner.start()
    assert str(caught.value) == INNER_IS_ON
    assert now() == OUTSIDE
    inner.stop()
    assert looks_real()


def test_module_that_the_freeze_left_ignores(world, monkeypatch):
    """What such a freeze ignores, and so never gives back, is given back at once."""
    module = types.ModuleType("ignored")
    module.now = time.time
    monkeypatch.setitem(sys.modules, "ignored", module)
    inner = freeze_time(OUTSIDE, ignore=["ignored"])
    with pytest.raises(UsageError, match="was still on"), world(look):  # noqa: PT012 - leaving raises
        assert module.now() == START.timestamp()
        inner.start()
    assert module.now() > START.timestamp() + 366 * 86_400
    inner.stop()


def test_simulation_ends_between_two_freezes(world, looks_real):
    """A simulation that ends before a freeze inside leaves alone the freeze around it."""
    inner = freeze_time("2022-01-01")
    with freeze_time(OUTSIDE):
        with pytest.raises(UsageError, match="was still on"), world(look):
            inner.start()
        inner.stop()
        assert now() == OUTSIDE
    assert looks_real()


def test_freeze_around_ends_inside(world, looks_real):
    """A freeze around that ends inside the simulation is an error; real time is back."""
    outer = freeze_time(OUTSIDE)
    outer.start()
    with pytest.raises(UsageError) as caught, world(look):  # noqa: PT012 - leaving raises
        outer.stop()
        with pytest.raises(UsageError, match="has ended inside"):
            _freezer.refuse_others("run()")
    assert str(caught.value) == AROUND_HAS_ENDED
    assert looks_real()


def test_freeze_around_ends_inside_another(world, looks_real):
    """The freeze around both of them shows its time afterwards, and ends as ever."""
    outer = freeze_time(OUTSIDE)
    with freeze_time("2022-01-01"):
        outer.start()
        with pytest.raises(UsageError, match="has ended inside"), world(look):
            outer.stop()
        assert now() == dt.datetime(2022, 1, 1, tzinfo=UTC)
    assert looks_real()


def test_freeze_ended_twice(world, looks_real):
    """A freeze inside that is ended twice ends ours: an error, and real time."""
    inner = freeze_time(OUTSIDE)
    with pytest.raises(UsageError, match="has ended inside"), world(look):  # noqa: PT012 - leaving raises
        inner.start()
        inner.stop()
        inner.stop()
        assert looks_real()
    assert looks_real()


def test_moving_a_freeze_after_ours_is_lost(world):
    """Once ours is lost, freezes of others move as ever."""
    outer, middle = freeze_time(OUTSIDE), freeze_time(OUTSIDE)
    outer_control = outer.start()
    middle.start()
    with pytest.raises(UsageError, match="has ended inside"), world(look):  # noqa: PT012 - leaving raises
        middle.stop()
        outer_control.move_to("2022-01-01")
    assert now() == dt.datetime(2022, 1, 1, tzinfo=UTC)
    outer.stop()


def test_failing_body_with_a_freeze_inside(world, looks_real):
    """An error in the block and a forgotten freeze inside: both are told, and freezegun is whole."""
    inner = freeze_time(OUTSIDE)
    with pytest.raises(UsageError) as caught, world(look):  # noqa: PT012 - leaving raises
        inner.start()
        raise LookupError
    assert isinstance(caught.value.__context__, LookupError)
    inner.stop()
    assert looks_real()


def test_event_loop_under_a_freeze_inside(world):
    """The test's event loop sleeps in real time under a freeze inside, too, and under one around."""

    async def sleep():
        with world(look), freeze_time(OUTSIDE):
            await asyncio.sleep(0.001)
        with freeze_time(OUTSIDE), world(look):
            await asyncio.sleep(0.001)
        return True

    assert asyncio.run(asyncio.wait_for(sleep(), 10))
