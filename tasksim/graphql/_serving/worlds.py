"""Worlds: one for each tenant, made when somebody first asks for it.

This module promises that what is done in one world is seen in no other, that a world that is begun anew
answers no request that was meant for the one before, and that where none can be made nothing is left of it.
It must not know HTTP.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
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
        self._futures: dict[str, Future[Owner]] = {}
        self._is_closed = False

    @property
    def default_tenant(self) -> str:
        """Whose world is asked if nobody says."""
        return "root" if self._only is None else self._only._engine.tenant  # noqa: SLF001 - of one package

    def owner(self, tenant: str) -> Owner:
        """Return the owner of a tenant's world, made here if there is none.

        Raises:
            UnknownWorld: There is only one, and this is another; or there are too many.
            Exception: What the function raises that makes them.
        """
        future, is_new = self._claim(tenant)
        if is_new:
            self._fulfil(tenant, future)
        return future.result()

    def begin(self, tenant: str) -> Future[Owner]:
        """Return the owner of a tenant's world to come: a thread makes it, if there is none.

        Raises:
            UnknownWorld: As `owner`.
        """
        future, is_new = self._claim(tenant)
        if is_new:
            _in_thread(self._fulfil, tenant, future)
        return future

    def begin_anew(self, tenant: str) -> Future[Owner]:
        """Return the owner of a new world to come, which takes the place of the one that there is.

        Raises:
            UnknownWorld: The only simulator was made by somebody else, and cannot be made again; or there
                are too many.
        """
        if self._make is None:
            raise UnknownWorld(
                "This app serves one simulator, which it did not make and cannot make again.",
                way_out="Pass create_app() a function that makes a Simulator for a tenant.",
            )
        with self._lock:
            self._check_room(tenant)
        future: Future[Owner] = Future()
        _in_thread(self._replace, tenant, future)
        return future

    def _claim(self, tenant: str) -> tuple[Future[Owner], bool]:
        """Return the future of a tenant's owner, and whether the caller has to fulfil it."""
        with self._lock:
            found = self._futures.get(tenant)
            if found is not None:
                return found, False
            self._check_room(tenant)
            future = self._futures[tenant] = Future()
            return future, True

    def _check_room(self, tenant: str) -> None:
        """Refuse a world that cannot be, or would be one too many."""
        if self._only is not None and tenant != self.default_tenant:
            raise UnknownWorld(
                f"There is no world for the tenant {tenant!r:.80}: this app serves one simulator, "
                f"{self.default_tenant!r}.",
                way_out="Leave the header x-tenant out, or pass create_app() a function that makes a "
                "Simulator for a tenant.",
            )
        if tenant not in self._futures and len(self._futures) >= MOST_WORLDS:
            raise UnknownWorld(
                f"There are {MOST_WORLDS} worlds, and no more are made; {tenant!r:.80} would be another.",
                way_out="Use the names of worlds again: POST /control/reset begins one anew.",
            )

    def _fulfil(self, tenant: str, future: Future[Owner]) -> None:
        """Make a world where there is none; if that fails, the next who asks tries again."""
        try:
            owner = self._own(tenant)
        except BaseException as error:  # noqa: BLE001 - it is the askers'
            with self._lock:
                if self._futures.get(tenant) is future:
                    del self._futures[tenant]
            future.set_exception(error)
            return
        self._hand_out(tenant, owner, future)

    def _replace(self, tenant: str, future: Future[Owner]) -> None:
        """Make a world in the place of another, which goes on if that fails."""
        try:
            owner = self._own(tenant)
        except BaseException as error:  # noqa: BLE001 - as above
            future.set_exception(error)
            return
        with self._lock:
            before = self._futures.get(tenant)
            self._futures[tenant] = future
        # One that is being made is closed by who makes it.
        if before is not None and before.done() and before.exception() is None:
            before.result().close()
            before.result().join(_MS_TO_END / 1000)
        self._hand_out(tenant, owner, future)

    def _hand_out(self, tenant: str, owner: Owner, future: Future[Owner]) -> None:
        """Let a world that was made begin; close it if another has its place by now, or all are closed."""
        owner.start()
        future.set_result(owner)
        with self._lock:
            is_current = self._futures.get(tenant) is future and not self._is_closed
        if not is_current:
            owner.close()

    def _own(self, tenant: str) -> Owner:
        sim = self._only
        if self._make is not None:
            sim = self._make(tenant)
        if not isinstance(sim, Simulator):
            raise UsageError(
                f"The function that create_app() got made {sim!r:.60} for the tenant {tenant!r:.80}.",
                way_out="Return a Simulator.",
            )
        start_ms = sim._engine.clock.start_ms  # noqa: SLF001 - of one package

        def on_events(events: Sequence[TraceEvent]) -> None:
            self._journal.add_events(tenant, start_ms, events)

        def on_raised(error: BaseException) -> None:
            self._journal.add(Raised(tenant, sim._engine.clock.wall_ms, error))  # noqa: SLF001 - as above

        return Owner(
            sim, self._pace, on_events=on_events if self._journal.is_read else None, on_raised=on_raised
        )

    def all(self) -> dict[str, Owner]:
        """Return the worlds that there are, by tenant."""
        with self._lock:
            futures = dict(self._futures)
        return {tenant: future.result() for tenant, future in futures.items() if future.done()}

    def close(self) -> None:
        """Do nothing more in any of them; one that is in a task's code is left to itself."""
        with self._lock:
            self._is_closed = True
        owners = [owner for owner in self.all().values() if owner.close()]
        until_ms = real_ms() + _MS_TO_END
        for owner in owners:
            owner.join(max(0, until_ms - real_ms()) / 1000)


def _in_thread(work: Callable[[str, Future[Owner]], None], tenant: str, future: Future[Owner]) -> None:
    """Do the work on a thread that nobody waits for at the end."""
    threading.Thread(target=work, args=(tenant, future), name="tasksim worlds", daemon=True).start()
