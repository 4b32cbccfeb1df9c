"""The judges together: which there are, that each is asked, and how they count in words."""

import pytest

from tasksim import check, create_task_definition, explore
from tasksim._explore.judges import _JUDGES
from tasksim._explore.judges.verdicts import listed, times
from tasksim._explore.options import JUDGES
from tasksim.errors import CheckFailed

pytestmark = pytest.mark.usefixtures("frozen")


def test_every_judge_is_asked():
    """Each judge that can be switched off is asked of each run, or of the two that are long."""
    assert [*_JUDGES, "progress", "bounded-state"] == sorted(
        JUDGES, key=[*_JUDGES, "progress", "bounded-state"].index
    )


def broken(sim):
    """A task with which several judges find fault, under one plan and under others."""

    def run(controller):
        if controller.runtime.is_close_to_timeout():
            return controller.response.aborted()
        for n in range(3):
            sim.effects.record("publish", key=str(n))
        return controller.response.done()

    sim.register(
        create_task_definition(
            id="job", title="Job", run=run, on_done=lambda task: sim.effects.record("mail")
        )
    )
    sim.tasks.trigger("job")


ALL = ["resume-equivalence", "stranded", "abort-honoured", "hooks"]
OPTIONS = {"profile": "webiny-5", "on_crash": "retry(1)", "kinds": ["close_to_timeout", "abort", "timeout"]}


def test_several_judges_find_fault_with_one_run():
    """Each judge has its own finding, also under one plan; of equal plans the first by name comes first."""
    report = explore(broken, **OPTIONS)
    assert [finding.judge for finding in report.findings] == ALL
    assert report.findings[0].plan == report.findings[1].plan
    with pytest.raises(CheckFailed) as failed:
        check(broken, **OPTIONS)
    assert report.findings[0].sentence in str(failed.value)


@pytest.mark.parametrize("judge", ALL)
def test_one_switched_off_leaves_the_others(judge):
    """Without one judge the others find what they found."""
    report = explore(broken, **OPTIONS, without=[judge])
    assert [finding.judge for finding in report.findings] == [each for each in ALL if each != judge]


@pytest.mark.parametrize(
    ("n", "text"), [(0, "0 effects"), (1, "1 effect"), (2, "2 effects"), (11, "11 effects")]
)
def test_times(n, text):
    """A number of things is in the plural, unless it is one."""
    assert times(n, "effect") == text


@pytest.mark.parametrize(
    ("many", "text"),
    [(0, ""), (1, "0"), (6, "0 1 2 3 4 5"), (7, "0 1 2 3 4 5 and 1 more"), (9, "0 1 2 3 4 5 and 3 more")],
)
def test_listed(many, text):
    """Of many things the first are named, with how many more there are."""
    assert listed([str(n) for n in range(many)]) == text


def test_listed_with_a_bound_of_its_own():
    """How many are named can be said."""
    assert listed(["a", "b", "c"], most=2) == "a b and 1 more"
