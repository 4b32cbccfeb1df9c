"""One event, an iteration: E1 to E13."""

from contextlib import suppress

import pytest

from tasksim import EngineError, Simulator, UsageError, create_task_definition


def done(controller):
    """Answer done."""
    return controller.response.done()


def forever(controller):
    """Answer continue."""
    return controller.response.continue_({})


class Failure(Exception):
    def __init__(self, message, code=None, data=None):
        super().__init__(message)
        self.code = code
        self.data = data


# --- E1


def test_unknown_task(world):
    """E1: the event of a task that is gone answers TASK_NOT_FOUND and leaves no log."""
    sim = world(done)
    task = sim.tasks.trigger("reindex")
    sim.tasks.delete_task(task)
    iteration = sim.run_next()
    assert iteration.answer == {
        "status": "error",
        "error": {
            "message": f'Task "{task.id}" cannot be executed because it does not exist.',
            "code": "TASK_NOT_FOUND",
        },
    }
    execution = sim.execution(task)
    assert (execution.machine, execution.logs) == ("Error", [])


def test_unknown_definition(world):
    """E1: the event of a task whose definition is not registered changes nothing of the record."""
    sim = world(forever)
    task = sim.tasks.trigger("reindex")
    sim.run_next()
    before = sim.tasks.get_task(task)
    del sim._engine.registry._by_id["reindex"]  # as a new version without the definition
    iteration = sim.run_next()
    assert iteration.answer["error"] == {
        "message": f'Task "{task.id}" cannot be executed because there is no "reindex" definition plugin.',
        "code": "TASK_DEFINITION_ERROR",
        "data": {"definitionId": "reindex"},
    }
    assert sim.tasks.get_task(task) == before
    assert len(sim.execution(task).logs) == 1


# --- E2


@pytest.mark.parametrize(
    ("profile", "attributes", "logs"),
    [
        ("documented", {}, 1),
        ("documented", {"database_logs": False}, 1),
        ("documented", {"disable_database_logs": False}, 1),
        ("documented", {"disable_database_logs": True}, 0),
        ("generic", {}, 0),
        ("generic", {"disable_database_logs": False}, 0),
        ("generic", {"database_logs": True}, 1),
        ("webiny-5", {}, 1),
        ("webiny-5", {"disable_database_logs": True}, 0),
        ("webiny-6", {}, 0),
        ("webiny-6", {"disable_database_logs": False}, 0),
        ("webiny-6", {"database_logs": False}, 0),
        ("webiny-6", {"database_logs": True}, 1),
    ],
)
def test_logs_are_on_or_off(profile, attributes, logs):
    """E2: whether an event makes a log record is the profile's default and the definition's switch."""
    definition = create_task_definition(id="reindex", title="Reindex", run=done, **attributes)
    assert len(Simulator([definition], profile=profile).run("reindex").logs) == logs


def test_one_log_per_event(world):
    """E2: each event makes one log record; its iteration is the newest one's + 1."""

    def run(input, controller):
        controller.logger.info("Working.")
        return controller.response.done() if input else controller.response.continue_({"at": 1})

    execution = world(run).run("reindex", delay=5)
    assert [log.iteration for log in execution.logs] == [1, 2]
    assert {log.task for log in execution.logs} == {execution.id}
    assert {log.execution_name for log in execution.logs} == {execution.task.execution_name}


def test_log_is_created_before_finished_tasks_are_refused(world):
    """E2, E3: a late event of a finished task makes a log record all the same."""
    sim = world(done)
    task = sim.tasks.trigger("reindex")
    sim.tasks.abort(task)
    sim.run_until_idle()
    assert [log.iteration for log in sim.execution(task).logs] == [1, 2]


def test_newest_log_is_the_latest_then_the_last_created(world):
    """E2: the newest log is the one with the greatest created_on, the last created among equals."""
    sim = world(done)
    sim.seed_records(
        tasks=[{"id": "old", "definitionId": "reindex"}],
        logs=[
            {"task": "old", "iteration": 9, "createdOn": "2023-06-01T00:00:00Z"},
            {"task": "old", "iteration": 3, "createdOn": "2023-07-01T00:00:00Z"},
            {"task": "old", "iteration": 5, "createdOn": "2023-07-01T00:00:00Z"},
            {"task": "old", "iteration": 8, "createdOn": "2023-05-01T00:00:00Z"},
        ],
    )
    sim.tasks.abort("old", message="Enough.")
    texts = [[item.message for item in log.items] for log in sim.execution("old").logs]
    assert texts == [[], [], ["Enough."], []]


def test_log_made_by_an_abort_counts(world):
    """E2: a log record that an abort made counts as the newest."""
    sim = world(forever)
    task = sim.tasks.trigger("reindex")
    sim.tasks.abort(task)
    sim.run_next()
    assert [log.iteration for log in sim.execution(task).logs] == [1, 2]


def test_failing_log_creation_fails_the_task(world, messages):
    """E2, E10: if creating the log fails, the task fails and `run` is not called; on_error is."""
    called = []
    sim = world(
        lambda: called.append("run"),
        on_error=lambda task: called.append("on_error"),
        settings={"plan": "fail@log.create#1"},
    )
    execution = sim.run("reindex")
    assert called == ["on_error"]
    assert (execution.status, execution.error["message"]) == ("failed", "Storage write failed.")
    assert messages(execution) == []


# --- E3


def test_aborted_task_answers_aborted(world):
    """E3: the event of an aborted task answers aborted; no hook, no change."""
    called = []
    sim = world(lambda: called.append("run"), on_error=lambda: called.append("on_error"))
    task = sim.tasks.trigger("reindex")
    aborted = sim.tasks.abort(task)
    assert sim.run_next().answer == {"status": "aborted"}
    assert (sim.tasks.get_task(task), sim.execution(task).machine, called) == (aborted, "Aborted", [])


@pytest.mark.parametrize(
    ("status", "message"),
    [
        ("success", "Task is already done, cannot run it again."),
        ("failed", "Task has failed, cannot run it again."),
    ],
)
def test_finished_task_answers_an_error(world, status, message):
    """E3: a task that succeeded or failed does not run again; no hook, no change."""
    called = []

    def run(controller):
        called.append("run")
        return controller.response.done() if status == "success" else controller.response.error("No.")

    sim = world(run, on_done=lambda: called.append("on_done"), settings={"plan": "redeliver@1"})
    task = sim.tasks.trigger("reindex")
    sim.run_next()
    before = sim.tasks.get_task(task)
    called.clear()
    again = sim.run_next()
    assert (again.delivery, again.answer) == ("duplicate", {"status": "error", "error": {"message": message}})
    assert (sim.tasks.get_task(task), called) == (before, [])


# --- E4, E5, E6


def test_first_iteration(world):
    """E4: the first event of a pending task makes it running, with a start, a name and 1 iteration."""
    seen = []

    def run(controller):
        seen.append(controller.state.get_task())
        return controller.response.done()

    sim = world(run)
    sim.advance("5s")
    task = sim.tasks.trigger("reindex")
    sim.run_next()
    (record,) = seen
    assert (record.to_json()["taskStatus"], record.iterations) == ("running", 1)
    assert record.started_on == sim.now
    assert record.execution_name == f"reindex_{task.id}"


def test_start_is_set_once(world):
    """E4: start and execution name are those of the first iteration."""

    def run(input, controller):
        return controller.response.done() if input else controller.response.continue_({"at": 1}, seconds=60)

    execution = world(run).run("reindex")
    task = execution.task
    assert (task.finished_on - task.started_on).total_seconds() == 60
    assert (task.iterations, task.started_on) == (2, task.created_on)


def test_no_limit_check_in_the_first_iteration(world):
    """E4: the first event of a pending task does not look at the limit."""
    sim = world(forever, max_iterations=1)
    sim.seed_records([{"id": "late", "definitionId": "reindex", "iterations": 9}])
    execution = sim.run("reindex")
    assert len([i for i in execution.iterations if i.input is not None]) == 1


def test_limit_fails_the_task(world, messages):
    """E5: with N iterations allowed, the N + 1st event calls on_max_iterations and fails the task."""
    seen = []
    sim = world(
        forever,
        max_iterations=2,
        on_max_iterations=lambda task: seen.append((str(task.status), task.iterations)),
    )
    execution = sim.run("reindex")
    assert seen == [("running", 2)]
    assert (execution.status, execution.task.iterations) == ("failed", 2)
    assert execution.error == {"message": "Task reached max iterations."}
    assert [iteration.input for iteration in execution.iterations] == [{}, {}, None]
    assert messages(execution)[-1] == ["Task reached max iterations."]


@pytest.mark.parametrize(("profile", "most"), [("documented", 500), ("webiny-5", 50), ("webiny-6", 50)])
@pytest.mark.parametrize("given", [None, 0])
def test_default_limit(world, most, given):
    """E6: without max_iterations, or with 0, the profile's default is the limit."""
    execution = world(forever, max_iterations=given).run("reindex")
    assert (execution.task.iterations, execution.status) == (most, "failed")


@pytest.mark.parametrize("profile", ["generic"])
@pytest.mark.parametrize(("given", "iterations", "status"), [(None, 601, "success"), (3, 3, "failed")])
def test_no_default_limit(world, given, iterations, status):
    """E6: where the profile has no default, only a definition's own limit ends a task."""

    def run(input, controller):
        at = input.get("at", 0)
        return controller.response.continue_({"at": at + 1}) if at < 600 else controller.response.done()

    execution = world(run, max_iterations=given).run("reindex")
    assert (execution.task.iterations, execution.status) == (iterations, status)


# --- E7


def test_run_gets_its_own_copy(world):
    """E7: `run` gets a deep copy of the stored input: changing it changes nothing."""

    def run(input, controller):
        input["ids"].append("b")
        assert controller.state.get_input() == {"ids": ["a"]}
        controller.state.get_input()["ids"].append("c")
        return controller.response.done()

    given = {"ids": ["a"]}
    sim = world(run)
    task = sim.tasks.trigger("reindex", input=given)
    given["ids"].append("z")
    sim.run_until_idle()
    assert sim.execution(task).task.input == {"ids": ["a"]}


# --- E8


@pytest.mark.parametrize(
    ("profile", "limit"), [("documented", 180), ("generic", 60), ("webiny-5", 180), ("webiny-6", 180)]
)
def test_close_to_timeout_is_strict(world, limit):
    """E8: close means that less than the limit remains, strictly; it is the profile's unless one is given."""
    answers = []

    def run(controller):
        runtime = controller.runtime
        sim.spend(900 - limit)
        answers.append((runtime.remaining_seconds(), runtime.is_close_to_timeout()))
        sim.spend("1ms")
        answers.append((runtime.remaining_milliseconds(), runtime.is_close_to_timeout()))
        answers.append(
            [runtime.is_close_to_timeout(seconds) for seconds in (0, limit - 0.001, limit, None, 30)]
        )
        return controller.response.done()

    sim = world(run)
    assert sim.run("reindex").status == "success"
    assert answers == [(limit, False), (limit * 1000 - 1, True), [True, False, True, True, False]]


def test_budget_renews_with_each_event(world):
    """E8: the budget is 900 s per event and renews with each."""
    remaining = []

    def run(input, controller):
        remaining.append(controller.runtime.remaining_seconds())
        sim.spend(800)
        return controller.response.done() if input else controller.response.continue_({"at": 1})

    sim = world(run)
    sim.run("reindex")
    assert remaining == [900, 900]


def test_limit_and_budget_may_be_set(world):
    """E8: the simulator's budget and close limit replace the host's."""

    def run(controller):
        return controller.response.done(output={"close": controller.runtime.is_close_to_timeout()})

    assert world(run, settings={"budget": 60, "close_limit": 60}).run("reindex").output == {"close": False}
    assert world(run, settings={"budget": 60, "close_limit": 61}).run("reindex").output == {"close": True}


# --- E9, E12


@pytest.mark.parametrize(
    ("profile", "before_a_write"),
    [("documented", True), ("generic", True), ("webiny-5", False), ("webiny-6", False)],
)
def test_abort_is_seen(world, before_a_write):
    """E9, E12: is_aborted and get_status see an abort at once, or once this run has written the task."""
    seen = []

    def look(controller):
        seen.append((controller.runtime.is_aborted(), controller.state.get_status()))

    def run(controller, context):
        look(controller)
        context.tasks.abort(controller.state.get_task())
        look(controller)
        controller.logger.info("A log write refreshes nothing.")
        controller.task.list_children()
        controller.state.update_input({})
        look(controller)
        controller.state.update_input({"at": 1})
        look(controller)
        return controller.response.aborted()

    world(run).run("reindex")
    live = (before_a_write, "aborted" if before_a_write else "running")
    assert seen == [(False, "running"), live, live, (True, "aborted")]


@pytest.mark.parametrize("profile", ["documented", "generic"])
def test_live_status_of_a_deleted_task(world):
    """E9: a task that is gone has the status that this run knows."""
    seen = []

    def run(controller, context):
        context.tasks.delete_task(controller.state.get_task())
        seen.append((controller.state.get_status(), controller.runtime.is_aborted()))
        return controller.response.done()

    world(run).run("reindex")
    assert seen == [("running", False)]


def test_reads_come_from_what_this_run_knows(world):
    """E12: input and output are as this run last read or wrote the task."""
    seen = []

    def run(input, controller, context):
        if input:
            seen.append((controller.state.get_input(), controller.state.get_output()))
            controller.state.update_output({"n": 1})
            seen.append((controller.state.get_input(), controller.state.get_output()))
            return controller.response.done()
        controller.state.update_input({"at": 1})
        seen.append((controller.state.get_input(), controller.state.get_output()))
        return controller.response.continue_({"at": 2})

    world(run).run("reindex")
    assert seen == [({"at": 1}, None), ({"at": 2}, None), ({"at": 2}, {"n": 1})]


def test_task_as_this_run_knows_it(world):
    """E12: get_task shows what this run knows, not what somebody else has stored since."""
    seen = []

    def run(controller, context):
        context.tasks.abort(controller.state.get_task())
        seen.append(controller.state.get_task().to_json()["taskStatus"])
        return controller.response.aborted()

    world(run).run("reindex")
    assert seen == ["running"]


# --- E10


def test_exception_fails_the_task(world, messages):
    """E10: an exception from `run` fails the task with its message, code and data."""

    def run():
        raise Failure("Index is gone.", "INDEX_GONE", {"index": "pages"})

    execution = world(run).run("reindex")
    error = {"message": "Index is gone.", "code": "INDEX_GONE", "data": {"index": "pages"}}
    assert (execution.status, execution.output) == ("failed", {"error": error})
    assert execution.iterations[0].answer["error"] == {**error, "data": {"index": "pages", "input": {}}}
    assert messages(execution) == [["Index is gone."]]
    assert isinstance(execution.exception, Failure)


def test_unknown_child_definition_fails_the_task(world):
    """E10: the trigger of an unknown child definition, uncaught, fails the task."""

    def run(controller):
        controller.task.trigger("reindexPart")

    assert world(run).run("reindex").error == {
        "message": "Task definition was not found!",
        "code": "TASK_DEFINITION_ERROR",
        "data": {"id": "reindexPart"},
    }


def test_failing_trigger_fails_the_task(world):
    """E10: a child's trigger that fails, uncaught, fails the task with the engine's answer."""

    def run(controller):
        controller.task.trigger("reindex")

    execution = world(run, settings={"plan": "fail@task.trigger#1"}).run("reindex")
    assert execution.error == {
        "message": "Could not trigger the step function!",
        "code": "TRIGGER_STEP_FUNCTION_ERROR",
        "data": {"checkpoint": "task.trigger#1"},
    }


def test_failing_store_call_fails_the_task(world):
    """E10: a store call that fails, uncaught, fails the task; caught, it does not."""

    def run(controller):
        controller.state.update_input({"at": 1})

    def careful(controller):
        try:
            controller.state.update_input({"at": 1})
        except EngineError as error:
            return controller.response.done(output={"code": error.code})

    settings = {"plan": "fail@write#2"}
    error = {"message": "Storage write failed.", "code": "STORAGE_ERROR", "data": {"write": 2}}
    assert world(run, settings=settings).run("reindex").error == error
    assert world(careful, settings=settings).run("reindex").output == {"code": "STORAGE_ERROR"}


@pytest.mark.parametrize("status", ["pending", "running"])
def test_failing_bookkeeping_fails_the_task(world, status):
    """E10: a failure of E4's or E5's own update fails the task; `run` is not called, on_error is."""
    called = []

    def run(controller):
        called.append("run")
        return controller.response.continue_({})

    # The first event writes three times: E4's update, the input, the log.
    plan = "fail@write#1" if status == "pending" else "fail@write#4"
    sim = world(run, on_error=lambda: called.append("on_error"), settings={"plan": plan})
    execution = sim.run("reindex")
    assert called == (["on_error"] if status == "pending" else ["run", "on_error"])
    assert execution.error["code"] == "STORAGE_ERROR"
    assert execution.task.iterations == (0 if status == "pending" else 1)


def test_odd_error_data_is_simplified(world):
    """E10: error data that is not JSON becomes its text, and the trace says so."""

    def run():
        raise Failure("No.", "NO", {"kind": object})

    execution = world(run).run("reindex")
    assert execution.error["data"] == {"kind": "<class 'object'>"}
    assert [e.where for e in execution.trace if type(e).__name__ == "DataSimplified"] == ["run"]


# --- E11


@pytest.mark.parametrize("how", ["timeout", "crash"])
def test_killed_run_leaves_the_task_running(world, messages, how):
    """E11: a hard timeout or crash ends in UnknownError, writes no more and leaves the task running."""
    called = []

    def run(controller):
        called.append("run")
        if how == "timeout":
            sim.spend("15m")
        controller.logger.info("Never written.")

    plan = None if how == "timeout" else "crash@logger.info#1"
    settings = {"plan": plan, "on_crash": "strand"}
    sim = world(run, on_error=lambda: called.append("on_error"), settings=settings)
    execution = sim.run("reindex")
    assert (execution.status, execution.machine, called) == ("running", "UnknownError", ["run"])
    assert messages(execution) == [[]]
    (iteration,) = execution.iterations
    assert (iteration.answer, iteration.killed) == (None, how)


@pytest.mark.parametrize(
    ("touch", "status", "items"),
    [
        ("event#1", "pending", None),
        ("log.create#1", "pending", 0),
        ("task.update#1", "running", 0),
        ("task.update#2", "running", 0),
        ("log.update#1", "running", 1),
        ("wait#1", "running", 1),
    ],
)
def test_crash_after_each_touch_of_the_engine(world, touch, status, items):
    """E11: a crash after a touch took effect leaves that effect, and nothing later."""
    run = {"max_iterations": 1, "settings": {"plan": f"crash@{touch}+", "on_crash": "strand"}}
    sim = world(lambda controller: controller.response.continue_({"at": 1}, seconds=60), **run)
    execution = sim.run("reindex")
    assert (execution.machine, execution.status) == ("UnknownError", status)
    assert [len(log.items) for log in execution.logs] == ([] if items is None else [items])
    assert execution.task.input == (
        {} if touch in {"event#1", "log.create#1", "task.update#1"} else {"at": 1}
    )


@pytest.mark.parametrize(
    ("profile", "deliveries"),
    [
        ("documented", ["first"]),
        ("generic", ["first", "retry", "retry"]),
        ("webiny-5", ["first"]),
        ("webiny-6", ["first"]),
    ],
)
def test_profile_says_what_follows_a_crash(world, deliveries):
    """E11: by default the host leaves the task as it is, or hands out the same event twice more."""

    def run(input, controller):
        seen.append(input)
        controller.state.update_input({"at": len(seen)})
        sim.spend("15m")

    seen = []
    sim = world(run)
    execution = sim.run("reindex")
    assert [iteration.delivery for iteration in execution.iterations] == deliveries
    assert seen == [{}, {"at": 1}, {"at": 2}][: len(deliveries)]
    assert (execution.machine, execution.status) == ("UnknownError", "running")


def test_crash_after_a_hook(world):
    """E11: a crash after a hook leaves what the hook did."""
    called = []
    settings = {"plan": "crash@hook.on_done#1+", "on_crash": "strand"}
    sim = world(done, on_done=lambda: called.append(1), settings=settings)
    assert (sim.run("reindex").machine, called) == ("UnknownError", [1])


def test_dead_run_cannot_touch_the_world(world):
    """E11: a run that catches what killed it stays dead: later touches raise again, change nothing."""
    touches = []

    def run(controller, context):
        try:
            sim.spend("15m")
        finally:
            for touch in (
                lambda: controller.state.update_input({"at": 1}),
                lambda: context.tasks.trigger("reindex"),
                lambda: context.tasks.abort("reindex-0001"),
                lambda: context.tasks.delete_task("reindex-0001"),
                lambda: context.tasks.get_task("reindex-0001"),
                context.tasks.list_tasks,
                context.tasks.list_logs,
                lambda: sim.spend(1),
                lambda: sim.checkpoint("here"),
            ):
                try:
                    touch()
                except BaseException as error:  # noqa: BLE001, PERF203 - what a careless task does
                    touches.append(type(error).__name__)
            return controller  # noqa: B012 - discarded as well

    sim = world(run, settings={"on_crash": "strand"})
    execution = sim.run("reindex")
    assert touches == ["RunKilled"] * 9
    assert (execution.status, execution.task.input, len(sim.tasks.list_tasks())) == ("running", {}, 1)
    assert [event.touches for event in execution.trace if type(event).__name__ == "CrashSwallowed"] == [9]


def test_dead_run_cannot_write(world):
    """E11: a run that dies inside an update, and swallows that, does not write it any more."""

    def run(controller):
        def change(_):
            with suppress(BaseException):
                sim.spend("15m")
            return {"at": 1}

        controller.state.update_input(change)

    sim = world(run)
    execution = sim.run("reindex")
    assert (execution.task.input, execution.machine) == ({}, "UnknownError")


def test_dead_run_that_never_ends_is_an_error(world):
    """E11: more than 100 touches of a dead run are an error that names the line."""

    def run(controller):
        for _ in range(103):
            with suppress(BaseException):  # what a careless task does
                sim.spend("15m")

    sim = world(run)
    with pytest.raises(UsageError) as caught:
        sim.run("reindex")
    assert type(caught.value).__name__ == "CrashSwallowedError"
    lines = str(caught.value).splitlines()
    assert lines[0] == "The killed run of 'reindex-0001' went on and touched the world more than 100 times."
    assert lines[1] == "  killed by timeout at spend"
    assert lines[2].startswith("  test_events.py:")
    assert lines[2].endswith('in run: sim.spend("15m")')
    assert lines[3:] == ["  Let BaseException pass: catch Exception, and leave loops when it is raised."]


# --- E13


@pytest.mark.parametrize(
    ("returned", "shown", "hint"),
    [
        (None, "None", " Did the function end without a return?"),
        (3, "int 3", ""),
        ({"status": "done"}, "dict {'status': 'done'}", ""),
    ],
)
def test_run_must_return_a_result(world, returned, shown, hint):
    """E13: a run that returns no result is stored as failed with TASK_ERROR, then raised; no hook."""
    called = []
    sim = world(lambda: returned, on_error=lambda: called.append("on_error"))
    task = sim.tasks.trigger("reindex")
    with pytest.raises(UsageError) as caught:
        sim.run_until_idle()
    sentence = f"run() of 'reindex' returned {shown} in iteration 1."
    assert str(caught.value) == (
        f"{sentence}\n  Return controller.response.done(), .continue_(), .error() or .aborted().{hint}"
    )
    execution = sim.execution(task)
    assert (execution.status, execution.machine, called) == ("failed", "Error", [])
    assert execution.error == {"message": sentence, "code": "TASK_ERROR"}
    assert [item.message for item in execution.logs[0].items] == [sentence]
