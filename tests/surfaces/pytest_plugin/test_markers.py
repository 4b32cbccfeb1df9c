"""The marker `tasksim`: how markers are merged, and what they refuse."""

import pytest

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.slow

CHOICES = [
    "  Choose from definitions, profile, start, seed, budget, close_limit, tick,",
    "  plan, on_crash, context, identity, tenant, *",
]


def test_the_closest_wins_by_argument(suite):
    """Markers of module, class and test are merged; of each argument the closest counts."""
    suite.write("""
pytestmark = pytest.mark.tasksim(definitions=[count_down], seed=1, budget="1h", tick="1s")

@pytest.mark.tasksim(seed=2, budget="2h")
class TestIt:
    @pytest.mark.tasksim(seed=3)
    def test_merged(self, sim):
        assert sim.token == "v1 seed=3 budget=2h tick=1s"
        assert sim.run("countDown").status == "success"

    @pytest.mark.tasksim(seed=4)
    @pytest.mark.tasksim(seed=5)
    def test_of_two_the_nearer(self, sim):
        assert sim.token == "v1 seed=5 budget=2h tick=1s"

    @pytest.mark.parametrize("n", [pytest.param(1, marks=pytest.mark.tasksim(seed=6))])
    def test_of_a_parameter(self, sim, n):
        assert sim.token == "v1 seed=6 budget=2h tick=1s"

def test_of_the_module(sim):
    assert sim.token == "v1 seed=1 budget=1h tick=1s"
""")
    suite.run("--strict-markers").assert_outcomes(passed=4)


def test_no_marker_is_needed(suite):
    """Without a marker, or with an empty one, `sim` has the defaults."""
    suite.write("""
def test_bare(sim):
    assert sim.token == "v1"

@pytest.mark.tasksim
def test_empty(sim):
    assert sim.token == "v1"

@pytest.mark.tasksim()
def test_called(sim):
    assert sim.token == "v1"
""")
    suite.run().assert_outcomes(passed=3)


def test_it_takes_what_a_simulator_takes(suite):
    """Every argument of `Simulator` reaches it."""
    suite.write("""
from tasksim import Identity, Limits

@pytest.mark.tasksim(
    definitions=[], profile="webiny-6", start="2030-01-01T00:00:00Z", seed=3, budget="4m", close_limit="1m",
    tick=1, plan=[], on_crash="retry(1)", context={"a": 1}, identity=Identity("me", "Me", "admin"),
    tenant="acme", freeze=False, timezone=None, strict=False, seed_random=False, builtins=True,
    limits=Limits(events=5), trace=True,
)
def test_it(sim):
    assert sim.token == (
        "v1 profile=webiny-6 seed=3 start=2030-01-01T00:00:00.000Z budget=4m close_limit=1m tick=1s "
        "on_crash=retry(1)"
    )
    assert [one.id for one in sim.tasks.list_definitions()] == ["testingRun"]
""")
    suite.run().assert_outcomes(passed=1)


def test_a_class_marker_may_pass_a_test_by(suite):
    """A marker of a class or module says nothing to a test that uses no simulator."""
    suite.write("""
pytestmark = pytest.mark.tasksim(seed=1)

def test_plain():
    pass
""")
    suite.run().assert_outcomes(passed=1)


def test_a_fixture_of_the_same_name_may_pass_it_on(suite):
    """A marker reaches `sim` through a fixture of the user's that is called so, too."""
    suite.write("""
@pytest.fixture
def sim(sim):
    return [sim]

@pytest.mark.tasksim(seed=1)
def test_it(sim):
    assert sim[0].token == "v1 seed=1"
""")
    suite.run().assert_outcomes(passed=1)


def test_a_fixture_may_be_asked_for_late(suite):
    """A test that asks for `sim` by `request` may have a marker."""
    suite.write("""
@pytest.mark.tasksim(seed=1)
def test_it(request):
    assert request.getfixturevalue("sim").token == "v1 seed=1"
""")
    suite.run().assert_outcomes(passed=1)


WRONG = {
    "unknown": (
        "@pytest.mark.tasksim(bugdet='4m')\ndef test_it(sim): pass",
        [
            "The marker tasksim has no argument 'bugdet'. Did you mean 'budget'?",
            "  test: test_it.py::test_it",
            *CHOICES,
        ],
    ),
    "private": (
        "@pytest.mark.tasksim(_kills_at_deadline=False)\ndef test_it(sim): pass",
        ["The marker tasksim has no argument '_kills_at_deadline'.", "  test: test_it.py::test_it", *CHOICES],
    ),
    "positional": (
        "@pytest.mark.tasksim([count_down])\ndef test_it(sim): pass",
        [
            "The marker tasksim got [[]<task definition 'countDown'>] without a name.",
            "  test: test_it.py::test_it",
            "  Name each argument, as in @pytest.mark.tasksim(definitions=[[]...], budget='4m').",
        ],
    ),
    "value": (
        "@pytest.mark.tasksim(budget='4x', tick=1)\ndef test_it(sim): pass",
        [
            "budget is '4x', which is no duration.",
            "  test: test_it.py::test_it",
            "  marker: @pytest.mark.tasksim(budget='4x', tick=1)",
            "  Write seconds *",
        ],
    ),
    "profile": (
        "@pytest.mark.tasksim(profile='webiny5')\ndef test_it(sim): pass",
        ["There is no profile 'webiny5'. Did you mean 'webiny-5'?", "  profiles: *", "  test: test_it.py::*"],
    ),
    "plan": (
        "@pytest.mark.tasksim(plan='crsh@event#1')\ndef test_it(sim): pass",
        ["There is no fault 'crsh'. Did you mean 'crash'?", "  crsh@event#1", "  ^", "  test: test_it.py::*"],
    ),
    "definition": (
        "@pytest.mark.tasksim(definitions=[count_down, count_down])\ndef test_it(sim): pass",
        [
            "There is a definition 'countDown' already.",
            "  registered: countDown",
            "  test: test_it.py::test_it",
            "  marker: @pytest.mark.tasksim(definitions=...)",
            "  Give each definition an id of its own.",
        ],
    ),
    "no list": (
        "@pytest.mark.tasksim(definitions=count_down)\ndef test_it(sim): pass",
        ["Simulator() got *instead of a list of definitions.", "  test: test_it.py::test_it"],
    ),
    "no fixture": (
        "@pytest.mark.tasksim(seed=1)\ndef test_it(): pass",
        [
            "'test_it' has the marker tasksim, and no fixture that it could configure.",
            "  test: test_it.py::test_it",
            "  Add the argument sim to the test, or drop the marker:",
            "  a simulator that the test makes itself takes its arguments from the call.",
        ],
    ),
    "another sim": (
        "@pytest.fixture\ndef sim(): pass\n@pytest.mark.tasksim(seed=1)\ndef test_it(sim): pass",
        ["'test_it' has the marker tasksim, and no fixture that it could configure."],
    ),
    "factory": (
        "@pytest.mark.tasksim(definitions=[count_down], budget='4m')\ndef test_it(simulator): pass",
        [
            "'test_it' has the marker tasksim, which configures the fixture 'sim', and uses the fixture *",
            "  test: test_it.py::test_it",
            "  marker: @pytest.mark.tasksim(definitions=[[]<task definition 'countDown'>], budget='4m')",
            "  Use sim alone, or drop the marker and call simulator(definitions=[[]*], budget='4m').",
        ],
    ),
    "factory of a class": (
        "@pytest.mark.tasksim(seed=1)\nclass TestIt:\n    def test_it(self, sim, simulator): pass",
        ["'test_it' has the marker tasksim, which configures *", "  test: test_it.py::TestIt::test_it"],
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", WRONG)
def test_wrong_marker(suite, what):
    """A marker that cannot mean anything is an error at setup: the test, the way out, and no frame."""
    text, expected = WRONG[what]
    suite.write(f"{text}\n\ndef test_other():\n    pass\n")
    result = suite.run()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*ERROR at setup of *test_it*", *expected], consecutive=True)
    assert "_plugin" not in str(result.stdout).partition("= ERRORS =")[2]
    assert "above exception" not in str(result.stdout)


def test_a_definition_that_breaks_shows_its_own_lines(suite):
    """What a factory among the definitions raises is shown where it was raised."""
    suite.write("""
def broken():
    raise OSError("no such fake")

@pytest.mark.tasksim(definitions=[broken])
def test_it(sim):
    pass
""")
    result = suite.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*raise OSError(*", "*no such fake*"])


def test_marker_is_listed(suite):
    """`pytest --markers` explains it."""
    result = suite.run("--markers")
    result.stdout.fnmatch_lines(
        ["@pytest.mark.tasksim(definitions=*configure the simulator of the fixture `sim`*"]
    )
