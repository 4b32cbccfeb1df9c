"""The journal: what happened, to one reader at a time."""

import threading

import pytest

from tasksim import Simulator, create_task_definition
from tasksim.graphql._serving.journal import Journal, Raised, Requested, TaskChanged, changes_of, outcomes_of

ENTRY = Raised("root", 0, ValueError())


def run_child(input, controller, context):
    """Start a child, then end as told."""
    if input["how"] == "crash":
        raise ValueError
    if input["how"] == "child":
        context.tasks.trigger("parent", input={"how": "done"}, parent="parent-0001")
        return controller.response.done()
    return {
        "done": controller.response.done,
        "error": lambda: controller.response.error("No."),
        "abort": controller.response.aborted,
    }[input["how"]]()


def test_each_thing_that_happens_to_a_task_is_told():
    """Iterations, children and ends; what a request did is told with the request."""
    sim = Simulator([create_task_definition(id="parent", title="Parent", run=run_child)])
    sim.tasks.trigger("parent", input={"how": "child"})
    sim.run_until_idle()
    found = list(changes_of("root", 1000, sim._engine.events))
    assert [(each.task, each.change, each.status) for each in found] == [
        ("parent-0001", "iteration 1", "running"),
        ("parent-0002", "triggered by parent-0001", "pending"),
        ("parent-0001", "ended", "success"),
        ("parent-0002", "iteration 1", "running"),
        ("parent-0002", "ended", "success"),
    ]
    assert {each.tenant for each in found} == {"root"}
    assert found[0].now_ms == 1000


@pytest.mark.parametrize(("how", "status"), [("done", "success"), ("error", "failed"), ("abort", "aborted")])
def test_each_end_has_its_status(how, status):
    """As the task has it."""
    sim = Simulator([create_task_definition(id="parent", title="Parent", run=run_child)])
    sim.tasks.trigger("parent", input={"how": how})
    sim.run_until_idle()
    assert list(changes_of("root", 0, sim._engine.events))[-1].status == status


def test_a_run_that_is_killed_is_told():
    """With the reason, and that its task is not run any more."""
    definition = create_task_definition(id="parent", title="Parent", run=run_child)
    sim = Simulator([definition], profile="webiny-5")
    sim.tasks.trigger("parent", input={"how": "done"})
    sim.crash_at(_first_checkpoint(definition))
    sim.run_until_idle()
    changes = [each.change for each in changes_of("root", 0, sim._engine.events)]
    assert "killed by crash" in changes


def _first_checkpoint(definition):
    sim = Simulator([definition], profile="webiny-5")
    sim.tasks.trigger("parent", input={"how": "done"})
    sim.run_until_idle()
    return str(sim.trace.checkpoints()[0])


def test_what_a_request_did_to_tasks_is_told_with_it():
    """Triggered, aborted, deleted; not what happens to tasks by themselves."""
    sim = Simulator([create_task_definition(id="parent", title="Parent", run=run_child)])
    sim.tasks.trigger("parent", input={"how": "done"})
    sim.tasks.trigger("parent", input={"how": "done"})
    sim.tasks.abort("parent-0001", message="Enough.")
    sim.tasks.delete_task("parent-0002")
    sim.run_until_idle()
    assert outcomes_of(sim._engine.events) == [
        "parent-0001  pending",
        "parent-0002  pending",
        'parent-0001  aborted "Enough."',
        "parent-0002  deleted",
    ]


def test_without_a_reader_nothing_is_told():
    """Nor is anything looked at."""
    Journal().add(ENTRY)
    Journal().add_events("root", 0, [None])


def test_one_reader_is_called_by_one_thread_at_a_time():
    """So that it may print."""
    inside, most = [], []

    def read(entry):
        inside.append(entry)
        most.append(len(inside))
        inside.pop()

    journal = Journal(read)
    threads = [threading.Thread(target=lambda: journal.add(*[ENTRY] * 200)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(most), max(most)) == (800, 1)


def test_a_reader_that_raises_stops_nothing():
    """The next record is told again: the reader may have lost its terminal, the world goes on."""
    told = []

    def read(entry):
        told.append(entry)
        raise BrokenPipeError

    journal = Journal(read)
    journal.add(ENTRY, ENTRY)
    assert len(told) == 2


def test_requests_are_told_with_what_came_of_them(site):
    """The fields that were asked for, the status, and which tasks changed."""
    id = site.trigger()
    site.execute("{ backgroundTasks { listTasks { data { id } } listLogs { data { id } } } }")
    site.control("run-next")
    site.execute('mutation { backgroundTasks { abortTask(id: "none") { data { id } error { message } } } }')
    site.execute("{ nonsense }")
    site.execute("fragment Some on Query { __typename }")
    site.ask("GET", "/nowhere")
    told = [tuple(each) for each in site.entries if isinstance(each, Requested)]
    now_ms = site.sim._engine.clock.wall_ms
    assert told == [
        ("root", now_ms, "POST", "triggerTask", 200, f"{id}  pending", False),
        ("root", now_ms, "POST", "listTasks listLogs", 200, "", True),
        ("root", now_ms, "POST", "run-next", 200, "", False),
        ("root", now_ms, "POST", "abortTask", 200, told[3][5], False),
        ("root", now_ms, "POST", "nonsense", 200, told[4][5], True),
        ("root", now_ms, "POST", "(no operation)", 200, told[5][5], True),
        ("", 0, "GET", "/nowhere", 404, "There is nothing at '/nowhere'.", False),
    ]
    assert all(each[5] for each in told[3:])
    assert [each.change for each in site.entries if isinstance(each, TaskChanged)] == ["iteration 1", "ended"]


def test_what_is_told_of_a_document_is_short(site):
    """However many fields it has, however long its errors and paths are."""
    site.execute(
        "{ "
        + " ".join(f"a{i}: __typename" for i in range(90))
        + " ...F ... { __typename } } fragment F on Query { __typename }"
    )
    site.execute(
        "query ($a: Int) { backgroundTasks { listTasks(limit: $a) { data { id } } } }", {"a": "x" * 10_000}
    )
    site.ask("GET", "/" + "x" * 10_000)
    assert site.entries[0].what == "__typename ...F ..."
    assert all(len(entry.what) <= 200 and len(entry.detail) <= 500 for entry in site.entries)


def test_which_of_several_operations_was_meant_is_told(site):
    """By its name; without one none was."""
    document = "query A { __typename } mutation B { backgroundTasks { __typename } }"
    for name in ("B", "A", None, "C"):
        site.post({"query": document, "operationName": name})
    told = [(each.what, each.is_reading) for each in site.entries]
    assert told == [
        ("__typename", False),
        ("__typename", True),
        ("(no operation)", True),
        ("(no operation)", True),
    ]
