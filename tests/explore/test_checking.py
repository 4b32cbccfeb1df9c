"""`check` raises on the least failure, and never passes without having cut; `explore` returns instead."""

import pickle

import pytest
from explore_jobs import LEAST, definition, publishing, scenario_of, skipping, texts

from tasksim import (
    CheckFailed,
    Incomplete,
    NothingChecked,
    Report,
    StalePlan,
    UsageError,
    check,
    effect,
    explore,
    questions,
    replay,
    resumable,
    sometimes,
)
from tasksim._faults.plan import render

pytestmark = [pytest.mark.usefixtures("frozen"), pytest.mark.slow]  # together they take seconds

# --- check and explore


def test_check_returns_what_was_covered():
    """A check that finds nothing returns a report with what it explored, and nothing left."""
    report = check(publishing)
    assert isinstance(report, Report)
    assert (report.passed, report.findings, report.target.name) == (True, (), "scenario")
    coverage = report.coverage
    assert (coverage.effects, coverage.left, coverage.progress, coverage.stopped) == (2, 0, 1, "")
    assert coverage.explored == sum(counts.explored for counts in coverage.singles.values()) + 1


def test_check_raises_on_the_least_failure():
    """A check that finds something raises its story, with the report; the least of each judge comes first."""
    with pytest.raises(CheckFailed) as failed:
        check(skipping)
    report = failed.value.report
    assert str(failed.value) == report.text()
    assert isinstance(failed.value, AssertionError)
    assert [finding.judge for finding in report.findings] == ["resume-equivalence", "abort-honoured"]
    assert texts(report) == [LEAST, 'abort@effect.publish["0"]#1']
    assert [finding.others for finding in report.findings] == [0, 1]


def test_check_failed_travels():
    """What a check raises can be sent to another process, as its story."""
    with pytest.raises(CheckFailed) as failed:
        check(skipping)
    sent = pickle.loads(pickle.dumps(failed.value))  # noqa: S301 - as xdist does
    assert (str(sent), sent.report) == (str(failed.value), None)


def test_explore_returns_instead():
    """`explore` finds the same, and raises for none of it: not for findings, goals or bounds."""
    report = explore(skipping)
    with pytest.raises(CheckFailed) as failed:
        check(skipping)
    assert report.to_json() == failed.value.report.to_json()
    assert explore(publishing, invariants=[sometimes(lambda: False)]).coverage.goals == {"<lambda>": 0}
    assert explore(publishing, max_runs=1).coverage.stopped == "max_runs=1 reached"


def test_the_same_each_time():
    """Counts and findings are the same in each exploration."""
    first, second = (explore(skipping, kinds=["abort", "crash"], max_faults=2) for _ in range(2))
    assert first.to_json() == second.to_json()
    assert [finding.sha256 for finding in first.findings] == [finding.sha256 for finding in second.findings]


def test_progress_is_told():
    """Whoever waits is told after each run how many were made, how many are known, and what was found."""
    told = []
    with pytest.raises(CheckFailed) as failed:
        check(skipping, _progress=lambda *counts: told.append(counts))
    coverage = failed.value.report.coverage
    assert told[0] == (1, coverage.explored - coverage.progress, 0)
    assert told[-1] == (coverage.explored, coverage.explored - coverage.progress, 2)


def test_kinds_that_need_more():
    """Orders and nested events are tried where they are asked for, with all that they need to know."""
    report = explore(skipping, kinds=["run"])
    assert report.coverage.singles["run"].explored == report.coverage.checkpoints
    assert texts(report)[0].startswith("run[job.1]@")


def test_questions_are_asked():
    """`progress=questions(n)` lets each event of the progress run ask n times before it is cut."""

    def prepare(sim, input, controller):
        for _ in range(3):
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_(input)
        if controller.runtime.is_close_to_timeout():
            return controller.response.continue_({"at": input.get("at", 0) + 1})
        return controller.response.done()

    preparing = scenario_of(prepare)
    kinds = ["close_to_timeout"]
    assert check(preparing, kinds=kinds, progress=questions(3)).passed
    assert [each.judge for each in explore(preparing, kinds=kinds, progress=questions(2)).findings] == [
        "progress"
    ]


# --- bounds


def test_singles_left_are_no_pass():
    """A bound that leaves plans of one fault is an error, with what was covered."""
    with pytest.raises(Incomplete) as ended:
        check(publishing, max_runs=5)
    report = ended.value.report
    assert (report.coverage.explored, report.coverage.stopped) == (5, "max_runs=5 reached")
    assert ended.value.sentence == (
        f"The check of 'scenario' ended early: {report.coverage.left} known plans were not run."
    )
    assert ended.value.facts == ("max_runs=5 reached", report.text())
    assert ended.value.way_out == "Raise the bound, ask for fewer kinds, or make the scenario smaller."


def test_pairs_left_pass():
    """Pairs that a bound leaves pass, counted as p of q; `require_complete` makes that an error."""
    report = check(publishing, max_faults=2, max_runs=100)
    pairs = report.coverage.several[2]
    assert report.coverage.explored == 100
    assert pairs.left > 0
    assert f"; {pairs.explored} of {pairs.total} pairs," in " ".join(report.text().split())
    with pytest.raises(Incomplete) as ended:
        check(publishing, max_faults=2, max_runs=100, require_complete=True)
    assert (
        ended.value.sentence == f"The check of 'scenario' ended early: {pairs.left} known plans were not run."
    )
    complete = check(publishing, kinds=["close_to_timeout"], max_faults=2, require_complete=True)
    assert (complete.coverage.several[2].explored, complete.coverage.left) == (3, 0)


@pytest.mark.parametrize("bound", [{"max_runs": 1}, {"max_checkpoints": 1}])
@pytest.mark.parametrize("mode", ["every", "random"])
def test_no_run_cut_within_the_bound(bound, mode):
    """A bound that is reached before any run was cut is no pass, in any mode."""
    with pytest.raises(Incomplete) as ended:
        check(publishing, kinds=["close_to_timeout"] if mode == "random" else None, mode=mode, **bound)
    assert ended.value.report.coverage.stopped in {"max_runs=1 reached", "max_checkpoints=1 reached"}
    if mode == "random":
        assert ended.value.sentence == "The check of 'scenario' ended early: no plan was run."


def test_random_mode_ends_by_patience():
    """Random plans end after so many runs without new behaviour, which is a pass."""
    report = check(publishing, mode="random", patience=12, max_faults=2)
    assert report.coverage.stopped == "12 runs in a row without new behaviour"
    assert report.coverage.extra >= 12
    assert not explore(skipping, mode="random", patience=12).passed


def test_nothing_to_cut():
    """Kinds that fit nothing that is touched cut nothing, which is no pass, in any mode."""
    for options in ({}, {"mode": "random", "patience": 5}, {"first": ["crash@event#1", "crash@event#9"]}):
        with pytest.raises(NothingChecked) as refused:
            check(publishing, kinds=["order", "cold"], **options)
        assert str(refused.value) == (
            "No run of 'scenario' was cut: nothing that it touches fits cold, order.\n"
            "  its uncut run reaches 10 checkpoints\n"
            "  Ask for other kinds, or leave kinds out."
        )


# --- first


def test_first_plans_are_tried_first():
    """Plans and tokens in `first` are run before all others, in their order, and counted apart."""
    tried = []
    report = explore(
        publishing,
        kinds=["abort"],
        first=["crash@event#1", f"v1 seed=3 {LEAST}", "v1"],
        _on_run=lambda facts: tried.append(render(facts.plan)),
    )
    assert tried[:3] == ["", "crash@event#1", LEAST]
    assert report.coverage.extra == 2
    assert report.coverage.explored == 2 + report.coverage.singles["abort"].explored


def test_a_first_plan_that_fails_bounds_the_search():
    """Where a remembered plan still fails, no plans of more faults are tried than it has."""
    report = explore(skipping, max_faults=2, first=[LEAST])
    assert texts(report)[0] == LEAST
    assert report.coverage.several == {}
    assert explore(publishing, max_faults=2, first=[LEAST], max_runs=200).coverage.several[2].explored


def test_a_stale_first_plan_is_noted():
    """A remembered plan that is not reached any more is noted, and the search goes on as it would."""
    report = check(publishing, kinds=["redeliver"], first=["v1 crash@event#9", "redeliver@1"])
    assert "not reached any more: crash@event#9" in report.notes
    assert report.coverage.extra == 2


def test_a_first_plan_that_is_not_possible_any_more_is_noted():
    """A remembered plan with a fresh instance is noted once the definition is registered as an instance."""
    job = definition(lambda input, controller: controller.response.done())
    report = check(job, kinds=["redeliver"], first=["cold@1"])
    assert "not reached any more: cold@1" in report.notes
    assert report.coverage.extra == 1


def test_replay_of_a_fresh_instance_where_there_is_none():
    """A token with a fresh instance of what was registered as one is stale, and says so."""
    job = definition(lambda input, controller: controller.response.done())
    with pytest.raises(StalePlan) as caught:
        replay(job, "v1 cold@1")
    assert str(caught.value) == (
        "The planned fault 'cold@1' never fired: there is no fresh instance to be had.\n"
        "  'job' was registered as an instance\n"
        "  Register its class, or a function without arguments that makes one."
    )


# --- merging


def test_merging_needs_declared_fakes():
    """Runs are merged only where each fake's state is declared."""
    for call in (check, explore, lambda target, **options: replay(target, "v1", **options)):
        with pytest.raises(UsageError) as refused:
            call(publishing, merge_states=True)
        assert str(refused.value) == (
            "merge_states=True needs the state of each fake, and 'scenario' declares none.\n"
            "  Declare each in the scenario: sim.track(cms, state=lambda cms: sorted(cms.published))."
        )


# --- plain jobs


def test_plain_jobs():
    """A plain job is explored in profile `generic`, and its token says so."""

    @resumable
    def sync_orders(cursor, should_stop):
        cursor = cursor or 0
        return None if cursor == 2 else cursor + 1

    report = check(sync_orders)
    assert (report.target.name, report.settings.profile) == ("syncOrders", "generic")

    class Shop:
        @effect("sync", key="page")
        def sync(self, page):
            pass

    shop = Shop()

    @resumable
    def skip_orders(cursor, should_stop):
        for page in range(cursor or 0, 2):
            if should_stop():
                return page + 1
            shop.sync(page)
        return None

    (finding,) = explore(skip_orders, kinds=["close_to_timeout"]).findings
    assert finding.token.startswith("v1 profile=generic close_to_timeout@")
    assert replay(skip_orders, finding.token).sha256 == finding.sha256
