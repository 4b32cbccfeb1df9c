"""The marker `tasksim_check`: what it collects and refuses, and how a scenario runs as a test."""

import re
import shlex
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.slow

# `STEP` is 0 in a definition that survives every cut, and 1 in one that skips what it was cut before.
PUBLISH = """
from tasksim import Simulator

STEP = 0

class Publish:
    id, title = "publish", "Publish"

    def __init__(self, effects):
        self.effects = effects

    def run(self, input, controller):
        for at in range(input.get("at", 0), 2):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at + STEP})
            self.effects.record("publish", key=str(at))
        return controller.response.done()

def publish(sim):
    sim.register(lambda: Publish(sim.effects))
    sim.tasks.trigger("publish", input={})

"""
GOOD = f"""{PUBLISH}
@pytest.mark.tasksim_check
def publishing(sim):
    publish(sim)
"""
BAD = GOOD.replace("STEP = 0", "STEP = 1")
AGAIN = "v1 close_to_timeout@runtime.is_close_to_timeout#1"
LOOPS = ["-o", "asyncio_default_fixture_loop_scope=function"]  # unset, pytest-asyncio warns
REPLAY = f"pytest test_it.py::publishing --tasksim-plan='{AGAIN}'"


def ids(result):
    """Return the ids of the tests that ran, in order, each once."""
    found = [line.split()[0].partition("::")[2] for line in result.outlines if re.match(r"\S+\.py::", line)]
    return list(dict.fromkeys(found))


def text_of(result):
    """Return what was printed."""
    return "\n".join(result.outlines + result.errlines)


# --- collecting


def test_a_scenario_is_a_test_whatever_its_name(suite):
    """The marker makes a test of a function of any name; what has none stays what it is."""
    suite.write(f"""{PUBLISH}
@pytest.mark.tasksim_check
def publishing(sim):
    publish(sim)

@pytest.mark.tasksim_check()
def test_publishing(world):
    publish(world)

@pytest.mark.tasksim_check(max_faults=1)
def _quiet(anything, ids=(), *, deep=False):
    publish(anything)

def unmarked(sim):
    raise AssertionError

def test_plain(sim):
    assert sim.token == "v1"
""")
    result = suite.run("-v", "--strict-markers")
    result.assert_outcomes(passed=4)
    assert ids(result) == ["publishing", "test_publishing", "_quiet", "test_plain"]


def test_selecting(suite):
    """Scenarios are selected as other tests are: by id, by `-k`, by `-m`."""
    suite.write(GOOD + "\ndef test_plain():\n    pass\n")
    for arguments in (["test_it.py::publishing"], ["-k", "publishing"], ["-m", "tasksim_check"]):
        result = suite.run("-v", *arguments)
        assert ids(result) == ["publishing"]
        assert result.parseoutcomes()["passed"] == 1
    assert suite.run("-m", "not tasksim_check", "-v").parseoutcomes()["passed"] == 1


def test_other_markers_hold(suite):
    """`skip`, `xfail` and `__test__` mean what they mean for any test."""
    suite.write(f"""{PUBLISH.replace("STEP = 0", "STEP = 1")}
from tasksim.errors import CheckFailed

@pytest.mark.skip(reason="not now")
@pytest.mark.tasksim_check
def skipped(sim):
    raise AssertionError

@pytest.mark.tasksim_check
@pytest.mark.xfail(raises=CheckFailed, strict=True)
def known(sim):
    publish(sim)

@pytest.mark.tasksim_check
def left_out(sim):
    raise AssertionError

left_out.__test__ = False

@pytest.mark.tasksim_check
def gives_up(sim):
    pytest.skip("no index here")

@pytest.mark.skip(reason="not now")
@pytest.mark.tasksim_check
def refused_and_skipped(sim, cms):
    raise AssertionError

@pytest.mark.tasksim_check
def fails(sim):
    pytest.fail("no index there")
""")
    result = suite.run("-rs")
    result.assert_outcomes(skipped=3, xfailed=1, failed=1)
    result.stdout.fnmatch_lines(["*test_it.py:*: Failed", "SKIPPED*not now", "SKIPPED*no index here"])


def test_methods(suite):
    """A method of a Test class is a scenario, each run on a fresh instance; static and class methods, too."""
    suite.write(f"""{PUBLISH}
class TestPublishing:
    runs = 0

    @pytest.mark.tasksim_check
    def method(self, sim):
        self.runs += 1
        assert self.runs == 1
        publish(sim)

    @staticmethod
    @pytest.mark.tasksim_check
    def static(sim):
        publish(sim)

    @pytest.mark.tasksim_check(max_faults=1)
    @staticmethod
    def outside(sim):
        publish(sim)

    @classmethod
    @pytest.mark.tasksim_check
    def of_class(cls, sim):
        assert issubclass(cls, TestPublishing)
        publish(sim)

class TestMore(TestPublishing):
    pass
""")
    result = suite.run("-v")
    result.assert_outcomes(passed=8)
    names = ["method", "static", "outside", "of_class"]
    assert sorted(ids(result)[:4]) == sorted(f"TestPublishing::{name}" for name in names)


def test_fixtures_around(suite):
    """Fixtures that are meant for all tests, or named by `usefixtures`, are made once around the check."""
    suite.write(f"""{PUBLISH}
made = []

@pytest.fixture(autouse=True)
def always():
    made.append("always")
    yield
    made.append("ended")

@pytest.fixture
def named():
    made.append("named")

def setup_function(function):
    made.append(function.__name__)

@pytest.mark.usefixtures("named")
@pytest.mark.tasksim_check
def publishing(sim):
    assert made[-1] == "named"
    publish(sim)

def test_after():
    assert sorted(made) == ["always", "always", "ended", "named", "publishing", "test_after"]
""")
    suite.run().assert_outcomes(passed=2)


def test_markers_of_one_scenario_are_merged(suite):
    """Of two markers at one scenario the nearer wins, argument by argument."""
    suite.write(f"""{PUBLISH}
checked = pytest.mark.tasksim_check(profile="webiny-5", seed=3)

@checked
@pytest.mark.tasksim_check(seed=4)
def publishing(sim):
    print("WORLD", sim.token.partition(" start")[0])
    publish(sim)
""")
    assert "WORLD v1 profile=webiny-5 seed=4" in suite.run("-s").outlines


def test_the_marker_tasksim_does_not_apply(suite):
    """The marker `tasksim` of a module or class configures fixtures, and no scenario."""
    suite.write(f"""{PUBLISH}
pytestmark = pytest.mark.tasksim(definitions=[count_down], profile="webiny-5")

@pytest.mark.tasksim(seed=4)
class TestIt:
    @pytest.mark.tasksim_check
    def publishing(self, sim):
        assert sim.profile == "documented"
        publish(sim)

    def test_plain(self, sim):
        assert sim.token == "v1 profile=webiny-5 seed=4"
""")
    suite.run().assert_outcomes(passed=2)


def test_collecting_loads_no_explorer(suite):
    """Collecting scenarios loads nothing of what explores them."""
    (suite.path / "test_it.py").write_text(
        "import pytest\n\n@pytest.mark.tasksim_check\ndef publishing(sim):\n    pass\n", encoding="utf-8"
    )
    program = (
        "import sys, pytest; pytest.main(sys.argv[1:]);"
        "print('LOADED', [n for n in sys.modules if n.startswith('tasksim._explore')])"
    )
    few = [f"-pno:{name}" for name in ("hypothesispytest", "freezer", "anyio", "asyncio")]
    done = subprocess.run(
        [sys.executable, "-c", program, "--collect-only", *few],
        cwd=suite.path,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert "<Scenario publishing>" in done.stdout
    assert "LOADED []" in done.stdout


def test_async_plugins_leave_scenarios_alone(suite):
    """Plugins that run async tests neither take a scenario nor hide why one that is async is refused."""
    suite.write(f"{GOOD}\n@pytest.mark.tasksim_check\nasync def later(sim):\n    publish(sim)\n")
    result = suite.run("-oasyncio_mode=auto", *LOOPS, load=["asyncio", "anyio"])
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["The scenario 'later' is async; it is called by no event loop."])


# --- refusing

REFUSED = {
    "fixture": (
        "@pytest.mark.tasksim_check\ndef publishing(sim, tmp_path): pass",
        "publishing",
        [
            "The scenario 'publishing' takes sim, tmp_path; it runs many times, each time given a fresh *",
            "  test: test_it.py::publishing",
            "  Make tmp_path in the scenario, anew for each run: def publishing(sim): ...",
            "  A fixture is made once; a test that needs one can call check(scenario) itself.",
        ],
    ),
    "parameters": (
        "@pytest.mark.parametrize('n', [1, 2])\n@pytest.mark.tasksim_check\ndef publishing(sim, n): pass",
        "publishing",
        [
            "The scenario 'publishing' is parametrised by 'n'; its only parameter is the simulator.",
            "  test: test_it.py::publishing",
            "  Parametrise a test that calls check():",
        ],
    ),
    "nothing": (
        "@pytest.mark.tasksim_check\ndef test_publishing(): pass",
        "test_publishing",
        ["The scenario 'test_publishing' takes no simulator.", "  test: test_it.py::test_publishing"],
    ),
    "yield": (
        "@pytest.mark.tasksim_check\ndef test_publishing(sim): yield",
        "test_publishing",
        ["The scenario 'test_publishing' has a yield, and nothing would run it."],
    ),
    "both": (
        "@pytest.mark.tasksim(budget='4m')\n@pytest.mark.tasksim_check\ndef publishing(sim): pass",
        "publishing",
        ["'publishing' has the marker tasksim, which configures the fixture 'sim'; *"],
    ),
    "module": (
        "pytestmark = pytest.mark.tasksim_check(max_faults=2)",
        "pytestmark",
        ["The marker tasksim_check stands at a whole module or class, *", "  test: test_it.py::pytestmark"],
    ),
    "module, several": (
        "pytestmark = [pytest.mark.skipif(False, reason='x'), pytest.mark.tasksim_check]",
        "pytestmark",
        ["The marker tasksim_check stands at a whole module or class, *"],
    ),
    "class": (
        "@pytest.mark.tasksim_check\nclass TestIt:\n    def test_it(self, sim): pass",
        "TestIt",
        ["The marker tasksim_check stands at the class 'TestIt', and makes one function a test."],
    ),
    "class attribute": (
        "class TestIt:\n    pytestmark = pytest.mark.tasksim_check\n    def test_it(self, sim): pass",
        "TestIt",
        ["The marker tasksim_check stands at the class 'TestIt', and makes one function a test."],
    ),
    "definition": (
        "@pytest.mark.tasksim_check\nclass Publish:\n    id = title = 'publish'\n    def run(self): pass",
        "Publish",
        ["The marker tasksim_check stands at the class 'Publish'."],
    ),
    "definition of a function": (
        "again = pytest.mark.tasksim_check(max_faults=2)(count_down)",
        "again",
        ["The marker tasksim_check stands at 'again', which is no function."],
    ),
    "unknown": (
        "@pytest.mark.tasksim_check(max_fault=2)\ndef publishing(sim): pass",
        "publishing",
        [
            "The marker tasksim_check has no argument 'max_fault'. Did you mean 'max_faults'?",
            "  test: test_it.py::publishing",
            "  Choose from kinds, max_faults, *",
        ],
    ),
    "input": (
        "@pytest.mark.tasksim_check(input={})\ndef publishing(sim): pass",
        "publishing",
        ["The marker tasksim_check has no argument 'input'.", "  test: test_it.py::publishing"],
    ),
    "positional": (
        "@pytest.mark.tasksim_check(2)\ndef publishing(sim): pass",
        "publishing",
        [
            "The marker tasksim_check got 2 without a name.",
            "  test: test_it.py::publishing",
            "  Name each argument, as in @pytest.mark.tasksim_check(max_faults=2).",
        ],
    ),
    "test case": (
        """
from unittest import TestCase

class Cases(TestCase):
    @pytest.mark.tasksim_check
    def test_it(self, sim):
        pass
""",
        "Cases.test_it",
        ["The marker tasksim_check makes nothing of 'test_it', which is a test already."],
    ),
    "parameter": (
        """
@pytest.mark.parametrize("n", [pytest.param(1, marks=pytest.mark.tasksim_check)])
def test_it(sim, n):
    pass
""",
        "test_it[[]1]",
        ["The marker tasksim_check makes nothing of 'test_it[[]1]', which is a test already."],
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused(suite, what):
    """What cannot be a scenario is an error of its own at setup: the test, the way out, and no frame."""
    text, name, expected = REFUSED[what]
    suite.write(f"{text}\n\ndef test_other():\n    pass\n")
    result = suite.run("--strict-markers", load=["unittest"])
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines([f"*ERROR at setup of *{name}*", *expected], consecutive=True)
    assert "_plugin" not in str(result.stdout).partition("= ERRORS =")[2]


def test_refused_alone(suite):
    """A marker that makes no test is an error, and never a run without tests."""
    suite.write("again = pytest.mark.tasksim_check(max_faults=2)(count_down)\n")
    assert suite.run().ret == pytest.ExitCode.TESTS_FAILED


def test_a_marker_for_several_is_no_error(suite):
    """A marker that is kept in a variable, to be put on scenarios, is none of a test."""
    suite.write(f"""{PUBLISH}
checked = pytest.mark.tasksim_check(max_faults=1)

@checked
def publishing(sim):
    publish(sim)
""")
    suite.run().assert_outcomes(passed=1)


# --- what is shown


@pytest.mark.parametrize("style", ["auto", "long", "short", "value", "native"])
def test_a_failure_is_its_story(suite, style):
    """A failed check is F, shows its story alone, whatever the style of tracebacks, and what replays it."""
    suite.write(BAD)
    arguments = [] if style == "value" else [f"--tb={style}"]
    result = suite.run(*arguments)
    result.assert_outcomes(failed=1)
    text = text_of(result)
    shown = text.partition("= FAILURES =")[2].partition("short test summary")[0].splitlines()
    assert re.fullmatch(r"_+ publishing _+", shown[1])
    assert shown[2].startswith("resume-equivalence: ")
    assert "close_to_timeout@runtime.is_close_to_timeout#1" in text
    assert not re.search(r"Traceback|^E  |_pytest|pytest_plugin|checking\.py", "\n".join(shown), re.MULTILINE)
    at = next(at for at, line in enumerate(shown) if "- tasksim replay -" in line)
    assert shown[at + 1] == REPLAY
    result.stdout.fnmatch_lines(["FAILED test_it.py::publishing - resume-equivalence: *"])


def test_a_failure_on_one_line(suite):
    """With `--tb=line` the sentence stands behind the scenario's place, with `--tb=no` nothing."""
    suite.write(BAD)
    suite.run("--tb=line").stdout.fnmatch_lines(["*test_it.py:*: resume-equivalence: *"])
    assert "iteration 1" not in text_of(suite.run("--tb=no"))


def test_full_trace_shows_frames(suite):
    """`--full-trace` shows how tasksim came to it."""
    suite.write(BAD)
    result = suite.run("--full-trace")
    result.assert_outcomes(failed=1)
    assert re.search(r"checking\.py:\d+: CheckFailed", text_of(result))


def test_the_printed_line_replays(suite):
    """The line below a failed check, pasted into a shell, runs that plan alone and fails in the same way."""
    suite.write(BAD.replace("    publish(sim)\n", "    print('WORLD', sim.token)\n    publish(sim)\n"))
    text = text_of(suite.run())
    line = next(line for line in text.splitlines() if line.startswith("pytest "))
    again = suite.shell(f"{line} -s")
    assert "1 failed" in again.stdout
    assert "resume-equivalence: " in again.stdout
    assert line in again.stdout.splitlines()
    assert again.stdout.count("WORLD") < text.count("WORLD")
    suite.write(GOOD)
    assert "1 passed" in suite.shell(line).stdout


CALLED = """
from tasksim import check

def publishing(sim):
    def run(controller):
        if not controller.runtime.is_close_to_timeout():
            sim.effects.record("publish", key="a")
        return controller.response.done()

    sim.register(create_task_definition(id="publish", title="Publish", run=run))
    sim.tasks.trigger("publish")
"""


def test_lines_of_a_check_that_a_test_calls(suite):
    """An E of pytest's stands before each line of a story: what is to be copied comes once more, unbroken."""
    suite.write(
        "from tasksim import create_task_definition\n"
        + CALLED
        + """
def test_publishing():
    check(publishing, on_crash="redeliver(15m)")

def test_without_a_place():
    check(lambda sim: publishing(sim))
"""
    )
    text = text_of(suite.run())
    _, first, second, *_ = text.split("- tasksim commands -")
    replay, keep = first.partition("\n")[2].splitlines()[:2]
    assert replay.startswith("tasksim replay test_it.py:publishing --timeline ")
    assert "resume-equivalence" in suite.shell(replay).stdout
    assert suite.shell(keep).returncode == 1
    assert "check(" in (suite.path / "tests" / "test_regression.py").read_text("utf-8")
    plan = "close_to_timeout@runtime.is_close_to_timeout#1"
    assert second.partition("\n")[2].splitlines()[0] == f'replay(scenario, "v1 {plan}")'


def test_an_uncut_run_that_fails(suite):
    """What makes a check impossible is its own text, and the user's frames of what caused it."""
    suite.write("""
@task_definition(id="breaks", title="Breaks")
def breaks(controller):
    controller.response.continue_(3)

@pytest.mark.tasksim_check
def publishing(sim):
    raise KeyError("no such fake")

@pytest.mark.tasksim_check
def breaking(sim):
    sim.register(breaks)
    sim.tasks.trigger("breaks")

@pytest.mark.tasksim_check
def idle(sim):
    pass

@pytest.mark.tasksim_check(kinds=["crsh"])
def misspelled(sim):
    pass

@pytest.mark.tasksim_check
def asserting(sim):
    assert sim.now is None
""")
    result = suite.run()
    result.assert_outcomes(failed=5)
    text = text_of(result)
    blocks = dict(re.findall(r"^_+ (\w+) _+\n(.*?)(?=^_{5}|^={5})", text, re.MULTILINE | re.DOTALL))
    assert "no such fake" in blocks["publishing"].splitlines()[0]
    assert re.search(r"test_it\.py:\d+: in publishing\n    raise KeyError", blocks["publishing"])
    assert re.search(r"^>  .*continue_\(3\)\nE .*UsageError: input must be", blocks["breaking"], re.MULTILINE)
    assert blocks["idle"].splitlines()[0].startswith("'idle' triggered no task")
    assert "'crsh'" in blocks["misspelled"].splitlines()[0]
    assert "assert sim.now is None" in blocks["asserting"]
    assert "pytest_plugin" not in text


def test_what_passed_says_what_it_covered(suite):
    """A run says in one line what its checks covered, `-v` each, `-rA` its report, `-q` nothing."""
    suite.write(GOOD + GOOD.replace("publishing", "again")[GOOD.index("@") :])
    line = r"2 scenarios checked and passed: (\d+) checkpoints, (\d+) runs, all explored\."
    found = re.search(line, text_of(suite.run()))
    checkpoints, runs = int(found[1]) // 2, int(found[2]) // 2
    own = rf"  test_it\.py::publishing  {checkpoints} checkpoints, 2 effects: {runs} runs, all explored.*"
    assert not re.search(own, text_of(suite.run()))
    lines = suite.run("-v").outlines
    assert any(re.fullmatch(own, line) for line in lines)
    assert any(re.match(r"test_it\.py::publishing PASSED", line) for line in lines)
    report = text_of(suite.run("-rA"))
    assert re.search(r"-+ tasksim check -+\n", report)
    quiet = text_of(suite.run("-q"))
    assert "scenario" not in quiet


def test_junit(suite):
    """What was covered, or the token of a failure, is a property in a JUnit file."""
    suite.write(f"""{GOOD}
class Badly(Publish):
    def run(self, input, controller):
        if controller.runtime.is_close_to_timeout():
            return controller.response.done()
        return super().run(input, controller)

@pytest.mark.tasksim_check
def broken(sim):
    sim.register(lambda: Badly(sim.effects))
    sim.tasks.trigger("publish", input={{}})
""")
    suite.run("--junitxml=junit.xml", load=["junitxml"]).assert_outcomes(passed=1, failed=1)
    cases = {case.get("name"): case for case in ET.parse(suite.path / "junit.xml").iter("testcase")}  # noqa: S314
    properties = {
        name: {one.get("name"): one.get("value") for one in case.iter("property")}
        for name, case in cases.items()
    }
    assert re.fullmatch(r"\d+ checkpoints, 2 effects: .*", properties["publishing"]["tasksim_covered"])
    assert properties["broken"]["tasksim_token"].startswith("v1 close_to_timeout@")


def test_traces(suite):
    """`--tasksim-trace` writes the uncut run and the cut run of a failure."""
    suite.write(BAD)
    result = suite.run("--tasksim-trace=traces")
    names = sorted(path.name for path in (suite.path / "traces").iterdir())
    assert [name.rpartition("-")[2] for name in names] == ["1.jsonl", "1.txt", "2.jsonl", "2.txt"]
    result.stdout.fnmatch_lines(["Traces written*", f"  traces/{names[1]}", f"  traces/{names[3]}"])
    assert "close_to_timeout" in (suite.path / "traces" / names[3]).read_text(encoding="utf-8")


def test_a_goal_that_no_run_reaches(suite):
    """A `sometimes` that stays out of reach fails, with its own text."""
    suite.write(f"""{PUBLISH}
from tasksim._explore.invariants import sometimes

def never():
    return False

@pytest.mark.tasksim_check(invariants=[sometimes(never)])
def publishing(sim):
    publish(sim)
""")
    result = suite.run("-v")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["sometimes: none of * runs of 'publishing' reached never."])
    assert "checked and passed" not in text_of(result)


# --- options


def covered(result):
    """Return how many runs each scenario was explored by."""
    pattern = r"  test_it\.py::(\S+)  \d+ checkpoints, \d+ effects?: (\d+) "
    return {name: int(runs) for name, runs in re.findall(pattern, text_of(result))}


MORE = f"""{PUBLISH}
@pytest.mark.tasksim_check(kinds=["crash"], on_crash="retry(2)", without=["resume-equivalence"])
def one(sim):
    publish(sim)

@pytest.mark.tasksim_check(kinds=["redeliver"], max_faults=3)
def three(sim):
    publish(sim)
"""


@pytest.mark.parametrize("ini", [False, True], ids=["option", "ini"])
def test_max_faults(suite, ini):
    """`--tasksim-max-faults` raises the faults of every scenario, and lowers none."""
    suite.write(MORE)
    before = covered(suite.run("-v"))
    if ini:
        suite.ini("tasksim_max_faults = 2")
    result = suite.run("-v", *([] if ini else ["--tasksim-max-faults=2"]))
    assert covered(result)["one"] > before["one"]
    assert covered(result)["three"] == before["three"]
    result.stdout.fnmatch_lines(["tasksim: up to 2 faults"])
    assert covered(suite.run("-v", "--tasksim-max-faults=1")) == before


@pytest.mark.parametrize("value", ["0", "two", "1.5", ""])
def test_bad_max_faults(suite, value):
    """A number of faults that is none is refused before anything is collected."""
    suite.write(MORE)
    result = suite.run(f"--tasksim-max-faults={value}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            f"ERROR: --tasksim-max-faults is {value!r}, which is no whole number from 1 on.",
            "  Write digits: --tasksim-max-faults=2.",
        ]
    )


WORLDS = f"""{PUBLISH}
def told(sim):
    print("WORLD", sim.token.partition(" start")[0])
    publish(sim)

@pytest.mark.tasksim_check(kinds=["redeliver"])
def open(sim):
    told(sim)

@pytest.mark.tasksim_check(kinds=["redeliver"], profile="webiny-5", seed=3)
def fixed(sim):
    told(sim)
"""


def worlds(result):
    """Return the worlds of the scenarios that ran, in order, each once, but for those of other seeds."""
    told = [line.partition("WORLD ")[2] for line in result.outlines if "WORLD " in line]
    return [one for one in dict.fromkeys(told) if "seed=7919" not in one and "@" not in one]


def test_one_profile_and_seed(suite):
    """Profile and seed hold for scenarios whose marker does not say."""
    suite.write(WORLDS)
    assert worlds(suite.run("-s")) == ["v1", "v1 profile=webiny-5 seed=3"]
    result = suite.run("-s", "--tasksim-profile=webiny-6", "--tasksim-seed=5")
    assert worlds(result) == ["v1 profile=webiny-6 seed=5", "v1 profile=webiny-5 seed=3"]


def test_several_profiles(suite):
    """A scenario is a test for each of several profiles; one whose marker names a profile is one."""
    suite.write(WORLDS)
    result = suite.run("-v", "--tasksim-profile=documented,webiny-6")
    assert ids(result) == ["open[documented]", "open[webiny-6]", "fixed"]
    result = suite.run("-s", "--tasksim-profile=documented,webiny-6")
    assert worlds(result) == ["v1", "v1 profile=webiny-6", "v1 profile=webiny-5 seed=3"]
    suite.run("test_it.py::open[webiny-6]", "--tasksim-profile=documented,webiny-6").assert_outcomes(passed=1)


def test_the_line_of_several_profiles_replays(suite):
    """A failure for one of several profiles is replayed by the token alone, which says the profile."""
    suite.write(BAD)
    suite.ini("tasksim_profile = documented webiny-5")
    lines = [line for line in suite.run().outlines if line.startswith("pytest ")]
    assert lines[:2] == [REPLAY, REPLAY.replace("v1 ", "v1 profile=webiny-5 ")]
    for line in lines:
        again = suite.run(*shlex.split(line)[1:])
        again.assert_outcomes(failed=1)
        assert line in again.outlines


def test_the_line_of_several_profiles_keeps_other_parameters(suite):
    """Parameters of fixtures stay in the id of the line that replays; the profile goes."""
    suite.write(f"""{BAD}
@pytest.fixture(autouse=True, params=["a-b"])
def each(request):
    return request.param
""")
    result = suite.run("-v", "--tasksim-profile=documented,webiny-5")
    assert ids(result) == ["publishing[a-b-documented]", "publishing[a-b-webiny-5]"]
    lines = [line for line in result.outlines if line.startswith("pytest ")]
    assert {shlex.split(line)[1] for line in lines} == {"test_it.py::publishing[a-b]"}
    for line in lines[:2]:
        suite.run(*shlex.split(line)[1:]).assert_outcomes(failed=1)


STRUCK = f"""{PUBLISH}
@pytest.mark.tasksim_check(on_crash="retry(2)", seed=9)
def publishing(sim):
    print("WORLD", sim.token)
    publish(sim)

@pytest.mark.tasksim_check
def again(sim):
    publish(sim)
"""


def test_faults_are_replayed_in_the_world_of_the_marker(suite):
    """Faults alone strike in the world that the marker describes, and nothing else is explored."""
    suite.write(STRUCK)
    result = suite.run("-s", "test_it.py::publishing", "--tasksim-plan=crash@event#1")
    result.assert_outcomes(passed=1)
    told = [line.partition("WORLD ")[2] for line in result.outlines if "WORLD " in line]
    assert "v1 seed=9 on_crash=retry(2) crash@event#1" in told
    assert {line.partition("@")[0] for line in told if "@" in line} == {"v1 seed=9 on_crash=retry(2) crash"}
    assert "test_it.py::publishing  replayed: no judge found anything" in text_of(result)


def test_a_token_says_all(suite):
    """A token's settings hold instead of the marker's; options of their own win over it."""
    suite.write(STRUCK)
    plan = "--tasksim-plan=v1 seed=2 budget=5m on_crash=retry(1) crash@event#1"
    result = suite.run("-s", "test_it.py::publishing", plan)
    result.assert_outcomes(passed=1)
    assert "WORLD v1 seed=2 budget=5m on_crash=retry(1) crash@event#1" in text_of(result)
    result = suite.run("-s", "test_it.py::publishing", plan, "--tasksim-profile=webiny-6", "--tasksim-seed=4")
    assert "WORLD v1 profile=webiny-6 seed=4 budget=5m on_crash=retry(1) crash@event#1" in text_of(result)


def test_a_token_of_a_scenario_is_not_for_other_tests(suite):
    """A token that sets more than profile and seed is refused where there are tests of another kind."""
    suite.write(STRUCK + "\ndef test_plain(sim):\n    pass\n")
    plan = "--tasksim-plan=v1 budget=5m on_crash=retry(1) crash@event#1"
    result = suite.run(plan)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "ERROR: --tasksim-plan is a token that sets budget and on_crash, which only a simulator *",
            "*pytest FILE::SCENARIO.",
        ]
    )
    suite.run(plan, "-m", "tasksim_check").assert_outcomes(passed=2, deselected=1)


def test_a_stale_token(suite):
    """A token that does not fit any more is an error of its own text."""
    suite.write(GOOD)
    result = suite.run("--tasksim-plan=v1 crash@event#9")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*crash@event#9*never*"])
    assert "_plugin" not in text_of(result)


# --- what is remembered


def remembered(suite):
    """Return what the cache holds."""
    path = suite.path / ".pytest_cache/v/tasksim/failures"
    return path.read_text(encoding="utf-8") if path.exists() else None


TOLD = BAD.replace("    publish(sim)\n", "    print('WORLD', sim.token)\n    publish(sim)\n")


def first_cut(result):
    """Return the plan of the first run that was cut."""
    tokens = [line.partition("WORLD ")[2] for line in result.outlines if "WORLD " in line]
    return next(token for token in tokens if "@" in token)


def test_failures_are_remembered(suite):
    """A failure's token is kept, tried first the next time, and forgotten when the scenario passes."""
    suite.write(TOLD.replace("at + STEP", "at + (STEP if at else 0)"))
    token = AGAIN.replace("#1", "#2")
    result = suite.run("-s", load=["cacheprovider"])
    result.assert_outcomes(failed=1)
    assert first_cut(result) != token
    assert token in remembered(suite)
    assert first_cut(suite.run("-s", load=["cacheprovider"])) == token
    kept = remembered(suite)
    suite.run("-k", "nothing", load=["cacheprovider"])
    suite.run("--collect-only", load=["cacheprovider"])
    suite.run("--tasksim-plan=v1", load=["cacheprovider"]).assert_outcomes(passed=1)
    suite.run("--tasksim-plan=v1 crash@event#9", load=["cacheprovider"]).assert_outcomes(failed=1)
    assert remembered(suite) == kept
    suite.write(GOOD)
    suite.run(load=["cacheprovider"]).assert_outcomes(passed=1)
    assert remembered(suite) == "{}"


def test_nothing_is_written_where_nothing_failed(suite):
    """A run in which every check passes writes no file."""
    suite.write(GOOD)
    suite.run(load=["cacheprovider"]).assert_outcomes(passed=1)
    assert remembered(suite) is None


def test_last_failed(suite):
    """`--lf` runs the scenario that failed."""
    suite.write(BAD + "\ndef test_plain():\n    pass\n")
    suite.run(load=["cacheprovider"]).assert_outcomes(passed=1, failed=1)
    result = suite.run("--lf", "-v", load=["cacheprovider"])
    assert ids(result) == ["publishing"]


def test_without_a_cache(suite):
    """Without pytest's cache nothing is remembered, and all else is the same."""
    suite.write(BAD)
    suite.run().assert_outcomes(failed=1)
    assert remembered(suite) is None


@pytest.mark.parametrize(
    "kept",
    [
        "[]",
        "3",
        "{",
        '{"test_it.py::publishing": "v1"}',
        '{"test_it.py::publishing": [1, "v9 x", "crsh@event#1"]}',
    ],
)
def test_a_cache_that_nobody_can_read(suite, kept):
    """What stands in the cache and means nothing is passed over, and replaced."""
    path = suite.path / ".pytest_cache/v/tasksim/failures"
    path.parent.mkdir(parents=True)
    path.write_text(kept, encoding="utf-8")
    suite.write(BAD)
    suite.run("-Werror", load=["cacheprovider"]).assert_outcomes(failed=1)
    assert AGAIN in remembered(suite)


def test_failures_of_files_that_are_gone_are_forgotten(suite):
    """What is remembered of a file is dropped when it is not there any more."""
    suite.write(BAD, "test_old.py")
    suite.run(load=["cacheprovider"]).assert_outcomes(failed=1)
    (suite.path / "test_old.py").unlink()
    suite.write(BAD)
    suite.run(load=["cacheprovider"]).assert_outcomes(failed=1)
    assert "test_it.py::publishing" in remembered(suite)
    assert "test_old" not in remembered(suite)


def test_a_marker_may_name_plans_to_try_first(suite):
    """What the marker says is tried first comes after what is remembered."""
    suite.write(
        TOLD.replace("@pytest.mark.tasksim_check", "@pytest.mark.tasksim_check(first='crash@event#1')")
    )
    assert first_cut(suite.run("-s", load=["cacheprovider"])) == "v1 crash@event#1"
    assert first_cut(suite.run("-s", load=["cacheprovider"])) == AGAIN


def test_on_two_workers(suite):
    """Under pytest-xdist the process that has the cache remembers, and reports come back whole."""
    names = ["one", "two", "three", "four"]
    own = BAD[BAD.index("@pytest") :]
    suite.write(
        BAD
        + "".join(own.replace("publishing", name) for name in names)
        + "\n@pytest.mark.xdist_group('a')\n"
        + own.replace("publishing", "grouped")
        + own.replace("publishing", "fine").replace(
            "publish(sim)", "sim.register(count_down); sim.tasks.trigger('countDown')"
        )
    )
    arguments = ("-n2", "--dist=loadgroup", "-v")
    result = suite.run_alone(*arguments, load=["xdist", "cacheprovider"])
    result.assert_outcomes(passed=1, failed=6)
    kept = remembered(suite)
    assert kept.count(AGAIN) == 6
    assert '"test_it.py::grouped"' in kept
    assert sum(line == REPLAY for line in result.outlines) == 1
    assert "1 scenario checked and passed: " in text_of(result)
    suite.write(GOOD)
    suite.run_alone(*arguments, load=["xdist", "cacheprovider"]).assert_outcomes(passed=1)
    assert "test_it.py::publishing" not in remembered(suite)
    assert remembered(suite).count(AGAIN) == 5


def test_a_token_of_a_scenario_under_xdist(suite):
    """A worker refuses each test of another kind by itself, and runs the scenarios."""
    suite.write(STRUCK + "\ndef test_plain(sim):\n    pass\n")
    plan = "--tasksim-plan=v1 budget=5m on_crash=retry(1) crash@event#1"
    result = suite.run_alone("-n2", plan, load=["xdist"])
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["--tasksim-plan is a token that sets budget and on_crash, *"])


# --- nothing leaks

SHUFFLED = """
import random

def pytest_collection_modifyitems(items):
    random.Random(7).shuffle(items)
"""


def test_twice_in_one_process_and_shuffled(suite):
    """A suite that mixes scenarios and tests gives the same in any order, with warnings as errors."""
    suite.write(f"""{BAD}
@pytest.mark.tasksim_check
def counting(sim):
    sim.register(count_down)
    sim.tasks.trigger("countDown")

def test_direct():
    from datetime import date
    assert date.today().year > 2024
    with Simulator([count_down]) as sim:
        assert sim.token == "v1"

def test_fixture(sim):
    assert sim.token == "v1"
""")
    suite.write(SHUFFLED, "conftest.py")
    for arguments in ([], ["-Werror", "--strict-markers", "--strict-config"], ["--tasksim-seed=0"]):
        suite.run(*arguments).assert_outcomes(passed=3, failed=1)


def test_a_test_that_calls_check(suite):
    """The simulators of an exploration are its own: they are not shown, and the exploration counts as one."""
    suite.write(f"""{PUBLISH.replace("STEP = 0", "STEP = 1")}
from tasksim._explore.checking import check, explore

runs = []

def test_explores():
    runs.append(1)
    assert len(runs) == 1
    assert not explore(publish).passed

def test_checks():
    check(publish)
""")
    result = suite.run("--tasksim-profile=all")
    result.assert_outcomes(passed=1, failed=1)
    assert "tasksim timeline" not in text_of(result)
    assert "2 simulators were made by Simulator() or a check, and imitated 'documented' alone." in text_of(
        result
    )


def test_tests_that_run_again(suite):
    """Under a plugin that runs tests again, each attempt is checked anew and told once."""
    suite.write(BAD + BAD[BAD.index("@pytest") :].replace("publishing", "other"))
    suite.write(
        """
from _pytest.runner import runtestprotocol

def pytest_runtest_protocol(item, nextitem):
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for _ in range(2):
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        call = reports[1]
        print("SHOWN", [title for title, _ in call.sections], [name for name, _ in call.user_properties])
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True
""",
        "conftest.py",
    )
    result = suite.run("-s")
    result.assert_outcomes(failed=2)
    shown = [line[line.index("SHOWN") :] for line in result.outlines if "SHOWN" in line]
    assert shown == ["SHOWN ['tasksim replay'] ['tasksim_token']"] * 4


def test_markers_are_listed(suite):
    """`pytest --markers` explains the marker."""
    suite.run("--markers").stdout.fnmatch_lines(
        ["@pytest.mark.tasksim_check(max_faults=*check this scenario*"]
    )
