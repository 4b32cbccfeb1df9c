"""Aborts: A1 to A3."""

import pytest

from tasksim import EngineError

MISSING_5 = ('Task "nothing" was not found!', "NOT_FOUND", None)


def done(controller):
    """Answer done."""
    return controller.response.done()


def waiting(controller):
    """Answer continue, with a wait."""
    return controller.response.continue_({}, seconds=60)


def answer_of(call):
    """Return message, code and data of the engine's answer."""
    with pytest.raises(EngineError) as caught:
        call()
    return caught.value.message, caught.value.code, caught.value.data


def test_pending_and_running_tasks_are_aborted(world):
    """A1: a pending and a running task can be aborted; the loop then ends as Aborted."""
    sim = world(waiting)
    pending = sim.tasks.trigger("reindex")
    assert sim.tasks.abort(pending).status == "aborted"
    running = sim.tasks.trigger("reindex")
    sim.run_next()
    sim.run_next()
    assert sim.tasks.abort(running.id + "#0001").status == "aborted"
    sim.run_until_idle()
    assert [sim.execution(task).machine for task in (pending, running)] == ["Aborted", "Aborted"]


@pytest.mark.parametrize(
    ("profile", "code"),
    [
        ("documented", "TASK_ABORT_ERROR"),
        ("generic", "TASK_ABORT_ERROR"),
        ("webiny-5", "TASK_ABORT_ERROR"),
        ("webiny-6", "BackgroundTasks/Task/Abort"),
    ],
)
@pytest.mark.parametrize("status", ["success", "failed", "aborted"])
def test_finished_tasks_are_not_aborted(world, code, status):
    """A1: a finished task cannot be aborted; nothing changes."""
    sim = world(done)
    sim.seed_records([{"id": "old", "definitionId": "reindex", "taskStatus": status}])
    before = sim.tasks.get_task("old")
    assert answer_of(lambda: sim.tasks.abort("old")) == (
        "Cannot abort a task that is not pending or running!",
        code,
        {"id": "old", "status": status},
    )
    assert (sim.tasks.get_task("old"), sim.execution("old").logs) == (before, [])
    (refused,) = [event for event in sim.execution("old").trace if type(event).__name__ == "AbortRefused"]
    assert refused.error["code"] == code


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ("documented", MISSING_5),
        ("generic", MISSING_5),
        ("webiny-5", MISSING_5),
        ("webiny-6", ("Task not found.", "BackgroundTasks/Task/NotFoundError", None)),
    ],
)
def test_unknown_task(world, expected):
    """A1: an unknown task cannot be aborted."""
    assert answer_of(lambda: world(done).tasks.abort("nothing")) == expected


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ("documented", ("Task definition was not found!", "TASK_DEFINITION_ERROR", {"id": "old"})),
        ("generic", ("Task definition was not found!", "TASK_DEFINITION_ERROR", {"id": "old"})),
        ("webiny-5", ("Task definition was not found!", "TASK_DEFINITION_ERROR", {"id": "old"})),
        (
            "webiny-6",
            (
                "Task definition not found.",
                "BackgroundTasks/TaskDefinition/NotFoundError",
                {"id": "export"},
            ),
        ),
    ],
)
def test_unknown_definition(world, expected):
    """A1: a task whose definition is not registered cannot be aborted."""
    sim = world(done)
    sim.seed_records([{"id": "old", "definitionId": "export"}])
    assert answer_of(lambda: sim.tasks.abort("old")) == expected


def test_abort_makes_a_log_even_with_logs_off(world):
    """A2: an abort makes a log record if there is none, of iteration 1, even with logs off."""
    sim = world(done, database_logs=False, disable_database_logs=True)
    task = sim.tasks.abort(sim.tasks.trigger("reindex"))
    (log,) = sim.execution(task).logs
    (item,) = log.items
    assert (log.iteration, item.message, item.type, log.execution_name) == (1, "Task aborted.", "info", "")


def test_abort_appends_to_the_newest_log(world):
    """A2: an abort appends its message to what the newest log holds, in every profile."""
    sim = world(waiting)
    task = sim.tasks.trigger("reindex")
    sim.run_next()
    sim.tasks.abort(task, message="Enough.")
    (log,) = sim.execution(task).logs
    assert [item.message for item in log.items] == ["Task continuing.", "Enough."]


@pytest.mark.parametrize(
    ("plan", "status", "items"),
    [
        ("fail@log.create#1", "pending", []),
        ("fail@write#1", "pending", [[]]),
        ("fail@write#2", "aborted", [[]]),
    ],
)
def test_abort_that_fails_half_way(world, messages, plan, status, items):
    """A2: a failure before the hook is TASK_ABORT_ERROR; nothing is rolled back, the hook is not called."""
    called = []
    sim = world(done, on_abort=lambda: called.append(1), settings={"plan": plan})
    task = sim.tasks.trigger("reindex")
    assert answer_of(lambda: sim.tasks.abort(task)) == (
        "Could not abort the task!",
        "TASK_ABORT_ERROR",
        {"id": task.id, "message": "Storage write failed."},
    )
    execution = sim.execution(task)
    assert (execution.status, messages(execution), called) == (status, items, [])


def test_abort_inside_a_run(world):
    """A2: a run may abort its own task through the service."""

    def run(controller, context):
        context.tasks.abort(controller.state.get_task(), message="By itself.")
        return controller.response.aborted()

    execution = world(run).run("reindex")
    assert (execution.status, execution.machine) == ("aborted", "Aborted")


def test_run_that_dies_in_its_own_abort(world):
    """A2: a run that aborts its task and dies in on_abort is killed; the status is stored."""

    def run(controller, context):
        context.tasks.abort(controller.state.get_task())

    sim = world(run, on_abort=lambda: sim.spend("15m"))
    execution = sim.run("reindex")
    assert (execution.iterations[0].killed, execution.status) == ("timeout", "aborted")


@pytest.mark.parametrize(
    ("profile", "is_finished"),
    [("documented", True), ("generic", True), ("webiny-5", False), ("webiny-6", False)],
)
def test_finished_on_of_an_abort(world, is_finished):
    """A3: an abort sets the status only, or the end as well."""
    sim = world(waiting)
    task = sim.tasks.trigger("reindex")
    sim.run_next()
    sim.advance("5s")
    before = sim.tasks.get_task(task).to_json()
    after = sim.tasks.abort(task)
    assert after.finished_on == (sim.now if is_finished else None)
    unchanged = {"taskStatus", "savedOn", "finishedOn"}
    assert after.saved_on == sim.now
    assert {k: v for k, v in after.to_json().items() if k not in unchanged} == {
        k: v for k, v in before.items() if k not in unchanged
    }
