"""Keys: what a call's arguments say about which effect of a name it is.

This module promises a function of the method's arguments, made once and cheap to call. It must not know
where effects are written.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeAlias

from tasksim.errors import UsageError, nearest_phrase

__all__ = ["Key", "KeyFunction", "key_function"]

Key: TypeAlias = str | Callable[..., "str | int | None"] | None
"""What gives an effect its key: an argument's name, a function of the method's arguments, or nothing."""

KeyFunction: TypeAlias = Callable[..., object]

_SEVERAL = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def key_function(method: Callable[..., object], key: Key, name: str, *, has_self: bool) -> KeyFunction:
    """Return a function of all of a method's arguments that gives the key of the effect `name`.

    Args:
        method: The method or function.
        key: What gives the key.
        name: The effect's name.
        has_self: Whether the first argument is the object or class, of which a key knows nothing.
    """
    if key is None:
        return _no_key
    if not isinstance(key, str):
        if not callable(key):
            raise UsageError(
                f"The effect {name!r} takes its key from {key!r:.60}.",
                way_out="Pass the name of an argument, a function of the arguments, or None.",
            )
        return _without_self(key) if has_self else key
    return _from_argument(method, key, name, has_self=has_self)


def _no_key(*_: object, **__: object) -> None:
    """Give no key."""


def _without_self(key: KeyFunction) -> KeyFunction:
    """Return a function that hands on all arguments but the first."""

    def from_arguments(_: object, /, *args: object, **kwargs: object) -> object:
        return key(*args, **kwargs)

    return from_arguments


def _from_argument(method: Callable[..., object], key: str, name: str, *, has_self: bool) -> KeyFunction:
    """Return a function that gives the value of one argument."""
    signature = _signature_of(method, name)
    parameters = list(signature.parameters.values())
    choices = [each.name for each in parameters[has_self:] if each.kind not in _SEVERAL]
    if key not in choices:
        near = nearest_phrase(key, choices)
        raise UsageError(
            f"The effect {name!r} takes its key from {key!r}, which is no single argument.{near}",
            facts=(f"the arguments: {signature}",),
            way_out=f"Choose from {', '.join(choices)}, or pass a function."
            if choices
            else "Pass a function.",
        )
    parameter = signature.parameters[key]
    by_position = parameter.kind is not inspect.Parameter.KEYWORD_ONLY
    at = parameters.index(parameter) if by_position else -1
    by_name = parameter.kind is not inspect.Parameter.POSITIONAL_ONLY
    default = parameter.default

    def from_argument(*args: object, **kwargs: object) -> object:
        if by_position and len(args) > at:
            return args[at]
        if by_name and key in kwargs:
            return kwargs[key]
        if default is inspect.Parameter.empty:
            signature.bind(*args, **kwargs)  # raises, as the call would
        return default

    return from_argument


def _signature_of(method: Callable[..., Any], name: str) -> inspect.Signature:
    """Return the arguments of a method; some that are not made by Python do not tell."""
    try:
        return inspect.signature(method)
    except (ValueError, TypeError):
        raise UsageError(
            f"The effect {name!r} cannot take its key from an argument: its function does not tell its own.",
            way_out="Pass a function of the arguments.",
        ) from None
