"""abort-honoured: a task that was told of its abort stops, and one that could have asked stops soon."""

import pytest
from explore_jobs import definition

from tasksim import explore, replay

pytestmark = pytest.mark.usefixtures("frozen")

ALL = ("documented", "generic", "webiny-5", "webiny-6")
OVERWRITE = ("webiny-5", "webiny-6")
KEEP = ("documented", "generic")


ANSWERS = {
    "done": lambda controller, at: controller.response.done(),
    "error": lambda controller, at: controller.response.error("No more pages."),
    "continue": lambda controller, at: controller.response.continue_({"at": at + 1}),
}


def acting(*events, **attributes):
    """Make a scenario of a task that does in each of its events what a text says, word by word.

    `here`: a checkpoint; `save`: a write, after which every profile knows of an abort; `ask`: ask whether it
    was aborted, and do not heed the answer; `heed`: ask, and stop; `done`, `error`, `continue`: the answer,
    which is done where none is given; anything else: an effect of that key.
    """

    def run(sim, input, controller):
        at = input.get("at", 0)
        for word in events[at].split():
            if word in ANSWERS:
                return ANSWERS[word](controller, at)
            if word == "here":
                sim.checkpoint("here")
            elif word == "save":
                controller.state.update_input({"saved": input.get("saved", 0) + 1})
            elif word not in ("ask", "heed"):
                sim.effects.record("publish", key=word)
            elif controller.runtime.is_aborted() and word == "heed":
                return controller.response.aborted()
        return controller.response.done()

    def scenario(sim):
        sim.register(definition(lambda input, controller: run(sim, input, controller), **attributes))
        sim.tasks.trigger("job")

    return scenario


def found(scenario, token, **options):
    """Return what abort-honoured finds under a token, or None."""
    findings = {finding.judge: finding for finding in replay(scenario, token, **options).findings}
    return findings.get("abort-honoured")


def said(scenario, token, **options):
    """Return what abort-honoured says under a token, in its sentence and facts; None if nothing."""
    finding = found(scenario, token, **options)
    return None if finding is None else (finding.sentence, *finding.facts)


def lost(scenario, token, profile, **options):
    """Return how many of the aborts of one plan are reported as lost by the engine."""
    coverage = explore(
        scenario, first=[token], max_runs=1, kinds=["redeliver"], profile=profile, **options
    ).coverage
    assert coverage.extra == 1
    return coverage.lost_aborts


# --- (1) once it was told


@pytest.mark.parametrize("profile", ALL)
def test_no_effect_once_told(profile):
    """Once is_aborted() answered True no effect may follow, in every profile."""
    asked = "runtime.is_aborted#1 answered True"
    token = f"v1 profile={profile} abort@user.here#1"
    assert said(acting("here save ask one done"), token) == (
        "cut once, 'job' did 1 effect after is_aborted() had told it of its abort.",
        ("asked", asked),
        ("after", "publish[one]"),
    )
    assert said(acting("one here save heed two"), token) is None


def test_no_effect_in_later_events():
    """Once it was told no effect may follow in later events either, should the engine let it go on."""
    scenario = acting("here save ask continue", "one two done")
    assert said(scenario, "v1 profile=webiny-5 abort@user.here#1")[0] == (
        "cut once, 'job' did 2 effects after is_aborted() had told it of its abort."
    )


@pytest.mark.parametrize("profile", OVERWRITE)
@pytest.mark.parametrize("answer", ["done", "continue", "error"])
def test_it_answers_aborted_once_told(profile, answer):
    """The event in which it was told answers `aborted`, where the engine does not see to that."""
    token = f"v1 profile={profile} abort@user.here#1"
    assert said(acting(f"here save ask {answer}", "done"), token, expect=expected(answer)) == (
        f"cut once, 'job' answered {answer!r} although is_aborted() had told it of its abort.",
        ("asked", "runtime.is_aborted#1 answered True"),
    )


@pytest.mark.parametrize("profile", KEEP)
@pytest.mark.parametrize("answer", ["done", "continue", "error"])
def test_the_engine_answers_aborted(profile, answer):
    """Where an abort stands the engine answers so, whatever the run did."""
    token = f"v1 profile={profile} abort@user.here#1"
    assert said(acting(f"here save ask {answer}", "done"), token, expect=expected(answer)) is None


def expected(answer):
    """Return the status in which a task ends uncut that gives an answer in its first event."""
    return "failed" if answer == "error" else "success"


@pytest.mark.parametrize("profile", OVERWRITE)
@pytest.mark.parametrize(
    "fault",
    [
        "crash@user.here#2",
        "timeout@user.here#2",
        "delay@user.here#2=1h",
        "fail@state.update_input#2",
        "lost_ack@state.update_input#2",
    ],
)
def test_unless_a_later_fault_ended_it(profile, fault):
    """The event may answer otherwise, or nothing, where a later fault of the plan ended it."""
    scenario = acting("here save ask here save done")
    assert said(scenario, f"v1 profile={profile} abort@user.here#1") is not None
    assert said(scenario, f"v1 profile={profile} abort@user.here#1 {fault}") is None


@pytest.mark.parametrize("fault", ["redeliver@1", "close_to_timeout@runtime.is_close_to_timeout#1"])
def test_a_later_fault_that_ends_nothing(fault):
    """A later fault that does not end the event is no excuse."""

    def scenario(sim):
        def run(controller):
            sim.checkpoint("here")
            controller.state.update_input({"begun": True})
            controller.runtime.is_aborted()
            controller.runtime.is_close_to_timeout()
            return controller.response.done()

        sim.register(definition(run))
        sim.tasks.trigger("job")

    token = f"v1 profile=webiny-5 abort@user.here#1 {fault}"
    assert said(scenario, token)[0] == (
        "cut twice, 'job' answered 'done' although is_aborted() had told it of its abort."
    )


def test_a_later_fault_in_a_later_event():
    """What a later fault does to a later event is no excuse for the one in which it was told."""
    scenario = acting("here save ask continue", "save done")
    plan = "abort@user.here#1 fail@state.update_input#2"
    assert said(scenario, f"v1 profile=webiny-5 {plan}")[0] == (
        "cut twice, 'job' answered 'continue' although is_aborted() had told it of its abort."
    )


def test_the_first_answer_counts():
    """It was told by the first question that was answered True, and by no other kind of question."""
    asked = said(acting("here save ask ask done"), "v1 profile=webiny-5 abort@user.here#1")[1]
    assert asked == ("asked", "runtime.is_aborted#1 answered True")

    def scenario(sim):
        def run(controller):
            sim.checkpoint("here")
            controller.runtime.is_close_to_timeout()
            sim.effects.record("publish", key="one")
            return controller.response.done()

        sim.register(definition(run))
        sim.tasks.trigger("job")

    assert said(scenario, "abort@user.here#1 close_to_timeout@runtime.is_close_to_timeout#1") is None


def test_what_is_told_to_another_is_no_matter():
    """One task's abort is not another's: what that one does is its own business."""

    def scenario(sim):
        acting("here heed one done")(sim)
        sim.tasks.trigger("job")

    assert said(scenario, "abort@user.here#1") is None
    assert said(scenario, "abort@job.2:user.here#1") is None


# --- (2) if it was not told


@pytest.mark.parametrize("profile", ALL)
@pytest.mark.parametrize(
    ("effects", "within", "many"),
    [("one", 1, 0), ("one", 0, 1), ("one two", 1, 2), ("one two", 2, 0), ("one two three", 2, 3), ("", 0, 0)],
)
def test_effects_after_the_abort(profile, effects, within, many):
    """At most `abort_within` effects may follow an abort, in every profile."""
    token = f"v1 profile={profile} abort@user.here#1"
    sentence = (
        f"cut once, 'job' did {many} effect{'s' * (many > 1)} after it was aborted; {within} may follow.",
        ("after", " ".join(f"publish[{key}]" for key in effects.split())),
    )
    scenario = acting(f"here {effects} done")
    assert said(scenario, token, abort_within=within) == (sentence if many else None)


def test_one_may_follow_by_default():
    """By default one effect may follow: no task can ask in the same moment as it acts."""
    assert said(acting("here one heed two heed three"), "abort@user.here#1") is None
    assert said(acting("here one two heed three"), "abort@user.here#1") is not None


def test_the_effect_at_which_it_is_aborted_follows():
    """An abort comes just before its checkpoint, so the effect there is the first that follows."""
    scenario = acting("one two three heed")
    assert said(scenario, 'abort@effect.publish["two"]#1')[0] == (
        "cut once, 'job' did 2 effects after it was aborted; 1 may follow."
    )
    assert said(scenario, 'abort@effect.publish["three"]#1') is None


def test_many_effects_are_told_in_one_line():
    """Of many effects the first six are named, and how many more there are."""

    def scenario(sim):
        def run(controller):
            for n in range(8):
                sim.effects.record("publish", key=str(n) if n else None)
            return controller.response.done()

        sim.register(definition(run))
        sim.tasks.trigger("job")

    named = " ".join(["publish", *(f"publish[{n}]" for n in range(1, 6))])
    assert said(scenario, "abort@effect.publish#1") == (
        "cut once, 'job' did 8 effects after it was aborted; 1 may follow.",
        ("after", f"{named} and 2 more"),
    )


def test_children_are_effects():
    """A child that is triggered is an effect like any other; what the child does is its own work."""

    def scenario(sim, *, asks):
        def run(controller):
            sim.checkpoint("here")
            for n in range(2):
                if asks:
                    controller.runtime.is_aborted()
                controller.task.trigger("part", input={"n": n})
            return controller.response.done()

        def run_part(input, controller):
            for n in range(2):
                sim.effects.record("publish", key=f"{input['n']}{n}")
            return controller.response.done()

        sim.register(definition(run))
        sim.register(definition(run_part, id="part"))
        sim.tasks.trigger("job")

    def told(*, asks, **options):
        return said(lambda sim: scenario(sim, asks=asks), "abort@user.here#1", **options)

    assert told(asks=False) == (
        "cut once, 'job' did 2 effects after it was aborted; 1 may follow.",
        ("after", "task.trigger[part] task.trigger[part]"),
    )
    assert told(asks=False, abort_within=2) is None
    assert told(asks=True)[0] == (
        "cut once, 'job' did 2 effects after is_aborted() had told it of its abort."
    )


def test_hooks_are_no_work_of_the_run():
    """Effects of hooks do not count: `on_abort` is there to do some."""

    def scenario(sim):
        def on_abort(task):
            for key in "ab":
                sim.effects.record("tidy", key=key)

        acting("here save heed done", on_abort=on_abort, on_done=on_abort)(sim)

    assert said(scenario, "v1 abort@user.here#1") is None


# --- (3) the end


def overwriting(status):
    """Make a scenario of an older task that stores a status of its own."""

    def run(sim, store, response):
        sim.checkpoint("here")
        if "@" in sim.token:
            store.update_task({"status": status})
        return response.done()

    def scenario(sim):
        sim.register(definition(lambda store, response: run(sim, store, response)))
        sim.tasks.trigger("job")

    return scenario


@pytest.mark.parametrize("profile", KEEP)
def test_an_abort_that_stands_is_the_end(profile):
    """Where the profile keeps an abort the task ends so: its own write must not take it back."""
    token = f"v1 profile={profile} abort@user.here#1"
    assert said(overwriting("running"), token) == (
        "cut once, 'job' ended 'success' although its abort was stored.",
    )
    assert said(overwriting("aborted"), token) is None
    assert lost(overwriting("running"), "abort@user.here#1", profile) == 0


@pytest.mark.parametrize("profile", OVERWRITE)
def test_an_abort_that_does_not_stand_is_no_end(profile):
    """Where the profile does not keep an abort, and the task was not told, any end will do."""
    assert said(overwriting("running"), f"v1 profile={profile} abort@user.here#1") is None


@pytest.mark.parametrize("profile", OVERWRITE)
def test_who_stores_it_anew_loses_nothing(profile):
    """A write that stores the status aborted once more does not overwrite the abort."""

    def scenario(sim):
        def run(store, response):
            sim.checkpoint("here")
            if "@" not in sim.token:
                return response.done()
            store.update_task({"status": "aborted"})
            return response.aborted()

        sim.register(definition(run))
        sim.tasks.trigger("job")

    assert lost(scenario, "abort@user.here#1", profile) == 0


@pytest.mark.parametrize("profile", ALL)
def test_who_was_told_ends_aborted(profile):
    """A task that was told, and answered so, ends aborted, unless somebody removed it."""

    def scenario(sim, *, removes):
        acting("here save heed done")(sim)
        if removes:
            sim.at("1h", lambda: sim.tasks.delete_task(sim.tasks.list_tasks().items[0]))

    token = f"v1 profile={profile} abort@user.here#1"
    for removes in (False, True):
        assert said(lambda sim, removes=removes: scenario(sim, removes=removes), token) is None


# --- aborts that are none, and those that the engine loses


@pytest.mark.parametrize(
    "plan",
    [
        "abort@hook.on_done#1",  # refused: it has ended
        "abort@user.here#1 fail@log.create#1",
        "abort@user.here#1 fail@task.update#2",
        "abort@user.here#1 fail@log.update#1",
    ],
)
def test_what_is_not_stored_is_no_abort(plan):
    """A refused abort, or one that failed, is none, also where somebody else aborts later."""

    def scenario(sim):
        def run(controller):
            sim.checkpoint("here")
            return controller.response.continue_({}, seconds=60)

        def run_to_its_end(controller):
            sim.checkpoint("here")
            for key in "abc":
                sim.effects.record("publish", key=key)
            return controller.response.done()

        def on_done(task):
            for key in "abc":
                sim.effects.record("tidy", key=key)

        sim.register(definition(run_to_its_end, on_done=on_done))
        sim.tasks.trigger("job")

    assert said(scenario, plan, expect="success") is None
    assert said(scenario, "abort@user.here#1") is not None


@pytest.mark.parametrize("profile", OVERWRITE)
@pytest.mark.parametrize("place", ["task.update#1", "response.done#1", "task.update#2", "user.here#1"])
def test_lost_by_the_engine(profile, place):
    """An abort that a write of the engine overwrites is counted as lost by it, and is no finding."""
    scenario = acting("here done")
    assert said(scenario, f"v1 profile={profile} abort@{place}") is None
    assert lost(scenario, f"abort@{place}", profile) == 1


@pytest.mark.parametrize("profile", OVERWRITE)
def test_not_lost_where_it_is_honoured(profile):
    """An abort that the task honours, and no write overwrites, is not lost."""
    assert lost(acting("here save heed done"), "abort@user.here#1", profile) == 0


@pytest.mark.parametrize("profile", KEEP)
@pytest.mark.parametrize("place", ["task.update#1", "response.done#1", "task.update#2"])
def test_not_lost_where_it_stands(profile, place):
    """Where an abort stands no engine loses it."""
    assert lost(acting("here done"), f"abort@{place}", profile) == 0


@pytest.mark.parametrize(("effects", "within", "is_lost"), [("one", 1, True), ("one two", 1, False)])
def test_lost_with_few_effects_in_between(effects, within, is_lost):
    """It is lost by the engine if no more effects came before that write than may follow an abort."""
    scenario = acting(f"here {effects} done")
    assert lost(scenario, "abort@user.here#1", "webiny-5", abort_within=within) == is_lost
    assert (said(scenario, "v1 profile=webiny-5 abort@user.here#1") is None) == is_lost


def test_effects_after_a_loss_do_not_count():
    """What a task does after the engine lost the abort is no work after an abort."""
    scenario = acting("here continue", "one two three done")
    assert said(scenario, "v1 profile=webiny-5 abort@user.here#1") is None


# --- when it does not look


def test_only_planned_aborts():
    """Aborts that the scenario itself makes are no faults, and not judged, whatever else strikes there."""

    def scenario(sim):
        tasks = []

        def run(input, controller):
            sim.checkpoint("here")
            if not input.get("begun"):
                return controller.response.continue_({"begun": True})
            sim.tasks.abort(tasks[input["n"]])
            for key in "abc":
                sim.effects.record("publish", key=key)
            return controller.response.aborted()

        sim.register(definition(run))
        tasks += [sim.tasks.trigger("job", input={"n": n}) for n in range(2)]

    options = {"expect": "aborted", "without": ["resume-equivalence"]}
    assert explore(scenario, kinds=["redeliver"], **options).passed
    for profile, plan in [
        ("documented", "delay@user.here#1=1s abort@job.2:user.here#1"),
        ("documented", "abort@job.2:user.here#1 delay@user.here#2=1s"),
        ("webiny-5", "abort@user.here#1"),
    ]:
        assert said(scenario, f"v1 profile={profile} {plan}", **options) is None


def test_not_of_a_run_that_ended_with_an_error():
    """A run that an assertion ended is not judged, and no abort of it is lost."""

    def scenario(sim):
        def run(controller):
            sim.checkpoint("here")
            for key in "abc":
                sim.effects.record("publish", key=key)
            assert "@" not in sim.token
            return controller.response.done()

        sim.register(definition(run))
        sim.tasks.trigger("job")

    assert said(scenario, "v1 profile=webiny-5 abort@user.here#1") is None
    assert lost(scenario, "abort@user.here#1", "webiny-5") == 0

    def broken(sim):
        assert "@" not in sim.token

    scenario = acting("here done")
    assert lost(scenario, "abort@user.here#1", "webiny-5") == 1
    assert lost(scenario, "abort@user.here#1", "webiny-5", invariants=[broken]) == 0


def test_a_definition_that_asks_is_never_accused():
    """Whoever asks before each effect is not accused at whatever place the abort comes."""
    scenario = acting("heed one heed two continue", "heed three heed done")
    report = explore(scenario, kinds=["abort"])
    assert report.findings == ()
    saving = acting("heed one save heed two save continue", "heed three save heed done")
    for profile in OVERWRITE:
        report = explore(saving, kinds=["abort"], profile=profile)
        assert report.findings == ()
        assert report.coverage.lost_aborts > 0


def test_switched_off():
    """Without the judge no abort is looked at."""
    scenario = acting("here one two done")
    assert said(scenario, "abort@user.here#1") is not None
    assert said(scenario, "abort@user.here#1", without=["abort-honoured"]) is None


@pytest.mark.parametrize("profile", ["webiny-5", "webiny-6"])
def test_asking_in_vain_is_told(profile):
    """Where a run is not told of its abort before it writes, the finding says so (E9)."""
    plan = f"v1 profile={profile} abort@user.here#1"
    _, asked, after = said(acting("here ask one ask two ask done"), plan)
    why = "runtime.is_aborted#1 answered False: a run is told once it has written its task (E9)"
    assert (asked, after[0]) == (("asked", why), "after")
