"""The injector: each fault strikes at its checkpoint, and one that never did is reported."""

import pytest

from tasksim import Simulator, StalePlan, create_task_definition
from tasksim.errors import ServiceCallKilled


def simulate(plan, **attributes):
    """Run a definition that writes twice, with a plan."""

    def run(input, controller):
        controller.state.update_input({"seen": True})
        return controller.response.done()

    sim = Simulator(freeze=False, plan=plan, tick="1s")
    sim.register(create_task_definition(id="reindex", title="Reindex", run=run, **attributes))
    return sim, sim.run("reindex")


def test_nth_write_that_never_comes():
    """A fault at the nth write of the world, of which there were fewer, says how many there were."""
    sim, _ = simulate("fail@write#9")
    with pytest.raises(StalePlan) as caught:
        sim.close()
    assert str(caught.value) == (
        "The planned fault 'fail@write#9' never fired: 'write#9' was not reached.\n"
        "  write was reached 4 times\n"
        "  nearest: write#4\n"
        "  Choose a checkpoint that the run reaches; sim.trace.checkpoints() lists them."
    )


def test_call_from_outside_takes_no_time():
    """A delay at a touch that no event makes strikes, and takes no time: such calls have none."""
    sim, execution = simulate("delay@hook.on_before_trigger#1=1h", on_before_trigger=lambda: None)
    sim.close()
    assert execution.status == "success"
    assert sim.now_ms < 60_000


def test_abort_of_what_is_not_there_yet():
    """An abort planned before the task is stored finds no task, and changes nothing."""
    sim, execution = simulate("abort@hook.on_before_trigger#1", on_before_trigger=lambda: None)
    sim.close()
    assert execution.status == "success"


def test_first_of_two_that_come_after_the_effect():
    """Of two faults that raise after one touch only the first strikes; the other never fired."""
    sim, execution = simulate("lost_ack@state.update_input#1 crash@state.update_input#1+")
    assert execution.status == "failed"
    assert execution.task.input == {"seen": True}
    with pytest.raises(StalePlan, match="crash@state"):
        sim.close()


def test_swallowed_crash_is_traced():
    """A run that catches what killed it and simply returns is said to have swallowed it."""

    def run(controller):
        try:
            controller.state.update_input({"at": 1})
        except BaseException:  # noqa: BLE001 - what a careless task does
            return "never mind"

    sim = Simulator(freeze=False, plan="crash@state.update_input#1")
    sim.register(create_task_definition(id="reindex", title="Reindex", run=run))
    assert sim.run("reindex").machine == "UnknownError"
    assert [event.touches for event in sim.trace.kinds("CrashSwallowed")] == [0]


def test_killed_duplicate_changes_nothing_of_the_machine():
    """A duplicate that is killed leaves the state machine where the first delivery's answer put it."""
    sim, execution = simulate("redeliver@1 crash@event#2")
    sim.close()
    assert (execution.status, execution.machine) == ("success", "Done")
    assert [iteration.killed for iteration in execution.iterations] == [None, "crash"]


def test_timeout_of_a_call_from_outside():
    """A timeout at a touch that no event makes kills that call alone; there is no deadline to move to."""
    sim = Simulator(freeze=False, plan="timeout@hook.on_before_trigger#1")
    hooked = create_task_definition(
        id="reindex", title="Reindex", run=lambda: None, on_before_trigger=lambda: None
    )
    sim.register(hooked)
    with pytest.raises(ServiceCallKilled, match="killed the trigger of 'reindex'"):
        sim.tasks.trigger("reindex")
    assert sim.now_ms == 0
    sim.close()
