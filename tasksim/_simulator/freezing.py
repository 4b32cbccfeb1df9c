"""The frozen wall clock: one freeze per process, owned by the outermost simulation, moved by all."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasksim._world.clock import Clock

__all__ = ["Freezer"]

# freezegun gives real time to whoever is called by one of these, five frames deep. Of pytest only what
# its own list names (the runner and the terminal): the caller of every test is pytest.
_IGNORED = ["hypothesis", "uvicorn", "h11"]
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Freezer:
    """freezegun, held by the simulations of this process: the first starts it, the last stops it."""

    __slots__ = ("_control", "_frozen", "_holders")

    def __init__(self) -> None:
        """Nothing is frozen yet."""
        self._holders: list[Clock] = []
        self._frozen: Any = None
        self._control: Any = None

    def enter(self, clock: Clock) -> None:
        """Freeze at the time of `clock`, or move the freeze that an outer simulation holds there."""
        if self._frozen is None:
            self._start(clock.wall_ms)
        self._holders.append(clock)
        clock.on_move = self._move
        self._move(clock.wall_ms)

    def leave(self, clock: Clock) -> None:
        """Give the freeze back: to the time of the simulation around this one, or to real time."""
        clock.on_move = None
        self._holders.remove(clock)
        if self._holders:
            self._move(self._holders[-1].wall_ms)
        else:
            self._frozen.stop()
            self._frozen = self._control = None

    @contextmanager
    def lifted(self) -> Iterator[None]:
        """Lift the freeze for a while: what pydantic builds while it is on stays broken for ever."""
        if self._frozen is None:
            yield
            return
        self._frozen.stop()
        try:
            yield
        finally:
            self._control = self._frozen.start()
            self._move(self._holders[-1].wall_ms)

    def _move(self, wall_ms: int) -> None:
        """Let the frozen clock show `wall_ms` since the epoch: that of the simulation that moved last."""
        self._control.move_to(_EPOCH + timedelta(milliseconds=wall_ms))

    def _start(self, wall_ms: int) -> None:
        """Start freezegun, with pydantic's datetime machinery built before."""
        from freezegun import freeze_time
        from pydantic import TypeAdapter  # noqa: PLC0415

        TypeAdapter(datetime).validate_python("2024-01-01T00:00:00Z")
        self._frozen = freeze_time(
            _EPOCH + timedelta(milliseconds=wall_ms), real_asyncio=True, ignore=_IGNORED
        )
        self._control = self._frozen.start()
