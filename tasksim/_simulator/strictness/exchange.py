"""Exchanging functions and methods of the process for guards, and giving them back.

This module promises that a guard stands only where the real thing stood, so that fakes of the user's are
left alone; that it is found wherever a module holds the function under a name of its own, a module being
looked through once; and that all of it is given back. It must not know what the guards do.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import BuiltinFunctionType, FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple

from tasksim._world.held import Held

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Exchange"]

_MISSING: Any = object()
_NOT_LOOKED_THROUGH = ("tasksim", "freezegun")  # they hold real functions in order to call them


class _Method(NamedTuple):
    """A method of a class, which may be inherited: `own` is what the class itself has."""

    owner: type
    name: str
    own: Any
    guard: Any


class Exchange:
    """What is exchanged, and where it is.

    Functions and methods are added by name; those that this system does not have are left out.
    """

    __slots__ = ("_held", "_methods", "_wanted")

    def __init__(self) -> None:
        """Exchange nothing."""
        self._held = Held(lambda name, _: name.partition(".")[0] in _NOT_LOOKED_THROUGH)
        self._wanted: list[tuple[str, str, str, Callable[[Any], Any]]] = []
        self._methods: list[_Method] = []

    def add_function(self, module: str, name: str, guard: Callable[[Any], Any], real: Any = None) -> None:
        """Exchange a function, wherever a module holds it, for what `guard` makes of it."""
        try:
            real = getattr(import_module(module), name, None) if real is None else real
        except ImportError:
            return
        if not self._held.knows(real) and _is_original(real, module):
            self._held.add(real, guard(real))

    def add_method(self, module: str, owner: str, name: str, guard: Callable[[Any], Any]) -> None:
        """Exchange a method for what `guard` makes of it, as soon as its module is loaded."""
        self._wanted.append((module, owner, name, guard))

    def put(self) -> None:
        """Put the guards in place."""
        if self._held.refresh():
            self._find_methods()
        self._held.put()
        for owner, name, own, guard in self._methods:
            if vars(owner).get(name, _MISSING) is own:
                setattr(owner, name, guard)

    def take_back(self) -> None:
        """Put back what stood there, also where modules took guards that were imported since."""
        self._held.give_back()
        for owner, name, own, guard in self._methods:
            if vars(owner).get(name) is guard:
                if own is _MISSING:
                    delattr(owner, name)
                else:
                    setattr(owner, name, own)

    def _find_methods(self) -> None:
        """Find the methods of classes whose modules are loaded by now."""
        for wanted in [wanted for wanted in self._wanted if wanted[0] in sys.modules]:
            self._wanted.remove(wanted)
            self._find_method(*wanted)

    def _find_method(self, module: str, owner: str, name: str, guard: Callable[[Any], Any]) -> None:
        """Find a method in its class, unless somebody exchanged it before us."""
        found = getattr(sys.modules[module], owner, None)
        real = getattr(found, name, None)
        if not isinstance(found, type) or real is None:
            return
        if not isinstance(real, FunctionType) or _is_original(real, module):
            self._methods.append(_Method(found, name, vars(found).get(name, _MISSING), guard(real)))


def _is_original(function: object, module: str) -> bool:
    """Tell a function of the standard library from a fake that somebody put in its place."""
    if isinstance(function, FunctionType):
        return function.__globals__.get("__name__") == module
    return isinstance(function, BuiltinFunctionType)
