"""The options of the plugin, each as ini option as well: what they put in force, and what they refuse."""

import json
import subprocess
import sys

import pytest

from tasksim._engine.profiles import profile_names
from tasksim._simulator.ambient import Ambient, ambient, use
from tasksim.pytest_plugin import _OPTIONS

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.slow

PROFILES = profile_names()
TOKENS = ["v1", *(f"v1 profile={profile}" for profile in PROFILES[1:])]
BOTH_WAYS = pytest.mark.parametrize("ini", [False, True], ids=["option", "ini"])
SHOWS_WORLD = """
def test_direct():
    with Simulator([count_down]) as sim:
        print("WORLD", sim.token)

def test_made(simulator):
    print("WORLD", simulator([count_down]).token)

def test_marked(sim):
    print("WORLD", sim.token)
"""


def give(suite, ini, **options):
    """Give options in one of the two ways; return the arguments for pytest."""
    if ini:
        suite.ini("\n".join(f"tasksim_{name} = {value}" for name, value in options.items()))
        return []
    return [f"--tasksim-{name.replace('_', '-')}={value}" for name, value in options.items()]


def worlds(result):
    """Return the tokens that a suite printed."""
    return [line.partition("WORLD ")[2] for line in result.outlines if "WORLD " in line]


def ids(result):
    """Return the ids of the tests that ran."""
    return [line.split()[0].partition("::")[2] for line in result.outlines if "::" in line]


# --- one value


@BOTH_WAYS
def test_one_profile_holds_for_every_simulator(suite, ini):
    """One profile is the default of the fixtures and of `Simulator()`, and no id shows it."""
    suite.write(SHOWS_WORLD)
    result = suite.run("-v", "-s", *give(suite, ini, profile="webiny-5"))
    assert worlds(result) == ["v1 profile=webiny-5"] * 3
    result = suite.run("-v", *give(suite, ini, profile="webiny-5"))
    assert ids(result) == ["test_direct", "test_made", "test_marked"]


@BOTH_WAYS
def test_seed(suite, ini):
    """The seed is that of every simulator that is not given one."""
    suite.write(SHOWS_WORLD)
    assert worlds(suite.run("-s", *give(suite, ini, seed="-7"))) == ["v1 seed=-7"] * 3


@BOTH_WAYS
def test_plan(suite, ini):
    """The plan is that of every simulator that is not given one; it must fire."""
    suite.write("""
def test_struck(simulator):
    sim = simulator([count_down])
    assert sim.run("countDown").status == "pending"

def test_own(simulator):
    sim = simulator([count_down], plan="")
    assert sim.run("countDown").status == "success"
""")
    suite.run(*give(suite, ini, plan="crash@event#2")).assert_outcomes(passed=1, failed=1)
    suite.write("""
def test_struck(simulator):
    sim = simulator([count_down], on_crash="retry(1)")
    assert sim.run("countDown").status == "success"
    assert "crash@event#2" in sim.token

def test_own(simulator):
    sim = simulator([count_down], plan="")
    assert sim.token == "v1"
    with Simulator(plan=[]) as sim:
        assert sim.token == "v1"
""")
    suite.run(*give(suite, ini, plan="crash@event#2")).assert_outcomes(passed=2)


@BOTH_WAYS
def test_token(suite, ini):
    """A token of profile, seed and faults is taken as plan."""
    suite.write("""
def test_it(simulator):
    sim = simulator([count_down], on_crash="retry(1)")
    sim.run("countDown")
    assert sim.token == "v1 profile=webiny-6 seed=3 on_crash=retry(1) crash@event#2"
""")
    suite.run(*give(suite, ini, plan="v1 profile=webiny-6 seed=3 crash@event#2")).assert_outcomes(passed=1)


def test_what_a_test_gives_wins(suite):
    """A simulator that is given profile, seed or plan keeps them."""
    suite.write("""
@pytest.mark.tasksim(definitions=[count_down], profile="webiny-6", seed=1, plan="crash@event#1")
def test_marked(sim):
    sim.run("countDown")
    assert sim.token == "v1 profile=webiny-6 seed=1 crash@event#1"

def test_made(simulator):
    sim = simulator([count_down], profile="webiny-6", seed=1, plan="crash@event#1")
    sim.run("countDown")
    assert sim.token == "v1 profile=webiny-6 seed=1 crash@event#1"
""")
    arguments = ("--tasksim-profile=webiny-5", "--tasksim-seed=7", "--tasksim-plan=crash@event#2")
    suite.run(*arguments).assert_outcomes(passed=2)


def test_command_line_wins_over_ini(suite):
    """An option wins over its ini twin."""
    suite.write(SHOWS_WORLD)
    suite.ini("tasksim_profile = webiny-5\ntasksim_seed = 1")
    result = suite.run("-s", "--tasksim-profile=webiny-6", "--tasksim-seed=2")
    assert worlds(result) == ["v1 profile=webiny-6 seed=2"] * 3


def test_option_wins_over_token(suite):
    """A profile or seed given by its own option wins over the token's."""
    suite.write(SHOWS_WORLD)
    plan = "--tasksim-plan=v1 profile=webiny-5 seed=3"
    result = suite.run("-s", plan, "--tasksim-profile=webiny-6", "--tasksim-seed=2")
    assert worlds(result) == ["v1 profile=webiny-6 seed=2"] * 3


def test_token_wins_over_ini(suite):
    """A token on the command line says all, what it leaves out too: it is there to see a failure again."""
    suite.write(SHOWS_WORLD)
    suite.ini("tasksim_profile = all\ntasksim_seed = 1")
    result = suite.run("-s", "--tasksim-plan=v1 seed=2")
    assert worlds(result) == ["v1 seed=2"] * 3


def test_ini_in_toml(suite):
    """In pyproject.toml several profiles may be a list."""
    suite.write(SHOWS_WORLD)
    text = '[tool.pytest.ini_options]\ntasksim_profile = ["documented", "webiny-5"]\n'
    (suite.path / "pyproject.toml").write_text(text, encoding="utf-8")
    suite.run().assert_outcomes(passed=5)


# --- several profiles


@pytest.mark.parametrize(
    "given",
    [
        ["--tasksim-profile=all"],
        ["--tasksim-profile", ", ".join(PROFILES)],
        [f"--tasksim-profile={one}" for one in PROFILES],
    ],
    ids=["all", "commas", "repeated"],
)
def test_several_profiles(suite, given):
    """Tests that use `sim` or `simulator` run once for each profile, and their ids say which."""
    suite.write(SHOWS_WORLD)
    assert ids(suite.run("-v", *given)) == [
        "test_direct",
        *(f"test_made[{profile}]" for profile in PROFILES),
        *(f"test_marked[{profile}]" for profile in PROFILES),
    ]
    assert worlds(suite.run("-s", *given)) == ["v1", *TOKENS, *TOKENS]


def test_several_profiles_by_ini(suite):
    """In an ini file several profiles stand side by side."""
    suite.write(SHOWS_WORLD)
    suite.ini("tasksim_profile = documented webiny-6")
    suite.run().assert_outcomes(passed=5)


def test_a_profile_twice_is_one(suite):
    """Naming a profile twice asks for it once, so ids don't change."""
    suite.write(SHOWS_WORLD)
    result = suite.run("-v", "--tasksim-profile=webiny-5", "--tasksim-profile=webiny-5")
    assert ids(result) == ["test_direct", "test_made", "test_marked"]


def test_several_profiles_reach_fixtures_of_the_user(suite):
    """A test that uses ours through fixtures of its own runs once for each, beside other parameters."""
    suite.write("""
@pytest.fixture
def world(simulator):
    return simulator([count_down])

@pytest.fixture
def sim(sim):
    return sim

@pytest.mark.parametrize("n", [1, 2])
def test_world(world, n):
    assert world.profile

class TestOverridden:
    def test_sim(self, sim):
        assert sim.profile
""")
    result = suite.run("-v", "--tasksim-profile=documented,webiny-5")
    assert sorted(ids(result)) == [
        "TestOverridden::test_sim[documented]",
        "TestOverridden::test_sim[webiny-5]",
        "test_world[1-documented]",
        "test_world[1-webiny-5]",
        "test_world[2-documented]",
        "test_world[2-webiny-5]",
    ]


def test_a_fixed_profile_runs_once(suite):
    """A test whose marker names the profile runs once; so does one whose own `sim` is not ours."""
    suite.write("""
@pytest.mark.tasksim(profile="webiny-5")
class TestFixed:
    def test_sim(self, sim):
        assert sim.profile == "webiny-5"

    @pytest.mark.tasksim(profile=None)
    def test_open(self, sim):
        assert sim.profile

class TestOwn:
    @pytest.fixture
    def sim(self):
        return None

    def test_sim(self, sim):
        assert sim is None
""")
    result = suite.run("-v", "--tasksim-profile=all")
    assert ids(result) == [
        "TestFixed::test_sim",
        *(f"TestFixed::test_open[{profile}]" for profile in PROFILES),
        "TestOwn::test_sim",
    ]
    result.assert_outcomes(passed=2 + len(PROFILES))


def test_the_call_wins_over_several_profiles(suite):
    """A profile given to `simulator(...)` wins over the one that the test runs for."""
    suite.write("""
def test_it(simulator):
    assert simulator(profile="webiny-5").profile == "webiny-5"
""")
    suite.run("--tasksim-profile=documented,webiny-6").assert_outcomes(passed=2)


def test_direct_simulators_ignore_several_profiles(suite, lines_of):
    """`Simulator()` without a profile imitates `documented`; a line in the summary counts them."""
    suite.write("""
def test_direct():
    with Simulator() as sim:
        assert sim.profile == "documented"
    Simulator()
    Simulator(profile="webiny-5")

def test_another(simulator):
    simulator()
    Simulator()
""")
    result = suite.run("--tasksim-profile=documented,webiny-5")
    assert lines_of(result, "Simulator()") == [
        "4 simulators were made by Simulator() or a check, and imitated 'documented' alone.",
        "  With the fixture sim or simulator, or the marker tasksim_check, tests run once for each profile.",
    ]
    result = suite.run("--tasksim-profile=webiny-5", "-k", "another")
    result.stdout.no_fnmatch_line("*made by Simulator()*")


def test_one_direct_simulator_is_counted_in_the_singular(suite, lines_of):
    """The line in the summary is good English, and absent if there is nothing to count."""
    suite.write("def test_direct():\n    Simulator()\ndef test_made(simulator):\n    simulator()")
    result = suite.run("--tasksim-profile=all")
    assert lines_of(result, "Simulator()")[0].startswith(
        "1 simulator was made by Simulator() or a check, and"
    )
    suite.run("--tasksim-profile=all", "-k", "made").stdout.no_fnmatch_line("*Simulator()*")


# --- traces

FAILS = """
def test_fails(simulator):
    sim = simulator([count_down])
    sim.run("countDown")
    assert False

def test_passes(simulator):
    simulator([count_down]).run("countDown")

def test_plain():
    pass
"""


@BOTH_WAYS
def test_trace(suite, ini, lines_of):
    """Traces of failed tests are written, to a folder that is made, and their names are told."""
    suite.write(FAILS)
    result = suite.run(*give(suite, ini, trace="deep/traces"))
    names = sorted(path.name for path in (suite.path / "deep/traces").iterdir())
    assert [name.rpartition("-")[0] for name in names] == ["test_it-test_fails"] * 2
    assert [name.rpartition(".")[2] for name in names] == ["jsonl", "txt"]
    told = lines_of(result, "Traces written")
    assert told == ["Traces written, to read (.txt) and for tools (.jsonl):", f"  deep/traces/{names[1]}"]


@BOTH_WAYS
def test_trace_of_all(suite, ini):
    """`all` writes the traces of tests that passed as well."""
    suite.write(FAILS)
    suite.run(*give(suite, ini, trace="traces", trace_of="all"))
    names = sorted({path.name.rpartition("-")[0] for path in (suite.path / "traces").iterdir()})
    assert names == ["test_it-test_fails", "test_it-test_passes"]


def test_trace_is_relative_to_where_pytest_was_called(suite, monkeypatch):
    """On the command line the folder is relative to where pytest was called, in an ini file to that file."""
    suite.write(FAILS)
    suite.ini("")
    (suite.path / "inner").mkdir()
    monkeypatch.chdir(suite.path / "inner")
    suite.run("--tasksim-trace=traces", "..")
    assert list((suite.path / "inner/traces").iterdir())
    suite.ini("tasksim_trace = there")
    result = suite.run("..")
    assert list((suite.path / "there").iterdir())
    result.stdout.fnmatch_lines([f"  {suite.path / 'there'}*.txt"])


def test_many_traces_are_counted(suite):
    """The summary names at most twenty files."""
    suite.write("""
@pytest.mark.parametrize("n", range(23))
def test_fails(simulator, n):
    simulator([count_down]).run("countDown")
    assert False
""")
    result = suite.run("--tasksim-trace=traces", "--tb=no", "-q")
    told = [line for line in result.outlines if line.startswith("  traces")]
    assert len(told) == 20
    result.stdout.fnmatch_lines(["  and 3 more"])
    assert len(list((suite.path / "traces").iterdir())) == 46


def test_a_trace_that_cannot_be_written_is_told(suite):
    """A disk that is full, or a folder that is gone, costs the file and not the run."""
    suite.write("""
import pathlib, shutil

def test_fails(simulator):
    simulator([count_down]).run("countDown")
    shutil.rmtree("traces")
    pathlib.Path("traces").write_text("")
    assert False
""")
    result = suite.run("--tasksim-trace=traces")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["Traces that could not be written:", "  test_it.py::test_fails: *"])


# --- bad values

BAD = [
    (
        {"profile": "webiny5"},
        [
            "{profile}: there is no profile 'webiny5'. Did you mean 'webiny-5'?",
            f"  profiles: {', '.join(PROFILES)}",
            "  Choose one of these, several separated by commas, or all; `tasksim profiles` says *",
        ],
    ),
    (
        {"profile": ","},
        [
            "{profile} names no profile.",
            f"  profiles: {', '.join(PROFILES)}",
            "  Write {profile=all}, or the name of one of these.",
        ],
    ),
    (
        {"seed": "1.5"},
        ["{seed} is '1.5', which is no whole number.", "  Write digits: {seed=7}."],
    ),
    (
        {"plan": "crsh@event#2"},
        [
            "There is no fault 'crsh'. Did you mean 'crash'?",
            "  crsh@event#2",
            "  ^",
            "  read from {plan}",
            "  Choose from *",
        ],
    ),
    (
        {"plan": "v1 seed=4 budget=5m tick=1s crash@event#2"},
        [
            "{plan} is a token that sets budget and tick, which only a simulator can be given.",
            "  v1 seed=4 budget=5m tick=1s crash@event#2",
            "  Write {plan=v1 seed=4 crash@event#2}",
            "  and give the simulator the rest: simulator([...], budget=..., tick=...).",
        ],
    ),
    (
        {"trace": "test_it.py"},
        [
            "{trace} is 'test_it.py', which is no folder to write traces to: *.",
            "  Write {trace=traces}, or another folder; it is made if it is missing.",
        ],
    ),
    (
        {"trace_of": "passed"},
        ["{trace_of} is 'passed'.", "  Write {trace_of=failed}, or all."],
    ),
]


def named(line, ini):
    """Fill in how an option is called, or given."""
    for name in _OPTIONS:
        option = f"tasksim_{name}" if ini else f"--tasksim-{name.replace('_', '-')}"
        line = line.replace(f"{{{name}}}", option)
        begin = f"{{{name}="
        if begin in line:
            before, _, rest = line.partition(begin)
            value, _, after = rest.partition("}")
            quoted = f"'{value}'" if " " in value else value
            line = before + (f"{option} = {value}" if ini else f"{option}={quoted}") + after
    return line


@BOTH_WAYS
@pytest.mark.parametrize(("options", "expected"), BAD, ids=[json.dumps(options) for options, _ in BAD])
def test_bad_value(suite, ini, options, expected):
    """A wrong value is a usage error before anything is collected: what it is, and the way out."""
    suite.write(FAILS)
    result = suite.run(*give(suite, ini, **options))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    first, *others = [named(line, ini).replace("[", "[[]") for line in expected]
    result.stderr.fnmatch_lines([f"ERROR: {first}", *others], consecutive=True)
    assert "Traceback" not in str(result.stderr)


def test_bad_value_beside_help(suite):
    """The help shows every option, in a group of its own."""
    result = suite.run("--help")
    lines = result.outlines
    start = next(at for at, line in enumerate(lines) if "(tasksim):" in line)
    shown = [line.split()[0] for line in lines[start + 1 : start + 20] if line.startswith("  --")]
    names = [f"--tasksim-{name.replace('_', '-')}" for name in _OPTIONS]
    assert [one.partition("=")[0] for one in shown][: len(names)] == names
    assert sum(line.startswith("  tasksim_") for line in lines) == len(names)


def test_header_says_what_is_in_force(suite):
    """The report's header says which options are in force, and nothing if none is."""
    suite.write(FAILS)
    result = suite.run(
        "--tasksim-profile=webiny-5", "--tasksim-seed=3", "--tasksim-plan=crash@event#2", "--tasksim-trace=t"
    )
    result.stdout.fnmatch_lines(
        ["tasksim: profile webiny-5; seed 3; plan 'crash@event#2'; traces of failed tests in t"]
    )
    suite.run("--tasksim-profile=webiny-5,documented").stdout.fnmatch_lines(
        ["tasksim: profiles webiny-5, documented"]
    )
    suite.run().stdout.no_fnmatch_line("tasksim:*")


def test_a_run_inside_a_test_changes_nothing_outside(suite):
    """Options of a run inside this process hold for it alone."""
    with_settings = Ambient(profile="webiny-6", seed=5)
    before = use(with_settings)
    try:
        suite.write(SHOWS_WORLD)
        assert worlds(suite.run("-s")) == ["v1"] * 3
        assert worlds(suite.run("-s", "--tasksim-seed=2")) == ["v1 seed=2"] * 3
        suite.run("--tasksim-seed=x")
        assert ambient() is with_settings
    finally:
        use(before)


def test_nothing_is_loaded_for_a_suite_that_uses_nothing(suite):
    """A suite without tasksim loads the plugin's hooks alone, even when its tests fail."""
    (suite.path / "test_plain.py").write_text(
        "def test_passes():\n    assert 1\ndef test_fails():\n    assert [1] == [2]\n", encoding="utf-8"
    )
    program = (
        "import sys, pytest; pytest.main(sys.argv[1:]);"
        "print('LOADED', sorted(n for n in sys.modules if n.split('.')[0] in"
        " {'tasksim', 'pydantic', 'freezegun', 'hypothesis'}))"
    )
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            program,
            "-pno:hypothesispytest",
            "-pno:freezer",
            "-pno:anyio",
            "-pno:asyncio",
        ],
        cwd=suite.path,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert "1 failed, 1 passed" in done.stdout
    assert "LOADED ['tasksim', 'tasksim.pytest_plugin']" in done.stdout
