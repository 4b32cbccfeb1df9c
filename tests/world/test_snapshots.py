"""Snapshots: records as they leave the store for users' hands."""

import copy
import pickle
from datetime import datetime, timezone

import pytest

from tasksim._model.records import Identity, LogItemRecord, LogRecord, TaskRecord
from tasksim._world.snapshots import Log, LogItem, Status, Task
from tasksim._world.store import Store
from tasksim._world.strict_json import checked_copy
from tasksim.errors import NotJson, OutdatedRecordWarning

START = 1_704_067_200_000


@pytest.fixture
def store():
    """A store with one task."""
    store = Store()
    given = {"ids": ["a"]}
    store.add_task(TaskRecord("reindex-0001", START, START, Identity(), "Reindex", "reindex", "p", given))
    return store


def snapshot(store):
    """Take a snapshot of the task."""
    return Task(store.task("reindex-0001"), store)


def test_task_has_every_field(store):
    """A task has the snake_case of the GraphQL names, with aware UTC datetimes."""
    changes = {
        "output": {"n": 1},
        "task_status": "success",
        "execution_name": "x",
        "event_response": {"a": 1},
        "started_on": START + 1,
        "finished_on": START + 2,
        "iterations": 3,
    }
    store.update_task("reindex-0001", changes, START + 5)
    task = snapshot(store)
    utc = [datetime(2024, 1, 1, 0, 0, 0, ms * 1000, tzinfo=timezone.utc) for ms in (0, 1, 2, 5)]
    assert [task.created_on, task.started_on, task.finished_on, task.saved_on] == utc
    assert (task.id, task.name, task.definition_id, task.parent_id) == (
        "reindex-0001",
        "Reindex",
        "reindex",
        "p",
    )
    assert (task.input, task.output, task.event_response) == ({"ids": ["a"]}, {"n": 1}, {"a": 1})
    assert (task.status, task.task_status, task.iterations, task.execution_name) == (
        "success",
        "success",
        3,
        "x",
    )
    assert task.created_by == Identity()
    assert repr(task) == "Task('reindex-0001', status='success', iterations=3)"


def test_task_as_json(store):
    """to_json has GraphQL's camelCase names and ISO times."""
    assert snapshot(store).to_json() == {
        "id": "reindex-0001",
        "createdOn": "2024-01-01T00:00:00.000Z",
        "savedOn": "2024-01-01T00:00:00.000Z",
        "createdBy": {"id": "id-12345678", "displayName": "John Doe", "type": "admin"},
        "name": "Reindex",
        "definitionId": "reindex",
        "parentId": "p",
        "executionName": "",
        "iterations": 0,
        "input": {"ids": ["a"]},
        "output": None,
        "taskStatus": "pending",
        "startedOn": None,
        "finishedOn": None,
        "eventResponse": None,
    }


def test_times_that_are_not_yet(store):
    """A task that has not started has no times for it."""
    task = snapshot(store)
    assert (task.started_on, task.finished_on, task.output, task.event_response) == (None,) * 4


def test_snapshot_keeps_its_values(store):
    """A snapshot is a record as it was when it was read; its values are private copies, made once."""
    before = snapshot(store)
    before.input["ids"].append("b")
    before.to_json()["input"].clear()
    store.update_task(
        "reindex-0001", {"output": {"n": 1}, "event_response": {"a": 1}, "iterations": 2}, START + 9
    )
    assert (before.iterations, before.output, before.saved_on) == (0, None, before.created_on)
    assert before.input == {"ids": ["a", "b"]}
    after = snapshot(store)
    assert after.input == {"ids": ["a"]}
    assert after.output is after.output
    assert after.event_response is after.event_response


def test_equality(store):
    """Two snapshots are equal if everything in them is; they hash by id."""
    first, second = snapshot(store), snapshot(store)
    store.update_task("reindex-0001", {"iterations": 2}, START)
    assert first == second != snapshot(store)
    assert len({first, second, snapshot(store)}) == 2
    assert hash(first) == hash(second) == hash(snapshot(store))
    assert first != "reindex-0001"


# --- status


def test_status_is_text(store):
    """A status is text: equal to text, hashed as text, usable in sets, dicts and `in`."""
    status = snapshot(store).status
    assert isinstance(status, str)
    assert status == "pending"
    assert status != "running"
    assert status in ("pending", "running")
    assert {"pending": 1}[status] == 1
    assert f"{status}" == str(status) == "pending"
    assert type(str(status)) is str
    assert status != 3
    assert (status == 3) is False
    assert repr(status) == "'pending'"


@pytest.mark.parametrize("compare", [lambda status: status == "pending", lambda status: status != "pending"])
def test_outdated_status_warns(store, compare):
    """Comparing the status of an outdated snapshot warns where the present one would answer otherwise."""
    status = snapshot(store).status
    store.update_task("reindex-0001", {"task_status": "success"}, START)
    with pytest.warns(OutdatedRecordWarning) as caught:
        compare(status)
    (warning,) = caught
    assert str(warning.message) == (
        "The status of 'reindex-0001' compared here is 'pending', read earlier; it is 'success' now.\n"
        "  Read it again: sim.tasks.get_task('reindex-0001').status, "
        "or use sim.execution(task).status, which is live."
    )
    assert warning.filename == __file__


def test_outdated_status_that_answers_the_same(store):
    """Comparing an outdated status is silent where the answer is the same, and between two statuses."""
    status = snapshot(store).status
    store.update_task("reindex-0001", {"task_status": "success"}, START)
    assert status != "running"
    assert status != snapshot(store).status
    assert (status.now, repr(status)) == ("success", "'pending' (outdated: 'success' now)")


def test_status_of_a_deleted_task(store):
    """The present status of a task that is gone is `deleted`."""
    status = snapshot(store).status
    store.delete_task("reindex-0001")
    assert status.now == "deleted"
    with pytest.warns(OutdatedRecordWarning, match="it is 'deleted' now"):
        assert status == "pending"


def test_status_is_copied_as_plain_text(store):
    """A status is pickled and copied as plain text."""
    status = snapshot(store).status
    assert isinstance(status, Status)
    pickled = pickle.loads(pickle.dumps(status))  # noqa: S301 - our own
    for plain in (pickled, copy.copy(status), copy.deepcopy(status)):
        assert type(plain) is str
        assert plain == "pending"


def test_status_is_stored_as_plain_text(store):
    """What a run reads it may store; what is not JSON beside it is refused as ever."""
    status = snapshot(store).status
    stored = checked_copy({"was": [status]}, "output")
    assert stored == {"was": ["pending"]}
    assert type(stored["was"][0]) is str
    with pytest.raises(NotJson, match=r"output\.then is a set"):
        checked_copy({"was": status, "then": set()}, "output")


def test_status_is_stored_as_a_plain_key(store):
    """So is what a run counted by status; any other key that is no plain text is refused as ever."""
    status = snapshot(store).status
    stored = checked_copy({"by": [{"all": 1, status: {"n": 1}}]}, "output")
    assert stored == {"by": [{"all": 1, "pending": {"n": 1}}]}
    assert [type(key) for key in stored["by"][0]] == [str, str]
    with pytest.raises(NotJson, match=r"output\.pending is a set"):
        checked_copy({status: set()}, "output")
    with pytest.raises(NotJson, match="output is a dict with the int key 1"):
        checked_copy({status: 1, 1: 2}, "output")
    around = {}
    around[status] = around
    with pytest.raises(NotJson, match=r"output\.pending is a dict that contains itself"):
        checked_copy(around, "output")


# --- logs


def make_log(*items):
    """Make a snapshot of a log."""
    identity = Identity("me", "Me", None)
    return Log(LogRecord("log-0001", START, START, identity, "x", "reindex-0001", 2, items))


def test_log():
    """A log has its task, iteration and items."""
    data = {"n": [1]}
    log = make_log(LogItemRecord("a", START + 1, "info", data), LogItemRecord("b", START, "error", None, "c"))
    assert (log.id, log.task, log.iteration, log.execution_name) == ("log-0001", "reindex-0001", 2, "x")
    assert log.created_by == ("me", "Me", None)
    assert log.created_on == datetime(2024, 1, 1, tzinfo=timezone.utc)
    first, second = log.items
    assert (first.message, first.type, first.data, first.error) == ("a", "info", {"n": [1]}, None)
    assert first.created_on == datetime(2024, 1, 1, 0, 0, 0, 1000, tzinfo=timezone.utc)
    assert (second.type, second.error) == ("error", "c")
    first.data["n"].append(2)
    assert data == {"n": [1]}
    assert repr(second) == "LogItem(error: 'b', error='c')"
    assert repr(make_log()) == "Log(task='reindex-0001', iteration=2, items=[])"
    assert repr(LogItem(LogItemRecord("a", START, "info", {"n": 1}))) == "LogItem(info: 'a', data={'n': 1})"


def test_log_as_json():
    """to_json has GraphQL's names; what is not set is null."""
    assert make_log(LogItemRecord("a", START, "info")).to_json() == {
        "id": "log-0001",
        "createdOn": "2024-01-01T00:00:00.000Z",
        "createdBy": {"id": "me", "displayName": "Me", "type": None},
        "executionName": "x",
        "task": "reindex-0001",
        "iteration": 2,
        "items": [
            {
                "message": "a",
                "createdOn": "2024-01-01T00:00:00.000Z",
                "type": "info",
                "data": None,
                "error": None,
            }
        ],
    }
