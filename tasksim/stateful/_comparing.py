"""What is stored beside what should be: the first field that differs, and how a program sees it.

This module promises that each field of a record is compared but two: its place in the store, and what the
state machine answered to the trigger, which is the host's business. It must not know the model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasksim._model.camel_case import camel_case
from tasksim._model.records import INSTANTS, TaskRecord
from tasksim._world.durations import render_instant
from tasksim.stateful._broken import Broken
from tasksim.stateful._handling import stored

if TYPE_CHECKING:
    from tasksim._model.records import LogRecord
    from tasksim._simulator.simulator import Simulator

__all__ = ["compare_log", "compare_task", "in_all_logs"]

_NOT_COMPARED = ("event_response", "sequence")
_ANSWER, _SEQUENCE = map(TaskRecord._fields.index, _NOT_COMPARED)
_READ = ("id", "name", "definition_id", "parent_id", "task_status", "iterations", "execution_name")
"""What is read once more from the service after each change."""

_ALL_LOGS = "sim.tasks.list_logs(limit=10**6)"


def in_all_logs(log_id: str, field: str, value: object) -> str:
    """Return the expression that says what a field of a log is."""
    return f"[log.{field} for log in {_ALL_LOGS} if log.id == {log_id!r}] == [{value!r}]"


def compare_task(sim: Simulator, want: TaskRecord | None, found: TaskRecord, *, is_touched: bool) -> None:
    """Compare a stored task with what should be stored.

    Raises:
        Broken: They differ, or the service answers something else.
    """
    if want is None:
        raise Broken(
            f"The task {found.id!r} is stored, and nothing told of it.",
            f"sim.tasks.get_task({found.id!r}) is None",
        )
    after = slice(_ANSWER + 1, _SEQUENCE)
    if want[:_ANSWER] != found[:_ANSWER] or want[after] != found[after]:
        raise _differing(want, found, is_touched=is_touched)
    task = sim.tasks.get_task(found.id)
    for field in _READ:
        value = getattr(want, field)
        if task is None or str(getattr(task, field)) != str(value):
            raise Broken(
                f"get_task({found.id!r}) answers another {field} than {value!r}.",
                f"{stored(found.id, field)} == {value!r}",
            )


def _differing(want: TaskRecord, found: TaskRecord, *, is_touched: bool) -> Broken:
    """Return the failure for the first field that differs."""
    for field in want._fields:
        value, other = getattr(want, field), getattr(found, field)
        if field in _NOT_COMPARED or value == other:
            continue
        why = "" if is_touched else ", though nothing changed it"
        if field in INSTANTS:
            value, other = (None if each is None else render_instant(each) for each in (value, other))
            code = f'sim.tasks.get_task({found.id!r}).to_json()["{camel_case(field)}"] == {value!r}'
        else:
            code = f"{stored(found.id, field)} == {value!r}"
        return Broken(f"{field} of {found.id!r} is {_short(other)}, not {_short(value)}{why}.", code)
    raise AssertionError  # pragma: no cover - they differ


def compare_log(want: LogRecord | None, found: LogRecord) -> None:
    """Compare a stored log with what should be stored.

    Raises:
        Broken: They differ.
    """
    if want is None:
        raise Broken(
            f"The log {found.id!r} of {found.task!r} is stored, and nothing told of it.",
            f"{found.id!r} not in [log.id for log in {_ALL_LOGS}]",
        )
    if want[:-1] == found[:-1]:  # all but the place in the store
        return
    field = next(name for name in want._fields if getattr(want, name) != getattr(found, name))
    value, other = getattr(want, field), getattr(found, field)
    code = in_all_logs(found.id, field, value)
    if field == "items":
        value, other = ([item.message for item in items] for items in (value, other))
        code = (
            f"[[item.message for item in log.items] for log in {_ALL_LOGS} if log.id == {found.id!r}] "
            f"== [{value!r}]"
        )
    elif field in INSTANTS:
        value, other = render_instant(value), render_instant(other)
        code = (
            f"{found.id!r} in [log.id for log in sim.tasks.list_logs({{{field!r}: {value!r}}}, limit=10**6)]"
        )
    raise Broken(f"{field} of {found.id!r} is {_short(other)}, not {_short(value)}.", code)


def _short(value: Any) -> str:
    """Return a value as text that fits a sentence."""
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:97]}..."  # noqa: PLR2004 - a line
