"""Stubs: scripted definitions that stand in for children."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasksim._model.definitions import FunctionDefinition, create_task_definition
from tasksim.errors import UsageError

if TYPE_CHECKING:
    from tasksim._model.results import Result
    from tasksim.typing import Controller, JsonObject

__all__ = ["make_stub"]

LEAST_WAIT_MS = 1_000


def make_stub(
    id: str,
    *,
    done: JsonObject | bool | None,
    error: Any,
    after_ms: int,
) -> FunctionDefinition:
    """Return a definition that waits, then finishes or fails as told."""
    if done is not None and error is not None:
        raise UsageError(f"stub({id!r}) got both done and error.", way_out="Pass one of them.")
    if done is not None and done is not True and not isinstance(done, dict):
        raise UsageError(
            f"stub({id!r}) got done={done!r:.60}.", way_out="Pass the output as a dict, or True."
        )

    if 0 < after_ms < LEAST_WAIT_MS:
        raise UsageError(
            f"stub({id!r}) got after={after_ms} ms, and a wait under 1 s is none (S2).",
            way_out="Pass 0, or 1 second and more.",
        )

    def run(input: JsonObject, controller: Controller) -> Result:
        result: Result
        if after_ms and not input.get("waited"):
            result = controller.response.continue_({"waited": True}, seconds=after_ms / 1000)
        elif error is not None:
            result = controller.response.error(error)
        else:
            result = controller.response.done(output=done if isinstance(done, dict) else None)
        return result

    return create_task_definition(id=id, title=f"Stub of {id}", run=run)
