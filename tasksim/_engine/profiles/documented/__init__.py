"""What Webiny's documentation promises its users; where it is silent, what both engines do."""

from __future__ import annotations

from tasksim._engine.profiles.messages import zod3
from tasksim._engine.profiles.rules import MAX_OUTPUT_BYTES, MOST_TRANSITIONS, Profile
from tasksim._engine.profiles.webiny_5 import TEXTS, log_error_without_stack
from tasksim._world.strict_json import json_equal

__all__ = ["PROFILE"]

PROFILE = Profile(
    name="documented",
    releases="the published documentation; where it is silent, what both engines do",
    default_max_iterations=500,
    max_output_bytes=MAX_OUTPUT_BYTES,
    most_transitions=MOST_TRANSITIONS,
    close_limit_ms=180_000,
    on_crash="strand",
    log_switch="disable_database_logs",
    logs_by_default=True,
    abort_is_live=True,
    abort_stands=True,
    aborted_is_stored=True,
    hooks_after_storing=True,
    abort_hook_fails_abort=False,
    abort_sets_finished_on=True,
    logs_append=True,
    error_log_keeps_data=True,
    output_merges=True,
    inputs_equal=json_equal,
    has_unsaved_updates=True,
    merge_unsaved=None,
    cleans_up=False,
    log_error=log_error_without_stack,
    answer_extras={"locale": "en-US"},
    texts=TEXTS,
    messages=zod3,
)
