"""Arguments: what the API's arguments are to the service.

GraphQL has checked their types. What is left is what the real API does with values that the service
would refuse, and the one name that means something else there. What the service refuses of a caller's
arguments is an answer; usage errors that come from elsewhere, from a hook, are none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from tasksim._world.query import PAGE_SIZE
from tasksim._world.strict_json import checked_copy
from tasksim.errors import EngineError, NotJson, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tasksim._model.pages import Page

__all__ = ["input_of", "list_arguments", "page_of"]

R = TypeVar("R")

_STATUS = "status"


def page_of(list_records: Callable[..., Page[R]], given: Mapping[str, Any]) -> Page[R]:
    """Return the page that `list_tasks` or `list_logs` has for these arguments.

    Raises:
        EngineError: They cannot mean anything, as a cursor of another list.
    """
    try:
        return list_records(**list_arguments(given))
    except UsageError as error:
        raise EngineError(error.sentence) from error


def list_arguments(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of `list_tasks` or `list_logs`; a limit below 1 is none."""
    limit = given.get("limit")
    return {
        "where": _where(given.get("where") or {}),
        "sort": list(dict.fromkeys(given.get("sort") or ())) or None,  # a sorter again changes nothing
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
        EngineError: Anything else, as no validation of an input accepts it (T6); or what cannot be stored.
    """
    if isinstance(given, dict):
        try:
            checked_copy(given, "input")
        except NotJson as error:
            raise EngineError(error.sentence) from error
        return given
    if given is None or (not isinstance(given, list) and not given):
        return None
    raise EngineError("Validation failed.", "VALIDATION_FAILED_INVALID_FIELDS", {"invalidFields": {}})
