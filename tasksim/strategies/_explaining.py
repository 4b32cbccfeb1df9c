"""Hypothesis's explain phase, without the lines of a simulation.

That phase says which parts of an example do not matter, and lists the lines that only failing examples run.
For these it traces every line, which makes a simulation ten times as slow, and those that it lists are the
simulator's. This module promises the one without the other. It must not know what is run.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hypothesis.internal import scrutineer

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["without_lines"]


@contextmanager
def without_lines() -> Iterator[None]:
    """Let Hypothesis trace no lines meanwhile, as where a debugger is on."""
    tracer: Any = getattr(scrutineer, "Tracer", object)
    usual = {name: vars(tracer)[name] for name in ("__enter__", "__exit__") if name in vars(tracer)}
    if len(usual) == 2:  # noqa: PLR2004 - another Hypothesis may trace in another way
        tracer.__enter__ = lambda self: self
        tracer.__exit__ = lambda *_: None
    try:
        yield
    finally:
        for name, method in usual.items():
            setattr(tracer, name, method)
