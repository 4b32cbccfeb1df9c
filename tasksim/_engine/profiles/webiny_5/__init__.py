"""The engine of Webiny 5, as recorded; its quirks are kept on purpose."""

from __future__ import annotations

from typing import Any

from tasksim._engine.profiles.equality import loosely_equal
from tasksim._engine.profiles.merging import merge_updates
from tasksim._engine.profiles.messages import zod3
from tasksim._engine.profiles.rules import MAX_OUTPUT_BYTES, MOST_TRANSITIONS, Profile, Text, Texts

__all__ = ["PROFILE", "TEXTS", "log_error_without_stack"]


def log_error_without_stack(error: dict[str, Any], kind: str) -> dict[str, Any]:  # noqa: ARG001 - one signature for all profiles
    """Store an exception's own properties, without its stack."""
    return error


TEXTS = Texts(
    update_missing=Text('Entry by ID "{id}#0001" not found.', "NOT_FOUND"),
    delete_missing=Text('Entry by ID "{id}#0001" not found.', "NOT_FOUND"),
    abort_missing=Text('Task "{id}" was not found!', "NOT_FOUND"),
    abort_without_definition=Text("Task definition was not found!", "TASK_DEFINITION_ERROR"),
    abort_refused=Text("Cannot abort a task that is not pending or running!", "TASK_ABORT_ERROR"),
)

PROFILE = Profile(
    name="webiny-5",
    releases="Webiny 5.x, the engine as recorded in October 2025",
    default_max_iterations=50,
    max_output_bytes=MAX_OUTPUT_BYTES,
    most_transitions=MOST_TRANSITIONS,
    close_limit_ms=180_000,
    on_crash="strand",
    log_switch="disable_database_logs",
    logs_by_default=True,
    abort_is_live=False,
    abort_stands=False,
    aborted_is_stored=False,
    hooks_after_storing=False,
    abort_hook_fails_abort=True,
    abort_sets_finished_on=False,
    logs_append=False,
    error_log_keeps_data=False,
    output_merges=False,
    inputs_equal=loosely_equal,
    has_unsaved_updates=True,
    merge_unsaved=merge_updates,
    cleans_up=False,
    log_error=log_error_without_stack,
    answer_extras={"locale": "en-US"},
    texts=TEXTS,
    messages=zod3,
)
