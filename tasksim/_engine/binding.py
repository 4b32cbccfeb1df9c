"""Arguments by name: what a definition's `run` and hooks ask for, and how they get it.

A function is read once, at registration (`bind`); each iteration then passes it, by keyword, what it
names (`Binding.call`). This module promises that a function which was bound can be called. It must
not know what the values are.
"""

from __future__ import annotations

import functools
import inspect
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from tasksim.errors import DefinitionError, nearest_phrase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["HOOK_ARGUMENTS", "RUN_ARGUMENTS", "Binding", "bind"]

RUN_ARGUMENTS: tuple[str, ...] = (
    "input",
    "controller",
    "response",
    "store",
    "is_close_to_timeout",
    "is_aborted",
    "trigger",
    "timer",
    "context",
    "definition",
)
"""What `run` may name."""

HOOK_ARGUMENTS: dict[str, tuple[str, ...]] = {
    "on_before_trigger": ("data", "input", "context", "definition"),
    "on_done": ("task", "context", "definition"),
    "on_error": ("task", "context", "definition"),
    "on_abort": ("task", "context", "definition"),
    "on_max_iterations": ("task", "context", "definition"),
}
"""What each hook may name."""

_BARE = [inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD]
_DEEPEST = 100  # decorators below each other; more are a circle
_ALIASES = {"input_": "input"}  # parameter: the name that it serves for


class _Plan(NamedTuple):
    """What to pass: the names, the parameter that takes each, and whether each takes its own."""

    names: tuple[str, ...]
    parameters: tuple[tuple[str, str], ...]
    is_plain: bool


class Binding:
    """A function of a definition, and the names that it asks for.

    Attributes:
        names: What to pass; each is one of the names known to `bind`, in the order of the
            function's parameters.
    """

    __slots__ = ("_function", "_is_plain", "_parameters", "names")

    names: tuple[str, ...]

    def __init__(self, function: Callable[..., object], plan: _Plan) -> None:
        """Keep the function and its plan."""
        self._function = function
        self.names, self._parameters, self._is_plain = plan

    def call(self, values: Mapping[str, object]) -> object:
        """Call the function with those of `values` that it asks for.

        All of `names` must be there, others may. Exactly `names` is the fastest.
        """
        if self._is_plain and len(values) == len(self.names):
            return self._function(**values)
        return self._function(**{parameter: values[name] for parameter, name in self._parameters})


# Plans hold text only, so a function that is dropped elsewhere is dropped here.
_plans: WeakKeyDictionary[FunctionType, dict[tuple[bool, tuple[str, ...]], _Plan]] = WeakKeyDictionary()


def bind(function: Callable[..., object], *, role: str, owner: str, known: tuple[str, ...]) -> Binding:
    """Read which arguments a function names.

    Plain functions and methods are read once: methods are fresh objects at each access, so the
    answer is kept by the function below.

    Args:
        function: A function, method, partial or object with `__call__`.
        role: `run`, or the hook's name; for messages.
        owner: The definition's id; for messages.
        known: The names that exist for this role.

    Raises:
        DefinitionError: It cannot be called by name: it is a class or no callable, hides its
            signature, has a positional-only parameter, or needs one that does not exist.
    """
    below = function.__func__ if isinstance(function, MethodType) else function
    if not isinstance(below, FunctionType):
        return Binding(function, _plan(function, role=role, owner=owner, known=known))
    plans = _plans.get(below)
    if plans is None:
        plans = _plans[below] = {}
    key = (below is not function, known)
    plan = plans.get(key)
    if plan is None:
        plan = plans[key] = _plan(function, role=role, owner=owner, known=known)
    return Binding(function, plan)


def _plan(function: Callable[..., object], *, role: str, owner: str, known: tuple[str, ...]) -> _Plan:
    """Choose the parameters to fill, or say why the function cannot be called by name."""
    parameters: list[tuple[str, str]] = []
    takes_all = False
    for parameter in _signature(function, role=role, owner=owner).parameters.values():
        name = _ALIASES.get(parameter.name, parameter.name)
        if parameter.kind is parameter.POSITIONAL_ONLY:
            raise DefinitionError(
                f"{role}() of {owner!r} has a positional-only parameter {parameter.name!r}.",
                facts=(f"it may name: {', '.join(known)}",),
                way_out="Remove the '/' from its signature: arguments are passed by name.",
            )
        if parameter.kind is parameter.VAR_KEYWORD:
            takes_all = True
        elif parameter.kind is parameter.VAR_POSITIONAL:
            continue
        elif name in known:
            parameters.append((parameter.name, name))
        elif parameter.default is parameter.empty:
            raise DefinitionError(
                f"{role}() of {owner!r} names an argument {parameter.name!r} that does not exist."
                + nearest_phrase(parameter.name, known),
                facts=(f"it may name: {', '.join(known)}",),
                way_out="Rename it, give it a default, or bind it with functools.partial.",
            )
    if takes_all:
        taken = {name for _, name in parameters}.union(_filled_by_position(function))
        parameters += [(name, name) for name in known if name not in taken]
    names = tuple(dict.fromkeys(name for _, name in parameters))
    return _Plan(names, tuple(parameters), is_plain=all(parameter == name for parameter, name in parameters))


def _signature(function: Callable[..., object], *, role: str, owner: str) -> inspect.Signature:
    """Return the signature to bind by."""
    if inspect.isclass(function):
        raise DefinitionError(
            f"{role} of {owner!r} is the class {function.__qualname__!r}.",
            way_out="Give a function, a method or an object with __call__.",
        )
    if not callable(function):
        raise DefinitionError(
            f"{role} of {owner!r} is of type {type(function).__qualname__!r}, which cannot be called.",
            way_out="Give a function, a method or an object with __call__.",
        )
    try:
        return _outspoken_signature(function)
    except (TypeError, ValueError) as error:
        raise DefinitionError(
            f"{role}() of {owner!r} has no signature that can be read.",
            facts=(f"{type(error).__qualname__}: {error}",),
            way_out="Wrap it in a function that names its arguments.",
        ) from error


def _outspoken_signature(function: Callable[..., object]) -> inspect.Signature:
    """Return the outermost signature that says anything.

    What a decorator names with its own parameters is what it wants, so `__wrapped__` is followed only
    below what passes everything on: a bare `(*args, **kwargs)`, or C code such as a staticmethod.
    """
    for _ in range(_DEEPEST):
        inner = _undecorated(function)
        try:
            signature = inspect.signature(function, follow_wrapped=False)
        except ValueError:
            if inner is None:
                raise
        else:
            if inner is None or [parameter.kind for parameter in signature.parameters.values()] != _BARE:
                return signature
        function = inner
    raise ValueError("its __wrapped__ attributes go round in a circle")


def _undecorated(function: Callable[..., object]) -> Callable[..., object] | None:
    """Return the function with one decorator less, bound as it was; None if it has none."""
    inner: Callable[..., object] | None
    if isinstance(function, MethodType):
        inner = _undecorated(function.__func__)
        return inner and MethodType(inner, function.__self__)
    if isinstance(function, functools.partial):
        inner = _undecorated(function.func)
        return inner and functools.partial(inner, *function.args, **function.keywords)
    return getattr(function, "__wrapped__", None)


def _filled_by_position(function: Callable[..., object]) -> Iterable[str]:
    """Return the parameters that a partial has filled by position: they cannot be passed again."""
    if isinstance(function, functools.partial):
        return _outspoken_signature(function.func).bind_partial(*function.args).arguments
    return ()
