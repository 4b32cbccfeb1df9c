"""Under pytest-xdist: what workers find out is told by the one that the user looks at."""

import pytest

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.slow

SUITE = """
@pytest.mark.parametrize("n", range(4))
def test_fails(simulator, n):
    sim = simulator([count_down])
    sim.run("countDown")
    assert sim.token == str(n)

def test_direct():
    Simulator()

@pytest.mark.xdist_group("one")
def test_grouped(sim):
    sim.tasks.trigger("nothing")
"""


@pytest.fixture
def result(suite):
    """Return the result of a suite on two workers."""
    suite.write(SUITE)
    return suite.run_alone(
        "-n2",
        "--dist=loadgroup",
        "--tasksim-profile=documented,webiny-5",
        "--tasksim-seed=3",
        "--tasksim-trace=traces",
        load=["xdist"],
    )


def test_on_two_workers(suite, result):
    """Options reach the workers; traces, notes and replay lines come back."""
    result.assert_outcomes(passed=1, failed=10)
    lines = result.outlines
    told = [line.strip() for line in lines if line.startswith("  traces/")]
    written = sorted(f"traces/{path.name}" for path in (suite.path / "traces").glob("*.txt"))
    assert told == written
    assert len(told) == 10
    assert sum(line == "Traces written, to read (.txt) and for tools (.jsonl):" for line in lines) == 1
    assert "1 simulator was made by Simulator() or a check, and imitated 'documented' alone." in lines
    assert lines.count("token: v1 seed=3") == 5
    assert lines.count("token: v1 profile=webiny-5 seed=3") == 5
    arguments = "--tasksim-profile=documented,webiny-5 --tasksim-seed=3"
    for n in range(4):
        for profile in ("documented", "webiny-5"):
            assert f"pytest 'test_it.py::test_fails[{n}-{profile}]' {arguments}" in lines
    assert f"pytest 'test_it.py::test_grouped[webiny-5]' {arguments}" in lines


def test_a_bad_option_is_told_once(suite):
    """A wrong option is refused before any worker is started."""
    suite.write(SUITE)
    result = suite.run_alone("-n2", "--tasksim-profile=webiny5", load=["xdist"])
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --tasksim-profile: there is no profile 'webiny5'.*"])
    assert str(result.stderr).count("no profile") == 1
