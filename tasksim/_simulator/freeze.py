"""One freeze of freezegun, which may stand among others that are not ours.

freezegun keeps a stack: each freeze puts an entry on it, each end takes the topmost entry away, whosever it
is, and the freeze whose end takes the last one gives the modules back what the *first* one had replaced.
This module promises that, once tasksim has frozen anything, freezes may begin and end around and inside ours
in any order: in the end real time is back everywhere. All that tasksim knows of freezegun's inside is here
and in `frozen_models`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from tasksim._simulator.frozen_models import let_pydantic_know
from tasksim.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

__all__ = ["Freeze", "Standing"]

Standing: TypeAlias = Literal["innermost", "hidden", "lost"]
"""In the stack ours may be hidden by one that began later, or be lost: taken by the end of another."""

# These have real time from `time`: freezegun leaves their modules alone and answers their own calls with it.
# Beside them stand freezegun's own (threading, queue, multiprocessing) and those that the user adds with
# freezegun.configure(extend_ignore_list=[...]).
_IGNORED = [
    # what waits with a timeout would wait for ever, or not at all
    "asyncio.base_events",
    "asyncio.windows_events",
    "concurrent.futures._base",
    "socketserver",
    "subprocess",
    "trio._core",
    # what measures tests, and what limits their time
    "_hypothesis",
    "_pytest",
    "hypothesis",
    "pytest_benchmark",
    "pytest_html",
    "pytest_rerunfailures",
    "pytest_retry",
    "pytest_sugar",
    "pytest_timeout",
    "unittest.case",
    "unittest.runner",
    "xdist",
    # what serves
    "h11",
    "uvicorn",
]
_MOVES = ("move_to", "tick")
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - freezegun's frozen time is naive UTC
_WAY_OUT = "Move the simulation: sim.advance(). To begin at another time, pass Simulator(start=...)."


class Freeze:
    """A freeze of the wall clock, begun once and ended once."""

    __slots__ = ("_around", "_depth", "_entry", "_frozen")

    _entry: Any
    _frozen: Any

    def begin(self, wall_ms: int) -> None:
        """Freeze at `wall_ms` since the epoch; an error leaves things as they were."""
        from freezegun import api

        let_pydantic_know()
        if not api.freeze_factories:
            _make_nanoseconds_exact(api)
        _let_any_be_last(api)
        self._around: list[Any] = list(api.freeze_factories)
        self._depth = api.call_stack_inspection_limit
        self._frozen = api.freeze_time(_frozen_time(wall_ms), real_asyncio=True, ignore=_IGNORED)
        try:
            self._entry = self._frozen.start()
        except BaseException:
            if len(api.freeze_factories) > len(self._around):
                self._frozen.stop()
            raise
        # Else whoever is called by an ignored module has real time as well, five frames deep: a test.
        api.call_stack_inspection_limit = 1
        for entry in self._around:
            vars(entry).update({name: self._refusing(entry, name) for name in _MOVES})

    def move(self, wall_ms: int) -> None:
        """Let the wall clock show `wall_ms` since the epoch."""
        self._entry.time_to_freeze = _frozen_time(wall_ms)

    def standing(self) -> Standing:
        """Return how ours stands among the others."""
        from freezegun import api

        place = self._place(api)
        if place is None:
            return "lost"
        return "innermost" if place == len(api.freeze_factories) - 1 else "hidden"

    def end(self) -> Standing:
        """End the freeze and return how it stood."""
        from freezegun import api

        api.call_stack_inspection_limit = self._depth
        for entry in self._around:
            for name in _MOVES:
                vars(entry).pop(name, None)
        standing = self.standing()
        if standing == "innermost":
            self._frozen.stop()
        elif standing == "hidden":  # the others go on; the last of them gives back what it does not ignore
            _remove(api, self._entry)
            self._undo(sum(api.ignore_lists, ()))
        elif api.freeze_factories:  # another's end took our entry, so ours takes the other's
            self._frozen.ignore = api.ignore_lists[-1]
            self._frozen.stop()
        else:
            self._undo(("",))
        return standing

    def _place(self, api: ModuleType) -> int | None:
        """Return where our entry stands in the stack, None if it was taken away."""
        return next((at for at, entry in enumerate(api.freeze_factories) if entry is self._entry), None)

    def _undo(self, prefixes: tuple[str, ...]) -> None:
        """Give back what was replaced in asyncio's event loop, and in modules whose names begin like this."""
        for owner, name, original in self._frozen.undo_changes:
            if isinstance(owner, type) or owner.__name__.startswith(prefixes):
                setattr(owner, name, original)

    def _refusing(self, entry: Any, name: str) -> Callable[..., Any]:
        """Return what stands for a method of a freeze around ours, which would move nothing now."""
        from freezegun import api

        def refuse(*arguments: Any, **named: Any) -> Any:
            """Refuse, unless ours is not there any more."""
            if self._place(api) is None:
                return getattr(type(entry), name)(entry, *arguments, **named)
            raise UsageError(
                f"{name}() of a freeze was called inside a simulation, whose time is shown.", way_out=_WAY_OUT
            )

        return refuse


def _frozen_time(wall_ms: int) -> datetime:
    """Return the time as freezegun keeps it."""
    return _EPOCH + timedelta(milliseconds=wall_ms)


def _remove(api: ModuleType, entry: Any) -> None:
    """Take an entry out of the stack."""
    place = next(at for at, other in enumerate(api.freeze_factories) if other is entry)
    for stack in (api.freeze_factories, api.tz_offsets, api.ignore_lists, api.tick_flags):
        del stack[place]


def _make_nanoseconds_exact(api: ModuleType) -> None:
    """Let `time_ns` be exact: freezegun goes by a float, which often shows the millisecond before."""

    def fake_time_ns() -> int:
        if api._should_use_real_time():  # noqa: SLF001 - freezegun's own way; it looks at who called
            return int(api.real_time_ns())
        return int(api._get_fake_monotonic_ns())  # noqa: SLF001 - the time since the epoch

    if api.fake_time_ns.__module__ == api.__name__:
        vars(api)["fake_time_ns"] = fake_time_ns


def _let_any_be_last(api: ModuleType) -> None:
    """Tell every freeze what the first one alone knows: which fakes to replace by what, in all modules."""
    names = [name.removeprefix("fake_") for name in vars(api) if name.startswith("fake_")]
    pairs = [(getattr(api, f"fake_{name}"), getattr(api, f"real_{name}")) for name in names]
    pairs += [(api.FakeDate, api.real_date), (api.FakeDatetime, api.real_datetime)]
    kind = api._freeze_time  # noqa: SLF001 - a freeze that was not the first lacks these attributes
    kind.fake_names = tuple(fake.__name__ for fake, _ in pairs)
    kind.reals = {id(fake): real for fake, real in pairs}
