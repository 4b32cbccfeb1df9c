"""The grammar of faults: one row for each kind, and the value and text of a single fault.

This module promises that a fault can be read if and only if there can be such a fault: where a kind may
stand, and what it takes, is a row of `RULES`, and adding a kind is adding a row. It must not know how a
fault strikes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tasksim._engine.names import CheckpointName, is_task, read_checkpoint, read_count, read_task
from tasksim._world.durations import parse_duration, parse_signed_duration, render_duration
from tasksim.errors import UsageError, nearest_phrase

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasksim._engine.reading import Reader

__all__ = ["INSTANT", "RULES", "Fault", "Place", "Rule", "Value", "read_fault"]


INSTANT = "instant"
"""What an `order` names instead of a checkpoint; its number is the monotonic time in milliseconds."""


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
        names_task: Whether a task stands in brackets after the kind.
    """

    rank: int
    place: Place
    example: str
    suffix: str = ""
    value: Value | None = None
    names_task: bool = False


def _parse_jump(text: str) -> int:
    """Return a duration that is not zero, perhaps negative."""
    ms = parse_signed_duration(text, name="clock")
    if ms == 0:
        raise UsageError(f"clock is {text!r}, which is no jump.")
    return ms


def _render_jump(ms: int) -> str:
    """Return a duration with its sign if it is negative."""
    return f"{'-' if ms < 0 else ''}{render_duration(abs(ms))}"


def _parse_place_in_line(text: str) -> int:
    """Return which one goes first, from the second on."""
    if not _SECOND_OR_LATER.fullmatch(text):
        raise UsageError(f"order is {text!r}, not a whole number from 2 on: the first goes first anyway.")
    return int(text)


_SECOND_OR_LATER = re.compile(r"[2-9]|[1-9][0-9]{1,5}")

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
_INSTANTS = Place("instants", lambda what: what == INSTANT)
_DURATION = Value(lambda text: parse_duration(text, name="delay", allow_zero=False), render_duration)

RULES = {
    "close_to_timeout": Rule(0, _QUESTIONS, "close_to_timeout@runtime.is_close_to_timeout#1"),
    "redeliver": Rule(1, _EVENTS, "redeliver@1"),
    "abort": Rule(2, _ANYWHERE, "abort@event#2"),
    "cold": Rule(3, _EVENTS, "cold@2"),
    "fail": Rule(4, _FALLIBLE, "fail@task.update#1", suffix=".."),
    "lost_ack": Rule(5, _FALLIBLE, "lost_ack@task.update#1"),
    "timeout": Rule(6, _ANYWHERE, "timeout@task.update#1"),
    "crash": Rule(7, _ANYWHERE, "crash@task.update#1", suffix="+"),
    # 8 is crash+
    "delay": Rule(9, _ANYWHERE, "delay@event#1=90s", value=_DURATION),
    "clock": Rule(10, _ANYWHERE, "clock@event#2=-1h", value=Value(_parse_jump, _render_jump)),
    "order": Rule(11, _INSTANTS, "order@15m=2", value=Value(_parse_place_in_line, str)),
    "run": Rule(12, _ANYWHERE, "run[sendMail.1]@state.save#1", names_task=True),
}
"""Every kind of fault, in the order in which plans are ordered."""

_KIND = re.compile(r"[^\s@=\[]*")
_TASK_NAMED = re.compile(r"[^\s@\]]*")
_TIME = re.compile(r"[^\s=]*")
_SUFFIX = re.compile(r"\+|\.\.")


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a plan; `Plan.of` checks that there can be such a fault.

    Attributes:
        kind: A key of `RULES`.
        at: The checkpoint at which it strikes; for `redeliver` and `cold`, the event; for `order`, the
            instant.
        value: What stands after `=`: the milliseconds of a `delay` or of a jump of the `clock`, which
            one an `order` puts first; the task that a `run` names; else None.
        after: Whether it strikes after the touch took effect (`crash@X+`).
        onwards: Whether it strikes at each later touch of the name as well (`fail@X..`).
    """

    kind: str
    at: CheckpointName
    value: int | str | None = None
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
        place = self._render_place(rule)
        suffix = f"{'+' if self.after else ''}{'..' if self.onwards else ''}"
        if rule and rule.names_task:
            named = "" if self.value is None else f"[{self.value}]"
            return f"{self.kind}{named}@{place}{suffix}"
        value = "" if self.value is None else f"={self.value}"
        if rule and rule.value and isinstance(self.value, int):
            value = f"={rule.value.render(self.value)}"
        return f"{self.kind}@{place}{suffix}{value}"

    def _render_place(self, rule: Rule | None) -> str:
        """Return where it strikes: an event may be its number, an instant is a duration."""
        at, place = self.at, self.at.render()
        if at == CheckpointName("", INSTANT, None, at.n):
            return render_duration(at.n)
        if rule and rule.place is _EVENTS and at.what == "event" and at.key is None:
            return place.replace("event#", "")
        return place


def read_fault(reader: Reader) -> Fault:
    """Read one fault, up to white space or the end.

    Raises:
        PlanError: If none stands here, or one that cannot be.
    """
    kind = _read_kind(reader)
    rule = RULES[kind]
    task = _read_task_named(reader, kind, rule)
    if not reader.skip("@"):
        raise reader.error(f"{kind!r} does not say where.", way_out=_write_like(rule))
    at = _read_place(reader, kind, rule)
    suffix = _read_suffix(reader, kind, rule)
    value = _read_value(reader, kind, rule)
    reader.expect_gap()
    return Fault(kind, at, value if task is None else task, after=suffix == "+", onwards=suffix == "..")


def _read_kind(reader: Reader) -> str:
    """Read a kind."""
    start = reader.at
    kind = reader.take(_KIND)
    if kind not in RULES and reader.sees("="):
        way_out = "Put settings into a token, before its faults: 'v1 seed=7 crash@event#1'."
        raise reader.error(f"{kind!r} is no fault, but looks like a setting.", at=start, way_out=way_out)
    if kind not in RULES:
        sentence = f"There is no fault {kind!r}.{nearest_phrase(kind, RULES)}"
        raise reader.error(sentence, at=start, way_out=f"Choose from {', '.join(RULES)}.")
    return kind


def _read_task_named(reader: Reader, kind: str, rule: Rule) -> str | None:
    """Read the task in brackets, if this kind names one."""
    way_out = _write_like(rule)
    is_given = reader.sees("[")
    if not rule.names_task:
        if is_given:
            kinds = ", ".join(repr(other) for other, its in RULES.items() if its.names_task)
            raise reader.error(f"{kind!r} names no task in brackets; that is for {kinds}.", way_out=way_out)
        return None
    if not is_given:
        raise reader.error(f"{kind!r} names no task.", way_out=way_out)
    reader.skip("[")
    start = reader.at
    task = reader.take(_TASK_NAMED)
    if not reader.skip("]"):
        raise reader.error(f"']' is missing after {f'{kind}[{task}'!r}.", way_out=way_out)
    if not is_task(task):
        sentence = f"{kind!r} is for a task as definitionId.k, not for {task!r}."
        raise reader.error(sentence, at=start, way_out=way_out)
    return task


def _read_place(reader: Reader, kind: str, rule: Rule) -> CheckpointName:
    """Read where the fault strikes; an event may be written as its number."""
    start = reader.at
    if rule.place is _INSTANTS:
        return _read_instant(reader, rule)
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


def _read_instant(reader: Reader, rule: Rule) -> CheckpointName:
    """Read a time since the beginning."""
    start = reader.at
    try:
        return CheckpointName("", INSTANT, None, parse_duration(reader.take(_TIME), name="order"))
    except UsageError as error:
        raise reader.error(error.sentence, at=start, way_out=_write_like(rule)) from None


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
