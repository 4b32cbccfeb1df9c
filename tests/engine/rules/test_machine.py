"""The state machine around the events, and its limits."""

import pytest

from tasksim import Limits, UsageError
from tasksim.errors import RunKilled


def done(controller):
    """Answer done."""
    return controller.response.done()


def forever(controller):
    """Answer continue."""
    return controller.response.continue_({})


def waiting(seconds):
    """Return a run that continues with a wait, for ever."""
    return lambda controller: controller.response.continue_({}, seconds=seconds)


@pytest.mark.parametrize(
    ("run", "machine"),
    [
        (lambda response: response.done(), "Done"),
        (lambda response: response.error("No."), "Error"),
        (lambda response: response.aborted(), "Aborted"),
    ],
)
def test_answers_end_the_machine(world, run, machine):
    """M: done, error and aborted end the machine."""
    execution = world(run).run("reindex")
    assert execution.machine == machine
    assert [e.state for e in execution.trace if type(e).__name__ == "MachineEnded"] == [machine]


def test_machine_before_during_and_in_a_wait(world):
    """M: a machine has no state before its first event, Run while one is handled, Waiter in a wait."""
    states = []

    def run(input, controller):
        states.append(sim.execution(task).machine)
        return controller.response.done() if input else controller.response.continue_({"at": 1}, seconds=5)

    sim = world(run)
    task = sim.tasks.trigger("reindex")
    assert sim.execution(task).machine is None
    sim.run_next()
    assert sim.execution(task).machine == "Waiter"
    sim.run_next()
    assert states == ["Run", "Run"]


def test_continue_without_a_wait_goes_straight_back(world):
    """M: continue without a wait goes straight back to Run: no time passes."""
    sim = world(forever)
    task = sim.tasks.trigger("reindex")
    sim.run_next()
    assert (sim.execution(task).machine, sim.next_event().at) == ("CheckStatus", sim.now)


def test_delay_of_every_later_event(world):
    """M: the machine carries the previous answer into the next event: its delay is -1."""
    execution = world(forever, max_iterations=2).run("reindex", delay=5)
    started = [e for e in execution.trace if type(e).__name__ == "EventStarted"]
    assert [e.delay for e in started] == [5, -1, -1, -1]
    assert [e.n for e in started] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("seconds", "transitions", "runs"),
    [(None, 5, 2), (None, 6, 3), (5, 6, 2), (5, 7, 2), (5, 8, 3), (None, 2, 1), (None, 1, 0)],
)
def test_transitions_are_limited(world, seconds, transitions, runs):
    """M: passing the limit of transitions ends the machine as TimedOut, the task left as it is.

    TransformEvent, then Run and CheckStatus for each event, and Waiter for each wait.
    """
    sim = world(waiting(seconds), settings={"limits": Limits(transitions=transitions)})
    execution = sim.run("reindex")
    assert (len([i for i in execution.iterations if i.input is not None]), execution.machine) == (
        runs,
        "TimedOut",
    )
    assert execution.status == ("running" if runs else "pending")
    assert sim.next_event() is None


@pytest.mark.parametrize(
    ("profile", "machine"),
    [
        ("documented", "TimedOut"),
        ("generic", "Done"),
        ("webiny-5", "TimedOut"),
        ("webiny-6", "TimedOut"),
    ],
)
@pytest.mark.parametrize("limits", [None, Limits(events=100_000)])
def test_default_limit_of_transitions(world, machine, limits):
    """M: by default a machine makes as many transitions as the profile's host allows: 25,000, or any."""

    def run(input, controller):
        at = input.get("at", 0) + 1
        return controller.response.continue_({"at": at}) if at < 9 else controller.response.done()

    sim = world(run, settings={"limits": limits})
    task = sim.tasks.trigger("reindex")
    sim.run_next()
    sim._engine.lives[task.id].transitions = 24_991  # as after many events more
    sim.run_until_idle()
    execution = sim.execution(task)
    assert (execution.machine, execution.task.iterations) == (machine, 9 if machine == "Done" else 6)


def test_default_lifetime():
    """M: by default a machine lives one year."""
    assert Limits().lifetime == 365 * 24 * 3600


def test_lifetime_ends_a_wait(world):
    """M: a wait that would pass the machine's lifetime ends as TimedOut exactly at its end."""
    sim = world(waiting(3600), settings={"limits": Limits(lifetime=5400)})
    task = sim.tasks.trigger("reindex")
    sim.run_next()
    sim.run_next()
    due = sim.next_event()
    assert ((due.at - sim.now).total_seconds(), due.what) == (1800, task.id)
    sim.run_until_idle()
    execution = sim.execution(task)
    assert (execution.machine, execution.status, sim.now_ms) == ("TimedOut", "running", 5_400_000)
    assert len(execution.iterations) == 2


def test_wait_that_ends_with_the_lifetime(world):
    """M: a wait that ends exactly with the lifetime still runs."""
    sim = world(waiting(3600), settings={"limits": Limits(lifetime=3600)})
    assert len(sim.run("reindex").iterations) == 2


def test_event_that_passes_the_lifetime(world):
    """M: an event that ends after the lifetime is the last, whatever it answered."""

    def run(controller):
        sim.spend(600)
        return controller.response.done()

    sim = world(run, settings={"limits": Limits(lifetime=599)})
    execution = sim.run("reindex")
    assert (execution.machine, execution.status) == ("TimedOut", "success")


def test_year_of_waits(world):
    """M: by default a machine lives at most one year."""
    sim = world(waiting(30_000_000))
    execution = sim.run("reindex")
    assert (execution.machine, sim.now_ms) == ("TimedOut", 31_536_000_000)


def test_limits_may_be_lifted(world):
    """M: None lifts a limit of the host."""

    def run(input, controller):
        at = input.get("at", 0)
        if at == 3:
            return controller.response.done()
        return controller.response.continue_({"at": at + 1}, seconds=30_672_000)

    sim = world(run, settings={"limits": Limits(lifetime=None, transitions=None)})
    assert sim.run("reindex").machine == "Done"
    assert sim.now_ms == 3 * 30_672_000_000


def test_crash_ends_in_unknown_error(world):
    """M: a crash ends the machine as UnknownError; what had no answer is not handled again."""
    sim = world(done, settings={"plan": "crash@task.update#1", "on_crash": "strand"})
    execution = sim.run("reindex")
    assert (execution.machine, execution.status, len(execution.iterations)) == ("UnknownError", "pending", 1)


def test_host_that_retries(world):
    """M: a host that retries handles the same event again at once; each handling counts as an iteration."""
    sim = world(
        forever, max_iterations=2, settings={"plan": "crash@response.continue#1", "on_crash": "retry(2)"}
    )
    execution = sim.run("reindex")
    assert [i.delivery for i in execution.iterations] == ["first", "retry", "first"]
    assert [i.killed for i in execution.iterations] == ["crash", None, None]
    assert execution.task.iterations == 2


def test_host_gives_up_after_its_retries(world):
    """M: after its retries the host ends the machine as UnknownError."""
    sim = world(lambda: sim.spend("15m"), settings={"on_crash": "retry(2)"})
    execution = sim.run("reindex")
    assert [i.delivery for i in execution.iterations] == ["first", "retry", "retry"]
    assert (execution.machine, execution.task.iterations) == ("UnknownError", 3)


def test_host_that_redelivers(world):
    """M: a host that redelivers handles a killed event once more, that much later."""
    sim = world(lambda: sim.spend("20m"), settings={"on_crash": "redeliver(1h)"})
    execution = sim.run("reindex")
    assert [i.delivery for i in execution.iterations] == ["first", "redelivery"]
    assert (execution.machine, sim.now_ms) == ("UnknownError", (15 + 60 + 15) * 60_000)


def test_redelivery_after_the_lifetime(world):
    """M: a machine whose lifetime has passed handles no redelivery either: it is TimedOut."""
    sim = world(
        lambda: sim.spend("20m"),
        settings={"on_crash": "redeliver(1h)", "limits": Limits(lifetime=1800)},
    )
    execution = sim.run("reindex")
    assert (len(execution.iterations), execution.machine) == (1, "TimedOut")


def test_duplicate_moves_nothing(world):
    """M: the answer of a duplicate delivery does not move the machine."""
    sim = world(waiting(60), max_iterations=2, settings={"plan": "redeliver@1"})
    execution = sim.run("reindex")
    assert [i.delivery for i in execution.iterations] == ["first", "duplicate", "first"]
    assert sim.now_ms == 60_000


def test_killed_duplicate_moves_nothing(world):
    """M: a duplicate that is killed moves nothing either."""
    sim = world(waiting(60), max_iterations=2, settings={"plan": "redeliver@1 crash@event#2"})
    execution = sim.run("reindex")
    assert [i.killed for i in execution.iterations] == [None, "crash", None, None]
    assert execution.machine == "Error"


def test_crash_without_a_definition(world):
    """M: the event of a task whose definition is not registered may crash, too."""
    sim = world(done, settings={"plan": "crash@event#1", "on_crash": "strand"})
    task = sim.tasks.trigger("reindex")
    del sim._engine.registry._by_id["reindex"]  # as a new version without the definition
    sim.run_until_idle()
    assert sim.execution(task).machine == "UnknownError"


def test_kill_of_another_run_passes_through(world):
    """M: a kill that is not this run's own passes through."""
    other = RunKilled("crash", "event#1")

    def run():
        raise other

    with pytest.raises(RunKilled) as caught:
        world(run).run("reindex")
    assert caught.value is other


def test_unknown_limit_name():
    """M: limits have names; another is an error of Python."""
    with pytest.raises(TypeError):
        Limits(minutes=3)


def test_budget_of_nothing(world):
    """M: a budget must be some time."""
    with pytest.raises(UsageError, match="budget is 0, which is no time at all"):
        world(done, settings={"budget": 0})
