"""Bugs planted in the service: each is found, told in a sentence, and by a program that fails likewise."""

import sys
import warnings

import pytest
import stateful_planted as planted
import stateful_services as services
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tasksim import Limits, Simulator
from tasksim.errors import LimitReached, OutdatedRecordWarning
from tasksim.stateful import task_machine
from tasksim.stateful._acting import Actor
from tasksim.stateful._broken import Broken
from tasksim.stateful._program import Program

DEFAULT = settings(
    max_examples=100,
    stateful_step_count=50,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    report_multiple_bugs=False,
    phases=[Phase.generate],
)
FOUND_AT_ONCE = ("AbortAfterSuccess", "PageThatSkips", "DeleteTakesOthersLogs", "NameLostOnADelay")


def actor():
    """Return a user of a fresh service."""
    sim = Simulator(services.ALL, freeze=False, plan=[])
    return Actor(sim, Program(services.ALL, {"freeze": False}, ()))


def printed_program(error):
    """Return the program that a failed machine printed."""
    printed = "\n".join(error.__notes__)
    return printed.partition("As a program:\n\n")[2].partition("\nExplanation:")[0]


def assert_fails_likewise(program, error):
    """Run a program here, where the bug is planted, and expect the same error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OutdatedRecordWarning)  # a planted bug, noticed by another guard
        with pytest.raises(AssertionError if isinstance(error, Broken) else type(error)) as caught:
            exec(program, {"__name__": "program"})  # noqa: S102 - that is what it is for
    assert str(caught.value) == str(error)


@pytest.fixture(autouse=True)
def _paths(monkeypatch):
    """Let programs change what is imported from where without a trace."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setitem(sys.modules, "services", services)
    del sys.modules["services"]  # programs import it anew, and afterwards it is as it was


@pytest.mark.parametrize("name", planted.BUGS)
def test_bug_is_told(name):
    """The shortest way to a bug ends with the sentence that tells it, and so does its program."""
    bug = planted.BUGS[name]
    with bug.plant():
        user = actor()
        with pytest.raises(Broken) as caught:  # noqa: PT012 - either notices
            bug.acts(user)
            user.settle()
        assert str(caught.value) == bug.says
        assert_fails_likewise(user.program.text(user.sim, caught.value.lines), caught.value)


@pytest.mark.parametrize("name", planted.BUGS)
def test_nothing_is_told_of_the_service_as_it_is(name):
    """Where nothing is planted, the same acts are all right."""
    user = actor()
    planted.BUGS[name].acts(user)
    user.settle()


def find(name, number, profile):
    """Let a machine with default settings look for a bug; return its failure."""
    limits = Limits(events=1000)  # or a run that never ends takes long to say so
    machine = seed(number)(task_machine(services.ALL, profile=profile, freeze=False, limits=limits))
    with planted.BUGS[name].plant():
        with pytest.raises((AssertionError, LimitReached)) as caught:
            run_state_machine_as_test(machine, settings=DEFAULT)
        assert_fails_likewise(printed_program(caught.value), caught.value)
    return caught.value


@pytest.mark.slow
@pytest.mark.parametrize("name", FOUND_AT_ONCE)
def test_machine_finds_bug(name):
    """A machine with default settings finds the bug, and its program fails likewise."""
    assert isinstance(find(name, 0, "documented"), Broken)


@pytest.mark.slow
@pytest.mark.unmeasured
@pytest.mark.parametrize("number", range(1, 5))
@pytest.mark.parametrize("name", [name for name, bug in planted.BUGS.items() if bug.profiles])
def test_machine_finds_bug_whatever_the_seed(name, number):
    """A machine with default settings finds every bug, with each of several seeds.

    Where a task never counts its iterations, the simulator's own limit may be first to say so.
    """
    profiles = planted.BUGS[name].profiles
    found = find(name, number, profiles[number % len(profiles)])
    assert isinstance(found, Broken) or name == "UncountedIteration"
