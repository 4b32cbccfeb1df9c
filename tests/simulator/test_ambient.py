"""The ambient settings: what holds for simulators that are not given their own, and which were made."""

import gc

import pytest

import tasksim
from tasksim import Simulator, StalePlan, UsageError, create_task_definition
from tasksim._faults.plan import parse
from tasksim._simulator.ambient import Ambient, ambient, made, use


@pytest.fixture(autouse=True)
def nothing_set():
    """Nothing is ambient at the beginning of each test; what was before comes back."""
    before = use(Ambient())
    yield
    use(before)


def done(controller):
    """Answer done."""
    return controller.response.done()


REINDEX = create_task_definition(id="reindex", title="Reindex", run=done)


# --- settings


def test_without_any():
    """With nothing set, a simulator has the documented defaults."""
    sim = Simulator()
    assert (sim.profile, sim.token) == ("documented", "v1")


def test_each_setting_stands_in():
    """Profile, seed and plan stand in for those that are not given, and the token has them."""
    use(Ambient(profile="webiny-5", seed=7, plan=parse("crash@event#1")))
    sim = Simulator()
    assert sim.profile == "webiny-5"
    assert sim.token == "v1 profile=webiny-5 seed=7 crash@event#1"  # noqa: S105 - a simulation's
    assert sim.trace[0][3:] == ("webiny-5", 1704067200000, 7, 900000, 180000, 0, "strand", "crash@event#1")


@pytest.mark.parametrize(
    ("settings", "token"),
    [
        ({"profile": "documented"}, "v1 seed=7 crash@event#1"),
        ({"seed": 0}, "v1 profile=webiny-5 crash@event#1"),
        ({"plan": ""}, "v1 profile=webiny-5 seed=7"),
        ({"plan": []}, "v1 profile=webiny-5 seed=7"),
        ({"plan": "abort@event#2"}, "v1 profile=webiny-5 seed=7 abort@event#2"),
    ],
)
def test_what_is_given_is_taken(settings, token):
    """What a simulator is given is its own, also where it is the default."""
    use(Ambient(profile="webiny-5", seed=7, plan=parse("crash@event#1")))
    assert Simulator(**settings).token == token


@pytest.mark.parametrize("settings", [{}, {"start": "2030-01-01T00:00:00Z"}])
def test_shifted_start(settings):
    """Every start is moved, a given one, too."""
    before = Simulator(**settings).now
    use(Ambient(shift_ms=86_400_000))
    assert (Simulator(**settings).now - before).days == 1


def test_ambient_randomness():
    """The ambient seed is the seed of random numbers, too."""

    def run(controller):
        import random  # noqa: PLC0415 - as a task may

        return controller.response.done(output={"drawn": random.random()})  # noqa: S311 - seeded

    definition = create_task_definition(id="draw", title="Draw", run=run)
    own = tasksim.run(definition, seed=7).output
    use(Ambient(seed=7))
    assert tasksim.run(definition).output == own
    assert tasksim.run(definition, seed=8).output != own


def test_ambient_plan_strikes():
    """The ambient plan strikes in each simulator, and is stale where it did not."""
    use(Ambient(plan=parse("crash@event#1")))
    assert tasksim.run(REINDEX).machine == "UnknownError"
    use(Ambient(plan=parse("crash@event#2")))
    with pytest.raises(StalePlan, match="never fired"):
        tasksim.run(REINDEX)


def test_unknown_ambient_profile():
    """An ambient profile that does not exist is refused by each simulator that would have it."""
    use(Ambient(profile="webiny-4"))
    with pytest.raises(UsageError, match="'webiny-4'"):
        Simulator()
    assert Simulator(profile="documented").profile == "documented"


def test_put_back():
    """`use` returns what was in force, so that it can be put back."""
    mine = Ambient(seed=7)
    before = use(mine)
    assert ambient() is mine
    assert use(before) is mine
    assert ambient() is before
    assert Simulator().token == "v1"  # noqa: S105 - see above


# --- which were made


def test_made_lists_the_last():
    """The last eight simulators are listed, oldest first."""
    sims = [Simulator() for _ in range(10)]
    assert made() == sims[2:]


def test_made_lists_only_what_can_be_used():
    """One whose making failed is none."""
    sim = Simulator()
    with pytest.raises(UsageError):
        Simulator(budget=0)
    with pytest.raises(UsageError):
        Simulator(REINDEX)
    assert made() == [sim]


def test_made_begins_anew():
    """With other settings the list begins anew."""
    sim = Simulator()
    assert made() == [sim]
    use(Ambient())
    assert made() == []


@pytest.mark.slow
def test_nothing_is_kept_alive():
    """Unless it is asked for, nothing keeps a simulator alive."""
    sim = Simulator([REINDEX])
    sim.run("reindex")
    assert len(made()) == 1
    del sim
    gc.collect()
    assert made() == []


@pytest.mark.slow
def test_kept_alive_where_asked_for():
    """Where it is asked for, the last eight are kept alive, until other settings are in force."""
    mine = Ambient(holds=True)
    use(mine)
    for seed in range(10):
        Simulator(seed=seed)
    gc.collect()
    assert [sim.token for sim in made()] == [f"v1 seed={seed}" for seed in range(2, 10)]
    use(Ambient())
    del mine
    gc.collect()
    assert made() == []


def test_made_by_run():
    """`tasksim.run` makes one, too."""
    use(Ambient(holds=True))
    execution = tasksim.run(REINDEX)
    assert [sim.execution(execution.id).status for sim in made()] == ["success"]


def test_several_profiles_are_ignored():
    """A simulator made directly cannot heed several profiles: each that names none is counted."""
    mine = Ambient(several_profiles=True)
    use(mine)
    Simulator()
    Simulator(profile="webiny-5")
    tasksim.run(REINDEX)
    assert mine.ignored == 2
    use(Ambient())
    Simulator()
    assert (mine.ignored, ambient().ignored) == (2, 0)
