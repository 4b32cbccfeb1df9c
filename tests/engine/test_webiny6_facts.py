"""What Webiny 6's own tests assert, fact by fact, of profile `webiny-6`.

The numbers are those of section 11 of the facts about it. Left out are: event validation and the
tenant of answers (events are made here, always whole), GraphQL, lifecycle events, what a failing
delete does (63: deletes do not fail here), the loops of other hosts, and what is marked (next).
"""

import pytest
from pydantic import BaseModel, StrictBool, StrictInt, StrictStr

from tasksim import (
    DefinitionError,
    EngineError,
    Simulator,
    create_private_task_definition,
    create_task_definition,
)
from tasksim._engine.profiles import load_profile
from tasksim._engine.registry import Registry
from tasksim._model.results import Answer


def define(run, id="taskRunnerTask", **attributes):
    """Make a definition."""
    return create_task_definition(**{"id": id, "title": "Test task", "run": run, **attributes})


def simulate(*definitions, **settings):
    """Make a world of profile webiny-6."""
    return Simulator(definitions, profile="webiny-6", **settings)


def done(controller):
    """Answer done."""
    return controller.response.done("Task is done!", {"result": "success"})


def failing(controller):
    """Answer error."""
    return controller.response.error("No.")


def forever(controller):
    """Answer continue."""
    return controller.response.continue_({})


def runner_task(input, controller):
    """Do what the fixture of the facts does."""
    if controller.runtime.is_aborted():
        return controller.response.aborted()
    if controller.runtime.is_close_to_timeout():
        return controller.response.continue_({**input, "continuing": True})
    return controller.response.done("Task is done!", {"myCustomOutput": "yes!"})


def runner(**settings):
    """Make a world with the fixture's definition."""
    return simulate(define(runner_task, max_iterations=2, database_logs=True), **settings)


# --- the runner: success


def test_one_event_is_enough():
    """1: a pending task with ample time is done in one event, with one log of one item."""
    sim = runner()
    execution = sim.run("taskRunnerTask")
    assert execution.iterations[0].answer == {
        "status": "done",
        "message": "Task is done!",
        "output": {"myCustomOutput": "yes!"},
    }
    assert (execution.status, execution.output) == ("success", {"myCustomOutput": "yes!"})
    page = sim.tasks.list_logs({"task": execution.id})
    assert page.meta.total_count == 1
    assert [(item.message, item.type) for item in page.items[0].items] == [("Task is done!", "info")]


def test_little_time_continues_and_the_next_event_is_done():
    """2, 3: with little time left the task continues with the merged input; a second event is done."""
    sim = runner(plan="close_to_timeout@runtime.is_close_to_timeout#1")
    task = sim.tasks.trigger("taskRunnerTask", input={"aTaskInput": "yes"})
    expected = {"aTaskInput": "yes", "continuing": True}
    assert sim.run_next().answer == {"status": "continue", "delay": -1, "input": expected}
    stored = sim.tasks.get_task(task)
    assert (stored.status, stored.iterations, stored.input) == ("running", 1, expected)
    assert stored.started_on is not None
    assert stored.execution_name
    assert (stored.finished_on, stored.output, stored.parent_id) == (None, None, None)
    assert sim.run_next().answer["status"] == "done"
    ended = sim.tasks.get_task(task)
    assert (ended.status, ended.iterations, ended.input) == ("success", 2, expected)
    assert ended.output == {"myCustomOutput": "yes!"}
    assert ended.finished_on is not None
    assert ended.execution_name == stored.execution_name


# --- the runner: guards


@pytest.mark.parametrize(
    ("status", "message"),
    [
        ("success", "Task is already done, cannot run it again."),
        ("failed", "Task has failed, cannot run it again."),
    ],
)
def test_finished_task_does_not_run(status, message):
    """4, 5: the event of a finished task answers exactly the message, without code or data."""
    run = done if status == "success" else failing
    sim = simulate(define(run), plan="redeliver@1")
    execution = sim.run("taskRunnerTask")
    assert execution.iterations[1].answer == {"status": "error", "error": {"message": message}}


def test_aborted_task_answers_aborted():
    """6: the event of an aborted task answers aborted and nothing else."""
    sim = runner()
    sim.tasks.abort(sim.tasks.trigger("taskRunnerTask"), message="Testing the Abort functionality.")
    assert sim.run_next().answer == {"status": "aborted"}


def test_unknown_task():
    """7: the event of an unknown task answers TASK_NOT_FOUND."""
    sim = runner()
    task = sim.tasks.trigger("taskRunnerTask")
    sim.tasks.delete_task(task)
    assert sim.run_next().answer["error"] == {
        "message": f'Task "{task.id}" cannot be executed because it does not exist.',
        "code": "TASK_NOT_FOUND",
    }


# --- hooks


def test_trigger_calls_on_before_trigger():
    """16: trigger calls onBeforeTrigger once, with what it is about to store."""
    seen = []

    def note(data):
        seen.append(data)

    sim = simulate(define(done, on_before_trigger=note))
    sim.tasks.trigger("taskRunnerTask", input={"test": "value"})
    assert seen == [
        {"definitionId": "taskRunnerTask", "name": "Test task", "input": {"test": "value"}, "parentId": None}
    ]


def test_done_calls_on_done():
    """17: done calls onDone once, with the stored success."""
    seen = []
    simulate(define(done, on_done=lambda task: seen.append((str(task.status), task.output)))).run(
        "taskRunnerTask"
    )
    assert seen == [("success", {"result": "success"})]


def test_error_calls_on_error():
    """18: a returned error calls onError once, with the stored failure."""
    seen = []
    simulate(define(failing, on_error=lambda task: seen.append(str(task.status)))).run("taskRunnerTask")
    assert seen == ["failed"]


def test_abort_calls_on_abort():
    """19: an abort calls onAbort once, with the stored status."""
    seen = []
    sim = simulate(define(done, on_abort=lambda task: seen.append(str(task.status))))
    sim.tasks.abort(sim.tasks.trigger("taskRunnerTask"))
    assert seen == ["aborted"]


def test_max_iterations_hook():
    """20: with maxIterations 2, the third event of an endless task calls onMaxIterations once."""
    seen = []
    sim = simulate(
        define(forever, max_iterations=2, on_max_iterations=lambda task: seen.append(task.iterations))
    )
    sim.tasks.trigger("taskRunnerTask")
    counts = []
    for _ in range(3):
        sim.run_next()
        counts.append(len(seen))
    assert (counts, seen) == ([0, 0, 1], [2])


def test_order_of_a_good_run():
    """21: a good run is onBeforeTrigger, run, onDone."""
    called = []

    def run(controller):
        called.append("run")
        return controller.response.done()

    hooks = {name: (lambda name=name: called.append(name)) for name in ("on_before_trigger", "on_done")}
    simulate(define(run, **hooks)).run("taskRunnerTask")
    assert called == ["on_before_trigger", "run", "on_done"]


# --- responses


def test_continue_with_a_wait():
    """24: continue with a wait answers its input, the wait and delay -1."""
    sim = simulate(define(lambda controller: controller.response.continue_({"a": 1}, seconds=30)))
    sim.tasks.trigger("taskRunnerTask")
    assert sim.run_next().answer == {"status": "continue", "input": {"a": 1}, "wait": 30, "delay": -1}


def test_error_shapes():
    """25: an exception with code and data becomes message, code and data; plain text a message."""

    class WebinyError(Exception):
        code = "CODE"

        def __init__(self):
            super().__init__("Message.")
            self.data = {"a": 1}

    execution = simulate(define(lambda controller: controller.response.error(WebinyError()))).run(
        "taskRunnerTask"
    )
    assert execution.error == {"message": "Message.", "code": "CODE", "data": {"a": 1}}
    execution = simulate(define(failing)).run("taskRunnerTask")
    assert execution.error == {"message": "No."}
    assert execution.iterations[0].answer == {
        "status": "error",
        "error": {"message": "No.", "data": {"input": {}}},
    }


@pytest.mark.parametrize(
    "answer",
    [
        Answer("done", message="a", output={"b": 1}),
        Answer("continue", input={"a": 1}, wait=2.5, delay=-1),
        Answer("error", error={"message": "a"}),
        Answer("aborted"),
    ],
)
def test_answers_are_rebuilt(answer):
    """26: each answer is rebuilt from its JSON."""
    assert Answer.from_json(answer.to_json()) == answer


def test_large_output():
    """27: an output of 8,000 texts of 30 letters is replaced by message, size and maximum."""
    output = {"items": [f"{n:030}" for n in range(8000)]}
    size = len('{"items":[]}') + 8000 * 33 - 1
    execution = simulate(define(lambda controller: controller.response.done(output=output))).run(
        "taskRunnerTask"
    )
    assert execution.output == {
        "message": "Output size exceeds the maximum allowed size.",
        "size": size,
        "max": 237_568,
    }


# --- trigger and CRUD


def test_trigger_stores_a_pending_task():
    """28: a triggered task is pending, with 0 iterations, no execution name, and the machine's answer."""
    task = simulate(define(done, "myCustomTaskNumber1")).tasks.trigger("myCustomTaskNumber1")
    assert (task.status, task.iterations, task.execution_name) == ("pending", 0, "")
    assert isinstance(task.event_response, dict)
    assert (task.started_on, task.finished_on) == (None, None)


def test_validation():
    """29: wrong keys are three invalid fields, each with what was expected; correct input passes."""

    class Input(BaseModel):
        file: StrictStr
        page: StrictInt
        take: StrictBool

    sim = simulate(define(done, create_input_validation=Input))
    with pytest.raises(EngineError) as caught:
        sim.tasks.trigger("taskRunnerTask", input={"wrong": 1})
    assert (caught.value.message, caught.value.code) == (
        "Validation failed.",
        "VALIDATION_FAILED_INVALID_FIELDS",
    )
    assert {name: field["message"] for name, field in caught.value.data["invalidFields"].items()} == {
        "file": "Invalid input: expected string, received undefined",
        "page": "Invalid input: expected number, received undefined",
        "take": "Invalid input: expected boolean, received undefined",
    }
    assert (
        sim.tasks.trigger("taskRunnerTask", input={"file": "a", "page": 1, "take": True}).status == "pending"
    )


def test_unknown_records():
    """30, 31: an unknown task is None; an empty list has no cursor, nothing more and the count 0."""
    sim = runner()
    page = sim.tasks.list_tasks()
    assert sim.tasks.get_task("nothing") is None
    assert (page.items, page.meta.cursor, page.meta.has_more_items, page.meta.total_count) == (
        [],
        None,
        False,
        0,
    )


def test_unknown_definition():
    """32: a task of an unknown definition is not created."""
    with pytest.raises(EngineError, match="TASK_DEFINITION_ERROR"):
        runner().tasks.trigger("unknown")


def test_update_of_an_unknown_task():
    """33: updating a task that is gone fails."""
    seen = []

    def run(controller, context):
        context.tasks.delete_task(controller.state.get_task())
        try:
            controller.state.update_input({"a": 1})
        except EngineError as error:
            seen.append((error.message, error.code))
        return controller.response.done()

    simulate(define(run)).run("taskRunnerTask")
    assert seen == [("Task not found.", "BackgroundTasks/Task/NotFoundError")]


def test_life_of_a_record():
    """34: an update replaces the given fields and keeps the others; a deleted task is gone."""

    def run(controller):
        before = controller.state.get_task().to_json()
        controller.state.update_output({"b": 1})
        controller.state.update_input({"a": 2})
        after = controller.state.get_task().to_json()
        assert {key for key in after if after[key] != before[key]} == {"input", "output"}
        return controller.response.done()

    sim = simulate(define(run))
    execution = sim.run("taskRunnerTask", input={"a": 1})
    assert (execution.task.input, execution.output) == ({"a": 2}, {"b": 1})
    assert sim.tasks.delete_task(execution.id) is True
    assert sim.tasks.get_task(execution.id) is None
    assert sim.tasks.list_tasks().items == []
    with pytest.raises(EngineError) as caught:
        sim.tasks.delete_task(execution.id)
    assert (caught.value.message, caught.value.code) == (
        "Task not found.",
        "BackgroundTasks/Task/NotFoundError",
    )


def test_definitions():
    """35: definitions are found by id; testingRun is listed first, then the others as registered."""
    mine = [define(done, id) for id in ("one", "two", "three")]
    sim = simulate(*mine, builtins=True)
    assert sim.tasks.get_definition("two") is mine[1]
    assert sim.tasks.get_definition("four") is None
    assert [definition.id for definition in sim.tasks.list_definitions()] == [
        "testingRun",
        "one",
        "two",
        "three",
    ]
    execution = sim.run("testingRun")
    assert execution.task.name == "A mock task to test run the step function permissions."
    assert execution.iterations[0].answer["message"] == "Task successfully finished."


# --- defaults of definitions


def registered(**attributes):
    """Register a definition and return what the engine made of it."""
    return Registry(load_profile("webiny-6")).register(define(done, **attributes))


def test_defaults_of_a_definition():
    """44: a definition is public, without logs, and has 50 iterations."""
    found = registered()
    assert (found.is_private, found.logs, found.max_iterations, found.description) == (False, False, 50, None)


def test_set_values_are_kept():
    """45: values that are set are kept."""
    private = create_private_task_definition(id="hidden", title="Hidden", run=done, max_iterations=7)
    found = Registry(load_profile("webiny-6")).register(private)
    assert (found.is_private, found.max_iterations) == (True, 7)


def test_id_must_be_camel_case():
    """46: an id that is not camelCase is refused, in the engine's words."""
    with pytest.raises(DefinitionError) as caught:
        registered(id="not-camel")
    assert caught.value.sentence == (
        'Task ID "not-camel" is invalid. It must be in camelCase format, for example: "myCustomTask".'
    )


@pytest.mark.parametrize(
    ("cleanup", "logs"),
    [
        (None, True),
        ("never", True),
        ([], True),
        ("onSuccess", False),
        (["onSuccess", "onAbort"], False),
        ("always", False),
    ],
)
def test_cleaning_up_forces_logs_off(cleanup, logs):
    """47: any cleanup forces the logs off, although they were switched on."""
    assert registered(database_logs=True, self_cleanup=cleanup).logs is logs


# --- self-cleanup


def cleaned(cleanup, run, **attributes):
    """Run a task that cleans up; return its simulator and execution."""
    sim = simulate(define(run, self_cleanup=cleanup, **attributes))
    return sim, sim.run("taskRunnerTask")


def test_cleanup_on_success():
    """48: with onSuccess the task is gone after done, and kept after error."""
    assert cleaned("onSuccess", done)[1].status == "deleted"
    assert cleaned("onSuccess", failing)[1].status == "failed"


def test_cleanup_always():
    """49: with always, and logs switched on, the task is gone and there are no logs."""
    sim, execution = cleaned("always", done, database_logs=True)
    assert (execution.status, sim.tasks.list_logs().meta.total_count) == ("deleted", 0)
    assert execution.iterations[0].answer["status"] == "done"


def test_cleanup_takes_children():
    """50: a parent that cleans up takes its children with it."""

    def run(controller):
        controller.task.trigger("child")
        controller.task.trigger("child")
        return controller.response.done()

    sim = simulate(define(run, self_cleanup="onSuccess"), define(done, "child"))
    sim.run("taskRunnerTask")
    assert sim.tasks.list_tasks().items == []


def test_cleanup_on_abort():
    """51: with onAbort the task is gone after an abort, which returns it all the same; its log stays."""
    sim = simulate(define(done, self_cleanup="onAbort"))
    task = sim.tasks.abort(sim.tasks.trigger("taskRunnerTask"))
    assert task.to_json()["taskStatus"] == "aborted"
    assert sim.tasks.get_task(task) is None
    assert sim.tasks.list_logs().meta.total_count == 1


@pytest.mark.parametrize("run", [failing, forever])
def test_cleanup_on_error(run):
    """52: with onError the task is gone after an error, also after too many iterations."""
    assert cleaned("onError", run, max_iterations=1)[1].status == "deleted"


@pytest.mark.parametrize("run", [done, failing])
def test_cleanup_list(run):
    """53: with a list the task is gone after each of its events."""
    assert cleaned(["onSuccess", "onError"], run)[1].status == "deleted"


def test_hook_comes_before_the_cleanup():
    """54: the user's onDone still sees the task; the cleanup comes after."""
    seen = []
    sim = simulate(
        define(
            done, self_cleanup="always", on_done=lambda task: seen.append(sim.tasks.get_task(task) is None)
        )
    )
    assert sim.run("taskRunnerTask").status == "deleted"
    assert seen == [False]


def nest(sim, *pairs):
    """Store tasks of the definition `child` under each other, and return what is left of them later."""
    sim.seed_records([{"id": id, "definitionId": "child", "parentId": parent} for id, parent in pairs])
    return lambda: [task.id for task in sim.tasks.list_tasks(sort="id_ASC")]


def test_three_levels():
    """55, 62: descendants of three levels are all gone, children before parents."""
    sim = simulate(define(done, self_cleanup="onSuccess"), define(done, "child"))
    root = sim.tasks.trigger("taskRunnerTask")
    left = nest(sim, ("c1", root.id), ("c2", root.id), ("gc1", "c1"), ("ggc1", "gc1"))
    sim.run_until_idle()
    assert left() == []
    deleted = [event.task for event in sim.trace if type(event).__name__ == "TaskDeleted"]
    assert deleted == ["ggc1", "gc1", "c1", "c2", root.id]


@pytest.mark.parametrize(("logs", "count"), [(True, 0), (False, 1)])
def test_logs_of_a_child(logs, count):
    """56, 60, 61: the logs of a child are swept if its definition writes logs, else they stay."""
    sim = simulate(define(done, self_cleanup="onSuccess"), define(done, "child", database_logs=logs))
    root = sim.tasks.trigger("taskRunnerTask")
    nest(sim, ("c1", root.id))
    sim.seed_records(logs=[{"task": "c1"}])
    sim.run_until_idle()
    assert sim.tasks.list_logs().meta.total_count == count


def test_child_without_a_definition():
    """61: a child whose definition is not registered goes, its logs stay."""
    sim = simulate(define(done, self_cleanup="onSuccess"))
    root = sim.tasks.trigger("taskRunnerTask")
    left = nest(sim, ("c1", root.id))
    sim.seed_records(logs=[{"task": "c1"}])
    sim.run_until_idle()
    assert (left(), sim.tasks.list_logs().meta.total_count) == ([], 1)


@pytest.mark.parametrize("cleanup", ["never", None, []])
def test_no_cleanup(cleanup):
    """57: with never, or nothing, the task is kept after done."""
    assert cleaned(cleanup, done)[1].status == "success"


def test_cleanup_although_the_hook_raises():
    """58: the cleanup follows a hook that raises, whose failure is reported once."""

    def fail():
        raise LookupError("no")

    sim, execution = cleaned("onSuccess", done, on_done=fail)
    assert execution.status == "deleted"
    assert len([event for event in sim.trace if type(event).__name__ == "HookFailed"]) == 1


def test_cleanup_of_a_single_task():
    """59: a task without children is deleted alone."""
    sim, _ = cleaned("onSuccess", done)
    assert len([event for event in sim.trace if type(event).__name__ == "TaskDeleted"]) == 1


def test_cleanup_of_a_missing_root():
    """64: where the task is gone already, nothing is done."""

    def run(controller, context):
        context.tasks.delete_task(controller.state.get_task())
        return controller.response.done()

    sim, execution = cleaned("onSuccess", run)
    assert (execution.status, execution.machine) == ("deleted", "Done")
    assert len([event for event in sim.trace if type(event).__name__ == "TaskDeleted"]) == 1


def test_cycle():
    """65: a cycle of parents ends, and both are deleted."""
    sim = simulate(define(done, self_cleanup="onAbort"))
    sim.seed_records(
        [
            {"id": "root", "definitionId": "taskRunnerTask", "parentId": "cyc"},
            {"id": "cyc", "definitionId": "taskRunnerTask", "parentId": "root"},
        ]
    )
    sim.tasks.abort("root")
    assert sim.tasks.list_tasks().items == []


def test_first_page_of_children_and_logs():
    """67 is of the next release: release 6.4 sees 50 children, the newest, and 50 logs."""
    sim = simulate(define(done, self_cleanup="onSuccess"), define(done, "child", database_logs=True))
    root = sim.tasks.trigger("taskRunnerTask")
    left = nest(sim, *((f"c{n:02}", root.id) for n in range(60)))
    sim.seed_records(logs=[{"task": "c59"}] * 60)
    sim.run_until_idle()
    assert left() == [f"c{n:02}" for n in range(10)]
    assert sim.tasks.list_logs().meta.total_count == 10
