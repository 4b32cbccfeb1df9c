"""What a task takes from its process: inside an event it is the simulation's, outside nothing changes."""
# ruff: noqa: S311 - that these generators can be predicted is the point

import asyncio
import os
import random
import threading
import time
import uuid
from random import choice, getrandbits
from random import random as captured

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasksim import LimitReached, Limits, Simulator, UsageError, create_task_definition
from tasksim._engine.surroundings import _here


def simulate(run, *others, id="reindex", settings=None, **attributes):
    """Make a world of one definition, and others."""
    definition = create_task_definition(id=id, title="Reindex", run=run, **attributes)
    return Simulator([definition, *others], **{"freeze": False, **(settings or {})})


def drawn_by(run, **settings):
    """Return what the runs of one task noted in a list that they get as context."""
    drawn = []
    simulate(run, settings={"context": {"drawn": drawn}, **settings}, max_iterations=9).run("reindex")
    return drawn


def thrice(input, controller, context):
    """Draw once in each of three events."""
    at = input.get("at", 0)
    context.drawn.append(random.random())
    return controller.response.done() if at == 2 else controller.response.continue_({"at": at + 1})


def once(controller, context):
    """Draw once."""
    context.drawn.append(random.random())
    return controller.response.done()


@pytest.fixture(autouse=True)
def process():
    """What a simulation takes is given back by the end of each test."""
    before = [random.random, random.getrandbits, random.seed, time.sleep, uuid.os, captured]
    yield
    assert all(is_ is was for is_, was in zip(now(), before, strict=True))
    assert type(random._inst) is random.Random


def now():
    """Return what a simulation takes."""
    return [random.random, random.getrandbits, random.seed, time.sleep, uuid.os, captured]


@pytest.fixture
def slept(monkeypatch):
    """What sleeps for real, and takes no time: a list of seconds."""
    seconds = []
    real = time.sleep
    monkeypatch.setattr(time, "sleep", seconds.append)
    yield seconds
    assert time.sleep == seconds.append
    monkeypatch.setattr(time, "sleep", real)


# --- randomness inside events


def test_values_of_a_seed():
    """The numbers and ids of a seed are those of any process, on any Python."""

    def run(controller):
        found = [random.getrandbits(32), choice(range(1000)), getrandbits(16), captured() < 0.5]
        return controller.response.done(output={"drawn": [*found, str(uuid.uuid4())]})

    expected = {
        0: [577090037, 582, 55537, False, "d1c42710-3c34-4c41-89eb-2f1e7bd5d47e"],
        7: [2118199616, 844, 32214, False, "fb4320f3-cded-464e-bfb5-5d67a91b804c"],
    }
    for seed, drawn in expected.items():
        assert simulate(run, settings={"seed": seed}).run("reindex").output == {"drawn": drawn}


def test_other_seeds_draw_others():
    """The same seed draws the same, another one others."""
    assert drawn_by(thrice, seed=1) == drawn_by(thrice, seed=1)
    assert not set(drawn_by(thrice, seed=1)) & set(drawn_by(thrice, seed=2))


def test_each_event_has_its_own_stream():
    """One draw more in an event moves nothing in another; no two events draw the same."""

    def more(input, controller, context):
        if not input:
            uuid.uuid4()
            random.seed(99)
        answer = thrice(input, controller, context)
        random.shuffle([1, 2, 3])
        return answer

    expected = drawn_by(thrice)
    assert len(set(expected)) == 3
    assert drawn_by(more)[1:] == expected[1:]


def test_each_task_has_its_own_stream():
    """Tasks draw by their labels: one more task, or an earlier one, moves nothing of the others."""

    def draws(*ids):
        drawn = {}

        def make(id):
            def run(controller):
                drawn[id] = random.random()
                return controller.response.done()

            return create_task_definition(id=id, title=id, run=run)

        sim = Simulator([make(id) for id in ("reindex", "export", "import")], freeze=False)
        for id in ids:
            sim.tasks.trigger(id)
        sim.run_until_idle()
        return drawn

    both = draws("reindex", "export")
    all_three = draws("reindex", "import", "export")
    assert len(set(all_three.values())) == 3
    assert {id: all_three[id] for id in both} == both


@pytest.mark.parametrize("draws_before", [True, False])
def test_an_event_inside_another(draws_before):
    """An event that is handled inside another, even one of the same task, draws its own and moves nothing."""

    def run(controller):
        number = controller.state.get_task().iterations
        if draws_before:
            drawn.setdefault(number, []).append(random.random())
        controller.state.update_input({"at": number})
        drawn.setdefault(number, []).extend([random.random(), random.random()])
        return controller.response.done()

    def draws(plan):
        drawn.clear()
        simulate(run, settings={"plan": plan}).run("reindex")
        return [value for event in drawn.values() for value in event]

    drawn = {}
    alone = draws("")
    both = draws("run[reindex.1]@state.update_input#1")
    assert set(alone) < set(both)
    assert len(both) == len(set(both)) == 2 * len(alone)


def test_a_retry_draws_anew():
    """An event that is handled again has a number, and so a stream, of its own."""

    def run(controller, context):
        context.drawn.append(random.random())
        controller.state.update_input({"at": 1})
        return controller.response.done()

    settings = {"plan": "crash@state.update_input#1", "on_crash": "retry(1)"}
    first, second = drawn_by(run, **settings)
    assert first != second
    assert [first, second] == drawn_by(run, **settings)
    assert first == drawn_by(run)[0]


@pytest.mark.parametrize("hook", ["on_done", "on_error", "on_abort", "on_max_iterations"])
def test_hooks_inside_events(hook):
    """A hook that an event calls draws from the event's stream, after its run."""

    def run(controller):
        drawn.append(random.random())
        return {
            "on_done": controller.response.done,
            "on_error": lambda: controller.response.error("No."),
            "on_abort": lambda: sim.tasks.abort(sim.tasks.list_tasks().items[0].id) and None,
            "on_max_iterations": lambda: controller.response.continue_({}),
        }[hook]() or controller.response.aborted()

    def twice():
        nonlocal sim
        drawn.clear()
        sim = simulate(run, **{hook: lambda: drawn.append(random.random())}, max_iterations=1)
        sim.run("reindex")
        return list(drawn)

    drawn, sim = [], None
    expected = twice()
    assert len(set(expected)) == 2
    assert twice() == expected


def test_async_runs():
    """The coroutines of an event draw from its stream, in the order in which they come to it."""

    async def run(controller, context):
        async def draw(seconds):
            await asyncio.sleep(seconds)
            context.drawn.append(random.random())

        await asyncio.gather(draw(2), draw(1))
        return controller.response.done()

    assert drawn_by(run) == drawn_by(run)
    assert drawn_by(run)[0] == drawn_by(once)[0]


def test_without_seed_random():
    """With seed_random=False a task draws what the process draws, and leaves its mark there."""
    random.seed(3)
    twin = random.Random(3)
    assert drawn_by(thrice, seed_random=False) == [twin.random() for _ in range(3)]
    assert random.random() == twin.random()


def test_own_generator_inside_an_event():
    """A generator that the task seeds itself is its own."""

    def run(controller, context):
        context.drawn.append(random.Random(5).random())
        return controller.response.done()

    assert drawn_by(run) == [random.Random(5).random()]


# --- and outside


def test_outside_nothing_changes():
    """A simulation leaves the process's generator as it was, so that a seeded test goes on undisturbed."""
    random.seed(3)
    twin = random.Random(3)
    state = random.getstate()
    assert len(drawn_by(thrice)) == 3
    assert random.getstate() == state
    assert [random.random(), random.gauss(0, 1)] == [twin.random(), twin.gauss(0, 1)]
    drawn_by(thrice)
    assert random.gauss(0, 1) == twin.gauss(0, 1)


def test_acts_and_conditions_are_outside():
    """What is called between events draws for real: acts, conditions, the hook of a trigger."""

    def condition():
        drawn.append(random.random())
        return len(drawn) > 3

    random.seed(3)
    twin = random.Random(3)
    drawn = []
    sim = simulate(
        lambda controller: controller.response.done(random.random() and None),
        on_before_trigger=lambda: drawn.append(random.random()),
    )
    sim.tasks.trigger("reindex")
    sim.at(1, lambda: drawn.append(random.random()))
    sim.run_until(condition)
    assert drawn == [twin.random() for _ in drawn]


def test_other_threads_draw_and_sleep_for_real(slept):
    """A thread that lives beside an event draws and sleeps for real, and moves nothing."""

    def work():
        theirs.append(random.random())
        time.sleep(5)

    def run(controller):
        mine.append(random.random())
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        mine.append(random.random())
        return controller.response.done()

    random.seed(3)
    mine, theirs = [], []
    sim = simulate(run)
    sim.run("reindex")
    assert (theirs, slept, sim.now_ms) == ([random.Random(3).random()], [5], 0)
    assert mine[0] == drawn_by(once)[0]
    assert len({*mine, *theirs}) == 3


# --- sleeping


def test_sleep_between_events_is_real(slept):
    """time.sleep in an act sleeps for real."""
    sim = simulate(once)
    sim.at(1, lambda: time.sleep(7))
    sim.run_until_idle()
    assert (slept, sim.now_ms) == ([7], 1000)


def test_sleep_captured_before(slept):
    """time.sleep as it was before the simulation is what comes back, though it is not the real one."""

    def run(controller):
        time.sleep(1)
        return controller.response.done()

    sim = simulate(run)
    sim.run("reindex")
    assert (slept, sim.now_ms) == ([], 1000)
    time.sleep(3)
    assert slept == [3]


def test_negative_sleep():
    """A negative time to sleep is refused as the real one refuses it."""

    def run(controller):
        with pytest.raises(ValueError, match=r"^sleep length must be non-negative$"):
            time.sleep(-1)
        return controller.response.done()

    assert simulate(run).run("reindex").status == "success"


# --- simulations inside each other


def test_a_simulation_inside_an_event():
    """An inner simulation draws and sleeps on its own; the outer event then goes on where it was."""

    def run(controller, context):
        context.drawn.append(random.random())
        inner = simulate(sleepy, settings={"seed": 5, "context": {"drawn": context.drawn}})
        inner.run("reindex")
        context.drawn.extend([random.random(), inner.now_ms])
        return controller.response.done()

    def sleepy(controller, context):
        time.sleep(2)
        return once(controller, context)

    def alone(controller, context):
        context.drawn.extend([random.random(), random.random()])
        return controller.response.done()

    before, inside, after, inner_ms = drawn_by(run)
    assert [before, after] == drawn_by(alone)
    assert inside == drawn_by(once, seed=5)[0]
    assert inner_ms == 2000


def test_between_the_events_of_an_inner_simulation():
    """What an inner simulation calls between its events is, for the outer one, inside an event."""

    def run(controller, context):
        inner = simulate(once)
        inner.at(1, lambda: (context.drawn.append(random.random()), time.sleep(4)))
        inner.run_until_idle()
        return controller.response.done()

    drawn = []
    sim = simulate(run, settings={"context": {"drawn": drawn}})
    sim.run("reindex")
    assert drawn == drawn_by(once)
    assert sim.now_ms == 4000


def test_an_inner_simulation_without_a_seed():
    """An inner simulation with seed_random=False leaves the outer event's numbers be."""

    def run(controller, context):
        simulate(once, settings={"seed_random": False, "context": {"drawn": context.drawn}}).run("reindex")
        return controller.response.done()

    assert drawn_by(run) == drawn_by(once)


# --- what is given back


@pytest.mark.parametrize("error", [ValueError, AssertionError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("drive", ["run_until_idle", "run_next", "advance", "run_until"])
def test_given_back_after_errors(error, drive):
    """However a drive ends, everything is given back, and the next simulation draws as ever."""

    def run(controller):
        random.random()
        raise error("Enough.")

    sim = simulate(run)
    sim.tasks.trigger("reindex")
    arguments = {"advance": (1,), "run_until": (lambda: sim.next_event() is None,)}.get(drive, ())
    before = now()
    try:
        getattr(sim, drive)(*arguments)
    except error:
        assert error is not ValueError
    assert all(is_ is was for is_, was in zip(now(), before, strict=True))
    assert drawn_by(once) == drawn_by(once)


def test_given_back_after_a_limit():
    """A limit that ends the simulation gives everything back."""
    sim = simulate(
        lambda controller: controller.response.continue_({}), settings={"limits": Limits(events=3)}
    )
    with pytest.raises(LimitReached):
        sim.run("reindex")


@pytest.mark.parametrize("plan", ["crash@runtime.is_aborted#1", "timeout@runtime.is_aborted#1"])
def test_given_back_after_a_kill(plan):
    """A killed run, whose remains still draw, gives everything back."""

    def run(controller, context):
        try:
            controller.runtime.is_aborted()
        finally:
            context.drawn.append(random.random())

    assert drawn_by(run, plan=plan) == drawn_by(once)


def test_given_back_after_misuse():
    """A drive inside an event is refused before anything is taken."""

    def run(controller):
        sim.run_until_idle()

    sim = simulate(run)
    with pytest.raises(UsageError):
        sim.run("reindex")


def test_nothing_is_left_behind():
    """Whoever has stopped handling events is forgotten."""
    sim = simulate(lambda controller: simulate(once).run("reindex") and controller.response.done())
    sim.run("reindex")
    assert _here.engines == []


def test_taken_once():
    """Between the events of one drive nothing is given back; after it everything is."""
    seen = []
    sim = simulate(thrice, settings={"context": {"drawn": []}})
    sim.at(0, lambda: seen.append(random.random is before))
    before = random.random
    sim.run("reindex")
    assert random.random is before
    assert seen == [False]
    assert uuid.os is os


def test_two_threads():
    """Two threads drive a simulation each: each draws from its own, the last one to end gives back."""

    def run(controller, context):
        for _ in range(3):
            together.wait(timeout=10)
            context.drawn.append(random.random())
            time.sleep(1)
        return controller.response.done()

    def drive(seed):
        drawn[seed] = []
        sim = simulate(run, settings={"seed": seed, "context": {"drawn": drawn[seed]}})
        sim.run("reindex")
        took[seed] = sim.now_ms

    drawn, took = {}, {}
    together = threading.Barrier(2)
    threads = [threading.Thread(target=drive, args=(seed,)) for seed in (1, 2)]
    state = random.getstate()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert took == {1: 3000, 2: 3000}
    assert random.getstate() == state
    together = threading.Barrier(1)
    assert drawn == {seed: drawn_by(run, seed=seed) for seed in (1, 2)}


def test_a_thread_that_ends_first():
    """The first of two threads to end leaves in place what the other needs."""

    def short(controller):
        inside.set()
        return controller.response.done(random.random() and None)

    def long(controller, context):
        context.drawn.append(random.random())
        thread = threading.Thread(target=simulate(short).run, args=("reindex",))
        thread.start()
        thread.join()
        time.sleep(2)
        context.drawn.append(random.random())
        return controller.response.done()

    inside = threading.Event()
    first = drawn_by(long)
    assert inside.is_set()
    assert drawn_by(long) == first
    assert len(set(first)) == 2


# --- Hypothesis


@given(st.randoms(use_true_random=False), st.randoms(use_true_random=True), st.integers(0, 3))
def test_under_hypothesis(drawn, true, seed):
    """Under Hypothesis, which seeds `random` itself, a task draws from its simulation."""
    state = random.getstate()

    def run(controller, context):
        context.drawn.extend([random.random(), drawn.random() < 2, true.random() < 2])
        return controller.response.done()

    assert drawn_by(run, seed=seed)[0] == drawn_by(once, seed=seed)[0]
    assert random.getstate() == state


def test_hypothesis_draws_inside_an_event():
    """Data drawn inside an event comes from Hypothesis, and moves no draw of the task."""
    seen = set()

    @given(st.data())
    def examples(data):
        def run(controller, context):
            seen.add(data.draw(st.integers(0, 10**6)))
            return once(controller, context)

        assert drawn_by(run) == drawn_by(once)

    examples()
    assert len(seen) > 1
