"""Seed data: what is read of files, what is refused, and that saved answers come back as they were."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasksim import Simulator, UsageError
from tasksim.graphql import GraphQLClient
from tasksim.graphql._demo import demo_definitions, tell_history
from tasksim.graphql._seed_data import SeedData, newest_ms, read_seed_data
from tasksim.graphql._serving.pace import LAST_MS

PROFILES = ["documented", "webiny-5", "webiny-6"]
AUTHOR = "createdBy { __typename id displayName type }"
LOG = (
    f"__typename id createdOn {AUTHOR} executionName iteration items {{ message createdOn type data error }}"
)
TASK = f"""__typename id createdOn savedOn {AUTHOR} name definitionId parentId executionName iterations input
    output taskStatus startedOn finishedOn eventResponse"""
META = "meta { cursor hasMoreItems totalCount } error { message }"
TASKS = f"listTasks(limit: 100) {{ data {{ {TASK} }} {META} }}"
LOGS = f"listLogs(limit: 500) {{ data {{ {LOG} task {{ id }} }} {META} }}"
FULL_LOGS = f"listLogs(limit: 500) {{ data {{ {LOG} task {{ {TASK} }} }} {META} }}"
NESTED = f"""listTasks(limit: 100) {{
    data {{ {TASK} logs(limit: 500) {{ {LOG} task {{ id name }} }} }} {META} }}"""
OLDEST_FIRST = TASKS.replace("limit: 100", "limit: 100, sort: [createdOn_ASC]")


def query(fields):
    """Return a document that asks for these fields."""
    return f"query {{ backgroundTasks {{ {fields} }} }}"


@pytest.fixture(scope="module", params=PROFILES)
def told(request):
    """A world of each profile with tasks in each status; nothing takes time, so many times are equal."""
    sim = Simulator(demo_definitions(), profile=request.param, builtins=True)
    sim.tasks.trigger("testingRun")
    tell_history(sim)
    return sim


def seeded(text, sim=None):
    """Return a world that holds what a text says, at the time of another."""
    world = Simulator(
        demo_definitions(), profile=sim and sim.profile, start=sim.now if sim else "2024-05-06T00:00:00Z"
    )
    data = read_seed_data(text, "saved.json")
    world.seed_records(tasks=data.tasks, logs=data.logs)
    return world


def answer_of(entries, field="listTasks"):
    """Return the text of an answer with this list."""
    return json.dumps({"data": {"backgroundTasks": {field: {"data": entries}}}})


def refusal(text):
    """Return the message about a text that is refused."""
    with pytest.raises(UsageError) as caught:
        read_seed_data(text, "saved.json")
    assert caught.value.way_out
    return str(caught.value)


# --- saved answers come back


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(f"{TASKS} {LOGS}", id="both"),
        pytest.param(FULL_LOGS, id="logs-with-tasks"),
        pytest.param(f"{OLDEST_FIRST} {LOGS}", id="oldest-first", marks=pytest.mark.slow),
        pytest.param(NESTED, id="nested", marks=pytest.mark.slow),
        pytest.param(f"{NESTED} {FULL_LOGS}", id="all", marks=pytest.mark.slow),
        pytest.param(f"done: {TASKS} said: {LOGS}", id="aliases", marks=pytest.mark.slow),
    ],
)
def test_round_trip(told, fields):
    """Whatever the lists answer, seeded into a new world, is what the same query gives there."""
    document = query(fields)
    answer = GraphQLClient(told).execute(document)
    assert "errors" not in answer
    world = seeded(json.dumps(answer), told)
    assert GraphQLClient(world).execute(document) == answer


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(f"{OLDEST_FIRST} {FULL_LOGS}", id="oldest-first"),
        pytest.param(f"{TASKS} {LOGS}", id="both", marks=pytest.mark.slow),
        pytest.param(f"{NESTED} {LOGS}", id="nested", marks=pytest.mark.slow),
    ],
)
def test_round_trip_keeps_the_order_of_creation(told, fields):
    """Of records of one and the same time, the one created first is seeded first."""
    world = seeded(json.dumps(GraphQLClient(told).execute(query(fields))), told)
    for sort in ("created_on_ASC", "created_on_DESC", "definition_id_ASC"):
        assert _ids(world.tasks.list_tasks(sort=sort, limit=100)) == _ids(
            told.tasks.list_tasks(sort=sort, limit=100)
        )
    assert _ids(world.tasks.list_logs(limit=500)) == _ids(told.tasks.list_logs(limit=500))


def _ids(page):
    """Return the ids of a page's records."""
    return [record.id for record in page]


def test_round_trip_has_every_status(told):
    """What comes back holds tasks in each status, of seven definitions, and errors in logs."""
    tasks = told.tasks.list_tasks(limit=100).items
    assert {str(task.status) for task in tasks} == {"pending", "running", "success", "failed", "aborted"}
    assert len({task.definition_id for task in tasks}) == 7
    items = [item for log in told.tasks.list_logs(limit=500) for item in log.items]
    assert any(item.error is not None for item in items)


@pytest.mark.slow
@pytest.mark.parametrize("separator", ["\n", "", "\r\n\n  "])
@pytest.mark.parametrize("order", ["createdOn_DESC", "createdOn_ASC"])
def test_pages_of_a_list(told, separator, order):
    """Pages saved one after the other, in whichever direction, make the list again."""
    client = GraphQLClient(told)
    pages, after = [], None
    while not pages or after is not None:
        document = (
            f"query($after: String) {{ backgroundTasks {{ "
            f"listTasks(limit: 13, sort: [{order}], after: $after) {{ data {{ {TASK} }} {META} }} }} }}"
        )
        pages.append(client.execute(document, {"after": after}))
        after = pages[-1]["data"]["backgroundTasks"]["listTasks"]["meta"]["cursor"]
    assert len(pages) == 6
    world = seeded(separator.join(map(json.dumps, pages)), told)
    assert GraphQLClient(world).execute(query(TASKS)) == client.execute(query(TASKS))
    listed = read_seed_data(json.dumps(pages), "saved.json").tasks
    assert [task["id"] for task in listed] == _ids(told.tasks.list_tasks(sort="created_on_ASC", limit=100))


def test_what_was_seeded_goes_on_beside_new_tasks(told):
    """Ids of new tasks and logs avoid those that were seeded."""
    world = seeded(json.dumps(GraphQLClient(told).execute(query(f"{TASKS} {LOGS}"))), told)
    before = world.tasks.list_tasks().meta.total_count
    assert world.run("slowImport").status == "success"
    assert world.tasks.list_tasks().meta.total_count == before + 1


# --- shapes


def test_records_as_such():
    """Records are handed on as they are, in their order; logs nested in them are logs of theirs."""
    tasks = [
        {"id": "b", "definitionId": "validated", "createdOn": "2024-05-06T00:00:00Z", "__typename": "Task"},
        {"id": "a", "definition_id": "validated", "status": "failed", "logs": [{"iteration": 2}], "odd": 1},
    ]
    logs = [{"task": "b", "items": [{"message": "Hello.", "__typename": "Item"}]}, {"task": {"id": "a"}}]
    assert read_seed_data(json.dumps({"tasks": tasks, "logs": logs}), "saved.json") == SeedData(
        [
            {"id": "b", "definitionId": "validated", "createdOn": "2024-05-06T00:00:00Z"},
            {"id": "a", "definition_id": "validated", "status": "failed", "odd": 1},
        ],
        [
            {"iteration": 2, "task": "a"},
            {"task": "b", "items": [{"message": "Hello."}]},
            {"task": "a"},
        ],
    )


@pytest.mark.parametrize(
    ("text", "tasks", "logs"),
    [
        ('{"tasks": []}', 0, 0),
        ('{"logs": null, "tasks": [{"id": "a", "definitionId": "b"}]}', 1, 0),
        ('{"tasks": [{"id": "a", "definitionId": "b", "logs": null}], "logs": [{"task": "a"}]}', 1, 1),
        ('[{"tasks": [{"id": "a", "definitionId": "b"}]}, {"logs": [{"task": "a"}]}]', 1, 1),
        (
            '\ufeff{"tasks": [{"id": "a", "definitionId": "b"}]}\n{"logs": [{"task": "a", "id": null}]}\n',
            1,
            1,
        ),
        ('{"data": {"backgroundTasks": {"listTasks": {"data": []}}}}', 0, 0),
        ('{"data": {"backgroundTasks": {"__typename": "Q", "any": {"data": []}}}}', 0, 0),
        ('{"data": {"bt": {"any": {"data": [{"id": "a", "task": {"id": "b"}}], "error": null}}}}', 0, 1),
        (
            '{"data": {"bt": {"any": {"data": [{"task": {"id": "b", "definitionId": "c"}}]}}}, "errors": []}',
            1,
            1,
        ),
    ],
)
def test_shapes(text, tasks, logs):
    """Either list may be missing or empty; documents may stand in a list or one after the other."""
    data = read_seed_data(text, "saved.json")
    assert (len(data.tasks), len(data.logs)) == (tasks, logs)


def test_keys_that_say_nothing_are_left_out():
    """Of answers only what a record has is kept, at each level; inputs and outputs are not touched."""
    identity = {"id": "1", "displayName": "Ann", "__typename": "Identity", "email": "x"}
    log = {"__typename": "Log", "iteration": 3, "items": [{"message": "m", "x": 1}, None], "createdBy": None}
    task = {"id": "a", "definitionId": "b", "x": 1, "createdBy": identity, "input": {"__typename": "kept"}}
    text = json.dumps({"data": {"bt": {"listTasks": {"data": [{**task, "logs": [log], "createdOn": None}]}}}})
    assert read_seed_data(text, "saved.json") == SeedData(
        [
            {
                "id": "a",
                "definitionId": "b",
                "createdBy": {"id": "1", "displayName": "Ann"},
                "input": {"__typename": "kept"},
            }
        ],
        [{"iteration": 3, "items": [{"message": "m"}, None], "createdBy": None, "task": "a"}],
    )


def test_answers_are_merged():
    """Polled again and again, a record is one: what was answered last counts, and what was left out stays."""
    first = {"id": "a", "definitionId": "b", "taskStatus": "running", "input": {"at": 1}}
    then = {"id": "a", "definitionId": "b", "taskStatus": "success"}
    newer = {"id": "c", "definitionId": "b"}
    text = "\n".join(answer_of(entries) for entries in ([first], [newer, then]))
    assert read_seed_data(text, "saved.json").tasks == [{**first, **then}, newer]


def test_logs_without_an_id_are_never_merged():
    """Logs of which no id was selected are each one of its own."""
    log = {"task": {"id": "a"}, "items": [{"message": "Hello."}]}
    assert len(read_seed_data(answer_of([log, log], field="listLogs"), "saved.json").logs) == 2


def test_nested_logs_newest_first():
    """Nested logs that were asked for newest first are turned round, all the same time or not."""

    def stamp(second):
        return f"2024-05-06T00:00:0{second}.000Z"

    logs = [{"id": f"l{at}", "createdOn": stamp(at // 2)} for at in (4, 3, 2, 1)]
    task = {"id": "a", "definitionId": "b", "logs": logs}
    found = read_seed_data(answer_of([task]), "saved.json").logs
    assert [log["id"] for log in found] == ["l1", "l2", "l3", "l4"]


# --- what is refused


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "saved.json is empty."),
        (" \n", "saved.json is empty."),
        (
            "{",
            "saved.json is not JSON: Expecting property name enclosed in double quotes in line 1, column 2.",
        ),
        (
            '{"tasks": []}\n\n<html>',
            "saved.json is not JSON: Expecting value in line 3, column 1.\n  <html>\n  ^",
        ),
        (
            '{"tasks":\n\t[nil]}',
            "saved.json is not JSON: Expecting value in line 2, column 3.\n   [nil]}\n    ^",
        ),
        ('{"tasks": [NaN]}', "saved.json is not JSON: NaN in the document that begins in line 1, column 1."),
        ("[" * 100_000, "saved.json is nested too deep."),
        ("[]", "saved.json is neither records nor an answer: []."),
        ("[1]", "saved.json: [0] is neither records nor an answer: 1."),
        ('{"task": []}', "saved.json is neither records nor an answer: {'task': []}."),
        ('{"tasks": [], "log": []}', "saved.json has 'log' beside tasks and logs."),
        ('{"tasks": {}}', "saved.json: tasks is no list: {}."),
        ('{"tasks": [1]}', "saved.json: tasks[0] is no object: 1."),
        ('{"tasks": [{"id": "a"}]}', "saved.json: tasks[0] has no definitionId: {'id': 'a'}."),
        ('{"tasks": [{"definitionId": "a"}]}', "saved.json: tasks[0] has no id: {'definitionId': 'a'}."),
        ('{"tasks": [{"definitionId": "a", "id": 7}]}', "saved.json: tasks[0].id is no text: 7."),
        ('{"logs": [{"id": "a"}]}', "saved.json: logs[0] has no task: {'id': 'a'}."),
        ('\n{"logs": [{"task": {}}]}', "saved.json, line 2: logs[0] has no task: {'task': None}."),
        ('{"data": null}', "saved.json: data is None."),
        ('{"data": {}}', "saved.json: data is {}."),
        ('{"errors": [{"message": "No."}]}', "saved.json: data is None, with the error 'No.'."),
        ('{"errors": ["No."]}', "saved.json: data is None, with the error 'No.'."),
        ('{"errors": "No."}', "saved.json: data is None, with the error 'No.'."),
        (
            '{"data": {"backgroundTasks": null}, "errors": [{"message": "Not authorized!"}]}',
            "saved.json: data.backgroundTasks is None, with the error 'Not authorized!'.",
        ),
        (
            '{"data": {"bt": {"listTasks": null}}, "errors": [{"message": "No."}]}',
            "saved.json: data.bt.listTasks is None, with the error 'No.'.",
        ),
        (
            '[{"data": {"bt": {"listLogs": {"data": null, "error": {"message": "No."}}}}}]',
            "saved.json: [0].data.bt.listLogs answers the error 'No.'.",
        ),
        (
            '{"data": {"bt": {"getTask": {"data": {"id": "a"}}}}}',
            "saved.json: data.bt.getTask is no answer to listTasks or listLogs: {'data': {'id': 'a'}}.",
        ),
        (
            '{"data": {"bt": {"any": {"data": [{"id": "a", "createdOn": "x"}]}}}}',
            "saved.json: data.bt.any may be tasks or logs: createdOn, id were selected.",
        ),
        (
            '{"data": {"bt": {"listTasks": {"data": [{"id": "a", "definitionId": "b", "createdBy": "c"}]}}}}',
            "saved.json: data.bt.listTasks.data[0].createdBy is 'c'.",
        ),
        (
            '{"data": {"bt": {"listLogs": {"data": [{"task": {"id": "b"}, "createdBy": {"type": "c"}}]}}}}',
            "saved.json: data.bt.listLogs.data[0].createdBy has no id: {'type': 'c'}.",
        ),
        (
            '{"data": {"bt": {"listLogs": {"data": [{"task": {"id": "b"}, "createdOn": "noon"}]}}}}',
            "saved.json: data.bt.listLogs.data[0].createdOn is 'noon', which is no instant.",
        ),
        (
            '{"data": {"bt": {"listLogs": {"data": [{"task": {"id": "b"}, "id": ["c"]}]}}}}',
            "saved.json: data.bt.listLogs.data[0].id is no text: ['c'].",
        ),
        (
            '{"data": {"bt": {"listTasks": {"data": [{"id": "a", "definitionId": "b", "logs": [{}, 2]}]}}}}',
            "saved.json: data.bt.listTasks.data[0].logs[1] is no object: 2.",
        ),
    ],
)
def test_refusals(text, message):
    """What cannot be read is refused with its source, its place and the way out."""
    assert refusal(text).startswith(f"{message}\n  ")


def test_refusals_show_the_beginning_of_what_stands_there():
    """A long value is cut."""
    message = refusal(json.dumps({"rows": list(range(1000))}))
    assert message.split("\n")[0].endswith("...")
    assert len(message.split("\n")[0]) < 150


def test_a_key_nearly_right():
    """A misspelt list is named."""
    assert "Did you mean 'logs'?" in refusal('{"tasks": [], "log": []}')


def test_huge_integers():
    """An integer of thousands of digits is read, and refused where it would be stored."""
    text = '{"tasks": [{"id": "a", "definitionId": "b", "input": {"n": %s}}]}' % ("9" * 5000)
    with pytest.raises(UsageError, match="the float inf"):
        seeded(text)


_NAMES = ["data", "error", "errors", "tasks", "logs", "id", "definitionId", "task", "createdOn", "createdBy"]
_VALUES = st.recursive(
    st.sampled_from([None, True, 7, "a", "", "2024-05-06T00:00:00Z"]),
    lambda values: (
        st.lists(values, max_size=3)
        | st.dictionaries(st.sampled_from([*_NAMES, "items", "listTasks", "__typename"]), values, max_size=4)
    ),
    max_leaves=12,
)
_OBJECTS = st.dictionaries(st.sampled_from(_NAMES), _VALUES, max_size=3)
_ENTRIES = st.builds(
    lambda id, rest: {**rest, "id": id, "definitionId": "b", "task": "x"}, st.sampled_from("xyz"), _OBJECTS
)
_LISTS = st.lists(_ENTRIES | _OBJECTS, max_size=3)
_DOCUMENTS = (
    _VALUES
    | st.fixed_dictionaries({"tasks": _LISTS, "logs": _LISTS})
    | st.builds(
        json.loads, st.builds(answer_of, _LISTS, field=st.sampled_from(["listTasks", "listLogs", "x"]))
    )
)


@pytest.mark.slow
@settings(max_examples=300, deadline=None, database=None)
@given(documents=st.lists(_DOCUMENTS, min_size=1, max_size=3))
def test_any_json(documents):
    """Any JSON is read or refused, and what was read is seeded or refused: nothing else is raised."""
    text = "\n".join(map(json.dumps, documents))
    try:
        seeded(text)
    except UsageError as error:
        assert error.way_out  # noqa: PT017 - most are refused, and a few are not


@pytest.mark.parametrize(
    ("text", "newest"),
    [
        ('{"tasks": []}', 0),
        ('{"tasks": [{"id": "a", "definitionId": "b", "name": "2030-01-01T00:00:00Z"}]}', 0),
        ('{"tasks": [{"id": "a", "definitionId": "b", "createdOn": null, "savedOn": "soon"}]}', 0),
        ('{"tasks": [{"id": "a", "definition_id": "b", "finished_on": "1970-01-01T00:00:02Z"}]}', 2000),
        (
            """{"tasks": [{"id": "a", "definitionId": "b", "startedOn": "1970-01-01T00:00:03Z"}],
                "logs": [{"task": "a", "createdOn": "1970-01-01T00:00:04Z", "items": [
                    {"message": "m", "createdOn": "1970-01-01T00:00:05.500Z"}]}]}""",
            5500,
        ),
        ('{"logs": [{"task": "a", "items": "none"}, {"task": "a", "items": ["none"]}]}', 0),
        (
            """{"tasks": [{"id": "a", "definitionId": "b", "startedOn": "2030-01-01T00:00:00Z",
                "finishedOn": "9999-12-31T23:59:59Z"}]}""",
            1_893_456_000_000,
        ),
    ],
)
def test_the_newest_time(text, newest):
    """Times of tasks, logs and their items count, in either writing; what is none, or elsewhere, does not.

    Nor does one that means never, since no time would be left after it.
    """
    assert newest_ms(read_seed_data(text, "saved.json"), LAST_MS) == newest
