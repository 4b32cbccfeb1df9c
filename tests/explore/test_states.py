"""States: two runs are in the same one only if all that decides how they go on and are judged is equal."""

import datetime as dt

import pytest
from explore_jobs import definition

from tasksim import Simulator, UsageError, explore
from tasksim._explore.comparing import Comparer
from tasksim._explore.facts import Facts
from tasksim._explore.merging import States
from tasksim._explore.watching import Merged, Watcher
from tasksim._faults.plan import parse
from tasksim.errors import NotJson

pytestmark = pytest.mark.usefixtures("frozen")


def paused(sim, *, input=None, effects=(), logs=False, asks=0, part=False, delay=0):
    """Bring a task to where it waits for its next event."""

    def run(input, controller):
        if input.get("begun"):
            return controller.response.done()
        for effect in effects:
            name = effect.get("called", "publish")
            sim.effects.record(name, **{key: value for key, value in effect.items() if key != "called"})
        for _ in range(asks):
            controller.runtime.is_aborted()
        controller.state.update_output({"begun": True})
        return controller.response.continue_({"begun": True}, seconds=60)

    sim.register(definition(run, disable_database_logs=not logs))
    sim.register(definition(lambda controller: controller.response.done(), id="part"))
    sim.tasks.trigger("job", input=input or {})
    sim.run_next()
    if part:
        sim.tasks.trigger("part", delay=delay)


def state_of(build, *, plan="", is_built=True, again=False, **settings):
    """Return a run that was brought somewhere, with its simulator, as whoever merges sees it."""
    watcher = Watcher(parse(plan))
    sim = Simulator(plan=watcher.plan, _injector=watcher, freeze=False, **settings)
    build(sim)
    facts = Facts(sim, watcher, Comparer(None, ()))
    facts.is_built = is_built
    watcher.delivered_again = again
    return facts, sim


def are_one(first, second):
    """Tell whether the second of two runs is merged with the first."""
    states = States()
    states.ask(*first)
    try:
        states.ask(*second)
    except Merged:
        return True
    return False


def with_fake(sim, value):
    """Do the same, with a fake in some state."""
    sim.track(object(), state=lambda _: value)
    paused(sim)


def with_act(sim, when="1h", *, times=None, name="act"):
    """Do the same, with an act of the outside world to come."""

    def act():
        """Do nothing."""

    act.__name__ = name
    paused(sim)
    if times is None:
        sim.at(when, act)
    else:
        sim.every(when, act, times=times)


def ended(sim):
    """Bring a task to its end instead."""
    paused(sim)
    sim.run_until_idle()


# --- what counts


@pytest.mark.parametrize(
    ("other", "settings"),
    [
        (lambda sim: paused(sim, input={"n": 1}), {}),
        (lambda sim: paused(sim, effects=[{"key": "a"}]), {}),
        (lambda sim: paused(sim, logs=True), {}),
        (lambda sim: paused(sim, asks=1), {}),
        (lambda sim: paused(sim, part=True), {}),
        (lambda sim: sim.advance("1s") or paused(sim), {}),
        (paused, {"plan": "clock@event#1=1h"}),
        (paused, {"plan": "redeliver@1"}),
        (paused, {"plan": "fail@effect.publish#1"}),
        (paused, {"again": True}),
        (paused, {"start": dt.datetime(2025, 1, 1, tzinfo=dt.timezone.utc)}),
        (paused, {"seed": 7}),
        (lambda sim: with_fake(sim, 0), {}),
        (with_act, {}),
        (ended, {}),
    ],
    ids=[
        "input",
        "effect",
        "logs",
        "touches",
        "another task",
        "time",
        "wall time and kind",
        "kind",
        "kind of failure",
        "delivered again",
        "start",
        "ids",
        "fake",
        "act",
        "end",
    ],
)
def test_what_differs_is_another_state(other, settings):
    """Runs that differ in anything that decides how they go on, or are judged, are not merged."""
    assert not are_one(state_of(paused), state_of(other, **settings))
    assert are_one(state_of(other, **settings), state_of(other, **settings))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"key": "a"}, {"key": "b"}),
        ({"key": "a"}, {"key": "a", "contract": "any"}),
        ({"key": "a"}, {"key": "a", "called": "print"}),
        ({"n": 1}, {"n": 2}),
        ({"n": 1}, {"n": "1"}),
        ({"n": 1}, {"n": True}),
    ],
)
def test_effects_count_as_they_are(one, other):
    """Effects differ by name, key, contract and data, compared as JSON."""
    first, second = (state_of(lambda sim, each=each: paused(sim, effects=[each])) for each in (one, other))
    assert not are_one(first, second)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"when": "1h"}, {"when": "2h"}),
        ({"when": "1h"}, {"when": "1h", "name": "other"}),
        ({"when": "1h", "times": 2}, {"when": "1h", "times": 3}),
    ],
)
def test_acts_count_by_time_and_name(one, other):
    """What is due counts with its time, its name, and how often it will be."""
    first, second = (state_of(lambda sim, each=each: with_act(sim, **each)) for each in (one, other))
    assert not are_one(first, second)
    assert are_one(first, state_of(lambda sim: with_act(sim, **one)))


def test_deliveries_count_by_kind():
    """An event that waits counts with its delay, and with whether it was tried before."""

    def delayed(delay):
        return lambda sim: paused(sim, part=True, delay=delay)

    assert not are_one(state_of(delayed(5)), state_of(delayed(6)))
    crashed = {"plan": "crash@event#1", "on_crash": "retry(2)"}
    assert not are_one(
        state_of(paused, **crashed), state_of(paused, plan="crash@log.create#1", on_crash="retry(2)")
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [("fail@write#1", "fail@effect.publish#1"), ("fail@effect.publish#1", "fail@effect.publish#1..")],
)
def test_failures_count_by_what_they_still_do(one, other):
    """A failing write of the engine is judged otherwise; one that goes on failing is not over."""

    def idle(sim):
        sim.register(definition(lambda controller: controller.response.done()))

    assert not are_one(state_of(idle, plan=one), state_of(idle, plan=other))
    assert are_one(state_of(idle, plan=other), state_of(idle, plan=other))


@pytest.mark.parametrize("value", [["a", "b"], {"a": [1, None]}, "text", 0, None])
def test_fakes_count_by_their_value(value):
    """A fake counts with the whole value that is told of it."""
    same = state_of(lambda sim: with_fake(sim, value))
    assert are_one(same, state_of(lambda sim: with_fake(sim, value)))
    assert not are_one(same, state_of(lambda sim: with_fake(sim, [value])))


def test_what_does_not_count():
    """What no later event can know is no difference: in which order two plans of a kind came there."""

    def idle(sim):
        sim.register(definition(lambda controller: controller.response.done()))

    assert are_one(state_of(idle, plan="crash@event#1"), state_of(idle, plan="crash@event#2"))


# --- when nobody is merged


def test_the_first_is_not_merged_with_itself():
    """A run that comes by the same state again, with nothing new, is not merged with itself."""
    states = States()
    run = state_of(paused)
    states.ask(*run)
    states.ask(*run)


@pytest.mark.parametrize("settings", [{"plan": "abort@user.here#1"}, {"is_built": False}])
def test_never_merged(settings):
    """A run with an abort is never merged, and none before its scenario has returned."""
    assert are_one(state_of(paused), state_of(paused))
    assert not are_one(state_of(paused, **settings), state_of(paused, **settings))


def publishing(sim, *, state=lambda published: published):
    """A task that bears failing effects, and tries them again in its next event."""
    published = []
    if state is not None:
        sim.track(published, state=state)

    def run(input, controller):
        n = input.get("n", 0)
        for id in "ab":
            if id not in published:
                try:
                    with sim.effects.record("publish", key=id, contract="at_least_once"):
                        published.append(id)
                except Exception:  # noqa: BLE001, S110 - the next event tries again
                    pass
        if n < 2:
            return controller.response.continue_({"n": n + 1})
        return controller.response.done(output={"published": sorted(published)})

    sim.register(definition(run))
    sim.tasks.trigger("job")


def test_merging_needs_tracked_fakes():
    """Without any fake declared merging is refused, with what to write."""
    with pytest.raises(UsageError) as refused:
        explore(lambda sim: publishing(sim, state=None), merge_states=True)
    assert str(refused.value) == (
        "merge_states=True needs the state of each fake, and 'scenario' declares none.\n"
        "  Declare each in the scenario: sim.track(cms, state=lambda cms: sorted(cms.published))."
    )


def test_states_of_fakes_are_json():
    """A state that is no JSON is refused, with the number of the fake."""
    with pytest.raises(NotJson) as refused:
        explore(lambda sim: publishing(sim, state=set), merge_states=True, kinds=["fail"])
    assert "state of the fake that was tracked as number 1" in str(refused.value)


def outcomes(**options):
    """Return what the runs of a scenario come to, those that ended early aside."""
    seen = set()

    def note(facts):
        if not isinstance(facts.error, Merged):
            seen.add(facts.outcome())

    explore(publishing, kinds=["fail", "fail.."], _on_run=note, **options)
    return seen


def test_a_failure_that_goes_on_is_not_over():
    """A run with a fault that strikes again and again is not taken for one whose fault has struck."""
    without, merged = outcomes(), outcomes(merge_states=True)
    assert merged == without
    assert len(without) > 2


def test_merged_runs_are_gone_on_with_once():
    """Of runs that come to one state one is gone on with, and longer plans come of that alone."""

    def scenario(sim):
        def run(controller):
            controller.state.update_output({"seen": True})
            return controller.response.done()

        sim.track(object(), state=lambda _: None)
        sim.register(definition(run))
        sim.tasks.trigger("job")

    options = {"kinds": ["crash+"], "max_faults": 2, "on_crash": "retry(2)"}
    plain = explore(scenario, **options).coverage
    merged = explore(scenario, **options, merge_states=True).coverage
    assert merged.singles == plain.singles
    assert (plain.merged, merged.merged > 0) == (0, True)
    assert merged.several[2].total < plain.several[2].total
