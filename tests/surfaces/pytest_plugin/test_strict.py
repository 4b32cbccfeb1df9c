"""Strict tests: run again from other starts, compared, and failed by what that finds."""

import pytest

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.slow

CAPTURES = """
import time

@task_definition(id="stamp", title="Stamp")
def stamp(controller, now=time.time):
    return controller.response.done(output={"at": int(now())})

"""


@pytest.mark.parametrize(
    "test",
    [
        "def test_it(simulator):\n    simulator([stamp], strict=True).run('stamp')",
        "@pytest.mark.tasksim(definitions=[stamp], strict=True)\ndef test_it(sim):\n    sim.run('stamp')",
        "def test_it():\n    with Simulator([stamp], strict=True) as sim:\n        sim.run('stamp')",
        "class TestIt:\n    def test_it(self, sim):\n        Simulator([stamp], strict=True).run('stamp')",
        "def test_it(simulator):\n    simulator([stamp])\n    simulator([stamp], strict=True).run('stamp')",
    ],
    ids=["simulator", "sim", "direct", "method", "beside another"],
)
def test_a_captured_clock_fails_the_test(suite, test):
    """A test that passes with a captured clock fails: its call, without frames, with the user's line."""
    suite.write(CAPTURES + test)
    result = suite.run("-v")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*data.output.at*comes from a clock that the simulation does not move*",
            "  *test_it.py:*",
            "  Look the clock up when it is called: *",
            "*- tasksim timeline -*",
            "*- tasksim replay -*",
            "pytest test_it.py::*test_it",
            "FAILED test_it.py::*test_it - *",
        ]
    )
    text = str(result.stdout)
    assert "Traceback" not in text
    assert "_plugin" not in text.partition("= FAILURES =")[2]
    assert text.count("test_it FAILED") == 1


def test_without_strict_it_passes(suite):
    """Without strict=True nothing runs twice."""
    suite.write(CAPTURES + "runs = []\ndef test_it(sim):\n    runs.append(1)\n    assert len(runs) == 1")
    suite.run().assert_outcomes(passed=1)


def test_a_clean_test_passes_once(suite):
    """A strict test without a finding is reported once, with its own output, and what it recorded, once."""
    suite.write("""
@pytest.mark.tasksim(definitions=[count_down], strict=True)
def test_it(sim, request):
    request.node.user_properties.append(("seen", 1))
    print("OUTPUT")
    assert sim.run("countDown").status == "success"
""")
    suite.write(
        """
import collections
counts = collections.Counter()

def pytest_runtest_logreport(report):
    counts[report.when, report.outcome] += 1
    if report.when == "teardown":
        captured = [text for _, text in report.sections]
        print("COUNTS", *counts.items(), report.user_properties, captured)
""",
        "conftest.py",
    )
    result = suite.run("-rA")
    result.assert_outcomes(passed=1)
    told = next(line for line in result.outlines if "COUNTS" in line)
    once = "(('setup', 'passed'), 1) (('call', 'passed'), 1) (('teardown', 'passed'), 1)"
    assert told.endswith(f"COUNTS {once} [('seen', 1)] ['OUTPUT\\n']")


def test_a_fixed_date_is_no_finding(suite):
    """A test that fails from other starts, for it expects a date, passes."""
    suite.write("""
from datetime import date

@task_definition(id="today", title="Today")
def today(controller):
    return controller.response.done(output={"on": date.today().isoformat()})

def test_it(simulator):
    sim = simulator([today], strict=True)
    assert sim.run("today").output == {"on": "2024-01-01"}
""")
    suite.run().assert_outcomes(passed=1)


def test_a_test_that_passes_once(suite):
    """A test that fails when it is run again as it was fails, with the text of that run."""
    suite.write("""
runs = []

def test_it(simulator):
    sim = simulator([count_down], strict=True)
    sim.run("countDown")
    runs.append(1)
    assert len(runs) == 1
""")
    result = suite.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "'test_it' passes, and fails when it is run again as it was.",
            "*assert len(runs) == 1",
            "  Look for what the first run left behind: *",
        ]
    )


def test_a_test_that_fails_is_not_run_again(suite):
    """A strict test that fails is reported as it is."""
    suite.write("""
runs = []

def test_it(simulator):
    simulator([count_down], strict=True).run("countDown")
    runs.append(1)
    assert len(runs) == 9

def test_after():
    assert len(runs) == 1
""")
    result = suite.run()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["E*assert 1 == 9"])


def test_wider_fixtures_are_made_once(suite):
    """A rerun makes and ends the fixtures of the test alone; what a wider one raises at its end is told."""
    suite.write("""
events = []

@pytest.fixture(scope="session", autouse=True)
def whole():
    events.append("session")
    yield
    assert events == ["session", "module", *["made", "ended"] * 2, *["made", "ended"] * 2, "module ended"]

@pytest.fixture(scope="module", autouse=True)
def module_world():
    events.append("module")
    with Simulator([count_down], strict=True) as sim:
        sim.run("countDown", input={"left": 5})
        yield sim
    assert Simulator().now.year == 2024
    events.append("module ended")
    raise OSError("end of the module")

@pytest.fixture
def world(simulator):
    events.append("made")
    yield simulator([count_down], strict=True)
    events.append("ended")

@pytest.mark.parametrize("n", [1, 2])
def test_it(world, n, request):
    request.node.user_properties.append(("seen", n))
    print("OUTPUT", n)
    assert world.run("countDown").status == "success"
""")
    suite.write(
        """
def pytest_runtest_logreport(report):
    if report.failed:
        print("PROPERTIES", report.user_properties)
""",
        "conftest.py",
    )
    result = suite.run()
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*ERROR at teardown of test_it[[]2]*", "*OSError: end of the module"])
    text = str(result.stdout)
    assert "assert events ==" not in text
    assert text.count("OUTPUT 2") == 1
    assert "PROPERTIES [('seen', 2)]" in text


def test_a_failed_end_is_told_and_nothing_compared(suite):
    """A strict test whose own fixture fails at its end is an error, and is not run again."""
    suite.write("""
runs = []

@pytest.fixture
def late():
    yield
    raise OSError("late")

def test_it(simulator, late):
    runs.append(simulator([count_down], strict=True).run("countDown").status)

def test_after():
    assert len(runs) == 1
""")
    suite.run().assert_outcomes(passed=2, errors=1)


def test_stop_at_the_first_failure(suite):
    """`-x` stops after a finding, and ends the fixtures of wider scopes."""
    suite.write(
        CAPTURES
        + """
@pytest.fixture(scope="module", autouse=True)
def whole():
    yield
    print("WHOLE ENDED")

def test_it(simulator):
    simulator([stamp], strict=True).run("stamp")

def test_other():
    pass
"""
    )
    result = suite.run("-x", "-s")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*WHOLE ENDED*"])


def test_traces_and_profiles(suite):
    """A finding writes its traces, and says how to see it again."""
    suite.write(CAPTURES + "def test_it(simulator):\n    simulator([stamp], strict=True).run('stamp')")
    result = suite.run("--tasksim-profile=documented,webiny-5", "--tasksim-trace=traces")
    result.assert_outcomes(failed=2)
    assert len(list((suite.path / "traces").glob("*.txt"))) == 2
    result.stdout.fnmatch_lines(
        ["pytest 'test_it.py::test_it[[]webiny-5]' --tasksim-profile=documented,webiny-5"]
    )


def test_simulators_that_heed_no_profile_are_counted_once(suite):
    """Reruns do not count in the summary."""
    suite.write(
        "def test_it():\n    with Simulator([count_down], strict=True) as sim:\n        sim.run('countDown')"
    )
    result = suite.run("--tasksim-profile=all")
    result.stdout.fnmatch_lines(["1 simulator was made by Simulator() or a check, and *"])


def test_another_plugin_runs_tests(suite, lines_of):
    """Where another plugin runs tests it goes on doing so, and a line says what is missing."""
    suite.write(CAPTURES + "def test_it(simulator):\n    simulator([stamp], strict=True).run('stamp')")
    suite.write(
        """
from _pytest.runner import runtestprotocol

def pytest_runtest_protocol(item, nextitem):
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    runtestprotocol(item, nextitem=nextitem)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True
""",
        "conftest.py",
    )
    result = suite.run()
    result.assert_outcomes(passed=1)
    assert lines_of(result, "strict test") == [
        "1 strict test was not compared with another start, for another plugin runs the tests.",
        "  Run strict tests without it, as in -p no:rerunfailures.",
    ]


def test_only_shown_fixtures(suite):
    """`--setup-show` and its kind are pytest's own business."""
    suite.write(CAPTURES + "def test_it(simulator):\n    simulator([stamp], strict=True).run('stamp')")
    result = suite.run("--setup-show")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*SETUP    F simulator*"])


def test_real_time_comes_back(suite):
    """After reruns time is real, and the next test begins where it would."""
    suite.write("""
from datetime import date

@pytest.mark.parametrize("n", [1, 2])
def test_it(simulator, n):
    assert date.today().year > 2024
    sim = simulator([count_down], strict=True)
    sim.run("countDown")

def test_after(sim):
    assert date.today() == date(2024, 1, 1)
""")
    suite.run().assert_outcomes(passed=3)
