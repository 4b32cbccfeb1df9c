"""Nothing leaks: from one test to the next, from one run to another in the same process, from a crash."""

import builtins
import gc
import shlex

import pytest

from tasksim._simulator.ambient import ambient

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.slow

SUITE = """
import random, time
from datetime import date

from pydantic import BaseModel

kept = []

@pytest.fixture
def breaks_late():
    yield
    raise OSError("in teardown")

@pytest.fixture
def breaks_before(simulator):
    simulator()
    yield
    raise OSError("in teardown, while a world is open")

@pytest.fixture(autouse=True)
def nothing_is_left(monkeypatch):
    from tasksim._simulator.ambient import ambient
    from tasksim._simulator.simulator import _freezer

    assert date.today().year > 2024
    assert not _freezer._holders
    assert ambient().profile is None and ambient().plan is None and ambient().seed == 0
    assert list(ambient().held) == []

def test_passes(simulator):
    sim = simulator([count_down])
    assert sim.run("countDown").status == "success"

def test_fails(simulator):
    sim = simulator([count_down])
    assert sim.run("countDown").status == "failed"

def test_late(breaks_late, sim):
    pass

def test_before(breaks_before, sim):
    pass

def test_direct():
    with Simulator([count_down]) as sim:
        sim.run("countDown")
        assert time.time() == sim.now.timestamp()

def test_left_open():
    Simulator([count_down]).run("countDown")

@pytest.mark.tasksim(definitions=[count_down], seed=4, plan="crash@event#2", on_crash="retry(1)")
def test_marked(sim):
    sim.run("countDown")

def test_models_still_build():
    class Model(BaseModel):
        on: date
    assert Model(on="2024-01-01").on == date(2024, 1, 1)
"""
OUTCOMES = {"passed": 7, "failed": 1, "errors": 2}
SHUFFLED = """
import random

def pytest_collection_modifyitems(items):
    random.Random({seed}).shuffle(items)
"""


def test_twice_in_one_process(suite):
    """A suite that runs twice in one process sees no difference, and leaves the ambience as it was."""
    suite.write(SUITE)
    before = ambient()
    for _ in range(2):
        suite.run().assert_outcomes(**OUTCOMES)
        suite.run("--tasksim-trace=traces", "--tasksim-trace-of=all").assert_outcomes(**OUTCOMES)
    assert ambient() is before


@pytest.mark.parametrize("seed", range(4))
def test_shuffled(suite, seed):
    """The order of tests makes no difference."""
    suite.write(SUITE)
    suite.write(SHUFFLED.format(seed=seed), "conftest.py")
    suite.run().assert_outcomes(**OUTCOMES)


def test_warnings_as_errors(suite):
    """Nothing that the plugin does warns."""
    suite.write(SUITE)
    suite.run("-Werror", "--strict-markers", "--strict-config", "--tasksim-trace=t").assert_outcomes(
        **OUTCOMES
    )


def test_no_simulator_is_kept_alive(suite):
    """After a test nothing of ours holds its simulators."""
    suite.write("""
import weakref
import builtins

def test_it(simulator):
    builtins.kept_world = weakref.ref(simulator([count_down]))

def test_direct():
    builtins.kept_direct = weakref.ref(Simulator([count_down]))
""")
    suite.run().assert_outcomes(passed=2)
    try:
        gc.collect()
        assert builtins.kept_world() is None
        assert builtins.kept_direct() is None
    finally:
        del builtins.kept_world, builtins.kept_direct


def test_a_direct_simulator_is_shown_if_its_test_fails(suite):
    """A simulator that nobody holds any more is there for the sections of its test, and of no other."""
    suite.write("""
def run():
    with Simulator([count_down]) as sim:
        return sim.run("countDown", input={"left": 1}).status

def test_fails():
    assert run() == "failed"

def test_plain_fails():
    assert False
""")
    result = suite.run()
    text = str(result.stdout)
    assert text.count("- tasksim timeline -") == 1
    assert text.index("- tasksim timeline -") < text.index("_ test_plain_fails _")


def test_simulators_of_wider_fixtures_are_shown(suite):
    """A simulator that lives in a fixture of its module is shown by each test that uses it."""
    suite.write("""
@pytest.fixture(scope="module")
def world():
    with Simulator([count_down]) as sim:
        sim.run("countDown")
        yield sim

def test_one(world):
    assert False

def test_two(world):
    assert False
""")
    assert str(suite.run().stdout).count("- tasksim timeline -") == 2


@pytest.mark.parametrize("where", ["setup", "teardown"])
def test_failures_of_fixtures_are_explained(suite, where):
    """A fixture that fails after it made a simulator shows it, too."""
    before, after = ("assert False", "") if where == "setup" else ("", "assert False")
    suite.write(f"""
@pytest.fixture
def world(simulator):
    sim = simulator([count_down])
    sim.run("countDown")
    {before}
    yield sim
    {after}

def test_it(world):
    pass
""")
    result = suite.run()
    assert result.parseoutcomes()["errors"] == 1
    result.stdout.fnmatch_lines([f"*ERROR at {where} of test_it*", "*- tasksim timeline -*"])


def test_tests_that_run_again_begin_anew(suite):
    """Under a plugin that runs failed tests again, each attempt shows its own simulators alone."""
    suite.write("""
attempts = []

def test_it(simulator):
    attempts.append(1)
    sim = simulator([count_down], plan="crash@event#9" if len(attempts) < 3 else "")
    sim.run("countDown")
    assert len(attempts) == 3
""")
    suite.write(
        """
from _pytest.runner import runtestprotocol

def pytest_runtest_protocol(item, nextitem):
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for _ in range(3):
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        shown = [title for report in reports for title, _ in report.sections]
        print("SHOWN", shown.count("tasksim timeline"), [report.outcome for report in reports])
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True
""",
        "conftest.py",
    )
    result = suite.run("-s")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            "*SHOWN 1 [[]'passed', 'failed', 'passed']",
            "SHOWN 1 [[]'passed', 'failed', 'passed']",
            "SHOWN 0 [[]'passed', 'passed', 'passed']",
        ]
    )


def test_simulators_are_counted_by_attempt(suite):
    """Under a plugin that runs tests again, the summary counts what each attempt made."""
    suite.write("def test_it():\n    Simulator()")
    suite.write(
        """
from _pytest.runner import runtestprotocol

def pytest_runtest_protocol(item, nextitem):
    for _ in range(3):
        runtestprotocol(item, nextitem=nextitem)
    return True
""",
        "conftest.py",
    )
    result = suite.run("--tasksim-profile=all")
    result.stdout.fnmatch_lines(["3 simulators were made by Simulator() or a check, and *"])


def test_a_run_inside_a_test(suite):
    """A run of pytest inside a test keeps neither the simulators nor the settings of that test from it."""
    suite.write("""
pytest_plugins = ["pytester"]

def test_it(pytester):
    Simulator([count_down]).run("countDown")
    pytester.makepyfile("def test_inner(simulator): assert simulator().token == 'v1 seed=4'")
    pytester.runpytest_inprocess("--tasksim-seed=4").assert_outcomes(passed=1)
    assert Simulator().token == "v1 seed=2"
    assert False
""")
    result = suite.run("--tasksim-seed=2")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*- tasksim timeline*", "*countDown-0001*", "token*: v1 seed=2"])


def test_without_the_plugin(suite):
    """`-p no:tasksim` takes the plugin away, and nothing else."""
    suite.write("""
from datetime import date

def test_it():
    with Simulator([count_down]) as sim:
        assert sim.run("countDown").status == "success"
        assert date.today() == date(2024, 1, 1)
    assert date.today().year > 2024
""")
    suite.run("-pno:tasksim", "-Werror").assert_outcomes(passed=1)


# --- the line that replays

REPLAY = """
@pytest.mark.parametrize("word", ["plain", "two words", "it's", "a::b", "c/../d", "[x]", "$HOME"])
def test_it(simulator, word):
    sim = simulator([count_down], on_crash="retry(1)")
    sim.run("countDown")
    assert sim.token == word

class TestIt:
    def test_method(self, sim):
        sim.tasks.trigger("nothing")
"""
GIVEN = (
    [],
    ["--tasksim-profile=webiny-5", "--tasksim-seed=7", "--tasksim-plan=crash@event#2 redeliver@1"],
    ["--tasksim-profile=documented,webiny-5", "--tasksim-plan", "v1 seed=3 crash@event#2"],
    ["-o", "tasksim_seed=11"],
)


def printed(result):
    """Return the lines that replay, as printed, and the summary's lines of the failed tests."""
    lines = result.outlines if hasattr(result, "outlines") else result.stdout.splitlines()
    at = [number for number, line in enumerate(lines) if "- tasksim replay -" in line]
    failed = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
    return [lines[number + 1] for number in at], failed


@pytest.mark.parametrize("given", GIVEN, ids=[" ".join(each) or "nothing" for each in GIVEN])
def test_the_printed_line_replays(suite, given):
    """The line below a failed test, pasted into a shell, fails in the same way."""
    suite.write(REPLAY, "deep folder/test_it.py")
    lines, failed = printed(suite.run("-v", "--tb=short", *given))
    assert len(lines) == 8 * (1 + ("documented,webiny-5" in str(given)))
    for line, told in zip(lines, failed, strict=True):
        again = suite.run(*shlex.split(line)[1:], "--tb=short", "-v")
        assert printed(again) == ([line], [told])


def test_the_printed_line_is_for_a_shell(suite):
    """A shell takes the line as it stands, whatever the test's id holds."""
    suite.write(r"""
@pytest.mark.parametrize("word", ["it's $HOME `pwd` \"x\" * ; a::b [c]"])
def test_it(simulator, word):
    sim = simulator([count_down], on_crash="retry(1)")
    sim.run("countDown")
    assert sim.token == word
""")
    lines, failed = printed(suite.run("-v", "--tb=short", "--tasksim-plan=v1 seed=2 crash@event#2"))
    assert len(lines) == 1
    again = suite.shell(f"{lines[0]} --tb=short -v")
    assert printed(again) == (lines, failed)


def test_the_printed_line_is_for_the_folder_of_the_call(suite, monkeypatch):
    """The line names the test as seen from where pytest was called."""
    suite.write(
        "def test_it(simulator):\n    simulator(builtins=True).run('testingRun')\n    assert 0",
        "in/test_it.py",
    )
    suite.ini("tasksim_seed = 5")
    monkeypatch.chdir(suite.path / "in")
    assert printed(suite.run())[0] == ["pytest test_it.py::test_it"]
    (suite.path / "beside").mkdir()
    monkeypatch.chdir(suite.path / "beside")
    assert printed(suite.run("../in"))[0] == ["pytest ../in/test_it.py::test_it"]


def test_comparisons_are_explained(suite):
    """A failed `assert` on a task says why, beside the two values."""
    suite.write("""
@task_definition(id="breaks", title="Breaks")
def breaks():
    raise OSError("disk full")

def test_it(simulator):
    assert simulator([breaks]).run("breaks").status == "success"
""")
    suite.run().stdout.fnmatch_lines(["E*assert 'failed' == 'success'", "E*disk full*"])


def test_module_that_only_imports_the_root_is_explained(suite):
    """A test whose module imports `tasksim` and loads the rest in its body is explained if it fails."""
    (suite.path / "test_late.py").write_text(
        """
import tasksim

def test_it():
    @tasksim.task_definition(id="countDown", title="Count down")
    def count_down(controller):
        return controller.response.done()

    execution = tasksim.run(count_down)
    assert execution.status == "failed"
""",
        encoding="utf-8",
    )
    result = suite.pytester.runpytest_subprocess("-p", "no:asyncio", "-p", "no:cacheprovider")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*tasksim timeline*", "*tasksim replay*"])
