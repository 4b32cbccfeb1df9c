"""What a failed comparison says of a task, beyond the two values: why it is where it is.

This module promises a few short lines, which pytest does not cut, and that it never raises: a broken
`repr` must not hide the failure. What it has nothing to say about is left to pytest.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, TypeGuard

from tasksim._model.camel_case import snake_case
from tasksim._simulator.ambient import made
from tasksim._simulator.assertions import MISSING, differences
from tasksim._simulator.endings import reasons
from tasksim._simulator.execution import Execution, ExecutionStatus, Iteration
from tasksim._trace.cells import clean, cut, wrapped
from tasksim._world.snapshots import Log, LogItem, Status, Task
from tasksim._world.strict_json import json_equal
from tasksim.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["explain"]

_WIDTH = 76
_MOST_LINES = 8
"""So many lines and characters, and a few more, pytest shows without `-vv`."""
_MOST_CHARACTERS = 640
_MOST_VALUE = 34
_PLACES = 2

_STATUSES = ("pending", "running", "success", "failed", "aborted", "deleted")
_MEANT = {
    **dict.fromkeys(("done", "completed", "finished", "ok", "succeeded"), "success"),
    **dict.fromkeys(("error", "failure"), "failed"),
    **dict.fromkeys(("cancelled", "canceled"), "aborted"),
    **dict.fromkeys(("continue", "waiting", "in_progress"), "running"),
    "queued": "pending",
}
"""Words of other systems, and of answers, for what is stored."""
_EQUALITY = ("==", "!=", "is", "is not")
_CONTAINMENT = ("in", "not in")


def explain(op: str, left: object, right: object) -> list[str] | None:
    """Return the lines of a failed comparison; None where there is nothing to add to pytest's own.

    Args:
        op: The operator, as it was written.
        left: What stood on its left.
        right: What stood on its right.
    """
    try:
        lines = [line for line in _explained(op, left, right) if line]
        if not lines:
            return None
        return _bounded([f"{_shown(left)} {op} {_shown(right)}", *lines])
    except Exception:  # noqa: BLE001 - what explains a failure must not hide it
        return None


def _bounded(lines: Iterable[str]) -> list[str]:
    """Return as many lines as pytest shows without cutting."""
    kept: list[str] = []
    for line in chain.from_iterable(map(_parts, lines)):
        if len(kept) == _MOST_LINES or sum(map(len, kept)) + len(line) > _MOST_CHARACTERS:
            break
        kept.append(line)
    return kept


def _parts(line: str) -> list[str]:
    """Return a line on as many as it takes."""
    first, *further = wrapped(line.lstrip(" "), _WIDTH) if len(line) > _WIDTH else [line]
    return [first, *(f"  {part}" for part in further)]


def _shown(value: object) -> str:
    """Return the beginning of a value's `repr`, on one line."""
    try:
        return cut(clean(repr(value)[: _MOST_VALUE * 2], unicode=True), _MOST_VALUE)
    except Exception:  # noqa: BLE001 - see `explain`
        return f"<{type(value).__name__}>"


def _explained(op: str, left: object, right: object) -> Iterable[str]:
    """Return the lines below the first."""
    pairs = ((left, right), (right, left)) if op in _EQUALITY else ((left, right),)
    for kind, explain_kind in _EXPLAINED.items():
        for one, other in pairs:
            if isinstance(one, kind):
                return explain_kind(op, one, other)
    if op in _CONTAINMENT:
        return _contained(left, right)
    for one, other in pairs:
        if _are_iterations(one) and isinstance(other, int):
            return [
                f"execution.iterations is a list, of {len(one)}: what happened in each",
                "compare len(execution.iterations), or what is stored: execution.task.iterations",
            ]
    return [line for _, output in pairs for line in _of_error_output(output)]


def _are_iterations(value: object) -> TypeGuard[list[Iteration]]:
    """Return whether a value is what `execution.iterations` gives."""
    return isinstance(value, list) and bool(value) and isinstance(value[0], Iteration)


# --- statuses


def _of_status(op: str, status: str, other: object, execution: Execution | None = None) -> Iterator[str]:
    """Tell why a task has this status, or what is wrong with the comparison."""
    if isinstance(status, ExecutionStatus):
        execution = status.execution
    assert execution is not None  # noqa: S101 - other texts come with one
    yield from _not_a_status(op, other)
    now = execution.status
    if not str.__eq__(now, status):
        yield f"{execution.id!r} was {str(status)!r} when it was read; it is {str(now)!r} now"
    else:
        yield f"the task {execution.id!r} is {str(status)!r}:"
    yield from reasons(execution, width=_WIDTH, places=_PLACES)
    if isinstance(other, ExecutionStatus) and other.execution != execution:
        yield from _of_status("", other, None)


def _of_snapshot_status(op: str, status: Status, other: object) -> Iterator[str]:
    """Tell what the status of a snapshot is by now, and why."""
    now = status.now
    execution = _execution_of(status)
    if str.__eq__(status, now):
        if execution is not None:
            yield from _of_status(op, status, other, execution)
        return
    yield from _not_a_status(op, other)
    yield f"{status.task_id!r} was {str(status)!r} when this was read; it is {now!r} now"
    yield f"read it again: sim.tasks.get_task({status.task_id!r}).status"
    yield "or use sim.execution(task).status, which is live"
    if execution is not None and not (isinstance(other, str) and str.__eq__(other, now)):
        yield from reasons(execution, width=_WIDTH, places=_PLACES)


def _execution_of(status: Status) -> Execution | None:
    """Return the execution of a snapshot's task, if its simulator is still there."""
    for sim in made():
        if sim._engine.store is status.store and status.now != "deleted":  # noqa: SLF001 - of one package
            return sim.execution(status.task_id)
    return None


def _not_a_status(op: str, other: object) -> Iterator[str]:
    """Tell of a comparison that no status can pass."""
    if op in {"is", "is not"}:
        yield f"a status is text: compare it with {'==' if op == 'is' else '!='}"
    elif op == "==" and not isinstance(other, str):
        yield f"a status is text, and this is of type {type(other).__name__}"
    elif op == "==" and other not in _STATUSES:
        meant = _MEANT.get(str(other).lower()) or next(iter(nearest(str(other), _STATUSES)), "")
        hint = f"did you mean {meant!r}?" if meant else f"choose from {', '.join(_STATUSES[:-1])}"
        yield f"{_shown(other)} is no status; {hint}"


# --- executions, records


def _of_execution(op: str, execution: Execution, other: object) -> Iterator[str]:
    """Tell how two executions differ, or what to compare instead of an execution."""
    if op not in _EQUALITY:
        return
    if op == "!=":
        yield f"both are views of the task {execution.id!r}"
    elif isinstance(other, Execution):
        if execution.id == other.id:
            yield f"both are views of a task {execution.id!r}, each of another simulator"
        for name in ("id", "status", "machine", "output"):
            yield _differ(name, getattr(execution, name), getattr(other, name))
        yield "compare what should be equal, as in one.output == other.output"
    elif isinstance(other, str):
        yield f"an execution is not its status: compare execution.status, which is {_shown(execution.status)}"
        yield from reasons(execution, width=_WIDTH, places=_PLACES)
    elif isinstance(other, dict):
        yield f"an execution is not its output: compare execution.output, which is {_shown(execution.output)}"
        yield from reasons(execution, width=_WIDTH, places=_PLACES)
    elif isinstance(other, Task):
        yield "an execution is not its task: compare execution.task"


def _of_record(op: str, one: Task | Log | LogItem, other: object) -> Iterator[str]:
    """Tell how two records differ, or what to compare instead of a record."""
    if op in {"is", "is not"} and type(one) is type(other):
        yield "each reading makes a new snapshot: compare them with =="
    elif op == "==" and type(one) is type(other):
        found = list(differences(_fields(one), _fields(other), ""))
        if isinstance(one, Task) and isinstance(other, Task) and one.id == other.id:
            yield f"two readings of the task {one.id!r}:"
        yield from (_differ(path.removeprefix("."), *values) for path, *values in found)
        if not found:
            yield "they are equal as JSON"
    elif op == "==" and isinstance(other, str | dict):
        wanted = _INSTEAD[type(one)]["text" if isinstance(other, str) else "dict"]
        yield f"{_shown(one)} is a {type(one).__name__}: compare its {wanted}"


_FIRST = ("id", "task", "taskStatus", "output", "iterations", "iteration", "items", "input")
"""The fields that tell most."""

_INSTEAD: dict[type, dict[str, str]] = {
    Task: {"text": ".status", "dict": ".output, or its .to_json()"},
    Log: {"text": ".items, as in log.items[0].message", "dict": ".to_json()"},
    LogItem: {"text": ".message", "dict": ".data"},
}


def _fields(record: Any) -> dict[str, Any]:
    """Return a record's fields as JSON, by the names of its attributes."""
    if isinstance(record, LogItem):
        return {
            "message": record.message,
            "type": record.type,
            "created_on": record.created_on.isoformat(),
            "data": record.data,
            "error": record.error,
        }
    fields = record.to_json()
    order = sorted(fields, key=lambda key: _FIRST.index(key) if key in _FIRST else len(_FIRST))
    return {"status" if key == "taskStatus" else snake_case(key): fields[key] for key in order}


def _differ(name: str, left: object, right: object) -> str:
    """Return how two values of one name differ, or nothing."""
    if left is not MISSING and right is not MISSING and left == right:
        return ""
    shown = ["nothing" if value is MISSING else _shown(value) for value in (left, right)]
    return f"{name}: {shown[0]} != {shown[1]}"


def _contained(left: object, right: object) -> Iterator[str]:
    """Tell where messages are, if text was looked for among logs or their items."""
    if not isinstance(left, str) or not isinstance(right, list) or not right:
        return
    if all(isinstance(one, Log) for one in right):
        yield "these are logs; for the messages"
        yield "  [item.message for log in execution.logs for item in log.items]"
        messages = [item.message for log in right for item in log.items]
    elif all(isinstance(one, LogItem) for one in right):
        yield "these are items of a log; for the messages"
        yield "  [item.message for item in log.items]"
        messages = [item.message for item in right]
    else:
        return
    yield f"they are {_shown(messages)}"


# --- outputs


def _of_error_output(output: object) -> Iterator[str]:
    """Tell of which task an output is that holds its error."""
    if not isinstance(output, dict) or not isinstance(output.get("error"), dict):
        return
    for sim in reversed(made()):
        for task in sim.tasks.list_tasks(limit=10_000).items:
            if str.__eq__(task.status, "failed") and json_equal(task.output, output):
                yield f"this is the output of the task {task.id!r}, which failed:"
                yield from reasons(sim.execution(task), width=_WIDTH, places=_PLACES)
                return


_EXPLAINED: dict[type, Callable[[str, Any, object], Iterable[str]]] = {
    Status: _of_snapshot_status,
    ExecutionStatus: _of_status,
    Execution: _of_execution,
    Task: _of_record,
    Log: _of_record,
    LogItem: _of_record,
}
"""What explains a value of ours, on either side of an operator; the first that fits."""
