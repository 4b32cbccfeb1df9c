"""The frozen wall clock: what `with Simulator()` promises."""

import datetime as dt
import time

import pytest
from pydantic import BaseModel

from tasksim import Simulator, UsageError
from tasksim._simulator.simulator import _freezer

UTC = dt.timezone.utc
START = 1_704_067_200


class Stamped(BaseModel):
    at: dt.datetime


def done(controller):
    """Answer done."""
    return controller.response.done()


@pytest.fixture(autouse=True)
def is_given_back():
    """Each test gives the wall clock back."""
    yield
    left = list(_freezer._holders)
    for clock in left:
        _freezer.leave(clock)
    assert left == []


def looks_real():
    """Whether the wall clock shows real time."""
    return dt.datetime.now(UTC).year > 2024 and time.time() > START + 366 * 86_400


def test_looked_up_times_are_frozen(world):
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


def test_utcnow_and_today(world):
    """The older ways to ask are frozen, too; local time is UTC."""
    with world(done):
        expected = dt.datetime.fromisoformat("2024-01-01T00:00:00")
        assert dt.datetime.today() == expected  # noqa: DTZ002 - what is tried
        assert dt.datetime.now() == expected  # noqa: DTZ005 - what is tried


def test_without_with_nothing_is_frozen(world):
    """A simulator that is not entered, or told not to, freezes nothing."""
    sim = world(lambda controller: controller.response.done(output={"real": looks_real()}))
    assert sim.run("reindex").output == {"real": True}
    with Simulator(freeze=False):
        assert looks_real()


def test_nested_simulators(world):
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


def test_simulator_entered_twice(world):
    """A simulator that is entered already is refused, and real time is given back in the end."""
    sim = world(done)
    with pytest.raises(UsageError) as caught, sim, sim:
        pytest.fail("was entered twice")
    assert str(caught.value) == "This Simulator was entered already.\n  Use it in one `with` at a time."
    assert looks_real()


def test_simulator_may_be_entered_again_later(world):
    """A simulator may be entered again later, and goes on at its time."""
    sim = world(done)
    with sim:
        sim.advance("1h")
    with sim:
        assert dt.datetime.now(UTC) == sim.now
    assert looks_real()


def test_exception_gives_the_clock_back(world):
    """An exception in the block, or in closing, gives the wall clock back."""
    with pytest.raises(LookupError), world(done):
        raise LookupError
    assert looks_real()
    with pytest.raises(Exception, match="never fired"), world(done, settings={"plan": "crash@event#9"}):
        pass
    assert looks_real()


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


def test_definitions_registered_under_a_freeze(define):
    """Validators are built with the freeze lifted: models with datetimes work; then the freeze goes on."""
    seen = []

    def validation():
        seen.append(looks_real())

        class Input(BaseModel):
            at: dt.datetime

        return Input

    with Simulator() as sim:
        sim.advance("1h")
        sim.register(define(done, create_input_validation=validation))
        assert dt.datetime.now(UTC) == sim.now
        assert sim.run("reindex", input={"at": "2024-01-01T00:00:00Z"}).status == "success"
    assert seen == [True]
    assert looks_real()


def test_registration_that_fails_under_a_freeze(define):
    """A registration that fails leaves the freeze as it was."""
    with Simulator() as sim:
        sim.advance("1h")
        with pytest.raises(Exception, match="not a definition"):
            sim.register(3)
        assert dt.datetime.now(UTC) == sim.now
    assert looks_real()
