"""Events inside events: `run[task]@X` handles one whole due event of a task inside the touch X."""

import asyncio
import contextlib
import time

import pytest

from tasksim import LimitReached, Limits, Simulator, StalePlan, UsageError, create_task_definition

PROFILES = ("documented", "generic", "webiny-5", "webiny-6")
SAVE = "state.update_input#1"


def define(id, run, **attributes):
    """Return a definition made of a function."""
    return create_task_definition(id=id, title=id.title(), run=run, **attributes)


def done(controller):
    """Do nothing."""
    return controller.response.done()


def save(controller):
    """Touch the world once."""
    controller.state.update_input({"saved": True})
    return controller.response.done(output={"by": "save"})


def simulate(outer, inner, plan, *others, settings=None, triggered=("reindex", "sendMail"), stale=False):
    """Trigger one task of each definition, run to idle, and return the simulator."""
    definitions = [
        outer if isinstance(outer, object) and hasattr(outer, "id") else define("reindex", outer),
        inner if hasattr(inner, "id") else define("sendMail", inner),
        *others,
    ]
    sim = Simulator(definitions, freeze=False, plan=plan, **(settings or {}))
    for id in triggered:
        sim.tasks.trigger(id)
    sim.run_until_idle()
    if not stale:
        sim.close()
    return sim


def of(sim, id, nth=0):
    """Return the execution of the nth task of a definition."""
    tasks = sim.tasks.list_tasks(where={"definition_id": id}, sort="created_on_ASC").items
    return sim.execution(tasks[nth])


def order(sim, *kinds):
    """Return these events of the trace: kind and definition of the task."""
    kinds = kinds or ("EventStarted", "EventAnswered", "RunWasKilled", "MachineEnded")
    ids = {life.task_id: life.definition_id for life in sim._engine.lives.values()}
    return [f"{type(event).__name__} {ids[event.task]}" for event in sim.trace.kinds(*kinds)]


# --- what is handled, and where


def test_whole_event_is_handled_inside_the_touch():
    """The event of the other task is handled from its start to its end before the touch takes effect."""
    sim = simulate(save, done, f"run[sendMail.1]@{SAVE}")
    assert order(sim) == [
        "EventStarted reindex",
        "EventStarted sendMail",
        "EventAnswered sendMail",
        "MachineEnded sendMail",
        "EventAnswered reindex",
        "MachineEnded reindex",
    ]
    names = sim.trace.checkpoints()
    assert names.index("sendMail.1:response.done#1") < names.index(SAVE)
    assert (of(sim, "reindex").status, of(sim, "sendMail").status) == ("success", "success")
    assert (of(sim, "reindex").machine, of(sim, "sendMail").machine) == ("Done", "Done")


def test_what_it_stored_is_seen_afterwards():
    """What the inner event stored is there for the outer one as soon as the touch returns."""
    seen = []

    def outer(controller, context):
        def look():
            [mail] = context.tasks.list_tasks(where={"definition_id": "sendMail"}).items
            seen.append((str(mail.status), mail.output))

        look()
        controller.state.update_input({"saved": True})
        look()
        return controller.response.done()

    def inner(controller):
        return controller.response.done(output={"sent": 1})

    simulate(outer, inner, f"run[sendMail.1]@{SAVE}")
    assert seen == [("pending", None), ("success", {"sent": 1})]


def test_abort_of_the_outer_task_by_the_inner_one_is_seen():
    """An inner event that aborts the outer task does so in the middle of its run."""

    def outer(controller):
        controller.state.update_input({"saved": True})
        if controller.runtime.is_aborted():
            return controller.response.aborted()
        return controller.response.done()

    def inner(controller, context):
        [task] = context.tasks.list_tasks(where={"definition_id": "reindex"}).items
        context.tasks.abort(task.id)
        return controller.response.done()

    sim = simulate(outer, inner, f"run[sendMail.1]@{SAVE}")
    assert (of(sim, "reindex").status, of(sim, "reindex").machine) == ("aborted", "Aborted")


def test_it_is_handled_once():
    """The event that was handled inside is not handled again at its turn."""
    sim = simulate(save, done, f"run[sendMail.1]@{SAVE}")
    assert order(sim, "EventStarted") == ["EventStarted reindex", "EventStarted sendMail"]
    assert of(sim, "sendMail").task.iterations == 1


def test_its_state_machine_goes_on():
    """Later events of the inner task come at their time, as if it had been handled at its turn."""

    def inner(input, controller):
        if input.get("half"):
            return controller.response.done(output={"at": controller.runtime.remaining_seconds()})
        return controller.response.continue_({"half": True}, seconds=30)

    sim = simulate(save, inner, f"run[sendMail.1]@{SAVE}")
    starts = [event.at_ms for event in sim.trace.kinds("EventStarted")]
    assert (starts, of(sim, "sendMail").status) == ([0, 0, 30_000], "success")


@pytest.mark.parametrize(
    "place",
    [
        "event#1",
        "log.create#1",
        "task.update#1",
        "task.update#2",
        "write#2",
        "log.update#1",
        "logger.info#1",
        "runtime.is_aborted#1",
        "state.get_input#1",
        "user.here#1",
        "effect.send#1",
        "sleep#1",
        "response.continue#1",
        "wait#1",
        "hook.on_done#1",
    ],
)
def test_every_checkpoint_of_an_event_will_do(place):
    """An event can be handled inside any touch that an event makes; the outer one then ends as ever."""
    context = {}

    def outer(input, controller):
        controller.logger.info("Began.")
        controller.runtime.is_aborted()
        controller.state.get_input()
        context["sim"].checkpoint("here")
        context["sim"].effects.record("send")
        time.sleep(1)
        if "half" not in input:
            return controller.response.continue_({"half": True}, seconds=1)
        return controller.response.done()

    definitions = [
        define("reindex", outer, on_done=lambda: None, database_logs=True),
        define("sendMail", done),
    ]

    def simulation(plan):
        sim = context["sim"] = Simulator(definitions, freeze=False, plan=plan)
        sim.tasks.trigger("reindex")
        if place == "hook.on_done#1":  # due when the second event is under way
            sim.at("2s", lambda: sim.tasks.trigger("sendMail"))
            sim.run_next()
        else:
            sim.tasks.trigger("sendMail")
        sim.run_until_idle()
        return sim

    sim, plain = simulation(f"run[sendMail.1]@{place}"), simulation(None)
    sim.close()
    assert of(sim, "sendMail").status == of(sim, "reindex").status == "success"
    inner = next(event.seq for event in sim.trace.kinds("EventAnswered") if event.task.startswith("sendMail"))
    outer_ends = [event.seq for event in sim.trace.kinds("EventAnswered") if event.task.startswith("reindex")]
    assert any(inner < end for end in outer_ends)
    assert names_of(sim) == names_of(plain)


def names_of(sim):
    """Return the names of the checkpoints that the first root reached."""
    return [name for name in sim.trace.checkpoints() if ":" not in name]


def test_first_root_is_the_first_of_its_definition():
    """The first root task, which has no label, is named as the first of its definition."""
    definitions = [define("reindex", done), define("sendMail", save)]
    sim = Simulator(definitions, freeze=False, plan=f"order@0s=2 run[reindex.1]@sendMail.1:{SAVE}")
    for id in ("reindex", "sendMail"):
        sim.tasks.trigger(id)
    sim.run_until_idle()
    sim.close()
    assert order(sim, "EventStarted") == ["EventStarted sendMail", "EventStarted reindex"]


def test_label_is_meant_before_the_first_root():
    """Where a task bears the very label, that one is meant, and not the first root of the definition."""
    sim = Simulator(
        [define("reindex", done), define("sendMail", save)],
        freeze=False,
        plan=f"order@0s=3 run[reindex.1]@sendMail.1:{SAVE}",
    )
    first_root = sim.tasks.trigger("reindex")
    sim.tasks.trigger("reindex", parent=first_root)
    sim.tasks.trigger("sendMail")
    sim.run_until_idle()
    sim.close()
    assert [event.label for event in sim.trace.kinds("EventStarted")] == ["sendMail.1", "", "reindex.2"]
    sim = Simulator(
        [define("reindex", done), define("sendMail", save)],
        freeze=False,
        plan=f"order@0s=3 run[reindex.1]@sendMail.1:{SAVE}",
    )
    sim.tasks.trigger("reindex", parent="somebody")
    sim.tasks.trigger("reindex")
    sim.tasks.trigger("sendMail")
    sim.run_until_idle()
    sim.close()
    assert [event.label for event in sim.trace.kinds("EventStarted")] == ["sendMail.1", "reindex.1", ""]


def test_child_inside_its_parent():
    """A child that was triggered is due, and may be handled before its parent goes on."""

    def parent(controller):
        controller.task.trigger("sendMail")
        [child] = controller.task.list_children()
        return controller.response.done(output={"child": str(child.status)})

    sim = simulate(parent, done, "run[sendMail.1]@task.list_children#1", triggered=("reindex",))
    assert of(sim, "reindex").output == {"child": "success"}


def test_of_several_due_the_one_named_is_handled():
    """Only the named task's event is handled; the others stay where they were."""
    sim = simulate(
        save, done, f"run[sendMail.2]@{SAVE}", triggered=("reindex", "sendMail", "sendMail", "sendMail")
    )
    labels = [event.label for event in sim.trace.kinds("EventStarted")]
    assert labels == ["", "sendMail.2", "sendMail.1", "sendMail.3"]


def test_event_that_becomes_due_meanwhile():
    """What becomes due while the outer event takes its time can be handled inside."""

    def outer(controller):
        time.sleep(60)
        controller.state.update_input({"saved": True})
        return controller.response.done()

    def inner(input, controller):
        if "half" not in input:
            return controller.response.continue_({"half": True}, seconds=30)
        return controller.response.done()

    sim = Simulator(
        [define("reindex", outer), define("sendMail", inner)],
        freeze=False,
        plan=f"order@0s=2 run[sendMail.1]@{SAVE}",
    )
    for id in ("reindex", "sendMail"):
        sim.tasks.trigger(id)
    sim.run_until_idle()
    sim.close()
    assert [event.at_ms for event in sim.trace.kinds("EventStarted")] == [0, 0, 60_000]


# --- how deep


def chain(plan, **settings):
    """Run four tasks that touch the world once each."""
    definitions = [define(id, save) for id in ("first", "second", "third", "fourth")]
    sim = Simulator(definitions, freeze=False, plan=plan, **settings)
    for definition in definitions:
        sim.tasks.trigger(definition.id)
    sim.run_until_idle()
    return sim


def test_two_deep():
    """An event inside an event inside an event is handled."""
    sim = chain(f"run[second.1]@{SAVE} run[third.1]@second.1:{SAVE}")
    sim.close()
    assert order(sim, "EventStarted", "EventAnswered") == [
        "EventStarted first",
        "EventStarted second",
        "EventStarted third",
        "EventAnswered third",
        "EventAnswered second",
        "EventAnswered first",
        "EventStarted fourth",
        "EventAnswered fourth",
    ]
    assert [of(sim, id).status for id in ("first", "second", "third")] == ["success"] * 3


def test_no_deeper():
    """A third inside of two does not strike, and is reported."""
    sim = chain(f"run[second.1]@{SAVE} run[third.1]@second.1:{SAVE} run[fourth.1]@third.1:{SAVE}")
    with pytest.raises(StalePlan) as caught:
        sim.close()
    assert str(caught.value) == (
        f"The planned fault 'run[fourth.1]@third.1:{SAVE}' never fired: 'third.1:{SAVE}' is inside of 2 "
        "events already.\n"
        "  no more are handled inside another\n"
        "  Choose a place where an event of it is due, or in an event of its own, as a duplicate."
    )
    assert of(sim, "fourth").status == "success"


def test_several_inside_one_event():
    """One event may have several inside it, one after the other: that is not deep."""
    sim = chain(" ".join(f"run[{id}.1]@{SAVE}" for id in ("second", "third", "fourth")))
    sim.close()
    starts = ["first", "second", "third", "fourth"]
    assert order(sim, "EventStarted") == [f"EventStarted {id}" for id in starts]
    assert order(sim, "EventAnswered")[-1] == "EventAnswered first"


# --- duplicates of what is being handled


@pytest.mark.parametrize("profile", PROFILES)
def test_own_task_runs_as_an_overlapping_duplicate(profile):
    """A task that is being handled runs again inside itself: both write, and both call the hook."""
    runs = []

    def outer(input, controller):
        runs.append(dict(input))
        mine = len(runs)
        controller.state.update_input({"mine": mine})
        return controller.response.done(output={"mine": mine})

    hooks = []
    sim = simulate(
        define("reindex", outer, on_done=lambda task: hooks.append(task.output), database_logs=True),
        done,
        f"run[reindex.1]@{SAVE}",
        settings={"profile": profile},
        triggered=("reindex",),
    )
    execution = of(sim, "reindex")
    assert runs == [{}, {}]  # neither knows of the other
    assert (execution.status, execution.machine) == ("success", "Done")
    assert execution.output == {"mine": 1}  # the outer one wrote last
    assert execution.task.input == {"mine": 1}
    assert len(hooks) == 2
    assert execution.task.iterations == 2
    assert [event.delivery for event in sim.trace.kinds("EventStarted")] == ["first", "duplicate"]
    assert len(execution.logs) == 2
    assert order(sim, "MachineEnded") == ["MachineEnded reindex"]  # a duplicate's answer moves nothing


def test_duplicate_after_the_result_is_stored():
    """At `wait`, when the result is stored, the duplicate sees it and does the next slice."""
    inputs = []

    def outer(input, controller):
        inputs.append(input.get("at", 0))
        if len(inputs) > 3:
            return controller.response.done()
        return controller.response.continue_({"at": input.get("at", 0) + 1}, seconds=60)

    simulate(outer, done, "run[reindex.1]@wait#1", triggered=("reindex",))
    assert inputs == [0, 1, 2, 3]


def test_outer_task_inside_an_inner_one():
    """Two deep, the outermost task too is on the stack: it runs as a duplicate."""
    sim = simulate(save, save, f"run[sendMail.1]@{SAVE} run[reindex.1]@sendMail.1:{SAVE}")
    assert [(event.label, event.delivery) for event in sim.trace.kinds("EventStarted")] == [
        ("", "first"),
        ("sendMail.1", "first"),
        ("", "duplicate"),
    ]


# --- time


def test_inner_time_is_outer_time():
    """What the inner event takes is gone for the outer one; the inner one has a budget of its own."""
    left = []

    def outer(controller):
        left.append(controller.runtime.remaining_seconds())
        controller.state.update_input({"saved": True})
        left.append(controller.runtime.remaining_seconds())
        return controller.response.done()

    def inner(controller):
        left.append(controller.runtime.remaining_seconds())
        time.sleep(100)
        return controller.response.done()

    simulate(outer, inner, f"run[sendMail.1]@{SAVE}", settings={"budget": "10m"})
    assert left == [600, 600, 500]


def test_inner_event_begins_with_a_fresh_budget():
    """The inner event is a delivery of its own: what the outer one used is not its concern."""
    left = []

    def outer(controller):
        time.sleep(500)
        controller.state.update_input({"saved": True})
        return controller.response.done()

    def inner(controller):
        left.append(controller.runtime.remaining_seconds())
        return controller.response.done()

    simulate(outer, inner, f"run[sendMail.1]@{SAVE}", settings={"budget": "10m"})
    assert left == [600]


@pytest.mark.parametrize("seconds", [300, 400])
def test_outer_event_is_killed_if_its_deadline_passed(seconds):
    """An outer event whose deadline came while the inner one ran is killed there, after the inner one."""

    def outer(controller):
        time.sleep(300)
        controller.state.update_input({"saved": True})
        return controller.response.done()

    def inner(controller):
        time.sleep(seconds)
        return controller.response.done()

    sim = simulate(outer, inner, f"run[sendMail.1]@{SAVE}", settings={"budget": "10m", "on_crash": "strand"})
    assert of(sim, "sendMail").status == "success"
    execution = of(sim, "reindex")
    assert (execution.status, execution.machine, execution.task.input) == ("running", "UnknownError", {})
    [killed] = sim.trace.kinds("RunWasKilled")
    assert (killed.reason, killed.checkpoint, killed.at_ms) == ("timeout", SAVE, (300 + seconds) * 1000)


def test_every_deadline_on_the_stack_counts():
    """Two deep, the innermost event may use up the budgets of both around it."""

    def sleeping(controller):
        time.sleep(700)
        return controller.response.done()

    definitions = [define("first", save), define("second", save), define("third", sleeping)]
    sim = Simulator(
        definitions,
        freeze=False,
        plan=f"run[second.1]@{SAVE} run[third.1]@second.1:{SAVE} delay@third.1:sleep#1=1s",
        budget="12m",
    )
    for definition in definitions:
        sim.tasks.trigger(definition.id)
    sim.run_until_idle()
    sim.close()
    assert [of(sim, id).status for id in ("first", "second", "third")] == ["success"] * 3
    sim = Simulator(
        definitions,
        freeze=False,
        plan=f"run[second.1]@{SAVE} run[third.1]@second.1:{SAVE} timeout@third.1:sleep#1",
    )
    for definition in definitions:
        sim.tasks.trigger(definition.id)
    sim.run_until_idle()
    sim.close()
    assert order(sim, "RunWasKilled") == [f"RunWasKilled {id}" for id in ("third", "second", "first")]
    assert sim.now_ms == 900_000


# --- what ends inside


@pytest.mark.parametrize("fault", ["crash", "timeout"])
def test_inner_kill_kills_only_the_inner_run(fault):
    """A crash or hard timeout of the inner run is its own; the outer one goes on if it has time left."""
    sim = simulate(
        save,
        save,
        f"delay@event#1=1s run[sendMail.1]@{SAVE} {fault}@sendMail.1:{SAVE}",
        settings={"on_crash": "strand", "budget": "10m"},
    )
    assert order(sim, "RunWasKilled")[0] == "RunWasKilled sendMail"
    assert of(sim, "sendMail").machine == "UnknownError"
    assert of(sim, "reindex").status == ("success" if fault == "crash" else "running")


def test_host_handles_a_killed_inner_event_again_afterwards():
    """The retry of an inner event is the first to be handled after the outer one."""
    sim = simulate(
        save,
        save,
        f"run[sendMail.1]@{SAVE} crash@sendMail.1:{SAVE}",
        settings={"on_crash": "retry(1)"},
        triggered=("reindex", "sendMail", "sendMail"),
    )
    assert [(event.label, event.delivery) for event in sim.trace.kinds("EventStarted")] == [
        ("", "first"),
        ("sendMail.1", "first"),
        ("sendMail.1", "retry"),
        ("sendMail.2", "first"),
    ]
    assert of(sim, "sendMail").status == "success"


def test_outer_crash_after_the_inner_event():
    """A crash at the same touch comes after the inner event; what that stored stays."""
    sim = simulate(save, done, f"run[sendMail.1]@{SAVE} crash@{SAVE}", settings={"on_crash": "strand"})
    assert (of(sim, "sendMail").status, of(sim, "reindex").status) == ("success", "running")


def test_crash_that_comes_first_leaves_nothing_to_run():
    """Faults of one touch strike in the order of the plan: after a crash no event is handled inside."""
    sim = simulate(
        save, done, f"crash@{SAVE} run[sendMail.1]@{SAVE}", settings={"on_crash": "strand"}, stale=True
    )
    with pytest.raises(StalePlan, match=r"run\[sendMail.1\]"):
        sim.close()


def swallowing(controller):
    """Swallow whatever a touch raises."""
    with contextlib.suppress(BaseException):
        controller.state.update_input({"saved": True})
    return controller.response.done()


def misuse(controller):
    """Pass what is no JSON."""
    controller.state.update_input({"at": object()})
    return controller.response.done()


def failing_assertion(controller):
    """Fail as a test does."""
    raise AssertionError("inner")


def interrupted(controller):
    """Be interrupted by the keyboard."""
    raise KeyboardInterrupt


def exiting(controller):
    """Leave the process."""
    raise SystemExit(3)


def skipping(controller):
    """Skip the test."""
    pytest.skip("inner")


def returning_nothing(controller):
    """Forget the result."""


ENDINGS = {
    misuse: UsageError,
    failing_assertion: AssertionError,
    interrupted: KeyboardInterrupt,
    exiting: SystemExit,
    skipping: pytest.skip.Exception,
    returning_nothing: UsageError,
}


@pytest.mark.parametrize("outer", [save, swallowing])
@pytest.mark.parametrize("inner", ENDINGS)
def test_what_ends_the_simulation_comes_out_of_the_outer_call(outer, inner):
    """Misuse, assertions and what must pass through come out, even if the outer task swallows them."""
    with pytest.raises(ENDINGS[inner]) as caught:
        simulate(outer, inner, f"run[sendMail.1]@{SAVE}")
    assert "object" in str(caught.value) or inner is not misuse


@pytest.mark.parametrize("inner", ENDINGS)
def test_simulation_is_over_then(inner):
    """After it nothing more is handled: the simulation ended, and says so."""
    sim = Simulator(
        [define("reindex", swallowing), define("sendMail", inner)],
        freeze=False,
        plan=f"run[sendMail.1]@{SAVE}",
    )
    for id in ("reindex", "sendMail"):
        sim.tasks.trigger(id)
    with pytest.raises(ENDINGS[inner]):
        sim.run_until_idle()
    with pytest.raises(UsageError, match="ended the simulation"):
        sim.run_until_idle()
    engine = sim._engine
    assert (engine.scope, engine.calls, engine.inside) == (None, 0, [])
    assert of(sim, "reindex").machine == "UnknownError"


def test_failure_of_the_inner_task_is_its_own():
    """What the inner run raises is stored as its error (E10); the outer one hears nothing of it."""

    def failing(controller):
        raise ValueError("Row 2 has no price.")

    sim = simulate(save, failing, f"run[sendMail.1]@{SAVE}")
    assert of(sim, "sendMail").error["message"] == "Row 2 has no price."
    assert (of(sim, "reindex").status, of(sim, "reindex").exception) == ("success", None)


def test_time_is_moved_neither_inside_nor_outside():
    """Moving time is refused in the inner event, and in the outer one after it as before."""
    context, caught = {}, []

    def moving(controller):
        controller.state.update_input({"saved": True})
        try:
            context["sim"].advance("1s")
        except UsageError as error:
            caught.append(error.sentence)
            raise
        return controller.response.done()

    sim = context["sim"] = Simulator(
        [define("reindex", moving), define("sendMail", done)],
        freeze=False,
        plan=f"run[sendMail.1]@{SAVE}",
    )
    for id in ("reindex", "sendMail"):
        sim.tasks.trigger(id)
    with pytest.raises(UsageError):
        sim.run_until_idle()
    assert caught == [f"advance() was called inside an event of {of(sim, 'reindex').id!r}."]


# --- async


async def async_save(controller):
    """Sleep, touch the world, sleep."""
    await asyncio.sleep(1)
    controller.state.update_input({"saved": asyncio.get_running_loop().time()})
    await asyncio.sleep(1)
    return controller.response.done()


def plain_save(controller):
    """Sleep, touch the world, sleep."""
    time.sleep(1)
    controller.state.update_input({"saved": True})
    time.sleep(1)
    return controller.response.done()


@pytest.mark.parametrize("inner", [async_save, plain_save])
@pytest.mark.parametrize("outer", [async_save, plain_save])
def test_async_and_plain_inside_each_other(outer, inner):
    """An event may be async, and inside it another, on a loop of its own."""
    sim = simulate(outer, inner, f"run[sendMail.1]@{SAVE}")
    assert (of(sim, "reindex").status, of(sim, "sendMail").status) == ("success", "success")
    assert [event.at_ms for event in sim.trace.kinds("EventStarted", "EventAnswered")] == [
        0,
        1000,
        3000,
        4000,
    ]


def test_sibling_coroutines_of_the_outer_event_stand_still():
    """While the inner event is handled no coroutine of the outer one runs; its timers are late after it."""
    told = []

    async def outer(controller):
        async def tick():
            for _ in range(3):
                await asyncio.sleep(1)
                told.append(("outer", controller.runtime.remaining_seconds()))

        ticking = asyncio.create_task(tick())
        await asyncio.sleep(1.5)
        controller.state.update_input({"saved": True})
        await ticking
        return controller.response.done()

    async def inner(controller):
        await asyncio.sleep(10)
        told.append("inner")
        return controller.response.done()

    simulate(outer, inner, f"run[sendMail.1]@{SAVE}", settings={"budget": "60s"})
    assert told == [("outer", 59), "inner", ("outer", 48), ("outer", 47)]


def test_async_inner_event_inside_a_sleep():
    """Inside the touch `sleep` too: the sleep begins when the inner event has ended."""
    sim = simulate(async_save, async_save, "run[sendMail.1]@sleep#1")
    assert of(sim, "reindex").status == of(sim, "sendMail").status == "success"
    assert sim.now_ms == 4000


@pytest.mark.parametrize("inner", [failing_assertion, interrupted])
def test_what_ends_it_comes_out_of_coroutines(inner):
    """Gathering coroutines that keep exceptions hides nothing of an inner event that must come out."""

    async def outer(controller):
        async def touch():
            controller.state.update_input({"saved": True})

        await asyncio.gather(touch(), return_exceptions=True)
        return controller.response.done()

    with pytest.raises(ENDINGS[inner]):
        simulate(outer, inner, f"run[sendMail.1]@{SAVE}")


def test_killed_inner_coroutine_leaves_the_outer_loop_alone():
    """A crash of an async inner run stops its loop; that of the outer one goes on."""
    sim = simulate(
        async_save,
        async_save,
        f"run[sendMail.1]@{SAVE} crash@sendMail.1:sleep#2",
        settings={"on_crash": "strand"},
    )
    assert (of(sim, "reindex").status, of(sim, "sendMail").machine) == ("success", "UnknownError")


# --- hooks, effects and faults inside


def test_hooks_of_the_inner_event_are_called_inside():
    """The inner event is whole: its hook comes before the outer run goes on."""
    told = []

    def outer(controller):
        controller.state.update_input({"saved": True})
        told.append("outer")
        return controller.response.done()

    inner = define("sendMail", done, on_done=lambda task: told.append(f"hook: {task.status}"))
    simulate(outer, inner, f"run[sendMail.1]@{SAVE}")
    assert told[0].startswith("hook: ")
    assert told[1] == "outer"


def test_event_inside_a_hook():
    """A touch in a hook of an event may have an event inside it; the hook then goes on."""
    told = []

    def on_done(task, context):
        context["sim"].checkpoint("before")
        told.append(len(context["sim"].trace.kinds("EventAnswered")))

    definitions = [define("reindex", done, on_done=on_done), define("sendMail", done)]
    context = {}
    sim = context["sim"] = Simulator(
        definitions, freeze=False, plan="run[sendMail.1]@user.before#1", context=context
    )
    for id in ("reindex", "sendMail"):
        sim.tasks.trigger(id)
    sim.run_until_idle()
    sim.close()
    assert told == [1]
    assert of(sim, "reindex").status == of(sim, "sendMail").status == "success"


def test_effects_belong_to_the_event_that_made_them():
    """An effect is written down for the task, and the hook, whose code made it, before and after."""
    context = {}

    def record(name):
        context["sim"].effects.record(name)

    def outer(controller):
        record("before")
        controller.state.update_input({"saved": True})
        record("after")
        return controller.response.done()

    def outer_hook(task):
        record("hook")
        context["sim"].checkpoint("here")
        record("hookAfter")

    def inner(controller):
        record("inner")
        return controller.response.done()

    definitions = [
        define("reindex", outer, on_done=outer_hook),
        define("sendMail", inner, on_done=lambda: record("innerHook")),
    ]
    sim = context["sim"] = Simulator(
        definitions, freeze=False, plan=f"run[sendMail.1]@{SAVE} run[sendMail.2]@user.here#1"
    )
    for id in ("reindex", "sendMail", "sendMail"):
        sim.tasks.trigger(id)
    sim.run_until_idle()
    sim.close()
    ids = {life.task_id: life.label for life in sim._engine.lives.values()}
    assert [(ids[effect.task], effect.name, effect.hook) for effect in sim.effects] == [
        ("", "before", None),
        ("sendMail.1", "inner", None),
        ("sendMail.1", "innerHook", "on_done"),
        ("", "after", None),
        ("", "hook", "on_done"),
        ("sendMail.2", "inner", None),
        ("sendMail.2", "innerHook", "on_done"),
        ("", "hookAfter", "on_done"),
    ]


def test_late_fault_of_an_effect_strikes_before_the_inner_event():
    """What comes after an effect of the outer run comes before the next touch, and what is inside that."""
    context = {}

    def outer(controller):
        context["sim"].effects.record("send")
        controller.state.update_input({"saved": True})
        return controller.response.done()

    sim = context["sim"] = Simulator(
        [define("reindex", outer), define("sendMail", done)],
        freeze=False,
        plan=f"crash@effect.send#1+ run[sendMail.1]@{SAVE}",
        on_crash="retry(1)",
    )
    for id in ("reindex", "sendMail"):
        sim.tasks.trigger(id)
    sim.run_until_idle()
    sim.close()
    starts = [(event.label, event.delivery) for event in sim.trace.kinds("EventStarted")]
    assert starts == [("", "first"), ("", "retry"), ("sendMail.1", "first")]


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (f"fail@sendMail.1:{SAVE}", "failed"),
        (f"lost_ack@sendMail.1:{SAVE}", "failed"),
        (f"delay@sendMail.1:{SAVE}=90s", "success"),
        (f"abort@sendMail.1:{SAVE}", "aborted"),
        ("close_to_timeout@sendMail.1:runtime.is_close_to_timeout#1", "success"),
        (f"clock@sendMail.1:{SAVE}=-1h", "success"),
        ("redeliver@sendMail.1:1", "success"),
    ],
)
def test_faults_strike_inside(fault, status):
    """Faults of the inner task strike in its event, wherever that is handled, and not in the outer one."""

    def inner(controller):
        controller.state.update_input({"saved": True})
        controller.runtime.is_close_to_timeout()
        return controller.response.done()

    sim = simulate(save, inner, f"run[sendMail.1]@{SAVE} {fault}")
    assert (of(sim, "sendMail").status, of(sim, "reindex").status) == (status, "success")


def test_interruptions_of_the_inner_event():
    """`interrupt_every` counts the questions of the inner event for itself."""

    def asking(controller):
        for at in range(controller.state.get_input().get("at", 0), 3):
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at})
            controller.state.update_input({"at": at + 1})
        return controller.response.done()

    sim = Simulator(
        [define("reindex", asking), define("sendMail", asking)],
        freeze=False,
        plan=f"run[sendMail.1]@{SAVE}",
    )
    sim.interrupt_every(1)
    for id in ("reindex", "sendMail"):
        sim.tasks.trigger(id)
    sim.run_until_idle()
    sim.close()
    assert [of(sim, id).task.iterations for id in ("reindex", "sendMail")] == [3, 3]


# --- where there is nothing to handle


def stale(plan, *, outer=save, inner=done, triggered=("reindex", "sendMail"), **attributes):
    """Return the message of a plan that is stale."""
    sim = simulate(define("reindex", outer, **attributes), inner, plan, triggered=triggered, stale=True)
    with pytest.raises(StalePlan) as caught:
        sim.close()
    return str(caught.value)


WAY_OUT = "  Choose a place where an event of it is due, or in an event of its own, as a duplicate."


def test_task_that_is_not_due():
    """A task whose next event comes later is not due, and the message says when it is."""

    def waiting(controller):
        return controller.response.continue_({}, seconds=90)

    message = stale(
        f"run[sendMail.1]@reindex.2:{SAVE}",
        inner=define("sendMail", waiting, max_iterations=1),
        triggered=("reindex", "sendMail", "reindex"),
    )
    assert message == (
        f"The planned fault 'run[sendMail.1]@reindex.2:{SAVE}' never fired: no event of 'sendMail.1' was "
        f"due at 'reindex.2:{SAVE}'.\n"
        f"  its next was due 90s later\n{WAY_OUT}"
    )


def test_task_that_has_ended():
    """A task that ended has nothing to come, and the message says so."""
    message = stale(f"run[sendMail.1]@reindex.2:{SAVE}", triggered=("reindex", "sendMail", "reindex"))
    assert message == (
        f"The planned fault 'run[sendMail.1]@reindex.2:{SAVE}' never fired: no event of 'sendMail.1' was "
        f"due at 'reindex.2:{SAVE}'.\n"
        f"  its machine was in Done, with nothing to come\n{WAY_OUT}"
    )


def test_task_that_there_is_not():
    """A task that nobody triggered by then is named, with those that there were."""
    message = stale(f"run[sendMial.1]@{SAVE}")
    assert message == (
        f"The planned fault 'run[sendMial.1]@{SAVE}' never fired: there was no task 'sendMial.1' at "
        f"{SAVE!r}.\n"
        f"  tasks by then: reindex.1, sendMail.1\n{WAY_OUT}"
    )


def test_touch_outside_of_events():
    """A call from outside is no event: nothing is handled inside it."""
    message = stale("run[reindex.1]@hook.on_before_trigger#1", on_before_trigger=lambda: None)
    assert message == (
        "The planned fault 'run[reindex.1]@hook.on_before_trigger#1' never fired: "
        "'hook.on_before_trigger#1' is touched outside of all events.\n"
        f"  it is handled inside of events only\n{WAY_OUT}"
    )


def test_checkpoint_that_is_not_reached():
    """A checkpoint that is not reached is reported as for any fault, with the nearest."""
    message = stale("run[sendMail.1]@state.update_input#7")
    assert message.startswith(
        "The planned fault 'run[sendMail.1]@state.update_input#7' never fired: 'state.update_input#7' was "
        "not reached.\n  state.update_input was reached 1 time\n"
    )


# --- limits, tokens, determinism


def test_limit_of_events_counts_them():
    """Events inside events count against the limit of the simulation, which then ends it from inside."""
    with pytest.raises(LimitReached, match="more than 1 events"):
        simulate(swallowing, done, f"run[sendMail.1]@{SAVE}", settings={"limits": Limits(events=1)})
    simulate(swallowing, done, f"run[sendMail.1]@{SAVE}", settings={"limits": Limits(events=2)})


def test_limit_of_transitions_counts_them():
    """The transitions of the inner task's machine are its own; passing the limit ends only that machine."""

    def again(input, controller):
        at = input.get("at", 0)
        return controller.response.continue_({"at": at + 1}) if at < 2 else controller.response.done()

    sim = simulate(
        save,
        again,
        f"run[sendMail.1]@{SAVE}",
        settings={"limits": Limits(transitions=4)},
    )
    assert (of(sim, "reindex").machine, of(sim, "sendMail").machine) == ("Done", "TimedOut")


def test_machine_that_may_not_go_on_ends_inside():
    """A due event of a machine whose limit is reached ends that machine; nothing is handled."""

    def again(input, controller):
        return controller.response.continue_({"at": input.get("at", 0) + 1})

    sim = Simulator(
        [define("reindex", save), define("sendMail", again)],
        freeze=False,
        plan=f"run[sendMail.1]@reindex.2:{SAVE}",
        limits=Limits(transitions=3),
    )
    sim.tasks.trigger("reindex")
    sim.tasks.trigger("sendMail")
    sim.run_next()
    sim.tasks.trigger("reindex")
    sim.run_until_idle()
    sim.close()
    assert order(sim, "MachineEnded") == [
        "MachineEnded reindex",
        "MachineEnded sendMail",
        "MachineEnded reindex",
    ]


def test_limit_of_checkpoints_is_each_events_own():
    """The checkpoints of the inner event do not count for the outer one."""
    most = len(of(simulate(save, save, None), "reindex").iterations[0].checkpoints)
    simulate(save, save, f"run[sendMail.1]@{SAVE}", settings={"limits": Limits(checkpoints=most)})
    with pytest.raises(LimitReached):
        simulate(save, save, None, settings={"limits": Limits(checkpoints=most - 1)})


def test_token_holds_it():
    """The printed token has the fault."""
    sim = simulate(save, done, f"run[sendMail.1]@{SAVE}", settings={"seed": 7})
    assert sim.token == f"v1 seed=7 run[sendMail.1]@{SAVE}"


def test_same_plan_same_trace():
    """Two simulations with one plan have one trace."""
    plan = f"run[sendMail.1]@{SAVE} run[reindex.1]@sendMail.1:{SAVE} crash@sendMail.1:response.done#1"
    first, second = (simulate(save, save, plan, settings={"tick": "1s"}) for _ in range(2))
    assert first.trace == second.trace
    assert first.trace.sha256() == second.trace.sha256()


def test_without_a_trace_too():
    """The fault strikes where nothing is traced."""
    sim = simulate(save, save, f"run[sendMail.1]@{SAVE}", settings={"trace": False})
    assert (of(sim, "reindex").status, of(sim, "sendMail").status) == ("success", "success")
