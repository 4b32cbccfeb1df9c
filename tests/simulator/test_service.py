"""The service: `sim.tasks`, and `context.tasks` inside."""

from datetime import timedelta

import pytest

from tasksim import Identity, Simulator, Task
from tasksim._world.store import Store


def done(controller):
    """Answer done."""
    return controller.response.done()


def test_trigger_returns_a_snapshot(world):
    """`trigger` returns a snapshot of the stored task; the input is a copy."""
    given = {"ids": ["a"]}
    task = world(done).tasks.trigger("reindex", input=given)
    given["ids"].append("b")
    assert isinstance(task, Task)
    assert (task.status, task.input) == ("pending", {"ids": ["a"]})


@pytest.mark.parametrize("delay", ["1m", timedelta(minutes=1), 60, 60.0])
def test_delay_is_a_duration(world, delay):
    """A delay is seconds, text or timedelta."""
    sim = world(done)
    sim.run("reindex", delay=delay)
    assert sim.now_ms == 60_000


def test_parent_is_a_task_or_id(world):
    """A parent is a task, an execution or an id, also with a revision."""
    sim = world(done)
    parent = sim.run("reindex")
    for named in (parent, parent.task, parent.id, f"{parent.id}#0001"):
        assert sim.tasks.trigger("reindex", parent=named).parent_id == parent.id


def test_get_task(world):
    """get_task returns a snapshot, or None."""
    sim = world(done)
    task = sim.tasks.trigger("reindex")
    assert sim.tasks.get_task(task) == sim.tasks.get_task(f"{task.id}#0002") == task
    assert sim.tasks.get_task("nothing") is None


def test_lists_take_where_sort_limit_after_and_search(world):
    """Lists are filtered, sorted, searched and paged."""
    sim = world(done)
    for name in ("b", "a", "c", "ab"):
        sim.tasks.trigger("reindex", name=name)
    sim.tasks.abort("reindex-0001")

    def names(*args, **kwargs):
        return [task.name for task in sim.tasks.list_tasks(*args, **kwargs)]

    assert names(sort="name_ASC") == ["a", "ab", "b", "c"]
    assert names({"status": "pending"}, sort=["name_DESC"]) == ["c", "ab", "a"]
    assert names({"task_status_in": ["aborted"]}) == ["b"]
    assert names(search="ABORT") == ["b"]
    page = sim.tasks.list_tasks(sort="name_ASC", limit=3)
    assert names(sort="name_ASC", limit=3, after=page.meta.cursor) == ["c"]
    assert [log.task for log in sim.tasks.list_logs({"task": "reindex-0001"})] == ["reindex-0001"]


def test_logs_of_one_task(world, monkeypatch):
    """They are those of the whole list that are its, in its order and pages, and found without the others."""
    sim = world(lambda controller: controller.response.continue_({}), max_iterations=4)
    tasks = [sim.tasks.trigger("reindex").id for _ in range(3)]
    sim.run_until_idle()

    def ids(where=None, **options):
        return [log.id for log in sim.tasks.list_logs(where, limit=100, **options)]

    conditions = [({}, {}), ({"iteration_gt": 1}, {"sort": "iteration_DESC"}), ({}, {"search": "max"})]
    expected = {
        task: [
            [log.id for log in sim.tasks.list_logs(where or None, limit=100, **options) if log.task == task]
            for where, options in conditions
        ]
        for task in tasks
    }
    monkeypatch.setattr(Store, "logs", None)
    for task in tasks:
        assert [ids({"task": task, **where}, **options) for where, options in conditions] == expected[task]
        first = sim.tasks.list_logs({"task": task}, limit=3)
        rest = sim.tasks.list_logs({"task": task}, limit=3, after=first.meta.cursor)
        assert [log.id for log in (*first, *rest)] == expected[task][0]
    assert ids({"task": "none"}) == []


def test_identity_is_who_triggers():
    """The identity of the simulator is who triggers, of tasks and logs."""
    sim = Simulator(identity=Identity("me", "Me", None), builtins=True)
    execution = sim.run("testingRun")
    assert execution.task.created_by == ("me", "Me", None)
    assert [log.created_by for log in execution.logs] == [("me", "Me", None)]


def test_get_definition(world):
    """get_definition returns a registered definition, or None."""
    sim = world(done)
    assert sim.tasks.get_definition("reindex").id == "reindex"
    assert sim.tasks.get_definition("nothing") is None


def test_service_inside_a_run_is_the_same(world):
    """A run's context has the same service, and its trigger makes no child."""

    def run(input, controller, context):
        if input:
            return controller.response.done()
        assert context.tasks is sim.tasks
        other = context.tasks.trigger("reindex", input={"at": 1})
        return controller.response.done(output={"parent": other.parent_id, "id": other.id})

    sim = world(run)
    assert sim.run("reindex").output == {"parent": None, "id": "reindex-0002"}
    assert sim.tasks.get_task("reindex-0002").status == "success"
