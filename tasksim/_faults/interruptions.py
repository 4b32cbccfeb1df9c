"""Interruptions in the words of job-iteration and Rails: each becomes faults of a plan when it strikes.

`interrupt_every(2)` cannot be written as a plan beforehand, since nobody knows how often a run will ask.
It strikes as `close_to_timeout` at the question reached by then, and that fault, with its number, is what
is traced and what replays. This module must not know who planned it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from tasksim._engine.names import CheckpointName
from tasksim._faults.grammar import Fault

if TYPE_CHECKING:
    from tasksim._engine.core import Scope, Touch

__all__ = ["At", "Every", "Interruption", "close_at"]

QUESTION = "runtime.is_close_to_timeout"


def close_at(touch: Touch) -> Fault:
    """Return the fault that an interruption at this question is."""
    return Fault("close_to_timeout", _place(touch))


def _place(touch: Touch) -> CheckpointName:
    """Return the name of what is touched."""
    return CheckpointName(touch.life.label, touch.what, touch.key, touch.n)


@dataclass(slots=True)
class Every:
    """`interrupt_every(n)`: in each event the first n questions are answered by the clock, later ones by yes.

    Attributes:
        n: How many are.
        asked: How often each event that is under way did.
        fired: Whether it ever struck.
    """

    n: int
    asked: dict[Scope, int] = field(default_factory=dict)
    fired: bool = False

    def strikes(self, touch: Touch) -> bool:
        """Whether the run is interrupted at this touch."""
        if touch.what != QUESTION or touch.scope is None:
            return False
        asked = self.asked.get(touch.scope, 0) + 1
        if asked == 1:  # a new event: all but those around it are over
            self.asked = {scope: n for scope, n in self.asked.items() if scope in touch.engine.inside}
        self.asked[touch.scope] = asked
        return asked == self.n + 1

    def render(self) -> str:
        """Return the word."""
        return f"interrupt_every({self.n})"

    def why_not(self) -> str:
        """Say why it never struck."""
        times = "once" if self.n == 1 else f"{self.n} times"
        return f"no event asked {QUESTION} more than {times}"

    def way_out(self) -> str:
        """Say what to do about it."""
        return f"Leave it out, or let run() ask controller.{QUESTION}() before each unit of work."


@dataclass(slots=True)
class At:
    """`interrupt_at(X)`: from the checkpoint X on, to the end of that event, the question is answered by yes.

    Attributes:
        at: The checkpoint.
        scope: The event that reached it.
        fired: Whether it struck.
    """

    at: CheckpointName
    scope: Scope | None = None
    fired: bool = False

    def strikes(self, touch: Touch) -> bool:
        """Whether the run is interrupted at this touch."""
        if touch.scope is None or self.fired:
            return False
        if self.at in (_place(touch), CheckpointName("", "write", None, touch.write)):
            self.scope = touch.scope
        return touch.scope is self.scope and touch.what == QUESTION

    def render(self) -> str:
        """Return the word."""
        return f"interrupt_at({self.at.render()})"

    def why_not(self) -> str:
        """Say why it never struck."""
        if self.scope is None:
            return f"no event reached {self.at.render()!r}"
        return f"the event that reached {self.at.render()!r} did not ask {QUESTION} after it"

    def way_out(self) -> str:
        """Say what to do about it."""
        return f"Choose an earlier checkpoint, or let run() ask controller.{QUESTION}() after it."


class Interruption(Protocol):
    """What can be planned without knowing beforehand where it will strike.

    Attributes:
        fired: Whether it ever struck.
    """

    fired: bool

    def strikes(self, touch: Touch) -> bool:
        """Whether the run is interrupted at this touch."""

    def render(self) -> str:
        """Return the word."""

    def why_not(self) -> str:
        """Say why it never struck."""

    def way_out(self) -> str:
        """Say what to do about it."""
