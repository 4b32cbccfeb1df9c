"""The simulator's time: what is handled when, and where the clock then stands."""

from datetime import datetime, timedelta, timezone

import pytest

from tasksim import Iteration, Limits, Simulator, UsageError
from tasksim._simulator.driver import Act
from tasksim.errors import NeverHappened


def done(controller):
    """Answer done."""
    return controller.response.done()


def thrice(input, controller):
    """Continue twice, each time with a wait of a minute, then answer done."""
    at = input.get("at", 0)
    return (
        controller.response.done() if at == 2 else controller.response.continue_({"at": at + 1}, seconds=60)
    )


def kinds(sim, kind):
    """Return what a trace has of one kind."""
    return [event for event in sim.trace if type(event).__name__ == kind]


def started(sim):
    """Return (time, task) of each event that was handled."""
    return [(event.at_ms, event.task) for event in kinds(sim, "EventStarted")]


# --- advance


@pytest.mark.parametrize("duration", [60, 60.0, "60s", "1m", timedelta(minutes=1)])
def test_advance_takes_durations(world, duration):
    """`advance` takes seconds, text and timedelta."""
    sim = world(done)
    sim.advance(duration)
    assert (sim.now_ms, sim.now) == (60_000, datetime(2024, 1, 1, 0, 1, tzinfo=timezone.utc))


def test_advance_handles_what_is_due_then_stands_there(world):
    """`advance` handles every event due on the way, also one due exactly then, and stands exactly there."""
    sim = world(thrice)
    task = sim.tasks.trigger("reindex")
    sim.advance("59.999s")
    assert (len(started(sim)), sim.now_ms) == (1, 59_999)
    sim.advance("1ms")
    assert (len(started(sim)), sim.now_ms) == (2, 60_000)
    sim.advance("5m")
    assert sim.execution(task).status == "success"
    assert (started(sim)[-1][0], sim.now_ms) == (120_000, 360_000)


def test_advance_by_nothing_handles_what_is_due_now(world):
    """advance(0) handles what is due now, and what that makes due now."""
    sim = world(lambda controller: controller.response.continue_({}), max_iterations=3)
    task = sim.tasks.trigger("reindex")
    sim.advance(0)
    assert (sim.execution(task).status, sim.now_ms) == ("failed", 0)


# --- the end of time


def test_no_advance_beyond_the_year_9999(world):
    """A time that no date can show is refused before anything is handled, and so is an act at such a time."""
    sim = world(done)
    task = sim.tasks.trigger("reindex")
    late = "2920000d"
    for go in (lambda: sim.advance(late), lambda: sim.at(late, print), lambda: sim.every(late, print)):
        with pytest.raises(UsageError, match="after the year 9999"):
            go()
    assert (sim.now_ms, len(sim._engine.agenda), sim.execution(task).status) == (0, 1, "pending")
    sim.advance("2912000d")
    assert sim.now.year == 9996


def test_nothing_is_handled_beyond_the_year_9999(world):
    """What is due at such a time stays due, and the clock where it stands."""
    sim = world(done)
    sim.every("2000000d", print, times=2)
    sim.run_next()
    for _ in range(2):
        with pytest.raises(UsageError, match="after the year 9999"):
            sim.run_next()
    assert (sim.now.year, len(sim._engine.agenda)) == (7499, 1)


# --- events on the way


def test_event_that_takes_longer(world):
    """An event that takes longer than the advance leaves the clock where it ended."""

    def run(controller):
        sim.spend("10m")
        return controller.response.done()

    sim = world(run)
    sim.tasks.trigger("reindex")
    sim.advance("1m")
    assert sim.now_ms == 600_000


# --- run_next, next_event


def test_run_next_returns_what_finished(world):
    """`run_next` moves to the next due event, handles it, and returns the iteration or the act."""
    sim = world(thrice)
    assert sim.run_next() is None
    sim.at("30s", done_nothing)
    task = sim.tasks.trigger("reindex")
    first = sim.run_next()
    assert isinstance(first, Iteration)
    assert (first.task_id, first.n, sim.now_ms) == (task.id, 1, 0)
    act = sim.run_next()
    assert isinstance(act, Act)
    assert (act.name, sim.now_ms) == ("done_nothing", 30_000)
    assert sim.run_next().input == {"at": 1}
    assert sim.run_next().answer == {"status": "done"}
    assert sim.run_next() is None


def done_nothing():
    """Be an act with a name."""


def test_run_next_without_a_trace(world):
    """Without a trace, run_next returns at least the answer and the duration, and None only at idle."""

    def run(input, controller):
        sim.spend("2s")
        return thrice(input, controller)

    sim = world(run, settings={"trace": False})
    task = sim.tasks.trigger("reindex")
    handled = []
    while (iteration := sim.run_next()) is not None:
        handled.append(iteration)
    assert [iteration.n for iteration in handled] == [1, 2, 3]
    assert handled[-1] == Iteration(
        task_id=task.id,
        n=3,
        delivery="first",
        input=None,
        answer={"status": "done"},
        killed=None,
        checkpoints=(),
        logs=(),
        duration=timedelta(seconds=2),
    )


def test_run_next_of_a_killed_run_without_a_trace(world):
    """Without a trace, a killed run has no answer."""
    sim = world(lambda: sim.spend("15m"), settings={"trace": False})
    sim.tasks.trigger("reindex")
    iteration = sim.run_next()
    assert (iteration.answer, iteration.duration) == (None, timedelta(minutes=15))


@pytest.mark.parametrize("trace", [True, False])
def test_run_next_where_the_machine_ends(world, trace):
    """`run_next` goes on where a state machine ends without an event: None means idle."""
    sim = world(thrice, settings={"limits": Limits(lifetime=30), "trace": trace})
    sim.tasks.trigger("reindex")
    assert sim.run_next().answer["status"] == "continue"
    assert sim.run_next() is None
    assert (sim.next_event(), sim.now_ms) == (None, 30_000)


@pytest.mark.parametrize("trace", [True, False])
def test_run_next_where_no_event_is_allowed(world, trace):
    """`run_next` returns no iteration for an event that the host's limit does not allow."""
    sim = world(done, settings={"limits": Limits(transitions=1), "trace": trace})
    task = sim.tasks.trigger("reindex")
    assert sim.run_next() is None
    assert sim.execution(task).machine == "TimedOut"
    assert sim.next_event() is None


def test_next_event_peeks(world):
    """`next_event` says what is due next and when, and changes nothing."""
    sim = world(thrice)
    assert sim.next_event() is None
    task = sim.tasks.trigger("reindex")
    assert sim.next_event() == (sim.now, task.id)
    sim.at("10s", done_nothing)
    sim.run_next()
    assert sim.next_event() == (sim.now + timedelta(seconds=10), "done_nothing")
    assert sim.next_event().what == "done_nothing"


def test_what_is_overdue_is_due_now(world):
    """What became due while an event took its time is due now."""

    def run(controller):
        sim.spend("60s")
        return controller.response.done()

    sim = world(run)
    sim.tasks.trigger("reindex")
    sim.at("5s", done_nothing)
    sim.run_next()
    assert sim.next_event() == (sim.now, "done_nothing")
    sim.run_next()
    assert sim.now_ms == 60_000


# --- run_until, run_until_idle


def test_run_until_tests_after_each_event(world):
    """`run_until` tests its condition before the first event and after each."""
    sim = world(thrice)
    execution = sim.execution(sim.tasks.trigger("reindex"))
    sim.run_until(lambda: True)
    assert execution.iterations == []
    sim.run_until(lambda: len(execution.iterations) == 2)
    assert sim.now_ms == 60_000


def test_run_until_that_never_happens(world):
    """At idle, run_until raises with the machines of the last tasks."""
    sim = world(thrice)
    for _ in range(6):
        sim.tasks.trigger("reindex")
    with pytest.raises(NeverHappened) as caught:
        sim.run_until(lambda: False)
    assert str(caught.value) == (
        "run_until() reached idle at 2024-01-01T00:02:00+00:00 and its condition was never true.\n"
        "  reindex-0002: machine Done\n"
        "  reindex-0003: machine Done\n"
        "  reindex-0004: machine Done\n"
        "  reindex-0005: machine Done\n"
        "  reindex-0006: machine Done\n"
        "  Look at sim.trace.text() for what happened instead."
    )


def test_run_until_idle(world):
    """`run_until_idle` handles everything; acts that repeat for ever do not count."""
    calls = []
    sim = world(thrice)
    sim.every("50s", lambda: calls.append(sim.now_ms))
    task = sim.tasks.trigger("reindex")
    sim.run_until_idle()
    assert sim.execution(task).status == "success"
    assert (calls, sim.now_ms) == ([50_000, 100_000], 120_000)
    sim.run_until_idle()
    assert sim.now_ms == 120_000


# --- order


def test_order_is_time_then_arrival(world, define):
    """Several tasks are handled by the time at which they are due, then by the order of arrival."""
    sim = world(thrice, define(done, "export"))
    sim.tasks.trigger("reindex", name="a")
    sim.tasks.trigger("export", delay=60)
    sim.tasks.trigger("reindex", name="b")
    sim.run_until_idle()
    assert started(sim) == [
        (0, "reindex-0001"),
        (0, "export-0002"),
        (0, "reindex-0003"),
        (60_000, "reindex-0001"),
        (60_000, "export-0002"),
        (60_000, "reindex-0003"),
        (120_000, "reindex-0001"),
        (120_000, "reindex-0003"),
    ]


def test_children_come_after_what_is_due(world, define):
    """A child is due when it is triggered, after what was due already, before its parent goes on."""

    def run(input, controller):
        if input:
            return controller.response.done()
        controller.task.trigger("export")
        controller.task.trigger("export")
        return controller.response.continue_({"at": 1})

    sim = world(run, define(done, "export"))
    sim.tasks.trigger("reindex")
    sim.tasks.trigger("export")
    sim.run_until_idle()
    assert [task for _, task in started(sim)] == [
        "reindex-0001",
        "export-0002",
        "export-0003",
        "export-0004",
        "reindex-0001",
    ]


def test_child_of_a_slow_parent_is_due_at_its_trigger(world, define):
    """A child triggered before its parent took more time was due then, and is handled late."""

    def run(controller):
        controller.task.trigger("export")
        sim.spend("30s")
        return controller.response.done()

    sim = world(run, define(done, "export"))
    sim.tasks.trigger("reindex")
    sim.run_until_idle()
    assert started(sim) == [(0, "reindex-0001"), (30_000, "export-0002")]


# --- acts


def test_at_a_duration_or_a_time(world):
    """`at` plans an act after a duration from now, or at a wall time."""
    calls = []
    sim = world(done)
    sim.advance("1m")
    sim.at("20m", lambda: calls.append(("duration", sim.now_ms)))
    sim.at(datetime(2024, 1, 1, 0, 10, tzinfo=timezone.utc), lambda: calls.append(("time", sim.now_ms)))
    sim.at(0, lambda: calls.append(("now", sim.now_ms)))
    sim.at(sim.now, lambda: calls.append(("now, too", sim.now_ms)))
    sim.run_until_idle()
    assert calls == [("now", 60_000), ("now, too", 60_000), ("time", 600_000), ("duration", 1_260_000)]
    assert [event.name for event in kinds(sim, "ActPerformed")] == ["act"] * 4


def test_act_that_aborts(world):
    """An act may use the service: the usual way to abort between two events."""
    sim = world(thrice)
    task = sim.tasks.trigger("reindex")
    sim.at("90s", lambda: sim.tasks.abort(task))
    sim.run_until_idle()
    assert (sim.execution(task).machine, sim.now_ms) == ("Aborted", 120_000)


def test_every(world):
    """`every` performs an act after each period, a number of times."""
    calls = []
    sim = world(done)
    sim.every("10s", lambda: calls.append(sim.now_ms), times=3)
    sim.advance("5s")
    sim.run_until_idle()
    assert (calls, sim.next_event()) == ([10_000, 20_000, 30_000], None)


def test_every_for_ever(world):
    """Without times an act is performed for ever."""
    calls = []
    sim = world(done)
    sim.every(1, lambda: calls.append(1))
    sim.advance(100)
    assert len(calls) == 100
    assert sim.next_event().what == "act"


def test_error_of_an_act_comes_out(world):
    """What an act raises comes out of the outer call; the simulation goes on."""

    def fail():
        raise LookupError("no")

    sim = world(done)
    task = sim.tasks.trigger("reindex")
    sim.at(0, fail)
    with pytest.raises(LookupError):
        sim.run_until_idle()
    sim.run_until_idle()
    assert sim.execution(task).status == "success"


def test_names_of_acts(world):
    """An act is named by its function, a lambda `act`, another object by its type."""

    class Call:
        def __call__(self):
            """Do nothing."""

    sim = world(done)
    for call in (done_nothing, lambda: None, Call()):
        sim.at(0, call)
    sim.run_until_idle()
    assert [event.name for event in kinds(sim, "ActPerformed")] == ["done_nothing", "act", "Call"]


# --- spend, checkpoint, tick


def test_spend_takes_time_inside_a_run_only(world):
    """`spend` lets a fake take time inside a run; outside of one nothing takes time."""

    def run(controller):
        sim.spend("90s")
        return controller.response.done(output={"left": controller.runtime.remaining_seconds()})

    sim = world(run)
    sim.spend("1h")
    execution = sim.run("reindex")
    assert (execution.output, sim.now_ms) == ({"left": 810}, 90_000)
    assert execution.iterations[0].duration == timedelta(seconds=90)


def test_spending_the_deadline_kills(world):
    """Reaching the deadline kills the run exactly there."""
    sim = world(lambda: sim.spend("20m"))
    sim.run("reindex")
    assert sim.now_ms == 900_000
    (killed,) = kinds(sim, "RunWasKilled")
    assert (killed.reason, killed.checkpoint) == ("timeout", "spend")


def test_checkpoint_names_a_place(world):
    """`checkpoint` names a place to cut in a run; outside of one it is nothing."""

    def run(controller):
        sim.checkpoint("half/way-1.0_x")
        return controller.response.done()

    sim = world(run)
    sim.checkpoint("outside")
    checkpoints = sim.run("reindex").iterations[0].checkpoints
    assert [name for name in checkpoints if name.startswith("user.")] == ["user.half/way-1.0_x#1"]


def test_checkpoint_can_be_cut(world):
    """A plan may cut at a user's checkpoint, before it or after."""

    def run(controller):
        sim.checkpoint("half")
        sim.checkpoint("whole")

    for plan in ("crash@user.half#1", "crash@user.half#1+"):
        sim = world(run, settings={"plan": plan})
        iteration = sim.run("reindex").iterations[0]
        assert (iteration.killed, ("user.half#1" in iteration.checkpoints)) == ("crash", plan.endswith("+"))


def test_tick_is_what_checkpoints_cost(world):
    """Each checkpoint of an event costs a tick; calls from outside cost nothing."""
    sim = world(done, settings={"tick": "10ms"})
    execution = sim.run("reindex")
    (iteration,) = execution.iterations
    assert sim.now_ms == 10 * len(iteration.checkpoints) == 60
    sim = world(done, settings={"tick": "1m", "budget": "3m"})
    assert sim.run("reindex").iterations[0].killed == "timeout"


# --- one world


def test_start_and_seed(world):
    """The start is where the wall clock begins; a seed makes other ids."""
    sim = world(done, settings={"start": "2030-05-01T12:00:00+02:00", "seed": 7})
    assert sim.now == datetime(2030, 5, 1, 10, tzinfo=timezone.utc)
    task = sim.tasks.trigger("reindex")
    assert task.id.startswith("reindex-0001-")
    assert task.created_on == sim.now
    again = world(done, settings={"seed": 7}).tasks.trigger("reindex")
    other = world(done, settings={"seed": 8}).tasks.trigger("reindex")
    assert again.id == task.id != other.id


def test_simulation_started_is_the_first_event():
    """The trace begins with the settings."""
    sim = Simulator(budget="1m", tick="2ms", close_limit=30, seed=3, on_crash="retry(2)", profile="webiny-6")
    (first,) = sim.trace
    assert first[2:] == ("", "webiny-6", 1_704_067_200_000, 3, 60_000, 30_000, 2, "retry(2)", "")


def test_usage_error_of_time_is_no_move(world):
    """A refused duration moves nothing."""
    sim = world(done)
    sim.tasks.trigger("reindex")
    with pytest.raises(UsageError):
        sim.advance(-1)
    assert (sim.now_ms, started(sim)) == (0, [])
