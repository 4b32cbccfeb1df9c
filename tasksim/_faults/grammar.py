"""The grammar of faults: one row for each kind, and the value and text of a single fault.

This module promises that a fault can be read if and only if there can be such a fault: where a kind may
stand, and what it takes, is a row of `RULES`, and adding a kind is adding a row. It must not know how a
fault strikes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tasksim._engine.names import CheckpointName, read_checkpoint, read_count, read_task
from tasksim._world.durations import parse_duration, render_duration
from tasksim.errors import UsageError, nearest_phrase

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasksim._engine.reading import Reader

__all__ = ["RULES", "Fault", "Place", "Rule", "Value", "read_fault"]


class Place(NamedTuple):
    """Where a kind of fault may stand.

    Attributes:
        words: The place in words.
        fits: Whether what is touched is such a place.
    """

    words: str
    fits: Callable[[str], bool]


class Value(NamedTuple):
    """What a kind of fault takes after `=`.

    Attributes:
        parse: Text to value; raises `UsageError`.
        render: Value to text.
    """

    parse: Callable[[str], int]
    render: Callable[[int], str]


class Rule(NamedTuple):
    """What one kind of fault takes.

    Attributes:
        rank: Where the kind comes when plans are ordered, simplest first; one with `+` comes one
            rank later.
        place: Where it may stand.
        example: One such fault, for messages.
        suffix: What may follow the checkpoint: `+` (after it took effect), `..` (from then on), or nothing.
        value: What must follow `=`, or None.
    """

    rank: int
    place: Place
    example: str
    suffix: str = ""
    value: Value | None = None


_CAN_FAIL = {
    "task.update",
    "task.trigger",
    "log.create",
    "log.update",
    "state.update_input",
    "state.update_output",
    "state.update_task",
    "state.save",
    "logger.info",
    "logger.error",
    "write",
}

_ANYWHERE = Place("any checkpoint", lambda _: True)
_QUESTIONS = Place("runtime.is_close_to_timeout", lambda what: what == "runtime.is_close_to_timeout")
_EVENTS = Place("events", lambda what: what == "event")
_FALLIBLE = Place(
    "writes (task.update, log.*, state.update_*, state.save, logger.*, write), effects and task.trigger",
    lambda what: what in _CAN_FAIL or what.startswith("effect."),
)
_DURATION = Value(lambda text: parse_duration(text, name="delay", allow_zero=False), render_duration)

RULES = {
    "close_to_timeout": Rule(0, _QUESTIONS, "close_to_timeout@runtime.is_close_to_timeout#1"),
    "redeliver": Rule(1, _EVENTS, "redeliver@1"),
    "abort": Rule(2, _ANYWHERE, "abort@event#2"),
    # 3 is for cold
    "fail": Rule(4, _FALLIBLE, "fail@task.update#1", suffix=".."),
    "lost_ack": Rule(5, _FALLIBLE, "lost_ack@task.update#1"),
    "timeout": Rule(6, _ANYWHERE, "timeout@task.update#1"),
    "crash": Rule(7, _ANYWHERE, "crash@task.update#1", suffix="+"),
    # 8 is crash+
    "delay": Rule(9, _ANYWHERE, "delay@event#1=90s", value=_DURATION),
}
"""Every kind of fault, in the order in which plans are ordered."""

_KIND = re.compile(r"[^\s@=]*")
_SUFFIX = re.compile(r"\+|\.\.")


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a plan; `Plan.of` checks that there can be such a fault.

    Attributes:
        kind: A key of `RULES`.
        at: The checkpoint at which it strikes; for `redeliver`, the event.
        value: What stands after `=`: the milliseconds of a `delay`; else None.
        after: Whether it strikes after the touch took effect (`crash@X+`).
        onwards: Whether it strikes at each later touch of the name as well (`fail@X..`).
    """

    kind: str
    at: CheckpointName
    value: int | None = None
    after: bool = False
    onwards: bool = False

    @property
    def rank(self) -> int:
        """Where the fault's kind comes when plans are ordered."""
        return RULES[self.kind].rank + self.after

    def render(self) -> str:
        """Return the fault as text.

        Example:
            >>> Fault("crash", CheckpointName("", "task.update", None, 2), after=True).render()
            'crash@task.update#2+'
            >>> Fault("redeliver", CheckpointName("syncArticles.2", "event", None, 2)).render()
            'redeliver@syncArticles.2:2'
        """
        rule = RULES.get(self.kind)
        place = self.at.render()
        if rule and rule.place is _EVENTS and self.at.what == "event" and self.at.key is None:
            place = place.replace("event#", "")
        suffix = f"{'+' if self.after else ''}{'..' if self.onwards else ''}"
        render_value = rule.value.render if rule and rule.value else str
        value = "" if self.value is None else f"={render_value(self.value)}"
        return f"{self.kind}@{place}{suffix}{value}"


def read_fault(reader: Reader) -> Fault:
    """Read one fault, up to white space or the end.

    Raises:
        PlanError: If none stands here, or one that cannot be.
    """
    kind = _read_kind(reader)
    rule = RULES[kind]
    at = _read_place(reader, kind, rule)
    suffix = _read_suffix(reader, kind, rule)
    value = _read_value(reader, kind, rule)
    reader.expect_gap()
    return Fault(kind, at, value, after=suffix == "+", onwards=suffix == "..")


def _read_kind(reader: Reader) -> str:
    """Read a kind and its `@`."""
    start = reader.at
    kind = reader.take(_KIND)
    if kind not in RULES and reader.sees("="):
        way_out = "Put settings into a token, before its faults: 'v1 seed=7 crash@event#1'."
        raise reader.error(f"{kind!r} is no fault, but looks like a setting.", at=start, way_out=way_out)
    if kind not in RULES:
        sentence = f"There is no fault {kind!r}.{nearest_phrase(kind, RULES)}"
        raise reader.error(sentence, at=start, way_out=f"Choose from {', '.join(RULES)}.")
    if not reader.skip("@"):
        raise reader.error(f"{kind!r} does not say where.", way_out=_write_like(RULES[kind]))
    return kind


def _read_place(reader: Reader, kind: str, rule: Rule) -> CheckpointName:
    """Read where the fault strikes; an event may be written as its number."""
    start = reader.at
    task = read_task(reader)
    if rule.place is _EVENTS and reader.text[reader.at : reader.at + 1].isdigit():
        n = read_count(reader, f"{kind}@{reader.text[start : reader.at]}")
        return CheckpointName(task, "event", None, n)
    reader.at = start
    at = read_checkpoint(reader)
    if not rule.place.fits(at.what):
        sentence = f"{kind!r} cannot strike at {at.render()!r}, only at {rule.place.words}."
        raise reader.error(sentence, at=start, way_out=_write_like(rule))
    return at


def _read_suffix(reader: Reader, kind: str, rule: Rule) -> str:
    """Read `+` or `..`, if one stands here."""
    start = reader.at
    suffix = reader.take(_SUFFIX)
    if suffix and suffix != rule.suffix:
        kinds = [other for other, its in RULES.items() if its.suffix == suffix]
        sentence = f"{kind!r} takes no {suffix!r}; that is for {', '.join(map(repr, kinds))}."
        raise reader.error(sentence, at=start, way_out="Leave it out.")
    return suffix


def _read_value(reader: Reader, kind: str, rule: Rule) -> int | None:
    """Read `=` and the value, if this kind takes one."""
    start = reader.at
    is_given = reader.skip("=")
    if rule.value is None:
        if is_given:
            way_out = f"Leave out '={reader.word()}'."
            raise reader.error(f"{kind!r} takes no value.", at=start, way_out=way_out)
        return None
    if not is_given:
        raise reader.error(f"{kind!r} has no value.", way_out=_write_like(rule))
    start = reader.at
    try:
        return rule.value.parse(reader.take_word())
    except UsageError as error:
        raise reader.error(error.sentence, at=start, way_out=_write_like(rule)) from None


def _write_like(rule: Rule) -> str:
    """Return the way out of most errors: an example."""
    return f"Write it like {rule.example!r}."
