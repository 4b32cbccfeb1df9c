"""Watching: a watched run goes as any other, its touches are where faults can strike, and it has an end."""

import pytest
from explore_jobs import definition

from tasksim import Simulator, explore, replay
from tasksim._explore.watching import Watcher
from tasksim._faults.plan import Plan, parse

pytestmark = [pytest.mark.usefixtures("frozen"), pytest.mark.slow]  # together they take seconds


def run_part(controller):
    """Do nothing."""
    return controller.response.done()


def two_parts(sim):
    """A parent triggers two parts, which are due at once, and waits for them."""

    def run(controller):
        if not controller.task.list_children():
            controller.task.trigger("part")
            controller.task.trigger("part")
            return controller.response.continue_({}, seconds=60)
        return controller.response.done()

    sim.register(definition(run))
    sim.register(definition(run_part, id="part"))
    sim.tasks.trigger("job")


def plans(scenario, *kinds, **options):
    """Return the plans that an exploration tried, as text."""
    tried = []

    def note(facts):
        tried.append(" ".join(fault.render() for fault in facts.plan))

    explore(scenario, kinds=kinds, _on_run=note, **options)
    return tried[1:]


PLANS = [
    "",
    "redeliver@1",
    "crash@part.1:event#1 fail@task.update#2",
    "abort@task.update#1",
    "order@0s=2",
    "run[part.1]@task.trigger#2",
    "lost_ack@task.trigger#1",
    "delay@event#1=20m clock@event#2=-1h",
]


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("notes", [False, True])
def test_a_watched_run_goes_as_any_other(plan, notes):
    """A watcher adds nothing to the trace, whatever the plan and however closely it looks."""
    traces = []
    for injector in (None, Watcher(parse(plan), most_events=99, notes=notes, needs_more=notes)):
        with Simulator(plan=plan, on_crash="retry(1)", _injector=injector) as sim:
            two_parts(sim)
            sim.run_until_idle()
        traces.append(sim.trace.sha256())
    assert traces[0] == traces[1]


# --- where the next fault can strike


def test_the_next_fault_strikes_after_the_last():
    """A longer plan goes on at what the run touched after its last fault."""
    tried = plans(two_parts, "abort", max_faults=2, max_runs=10_000)
    firsts = [plan for plan in tried if " " not in plan]
    singles = len(firsts)
    after = {first: [plan for plan in tried if plan.startswith(f"{first} ")] for first in firsts}
    # An abort before the first event leaves its answer alone; one at the parent's first touch leaves more.
    assert len(after["abort@event#1"]) < len(after["abort@part.2:task.update#2"]) + singles
    assert all(plan.split()[0] != plan.split()[1] for plan in tried if " " in plan)
    late = after["abort@event#2"]
    assert late
    assert not [plan for plan in late if plan.endswith(("@event#1", "part.1:event#1"))]


def test_instants():
    """Those that are due at one time can be put in another order, as many as ever were due."""
    assert plans(two_parts, "order") == ["order@0s=2"]

    def three_acts(sim):
        two_parts(sim)
        sim.at("60s", lambda: sim.tasks.trigger("part"))
        sim.at("60s", list)

    assert plans(three_acts, "order") == ["order@0s=2", "order@1m=2", "order@1m=3"]


def test_pairs_of_orders():
    """After an order comes what is due after it, at the same time or later."""

    def acts(sim):
        two_parts(sim)
        for _ in range(3):
            sim.at("30s", list)

    assert plans(acts, "order") == ["order@0s=2", "order@30s=2", "order@30s=3"]
    pairs = [plan for plan in plans(acts, "order", max_faults=2) if " " in plan]
    assert sorted(pairs) == [
        "order@0s=2 order@30s=2",
        "order@0s=2 order@30s=3",
        "order@30s=2 order@30s=3",
        "order@30s=3 order@30s=2",
    ]
    counts = explore(acts, kinds=["order"], max_faults=2).coverage.several[2]
    assert (counts.explored, counts.left) == (4, 0)


def test_what_can_run_inside():
    """Inside a touch an event of the same task can be handled, or of another that is due."""
    tried = plans(two_parts, "run")
    assert "run[part.1]@task.trigger#2" in tried
    assert "run[part.1]@event#1" not in tried  # it has not been triggered
    assert "run[part.2]@part.1:event#1" in tried
    assert "run[part.1]@part.2:event#1" not in tried  # it has ended
    assert "run[job.1]@part.1:event#1" not in tried  # it waits


def test_two_deep():
    """What is handled inside a touch can have one more inside of it, and that one none."""

    def tiny(sim):
        sim.register(definition(run_part))
        sim.tasks.trigger("job")

    tried = plans(tiny, "run", max_faults=3)
    assert len(tried) == len(set(tried))
    assert "run[job.1]@event#1 run[job.1]@event#2" in tried
    assert [plan for plan in tried if plan.startswith("run[job.1]@event#1 run[job.1]@event#2 ")] == []
    assert [plan for plan in tried if plan.count(" ") == 2]


# --- the end


def polling(sim):
    """A task that is cut asks again and again."""

    def run(input, controller):
        if input.get("cut") or controller.runtime.is_close_to_timeout():
            return controller.response.continue_({"cut": True}, seconds=1)
        return controller.response.done()

    sim.register(definition(run, max_iterations=1000))
    sim.tasks.trigger("job")


def test_a_run_without_an_end_is_ended():
    """A run is ended fifty events after those that the uncut run takes, and told by `liveness`."""
    (finding,) = explore(polling, kinds=["close_to_timeout"], without=["progress", "bounded-state"]).findings
    assert (finding.judge, finding.sentence) == (
        "liveness",
        "cut once, 'job' had not ended 51 events after the last fault; the uncut run takes 1.",
    )
    assert finding.cut.ends[0].iterations == 52


def test_events_are_counted_from_the_last_fault():
    """Each fault gives the run its events anew, and so does what is delivered again."""
    late = [f"redeliver@{n}" for n in (20, 40)]
    replayed = replay(polling, f"v1 close_to_timeout@runtime.is_close_to_timeout#1 {' '.join(late)}")
    (finding,) = [finding for finding in replayed.findings if finding.judge == "liveness"]
    assert finding.cut.ends[0].iterations == 40 + 51


def test_no_limit_of_events():
    """A watcher without a limit waits for any end."""
    watcher = Watcher(Plan())
    with Simulator(_injector=watcher) as sim:
        sim.register(definition(lambda input, controller: controller.response.done()))
        for _ in range(200):
            sim.tasks.trigger("job")
        sim.run_until_idle()
    assert (watcher.events, watcher.delivered_again, watcher.all_fired) == (200, False, True)
