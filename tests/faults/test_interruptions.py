"""Interruptions: at which touches each of them strikes, and what it becomes."""

from types import SimpleNamespace

import pytest

from tasksim import Simulator, UsageError
from tasksim._engine.core import Touch
from tasksim._engine.names import parse_checkpoint
from tasksim._faults.grammar import Fault
from tasksim._faults.injector import Injector
from tasksim._faults.interruptions import QUESTION, At, Every, close_at
from tasksim._faults.plan import Plan, parse


def touch(scope, checkpoint=f"{QUESTION}#1", *, inside=(), write=0):
    """Return a touch, as an event makes it."""
    name = parse_checkpoint(checkpoint)
    engine, life = SimpleNamespace(inside=list(inside)), SimpleNamespace(label=name.task)
    return Touch(engine, life, scope, name.what, name.key, name.n, write)


def strikes(interruption, *touches):
    """Return at which of the touches an interruption strikes, from 1 on."""
    return [n for n, each in enumerate(touches, start=1) if interruption.strikes(each)]


def test_the_fault_that_it_is():
    """An interruption is close_to_timeout at the question that it strikes."""
    assert close_at(touch(object(), f"job.2:{QUESTION}#7")).render() == f"close_to_timeout@job.2:{QUESTION}#7"


def test_every_counts_questions():
    """Of all that an event touches only the question counts, and only what an event touches."""
    one = object()
    touches = [touch(one, "event#1"), touch(None), *[touch(one)] * 2, touch(one, "state.save#1"), touch(one)]
    assert strikes(Every(2), *touches) == [6]


def test_every_strikes_once_an_event():
    """The event after it begins to count anew; in one event it strikes once."""
    one, two = object(), object()
    assert strikes(Every(1), *[touch(one)] * 4, *[touch(two)] * 4) == [2, 6]


def test_every_in_an_event_inside_another():
    """An event that is handled inside another counts for itself; the outer one then goes on counting."""
    outer, inner, last, after = "outer", "inner", "last", "after"
    touches = [
        touch(outer),
        *[touch(inner, inside=[outer])] * 3,
        touch(last, inside=[outer, inner]),
        touch(outer),
        touch(outer),
        touch(after),
    ]
    every = Every(2)
    assert strikes(every, *touches) == [4, 7]
    assert every.asked == {"after": 1}


def test_at_strikes_at_the_next_question():
    """From its checkpoint on the next question strikes, the checkpoint included."""
    one = object()
    touches = [touch(one), touch(one, "state.save#1"), touch(one, f"{QUESTION}#2")]
    assert strikes(At(parse_checkpoint("state.save#1")), *touches) == [3]
    assert strikes(At(parse_checkpoint(f"{QUESTION}#2")), *touches) == [3]


def test_at_counts_writes_of_the_world():
    """write#n is reached by whichever touch is that write."""
    one = object()
    touches = [touch(one, "task.update#1", write=4), touch(one), touch(one, "log.update#1", write=5)]
    assert strikes(At(parse_checkpoint("write#4")), *touches) == [2]
    assert strikes(At(parse_checkpoint("write#5")), *touches) == []


def test_at_ends_with_its_event():
    """An event that does not ask after the checkpoint is not interrupted, nor is the next one."""
    one, two = object(), object()
    at = At(parse_checkpoint("state.save#1"))
    assert strikes(at, touch(one, "state.save#1"), touch(two), touch(one, "state.save#2")) == []
    assert at.why_not() == f"the event that reached 'state.save#1' did not ask {QUESTION} after it"


@pytest.mark.parametrize("other", ["state.save#2", "job.2:state.save#1", "state.get_input#1"])
def test_at_is_one_checkpoint(other):
    """Another number, task or touch is another checkpoint."""
    one = object()
    at = At(parse_checkpoint("state.save#1"))
    assert strikes(at, touch(one, other), touch(one)) == []
    assert at.why_not() == "no event reached 'state.save#1'"


def test_at_outside_of_events():
    """What is touched outside of any event interrupts nothing."""
    at = At(parse_checkpoint("hook.on_before_trigger#1"))
    assert strikes(at, touch(None, "hook.on_before_trigger#1"), touch(object())) == []
    assert at.why_not() == "no event reached 'hook.on_before_trigger#1'"


def test_a_fault_from_then_on_is_never_too_late():
    """A fault that strikes from a checkpoint on can still be planned when that was passed; another cannot."""
    sim = Simulator(builtins=True, freeze=False)
    sim.run("testingRun")
    injector = Injector(Plan())
    (once,), (onwards,) = parse("fail@task.update#1"), parse("fail@task.update#1..")
    injector.add(sim._engine, onwards)
    with pytest.raises(UsageError, match=r"^'fail@task\.update#1' cannot strike any more"):
        injector.add(sim._engine, once)
    assert injector.plan == Plan((onwards,))


def test_the_plan_keeps_its_order():
    """The plan has its faults in the order in which they were planned."""
    sim = Simulator(freeze=False)
    injector = Injector(parse("crash@event#2 abort@event#1"))
    injector.add(sim._engine, Fault("crash", parse_checkpoint("event#1")))
    assert [fault.render() for fault in injector.plan] == ["crash@event#2", "abort@event#1", "crash@event#1"]
