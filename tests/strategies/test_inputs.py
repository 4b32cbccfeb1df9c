"""`inputs`: whatever is drawn is accepted, and shrinks to the smallest."""

import sys
from datetime import date
from typing import Annotated, Any, Literal

import pytest
import strategies_models as models
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import AliasPath, BaseModel, ConfigDict, Field, field_validator
from strategies_drawing import DEFAULT, FEW, SMALLEST, definition_of, slowly, smallest

from tasksim import DefinitionError, Simulator, UsageError, create_implementation, resumable, task_definition
from tasksim.errors import NotJson
from tasksim.strategies import inputs

NAMES = list(models.SMALLEST)


def drawn_for(name):
    """Return a definition that takes a model of the table, and the strategy of its inputs."""
    definition = definition_of(models.SMALLEST[name][0])
    return definition, inputs(definition)


def assert_all_accepted(name, chosen, *, freeze=False):
    """Draw inputs and trigger a task with each."""
    definition, strategy = drawn_for(name)
    seen = []
    with Simulator([definition], freeze=freeze, trace=False) as sim:

        @settings(chosen)
        @given(strategy)
        def accepts(input):
            seen.append(sim.tasks.trigger("publishPages", input=input).input == input)

        accepts()
    assert seen
    assert all(seen)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_drawn_inputs_are_accepted(name):
    """A trigger takes whatever is drawn from a model; no health check fails and no deadline is missed."""
    assert_all_accepted(name, FEW)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "freeze"), [(name, bool(at % 2)) for at, name in enumerate(NAMES)])
def test_many_drawn_inputs_are_accepted(name, freeze):
    """So it is with Hypothesis's own settings, with and without a frozen clock."""
    assert_all_accepted(name, DEFAULT, freeze=freeze)


@pytest.mark.parametrize(
    "name", slowly(NAMES, "sorted", "texts", "keys", "containers", "formats", "dates", "finer")
)
def test_smallest_input(name):
    """Each model has a smallest input: no field that may be missing, the least and shortest of each other."""
    assert smallest(drawn_for(name)[1]) == models.SMALLEST[name][1]


FOUND = {
    "more ids": (models.Publish, lambda x: len(x["ids"]) > 2, {"ids": ["", "", ""]}),
    "a field with a default": (models.Publish, lambda x: x.get("at", 0) > 5, {"ids": [""], "at": 6}),
    "a default that is no limit": (models.Publish, lambda x: x.get("at", 0) < 0, {"ids": [""], "at": -1}),
    "the later choice": (
        models.Pet,
        lambda x: x["pet"]["kind"] == "cat",
        {"pet": {"lives": 1, "kind": "cat"}},
    ),
    "something for nothing": (models.Defaults, lambda x: x.get("d") is not None, {"d": ""}),
    "a child of a child": (
        models.Tree,
        lambda x: any(child.get("children") for child in x.get("children", ())),
        {"name": "", "children": [{"name": "", "children": [{"name": ""}]}]},
    ),
    "a field that no model names": (models.Open, lambda x: len(x) > 1, {"": 0, "named": 0}),
    "a field that may be missing": (models.Row, lambda x: "price" in x, {"sku": "", "price": 0}),
    "the end of a tuple": (models.Box, lambda x: "label" in x, {"width": 0, "label": ""}),
    "the greatest": (Annotated[dict[str, int], Field(max_length=1)], lambda x: x, {"": 0}),
    "the other type of a union": (models.Plain | models.Numbered, lambda x: "number" in x, {"number": 0}),
}


@pytest.mark.parametrize("what", slowly(FOUND, "a child of a child"))
def test_shrinks_to_the_smallest_that_fails(what):
    """What is found shrinks to the smallest input that has it."""
    model, condition, expected = FOUND[what]
    assert smallest(inputs(definition_of(model)), condition) == expected


COMES = {
    "each literal": (
        models.Choices,
        lambda x: {3: 1, "fast": 2, "slow": 3, None: 4}[x["mode"]],
        {1, 2, 3, 4},
    ),
    "each colour": (models.Choices, lambda x: x["colour"], {"red", "blue", "sky-blue"}),
    "each type of a union": (models.Choices, lambda x: type(x["either"]), {int, str, list}),
    "each key": (models.Keys, lambda x: min(x["by_flag"]), {"on", "off"}),
    "each zone": (models.Dates, lambda x: x["aware"][-6:-3], {"00:00:00Z"[-6:-3], "+01", "-05"}),
    "each number": (models.Numbers, lambda x: type(x["any"]), {int, float}),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", COMES)
def test_all_that_there_may_be_comes(what):
    """Of several that there may be, each is drawn."""
    model, kind_of, expected = COMES[what]
    for kind in expected:
        assert (
            kind_of(smallest(inputs(definition_of(model)), lambda x, kind=kind: kind_of(x) == kind)) == kind
        )


def test_recursion_ends():
    """A recursive model is drawn some levels deep, and no deeper than a draw can hold."""

    def depth(tree):
        return 1 + max((depth(child) for child in tree.get("children", ())), default=0)

    strategy = inputs(definition_of(models.Tree))
    assert depth(smallest(strategy, lambda tree: depth(tree) == 2)) == 2
    deepest = []

    @settings(FEW, max_examples=20)
    @given(strategy)
    def draws(tree):
        deepest.append(depth(tree))

    draws()
    assert max(deepest) <= 4


# --- forms of definitions


class Publish:
    id, title = "publish", "Publish"
    create_input_validation = models.Publish

    def run(self, input, controller):
        return controller.response.done()


class WithDependency(Publish):
    def __init__(self, cms):
        self.cms = cms


@task_definition(id="publish", title="Publish", create_input_validation=lambda: models.Publish)
def publish(controller):
    """Publish."""
    return controller.response.done()


@resumable
def sync_orders(cursor):
    """Synchronise."""


def make_publish():
    """Make a definition."""
    return Publish()


@pytest.mark.parametrize(
    ("definition", "shown"),
    [
        (Publish, "inputs(Publish)"),
        (Publish(), "inputs(Publish(...))"),
        (make_publish, "inputs(make_publish)"),
        (publish, "inputs(publish)"),
        (
            create_implementation(WithDependency, dependencies=[1]),
            "inputs(create_implementation(WithDependency, ...))",
        ),
        (sync_orders, "inputs(sync_orders)"),
    ],
)
def test_takes_each_form_of_definition_and_prints_it(definition, shown):
    """A definition may come in any form that a simulator takes; the strategy prints as its call."""
    strategy = inputs(definition)
    assert repr(strategy) == shown
    assert smallest(strategy) == ({} if definition is sync_orders else {"ids": [""]})


def test_field_may_be_drawn_otherwise():
    """A strategy for a field takes the place of what would be drawn there; the field is always present."""
    strategy = inputs(Publish, at=st.integers(3, 5))
    assert smallest(strategy) == {"ids": [""], "at": 3}
    assert repr(strategy) == "inputs(Publish, at=integers(min_value=3, max_value=5))"


def test_what_is_drawn_for_a_field_is_tested_too():
    """What a field's own strategy draws is accepted as well, or is not drawn."""
    assert smallest(inputs(Publish, at=st.sampled_from(["no number", 7]))) == {"ids": [""], "at": 7}


def test_failure_prints_code():
    """A failing input is printed as code that is equal to it."""

    @settings(SMALLEST)
    @given(input=inputs(Publish))
    def fails(input):
        raise ArithmeticError

    with pytest.raises(ArithmeticError) as caught:
        fails()
    (note,) = caught.value.__notes__
    assert "input={'ids': ['']}" in note


def test_no_validation_is_noted():
    """Where nothing is declared any JSON object is drawn, and a failure says so."""

    @settings(SMALLEST)
    @given(input=inputs(definition_of(None)))
    def fails(input):
        assert not input

    with pytest.raises(AssertionError) as caught:
        fails()
    assert caught.value.__notes__[0] == (
        "'publishPages' declares no input validation, so any JSON object is drawn."
    )
    assert smallest(inputs(definition_of(None))) == {}
    assert smallest(inputs(definition_of(None), at=st.just(1))) == {"at": 1}


# --- what validators demand


class Sum(BaseModel):
    ids: list[int]

    @field_validator("ids")
    @classmethod
    def check_sum(cls, value):
        """Refuse nearly everything."""
        if sum(value) != 1_234_567:
            raise ValueError("the sum must be 1234567")
        return value


def test_hopeless_validator_is_named():
    """A validator that refuses nearly everything is named, with what it said and the way out."""

    @settings(DEFAULT)
    @given(inputs(definition_of(Sum)))
    def never(input):
        raise NotImplementedError

    with pytest.raises(UsageError) as caught:
        never()
    named = "Sum.check_sum" if sys.version_info >= (3, 11) else "check_sum"
    assert str(caught.value) == (
        "'publishPages' refused 300 of 300 inputs that fit its schema.\n"
        f"  ids: {named} raised ValueError: the sum must be 1234567 (300 times)\n"
        '  the first: {"ids":[]}\n'
        "  Draw what it accepts: inputs(publish_pages, ids=st.just(...))."
    )
    assert smallest(inputs(definition_of(Sum), ids=st.just([1_234_567]))) == {"ids": [1_234_567]}


def test_what_python_cannot_read_is_named():
    """A limit that cannot be drawn on purpose is named in pydantic's words, if hardly anything meets it."""

    class Odd(BaseModel):
        word: str = Field(pattern=r"^\p{Greek}{9}$")

    with pytest.raises(UsageError, match="word: String should match pattern"):
        smallest(inputs(definition_of(Odd)))


class Callback(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    name: str
    owner: Publish


@pytest.mark.parametrize(
    ("validation", "fact"),
    [
        (Callback, "owner: no JSON is what it asks for"),
        (list[int], "its type: array"),
        (Literal["a", "b"], "its type: string"),
        (Annotated[int, Field(gt=3)], "its type: integer"),
    ],
)
def test_what_no_json_object_can_be_is_refused(validation, fact):
    """A validation that no input can pass is an error at once, that says why."""
    with pytest.raises(UsageError) as caught:
        inputs(definition_of(validation))
    assert str(caught.value) == (
        "The input validation of 'publishPages' accepts no JSON object.\n"
        f"  {fact}\n"
        "  Let it describe what a trigger gives: an object of text, numbers, lists and objects."
    )


def test_model_without_end_is_refused():
    """A model that must hold itself has no values."""

    class Endless(BaseModel):
        inner: "Endless"

    with pytest.raises(UsageError, match="inner: no JSON is what it asks for"):
        inputs(definition_of(Endless))


def test_type_without_json_schema_is_refused():
    """A type whose JSON schema cannot be made is an error that says why."""

    class Secret:
        @classmethod
        def __get_pydantic_core_schema__(cls, source, handler):
            return handler(str)

        @classmethod
        def __get_pydantic_json_schema__(cls, schema, handler):
            raise RuntimeError("it is a secret")

    class Model(BaseModel):
        secret: Secret

    with pytest.raises(UsageError, match="has no JSON schema") as caught:
        inputs(definition_of(Model))
    assert caught.value.facts == ("RuntimeError: it is a secret",)


# --- bad arguments


def test_unknown_field_is_refused():
    """A field that the input does not have is an error with the nearest name."""
    with pytest.raises(UsageError) as caught:
        inputs(Publish, idz=st.just([]))
    assert str(caught.value) == (
        "inputs(Publish) got the field 'idz'. Did you mean 'ids'?\n"
        "  fields: ids, at\n"
        "  Pass a field of the input."
    )


def test_field_behind_a_path_is_known():
    """A schema does not say where an `AliasPath` leads: that field is drawn if it is given."""

    class Deep(BaseModel):
        place: int = Field(validation_alias=AliasPath("inner", "place"))

    given_ = {"inner": st.fixed_dictionaries({"place": st.integers(3, 5)})}
    found = smallest(inputs(definition_of(Deep), **given_))
    assert found["inner"] == {"place": 3}
    with pytest.raises(UsageError, match="Did you mean 'inner'"):
        inputs(definition_of(Deep), iner=st.just({}))


def test_field_where_any_may_be():
    """Where fields may be called anything, any can be given."""
    assert smallest(inputs(definition_of(dict[str, int]), at=st.just(1))) == {"at": 1}


def test_value_for_a_field_is_refused():
    """A field takes a strategy, not a value."""
    with pytest.raises(UsageError, match=r"inputs\(\) got at=3"):
        inputs(Publish, at=3)


def test_value_that_is_no_json_is_refused():
    """What a field's own strategy draws must be JSON."""
    with pytest.raises(NotJson, match="date"):
        smallest(inputs(definition_of(dict[str, Any]), at=st.just(date(2024, 1, 1))))


@pytest.mark.parametrize("wrong", [lambda sim: None, object(), WithDependency])
def test_what_cannot_run_is_refused(wrong):
    """What is no definition, or cannot be made, is refused as a simulator refuses it."""
    with pytest.raises(DefinitionError):
        inputs(wrong)


def test_text_is_refused():
    """The id of a definition is not enough: there is no world to look for it."""
    with pytest.raises(UsageError, match=r"inputs\(\) got the text 'publish'"):
        inputs("publish")


def test_user_errors_in_validators_come_out():
    """A validator that raises anything but ValueError or AssertionError is the user's bug, and is told."""

    class Model(BaseModel):
        at: int

        @field_validator("at")
        @classmethod
        def divide(cls, value):
            return 1 / value

    with pytest.raises(UsageError, match="raised ZeroDivisionError"):
        smallest(inputs(definition_of(Model)))
