"""`budgets`, `ticks`, `profiles`: settings that a simulator takes, the default first."""

import re
from datetime import timedelta

import pytest
from hypothesis import given, settings
from strategies_drawing import FEW, smallest

import tasksim
from tasksim import Simulator, UsageError
from tasksim._engine.profiles import DEFAULT_PROFILE, profile_names
from tasksim._world.durations import parse_duration
from tasksim.strategies import DrawnDefinition, budgets, profiles, ticks

COPY_PAGES = DrawnDefinition("copyPages", units=("effect", "log", "effect"))


def ms(duration):
    """Return a duration in milliseconds."""
    return parse_duration(duration, name="drawn")


def test_simulator_takes_them():
    """A simulator takes whatever is drawn, and a task that asks for the time gets done."""

    @settings(FEW, max_examples=20)
    @given(budget=budgets(), tick=ticks(), profile=profiles())
    def runs(budget, tick, profile):
        done = tasksim.run(COPY_PAGES, budget=budget, tick=tick, profile=profile, freeze=False)
        assert done.status == "success"

    runs()


@pytest.mark.parametrize(
    ("strategy", "least", "most"),
    [
        (budgets(), "5m", "15m"),
        (budgets(least=1, most=timedelta(seconds=2)), "1s", "2s"),
        (budgets(least="90s", most="90s"), "90s", "90s"),
        (ticks(), "0s", "1s"),
        (ticks(most="20ms"), "0s", "20ms"),
        (ticks(most=0), "0s", "0s"),
    ],
)
def test_bounds_hold(strategy, least, most):
    """What is drawn lies between its bounds, and both of them are drawn."""
    drawn = set()

    @FEW
    @given(strategy)
    def is_within(duration):
        drawn.add(ms(duration))

    is_within()
    assert ms(least) <= min(drawn)
    assert max(drawn) <= ms(most)
    assert {ms(smallest(strategy, lambda each, to=to: ms(each) == ms(to))) for to in (least, most)} == {
        ms(least),
        ms(most),
    }


def test_budgets_shrink_to_the_largest():
    """The simplest budget is the largest; of the smaller ones the largest that will do."""
    assert smallest(budgets()) == "15m"
    assert smallest(budgets(most="1h")) == "1h"
    assert smallest(budgets(), lambda budget: ms(budget) <= ms("10m")) == "10m"


def test_ticks_shrink_to_nothing():
    """The simplest tick is none; of the others the smallest that will do."""
    assert smallest(ticks()) == "0s"
    assert smallest(ticks(), lambda tick: ms(tick) >= 70) == "70ms"


def test_profiles_shrink_to_the_default():
    """The simplest profile is the default one, and all of them are drawn."""
    assert smallest(profiles()) == DEFAULT_PROFILE
    for name in profile_names():
        assert smallest(profiles(), lambda profile, name=name: profile == name) == name
        Simulator(profile=name)


@pytest.mark.parametrize(
    ("strategy", "shown"),
    [
        (budgets(), "budgets()"),
        (budgets(least="5m", most="15m"), "budgets()"),
        (budgets(least=60), "budgets(least=60, most='15m')"),
        (ticks(), "ticks()"),
        (ticks(most="20ms"), "ticks(most='20ms')"),
        (profiles(), "profiles()"),
    ],
)
def test_prints_as_code(strategy, shown):
    """Each prints as the call that made it."""
    assert repr(strategy) == shown


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: budgets(least="soon"), "least is 'soon'"),
        (lambda: budgets(least=0), "least is 0, which is no time at all."),
        (lambda: budgets(most=-1), "most is -1, which is negative."),
        (lambda: budgets(least="20m"), "budgets() got least='20m' and most='15m', and nothing lies between"),
        (lambda: ticks(most=-1), "most is -1, which is negative."),
        (lambda: ticks(most=None), "most is None"),
    ],
)
def test_what_is_no_duration_is_refused(call, message):
    """A bound that is no duration, or none that leaves anything, is refused at the call, by its name."""
    with pytest.raises(UsageError, match=re.escape(message)):
        call()
