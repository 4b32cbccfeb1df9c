"""`json_values`: strict JSON, and null first."""

import json

import pytest
from hypothesis import given, settings
from strategies_drawing import FEW, slowly, smallest

from tasksim import run, task_definition
from tasksim._world.strict_json import checked_copy
from tasksim.strategies import json_values


def test_drawn_values_are_json():
    """What is drawn is what its own JSON text says, and strict JSON."""

    @settings(FEW, max_examples=100)
    @given(json_values())
    def is_json(value):
        assert json.loads(json.dumps(value, allow_nan=False)) == value
        assert checked_copy(value, "value") == value

    is_json()


def test_drawn_values_are_stored():
    """A task gets and gives back whatever is drawn."""

    @task_definition(id="giveBack", title="Give back")
    def give_back(input, controller):
        return controller.response.done("Here.", input)

    @settings(FEW, max_examples=20)
    @given(json_values())
    def is_given_back(value):
        assert run(give_back, input={"value": value}, freeze=False).output == {"value": value}

    is_given_back()


SMALLEST = [
    (lambda value: True, None),
    (lambda value: type(value) is bool, False),
    (lambda value: type(value) is int, 0),
    (lambda value: type(value) is int and value > 5, 6),
    (lambda value: type(value) is float, 0.0),
    (lambda value: type(value) is str, ""),
    (lambda value: type(value) is list, []),
    (lambda value: type(value) is dict, {}),
    (lambda value: type(value) is list and value, [None]),
    (lambda value: type(value) is dict and value, {"": None}),
    (lambda value: type(value) is list and type(value[:1]) is list and value[:1] == [[]], [[]]),
]


@pytest.mark.parametrize("which", slowly(range(len(SMALLEST)), 4, 5))
def test_each_kind_of_value_shrinks(which):
    """Each kind of value is drawn, and shrinks to the smallest of its kind; of all kinds that is null."""
    condition, expected = SMALLEST[which]
    found = smallest(json_values(), condition)
    assert found == expected
    assert type(found) is type(expected)


def test_prints_as_code():
    """The strategy prints as its call."""
    assert repr(json_values()) == "json_values()"
