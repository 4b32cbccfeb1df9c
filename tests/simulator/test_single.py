"""One definition, one call: `tasksim.run`."""

import time

import pytest

import tasksim
from tasksim import DefinitionError, StalePlan, UsageError, create_task_definition


class AddUp:
    id = "addUp"
    title = "Add up"

    def run(self, input, controller):
        return controller.response.done(output={"sum": sum(input.get("numbers", []))})


def make():
    """Return a fresh instance."""
    return AddUp()


def fail():
    """Raise."""
    raise AssertionError("It is wrong.")


@pytest.mark.parametrize("definition", [AddUp(), AddUp, make], ids=["instance", "class", "factory"])
def test_whatever_can_be_registered(definition):
    """An instance, a class or a factory is run to its end in a world of its own."""
    execution = tasksim.run(definition, input={"numbers": [1, 2]})
    assert (execution.id, execution.status, execution.output) == ("addUp-0001", "success", {"sum": 3})
    assert tasksim.run(definition).id == "addUp-0001"


def test_without_input():
    """Without input the task gets an empty one."""
    assert tasksim.run(AddUp()).output == {"sum": 0}


def test_name_and_delay():
    """The trigger's name and delay are taken, too."""
    execution = tasksim.run(AddUp(), name="Sums", delay="1h")
    assert execution.task.name == "Sums"
    assert (execution.task.finished_on - execution.task.created_on).total_seconds() == 3600


def test_settings_of_the_simulator():
    """Every other setting is the simulator's."""
    execution = tasksim.run(AddUp(), profile="webiny-5", start="2030-01-01T00:00:00Z", plan="crash@event#1")
    assert (execution.machine, execution.task.created_on.year) == ("UnknownError", 2030)


def test_the_clock_is_frozen_meanwhile():
    """The wall clock is frozen while it runs, and real afterwards, also after an error."""

    def run(controller):
        return controller.response.done(output={"time": time.time()})

    assert tasksim.run(create_task_definition(id="tell", title="Tell", run=run)).output == {
        "time": 1704067200.0
    }
    real = time.time
    with pytest.raises(AssertionError, match="It is wrong"):
        tasksim.run(create_task_definition(id="fail", title="Fail", run=fail))
    assert time.time is real


def test_an_error_of_the_task_is_stored():
    """What the task raises is the execution's, not the caller's."""

    def run():
        raise ValueError("No.")

    execution = tasksim.run(create_task_definition(id="fail", title="Fail", run=run))
    assert (execution.status, str(execution.exception)) == ("failed", "No.")


def test_planned_faults_must_strike():
    """A planned fault that never fired is an error."""
    with pytest.raises(StalePlan, match=r"^The planned fault 'crash@event#2' never fired"):
        tasksim.run(AddUp(), plan="crash@event#2")


def test_an_error_hides_no_stale_plan():
    """What comes out of the run comes out, not that a fault after it never fired."""
    with pytest.raises(AssertionError, match="It is wrong"):
        tasksim.run(create_task_definition(id="fail", title="Fail", run=fail), plan="crash@event#2")


@pytest.mark.parametrize(
    ("option", "meant"),
    [("budgets", " Did you mean 'budget'?"), ("definitions", ""), ("parent", ""), ("_kills_at_deadline", "")],
)
def test_unknown_settings(option, meant):
    """What is no setting is refused with the nearest one; those of a whole simulator are none here."""
    with pytest.raises(UsageError) as caught:
        tasksim.run(AddUp(), **{option: 3})
    sentence, way_out = str(caught.value).split("\n  ")
    assert sentence.startswith(f"run() got {option!r}, which is no setting.{meant}")
    assert way_out.startswith("Choose from name, delay, profile, start, seed, budget, ")


def test_no_definition():
    """What cannot be registered is refused as everywhere."""
    with pytest.raises(DefinitionError):
        tasksim.run(3)
