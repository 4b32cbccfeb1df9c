"""The bracket around what a fake does: the effect takes place when its body has returned.

This module promises the order: faults strike before the body, the entry is written after it, and what
strikes after the effect comes last. It must not know what is done inside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasksim._engine.frames import calling_line
from tasksim.errors import EffectFailed, UsageError

if TYPE_CHECKING:
    from types import TracebackType

    from tasksim._effects.given import Failure
    from tasksim._effects.recording import Effect, Recording
    from tasksim._engine.core import After

__all__ = ["OUTSIDE", "Bracket", "EffectBracket"]


class Bracket:
    """What `sim.effects.record()` returns: to be entered at once, or to be left alone.

    This one stands outside of any task, where it does nothing.
    """

    __slots__ = ()

    def open(self) -> None:
        """Begin with the body."""

    def close(self) -> None:
        """Go on after the body, which returned."""

    def __enter__(self) -> None:
        self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()


OUTSIDE = Bracket()
"""The bracket where no task calls."""


class EffectBracket(Bracket):
    """The bracket of an effect; until it is opened, its entry stands as that of a plain record."""

    __slots__ = ("_after", "_effect", "_failure", "_recording", "_scope")

    def __init__(
        self, recording: Recording, effect: Effect, after: After | None, failure: Failure | None
    ) -> None:
        """Stand for an effect that was written, to be told when something else happens."""
        self._recording = recording
        self._effect = effect
        self._after = after
        self._failure = failure
        self._scope = recording.engine.caller_scope

    def open(self) -> None:
        """Take the effect back until the body has returned."""
        engine = self._recording.engine
        if engine.pending is not self or not self._recording.take_back():
            raise engine.misused(
                UsageError(
                    f"The bracket of the effect {self._effect.name!r} was opened late, or twice.",
                    facts=(calling_line(),),
                    way_out="Write `with sim.effects.record(...):` in one go, and record each effect anew.",
                )
            )
        engine.pending = None

    def close(self) -> None:
        """Write the effect; then let strike what comes after it."""
        engine, scope = self._recording.engine, self._scope
        if engine.caller_scope is not scope:
            raise engine.misused(
                UsageError(
                    f"The bracket of the effect {self._effect.name!r} was closed after its event had ended.",
                    facts=(calling_line(),),
                    way_out="Open and close it in the same run: no generator may hold it longer.",
                )
            )
        if scope is not None:
            scope.refuse_dead()
        engine.strike_pending()
        self._recording.write(self._effect._replace(at_ms=engine.clock.now_ms))
        self.strike()

    def strike(self) -> None:
        """Let strike what comes after the effect."""
        if self._after is None:
            return
        try:
            self._after()
        except EffectFailed as error:
            if self._failure is None:
                raise
            raise self._failure(str(error)) from error
