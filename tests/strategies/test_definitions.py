"""`definitions`: they behave well, end, and print as code."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies_drawing import FEW, slowly, smallest

import tasksim
from tasksim import Simulator, UsageError, check
from tasksim.strategies import DrawnDefinition, definitions, inputs, profiles

UNITS = ("effect", "log", "output", "wait", "sleep", "child")


def assert_all_end(chosen):
    """Draw definitions and run each in a drawn profile."""

    @settings(chosen)
    @given(definitions(), profiles())
    def ends(definition, profile):
        done = tasksim.run(definition, profile=profile, freeze=False)
        assert done.status == "success"
        works = [f"unit {at}" for at, unit in enumerate(definition.units) if unit == "effect"]
        assert [effect.key for effect in done.effects] == works

    ends()


def test_drawn_definitions_end():
    """Each ends `success`, having done each of its units once."""
    assert_all_end(settings(FEW, max_examples=10))


@pytest.mark.slow
def test_many_drawn_definitions_end():
    """So do many."""
    assert_all_end(settings(FEW, max_examples=300))


@pytest.mark.slow
@pytest.mark.unmeasured
def test_check_finds_nothing():
    """They survive each single fault in each profile: `check` finds nothing in them."""

    @settings(FEW, max_examples=40, deadline=None)
    @given(definitions(max_units=4), profiles())
    def is_sound(definition, profile):
        def scenario(sim):
            sim.register(definition)
            sim.tasks.trigger(definition.id)

        check(scenario, profile=profile)

    is_sound()


@pytest.mark.parametrize("is_async", slowly([False, True], True))
@pytest.mark.parametrize("one_an_event", [False, True])
def test_one_of_each_unit_survives(one_an_event, is_async):
    """So does one that has a unit of each kind, in all the ways of going on."""
    definition = DrawnDefinition(
        "copyPages",
        UNITS,
        one_an_event=one_an_event,
        is_async=is_async,
        hooks=("on_done", "on_error", "on_abort"),
    )

    def scenario(sim):
        sim.register(definition)
        sim.tasks.trigger("copyPages")

    check(scenario, kinds=["close_to_timeout", "crash", "abort"])


def test_any_accepted_input_ends():
    """Each ends on any input that it accepts."""
    definition = DrawnDefinition("copyPages", UNITS)

    @settings(FEW, max_examples=20)
    @given(inputs(definition))
    def ends(input):
        assert tasksim.run(definition, input=input, freeze=False).status == "success"

    ends()


def test_several_live_together():
    """One simulator takes several of different ids."""
    several = st.lists(definitions(), min_size=2, unique_by=lambda each: each.id)
    drawn = smallest(several)
    ids = [each.id for each in drawn]
    assert len(set(ids)) == 2
    with Simulator(drawn, freeze=False) as sim:
        assert [sim.run(id).status for id in ids] == ["success", "success"]


def test_hooks_are_called():
    """A hook that one has is called; it has no others."""
    with Simulator([DrawnDefinition("a", hooks=("on_done",))], freeze=False) as sim:
        sim.run("a")
    assert [name for name in sim.trace.checkpoints() if name.startswith("hook.")] == ["hook.on_done#1"]
    with pytest.raises(AttributeError, match="'DrawnDefinition' object has no attribute 'on_abort'"):
        _ = DrawnDefinition("a", hooks=("on_done",)).on_abort


# --- shrinking and printing

FOUND = [
    (lambda _: True, DrawnDefinition("a")),
    (lambda each: "child" in each.units, DrawnDefinition("a", units=("child",))),
    (lambda each: len(each.units) == 3, DrawnDefinition("a", units=("effect", "effect", "effect"))),
    (
        lambda each: each.is_async and each.one_an_event,
        DrawnDefinition("a", one_an_event=True, is_async=True),
    ),
    (lambda each: "on_abort" in each.hooks, DrawnDefinition("a", hooks=("on_abort",))),
    (lambda each: len(each.id) == 2, DrawnDefinition("aa")),
]


@pytest.mark.parametrize("which", range(len(FOUND)))
def test_shrinks_to_the_simplest(which):
    """Of what has what is asked for, the one that does least is found."""
    condition, expected = FOUND[which]
    assert smallest(definitions(), condition) == expected


def test_prints_as_code():
    """What is drawn prints as code that is equal to it, and the strategy as its call."""

    @settings(FEW, max_examples=50)
    @given(definitions())
    def is_code(definition):
        assert eval(repr(definition), {"DrawnDefinition": DrawnDefinition}) == definition  # noqa: S307 - the promise

    is_code()
    assert repr(definitions()) == "definitions()"
    assert repr(definitions(max_units=2)) == "definitions(max_units=2)"


def test_max_units_holds():
    """`max_units` is the most that one has; it may be none."""
    assert smallest(definitions(max_units=7), lambda each: len(each.units) == 7).units == ("effect",) * 7

    @settings(FEW, max_examples=20)
    @given(definitions(max_units=0))
    def does_nothing(definition):
        assert definition.units == ()

    does_nothing()


# --- bad arguments


@pytest.mark.parametrize("wrong", [-1, True, 2.0, "2", None])
def test_max_units_is_a_number(wrong):
    """`max_units` is a whole number from 0 on."""
    with pytest.raises(UsageError, match=rf"definitions\(\) got max_units={re.escape(repr(wrong))}"):
        definitions(max_units=wrong)


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ({"units": ("efect",)}, "DrawnDefinition() got 'efect' in units. Did you mean 'effect'?"),
        ({"hooks": ("on_end",)}, "DrawnDefinition() got 'on_end' in hooks."),
    ],
)
def test_unknown_parts_are_refused(given_, message):
    """A unit or hook that there is not is refused at the call."""
    with pytest.raises(UsageError, match=re.escape(message)):
        DrawnDefinition("a", **given_)
