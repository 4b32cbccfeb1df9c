"""Strategies for Hypothesis: inputs, faults, settings and whole definitions.

    from hypothesis import given
    from tasksim import assert_done, run
    from tasksim.strategies import inputs

    @given(input=inputs(PublishEntries))
    def test_publishes_anything(input):
        assert_done(run(PublishEntries, input=input))

What is drawn shrinks to the simplest - the smallest input, no fault, the largest budget - and prints as code
that can be pasted into a test. This package promises that what it draws can be used: an input is accepted by
the trigger, a fault can strike. It must not know how a drawn run is judged.
"""

from __future__ import annotations

from importlib.util import find_spec

from tasksim.errors import MissingExtra

if find_spec("hypothesis") is None:
    raise MissingExtra("tasksim.strategies", "hypothesis")

from tasksim.strategies._definitions import DrawnDefinition, definitions
from tasksim.strategies._inputs import inputs
from tasksim.strategies._invalid import InvalidInput, invalid_inputs
from tasksim.strategies._json import json_values
from tasksim.strategies._plans import fault_plans
from tasksim.strategies._settings import budgets, profiles, ticks

__all__ = [
    "DrawnDefinition",
    "InvalidInput",
    "budgets",
    "definitions",
    "fault_plans",
    "inputs",
    "invalid_inputs",
    "json_values",
    "profiles",
    "ticks",
]
