"""The random search: the same runs for the same seed, few kinds in some of them, and an end."""

from collections import Counter
from contextlib import suppress

import pytest
from explore_jobs import definition, working

from tasksim import EffectFailed, explore, replay
from tasksim._explore.laboratory import Laboratory
from tasksim._explore.options import read_options
from tasksim._explore.random_search import Draws
from tasksim._explore.targets import as_target
from tasksim._explore.watching import Watcher
from tasksim._faults.plan import Plan, parse, render

pytestmark = [pytest.mark.usefixtures("frozen"), pytest.mark.slow]  # together they take seconds

GOLDEN = [9, 1, 8, 3, 9, 1, 4, 7, 3, 3, 6, 5]


def explored(scenario, **options):
    """Return the report of a random exploration, and its runs, in order: the first is the uncut one."""
    runs = []
    options = {"mode": "random", "max_faults": 3, "patience": 20, **options}
    report = explore(scenario, _on_run=runs.append, **options)
    return report, runs


def plans(runs):
    """Return the plans of runs as text."""
    return [render(facts.plan) for facts in runs]


# --- numbers


def test_draws_are_the_same_everywhere():
    """The numbers that a seed makes are the same in any process and on any version."""
    draws = Draws("0 0")
    assert [draws.below(10) for _ in range(12)] == GOLDEN


def test_draws_are_fair():
    """Each number below the bound comes about as often as any other."""
    draws = Draws("fair")
    counts = Counter(draws.below(6) for _ in range(6000))
    assert sorted(counts) == list(range(6))
    assert all(850 < count < 1150 for count in counts.values())


# --- runs


def test_the_same_seed_makes_the_same_runs():
    """The seed decides all: the same one makes the same runs, another one others."""
    first, again, other = (plans(explored(working, random_seed=seed, max_runs=40)[1]) for seed in (0, 0, 1))
    assert first == again
    assert first != other


def test_as_many_faults_as_asked_for():
    """A plan has at most so many faults, each once, and some have so many."""
    for most in (1, 3):
        _, runs = explored(working, max_faults=most, max_runs=40)
        lengths = [len(facts.plan) for facts in runs]
        assert max(lengths) == most
        assert all(len(set(facts.plan)) == len(facts.plan) for facts in runs)


def test_every_kind_is_drawn():
    """Of each kind that is asked for there are plans, and of others none."""
    _, runs = explored(working, patience=99, max_runs=130)
    drawn = {f"{fault.kind}{'+' * fault.after}" for facts in runs for fault in facts.plan}
    assert drawn >= {
        "close_to_timeout",
        "redeliver",
        "abort",
        "fail",
        "lost_ack",
        "timeout",
        "crash",
        "crash+",
    }
    for few in (["abort", "redeliver"], ["cold", "close_to_timeout"]):
        _, runs = explored(working, kinds=few, max_runs=30)
        assert {fault.kind for facts in runs for fault in facts.plan} == set(few)


def test_some_runs_have_few_kinds():
    """Each run draws which kinds it may have, so that many of its plans go far with one."""
    kinds = ["delay=1s", "clock=1h", "lost_ack", "abort"]
    _, runs = explored(working, kinds=kinds, patience=999, max_runs=100)
    many = [len({fault.kind for fault in facts.plan}) for facts in runs if len(facts.plan) == 3]
    assert many.count(1) > len(many) / 3  # drawn at each touch anew it would be about a ninth
    assert many.count(2) > 1
    assert many.count(3) > 1


def test_twins_are_not_drawn():
    """A crash after a touch that changes nothing is drawn only where the crash before it is not."""
    _, runs = explored(working, kinds=["crash", "crash+"], max_runs=40)
    late = [fault.at.what for facts in runs for fault in facts.plan if fault.after]
    assert late
    assert not [what for what in late if what.startswith(("event", "runtime.", "response."))]


def test_a_failure_that_goes_on_is_one_fault():
    """A fault that strikes from then on is one of the plan's, however often it strikes."""

    def scenario(sim):
        def run(controller):
            for n in range(4):
                with suppress(EffectFailed), sim.effects.record("publish", contract="any"):
                    sim.checkpoint(str(n))
            return controller.response.done()

        sim.register(definition(run))
        sim.tasks.trigger("job")

    _, runs = explored(scenario, kinds=["fail.."], max_faults=1, patience=8)
    assert {len(facts.plan) for facts in runs} == {0, 1}
    assert any(facts.watcher.all_fired and len(facts.effects) < 3 for facts in runs)


def test_plans_are_plans_like_any_other():
    """What struck by chance is a plan, under which all goes as it went."""
    _, runs = explored(working, max_runs=40, on_crash="retry(1)")
    options = read_options({"on_crash": "retry(1)"})
    with Laboratory(as_target(working), options) as lab:
        for facts in runs:
            again = lab.run(Watcher(facts.plan))
            assert again.watcher.all_fired
            assert again.events[1:] == facts.events[1:]
            assert again.outcome() == facts.outcome()


# --- the end


def behaviours(facts):
    """Return what a run shows: what it comes to, and which kinds of faults struck where."""
    return {facts.outcome(), *(f"{fault.kind}@{fault.at.what}" for fault in facts.plan)}


@pytest.mark.parametrize("patience", [1, 5, 12])
def test_patience(patience):
    """It ends after so many runs in a row that showed nothing new, and not before."""
    report, (uncut, *runs) = explored(working, patience=patience)
    seen, quiet = behaviours(uncut), []
    for facts in runs:
        new = behaviours(facts) - seen
        seen |= new
        quiet.append(0 if new else (quiet or [0])[-1] + 1)
    assert quiet.index(patience) == len(runs) - 1
    assert report.coverage.stopped == f"{patience} runs in a row without new behaviour"
    assert report.coverage.extra == len(runs)


def test_bounds_hold():
    """It ends at a bound, too, and counts the progress run and the first ones."""
    report, runs = explored(working, max_runs=9, first=["crash@event#1"], patience=10**6)
    assert report.coverage.stopped == "max_runs=9 reached"
    assert (report.coverage.extra, report.coverage.progress, report.coverage.explored) == (8, 1, 9)
    assert plans(runs)[:2] == ["", "crash@event#1"]
    assert (report.coverage.singles, report.coverage.several) == ({}, {})


def test_progress_is_told_after_each_run():
    """Whoever waits is told after each run, with nothing known of how many there will be."""
    told = []
    report = explore(
        working, mode="random", patience=5, _progress=lambda *counts: told.append(counts), kinds=["abort"]
    )
    assert told == [(n + 1, 0, 0) for n in range(report.coverage.explored)]


# --- what it finds


def test_a_bug_that_needs_two_faults():
    """A bug that no single fault shows is found by random plans of two, and told by the least of them."""

    def scenario(sim):
        def run(controller):
            for id in "ab":
                for _ in range(2):
                    try:
                        with sim.effects.record("publish", key=id):
                            break
                    except EffectFailed:
                        sim.checkpoint("sorry")
            return controller.response.done()

        sim.register(definition(run))
        sim.tasks.trigger("job")

    kinds = ["fail", "delay=1s"]
    assert explore(scenario, kinds=kinds).passed
    report, runs = explored(scenario, max_faults=2, kinds=kinds, patience=40, random_seed=3)
    (finding,) = report.findings
    assert [fault.kind for fault in finding.plan] == ["fail", "fail"]
    assert [fault.at.n for fault in finding.plan] == [1, 2]
    assert len({fault.at.key for fault in finding.plan}) == 1
    assert finding.others < len(runs)
    assert replay(scenario, finding.token).findings[0].sentence == finding.sentence


def test_the_uncut_run_and_the_progress_run_are_judged():
    """What needs no plan, or a progress run, is found in this mode, too."""

    def scenario(sim):
        def run(controller):
            controller.task.trigger("part")
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({})
            return controller.response.done()

        sim.register(definition(run))
        sim.register(definition(lambda controller: controller.response.aborted(), id="part"))
        sim.tasks.trigger("job")

    report, _ = explored(scenario, patience=1, max_runs=3, profile="webiny-5", first=["abort@event#1"])
    assert (report.findings[0].judge, report.findings[0].plan) == ("stranded", Plan())
    assert report.coverage.progress == 1


def test_orders_and_runs_inside():
    """Instants and events inside of touches are drawn where they are asked for."""

    def scenario(sim):
        written = []

        def run(input, controller):
            sim.checkpoint("before")
            written.append(input["n"])
            sim.checkpoint("after")
            return controller.response.done(output={"written": len(written)})

        sim.register(definition(run))
        for n in range(3):
            sim.tasks.trigger("job", input={"n": n})

    report, runs = explored(scenario, kinds=["order", "run"], max_faults=2, max_runs=30)
    drawn = {fault.kind for facts in runs for fault in facts.plan}
    assert drawn == {"order", "run"}
    assert {finding.judge for finding in report.findings} == {"resume-equivalence"}
    assert render(report.findings[0].plan) == "order@0s=2"
    for facts in runs:
        assert parse(render(facts.plan)) == facts.plan
        assert facts.watcher.all_fired
