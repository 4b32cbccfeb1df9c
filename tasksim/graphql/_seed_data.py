"""Seed data: records read from text, for `Simulator.seed_records`.

What is read is `{"tasks": [...], "logs": [...]}`, or what somebody saved of an API: answers to `listTasks`
and `listLogs`. This module promises that whatever they answered is read, merged where answers overlap and
in the order in which it was created, and that what cannot be read is refused with its place in the source.
It must not know any world: whether a record fits one, `seed_records` says.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from tasksim._model.camel_case import snake_case
from tasksim._model.records import INSTANTS
from tasksim._world.durations import parse_instant
from tasksim.errors import UsageError, nearest_phrase
from tasksim.graphql._json_documents import json_documents, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from tasksim.graphql._json_documents import Place
    from tasksim.typing import JSON, JsonObject

__all__ = ["SeedData", "newest_ms", "read_seed_data"]

_SHARED = ("id", "createdOn", "createdBy", "executionName")
_ONLY_TASK = (
    "name",
    "definitionId",
    "parentId",
    "iterations",
    "input",
    "output",
    "taskStatus",
    "savedOn",
    "startedOn",
    "finishedOn",
    "eventResponse",
)
_ONLY_LOG = ("task", "iteration", "items")
_TASK = frozenset({*_SHARED, *_ONLY_TASK})
_LOG = frozenset({*_SHARED, *_ONLY_LOG})
_ITEM = frozenset({"message", "createdOn", "type", "data", "error"})
_IDENTITY = frozenset({"id", "displayName", "type"})

_SHAPES = (
    'Give {"tasks": [...], "logs": [...]}, or saved answers to listTasks and listLogs, '
    'as in {"data": {"backgroundTasks": {"listTasks": {"data": [...]}}}}.'
)
_SELECT_TASK = "Select at least id and definitionId of tasks, or write them in."
_SELECT_LOG = "Select task { id } of logs, or write it in."
_SELECT_AUTHOR = "Select createdBy { id displayName type }, or leave it out."
_SELECT_LISTS = "Select data of listTasks and listLogs, and nothing else."
_SAVE_AGAIN = "Save an answer that has data."


class SeedData(NamedTuple):
    """What `Simulator.seed_records` takes.

    Attributes:
        tasks: Tasks as JSON objects.
        logs: Logs as JSON objects; the `task` of each is an id.
    """

    tasks: list[JsonObject]
    logs: list[JsonObject]


def read_seed_data(text: str, source: str) -> SeedData:
    """Return the tasks and logs that a text holds.

    It may hold `{"tasks": [...], "logs": [...]}`, where either may be missing; an answer to `listTasks`,
    `listLogs` or both, under any alias; a list of such; or several of them one after the other. Logs may
    be nested in their tasks. What comes from answers is merged by id, where a later answer counts more,
    and put in the order of creation; keys that records lack are left out of it. Records of
    `{"tasks": ...}` stay as they are, in their order.

    Args:
        text: JSON.
        source: What to call it in an error: a file's name.

    Raises:
        UsageError: It is no JSON or JSON of another shape; an answer holds an error instead of data; a
            record lacks what it cannot do without.

    Example:
        >>> from tasksim import Simulator
        >>> from tasksim.graphql._seed_data import read_seed_data
        >>> task = '{"id": "a", "definitionId": "publishEntries", "taskStatus": "failed"}'
        >>> saved = '{"data": {"backgroundTasks": {"listTasks": {"data": [%s]}}}}' % task
        >>> data = read_seed_data(saved, "saved.json")
        >>> sim = Simulator()
        >>> sim.seed_records(tasks=data.tasks, logs=data.logs)
        >>> sim.tasks.get_task("a").status
        'failed'
    """
    reader = _Reader()
    try:
        for value, place in json_documents(text, source, way_out=_SHAPES):
            if isinstance(value, list) and value:
                for at, item in enumerate(value):
                    reader.read(item, place / at)
            else:
                reader.read(value, place)
    except RecursionError:
        raise UsageError(f"{source} is nested too deep.", way_out=_SHAPES) from None
    return reader.found()


def newest_ms(data: SeedData, before_ms: int) -> int:
    """Return the newest time in records, in milliseconds since the epoch; 0 if there is none.

    What is no time counts for nothing here: whoever stores the records refuses it. Nor does one from
    `before_ms` on, by which somebody means never.
    """
    items = [log["items"] for log in data.logs if isinstance(log.get("items"), list)]
    times = [0]
    for record in chain(data.tasks, data.logs, *items):
        for key, value in record.items() if isinstance(record, dict) else ():
            if snake_case(key) in INSTANTS:
                with suppress(UsageError):
                    times.append(parse_instant(value, name=key))
    return max(each for each in times if each < before_ms)


class _Reader:
    """Reads documents, and holds what was found."""

    def __init__(self) -> None:
        """Nothing is found yet."""
        self._given = SeedData([], [])
        self._tasks = _Answered()
        self._logs = _Answered()

    def found(self) -> SeedData:
        """Return everything."""
        tasks, logs = self._given
        return SeedData(tasks + self._tasks.in_order(), logs + self._logs.in_order())

    def read(self, document: JSON, place: Place) -> None:
        """Read records as such, or an answer."""
        if isinstance(document, dict) and ("data" in document or "errors" in document):
            self._read_answer(document, place)
        elif isinstance(document, dict) and ("tasks" in document or "logs" in document):
            self._read_given(document, place)
        else:
            place.refuse(f"is neither records nor an answer: {shown(document)}", _SHAPES)

    def _read_given(self, document: JsonObject, place: Place) -> None:
        """Read `{"tasks": [...], "logs": [...]}`."""
        for key in document:
            if key not in SeedData._fields:
                place.refuse(f"has {key!r} beside tasks and logs", f"Leave it out.{_near(key)}")
        for entry, at in _entries(document.get("tasks"), place / "tasks"):
            self._given.tasks.append(_task(entry, at))
            for log, log_at in _entries(entry.get("logs"), at / "logs"):
                self._given.logs.append(_log({**log, "task": entry["id"]}, log_at))
        for log, at in _entries(document.get("logs"), place / "logs"):
            self._given.logs.append(_log(log, at))

    def _read_answer(self, answer: JsonObject, place: Place) -> None:
        """Read a whole answer: what stands in its namespaces."""
        errors = answer.get("errors")
        because = f", with the error {shown(_message_of(errors))}" if errors else ""
        way_out = _SAVE_AGAIN if errors else _SHAPES
        place = place / "data"
        for name, namespace in _fields(answer.get("data"), place, because, way_out):
            for field, envelope in _fields(namespace, place / name, because, way_out):
                at = place / name / field
                if not isinstance(envelope, dict):
                    at.refuse(f"is {shown(envelope)}{because}", way_out)
                self._read_envelope(field, envelope, at)

    def _read_envelope(self, field: str, envelope: JsonObject, place: Place) -> None:
        """Read what one field answered."""
        if envelope.get("error") is not None:
            place.refuse(f"answers the error {shown(_message_of(envelope['error']))}", _SAVE_AGAIN)
        if not isinstance(envelope.get("data"), list):
            place.refuse(f"is no answer to listTasks or listLogs: {shown(envelope)}", _SELECT_LISTS)
        entries = list(_entries(envelope["data"], place / "data"))
        if _are_tasks(field, {key for entry, _ in entries for key in entry}, place):
            self._tasks.add([self._task(entry, at) for entry, at in entries])
        else:
            self._logs.add([self._log(entry, at) for entry, at in entries])

    def _task(self, entry: JsonObject, place: Place) -> JsonObject:
        """Return a task of an answer; its logs are kept."""
        task = _task(entry, place, _TASK)
        _check_answered(task, place)
        logs = _entries(entry.get("logs"), place / "logs")
        self._logs.add([self._log({**log, "task": task["id"]}, at) for log, at in logs], nested=True)
        return task

    def _log(self, entry: JsonObject, place: Place) -> JsonObject:
        """Return a log of an answer; its task is kept, if more of it than its id was selected."""
        log = _log(entry, place, _LOG)
        _check_answered(log, place)
        task = entry["task"]
        if isinstance(task, dict) and "definitionId" in task:
            self._tasks.add([self._task(task, place / "task")], nested=True)
        return log


class _Answered:
    """Records of one kind from answers: merged by id, in the order of creation.

    Where times are equal, the lists decide: they are taken to have the newest first, pages too, unless
    one begins with an older record than it ends with. Nested lists have the oldest first unless they
    begin with a newer one.
    """

    def __init__(self) -> None:
        """There are none."""
        self._records: dict[object, JsonObject] = {}
        self._listed: list[object] = []
        self._nested: list[object] = []

    def add(self, records: list[JsonObject], *, nested: bool = False) -> None:
        """Add a list of records: one that a field answered, or one nested in a record."""
        keys = [self._key(record) for record in records]
        first, last = (_instant(records[0]), _instant(records[-1])) if records else (0, 0)
        if first > last or (first == last and not nested):
            keys.reverse()
        if nested:
            self._nested += keys
        elif first < last:
            self._listed += keys
        else:
            self._listed[:0] = keys

    def _key(self, record: JsonObject) -> object:
        """Keep a record and return its key; without an id it is none that was there before."""
        key = record.get("id", len(self._records))
        self._records.setdefault(key, {}).update(record)
        return key

    def in_order(self) -> list[JsonObject]:
        """Return the records, the oldest first."""
        records = [self._records[key] for key in dict.fromkeys(self._listed + self._nested)]
        if all("createdOn" in record for record in records):
            records.sort(key=_instant)
        return records


# --- parts of documents


def _near(key: str) -> str:
    """Return which key may be meant."""
    return nearest_phrase(key, SeedData._fields)


def _fields(value: JSON, place: Place, because: str, way_out: str) -> Iterator[tuple[str, JSON]]:
    """Return the fields of an object that must hold some."""
    if not isinstance(value, dict) or not value:
        place.refuse(f"is {shown(value)}{because}", way_out)
    return ((name, field) for name, field in value.items() if name != "__typename")


def _entries(value: JSON, place: Place) -> Iterator[tuple[JsonObject, Place]]:
    """Return the objects of a list, if there is one, each with its place."""
    if value is not None and not isinstance(value, list):
        place.refuse(f"is no list: {shown(value)}", _SHAPES)
    for at, entry in enumerate(value or ()):
        if not isinstance(entry, dict):
            (place / at).refuse(f"is no object: {shown(entry)}", "Put objects into the list.")
        yield entry, place / at


def _are_tasks(field: str, keys: set[str], place: Place) -> bool:
    """Return whether the entries of a list are tasks rather than logs, by its name or their keys."""
    if field in {"listTasks", "listLogs"} or not keys:
        return field == "listTasks"
    seem_tasks = not keys.isdisjoint((*_ONLY_TASK, "logs"))
    if seem_tasks is not keys.isdisjoint(_ONLY_LOG):
        problem = f"may be tasks or logs: {', '.join(sorted(keys))} were selected"
        place.refuse(problem, f"{_SELECT_TASK}\n{_SELECT_LOG}")
    return seem_tasks


def _message_of(error: JSON) -> JSON:
    """Return the message of an error, or of the first of several."""
    first = error[0] if isinstance(error, list) and error else error
    return first.get("message", first) if isinstance(first, dict) else first


# --- records


def _task(entry: JsonObject, place: Place, known: frozenset[str] | None = None) -> JsonObject:
    """Return a task, which has an id and that of its definition."""
    task = _only(entry, known)
    task.pop("logs", None)
    _require_text(task, "id", place, _SELECT_TASK)
    _require_text(task, "definitionId", place, _SELECT_TASK)
    return _trimmed(task, known)


def _log(entry: JsonObject, place: Place, known: frozenset[str] | None = None) -> JsonObject:
    """Return a log, whose task is the id of one."""
    log = _only(entry, known)
    if isinstance(log.get("task"), dict):
        log["task"] = log["task"].get("id")
    _require_text(log, "task", place, _SELECT_LOG)
    if isinstance(log.get("items"), list):
        log["items"] = [_only(item, known and _ITEM) for item in log["items"]]
    return _trimmed(log, known)


def _trimmed(record: JsonObject, known: frozenset[str] | None) -> JsonObject:
    """Return a record without what is none of its author's, and without nulls that stand for nothing."""
    if "createdBy" in record:
        record["createdBy"] = _only(record["createdBy"], known and _IDENTITY)
    for name in ("id", "createdOn"):
        if record.get(name, name) is None:
            del record[name]
    return record


def _only(value: Any, known: frozenset[str] | None) -> Any:
    """Return an object with the known keys, or with all that say something; anything else as it is."""
    if not isinstance(value, dict):
        return value
    return {key: item for key, item in value.items() if (key in known if known else key != "__typename")}


def _require_text(record: JsonObject, name: str, place: Place, way_out: str) -> None:
    """Refuse a record without a text of this name; by hand, it may be written in snake_case."""
    value = record.get(name, record.get(snake_case(name)))
    if value is None:
        place.refuse(f"has no {name}: {shown(record)}", way_out)
    if not isinstance(value, str):
        (place / name).refuse(f"is no text: {shown(value)}", way_out)


def _check_answered(record: JsonObject, place: Place) -> None:
    """Refuse what no API answers, here where its place is known: ids of no text, times of no instant."""
    if "id" in record:
        _require_text(record, "id", place, "Select id as it is, or leave it out.")
    if record.get("createdBy") is not None:
        if not isinstance(record["createdBy"], dict):
            (place / "createdBy").refuse(f"is {shown(record['createdBy'])}", _SELECT_AUTHOR)
        _require_text(record["createdBy"], "id", place / "createdBy", _SELECT_AUTHOR)
    if "createdOn" in record:
        parse_instant(record["createdOn"], name=str(place / "createdOn"))


def _instant(record: JsonObject) -> int:
    """Return when a record was created, as far as is known."""
    return parse_instant(record["createdOn"], name="createdOn") if "createdOn" in record else 0
