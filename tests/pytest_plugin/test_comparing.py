"""What a failed comparison says of a task."""

import pytest

from tasksim import Simulator, create_task_definition
from tasksim.errors import OutdatedRecordWarning
from tasksim.pytest_plugin import comparing


def define(run, **attributes):
    """Make a definition."""
    return create_task_definition(id="reindex", title="Reindex", run=run, **attributes)


def done(controller):
    """Answer done."""
    controller.logger.info("Working.", {"at": 1})
    return controller.response.done("Done.", {"count": 1})


def failing(controller):
    """Fail with a long message."""
    error = LookupError("No index. " * 90)
    error.code = "NO_INDEX"
    raise error


@pytest.fixture
def execution():
    """The execution of a task that succeeded; its simulator is kept."""
    sim = Simulator([define(done)])
    yield sim.run("reindex")
    sim.close()


@pytest.fixture
def failure():
    """The execution of a task that failed."""
    sim = Simulator([define(failing)])
    yield sim.run("reindex")
    sim.close()


def test_explanation_is_not_cut_by_pytest(failure):
    """An explanation has at most eight lines and 640 characters, however long the error is."""
    for pair in ((failure.status, "success"), (failure, "x"), ({}, failure.output), (failure, {})):
        lines = comparing.explain("==", *pair)
        assert 3 < len(lines) <= 8
        assert sum(map(len, lines)) <= 640
        assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("op", ["==", "!=", "in", "not in", "is", "is not", "<", ">="])
def test_nothing_is_said_of_other_values(execution, op):
    """What is none of ours is left to pytest."""
    for left, right in ((1, 2), ({"a": 1}, {"a": 2}), ("a", ["b"]), (None, execution.output), ([], [1])):
        assert comparing.explain(op, left, right) is None


@pytest.mark.parametrize(
    ("op", "other", "line"),
    [
        ("==", "failed", "the task 'reindex-0001' is 'success':"),
        ("!=", "success", "the task 'reindex-0001' is 'success':"),
        ("in", ("failed", "aborted"), "the task 'reindex-0001' is 'success':"),
        ("not in", ("success",), "the task 'reindex-0001' is 'success':"),
        ("is", "success", "a status is text: compare it with =="),
        ("is not", "success", "a status is text: compare it with !="),
        ("==", "sucess", "'sucess' is no status; did you mean 'success'?"),
        ("==", "cancelled", "'cancelled' is no status; did you mean 'aborted'?"),
        ("==", "x", "'x' is no status; choose from pending, running, success, failed, aborted"),
        ("==", 3, "a status is text, and this is of type int"),
    ],
)
def test_status_is_explained(execution, op, other, line):
    """A compared status says whose it is, or what is wrong with the comparison."""
    for status in (execution.status, execution.task.status):
        assert " ".join(comparing.explain(op, status, other)[1].split()) == line
        if op not in {"in", "not in"}:
            assert comparing.explain(op, other, status)[1:] == comparing.explain(op, status, other)[1:]


def test_status_kept_for_later(execution):
    """A status that is no longer the task's says what it is now."""
    sim = Simulator([define(done)])
    execution = sim.execution(sim.tasks.trigger("reindex"))
    status = execution.status
    sim.run_until_idle()
    assert comparing.explain("==", status, "success")[:2] == [
        "'pending' == 'success'",
        "'reindex-0001' was 'pending' when it was read; it is 'success' now",
    ]


def test_outdated_snapshot_is_explained(execution):
    """An outdated snapshot's status says what it is now, and how to read it anew."""
    sim = Simulator([define(done)])
    status = sim.tasks.trigger("reindex").status
    sim.run_until_idle()
    told = [
        "'reindex-0001' was 'pending' when this was read; it is 'success' now",
        "read it again: sim.tasks.get_task('reindex-0001').status",
        "or use sim.execution(task).status, which is live",
    ]
    assert comparing.explain("==", status, "success")[1:] == told
    assert comparing.explain("==", status, "failed")[1:] == [*told, "machine: Done, after 1 iteration"]
    sim.tasks.delete_task("reindex-0001")
    assert "it is 'deleted' now" in comparing.explain("==", status, "success")[1]


def test_snapshot_warns_once():
    """One status that is compared again, as pytest does to explain a failure, warns once."""
    sim = Simulator([define(done)])
    status = sim.tasks.trigger("reindex").status
    sim.run_until_idle()
    with pytest.warns(OutdatedRecordWarning) as caught:
        assert [status == "success", status == "success"] == [False, False]
    assert len(caught) == 1


def test_executions_are_explained(execution, failure):
    """Two executions tell how they differ; anything else is told what to compare."""
    told = comparing.explain("==", execution, failure)
    assert told[1] == "both are views of a task 'reindex-0001', each of another simulator"
    assert "status: 'success' != 'failed'" in told
    assert comparing.explain("!=", execution, execution)[1] == "both are views of the task 'reindex-0001'"
    assert "compare execution.output" in " ".join(comparing.explain("==", {"count": 1}, execution))
    assert "compare execution.task" in " ".join(comparing.explain("==", execution, execution.task))
    assert comparing.explain("is", execution, None) is None


def test_records_are_explained(execution):
    """Records tell how they differ, or what to compare instead."""
    log = execution.logs[0]
    item, other = log.items
    assert comparing.explain("==", item, other)[1:3] == [
        "message: 'Working.' != 'Done.'",
        "data: {'at': 1} != None",
    ]
    assert comparing.explain("==", item, "Done.")[1].endswith("is a LogItem: compare its .message")
    assert comparing.explain("==", {"at": 2}, item)[1].endswith("is a LogItem: compare its .data")
    assert comparing.explain("==", log, {})[1].endswith("is a Log: compare its .to_json()")
    assert " ".join(comparing.explain("==", log, "Done.")[1:]).endswith("as in   log.items[0].message")
    assert comparing.explain("==", execution.task, "success")[1].endswith("is a Task: compare its .status")
    assert comparing.explain("is", log, execution.logs[0])[1].startswith("each reading makes a new snapshot")
    assert comparing.explain("==", log, None) is None


def test_logs_searched_for_text(execution):
    """Text that is looked for among logs or items is told where messages are."""
    assert comparing.explain("in", "Gone.", execution.logs)[1:] == [
        "these are logs; for the messages",
        "  [item.message for log in execution.logs for item in log.items]",
        "they are ['Working.', 'Done.']",
    ]
    assert comparing.explain("in", "Gone.", execution.logs[0].items)[1].startswith("these are items")


def test_error_output_is_explained(failure):
    """An output that is the error of a failed task says so."""
    told = comparing.explain("==", failure.output, {"count": 1})
    assert told[1] == "this is the output of the task 'reindex-0001', which failed:"
    assert comparing.explain("==", {"error": {"message": "another"}}, {"count": 1}) is None


class Broken:
    """A value that cannot be shown, compared or hashed."""

    __hash__ = None

    def __repr__(self):
        raise ZeroDivisionError

    def __eq__(self, other):
        raise ZeroDivisionError

    def __str__(self):
        raise ZeroDivisionError


def test_broken_values_are_no_obstacle(execution):
    """An explanation never raises."""
    told = comparing.explain("==", execution.status, Broken())
    assert told[0] == "'success' == <Broken>"
    for op in ("==", "in", "is"):
        comparing.explain(op, Broken(), execution.status)
        comparing.explain(op, execution, Broken())
        comparing.explain(op, execution.task, Broken())
        comparing.explain(op, Broken(), Broken())
        comparing.explain(op, {"error": Broken()}, Broken())


def test_number_of_iterations_is_explained(execution):
    """A list of iterations compared with a number says where their number is."""
    lines = comparing.explain("==", execution.iterations, 2)
    assert lines[1:] == [
        "execution.iterations is a list, of 1: what happened in each",
        "compare len(execution.iterations), or what is stored:",
        "  execution.task.iterations",
    ]
    assert comparing.explain("==", [], 2) is None
