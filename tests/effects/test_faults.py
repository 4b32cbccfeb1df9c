"""Faults at effects: what strikes at a plain record and when, and what becomes of the run."""

from contextlib import contextmanager, suppress

import pytest

from tasksim import EffectFailed, StalePlan, effect


@contextmanager
def noting(seen):
    """Swallow a planned failure, and note it."""
    try:
        yield
    except EffectFailed as error:
        seen.append(type(error).__name__)


def test_plain_record_is_written_at_once(run):
    """Alone, an effect has taken place when `record` returns."""
    seen = []

    def work(sim, controller):
        sim.effects.record("publish")
        seen.append(len(sim.effects))

    run(work)
    assert seen == [1]


@pytest.mark.parametrize("kind", ["crash@effect.publish#1+", "lost_ack@effect.publish#1"])
def test_what_comes_after_a_plain_record_strikes_at_the_next_checkpoint(run, kind):
    """The next checkpoint is neither counted nor reached; what stands before it is done."""
    seen = []

    def work(sim, controller):
        sim.effects.record("publish")
        seen.append("next line")
        controller.state.update_input({"at": 1})
        seen.append("never")

    sim, execution = run(work, kind)
    assert seen == ["next line"]
    assert execution.task.input == {}
    assert len(sim.effects) == 1
    assert "state.update_input#1" not in sim.trace.checkpoints()
    assert execution.status == ("failed" if "lost" in kind else "running")


@pytest.mark.parametrize("kind", ["crash@effect.publish#1+", "lost_ack@effect.publish#1"])
@pytest.mark.parametrize("ending", ["return", "raise"])
def test_after_the_last_record_it_strikes_when_the_run_ends(run, kind, ending):
    """Without another checkpoint it strikes when `run` ends, in whatever way, before anything is stored."""

    def work(sim, controller):
        done = controller.response.done("Fine.", {"all": "well"})
        sim.effects.record("publish")
        if ending == "raise":
            raise ValueError("no")
        return done

    sim, execution = run(work, kind)
    assert len(sim.effects) == 1
    if "lost" in kind:
        assert execution.status == "failed"
        assert execution.error == {"message": "effect.publish#1 failed, as planned."}
        assert type(execution.exception) is EffectFailed
    else:
        assert (execution.status, execution.machine) == ("running", "UnknownError")


@pytest.mark.parametrize("kind", ["crash@effect.publish#1+", "lost_ack@effect.publish#1"])
@pytest.mark.parametrize("ending", ["return", "raise"])
def test_it_strikes_when_a_hook_ends(run, simulate, kind, ending):
    """In a hook it strikes when the hook ends: the result stands, or the run is killed with it."""

    def on_done(task):
        sim.effects.record("publish")
        if ending == "raise":
            raise ValueError("no")

    sim = simulate(lambda *_: None, kind, on_done=on_done)
    execution = sim.run("job")
    sim.close()
    assert len(sim.effects) == 1
    failed = sim.trace.kinds("HookFailed")
    if "lost" in kind:
        assert execution.status == "success"
        assert [event.error["message"] for event in failed] == ["effect.publish#1 failed, as planned."]
    else:
        assert (failed, execution.machine) == ([], "UnknownError")


def test_assertion_counts_for_more(simulate):
    """An assertion that fails after a record comes out, whatever was planned after the effect."""

    def work(sim, controller):
        sim.effects.record("publish")
        assert controller is None

    sim = simulate(work, "lost_ack@effect.publish#1")
    with pytest.raises(AssertionError):
        sim.run("job")


def test_nothing_is_left_by_a_hook_that_fails_an_assertion(simulate):
    """What was to strike after an effect of a hook from outside is not left for somebody else."""

    def on_abort(task):
        sim.effects.record("undo")
        raise AssertionError

    sim = simulate(lambda *_: None, "lost_ack@job.2:effect.undo#1", on_abort=on_abort)
    first, second = sim.tasks.trigger("job"), sim.tasks.trigger("job")
    with pytest.raises(AssertionError):
        sim.tasks.abort(second.id)
    sim.run_until_idle()
    assert sim.execution(first).status == "success"


def test_async_run_ends_too(run):
    """In an async run what comes after the last record strikes as well."""

    async def work(sim, controller):
        sim.effects.record("publish")

    sim, execution = run(work, "lost_ack@effect.publish#1")
    assert (len(sim.effects), execution.status) == (1, "failed")


def test_nothing_is_left_for_the_next_event(run):
    """What was to strike after an effect dies with its run, if something else kills that first."""

    def work(sim, controller):
        if controller.state.get_task().iterations == 1:
            sim.effects.record("publish")
            sim.spend("1h")

    sim, execution = run(work, "crash@effect.publish#1+", on_crash="retry(1)")
    assert execution.status == "success"
    assert [event.reason for event in sim.trace.kinds("RunWasKilled")] == ["timeout"]


def test_dead_run_gets_what_killed_it(run):
    """In a killed run a lost answer is not delivered any more: what killed it is raised."""
    seen = []

    def work(sim, controller):
        sim.effects.record("publish")
        try:
            sim.spend("1h")
        finally:
            try:
                controller.logger.info("cleaning up")
            except BaseException as error:
                seen.append(type(error).__name__)
                raise

    run(work, "lost_ack@effect.publish#1")
    assert seen == ["RunKilled"]


@pytest.mark.parametrize(
    ("plan", "outcomes", "keys"),
    [
        ('fail@effect.publish["b"]#1', ["a", "EffectFailed", "c"], ["a", "c"]),
        ('fail@effect.publish["b"]#1..', ["a", "EffectFailed", "c"], ["a", "c"]),
        ("fail@effect.other#1..", ["a", "b", "c"], ["a", "b", "c"]),
        ('lost_ack@effect.publish["b"]#1', ["a", "b", "EffectFailed"], ["a", "b"]),  # at the next touch
    ],
)
def test_failures_can_be_caught(simulate, plan, outcomes, keys):
    """A failing effect raises where it is recorded and did not take place; one that is lost did."""
    seen = []

    def work(sim, controller):
        for key in "abc":
            with noting(seen):
                sim.effects.record("publish", key=key)
                seen.append(key)

    sim = simulate(work, plan)
    assert sim.run("job").status == "success"
    assert seen == outcomes
    assert sim.effects.keys("publish") == keys


def test_failing_from_then_on(run):
    """`fail@X..` lets every one fail from X on, over all events of the task."""

    def work(sim, controller):
        with suppress(EffectFailed):
            sim.effects.record("publish")
        again = controller.state.get_task().iterations < 4
        return controller.response.continue_({}) if again else None

    sim, _ = run(work, "fail@effect.publish#2..")
    assert [effect.n for effect in sim.effects] == [1]


def test_failure_that_nobody_catches_fails_the_task(run):
    """A failing effect is an exception of the task like any other (E10), never misuse of tasksim."""
    _, execution = run(lambda sim, _: sim.effects.record("publish", key="a"), 'fail@effect.publish["a"]#1')
    assert execution.error == {"message": 'effect.publish["a"]#1 failed, as planned.'}
    assert execution.machine == "Error"


def test_failure_belongs_to_its_effect(run):
    """A lost answer that is delivered at another effect keeps its own exception; the other is not touched."""

    @effect("send", raises=[ConnectionError])
    def send():
        raise AssertionError("never called")

    def work(sim, controller):
        sim.effects.record("publish")
        send()

    sim, execution = run(work, "lost_ack@effect.publish#1")
    assert type(execution.exception) is EffectFailed
    assert [effect.name for effect in sim.effects] == ["publish"]
    assert not any("send" in name for name in sim.trace.checkpoints())


def test_abort_comes_just_before(run):
    """`abort@X` aborts the task before the effect, which then takes place: the run did not ask."""

    def work(sim, controller):
        sim.effects.record("publish")
        return controller.response.aborted() if controller.runtime.is_aborted() else None

    sim, execution = run(work, "abort@effect.publish#1")
    assert (len(sim.effects), execution.status) == (1, "aborted")
    kinds = [type(event).__name__ for event in sim.trace]
    assert kinds.index("TaskAborted") < kinds.index("EffectRecorded")


def test_close_to_timeout_is_no_fault_of_effects(simulate):
    """Effects ask nothing, so telling them that time runs out is refused when the plan is read."""
    with pytest.raises(Exception, match="close_to_timeout"):
        simulate(lambda *_: None, "close_to_timeout@effect.publish#1")


def test_numbers_stay_when_an_abort_counts_on(simulate, entries):
    """An abort inside the touch may record the same effect in its hook: each keeps its own number."""

    def on_abort(task):
        sim.effects.record("publish")

    sim = simulate(lambda sim, _: sim.effects.record("publish"), "abort@effect.publish#1", on_abort=on_abort)
    sim.run("job")
    assert [(effect.n, effect.hook, effect.event) for effect in sim.effects] == [
        (2, "on_abort", 0),
        (1, None, 1),
    ]


def test_duplicate_inside_the_touch(simulate):
    """A duplicate handled inside the touch counts on; the outer one keeps its number and event."""
    sim = simulate(lambda sim, _: sim.effects.record("publish"), "run[job.1]@effect.publish#1")
    sim.run("job")
    sim.close()
    assert [(effect.event, effect.n) for effect in sim.effects] == [(2, 2), (1, 1)]


def test_redelivered_and_retried_events(run):
    """Events handled again count on in the task's life, and have numbers of their own."""

    def work(sim, controller):
        sim.effects.record("publish")
        return controller.response.continue_({}) if controller.state.get_task().iterations < 2 else None

    sim, _ = run(work, "redeliver@1")
    assert [(effect.event, effect.n) for effect in sim.effects] == [(1, 1), (2, 2)]
    sim, _ = run(work, "crash@effect.publish#1+", on_crash="retry(2)")
    assert [(effect.event, effect.n) for effect in sim.effects] == [(1, 1), (2, 2)]
    sim, _ = run(work, "crash@effect.publish#1", on_crash="redeliver(15m)")
    assert [(effect.event, effect.n) for effect in sim.effects] == [(2, 2)]
    assert sim.effects[0].at_ms == 900_000


def test_stale_plan_names_the_nearest_effect(simulate):
    """A fault at an effect that never came says which were reached."""
    sim = simulate(lambda sim, _: sim.effects.record("publish", key="a"), 'crash@effect.publish["b"]#1')
    sim.run("job")
    with pytest.raises(StalePlan) as caught:
        sim.close()
    assert 'nearest: effect.publish["a"]#1' in str(caught.value)
