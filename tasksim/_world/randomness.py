"""Randomness: `random` and `uuid4` draw from the simulation while one of its events is handled.

The generator that the process shares is not seeded and given back, it is gone round: while `route` is
in force it asks for a source at each draw, and draws itself where there is none. So nothing has to be
restored, and outside events nothing changes. References captured earlier (`from random import choice`)
are routed too; those functions that do not look up what they draw from are exchanged for as long,
wherever a module holds one.
This module must not know what an event is.
"""

from __future__ import annotations

import os
import random
import uuid
from typing import TYPE_CHECKING, Any
from zlib import crc32

from tasksim._world.held import Held

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Randomness", "route", "unroute"]

_SHARED: random.Random = random._inst  # noqa: SLF001 - what `random`'s functions share
_BOUND: dict[str, Any] = {
    name: getattr(random, name) for name in ("random", "getrandbits", "seed", "getstate", "setstate")
}


class Randomness:
    """The random numbers of one simulation: a stream for each event, seeded by the seed and its name."""

    __slots__ = ("_events", "_seed", "_streams")

    def __init__(self, seed: int) -> None:
        """Nothing is drawn yet."""
        self._seed = 2 * seed if seed >= 0 else -2 * seed - 1
        self._events: list[tuple[str, int] | None] = []
        self._streams: list[random.Random] = []

    def of_event(self, label: str, n: int, depth: int = 0) -> random.Random:
        """Return the stream of a task's nth event, as far as it was drawn from.

        `depth` is how many events there are around it, which will go on with theirs.
        """
        while len(self._streams) <= depth:
            self._events.append(None)
            self._streams.append(random.Random(0))  # noqa: S311 - to be repeated is the point
        if self._events[depth] != (label, n):
            self._events[depth] = (label, n)
            self._streams[depth].seed((self._seed << 96) | (crc32(label.encode()) << 64) | n)
        return self._streams[depth]


def _no_source() -> None:
    """Return nothing to draw from."""


_source: Callable[[], random.Random | None] = _no_source

_Real = random.Random


class _Routed(_Real):
    """What the shared generator is while routed: the same one, drawing from the source if there is one.

    Whoever was given one of these methods in an event may keep it for good, so none needs it routed.
    """

    __slots__ = ()

    def __reduce__(self) -> tuple[Any, ...]:
        return _Real, (), self.getstate()  # a copy is nobody's but its owner's

    def random(self) -> float:
        source = _source()
        return _Real.random(self) if source is None else source.random()

    def getrandbits(self, k: int, /) -> int:
        source = _source()
        return _Real.getrandbits(self, k) if source is None else source.getrandbits(k)

    def seed(self, a: Any = None, version: int = 2) -> None:
        source = _source()
        if source is None:
            _Real.seed(self, a, version)
        else:
            source.seed(a, version)

    def getstate(self) -> tuple[Any, ...]:
        source = _source()
        return _Real.getstate(self) if source is None else source.getstate()

    def setstate(self, state: tuple[Any, ...]) -> None:
        source = _source()
        if source is None:
            _Real.setstate(self, state)
        else:
            source.setstate(state)

    @property
    def gauss_next(self) -> float | None:
        """The half of a pair that `gauss` keeps for its next call."""
        source = _source()
        kept: float | None = self.__dict__["gauss_next"] if source is None else source.gauss_next  # type: ignore[attr-defined]
        return kept

    @gauss_next.setter
    def gauss_next(self, kept: float | None) -> None:
        source = _source()
        if source is None:
            self.__dict__["gauss_next"] = kept
        else:
            source.gauss_next = kept  # type: ignore[attr-defined]


class _RoutedOs:
    """`os` as the module `uuid` sees it while routed: `uuid4` asks it for bytes."""

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    @staticmethod
    def urandom(size: int) -> bytes:
        """Return bytes of the source, or of the system."""
        source = _source()
        return os.urandom(size) if source is None else source.randbytes(size)


_ROUTED = {name: getattr(_Routed, name).__get__(_SHARED) for name in _BOUND}


_OWN = [(random.__dict__, name, _BOUND[name], _ROUTED[name]) for name in _BOUND]
_OWN.append((uuid.__dict__, "os", os, _RoutedOs()))


def _captured_functions() -> Held:
    """Return the modules that hold one of these functions under a name of their own; `random` has them."""
    held = Held(lambda _, module: module is random, _OWN)
    for name, bound in _BOUND.items():
        held.add(bound, _ROUTED[name])
    return held


_captured = _captured_functions()


def route(source: Callable[[], random.Random | None]) -> None:
    """Let `random` and `uuid4` draw from what `source()` returns; where that is None, as always.

    A name that stands for something else by now, such as a fake of the user's, is left alone.
    """
    global _source  # noqa: PLW0603 - there is one `random` in a process
    _source = source
    _captured.refresh()
    _SHARED.__class__ = _Routed
    _captured.put()


def unroute() -> None:
    """Give back everything that `route` took, also what modules took that were imported since."""
    global _source  # noqa: PLW0603 - see above
    _SHARED.__class__ = _Real
    _captured.give_back()
    _source = _no_source
