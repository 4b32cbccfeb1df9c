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
    tracer: Any = getattr(scrutineer, "Tracer", None)
    usual = vars(tracer).get("can_trace") if tracer is not None else None
    if usual is None:  # an older or a later one, which decides otherwise
        yield
        return
    tracer.can_trace = staticmethod(bool)
    try:
        yield
    finally:
        tracer.can_trace = usual
