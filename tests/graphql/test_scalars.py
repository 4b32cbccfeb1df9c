"""Scalars: what is taken, as a literal and as a variable, and what is refused."""

from datetime import datetime, timezone

import pytest


def stored_input(world, literal=None, **variables):
    """Trigger with an input and return what is stored."""
    text = "$value" if literal is None else literal
    types = "($value: JSON)" if literal is None else "($inner: JSON)" if variables else ""
    field = (
        f"triggerTask(definition: importPages, input: {text}) {{ data {{ id input }} error {{ message }} }}"
    )
    answer = world.execute(f"mutation{types} {{ backgroundTasks {{ {field} }} }}", **variables)
    data = answer["data"]["backgroundTasks"]["triggerTask"]["data"]
    assert world.sim.tasks.get_task(data["id"]).input == data["input"]
    return data["input"]


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ('{ a: "text", b: true, c: null, d: [] }', {"a": "text", "b": True, "c": None, "d": []}),
        ("{ a: 1, b: -2.5, c: 1e3, d: 2.0 }", {"a": 1, "b": -2.5, "c": 1000, "d": 2}),
        ("{ a: 9007199254740993, b: { c: [1, [2]] } }", {"a": 9007199254740992, "b": {"c": [1, [2]]}}),
        ('{ a: """block""" }', {"a": "block"}),
        ("{ a: NAME, b: [NAME, 1] }", {"b": [None, 1]}),
    ],
)
def test_json_literal(world, literal, value):
    """JSON takes any literal; a bare name inside has no value; numbers are JavaScript's."""
    assert stored_input(world, literal) == value


def test_json_variable(world):
    """JSON takes any variable, and variables inside a literal; one that is not given has no value."""
    value = {"a": [1, 2.5, None, {"b": "\N{SNOWMAN}"}]}
    assert stored_input(world, value=value) == value
    assert stored_input(world, "{ a: $inner, b: [$inner] }", inner={"x": 1}) == {
        "a": {"x": 1},
        "b": [{"x": 1}],
    }
    assert stored_input(world, "{ a: $inner, b: [$inner], c: 1 }", other=1) == {"b": [None], "c": 1}


def test_integers_stay_integers(world):
    """A literal with an empty fraction is an integer, as in JavaScript."""
    found = stored_input(world, "{ a: 2.0 }")
    assert type(found["a"]) is int


@pytest.mark.parametrize("literal", ["NAME", "{ a: 1e400 }", f"{{ a: {'9' * 5000} }}"])
def test_json_literal_that_is_none(world, literal):
    """A bare name alone is no JSON, nor is a number beyond all bounds."""
    field = f"triggerTask(definition: importPages, input: {literal}) {{ data {{ id }} }}"
    assert list(world.execute(f"mutation {{ backgroundTasks {{ {field} }} }}")) == ["errors"]


def delay_of(world, value):
    """Trigger with a delay as a variable; return the answer, and the delay that the trace has."""
    field = "triggerTask(definition: importPages, delay: $value) { data { id } error { message } }"
    answer = world.execute(f"mutation($value: Number) {{ backgroundTasks {{ {field} }} }}", value=value)
    triggered = [event for event in world.sim.trace if type(event).__name__ == "TaskTriggered"]
    return answer, triggered[-1].delay if triggered else None


@pytest.mark.parametrize(
    ("value", "delay"),
    [(5, 5), (2.5, 2.5), ("5", 5), (" -2.5 ", -2.5), ("1e1", 10), (".5", 0.5), (None, 0), (0, 0)],
)
def test_number_variable(world, value, delay):
    """Number takes numbers and numeric texts as variables; null is none."""
    answer, found = delay_of(world, value)
    assert answer["data"]["backgroundTasks"]["triggerTask"]["error"] is None
    assert found == delay


@pytest.mark.parametrize("value", ["soon", "", "0x10", "1 2", True, [1], {}, 10**400, "1e400", float("nan")])
def test_number_variable_that_is_none(world, value):
    """Anything else is refused before anything is done; there is no data."""
    answer, delay = delay_of(world, value)
    assert list(answer) == ["errors"]
    assert delay is None


@pytest.mark.parametrize("literal", ['"5"', "true", "NAME", "[1]"])
def test_number_literal_that_is_none(world, literal):
    """Number takes no literal but numbers."""
    field = f"triggerTask(definition: importPages, delay: {literal}) {{ data {{ id }} }}"
    answer = world.execute(f"mutation {{ backgroundTasks {{ {field} }} }}")
    assert list(answer) == ["errors"]
    assert "Expected type Number, found" in answer["errors"][0]["message"]


def created_from(world, value):
    """List the tasks created from an instant on."""
    field = "listTasks(where: { createdOn_gte: $value }) { data { id } }"
    return world.execute(f"query($value: DateTime) {{ backgroundTasks {{ {field} }} }}", value=value)


@pytest.mark.parametrize(
    ("value", "count"),
    [
        ("2024-01-01T00:00:00Z", 1),
        ("2024-01-01t00:00:00.000z", 1),
        ("2024-01-01T00:00:00.0009Z", 1),
        ("2024-01-01T00:00:00.001Z", 0),
        ("2024-01-01T01:30:00+01:30", 1),
        ("2023-12-31T23:00:00.5-01:00", 0),
        (datetime(2024, 1, 1, tzinfo=timezone.utc), 1),
    ],
)
def test_instant(world, value, count):
    """DateTime takes texts with seconds and a time zone, and aware datetimes."""
    world.trigger()
    assert len(created_from(world, value)["data"]["backgroundTasks"]["listTasks"]["data"]) == count


@pytest.mark.parametrize(
    "value",
    [
        "2024-01-01",
        "2024-01-01T00:00Z",
        "2024-01-01T00:00:00",
        "2024-01-01 00:00:00Z",
        "2024-02-30T00:00:00Z",
        "2024-01-01T24:00:00Z",
        "2024-01-01T00:00:60Z",
        "2024-01-01T00:00:00+0100",
        "now",
        "",
        1704067200000,
        True,
        [],
        datetime(2024, 1, 1),  # noqa: DTZ001 - it has no time zone
    ],
)
def test_instant_that_is_none(world, value):
    """Anything else is refused; there is no data."""
    assert list(created_from(world, value)) == ["errors"]


def test_instant_literal(world):
    """A literal instant is a string."""
    world.trigger()
    found = 'createdOn: "2024-01-01T00:00:00Z"'
    assert len(world.ask(f"listTasks(where: {{ {found} }}) {{ data {{ id }} }}")["data"]) == 1
    for literal in ("1704067200000", '["2024"]', '"2024"'):
        answer = world.execute(
            f"{{ backgroundTasks {{ listTasks(where: {{ createdOn: {literal} }}) {{ data {{ id }} }} }} }}"
        )
        assert list(answer) == ["errors"]
