"""The uncut run elsewhere: what another start, seed or tick changes is not compared, or refused."""

import datetime as dt
import random

import pytest
from explore_jobs import definition

from tasksim import BaselineFailed, NondeterministicScenario, check, explore

pytestmark = pytest.mark.usefixtures("frozen")


def running(run):
    """Return a scenario of one task whose function takes the simulator first."""

    def scenario(sim):
        def its(input, controller):
            return run(sim, input, controller)

        sim.register(definition(its))
        sim.tasks.trigger("job")

    return scenario


def ignored(scenario, **options):
    """Return the paths that a check lists as not compared."""
    notes = explore(scenario, kinds=["redeliver"], **options).notes
    said = "not compared, since it differs from run to run: "
    found = [note.removeprefix(said) for note in notes if note.startswith(said)]
    return found[0].split(", ") if found else []


# --- what is not compared


def stamping(sim):
    """Stamp time and ids on all that is compared: outputs, effects, a child's input, the final state."""

    def run(controller):
        if controller.task.list_children():
            return controller.response.done(output={"at": str(sim.now), "pages": 2})
        now = dt.datetime.now(dt.timezone.utc).isoformat()
        with sim.effects.record("cms.publish", key="a", contract="at_least_once", when=now, by="me"):
            pass
        controller.task.trigger("part", input={"when": now, "page": 1})
        return controller.response.continue_({}, seconds=60)

    def run_part(controller):
        rows = [{"id": random.getrandbits(32), "n": n} for n in range(2)]
        return controller.response.done(output={"a.csv": {"at": sim.now_ms, "size": 3}, "rows": rows})

    sim.register(definition(run))
    sim.register(definition(run_part, id="part"))
    sim.tasks.trigger("job")
    return lambda: {"at": str(sim.now), "parts": 1}


def test_what_differs_is_listed_and_not_compared():
    """Paths that another start, seed or tick changes are listed, each once, and their like is no finding."""
    assert ignored(stamping) == [
        "effects.cms.publish.when",
        "output.at",
        'output["a.csv"].at',
        "output.rows[*].id",
        "effects.task.trigger.input.when",
        "state.at",
    ]
    report = explore(stamping, kinds=["delay=1m", "clock=1h", "redeliver"])
    assert all("differs" not in finding.sentence for finding in report.findings)


def test_all_else_is_compared():
    """What stands beside a path that is not compared still is."""

    def run(sim, input, controller):
        cut = controller.runtime.is_close_to_timeout()
        if cut and not input:
            return controller.response.continue_({"cut": True})
        return controller.response.done(output={"at": str(sim.now), "cut": bool(input)})

    (finding,) = explore(running(run), kinds=["close_to_timeout"]).findings
    assert finding.sentence == "cut once, 'job' ended 'success' with another output: output.cut differs."


def test_a_tick_finds_what_depends_on_time_alone():
    """Time that passes during a run is found by letting each checkpoint take a millisecond."""

    def run(sim, input, controller):
        return controller.response.done(output={"took_ms": sim.now_ms})

    assert ignored(running(run)) == ["output.took_ms"]
    assert ignored(running(run), tick="2ms") == []


def test_a_tick_that_answers_otherwise_is_not_used():
    """Where a tick would change an answer, only start and seed are other ones."""

    def run(sim, input, controller):
        if controller.runtime.is_close_to_timeout() and not input:
            return controller.response.continue_({"at": 1})
        return controller.response.done(output={"took_ms": sim.now_ms, "at": str(sim.now)})

    assert ignored(running(run)) == ["output.took_ms", "output.at"]
    assert ignored(running(run), budget="182ms", close_limit="181ms") == ["output.at"]


def test_a_tick_that_ends_otherwise_is_not_used():
    """Where a tick would use up a budget, only start and seed are other ones."""

    def run(sim, input, controller):
        for _ in range(5):
            controller.state.get_status()
        return controller.response.done(output={"took_ms": sim.now_ms})

    assert ignored(running(run), budget="4ms", close_limit="1ms") == []


def test_any_seed_but_the_one_in_use():
    """Another seed is another one, whichever the check was given."""

    def run(sim, input, controller):
        return controller.response.done(output={"n": random.getrandbits(32)})

    for seed in (7_919, 7_907):
        assert ignored(running(run), seed=seed) == ["output.n"]


def test_normalise_makes_equal():
    """What `normalise` makes equal is compared, as it returns it."""

    def run(sim, input, controller):
        return controller.response.done(output={"took_ms": sim.now_ms})

    def rounded(value):
        return {**value, "took_ms": value["took_ms"] // 60_000} if value else value

    assert ignored(running(run), normalise=rounded) == []


# --- what is refused


@pytest.mark.parametrize(
    "key",
    [
        lambda sim: str(sim.now),
        lambda sim: str(random.getrandbits(32)),
        lambda sim: sim.tasks.list_tasks().items[0].id,
    ],
)
def test_an_effect_key_that_changes(key):
    """An effect's key that another start or seed changes is refused: nothing could be counted by it."""
    seen = []

    def run(sim, input, controller):
        sim.effects.record("open")
        seen.append(key(sim))
        sim.effects.record("publish", key=seen[-1])
        return controller.response.done()

    with pytest.raises(NondeterministicScenario) as refused:
        check(running(run))
    assert str(refused.value) == (
        "An effect of 'scenario' has another key when the start or the seed is another.\n"
        f'  effect 1: publish["{seen[0]}"], and publish["{seen[-1]}"]\n'
        "  Give it a key that comes from the input, as an id; put the rest into its data."
    )


def test_an_effect_more_elsewhere():
    """An effect that takes place only elsewhere is refused, too."""

    def run(sim, input, controller):
        if sim.now.year > 2030:
            sim.effects.record("celebrate", key="décade")
        return controller.response.done()

    with pytest.raises(NondeterministicScenario) as refused:
        check(running(run))
    assert refused.value.facts == ('effect 0: none, and celebrate["décade"]',)


OTHERWISE = (
    "The uncut run of 'scenario' ends otherwise with another start and seed.\n"
    "  {0}\n"
    "  Let it depend on neither, or pass the start= and seed= that it needs."
)


def test_it_fails_elsewhere():
    """A task that ends otherwise with another start and seed is no run to be compared with."""

    def run(sim, input, controller):
        assert isinstance(sim.now.year, int)
        if sim.now.year != 2024:
            return controller.response.error("The offer has ended.")
        return controller.response.done()

    with pytest.raises(BaselineFailed) as refused:
        check(running(run))
    assert str(refused.value) == OTHERWISE.format("job ends 'failed' there")


def test_it_triggers_less_elsewhere():
    """So is one that triggers other tasks there."""

    def scenario(sim):
        sim.register(definition(lambda controller: controller.response.done()))
        for _ in range(2 if sim.now.year == 2024 else 1):
            sim.tasks.trigger("job")

    with pytest.raises(BaselineFailed) as refused:
        check(scenario)
    assert str(refused.value) == OTHERWISE.format("other tasks are triggered")


@pytest.mark.parametrize(
    ("raised", "says"),
    [(AssertionError("Not this year."), "Not this year."), (LookupError("No shelf."), "No shelf.")],
)
def test_it_raises_elsewhere(raised, says):
    """So is one that raises there, with what it raises."""

    def scenario(sim):
        running(lambda sim, input, controller: controller.response.done())(sim)
        if sim.now.year != 2024:
            raise raised

    with pytest.raises(BaselineFailed) as refused:
        check(scenario)
    assert str(refused.value) == OTHERWISE.format(says)
    cause = refused.value.__cause__
    assert raised in (cause, cause.__cause__)


# --- what a target needs


class Needing:
    """A scenario of a task that is well in some worlds only."""

    def __init__(self, *, year=None, id=None):
        self.needs = (year, id)

    def __call__(self, sim):
        def run(controller, input):
            there = (sim.now.year, sim.tasks.list_tasks().items[0].id)
            if any(need not in (None, is_) for need, is_ in zip(self.needs, there, strict=True)):
                return controller.response.error("Not here.")
            return controller.response.done(
                output={"at": str(sim.now), "n": random.getrandbits(32), "ms": sim.now_ms}
            )

        sim.register(definition(run))
        sim.tasks.trigger("job")


START = {"start": "2024-06-01T00:00:00Z"}
OF_SEED_3 = "job-0001-klqr"


@pytest.mark.parametrize(
    ("scenario", "options", "paths"),
    [
        (Needing(), {**START, "seed": 3}, ["output.at", "output.n", "output.ms"]),
        (Needing(year=2024), START, ["output.at", "output.n", "output.ms"]),
        (Needing(year=2024), {**START, "seed": 3}, ["output.at", "output.n", "output.ms"]),
        (Needing(id=OF_SEED_3), {"seed": 3}, ["output.at", "output.ms"]),
        (Needing(id=OF_SEED_3), {**START, "seed": 3}, ["output.at", "output.ms"]),
        (Needing(year=2024, id=OF_SEED_3), {**START, "seed": 3}, ["output.at", "output.ms"]),
    ],
)
def test_a_start_and_seed_that_it_needs(scenario, options, paths):
    """A start or seed that was asked for is kept where it is needed; all else is another one."""
    assert ignored(scenario, **options) == paths


@pytest.mark.parametrize(
    ("scenario", "options"),
    [
        (Needing(year=2024), {}),
        (Needing(year=2024), {"seed": 3}),
        (Needing(year=2024, id=OF_SEED_3), {"seed": 3}),
        (Needing(year=2024, id="job-0001"), START),
    ],
)
def test_a_start_and_seed_that_it_needs_and_was_not_given(scenario, options):
    """What was not asked for is never kept."""
    with pytest.raises(BaselineFailed) as refused:
        check(scenario, **options)
    assert str(refused.value).replace("Needing", "scenario") == OTHERWISE.format("job ends 'failed' there")
