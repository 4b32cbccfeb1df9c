"""Whole pytest runs under the frozen clock: what measures and waits has real time, what is tested has not."""

import datetime as dt
import os
import re
import xml.etree.ElementTree as ET
from importlib.util import find_spec

import freezegun  # noqa: F401 - what is loaded here is not loaded again by each run in this process
import hypothesis.core  # noqa: F401 - as above
import pytest

import tasksim._simulator.simulator  # noqa: F401 - as above

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.slow

LOOK = """
import asyncio
import datetime as dt
import time

import pytest
from tasksim import Simulator, UsageError, create_task_definition

START = 1_704_067_200


def look():
    assert dt.datetime.now() == dt.datetime.today() == dt.datetime(2024, 1, 1)
    assert dt.datetime.now(dt.timezone.utc).timestamp() == START
    assert dt.date.today() == dt.date(2024, 1, 1)
    assert time.time_ns() == START * 10**9
    return time.time()


def is_real():
    return dt.datetime.now().year > 2024 and time.time() > START + 400 * 86_400


def sees_frozen_time(sim):
    def run(controller):
        look()
        assert time.time() == time.monotonic() == START
        return controller.response.done()

    sim.register(create_task_definition(id="look", title="Look", run=run, on_done=lambda task: look()))
    return sim.run("look").status == "success"
"""


def needed(*modules):
    """Skip a test that needs plugins which are not installed; where CI runs, they must be."""
    missing = [module for module in modules if find_spec(module) is None]
    if missing and not os.environ.get("TASKSIM_IN_CI"):
        pytest.skip(f"needs {', '.join(missing)}")


def run(pytester, tests, *arguments):
    """Run tests in this process and return the result; real time must be back."""
    pytester.makepyfile(LOOK + tests)
    if find_spec("pytest_asyncio"):
        pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function")  # unset, it warns
    result = pytester.runpytest_inprocess("-W", "error", *arguments)
    assert dt.datetime.now(dt.timezone.utc).year > 2024
    return result


def test_durations_are_real(pytester):
    """Durations, the last line and the junit file tell what a test took, not the year that it simulated."""
    tests = """
@pytest.fixture(scope="module")
def world():
    with Simulator() as sim:
        sim.advance("300d")
        yield sim
        sim.advance("60d")


def test_year(world):
    world.advance("1d")
    with Simulator(start="2030-01-01T00:00:00Z"):
        pass
"""
    result = run(pytester, tests, "--durations=0", "--durations-min=0", "-vv", "--junitxml=junit.xml")
    result.assert_outcomes(passed=1)
    text = result.stdout.str()
    shown = re.findall(r"(-?[\d.]+)s (?:setup|call|teardown)", text) + re.findall(r"in (-?[\d.]+)s", text)
    suite = ET.parse(pytester.path / "junit.xml").getroot()[0]  # noqa: S314 - written by pytest just now
    shown += [suite.attrib["time"], suite[0].attrib["time"]]
    assert len(shown) == 6
    assert all(0 <= float(seconds) < 60 for seconds in shown)
    assert dt.datetime.fromisoformat(suite.attrib["timestamp"]).year > 2024


def test_hypothesis_has_frozen_time_and_its_deadline(pytester):
    """The body of a `@given` test sees frozen time; a simulated hour is not counted, real time is."""
    tests = """
from hypothesis import given, settings, strategies as st

with Simulator():
    pass  # the first freeze of a process costs more than a deadline allows on a slow machine

_real = {"now": time.perf_counter}


@given(st.integers())
@settings(max_examples=3)
def test_quick(number):
    with Simulator() as sim:
        assert look() == time.monotonic() == START
        assert sees_frozen_time(sim)
        sim.advance("1h")
        assert time.time() == START + 3_600
    assert is_real()


@given(st.integers())
@settings(max_examples=1, deadline=20)
def test_slow(number):
    with Simulator() as sim:
        until = _real["now"]() + 0.05
        while _real["now"]() < until:
            pass


@given(st.data())
@settings(max_examples=3)
def test_draws(data):
    with Simulator() as sim:
        data.draw(st.integers())
        sim.advance("1h")
        data.draw(st.integers())


def test_given_in_a_simulation():
    @given(st.integers())
    @settings(max_examples=3)
    def moves(number):
        sim.advance("1h")
        assert time.time() == sim.now.timestamp()

    with Simulator() as sim:
        moves()
        assert sim.now_ms >= 3 * 3_600_000
"""
    result = run(pytester, tests, "--tb=short")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(
        ["E *DeadlineExceeded: Test took *ms, which exceeds the deadline of 20.00ms.*"]
    )


ASYNC = """
_real = {"now": time.perf_counter}


async def look_around(sleep):
    began = _real["now"]()
    with Simulator() as sim:
        assert look() == time.monotonic() == START
        assert sees_frozen_time(sim)
        await sleep(0.02)
        sim.advance("1h")
        await sleep(0.02)
        assert time.time() == START + 3_600
    assert is_real()
    assert 0.04 * 0.9 <= _real["now"]() - began < 30
"""


def test_pytest_asyncio(pytester):
    """The body of a pytest-asyncio test sees frozen time; its loop sleeps in real time."""
    needed("pytest_asyncio")
    tests = """
import pytest_asyncio


@pytest.mark.asyncio
async def test_asyncio():
    await look_around(asyncio.sleep)
    with pytest.raises(asyncio.TimeoutError), Simulator():
        await asyncio.wait_for(asyncio.sleep(60), 0.01)


@pytest_asyncio.fixture
async def world():
    with Simulator() as sim:
        await asyncio.sleep(0.001)
        yield sim
        await asyncio.sleep(0.001)


@pytest.mark.asyncio
async def test_asyncio_fixture(world):
    assert look() == START
    await asyncio.sleep(0.001)
"""
    run(pytester, ASYNC + tests, "-o", "asyncio_default_fixture_loop_scope=function").assert_outcomes(
        passed=2
    )


def test_anyio(pytester):
    """So does the body of an anyio test, with asyncio and with trio."""
    needed("anyio", "trio")
    tests = """
import anyio


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_anyio():
    await look_around(anyio.sleep)
    with Simulator():
        with anyio.move_on_after(0.01) as scope:
            await anyio.sleep(60)
        assert scope.cancelled_caught
        assert await anyio.to_thread.run_sync(time.time) == START
"""
    run(pytester, ASYNC + tests).assert_outcomes(passed=2)


def test_pytest_freezer(pytester):
    """pytest-freezer's fixture and mark work around a simulation; moving its freeze inside is refused."""
    needed("pytest_freezer")
    tests = """
@pytest.fixture
def world():
    with Simulator() as sim:
        yield sim


def test_around(freezer):
    freezer.move_to("2020-01-01")
    with Simulator() as sim:
        assert look() == START
        assert sees_frozen_time(sim)
        with pytest.raises(UsageError, match="move_to.. of a freeze was called inside a simulation"):
            freezer.move_to("2021-01-01")
        with pytest.raises(UsageError, match="tick.. of a freeze was called inside a simulation"):
            freezer.tick()
    assert dt.date.today() == dt.date(2020, 1, 1)
    freezer.move_to("2021-01-01")
    assert dt.date.today() == dt.date(2021, 1, 1)


def test_fixtures_in_one_order(freezer, world):
    assert look() == START
    assert sees_frozen_time(world)


def test_fixtures_in_the_other_order(world, freezer):
    freezer.move_to("2020-01-01")
    assert dt.date.today() == dt.date(2020, 1, 1)


@pytest.mark.freeze_time("2020-01-01")
def test_mark(world):
    assert look() == START


def test_nothing_is_left():
    assert is_real()
"""
    run(pytester, tests).assert_outcomes(passed=5)


def test_decorated_tests(pytester):
    """`@freeze_time` on a test, a class or a coroutine works around a simulation."""
    tests = """
import unittest
from freezegun import freeze_time


@freeze_time("2020-01-01")
def test_function():
    with Simulator() as sim:
        assert sees_frozen_time(sim)
    assert dt.date.today() == dt.date(2020, 1, 1)


@freeze_time("2020-01-01")
class TestClass:
    def test_method(self):
        with Simulator() as sim:
            assert sees_frozen_time(sim)
        assert dt.date.today() == dt.date(2020, 1, 1)


@freeze_time("2020-01-01")
class TestCase(unittest.TestCase):
    def setUp(self):
        self.sim = Simulator().__enter__()
        self.addCleanup(self.sim.__exit__, None, None, None)

    def test_method(self):
        assert sees_frozen_time(self.sim)


def test_nothing_is_left():
    assert is_real()
"""
    result = run(pytester, tests)
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(
        ["*has ended inside of it.", "*End it after the simulation, or begin it inside."]
    )


def test_failing_tests_leave_real_time(pytester):
    """However a test ends, the next one has real time."""
    tests = """
@pytest.fixture
def broken():
    with Simulator():
        yield
        raise LookupError


def test_fails():
    with Simulator():
        assert False


def test_is_skipped():
    with Simulator():
        pytest.skip()


def test_crash_in_teardown(broken):
    pass


@pytest.mark.parametrize("again", range(2))
def test_is_real(again):
    assert is_real()
"""
    run(pytester, tests).assert_outcomes(passed=3, failed=1, errors=1, skipped=1)
