"""The fixtures `simulator` and `sim`: what they make, how they end, where they refuse to be used."""

import inspect

import hypothesis.strategies  # noqa: F401 - loaded here, or each run inside this one takes a second to
import pytest

from tasksim import Simulator
from tasksim.pytest_plugin import SimulatorFactory

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.slow


# --- what they make


def test_simulator_makes_entered_simulators(suite):
    """`simulator(...)` takes the arguments of `Simulator` and freezes, unless told not to."""
    suite.write("""
from datetime import date

def test_it(simulator):
    sim = simulator([count_down], budget="4m", start="2031-05-06T00:00:00Z", tick=1)
    assert date.today() == date(2031, 5, 6)
    assert sim.run("countDown").status == "success"
    assert "budget 4m" in repr(sim) and "not frozen" not in repr(sim)

def test_real(simulator):
    simulator(freeze=False, start="2001-05-06T00:00:00Z")
    assert date.today().year > 2020
""")
    suite.run().assert_outcomes(passed=2)


def test_each_test_gets_its_own(suite):
    """Nothing of one test's world is in another's; in one test there may be several."""
    suite.write("""
import time

def test_one(simulator, sim):
    first, second = simulator([count_down]), simulator([count_down], start="2030-01-01T00:00:00Z")
    assert first.run("countDown").id == second.run("countDown").id
    assert time.time() == second.now.timestamp()
    assert sim not in (first, second)

@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.tasksim(definitions=[count_down])
def test_two(sim, n):
    assert sim.run("countDown").id == "countDown-0001"
""")
    suite.run().assert_outcomes(passed=3)


def test_factories_are_built_for_each_test(suite):
    """Classes among a marker's definitions are built for each test; an instance is shared."""
    suite.write("""
class Count:
    id, title = "count", "Count"
    def __init__(self):
        self.calls = 0
    def run(self, controller):
        self.calls += 1
        return controller.response.done(output={"calls": self.calls})

@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.tasksim(definitions=[Count])
def test_built(sim, n):
    assert sim.run("count").output == {"calls": 1}

@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.tasksim(definitions=[Count()])
def test_shared(sim, n):
    assert sim.run("count").output == {"calls": n}
""")
    suite.run().assert_outcomes(passed=4)


def test_in_a_test_case(suite):
    """A method of unittest.TestCase gets the fixtures through a fixture of its own."""
    suite.write("""
import unittest

class TestIt(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def world(self, simulator):
        self.sim = simulator([count_down])

    def test_it(self):
        self.assertEqual(self.sim.run("countDown").status, "success")
""")
    suite.run(load=["unittest"]).assert_outcomes(passed=1)


def test_unittest_failure_shows_no_frame_of_ours(suite):
    """The traceback of a method of unittest.TestCase is cut to the user's frames, too."""
    suite.write("""
import unittest
from tasksim import Simulator, create_task_definition

def fails(controller):
    raise AssertionError("no good")

class TestIt(unittest.TestCase):
    def test_it(self):
        definition = create_task_definition(id="job", title="Job", run=fails)
        Simulator([definition], freeze=False).run("job")
""")
    result = suite.run(load=["unittest"])
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E*AssertionError: no good"])
    result.stdout.no_fnmatch_line("*_simulator/simulator.py*")


def test_the_factorys_type_is_the_simulators():
    """`SimulatorFactory`, for annotations, has the arguments of `Simulator`, all of them."""
    wanted = inspect.signature(Simulator).parameters.values()
    typed = list(inspect.signature(SimulatorFactory.__call__).parameters.values())[1:]
    assert [str(each) for each in typed] == [str(each) for each in wanted if not each.name.startswith("_")]


def test_the_package_has_no_other_lazy_name():
    """The plugin's module raises AttributeError for names that it does not have."""
    import tasksim.pytest_plugin as plugin  # noqa: PLC0415 - the module itself is tried

    with pytest.raises(AttributeError, match="SimulatorFactry"):
        _ = plugin.SimulatorFactry


def test_fixtures_are_documented(suite):
    """`pytest --fixtures` explains both fixtures, with an example."""
    suite.write("")
    text = str(suite.run("--fixtures", "-v").stdout)
    assert "sim = simulator([PublishEntries(FakeCms())], budget=" in text
    assert "@pytest.mark.tasksim(definitions=[PublishEntries]" in text


# --- how they end


def test_real_time_comes_back(suite):
    """After the test time is real again: passed, failed, skipped, or failed in setup or teardown."""
    suite.write("""
from datetime import date

@pytest.fixture(autouse=True)
def time_is_real_between_tests(request):
    assert date.today().year > 2024
    yield
    assert date.today().year > 2024

@pytest.fixture
def breaks(simulator):
    simulator()
    raise OSError("in setup")

@pytest.fixture
def breaks_late(simulator):
    yield simulator()
    raise OSError("in teardown")

def test_passes(sim, simulator):
    simulator()
    simulator(start="2019-01-01T00:00:00Z")

def test_fails(sim, simulator):
    simulator()
    assert False

def test_skips(sim):
    pytest.skip("no")

def test_breaks(breaks):
    pass

def test_breaks_late(breaks_late):
    pass

def test_after():
    assert date.today().year > 2024
""")
    suite.run().assert_outcomes(passed=3, failed=1, skipped=1, errors=2)


def test_a_stale_plan_is_an_error_of_the_test(suite):
    """A planned fault that never fired fails the teardown, without a traceback; each simulator is told."""
    suite.write("""
def test_it(simulator):
    simulator(plan="crash@event#3")
    simulator()
    simulator(plan="crash@event#7")

@pytest.mark.tasksim(plan="crash@event#4")
def test_marked(sim):
    pass
""")
    result = suite.run()
    result.assert_outcomes(passed=2, errors=2)
    text = str(result.stdout)
    assert text.index("'crash@event#7' never fired") < text.index("'crash@event#3' never fired")
    assert "'crash@event#4' never fired" in text
    assert "worlds.py" not in text
    assert "above exception" not in text


@pytest.mark.parametrize("why", ["assert False", "pytest.skip('no')", "pytest.xfail('yet')", "raise OSError"])
def test_a_stale_plan_is_no_error_of_a_failed_test(suite, why):
    """A test that did not come to its end is not blamed for faults that it did not reach."""
    suite.write(f"""
def test_it(simulator):
    simulator(plan="crash@event#3")
    {why}
""")
    result = suite.run()
    assert "never fired" not in str(result.stdout)
    assert result.parseoutcomes().get("errors", 0) == 0


def test_a_stale_plan_of_the_whole_run_says_so(suite):
    """If the plan came from the command line, the error says that it did."""
    suite.write("""
def test_it(simulator):
    simulator([count_down]).run("countDown", input={"left": 0})
    simulator(plan="crash@event#5")
""")
    text = str(suite.run("--tasksim-plan=crash@event#3").stdout)
    assert text.count("plan: that of the whole run, --tasksim-plan or tasksim_plan") == 1


def test_a_plan_of_the_whole_run_is_not_for_an_idle_simulator(suite):
    """A simulator in which nothing was triggered, as one that holds the freeze, need not fire it."""
    suite.write(
        "def test_it(simulator):\n    simulator()\n\ndef test_direct():\n    with Simulator():\n        pass"
    )
    suite.run("--tasksim-plan=crash@event#3").assert_outcomes(passed=2)


def test_each_is_ended_even_if_another_fails(suite):
    """A simulator whose end raises does not keep the others from being ended."""
    suite.write("""
from datetime import date

class Broken(Simulator):
    def close(self):
        raise OSError("broken end")

@pytest.fixture
def world(simulator, monkeypatch):
    monkeypatch.setattr("tasksim.pytest_plugin.worlds.Simulator", Broken)
    yield simulator

def test_it(world):
    world(), world(), world(plan="crash@event#3")

def test_after():
    assert date.today().year > 2024
""")
    result = suite.run()
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*OSError: broken end"])


def test_no_simulator_after_the_end(suite):
    """The factory refuses to make a simulator that nobody would end."""
    suite.write("""
kept = []

def test_keeps(simulator):
    assert "call it to make a Simulator; 0 made" in repr(simulator)
    kept.append(simulator)

def test_uses():
    kept[0]()
""")
    result = suite.run()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["*UsageError: simulator() was called after its test was over: test_it.py::test_keeps."]
    )


# --- misuse


def test_unknown_setting(suite, lines_of):
    """A misspelt argument of `simulator` is named, with the nearest, at the user's line alone."""
    suite.write("def test_it(simulator):\n    simulator(tikc=1)")
    result = suite.run()
    block = lines_of(result, "E       tasksim.errors.UsageError")
    assert block[0].endswith("simulator() got 'tikc', which is no setting. Did you mean 'tick'?")
    assert "worlds.py" not in str(result.stdout)


def test_wrong_value(suite):
    """A wrong value is the simulator's own error, at the user's line alone."""
    suite.write("def test_it(simulator):\n    simulator(tick='x')")
    result = suite.run()
    result.stdout.fnmatch_lines(
        ["*UsageError: tick is 'x', which is no duration.", "test_it.py:13: UsageError"]
    )
    assert "settings.py" not in str(result.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("scope", ["class", "module", "package", "session"])
@pytest.mark.parametrize("name", ["sim", "simulator"])
def test_wider_scope(suite, scope, name):
    """A fixture of a wider scope cannot use them; the error says what to do instead, for each test."""
    suite.write(f"""
@pytest.fixture(scope="{scope}")
def world({name}):
    return {name}

def test_one(world):
    pass

def test_two(world):
    pass
""")
    result = suite.run()
    result.assert_outcomes(errors=2)
    text = str(result.stdout)
    assert text.count("The fixtures of tasksim make a world that lasts as long as one test.\n") == 2
    assert text.count("          yield sim\n") == 2


def test_another_wider_scope_is_pytests_business(suite):
    """Nothing is added to the same mistake with another fixture."""
    suite.write("""
@pytest.fixture(scope="module")
def world(tmp_path, sim):
    pass

def test_one(world):
    pass
""")
    result = suite.run()
    result.assert_outcomes(errors=1)
    assert "tasksim make a world" not in str(result.stdout)


@pytest.mark.parametrize("name", ["sim", "simulator", "world"])
def test_under_given(suite, lines_of, name):
    """Under `@given` they are refused at setup, with what to use instead."""
    suite.write(f"""
from hypothesis import given, strategies as st

@pytest.fixture
def world(simulator):
    return simulator()

@given(st.integers())
def test_it({name}, n):
    pass
""")
    result = suite.run()
    result.assert_outcomes(errors=1)
    used = "sim" if name == "sim" else "simulator"
    assert lines_of(result, "Hypothesis runs") == [
        f"Hypothesis runs 'test_it' many times, and the fixture {used!r} makes one world for all of them.",
        "  test: test_it.py::test_it",
        "  Make a world in the test instead, for each example its own:",
        "      with Simulator([...]) as sim:",
    ]


def test_a_simulator_under_given(suite):
    """What the refusal proposes works."""
    suite.write("""
from hypothesis import given, settings, strategies as st

@settings(deadline=None)
@given(st.integers(0, 3))
def test_it(n):
    with Simulator([count_down]) as sim:
        assert sim.run("countDown", input={"left": n}).status == "success"
""")
    suite.run(load=["hypothesispytest"]).assert_outcomes(passed=1)


# --- async tests


def test_in_async_tests(suite):
    """The fixtures work in tests of pytest-asyncio and anyio, on both backends."""
    suite.write("""
import asyncio, time
import anyio

@task_definition(id="nap", title="Nap")
async def nap(controller):
    await asyncio.sleep(600)
    return controller.response.done()

@pytest.mark.asyncio
async def test_asyncio(simulator, sim):
    began = time.perf_counter()
    world = simulator([nap])
    assert world.run("nap").status == "success"
    await asyncio.sleep(0.001)
    assert world.now_ms == 600_000
    assert sim.now_ms == 0

@pytest.mark.anyio
async def test_anyio(simulator):
    world = simulator([nap])
    assert world.run("nap").status == "success"
    await anyio.sleep(0.001)
    with anyio.fail_after(30):
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep, 0.001)

@pytest.fixture
async def world(simulator):
    await asyncio.sleep(0)
    return simulator([nap])

@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param
""")
    suite.ini("asyncio_mode = strict\nasyncio_default_fixture_loop_scope = function")
    suite.run(load=["asyncio", "anyio"]).assert_outcomes(passed=3)


def test_in_auto_mode(suite):
    """In pytest-asyncio's auto mode they work, in async fixtures as well, and failures are explained."""
    suite.write("""
import asyncio

@pytest.fixture
async def world(simulator):
    await asyncio.sleep(0)
    return simulator([count_down])

async def test_passes(world):
    assert world.run("countDown").status == "success"

async def test_fails(world):
    assert world.run("countDown").status == "failed"

async def test_stale(simulator):
    simulator(plan="crash@event#3")
""")
    suite.ini("asyncio_mode = auto\nasyncio_default_fixture_loop_scope = function")
    result = suite.run(load=["asyncio"])
    result.assert_outcomes(passed=2, failed=1, errors=1)
    result.stdout.fnmatch_lines(["*- tasksim timeline -*", "*- tasksim replay -*"])
