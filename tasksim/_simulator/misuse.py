"""Misuse of the public face inside an event comes out of the outer call, even if the task swallows it."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, Protocol, TypeVar

from tasksim.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasksim._engine.core import Engine

__all__ = ["comes_out"]


class _HasEngine(Protocol):
    """What the decorated methods belong to."""

    @property
    def _engine(self) -> Engine: ...


S = TypeVar("S", bound=_HasEngine)
P = ParamSpec("P")
R = TypeVar("R")


def comes_out(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """Remember the usage errors of a method, for the event in which it was called."""

    @wraps(method)
    def call(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(self, *args, **kwargs)
        except UsageError as error:
            self._engine.misused(error)
            raise

    return call
