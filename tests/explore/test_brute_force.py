"""Without merging, an exploration knows exactly the plans that a brute-force enumerator finds."""

from collections import Counter
from functools import cache
from itertools import combinations

import explore_brute_force as brute_force
import explore_models as models
import pytest

from tasksim._explore.checking import explore
from tasksim._faults.plan import parse, render

QUICK = {("tiniest", "strand"), ("cursor_job", "strand"), ("ends_badly", "strand")}
SLOW = (pytest.mark.slow, pytest.mark.unmeasured)
CASES = [
    pytest.param(name, on_crash, marks=() if (name, on_crash) in QUICK else SLOW)
    for name in models.MODELS
    for on_crash in ("strand", "retry(2)")
]
MANY = 10**6


@cache
def enumerated(name, on_crash, faults=2):
    """Return the plans that the enumerator finds, by their number of faults."""
    model = models.MODELS.get(name) or models.BUGGY[name]
    return brute_force.levels(
        model.scenario, faults=faults, factories=model.factories, profile=model.profile, on_crash=on_crash
    )


@cache
def explored(name, on_crash, faults=2):
    """Return the report of an exploration, and the plans that it ran, in order, each with what came of it."""
    model = models.MODELS.get(name) or models.BUGGY[name]
    ran = []
    report = explore(
        model.scenario,
        max_faults=faults,
        max_runs=MANY,
        profile=model.profile,
        expect=model.expect,
        on_crash=on_crash,
        _on_run=lambda facts: ran.append(
            (render(facts.plan), brute_force.outcome_of(facts.sim, facts.error))
        ),
    )
    return report, ran


def twins_of(plan):
    """Iterate over the plans that kill before a touch where this one kills after it, at one place or more."""
    faults = plan.split()
    late = [place for place, fault in enumerate(faults) if fault.endswith("+")]
    for many in range(1, len(late) + 1):
        for places in combinations(late, many):
            yield " ".join(
                fault.removesuffix("+") if place in places else fault for place, fault in enumerate(faults)
            )


# --- the enumerator itself


def test_it_finds_what_can_be_found_by_hand():
    """A task that is done at once has four touches; what may stand at each is known."""
    _, singles = enumerated("tiniest", "strand", faults=1)
    assert sorted(singles) == sorted(
        ["redeliver@1"]
        + [f"{kind}@{touch}" for kind in ("fail", "lost_ack") for touch in ("task.update#1", "task.update#2")]
        + [
            f"{kind}@{touch}{plus}"
            for kind, plus in (("abort", ""), ("timeout", ""), ("crash", ""), ("crash", "+"))
            for touch in ("event#1", "task.update#1", "response.done#1", "task.update#2")
        ]
    )


def test_it_goes_on_after_the_last_fault():
    """After an abort come its own touches and those of the run from there on, but not where it struck."""
    _, _, pairs = enumerated("tiniest", "strand")
    touched = {plan.partition(" ")[2] for plan in pairs if plan.startswith("abort@response.done#1 ")}
    assert touched == {
        "fail@log.create#1",  # the abort's own: nobody can kill a run there
        "lost_ack@log.create#1",
        "abort@log.create#1",
        "fail@task.update#2",
        "lost_ack@task.update#2",
        "abort@task.update#2",
        "fail@log.update#1",
        "lost_ack@log.update#1",
        "abort@log.update#1",
        "fail@task.update#3",  # the run's
        "lost_ack@task.update#3",
        "abort@task.update#3",
        "timeout@task.update#3",
        "crash@task.update#3",
        "crash@task.update#3+",
        "redeliver@1",  # its event has not ended yet
    }


def test_a_killed_run_has_no_more_touches():
    """On a host that does nothing after a crash, nothing follows it but another delivery."""
    _, _, pairs = enumerated("tiniest", "strand")
    killed = [plan.partition(" ")[2] for plan in pairs if plan.startswith(("crash@", "timeout@"))]
    assert set(killed) == {"redeliver@1"}


def test_its_order_is_that_of_plans():
    """Plans are ordered by it as the package orders them."""
    plans = [plan for level in enumerated("cursor_job", "strand") for plan in level]
    in_order = sorted(plans, key=lambda plan: parse(plan).sort_key())
    assert sorted(plans, key=brute_force.order_of) == in_order


# --- what an exploration knows


@pytest.mark.slow
@pytest.mark.parametrize(("name", "on_crash"), CASES)
def test_as_many_of_one_fault(name, on_crash):
    """Of one fault as many plans are known as there are, of each kind."""
    report, _ = explored(name, on_crash)
    _, singles, _ = enumerated(name, on_crash)
    known = {kind: counts.total for kind, counts in report.coverage.singles.items()}
    assert known == Counter(brute_force.kind_of(plan) for plan in singles)


@pytest.mark.parametrize(("name", "on_crash"), CASES)
def test_as_many_of_two_faults(name, on_crash):
    """Of two faults as many plans are known, run or left out, as there are; and none is left."""
    report, _ = explored(name, on_crash)
    _, singles, pairs = enumerated(name, on_crash)
    assert report.coverage.several[2].total == len(pairs)
    assert report.coverage.left == 0
    assert report.coverage.skipped == len(singles) + len(pairs) - sum(
        counts.explored for counts in (*report.coverage.singles.values(), report.coverage.several[2])
    )


@pytest.mark.parametrize(("name", "on_crash"), CASES)
def test_none_is_run_twice_or_in_vain(name, on_crash):
    """Each plan that is run is one that there is, is run once, and is counted."""
    report, ran = explored(name, on_crash)
    uncut, singles, pairs = enumerated(name, on_crash)
    plans = [plan for plan, _ in ran]
    assert len(set(plans)) == len(plans)
    assert set(plans) <= {*uncut, *singles, *pairs}
    assert len(plans) - 1 == report.coverage.explored - report.coverage.progress


@pytest.mark.parametrize(("name", "on_crash"), CASES)
def test_each_comes_to_what_it_comes_to(name, on_crash):
    """A run that is explored comes to what the same plan comes to in a plain simulator."""
    _, ran = explored(name, on_crash)
    every = {plan: outcome for level in enumerated(name, on_crash) for plan, outcome in level.items()}
    assert [plan for plan, outcome in ran if plan in every and outcome.end != every[plan].end] == []


@pytest.mark.parametrize(("name", "on_crash"), CASES)
def test_what_is_left_out_was_seen(name, on_crash):
    """A plan left out comes to what one comes to that was run and kills before a touch, not after it."""
    ran = dict(explored(name, on_crash)[1])
    for level in enumerated(name, on_crash):
        for plan, outcome in level.items():
            if plan not in ran:
                assert outcome.end in {ran[twin].end for twin in twins_of(plan) if twin in ran}, plan


@pytest.mark.slow
@pytest.mark.unmeasured
@pytest.mark.parametrize("on_crash", ["strand", "retry(2)"])
def test_as_many_of_three_faults(on_crash):
    """Of three faults, too, as many plans are known as there are."""
    report, _ = explored("tiniest", on_crash, faults=3)
    levels = enumerated("tiniest", on_crash, faults=3)
    assert {n: counts.total for n, counts in report.coverage.several.items()} == {
        2: len(levels[2]),
        3: len(levels[3]),
    }
    assert len(levels[3]) > 0


# --- the least


def loses_work(uncut, outcome):
    """Whether a run says that all is well, and did less than the uncut run: the simplest of judges."""
    lost = Counter(uncut.effects) - Counter(outcome.effects)
    return bool(lost) and outcome.tasks[0].startswith("job success ")


@pytest.mark.parametrize(
    ("name", "on_crash", "faults", "of"),
    [
        ("buggy_cursor", "strand", 1, 1),
        pytest.param("buggy_second_chance", "strand", 2, 2, marks=SLOW),
        pytest.param("buggy_cursor", "strand", 2, 1, marks=SLOW),
        pytest.param("buggy_cursor", "retry(2)", 2, 1, marks=SLOW),
        pytest.param("buggy_second_chance", "retry(2)", 2, 2, marks=SLOW),
    ],
)
def test_the_least_is_reported(name, on_crash, faults, of):
    """Of the plans under which work is lost, and of which there are several, the least is reported."""
    levels = enumerated(name, on_crash, faults)
    failing = [plan for level in levels for plan in level if loses_work(levels[0][""], level[plan])]
    report, _ = explored(name, on_crash, faults)
    (found,) = [finding for finding in report.findings if finding.judge == "resume-equivalence"]
    assert render(found.plan) == min(failing, key=brute_force.order_of)
    assert len(found.plan) == of
    assert len(failing) > 1
