"""A progress bar on stderr, once something takes over a second of real time.

This module promises that nothing is shown, and no clock read, where stderr is no terminal or rich is missing.
It holds the only real clock of tasksim, and must not know what makes progress.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, final

from tasksim.cli.printing import has_rich

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

__all__ = ["Progress"]


class RealClock:
    """Real time, as an attribute of a class: freezegun replaces what it finds in modules only."""

    now: Callable[[], float] = staticmethod(time.monotonic)  # noqa: TID251 - how long people wait, shown to them only


_PATIENCE = 1.0
_PAUSE = 0.1


@final
class Progress:
    """What is done so far; a context manager, which removes the bar at its end.

    Args:
        what: What is being done.
        total: How much there is to do, if that is known.
        now: The clock.
    """

    def __init__(
        self, what: str, total: int | None = None, *, now: Callable[[], float] = RealClock.now
    ) -> None:
        """Begin to wait; rich is loaded here, before any clock is frozen."""
        self._what = what
        self._total = total
        self._now = now
        self._bar: Any = None
        self._task: Any = None
        self._is_wanted = sys.stderr.isatty() and has_rich()
        if self._is_wanted:
            import rich.progress  # noqa: F401 - loaded, not yet used

            self._begun = now()
            self._next = self._begun + _PATIENCE

    def is_due(self) -> bool:
        """Whether the bar should be shown now: not before a second has passed, then ten times a second."""
        return self._is_wanted and self._now() >= self._next

    def per_second(self, done: int) -> int:
        """Return how many were done a second so far; for what is shown, so only once it is due."""
        return round(done / max(self._now() - self._begun, _PAUSE))

    def hide(self) -> None:
        """Remove the bar, so that something else can be printed; the next update shows it again."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def show(self, done: int, text: str = "", *, total: int | None = None) -> None:
        """Show or refresh the bar; no thread does that, so the simulation's own clock is left alone.

        `total` is how much there is to do, where that becomes known on the way.
        """
        if total is not None:
            self._total = total
        self._next = self._now() + _PAUSE
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
        from rich.progress import Progress as Bar

        if self._bar is None:
            counts = () if self._total is None or text else (MofNCompleteColumn(),)
            self._bar = Bar(
                TextColumn(self._what),
                BarColumn(),
                *counts,
                TextColumn("{task.fields[text]}"),
                console=Console(stderr=True),
                auto_refresh=False,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
                get_time=self._now,
            )
            self._bar.start()
            self._task = self._bar.add_task("", total=self._total, text=text)
        self._bar.update(self._task, completed=done, total=self._total, text=text, refresh=True)

    def __enter__(self) -> Progress:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Remove the bar."""
        self.hide()
