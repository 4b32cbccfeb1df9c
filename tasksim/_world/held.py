"""Who holds a function: the names in modules' globals that stand for it, to be exchanged for a while.

This module promises that a module is looked through once, that nothing is exchanged but where the real
thing stands, so that a fake of the user's is left alone, and that all of it is given back, also what modules
took that were imported since. It must not know what the functions do.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias
from weakref import ref

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Held", "Place"]

Place: TypeAlias = tuple[dict[str, Any], str, Any, Any]
"""A name in a module's globals, what it really stands for, and what stands there while exchanged."""

_MAIN = sys.modules["__main__"].__dict__


class Held:
    """The places where some functions are held.

    Args:
        skips: Whether a module is not to be looked through, by its name and itself.
        own: Places that are known beforehand.
    """

    __slots__ = ("_by_id", "_count", "_found", "_last", "_main", "_own", "_skips", "places")

    def __init__(self, skips: Callable[[str, ModuleType], bool], own: Iterable[Place] = ()) -> None:
        """No module was looked at."""
        self._skips = skips
        self._own = list(own)
        self._by_id: dict[int, tuple[Any, Any]] = {}
        self._count = self._main = 0
        self._last: Callable[[], object] = lambda: None
        self._found: dict[str, tuple[ref[ModuleType], list[Place]]] = {}
        self.places = self._own

    def add(self, real: Any, other: Any) -> None:
        """Look for a function, and for what stands in its place."""
        self._by_id[id(real)] = self._by_id[id(other)] = (real, other)

    def knows(self, function: object) -> bool:
        """Return whether it was added."""
        return id(function) in self._by_id

    def put(self) -> None:
        """Put the others in place of the functions."""
        for names, name, real, other in self.places:
            if names.get(name) is real:
                names[name] = other

    def give_back(self) -> None:
        """Put the functions back where the others still stand."""
        self._give_back()
        if self.refresh():
            self._give_back()

    def _give_back(self) -> None:
        """Put the functions back, as far as the places are known."""
        for names, name, real, other in self.places:
            if names.get(name) is other:
                names[name] = real

    def is_outdated(self) -> bool:
        """Return whether there can be a module that was not looked at.

        What is put into `sys.modules` stands last there. An interactive `__main__` goes on importing.
        """
        modules = sys.modules
        if len(modules) != self._count or len(_MAIN) != self._main:
            return True
        try:
            return self._last() is not next(reversed(modules.values()))
        except RuntimeError:  # another thread imports at this very moment
            return True

    def refresh(self) -> bool:
        """Look through the modules that were not seen under their name; return whether there may be any."""
        if not self.is_outdated():
            return False
        modules = sys.modules.copy()
        last = next(reversed(modules.values()))
        self._last = ref(last) if _is_module(last) else lambda: last
        self._count, self._main = len(modules), len(_MAIN)
        before, self._found = self._found, {}
        for name, module in modules.items():
            if _is_module(module) and not self._skips(name, module):
                known = before.get(name)
                if known is None or known[0]() is not module or name == "__main__":
                    known = (ref(module), self._held_by(module))
                self._found[name] = known
        self.places = [*self._own, *(place for _, places in self._found.values() for place in places)]
        return True

    def _held_by(self, module: ModuleType) -> list[Place]:
        """Return each name of a module that stands for one of the functions, or for another."""
        names: dict[str, Any] = object.__getattribute__(module, "__dict__")
        found = [(name, id(value)) for name, value in list(names.items()) if id(value) in self._by_id]
        return [(names, name, *self._by_id[function]) for name, function in found]


def _is_module(module: object) -> bool:
    """Return whether it is a module, without asking it: that would wake a lazy one."""
    return issubclass(type(module), ModuleType)
