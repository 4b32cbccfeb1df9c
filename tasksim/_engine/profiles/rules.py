"""What a profile is: rules as data, texts, and a few named behaviours.

The engine asks the profile it was given; nothing tests a profile's name. Each field names the
rule of `semantics` that it decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tasksim._engine.profiles.messages import Messages

__all__ = ["MAX_OUTPUT_BYTES", "MOST_TRANSITIONS", "Profile", "Text", "Texts"]

MAX_OUTPUT_BYTES = 232 * 1024
"""S4, wherever there is a limit."""

MOST_TRANSITIONS = 25_000
"""What AWS lets a state machine enter."""


class Text(NamedTuple):
    """One answer of the engine: a message with places for values, and its code."""

    message: str
    code: str | None


class Texts(NamedTuple):
    """The engine's answers that differ between profiles."""

    update_missing: Text
    delete_missing: Text
    abort_missing: Text
    abort_without_definition: Text
    abort_refused: Text


@dataclass(frozen=True, slots=True)
class Profile:
    """One imitated world.

    Attributes:
        name: The name users write.
        releases: Which releases it stands for, for `tasksim profiles`.
        default_max_iterations: E6; None: no limit.
        max_output_bytes: S4: over which the output of `done` is reduced; None: never.
        most_transitions: How many states the host's machine may enter; None: any number.
        close_limit_ms: E8.
        on_crash: What the host does after a crash or hard timeout (E11), as text.
        log_switch: E2: the definition's attribute that decides about logs.
        logs_by_default: E2: whether logs are written where the attribute is not set.
        abort_is_live: E9: `is_aborted` and `get_status` read the stored task.
        abort_stands: S7.
        aborted_is_stored: S6.
        hooks_after_storing: H1.
        abort_hook_fails_abort: H3.
        abort_sets_finished_on: A3.
        logs_append: L1.
        error_log_keeps_data: L2.
        output_merges: L3.
        inputs_equal: L4.
        has_unsaved_updates: L5.
        merge_unsaved: L5: how an update joins unsaved ones; None: it starts from them.
        cleans_up: C1: whether `self_cleanup` is obeyed.
        log_error: how an exception given to an error log is stored.
        answer_extras: what else every answer carries, as `locale`.
        texts: The engine's answers.
        messages: T6: codes and messages of validation.
    """

    name: str
    releases: str
    default_max_iterations: int | None
    max_output_bytes: int | None
    most_transitions: int | None
    close_limit_ms: int
    on_crash: str
    log_switch: str
    logs_by_default: bool
    abort_is_live: bool
    abort_stands: bool
    aborted_is_stored: bool
    hooks_after_storing: bool
    abort_hook_fails_abort: bool
    abort_sets_finished_on: bool
    logs_append: bool
    error_log_keeps_data: bool
    output_merges: bool
    inputs_equal: Callable[[Any, Any], bool]
    has_unsaved_updates: bool
    merge_unsaved: Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]] | None
    cleans_up: bool
    log_error: Callable[[dict[str, Any], str], dict[str, Any]]
    answer_extras: Mapping[str, str]
    texts: Texts
    messages: Messages
