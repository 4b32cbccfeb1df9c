"""Kinds of faults as an exploration asks for them, and where each can strike.

This module promises that a fault it makes can strike: `Spot` says what is known of a touch, and each kind
asks of it what the engine will ask. It must not know in which order plans are tried.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from tasksim._faults.grammar import INSTANT, RULES, Fault
from tasksim.errors import UsageError, nearest_phrase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasksim._engine.names import CheckpointName

__all__ = ["DEFAULT_KINDS", "Kind", "Spot", "is_default", "read_kinds"]

DEFAULT_KINDS = (
    "close_to_timeout",
    "redeliver",
    "abort",
    "cold",
    "fail",
    "lost_ack",
    "timeout",
    "crash",
    "crash+",
)
"""What is tried where nobody asks for anything else, in the order of plans."""

_QUIET = ("event", "wait", "task.list_children")
_QUIET_GROUPS = ("runtime.", "response.", "state.get_", "user.")
"""Touches that change nothing in the world."""

_IN_EVENTS = ("close_to_timeout", "timeout", "crash", "delay")


class Spot(NamedTuple):
    """A touch that a run made, as far as faults care.

    Attributes:
        at: Its name; of an instant, its time.
        in_event: Whether a run made it, and not a call from outside.
        has_task: Whether its task is stored.
        is_end: Whether it is no touch but the end of an event, which could be delivered again.
        can_be_cold: Whether it is an event for which a fresh instance would make a difference.
        runs: The tasks of which an event could be handled inside it.
        due: Of an instant, how many are due.
        taken: Of an instant, which of them were put first by the plan already.
    """

    at: CheckpointName
    in_event: bool = True
    has_task: bool = True
    is_end: bool = False
    can_be_cold: bool = False
    runs: tuple[str, ...] = ()
    due: int = 0
    taken: tuple[int, ...] = ()

    @property
    def changes_nothing(self) -> bool:
        """Whether the touch leaves the world as it was."""
        what = self.at.what
        return what in _QUIET or what.startswith(_QUIET_GROUPS)


class Kind(NamedTuple):
    """A kind of fault, with the value that a fault of it gets.

    Attributes:
        text: As reports and `kinds=` write it, as in `crash+` or `delay=90s`.
        kind: A key of `RULES`.
        after: Whether it strikes after the touch took effect.
        onwards: Whether it strikes at each later touch of the name as well.
        value: The value of a `delay` or `clock`.
    """

    text: str
    kind: str
    after: bool = False
    onwards: bool = False
    value: int | None = None

    def faults_at(self, spot: Spot) -> Iterator[Fault]:
        """Iterate over the faults of this kind that can strike at a touch."""
        at, kind = spot.at, self.kind
        if not RULES[kind].place.fits(at.what) or (at.what == INSTANT and kind != "order"):
            return
        if spot.is_end != (kind == "redeliver"):
            return
        if kind == "order":
            for which in range(2, spot.due + 1):
                if which not in spot.taken:
                    yield Fault(kind, at, which)
        elif kind == "run":
            for task in spot.runs:
                yield Fault(kind, at, task)
        elif self._can_strike(spot):
            yield Fault(kind, at, self.value, after=self.after, onwards=self.onwards)

    def _can_strike(self, spot: Spot) -> bool:
        """Tell whether a fault of this kind strikes at a touch that it fits."""
        if self.kind == "cold":
            return spot.can_be_cold
        if self.kind == "abort":
            return spot.has_task
        return spot.in_event if self.kind in _IN_EVENTS else True


def _written(kind: str) -> list[str]:
    """Return the forms in which a kind can be asked for, with an example of its value."""
    rule = RULES[kind]
    if kind in ("delay", "clock"):
        return [f"{kind}={rule.example.rpartition('=')[2]}"]
    return [kind, f"{kind}{rule.suffix}"] if rule.suffix else [kind]


_FORMS = [form for kind in RULES for form in _written(kind)]


def read_kinds(given: Iterable[str] | str | None) -> tuple[Kind, ...]:
    """Return the kinds asked for, in the order of plans; the default ones for None.

    Raises:
        UsageError: One that there is not, or that lacks its value.
    """
    if given is None:
        given = DEFAULT_KINDS
    if not isinstance(given, Iterable):
        raise UsageError(
            f"check() got kinds={given!r:.60}.", way_out="Pass a list of names: kinds=['crash', 'abort']."
        )
    texts = [given] if isinstance(given, str) else list(given)
    if not texts:
        raise UsageError(
            "kinds is empty, so there is no fault to try.", way_out="Leave it out, or name some."
        )
    kinds = {_read_kind(text) for text in texts}
    ranks = list(RULES)
    return tuple(sorted(kinds, key=lambda each: (ranks.index(each.kind), each.after, each.text)))


def _read_kind(text: object) -> Kind:
    """Return one kind, from text as in `crash+`, `fail..` or `delay=90s`."""
    shown = text if isinstance(text, str) else repr(text)
    name, has_value, value = shown.partition("=")
    stem = name.rstrip("+.")
    rule = RULES.get(stem)
    if not isinstance(text, str) or rule is None or name[len(stem) :] not in ("", rule.suffix):
        raise UsageError(
            f"There is no kind of fault {text!r:.60}.{nearest_phrase(shown, _FORMS)}",
            way_out=f"Choose from {', '.join(_FORMS)}.",
        )
    takes = stem in ("delay", "clock")
    if takes != bool(has_value):
        way_out = f"Write it like {_written(stem)[0]!r}." if takes else f"Write {name!r}."
        sentence = f"{stem!r} needs a value." if takes else f"{stem!r} takes no value."
        raise UsageError(sentence, way_out=way_out)
    ms = None
    if takes:
        assert rule.value is not None  # noqa: S101 - these two have one
        ms = rule.value.parse(value)
        name = f"{stem}={rule.value.render(ms)}"
    return Kind(name, stem, name.endswith("+"), name.endswith(".."), ms)


def is_default(kinds: tuple[Kind, ...]) -> bool:
    """Tell whether these are the kinds that are tried where nobody asks for any."""
    return {kind.text for kind in kinds} == set(DEFAULT_KINDS)
