"""Methods as effects: `@effect` on a fake's method, and the bracket around any method.

This module promises that a wrapped method does what the plain one does, `def` or `async def`, within a
bracket while a task calls it, and nothing more otherwise.
"""

from __future__ import annotations

import inspect
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from tasksim._effects.bracket import OUTSIDE
from tasksim._effects.given import check_contract, check_name, failure_of, shown
from tasksim._effects.keys import key_function
from tasksim._engine.calling import calling_engine
from tasksim.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tasksim._effects.bracket import Bracket
    from tasksim._effects.given import Contract, Raises
    from tasksim._effects.keys import Key

__all__ = ["bracketed", "effect", "refuse_undeclarable"]

_MARK = "_tasksim_effect"
"""The attribute of a wrapped function that has the effect's name."""

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


def effect(
    name: str, *, key: Key = None, contract: Contract | None = None, raises: Raises = ()
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare that a method or function of a fake is an effect, each call within a bracket.

    It finds the simulation by itself: that of the task, or hook, that calls, the innermost if one runs
    inside another. Where no task calls, as in the test itself, the method is only called. It may be
    `def` or `async def`, and a static or class method with either decorator on top; a generator is
    refused, for the effect would have taken place before its first step.

    Args:
        name: The effect's name, as in `publish`: letters, digits and any of `_ - . /`.
        key: The name of the argument that is its key, or a function of the arguments (without `self`
            or `cls`) that gives it; text, a whole number, or None for no key.
        contract: `exactly_once`, `at_least_once`, `at_most_once` or `any`; see `Effects.record`.
        raises: What it may raise, exceptions or functions that make one of a message; a planned `fail`
            or `lost_ack` raises the first, `EffectFailed` if there is none.

    Raises:
        UsageError: An argument that cannot be used, or something that cannot be declared so.

    Example:
        >>> import tasksim
        >>> class Mailer:
        ...     @tasksim.effect("send", key="to", raises=[ConnectionError])
        ...     def send(self, to): ...
        >>> @tasksim.task_definition(id="greet", title="Greet")
        ... def greet(controller):
        ...     try:
        ...         Mailer().send("ann")
        ...     except ConnectionError:
        ...         Mailer().send("ann")
        ...     return controller.response.done()
        >>> sim = tasksim.Simulator([greet], plan='fail@effect.send["ann"]#1')
        >>> sim.run("greet").status, sim.effects.keys("send")
        ('success', ['ann'])
    """
    check_name(name, "@effect", '@effect("publish", key="id")')
    check_contract(name, contract)
    failure = failure_of(name, raises)

    def decorate(method: Callable[P, R]) -> Callable[P, R]:
        if isinstance(method, staticmethod | classmethod):
            inner = declare(method.__func__, has_self=isinstance(method, classmethod))
            return type(method)(inner)
        return declare(method, has_self=_first_is_self(method))

    def declare(method: Callable[..., Any], *, has_self: bool) -> Callable[..., Any]:
        refuse_undeclarable(method, name)
        key_of = key_function(method, key, name, has_self=has_self)

        def begin(*args: Any, **kwargs: Any) -> Bracket:
            engine = calling_engine()
            if engine is None or engine.caller is None:
                return OUTSIDE
            bracket: Bracket = engine.ledger.begin(name, key_of(*args, **kwargs), contract, {}, failure)
            return bracket

        return bracketed(method, begin, name)

    return decorate


def _first_is_self(method: Callable[..., object]) -> bool:
    """Whether the first argument is the object or class, by its name: no class is there yet to ask."""
    try:
        parameters = list(inspect.signature(method).parameters)
    except (ValueError, TypeError):  # no function, or not made by Python
        return False
    return parameters[:1] in (["self"], ["cls"])


def refuse_undeclarable(method: object, name: str) -> None:
    """Refuse what cannot be the method of an effect."""
    problem = None
    if isinstance(method, type) or not callable(method):
        problem = (
            f"The effect {name!r} is declared of {shown(method)}, which is no function.",
            "Declare one.",
        )
    elif inspect.isgeneratorfunction(method) or inspect.isasyncgenfunction(method):
        problem = (
            f"The effect {name!r} is declared of {shown(method)}, which is a generator.",
            "Use sim.effects.record() inside it, or declare a method that it calls at each step.",
        )
    elif isinstance(known := getattr(method, _MARK, None), str):
        problem = (
            f"The effect {name!r} is declared of {shown(method)}, which is the effect {known!r} already.",
            "Declare it once: by @effect, or by effects.wrap().",
        )
    if problem is not None:
        raise UsageError(problem[0], way_out=problem[1])


def bracketed(method: Callable[P, R], begin: Callable[..., Bracket], name: str) -> Callable[P, R]:
    """Return a method that runs within the bracket that `begin` makes of its arguments."""
    wrapped: Any = _async_call(method, begin) if inspect.iscoroutinefunction(method) else _call(method, begin)
    setattr(wrapped, _MARK, name)
    return wrapped  # type: ignore[no-any-return]  # it is called as `method` is


def _async_call(method: Callable[..., Any], begin: Callable[..., Bracket]) -> Callable[..., Any]:
    """Return a coroutine function in a bracket."""

    @wraps(method)
    async def call_async(*args: Any, **kwargs: Any) -> Any:
        with begin(*args, **kwargs):
            return await method(*args, **kwargs)

    return call_async


def _call(method: Callable[..., Any], begin: Callable[..., Bracket]) -> Callable[..., Any]:
    """Return a function in a bracket; if it gives a coroutine, the bracket closes when that has ended."""

    @wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        bracket = begin(*args, **kwargs)
        if bracket is OUTSIDE:
            return method(*args, **kwargs)
        bracket.open()
        outcome = method(*args, **kwargs)
        if inspect.iscoroutine(outcome):
            return _awaited(outcome, bracket)
        bracket.close()
        return outcome

    return call


async def _awaited(coroutine: Awaitable[T], bracket: Bracket) -> T:
    """Close a bracket when a coroutine has ended well."""
    result = await coroutine
    bracket.close()
    return result
