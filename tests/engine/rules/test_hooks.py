"""Hooks: H1 to H5."""

from contextlib import suppress

import pytest

from tasksim import EngineError


class HookError(Exception):
    def __init__(self):
        super().__init__("hook failed")
        self.code = "HOOK_FAILED"
        self.data = {"a": 1}
        self.more = [1]
        self._private = 2


def fail():
    """Raise."""
    raise HookError


def done(controller):
    """Answer done."""
    return controller.response.done(output={"n": 1})


def error(controller):
    """Answer error."""
    return controller.response.error("No.")


def forever(controller):
    """Answer continue."""
    return controller.response.continue_({})


def failures(execution):
    """Return the failures of hooks that the trace reports."""
    return [(e.hook, e.error) for e in execution.trace if type(e).__name__ == "HookFailed"]


@pytest.mark.parametrize(
    ("profile", "done_sees", "error_sees"),
    [
        ("documented", ("success", 1, {"n": 1}), ("failed", 1, {"error": {"message": "No."}})),
        ("generic", ("success", 1, {"n": 1}), ("failed", 1, {"error": {"message": "No."}})),
        ("webiny-5", ("pending", 0, None), ("pending", 0, None)),
        ("webiny-6", ("success", 1, {"n": 1}), ("failed", 1, {"error": {"message": "No."}})),
    ],
)
def test_what_hooks_see(world, done_sees, error_sees):
    """H1: on_done and on_error see the stored task after storing, or the task as the event began before."""
    seen = []

    def look(task):
        seen.append((str(task.to_json()["taskStatus"]), task.iterations, task.output))
        seen.append(sim.tasks.get_task(task).to_json()["taskStatus"])

    sim = world(done, on_done=look)
    sim.run("reindex")
    stored_when_called = "running" if done_sees[0] == "pending" else "success"
    assert seen == [done_sees, stored_when_called]
    seen.clear()
    sim = world(error, on_error=look)
    sim.run("reindex")
    assert seen == [error_sees, "running" if error_sees[0] == "pending" else "failed"]


def test_hooks_are_called_once(world):
    """H1: done calls on_done only, error on_error only, continue and aborted neither."""
    called = []
    hooks = {name: (lambda name=name: called.append(name)) for name in ("on_done", "on_error", "on_abort")}
    world(done, **hooks).run("reindex")
    world(error, **hooks).run("reindex")
    world(lambda controller: controller.response.aborted(), **hooks).run("reindex")
    sim = world(forever, **hooks)
    sim.tasks.trigger("reindex")
    sim.run_next()
    assert called == ["on_done", "on_error"]


@pytest.mark.parametrize(
    ("run", "hook", "status"), [(done, "on_done", "success"), (error, "on_error", "failed")]
)
def test_hook_that_raises_changes_no_result(world, run, hook, status):
    """H2: the result stands when on_done or on_error raises; the trace reports the failure."""
    execution = world(run, **{hook: fail}).run("reindex")
    assert execution.status == status
    data = {"message": "hook failed", "code": "HOOK_FAILED", "data": {"a": 1}}
    assert failures(execution) == [(hook, data)]
    assert isinstance(execution.exception, HookError)


def test_odd_error_data_is_simplified(world):
    """H2: error data that is not JSON becomes its text, and the trace says so."""

    def odd():
        failure = HookError()
        failure.data = {"at": object}
        raise failure

    execution = world(done, on_done=odd).run("reindex")
    assert failures(execution)[0][1]["data"] == {"at": "<class 'object'>"}
    assert [e.where for e in execution.trace if type(e).__name__ == "DataSimplified"] == ["on_done"]


def test_on_abort_runs_inside_the_abort(world):
    """H3: on_abort is called inside the abort call, after the status is stored."""
    seen = []
    sim = world(
        forever, on_abort=lambda task: seen.append((str(task.status), str(sim.tasks.get_task(task).status)))
    )
    sim.tasks.abort(sim.tasks.trigger("reindex"))
    assert seen == [("aborted", "aborted")]


@pytest.mark.parametrize("profile", ["documented", "generic", "webiny-6"])
def test_on_abort_that_raises_is_reported(world):
    """H3: the abort succeeds although on_abort raises; the trace reports the failure."""
    sim = world(forever, on_abort=fail)
    task = sim.tasks.abort(sim.tasks.trigger("reindex"))
    assert task.status == "aborted"
    assert failures(sim.execution(task)) == [
        ("on_abort", {"message": "hook failed", "code": "HOOK_FAILED", "data": {"a": 1}})
    ]


@pytest.mark.parametrize("profile", ["webiny-5"])
def test_on_abort_that_raises_fails_the_abort(world, messages):
    """H3: the abort fails with TASK_ABORT_ERROR when on_abort raises, though the status is stored."""
    sim = world(forever, on_abort=fail)
    task = sim.tasks.trigger("reindex")
    with pytest.raises(EngineError) as caught:
        sim.tasks.abort(task)
    assert (caught.value.message, caught.value.code, caught.value.data) == (
        "Could not abort the task!",
        "TASK_ABORT_ERROR",
        {"id": task.id, "message": "hook failed"},
    )
    execution = sim.execution(task)
    assert (execution.status, messages(execution)) == ("aborted", [["Task aborted."]])


def test_assertion_in_on_abort_comes_out(world):
    """H3: an assertion that fails in on_abort comes out of the abort, in every profile."""

    def check():
        raise AssertionError("not released")

    sim = world(forever, on_abort=check)
    with pytest.raises(AssertionError, match="not released"):
        sim.tasks.abort(sim.tasks.trigger("reindex"))


def test_on_max_iterations_that_raises(world):
    """H4: the failure has the exception's properties as data: message, code, data and public attributes."""
    execution = world(forever, max_iterations=1, on_max_iterations=fail).run("reindex")
    assert execution.error == {
        "message": "Failed to execute onMaxIterations handler.",
        "data": {"message": "hook failed", "code": "HOOK_FAILED", "data": {"a": 1}, "more": [1]},
    }


def test_on_max_iterations_that_raises_an_answer_of_the_engine(world):
    """H4: an engine error has message, code and data."""

    def hook(context):
        context.tasks.delete_task("nothing")

    execution = world(forever, max_iterations=1, on_max_iterations=hook).run("reindex")
    assert sorted(execution.error["data"]) == ["code", "message"]


def test_odd_properties_are_simplified(world):
    """H4: properties that are not JSON become their text, and the trace says so."""

    def hook():
        failure = HookError()
        failure.more = object
        raise failure

    execution = world(forever, max_iterations=1, on_max_iterations=hook).run("reindex")
    assert execution.error["data"]["more"] == "<class 'object'>"
    simplified = [e.where for e in execution.trace if type(e).__name__ == "DataSimplified"]
    assert simplified == ["on_max_iterations"]


def test_assertion_in_on_max_iterations_comes_out(world):
    """H4: an assertion that fails in on_max_iterations comes out of the outer call."""

    def check():
        raise AssertionError("too many")

    with pytest.raises(AssertionError, match="too many"):
        world(forever, max_iterations=1, on_max_iterations=check).run("reindex")


def test_run_killed_in_on_max_iterations(world):
    """H4: a hook that is killed ends the event; whatever it raises then is discarded."""

    def hook():
        with suppress(BaseException):  # what a careless hook does
            sim.spend("15m")
        raise HookError

    sim = world(forever, max_iterations=1, on_max_iterations=hook)
    execution = sim.run("reindex")
    assert (execution.status, execution.machine) == ("running", "UnknownError")


@pytest.mark.parametrize("hook", [None, fail])
def test_limit_also_calls_on_error(world, hook):
    """H5: reaching the limit calls on_max_iterations and on_error."""
    called = []
    attributes = {"on_max_iterations": hook} if hook else {}
    world(forever, max_iterations=1, on_error=lambda: called.append("on_error"), **attributes).run("reindex")
    assert called == ["on_error"]


def test_order_of_a_good_run(world):
    """H1: a good run is on_before_trigger, run, on_done."""
    called = []

    def run(controller):
        called.append("run")
        return controller.response.done()

    sim = world(
        run,
        on_before_trigger=lambda: called.append("on_before_trigger"),
        on_done=lambda: called.append("on_done"),
    )
    sim.run("reindex")
    assert called == ["on_before_trigger", "run", "on_done"]


def test_hooks_are_checkpoints(world):
    """H1: each hook is a checkpoint of its task."""
    execution = world(done, on_before_trigger=lambda: None, on_done=lambda: None).run("reindex")
    names = [event.checkpoint for event in execution.trace if type(event).__name__ == "CheckpointReached"]
    assert "hook.on_done#1" in names


@pytest.mark.parametrize(("run", "hook"), [(done, "on_done"), (error, "on_error")])
def test_hook_gets_context_and_definition(world, run, hook):
    """H1: a hook may name task, context and definition."""
    seen = []

    def look(task, context, definition):
        seen.append((task.id, context.cms, definition.id))

    sim = world(run, settings={"context": {"cms": "CMS"}}, **{hook: look})
    sim.run("reindex")
    assert seen == [("reindex-0001", "CMS", "reindex")]
