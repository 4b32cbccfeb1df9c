"""The clock: monotonic integer milliseconds, and the wall time made from them.

`wall = start + monotonic + jumps`. The agenda, budgets, waits and the trace use the monotonic
time; timestamps and the frozen clock use the wall time. Nothing here reads a real clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Clock"]


class Clock:
    """A clock that moves only when told.

    Attributes:
        now_ms: Monotonic time since the simulation began.
        wall_ms: Wall time since the epoch.
        start_ms: Wall time at the beginning.
        before_move: Called with the monotonic time to which the clock is about to move; it may move the
            clock part of the way by itself.
        on_move: Called with the new wall time after each move.
    """

    __slots__ = ("before_move", "now_ms", "on_move", "start_ms", "wall_ms")

    now_ms: int
    start_ms: int
    wall_ms: int

    def __init__(self, start_ms: int) -> None:
        """Start at monotonic 0, wall `start_ms` (since the epoch)."""
        self.now_ms = 0
        self.wall_ms = self.start_ms = start_ms
        self.before_move: Callable[[int], None] | None = None
        self.on_move: Callable[[int], None] | None = None

    def wall_at(self, at_ms: int) -> int:
        """Return what the wall time will be at the monotonic time `at_ms`, if it does not jump before."""
        return self.wall_ms + at_ms - self.now_ms

    def jump(self, ms: int) -> None:
        """Let the wall time jump, back too; the monotonic time stays."""
        self.wall_ms += ms
        if self.on_move is not None:
            self.on_move(self.wall_ms)

    def move_to(self, at_ms: int) -> None:
        """Move forward to the monotonic time `at_ms`; a time that has passed changes nothing."""
        if at_ms > self.now_ms and self.before_move is not None:
            self.before_move(at_ms)
        if at_ms > self.now_ms:
            self.wall_ms += at_ms - self.now_ms
            self.now_ms = at_ms
            if self.on_move is not None:
                self.on_move(self.wall_ms)
