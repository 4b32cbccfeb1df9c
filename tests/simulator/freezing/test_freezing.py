"""The frozen wall clock: what `with Simulator()` promises."""

import contextlib
import datetime as dt
import sys
import time
import types
import warnings

import pytest
from pydantic import BaseModel

from tasksim import Simulator, TasksimError, UsageError
from tasksim._simulator.simulator import _freezer

UTC = dt.timezone.utc
START = 1_704_067_200


class Stamped(BaseModel):
    at: dt.datetime


def done(controller):
    """Answer done."""
    return controller.response.done()


@pytest.fixture(autouse=True)
def is_given_back(is_real_again):
    """Each test gives the wall clock back."""


def test_looked_up_times_are_frozen(world, looks_real):
    """Every time that is looked up at call time is the simulation's, in the test and in a run."""

    def look():
        return (
            dt.datetime.now(UTC).timestamp(),
            dt.datetime.now(tz=UTC).replace(tzinfo=None),
            dt.date.today(),  # noqa: DTZ011 - what is tried
            time.time(),
            time.time_ns(),
        )

    def run(controller):
        seen.append(look())
        seen.append(time.monotonic())
        sim.spend("2s")
        seen.append(time.monotonic())
        return controller.response.done()

    seen = []
    expected = (
        START + 60,
        dt.datetime.fromisoformat("2024-01-01T00:01:00"),
        dt.date(2024, 1, 1),
        START + 60,
        (START + 60) * 10**9,
    )
    with world(run) as sim:
        sim.advance("60s")
        assert look() == expected
        sim.run("reindex")
        assert time.time() == START + 62
    assert seen[0] == expected
    assert seen[2] - seen[1] == 2
    assert looks_real()


def test_every_millisecond_is_exact(world):
    """Seconds, nanoseconds and datetimes tell one and the same millisecond."""
    with world(done) as sim:
        for _ in range(100):
            sim.advance("7ms")
            at_ms = START * 1000 + sim.now_ms
            assert time.time_ns() == time.monotonic_ns() == at_ms * 10**6
            assert round(time.time() * 1000) == at_ms
            assert dt.datetime.now(UTC) == sim.now


def test_older_ways_to_ask(world):
    """The older ways to ask are frozen, too; local time is UTC."""
    with world(done):
        expected = dt.datetime.fromisoformat("2024-01-01T00:00:00")
        assert dt.datetime.today() == expected  # noqa: DTZ002 - what is tried
        assert dt.datetime.now() == expected  # noqa: DTZ005 - what is tried
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # from Python 3.12 on
            assert dt.datetime.utcnow() == expected  # noqa: DTZ003 - what is tried


def test_without_with_nothing_is_frozen(world, looks_real):
    """A simulator that is not entered, or told not to, freezes nothing."""
    sim = world(lambda controller: controller.response.done(output={"real": looks_real()}))
    assert sim.run("reindex").output == {"real": True}
    with Simulator(freeze=False):
        assert looks_real()


def test_nested_simulators(world, looks_real):
    """An inner simulator moves the freeze; afterwards it shows the outer one's time again."""
    with world(done, settings={"start": "2024-05-01T00:00:00Z"}) as outer:
        outer.advance("1h")
        with world(done, settings={"start": "2025-06-01T00:00:00Z"}) as inner:
            inner.advance("2h")
            assert dt.datetime.now(UTC) == inner.now
        assert dt.datetime.now(UTC) == outer.now
        outer.advance("1h")
        assert dt.datetime.now(UTC) == outer.now
    assert looks_real()


def test_outer_simulator_that_moves_meanwhile(world):
    """An outer simulator that moves while an inner one is entered shows its own time afterwards."""
    with world(done) as outer:
        with world(done, settings={"start": "2025-06-01T00:00:00Z"}) as inner:
            outer.advance("1h")
            inner.advance("1m")
            assert dt.datetime.now(UTC) == inner.now
        assert dt.datetime.now(UTC) == outer.now


def test_simulator_entered_twice(world, looks_real):
    """A simulator that is entered already is refused, and real time is given back in the end."""
    sim = world(done)
    with pytest.raises(UsageError) as caught, sim, sim:
        pytest.fail("was entered twice")
    assert str(caught.value) == (
        "This Simulator was entered already.\n"
        "  Use it in one `with` at a time; a fixture has entered it for you."
    )
    assert looks_real()


def test_simulator_may_be_entered_again_later(world, looks_real):
    """A simulator may be entered again later, and goes on at its time."""
    sim = world(done)
    with sim:
        sim.advance("1h")
    with sim:
        assert dt.datetime.now(UTC) == sim.now
    assert looks_real()


def test_exception_gives_the_clock_back(world, looks_real):
    """An exception in the block, or in closing, gives the wall clock back."""
    with pytest.raises(LookupError), world(done):
        raise LookupError
    assert looks_real()
    with pytest.raises(Exception, match="never fired"), world(done, settings={"plan": "crash@event#9"}):
        pass
    assert looks_real()


class Stubborn(types.ModuleType):
    def __setattr__(self, name, value):
        if name == "now":
            raise LookupError
        super().__setattr__(name, value)


def test_freeze_that_cannot_begin(world, monkeypatch, looks_real):
    """A freeze that fails half-way is given back, and the next one works."""
    stubborn = Stubborn("stubborn")
    vars(stubborn)["now"] = time.time
    monkeypatch.setitem(sys.modules, "stubborn", stubborn)
    sim = world(done)
    with pytest.raises(LookupError):
        _freezer.enter(sim._engine.clock)
    assert looks_real()
    monkeypatch.undo()
    with world(done) as sim:
        assert dt.datetime.now(UTC) == sim.now


def test_clock_that_is_not_held(world, looks_real):
    """Giving back what is not held changes nothing, and a clock that was given back moves nothing."""
    sim = world(done)
    _freezer.leave(sim._engine.clock)
    with sim:
        pass
    with world(done) as other:
        _freezer.leave(sim._engine.clock)
        sim.advance("1h")
        assert dt.datetime.now(UTC) == other.now
    assert looks_real()


def test_simulations_that_end_crosswise(world, looks_real):
    """Of two simulations either may end first; the clock shows the one that is left."""
    first, second = world(done), world(done, settings={"start": "2025-06-01T00:00:00Z"})
    with contextlib.ExitStack() as one, contextlib.ExitStack() as two:
        one.enter_context(first)
        two.enter_context(second)
        one.close()
        first.advance("1h")
        assert dt.datetime.now(UTC) == second.now
    assert looks_real()


def test_warm(world, looks_real):
    """Warming leaves real time as it is, and a freeze as well."""
    _freezer.warm()
    assert looks_real()
    with world(done) as sim:
        _freezer.warm()
        assert dt.datetime.now(UTC) == sim.now


def test_records_hold_real_datetimes(world):
    """Times of records are real aware datetimes, also under the freeze."""
    with world(done) as sim:
        task = sim.run("reindex").task
        assert type(task.created_on).__module__ == "datetime"
        assert task.created_on == dt.datetime.now(UTC)


def test_model_with_a_datetime_in_a_run(world):
    """A pydantic model with a datetime works in a run and afterwards."""

    def run(controller):
        stamped = Stamped(at=dt.datetime.now(UTC))
        return controller.response.done(output=stamped.model_dump(mode="json"))

    with world(run) as sim:
        assert sim.run("reindex").output == {"at": "2024-01-01T00:00:00Z"}
    assert Stamped(at="2024-01-01T00:00:00Z").at == dt.datetime(2024, 1, 1, tzinfo=UTC)


def test_definitions_registered_under_a_freeze(define, looks_real):
    """Registration sees the simulation's time, and what it builds with datetimes works."""
    seen = []

    def validation():
        seen.append(dt.datetime.now(UTC))

        class Input(BaseModel):
            at: dt.datetime

        return Input

    with Simulator() as sim:
        sim.advance("1h")
        sim.register(define(done, create_input_validation=validation))
        assert seen == [sim.now]
        assert sim.run("reindex", input={"at": "2024-01-01T00:00:00Z"}).status == "success"
        with pytest.raises(TasksimError, match="Validation failed"):
            sim.run("reindex", input={"at": "soon"})
    assert looks_real()


def test_registration_that_fails_under_a_freeze(looks_real):
    """A registration that fails leaves the freeze as it was."""
    with Simulator() as sim:
        sim.advance("1h")
        with pytest.raises(Exception, match="not a definition"):
            sim.register(3)
        assert dt.datetime.now(UTC) == sim.now
    assert looks_real()
