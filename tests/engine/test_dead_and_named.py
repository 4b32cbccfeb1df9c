"""What review found: dead runs that revive, labels taken twice, addresses, numbers of touches."""

import pickle
import time

import pytest

from tasksim import Limits, Simulator, UsageError, create_task_definition
from tasksim.errors import RunKilled

PROFILES = ("documented", "webiny-5", "webiny-6")


def definition(run, id="reindex", **attributes):
    """Make a definition."""
    return create_task_definition(id=id, title="Reindex", run=run, **attributes)


def done(controller):
    """Finish at once."""
    return controller.response.done()


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("ending", ["return", "raise"])
def test_hook_cannot_revive_a_dead_run(profile, ending):
    """A hook that swallows the kill ends the event all the same, and nothing is cleaned up."""

    def on_done():
        try:
            sim.checkpoint("here")
        except BaseException:  # noqa: BLE001 - what a careless hook does
            if ending == "raise":
                raise ValueError from None

    sim = Simulator(profile=profile, plan="crash@user.here#1", freeze=False)
    sim.register(definition(done, on_done=on_done, self_cleanup="always"))
    execution = sim.run("reindex")
    assert execution.machine == "UnknownError"
    assert execution.status == ("running" if profile == "webiny-5" else "success")
    assert execution.iterations[0].killed == "crash"


def test_dead_run_stores_no_child():
    """A child whose hook swallows the kill of its parent's run is not stored."""

    def hook():
        try:
            sim.checkpoint("here")
        except BaseException:  # noqa: BLE001 - see above
            return

    sim = Simulator(plan="crash@user.here#1", freeze=False)
    sim.register(definition(lambda controller: controller.task.trigger("part")))
    sim.register(definition(done, "part", on_before_trigger=hook))
    assert sim.run("reindex").machine == "UnknownError"
    assert [task.definition_id for task in sim.tasks.list_tasks()] == ["reindex"]


def test_dead_run_plans_no_act_and_registers_nothing():
    """A dead run can neither plan acts nor register definitions."""
    attempts = []

    def attempt(call):
        try:
            call()
        except RunKilled:
            attempts.append("refused")

    def run():
        try:
            sim.checkpoint("here")
        except BaseException:  # noqa: BLE001 - see above
            attempt(lambda: sim.at("1m", print))
            attempt(lambda: sim.every("1m", print))
            attempt(lambda: sim.stub("late"))

    sim = Simulator(plan="crash@user.here#1", freeze=False)
    sim.register(definition(run))
    sim.run("reindex")
    assert attempts == ["refused"] * 3
    assert sim.next_event() is None
    assert sim.tasks.get_definition("late") is None


def test_labels_are_taken_once():
    """A task triggered inside another's `on_before_trigger` has a label of its own."""

    def hook(context):
        context.tasks.trigger("part")

    sim = Simulator(freeze=False)
    sim.register(definition(done, on_before_trigger=hook))
    sim.register(definition(done, "part"))
    sim.run("reindex")
    names = sim.trace.checkpoints()
    assert len(names) == len(set(names))
    assert "part.1:event#1" in names


def test_label_of_a_failed_trigger_is_used_again():
    """The label of a trigger that failed goes to the next task, whose touches count on."""
    calls = []

    def hook():
        calls.append(1)
        if len(calls) == 1:
            raise LookupError

    sim = Simulator(freeze=False)
    sim.register(definition(done, on_before_trigger=hook))
    with pytest.raises(LookupError):
        sim.tasks.trigger("reindex")
    sim.run("reindex")
    assert [name for name in sim.trace.checkpoints() if "hook" in name] == [
        "hook.on_before_trigger#1",
        "hook.on_before_trigger#2",
    ]
    sim.run("reindex")
    assert "reindex.2:event#1" in sim.trace.checkpoints()


def test_what_is_returned_is_named_without_an_address():
    """E13: the message of a run that returned an object has no address in it."""
    sim = Simulator([definition(lambda: object())], freeze=False)  # noqa: PLW0108 - a class is refused
    task = sim.tasks.trigger("reindex")
    with pytest.raises(UsageError) as caught:
        sim.run_until_idle()
    message = "run() of 'reindex' returned object <object object> in iteration 1."
    assert caught.value.sentence == message
    assert sim.execution(task).error["message"] == message


def test_log_that_an_abort_creates_inside_another():
    """Each creation of a log has its own number, also where an abort creates one in the middle."""
    sim = Simulator([definition(done)], plan="abort@log.create#1", freeze=False)
    sim.run("reindex")
    names = [name for name in sim.trace.checkpoints() if name.startswith("log.create")]
    assert sorted(names) == ["log.create#1", "log.create#2"]


@pytest.mark.parametrize(
    ("settings", "kinds"),
    [
        ({"plan": "redeliver@1"}, ["first", "duplicate"]),
        ({"plan": "crash@wait#1", "on_crash": "retry(1)"}, ["first", "retry"]),
    ],
)
def test_again_means_right_after(settings, kinds):
    """A duplicate and a retry come before an act that became due during the event."""

    def run(input, controller):
        sim.spend("10m")
        return done(controller) if input else controller.response.continue_({"again": True}, seconds=60)

    sim = Simulator(freeze=False, **settings)
    sim.register(definition(run))
    order = []
    sim.at("5m", lambda: order.append("act"))
    sim.tasks.trigger("reindex")
    while (handled := sim.run_next()) is not None and "act" not in order:
        order.append(handled.delivery)
    assert order[:3] == [*kinds, "act"]


def test_saved_update_writes_what_was_unsaved():
    """L4, L5: a saved update equal to an unsaved one writes it."""

    def run(store, response):
        store.update_input({"a": 2}, save=False)
        store.update_input({"a": 2})
        assert store.get_input() == {"a": 2}
        return response.done()

    assert Simulator([definition(run)], freeze=False).run("reindex", input={"a": 1}).task.input == {"a": 2}


def test_dead_write_has_no_number():
    """Writes are numbered without a gap, also where a dead run tried one."""

    def run(controller):
        def change(_):
            try:
                sim.checkpoint("here")
            except BaseException:  # noqa: BLE001 - see above
                return {"dead": True}
            return {"alive": True}

        controller.state.update_input(change)
        return controller.response.done()

    sim = Simulator(plan="crash@user.here#1", on_crash="retry(1)", freeze=False)
    sim.register(definition(run))
    sim.run("reindex")
    assert [event.write for event in sim.trace.kinds("RecordUpdated")] == [1, 2, 3, 4, 5]


def test_acts_do_not_move_time():
    """Moving time inside an act is a usage error, and `time.sleep` is real afterwards."""
    real = time.sleep
    sim = Simulator([definition(done)], freeze=False)
    sim.at("1m", lambda: sim.run("reindex"))
    with pytest.raises(UsageError, match=r"run\(\) was called inside the act 'act'"):
        sim.run_until_idle()
    assert time.sleep is real


def test_async_functions_are_refused_where_plain_ones_are_meant():
    """A condition or act that is async would never run: it is refused."""

    async def later():
        return True

    sim = Simulator(freeze=False)
    with pytest.raises(UsageError, match="The condition of run_until\\(\\) is async"):
        sim.run_until(later)
    with pytest.raises(UsageError, match="run_until\\(\\) got 5"):
        sim.run_until(5)
    sim.at("1m", later)
    with pytest.raises(UsageError, match="The act 'later' is async"):
        sim.run_until_idle()


def test_endless_acts_count_for_a_condition():
    """`run_until` goes on with acts that repeat for ever."""
    polled = []
    sim = Simulator(freeze=False)
    sim.every("1m", lambda: polled.append(1))
    sim.run_until(lambda: len(polled) == 3)
    assert sim.now_ms == 180_000


@pytest.mark.parametrize(
    "settings",
    [
        {"limits": Limits(lifetime="soon")},
        {"limits": Limits(events=-1)},
        {"limits": Limits(checkpoints=1.5)},
        {"freeze": "no"},
        {"trace": "no"},
        {"plan": "v1 crash@event#1"},
    ],
)
def test_settings_are_checked(settings):
    """A setting of the wrong kind is a usage error at once."""
    with pytest.raises(UsageError):
        Simulator(**settings)


def test_lifetime_is_a_duration():
    """The lifetime of a machine may be given as text."""
    wait = lambda controller: controller.response.continue_({}, seconds=60)  # noqa: E731 - short
    sim = Simulator([definition(wait)], limits=Limits(lifetime="90s"), freeze=False)
    assert sim.run("reindex").machine == "TimedOut"
    assert sim.now_ms == 90_000


def test_last_state_counts_as_a_transition():
    """Entering the end is a transition: passing the host's limit there ends the machine as TimedOut."""
    sim = Simulator([definition(done)], limits=Limits(transitions=3), freeze=False)
    execution = sim.run("reindex")
    assert (execution.status, execution.machine) == ("success", "TimedOut")


def test_kill_survives_pickling():
    """What killed a run can be sent to another process."""
    killed = pickle.loads(pickle.dumps(RunKilled("crash", "event#1")))  # noqa: S301 - our own
    assert (killed.reason, killed.checkpoint) == ("crash", "event#1")


def test_act_at_a_wall_time_as_text():
    """An act may be planned at ISO text."""
    sim = Simulator(freeze=False)
    sim.at("2024-01-01T00:10:00Z", list)
    sim.run_until_idle()
    assert sim.now_ms == 600_000


def test_error_needs_a_message():
    """An error given as a mapping must have a message."""
    sim = Simulator([definition(lambda controller: controller.response.error({"code": 5}))], freeze=False)
    with pytest.raises(UsageError, match="which has no message"):
        sim.run("reindex")


def test_seeds_are_lists():
    """Records to seed come as lists."""
    with pytest.raises(UsageError, match="seed_records\\(\\) got tasks=5"):
        Simulator(freeze=False).seed_records(tasks=5)
