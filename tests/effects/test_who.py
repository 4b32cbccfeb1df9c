"""Who did it: task, event and hook of an effect, wherever it is recorded."""

import pytest

from tasksim import EngineError, create_task_definition
from tasksim.errors import ServiceCallKilled


def told(sim):
    """Return who did what."""
    return [(effect.name, effect.task, effect.label, effect.event, effect.hook) for effect in sim.effects]


def test_run_and_hooks(run):
    """An effect tells whether `run` did it or which hook."""

    def work(sim, controller):
        sim.effects.record("work")
        holder.append(sim)

    holder = []
    sim, execution = run(work, on_done=lambda: holder[0].effects.record("tell"))
    assert told(sim) == [("work", execution.id, "", 1, None), ("tell", execution.id, "", 1, "on_done")]
    assert [event.hook for event in sim.trace.kinds("EffectRecorded")] == [None, "on_done"]


def test_hooks_that_fail_or_reach_a_limit(simulate):
    """`on_error` and `on_max_iterations` are named, too; after a hook nobody is."""

    def work(sim, controller):
        sim.effects.record("work")
        return controller.response.continue_({})

    sim = simulate(
        work,
        max_iterations=2,
        on_max_iterations=lambda: sim.effects.record("limit"),
        on_error=lambda: sim.effects.record("sorry"),
    )
    task = sim.run("job")
    assert told(sim) == [
        ("work", task.id, "", 1, None),
        ("work", task.id, "", 2, None),
        ("limit", task.id, "", 3, "on_max_iterations"),
        ("sorry", task.id, "", 3, "on_error"),
    ]


def test_async_hook(run, simulate):
    """An async hook records like any other."""

    async def on_done(task):
        sim.effects.record("tell", key=task.id)

    sim = simulate(lambda *_: None, on_done=on_done)
    execution = sim.run("job")
    assert told(sim) == [("tell", execution.id, "", 1, "on_done")]


def test_trigger_from_outside(simulate):
    """In `on_before_trigger` the task has no id yet, and it is no event; its label tells which it is."""
    sim = simulate(lambda *_: None, on_before_trigger=lambda: sim.effects.record("ask"))
    sim.run("job")
    sim.run("job")
    hook = "on_before_trigger"
    assert told(sim) == [("ask", "", "", 0, hook), ("ask", "", "job.2", 0, hook)]
    assert [effect.checkpoint for effect in sim.effects] == ["effect.ask#1", "job.2:effect.ask#1"]


def test_abort_from_outside(simulate):
    """An abort by the service calls `on_abort` outside of any event, for the aborted task."""
    sim = simulate(lambda *_: None, on_abort=lambda: sim.effects.record("undo"))
    first, second = sim.tasks.trigger("job"), sim.tasks.trigger("job")
    sim.tasks.abort(second.id)
    sim.at("1m", lambda: sim.tasks.abort(first.id))
    sim.tasks.abort(first.id)
    assert told(sim) == [
        ("undo", second.id, "job.2", 0, "on_abort"),
        ("undo", first.id, "", 0, "on_abort"),
    ]


def test_abort_inside_a_run_is_somebody_elses_act(run):
    """What `on_abort` of another task, or of this one, records belongs to that task and to no event."""

    def work(sim, controller):
        sim.effects.record("work")
        other = controller.task.trigger("other")
        sim.tasks.abort(other.id)
        sim.tasks.abort(controller.state.get_task().id)
        sim.effects.record("work")

    holder = []

    def undo(task):
        holder[0].effects.record("undo", key=task.definition_id)

    def on_before_trigger(data):
        return None

    def begin(sim, controller):
        holder.append(sim)
        sim.register(
            create_task_definition(
                id="other", title="Other", run=lambda controller: controller.response.done(), on_abort=undo
            )
        )
        return work(sim, controller)

    sim, execution = run(begin, on_abort=undo)
    [other] = [task for task in sim.tasks.list_tasks().items if task.definition_id == "other"]
    assert told(sim) == [
        ("work", execution.id, "", 1, None),
        ("undo", other.id, "other.1", 0, "on_abort"),
        ("undo", execution.id, "", 0, "on_abort"),
        ("work", execution.id, "", 1, None),
    ]


def test_crash_in_on_abort_kills_the_abort_alone(simulate):
    """A crash at an effect of `on_abort` kills whoever aborts, never the run that was aborted meanwhile."""

    def work(sim, controller):
        controller.runtime.is_aborted()

    sim = simulate(
        work,
        "abort@runtime.is_aborted#1 crash@effect.undo#1",
        on_abort=lambda: sim.effects.record("undo"),
    )
    execution = sim.run("job")
    sim.close()
    assert (list(sim.effects), execution.status, execution.machine) == ([], "aborted", "Aborted")
    sim = simulate(work, "crash@effect.undo#1+", on_abort=lambda: sim.effects.record("undo"))
    task = sim.tasks.trigger("job")
    with pytest.raises(ServiceCallKilled):
        sim.tasks.abort(task.id)
    assert len(sim.effects) == 1


def test_tick_is_not_paid_by_an_abort(simulate):
    """Effects of a call from outside take no time."""
    sim = simulate(lambda *_: None, tick="1s", on_abort=lambda: sim.effects.record("undo"))
    sim.tasks.abort(sim.tasks.trigger("job").id)
    assert (sim.now_ms, sim.effects[0].at_ms) == (0, 0)


def test_children(simulate):
    """Effects of children belong to them; what their `on_before_trigger` does inside a run is no event."""

    def child(controller):
        sim.effects.record("part")
        return controller.response.done()

    def work(sim, controller):
        if controller.state.get_task().iterations == 1:
            for _ in range(2):
                controller.task.trigger("child")
            sim.effects.record("work")
            return controller.response.continue_({}, seconds=5)
        return controller.response.done()

    sim = simulate(work, "crash@child.2:effect.part#1")
    sim.register(
        create_task_definition(
            id="child", title="Child", run=child, on_before_trigger=lambda: sim.effects.record("ask")
        )
    )
    execution = sim.run("job")
    sim.close()
    one, _ = reversed(sim.tasks.list_tasks(where={"parent_id": execution.id}).items)
    assert told(sim) == [
        ("ask", "", "child.1", 0, "on_before_trigger"),
        ("ask", "", "child.2", 0, "on_before_trigger"),
        ("work", execution.id, "", 1, None),
        ("part", one.id, "child.1", 1, None),
    ]


def test_refused_trigger_has_had_its_effects(simulate):
    """What `on_before_trigger` did before the trigger was refused has taken place; the next one counts on."""

    def ask():
        sim.effects.record("ask")
        if len(sim.effects) == 1:
            raise EngineError("No.")

    sim = simulate(lambda *_: None, on_before_trigger=ask)
    with pytest.raises(EngineError):
        sim.run("job")
    sim.run("job")
    assert [effect.checkpoint for effect in sim.effects] == ["effect.ask#1", "effect.ask#2"]


def test_event_inside_a_hook(simulate):
    """A whole event that is handled inside a hook's effect is no part of that hook."""
    sim = simulate(
        lambda sim, _: sim.effects.record("work"),
        "run[job.2]@effect.tell#1",
        on_done=lambda: sim.effects.record("tell"),
    )
    first, second = sim.tasks.trigger("job"), sim.tasks.trigger("job")
    sim.run_until_idle()
    sim.close()
    assert told(sim) == [
        ("work", first.id, "", 1, None),
        ("work", second.id, "job.2", 1, None),
        ("tell", second.id, "job.2", 1, "on_done"),
        ("tell", first.id, "", 1, "on_done"),
    ]


def test_hook_that_triggers(simulate):
    """After a hook inside a hook, the outer one goes on being named."""

    def on_done(context):
        sim.effects.record("before")
        context.tasks.trigger("child")
        sim.effects.record("after")

    sim = simulate(lambda *_: None, on_done=on_done)
    sim.register(
        create_task_definition(
            id="child",
            title="Child",
            run=lambda controller: controller.response.done(),
            on_before_trigger=lambda: sim.effects.record("ask"),
        )
    )
    sim.run("job")
    assert [(effect.name, effect.hook, effect.label) for effect in sim.effects] == [
        ("before", "on_done", ""),
        ("ask", "on_before_trigger", "child.1"),
        ("after", "on_done", ""),
    ]
