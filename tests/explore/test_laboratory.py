"""The laboratory: fresh worlds under one freeze, which leave nothing behind, and what ends a run."""

import datetime as dt
import gc
import weakref
from functools import partial

import pytest
from explore_jobs import definition
from freezegun import freeze_time

from tasksim import (
    BaselineFailed,
    EngineError,
    Simulator,
    UsageError,
    check,
    explore,
    replay,
)
from tasksim._simulator.ambient import Ambient, ambient, made, use
from tasksim._simulator.freeze import Freeze
from tasksim.errors import ServiceCallKilled

pytestmark = pytest.mark.slow  # together they take seconds

REAL = dt.datetime


def publishing(sim):
    """Publish one entry."""

    def run(controller):
        if controller.runtime.is_aborted():
            return controller.response.aborted()
        with sim.effects.record("publish", key="a"):
            pass
        return controller.response.done()

    sim.register(definition(run))
    sim.tasks.trigger("job")


@pytest.fixture
def surroundings():
    """Put other ambient settings in force, as the pytest plugin does."""
    before = ambient()
    yield use
    use(before)


# --- the clock


@pytest.fixture
def freezes(monkeypatch):
    """Count the freezes that begin."""
    begun = []
    begin = Freeze.begin

    def counted(self, ms):
        begun.append(ms)
        begin(self, ms)

    monkeypatch.setattr(Freeze, "begin", counted)
    return begun


def test_one_freeze(freezes):
    """The wall clock is frozen once for all runs, shows each run's time, and is real before and after."""
    times = []

    def scenario(sim):
        times.append((dt.datetime.now(dt.timezone.utc), sim.now))
        publishing(sim)

    assert dt.datetime is REAL
    report = explore(scenario, start="2030-05-06T07:08:09Z")
    assert dt.datetime is REAL
    assert report.coverage.explored > 20
    assert len(freezes) == 1
    assert all(shown == now for shown, now in times)
    assert times[0][0] == REAL(2030, 5, 6, 7, 8, 9, tzinfo=dt.timezone.utc)


class Stopped(BaseException):
    """What a user ends everything with."""


@pytest.mark.parametrize(("raised", "comes_out"), [(KeyError, UsageError), (Stopped, Stopped)])
@pytest.mark.parametrize("call", [check, explore, lambda target: replay(target, "v1")])
def test_real_time_when_the_target_raises(call, raised, comes_out):
    """Real time is given back, whatever a target raises."""

    def scenario(sim):
        raise raised

    with pytest.raises(comes_out):
        call(scenario)
    assert dt.datetime is REAL


def test_inside_a_simulator(freezes):
    """Inside a simulation its time is shown again afterwards, and no other freeze begins."""
    with Simulator(start="2031-01-01T00:00:00Z") as outer:
        outer.advance("1h")
        check(publishing, kinds=["abort"])
        assert dt.datetime.now(dt.timezone.utc) == outer.now
        publishing(outer)
        outer.run_until_idle()
    assert dt.datetime is REAL
    assert len(freezes) == 1


def test_inside_freeze_time():
    """Inside somebody's `freeze_time` theirs is shown again afterwards."""
    with freeze_time("2020-02-02"):
        check(publishing, kinds=["abort"])
        assert dt.datetime.now().isoformat() == "2020-02-02T00:00:00"  # noqa: DTZ005 - as people write it
    assert dt.datetime is REAL


def test_inside_a_freeze_that_hides_the_simulator(surroundings):
    """A freeze that began inside a simulation hides time, so that nothing can be checked in it."""
    around = Ambient(holds=True)
    surroundings(around)
    with Simulator(), freeze_time("2020-02-02"), pytest.raises(UsageError, match="holds"):
        check(publishing)
    assert ambient() is around


# --- nothing is kept


def test_memory_is_flat():
    """After 300 runs fewer than ten simulators are alive, those of the findings among them."""
    born = []

    def scenario(sim):
        born.append(weakref.ref(sim))

        def run(input, controller):
            for at in range(input.get("at", 0), 6):
                if controller.runtime.is_close_to_timeout():
                    return controller.response.continue_({"at": at + 1})
                with sim.effects.record("publish", key=str(at)):
                    pass
            return controller.response.done()

        sim.register(definition(run))
        sim.tasks.trigger("job")

    report = explore(scenario, max_faults=2, max_runs=300)
    gc.collect()
    assert len(born) > 300
    assert not report.passed
    assert sum(reference() is not None for reference in born) < 10


def test_others_see_no_simulator_of_a_check(surroundings):
    """A check's simulators are not held among those of a test; one that ignores profiles counts once."""
    around = Ambient(holds=True, several_profiles=True)
    surroundings(around)
    before = Simulator()
    check(publishing, kinds=["abort"])
    check(publishing, kinds=["abort"], profile="generic")
    with pytest.raises(UsageError):
        check(lambda sim: {}["raises"])
    assert ambient() is around
    assert (list(around.held), made(), around.ignored) == ([before], [before], 3)


def test_ambient_settings(surroundings):
    """What pytest was told holds for a check that does not say otherwise; its plan does not."""
    surroundings(Ambient(profile="webiny-5", seed=7, plan=Simulator(plan="crash@event#1")._settings.plan))
    report = explore(publishing, kinds=["redeliver"])
    assert (report.settings.profile, report.settings.seed) == ("webiny-5", 7)
    assert explore(publishing, kinds=["redeliver"], profile="generic", seed=1).settings.profile == "generic"
    replayed = replay(publishing, "redeliver@1")
    assert (replayed.settings.profile, replayed.sim.token) == (
        "webiny-5",
        "v1 profile=webiny-5 seed=7 redeliver@1",
    )
    given = replay(publishing, "v1 redeliver@1")
    assert (given.settings.profile, given.settings.seed) == (None, 0)


def test_settings_of_a_world():
    """Each setting of a world reaches the simulator of each run, and the token."""
    seen = set()

    def scenario(sim):
        def run(controller, context):
            seen.add(context.word)
            return controller.response.done(output={"left": controller.runtime.remaining_seconds()})

        sim.register(definition(run))
        sim.tasks.trigger("job")

    class Context:
        word = "hi"

    report = explore(
        scenario,
        profile="webiny-6",
        seed=3,
        budget="5m",
        close_limit="30s",
        tick="1s",
        on_crash="retry(1)",
        context=Context(),
        kinds=["redeliver"],
    )
    assert seen == {"hi"}
    settings = report.settings
    assert (settings.profile, settings.seed, settings.budget_ms) == ("webiny-6", 3, 300_000)
    assert (settings.close_limit_ms, settings.tick_ms, settings.on_crash) == (30_000, 1_000, "retry(1)")


# --- the world


def counting(sim, final_state):
    """Register a job that is done at once, and return a world."""
    sim.register(definition(lambda controller: controller.response.done()))
    sim.tasks.trigger("job")
    return final_state


def test_final_state():
    """A world that can be called without arguments is the final state; any other is only a world."""
    states = {"n": 1}
    assert explore(partial(counting, final_state=lambda: states), kinds=["redeliver"]).notes == ()
    for world in (None, states, lambda key: states[key], min):
        report = explore(partial(counting, final_state=world), kinds=["redeliver"])
        assert "only output compared: 0 effects recorded" in report.notes


# --- what ends a run


def test_what_the_target_raises():
    """What a scenario raises outside of all events is told with the plan of the run."""

    def broken(sim):
        raise LookupError("There is no shelf.")

    with pytest.raises(UsageError) as refused:
        check(broken)
    assert str(refused.value) == (
        "'broken' raised LookupError outside of all events: There is no shelf.\n"
        "  plan: none, it is the uncut run\n"
        "  Let it only register and trigger; what must hold goes into invariants=[...]."
    )
    assert isinstance(refused.value.__cause__, LookupError)


def test_what_the_target_raises_under_a_plan():
    """A scenario that reads too early raises where a cut leaves nothing to be read."""

    def reading(sim):
        publishing(sim)
        sim.run_until_idle()
        assert next(iter(sim.tasks.list_tasks(where={"status": "success"}).items))

    with pytest.raises(UsageError) as refused:
        check(reading, kinds=["crash"])
    assert refused.value.sentence.startswith("'reading' raised StopIteration outside of all events")
    assert refused.value.facts == ('plan: crash@effect.publish["a"]#1',)


def stopping(sim):
    """Somebody outside aborts a task that waits, and is not told that this may fail."""

    def run(input, controller):
        if not input.get("waited"):
            return controller.response.continue_({"waited": True}, seconds=60)
        return controller.response.done()

    sim.register(definition(run))
    task = sim.tasks.trigger("job")
    sim.at("30s", lambda: sim.tasks.abort(task.id))


def test_a_failing_act_is_its_callers_business():
    """An act of the outside world that a plan makes fail ends nothing: the run goes on to idle."""
    replayed = replay(stopping, "v1 fail@task.update#3", expect="aborted")
    (task,) = replayed.sim.tasks.list_tasks().items
    assert (task.status, replayed.sim.now_ms) == ("success", 60_000)
    killed = replay(stopping, "v1 crash@task.update#3", expect="aborted")
    assert killed.sim.tasks.list_tasks().items[0].status == "success"
    with Simulator(plan="crash@task.update#3") as sim:
        stopping(sim)
        with pytest.raises(ServiceCallKilled):
            sim.run_until_idle()


def test_an_act_that_fails_uncut():
    """An act that fails without any fault ends the check."""

    def stopping_twice(sim):
        stopping(sim)
        sim.at("70s", lambda: sim.tasks.abort(sim.tasks.list_tasks().items[0].id))

    with pytest.raises(BaselineFailed) as failed:
        check(stopping_twice, expect="aborted")
    assert failed.value.sentence == (
        "The uncut run of 'stopping_twice' ended with EngineError, before any fault."
    )
    assert isinstance(failed.value.__cause__, EngineError)


def test_what_ends_the_simulation():
    """Misuse in a run that a plan leads to ends that run, and is told of it."""

    def forgetting(sim):
        def run(controller):
            if not controller.runtime.is_close_to_timeout():
                return controller.response.done()
            return None

        sim.register(definition(run))
        sim.tasks.trigger("job")

    (finding,) = explore(forgetting, kinds=["close_to_timeout"]).findings
    assert finding.judge == "misuse"
    assert finding.sentence == (
        "cut once, the simulation ended with UsageError: run() of 'job' returned None in iteration 1."
    )


def test_merged_runs_end_early():
    """A run that comes to a state from which another went on is counted, and goes on no more."""
    ran = []

    def patient(sim):
        published = []
        sim.track(published, state=list)

        def run(input, controller):
            if input.get("waited"):
                ran.append(sim.now_ms)
                return controller.response.done()
            controller.state.get_status()
            return controller.response.continue_({"waited": True}, seconds=60)

        sim.register(definition(run))
        sim.tasks.trigger("job")

    kinds = ["delay=30s"]
    apart = explore(patient, kinds=kinds).coverage
    ran_apart = len(ran)
    merged = explore(patient, kinds=kinds, merge_states=True).coverage
    assert (apart.explored, apart.merged) == (merged.explored, 0)
    assert merged.merged > 0
    assert len(ran) - ran_apart == ran_apart - merged.merged
