"""What a result stores: S1 to S9."""

from datetime import timedelta

import pytest

from tasksim import EngineError, Simulator, create_task_definition

LONGEST = 30_672_000
MAX = 232 * 1024


def done(controller):
    """Answer done."""
    return controller.response.done()


def once(first, then=None):
    """Return a run that answers with `first`, then done."""

    def run(input, controller):
        if controller.state.get_task().iterations == 1:
            return first(controller)
        return then(controller) if then else controller.response.done()

    return run


def by_somebody(act):
    """Return a run during which somebody else acts on the task, before it is done."""

    def run(controller, context):
        act(context.tasks, controller.state.get_task())
        return controller.response.done(output={"n": 1})

    return run


# --- S1, S2


def test_continue_merges_shallowly(world, messages):
    """S1: continue merges its input shallowly into the stored one, and logs what it was given."""
    run = once(lambda controller: controller.response.continue_({"b": {"y": 2}, "c": 3}))
    sim = world(run)
    task = sim.tasks.trigger("reindex", input={"a": 1, "b": {"x": 1}})
    answer = sim.run_next().answer
    stored = sim.tasks.get_task(task)
    assert (stored.input, stored.status) == ({"a": 1, "b": {"y": 2}, "c": 3}, "running")
    assert answer == {"status": "continue", "input": {"b": {"y": 2}, "c": 3}, "delay": -1}
    (item,) = sim.execution(task).logs[0].items
    assert (item.message, item.type, item.data) == ("Task continuing.", "info", {"b": {"y": 2}, "c": 3})
    assert stored.finished_on is None


@pytest.mark.parametrize(
    ("wait", "answered"),
    [
        ({"seconds": 60}, 60),
        ({"seconds": 2.5}, 2.5),
        ({"seconds": 1}, 1),
        ({"seconds": 0.999}, None),
        ({"seconds": 0}, None),
        ({"seconds": -3}, None),
        ({"seconds": LONGEST}, LONGEST),
        ({"seconds": LONGEST + 1}, LONGEST),
        ({"until": "2024-01-01T00:01:00Z"}, 60),
        ({"until": "2024-01-01T00:00:12.345Z"}, 12.345),
        ({"until": "2023-12-31T00:00:00Z"}, None),
        ({"until": "2026-01-01T00:00:00+01:00"}, LONGEST),
        ({}, None),
    ],
)
def test_wait(world, wait, answered):
    """S2: a wait under 1 s or in the past is none; one over 355 days is cut to that."""
    sim = world(once(lambda controller: controller.response.continue_({}, **wait)))
    sim.tasks.trigger("reindex")
    assert sim.run_next().answer.get("wait") == answered
    sim.run_next()
    assert sim.now_ms == round((answered or 0) * 1000)


# --- S3, S4


def test_done_stores_success(world):
    """S3: done stores success, the end, and the output; the log gets the message."""
    sim = world(lambda controller: controller.response.done("All done.", {"count": 3}))
    sim.advance("2s")
    execution = sim.run("reindex")
    task = execution.task
    assert (task.status, task.output, task.finished_on) == ("success", {"count": 3}, sim.now)
    assert execution.iterations[0].answer == {
        "status": "done",
        "message": "All done.",
        "output": {"count": 3},
    }
    (item,) = execution.logs[0].items
    assert (item.message, item.type, item.created_on) == ("All done.", "info", sim.now)


@pytest.mark.parametrize("given", [(), (None, {}), ({},), ("",)])
def test_done_without_output_keeps_an_earlier_one(world, messages, given):
    """S3: no output, or an empty one, keeps an earlier output; no message is `Task done.`."""

    def run(controller):
        controller.state.update_output({"n": 1})
        return controller.response.done(*given)

    execution = world(run).run("reindex")
    assert execution.output == {"n": 1}
    assert messages(execution)[0][-1] == "Task done."
    assert "output" not in execution.iterations[0].answer


def test_done_with_an_object_first_means_the_output(world):
    """S3: `done({...})` is the output without a message."""
    execution = world(lambda controller: controller.response.done({"n": 1})).run("reindex")
    assert execution.iterations[0].answer == {"status": "done", "output": {"n": 1}}


def text_of(size, key="text"):
    """Return an object whose compact JSON has that many bytes."""
    return {key: "x" * (size - len(key) - 7)}


@pytest.mark.parametrize(
    ("output", "kept"),
    [
        (text_of(MAX), text_of(MAX)),
        (
            text_of(MAX + 1),
            {"message": "Output size exceeds the maximum allowed size.", "size": MAX + 1, "max": MAX},
        ),
        ({"n": 1, "stack": "x" * MAX}, {"n": 1}),
        ({"error": {"n": 1, "stack": "x" * MAX}}, {"error": {"n": 1}}),
        ({"stack": "x" * MAX, "error": {"stack": "x" * MAX}}, {"error": {}}),
        (
            {"stack": "x", "error": {"stack": "x"}, **text_of(MAX)},
            {
                "message": "Output size exceeds the maximum allowed size.",
                "size": MAX + len('"error":{},'),
                "max": MAX,
            },
        ),
        (
            {"error": "x", **text_of(MAX)},
            {
                "message": "Output size exceeds the maximum allowed size.",
                "size": MAX + len('"error":"x",'),
                "max": MAX,
            },
        ),
        (
            {"text": "é" * (MAX // 2)},
            {"message": "Output size exceeds the maximum allowed size.", "size": MAX + 11, "max": MAX},
        ),
    ],
    ids=["fits", "replaced", "stack", "error.stack", "both", "neither", "no stack", "bytes"],
)
@pytest.mark.parametrize("profile", ["documented", "webiny-5", "webiny-6"])
def test_large_output_is_reduced(world, output, kept):
    """S4: an output over 237,568 bytes loses `stack`, then `error.stack`, else is replaced."""
    execution = world(lambda controller: controller.response.done(output=output)).run("reindex")
    assert execution.output == kept
    assert execution.iterations[0].answer["output"] == kept


@pytest.mark.parametrize("profile", ["generic"])
def test_output_without_a_limit(world):
    """S4: where there is no limit, an output of any size is kept as it is."""
    output = {"stack": "x" * MAX, **text_of(MAX)}
    assert world(lambda controller: controller.response.done(output=output)).run("reindex").output == output


def test_small_output_keeps_its_stack(world):
    """S4: an output that fits keeps everything."""
    output = {"stack": "here", "error": {"stack": "there"}}
    assert world(lambda controller: controller.response.done(output=output)).run("reindex").output == output


# --- S5


def test_error_stores_failed(world):
    """S5: error stores failed, the end and `{error}` as the whole output, and logs it."""

    def run(controller):
        controller.state.update_output({"n": 1})
        controller.state.update_input({"at": 2})
        return controller.response.error({"message": "No.", "code": "NO", "data": {"a": 1}, "stack": "here"})

    sim = world(run)
    execution = sim.run("reindex", input={"at": 1})
    task = execution.task
    error = {"message": "No.", "code": "NO", "data": {"a": 1}}
    assert (task.status, task.output, task.finished_on) == ("failed", {"error": error}, sim.now)
    item = execution.logs[0].items[-1]
    assert (item.message, item.type, item.error, item.data) == ("No.", "error", error, None)
    assert execution.iterations[0].answer == {
        "status": "error",
        "error": {**error, "data": {"a": 1, "input": {"at": 2}}},
    }


@pytest.mark.parametrize("data", [None, "text", [1]])
def test_error_data_that_is_no_object(world, data):
    """S5: the answer's error data has the input, whatever data was given; the stored one is as given."""
    given = {"message": "No.", "data": data}
    execution = world(lambda controller: controller.response.error(given)).run("reindex")
    kept = {key: value for key, value in given.items() if value is not None}
    assert execution.error == kept
    assert execution.iterations[0].answer["error"] == {"message": "No.", "data": {"input": {}}}


def test_error_data_that_is_not_json(world):
    """S5: error data that is not JSON becomes its text, and the trace says so."""
    given = {"message": "No.", "data": {"kind": object}}
    execution = world(lambda controller: controller.response.error(given)).run("reindex")
    assert execution.error["data"] == {"kind": "<class 'object'>"}
    assert [e.where for e in execution.trace if type(e).__name__ == "DataSimplified"] == ["response.error"]


# --- S6


@pytest.mark.parametrize(
    ("profile", "status", "is_finished"),
    [
        ("documented", "aborted", True),
        ("generic", "aborted", True),
        ("webiny-5", "running", False),
        ("webiny-6", "running", False),
    ],
)
def test_aborted_result(world, messages, status, is_finished):
    """S6: aborted() stores aborted and the end, or nothing; it answers aborted, without hook or log item."""
    called = []
    sim = world(lambda controller: controller.response.aborted(), on_abort=lambda: called.append(1))
    execution = sim.run("reindex")
    assert (execution.status, execution.task.finished_on is not None) == (status, is_finished)
    assert (execution.iterations[0].answer, execution.machine) == ({"status": "aborted"}, "Aborted")
    assert (messages(execution), called) == ([[]], [])


# --- S7


def aborts(tasks, task):
    """Abort the task."""
    tasks.abort(task)


@pytest.mark.parametrize(
    ("profile", "status", "answer", "hooks"),
    [
        ("documented", "aborted", "aborted", []),
        ("generic", "aborted", "aborted", []),
        ("webiny-5", "success", "done", ["on_done"]),
        ("webiny-6", "success", "done", ["on_done"]),
    ],
)
def test_abort_before_done_is_stored(world, status, answer, hooks):
    """S7: an abort during the run stands, or done overwrites it."""
    called = []
    sim = world(by_somebody(aborts), on_done=lambda: called.append("on_done"))
    execution = sim.run("reindex")
    assert (execution.status, execution.iterations[0].answer["status"], called) == (status, answer, hooks)
    assert execution.output == ({"n": 1} if hooks else None)


@pytest.mark.parametrize(
    ("profile", "status", "hooks"),
    [
        ("documented", "aborted", []),
        ("generic", "aborted", []),
        ("webiny-5", "failed", ["on_max_iterations", "on_error"]),
        ("webiny-6", "failed", ["on_max_iterations", "on_error"]),
    ],
)
def test_abort_before_the_limit_is_looked_at(world, status, hooks):
    """S7, E5: an abort before the limit is looked at stands without a hook, or the failure overwrites it."""
    called = []
    sim = world(
        lambda controller: controller.response.continue_({}),
        settings={"plan": "abort@log.create#2"},
        max_iterations=1,
        on_max_iterations=lambda: called.append("on_max_iterations"),
        on_error=lambda: called.append("on_error"),
    )
    assert (sim.run("reindex").status, called) == (status, hooks)
    sim.close()


@pytest.mark.parametrize(
    ("profile", "statuses"),
    [
        ("documented", {"continue": "aborted", "error": "aborted", "raise": "aborted", "aborted": "aborted"}),
        ("generic", {"continue": "aborted", "error": "aborted", "raise": "aborted", "aborted": "aborted"}),
        ("webiny-5", {"continue": "running", "error": "failed", "raise": "failed", "aborted": "aborted"}),
        ("webiny-6", {"continue": "running", "error": "failed", "raise": "failed", "aborted": "aborted"}),
    ],
)
@pytest.mark.parametrize("result", ["continue", "error", "raise", "aborted"])
def test_abort_before_another_result(world, statuses, result):
    """S7: an abort during the run stands before every kind of result, or that overwrites it."""
    called = []

    def run(controller, context):
        context.tasks.abort(controller.state.get_task())
        if result == "raise":
            raise LookupError
        return {
            "continue": lambda: controller.response.continue_({"at": 1}),
            "error": lambda: controller.response.error("No."),
            "aborted": controller.response.aborted,
        }[result]()

    sim = world(run, on_error=lambda: called.append("on_error"))
    task = sim.tasks.trigger("reindex")
    iteration = sim.run_next()
    status = statuses[result]
    stored = sim.tasks.get_task(task)
    assert stored.status == status
    assert called == (["on_error"] if status == "failed" else [])
    assert stored.input == ({"at": 1} if status == "running" else {})
    assert (iteration.answer["status"] == "aborted") is (status == "aborted")


@pytest.mark.parametrize(
    ("profile", "stands"), [("documented", True), ("generic", True), ("webiny-5", False), ("webiny-6", False)]
)
@pytest.mark.parametrize("write", ["E4", "E5"])
def test_abort_before_the_bookkeeping(world, stands, write):
    """S7: an abort between the load and E4's or E5's update stands, or that update overwrites it."""
    called = []

    def run(input, controller):
        called.append(controller.runtime.is_aborted())
        return controller.response.done() if input else controller.response.continue_({"at": 1})

    # In an event, its log is created after the task was loaded and before it is counted.
    plan = "abort@log.create#1" if write == "E4" else "abort@log.create#2"
    sim = world(run, settings={"plan": plan})
    execution = sim.run("reindex")
    earlier = [False] if write == "E5" else []
    if stands:
        assert (execution.status, execution.machine, called) == ("aborted", "Aborted", earlier)
        assert execution.iterations[-1].answer == {"status": "aborted"}
    else:
        # E5's update leaves the status alone: the run starts with the abort known, and overwrites it.
        assert (execution.status, execution.machine) == ("success", "Done")
        assert called == [*earlier, True] if write == "E5" else [False, False]


@pytest.mark.parametrize("profile", ["documented", "generic"])
def test_users_own_write_does_not_overwrite_an_abort(world):
    """S7: what the run writes itself after an abort is stored; the abort still stands."""

    def run(controller, context):
        context.tasks.abort(controller.state.get_task())
        controller.state.update_input({"at": 1})
        return controller.response.done()

    execution = world(run).run("reindex")
    assert (execution.status, execution.task.input) == ("aborted", {"at": 1})


# --- S8


@pytest.mark.parametrize(("write", "status"), [(2, "running"), (3, "success")])
def test_failure_while_storing_done(world, write, status):
    """S8: a failure while storing done, of the task or the log, still answers done and says so."""
    sim = world(
        lambda controller: controller.response.done("All done.", {"n": 1}),
        settings={"plan": f"fail@write#{write}"},
    )
    execution = sim.run("reindex")
    assert (execution.status, execution.machine) == (status, "Done")
    assert execution.iterations[0].answer == {
        "status": "done",
        "message": "Task done, but failed to update task log. (Storage write failed.)",
        "output": {"n": 1},
    }


@pytest.mark.parametrize(("write", "kept"), [(2, {}), (3, {"at": 1})])
def test_failure_while_storing_continue(world, write, kept):
    """S8: a failure while storing continue becomes an error without data, stored without a hook."""
    called = []
    sim = world(
        lambda controller: controller.response.continue_({"at": 1}),
        on_error=lambda: called.append(1),
        settings={"plan": f"fail@write#{write}"},
    )
    execution = sim.run("reindex")
    error = {"message": "Failed to update task input: Storage write failed.", "code": "STORAGE_ERROR"}
    assert (execution.status, execution.error, called) == ("failed", error, [])
    assert execution.task.input == kept
    assert execution.iterations[0].answer == {"status": "error", "error": {**error, "data": {"input": kept}}}
    assert [item.message for item in execution.logs[0].items][-1] == error["message"]


@pytest.mark.parametrize(
    ("profile", "message", "code"),
    [
        ("documented", 'Entry by ID "{id}#0001" not found.', "NOT_FOUND"),
        ("generic", 'Entry by ID "{id}#0001" not found.', "NOT_FOUND"),
        ("webiny-5", 'Entry by ID "{id}#0001" not found.', "NOT_FOUND"),
        ("webiny-6", "Task not found.", "BackgroundTasks/Task/NotFoundError"),
    ],
)
def test_continue_of_a_deleted_task(world, message, code):
    """S8: if the task is gone while continue is stored, the failure itself is the answer."""

    def run(controller, context):
        context.tasks.delete_task(controller.state.get_task())
        return controller.response.continue_({"at": 1})

    execution = world(run).run("reindex")
    assert execution.iterations[0].answer["error"] == {
        "message": message.format(id=execution.id),
        "code": code,
        "data": {"input": {}},
    }
    assert (execution.status, execution.machine) == ("deleted", "Error")


def test_done_of_a_deleted_task(world):
    """S8: if the task is gone while done is stored, the event still answers done."""

    def delete(tasks, task):
        tasks.delete_task(task)

    answer = world(by_somebody(delete)).run("reindex").iterations[0].answer
    assert answer["status"] == "done"
    assert answer["message"].startswith("Task done, but failed to update task log. (")


def test_failure_while_storing_an_error(world, messages):
    """S8: a failure while storing an error writes no more; the answer is that failure with both data."""
    given = {"message": "No.", "code": "NO", "data": {"a": 1}}
    sim = world(lambda controller: controller.response.error(given), settings={"plan": "fail@write#2"})
    execution = sim.run("reindex", input={"at": 1})
    assert execution.iterations[0].answer == {
        "status": "error",
        "error": {
            "message": "Storage write failed.",
            "code": "STORAGE_ERROR",
            "data": {"a": 1, "write": 2, "input": {"at": 1}},
        },
    }
    assert (execution.status, messages(execution)) == ("running", [[]])


@pytest.mark.parametrize("profile", ["documented", "generic"])
def test_failure_while_storing_aborted(world):
    """S8: a failure while storing aborted still answers aborted."""
    sim = world(lambda controller: controller.response.aborted(), settings={"plan": "fail@write#2"})
    execution = sim.run("reindex")
    assert (execution.status, execution.iterations[0].answer) == ("running", {"status": "aborted"})


def test_task_update_comes_before_the_log_update(world):
    """S8: a result is a task update, then a log update."""
    checkpoints = world(done).run("reindex").iterations[0].checkpoints
    assert checkpoints[-2:] == ("task.update#2", "log.update#1")


# --- S9


def test_changes_of_a_failed_write_are_lost(world):
    """S9: what a failed write was to store is not stored by a later one."""

    def run(controller):
        try:
            controller.state.update_output({"n": 1})
        except EngineError:
            controller.logger.info("Could not write.")
        return controller.response.done()

    execution = world(run, settings={"plan": "fail@write#2"}).run("reindex")
    assert (execution.status, execution.output) == ("success", None)


def test_items_of_a_failed_write_are_lost(world, messages):
    """S9: log items of a failed write are lost."""

    def run(controller):
        try:
            controller.logger.info("Lost.")
        except EngineError:
            controller.state.update_input({"at": 1})
        return controller.response.done()

    assert messages(world(run, settings={"plan": "fail@write#2"}).run("reindex")) == [["Task done."]]


def test_duration_of_results_is_the_events(world):
    """S3: the end is the time at which the result is stored."""

    def run(controller):
        sim.spend("90s")
        return controller.response.done()

    sim = world(run)
    task = sim.run("reindex").task
    assert task.finished_on - task.started_on == timedelta(seconds=90)


def test_logs_off_write_nothing(profile):
    """S1, S3, S5: without logs, results write the task only."""
    run = once(lambda controller: controller.response.continue_({}))
    definition = create_task_definition(
        id="reindex", title="Reindex", run=run, disable_database_logs=True, database_logs=False
    )
    execution = Simulator([definition], profile=profile).run("reindex")
    assert execution.logs == []
    assert not [name for i in execution.iterations for name in i.checkpoints if name.startswith("log.")]
