"""stranded, hooks, liveness, invariants and misuse: what is demanded of how a run ends."""

import pytest
from explore_jobs import definition

from tasksim import CheckFailed, explore, replay

pytestmark = [pytest.mark.usefixtures("frozen"), pytest.mark.slow]  # together they take seconds

QUESTION = "close_to_timeout@runtime.is_close_to_timeout#1"
OVERWRITE = ("webiny-5", "webiny-6")


def is_cut(sim):
    """Tell whether a simulation runs under a plan: a model then does what a task with a bug would."""
    return "@" in sim.token


def found(judge, scenario, token, **options):
    """Return what a judge finds under a token, or None."""
    findings = {finding.judge: finding for finding in replay(scenario, token, **options).findings}
    return findings.get(judge)


def said(judge, scenario, token, **options):
    """Return what a judge says under a token, in its sentence and facts; None if nothing."""
    finding = found(judge, scenario, token, **options)
    return None if finding is None else (finding.sentence, *finding.facts)


# --- stranded


def giving_up(status=None):
    """Make a scenario of an older task that calls it aborted, unasked, when its time is up."""

    def scenario(sim):
        def run(response, store, is_close_to_timeout):
            sim.checkpoint("here")
            if not is_close_to_timeout():
                return response.done()
            if status:
                store.update_task({"status": status})
            return response.aborted()

        sim.register(definition(run))
        sim.tasks.trigger("job")

    return scenario


@pytest.mark.parametrize("profile", OVERWRITE)
@pytest.mark.parametrize("status", ["running", "pending"])
def test_stranded(profile, status):
    """No machine ends with a record that says that the task goes on."""
    scenario = giving_up(None if status == "running" else status)
    assert said("stranded", scenario, f"v1 profile={profile} {QUESTION}") == (
        f"cut once, 'job' stays {status!r}: its machine ended Aborted.",
    )


@pytest.mark.parametrize(
    ("profile", "status"), [("documented", None), ("generic", None), ("webiny-5", "failed")]
)
def test_not_stranded(profile, status):
    """A record with an end is none that is stranded."""
    assert said("stranded", giving_up(status), f"v1 profile={profile} {QUESTION}") is None


@pytest.mark.parametrize(
    ("more", "is_found"),
    [
        ("crash@event#1", False),
        ("timeout@event#1", False),
        ("fail@task.update#1", False),
        ("lost_ack@log.update#1", False),
        ("fail@write#4", False),
        ("delay@event#1=1s", True),
        ("fail@state.update_output#1", True),
        ("redeliver@1", True),
    ],
)
def test_what_excuses_a_stranded_task(more, is_found):
    """A crash, a timeout or a failing write of the engine excuses a stranded task, and nothing else does."""

    def scenario(sim):
        def run(input, controller):
            try:
                controller.state.update_output({"begun": True})
            except Exception:  # noqa: BLE001 - borne, as in a task that does not mind
                sim.checkpoint("sorry")
            is_close = controller.runtime.is_close_to_timeout()
            return controller.response.aborted() if is_close else controller.response.done()

        sim.register(definition(run, disable_database_logs=False))
        sim.tasks.trigger("job")
        sim.tasks.trigger("job")

    second = f"close_to_timeout@job.2:{QUESTION.partition('@')[2]}"
    token = f"v1 profile=webiny-5 on_crash=retry(1) {more} {second}"
    assert (said("stranded", scenario, token) is not None) == is_found


@pytest.mark.parametrize("fault", ["fail@task.update#2", "delay@user.here#1=1h", "crash@user.here#1"])
def test_left_behind_by_the_host(fault):
    """What the host or the engine left running is not stranded."""
    assert said("stranded", giving_up(), fault) is None


def test_a_child_stranded_uncut():
    """A child that is stranded uncut is found without any plan."""

    def scenario(sim):
        def run(controller):
            controller.task.trigger("part")
            return controller.response.done()

        sim.register(definition(run))
        sim.register(definition(lambda controller: controller.response.aborted(), id="part"))
        sim.tasks.trigger("job")

    report = explore(scenario, kinds=["redeliver"], profile="webiny-5")
    (finding,) = report.findings
    assert finding.sentence == "uncut, 'part.1' stays 'running': its machine ended Aborted."
    assert (finding.judge, finding.task, str(finding.token)) == (
        "stranded",
        "part-0002",
        "v1 profile=webiny-5",
    )


# --- hooks


AGAIN = "v1 profile=webiny-5 on_crash=retry(1) crash@task.update#2"


def hooked(uncut, cut, *, contract=None, in_run=0, hook="on_done"):
    """Make a scenario with a hook that does an effect so often, uncut and each time under a plan."""

    def scenario(sim):
        def run(controller):
            controller.runtime.is_close_to_timeout()
            for _ in range(in_run):
                sim.effects.record("mail", key="ann", contract="any")
            if hook == "on_error" and is_cut(sim):
                return controller.response.error("No more pages.")
            return controller.response.done()

        def on_end(task):
            for _ in range(cut if is_cut(sim) else uncut):
                sim.effects.record("mail", key="ann", contract=contract)

        sim.register(definition(run, **{hook: on_end}))
        sim.tasks.trigger("job")

    return scenario


@pytest.mark.parametrize("contract", [None, "exactly_once", "at_most_once"])
def test_hooks_repeat(contract):
    """An effect of a hook does not take place again where an event is handled again."""
    finding = found("hooks", hooked(1, 1, contract=contract), AGAIN)
    assert finding.sentence == "cut once, on_done did 1 effect again."
    assert (finding.repeated, finding.task) == (("mail[ann]",), "job-0001")


@pytest.mark.parametrize("contract", ["at_least_once", "any"])
def test_hooks_may_repeat(contract):
    """It may, if it is declared so."""
    assert found("hooks", hooked(1, 1, contract=contract), AGAIN) is None


@pytest.mark.parametrize("profile", ["documented", "generic", "webiny-6"])
def test_hooks_after_storing_do_not_repeat(profile):
    """Where hooks come after storing, a crash before that is no reason to call one twice."""
    assert found("hooks", hooked(1, 1), AGAIN.replace("webiny-5", profile)) is None


def test_only_where_an_event_is_handled_again():
    """Where no event is handled again, a hook that does more than once did not repeat itself."""
    assert found("hooks", hooked(1, 3), QUESTION) is None
    assert found("hooks", hooked(1, 3), "v1 profile=webiny-5 crash@task.update#2") is None


@pytest.mark.parametrize(("uncut", "cut", "many"), [(2, 1, 0), (3, 1, 0), (2, 2, 2), (1, 2, 3), (0, 1, 1)])
def test_how_often_is_again(uncut, cut, many):
    """As often as uncut, or once if it is new, is not again; each time more is counted."""
    finding = found("hooks", hooked(uncut, cut), AGAIN)
    assert (finding.repeated if finding else ()) == ("mail[ann]",) * many


def test_new_in_a_hook_once():
    """What a hook does that uncut is never called is new once, and again from the second time on."""
    assert found("hooks", hooked(0, 1, hook="on_error"), AGAIN.replace("crash@", "lost_ack@")) is None
    assert found("hooks", hooked(0, 1, hook="on_error"), AGAIN).sentence == (
        "cut once, on_error did 1 effect again."
    )


def test_effects_of_the_run_are_none_of_a_hook():
    """What the run itself does is not counted with what a hook does, under whatever name."""
    assert found("hooks", hooked(1, 1, in_run=1), AGAIN.replace("task.update#2", "response.done#1")) is None
    assert found("hooks", hooked(0, 0, in_run=1), AGAIN) is None


def test_hooks_are_named():
    """Each hook that did something again is named once, and their effects are counted together."""

    def scenario(sim):
        def run(input, controller):
            if input.get("fails") and is_cut(sim):
                return controller.response.error("No.")
            return controller.response.done()

        def mail(name):
            return lambda task: sim.effects.record(name, key=task.input["to"])

        sim.register(definition(run, on_done=mail("well"), on_error=mail("sorry")))
        sim.tasks.trigger("job", input={"to": "ann", "fails": True})
        sim.tasks.trigger("job", input={"to": "bob"})

    finding = found("hooks", scenario, f"{AGAIN} crash@job.2:task.update#2")
    assert finding.sentence == "cut twice, on_error, on_done did 2 effects again."
    assert (finding.repeated, finding.task) == (("sorry[ann]", "well[bob]"), "job-0001")


# --- liveness


def going_on(most, *, seconds=None):
    """Make a scenario of a task of two events that takes so many more once it was told to stop."""

    def run(input, controller):
        left = input.get("left", 0)
        if controller.runtime.is_close_to_timeout():
            return controller.response.continue_({"begun": True, "left": most - 1}, seconds=seconds)
        if left or not input.get("begun"):
            return controller.response.continue_({"begun": True, "left": max(left - 1, 0)}, seconds=seconds)
        return controller.response.done()

    def scenario(sim):
        sim.register(definition(run))
        sim.tasks.trigger("job")

    return scenario


@pytest.mark.parametrize("seconds", [None, 3600])
def test_an_end_within_fifty_events_more(seconds):
    """After the last fault an end comes within fifty events more than the uncut run takes; not one later."""
    assert said("liveness", going_on(52, seconds=seconds), QUESTION) is None
    assert said("liveness", going_on(53, seconds=seconds), QUESTION) == (
        "cut once, 'job' had not ended 52 events after the last fault; the uncut run takes 2.",
        ("ended", f"job running, machine {'Waiter' if seconds else 'CheckStatus'}"),
    )


def test_events_are_counted_from_the_last_fault():
    """Events before the last fault do not count."""
    asked = "runtime.is_close_to_timeout"
    plan = f"close_to_timeout@{asked}#1 close_to_timeout@{asked}#50"
    assert said("liveness", going_on(52), plan) is None
    assert said("liveness", going_on(53), plan) is not None


def waiting(part, *, polls=None):
    """Make a scenario of a parent that polls until its child, made by the test, has succeeded."""

    def scenario(sim):
        def run(input, controller):
            if not (children := controller.task.list_children()):
                controller.task.trigger("part")
            elif children[0].status == "success":
                return controller.response.done()
            if polls is not None and input.get("polls", 0) >= polls:
                return controller.response.error("No answer.")
            return controller.response.continue_({"polls": input.get("polls", 0) + 1}, seconds=60)

        sim.register(definition(run))
        sim.register(definition(lambda controller: part(sim, controller), id="part"))
        sim.tasks.trigger("job")

    return scenario


FAILING = 'fail@part.1:effect.write["a"]#1'


def publishing(sim, controller):
    """Do one effect, and be done."""
    sim.checkpoint("here")
    with sim.effects.record("write", key="a"):
        pass
    return controller.response.done()


@pytest.mark.parametrize(
    "token",
    [FAILING, "abort@part.1:user.here#1", f"v1 on_crash=retry(1) crash@part.1:user.here#1 {FAILING}"],
)
def test_waiting_for_ever(token):
    """Whoever waits for ever for a task that ended otherwise than expected is found, with all tasks."""
    sentence, *facts = said("liveness", waiting(publishing), token)
    assert sentence.endswith("'job' had not ended 53 events after the last fault; the uncut run takes 3.")
    status = "aborted, machine Aborted" if "abort" in token else "failed, machine Error"
    assert facts == [("ended", "job running, machine Waiter"), ("ended", f"part.1 {status}")]
    assert said("liveness", waiting(publishing, polls=8), token) is None


@pytest.mark.parametrize(
    "token",
    [
        "crash@part.1:user.here#1",
        "timeout@part.1:user.here#1",
        "delay@part.1:user.here#1=1h",
        "v1 on_crash=retry(1) crash@part.1:user.here#1 crash@part.1:user.here#2",
        "fail@part.1:task.update#3",  # the first is the trigger's
        "fail@part.1:task.update#3..",
    ],
)
def test_what_excuses_waiting_for_ever(token):
    """Nobody is accused of waiting for a task that was killed for good, or whose end could not be stored."""
    assert said("liveness", waiting(publishing), token) is None


def test_a_write_that_fails_without_harm_excuses_nothing():
    """A failing write of the engine excuses only a task whose record is left behind by it."""
    sentence, *_ = said("liveness", waiting(publishing), "lost_ack@part.1:task.update#2")
    assert sentence.startswith("cut once, 'job' had not ended")


def test_at_most_four_tasks_are_told():
    """Of many tasks the first four are told."""

    def scenario(sim):
        waiting(publishing)(sim)
        for _ in range(4):
            sim.tasks.trigger("part")

    _, *facts = said("liveness", scenario, "abort@part.5:user.here#1")
    assert len(facts) == 4


# --- invariants


def asserting(message):
    """Make a scenario of a task that fails an assertion when it is cut."""

    def scenario(sim):
        def run(controller):
            if controller.runtime.is_close_to_timeout():
                raise AssertionError(*message)
            return controller.response.done()

        sim.register(definition(run))
        sim.tasks.trigger("job")

    return scenario


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ((), "cut once, an assertion failed."),
        (("No page twice.",), "cut once, an assertion failed: No page twice."),
        (("\n  no page twice\n  but one",), "cut once, an assertion failed: no page twice."),
    ],
)
def test_assertions_are_findings(message, told):
    """An assertion that fails in a run is told with the first line of its message, and where it stands."""
    sentence, (label, where) = said("invariants", asserting(message), QUESTION)
    assert sentence == told
    assert label == "assert"
    assert where.startswith("test_judge_endings.py:")
    assert where.endswith("   raise AssertionError(*message)")


def test_an_invariant_is_told_with_its_line():
    """An assertion that fails in a function of the user's is told where it stands in that."""

    def not_running(sim):
        assert sim.tasks.list_tasks().items[0].status != "running", "left running"

    sentence, (_, where) = said(
        "invariants", giving_up(), f"v1 profile=webiny-5 {QUESTION}", invariants=[not_running]
    )
    assert sentence == "cut once, an assertion failed: left running."
    assert where.endswith('assert sim.tasks.list_tasks().items[0].status != "running", "left running"')


def test_an_assertion_without_a_source():
    """Of code that has no file the line is told as far as it is known."""
    made = {}
    exec(compile("def fail():\n    raise AssertionError('no')", "<made>", "exec"), made)  # noqa: S102

    def cut_is_refused(sim):
        if is_cut(sim):
            made["fail"]()

    assert said("invariants", giving_up(), "redeliver@1", invariants=[cut_is_refused]) == (
        "cut once, an assertion failed: no.",
        ("assert", "<made>:2"),
    )


def test_a_run_without_assertions_is_none():
    """A run that ends well, or with another error, failed no assertion."""
    assert said("invariants", asserting(()), "redeliver@1") is None
    assert said("invariants", returning_nothing, QUESTION) is None


# --- misuse


def returning_nothing(sim):
    """A task that returns nothing when it is cut."""

    def run(controller):
        if not controller.runtime.is_close_to_timeout():
            return controller.response.done()
        return None

    sim.register(definition(run))
    sim.tasks.trigger("job")


def test_misuse_is_a_finding():
    """A simulation that a usage error of tasksim ends is told with that error's sentence."""
    assert said("misuse", returning_nothing, "redeliver@1") is None
    assert said("misuse", returning_nothing, QUESTION) == (
        "cut once, the simulation ended with UsageError: run() of 'job' returned None in iteration 1.",
    )


def test_misuse_is_told_with_its_facts():
    """The first three facts of the error are told, too."""

    def scenario(sim):
        def run(controller):
            if controller.runtime.is_close_to_timeout():
                sim.advance("1h")
            return controller.response.done()

        sim.register(definition(run))
        sim.tasks.trigger("job")

    sentence, (label, fact) = said("misuse", scenario, QUESTION)
    assert sentence.endswith("ended with UsageError: advance() was called inside an event of 'job-0001'.")
    assert (label, fact.rpartition(": ")[2]) == ("fact", 'sim.advance("1h")')


def test_a_failed_check_is_an_assertion_and_no_misuse():
    """What is an assertion and an error of tasksim, as a check inside a run, is told as an assertion."""

    def scenario(sim):
        def run(controller):
            if controller.runtime.is_close_to_timeout():
                raise CheckFailed("no good", None)
            return controller.response.done()

        sim.register(definition(run))
        sim.tasks.trigger("job")

    assert said("misuse", scenario, QUESTION) is None
    assert said("invariants", scenario, QUESTION)[0] == "cut once, an assertion failed: no good."


# --- when they do not look


@pytest.mark.parametrize("judge", ["stranded", "hooks"])
def test_not_of_a_run_that_ended_with_an_error(judge):
    """What is left of a run that an error ended is no end of its own."""

    def scenario(sim):
        def run(controller):
            if controller.runtime.is_close_to_timeout():
                return controller.response.aborted()
            return controller.response.done()

        def on_done(task):
            sim.effects.record("mail", key="ann")

        def broken(sim):
            assert not is_cut(sim)

        sim.register(definition(run, on_done=on_done))
        sim.tasks.trigger("job")
        return broken

    token = f"v1 profile=webiny-5 {QUESTION}" if judge == "stranded" else AGAIN
    assert found(judge, scenario, token) is not None
    assert found(judge, scenario, token, invariants=[lambda sim, broken: broken(sim)]) is None


@pytest.mark.parametrize(
    ("judge", "scenario", "token"),
    [
        ("stranded", giving_up(), f"v1 profile=webiny-5 {QUESTION}"),
        ("hooks", hooked(1, 1), AGAIN),
        ("liveness", going_on(53), QUESTION),
        ("invariants", asserting(()), QUESTION),
        ("misuse", returning_nothing, QUESTION),
    ],
)
def test_switched_off(judge, scenario, token):
    """Each of them is switched off by its name."""
    assert found(judge, scenario, token) is not None
    assert found(judge, scenario, token, without=[judge]) is None
