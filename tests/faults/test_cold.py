"""Cold starts: `cold@N` lets event N run on a fresh instance."""

import pytest

from tasksim import Simulator, StalePlan, UsageError, create_implementation, create_task_definition
from tasksim._faults.plan import parse
from tasksim._faults.token import parse_token


class Counting:
    """Remembers on itself how often it ran: what a process keeps in its memory."""

    id = "reindex"
    title = "Reindex"
    made = 0

    def __init__(self, start=0):
        type(self).made += 1
        self.seen = start

    def run(self, input, controller):
        self.seen += 1
        seen = [*input.get("seen", []), self.seen]
        if len(seen) < input.get("times", 3):
            return controller.response.continue_({"seen": seen})
        return controller.response.done(output={"seen": seen})

    def on_done(self, task, context):
        context.seen_by_hook = self.seen


class Context:
    """What the hook writes to."""

    seen_by_hook = None


@pytest.fixture
def counting():
    """Return the class, counted anew for each test."""
    return type("Counting", (Counting,), {"made": 0})


def simulate(definition, plan, **settings):
    """Run it with a plan to its end, in which every fault fired."""
    sim = Simulator([definition], freeze=False, plan=plan, context=Context(), **settings)
    execution = sim.run("reindex")
    sim.close()
    return sim, execution


def seen_by(definition, plan):
    """Return what the instances saw."""
    return simulate(definition, plan)[1].output["seen"]


def test_class_is_made_anew(counting):
    """The event runs on a fresh instance of the class; what the old one remembered is lost."""
    assert seen_by(counting, "cold@2") == [1, 1, 2]
    assert counting.made == 2


def test_factory_is_called_anew(counting):
    """The event runs on what the factory makes next."""
    assert seen_by(lambda: counting(start=10), "cold@3") == [11, 12, 11]
    assert counting.made == 2


def test_implementation_gets_its_dependencies_anew(counting):
    """What create_implementation made is made again, with the same dependencies."""
    definition = create_implementation(implementation=counting, dependencies=[5])
    assert seen_by(definition, "cold@2 cold@3") == [6, 6, 6]
    assert counting.made == 3


def test_without_a_plan_the_instance_stays(counting):
    """Without the fault a class has one instance for the whole simulation."""
    sim = Simulator([counting], freeze=False)
    assert sim.run("reindex").output == {"seen": [1, 2, 3]}
    assert counting.made == 1


def test_first_event_can_be_cold(counting):
    """An instance made at registration is fresh, but the first event may run on yet another."""
    assert seen_by(counting, "cold@1") == [1, 2, 3]
    assert counting.made == 2


def test_hooks_of_the_event_run_on_it_too(counting):
    """The whole event is handled by the fresh instance, its hook as well."""
    sim, _ = simulate(counting, "cold@3")
    assert sim._engine.user_context.seen_by_hook == 1


def test_stored_state_stays(counting):
    """Only what is on the instance is lost: input and logs are as without the fault."""
    _, cold = simulate(counting, "cold@2")
    _, warm = simulate(counting, None)
    assert [log.iteration for log in cold.logs] == [log.iteration for log in warm.logs] == [1, 2, 3]
    assert cold.task.iterations == 3


def test_child_is_named_by_its_label(counting):
    """`cold@child.1:2` is the second event of that child; the other tasks keep their instance."""
    counting.id = "child"

    def run(controller):
        if not controller.task.list_children():
            controller.task.trigger("child", input={})
            return controller.response.continue_({}, seconds=1)
        return controller.response.done()

    parent = create_task_definition(id="reindex", title="Reindex", run=run)
    sim = Simulator([parent, counting], freeze=False, plan="cold@child.1:2", context=Context())
    sim.run("reindex")
    sim.close()
    [child] = sim.tasks.list_tasks(where={"definition_id": "child"}).items
    assert child.output == {"seen": [1, 1, 2]}
    assert counting.made == 2


def test_duplicate_can_be_cold(counting):
    """The event that a `redeliver` adds has a number of its own, and can be cold."""
    _, execution = simulate(counting, "redeliver@1 cold@2")
    assert execution.output == {"seen": [1, 1, 2]}
    assert [iteration.delivery for iteration in execution.iterations] == ["first", "duplicate", "first"]


def test_instance_after_a_crash_is_fresh_without_it(counting):
    """After a crash the event runs on a fresh instance always; the fault adds one."""
    _, execution = simulate(counting, "crash@response.continue#2", on_crash="retry(1)")
    assert execution.output == {"seen": [1, 1, 2]}
    assert counting.made == 2
    counting.made = 0
    simulate(counting, "crash@response.continue#2 cold@3", on_crash="retry(1)")
    assert counting.made == 3


def test_plain_instance_is_a_usage_error(counting):
    """An instance cannot be made anew: the simulation ends with the way out, and nothing is stored."""
    sim = Simulator([counting()], freeze=False, plan="cold@2", context=Context())
    with pytest.raises(UsageError) as caught:
        sim.run("reindex")
    assert str(caught.value) == (
        "'cold@2' needs a fresh instance of 'reindex', which was registered as an instance.\n"
        "  Register its class, or a function without arguments that makes one."
    )
    [task] = sim.tasks.list_tasks().items
    assert (task.status, task.iterations, sim.execution(task).machine) == ("running", 1, "UnknownError")


def test_factory_that_fails_comes_out(counting):
    """What a factory raises when it is called again ends the simulation."""
    made = []

    def factory():
        if made:
            raise OSError("no more memory")
        made.append(counting())
        return made[0]

    with pytest.raises(OSError, match="no more memory"):
        simulate(factory, "cold@2")


def test_event_that_never_comes():
    """A cold start of an event that never comes is a stale plan."""
    sim = Simulator([Counting], freeze=False, plan="cold@9", context=Context())
    sim.run("reindex", input={"times": 2})
    with pytest.raises(StalePlan) as caught:
        sim.close()
    assert str(caught.value) == (
        "The planned fault 'cold@9' never fired: 'event#9' was not reached.\n"
        "  event was reached 2 times\n"
        "  nearest: event#2\n"
        "  Choose a checkpoint that the run reaches; sim.trace.checkpoints() lists them."
    )


def test_token_holds_it(counting):
    """The printed token has the fault."""
    sim, _ = simulate(counting, "cold@2")
    assert parse_token(sim.token).plan == parse("cold@2")


def test_same_plan_same_trace(counting):
    """Two simulations with one plan have one trace."""
    first, second = (simulate(counting, "cold@2 crash@event#3", on_crash="retry(1)")[0] for _ in range(2))
    assert first.trace == second.trace
    assert [fault.checkpoint for fault in first.trace.kinds("FaultFired")] == ["event#2", "event#3"]
