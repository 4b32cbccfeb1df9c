"""Results, answers, pages, and trace events."""

import pytest

from tasksim._model.events import (
    EVENT_KINDS,
    CheckpointReached,
    EventStarted,
    LogCreated,
    RecordUpdated,
    checkpoint_name,
)
from tasksim._model.pages import Meta, Page
from tasksim._model.recorder import Recorder
from tasksim._model.results import AbortedResult, Answer, ContinueResult, DoneResult, ErrorResult, Result


def test_results_hold_what_they_were_given():
    """Each result is a Result and holds what it was given."""
    results = [
        DoneResult("a", {"n": 1}),
        ContinueResult({"at": 1}, 2.5),
        ErrorResult({"message": "a"}),
        AbortedResult(),
    ]
    assert all(isinstance(result, Result) for result in results)
    done, continued, error, _ = results
    assert (done.message, done.output) == ("a", {"n": 1})
    assert (continued.input, continued.wait) == ({"at": 1}, 2.5)
    assert error.error == {"message": "a"}


@pytest.mark.parametrize(
    ("answer", "json"),
    [
        (Answer("aborted"), {"status": "aborted"}),
        (Answer("done", "a", {"n": 1}), {"status": "done", "message": "a", "output": {"n": 1}}),
        (
            Answer("continue", input={}, wait=1.5, delay=-1),
            {"status": "continue", "input": {}, "wait": 1.5, "delay": -1},
        ),
    ],
)
def test_answers_as_json(answer, json):
    """An answer's JSON has what is set, and makes the answer again."""
    assert answer.to_json() == json
    assert Answer.from_json(json) == answer


def test_page():
    """A page iterates over its own items; its meta counts the whole list."""
    page = Page([1, 2], Meta("c", has_more_items=True, total_count=9))
    assert (list(page), len(page), page.items, page.meta.total_count) == ([1, 2], 2, [1, 2], 9)
    with pytest.raises(AttributeError):
        page.items = []


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("", "task.update", None, 2), "task.update#2"),
        (("export.2", "task.update", None, 1), "export.2:task.update#1"),
        (("", "effect.publish", 'a"é', 1), 'effect.publish["a\\"é"]#1'),
    ],
)
def test_checkpoint_names(parts, name):
    """A checkpoint is named by task, touch, key and number; keys are JSON strings."""
    assert checkpoint_name(*parts) == name


def test_events_that_are_checkpoints():
    """Events that are checkpoints know their names."""
    assert EventStarted(0, 0, "t", "", 3, "first", 0, 9).checkpoint == "event#3"
    assert LogCreated(0, 0, "t", "a.2", 1, "log-0001", 1).checkpoint == "a.2:log.create#1"
    assert RecordUpdated(0, 0, "t", "", "task.update", 2, 5, {}).checkpoint == "task.update#2"
    assert CheckpointReached(0, 0, "t", "", "state.save", None, 1, None).checkpoint == "state.save#1"


def test_kinds_of_events():
    """Every kind of event is known by its name, and begins with number, time and task."""
    assert all(kind.__name__ == name for name, kind in EVENT_KINDS.items())
    assert all(kind._fields[:3] == ("seq", "at_ms", "task") for kind in EVENT_KINDS.values())


def test_recorder():
    """A recorder is a sequence of events, made when it is read, each with its number."""
    recorder = Recorder()
    maker = EVENT_KINDS["TaskDeleted"]
    recorder.add((maker, 5, "a"))
    recorder.add((maker, 6, "b"))
    assert len(recorder) == 2
    assert recorder[0] == maker(0, 5, "a")
    recorder.add((maker, 7, "c"))
    assert len(recorder) == 3
    assert [event.seq for event in recorder] == [0, 1, 2]
    assert recorder[1:] == [maker(1, 6, "b"), maker(2, 7, "c")]
    assert recorder[0] is recorder[0]
