"""The names of checkpoints: where a run touches the world, as text and as values.

This module promises one name for each touch, a closed list of what can be touched, and
`parse_checkpoint(name.render()) == name`. It must not know what strikes there.
"""

from __future__ import annotations

import re
from textwrap import fill
from typing import NamedTuple

from tasksim._engine.reading import Reader
from tasksim._model.events import checkpoint_name
from tasksim.errors import nearest_phrase

__all__ = [
    "FAMILIES",
    "WHATS",
    "CheckpointName",
    "is_known",
    "is_task",
    "is_valid_label",
    "parse_checkpoint",
    "read_checkpoint",
    "read_count",
    "read_task",
]

WHATS = (
    "event",
    "task.update",
    "log.create",
    "log.update",
    "runtime.is_aborted",
    "runtime.is_close_to_timeout",
    "state.get_task",
    "state.get_status",
    "state.get_input",
    "state.get_output",
    "state.update_input",
    "state.update_output",
    "state.update_task",
    "state.save",
    "logger.info",
    "logger.error",
    "task.trigger",
    "task.list_children",
    "sleep",
    "hook.on_before_trigger",
    "hook.on_done",
    "hook.on_error",
    "hook.on_abort",
    "hook.on_max_iterations",
    "response.done",
    "response.continue",
    "response.error",
    "response.aborted",
    "wait",
    "write",
)
"""Everything that can be touched, apart from the families."""

FAMILIES = {"effect": "NAME", "user": "NAME", "api": "OPERATION"}
"""What stands before a name of the user's, and what that name is called: `effect.NAME`."""

_LABEL = re.compile(r"[\w./-]+")
_LABEL_RULE = "letters, digits, '_', '-', '.' and '/'"
_COUNT = re.compile(r"[1-9][0-9]{0,14}(?![0-9])")
_TASK_PREFIX = re.compile(r"[^\s\[#:]*:")
_TASK = re.compile(r'[^\s\[\]#:@=".\ud800-\udfff]+\.[1-9][0-9]{0,14}')
_CHOICES = fill(
    f"Choose from {', '.join(WHATS)}, {', '.join(f'{family}.{kind}' for family, kind in FAMILIES.items())}.",
    width=100,
    break_on_hyphens=False,
)


class CheckpointName(NamedTuple):
    """The name of one touch.

    Attributes:
        task: `definitionId.k`, the kth task of that definition; empty for the first root task,
            and for `write`, which counts for the whole world.
        what: What is touched: one of `WHATS`, or a family and a name, as in `effect.publish`.
        key: The key of an effect, or None.
        n: Which touch of that name and key it is in the task's whole life, from 1 on.
    """

    task: str
    what: str
    key: str | None
    n: int

    def render(self) -> str:
        """Return the name as text: `[task:]what[key]#n`.

        Example:
            >>> CheckpointName("syncArticles.2", "effect.publish", "a", 1).render()
            'syncArticles.2:effect.publish["a"]#1'
        """
        return checkpoint_name(self.task, self.what, self.key, self.n)


def is_task(text: str) -> bool:
    """Whether a text names a task, `definitionId.k`."""
    return _TASK.fullmatch(text) is not None


def is_valid_label(name: object) -> bool:
    """Return whether `name` can stand in a checkpoint's name, as in `user.NAME`, without quotes.

    Example:
        >>> is_valid_label("cms/publish"), is_valid_label("two words"), is_valid_label("")
        (True, False, False)
    """
    return isinstance(name, str) and _LABEL.fullmatch(name) is not None


def is_known(what: str) -> bool:
    """Return whether `what` can be touched: one of `WHATS`, or a family and a name.

    Example:
        >>> is_known("task.update"), is_known("effect.publish"), is_known("effect.")
        (True, True, False)
    """
    family, _, name = what.partition(".")
    return what in WHATS or (family in FAMILIES and is_valid_label(name))


def parse_checkpoint(text: str) -> CheckpointName:
    """Return the checkpoint that `text` names.

    Raises:
        PlanError: If it is no checkpoint's name; the message points at the character.

    Example:
        >>> parse_checkpoint("syncArticles.2:task.update#1")
        CheckpointName(task='syncArticles.2', what='task.update', key=None, n=1)
    """
    reader = Reader(text)
    name = read_checkpoint(reader)
    reader.expect_end()
    return name


def read_checkpoint(reader: Reader) -> CheckpointName:
    """Read a checkpoint's name.

    Raises:
        PlanError: If none stands here.
    """
    start = reader.at
    task = read_task(reader)
    what = _read_what(reader)
    if task and what == "write":
        sentence = f"'write' belongs to no task, not even to {task!r}: it counts the updates of all records."
        raise reader.error(sentence, at=start, way_out="Write write#1 for the first in the world.")
    key = _read_key(reader, what)
    named = reader.text[start : reader.at]
    if not reader.skip("#"):
        way_out = f"Write {named}#1 for the first one; a name may have {_LABEL_RULE}."
        raise reader.error(f"'#' and a number are missing after {named!r}.", way_out=way_out)
    return CheckpointName(task, what, key, read_count(reader, f"{named}#"))


def read_task(reader: Reader) -> str:
    """Read a task's label and its colon, if they stand here; return the label, or an empty text.

    Raises:
        PlanError: If what stands before the colon is no label.
    """
    start = reader.at
    prefix = reader.take(_TASK_PREFIX)
    if prefix and not _TASK.fullmatch(prefix, 0, len(prefix) - 1):
        raise reader.error(
            f"{prefix[:-1]!r} names no task.",
            at=start,
            way_out="Write a definition's id and which of its tasks is meant, as in 'syncArticles.2:'; "
            "leave both out for the first root task.",
        )
    return prefix[:-1]


def read_count(reader: Reader, after: str) -> int:
    """Read a number from 1 on; `after` is what stands before it, for the error.

    Raises:
        PlanError: If none stands here, or one of more than 15 digits.
    """
    digits = reader.take(_COUNT)
    if not digits:
        way_out = f"Write which one is meant: {after}1 is the first."
        raise reader.error(f"No number from 1 on follows {after!r}.", way_out=way_out)
    return int(digits)


def _read_what(reader: Reader) -> str:
    """Read one of `WHATS`, or a family and a name."""
    start = reader.at
    what = reader.take(_LABEL)
    if is_known(what):
        return what
    name = what.partition(".")[2]
    known = [*WHATS, *(f"{family}.{name or kind}" for family, kind in FAMILIES.items())]
    sentence = f"There is no checkpoint {what!r}.{nearest_phrase(what, known)}"
    raise reader.error(sentence, at=start, way_out=_CHOICES)


def _read_key(reader: Reader, what: str) -> str | None:
    """Read an effect's key in brackets, if one stands here."""
    if not reader.sees("["):
        return None
    if not what.startswith("effect."):
        raise reader.error(f"{what!r} has no keys; only effects do.", way_out=f"Write {what}#1.")
    reader.skip("[")
    start = reader.at
    way_out = f'Write the key as a JSON string: {what}["a"]#1.'
    key = reader.take_json("key", way_out=way_out)
    if not isinstance(key, str):
        raise reader.error(f"key is {key!r}, which is no JSON string.", at=start, way_out=way_out)
    if not reader.skip("]"):
        raise reader.error(f"']' is missing after the key {key!r}.", way_out=way_out)
    return key
