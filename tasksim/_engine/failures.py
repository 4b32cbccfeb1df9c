"""Errors as data: what an exception or a given error becomes when it is stored or sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tasksim._world.refusals import ADDRESS
from tasksim._world.strict_json import as_json
from tasksim.errors import EngineError, TasksimError

if TYPE_CHECKING:
    from tasksim.typing import ErrorLike

__all__ = ["error_data", "finding_in", "message_of", "properties"]


def error_data(error: ErrorLike) -> tuple[dict[str, Any], bool]:
    """Return an error as JSON (message, and code and data if it has them); whether it was simplified.

    A mapping keeps all its keys but `stack` (E10, S5). Error data is never refused: what is not
    JSON becomes its text.
    """
    if isinstance(error, str):
        return as_json({"message": error})
    if isinstance(error, Mapping):
        return as_json({key: value for key, value in error.items() if key != "stack" and value is not None})
    if isinstance(error, EngineError):
        found: dict[str, Any] = {"message": error.message, "code": error.code, "data": error.data}
    else:
        found = {"message": message_of(error)}
        for name in ("code", "data"):
            value = getattr(error, name, None)
            if not callable(value):
                found[name] = value
    return as_json({key: value for key, value in found.items() if value is not None})


def properties(error: BaseException) -> tuple[dict[str, Any], bool]:
    """Return message, code, data and every other public attribute of an exception (H4)."""
    data, simplified = error_data(error)
    if not isinstance(error, EngineError):
        extra = {
            name: value
            for name, value in getattr(error, "__dict__", {}).items()
            if not name.startswith("_") and name not in data and value is not None
        }
        more, more_simplified = as_json(extra)
        return {**data, **more}, simplified or more_simplified
    return data, simplified


def finding_in(error: BaseException) -> Exception | None:
    """Return an assertion or misuse of tasksim, which may stand in a group; None if it is neither."""
    if isinstance(error, AssertionError) or (
        isinstance(error, TasksimError) and not isinstance(error, EngineError)
    ):
        return error
    grouped = getattr(error, "exceptions", None)  # builtins have groups from Python 3.11 on
    if isinstance(grouped, tuple):
        return next((found for each in grouped if (found := finding_in(each)) is not None), None)
    return None


def message_of(error: BaseException) -> str:
    """Return the text of an exception without addresses, or its type's name where it has none."""
    try:
        return ADDRESS.sub("", str(error)) or type(error).__name__
    except Exception:  # noqa: BLE001 - a broken __str__ must not hide the failure
        return type(error).__name__
