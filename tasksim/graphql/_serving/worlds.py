"""Worlds: one for each tenant, made when somebody first asks for it.

This module promises that what is done in one world is seen in no other, and that a world that is begun anew
answers no request that was meant for the one before. It must not know HTTP.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tasksim._simulator.simulator import Simulator
from tasksim._world.real_time import real_ms
from tasksim.errors import TasksimError, UsageError
from tasksim.graphql._serving.journal import Raised
from tasksim.graphql._serving.owner import Owner

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tasksim._model.events import TraceEvent
    from tasksim.graphql._serving.journal import Journal
    from tasksim.graphql._serving.pace import Pace

__all__ = ["MOST_WORLDS", "UnknownWorld", "Worlds"]

MOST_WORLDS = 64
"""How many worlds one server keeps; each has a thread."""

_MS_TO_END = 50


class UnknownWorld(TasksimError):
    """There is no such world, and none can be made."""


class Worlds:
    """The worlds of one server.

    Args:
        source: A simulator, whose tenant's world is the only one, or a function that makes the simulator of a
            tenant.
        pace: How real time moves them.
        journal: Where what happens is told.

    Raises:
        UsageError: The source is neither.
    """

    def __init__(self, source: Simulator | Callable[[str], Simulator], pace: Pace, journal: Journal) -> None:
        """No world is made yet."""
        self._only = source if isinstance(source, Simulator) else None
        self._make = None if isinstance(source, Simulator) else source
        if self._only is None and not callable(source):
            raise UsageError(
                f"create_app() got {source!r:.60}.",
                way_out="Pass a Simulator, or a function that makes one for a tenant.",
            )
        self._pace = pace
        self._journal = journal
        self._lock = threading.Lock()
        self._owners: dict[str, Owner] = {}

    @property
    def default_tenant(self) -> str:
        """Whose world is asked if nobody says."""
        return "root" if self._only is None else self._only._engine.tenant  # noqa: SLF001 - of one package

    def owner(self, tenant: str) -> Owner:
        """Return the owner of a tenant's world, made here if there is none.

        Raises:
            UnknownWorld: There is only one, and this is another; or there are too many.
        """
        with self._lock:
            found = self._owners.get(tenant)
            if found is None:
                found = self._owners[tenant] = self._own(tenant)
                found.start()
            return found

    def _own(self, tenant: str) -> Owner:
        if self._only is not None and tenant != self.default_tenant:
            raise UnknownWorld(
                f"There is no world for the tenant {tenant!r:.80}: this app serves one simulator, "
                f"{self.default_tenant!r}.",
                way_out="Leave the header x-tenant out, or pass create_app() a function that makes a "
                "Simulator for a tenant.",
            )
        if len(self._owners) >= MOST_WORLDS:
            raise UnknownWorld(
                f"There are {MOST_WORLDS} worlds, and no more are made; {tenant!r:.80} would be another.",
                way_out="Use the names of worlds again: POST /control/reset begins one anew.",
            )
        sim = self._only
        if self._make is not None:
            sim = self._make(tenant)
        assert sim is not None  # noqa: S101 - it is one or the other
        start_ms = sim._engine.clock.start_ms  # noqa: SLF001 - of one package

        def on_events(events: Sequence[TraceEvent]) -> None:
            self._journal.add_events(tenant, start_ms, events)

        def on_raised(error: BaseException) -> None:
            self._journal.add(Raised(tenant, sim._engine.clock.wall_ms, error))  # noqa: SLF001 - as above

        return Owner(sim, self._pace, on_events=on_events, on_raised=on_raised)

    def reset(self, tenant: str) -> Owner:
        """Begin a world anew.

        Raises:
            UnknownWorld: The only simulator was made by somebody else, and cannot be made again.
        """
        if self._make is None:
            raise UnknownWorld(
                "This app serves one simulator, which it did not make and cannot make again.",
                way_out="Pass create_app() a function that makes a Simulator for a tenant.",
            )
        with self._lock:
            old = self._owners.pop(tenant, None)
        if old is not None:
            old.close()
        return self.owner(tenant)

    def all(self) -> dict[str, Owner]:
        """Return the worlds that there are, by tenant."""
        with self._lock:
            return dict(self._owners)

    def close(self) -> None:
        """Do nothing more in any of them; one that is in a task's code is left to itself."""
        owners = [owner for owner in self.all().values() if owner.close()]
        until_ms = real_ms() + _MS_TO_END
        for owner in owners:
            owner.join(max(0, until_ms - real_ms()) / 1000)
