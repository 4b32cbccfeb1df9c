"""What the service does to tasks: trigger, abort, delete.

A call made inside an event belongs to its run where it triggers (it takes the run's time and dies
with it); an abort is always somebody else's act.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tasksim._engine import writes
from tasksim._engine.core import Delivery, Life, Touch
from tasksim._engine.failures import error_data
from tasksim._engine.frames import calling_line
from tasksim._engine.hooks import call_hook, comes_out, end_hook
from tasksim._model.definitions import Implementation
from tasksim._model.events import AbortRefused, TaskAborted, TaskDeleted, TaskTriggered, TriggerRefused
from tasksim._model.records import LogItemRecord, TaskRecord
from tasksim._world.durations import is_number, parse_duration
from tasksim._world.snapshots import Task
from tasksim._world.strict_json import checked_copy, copy_json
from tasksim.errors import EngineError, NotJson, RunKilled, ServiceCallKilled, UsageError, nearest_phrase

if TYPE_CHECKING:
    from tasksim._engine.core import Engine
    from tasksim._engine.registry import Registered
    from tasksim._engine.validation import Validator
    from tasksim.typing import Duration

__all__ = ["abort", "definition_id_of", "delete_task", "refuse_dead_call", "trigger", "trigger_failure"]

MAX_DELAY_SECONDS = 30_672_000


def refuse_dead_call(engine: Engine) -> None:
    """Refuse any call of the service from a dead run."""
    if engine.scope is not None:
        engine.scope.refuse_dead()


def definition_id_of(engine: Engine, definition: object) -> str:
    """Return the id that text or a definition in any form names."""
    found = definition.implementation if isinstance(definition, Implementation) else definition
    found = found if isinstance(found, str) else getattr(found, "id", None)
    if not isinstance(found, str):
        raise engine.misused(
            UsageError(
                f"{definition!r:.60} names no definition.",
                facts=(calling_line(),),
                way_out="Pass the id of a registered definition, or the definition.",
            )
        )
    return found


def trigger(  # noqa: PLR0913 - what a trigger takes
    engine: Engine,
    definition: object,
    *,
    input: object = None,
    name: str | None = None,
    delay: Duration = 0,
    parent_id: str | None = None,
) -> TaskRecord:
    """Create a task and hand it to the state machine (T1 to T6).

    Raises:
        EngineError: The definition is unknown, the delay too long, the input invalid, a write failed.
        Exception: What `on_before_trigger` raises, unchanged (T3).
    """
    refuse_dead_call(engine)
    definition_id = definition if isinstance(definition, str) else definition_id_of(engine, definition)
    if isinstance(delay, str | timedelta):
        delay = _seconds(engine, delay)
    scope = engine.scope
    after = None
    if scope is not None:  # made inside an event it is a touch of its task; one from outside is none
        after = engine.touch(scope.life, scope, "task.trigger", None, {"definition": definition_id})
    try:
        record = _trigger(engine, definition_id, input, name, delay, parent_id)
    except Exception as error:
        engine.emit(TriggerRefused, "", definition_id, error_data(error)[0])
        raise
    except RunKilled:
        if scope is None:
            raise ServiceCallKilled(
                f"A planned fault killed the trigger of {definition_id!r}, which no event made.",
                way_out="Plan crashes and timeouts at checkpoints inside events.",
            ) from None
        raise
    if after is not None:
        after()
    return record


def _seconds(engine: Engine, delay: Duration) -> float:
    """Return a delay given as text or `timedelta` in seconds."""
    try:
        seconds = parse_duration(delay, name="delay") / 1000
    except UsageError as error:
        raise engine.misused(error) from None
    return int(seconds) if seconds == int(seconds) else seconds


def _trigger(  # noqa: PLR0913, PLR0917 - a trigger's arguments
    engine: Engine,
    definition_id: str,
    given: object,
    name: str | None,
    delay: float,
    parent_id: str | None,
) -> TaskRecord:
    """Do what a trigger does, in the order of T2."""
    registered = engine.registry.get(definition_id)
    if registered is None:
        raise unknown_definition(engine, definition_id)
    input_, name = _checked_arguments(engine, registered, given, name, delay)
    label, counters = engine.take_label(definition_id, root=parent_id is None)
    life = Life("", definition_id, label, counters)
    try:
        if "on_before_trigger" in registered.hooks:
            data = {"name": name, "definitionId": definition_id, "input": input_, "parentId": parent_id}
            values: dict[str, object] = {"data": copy_json(data), "input": copy_json(input_)}
            call_hook(engine, life, engine.scope, registered, "on_before_trigger", values)
        if delay >= MAX_DELAY_SECONDS:
            _refuse_delay(delay, definition_id, name, input_, parent_id)
        if registered.validator is not None:
            _check_input(registered, registered.validator, input_)
    except BaseException:
        engine.give_label_back(definition_id, label, counters)
        raise
    task_id = engine.ids.next_task(definition_id)
    while engine.store.task(task_id) is not None:  # seeded under a name of ours
        task_id = engine.ids.next_task(definition_id)
    now, wall = engine.clock.now_ms, engine.clock.wall_ms
    life.begin(task_id)
    response = {"executionArn": f"arn:tasksim:{task_id}", "name": life.execution_name}
    # from outside, storing the answer belongs to the creation
    at_once = response if engine.scope is None else None
    record = TaskRecord(
        task_id,
        wall,
        wall,
        engine.identity,
        name,
        definition_id,
        parent_id,
        input_,
        event_response=at_once,
    )
    record = engine.store.add_task(record)
    engine.lives[task_id] = life
    engine.record((TaskTriggered, now, task_id, label, definition_id, name, parent_id, input_, delay))
    engine.agenda.push(now, Delivery(life, delay))
    if engine.scope is not None:
        record = writes.update_task(engine, life, engine.scope, {"event_response": response})
    return record


def unknown_definition(engine: Engine, definition_id: str) -> EngineError:
    """Return the answer to a trigger of an unknown definition, with the nearest name."""
    ids = engine.registry.ids()
    return EngineError(
        "Task definition was not found!",
        "TASK_DEFINITION_ERROR",
        {"id": definition_id},
        subject=definition_id,
        suggestion=nearest_phrase(str(definition_id), ids),
        facts=(f"registered: {', '.join(ids) or 'none'}",),
        way_out="Add it with Simulator([...]) or sim.register(...).",
    )


def _checked_arguments(
    engine: Engine, registered: Registered, given: object, name: object, delay: object
) -> tuple[dict[str, Any], str]:
    """Check what no engine would ever get: a trigger's arguments of the wrong kind."""
    try:
        input_ = checked_copy({} if given is None else given, "input")
    except NotJson as error:
        raise engine.misused(error) from None
    wrong = None
    if type(input_) is not dict:
        wrong = ("input", given, "a dict with string keys")
    elif name is not None and not isinstance(name, str):
        wrong = ("name", name, "text")
    elif type(delay) is not int and not is_number(delay):
        wrong = ("delay", delay, "a number of seconds")
    if wrong is not None:
        raise engine.misused(
            UsageError(
                f"The trigger of {registered.id!r} got {wrong[0]}={wrong[1]!r:.60}.",
                facts=(calling_line(),),
                way_out=f"Pass {wrong[2]}.",
            )
        )
    return input_, str(name or registered.title)


def _refuse_delay(
    delay: float, definition_id: str, name: str, input_: dict[str, Any], parent_id: str | None
) -> None:
    """Refuse a delay of 355 days or more, if it is an integer: others are not checked (T4)."""
    if delay == int(delay):
        shown: dict[str, Any] = {"name": name, "definitionId": definition_id, "input": input_}
        if parent_id is not None:
            shown["parentId"] = parent_id
        raise EngineError(
            "The maximum delay for a task is 355 days.",
            "MAX_DELAY_ERROR",
            {**shown, "delay": delay},
            way_out=f"Pass a delay under {MAX_DELAY_SECONDS:,} seconds.",
        )


def _check_input(registered: Registered, validator: Validator, input_: dict[str, Any]) -> None:
    """Refuse an input that the definition's validation does not accept (T6)."""
    invalid = validator.check(input_)
    if invalid is not None:
        raise EngineError(
            "Validation failed.",
            "VALIDATION_FAILED_INVALID_FIELDS",
            {"invalidFields": invalid},
            subject=registered.id,
            facts=validator.problems(input_),
            way_out="Correct these fields of the input.",
        )


def abort(engine: Engine, task_id: str, message: str | None = None) -> TaskRecord:
    """Abort a task: its newest log gets the message, `on_abort` is called (A1, A2, A3, H3).

    Raises:
        EngineError: The task is unknown or finished, a write failed, or the hook, where the profile
            lets that fail the abort.
    """
    refuse_dead_call(engine)
    if message is not None and not isinstance(message, str):
        raise engine.misused(
            UsageError(
                f"abort() got message={message!r:.60}.",
                facts=(calling_line(),),
                way_out="Pass text, or nothing.",
            )
        )
    try:
        return _abort(engine, task_id, message)
    except EngineError as error:
        engine.emit(AbortRefused, task_id, error_data(error)[0])
        raise
    except RunKilled as error:
        if engine.scope is not None and engine.scope.killed is error:
            raise
        raise ServiceCallKilled(
            f"A planned fault killed the abort of {task_id!r}, which is somebody else's act.",
            way_out="Plan crashes and timeouts at checkpoints of the run.",
        ) from None


def _abort(engine: Engine, task_id: str, message: str | None) -> TaskRecord:
    """Do what an abort does, in the order of A1 and A2."""
    texts = engine.profile.texts
    record = engine.store.task(task_id)
    if record is None:
        raise writes.engine_error(texts.abort_missing, task_id)
    registered = engine.registry.get(record.definition_id)
    if registered is None:
        about = {
            "id": task_id
            if texts.abort_without_definition.code == "TASK_DEFINITION_ERROR"
            else record.definition_id
        }
        raise writes.engine_error(texts.abort_without_definition, task_id, about)
    if record.task_status not in ("pending", "running"):
        raise writes.engine_error(texts.abort_refused, task_id, {"id": task_id, "status": record.task_status})
    life = engine.life_of(task_id, record.definition_id)
    text = message or "Task aborted."
    try:
        log = engine.store.newest_log(task_id) or writes.create_log(
            engine, life, None, record, record.execution_name
        )
        changes: dict[str, Any] = {"task_status": "aborted"}
        if engine.profile.abort_sets_finished_on:
            changes["finished_on"] = engine.clock.wall_ms
        record = writes.update_task(engine, life, None, changes)
        item = LogItemRecord(text, engine.clock.wall_ms, "info")
        writes.update_log(engine, life, None, log.id, (item,), append=True)
        engine.emit(TaskAborted, task_id, text)
    except EngineError as error:
        raise _abort_failed(task_id, error.message) from error
    if engine.profile.abort_hook_fails_abort:
        _call_abort_hook(engine, life, registered, record)
    else:
        end_hook(engine, life, None, registered, "on_abort", record)
    return record


def _call_abort_hook(engine: Engine, life: Life, registered: Registered, record: TaskRecord) -> None:
    """Call `on_abort` where its failure fails the abort (H3, webiny-5)."""
    try:
        call_hook(engine, life, None, registered, "on_abort", {"task": Task(record, engine.store)})
    except Exception as error:
        if comes_out(engine, error, "on_abort") is not None:
            raise
        raise _abort_failed(life.task_id, error_data(error)[0]["message"]) from error


def _abort_failed(task_id: str, message: str) -> EngineError:
    """Return the answer of an abort that failed half-way; nothing is rolled back (A2)."""
    return EngineError("Could not abort the task!", "TASK_ABORT_ERROR", {"id": task_id, "message": message})


def delete_task(engine: Engine, task_id: str) -> None:
    """Delete a task in whatever status; its logs stay.

    Raises:
        EngineError: The task is unknown.
    """
    refuse_dead_call(engine)
    if engine.store.task(task_id) is None:
        raise writes.engine_error(engine.profile.texts.delete_missing, task_id)
    engine.store.delete_task(task_id)
    engine.emit(TaskDeleted, task_id)


def trigger_failure(touch: Touch) -> EngineError:
    """Return the error of a trigger that a fault makes fail."""
    return EngineError(
        "Could not trigger the step function!", "TRIGGER_STEP_FUNCTION_ERROR", {"checkpoint": touch.name}
    )
