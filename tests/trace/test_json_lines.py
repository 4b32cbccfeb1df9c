"""Events as JSON lines, and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasksim import Simulator
from tasksim._model import events as e
from tasksim._trace.json_lines import event_from_json, event_from_line, event_to_json, event_to_line
from tasksim.errors import UsageError

ENDED = e.MachineEnded(7, 90_000, "reindex-0001", "Done")
LINE = '{"at_ms":90000,"event":"MachineEnded","seq":7,"state":"Done","task":"reindex-0001"}'

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False, width=32)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
BY_TYPE = {
    int: st.integers(-(2**53), 2**53),
    float: st.integers(0, 10**9) | st.floats(0, 1e9),
    str: st.text(),
    str | None: st.none() | st.text(),
    dict[str, e.Any]: st.dictionaries(st.text(), JSON, max_size=3),
    e.Any: JSON,
}


@st.composite
def any_events(draw):
    """Draw an event of any kind, with any fields of the right types."""
    kind = draw(st.sampled_from(sorted(e.EVENT_KINDS)))
    hints = e.EVENT_KINDS[kind].__annotations__
    resolved = {name: eval(hint.__forward_arg__, vars(e)) for name, hint in hints.items()}  # noqa: S307 - ours
    return e.EVENT_KINDS[kind](**{name: draw(BY_TYPE[hint]) for name, hint in resolved.items()})


def test_an_event_is_its_kind_and_its_fields():
    """An event as JSON names its kind, then each field."""
    assert event_to_json(ENDED) == {
        "event": "MachineEnded",
        "seq": 7,
        "at_ms": 90_000,
        "task": "reindex-0001",
        "state": "Done",
    }


def test_a_line_is_canonical():
    """A line has sorted keys and no space that need not be."""
    assert event_to_line(ENDED) == LINE
    assert event_from_line(LINE) == ENDED


def test_what_was_planned_in_words():
    """What was planned while the simulation was under way is an event like any other."""
    sim = Simulator()
    sim.interrupt_every(2)
    sim.crash_at("event#1")
    assert [event_to_line(event) for event in list(sim.trace)[1:]] == [
        '{"at_ms":0,"event":"FaultPlanned","fault":"interrupt_every(2)","seq":1,"task":""}',
        '{"at_ms":0,"event":"FaultPlanned","fault":"crash@event#1","seq":2,"task":""}',
    ]
    assert [event_from_line(event_to_line(event)) for event in sim.trace] == list(sim.trace)


@given(any_events())
def test_nothing_is_lost(event):
    """Whatever its kind and fields, an event read back is equal, of the same kind, and has the same line."""
    line = event_to_line(event)
    back = event_from_line(line)
    assert type(back) is type(event)
    assert back == event
    assert event_to_line(back) == line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ([1], "An event is a JSON object, not [1]."),
        ({}, "There is no event None."),
        ({"event": []}, "There is no event []."),
        ({"event": "MachineEnd"}, "There is no event 'MachineEnd'. Did you mean 'MachineEnded'?"),
        ({"event": "MachineEnded", "seq": 1}, "The field 'at_ms' of MachineEnded is missing."),
        ({**event_to_json(ENDED), "seq": True}, "The field 'seq' of MachineEnded is True, not an integer."),
        ({**event_to_json(ENDED), "seq": 1.5}, "The field 'seq' of MachineEnded is 1.5, not an integer."),
        ({**event_to_json(ENDED), "state": None}, "The field 'state' of MachineEnded is None, not text."),
        ({**event_to_json(ENDED), "stage": 1}, "MachineEnded has no field 'stage'. Did you mean 'state'?"),
        (
            {**event_to_json(e.EventAnswered(1, 0, "x", {})), "answer": []},
            "The field 'answer' of EventAnswered is [], not an object.",
        ),
        (
            {**event_to_json(e.TaskTriggered(1, 0, "x", "", "d", "n", None, {}, 0)), "parent": 1},
            "The field 'parent' of TaskTriggered is 1, not text or null.",
        ),
        (
            {**event_to_json(e.TaskTriggered(1, 0, "x", "", "d", "n", None, {}, 0)), "delay": "1h"},
            "The field 'delay' of TaskTriggered is '1h', not a number.",
        ),
    ],
)
def test_what_is_no_event_is_refused(value, sentence):
    """A wrong kind, a missing, wrong or unknown field is named, with the way out."""
    with pytest.raises(UsageError) as caught:
        event_from_json(value)
    assert caught.value.sentence == sentence
    assert caught.value.way_out.startswith("Read what Trace.write()")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('{"event": }', "This is not JSON: Expecting value at column 11."),
        ('{"seq": NaN}', "NaN is not JSON."),
        ("[" * 100_000, "This is nested too deep."),
    ],
)
def test_what_is_no_json_is_refused(line, sentence):
    """A line that is not JSON is refused, and the column named."""
    with pytest.raises(UsageError) as caught:
        event_from_line(line)
    assert caught.value.sentence == sentence
