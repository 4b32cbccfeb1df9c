"""The engine's writes: each is a checkpoint, may fail, and yields to an abort where the profile says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasksim._model.events import LogCreated, RecordUpdated, ResultDropped
from tasksim._model.recorder import log_updated
from tasksim._model.records import LogRecord
from tasksim.errors import EngineError

if TYPE_CHECKING:
    from tasksim._engine.core import Engine, Life, Scope, Touch
    from tasksim._engine.profiles.rules import Text
    from tasksim._model.records import LogItemRecord, TaskRecord

__all__ = ["AbortStands", "create_log", "engine_error", "update_log", "update_task", "write_failure"]


class AbortStands(Exception):
    """The task was aborted before a write of the engine, and the abort stands (S7)."""


def engine_error(text: Text, id: str, data: dict[str, Any] | None = None) -> EngineError:
    """Return an answer of the engine about a record."""
    return EngineError(text.message.format(id=id), text.code, data)


def write_failure(touch: Touch) -> EngineError:
    """Return the error of a write that a fault makes fail."""
    data = {"write": touch.write} if touch.write else {"checkpoint": touch.name}
    return EngineError("Storage write failed.", "STORAGE_ERROR", data)


def update_task(
    engine: Engine, life: Life, scope: Scope | None, changes: dict[str, Any], *, yields_to_abort: bool = False
) -> TaskRecord:
    """Update the stored task and return it.

    Raises:
        EngineError: A fault made the write fail, or the task is gone.
        AbortStands: The task is aborted and this write yields to that (S7).
    """
    n, write, after = engine.touch_write(life, scope, "task.update")
    stored = engine.store.task(life.task_id)
    if stored is None:
        raise engine_error(engine.profile.texts.update_missing, life.task_id)
    if yields_to_abort and engine.profile.abort_stands and stored.task_status == "aborted":
        engine.emit(ResultDropped, life.task_id, f"task.update#{n}")
        raise AbortStands
    record = engine.store.update_task(life.task_id, changes, engine.clock.wall_ms)
    engine.record(
        (RecordUpdated, engine.clock.now_ms, life.task_id, life.label, "task.update", n, write, changes)
    )
    if after is not None:
        after()
    return record


def create_log(
    engine: Engine, life: Life, scope: Scope | None, task: TaskRecord, execution_name: str
) -> LogRecord:
    """Create the log record of an event, or of an abort (E2, A2)."""
    n = life.counters.get("log.create", 0) + 1
    after = engine.touch(life, scope, "log.create", None, None, False)  # noqa: FBT003 - see touch
    newest = engine.store.newest_log(life.task_id)
    now = engine.clock.wall_ms
    log_id = engine.ids.next_log()
    while engine.store.log(log_id) is not None:  # seeded under a name of ours
        log_id = engine.ids.next_log()
    iteration = (newest.iteration if newest is not None else 0) + 1
    record = LogRecord(
        log_id,
        now,
        now,
        task.created_by,
        execution_name,
        life.task_id,
        iteration,
    )
    record = engine.store.add_log(record)
    engine.record(
        (
            LogCreated,
            engine.clock.now_ms,
            life.task_id,
            life.label,
            n,
            record.id,
            record.iteration,
        )
    )
    if after is not None:
        after()
    return record


def update_log(  # noqa: PLR0913 - whose log, which, and what
    engine: Engine,
    life: Life,
    scope: Scope | None,
    log_id: str,
    items: tuple[LogItemRecord, ...],
    *,
    append: bool = False,
) -> LogRecord:
    """Put items into a log record: after what it holds, or instead of it (L1)."""
    n, write, after = engine.touch_write(life, scope, "log.update")
    stored = engine.store.log(log_id)
    if stored is None:
        raise engine_error(engine.profile.texts.update_missing, log_id)
    appends = append or engine.profile.logs_append
    record = engine.store.update_log(log_id, stored.items + items if appends else items, engine.clock.wall_ms)
    engine.record((log_updated, engine.clock.now_ms, life.task_id, life.label, n, write, items, appends))
    if after is not None:
        after()
    return record
