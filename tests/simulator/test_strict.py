"""Strict mode as its user meets it: `Simulator(strict=True)` and `tasksim.run(..., strict=True)`."""

import os
import threading
import time
from contextlib import suppress
from datetime import datetime, timezone

import pytest

import tasksim
from tasksim import NotSimulated, Simulator

UTC = timezone.utc


class Stamp:
    """Looks the clock up."""

    id, title = "stamp", "Stamp"

    def run(self, controller):
        return controller.response.done(output={"at": datetime.now(UTC).isoformat()})


class Captured(Stamp):
    """Captured the clock earlier."""

    def run(self, controller, now=time.time):
        return controller.response.done(output={"at": now()})


class Threaded(Stamp):
    """Starts a thread, and swallows what that raises."""

    def run(self, controller):
        with suppress(Exception):
            threading.Thread(target=print).start()
        return controller.response.done()


def test_honest_code_passes():
    """A task that looks the clock up runs as ever."""
    assert tasksim.run(Stamp, strict=True).output == {"at": "2024-01-01T00:00:00+00:00"}
    with Simulator([Stamp()], strict=True) as sim:
        assert sim.run("stamp").status == "success"


def test_captured_clock_is_found():
    """A clock that was captured is found by running a class again from another start, with the line."""
    with pytest.raises(NotSimulated, match="comes from a clock that the simulation does not move") as caught:
        tasksim.run(Captured, strict=True)
    assert "test_strict.py:" in str(caught.value)
    assert tasksim.run(Captured).status == "success"


def test_function_that_makes_an_instance_is_run_again():
    """A function without arguments is a factory like a class."""
    with pytest.raises(NotSimulated):
        tasksim.run(lambda: Captured(), strict=True)  # noqa: PLW0108 - any function


@pytest.mark.parametrize("start", [{"freeze": False}, {}])
def test_thread_is_found(start):
    """What a task does that the simulation cannot see comes out, even if the task swallows it."""
    with pytest.raises(NotSimulated, match=r"run\(\) of 'stamp' started a thread") as caught:
        Simulator([Threaded()], strict=True, **start).run("stamp")
    assert "threading.Thread(target=print).start()" in str(caught.value)


def test_without_strict_nothing_is_refused():
    """Without it, and in the test itself, everything is allowed."""
    assert tasksim.run(Threaded).status == "success"
    with Simulator([Stamp()], strict=True) as sim:
        sim.run("stamp")
        assert len(os.urandom(4)) == 4


def test_unseeded_randomness_is_found():
    """`random` has the simulation's seed; the system's randomness is refused, and all of it unseeded."""

    class Draw(Stamp):
        def run(self, controller):
            os.urandom(4)
            return controller.response.done()

    with pytest.raises(NotSimulated, match="urandom"):
        tasksim.run(Draw, strict=True)


def test_strict_without_a_trace():
    """A simulation that keeps no trace is watched all the same."""
    with pytest.raises(NotSimulated):
        tasksim.run(Threaded, strict=True, trace=False)
    assert tasksim.run(Stamp, strict=True, trace=False).status == "success"


def test_run_that_fails_at_another_start_raises_nothing_by_itself():
    """What expires in the second run is a fixed date as long as nothing else differs."""

    class Expires(Stamp):
        def run(self, controller):
            assert datetime.now(UTC).year < 2050, "expired"
            return controller.response.done()

    assert tasksim.run(Expires, strict=True).status == "success"
