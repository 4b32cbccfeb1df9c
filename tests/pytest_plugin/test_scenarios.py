"""What can be a scenario, and what is said of all else that has the marker."""

import functools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasksim.pytest_plugin.scenarios import misplaced, no_scenario, problem_of


def plain(sim):
    """Take a simulator."""


def defaults(world, ids=("a", "b"), *more, deep=False, **rest):
    """Take a simulator, and what need not be given."""


def by_place(sim, /):
    """Take a simulator by place alone."""


class Group:
    """Scenarios that are methods."""

    def method(self, sim):
        """Take a simulator."""

    def bare(self):
        """Take none."""

    def crowded(self, cms, sim):
        """Take more."""


@functools.wraps(plain)
def wrapped(*args, **kwargs):
    """Call another."""


@pytest.mark.parametrize("function", [plain, defaults, by_place, wrapped], ids=lambda each: each.__name__)
def test_one_parameter_is_all_it_takes(function):
    """A function that needs one argument can be a scenario, whatever the argument is called."""
    assert problem_of("publishing", function, [], is_method=False) is None


def test_a_method_has_self_besides():
    """Of a method the first parameter is bound, and does not count."""
    assert problem_of("method", Group.method, [], is_method=True) is None
    assert problem_of("method", Group.method, [], is_method=False) is not None


async def asynchronous(sim):
    """Be async."""


async def asynchronous_generator(sim):
    """Be async, with a yield."""
    yield


def generator(sim):
    """Have a yield."""
    yield


@given(st.integers())
def examples(sim, n):
    """Be run by Hypothesis."""


def nothing():
    """Take nothing."""


def collecting(*sims):
    """Take anything."""


def optional(sim=None):
    """Take a simulator, or none."""


def fixtures(sim, cms, db):
    """Take fixtures, too."""


def unnamed(world, cms):
    """Take fixtures, too."""


def keyword(*, sim):
    """Take a simulator by keyword."""


PROBLEMS = {
    "async": (asynchronous, "is async", "Write def publishing(sim): it only registers and triggers."),
    "async yield": (asynchronous_generator, "is async", "Write def publishing(sim): it only"),
    "yield": (generator, "has a yield", "Drop the yield"),
    "given": (examples, "Hypothesis would run", "Take @given off"),
    "nothing": (nothing, "takes no simulator.", "Write def publishing(sim): ..."),
    "star": (collecting, "takes no simulator.", "Write def publishing(sim): ..."),
    "default": (optional, "takes no simulator.", "Write def publishing(sim): ..."),
    "fixtures": (
        fixtures,
        "takes sim, cms, db;",
        "Make cms, db in the scenario, anew for each run: def publishing(sim)",
    ),
    "no sim": (
        unnamed,
        "takes world, cms;",
        "Make cms in the scenario, anew for each run: def publishing(world)",
    ),
    "keyword": (keyword, "takes the simulator by keyword", "Leave the star out: def publishing(sim): ..."),
}


@pytest.mark.parametrize("what", PROBLEMS)
def test_problem(what):
    """A function that cannot be a scenario is told what it is, and what to write."""
    function, sentence, way_out = PROBLEMS[what]
    problem = problem_of("publishing", function, [], is_method=False)
    assert sentence in problem.sentence
    assert "'publishing'" in problem.sentence
    assert problem.sentence.endswith(".")
    assert way_out in problem.way_out


def test_problem_of_a_method():
    """What a method is told to write has `self`."""
    bare = problem_of("bare", Group.bare, [], is_method=True)
    assert "Write def bare(self, sim): ..." in bare.way_out
    crowded = problem_of("crowded", Group.crowded, [], is_method=True)
    assert "Make cms in the scenario, anew for each run: def crowded(self, sim): ..." in crowded.way_out


def test_problem_of_other_markers():
    """Parameters, and the marker of the fixture, are refused with the way out that holds for them."""
    marks = [pytest.mark.parametrize("n", [1, 2]).mark]
    problem = problem_of("publishing", fixtures, marks, is_method=False)
    assert str(problem) == (
        "The scenario 'publishing' is parametrised by 'n'; its only parameter is the simulator.\n"
        "  Parametrise a test that calls check():\n"
        "      @pytest.mark.parametrize('n', [...])\n"
        "      def test_publishing(n):\n"
        "          check(lambda sim: publishing(sim, n))"
    )
    bare = problem_of("publishing", plain, [pytest.mark.parametrize.mark], is_method=False)
    assert "is parametrised by '...'" in bare.sentence
    problem = problem_of("publishing", plain, [pytest.mark.tasksim(budget="4m").mark], is_method=False)
    assert problem.way_out == "Give its arguments to the other: @pytest.mark.tasksim_check(budget='4m')."
    assert problem_of("publishing", plain, [pytest.mark.skip.mark], is_method=False) is None


class Definition:
    """A definition."""

    id, title = "publish", "Publish"

    def run(self):
        """Run."""


def test_misplaced():
    """A marker at a module, a class or an object says where it belongs."""
    assert "at a whole module or class" in misplaced("pytestmark", [pytest.mark.tasksim_check]).sentence
    group = misplaced("TestIt", Group)
    assert (
        group.sentence
        == "The marker tasksim_check stands at the class 'TestIt', and makes one function a test."
    )
    assert "def publishing(self, sim)" in group.way_out
    definition = misplaced("Publish", Definition)
    assert definition.sentence == "The marker tasksim_check stands at the class 'Publish'."
    assert "sim.register(...)" in definition.way_out
    other = misplaced("publish", pytest.mark.tasksim_check(Definition()))
    assert other.sentence == "The marker tasksim_check stands at 'publish', which is no function."
    assert "sim.tasks.trigger(...)" in other.way_out


def test_no_scenario():
    """A test that was collected by others is told where scenarios stand."""
    problem = no_scenario("test_it", "test_it.py::test_it")
    assert problem.facts == ("test: test_it.py::test_it",)
    assert "unittest.TestCase" in problem.way_out
