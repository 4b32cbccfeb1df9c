"""Seeding: records stored as given, all of them or none."""

from datetime import datetime, timezone

import pytest

from tasksim import Identity, UsageError

TASK_FIELDS = (
    "created_by, created_on, definition_id, event_response, execution_name, finished_on, id, input, "
    "iterations, name, output, parent_id, saved_on, started_on, task_status"
)


def done(controller):
    """Answer done."""
    return controller.response.done()


def utc(*parts):
    """Return an aware datetime."""
    return datetime(*parts, tzinfo=timezone.utc)


def test_least_record(world):
    """A record needs its definition's id; the rest is that of a task just triggered."""
    sim = world(done)
    sim.advance(5)
    sim.seed_records([{"definitionId": "reindex"}, {"definition_id": "export"}])
    newest, oldest = sim.tasks.list_tasks()
    assert (oldest.id, oldest.name, oldest.input, oldest.status) == ("reindex-0001", "Reindex", {}, "pending")
    assert (newest.id, newest.name, newest.definition_id) == ("export-0002", "export", "export")
    assert (oldest.created_on, oldest.saved_on, oldest.created_by) == (sim.now, sim.now, Identity())
    assert sim.next_event() is None


def test_whole_record_in_both_spellings(world):
    """Every field may be given, in camelCase or snake_case; times as text or datetimes."""
    sim = world(done)
    given = {
        "id": "a",
        "definitionId": "reindex",
        "name": "Old",
        "parentId": "b",
        "input": {"a": 1},
        "output": {"b": 2},
        "eventResponse": {"c": 3},
        "status": "success",
        "executionName": "x",
        "iterations": 3,
        "createdOn": "2023-01-01T00:00:00Z",
        "saved_on": utc(2023, 1, 2),
        "startedOn": "2023-01-01T00:00:01Z",
        "finishedOn": "2023-01-01T00:00:02Z",
        "createdBy": {"id": "me", "displayName": "Me", "type": None},
        "logs": [{"anything": 1}],
    }
    sim.seed_records([given])
    task = sim.tasks.get_task("a")
    assert task.to_json() == {
        "id": "a",
        "createdOn": "2023-01-01T00:00:00.000Z",
        "savedOn": "2023-01-02T00:00:00.000Z",
        "createdBy": {"id": "me", "displayName": "Me", "type": None},
        "name": "Old",
        "definitionId": "reindex",
        "parentId": "b",
        "executionName": "x",
        "iterations": 3,
        "input": {"a": 1},
        "output": {"b": 2},
        "taskStatus": "success",
        "startedOn": "2023-01-01T00:00:01.000Z",
        "finishedOn": "2023-01-01T00:00:02.000Z",
        "eventResponse": {"c": 3},
    }
    sim.seed_records([{**task.to_json(), "id": "c"}])
    assert {**sim.tasks.get_task("c").to_json(), "id": "a"} == task.to_json()


def test_nulls_are_not_given(world):
    """A null is a field that is not given."""
    sim = world(done)
    sim.seed_records(
        [{"id": None, "definitionId": "reindex", "output": None, "createdBy": None, "name": None}]
    )
    assert sim.tasks.get_task("reindex-0001").name == "Reindex"


def test_logs(world):
    """Logs belong to a task that is seeded with them or stored before."""
    sim = world(done)
    stored = sim.tasks.trigger("reindex")
    item = {
        "message": "a",
        "createdOn": "2023-01-01T00:00:05Z",
        "type": "error",
        "data": {"n": 1},
        "error": "b",
    }
    log = {
        "id": "l",
        "task": {"id": stored.id},
        "iteration": 3,
        "executionName": "x",
        "createdOn": "2023-01-01T00:00:00Z",
        "createdBy": Identity("me", "Me", None),
        "items": [item, {"message": "c"}],
    }
    sim.seed_records([{"id": "t", "definitionId": "reindex"}], [log, {"task": "t", "items": None}])
    first = sim.tasks.list_logs({"task": stored.id}).items[0]
    assert first.to_json() == {
        **log,
        "task": stored.id,
        "createdOn": "2023-01-01T00:00:00.000Z",
        "createdBy": {"id": "me", "displayName": "Me", "type": None},
        "items": [
            {**item, "createdOn": "2023-01-01T00:00:05.000Z"},
            {
                "message": "c",
                "createdOn": "2023-01-01T00:00:00.000Z",
                "type": "info",
                "data": None,
                "error": None,
            },
        ],
    }
    (second,) = sim.tasks.list_logs({"task": "t"})
    assert (second.id, second.iteration, second.items, second.created_on) == ("log-0001", 1, [], sim.now)


def test_seeding_is_traced(world):
    """Seeding is in the trace, with how many records of each kind."""
    sim = world(done)
    sim.seed_records([{"id": "t", "definitionId": "reindex"}], [{"task": "t"}, {"task": "t"}])
    event = sim.trace[-1]
    assert (type(event).__name__, event.tasks, event.logs) == ("RecordsSeeded", 1, 2)


def test_seeded_task_is_aborted_and_has_an_execution(world):
    """A seeded task can be read, aborted and viewed, though no machine runs it."""
    sim = world(done)
    sim.seed_records([{"id": "t", "definitionId": "reindex", "status": "running"}])
    execution = sim.execution("t")
    assert (execution.machine, execution.iterations, execution.exception) == (None, [], None)
    sim.tasks.abort("t")
    assert execution.status == "aborted"


def test_ids_of_ours_are_skipped(world):
    """A task or log seeded under a name that the world would give next keeps it; the next gets another."""
    sim = world(done)
    sim.seed_records(
        [{"id": "reindex-0001", "definitionId": "reindex"}], [{"id": "log-0001", "task": "reindex-0001"}]
    )
    execution = sim.run("reindex")
    assert execution.id == "reindex-0002"
    assert [log.id for log in execution.logs] == ["log-0002"]


BAD_TASKS = [
    (3, "tasks[1] is 3, not an object.\n  Pass dicts."),
    ({}, "tasks[1] has no definitionId.\n  Give it the id of a definition."),
    (
        {"definitionId": "reindex", "iteration": 3},
        (
            "tasks[1] has a field 'iteration', which is none of a record. Did you mean 'iterations'?\n"
            f"  Choose from {TASK_FIELDS}, or their camelCase names."
        ),
    ),
    (
        {"definitionId": "reindex", 3: 3},
        (
            "tasks[1] has a field 3, which is none of a record.\n"
            f"  Choose from {TASK_FIELDS}, or their camelCase names."
        ),
    ),
    *(
        (
            {"definitionId": "reindex", name: value},
            f"tasks[1].{name} is {value!r}.\n  Give it a value of the field's type.",
        )
        for name, value in [
            ("status", "done"),
            ("iterations", -1),
            ("iterations", True),
            ("input", [1]),
            ("output", "a"),
            ("name", 3),
            ("parentId", 3),
        ]
    ),
    (
        {"definitionId": 3},
        "tasks[1].definitionId is 3.\n  Give it a value of the field's type.",
    ),
    (
        {"definitionId": "reindex", "createdBy": "me"},
        "tasks[1].createdBy is 'me'.\n  Give it an object with id, displayName and type.",
    ),
    (
        {"definitionId": "reindex", "createdBy": {"displayName": "Me"}},
        "tasks[1].createdBy is {'displayName': 'Me'}.\n  Give it an object with id, displayName and type.",
    ),
    (
        {"definitionId": "reindex", "createdOn": 3},
        (
            "tasks[1].createdOn is 3, which is no instant.\n"
            "  Write an aware datetime, or ISO text like '2024-01-01T00:00:00Z'."
        ),
    ),
    (
        {"definitionId": "reindex", "input": {"a": {1}}},
        "tasks[1].input.a is a set ({1}), which is not JSON.\n  Store it as a list: sorted(value).",
    ),
    (
        {"id": "first", "definitionId": "reindex"},
        "tasks[1] has the id 'first', which is taken.\n  Give it an id of its own.",
    ),
    (
        {"id": "stored", "definitionId": "reindex"},
        "tasks[1] has the id 'stored', which is taken.\n  Give it an id of its own.",
    ),
]


@pytest.mark.parametrize(("given", "text"), BAD_TASKS)
def test_bad_task_stores_nothing(world, given, text):
    """A task that cannot be stored is refused by its place, and nothing is stored."""
    sim = world(done)
    sim.seed_records([{"id": "stored", "definitionId": "reindex"}])
    with pytest.raises(UsageError) as caught:
        sim.seed_records([{"id": "first", "definitionId": "reindex"}, given])
    assert str(caught.value) == text
    assert [task.id for task in sim.tasks.list_tasks()] == ["stored"]


BAD_LOGS = [
    ([], "logs[1] is [], not an object.\n  Pass dicts."),
    (
        {},
        (
            "logs[1] belongs to the task None, which is not there.\n"
            "  Give it the id of a task that is seeded with it or stored before."
        ),
    ),
    (
        {"task": "nothing"},
        (
            "logs[1] belongs to the task 'nothing', which is not there.\n"
            "  Give it the id of a task that is seeded with it or stored before."
        ),
    ),
    ({"task": "t", "iteration": "1"}, "logs[1].iteration is '1'.\n  Give it a value of the field's type."),
    ({"task": "t", "items": 5}, "logs[1].items is 5.\n  Give it a value of the field's type."),
    ({"task": "t", "items": [3]}, "logs[1].items[0] is 3, not an object.\n  Pass dicts."),
    (
        {"task": "t", "items": [{"type": "info"}]},
        "logs[1].items[0] is {'type': 'info'}.\n  Give it a message, and the type info or error.",
    ),
    (
        {"task": "t", "items": [{"message": "a", "type": "warning"}]},
        (
            "logs[1].items[0] is {'message': 'a', 'type': 'warning'}.\n"
            "  Give it a message, and the type info or error."
        ),
    ),
    ({"id": "l", "task": "t"}, "logs[1] has the id 'l', which is taken.\n  Give it an id of its own."),
]


@pytest.mark.parametrize(("given", "text"), BAD_LOGS)
def test_bad_log_stores_nothing(world, given, text):
    """A log that cannot be stored is refused by its place, and nothing is stored."""
    sim = world(done)
    with pytest.raises(UsageError) as caught:
        sim.seed_records([{"id": "t", "definitionId": "reindex"}], [{"id": "l", "task": "t"}, given])
    assert str(caught.value) == text
    assert sim.tasks.list_tasks().meta.total_count == sim.tasks.list_logs().meta.total_count == 0
