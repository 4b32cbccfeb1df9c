"""Orders: `order@T=k` lets the kth of those that are due at the time T go first."""

import pytest

from tasksim import Limits, Simulator, StalePlan, create_task_definition
from tasksim._faults.plan import parse
from tasksim._faults.token import parse_token


def noted(input, controller):
    """Say who ran, then continue as often as told."""
    controller.logger.info(input["name"])
    if input.get("more", 0):
        return controller.response.continue_({"more": input["more"] - 1}, seconds=input.get("wait"))
    return controller.response.done()


def simulation(plan=None, **settings):
    """Return a simulator that knows one definition."""
    definition = create_task_definition(id="note", title="Note", run=noted)
    return Simulator([definition], freeze=False, plan=plan, **settings)


def ran(sim):
    """Return what ran, in order: the names of tasks, and those of acts."""
    names = {task.id: task.input["name"] for task in sim.tasks.list_tasks(limit=100).items}
    events = sim.trace.kinds("EventStarted", "ActPerformed")
    return [names[event.task] if event.task else event.name for event in events]


def simulate(plan, *names, **settings):
    """Trigger these one after the other, all due now, and return what ran."""
    sim = simulation(plan, **settings)
    for name in names:
        sim.tasks.trigger("note", input={"name": name})
    sim.run_until_idle()
    sim.close()
    return ran(sim)


@pytest.mark.parametrize(
    ("k", "expected"),
    [(2, ["b", "a", "c", "d"]), (3, ["c", "a", "b", "d"]), (4, ["d", "a", "b", "c"])],
)
def test_kth_goes_first(k, expected):
    """The kth goes before the others, which keep their order."""
    assert simulate(f"order@0s={k}", *"abcd") == expected


def test_once():
    """Only one event is let go first; the rest of that time comes as it would."""
    assert simulate("order@0s=2", "a", "b", "c") == ["b", "a", "c"]


def test_several_orders_of_one_time():
    """Several at one time are taken one after the other, each of the order that the one before left."""
    assert simulate("order@0s=2 order@0s=3", *"abc") == ["c", "b", "a"]
    assert simulate("order@0s=3 order@0s=2", *"abc") == ["a", "c", "b"]


def test_only_at_its_time():
    """Those due at another time are left alone, also when as many are due there."""
    sim = simulation("order@10s=2")
    for name in "ab":
        sim.tasks.trigger("note", input={"name": name, "more": 2, "wait": 10})
    sim.run_until_idle()
    sim.close()
    assert ran(sim) == ["a", "b", "b", "a", "b", "a"]  # they were planned anew in that order


def test_acts_count_too():
    """Acts of the outside world are due like events."""

    def act(name):
        def perform(): ...

        perform.__name__ = name
        return perform

    sim = simulation("order@10s=3")
    sim.at("10s", act("first"))
    sim.tasks.trigger("note", input={"name": "a", "more": 1, "wait": 10})
    sim.every("10s", act("ticking"), times=2)
    sim.run_until_idle()
    sim.close()
    assert ran(sim) == ["a", "a", "first", "ticking", "ticking"]


def test_act_that_repeats_for_ever_stays_endless():
    """What repeats for ever may go first, and still does not keep the simulation going."""
    sim = simulation("order@10s=2")
    sim.tasks.trigger("note", input={"name": "a", "more": 2, "wait": 10})
    sim.run_next()
    sim.every("10s", lambda: None)
    sim.run_until_idle()
    sim.close()
    assert ran(sim) == ["a", "act", "a", "act", "a"]


def test_end_of_a_machine_is_due_as_well():
    """The end of a machine that waits past its lifetime has a place in line."""
    sim = simulation("order@1h=2", limits=Limits(lifetime=3600))
    sim.at("1h", lambda: None)
    task = sim.tasks.trigger("note", input={"name": "a", "more": 1, "wait": 7200})
    sim.run_until_idle()
    sim.close()
    kinds = [type(event).__name__ for event in sim.trace if event.at_ms == 3_600_000]
    assert kinds == ["FaultFired", "MachineEnded", "ActPerformed"]
    assert sim.execution(task).machine == "TimedOut"


def test_retry_stands_in_front_of_the_line():
    """A retry comes before all others; an order counts it as the first, and lets another go before it."""
    plan = "crash@note.2:logger.info#1"
    assert simulate(plan, *"abc", on_crash="retry(1)") == ["a", "b", "b", "c"]
    assert simulate(f"{plan} order@0s=4", *"abcd", on_crash="retry(1)") == ["d", "a", "b", "b", "c"]

    sim = simulation("crash@logger.info#1 order@0s=2", on_crash="retry(1)")
    sim.tasks.trigger("note", input={"name": "a"})
    sim.run_next()  # the only one by now: nothing to put first
    sim.tasks.trigger("note", input={"name": "b"})
    sim.run_until_idle()
    sim.close()
    assert ran(sim) == ["a", "b", "a"]


def test_duplicate_may_be_overtaken():
    """A duplicate is due where its event was; an order may let another go between the two."""
    assert simulate("redeliver@1", *"ab") == ["a", "a", "b"]
    sim = simulation("redeliver@1 order@0s=2")
    sim.tasks.trigger("note", input={"name": "a"})
    sim.run_next()
    sim.tasks.trigger("note", input={"name": "b"})
    sim.run_until_idle()
    sim.close()
    assert ran(sim) == ["a", "b", "a"]


def test_waits_until_as_many_are_due():
    """Where fewer are due at first, those count that become due at the same time later."""

    def run(input, controller):
        if "name" not in input:
            for name in "ab":
                controller.task.trigger("note", input={"name": name})
            return controller.response.done()
        return noted(input, controller)

    definition = create_task_definition(id="note", title="Note", run=run)
    sim = Simulator([definition], freeze=False, plan="order@0s=2")
    root = sim.run("note").task
    sim.close()
    names = {task.id: task.input.get("name") for task in sim.tasks.list_tasks().items}
    ran = [names[event.task] for event in sim.trace.kinds("EventStarted")]
    assert (names[root.id], ran) == (None, [None, "b", "a"])


def test_overdue_events_count_at_the_time_they_were_due():
    """What is handled late, since an event overran, is chosen by the time at which it was due."""

    def run(input, controller, context):
        context["sim"].spend(input["takes"])
        return controller.response.done()

    context = {}
    definition = create_task_definition(id="note", title="Note", run=run)
    sim = Simulator([definition], freeze=False, plan="order@10s=2", context=context, budget="1h")
    sim.tasks.trigger("note", input={"takes": 600})
    seen = []
    for name in "ab":
        sim.at("10s", lambda name=name: seen.append((name, sim.now_ms)))
    context["sim"] = sim
    sim.run_until_idle()
    sim.close()
    assert seen == [("b", 600_000), ("a", 600_000)]


def test_every_way_of_moving_time_obeys():
    """The order holds however the time is moved."""

    def first_of(move):
        sim = simulation("order@0s=2")
        for name in "ab":
            sim.tasks.trigger("note", input={"name": name})
        move(sim)
        sim.close()
        return ran(sim)[0]

    assert first_of(lambda sim: sim.run_next()) == "b"
    assert first_of(lambda sim: sim.advance("1s")) == "b"
    assert first_of(lambda sim: sim.run_until(lambda: len(sim.trace.kinds("EventStarted")))) == "b"


def test_run_next_returns_what_went_first():
    """`run_next` returns the event that was handled, not the one that stood first."""
    sim = simulation("order@0s=2")
    tasks = [sim.tasks.trigger("note", input={"name": name}) for name in "ab"]
    assert sim.run_next().task_id == tasks[1].id


@pytest.mark.parametrize("at", ["0s", "10s"])
def test_fewer_are_due(at):
    """An order at a time at which fewer are due, or nothing, is a stale plan."""
    sim = simulation(f"order@{at}=3")
    for name in "ab":
        sim.tasks.trigger("note", input={"name": name})
    sim.run_until_idle()
    with pytest.raises(StalePlan) as caught:
        sim.close()
    assert str(caught.value) == (
        f"The planned fault 'order@{at}=3' never fired: fewer than 3 were due at {at}.\n"
        "  Choose a time at which several are due; the timeline shows them."
    )


def test_it_is_traced_at_its_time():
    """That it fired is traced when what goes first begins, not when the event before ended."""
    sim = simulation("order@10s=2")
    for name in "ab":
        sim.tasks.trigger("note", input={"name": name, "more": 1, "wait": 10})
    sim.run_until_idle()
    [fired] = sim.trace.kinds("FaultFired")
    assert (fired.at_ms, fired.fault, fired.checkpoint) == (10_000, "order@10s=2", "")


def test_token_holds_it():
    """The printed token has the fault."""
    assert parse_token(simulation("order@15m=2").token).plan == parse("order@15m=2")


def test_same_plan_same_trace():
    """Two simulations with one plan have one trace."""

    def trace():
        sim = simulation("order@0s=3")
        for name in "abcd":
            sim.tasks.trigger("note", input={"name": name, "more": 1})
        sim.run_until_idle()
        return sim.trace

    assert trace() == trace()
