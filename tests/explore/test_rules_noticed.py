"""Rules of checking, each in a scenario that tells the rule from its opposite.

They are what `tests/meta/test_ablations.py` relies on where no bug of the zoo depends on a rule alone.
"""

import time
from itertools import count

import pytest

from tasksim import (
    BaselineFailed,
    CheckFailed,
    EffectFailed,
    Incomplete,
    NondeterministicScenario,
    NothingChecked,
    StalePlan,
    always,
    check,
    create_task_definition,
    explore,
    questions,
    replay,
    sometimes,
)
from tasksim._faults.plan import render
from tasksim._faults.token import Settings

pytestmark = pytest.mark.usefixtures("frozen")

QUESTION = "close_to_timeout@runtime.is_close_to_timeout#1"
CRASH = "v1 on_crash=retry(1) crash@user.here#1"


def definition(run, id="job", **attributes):
    """Make a definition without logs, which keeps runs short."""
    return create_task_definition(
        **{"id": id, "title": "Job", "run": run, "disable_database_logs": True, **attributes}
    )


def scenario(run, *, before=None, world=None, **attributes):
    """Make a scenario of one task, whose run gets the simulator besides."""

    def build(sim):
        if before is not None:
            before(sim)
        sim.register(definition(lambda input, controller: run(sim, input, controller), **attributes))
        sim.tasks.trigger("job")
        return world

    return build


def is_cut(sim):
    """Tell whether a simulation runs under a plan: a model then does what a task with a bug would."""
    return "@" in sim.token


def judged(target, token, **options):
    """Return the judges that find something in the run of one plan."""
    return [finding.judge for finding in replay(target, token, **options).findings]


def found(target, **options):
    """Return each finding of an exploration by its judge, as its plan."""
    return {finding.judge: render(finding.plan) for finding in explore(target, **options).findings}


def swallowed(sim, id, **options):
    """Do an effect, whatever comes of it; return whether it was well."""
    try:
        with sim.effects.record("publish", key=id, **options):
            return True
    except EffectFailed:
        return False


# --- contracts


def test_an_undeclared_effect_may_be_repeated_after_a_crash():
    """Once a crashed event is handled again, what declares no contract may be done again."""

    def run(sim, input, controller):
        sim.effects.record("publish", key="a")
        sim.checkpoint("here")
        return controller.response.done()

    assert judged(scenario(run), CRASH) == []


def test_a_repeat_must_have_equal_data():
    """What may be done again must be done with the same data."""

    def publishing(sim, *, numbered):
        attempts = []

        def run(sim, input, controller):
            attempts.append(1)
            with sim.effects.record("publish", key="a", contract="at_least_once", n=numbered(attempts)):
                pass
            sim.checkpoint("here")
            return controller.response.done()

        scenario(run)(sim)

    assert judged(lambda sim: publishing(sim, numbered=lambda _: 1), CRASH) == []
    assert judged(lambda sim: publishing(sim, numbered=len), CRASH) == ["resume-equivalence"]


def doing(uncut, cut, contract):
    """Make a scenario of a task that does an effect so often, and under a plan another number of times."""

    def run(sim, input, controller):
        for _ in range(cut if is_cut(sim) else uncut):
            sim.effects.record("publish", key="a", contract=contract)
        return controller.response.done()

    return scenario(run)


def test_at_most_once_may_be_left_out():
    """What is wanted at most once is not missed."""
    assert judged(doing(1, 0, "at_most_once"), "redeliver@1") == []


def test_at_most_once_may_not_be_repeated():
    """What is wanted at most once is not done more often than uncut."""
    assert judged(doing(1, 2, "at_most_once"), "redeliver@1") == ["resume-equivalence"]


def test_any_may_be_done_as_often_as_you_like():
    """What may be done any number of times is neither missed nor too much."""
    assert judged(doing(1, 3, "any"), "redeliver@1") == []


def test_a_child_is_triggered_once_even_after_a_crash():
    """No fault relaxes the contract of triggering a child: listing children makes once attainable."""

    def run(sim, input, controller):
        if input.get("looks") is None:
            controller.task.trigger("part")
        sim.checkpoint("here")
        return controller.response.done()

    def build(sim):
        sim.register(definition(lambda controller: controller.response.done(), id="part"))
        scenario(run)(sim)

    assert judged(build, CRASH) == ["resume-equivalence"]


def test_a_failure_may_be_answered_with_a_new_effect():
    """Where an effect has failed, one that the uncut run has not at all is allowed."""

    def run(sim, input, controller):
        if not swallowed(sim, "a"):
            sim.effects.record("warn", key="a")
            swallowed(sim, "a")
        return controller.response.done()

    assert judged(scenario(run), 'fail@effect.publish["a"]#1') == []


# --- resume-equivalence


def test_states_may_differ_by_what_a_contract_allows():
    """Where an effect was repeated within its contract, final states are not compared."""

    def build(sim):
        sent = []

        def run(sim, input, controller):
            with sim.effects.record("send", key="a", contract="at_least_once"):
                sent.append("a")
            sim.checkpoint("here")
            return controller.response.done()

        return scenario(run, world=lambda: list(sent))(sim)

    assert judged(build, CRASH) == []


def test_a_task_that_is_run_again_must_end_equally():
    """Where the host handles a crashed event again, the task ends as it does uncut."""

    def build(sim):
        locked = []

        def run(sim, input, controller):
            if locked:
                return controller.response.error("It is locked.")
            locked.append(1)
            sim.checkpoint("here")
            return controller.response.done()

        scenario(run)(sim)

    assert judged(build, CRASH) == ["resume-equivalence"]


def test_a_task_that_failed_owes_nothing():
    """Of a task that did not end in success only repeats are findings."""

    def run(sim, input, controller):
        sim.effects.record("publish", key="a")
        sim.effects.record("publish", key="b")
        return controller.response.done()

    assert judged(scenario(run), 'fail@effect.publish["b"]#1') == []


def test_true_is_not_one():
    """Outputs are compared as JSON."""

    def run(sim, input, controller):
        return controller.response.done(output={"n": True if is_cut(sim) else 1})

    assert judged(scenario(run), "redeliver@1") == ["resume-equivalence"]


# --- abort-honoured

ABORT = "abort@runtime.is_aborted#1"
ABORT_5 = "v1 profile=webiny-5 abort@state.update_input#1"


def test_no_effect_after_it_was_told():
    """Once the task was told of its abort not a single effect may follow."""

    def run(sim, input, controller):
        is_aborted = controller.runtime.is_aborted()
        sim.effects.record("tidy")
        return controller.response.aborted() if is_aborted else controller.response.done()

    (finding,) = replay(scenario(run), ABORT).findings
    assert finding.judge == "abort-honoured"
    assert finding.sentence == "cut once, 'job' did 1 effect after is_aborted() had told it of its abort."


def test_once_told_it_answers_aborted():
    """An event in which the task was told of its abort answers aborted."""

    def run(sim, input, controller):
        controller.state.update_input({"begun": True})
        controller.runtime.is_aborted()
        return controller.response.done()

    (finding,) = replay(scenario(run), ABORT_5).findings
    assert finding.judge == "abort-honoured"
    assert finding.sentence == (
        "cut once, 'job' answered 'done' although is_aborted() had told it of its abort."
    )


def test_where_an_abort_stands_it_is_the_end():
    """In a profile that keeps an abort, the task does not take it back by a write of its own."""

    def build(sim):
        def run(response, store):
            if is_cut(sim):
                store.update_task({"status": "running"})
            return response.done()

        sim.register(definition(run))
        sim.tasks.trigger("job")

    assert judged(build, "abort@state.update_task#1") == ["abort-honoured"]
    assert judged(build, "abort@response.done#1") == []


def test_an_abort_that_the_engine_lost_is_no_finding():
    """What follows an abort that the engine overwrote is not held against the task; it is counted."""

    def run(sim, input, controller):
        if not input.get("begun"):
            return controller.response.continue_({"begun": True})
        for id in "abc":
            sim.effects.record("publish", key=id)
        return controller.response.done()

    assert judged(scenario(run), "v1 profile=webiny-5 abort@task.update#2") == []
    report = explore(scenario(run), profile="webiny-5", kinds=["abort"], abort_within=3)
    assert report.passed
    assert report.coverage.lost_aborts > 0


def test_a_hook_may_tidy_up_after_an_abort():
    """Effects of hooks are no work of the run."""

    def tidying(sim):
        def on_abort(task):
            for id in "abc":
                sim.effects.record("tidy", key=id)

        def run(sim, input, controller):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            return controller.response.done()

        scenario(run, on_abort=on_abort)(sim)

    assert judged(tidying, ABORT) == []


# --- ends


def test_an_end_that_could_not_be_stored_is_no_finding():
    """A task whose end the engine failed to store is not stranded by its own fault."""

    def run(sim, input, controller):
        return controller.response.done()

    report = replay(scenario(run), "v1 profile=webiny-5 fail@task.update#2..")
    assert (report.sim.tasks.list_tasks().items[0].status, report.passed) == ("running", True)


def test_a_hook_may_repeat_what_it_declares():
    """A hook that is called again may do again what it declares as repeatable."""

    def mailing(sim, contract):
        def on_done(task):
            sim.effects.record("mail", key="ann", contract=contract)

        def run(sim, input, controller):
            return controller.response.done()

        scenario(run, on_done=on_done)(sim)

    again = "v1 profile=webiny-5 on_crash=retry(1) crash@task.update#2"
    assert judged(lambda sim: mailing(sim, "at_least_once"), again) == []
    assert judged(lambda sim: mailing(sim, None), again) == ["hooks"]


def polling(n):
    """Make a scenario of a task that under a plan takes so many events more."""

    def run(sim, input, controller):
        at = input.get("at", 1)
        if is_cut(sim) and at < n:
            return controller.response.continue_({"at": at + 1}, seconds=60)
        return controller.response.done()

    return scenario(run)


def test_a_task_has_fifty_events_more_to_end():
    """An end is waited for during fifty events more than the uncut run takes."""
    assert judged(polling(45), "redeliver@1") == []


def test_a_run_is_ended_some_events_after_its_last_fault():
    """A run that goes on for more is ended, and its task found not to end."""
    assert judged(polling(150), "redeliver@1") == ["liveness"]


def test_events_are_counted_from_the_last_fault():
    """What came before the last fault is not counted."""
    assert judged(polling(80), "redeliver@45") == []


def test_a_killed_child_that_nobody_runs_again_may_be_waited_for():
    """No end is demanded where a killed task stays as it is."""

    def run(sim, input, controller):
        children = controller.task.list_children()
        if not children:
            controller.task.trigger("part")
        if not children or children[0].status != "success":
            return controller.response.continue_({}, seconds=60)
        return controller.response.done()

    def build(sim):
        sim.register(definition(lambda controller: controller.response.done(), id="part"))
        scenario(run)(sim)

    assert judged(build, "crash@part.1:response.done#1") == []


def test_an_assertion_in_a_task_is_a_finding():
    """An assertion that fails in a run under a plan is found."""

    def run(sim, input, controller):
        sim.checkpoint("here")
        assert not is_cut(sim)
        return controller.response.done()

    assert judged(scenario(run), "abort@user.here#1") == ["invariants"]


def test_misuse_under_a_plan_is_a_finding():
    """A run that returns nothing under a plan is found."""

    def run(sim, input, controller):
        return None if is_cut(sim) else controller.response.done()

    assert judged(scenario(run), "redeliver@1") == ["misuse"]


def test_what_is_stored_may_grow_with_the_work():
    """An input that grows with each event is no finding if each brings a new effect about."""

    def growing(*, works):
        def run(sim, input, controller):
            done = input.get("done", [])
            if len(done) == 60:
                return controller.response.done()
            sim.effects.record("publish", key=str(len(done)) if works else "a")
            return controller.response.continue_({"done": [*done, "x"]})

        return scenario(run)

    assert judged(growing(works=True), "v1") == []
    assert judged(growing(works=False), "v1") == ["bounded-state"]


# --- progress


def progress(run, **options):
    """Return what a progress run of a task finds."""
    return list(found(scenario(run), kinds=["close_to_timeout"], **options))


def test_one_unit_of_work_is_allowed_before_the_cut():
    """An event that asks before each unit of work is cut after one."""

    def run(sim, input, controller):
        for at in range(input.get("at", 0), 2):
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at})
            sim.effects.record("publish", key=str(at))
        return controller.response.done()

    assert progress(run) == []


def test_a_task_may_ask_before_it_is_set_up():
    """Where the user says how often an event asks before it works, it is cut after that."""

    def run(sim, input, controller):
        for at in range(input.get("at", 0), 2):
            for _ in range(2):
                if controller.runtime.is_close_to_timeout():
                    return controller.response.continue_({"at": at})
            sim.effects.record("publish", key=str(at))
        return controller.response.done()

    assert progress(run, progress=questions(2)) == []
    assert progress(run, progress=questions(1)) == ["progress"]


def test_whoever_waits_is_not_stuck():
    """Equal starts are no livelock as long as time passes between them."""

    def build(sim):
        began_ms = sim.now_ms

        def run(sim, input, controller):
            sim.effects.record("look", contract="any")
            controller.runtime.is_close_to_timeout()
            if sim.now_ms < began_ms + 180_000:
                return controller.response.continue_({}, seconds=60)
            return controller.response.done()

        scenario(run)(sim)

    assert found(build, kinds=["close_to_timeout"]) == {}


def test_effects_are_progress():
    """Equal starts are no livelock if an effect between them was new."""

    def build(sim):
        published = set()

        def run(sim, input, controller):
            for id in "ab":
                if id not in published:
                    sim.effects.record("publish", key=id)
                    published.add(id)
                    if controller.runtime.is_close_to_timeout():
                        return controller.response.continue_({})
            return controller.response.done()

        scenario(run)(sim)

    assert found(build, kinds=["close_to_timeout"]) == {}


def test_a_task_may_wait_for_another_that_is_due():
    """Equal starts are no livelock while another task is due, whose work may change something."""

    def run(sim, input, controller):
        children = controller.task.list_children()
        if not children:
            controller.task.trigger("part")
        controller.runtime.is_close_to_timeout()
        if not children or children[0].status != "success":
            sim.effects.record("look", contract="any")
            controller.runtime.is_close_to_timeout()
            return controller.response.continue_({})
        return controller.response.done()

    def run_part(input, controller):
        if input.get("at", 0) < 3:
            return controller.response.continue_({"at": input.get("at", 0) + 1})
        return controller.response.done()

    def build(sim):
        sim.register(definition(run_part, id="part"))
        scenario(run)(sim)

    assert found(build, kinds=["close_to_timeout"]) == {}


# --- the search


def tried(target, **options):
    """Return the plans that were run, in order, without the uncut run."""
    plans = []
    explore(target, _on_run=lambda facts: plans.append(render(facts.plan)), **options)
    return [plan for plan in plans if plan]


def bearing(sim, input, controller):
    """Publish five entries, and bear it if that fails."""
    for id in "abcde":
        swallowed(sim, id, contract="any")
    return controller.response.done()


def test_no_twin_is_left_out_alone():
    """Where only crashes after a touch are tried, each is run."""
    report = explore(scenario(bearing), kinds=["crash+"])
    counts = report.coverage.singles["crash+"]
    assert (counts.explored, counts.skipped) == (report.coverage.checkpoints, 0)


def test_pairs_come_by_distance_in_the_order_of_a_seed():
    """Of two faults those that are near come first; a seed orders those that are equally near."""
    runs = [tried(scenario(bearing), kinds=["fail"], max_faults=2, random_seed=seed) for seed in (0, 1)]
    for plans in runs:
        pairs = [plan.split('"')[1::2] for plan in plans if plan.count("publish") == 2]
        distances = [ord(last) - ord(first) for first, last in pairs]
        assert len(distances) == 10
        assert distances == sorted(distances)
    assert runs[0] != runs[1]
    assert sorted(runs[0]) == sorted(runs[1])


def test_the_least_failure_is_kept():
    """Of the failing plans the least is told, not the first that was run."""

    def run(sim, input, controller):
        failed = {id for id in "abcde" if not swallowed(sim, id, contract="any")}
        return controller.response.done(output={"bad": failed >= {"a", "c"} or failed >= {"d", "e"}})

    assert found(scenario(run), kinds=["fail"], max_faults=2) == {
        "resume-equivalence": 'fail@effect.publish["a"]#1 fail@effect.publish["c"]#1'
    }


def test_a_bound_before_all_single_faults_is_an_error():
    """A check that a bound ended before all plans of one fault were run does not pass."""
    with pytest.raises(Incomplete):
        check(scenario(bearing), kinds=["fail"], max_runs=3)


def test_what_is_remembered_is_tried_first():
    """Plans that are given are run before all others."""
    late = 'crash@effect.publish["e"]#1'
    assert tried(scenario(bearing), first=[late])[0] == late


def test_a_check_that_cuts_nothing_is_refused():
    """A check whose faults have no place to strike does not pass."""
    with pytest.raises(NothingChecked):
        check(scenario(bearing), kinds=["close_to_timeout"])


# --- the uncut run


def timing(*, since):
    """Make a scenario of a task that tells the time since something."""

    def run(sim, input, controller):
        began = time.time()
        sim.checkpoint("here")
        return controller.response.done(output={"seconds": time.time() - (began if since else 0)})

    return scenario(run)


def test_what_depends_on_the_start_is_not_compared():
    """An output that is another when the task starts at another time is not compared."""
    assert judged(timing(since=False), "delay@user.here#1=90s") == []


def test_what_depends_on_passing_time_is_not_compared():
    """An output that is another when touches take time is not compared."""
    assert judged(timing(since=True), "delay@user.here#1=90s") == []


def test_a_key_that_depends_on_the_start_is_refused():
    """Nothing can be counted by a key that is another at another time."""

    def run(sim, input, controller):
        sim.effects.record("publish", key=str(time.time()))
        return controller.response.done()

    with pytest.raises(NondeterministicScenario, match="has another key"):
        check(scenario(run))


def test_an_uncut_run_that_fails_is_refused():
    """An uncut run that ends otherwise than expected is nothing to compare with."""
    with pytest.raises(BaselineFailed):
        check(scenario(lambda sim, input, controller: controller.response.error("No.")))


# --- what is told


def losing(sim, input, controller):
    """Publish five entries, and count those that failed as done."""
    for id in "abcde":
        swallowed(sim, id)
    return controller.response.done()


def test_a_plan_is_made_as_small_as_it_gets():
    """A fault that is not needed is left out, and one that a simpler one can replace is exchanged."""
    remembered = 'delay@effect.publish["b"]#1=1m fail@effect.publish["d"]#1'
    options = {"kinds": ["fail", "delay=1m"], "max_runs": 1}  # so that nothing else is run
    assert found(scenario(losing), first=[remembered], **options) == {
        "resume-equivalence": 'fail@effect.publish["a"]#1'
    }


def test_a_failing_input_is_made_smaller():
    """Of the inputs that fail the least is told."""

    def make():
        def run(input, controller):
            if not input.get("more") and controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"more": True})
            return controller.response.done(output={"n": 0 if input.get("more") else len(input["ids"])})

        return definition(run, create_input_validation=lambda: dict[str, list[str] | str])

    (finding,) = explore(make, input={"ids": ["x", "y", "z"], "note": "Long."}).findings
    assert finding.settings.input == {"ids": [""]}


def test_a_budget_is_made_simpler():
    """A failure that does not need a short budget is told without it."""
    (finding,) = explore(scenario(losing), kinds=["fail"], budget="5m").findings
    assert finding.settings.budget_ms == Settings().budget_ms


def test_two_cut_runs_that_differ_are_no_finding():
    """What is kept from one cut run to the next is told as that, not as a finding."""
    numbers = count()

    def run(sim, input, controller):
        if is_cut(sim):
            sim.effects.record("note", contract="any", number=next(numbers))
        return losing(sim, input, controller)

    with pytest.raises(NondeterministicScenario, match="differ, first in event"):
        explore(scenario(run), kinds=["fail"])


def test_what_is_found_otherwise_is_no_finding():
    """What is found in another way when it is run again is not told as a finding."""
    numbers = count()

    def run(sim, input, controller):
        sim.effects.record("publish", key="a")
        if not is_cut(sim) or not next(numbers):
            sim.effects.record("publish", key="b")
        sim.effects.record("publish", key="a" if is_cut(sim) else "c")
        return controller.response.done()

    with pytest.raises(NondeterministicScenario, match="and not when that was run again"):
        explore(scenario(run), kinds=["redeliver"])


def test_a_stale_token_is_refused():
    """A token of which a fault never fires is an error, not a pass."""
    with pytest.raises(StalePlan):
        replay(scenario(bearing), "v1 crash@user.nowhere#1")


# --- merging


def merged(react, kind, *, tracks=False):
    """Return the faults in the effects of a task whose runs were merged.

    Args:
        react: What the task answers, given the effects that failed.
        kind: The kind of faults.
        tracks: Whether the fake that knows what failed is declared with its state.
    """
    plans = []

    def build(sim):
        failed = []
        sim.track(failed, state=list if tracks else lambda _: 0)

        def run(sim, input, controller):
            if input.get("begun"):
                return controller.response.done()
            failed.extend(id for id in "ab" if not swallowed(sim, id, contract="any"))
            return react(controller, failed)

        scenario(run)(sim)

    def note(facts):
        if type(facts.error).__name__ == "Merged":
            plans.append(render(facts.plan))

    explore(build, kinds=[kind], merge_states=True, _on_run=note)
    return [plan for plan in plans if "publish" in plan]


def going_on(controller, failed):
    """Go on, whatever failed."""
    return controller.response.continue_({"begun": True})


def test_runs_in_one_state_are_merged():
    """Two runs of which nothing tells what failed are merged."""
    assert merged(going_on, "lost_ack") == ['lost_ack@effect.publish["b"]#1']


def test_runs_with_other_effects_are_not_merged():
    """Two runs in which other effects took place are not merged."""
    assert merged(going_on, "fail") == []


def test_runs_with_other_fakes_are_not_merged():
    """Two runs that leave a declared fake in another state are not merged."""
    assert merged(going_on, "lost_ack", tracks=True) == []


def test_runs_with_other_records_are_not_merged():
    """Two runs that store something else are not merged."""

    def telling(controller, failed):
        return controller.response.continue_({"begun": True, "failed": list(failed)})

    assert merged(telling, "lost_ack") == []


def test_runs_with_other_things_due_are_not_merged():
    """Two runs that go on at another time are not merged."""

    def waiting(controller, failed):
        return controller.response.continue_({"begun": True}, seconds=60 if failed == ["a"] else 120)

    assert merged(waiting, "lost_ack") == []


def test_runs_with_an_abort_are_not_merged():
    """Runs with an abort are not merged: it is judged how they came where they are."""

    def build(sim):
        sim.track([], state=list)
        scenario(bearing)(sim)
        sim.tasks.trigger("job")

    report = explore(build, kinds=["abort"], merge_states=True)
    assert report.coverage.merged == 0
    assert report.coverage.explored > 10


# --- random plans


def test_random_runs_end_where_nothing_new_happens():
    """So many runs in a row without new behaviour end it; new behaviour begins the count anew."""
    coverage = explore(scenario(bearing), mode="random", patience=5, max_runs=300).coverage
    assert coverage.stopped == "5 runs in a row without new behaviour"
    assert 5 < coverage.extra < 300


def test_a_seed_chooses_the_random_runs():
    """The same seed makes the same plans, another one makes others."""
    options = {"mode": "random", "patience": 5, "max_runs": 20}
    first, again, other = (tried(scenario(bearing), random_seed=seed, **options) for seed in (1, 1, 2))
    assert first == again
    assert first != other


# --- invariants


def test_what_must_always_hold_is_asked_between_events():
    """What holds again at the end, but not between two events, is found."""

    def build(sim):
        books = {"is_open": False}

        def run(sim, input, controller):
            books["is_open"] = is_cut(sim) and not input.get("begun")
            if not input.get("begun"):
                return controller.response.continue_({"begun": True})
            return controller.response.done()

        scenario(run)(sim)
        return books

    def closed(sim, books):
        assert not books["is_open"]

    options = {"kinds": ["redeliver"]}
    assert found(build, invariants=[closed], **options) == {}
    assert found(build, invariants=[always(closed)], **options) == {"invariants": "redeliver@1"}


def test_goals_are_counted():
    """A goal that some run reaches is counted, one that none reaches fails the check."""

    def aborted(sim):
        return bool(sim.tasks.list_tasks(where={"status": "aborted"}).items)

    goal = {"invariants": [sometimes(aborted)], "abort_within": 5}
    report = check(scenario(bearing), kinds=["abort", "redeliver"], **goal)
    assert 0 < report.coverage.goals["aborted"] < report.coverage.explored
    with pytest.raises(CheckFailed, match="sometimes: none of"):
        check(scenario(bearing), kinds=["redeliver"], **goal)
