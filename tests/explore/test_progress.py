"""The progress run: cut after each unit of work, a task must come further each time."""

import pytest
from explore_jobs import definition

from tasksim import StalePlan, explore, questions, replay
from tasksim._explore.laboratory import Laboratory
from tasksim._explore.options import read_options
from tasksim._explore.progress import Worker
from tasksim._explore.targets import as_target

pytestmark = pytest.mark.usefixtures("frozen")

QUESTION = "runtime.is_close_to_timeout"


def scenario_of(run, **attributes):
    """Make a scenario of one task whose run also gets the simulator."""

    def scenario(sim):
        sim.register(definition(lambda input, controller: run(sim, input, controller), **attributes))
        sim.register(definition(lambda controller: controller.response.done(), id="part"))
        sim.tasks.trigger("job")

    return scenario


def explored(scenario, **options):
    """Return the report of a scenario of which little more than the progress run is made."""
    return explore(scenario, **{"kinds": ["close_to_timeout"], **options})


def found(scenario, **options):
    """Return what the progress run finds, or None."""
    findings = {finding.judge: finding for finding in explored(scenario, **options).findings}
    return findings.get("progress")


def in_turn(*units, limit=1):
    """Make a scenario that does one thing after the other, asks after each, and remembers how far it is.

    Uncut it takes one iteration, which is the limit; so a note tells how many the progress run takes.
    """

    def run(sim, input, controller):
        for at in range(input.get("at", 0), len(units)):
            units[at](sim, controller, at)
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at + 1})
        return controller.response.done(output={"n": 1})

    return scenario_of(run, max_iterations=limit)


def effect(sim, controller, at):
    """Do an effect."""
    sim.effects.record("publish", key=str(at))


# --- units of work


@pytest.mark.parametrize(
    "unit",
    [
        effect,
        lambda sim, controller, at: controller.task.trigger("part", input={"at": at}),
        lambda sim, controller, at: controller.state.update_input({"seen": at}),
        lambda sim, controller, at: controller.state.update_output({"seen": at}),
    ],
    ids=["effect", "child", "input", "output"],
)
def test_cut_after_each_unit(unit):
    """An event is told that its time is up once it did an effect, made a child, or changed what is stored."""
    report = explored(in_turn(unit, unit, unit), without=["resume-equivalence"])
    assert report.notes[-1] == (
        "cut after each unit of work, 'job' takes 4 iterations; its max_iterations is 1"
    )
    assert [finding.judge for finding in report.findings] == []
    assert report.coverage.progress == 1


@pytest.mark.parametrize(
    "idle",
    [
        lambda sim, controller, at: sim.checkpoint("here"),
        lambda sim, controller, at: controller.logger.info("Here."),
        lambda sim, controller, at: controller.runtime.is_aborted(),
        lambda sim, controller, at: controller.state.update_input({"seen": 1}),
        lambda sim, controller, at: controller.state.update_output({"seen": 1}),
    ],
    ids=["checkpoint", "log", "question", "equal input", "equal output"],
)
def test_not_cut_without_work(idle):
    """What brings nothing about is no unit of work: the event goes on."""

    def first(sim, controller, at):
        controller.state.update_input({"seen": 1})
        controller.state.update_output({"seen": 1})

    report = explored(in_turn(first, idle, idle, effect, idle))
    assert report.notes[-1] == (
        "cut after each unit of work, 'job' takes 3 iterations; its max_iterations is 1"
    )


def test_a_removed_task_is_told_at_once():
    """A task that was removed while it runs has nothing to wait for."""
    told = []

    def run(sim, input, controller):
        told.append(controller.runtime.is_close_to_timeout())
        sim.tasks.delete_task(sim.tasks.list_tasks().items[0])
        told.append(controller.runtime.is_close_to_timeout())
        return controller.response.done()

    report = explored(scenario_of(run))
    assert report.findings == ()
    assert told[-2:] == [False, True]


def test_what_others_touch_is_no_question():
    """Touches from outside are none of its questions."""

    def run(sim, input, controller):
        sim.effects.record("publish", key=str(input.get("at", 0)))
        if controller.runtime.is_close_to_timeout() or not input.get("at"):
            return controller.response.continue_({"at": input.get("at", 0) + 1}, seconds=60)
        return controller.response.done()

    def scenario(sim):
        scenario_of(run)(sim)
        sim.at("30s", lambda: sim.tasks.abort(sim.tasks.list_tasks().items[0]))

    report = explored(scenario, expect="aborted")
    assert (report.findings, report.coverage.progress) == ((), 1)


def test_events_of_a_removed_task():
    """An event of a task that was removed since does no work, and is no livelock."""

    def run(sim, input, controller):
        sim.effects.record("publish", key="a", contract="any")
        if controller.runtime.is_close_to_timeout():
            return controller.response.continue_({}, seconds=60)
        return controller.response.done()

    def scenario(sim):
        def remove():
            (task,) = sim.tasks.list_tasks().items
            if task.status == "running":
                sim.tasks.delete_task(task)

        scenario_of(run)(sim)
        sim.at("30s", remove)

    report = explored(scenario, without=["resume-equivalence"])
    assert (report.findings, report.coverage.progress) == ((), 1)


# --- livelock


def again(sim, input, controller, *, seconds=None, key="a", most=None, count=None):
    """Do one effect, and when its time is up begin again; done once it was called often enough."""
    sim.effects.record("publish", key=key, contract="any")
    if controller.runtime.is_close_to_timeout() and (most is None or len(count) < most):
        count.append(1) if most is not None else None
        return controller.response.continue_({}, seconds=seconds)
    return controller.response.done()


def test_livelock():
    """Two events that begin with equal input and output, and equal effects, never come to an end."""
    report = explored(scenario_of(again))
    (finding,) = report.findings
    assert finding.judge == "progress"
    assert finding.sentence == (
        "cut after each unit of work, 'job' begins event 3 with input and output of an earlier one, "
        "with 2 effects in all: it never ends."
    )
    assert finding.facts == (("starts", "{}"),)
    assert finding.task == "job-0001"
    assert [fault.render() for fault in finding.plan] == [f"close_to_timeout@{QUESTION}#{n}" for n in (1, 2)]


def test_its_token_replays():
    """The plan is the list of the questions at which it was cut, and replays as a progress run."""
    scenario = scenario_of(again)
    finding = found(scenario)
    (same,) = replay(scenario, finding.token).findings
    assert (same.judge, same.sentence, same.plan, same.sha256) == (
        finding.judge,
        finding.sentence,
        finding.plan,
        finding.sha256,
    )


def test_without_any_effect():
    """Who only writes, and writes back, comes no further either."""

    def run(sim, input, controller):
        controller.state.update_input({"begun": True})
        if controller.runtime.is_close_to_timeout():
            return controller.response.continue_({"begun": False})
        return controller.response.done()

    def scenario(sim):
        sim.register(definition(lambda input, controller: run(sim, input, controller)))
        sim.tasks.trigger("job", input={"begun": False})

    finding = found(scenario)
    assert finding.sentence == (
        "cut after each unit of work, 'job' begins event 2 with input and output of an earlier one, "
        "without any effect: it never ends."
    )
    assert finding.facts == (("starts", '{"begun":false}'),)


@pytest.mark.parametrize(
    ("effects", "is_found"),
    [
        ([{"key": "a"}] * 6, True),
        ([{"key": str(n)} for n in range(6)], False),
        ([{"n": n} for n in range(6)], False),
        ([{"key": "a", "n": n} for n in range(6)], True),
        ([{"n": 1}] * 6, True),
    ],
)
def test_new_effects_are_progress(effects, is_found):
    """Equal input is no livelock as long as effects are new, by name and key, or by data without a key."""

    def scenario(sim):
        done = []

        def run(input, controller):
            for each in effects[len(done) :]:
                done.append(1)
                sim.effects.record("publish", contract="any", **each)
                if controller.runtime.is_close_to_timeout():
                    return controller.response.continue_({})
            return controller.response.done()

        sim.register(definition(run))
        sim.tasks.trigger("job")

    assert (found(scenario) is not None) == is_found


def test_children_are_progress():
    """Equal input is no livelock as long as there are new children."""

    def run(sim, input, controller):
        for n in range(len(controller.task.list_children()), 4):
            controller.task.trigger("part", input={"n": n})
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({})
        return controller.response.done()

    assert found(scenario_of(run)) is None


@pytest.mark.parametrize("what", ["input", "output"])
def test_stored_input_and_output_are_progress(what):
    """Equal effects are no livelock as long as the stored input or output is another."""

    def run(sim, input, controller):
        output = controller.state.get_output() or {}
        for n in range((input if what == "input" else output).get("n", 0), 4):
            sim.effects.record("publish", key="a", contract="any")
            if what == "output":
                controller.state.update_output({"n": n + 1})
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"n": n + 1} if what == "input" else {})
        return controller.response.done(output={"n": 4})

    assert found(scenario_of(run)) is None


def test_growing_without_an_end_is_no_livelock():
    """A task whose input differs each time is stopped after a while, and not accused of a livelock."""

    def run(sim, input, controller):
        sim.effects.record("publish", key="a", contract="any")
        if controller.runtime.is_close_to_timeout():
            return controller.response.continue_({"n": input.get("n", 0) + 1})
        return controller.response.done()

    report = explored(scenario_of(run))
    assert report.coverage.progress == 1
    assert report.findings == ()


# --- waits, and what else is due


def ready_after(polls, *, seconds=60, due=None):
    """Make a scenario that polls, with an equal input each time, until something outside is ready."""

    def scenario(sim):
        seen = []

        def run(controller):
            seen.append(1)
            sim.effects.record("poll", key="a", contract="any")
            if controller.runtime.is_close_to_timeout() and len(seen) < polls:
                return controller.response.continue_({}, seconds=seconds)
            return controller.response.done()

        sim.register(definition(run))
        sim.tasks.trigger("job")
        if due is not None:
            due(sim)

    return scenario


def test_fifty_polls():
    """If time passes in between, fifty equal starts are allowed, and not one more."""
    assert found(ready_after(51)) is None
    finding = found(ready_after(52))
    assert "begins event 52 " in finding.sentence
    assert len(finding.plan) == 51


@pytest.mark.parametrize("seconds", [None, 0.5])
def test_no_polls_without_a_wait(seconds):
    """Without a wait between them, one equal start is too many: nothing else can have happened."""
    assert found(ready_after(2, seconds=seconds)) is None
    assert found(ready_after(3, seconds=seconds)) is not None


@pytest.mark.parametrize(
    "due",
    [
        lambda sim: sim.at("1d", lambda: None),
        lambda sim: sim.every("1h", lambda: None, times=50),
        lambda sim: sim.every("1h", lambda: None),
        lambda sim: (
            sim.register(definition(lambda controller: controller.response.done(), id="part")),
            sim.tasks.trigger("part", delay="1d"),
        ),
    ],
    ids=["act", "acts", "acts for ever", "task"],
)
@pytest.mark.parametrize("seconds", [None, 60])
def test_something_else_is_due(due, seconds):
    """As long as something else is due, it may change what the task waits for."""
    assert found(ready_after(54, seconds=seconds, due=due)) is None


def test_starts_count_again_when_nothing_else_is_due():
    """Once all else has happened, equal starts count."""
    finding = found(ready_after(200, due=lambda sim: sim.at("10m", lambda: None)))
    assert "begins event 61 " in finding.sentence


def test_each_task_has_its_own_starts():
    """That another task begins with an equal input is no livelock."""

    def scenario(sim):
        in_turn(effect, effect, limit=9)(sim)
        sim.tasks.trigger("job")

    assert found(scenario, kinds=["close_to_timeout"]) is None


# --- longer set-ups


def setting_up(sim, input, controller):
    """Connect and log in, asking after each, before the first unit of the work itself."""
    for name in ("connect", "log in"):
        sim.effects.record(name.replace(" ", "_"), key="a", contract="any")
        if controller.runtime.is_close_to_timeout():
            return controller.response.continue_({})
    for at in range(input.get("at", 0), 3):
        sim.effects.record("publish", key=str(at))
        if controller.runtime.is_close_to_timeout():
            return controller.response.continue_({"at": at + 1})
    return controller.response.done()


def test_questions():
    """`questions(n)` lets an event go on until it asked so often, so that a longer set-up is no livelock."""
    scenario = scenario_of(setting_up)
    assert found(scenario) is not None
    assert found(scenario, progress=questions(1)) is not None
    assert found(scenario, progress=questions(2)) is None


def test_questions_count_in_each_event():
    """It is told at the question after, in each event anew, whether it did anything or not."""
    units = [lambda sim, controller, at: None] * 7
    assert len(explored(in_turn(*units)).notes) == 1
    report = explored(in_turn(*units), progress=questions(2))
    assert report.notes[-1] == (
        "cut after each unit of work, 'job' takes 3 iterations; its max_iterations is 1"
    )


# --- limits of iterations


def test_limits_are_lifted_and_noted():
    """A limit of iterations is no matter to the progress run: what it took beyond is said."""
    units = [effect] * 5
    report = explored(in_turn(*units, limit=6))
    assert (report.notes, report.findings) == ((), ())
    report = explored(in_turn(*units, limit=5), without=["resume-equivalence"])
    assert report.notes == ("cut after each unit of work, 'job' takes 6 iterations; its max_iterations is 5",)
    assert report.findings == ()


def test_limits_hold_in_all_other_runs():
    """Only the progress run lifts it: a plan under which the limit is reached is a finding."""
    report = explored(in_turn(effect, effect, limit=1))
    (finding,) = report.findings
    assert finding.sentence == "cut once, 'job' ended 'failed'; the uncut run ends 'success'."


def test_no_note_where_there_is_no_limit():
    """In a profile without a limit there is nothing to note."""
    report = explored(
        scenario_of(lambda sim, input, controller: again(sim, input, controller, key="b")),
        profile="generic",
        without=["progress"],
    )
    assert report.notes == ()


# --- when it is not made


def test_only_where_it_can_cut():
    """It needs the kind close_to_timeout, and one of the judges that look at it."""
    scenario = scenario_of(again)
    for options, runs in [
        ({"kinds": ["redeliver"]}, 0),
        ({"without": ["progress", "bounded-state"]}, 0),
        ({"without": ["progress"]}, 1),
        ({"without": ["bounded-state"]}, 1),
    ]:
        report = explored(scenario, **options)
        assert report.coverage.progress == runs
        assert report.passed == ("bounded-state" not in options.get("without", ()) or runs == 0)


def test_a_run_that_was_never_cut_is_the_uncut_one():
    """Where it asks nothing after a unit of work nothing is judged, and nothing is noted."""

    def run(sim, input, controller):
        controller.runtime.is_close_to_timeout()
        sim.effects.record("publish", key="a")
        return controller.response.done()

    report = explored(scenario_of(run))
    assert report.coverage.progress == 1
    assert (report.findings, report.notes) == ((), ())


def test_a_scenario_that_interrupts_itself():
    """Interruptions of the scenario's own stand beside those of the progress run."""

    def scenario(sim):
        in_turn(effect, effect, effect, limit=9)(sim)
        sim.interrupt_every(2)

    report = explored(scenario)
    assert (report.findings, report.coverage.progress) == ((), 1)


def test_what_never_cut_says_so():
    """As any interruption, one that never struck says why, to whoever asks."""
    with Laboratory(as_target(in_turn(lambda sim, controller, at: None)), read_options({})) as lab:
        facts = lab.run(Worker(None, most_events=9))
    with pytest.raises(StalePlan) as stale:
        facts.watcher.check_all_fired(facts.engine)
    assert str(stale.value) == (
        "progress interrupted nothing: no event asked after a unit of work.\n"
        "  Let run() ask controller.runtime.is_close_to_timeout() before each unit of work."
    )


def test_switched_off():
    """Without the judge no livelock is found."""
    scenario = scenario_of(again)
    assert found(scenario) is not None
    assert found(scenario, without=["progress"]) is None
