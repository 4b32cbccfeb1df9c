"""Lists: filters, sorters, search and pages (Q1) are those of `sim.tasks`."""

import pytest

META = "meta { cursor hasMoreItems totalCount } error { message }"


@pytest.fixture
def listed(world):
    """A world of six tasks and a function that lists their names."""
    for at, name in enumerate(["one", "Two", "three", "four", "Two too", "six"]):
        world.trigger(f'name: "{name}" input: {{ left: {at % 3} }}')
        world.sim.advance(1)
    world.sim.advance("10m")

    def names(arguments, **variables):
        types = ", ".join(
            f"${name}: {variables.pop(name)}" for name in [n for n in variables if n != "value"]
        )
        heading = f"query({types or '$value: DateTime'})" if variables else "query"
        answer = world.execute(
            f"{heading} {{ backgroundTasks {{ listTasks{arguments} {{ data {{ name }} {META} }} }} }}",
            **variables,
        )
        found = answer["data"]["backgroundTasks"]["listTasks"]
        assert found["error"] is None, found
        return [task["name"] for task in found["data"]]

    return names


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ('name: "Two"', "Two"),
        ('name_not_in: ["one", "six"], iterations_lt: 2', "four"),
        ('name_contains: "TWO"', "Two too,Two"),
        ('name_startsWith: "t"', "Two too,three,Two"),
        ('name_not_startsWith: "t", iterations_between: [1, 2]', "four,one"),
        ("iterations: 3", "six,three"),
        ("iterations_in: [1, 3]", "six,four,three,one"),
        ('id: "importPages-0002"', "Two"),
        ('id_in: ["importPages-0002", "importPages-0001", "x"]', "Two,one"),
        ('taskStatus_in: ["success", "failed"], name: "one"', "one"),
        ('taskStatus_not: "success"', ""),
        ('status: "draft", name: "one"', "one"),
        ('status_not_in: ["draft"]', ""),
        ("parentId: null, iterations: 2", "Two too,Two"),
        ('createdOn_gte: "2024-01-01T00:00:04.000Z"', "six,Two too"),
        ('createdOn_between: ["2024-01-01T00:00:01.000Z", "2024-01-01T01:00:02+01:00"]', "three,Two"),
        ('createdBy: "id-12345678", name: "one"', "one"),
        ('createdBy_not: "id-12345678"', ""),
        ("deletedOn: null, iterations: 3", "six,three"),
    ],
)
def test_where(listed, where, expected):
    """Each operator of a where does what it says; all conditions must hold."""
    assert ",".join(listed(f"(where: {{ {where} }})")) == expected


def test_where_by_variable(listed):
    """An instant may come as a variable."""
    assert listed("(where: { createdOn_lt: $value })", value="2024-01-01T00:00:01Z") == ["one"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("", "six,Two too,four,three,Two,one"),
        (
            "(where: null, sort: null, limit: null, after: null, search: null)",
            "six,Two too,four,three,Two,one",
        ),
        ("(sort: [])", "six,Two too,four,three,Two,one"),
        ("(sort: [createdOn_ASC])", "one,Two,three,four,Two too,six"),
        ("(sort: name_DESC)", "three,six,one,four,Two too,Two"),
        ("(sort: [iterations_DESC, name_ASC])", "six,three,Two,Two too,four,one"),
        ('(search: "two")', "Two too,Two"),
        ('(search: "too tw")', "Two too"),
        ("(limit: 2)", "six,Two too"),
        ("(limit: 0)", "six,Two too,four,three,Two,one"),
        ("(limit: -1)", "six,Two too,four,three,Two,one"),
        ('(after: "")', "six,Two too,four,three,Two,one"),
    ],
)
def test_arguments(listed, arguments, expected):
    """Q1: newest first unless sorted; a limit below 1 and an empty cursor are none."""
    assert ",".join(listed(arguments)) == expected


@pytest.mark.parametrize("sort", ["", "sort: [name_ASC]"])
@pytest.mark.parametrize("size", [1, 2, 4, 6, 7])
def test_pages(world, listed, sort, size):
    """Q1: pages follow one another by their cursor, null on the last, and miss nothing."""
    whole = listed(f"({sort})" if sort else "")
    seen, cursor = [], None
    while True:
        found = world.ask(
            f'listTasks(limit: {size}, after: "{cursor or ""}", {sort}) {{ data {{ name }} {META} }}'
        )
        seen += [task["name"] for task in found["data"]]
        assert found["meta"]["totalCount"] == 6
        assert found["meta"]["hasMoreItems"] is (found["meta"]["cursor"] is not None)
        cursor = found["meta"]["cursor"]
        if cursor is None:
            break
        assert len(found["data"]) == size
    assert seen == whole


def test_page_size(world):
    """Q1: a page has 50 unless the caller says."""
    for _ in range(51):
        world.trigger()
    found = world.ask(f"listTasks {{ data {{ id }} {META} }}")
    assert (len(found["data"]), found["meta"]["hasMoreItems"]) == (50, True)


def test_cursor_is_that_of_code(world, listed):
    """Q1: code and GraphQL understand each other's cursors."""
    page = world.sim.tasks.list_tasks(sort="name_ASC", limit=4)
    assert listed(f'(sort: [name_ASC], after: "{page.meta.cursor}")') == ["six", "three"]


def test_logs(world):
    """Logs are filtered by their fields and by those of their items."""
    first, second = world.trigger("input: { left: 1 }"), world.trigger()
    world.sim.run_until_idle()

    def logs(arguments):
        found = world.ask(f"listLogs{arguments} {{ data {{ iteration task {{ id }} }} {META} }}")
        assert found["error"] is None, found
        return [(log["task"]["id"], log["iteration"]) for log in found["data"]]

    assert logs("") == [(first, 2), (second, 1), (first, 1)]
    assert logs(f'(where: {{ task: "{first}" }}, sort: [iteration_ASC])') == [(first, 1), (first, 2)]
    assert logs("(where: { iteration_gt: 1 })") == [(first, 2)]
    assert logs('(where: { items: { message: "Task continuing." } })') == [(first, 1)]
    assert logs('(where: { items: { type: "error" } })') == []
    assert logs("(where: { items: {} }, limit: 1)") == [(first, 2)]


def test_items_of_a_log(world):
    """An item has its data; what it lacks is null."""
    world.trigger("input: { left: 1 }")
    world.sim.run_next()
    (log,) = world.ask("listLogs { data { items { message createdOn type data error } } }")["data"]
    assert log["items"] == [
        {
            "message": "Task continuing.",
            "createdOn": "2024-01-01T00:00:00.000Z",
            "type": "info",
            "data": {"left": 0},
            "error": None,
        }
    ]


@pytest.mark.parametrize("where", ["items: null", "executionName_in: null", "iteration_gt: null"])
def test_null_that_means_nothing(world, where):
    """Null asks for records without a value; where an operator cannot ask so, it is an error inside."""
    found = world.ask(f"listLogs(where: {{ {where} }}) {{ data {{ id }} {META} }}")
    assert found["data"] is None
    assert f"where['{where.split(':')[0]}'] is None" in found["error"]["message"]
