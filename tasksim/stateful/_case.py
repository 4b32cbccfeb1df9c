"""The test case of a machine, as pytest and unittest take it.

This module promises that all runs of a test case share one freeze, that no deadline strikes which nobody
chose, and that a failed test shows the last simulation alone. It must not know what a machine does.
"""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING, Any

from hypothesis import Phase, settings
from hypothesis.stateful import RuleBasedStateMachine

from tasksim._simulator.ambient import ambient, use
from tasksim._simulator.simulator import Simulator
from tasksim.strategies._deadlines import without_default_deadline

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from unittest import TestCase

    from tasksim._simulator.ambient import Ambient

__all__ = ["Cases", "apart"]

_OWN = "_test_case"


class Cases:
    """The attribute `TestCase` of machines: each class has its own, and keeps it."""

    def __get__(self, machine: object, owner: Any) -> type[TestCase]:
        """Return the test case of a class of machines.

        Raises:
            AttributeError: It was asked for on an instance, as with Hypothesis's own.
        """
        if machine is not None:
            raise AttributeError("TestCase is an attribute of the class.")
        if _OWN not in vars(owner):
            setattr(owner, _OWN, _case_of(owner))
        found: type[TestCase] = vars(owner)[_OWN]
        return found


def _case_of(machine: Any) -> type[TestCase]:
    """Return a test case that runs a class of machines."""
    usual: Any = vars(RuleBasedStateMachine)["TestCase"].__get__(None, machine)

    class Case(usual):  # type: ignore[misc]
        @wraps(usual.runTest)  # Hypothesis marks it
        def runTest(self) -> None:  # noqa: N802 - unittest's name
            self.settings: settings = _settings_of(self.settings)
            with _around(machine.made.settings):
                super().runTest()

    Case.__module__, Case.__name__, Case.__qualname__ = machine.__module__, usual.__name__, usual.__qualname__
    return Case


def _settings_of(chosen: settings) -> settings:
    """Lift the deadline, unless the user chose one, and explain nothing.

    To explain takes longer than all the rest, and what it comes to are lines of the simulator.
    """
    phases = [phase for phase in chosen.phases if phase is not Phase.explain]
    return settings(without_default_deadline(chosen), phases=phases)


@contextmanager
def _around(settings: Mapping[str, Any]) -> Iterator[None]:
    """Freeze the wall clock once for all runs; of their simulators, keep the last for whoever shows them."""
    around = ambient()
    around.ignored += around.several_profiles and settings["profile"] is None
    with apart() as inner, Simulator(plan=[]) if settings["freeze"] else nullcontext():
        try:
            yield
        finally:
            around.held.extend(inner.held)


@contextmanager
def apart() -> Iterator[Ambient]:
    """Let the simulators that are made meanwhile be nobody else's business."""
    quiet = replace(ambient(), several_profiles=False, held=deque(maxlen=1), seen=deque(maxlen=1))
    before = use(quiet)
    try:
        yield quiet
    finally:
        use(before)
