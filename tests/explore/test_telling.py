"""Telling: a failure is told only if it is found again, beside the uncut run and the nearest passing plan."""

from itertools import count

import pytest
from explore_jobs import definition

from tasksim import NondeterministicScenario, explore, replay
from tasksim._faults.plan import render

pytestmark = [pytest.mark.usefixtures("frozen"), pytest.mark.slow]  # together they take seconds

QUESTION = "close_to_timeout@runtime.is_close_to_timeout#{}".format


def asking(fails, *, asks=5):
    """Make a scenario of a task that asks so often, and publishes nothing after a cut at some questions."""

    def run(sim, input, controller):
        if input.get("quiet"):
            return controller.response.done()
        for n in range(1, asks + 1):
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"quiet": n in fails})
        sim.effects.record("publish", key="a")
        return controller.response.done()

    def scenario(sim):
        sim.register(definition(lambda input, controller: run(sim, input, controller)))
        sim.tasks.trigger("job")

    return scenario


def told(scenario, **options):
    """Return the one finding of a scenario of which every question is cut."""
    (finding,) = explore(scenario, **{"kinds": ["close_to_timeout"], **options}).findings
    return finding


# --- found again


def unsteady(behave):
    """Make a scenario whose cut runs behave by their number, and whose uncut runs are all the same."""
    runs = count(1)

    def scenario(sim):
        n = next(runs) if "@" in sim.token else 0

        def run(controller):
            controller.runtime.is_close_to_timeout()
            for key in behave(n) if n else "a":
                sim.effects.record("publish", key=key)
            return controller.response.done()

        sim.register(definition(run))
        sim.tasks.trigger("job")

    return scenario


@pytest.mark.parametrize(("second", "said"), [("a", "all is well"), ("ab", "'job' did 1 effect more often")])
def test_not_found_again(second, said):
    """What is not found in the same way when its plan is run again ends the check, with both verdicts."""
    with pytest.raises(NondeterministicScenario) as raised:
        told(unsteady(lambda n: "" if n == 1 else second))
    assert raised.value.sentence == (
        f"resume-equivalence found something under '{QUESTION(1)}', and not when that was run again."
    )
    first, again = raised.value.facts
    assert first == "first:  cut once, 'job' never did 1 of 1 effect, yet ended 'success'."
    assert again.startswith("second: ")
    assert said in again
    assert "module globals" in raised.value.way_out


def test_the_first_difference_is_told():
    """Where two more runs of the plan differ, their first different event is told."""
    with pytest.raises(NondeterministicScenario) as raised:
        told(unsteady(lambda n: [str(n)]))
    assert raised.value.sentence.startswith(
        f"Two runs of 'scenario' under '{QUESTION(1)}' differ, first in event "
    )
    assert ['"key":"2"' in fact for fact in raised.value.facts] == [True, False]
    assert ['"key":"3"' in fact for fact in raised.value.facts] == [False, True]


def test_replaying_looks_twice_as_well():
    """A replayed plan whose runs differ is no finding either."""
    with pytest.raises(NondeterministicScenario):
        replay(unsteady(lambda n: [str(n)]), QUESTION(1))


def test_found_again():
    """What is found again is told as it was found, and is marked so."""
    finding = told(unsteady(lambda n: ""))
    assert finding.found_again
    assert finding.lost == ("publish[a]",)


# --- what is told


def test_both_sides():
    """A finding holds both runs: how tasks ended, which effects count, the final state, and each line."""

    def scenario(sim):
        asking({1})(sim)
        sim.tasks.trigger("job", input={"quiet": True})
        return lambda: {"tasks": 2}

    finding = told(scenario)
    cut, uncut = finding.cut, finding.uncut
    assert [(end.task, end.status, end.machine, end.iterations) for end in cut.ends] == [
        ("job", "success", "Done", 2),
        ("job.2", "success", "Done", 1),
    ]
    assert [end.iterations for end in uncut.ends] == [1, 1]
    assert (cut.effects, uncut.effects) == ((), ("publish[a]",))
    assert (cut.state, uncut.state) == ({"tasks": 2}, {"tasks": 2})
    assert cut.lines is not None
    assert uncut.lines is not None
    assert (cut.error, uncut.error) == (None, None)
    assert finding.sha256 == cut.sim.trace.sha256() != uncut.sim.trace.sha256()


def test_an_error_is_kept_with_its_side():
    """What ended the cut run is kept with it."""

    def scenario(sim):
        def run(controller):
            assert not controller.runtime.is_close_to_timeout()
            return controller.response.done()

        sim.register(definition(run))
        sim.tasks.trigger("job")

    finding = told(scenario)
    assert isinstance(finding.cut.error, AssertionError)
    assert finding.uncut.error is None


def test_a_finding_of_the_uncut_run():
    """What needs no plan is told of the uncut run, with none that passes."""

    def scenario(sim):
        sim.register(definition(lambda controller: controller.response.done()))
        sim.tasks.trigger("job", input={"text": "a" * 240_000})

    (finding,) = explore(scenario, kinds=["redeliver"]).findings
    assert (finding.judge, render(finding.plan), finding.passing) == ("bounded-state", "", None)
    assert replay(scenario, finding.token).findings[0].sentence == finding.sentence


# --- the nearest plan that passes


@pytest.mark.parametrize(
    ("fails", "nearest"),
    [
        ({1}, 2),
        ({1, 2}, 3),
        ({1, 2, 3, 4}, 5),
        ({1, 2, 3, 4, 5}, None),
    ],
)
def test_the_next_checkpoint_that_passes(fails, nearest):
    """The nearest plan that passes differs in the number of its last checkpoint, by as little as it can."""
    passing = told(asking(fails)).passing
    assert (None if passing is None else render(passing)) == (nearest and QUESTION(nearest))


@pytest.mark.parametrize(("fails", "nearest"), [({3}, 4), ({3, 4}, 2), ({2, 3, 4}, 5)])
def test_the_later_one_comes_first(fails, nearest):
    """Of two that are equally near the later one is told, if it passes."""
    (finding,) = replay(asking(fails), QUESTION(3)).findings
    assert render(finding.passing) == QUESTION(nearest)


def steps(*names, fails):
    """Make a scenario of a task that goes through checkpoints, and loses an effect where one is killed."""

    def scenario(sim):
        def run(controller):
            if not any(f"@user.{name}" in sim.token for name in fails):
                sim.effects.record("publish", key="a")
            for name in names:
                sim.checkpoint(name)
            return controller.response.done()

        sim.register(definition(run))
        sim.tasks.trigger("job")

    return scenario


def test_a_touch_of_the_same_name_is_nearer():
    """A later touch of the name is nearer than any other; then comes the same kind at another name."""
    options = {"on_crash": "retry(1)", "kinds": ["crash", "timeout"]}
    scenario = steps("here", "there", "here", fails=["here#1"])
    (finding,) = replay(scenario, "v1 on_crash=retry(1) crash@user.here#1", **options).findings
    assert render(finding.passing) == "crash@user.here#2"
    scenario = steps("here", "there", "here", fails=["here"])
    (finding,) = replay(scenario, "v1 on_crash=retry(1) crash@user.here#1", **options).findings
    assert render(finding.passing) == 'crash@effect.publish["a"]#1'


def test_before_and_after_are_two_kinds():
    """The plan that passes has the same kind: a crash before a touch is none after it."""
    options = {"kinds": ["crash", "crash+"]}
    scenario = steps("here", fails=["here"])
    for plus in ("", "+"):
        token = f"v1 on_crash=retry(1) crash@user.here#1{plus}"
        (finding,) = replay(scenario, token, **options).findings
        assert render(finding.passing) == f'crash@effect.publish["a"]#1{plus}'


def test_of_several_faults_only_the_last_differs():
    """The nearest plan shares all faults but the last with the one that fails."""
    plan = f"{QUESTION(1)} {QUESTION(3)}"

    def run(sim, input, controller):
        times = input.get("times", 0)
        for _ in range(2):
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"times": times + 1})
        if times < 2 or QUESTION(3) not in sim.token:
            sim.effects.record("publish", key="a")
        return controller.response.done()

    def scenario(sim):
        sim.register(definition(lambda input, controller: run(sim, input, controller)))
        sim.tasks.trigger("job")

    (finding,) = replay(scenario, plan).findings
    assert render(finding.passing) == f"{QUESTION(1)} {QUESTION(2)}"


def test_what_another_judge_finds_does_not_pass():
    """A plan under which any judge finds something, or an error ends the run, is none that passes."""

    def run(sim, input, controller):
        for n in range(1, 5):
            if controller.runtime.is_close_to_timeout():
                assert n != 2, "not here"
                if n == 3:
                    return None
                return (
                    controller.response.done(output={"early": n})
                    if n == 1
                    else controller.response.continue_({})
                )
        return controller.response.done()

    def scenario(sim):
        sim.register(definition(lambda input, controller: run(sim, input, controller)))
        sim.tasks.trigger("job")

    (finding,) = replay(scenario, QUESTION(1)).findings
    assert render(finding.passing) == QUESTION(4)
    options = {"without": ["invariants", "misuse"]}
    (finding,) = replay(scenario, QUESTION(1), **options).findings
    assert render(finding.passing) == QUESTION(4)


def test_at_most_twenty_are_tried():
    """After twenty plans that fail as well none is near."""
    near = told(asking(set(range(1, 21)), asks=30))
    assert render(near.passing) == QUESTION(21)
    far = told(asking(set(range(1, 22)), asks=30))
    assert far.passing is None


def test_the_switched_off_judges_do_not_count():
    """A plan that only a judge finds fault with that is switched off passes."""
    report = explore(asking({1}), kinds=["close_to_timeout", "abort"], without=["resume-equivalence"])
    assert report.passed
