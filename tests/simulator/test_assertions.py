"""Assertions about how a task ended: what passes, what fails, and what the failure says."""

import asyncio
import pickle
import re
import sys

import pytest

from tasksim import UsageError, assert_aborted, assert_done, assert_failed
from tasksim._simulator.assertions import MISSING, differences
from tasksim._simulator.endings import explained, last_lines, log_lines


def done(controller):
    """Answer done, with an output."""
    return controller.response.done("Done.", {"n": 1, "rows": [{"id": "a"}]})


def failing(input, controller):
    """Log, then fail with code and data."""
    controller.logger.info("Looking.", {"at": 1})
    error = LookupError("No index.")
    error.code = "NO_INDEX"
    error.data = {"n": 1}
    raise error


def aborting(controller):
    """Answer aborted, if asked to."""
    return controller.response.aborted() if controller.runtime.is_aborted() else controller.response.done()


def waiting(controller):
    """Continue in a minute."""
    return controller.response.continue_({}, seconds=60)


def message_of(assertion, *arguments, **expected):
    """Return the lines of the assertion's message, source lines without their number."""
    with pytest.raises(AssertionError) as caught:
        assertion(*arguments, **expected)
    assert type(caught.value) is AssertionError
    return re.sub(r"(test_assertions\.py):\d+", r"\1:N", str(caught.value)).splitlines()


def facts_of(assertion, *arguments, **expected):
    """Return the sentence and the facts before the log."""
    lines = message_of(assertion, *arguments, **expected)
    return lines[: next(at for at, line in enumerate(lines) if line.startswith("  log:"))]


# --- assert_done


def test_done(world):
    """A task that ended in success passes, with its output or without asking for it."""
    execution = world(done).run("reindex")
    assert assert_done(execution) is None
    assert_done(execution, output={"n": 1.0, "rows": [{"id": "a"}]})
    assert_done(world(lambda controller: controller.response.done()).run("reindex"), output=None)


def test_done_of_a_failed_task(world):
    """The message has the error, the user's lines, the log and the timeline; its cause is the original."""
    execution = world(failing).run("reindex")
    lines = message_of(assert_done, execution)
    assert lines[:14] == [
        "The task 'reindex-0001' is 'failed', not 'success'.",
        "  error: No index. (NO_INDEX)",
        "  error data: {'n': 1}",
        "  raised: LookupError",
        "    test_assertions.py:N in failing: raise error",
        "  machine: Error, after 1 iteration",
        "  log:",
        "    iteration 1",
        '      info   Looking.  {"at": 1}',
        '      error  No index.  {"code": "NO_INDEX", "data": {"n": 1}}',
        "  timeline:",
        "    time       what happened, and what was answered or given",
        '    00:00.000  triggered  reindex-0001 "Reindex"',
        "    00:00.000  iteration 1  input {}",
    ]
    assert lines[-1] == '    reindex-0001  failed  1 iteration  00:00.000  "No index."'
    with pytest.raises(AssertionError) as caught:
        assert_done(execution)
    assert caught.value.__cause__ is execution.exception
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301 - our own


def test_done_of_another_output(world):
    """What differs is listed by its path: what is there, and what was expected."""
    expected = {"n": True, "rows": [{"id": "b"}, {}], "more": None}
    lines = facts_of(assert_done, world(done).run("reindex"), output=expected)
    assert lines == [
        "The output of the task 'reindex-0001' is not the one expected.",
        "  output.n is 1, expected True",
        "  len(output.rows) is 1, expected 2",
        "  output.rows[0].id is 'a', expected 'b'",
        "  output.rows[1] is missing, expected {}",
        "  output.more is missing, expected None",
        "  machine: Done, after 1 iteration",
    ]
    assert facts_of(assert_done, world(done).run("reindex"), output=None)[1] == (
        "  output is {'n': 1, 'rows': [{'i..., expected None"
    )


def test_difference_of_long_values(world):
    """A difference stays on its line: long values are cut, and of a long path the end is shown."""
    key = "k" * 100
    execution = world(lambda controller: controller.response.done(output={key: [{"a": "x" * 99}]})).run(
        "reindex"
    )
    assert facts_of(assert_done, execution, output={key: [{"a": "\u2603" * 99}]})[1] == (
        "  ...kkkkkkkkkkkkkkkkkkkkkkk[0].a is 'xxxxxxxx..., expected '\\u2603\\u..."
    )


def test_many_differences(world):
    """Of many differences eight lines are shown, the last of which says how many there are."""
    execution = world(lambda controller: controller.response.done(output={"n": list(range(100))})).run(
        "reindex"
    )
    lines = facts_of(assert_done, execution, output={"n": [-1] * 100})
    assert lines[1:9] == [
        *(f"  output.n[{at}] is {at}, expected -1" for at in range(7)),
        "  ... and 93 more",
    ]


def test_done_of_an_output_that_is_not_json(world):
    """An expected output that no task could have is refused, with its path."""
    with pytest.raises(UsageError) as caught:
        assert_done(world(done).run("reindex"), output={"rows": ({"id": "a"},)})
    assert str(caught.value).startswith("output.rows is a tuple")


# --- assert_failed


def test_failed(world):
    """A failed task passes, with those parts of its error that are asked for."""
    execution = world(failing).run("reindex")
    assert assert_failed(execution) is None
    assert_failed(execution, message="No index.", code="NO_INDEX", data={"n": 1.0})
    assert_failed(world(lambda controller: controller.response.error("No.")).run("reindex"), data=None)


def test_failed_with_another_error(world):
    """Each part that differs is told."""
    lines = facts_of(assert_failed, world(failing).run("reindex"), message="No.", code="NO", data={"n": True})
    assert lines[:4] == [
        "The error of the task 'reindex-0001' is not the one expected.",
        "  error.message is 'No index.', expected 'No.'",
        "  error.code is 'NO_INDEX', expected 'NO'",
        "  error.data.n is 1, expected True",
    ]
    without = world(lambda controller: controller.response.error("No.")).run("reindex")
    assert facts_of(assert_failed, without, code="NO")[1] == "  error.code is None, expected 'NO'"


def test_failed_of_a_task_that_succeeded(world):
    """A task that succeeded fails the assertion, without a cause."""
    execution = world(done).run("reindex")
    with pytest.raises(AssertionError, match="The task 'reindex-0001' is 'success', not 'failed'") as caught:
        assert_failed(execution)
    assert caught.value.__cause__ is None


# --- assert_aborted


def test_aborted(world):
    """An aborted task passes; another says who it is that has ended how."""
    sim = world(aborting)
    task = sim.tasks.trigger("reindex")
    sim.tasks.abort(task, message="Enough.")
    sim.run_until_idle()
    execution = sim.execution(task)
    assert assert_aborted(execution) is None
    lines = facts_of(assert_done, execution)
    assert lines[:2] == ["The task 'reindex-0001' is 'aborted', not 'success'.", "  aborted: 'Enough.'"]
    assert facts_of(assert_aborted, sim.run("reindex")) == [
        "The task 'reindex-0002' is 'success', not 'aborted'.",
        "  machine: Done, after 1 iteration",
    ]


# --- why a task is where it is


def test_task_that_has_not_begun(world):
    """A task that nobody ran yet says what runs it."""
    sim = world(done)
    assert facts_of(assert_done, sim.execution(sim.tasks.trigger("reindex"))) == [
        "The task 'reindex-0001' is 'pending', not 'success'.",
        "  machine: it has not begun",
        "  next event: due now; sim.run_until_idle() handles it",
    ]


def test_task_that_waits(world):
    """A task that waits says until when."""
    sim = world(waiting)
    task = sim.tasks.trigger("reindex")
    sim.run_next()
    assert facts_of(assert_done, sim.execution(task))[1:] == [
        "  machine: Waiter, after 1 iteration",
        "  next event: due 2024-01-01T00:01:00Z, in 1m; sim.run_until_idle()",
        "    handles it",
    ]


@pytest.mark.parametrize(
    ("settings", "killed"),
    [
        (
            {"plan": "crash@response.done#1"},
            "by the planned fault crash@response.done#1",
        ),
        ({"tick": "4m"}, "by a timeout at response.done#1"),
    ],
)
def test_task_that_was_killed(world, settings, killed):
    """A task whose run was killed says by what, where, and that nobody calls it again."""
    assert facts_of(assert_done, world(done, settings=settings).run("reindex")) == [
        "The task 'reindex-0001' is 'running', not 'success'.",
        f"  killed: {killed}",
        "  machine: UnknownError, after 1 iteration; nobody calls it again",
    ]


def test_deleted_task(world):
    """A task that is gone is told from what the trace has."""
    sim = world(done)
    execution = sim.run("reindex")
    sim.tasks.delete_task(execution)
    lines = message_of(assert_done, execution)
    assert lines[:2] == ["The task 'reindex-0001' is 'deleted', not 'success'.", "  machine: Done"]
    assert "timeline:" in lines[5]


@pytest.mark.skipif(sys.version_info < (3, 11), reason="there are no groups of exceptions before 3.11")
def test_group_of_exceptions(world):
    """Of a group of exceptions the first is told, with its lines, and how many there are more."""

    async def fail():
        raise LookupError("No index.")

    async def run():
        async with asyncio.TaskGroup() as group:
            group.create_task(fail())
            group.create_task(fail())

    assert facts_of(assert_done, world(run).run("reindex"))[1:] == [
        "  error: unhandled errors in a TaskGroup (2 sub-exceptions)",
        "  raised: ExceptionGroup",
        "  in it: LookupError: No index. (and 1 more)",
        '    test_assertions.py:N in fail: raise LookupError("No index.")',
        "  machine: Error, after 1 iteration",
    ]


def test_without_a_trace(world):
    """Without a trace the message has what is stored, and says what is missing."""
    execution = world(failing, settings={"trace": False}).run("reindex")
    assert message_of(assert_done, execution)[1:] == [
        "  error: No index. (NO_INDEX)",
        "  error data: {'n': 1}",
        "  raised: LookupError",
        "    test_assertions.py:N in failing: raise error",
        "  machine: Error, after 1 iteration",
        "  log:",
        "    iteration 1",
        '      info   Looking.  {"at": 1}',
        '      error  No index.  {"code": "NO_INDEX", "data": {"n": 1}}',
        "  timeline: none, the simulation was made with trace=False",
    ]


def test_task_without_logs(world):
    """A task whose logs are not stored says so."""
    execution = world(failing, disable_database_logs=True).run("reindex")
    assert "  log: nothing was stored" in message_of(assert_done, execution)


# --- bounds


@pytest.mark.slow
@pytest.mark.parametrize("character", ["x", "\N{SNOWMAN}", "\n", "\x1b[31m", "\udc80"])
def test_message_is_bounded(world, character):
    """However long the simulation and its texts are: at most 40 lines of 72 columns in ASCII."""

    def run(input, controller):
        for at in range(30):
            controller.logger.info(f"Item {at}. " + character.replace("\udc80", "y") * 500, {"at": [at] * 99})
        if len(input) < 9:
            return controller.response.continue_({**input, f"k{len(input)}": 1})
        return deep(9)

    def deep(n):
        if n:
            return deep(n - 1)
        error = ValueError(character * 3_000)
        error.data = {"n": character * 3_000}
        raise error

    execution = world(run).run("reindex")
    lines = message_of(assert_done, execution, output=None)
    assert len(lines) == 40
    assert max(map(len, lines)) <= 72
    text = "\n".join(lines)
    assert text.isascii()
    assert all(line.isprintable() for line in lines)
    assert re.search(r"\n  raised: ValueError\n    test.*in run: .*\n    \.\.\. 7 more\n", text)
    assert re.search(r"\n  log:\n    \.\.\. \d+ earlier lines\n", text)
    assert re.search(r"\n  timeline:\n    \.\.\. \d+ earlier lines\n", text)


def test_last_lines():
    """The last lines are kept; the first says how many are not, among them blank ones."""
    assert last_lines(["a", "b"], 2) == ["a", "b"]
    assert last_lines(["a", "b", "c"], 2) == ["... 2 earlier lines", "c"]
    assert last_lines(["a", "b", "", "c"], 3, "; see x") == ["... 3 earlier lines; see x", "c"]


def test_log_lines(world):
    """Logs are told by iteration, with the task if asked for; events that wrote nothing are not."""
    sim = world(waiting)
    task = sim.tasks.trigger("reindex")
    for _ in range(2):
        sim.run_next()
    logs = sim.execution(task).logs
    assert log_lines(logs, width=80, most=9, tasks=True) == [
        "reindex-0001, iteration 1",
        "  info   Task continuing.  {}",
        "reindex-0001, iteration 2",
        "  info   Task continuing.  {}",
    ]
    assert log_lines(logs, width=20, most=2) == ["... 3 earlier lines", "  info   Task con..."]
    assert log_lines([], width=80, most=9) == []


def test_error_items_tell_what_the_message_does_not(world):
    """Beside an item's message stands what else its error says, without the stack."""

    def run(controller):
        controller.logger.error("Odd.", "text")
        controller.logger.error("Bad.", {"message": "Worse.", "code": "C", "stack": "s"})
        controller.logger.error("Same.", {"message": "Same.", "code": None})
        return controller.response.done()

    logs = world(run).run("reindex").logs
    assert log_lines(logs, width=80, most=9)[1:4] == [
        '  error  Odd.  "text"',
        '  error  Bad.  {"message": "Worse.", "code": "C"}',
        "  error  Same.",
    ]


def test_explained_inside_an_event(world):
    """A task can be explained while one of its events is handled."""
    seen = []

    def run(controller):
        seen.extend(explained(sim.execution("reindex-0001")))
        return controller.response.done()

    sim = world(run)
    sim.run("reindex")
    assert seen[0] == "machine: Run, after 1 iteration"


# --- differences


@pytest.mark.parametrize(
    ("got", "expected", "found"),
    [
        ({"a": 1}, {"a": 1.0}, []),
        (True, 1, [("x", True, 1)]),
        ([1, True], [1, 1], [("x[1]", True, 1)]),
        ({"a b": 1, "c": 2}, {"c": 3}, [("x.c", 2, 3), ("x['a b']", 1, MISSING)]),
        ([], [None], [("len(x)", 0, 1), ("x[0]", MISSING, None)]),
        ({"a": [{"b": None}]}, {"a": [{}]}, [("x.a[0].b", None, MISSING)]),
        ({}, [], [("x", {}, [])]),
        (None, {}, [("x", None, {})]),
    ],
)
def test_differences(got, expected, found):
    """Values are compared as JSON, path by path."""
    assert list(differences(got, expected, "x")) == found


# --- wrong arguments


@pytest.mark.parametrize("assertion", [assert_done, assert_failed, assert_aborted])
def test_no_execution(world, assertion):
    """What is no execution is refused, with the way to one."""
    sim = world(done)
    task = sim.run("reindex").task
    name = f"{assertion.__name__}()"
    way_out = "  Pass what sim.run() returned, or sim.execution(task)."
    for given, got in (
        (task, "the Task 'reindex-0001', which stays as it was when it was read"),
        ("reindex-0001", "the text 'reindex-0001'"),
        (None, "None"),
        (3, "3, which is no execution"),
    ):
        with pytest.raises(UsageError) as caught:
            assertion(given)
        assert str(caught.value) == f"{name} got {got}.\n{way_out}"


def test_coroutine(world):
    """A coroutine is closed and refused: nothing of a simulator is awaited."""

    async def run():
        return world(done).run("reindex")

    coroutine = run()
    with pytest.raises(UsageError) as caught:
        assert_done(coroutine)
    assert str(caught.value) == (
        "assert_done() got a coroutine.\n"
        "  Pass what sim.run() returned, or sim.execution(task). Both are plain functions."
    )
    assert coroutine.cr_frame is None
