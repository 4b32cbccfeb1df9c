"""Arguments: what the API's arguments are to the service.

GraphQL has checked their types. What is left is what the real API does with values that the service
would refuse, and the one name that means something else there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasksim._world.query import PAGE_SIZE
from tasksim.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["input_of", "list_arguments"]

_STATUS = "status"


def list_arguments(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of `list_tasks` or `list_logs`; a limit below 1 is none."""
    limit = given.get("limit")
    return {
        "where": _where(given.get("where") or {}),
        "sort": given.get("sort"),
        "limit": int(limit) if limit is not None and limit >= 1 else PAGE_SIZE,
        "after": given.get("after") or None,
        "search": given.get("search"),
    }


def _where(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return conditions; the API's `status` is that of the entry, `taskStatus` that of the task."""
    return {f"entry_{key}" if key.startswith(_STATUS) else key: value for key, value in given.items()}


def input_of(given: Any) -> dict[str, Any] | None:
    """Return a task's input: an object, or nothing for what is no value to JavaScript.

    Raises:
        EngineError: Anything else: no validation of an input accepts it (T6).
    """
    if isinstance(given, dict):
        return given
    if given is None or (not isinstance(given, list) and not given):
        return None
    raise EngineError("Validation failed.", "VALIDATION_FAILED_INVALID_FIELDS", {"invalidFields": {}})
