"""Seeding: records stored as given, all of them or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tasksim._model.camel_case import snake_case
from tasksim._model.records import INSTANTS, Identity, LogItemRecord, LogRecord, TaskRecord
from tasksim._world.durations import parse_instant
from tasksim._world.strict_json import checked_copy
from tasksim.errors import UsageError, nearest_phrase

if TYPE_CHECKING:
    from tasksim._engine.core import Engine

__all__ = ["seed_records"]

_STATUSES = ("pending", "running", "success", "failed", "aborted")
_TASK_FIELDS = tuple(sorted(TaskRecord._fields[:-1]))
_LOG_FIELDS = tuple(sorted(LogRecord._fields[:-1]))
_ITEM_FIELDS = LogItemRecord._fields
_OBJECTS = ("input", "output", "event_response")
_COUNTS = ("iterations", "iteration")


def seed_records(
    engine: Engine, tasks: Sequence[Mapping[str, Any]], logs: Sequence[Mapping[str, Any]]
) -> tuple[int, int]:
    """Store records as given and return how many of each.

    Raises:
        UsageError: One of them cannot be stored; nothing is stored then.
    """
    for what, given in (("tasks", tasks), ("logs", logs)):
        if isinstance(given, str | Mapping) or not isinstance(given, Sequence):
            raise UsageError(f"seed_records() got {what}={given!r:.60}.", way_out="Pass a list of dicts.")
    new_tasks = [_task(engine, given, f"tasks[{at}]") for at, given in enumerate(tasks)]
    known = {record.id for record in new_tasks}
    new_logs = [_log(engine, given, f"logs[{at}]", known) for at, given in enumerate(logs)]
    _refuse_taken("tasks", [record.id for record in new_tasks], lambda id: engine.store.task(id) is not None)
    _refuse_taken("logs", [record.id for record in new_logs], lambda id: engine.store.log(id) is not None)
    for task in new_tasks:
        engine.store.add_task(task)
    for log in new_logs:
        engine.store.add_log(log)
    return len(new_tasks), len(new_logs)


def _refuse_taken(what: str, ids: list[str], is_taken: Any) -> None:
    """Refuse ids that are stored already or given twice."""
    seen: set[str] = set()
    for at, id in enumerate(ids):
        if id in seen or is_taken(id):
            raise UsageError(
                f"{what}[{at}] has the id {id!r}, which is taken.", way_out="Give it an id of its own."
            )
        seen.add(id)


def _task(engine: Engine, given: object, path: str) -> TaskRecord:
    """Return the record of one given task."""
    fields = _fields(given, _TASK_FIELDS, path)
    definition_id = fields.pop("definition_id", None)
    if not isinstance(definition_id, str):
        raise UsageError(f"{path} has no definitionId.", way_out="Give it the id of a definition.")
    registered = engine.registry.get(definition_id)
    now = engine.clock.wall_ms
    record = TaskRecord(
        id=fields.pop("id", None) or engine.ids.next_task(definition_id),
        created_on=fields.get("created_on", now),
        saved_on=fields.pop("saved_on", fields.pop("created_on", now)),
        created_by=fields.pop("created_by", engine.identity),
        name=fields.pop("name", None) or (registered.title if registered is not None else definition_id),
        definition_id=definition_id,
        parent_id=fields.pop("parent_id", None),
        input=fields.pop("input", None) or {},
    )
    return record._replace(**fields)


def _log(engine: Engine, given: object, path: str, known: set[str]) -> LogRecord:
    """Return the record of one given log."""
    fields = _fields(given, _LOG_FIELDS, path)
    task_id = fields.get("task")
    if not isinstance(task_id, str) or (task_id not in known and engine.store.task(task_id) is None):
        raise UsageError(
            f"{path} belongs to the task {task_id!r}, which is not there.",
            way_out="Give it the id of a task that is seeded with it or stored before.",
        )
    created_on = fields.get("created_on", engine.clock.wall_ms)
    return LogRecord(
        id=fields.get("id") or engine.ids.next_log(),
        created_on=created_on,
        saved_on=fields.get("saved_on", created_on),
        created_by=fields.get("created_by", engine.identity),
        execution_name=fields.get("execution_name") or "",
        task=task_id,
        iteration=fields.get("iteration") or 1,
        items=tuple(
            _item(item, f"{path}.items[{at}]", created_on)
            for at, item in enumerate(fields.get("items") or ())
        ),
    )


def _item(given: object, path: str, created_on: int) -> LogItemRecord:
    """Return one given log item."""
    fields = _fields(given, _ITEM_FIELDS, path)
    if not isinstance(fields.get("message"), str) or fields.get("type", "info") not in ("info", "error"):
        raise UsageError(
            f"{path} is {given!r:.80}.", way_out="Give it a message, and the type info or error."
        )
    return LogItemRecord(
        fields["message"],
        fields.get("created_on", created_on),
        fields.get("type", "info"),
        fields.get("data"),
        fields.get("error"),
    )


def _fields(given: object, known: tuple[str, ...], path: str) -> dict[str, Any]:
    """Return the fields of a given record by the store's names, each checked."""
    if not isinstance(given, Mapping):
        raise UsageError(f"{path} is {given!r:.60}, not an object.", way_out="Pass dicts.")
    fields: dict[str, Any] = {}
    for name, value in given.items():
        snake = snake_case(str(name))
        snake = "task_status" if snake == "status" else snake
        if snake == "logs":  # a saved listTasks answer nests them; they are seeded on their own
            continue
        if snake == "task" and isinstance(value, Mapping):  # and a saved listLogs answer nests its task
            value = value.get("id")  # noqa: PLW2901
        if snake not in known:
            raise UsageError(
                f"{path} has a field {name!r}, which is none of a record.{nearest_phrase(snake, known)}",
                way_out=f"Choose from {', '.join(known)}, or their camelCase names.",
            )
        if value is not None:
            fields[snake] = _value(snake, value, f"{path}.{name}")
    return fields


def _value(field: str, value: Any, path: str) -> Any:
    """Return the value of a field as the store holds it."""
    if field in INSTANTS:
        return parse_instant(value, name=path)
    if field == "created_by":
        return _identity(value, path)
    copy = value if field == "items" else checked_copy(value, path)
    wrong = (
        (field == "items" and not isinstance(copy, list | tuple))
        or (field in _OBJECTS and not isinstance(copy, dict))
        or (field in _COUNTS and (type(copy) is not int or copy < 0))
        or (field == "task_status" and copy not in _STATUSES)
        or (
            field in ("id", "name", "definition_id", "parent_id", "execution_name", "task")
            and type(copy) is not str
        )
    )
    if wrong:
        raise UsageError(f"{path} is {value!r:.60}.", way_out="Give it a value of the field's type.")
    return copy


def _identity(value: object, path: str) -> Identity:
    """Return an identity given as such or as an object."""
    if isinstance(value, Identity):
        return value
    if isinstance(value, Mapping) and isinstance(value.get("id"), str):
        shown = value.get("displayName", value.get("display_name", ""))
        return Identity(value["id"], str(shown or ""), value.get("type"))
    raise UsageError(f"{path} is {value!r:.60}.", way_out="Give it an object with id, displayName and type.")
