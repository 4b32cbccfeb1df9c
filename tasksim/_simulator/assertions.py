"""Assertions that people read: how a task ended, and why it did not end as expected.

This module promises messages of at most 40 lines of 78 columns, in ASCII. It must not know pytest.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from tasksim._simulator.endings import WIDTH, explained, origin
from tasksim._simulator.execution import Execution
from tasksim._trace.cells import clean, cut
from tasksim._world.snapshots import Task
from tasksim._world.strict_json import checked_copy, json_equal
from tasksim.errors import TasksimError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MISSING", "assert_aborted", "assert_done", "assert_failed", "differences"]

_MOST_DIFFERENCES = 8
_MOST_PATH = 31


class _NotGiven:
    """What stands for an argument that was left out."""

    def __repr__(self) -> str:
        """Show in signatures that nothing is compared."""
        return "<not compared>"


_NOT_GIVEN: Any = _NotGiven()

MISSING: Any = object()
"""Stands for what one of two values does not have."""


def assert_done(execution: Execution, *, output: Any = _NOT_GIVEN) -> None:
    """Assert that a task ended in success, perhaps with this output.

    Args:
        execution: What `sim.run()` or `sim.execution(task)` returned.
        output: The whole output, compared as JSON: 1 equals 1.0, True is not 1. None means that there
            is none; left out, it is not compared.

    Raises:
        AssertionError: It did not; with the reason, the logs and the end of the timeline. Its cause is
            the exception that failed the task, if there is one.
        UsageError: Another argument than an execution, or an output that is not JSON.

    Example:
        >>> import tasksim
        >>> @tasksim.task_definition(id="addUp", title="Add up")
        ... def add_up(input, controller):
        ...     return controller.response.done(output={"sum": sum(input["numbers"])})
        >>> tasksim.assert_done(tasksim.run(add_up, input={"numbers": [1, 2]}), output={"sum": 3})
    """
    __tracebackhide__ = True
    _assert_status("assert_done()", execution, "success")
    if output is not _NOT_GIVEN:
        checked_copy(output, "output")
        _assert_equal(execution, "output", {"output": output}, {"output": execution.output})


def assert_failed(
    execution: Execution, *, message: str | None = None, code: str | None = None, data: Any = _NOT_GIVEN
) -> None:
    """Assert that a task failed, perhaps with this error.

    Args:
        execution: What `sim.run()` or `sim.execution(task)` returned.
        message: The message of the stored error; None does not compare it.
        code: Its code; None does not compare it.
        data: Its data, compared as JSON. None means that there is none; left out, it is not compared.

    Raises:
        AssertionError: It did not; with the reason, the logs and the end of the timeline.
        UsageError: Another argument than an execution, or data that is not JSON.

    Example:
        >>> import tasksim
        >>> @tasksim.task_definition(id="refuse", title="Refuse")
        ... def refuse(controller):
        ...     return controller.response.error({"message": "Not today.", "code": "CLOSED"})
        >>> tasksim.assert_failed(tasksim.run(refuse), code="CLOSED")
    """
    __tracebackhide__ = True
    _assert_status("assert_failed()", execution, "failed")
    expected: dict[str, Any] = {}
    if message is not None:
        expected["error.message"] = checked_copy(message, "message")
    if code is not None:
        expected["error.code"] = checked_copy(code, "code")
    if data is not _NOT_GIVEN:
        expected["error.data"] = checked_copy(data, "data")
    error = execution.error or {}
    _assert_equal(
        execution, "error", expected, {path: error.get(path.removeprefix("error.")) for path in expected}
    )


def assert_aborted(execution: Execution) -> None:
    """Assert that a task was aborted.

    Args:
        execution: What `sim.run()` or `sim.execution(task)` returned.

    Raises:
        AssertionError: It was not; with the reason, the logs and the end of the timeline.
        UsageError: Another argument than an execution.

    Example:
        >>> import tasksim
        >>> @tasksim.task_definition(id="reindex", title="Reindex")
        ... def reindex(controller):
        ...     if controller.runtime.is_aborted():
        ...         return controller.response.aborted()
        ...     return controller.response.done()
        >>> execution = tasksim.run(reindex, plan="abort@runtime.is_aborted#1")
        >>> tasksim.assert_aborted(execution)
    """
    __tracebackhide__ = True
    _assert_status("assert_aborted()", execution, "aborted")


def _assert_status(call: str, execution: object, expected: str) -> None:
    """Raise if a task has another status."""
    __tracebackhide__ = True
    checked = _checked(call, execution)
    status = checked.status
    if status != expected:
        _fail(checked, f"The task {checked.id!r} is {status!r}, not {expected!r}.")


def _assert_equal(execution: Execution, what: str, expected: dict[str, Any], got: dict[str, Any]) -> None:
    """Raise if values differ, by what they are called."""
    __tracebackhide__ = True
    found = [one for path, value in expected.items() for one in differences(got[path], value, path)]
    if not found:
        return
    shown = [_told(*one) for one in found[:_MOST_DIFFERENCES]]
    if len(found) > len(shown):
        shown[-1] = f"... and {len(found) - len(shown) + 1} more"
    _fail(execution, f"The {what} of the task {execution.id!r} is not the one expected.", *shown)


def _fail(execution: Execution, sentence: str, *facts: str) -> None:
    """Raise the assertion, from the exception that failed the task."""
    __tracebackhide__ = True
    raise AssertionError(str(TasksimError(sentence, facts=explained(execution, *facts)))) from origin(
        execution
    )


def _checked(call: str, execution: object) -> Execution:
    """Return an execution; anything else is refused with the way to one."""
    __tracebackhide__ = True
    if isinstance(execution, Execution):
        return execution
    way_out = "Pass what sim.run() returned, or sim.execution(task)."
    if isinstance(execution, Coroutine):
        execution.close()
        raise UsageError(f"{call} got a coroutine.", way_out=f"{way_out} Both are plain functions.")
    if isinstance(execution, Task):
        got = f"the Task {execution.id!r}, which stays as it was when it was read"
    elif isinstance(execution, str):
        got = f"the text {execution!r:.60}"
    else:
        got = "None" if execution is None else f"{execution!r:.60}, which is no execution"
    raise UsageError(f"{call} got {got}.", way_out=way_out)


def differences(got: Any, expected: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    """Return where two JSON values differ: path, what is there, what was expected; `MISSING` for nothing."""
    if json_equal(got, expected):
        return
    if isinstance(got, list) and isinstance(expected, list):
        if len(got) != len(expected):
            yield f"len({path})", len(got), len(expected)
        items: dict[Any, Any] = dict(enumerate(got))
        wanted: dict[Any, Any] = dict(enumerate(expected))
        steps: Iterator[tuple[Any, str]] = ((at, f"[{at}]") for at in {**wanted, **items})
    elif isinstance(got, dict) and isinstance(expected, dict):
        items, wanted = got, expected
        steps = ((key, f".{key}" if key.isidentifier() else f"[{key!r}]") for key in {**wanted, **items})
    else:
        yield path, got, expected
        return
    for key, step in steps:
        if key in items and key in wanted:
            yield from differences(items[key], wanted[key], path + step)
        else:
            yield path + step, items.get(key, MISSING), wanted.get(key, MISSING)


def _told(path: str, got: Any, expected: Any) -> str:
    """Return one difference on a line of ASCII; of a long path the end is shown."""
    path = clean(path, unicode=False)
    path = path if len(path) <= _MOST_PATH else f"...{path[3 - _MOST_PATH :]}"
    most = (WIDTH - len(path) - len(" is , expected ")) // 2
    shown, wanted = (cut(ascii(value), most) for value in (got, expected))
    is_ = "is missing" if got is MISSING else f"is {shown}"
    return f"{path} {is_}, not expected" if expected is MISSING else f"{path} {is_}, expected {wanted}"
