"""One event: from its delivery to its answer.

The order is the engine's: the delay (T5), the task and its definition (E1), the log (E2), finished
tasks (E3), the bookkeeping (E4, E5), `run`, and what its result stores (S1 to S9) with the hooks
around it (H1, H2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasksim._engine import writes
from tasksim._engine.calling import call
from tasksim._engine.controller import Children, Controller, Response, Runtime
from tasksim._engine.failures import error_data, properties
from tasksim._engine.hooks import call_hook, comes_out, end_hook, note_exception
from tasksim._engine.older import Store, Timer
from tasksim._engine.run_state import Run
from tasksim._engine.writes import AbortStands
from tasksim._model.events import DataSimplified, EventStarted, RunStarted
from tasksim._model.results import AbortedResult, Answer, AnyResult, ContinueResult, DoneResult, ErrorResult
from tasksim._world.refusals import ADDRESS
from tasksim._world.strict_json import copy_json
from tasksim.errors import EngineError, UsageError

if TYPE_CHECKING:
    from tasksim._engine.core import Delivery, Engine, Scope
    from tasksim._engine.registry import Registered
    from tasksim._model.records import TaskRecord

__all__ = ["handle"]

ABORTED = Answer("aborted")
_RESULTS = (DoneResult, ContinueResult, ErrorResult, AbortedResult)


def handle(engine: Engine, scope: Scope, delivery: Delivery) -> Answer:
    """Handle one event and return its answer; what kills the run comes out as `RunKilled`."""
    life = delivery.life
    engine.record(
        (
            EventStarted,
            engine.clock.now_ms,
            life.task_id,
            life.label,
            scope.event,
            delivery.kind,
            delivery.delay,
            scope.deadline_ms,
        )
    )
    after = engine.touch(life, scope, "event", None, None, False)  # noqa: FBT003 - see touch
    if after is not None:
        after()
    if delivery.delay > 0:
        return Answer("continue", input={}, wait=delivery.delay, delay=-1)
    task = engine.store.task(life.task_id)
    if task is None:
        return _refused(
            f'Task "{life.task_id}" cannot be executed because it does not exist.', "TASK_NOT_FOUND"
        )
    registered = engine.registry.get(task.definition_id)
    if registered is None:
        return _refused(
            f'Task "{task.id}" cannot be executed because there is no "{task.definition_id}" definition '
            "plugin.",
            "TASK_DEFINITION_ERROR",
            {"definitionId": task.definition_id},
        )
    run = Run(engine, life, scope, task, None)
    try:
        return _handle_known(run, registered)
    except AbortStands:
        return ABORTED
    finally:
        run.closed = True


def _refused(message: str, code: str | None = None, data: dict[str, Any] | None = None) -> Answer:
    """Answer an error that touches no record."""
    parts = {"message": message, "code": code, "data": data}
    return Answer("error", error={key: value for key, value in parts.items() if value is not None})


def _handle_known(run: Run, registered: Registered) -> Answer:
    """Handle an event of a task that exists and whose definition is registered."""
    began = run.task
    failure = _create_log(run, registered)
    if began.task_status == "aborted":
        return ABORTED
    if began.task_status == "success":
        return _refused("Task is already done, cannot run it again.")
    if began.task_status == "failed":
        return _refused("Task has failed, cannot run it again.")
    if failure is None:
        failure = _count_iteration(run, registered)
    result = failure if failure is not None else _call_run(run, registered)
    if result is None:
        return _store_nothing_returned(run)
    return _conclude(run, registered, began, result)


def _create_log(run: Run, registered: Registered) -> ErrorResult | None:
    """Create the log record of this event (E2); its failure fails the task."""
    if not registered.logs:
        return None
    try:
        run.log = writes.create_log(run.engine, run.life, run.scope, run.task, run.life.execution_name)
    except EngineError as error:
        return _failed(run, error, "log.create")
    return None


def _count_iteration(run: Run, registered: Registered) -> ErrorResult | None:
    """Count this iteration (E4, E5); return the failure where the limit is reached or the write fails."""
    task = run.task
    if task.task_status == "pending":
        changes: dict[str, Any] = {
            "task_status": "running",
            "started_on": run.engine.clock.wall_ms,
            "execution_name": run.life.execution_name,
            "iterations": 1,
        }
    elif task.iterations >= registered.max_iterations:
        return _reach_limit(run, registered)
    else:
        changes = {"iterations": task.iterations + 1}
    try:
        run.update_task(changes, yields_to_abort=True)
    except EngineError as error:
        return _failed(run, error, "task.update")
    return None


def _reach_limit(run: Run, registered: Registered) -> ErrorResult:
    """Call `on_max_iterations` and return the failure (E5, H4)."""
    hook = "on_max_iterations"
    if run.engine.profile.abort_stands and run.is_aborted():  # S7: no hook
        raise AbortStands
    try:
        call_hook(run.engine, run.life, run.scope, registered, hook, {"task": run.snapshot()})
    except Exception as error:
        if comes_out(run.engine, error, hook) is not None:
            raise
        run.life.failed_by = error
        data, simplified = properties(error)
        if simplified:
            run.engine.emit(DataSimplified, run.life.task_id, hook)
        return ErrorResult({"message": "Failed to execute onMaxIterations handler.", "data": data})
    return ErrorResult({"message": "Task reached max iterations."})


def _call_run(run: Run, registered: Registered) -> AnyResult | None:
    """Call `run` with its own copy of the input (E7); None means that it returned no result (E13)."""
    engine, life, scope = run.engine, run.life, run.scope
    engine.record((RunStarted, engine.clock.now_ms, life.task_id, run.task.iterations, run.task.input))
    try:
        outcome = call(engine, life, scope, registered.run, _arguments(run, registered))
    except Exception as error:
        if scope.raised is not None:
            raise scope.raised from None
        outer = comes_out(engine, error, f"run() of {registered.id!r}")
        if outer is error:
            raise
        if outer is not None:
            raise outer from outer.__cause__
        note_exception(engine, life, "run", error)
        return _failed(run, error, "run")
    if scope.raised is not None:
        raise scope.raised
    if isinstance(outcome, _RESULTS):
        return outcome
    shown = "None" if outcome is None else f"{type(outcome).__name__} {ADDRESS.sub('', repr(outcome)):.60}"
    scope.raised = UsageError(
        f"run() of {registered.id!r} returned {shown} in iteration {run.task.iterations}.",
        way_out="Return controller.response.done(), .continue_(), .error() or .aborted()."
        + (" Did the function end without a return?" if outcome is None else ""),
    )
    return None


def _arguments(run: Run, registered: Registered) -> dict[str, object]:
    """Make the arguments that `run` names, and no others."""
    return {name: _ARGUMENTS[name](run, registered) for name in registered.run.names}


_ARGUMENTS: dict[str, Any] = {
    "input": lambda run, _: copy_json(run.task.input),
    "controller": lambda run, _: Controller(run),
    "response": lambda run, _: Response(run),
    "store": lambda run, _: Store(run),
    "timer": lambda run, _: Timer(run),
    "is_aborted": lambda run, _: Runtime(run).is_aborted,
    "is_close_to_timeout": lambda run, _: Runtime(run).is_close_to_timeout,
    "trigger": lambda run, _: Children(run).trigger,
    "context": lambda run, _: run.engine.user_context,
    "definition": lambda _, registered: registered.definition,
}


def _failed(run: Run, error: Exception, where: str) -> ErrorResult:
    """Return the failure that an exception is (E10)."""
    run.life.failed_by = error
    data, simplified = error_data(error)
    if simplified:
        run.engine.emit(DataSimplified, run.life.task_id, where)
    return ErrorResult(data)


def _conclude(run: Run, registered: Registered, began: TaskRecord, result: AnyResult) -> Answer:
    """Store a result, first in the task, then in its log, and call its hook in the profile's order (H1)."""
    engine = run.engine
    if isinstance(result, ContinueResult):
        return _store_continue(run, result)
    if isinstance(result, AbortedResult):
        return _store_aborted(run)
    hook = "on_done" if isinstance(result, DoneResult) else "on_error"
    has_hook = hook in registered.hooks or hook in registered.cleanup
    if has_hook and not engine.profile.hooks_after_storing:
        end_hook(engine, run.life, run.scope, registered, hook, began)
    answer = _store_done(run, result) if isinstance(result, DoneResult) else _store_error(run, result.error)
    if has_hook and engine.profile.hooks_after_storing:
        end_hook(engine, run.life, run.scope, registered, hook, run.task)
    return answer


def _store_done(run: Run, result: DoneResult) -> Answer:
    """Store `done` (S3); a failure still answers done (S8)."""
    changes: dict[str, Any] = {"task_status": "success", "finished_on": run.engine.clock.wall_ms}
    if result.output is not None:
        changes["output"] = result.output
    message = result.message
    try:
        run.update_task(changes, yields_to_abort=True)
        run.add_item(run.item(message or "Task done.", "info"))
    except EngineError as error:
        message = f"Task done, but failed to update task log. ({error.message})"
    return Answer("done", message, result.output)


def _store_continue(run: Run, result: ContinueResult) -> Answer:
    """Store `continue` (S1); a failure becomes an error, without a hook (S8)."""
    changes = {"input": {**run.input_to_update(), **result.input}, "task_status": "running"}
    try:
        run.update_task(changes, yields_to_abort=True)
        run.add_item(run.item("Task continuing.", "info", data=result.input))
    except EngineError as error:
        failure = {
            "message": f"Failed to update task input: {error.message}",
            "code": error.code or "TASK_UPDATE_ERROR",
        }
        return _store_error(run, failure)
    return Answer("continue", None, None, result.input, result.wait, -1)


def _store_error(run: Run, error: dict[str, Any]) -> Answer:
    """Store `error` (S5); a failure writes nothing more and answers itself (S8)."""
    changes = {"task_status": "failed", "finished_on": run.engine.clock.wall_ms, "output": {"error": error}}
    try:
        run.update_task(changes, yields_to_abort=True)
        run.add_item(run.item(str(error.get("message", "")), "error", error=error))
    except EngineError as failure:
        extra = _mapping(error.get("data"))
        error = {"message": failure.message, "code": failure.code, "data": {**extra, **(failure.data or {})}}
    data = {**_mapping(error.get("data")), "input": run.task.input}
    return Answer(
        "error", error={**{key: value for key, value in error.items() if value is not None}, "data": data}
    )


def _mapping(data: object) -> dict[str, Any]:
    """Return error data as an object; what is none has no place beside the input."""
    return data if isinstance(data, dict) else {}


def _store_aborted(run: Run) -> Answer:
    """Store `aborted` where the profile does (S6); a failure still answers aborted (S8)."""
    if run.engine.profile.aborted_is_stored:
        changes = {"task_status": "aborted", "finished_on": run.engine.clock.wall_ms}
        try:
            run.update_task(changes, yields_to_abort=True)
        except EngineError:
            return ABORTED
    return ABORTED


def _store_nothing_returned(run: Run) -> Answer:
    """Store the failure of a run that returned no result, without a hook (E13)."""
    assert isinstance(run.scope.raised, UsageError)  # noqa: S101 - set just before
    return _store_error(run, {"message": run.scope.raised.sentence, "code": "TASK_ERROR"})
