"""The trace as a sequence, its parts, its file."""

from hashlib import sha256

import pytest

from tasksim._model import events as e
from tasksim._trace.stream import Trace
from tasksim.errors import UsageError

EVENTS = [
    e.TaskTriggered(0, 0, "a-1", "", "a", "A", None, {}, 0),
    e.EventStarted(1, 0, "a-1", "", 1, "first", 0, 900_000),
    e.LogCreated(2, 0, "a-1", "", 1, "log-1", 1),
    e.RecordUpdated(3, 0, "a-1", "", "task.update", 1, 1, {"iterations": 1}),
    e.TaskTriggered(4, 5, "b-2", "b.1", "b", "B", "a-1", {}, 0),
    e.CheckpointReached(5, 9, "b-2", "b.1", "effect.send", 'to "x"', 1, None),
    e.FaultFired(6, 61_000, "b-2", "crash@b.1:sleep#1", "b.1:sleep#1"),
    e.RunWasKilled(7, 61_000, "b-2", "crash", "b.1:sleep#1"),
]


@pytest.fixture
def trace():
    """A trace of two tasks."""
    return Trace(EVENTS)


def test_is_a_sequence(trace):
    """Length, order, indices and slices are those of the events."""
    assert len(trace) == 8
    assert list(trace) == EVENTS
    assert trace[0] == EVENTS[0]
    assert trace[-1] == EVENTS[-1]
    assert trace[1:3] == EVENTS[1:3]
    assert EVENTS[2] in trace


def test_is_live():
    """What happens after the trace was made is seen."""
    events = list(EVENTS[:1])
    trace = Trace(events)
    events.append(EVENTS[1])
    assert len(trace) == 2


def test_of_a_task(trace):
    """The events of one task, in order; of an unknown one there are none."""
    assert trace.of("b-2") == EVENTS[4:]
    assert trace.of("c-3") == []


def test_of_kinds(trace):
    """Kinds are given as classes or by their names, and keep the order of events."""
    assert trace.kinds("RunWasKilled", e.TaskTriggered) == [EVENTS[0], EVENTS[4], EVENTS[7]]
    assert trace.kinds() == []


def test_an_unknown_kind_is_refused(trace):
    """A misspelt kind is an error that names the nearest."""
    with pytest.raises(
        UsageError, match=r"no event 'TaskTrigered'\. Did you mean 'TaskTriggered'\?"
    ) as caught:
        trace.kinds("TaskTrigered")
    assert "TaskAborted" in caught.value.way_out


def test_checkpoints_are_those_reached(trace):
    """Checkpoints have the names that plans use; one before which the run was killed was not reached."""
    assert trace.checkpoints() == [
        "event#1",
        "log.create#1",
        "task.update#1",
        'b.1:effect.send["to \\"x\\""]#1',
    ]
    assert trace.checkpoints("a-1") == ["event#1", "log.create#1", "task.update#1"]


def test_repr_is_short(trace):
    """The repr counts events and tasks, and says until when."""
    assert repr(trace) == "<Trace: 8 events, 2 tasks, until 01:01.000>"
    assert repr(Trace(EVENTS[:1])) == "<Trace: 1 event, 1 task, until 00:00.000>"
    assert repr(Trace([])) == "<Trace: no events>"


def test_a_trace_that_is_not_kept_says_so():
    """With tracing switched off the trace is empty, and repr and timeline say why."""
    trace = Trace(None)
    assert list(trace) == []
    assert trace.checkpoints() == []
    assert repr(trace) == "<Trace: not kept, the simulation was made with trace=False>"
    assert trace.text(60) == (
        "This simulation was made with trace=False: nothing of what\nhappened was kept.\n"
    )


def test_equality_is_that_of_events(trace):
    """Traces are equal if their events are; kinds count, and 1 is not True."""
    assert trace == Trace(tuple(EVENTS))
    assert trace != Trace(EVENTS[:-1])
    assert trace != EVENTS
    assert Trace([e.MachineEnded(0, 0, "x", "Done")]) != Trace([e.Noted(0, 0, "x", "Done")])
    answers = [
        Trace([e.CheckpointReached(0, 0, "x", "", "user.q", None, 1, data)]) for data in (1, True, 1.0)
    ]
    assert answers[0] != answers[1]
    assert answers[0] == answers[2]


def test_cannot_be_hashed(trace):
    """What is live has no hash; sha256() is of the present moment."""
    with pytest.raises(TypeError, match="unhashable"):
        hash(trace)


def test_sha256_is_stable(trace):
    """The hash of these events is this one, on any machine and Python."""
    assert trace.sha256() == "88e6b8c66b4807b9400d83a697d0e9c7bf340c776bf3d9f22b0a90561c7604b6"
    assert Trace([]).sha256() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_a_file_gives_back_what_was_written(trace, tmp_path):
    """A trace that was written to a file is read back equal, from a path of either kind."""
    trace.write(tmp_path / "trace.jsonl")
    assert Trace.read(str(tmp_path / "trace.jsonl")) == trace
    assert (tmp_path / "trace.jsonl").read_bytes() == trace.to_jsonl().encode()


def test_lines_may_be_given_one_by_one(trace):
    """JSON lines are read from text or from any iterable of lines; blank lines do not count."""
    lines = trace.to_jsonl().split("\n")
    assert Trace.from_jsonl(["", *(line + "\r\n" for line in lines)]) == trace


def test_line_separators_inside_text_survive():
    """Separators that str.splitlines() knows do not end a JSON line."""
    trace = Trace([e.Noted(0, 0, "", "a\u2028b\x85c\x1cd\ne")])
    assert Trace.from_jsonl(trace.to_jsonl()) == trace


def test_lone_surrogates_are_kept(tmp_path):
    """Text that UTF-8 has no bytes for is written as JSON's escapes, hashed, and read back as it was."""
    trace = Trace([e.Noted(0, 0, "", "\ud83d alone, \u00e4 not"), e.Noted(1, 0, "", "\u00e4")])
    trace.write(tmp_path / "trace.jsonl")
    assert Trace.read(tmp_path / "trace.jsonl") == trace
    assert trace.to_jsonl().splitlines()[1] == '{"at_ms":0,"event":"Noted","seq":1,"task":"","text":"\u00e4"}'
    assert trace.sha256() == sha256(trace.to_jsonl().encode()).hexdigest()


def test_a_wrong_line_is_named(trace):
    """An error names the line by its number, shows it, and tells the way out."""
    text = trace.to_jsonl() + '\n{"event":"Noted","seq":"8"}\n'
    with pytest.raises(UsageError) as caught:
        Trace.from_jsonl(text)
    assert str(caught.value).splitlines() == [
        "Line 10 of the trace cannot be read. The field 'seq' of Noted is '8', not an integer.",
        '  line 10: {"event":"Noted","seq":"8"}',
        "  Read what Trace.write() or Trace.to_jsonl() of this version wrote, unchanged.",
    ]


def test_a_file_that_is_no_text_is_refused(tmp_path):
    """A file that is not UTF-8 is an error that names the line."""
    (tmp_path / "trace.jsonl").write_bytes(b"\n\n\xff")
    with pytest.raises(UsageError, match="Line 3 of the trace is not UTF-8"):
        Trace.read(tmp_path / "trace.jsonl")
