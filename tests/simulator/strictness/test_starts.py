"""Comparing two starts: captured clocks are found, and nothing that honest code does with time."""

# ruff: noqa: DTZ001, DTZ005, DTZ011, S311, PLW0108 - definitions under test look at clocks as users do

import functools
import hashlib
import random
import time
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone

import pytest
from pydantic import BaseModel, Field

from tasksim import Simulator
from tasksim._simulator.strictness.comparing import Told, compare_starts, differences
from tasksim._simulator.strictness.lines import Lines
from tasksim._simulator.strictness.real_time import real_time
from tasksim._simulator.strictness.shifting import SHIFT_MS
from tasksim._simulator.strictness.starts import check_starts

UTC = timezone.utc
START = datetime(2024, 1, 1, tzinfo=UTC)
NOW = datetime.now()
EXPIRES = datetime(2025, 3, 1)
stored_now = datetime.now
partial_now = functools.partial(time.time)


class Stamped(BaseModel):
    at: datetime = Field(default_factory=datetime.utcnow)


class Aware(BaseModel):
    at: datetime = Field(default_factory=functools.partial(datetime.now, UTC))


@dataclass
class Noted:
    at: datetime = field(default_factory=datetime.now)


class Timer:
    clock = staticmethod(time.time)

    def __init__(self, clock=time.time_ns):
        self.read = clock


def by_default(now=time.time):
    """Ask a default argument."""
    return now()


def is_older(now=datetime.now):
    """Compare the simulated time with a captured one."""
    return datetime.now() < now()


TIMER = Timer()


@pytest.fixture(scope="module", autouse=True)
def _one_freeze():
    """Hold one freeze for all simulations here: starting one takes long."""
    with Simulator():
        yield


@pytest.fixture
def tell_of(define):
    """Return what makes, of a run, what runs it from a start moved by so many milliseconds."""

    def make(run, *, input=None, start=START):
        def tell(shift_ms=0):
            sim = Simulator([define(run)], start=start + timedelta(milliseconds=shift_ms))
            lines = Lines(sim._engine)
            is_whole = True
            with sim:
                try:
                    sim.run("reindex", input=input)
                except AssertionError:
                    is_whole = False
            return [Told(sim._engine.events, lines, is_whole)]

        return tell

    return make


@pytest.fixture
def check(tell_of):
    """Return what checks a run, or the call whose answer it stores, from start to start."""

    def check_it(call, *, run=None, **options):
        def store(controller):
            return controller.response.done(output={"value": call()})

        tell = tell_of(run or store, **options)
        return check_starts(tell(), tell)

    return check_it


CAPTURED = {
    "default argument": by_default,
    "pydantic": lambda: Stamped().at.isoformat(),
    "aware": lambda: str(Aware().at),
    "dataclass": lambda: str(Noted().at),
    "class attribute": lambda: Timer.clock(),
    "constructor": lambda: TIMER.read() // 1_000_000,
    "partial": lambda: partial_now(),
    "milliseconds": lambda: int(partial_now() * 1000),
    "whole seconds in a text": lambda: f"report-{int(partial_now())}.csv",
    "constant": lambda: NOW.isoformat(),
    "day": lambda: str(NOW.date()),
    "day in German": lambda: NOW.strftime("%d.%m.%Y"),
    "short day": lambda: NOW.strftime("%d.%m.%y"),
    "day in American": lambda: NOW.strftime("%m/%d/%Y"),
    "compact": lambda: NOW.strftime("%Y%m%d-%H%M%S"),
    "day in words": lambda: NOW.strftime("%d %b %Y"),
    "RFC 2822": lambda: stored_now().strftime("%a, %d %b %Y %H:%M:%S"),
    "nested": lambda: [{"rows": [1, str(NOW)]}],
    "key": lambda: {str(NOW): 1},
    "age": lambda: (datetime.now() - NOW).total_seconds(),
    "age in days": lambda: (datetime.now() - NOW).days,
    "age in a text": lambda: f"{(datetime.now() - NOW).days} days ago",
    "time left": lambda: (NOW - datetime.now()).total_seconds(),
}


@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow")
def test_captured_clocks_are_found(tell_of):
    """Each value that is real time, or counts from it, however it is written, is found by itself."""

    def run(controller):
        return controller.response.done(output={name: {"it": call()} for name, call in CAPTURED.items()})

    tell = tell_of(run)
    found = differences(tell()[0], tell(SHIFT_MS)[0], real_time())
    is_real = {at.path.split(".")[2].split(",")[0]: at.is_real for at in found if at.path.startswith("data.")}
    assert is_real == dict.fromkeys(CAPTURED, True)


def test_a_captured_clock_is_told_with_its_line(check):
    """The message names the place, both values and times, the user's line, and what to do."""
    error = check(by_default)
    assert error.sentence.startswith(
        "data.output.value in response.done#1 of 'reindex-0001', event 1 comes from a clock that the "
        "simulation does not move: "
    )
    assert error.sentence.endswith(", at 2024-01-01T00:00:00.000Z.")
    line, other = error.facts
    assert line.startswith("test_starts.py:")
    assert line.endswith('in store: return controller.response.done(output={"value": call()})')
    assert other.startswith("begun at another time it was ")
    assert other.endswith(", at 2052-01-01T00:00:00.000Z")
    assert "a default argument (now=time.time)" in error.way_out


@pytest.mark.parametrize(
    "run",
    [
        lambda controller: getattr(controller.response, "error" if is_older() else "done")("Message."),
        lambda controller: controller.response.done(output={"old": is_older()}),
        lambda controller: controller.response.done("old" if is_older() else "new"),
        lambda controller: (
            [controller.logger.info("x") for _ in range(1 + is_older())] and controller.response.done()
        ),
    ],
    ids=["answer", "flag", "word", "more events"],
)
def test_what_is_compared_with_a_captured_clock_is_found(check, run):
    """Code that only branches on a captured clock does something else just before and just after today."""
    found = check(None, run=run)
    assert "depends on real time: it changes when the simulation passes today" in found.sentence
    assert any(fact.startswith("test_starts.py:") for fact in found.facts)
    assert [fact[:5] for fact in found.facts[:2]] == ["at 20", "at 20"]


DIFFERENT = {
    "no seed": lambda: random.Random().random(),
    "hash of a clock": lambda: hashlib.sha256(str(stored_now()).encode()).hexdigest(),
    "counter": functools.partial(next, iter(range(99))),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_differs_between_two_runs_is_found(check, name):
    """What is no time at all and differs from run to run says so."""
    found = check(DIFFERENT[name])
    assert "data.output.value" in found.sentence
    assert "differs between two runs of the same" in found.sentence
    assert "randomness without a seed" in found.way_out


HONEST = {
    "ISO": lambda: datetime.now().isoformat(),
    "aware ISO": lambda: datetime.now(UTC).isoformat(),
    "seconds": lambda: time.time(),
    "milliseconds": lambda: int(time.time() * 1000),
    "nanoseconds": lambda: str(time.time_ns()),
    "fractions": lambda: time.time() + 0.123_456,
    "fractions in a text": lambda: f"at {time.time() + 0.123_456}",
    "later": lambda: time.time() + 90 * 86_400,
    "a later day": lambda: str(date.today() + timedelta(days=90)),
    "German": lambda: datetime.now().strftime("%d.%m.%y"),
    "English": lambda: datetime.now().strftime("%A, %d %B %Y, week %V, day %j"),
    "number of a day": lambda: int(datetime.now().strftime("%Y%m%d")),
    "number of a month": lambda: datetime.now().year * 12 + datetime.now().month,
    "ordinal": lambda: date.today().toordinal(),
    "year": lambda: date.today().year,
    "age": lambda: (datetime.now() - datetime(1980, 2, 29)).days,
    "exact age": lambda: (datetime.now() - datetime(1980, 2, 29)).total_seconds(),
    "time left": lambda: (EXPIRES - datetime.now()).total_seconds(),
    "whether it is over": lambda: datetime.now() > EXPIRES,
    "hash": lambda: hashlib.sha256(datetime.now().isoformat().encode()).hexdigest(),
    "sorted among fixed days": lambda: sorted(["2030-01-01", str(date.today())]),
    "key": lambda: {str(date.today()): 1},
    "name of a file": lambda: f"report-{time.time()}-{datetime.now():%Y-%m-%d}.csv",
    "seeded": lambda: random.random(),
    "looked up through a module's name": lambda: str(Looked().at),
    "version": lambda: "24.1.2 or 10.0.0.1",
}


@dataclass
class Looked:
    at: datetime = field(default_factory=lambda: datetime.now())


def test_honest_code_passes(check):
    """Times of the simulation pass however they are written, and so does what counts from a fixed day."""
    assert check(lambda: {name: call() for name, call in HONEST.items()}) is None


def test_waiting_for_a_fixed_day_passes(check):
    """A wait until a day that one start is before and the other after is no finding."""

    def run(input, controller):
        if not input.get("waited"):
            return controller.response.continue_({"waited": True}, until=EXPIRES.replace(tzinfo=UTC))
        return controller.response.done(output={"at": datetime.now().isoformat()})

    assert check(None, run=run) is None


def test_time_that_passes_in_the_simulation_passes(check):
    """Values carried from iteration to iteration are those of the simulation still."""

    def run(input, controller):
        began = input.get("began") or time.time()
        if time.time() - began < 300:
            controller.logger.info(
                f"began {datetime.fromtimestamp(began, UTC)}", {"ago": time.time() - began}
            )
            return controller.response.continue_({"began": began}, seconds=90)
        task = controller.state.get_task()
        return controller.response.done(output={"created": task.created_on.isoformat(), "began": began})

    assert check(None, run=run) is None


def test_a_day_that_the_test_gave_is_no_clock(check):
    """Today's date in the input that a test hands over, and wherever it comes from there, is the test's."""
    today = str(NOW.date())
    assert check(lambda: f"for {today}", input={"day": today}) is None
    assert check(lambda: f"for {today}") is not None


def test_a_start_near_now_passes(check):
    """Where the simulation itself is at real time, its values are no captured ones."""
    today = stored_now(UTC).replace(microsecond=0)
    assert check(lambda: datetime.now().isoformat(), start=today) is None
    assert check(lambda: NOW.isoformat(), start=today) is not None


@pytest.mark.parametrize(
    ("call", "times"),
    [
        (lambda: 1, 1),
        (by_default, 1),
        (lambda: random.Random().random(), 2),
        (lambda: datetime.now() > EXPIRES, 5),
    ],
    ids=["same", "real time", "different", "fixed day"],
)
def test_only_what_differs_is_run_more_than_twice(tell_of, call, times):
    """Most simulations are run once more; unexplained differences at most five times."""

    def rerun(shift_ms):
        reruns.append(shift_ms)
        return tell(shift_ms)

    reruns = []
    tell = tell_of(lambda controller: controller.response.done(output={"value": call()}))
    check_starts(tell(), rerun)
    assert len(reruns) == times
    assert all(shift_ms % (7 * 86_400_000) == 0 for shift_ms in reruns)


@pytest.mark.parametrize("value", [lambda: str(datetime.now()), lambda: str(NOW)], ids=["honest", "captured"])
def test_a_rerun_that_failed_is_compared_as_far_as_it_went(check, value):
    """A test whose assertions hold for one start only is no finding, but what it did before may be."""

    def run(controller):
        controller.logger.info("at", {"value": value()})
        assert datetime.now().year == 2024
        return controller.response.done()

    found = check(None, run=run)
    assert found is None or "data.data.value in logger.info#1" in found.sentence
    assert (found is None) == ("NOW" not in value.__code__.co_names)


def test_nothing_after_a_failure_is_compared(tell_of):
    """Where a rerun ended early, or by an assertion in a task, there is nothing more to compare."""

    def run(controller):
        controller.logger.info("at")
        assert datetime.now().year == 2024
        return controller.response.done()

    tell = tell_of(run)
    whole, ended = tell()[0], tell(SHIFT_MS)[0]
    short = Told(whole.events[:5], is_whole=False)
    assert (whole.is_whole, ended.is_whole) == (True, False)
    assert compare_starts(whole, ended, real_time()) is None
    assert compare_starts(whole, short, real_time()) is None
    assert compare_starts(whole, ended._replace(is_whole=True), real_time()).second == "Noted"
    assert compare_starts(whole, short._replace(is_whole=True), real_time()) is not None


def test_a_simulation_that_was_not_made_again_is_not_compared(define):
    """A rerun that failed before its simulation was made leaves nothing to compare."""
    with Simulator([define(lambda controller: controller.response.done())]) as sim:
        sim.run("reindex")
    assert check_starts([Told(sim._engine.events)], lambda shift_ms: []) is None


def test_an_event_too_many_is_named(define):
    """A simulation that goes on differs at its first event too many."""
    with Simulator([define(lambda controller: controller.response.done())]) as sim:
        sim.run("reindex")
    whole = Told(sim._engine.events[:])
    found = check_starts([Told(sim._engine.events[:-1])], lambda shift_ms: [whole])
    assert found.sentence.startswith(
        "What happens at MachineEnded of 'reindex-0001' differs between two runs of the same: nothing, then "
        "'MachineEnded'"
    )


def test_lines_change_nothing(define):
    """The trace with lines is the trace without, and lines of what was taken back are forgotten."""

    def run(controller):
        controller.logger.info("a")
        return controller.response.done()

    def make():
        sim = Simulator([define(run)])
        return sim, Lines(sim._engine)

    sim, lines = make()
    sim.run("reindex")
    plain = Simulator([define(run)])
    plain.run("reindex")
    assert sim.trace == plain.trace
    at = next(event.seq for event in sim.trace if getattr(event, "what", "") == "logger.info")
    assert lines.of(at).endswith('in run: controller.logger.info("a")')
    assert lines.of(0) is None
