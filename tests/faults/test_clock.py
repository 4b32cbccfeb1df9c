"""Clock jumps: `clock@X=-1h` moves the wall clock, and nothing else."""

import datetime as dt
import time

import pytest

from tasksim import Simulator, StalePlan, UsageError, create_task_definition
from tasksim._faults.plan import parse
from tasksim._faults.token import parse_token

START = "2024-01-01T00:00:00+00:00"


def wall():
    """Return what the frozen clock shows, as text."""
    return dt.datetime.now(dt.timezone.utc).isoformat()


def simulate(run, plan, *, trigger=True, attributes=None, **settings):
    """Run a definition with a plan to its end, in which every fault fired."""
    definition = create_task_definition(
        id="reindex", title="Reindex", run=run, database_logs=True, **(attributes or {})
    )
    with Simulator([definition], plan=plan, **settings) as sim:
        if trigger:
            sim.run("reindex")
    return sim


def twice(input, controller):
    """Continue once after 10 seconds."""
    if "at" not in input:
        return controller.response.continue_({"at": wall()}, seconds=10)
    return controller.response.done(output={"at": [input["at"], wall()]})


def only(sim):
    """Return the execution of the only task."""
    [task] = sim.tasks.list_tasks().items
    return sim.execution(task)


@pytest.mark.parametrize(
    ("jump", "expected"),
    [("-1h", "2023-12-31T23:00:10+00:00"), ("36h", "2024-01-02T12:00:10+00:00")],
)
def test_wall_clock_jumps(jump, expected):
    """From X on the frozen clock shows another time, and goes on from there."""
    sim = simulate(twice, f"clock@event#2={jump}")
    assert only(sim).output == {"at": [START, expected]}
    assert sim.now.isoformat() == expected


def test_jump_is_before_what_it_is_at():
    """A touch that stores a time stores that after the jump."""
    sim = simulate(twice, "clock@task.update#1=1h")
    assert only(sim).task.started_on.isoformat() == START  # the change was made before the write
    assert only(sim).task.finished_on.isoformat() == "2024-01-01T01:00:10+00:00"
    sim = simulate(twice, "clock@event#1=1h")
    assert only(sim).task.started_on.isoformat() == "2024-01-01T01:00:00+00:00"


def test_back_and_forth():
    """Jumps add up: there and back again is no jump."""
    sim = simulate(twice, "clock@event#1=-1h clock@event#2=1h")
    assert only(sim).output == {"at": ["2023-12-31T23:00:00+00:00", "2024-01-01T00:00:10+00:00"]}


def test_two_jumps_at_one_place():
    """Several jumps may strike at one touch."""
    sim = simulate(twice, "clock@event#1=-1h clock@event#1=1m")
    assert only(sim).output["at"][0] == "2023-12-31T23:01:00+00:00"


@pytest.mark.parametrize("jump", ["-1000d", "1000d"])
def test_monotonic_time_budget_and_waits_stay(jump):
    """What the host measures - time, budget, the wait, what is due when - does not jump."""
    remaining = []

    def run(input, controller):
        controller.state.update_input({"seen": True})
        remaining.append(controller.runtime.remaining_milliseconds())
        if len(remaining) == 1:
            return controller.response.continue_({}, seconds=10)
        return controller.response.done()

    acts = []

    def simulation(plan):
        with Simulator(
            [create_task_definition(id="reindex", title="Reindex", run=run)], plan=plan, tick="1s"
        ) as sim:
            sim.at("12s", lambda: acts.append(sim.now_ms))
            sim.tasks.trigger("reindex")
            sim.run_until_idle()
        times = [(event.at_ms, type(event).__name__) for event in sim.trace]
        return sim.now_ms, [*remaining], [time for time in times if time[1] != "FaultFired"]

    without = simulation(None)
    remaining.clear()
    assert simulation(f"clock@state.update_input#1={jump} clock@wait#1={jump}") == without
    assert len(acts) == 2
    assert acts[0] == acts[1]


def test_all_clocks_of_the_process_show_it():
    """`time.time` and `date.today` follow; `time.monotonic` shows the frozen time as `time.time` does."""
    seen = []

    def run(controller):
        seen.append((time.time(), dt.date.today().isoformat(), dt.datetime.now().hour))  # noqa: DTZ005, DTZ011 - what is being tested
        return controller.response.done()

    simulate(run, "clock@event#1=-1h", timezone="UTC")
    assert seen == [(1_704_063_600.0, "2023-12-31", 23)]


def test_newest_log_is_the_one_with_the_latest_time():
    """After a jump back the newest log is still that of the greatest `created_on` (E2), so numbers repeat."""

    def run(input, controller):
        at = input.get("at", 0)
        if at < 3:
            return controller.response.continue_({"at": at + 1}, seconds=1)
        return controller.response.done()

    logs = only(simulate(run, "clock@event#2=-1h")).logs
    assert [log.iteration for log in logs] == [1, 2, 2, 2]
    assert [log.created_on.isoformat()[11:19] for log in logs] == [
        "00:00:00",
        "23:00:01",
        "23:00:02",
        "23:00:03",
    ]
    assert [log.iteration for log in only(simulate(run, "clock@event#2=1h")).logs] == [1, 2, 3, 4]


def test_abort_after_a_jump_back_writes_into_the_latest_log():
    """The message of an abort goes to the newest log by time (A2), wherever the clock stands now."""

    def run(controller):
        return controller.response.continue_({}, seconds=10)

    definition = create_task_definition(id="reindex", title="Reindex", run=run, database_logs=True)
    with Simulator([definition], plan="clock@event#2=-1h") as sim:
        task = sim.tasks.trigger("reindex")
        sim.advance("15s")
        sim.tasks.abort(task.id, message="Enough.")
    first, second = sim.execution(task).logs
    assert [item.message for item in first.items][-1] == "Enough."
    assert [item.message for item in second.items] == ["Task continuing."]
    assert sim.execution(task).task.saved_on < task.created_on


def test_lists_are_sorted_by_the_time_shown():
    """A task that was triggered after a jump back is older by its `created_on`."""

    def run(controller):
        return controller.response.done()

    definition = create_task_definition(id="reindex", title="Reindex", run=run)
    with Simulator([definition], plan="clock@event#1=-1h") as sim:
        first = sim.run("reindex").task
        sim.advance("1s")
        second = sim.run("reindex").task
    assert second.created_on < first.created_on
    listed = sim.tasks.list_tasks(sort="created_on_ASC").items
    assert [task.id for task in listed] == [second.id, first.id]


def test_wait_until_a_time_is_measured_from_the_jumped_clock():
    """`continue_(until=...)` waits from what the clock shows to that time."""

    def run(input, controller):
        if "waited" in input:
            return controller.response.done()
        until = dt.datetime(2024, 1, 1, 0, 0, 30, tzinfo=dt.timezone.utc)
        return controller.response.continue_({"waited": True}, until=until)

    assert simulate(run, None).now_ms == 30_000
    assert simulate(run, "clock@event#1=-1m").now_ms == 90_000


def test_act_at_an_instant_is_planned_by_the_jumped_clock():
    """An act planned for a wall time after the jump comes when the clock shows that."""
    seen = []
    definition = create_task_definition(
        id="reindex", title="Reindex", run=lambda controller: controller.response.done()
    )
    with Simulator([definition], plan="clock@event#1=-1m") as sim:
        sim.run("reindex")
        sim.at("2024-01-01T00:00:30Z", lambda: seen.append((wall(), sim.now_ms)))
        assert sim.next_event().at.isoformat() == "2024-01-01T00:00:30+00:00"
        sim.run_until_idle()
    assert seen == [("2024-01-01T00:00:30+00:00", 90_000)]


def test_call_from_outside_lets_it_jump():
    """A touch that no event makes can let the clock jump as well."""
    sim = simulate(
        twice,
        "clock@hook.on_before_trigger#1=-1h",
        attributes={"on_before_trigger": lambda: None},
    )
    assert only(sim).task.created_on.isoformat() == "2023-12-31T23:00:00+00:00"
    assert only(sim).output["at"][0] == "2023-12-31T23:00:00+00:00"


def test_jump_without_a_frozen_clock():
    """Where nothing is frozen the simulation's own time jumps all the same."""

    def run(controller):
        return controller.response.done()

    definition = create_task_definition(id="reindex", title="Reindex", run=run)
    sim = Simulator([definition], freeze=False, plan="clock@event#1=1h")
    assert sim.run("reindex").task.finished_on.isoformat() == "2024-01-01T01:00:00+00:00"
    sim.close()


def test_inner_simulation_keeps_its_own_time():
    """A jump of one simulation moves no other; the frozen clock shows the one that moved last."""
    with Simulator(start="2030-01-01T00:00:00Z") as outer:
        inner = simulate(twice, "clock@event#1=-1h")
        assert inner.now.isoformat() == "2023-12-31T23:00:10+00:00"
        assert outer.now.isoformat() == wall() == "2030-01-01T00:00:00+00:00"


@pytest.mark.parametrize("jump", ["-3000000d", "100000000d"])
def test_jump_to_a_year_that_there_is_not(jump):
    """A jump out of the years 1 to 9999 is a usage error that names the fault."""
    with pytest.raises(UsageError) as caught:
        simulate(twice, f"clock@event#1={jump}")
    assert str(caught.value) == (
        f"'clock@event#1={jump}' lets the clock jump out of the years 1 to 9999.\n  Let it jump less far."
    )


def test_jump_that_never_comes():
    """A jump at a checkpoint that was not reached is a stale plan."""
    with pytest.raises(StalePlan, match=r"'clock@event#3=-1h' never fired: 'event#3' was not reached"):
        simulate(twice, "clock@event#3=-1h")


def test_token_holds_it():
    """The printed token has the fault."""
    assert parse_token(simulate(twice, "clock@event#2=-90m").token).plan == parse("clock@event#2=-90m")


def test_same_plan_same_trace():
    """Two simulations with one plan have one trace, and the jump is in it."""
    first, second = (simulate(twice, "clock@event#2=-1h") for _ in range(2))
    assert first.trace == second.trace
    assert [fault.fault for fault in first.trace.kinds("FaultFired")] == ["clock@event#2=-1h"]
