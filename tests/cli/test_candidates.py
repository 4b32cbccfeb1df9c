"""From a target to the one thing that is checked."""

import pytest

from tasksim.cli.candidates import load_candidate
from tasksim.errors import UsageError

ONE = "class One:\n    id = 'one'\n    title = 'One'\n    def run(self): ...\n"
TWO = ONE.replace("One", "Two").replace("one", "two")
SCENARIO = "def publishing(sim): ...\n"
OTHER = "def selling(simulator): ...\n"


@pytest.fixture
def load(shop):
    """Write `jobs.py` and load what a target names of it, by name."""

    def load(text, target="jobs.py"):
        (shop / "jobs.py").write_text(text, encoding="utf-8")
        found = load_candidate(target)
        return getattr(found, "__name__", repr(found))

    return load


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (SCENARIO, "publishing"),
        (ONE, "One"),
        (ONE + TWO + SCENARIO, "publishing"),
        ("from tasksim import Simulator\n" + SCENARIO.replace("sim", "w: Simulator"), "publishing"),
        (SCENARIO.replace("sim", "w: 'tasksim.Simulator'"), "publishing"),
        (SCENARIO.replace("sim", "sim, count=3, *more, **other"), "publishing"),
        (SCENARIO + "def helper(task): ...\ndef both(sim, task): ...\ndef nothing(): ...\n", "publishing"),
        (SCENARIO + "def _private(sim): ...\n", "publishing"),
        (SCENARIO + "def test_publishing(sim): ...\n", "publishing"),
        (SCENARIO + "from other import selling\n", "publishing"),
        (ONE + "from other import selling\n", "One"),
        (ONE + "ALL = [One]\n", "One"),
        ("from other import LIST\n", "One"),
        (ONE + "ALL = [One, One]\n", "One"),
    ],
    ids=[
        "scenario",
        "definition",
        "scenario before definitions",
        "annotated",
        "annotated by text",
        "with defaults",
        "beside other functions",
        "beside a private one",
        "beside a test",
        "own before imported",
        "definition before imported scenario",
        "definition before its list",
        "list of one",
        "definition before a longer list",
    ],
)
def test_only_candidate(shop, load, text, name):
    """Without a name the only scenario is taken, or else the only definition."""
    (shop / "other.py").write_text(f"{OTHER}{ONE}LIST = [One]\ndel One\n", encoding="utf-8")
    assert load(text) == name


def test_marked_scenario(load):
    """What is marked as a test of pytest's is a scenario, whatever it and its parameter are called."""
    mark = "import pytest\n@pytest.mark.tasksim_check(max_faults=2)\n"
    assert load(f"{mark}def test_survives(world): ...\n") == "test_survives"
    with pytest.raises(UsageError, match="nothing to check"):
        load(mark.replace("tasksim_check", "slow") + "def test_survives(sim): ...\n")


def test_fixtures_are_none(load):
    """A fixture of pytest's that takes `sim` is no scenario."""
    assert load(f"import pytest\n{SCENARIO}@pytest.fixture\ndef cms(sim): ...\n") == "publishing"
    old = "def cms(sim): ...\ncms._pytestfixturefunction = True\n"  # as pytest before 8.4 leaves it
    assert load(SCENARIO + old) == "publishing"


@pytest.mark.parametrize("name", ["publishing", "helper", "One", "ALL", "_private", "Group.inside"])
def test_named(load, name):
    """What is named is taken as it is, a list of one as what is in it."""
    text = (
        f"{ONE}{SCENARIO}{OTHER}ALL = [One]\ndef helper(task): ...\ndef _private(sim): ...\n"
        "class Group:\n    def inside(sim): ...\n"
    )
    assert load(text, f"jobs.py:{name}") == {"ALL": "One", "Group.inside": "inside"}.get(name, name)


@pytest.mark.parametrize(
    ("text", "target", "said"),
    [
        (SCENARIO + OTHER + ONE, "jobs.py", ["holds 2 scenarios.", "jobs.py:publishing", "jobs.py:selling"]),
        (ONE + TWO, "jobs.py", ["holds 2 definitions.", "jobs.py:One", "jobs.py:Two", "Choose one"]),
        ("VALUE = 1\n", "jobs.py", ["holds nothing to check", "def publishing(sim): ..."]),
        (
            ONE + TWO + "ALL = [One, Two]\n",
            "jobs.py:ALL",
            ["jobs.py:ALL is a list of 2", "registers them all"],
        ),
        ("ALL = []\n", "jobs.py:ALL", ["jobs.py:ALL is a list of 0"]),
        (
            SCENARIO + ONE,
            "jobs.py:publshing",
            ["Did you mean 'publishing'?", "scenarios: publishing", "definitions: One", "scenarios or"],
        ),
    ],
    ids=["scenarios", "definitions", "nothing", "list", "empty list", "unknown"],
)
def test_open_choice(load, text, target, said):
    """Where nothing or several things could be meant, the message lists what there is."""
    with pytest.raises(UsageError) as raised:
        load(text, target)
    assert [words for words in said if words not in str(raised.value)] == []
