"""Envelopes: `{data, error}`, and `{data, meta, error}` for lists.

What an operation raises is an error inside: message, code, data, and the stack where the caller asked
for debugging. Findings, which are no answers of an engine, come out where the caller lets them.
"""

from __future__ import annotations

from traceback import format_exception
from typing import TYPE_CHECKING, Any

from tasksim._engine.failures import error_data, finding_in
from tasksim.errors import EngineError, TasksimError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasksim._model.pages import Meta
    from tasksim.graphql._callers import Caller

__all__ = ["FindingRaised", "enveloped", "enveloped_list"]


class FindingRaised(BaseException):
    """A finding on its way out: what executes documents would take any `Exception` for an answer.

    Attributes:
        finding: What was raised.
    """

    def __init__(self, finding: Exception) -> None:
        """Carry a finding."""
        super().__init__(finding)
        self.finding = finding


def enveloped(caller: Caller, work: Callable[[], Any]) -> dict[str, Any]:
    """Do the work and return its envelope."""
    try:
        return {"data": work(), "error": None}
    except Exception as error:  # noqa: BLE001 - whatever an operation raises is its answer
        return {"data": None, "error": _error(error, caller)}


def enveloped_list(caller: Caller, work: Callable[[], tuple[list[Any], Meta]]) -> dict[str, Any]:
    """Do the work and return the envelope of a list."""
    try:
        data, meta = work()
    except Exception as error:  # noqa: BLE001 - see above
        return {"data": None, "meta": None, "error": _error(error, caller)}
    shown = {"cursor": meta.cursor, "hasMoreItems": meta.has_more_items, "totalCount": meta.total_count}
    return {"data": data, "meta": shown, "error": None}


def _error(error: Exception, caller: Caller) -> dict[str, Any]:
    """Return an error as the API shows it; a usage error of ours as its sentence."""
    finding = finding_in(error) if caller.lets_findings_out else None
    if finding is not None:
        raise FindingRaised(finding)
    found, _ = error_data(error)
    if isinstance(error, TasksimError) and not isinstance(error, EngineError):
        found["message"] = error.sentence
    return {
        "message": found["message"],
        "code": found.get("code", ""),
        "data": found.get("data"),
        "stack": "".join(format_exception(error)) if caller.debug else None,
    }
