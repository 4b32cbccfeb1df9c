"""The reference model: what it refuses where the trace tells it, and what is stored beside the trace."""

import pytest
import stateful_planted as planted
import stateful_services as services

from tasksim import Simulator
from tasksim._model.events import (
    EventAnswered,
    EventStarted,
    LogCreated,
    RecordUpdated,
    RunWasKilled,
    TaskDeleted,
)
from tasksim._model.records import LogRecord
from tasksim.errors import EngineError
from tasksim.stateful._acting import Actor
from tasksim.stateful._broken import Broken
from tasksim.stateful._program import Program
from tasksim.stateful._rules import ask_in_vain

ID = "quick-0001"
NOW = 1_704_067_200_000


@pytest.fixture
def user():
    """Return a user of a service in which a task waits."""
    sim = Simulator(services.ALL, freeze=False, plan=[])
    found = Actor(sim, Program(services.ALL, {"freeze": False}, ()))
    found.trigger("quick", {})
    return found


# --- what is told


STARTED = EventStarted(0, 0, ID, "quick", 1, "first", 0, 10**9)
DELETED = TaskDeleted(0, 0, ID)


def update(task=ID, **changes):
    """Return the update of a task."""
    return RecordUpdated(0, 0, task, "quick", "task.update", 1, 1, changes)


def answered(status, **rest):
    """Return the answer of an event."""
    return EventAnswered(0, 0, ID, {"status": status, **rest})


LOGGED = LogCreated(0, 0, ID, "quick", 1, "log-0001", 1)
BEGUN = update(task_status="running", started_on=NOW, iterations=1)
DONE = update(task_status="success", finished_on=NOW, output={"a": 1})
TOLD = [
    ("The task 'x-0001', which is not there, was changed.", [update("x-0001", name="X")]),
    (
        "The status of 'quick-0001', of which no event was handled, moved from 'pending' to 'success'.",
        [update(task_status="success")],
    ),
    ("The abort of 'quick-0001' stored task_status (A3).", [update(task_status="aborted")]),
    (
        "The log 'log-0001' belongs to the task 'x-0001', which is not there.",
        [LOGGED._replace(task="x-0001")],
    ),
    ("The log 'log-0001' of 'quick-0001' has iteration 7, not 1 (E2).", [LOGGED._replace(iteration=7)]),
    (
        "A log of 'quick-0001', which has none, was changed.",
        [update(items=[], appended=True)._replace(what="log.update")],
    ),
    ("The task 'quick-0001', which is not there, was deleted.", [DELETED, DELETED]),
    ("The clock went back, from 5 ms to 0 ms.", [STARTED._replace(at_ms=5), DELETED]),
    ("An event of 'quick-0001' created 0 logs, not 1 (E2).", [STARTED, BEGUN, answered("done")]),
    (
        "The status of 'quick-0001' moved from 'running' to 'pending'.",
        [STARTED, BEGUN, update(task_status="pending")],
    ),
    (
        "An event of 'quick-0001', which had counted 0 iterations, counted 5 (E4).",
        [STARTED, BEGUN._replace(changes={"iterations": 5})],
    ),
    (
        "The first event of 'quick-0001' did not set it running (E4).",
        [STARTED, update(started_on=NOW, iterations=1)],
    ),
    (
        "An event of 'quick-0001' stored started_on 5, which is not within it (E4).",
        [STARTED, update(task_status="running", started_on=5, iterations=1)],
    ),
    (
        "An event of 'quick-0001' stored finished_on None, which is not within it (S3).",
        [STARTED, BEGUN, update(task_status="success")],
    ),
    (
        "'quick-0001' answered 'done' and is stored as 'running'.",
        [STARTED, BEGUN, LOGGED, answered("done")],
    ),
    (
        "'quick-0001' continued, and its stored input lacks what it gave (S1).",
        [STARTED, BEGUN, LOGGED, answered("continue", input={"x": 1})],
    ),
    (
        "'quick-0001' is done, and its stored output is another (S3).",
        [STARTED, BEGUN, LOGGED, DONE, answered("done", output={"a": 2})],
    ),
]


@pytest.mark.parametrize(("says", "events"), TOLD, ids=range(len(TOLD)))
def test_what_the_rules_do_not_allow_is_refused_where_it_is_told(user, says, events):
    """The first event of a trace that no rule allows is told, and an expression that can be evaluated."""
    with pytest.raises(Broken) as caught:  # noqa: PT012 - the last of them
        for event in events:
            user.model.follow(event)
    assert str(caught.value) == says
    compile("\n".join(caught.value.lines), "lines", "exec")


@pytest.mark.parametrize(
    "events",
    [
        [STARTED, BEGUN, LOGGED, DONE, answered("done", output={"a": 1})],
        [STARTED, BEGUN, RunWasKilled(0, 0, ID, "crash", "event#1"), answered("done")],
        [STARTED, BEGUN, LOGGED, DELETED, answered("done")],
        [LOGGED, LOGGED._replace(log="log-0002", iteration=2)],
    ],
    ids=range(4),
)
def test_what_the_rules_allow_is_followed(user, events):
    """An event that ends well, one that is killed, and one whose task is deleted accuse nobody."""
    for event in events:
        user.model.follow(event)


# --- what is stored


def rename(store):
    """Change a task."""
    store.update_task(ID, {"name": "X"}, NOW)


def forget(store):
    """Remove a task."""
    store.delete_task(ID)


def log_too_much(store):
    """Add a log."""
    store.add_log(LogRecord("log-0009", NOW, NOW, None, "X", ID, 1))


def log_late(store):
    """Change when a log was saved."""
    log = store.newest_log(ID)
    store.update_log(log.id, log.items, NOW + 1)


STORED = [
    (rename, "name of 'quick-0001' is 'X', not 'Quick', though nothing changed it."),
    (forget, "The task 'quick-0001' is gone."),
    (log_too_much, "The log 'log-0009' of 'quick-0001' is stored, and nothing told of it."),
    (log_late, "saved_on of 'log-0001' is '2024-01-01T00:00:00.001Z', not '2024-01-01T00:00:00.000Z'."),
]


@pytest.mark.parametrize(("change", "says"), STORED, ids=lambda each: getattr(each, "__name__", ""))
def test_what_nothing_told_of_is_found(user, change, says):
    """A record that is stored, changed or gone without a word in the trace is told, with its expression."""
    user.call("run_next")
    user.settle()
    change(user.sim._engine.store)
    with pytest.raises(Broken) as caught:
        user.settle()
    assert str(caught.value) == says
    with pytest.raises(AssertionError) as again:
        exec("\n".join(caught.value.lines), {"sim": user.sim})  # noqa: S102 - that is what they are for
    assert str(again.value) == says


def test_seeded_records_are_taken_over(user):
    """Records that a test seeds are as good as others, with their logs."""
    user.sim.seed_records(
        tasks=[{"id": "old-1", "definitionId": "quick", "createdOn": "2023-01-01T00:00:00Z"}],
        logs=[{"id": "old-log", "task": "old-1", "iteration": 1, "items": []}],
    )
    user.settle()
    assert list(user.model.tasks) == ["quick-0001", "old-1"]
    assert list(user.model.logs) == ["old-log"]


# --- what comes out


def test_assertion_of_a_hook_comes_out():
    """An assertion in a hook is a failure, not a refusal; another error there is a refusal (T3)."""

    class Strict(services.Quick):
        def on_before_trigger(self, data):
            assert data["input"], "no input"

    sim = Simulator([Strict], freeze=False, plan=[])
    with pytest.raises(AssertionError, match="no input"):
        Actor(sim, Program([Strict], {}, ())).trigger("quick", {})


def test_refusal_that_no_rule_knows_comes_out(user, monkeypatch):
    """An abort that is refused where none may be comes out as it is."""

    def refuse(*_):
        raise EngineError("No.", "NO", {})

    monkeypatch.setattr(planted.operations, "_abort", refuse)
    with pytest.raises(EngineError, match=r"No\."):
        user.abort(ID, None)


def test_what_never_was_is_asked_for(user):
    """A task that never was and is answered nevertheless is told."""
    ask_in_vain(user, None)
    with planted.BUGS["UnknownTaskIsAnother"].plant(), pytest.raises(Broken, match="a task that never was"):
        ask_in_vain(user, None)
