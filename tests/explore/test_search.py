"""The search: which plans are run, in which order, what is counted, and where it stops."""

import os
import subprocess
import sys
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from explore_jobs import definition, working

from tasksim import Simulator, always, explore, sometimes
from tasksim._explore import search as search_module
from tasksim._explore.baseline import take_baseline
from tasksim._explore.laboratory import Laboratory
from tasksim._explore.options import read_options
from tasksim._explore.search import Search
from tasksim._explore.targets import as_target
from tasksim._faults.plan import parse, render

pytestmark = [pytest.mark.usefixtures("frozen"), pytest.mark.slow]  # together they take seconds

DEFAULT = ("close_to_timeout", "redeliver", "abort", "cold", "fail", "lost_ack", "timeout", "crash", "crash+")


def losing(sim):
    """The same with a cursor that is one too far when it was cut: publishes are lost."""

    def run(input, controller):
        for at in range(input.get("at", 0), 3):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at + 1})
            with sim.effects.record("publish", key=str(at)):
                pass
        return controller.response.done()

    sim.register(definition(run))
    sim.tasks.trigger("job")


def stepping(steps):
    """Make a scenario of a task that goes straight through so many checkpoints."""

    def scenario(sim):
        def run(controller):
            for _ in range(steps):
                sim.checkpoint("step")
            return controller.response.done()

        sim.register(definition(run))
        sim.tasks.trigger("job")

    return scenario


def explored(scenario, **options):
    """Return the report of an exploration, and the plans that it ran, as text and in order."""
    ran = []
    report = explore(scenario, _on_run=lambda facts: ran.append(render(facts.plan)), **options)
    return report, ran


@cache
def whole():
    """Return what is explored of `working` where nothing else is asked for."""
    return explored(working)


# --- the order


def test_the_uncut_run_comes_first():
    """The uncut run is judged before all others."""
    _, ran = whole()
    assert ran[0] == ""
    assert "" not in ran[1:]


def test_singles_come_in_the_order_of_plans():
    """Plans of one fault are run in the order of plans, each once."""
    report, ran = whole()
    keys = [parse(plan).sort_key() for plan in ran[1:]]
    assert keys == sorted(set(keys))
    assert tuple(report.coverage.singles) == tuple(kind for kind in DEFAULT if kind != "cold")


def test_pairs_come_by_distance():
    """Of pairs the near ones come first: those whose second fault strikes soon after the first one."""
    report, ran = explored(stepping(4), kinds=["delay=1s"], max_faults=2)
    touched = [plan.partition("@")[2] for plan in ran[1:] if " " not in plan]
    order = report_order(stepping(4))
    assert sorted(touched) == sorted(f"{touch}=1s" for touch in order)
    places = {f"delay@{touch}=1s": at for at, touch in enumerate(order)}
    pairs = [tuple(places[fault] for fault in plan.split()) for plan in ran if " " in plan]
    distances = [second - first for first, second in pairs]
    assert distances == sorted(distances)
    assert len(set(pairs)) == len(pairs) == report.coverage.several[2].explored
    assert set(pairs) == {(a, b) for a in range(len(order)) for b in range(a + 1, len(order))}


def report_order(scenario):
    """Return the checkpoints of a scenario's uncut run, in the order in which they are reached."""
    with Simulator() as sim:
        scenario(sim)
        sim.run_until_idle()
        return sim.trace.checkpoints()


def test_the_seed_orders_what_is_equally_near():
    """The seed orders pairs of one distance, and nothing else: the same for the same seed."""
    options = {"kinds": ["delay=1s"], "max_faults": 2}
    runs = [explored(stepping(3), **options, random_seed=seed)[1] for seed in (0, 0, 1)]
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]
    assert sorted(runs[0]) == sorted(runs[2])
    singles = [plan for plan in runs[0] if " " not in plan]
    assert runs[0][: len(singles)] == runs[2][: len(singles)] == singles


def test_three_faults():
    """Longer plans come after all shorter ones, each made of one that was run, and one more fault."""
    report, ran = explored(stepping(2), kinds=["delay=1s"], max_faults=3)
    lengths = [len(plan.split()) for plan in ran]
    assert lengths == sorted(lengths)
    assert max(lengths) == 3
    touches = len(report_order(stepping(2)))
    assert report.coverage.several[2].total == touches * (touches - 1) // 2
    assert report.coverage.several[3].total == touches * (touches - 1) * (touches - 2) // 6
    assert {plan.rpartition(" ")[0] for plan in ran[1:]} <= {*ran}


def test_the_progress_run_comes_after_the_singles():
    """The progress run comes after the plans of one fault, and before those of more."""
    many = sum(1 for plan in whole()[1] if plan)
    for runs, progress, pairs in [(many, 0, 0), (many + 1, 1, 0), (many + 2, 1, 1)]:
        report, ran = explored(working, max_faults=2, max_runs=runs)
        assert report.coverage.progress == progress
        assert sum(1 for plan in ran if " " in plan) == pairs


PRINT = """\
import sys
sys.path.insert(0, sys.argv[1])
import conftest, test_search
report, ran = test_search.explored(test_search.losing, max_faults=2, max_runs=400)
print(*ran, report.to_json(), sep="\\n")
"""


@pytest.mark.slow
def test_every_process_goes_the_same_way():
    """The order, the counts and the findings are the same in a process with another hash seed."""
    said = []
    for seed in ("0", "1"):
        env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-c", PRINT, str(Path(__file__).parent)]
        said.append(subprocess.run(command, env=env, capture_output=True, check=True).stdout)
    assert said[0] == said[1]
    assert len(said[0].splitlines()) == 401


# --- the counts


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"max_runs": 20},
        {"max_faults": 2, "max_runs": 60, "kinds": ["close_to_timeout", "crash", "crash+"]},
    ],
)
def test_counts_add_up(options):
    """What was explored, skipped and left is all that is known, and explored is what was run."""
    report, ran = explored(working, **options)
    coverage = report.coverage
    parts = [*coverage.singles.values(), *coverage.several.values()]
    assert all(part.total == part.explored + part.skipped + part.left for part in parts)
    assert coverage.explored == sum(part.explored for part in parts) + coverage.progress + coverage.extra
    assert coverage.left == sum(part.left for part in parts)
    assert coverage.skipped == sum(part.skipped for part in parts)
    assert len(ran) - 1 == coverage.explored - coverage.progress
    every = (
        explored(working, **{**options, "max_runs": 10**6})[0].coverage
        if "kinds" in options
        else whole()[0].coverage
    )
    assert every.left == 0
    assert {kind: part.total for kind, part in every.singles.items()} == {
        kind: part.total for kind, part in coverage.singles.items()
    }


def test_counts_by_kind():
    """Each kind counts its own plans, and one that has no place is named and not counted."""
    coverage = explored(stepping(3))[0].coverage
    touches = len(report_order(stepping(3)))
    assert coverage.checkpoints == touches
    assert coverage.kinds_without_place == ("close_to_timeout", "cold")
    assert {kind: (part.explored, part.skipped) for kind, part in coverage.singles.items()} == {
        "redeliver": (1, 0),
        "abort": (touches, 0),
        "fail": (2, 0),
        "lost_ack": (2, 0),
        "timeout": (touches, 0),
        "crash": (touches, 0),
        "crash+": (2, touches - 2),
    }


def test_twins_are_skipped():
    """A crash after a touch that changes nothing is left out, where the crash before it is tried as well."""
    both = explored(stepping(3), kinds=["crash", "crash+"])[0].coverage
    assert both.singles["crash+"].skipped > 0
    alone = explored(stepping(3), kinds=["crash+"])[0].coverage
    assert (alone.skipped, alone.explored) == (0, both.singles["crash+"].total)
    ticking = explored(stepping(3), kinds=["crash", "crash+"], tick=1)[0].coverage
    assert ticking.skipped == 0


def test_twins_stand_for_longer_plans():
    """Of a twin no longer plan is run; they are counted as skipped."""
    options = {"kinds": ["crash", "crash+"], "on_crash": "retry(2)", "max_faults": 2}
    skipping = explored(stepping(1), **options)[0].coverage.several[2]
    ticking = explored(stepping(1), **options, tick=1)[0].coverage.several[2]
    assert skipping.skipped > 0
    assert (ticking.skipped, ticking.explored) == (0, skipping.total)


def test_effects_and_goals():
    """The effects of the uncut run are counted, and for each goal the runs that reached it."""

    def aborted(sim):
        return sim.tasks.list_tasks().items[0].status == "aborted"

    def never():
        return False

    coverage = explored(working, kinds=["abort"], invariants=[sometimes(aborted), sometimes(never)])[
        0
    ].coverage
    assert coverage.effects == 2
    assert 0 < coverage.goals["aborted"] <= coverage.singles["abort"].explored
    assert coverage.goals["never"] == 0


def test_no_goal_is_asked_of_a_run_without_an_end():
    """A run that ended with an error, or never, reaches no goal: it is not asked."""
    asked = []

    def fine(sim):
        assert "@" not in sim.token

    def goal(sim):
        asked.append(sim.token)
        return True

    coverage = explored(working, kinds=["abort"], invariants=[always(fine), sometimes(goal)])[0].coverage
    assert coverage.goals == {"goal": 1}
    assert not [token for token in asked if "@" in token]

    def stuck(sim):
        def run(controller):
            if controller.runtime.is_close_to_timeout() or "@" in sim.token:
                return controller.response.continue_({})
            return controller.response.done()

        sim.register(definition(run))
        sim.tasks.trigger("job")

    coverage = explored(stuck, kinds=["close_to_timeout"], invariants=[sometimes(goal)])[0].coverage
    assert coverage.goals == {"goal": 1}


def test_others_that_fail():
    """Of each judge the least finding is told, with how many more plans failed."""
    report, ran = explored(losing, kinds=["close_to_timeout", "crash"])
    (finding,) = report.findings
    failing = [plan for plan in ran if plan.startswith("close_to_timeout@")]
    assert render(finding.plan) == min(failing, key=lambda plan: parse(plan).sort_key())
    assert finding.others == len(failing) - 1 == 2


def test_each_judge_has_its_own_least():
    """Each judge tells its own least plan, and the report begins with the least of all."""

    def scenario(sim):
        def run(controller):
            if controller.runtime.is_close_to_timeout():
                return controller.response.done(output={"early": True})
            for n in range(3):
                sim.effects.record("publish", key=str(n), contract="any")
            return controller.response.done()

        sim.register(definition(run))
        sim.tasks.trigger("job")

    report, _ = explored(scenario)
    assert [(finding.judge, render(finding.plan)) for finding in report.findings] == [
        ("resume-equivalence", "close_to_timeout@runtime.is_close_to_timeout#1"),
        ("abort-honoured", 'abort@effect.publish["0"]#1'),
    ]
    assert report.findings[1].others > 0


# --- bounds


@pytest.mark.parametrize("runs", [1, 7, 30])
def test_max_runs(runs):
    """It stops after exactly so many runs, and says so."""
    report, ran = explored(working, max_runs=runs)
    assert report.coverage.explored == len(ran) - 1 == runs
    assert report.coverage.stopped == f"max_runs={runs} reached"
    assert report.coverage.left > 0


def test_enough_runs():
    """A bound that is just enough stops nothing."""
    every = whole()[0].coverage
    just = explored(working, max_runs=every.explored)[0].coverage
    assert (just.explored, just.left, just.stopped) == (every.explored, 0, "")


def searched(scenario, **options):
    """Return a search that has explored a scenario, and what the uncut runs before it touched."""
    read = read_options({"kinds": ["delay=1s"], **options})
    with Laboratory(as_target(scenario), read) as lab:
        search = Search(lab, take_baseline(lab), read)
        before = lab.checkpoints
        search.explore()
    return search, before


def test_max_checkpoints():
    """It stops before the first run at which so many checkpoints were reached in all."""
    search, before = searched(stepping(4))
    each = len(report_order(stepping(4)))
    runs = search.coverage.explored
    assert search.lab.checkpoints == before + each * runs
    for most, expected in [
        (before, 0),
        (before + 1, 1),
        (before + each, 1),
        (before + each + 1, 2),
        (before + each * runs, runs),
    ]:
        search, _ = searched(stepping(4), max_checkpoints=max(most, 1))
        assert search.coverage.explored == expected
        is_whole = expected == runs
        assert search.coverage.stopped == ("" if is_whole else f"max_checkpoints={most} reached")


def test_max_seconds(monkeypatch):
    """It stops at the first run that would begin after so much real time."""
    times = iter(range(0, 10**6, 100))
    monkeypatch.setattr(search_module, "real_ms", lambda: next(times))
    report, _ = explored(working, max_seconds=1.5)
    assert report.coverage.stopped == "max_seconds=1.5 reached"
    assert report.coverage.explored == 14


def test_a_bound_stops_the_progress_run():
    """The progress run counts as a run, and is not made beyond a bound."""
    every = whole()[0].coverage
    report, _ = explored(working, max_runs=every.explored - 1)
    assert (report.coverage.progress, report.coverage.left) == (0, 0)
    assert report.coverage.stopped == f"max_runs={every.explored - 1} reached"


# --- plans that are tried first


LATE = "close_to_timeout@runtime.is_close_to_timeout#2"


def test_first_come_first():
    """Plans given as the first are run before all others, in their order, and counted apart."""
    first = ["crash@event#1", f"v1 seed=7 {LATE}"]
    report, ran = explored(working, first=first, kinds=["close_to_timeout", "crash"])
    assert ran[1:3] == ["crash@event#1", LATE]
    assert ran.count(LATE) == 2
    assert report.coverage.extra == 2


@pytest.mark.parametrize(
    ("first", "runs"), [("v1 seed=7", 0), ("", 0), ("crash@event#9", 1), ("crash@user.gone#1", 1)]
)
def test_stale_firsts_are_noted(first, runs):
    """One that is not reached any more is noted, and no error; one without a fault is the uncut run."""
    report, _ = explored(working, first=[first], kinds=["redeliver"])
    assert report.coverage.extra == runs
    note = f"not reached any more: {first}"
    assert (note in report.notes) == bool(runs)
    assert report.findings == ()


def test_a_failing_first_is_enough():
    """Where one of the first fails, no plans of more faults than it has are run."""
    report, _ = explored(losing, first=[LATE], max_faults=2, kinds=["close_to_timeout", "crash"])
    assert report.coverage.several == {}
    assert report.coverage.stopped == ""
    assert render(report.findings[0].plan) == LATE.replace("#2", "#1")
    passing, _ = explored(
        working, first=[LATE], max_faults=2, kinds=["close_to_timeout", "crash"], max_runs=25
    )
    assert passing.coverage.several[2].total > 0


def test_a_failing_first_is_found_whatever_the_bounds():
    """A failing plan of two faults that is tried first is found, and made smaller."""
    two = f"redeliver@1 {LATE}"
    report, _ = explored(losing, first=[two], max_runs=1)
    assert [render(finding.plan) for finding in report.findings] == [LATE.replace("#2", "#1")]


# --- who waits


def test_progress_is_told_after_each_run():
    """Whoever waits is told after each run how many were made, how many are known, and what was found."""
    told = []
    report = explore(losing, max_faults=2, max_runs=110, _progress=lambda *counts: told.append(counts))
    assert [made for made, _, _ in told] == list(range(1, 111))
    known = [known for _, known, _ in told]
    assert known == sorted(known)
    singles = sum(part.total - part.skipped for part in report.coverage.singles.values())
    assert known[0] == singles
    assert known[-1] == singles + report.coverage.several[2].total - report.coverage.several[2].skipped
    assert told[0] == (1, singles, 1)
    assert told[-1][2] == len(report.findings)
    assert all(before[2] <= after[2] for before, after in pairwise(told))


def test_progress_is_told_of_first_ones_too():
    """The first ones are told of before anything else is known."""
    told = []
    explore(working, first=[LATE], max_runs=1, _progress=lambda *counts: told.append(counts))
    assert told == [(1, 0, 0)]


# --- aborts that the engine loses


def test_lost_aborts_are_counted():
    """Aborts that the engine itself overwrites are counted, and no findings."""
    report, _ = explored(stepping(2), kinds=["abort"], profile="webiny-5")
    touches = len(report_order(stepping(2)))
    assert report.findings == ()
    assert report.coverage.lost_aborts == touches - 1  # all but the one before anything is stored
