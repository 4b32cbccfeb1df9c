"""The demo: six definitions, and a day in which they ran."""

from collections import Counter
from datetime import datetime, timedelta, timezone

import pytest

from tasksim import EngineError, Simulator, check
from tasksim._world.durations import parse_duration
from tasksim.graphql import GraphQLClient
from tasksim.graphql._demo import HISTORY, demo_definitions, tell_history

START = datetime(2024, 5, 6, 7, 8, 9, tzinfo=timezone.utc)
PUBLIC = ["slowImport", "failsInThird", "neverEnds", "fanOut", "validated"]


def make_world(**options):
    """Return a simulator with the demo's definitions."""
    return Simulator(demo_definitions(), **options)


@pytest.fixture
def day():
    """A world with the demo's history, at a tick of a second."""
    sim = make_world(start=START, tick="1s")
    tell_history(sim)
    return sim


# --- definitions


@pytest.mark.parametrize("profile", ["documented", "webiny-5", "webiny-6"])
def test_definitions(profile):
    """T7: five definitions are listed, after the builtin, each with a title and a description."""
    sim = make_world(profile=profile, builtins=True)
    answer = GraphQLClient(sim).execute(
        "{ backgroundTasks { listDefinitions { data { id title description } } } }"
    )
    testing, *listed = answer["data"]["backgroundTasks"]["listDefinitions"]["data"]
    assert testing["id"] == "testingRun"
    assert [each["id"] for each in listed] == PUBLIC
    assert all(each["title"] and each["description"].endswith(".") for each in listed)
    assert [each.id for each in sim.tasks.list_definitions()][-1] == "purgeOldTasks"


def test_definitions_are_new():
    """Each call makes definitions of its own."""
    first, second = demo_definitions(), demo_definitions()
    assert not {id(each) for each in first} & {id(each) for each in second}


def test_slow_import_can_be_watched():
    """At a tick of a second an import takes half a minute to a minute, in several iterations."""
    sim = make_world(tick="1s")
    execution = sim.run("slowImport")
    took = execution.task.finished_on - execution.task.created_on
    assert timedelta(seconds=30) <= took <= timedelta(seconds=60)
    assert execution.task.iterations == 3
    assert execution.output == {"imported": 50}
    assert [item.data for item in execution.logs[0].items[:2]] == [
        {"imported": 10, "of": 50},
        {"imported": 20, "of": 50},
    ]


def test_slow_import_stops_when_aborted():
    """An abort in the middle of an iteration ends it before the next batch."""
    sim = make_world(plan="abort@runtime.is_aborted#2")
    execution = sim.run("slowImport")
    assert execution.status == "aborted"
    assert execution.output == {"imported": 10}


@pytest.mark.parametrize(("tick", "budget"), [("7s", "4m"), ("3s", "1m")])
def test_slow_import_gets_on_where_time_is_short(tick, budget):
    """Even a budget below the close limit (E8) leaves an iteration a batch."""
    execution = make_world(tick=tick, budget=budget).run("slowImport")
    assert execution.status == "success"
    assert execution.task.iterations == 5


def test_fails_in_third():
    """The third iteration fails, with message, code and data."""
    execution = make_world().run("failsInThird")
    assert execution.status == "failed"
    assert execution.task.iterations == 3
    error = {"message": "The price list has no page 3.", "code": "PAGE_GONE", "data": {"page": 3}}
    assert execution.output == {"error": error}


def test_never_ends():
    """It looks every minute, until it is aborted."""
    sim = make_world()
    task = sim.tasks.trigger("neverEnds")
    sim.advance("2h")
    assert sim.tasks.get_task(task).input == {"looked": 121}
    sim.tasks.abort(task)
    sim.run_until_idle()
    assert sim.tasks.get_task(task).iterations == 121


def test_never_ends_sees_an_abort():
    """An abort during a look ends it."""
    execution = make_world(plan="abort@runtime.is_aborted#1").run("neverEnds")
    assert execution.status == "aborted"
    assert execution.task.input == {}


def test_fan_out():
    """A child for each supplier; the output adds up theirs."""
    sim = make_world()
    execution = sim.run("fanOut", input={"suppliers": ["acme", "birch", "acme"]})
    assert execution.output == {"imported": 40, "bySupplier": {"acme": 20, "birch": 20}}
    children = sim.tasks.list_tasks({"parent_id": execution.task.id}).items
    assert [child.name for child in children] == ["Import from birch", "Import from acme"]


def test_fan_out_says_what_failed():
    """A child that did not succeed fails its parent, by name."""
    sim = make_world()
    task = sim.tasks.trigger("fanOut")
    sim.run_next()
    sim.tasks.abort("slowImport-0003")
    sim.run_until_idle()
    error = {"message": "Some imports failed.", "code": "IMPORTS_FAILED", "data": {"failed": ["birch"]}}
    assert sim.tasks.get_task(task).output == {"error": error}


def test_fan_out_stops_when_aborted():
    """After an abort no child is triggered any more."""
    sim = make_world(plan="abort@runtime.is_aborted#2")
    assert sim.run("fanOut").status == "aborted"
    assert sim.tasks.list_tasks({"definition_id": "slowImport"}).meta.total_count == 1


def test_validated():
    """T6: only valid input is taken; the error names the fields."""
    sim = make_world()
    execution = sim.run("validated", input={"to": "ann@example.com", "month": "2024-05"})
    assert execution.output == {"copies": 1}
    with pytest.raises(EngineError) as caught:
        sim.tasks.trigger("validated", input={"to": "ann", "month": "2024-13", "copies": 11})
    assert sorted(caught.value.data["invalidFields"]) == ["copies", "month", "to"]


def test_purge_deletes_what_is_old():
    """Tasks that ended and are older than the days given are deleted, in pages; others stay."""
    sim = make_world()
    old = [{"id": f"old{at}", "definitionId": "validated", "taskStatus": "success"} for at in range(120)]
    old.append({"id": "waiting", "definitionId": "validated", "taskStatus": "pending"})
    sim.seed_records([{**each, "createdOn": "2023-12-01T00:00:00Z"} for each in old])
    sim.seed_records([{"id": "young", "definitionId": "validated", "taskStatus": "failed"}])
    execution = sim.run("purgeOldTasks")
    assert execution.output == {"purged": 120}
    assert {task.id for task in sim.tasks.list_tasks()} == {"waiting", "young", execution.task.id}


@pytest.mark.parametrize(
    ("plan", "status", "left"),
    [
        ("close_to_timeout@runtime.is_close_to_timeout#1", "success", 0),
        ("abort@runtime.is_aborted#2", "aborted", 20),
    ],
)
def test_purge_stops_between_pages(plan, status, left):
    """Short of time it continues after a page; aborted it leaves the rest."""
    sim = make_world(plan=plan)
    old = [{"id": f"old{at}", "definitionId": "validated", "taskStatus": "failed"} for at in range(70)]
    sim.seed_records([{**each, "createdOn": "2023-12-31T00:00:00Z"} for each in old])
    execution = sim.run("purgeOldTasks", input={"days": 0})
    assert execution.status == status
    assert sim.tasks.list_tasks({"status": "failed"}).meta.total_count == left
    assert execution.output == (None if left else {"purged": 70})


@pytest.mark.slow
@pytest.mark.parametrize("id", ["slowImport", "fanOut"])
def test_definitions_survive_every_cut(id):
    """The examples that a newcomer reads first lose nothing however they are cut."""

    def scenario(sim):
        for definition in demo_definitions():
            sim.register(definition)
        sim.tasks.trigger(id)

    check(scenario)


# --- history


@pytest.mark.slow
@pytest.mark.parametrize("profile", ["documented", "generic", "webiny-5", "webiny-6"])
@pytest.mark.parametrize("tick", [0, "250ms", "1s", "7s", "30s"])
def test_history(profile, tick):
    """In any profile, at any tick: 65 tasks, time at the end of the history, one task between two looks."""
    sim = make_world(profile=profile, tick=tick, start=START)
    tell_history(sim)
    assert sim.now == START + timedelta(hours=24)
    assert parse_duration(HISTORY, name="HISTORY") == timedelta(hours=24) / timedelta(milliseconds=1)
    tasks = sim.tasks.list_tasks(limit=100).items
    counts = Counter(str(task.status) for task in tasks)
    assert counts == {"pending": 1, "running": 1, "success": 61, "failed": 1, "aborted": 1}
    (running,) = (task for task in tasks if task.status == "running")
    assert (running.definition_id, running.iterations) == ("neverEnds", 4)
    assert sim.next_event() == (sim.now + timedelta(seconds=30), running.id)
    assert sorted(int(task.id[-4:]) for task in tasks) == list(range(1, 66))


@pytest.mark.parametrize("builtins", [False, True])
def test_history_of_the_builtin(builtins):
    """The builtin changes nothing of it."""
    sim = make_world(start=START, tick="1s", builtins=builtins)
    tell_history(sim)
    assert sim.tasks.list_tasks().meta.total_count == 65
    assert sim.tasks.trigger("slowImport").id == "slowImport-0066"


def test_history_is_spread(day):
    """Finished tasks are of several definitions, over the whole day; names and inputs differ."""
    found = day.tasks.list_tasks({"status": "success"}, limit=100).items
    of = Counter(task.definition_id for task in found)
    assert of == {"slowImport": 38, "validated": 17, "fanOut": 5, "purgeOldTasks": 1}
    assert {(task.finished_on - START) // timedelta(hours=1) for task in found} == set(range(23))
    titles = {each.id: each.title for each in day.tasks.list_definitions()}
    assert sum(task.name != titles[task.definition_id] for task in found) > 30
    parents = {task.id for task in found if task.definition_id == "fanOut"}
    assert Counter(task.parent_id in parents for task in found) == {False: 46, True: 15}
    assert len({str(task.input) for task in found}) > 30


def test_history_fills_pages(day):
    """Q1: two pages of the default size; what went wrong is on the first."""
    page = day.tasks.list_tasks()
    assert (len(page), page.meta.has_more_items) == (50, True)
    assert {str(task.status) for task in page} == {"pending", "running", "success", "failed", "aborted"}
    assert len(day.tasks.list_tasks(after=page.meta.cursor)) == 15


def test_history_ends_in_the_present(day):
    """The pending task stays so for a day more; the running one goes on; an abort left its message."""
    (aborted,) = day.tasks.list_tasks({"status": "aborted"})
    items = [item for log in day.tasks.list_logs({"task": aborted.id}) for item in log.items]
    assert "The shop is closed." in {item.message for item in items}
    day.advance("24h")
    (pending,) = day.tasks.list_tasks({"status": "pending"})
    assert pending.name == "Import of next week"
    (running,) = day.tasks.list_tasks({"status": "running"})
    assert running.iterations > 1000
    day.tasks.abort(running)
    day.run_until_idle()
    assert day.tasks.get_task(pending.id).output == {"imported": 500}


@pytest.mark.parametrize("profile", ["documented", "webiny-6"])
def test_history_has_logs(profile):
    """E2: there are logs with data, in the profile too where they must be switched on."""
    sim = make_world(profile=profile)
    tell_history(sim)
    data = [item.data for log in sim.tasks.list_logs(limit=200) for item in log.items]
    assert {"at": 20} in data
    assert sum(each is not None for each in data) > 20


def test_history_is_the_same_each_time(day):
    """Same settings, same trace."""
    again = make_world(start=START, tick="1s")
    tell_history(again)
    assert again.trace.sha256() == day.trace.sha256()


@pytest.mark.parametrize("budget", ["2s", "25s", "1m"])
def test_history_with_a_small_budget(budget):
    """Iterations that are killed (E11) change statuses, not the time."""
    sim = make_world(start=START, tick="1s", budget=budget)
    tell_history(sim)
    assert sim.now == START + timedelta(hours=24)
    assert sim.tasks.list_tasks({"parent_id": None}).meta.total_count == 50
