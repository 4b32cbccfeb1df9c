"""Executions: the live view of a task, and `tasksim.run`."""

import copy
import json
import pickle
from datetime import timedelta

import pytest

import tasksim
from tasksim import Execution, Iteration, Simulator, StalePlan, TaskFailed, UsageError


def working(input, controller):
    """Log, continue with a wait, log again, then answer done."""
    controller.logger.info("a")
    if not input:
        return controller.response.continue_({"at": 1}, seconds=60)
    controller.logger.error("b", {"c": 1})
    return controller.response.done("Done.", {"n": 1})


def failing(controller):
    """Fail with a code."""
    error = LookupError("No index.")
    error.code = "NO_INDEX"
    raise error


def done(controller):
    """Answer done."""
    return controller.response.done()


def test_execution_is_live(world):
    """Everything of an execution is read anew at each access."""
    sim = world(working)
    task = sim.tasks.trigger("reindex")
    execution = sim.execution(task)
    assert isinstance(execution, Execution)
    assert (execution.id, execution.status, execution.machine, execution.output) == (
        task.id,
        "pending",
        None,
        None,
    )
    assert (execution.iterations, execution.logs, execution.error, execution.exception) == (
        [],
        [],
        None,
        None,
    )
    sim.run_next()
    assert (execution.status, execution.machine) == ("running", "Waiter")
    sim.run_next()
    assert (execution.status, execution.machine, execution.output) == ("success", "Done", {"n": 1})
    assert execution.task == sim.tasks.get_task(task)
    assert [log.iteration for log in execution.logs] == [1, 2]


def test_output_is_a_copy(world):
    """Changing the output that an execution gave changes nothing."""
    execution = world(working).run("reindex")
    execution.output.clear()
    assert execution.output == {"n": 1}


def test_execution_of_an_id(world):
    """An execution may be asked for by a task, an execution or an id, also with a revision."""
    sim = world(done)
    execution = sim.run("reindex")
    for named in (execution, execution.task, execution.id, f"{execution.id}#0001"):
        assert sim.execution(named).id == execution.id


def test_iterations(world):
    """An iteration has its number, input, answer, checkpoints, logs and duration."""

    def run(input, controller):
        sim.spend("2s")
        return working(input, controller)

    sim = world(run)
    execution = sim.run("reindex")
    first, second = execution.iterations
    assert first == Iteration(
        task_id=execution.id,
        n=1,
        delivery="first",
        input={},
        answer={"status": "continue", "input": {"at": 1}, "wait": 60, "delay": -1},
        killed=None,
        checkpoints=(
            "event#1",
            "log.create#1",
            "task.update#1",
            "logger.info#1",
            "log.update#1",
            "response.continue#1",
            "task.update#2",
            "log.update#2",
            "wait#1",
        ),
        logs=first.logs,
        duration=timedelta(seconds=2),
    )
    assert (second.n, second.input, second.duration) == (2, {"at": 1}, timedelta(seconds=2))
    second.input.clear()
    assert execution.iterations[1].input == {"at": 1}


@pytest.mark.parametrize("profile", ["documented", "webiny-5"])
def test_items_of_an_iteration(world, profile):
    """An iteration has each log item that it wrote once, whether logs append or replace."""
    execution = world(working, settings={"profile": profile}).run("reindex")
    assert [[item["message"] for item in iteration.logs] for iteration in execution.iterations] == [
        ["a", "Task continuing."],
        ["a", "b", "Done."],
    ]
    item = execution.iterations[1].logs[1]
    assert (item["type"], item["error"], "data" in item) == ("error", {"c": 1}, False)


def test_iteration_that_was_killed(world):
    """A killed iteration has a reason and no answer, and ends at the kill: nothing later is its own."""

    def run(controller):
        controller.logger.info("a")
        sim.spend("20m")

    sim = world(run)
    execution = sim.run("reindex")
    sim.advance("1h")
    sim.tasks.abort(execution)
    (iteration,) = execution.iterations
    assert (iteration.answer, iteration.killed, iteration.duration) == (
        None,
        "timeout",
        timedelta(minutes=15),
    )
    assert [item["message"] for item in iteration.logs] == ["a"]
    assert iteration.checkpoints[-1] == "log.update#1"


def test_iteration_that_goes_on_after_its_death(world):
    """What a dead run does is not its iteration's."""

    def run(controller):
        try:
            sim.spend("20m")
        finally:
            controller.logger.info("a")

    sim = world(run)
    (iteration,) = sim.run("reindex").iterations
    assert (iteration.logs, iteration.killed) == ((), "timeout")


def test_iterations_of_a_usage_error(world):
    """An event that ended the simulation is an iteration without an answer."""

    def run():
        raise AssertionError

    sim = world(run)
    with pytest.raises(AssertionError):
        sim.run("reindex")
    (iteration,) = sim.execution("reindex-0001").iterations
    assert (iteration.answer, iteration.killed, iteration.input) == (None, None, {})


def test_trace_of_an_execution(world, define):
    """An execution's trace has the events of its task only."""
    sim = world(
        lambda controller: controller.task.trigger("child") and controller.response.done(),
        define(done, "child"),
    )
    execution = sim.run("reindex")
    assert {event.task for event in execution.trace} == {execution.id}
    assert len(execution.trace) < len(sim.trace)


def test_exception_is_the_original(world):
    """The exception is the original, with its traceback."""
    execution = world(failing).run("reindex")
    assert isinstance(execution.exception, LookupError)
    assert execution.exception.__traceback__ is not None
    assert execution.error == {"message": "No index.", "code": "NO_INDEX"}


def test_error_of_an_output_that_looks_like_one(world):
    """Only a failed task has an error."""
    execution = world(lambda controller: controller.response.done(output={"error": {"message": "a"}})).run(
        "reindex"
    )
    assert (execution.status, execution.error) == ("success", None)


def test_raise_for_status(world):
    """raise_for_status does nothing after success, else raises, telling all that assert_done tells."""
    world(done).run("reindex").raise_for_status()
    execution = world(failing).run("reindex")
    with pytest.raises(TaskFailed) as caught:
        execution.raise_for_status()
    lines = str(caught.value).splitlines()
    line = lines.pop(3)
    assert line.startswith("    test_execution.py:")
    assert line.endswith(" in failing: raise error")
    assert lines[:11] == [
        "The task 'reindex-0001' is 'failed', not 'success'.",
        "  error: No index. (NO_INDEX)",
        "  raised: LookupError",
        "  machine: Error, after 1 iteration",
        "  log:",
        "    iteration 1",
        '      error  No index.  {"code": "NO_INDEX"}',
        "  timeline:",
        "    time       what happened, and what was answered or given",
        '    00:00.000  triggered  reindex-0001 "Reindex"',
        "    00:00.000  iteration 1  input {}",
    ]
    assert caught.value.__cause__ is execution.exception
    assert (caught.value.task_id, caught.value.status, caught.value.error) == (
        "reindex-0001",
        "failed",
        {"message": "No index.", "code": "NO_INDEX"},
    )
    assert type(caught.value.status) is str


def test_raise_for_status_without_an_exception(world):
    """A returned error has no exception; a task that is not finished has no error."""
    execution = world(lambda controller: controller.response.error("No.")).run("reindex")
    with pytest.raises(TaskFailed) as caught:
        execution.raise_for_status()
    assert str(caught.value).splitlines()[:3] == [
        "The task 'reindex-0001' is 'failed', not 'success'.",
        "  error: No.",
        "  machine: Error, after 1 iteration",
    ]
    assert caught.value.__cause__ is None
    sim = world(done)
    with pytest.raises(TaskFailed) as caught:
        sim.execution(sim.tasks.trigger("reindex")).raise_for_status()
    assert caught.value.error is None
    assert caught.value.sentence == "The task 'reindex-0001' is 'pending', not 'success'."


def test_raise_for_status_after_a_failed_hook(world):
    """What a hook raised is not what failed the task, so TaskFailed does not come from it."""

    def on_error(task):
        raise RuntimeError("No mail.")

    for settings in ({}, {"trace": False}):
        execution = world(
            lambda controller: controller.response.error("No."), on_error=on_error, settings=settings
        ).run("reindex")
        assert str(execution.exception) == "No mail."
        with pytest.raises(TaskFailed) as caught:
            execution.raise_for_status()
        assert caught.value.__cause__ is None
        assert ("hook failed: on_error: No mail." in caught.value.facts) == (settings == {})


# --- as text


def test_status_is_text(world):
    """A status is text in every respect: compared, hashed, formatted, matched, dumped as JSON, shown."""
    status = world(done).run("reindex").status
    assert isinstance(status, str)
    assert status == "success"
    assert status != "failed"
    assert {"success": 1}[status] == 1
    assert f"{status}" == str(status) == "success"
    assert type(str(status)) is str
    assert repr(status) == "'success'"
    assert json.dumps({"status": status}) == '{"status": "success"}'
    match status:
        case "success":
            pass
        case _:
            pytest.fail("a status should match its text")


def test_status_is_copied_as_plain_text(world):
    """A status is pickled and copied as plain text, without its execution."""
    status = world(done).run("reindex").status
    assert status.execution.id == "reindex-0001"
    pickled = pickle.loads(pickle.dumps(status))  # noqa: S301 - our own
    for plain in (pickled, copy.copy(status), copy.deepcopy(status)):
        assert type(plain) is str
        assert plain == "success"


def test_equality(world):
    """Two executions are equal if they are views of the same task; they hash by its id."""
    sim = world(done)
    first, second = sim.run("reindex"), sim.run("reindex")
    assert first == sim.execution(first.id)
    assert len({first, sim.execution(first.id), second}) == 2
    assert first != second
    assert first != world(done).run("reindex")
    assert first != first.id


def test_equality_of_logs(world):
    """Logs and their items are equal if everything in them is."""
    execution = world(working).run("reindex")
    first, second = execution.logs
    assert [first, second] == execution.logs
    assert first != second
    assert first != first.id
    assert len({first, second, execution.logs[0]}) == 2
    assert first.items[0] == execution.logs[0].items[0]
    assert first.items[0] != first.items[1]
    assert first.items[0] != "a"
    assert len({first.items[0], execution.logs[0].items[0]}) == 1


def test_repr(world):
    """An execution shows id, status, machine, and its error or output, on one line."""
    assert repr(world(working).run("reindex")) == (
        "<Execution 'reindex-0001': success, machine Done, output {'n': 1}>"
    )
    assert repr(world(failing).run("reindex")) == (
        "<Execution 'reindex-0001': failed, machine Error, error 'No index.' (NO_INDEX)>"
    )
    long = world(lambda controller: controller.response.error("No.\n" * 100)).run("reindex")
    assert len(repr(long)) < 200
    assert "\n" not in repr(long)


def test_without_a_trace(world):
    """Without a trace the records are there; what happened is refused, with the way out."""
    execution = world(working, settings={"trace": False}).run("reindex")
    assert (execution.status, execution.output, len(execution.logs)) == ("success", {"n": 1}, 2)
    for name in ("iterations", "trace"):
        with pytest.raises(UsageError) as caught:
            getattr(execution, name)
        assert str(caught.value) == (
            "The simulation was made with trace=False, so its iterations are not known.\n"
            "  Leave trace=False out, or read status, output and logs, which are stored."
        )


def test_deleted_task(world):
    """A deleted task has no record left, but its iterations and logs."""
    sim = world(working)
    execution = sim.run("reindex")
    sim.tasks.delete_task(execution)
    assert (execution.task, execution.status, execution.output, execution.error) == (
        None,
        "deleted",
        None,
        None,
    )
    assert (len(execution.iterations), len(execution.logs), execution.machine) == (2, 2, "Done")


# --- Simulator.run and tasksim.run


def test_run_triggers_and_runs_to_idle(world, define):
    """`run` triggers a task, runs everything to idle and returns its execution."""
    sim = world(working, define(done, "child"))
    child = sim.tasks.trigger("child", delay="1h")
    execution = sim.run("reindex", name="Mine", delay="10s", parent=child)
    assert (execution.task.name, execution.task.parent_id, execution.status) == ("Mine", child.id, "success")
    assert sim.execution(child).status == "success"
    assert sim.now_ms == 3_600_000


def test_run_of_a_definition(define):
    """tasksim.run runs one definition in a world of its own, with the simulator's settings."""
    execution = tasksim.run(
        define(working),
        input={"at": 1},
        name="Mine",
        delay=5,
        profile="webiny-6",
        start="2030-01-01T00:00:00Z",
    )
    assert (execution.output, execution.task.name, execution.task.created_on.year) == ({"n": 1}, "Mine", 2030)
    assert execution.logs == []
    assert len(execution.iterations) == 2


def test_run_closes_its_world(define):
    """tasksim.run raises for a planned fault that never fired."""
    with pytest.raises(StalePlan):
        tasksim.run(define(done), plan="crash@event#9")
    assert tasksim.run(define(done), plan="crash@event#1").machine == "UnknownError"


def test_run_with_an_unknown_setting(define):
    """tasksim.run refuses a setting that there is not, with the nearest."""
    with pytest.raises(UsageError) as caught:
        tasksim.run(define(done), budgets="1m")
    assert str(caught.value) == (
        "run() got 'budgets', which is no setting. Did you mean 'budget'?\n"
        "  Choose from name, delay, profile, start, seed, budget, close_limit, tick, plan, on_crash, "
        "context, identity, tenant, freeze, timezone, strict, seed_random, builtins, limits, trace."
    )


def test_repr_of_a_simulator(world):
    """A simulator shows profile, time, tasks, what is due, budget, and whether the wall clock is frozen."""
    sim = world(done, settings={"budget": "90s"})
    sim.tasks.trigger("reindex")
    start = "<Simulator documented, 2024-01-01T00:00:00+00:00, 1 tasks, 1 due, budget 90s"
    assert repr(sim) == f"{start}, wall clock not frozen>"
    with sim:
        assert repr(sim) == f"{start}>"
    with Simulator(freeze=False) as unfrozen:
        assert repr(unfrozen).endswith(", wall clock not frozen>")


def test_repr_of_the_service(world):
    """The service shows the definitions that it serves."""
    assert repr(world(done).tasks) == "<task service: reindex>"
    assert repr(Simulator().tasks) == "<task service: no definitions>"


def test_exception_is_the_one_that_failed_the_task(world):
    """A hook that fails afterwards does not hide the exception that failed the task."""

    def run():
        raise LookupError("gone")

    def on_error(task):
        raise RuntimeError("No mail.")

    execution = world(run, on_error=on_error).run("reindex")
    assert isinstance(execution.exception, LookupError)
    with pytest.raises(TaskFailed) as caught:
        execution.raise_for_status()
    assert caught.value.__cause__ is execution.exception
