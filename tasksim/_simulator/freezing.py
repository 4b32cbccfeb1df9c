"""The frozen wall clock: one freeze per process, owned by the outermost simulation, moved by all.

This module promises that the wall clock shows the time of the simulation that moved last, and real time
once the last one has given it back. It must not know how freezegun does it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasksim._simulator.freeze import Freeze
from tasksim._world.durations import to_datetime
from tasksim.errors import UsageError

if TYPE_CHECKING:
    from tasksim._simulator.freeze import Standing
    from tasksim._world.clock import Clock

__all__ = ["Freezer"]


class Freezer:
    """The freeze that the simulations of this process hold: the first begins it, the last ends it."""

    __slots__ = ("_freeze", "_holders")

    def __init__(self) -> None:
        """Nothing is frozen yet."""
        self._holders: list[Clock] = []
        self._freeze: Freeze | None = None

    def warm(self) -> None:
        """Pay now what the first freeze of a process costs, so that no test is measured with it."""
        if self._freeze is None:
            freeze = Freeze()
            freeze.begin(0)
            freeze.end()

    def enter(self, clock: Clock) -> None:
        """Freeze at the time of `clock`, or move the freeze that an outer simulation holds there.

        Raises:
            UsageError: Somebody else's freeze began inside the outer simulation and is on.
        """
        self.refuse_others("Entering another simulation")
        if self._freeze is None:
            freeze = Freeze()
            freeze.begin(clock.wall_ms)
            self._freeze = freeze
        else:
            self._freeze.move(clock.wall_ms)
        self._holders.append(clock)
        clock.on_move = self._freeze.move

    def leave(self, clock: Clock) -> None:
        """Give the freeze back: to the time of the simulation around this one, or to real time.

        Raises:
            UsageError: Somebody else's freeze began inside and is on, or began outside and is over. What
                is left of theirs works as it would without us.
        """
        freeze = self._freeze
        if freeze is None or clock not in self._holders:
            return
        clock.on_move = None
        self._holders.remove(clock)
        if self._holders:
            freeze.move(self._holders[-1].wall_ms)
            return
        self._freeze = None
        standing = freeze.end()
        if standing == "hidden":
            raise UsageError(
                "A freeze_time() that began inside the simulation was still on when the simulation ended.",
                way_out="End it inside the simulation, or begin it before the simulation is entered.",
            )
        _refuse_lost(standing)

    def refuse_others(self, call: str) -> None:
        """Refuse a call while somebody else's freeze hides the time of the simulations.

        Args:
            call: What was called, as the message names it: `run()`.

        Raises:
            UsageError: A freeze began inside the simulation and is on, or one around it has ended.
        """
        if self._freeze is None:
            return
        standing = self._freeze.standing()
        _refuse_lost(standing)
        if standing == "hidden":
            raise UsageError(
                f"{call} needs the wall clock, which a freeze_time() inside the simulation holds.",
                facts=(f"the simulation is at {to_datetime(self._holders[-1].wall_ms).isoformat()}",),
                way_out="End it first. To simulate at its time, pass Simulator(start=...).",
            )


def _refuse_lost(standing: Standing) -> None:
    """Refuse the end of a freeze around the simulation: freezegun ended ours instead."""
    if standing == "lost":
        raise UsageError(
            "A freeze_time() that began before the simulation was entered has ended inside of it.",
            way_out="End it after the simulation, or begin it inside.",
        )
