"""Twins: objects that share the state of a fake, and whose named methods are effects.

This module promises that the fake and its class are left as they are, and that an object whose state cannot
be shared is refused. It must not know what the methods do.
"""

from __future__ import annotations

import inspect
from types import new_class
from typing import TYPE_CHECKING, Any, TypeVar

from tasksim._effects.bracket import OUTSIDE
from tasksim._effects.keys import key_function
from tasksim._effects.wrapping import bracketed, refuse_undeclarable
from tasksim.errors import UsageError, nearest_phrase

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tasksim._effects.bracket import Bracket
    from tasksim._effects.keys import Key, KeyFunction
    from tasksim._effects.recording import Recording

__all__ = ["twin_of"]

T = TypeVar("T")
_WAY_OUT = "Declare its methods with @effect, or use effects.record() in them."


def twin_of(recording: Recording, fake: T, methods: Mapping[str, Key]) -> T:
    """Return a twin of a fake whose named methods are effects of a recording."""
    kind = type(fake)
    if isinstance(fake, type):
        raise UsageError(
            f"effects.wrap() got the class {fake.__name__}.", way_out=f"Pass an object: {fake.__name__}()."
        )
    if not methods:
        raise UsageError(
            f"effects.wrap() got {kind.__name__}, and no method of it.",
            way_out='Name those that are effects: effects.wrap(cms, publish="id").',
        )
    state = _state_of(fake)
    own: dict[str, Any] = {"__module__": kind.__module__, "__qualname__": kind.__qualname__}
    for name, key in methods.items():
        own[name] = _as_effect(recording, kind, state, name, key)
    try:
        twin_kind = new_class(kind.__name__, (kind,), exec_body=lambda names: names.update(own))
        twin: T = object.__new__(twin_kind)
    except Exception as error:
        raise UsageError(
            f"{kind.__name__} can have no twin: a subclass of it, or an object of that, cannot be made.",
            facts=(f"{type(error).__name__}: {error}",),
            way_out=_WAY_OUT,
        ) from error
    object.__setattr__(twin, "__dict__", state)
    return twin


def _state_of(fake: object) -> dict[str, Any]:
    """Return the attributes of an object, if that is all of its state."""
    kind = type(fake)
    for each in kind.__mro__:
        slots = each.__dict__.get("__slots__", ())
        if set([slots] if isinstance(slots, str) else slots) - {"__dict__", "__weakref__"}:
            raise UsageError(
                f"{kind.__name__} can have no twin: {each.__name__} keeps its state in __slots__.",
                way_out=_WAY_OUT,
            )
    try:
        state: dict[str, Any] = object.__getattribute__(fake, "__dict__")
    except AttributeError:
        raise UsageError(
            f"{kind.__name__} can have no twin: its objects have no attributes of their own.",
            way_out=_WAY_OUT,
        ) from None
    return state


def _as_effect(recording: Recording, kind: type, state: dict[str, Any], name: str, key: Key) -> Any:
    """Return the named method as an effect, static or of the class where it is."""
    found = _static(kind, name)
    method = _function_in(found)
    if name in state:
        raise UsageError(
            f"{name!r} of {kind.__name__} is an attribute of the object, not a method of its class.",
            way_out="Define it in the class, or declare the function with @effect.",
        )
    if method is None:
        known = [each for each in dir(kind) if each[0] != "_" and _function_in(_static(kind, each))]
        what = "no method" if found is None else f"no plain method ({type(found).__name__})"
        raise UsageError(
            f"{kind.__name__} has {what} {name!r}.{nearest_phrase(name, known)}",
            way_out=f"Choose from {', '.join(known)}." if known else _WAY_OUT,
        )
    refuse_undeclarable(method, name)
    has_self = not isinstance(found, staticmethod)
    wrapped = bracketed(
        method, _beginner(recording, name, key_function(method, key, name, has_self=has_self)), name
    )
    if isinstance(found, staticmethod):
        return staticmethod(wrapped)
    return classmethod(wrapped) if isinstance(found, classmethod) else wrapped


def _static(kind: type, name: str) -> object:
    """Return what a class has under a name, as it is, or None."""
    return inspect.getattr_static(kind, name, None)


def _function_in(found: object) -> Any:
    """Return the function that a method is made of, static or of the class; None if it is none of these."""
    function = found.__func__ if isinstance(found, staticmethod | classmethod) else found
    return function if inspect.isfunction(function) else None


def _beginner(recording: Recording, name: str, key_of: KeyFunction) -> Callable[..., Bracket]:
    """Return what makes the bracket of a twin's method."""

    def begin(*args: Any, **kwargs: Any) -> Bracket:
        if recording.engine.caller is None:
            return OUTSIDE
        return recording.begin(name, key_of(*args, **kwargs), None, {})

    return begin
