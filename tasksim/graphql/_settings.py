"""Settings: how many days finished tasks are kept, in contracts that have them.

One value for each simulation, 90 unless somebody changes it. Nothing in the engine obeys it: no engine
that was read does either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from tasksim.errors import EngineError

if TYPE_CHECKING:
    from tasksim._simulator.simulator import Simulator

__all__ = ["get_settings", "update_settings"]

_DEFAULT_DAYS = 90
_MOST_DAYS = 3650

_days: WeakKeyDictionary[Simulator, int] = WeakKeyDictionary()


def get_settings(sim: Simulator) -> dict[str, Any]:
    """Return the settings of a simulation."""
    return {"retentionDays": _days.get(sim, _DEFAULT_DAYS)}


def update_settings(sim: Simulator, changes: dict[str, Any]) -> dict[str, Any]:
    """Change the settings that are given, and return all.

    Raises:
        EngineError: A number of days that is out of bounds, or null.
    """
    if "retentionDays" in changes:
        days = changes["retentionDays"]
        issue = _issue(days)
        if issue is not None:
            data = {"issues": [{**issue, "path": ["retentionDays"]}]}
            raise EngineError("Validation failed.", "BackgroundTasks/ValidationError", data)
        _days[sim] = days
    return get_settings(sim)


def _issue(days: int | None) -> dict[str, Any] | None:
    """Return what is wrong with a number of days, as zod 4 says it."""
    if days is None:
        message = "Invalid input: expected number, received null"
        return {"expected": "number", "code": "invalid_type", "message": message}
    if days < 0:
        message = "Too small: expected number to be >=0"
        return {"origin": "number", "code": "too_small", "minimum": 0, "inclusive": True, "message": message}
    if days > _MOST_DAYS:
        message = f"Too big: expected number to be <={_MOST_DAYS}"
        found = {"origin": "number", "code": "too_big", "maximum": _MOST_DAYS, "inclusive": True}
        return {**found, "message": message}
    return None
