"""`fuzz` in whole pytest runs: what stands around a test of Hypothesis's works for it, too."""

import datetime as dt
import re
from importlib.util import find_spec

import hypothesis.core  # what is loaded here is not loaded again by each run in this process
import pytest

import tasksim.strategies._fuzz  # noqa: F401 - as above

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.slow

PUBLISH = """
import pytest
from hypothesis import example, settings
from hypothesis import strategies as st
from tasksim import fuzz


class Publish:
    id = "publish"
    title = "Publish"

    def __init__(self, effects):
        self.effects = effects

    def run(self, input, controller):
        for at in range(input.get("at", 0), len(input["ids"])):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at + input.get("skip", 0)})
            self.effects.record("publish", key=input["ids"][at])
        return controller.response.done()


def publishing(sim, input):
    sim.register(lambda: Publish(sim.effects))
    sim.tasks.trigger("publish", input=input)


IDS = st.fixed_dictionaries({"ids": st.lists(st.text(max_size=2), max_size=4)})
SKIPS = IDS.map(lambda input: {**input, "skip": 1})
"""

FAILS = """
@fuzz(publishing, inputs=SKIPS)
def test_skips(run):
    pass
"""


@pytest.fixture(autouse=True)
def _seed(monkeypatch):
    """Forget the seed that a run in this process was given: Hypothesis keeps it, and then no database."""
    monkeypatch.setattr(hypothesis.core, "global_force_seed", None)


def run(pytester, tests, *arguments):
    """Run tests in this process and return the result; real time must be back."""
    pytester.makepyfile(PUBLISH + tests)
    if find_spec("pytest_asyncio"):
        pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function")  # unset, it warns
    result = pytester.runpytest_inprocess("-W", "error", "-p", "no:cacheprovider", *arguments)
    assert dt.datetime.now(dt.timezone.utc).year > 2024
    return result


def test_fixtures_parameters_and_methods_work(pytester):
    """A test that is fuzzed may be a method, have parameters, and take fixtures that outlive an example."""
    tests = """
        @pytest.fixture(scope="module")
        def limit():
            return 4

        class TestPublish:
            @pytest.mark.parametrize("most", [4, 5])
            @fuzz(publishing, inputs=IDS)
            @settings(max_examples=20)
            def test_publishes(self, limit, run, most):
                assert isinstance(self, TestPublish)
                assert len(run.input["ids"]) <= limit <= most
    """
    result = run(pytester, "".join(line[8:] for line in tests.splitlines(keepends=True)))
    result.assert_outcomes(passed=2)


def test_failure_shows_the_story_and_no_frame_of_ours(pytester):
    """A failure shows the test, its story, the example and the token, and no code of tasksim."""
    result = run(pytester, FAILS)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*@fuzz(publishing, inputs=SKIPS)",
            "E*CheckFailed: resume-equivalence: cut once, 'publish' never did 1 of 1 effect*",
            "E     plan       close_to_timeout@runtime.is_close_to_timeout[#]1",
            "E     replay     replay(lambda sim: publishing(sim, {'ids': [''], 'skip': 1}),",
            "E*plan='close_to_timeout@runtime.is_close_to_timeout[#]1',",
            "E*input={'ids': [[]''], 'skip': 1},",
            "E*token: v1 close_to_timeout@runtime.is_close_to_timeout[#]1",
        ]
    )
    assert "_fuzz.py" not in result.stdout.str()


def test_explain_phase_lists_no_lines(pytester):
    """What does not matter in an example is said; lines of the simulator are not, which would take long."""
    tests = """
def numbered(input, n):
    return [input, n]

@settings(database=None, max_examples=100)
@fuzz(lambda sim, drawn: publishing(sim, drawn[0]), inputs=st.builds(numbered, SKIPS, st.integers()))
def test_skips(run): pass
"""
    result = run(pytester, tests)
    result.assert_outcomes(failed=1)
    assert "or any other generated value" in result.stdout.str()
    assert "These lines were" not in result.stdout.str()


def test_statistics_count_kinds(pytester):
    """`--hypothesis-show-statistics` tells how often which kind struck."""
    tests = "@settings(max_examples=200)\n@fuzz(publishing, inputs=IDS)\ndef test_publishes(): pass\n"
    result = run(pytester, tests, "--hypothesis-show-statistics")
    result.assert_outcomes(passed=1)
    for kind in ("none", "crash", "abort", "lost_ack"):
        result.stdout.fnmatch_lines([f"*%, fault: {kind}"])
    result.stdout.fnmatch_lines(["*%, progress run"])


def test_database_remembers(pytester):
    """The example that failed is tried first in the next run."""
    tests = (
        "from hypothesis.database import DirectoryBasedExampleDatabase\n"
        "@settings(max_examples=200, database=DirectoryBasedExampleDatabase('kept'))"
    ) + FAILS
    run(pytester, tests).assert_outcomes(failed=1)
    result = run(pytester, tests, "--hypothesis-show-statistics")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*during reuse phase*"])
    assert "during generate phase" not in result.stdout.str()


def test_seed_of_the_command_line_decides(pytester):
    """The same `--hypothesis-seed` draws the same, and another one something else."""
    tests = """
@settings(max_examples=20, database=None)
@fuzz(publishing, inputs=IDS)
def test_publishes(run):
    print("drawn", run.input, run.plan)
"""
    said = [run(pytester, tests, "-s", f"--hypothesis-seed={n}").stdout.str() for n in (1, 1, 2)]
    drawn = [re.findall("^.*drawn .*$", text, re.MULTILINE) for text in said]
    assert len(drawn[0]) == 20
    assert drawn[0] == drawn[1] != drawn[2]


def test_explicit_examples_run_first(pytester):
    """An `@example` with its plan is run before anything is drawn, and told as such."""
    tests = """
@example(input={"ids": ["a", "b"], "skip": 1}, plan="close_to_timeout@runtime.is_close_to_timeout#2")
@fuzz(publishing, inputs=IDS)
def test_publishes(): pass
"""
    result = run(pytester, tests)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*lost       publish[[]b[]]", "*explicit example: test_publishes(*"])


def test_workers_of_xdist_tell_the_same(pytester):
    """Under pytest-xdist the story comes back whole."""
    pytest.importorskip("xdist")
    tests = "@fuzz(publishing, inputs=IDS)\ndef test_publishes(): pass\n"
    result = run(pytester, FAILS + tests, "-n2")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["E*token: v1 close_to_timeout@runtime.is_close_to_timeout[#]1"])


def test_forgotten_test_is_an_error(pytester):
    """What the decorator returns without a test fails, and says what to write."""
    result = run(pytester, "test_forgotten = fuzz(publishing, inputs=IDS)\n")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*Write @fuzz(publishing) above a test: def test_publishing(run): ..."])


def test_fuzzed_while_the_clock_is_frozen_already(pytester):
    """Inside of somebody's freeze, and of a simulation that is on, it works as well, without complaints."""
    tests = """
import freezegun
from tasksim import Simulator

@settings(max_examples=30)
@fuzz(publishing, inputs=IDS)
def fuzzed(): pass

@freezegun.freeze_time("2020-01-01")
def test_in_a_freeze():
    fuzzed()

def test_in_a_simulation():
    with Simulator():
        fuzzed()
"""
    run(pytester, tests).assert_outcomes(passed=2)
