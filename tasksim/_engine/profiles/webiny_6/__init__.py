"""The engine of Webiny 6.4, from facts."""

from __future__ import annotations

from typing import Any

from tasksim._engine.profiles.equality import loosely_equal
from tasksim._engine.profiles.messages import zod4
from tasksim._engine.profiles.rules import MAX_OUTPUT_BYTES, MOST_TRANSITIONS, Profile, Text, Texts

__all__ = ["PROFILE"]


def _log_error(error: dict[str, Any], kind: str) -> dict[str, Any]:
    """Store message and stack only; the stack is its first line, the rest differs by machine."""
    return {"message": error["message"], "stack": f"{kind}: {error['message']}"}


PROFILE = Profile(
    name="webiny-6",
    releases="Webiny 6.4",
    default_max_iterations=50,
    max_output_bytes=MAX_OUTPUT_BYTES,
    most_transitions=MOST_TRANSITIONS,
    close_limit_ms=180_000,
    on_crash="strand",
    log_switch="database_logs",
    logs_by_default=False,
    abort_is_live=False,
    abort_stands=False,
    aborted_is_stored=False,
    hooks_after_storing=True,
    abort_hook_fails_abort=False,
    abort_sets_finished_on=False,
    logs_append=False,
    error_log_keeps_data=False,
    output_merges=False,
    inputs_equal=loosely_equal,
    has_unsaved_updates=False,
    merge_unsaved=None,
    cleans_up=True,
    log_error=_log_error,
    answer_extras={},
    texts=Texts(
        update_missing=Text("Task not found.", "BackgroundTasks/Task/NotFoundError"),
        delete_missing=Text("Task not found.", "BackgroundTasks/Task/NotFoundError"),
        abort_missing=Text("Task not found.", "BackgroundTasks/Task/NotFoundError"),
        abort_without_definition=Text(
            "Task definition not found.", "BackgroundTasks/TaskDefinition/NotFoundError"
        ),
        abort_refused=Text(
            "Cannot abort a task that is not pending or running!", "BackgroundTasks/Task/Abort"
        ),
    ),
    messages=zod4,
)
