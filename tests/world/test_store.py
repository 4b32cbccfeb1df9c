"""The store: records by id, in order of creation, never changed in place."""

import pytest

from tasksim._model.records import Identity, LogItemRecord, LogRecord, TaskRecord
from tasksim._world.store import Store


def task(id, created_on=0, parent_id=None):
    """Make a task's record."""
    return TaskRecord(id, created_on, created_on, Identity(), "Reindex", "reindex", parent_id, {})


def log(id, task_id="a", created_on=0, iteration=1):
    """Make a log's record."""
    return LogRecord(id, created_on, created_on, Identity(), "", task_id, iteration)


@pytest.fixture
def store():
    """An empty store."""
    return Store()


def test_new_task():
    """A new record is that of a task just triggered: pending, with 0 iterations."""
    record = task("a", 5)
    assert (record.task_status, record.iterations, record.execution_name) == ("pending", 0, "")
    assert record.created_on == record.saved_on == 5
    assert (record.output, record.event_response, record.started_on, record.finished_on) == (None,) * 4


def test_tasks_by_id(store):
    """A task is found by its id; one that is not there is None."""
    record = store.add_task(task("a"))
    assert store.task("a") is record
    assert store.task("b") is None


def test_ids_are_unique(store):
    """An id can be taken once."""
    store.add_task(task("a"))
    store.add_log(log("l"))
    with pytest.raises(KeyError):
        store.add_task(task("a"))
    with pytest.raises(KeyError):
        store.add_log(log("l"))


def test_order_of_creation(store):
    """Records come in the order of creation, each with a number that only grows."""
    for id in "bac":
        store.add_task(task(id))
    store.add_log(log("l"))
    store.delete_task("a")
    store.add_task(task("a"))
    assert [(n, record.id) for n, record in store.tasks()] == [(1, "b"), (3, "c"), (5, "a")]
    assert [(n, record.id) for n, record in store.logs()] == [(4, "l")]


def test_update_makes_a_new_record(store):
    """An update makes a new record: whoever holds the old one holds a snapshot."""
    before = store.add_task(task("a", parent_id="p"))
    after = store.update_task("a", {"output": {"n": 1}, "iterations": 2}, 7)
    assert store.task("a") is after is not before
    assert (before.output, before.iterations, before.saved_on) == (None, 0, 0)
    assert (after.output, after.iterations, after.saved_on) == ({"n": 1}, 2, 7)
    others = set(before._fields) - {"output", "iterations", "saved_on"}
    assert all(getattr(before, name) == getattr(after, name) for name in others)
    assert list(store.tasks()) == [(1, after)]


def test_update_of_a_missing_task(store):
    """A task that is updated or deleted must be there."""
    with pytest.raises(KeyError):
        store.update_task("a", {}, 0)
    with pytest.raises(KeyError):
        store.delete_task("a")


def test_children(store):
    """Children come oldest first; a deleted one is none any more."""
    for id, parent in (("c1", "a"), ("a", None), ("c2", "a"), ("x", "b")):
        store.add_task(task(id, parent_id=parent))
    assert [record.id for record in store.children("a")] == ["c1", "c2"]
    store.update_task("c2", {"iterations": 3}, 1)
    assert [record.iterations for record in store.children("a")] == [0, 3]
    store.delete_task("c1")
    store.delete_task("a")
    assert [record.id for record in store.children("a")] == ["c2"]
    assert store.children("nothing") == []


def test_children_by_age(store):
    """Children come by the time at which they were created, then by the order in which they were stored."""
    for id, created_on in (("c1", 5), ("c2", 3), ("c3", 5), ("c4", 3)):
        store.add_task(task(id, created_on, parent_id="a"))
    assert [record.id for record in store.children("a")] == ["c2", "c4", "c1", "c3"]


def test_logs(store):
    """Logs are found by id and by task; those of a deleted task stay."""
    store.add_task(task("a"))
    first, _, second = map(store.add_log, (log("l1"), log("other", "b"), log("l2", iteration=2)))
    store.delete_task("a")
    assert (store.log("l1"), store.log("nothing")) == (first, None)
    assert store.logs_of("a") == [first, second]
    assert store.logs_of("nothing") == []


def test_update_of_a_log(store):
    """An update of a log makes a new record with other items."""
    before = log("l", iteration=3)
    store.add_log(before)
    items = (LogItemRecord("a", 5, "info"),)
    after = store.update_log("l", items, 7)
    assert store.log("l") is after
    assert (before.items, after.items, after.saved_on, after.iteration) == ((), items, 7, 3)
    with pytest.raises(KeyError):
        store.update_log("nothing", (), 0)


def test_newest_log(store):
    """The newest log has the greatest created_on, the last created among equals."""
    assert store.newest_log("a") is None
    for id, created_on in (("l1", 5), ("l2", 9), ("l3", 9), ("l4", 1)):
        store.add_log(log(id, created_on=created_on))
    assert store.newest_log("a").id == "l3"
    store.update_log("l3", (LogItemRecord("a", 5, "info"),), 10)
    assert len(store.newest_log("a").items) == 1


def test_deleted_logs(store):
    """Deleted logs are gone; the newest of what is left is the newest then."""
    for id, created_on in (("l1", 5), ("l2", 9), ("l3", 9), ("l4", 5)):
        store.add_log(log(id, created_on=created_on))
    newest = []
    for id in ("l4", "l3", "l2"):
        store.delete_logs([id])
        newest.append(store.newest_log("a").id)
    assert newest == ["l3", "l2", "l1"]
    store.delete_logs(["l1"])
    assert (store.newest_log("a"), store.logs_of("a"), list(store.logs())) == (None, [], [])
    store.add_log(log("l5"))
    assert store.newest_log("a").id == "l5"
