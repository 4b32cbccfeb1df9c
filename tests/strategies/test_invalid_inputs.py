"""`invalid_inputs`: each is refused, and for the field that it says."""

import re
from typing import Annotated, Any

import pytest
import strategies_models as models
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, model_validator
from strategies_drawing import DEFAULT, FEW, definition_of, slowly, smallest

from tasksim import EngineError, Simulator, UsageError
from tasksim.strategies import InvalidInput, invalid_inputs

pytestmark = pytest.mark.slow

NAMES = [name for name in models.SMALLEST if name not in {"empty", "any_dict"}]
PROFILES = ["documented", "generic", "webiny-5", "webiny-6"]


def assert_refused(sim, drawn):
    """Trigger with an invalid input: it is refused, for that field and no other, and nothing is stored."""
    before = sim.tasks.list_tasks().meta.total_count
    with pytest.raises(EngineError) as caught:
        sim.tasks.trigger("publishPages", input=drawn.input)
    assert caught.value.code == "VALIDATION_FAILED_INVALID_FIELDS"
    assert list(caught.value.data["invalidFields"]) == ([] if drawn.field is None else [drawn.field])
    assert sim.tasks.list_tasks().meta.total_count == before


def assert_all_refused(name, chosen, *, profile="documented", freeze=False):
    """Draw invalid inputs of a model and trigger with each; return the fields they are for."""
    definition = definition_of(models.SMALLEST[name][0])
    fields = set()
    with Simulator([definition], profile=profile, freeze=freeze, trace=False) as sim:

        @settings(chosen)
        @given(invalid_inputs(definition))
        def refuses(drawn):
            assert_refused(sim, drawn)
            fields.add(drawn.field)

        refuses()
    assert fields
    return fields


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_drawn_inputs_are_refused(name):
    """A trigger refuses whatever is drawn, for the field that it says; no health check fails."""
    assert_all_refused(name, FEW)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "profile"), [(name, PROFILES[at % len(PROFILES)]) for at, name in enumerate(NAMES)]
)
def test_many_drawn_inputs_are_refused(name, profile):
    """So it is with Hypothesis's own settings, in each profile, with and without a frozen clock."""
    assert_all_refused(name, DEFAULT, profile=profile, freeze=profile == "generic")


SMALLEST = {
    "publish": InvalidInput({}, "ids"),
    "defaults": InvalidInput({"a": None}, "a"),
    "closed": InvalidInput({}, "only"),
    "tree": InvalidInput({}, "name"),
    "typed_dict": InvalidInput({}, "sku"),
    "plain_dict": InvalidInput({"": None}, ""),
    "adapter": InvalidInput({}, "kind"),
    "union": InvalidInput({}, None),
}


@pytest.mark.parametrize("name", SMALLEST)
def test_smallest_mistake(name):
    """The smallest has one thing wrong in the smallest input."""
    assert smallest(invalid_inputs(definition_of(models.SMALLEST[name][0]))) == SMALLEST[name]


FIELDS = {
    "another field": (models.Publish, "at", InvalidInput({"ids": [""], "at": None}, "at")),
    "an item": (models.Publish, "ids.0", InvalidInput({"ids": [None]}, "ids.0")),
    "too short": (models.Publish, "ids", InvalidInput({}, "ids")),
    "a part of a part": (models.Nested, "box.width", None),
    "a key that may not be": (
        models.Closed,
        "unknown",
        InvalidInput({"only": 0, "unknown": None}, "unknown"),
    ),
    "the tag of a union": (models.Pet, "pet.kind", None),
    "the field of one kind": (models.Pet, "pet.lives", None),
    "a child": (
        models.Tree,
        "children.0.name",
        InvalidInput({"name": "", "children": [{}]}, "children.0.name"),
    ),
    "a union": (models.Choices, "either", None),
}


@pytest.mark.parametrize("what", slowly(FIELDS, "a part of a part", "a child"))
def test_each_field_gets_its_turn(what):
    """Any field can be the wrong one, and then the rest is as small as can be."""
    model, field, expected = FIELDS[what]
    found = smallest(invalid_inputs(definition_of(model)), lambda drawn: drawn.field == field)
    assert found == expected if expected is not None else found.field == field
    with Simulator([definition_of(model)], freeze=False) as sim:
        assert_refused(sim, found)


class Lists(BaseModel):
    three: list[int] = Field(min_length=3, max_length=3)
    unique: set[int] = Field(min_length=2)
    by_name: dict[str, int] = Field(min_length=1)


MISTAKES = {
    "too many": (lambda drawn: len(drawn.input.get("three", ())) > 3, ("three", [0, 0, 0, 0])),
    "another type": (lambda drawn: type(drawn.input.get("three")) is dict, ("three", {})),
    "too few": (lambda drawn: re.fullmatch(r"\[-?\d+\]", str(drawn.input.get("unique"))), ("unique", [0])),
    "no key": (lambda drawn: drawn.input.get("by_name") == {}, ("by_name", {})),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", MISTAKES)
def test_each_kind_of_mistake_is_made(what):
    """Lists and objects are made too long, too short and of another type."""
    condition, (field, value) = MISTAKES[what]
    drawn = smallest(invalid_inputs(definition_of(Lists)), condition)
    assert drawn == InvalidInput(
        {"three": [0, 0, 0], "unique": [0, 1], "by_name": {"": 0}, field: value}, field
    )


def test_key_too_few_is_left_out():
    """Where only the number of keys is asked for, the input as a whole has too few."""
    found = smallest(invalid_inputs(definition_of(Annotated[dict[str, Any], Field(min_length=1)])))
    assert found == InvalidInput({}, None)


def test_numbers_go_beyond_their_bounds():
    """A number that is of the right type and out of its bounds is drawn, and shrinks to the bound."""
    drawn = smallest(
        invalid_inputs(definition_of(models.Cat)),
        lambda drawn: drawn.field == "lives" and (drawn.input.get("lives") or 0) > 9,
    )
    assert drawn == InvalidInput({"lives": 10}, "lives")


def test_whole_input_can_be_wrong():
    """What a validator of the whole model refuses is wrong without a field."""

    class Range(BaseModel):
        low: int = Field(ge=0, le=9)
        high: int = Field(ge=0, le=9)

        @model_validator(mode="after")
        def check(self):
            assert self.low <= self.high
            return self

    definition = definition_of(Range)
    drawn = smallest(invalid_inputs(definition), lambda drawn: drawn.field is None)
    assert drawn.input["high"] == 0 < drawn.input["low"]
    with Simulator([definition], freeze=False) as sim:
        assert_refused(sim, drawn)


def test_prints_as_code():
    """What is drawn prints as code that is equal to it, and so does the strategy."""
    definition = definition_of(models.Publish)
    drawn = smallest(invalid_inputs(definition))
    assert eval(repr(drawn), {"InvalidInput": InvalidInput}) == drawn  # noqa: S307 - that is the promise
    assert repr(invalid_inputs(definition)) == "invalid_inputs(publish_pages)"


def test_fields_may_be_drawn_otherwise():
    """A strategy for a field is for what is right in it, as for `inputs`."""
    strategy = invalid_inputs(definition_of(models.Publish), at=st.just(5))
    assert smallest(strategy, lambda drawn: drawn.field == "ids.0") == InvalidInput(
        {"ids": [None], "at": 5}, "ids.0"
    )


def test_no_validation_refuses_nothing():
    """Where nothing is declared, no input is invalid."""
    with pytest.raises(UsageError) as caught:
        invalid_inputs(definition_of(None))
    assert str(caught.value) == (
        "'publishPages' declares no input validation, so it refuses no input.\n"
        "  Give it create_input_validation: a pydantic model, a TypeAdapter or a type."
    )


@pytest.mark.parametrize("model", [models.Empty, dict, dict[str, Any]])
def test_what_demands_nothing_refuses_nothing(model):
    """A validation that any object passes is an error at once."""
    with pytest.raises(UsageError) as caught:
        invalid_inputs(definition_of(model))
    assert str(caught.value) == (
        "'publishPages' refuses no input for a single field.\n"
        "  its type: any object will do\n"
        "  Let its create_input_validation demand something, or draw what it refuses by hand."
    )


def test_what_turns_out_to_demand_nothing():
    """One that refuses nothing, though it looks as if it might, is an error after a few draws."""

    class Loose(BaseModel):
        value: Any = None
        other: Any = None

    with pytest.raises(UsageError, match="tried: 10 inputs"):
        smallest(invalid_inputs(definition_of(Loose)))
