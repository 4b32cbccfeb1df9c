"""The owner of a world: one thread, to which everything is handed over."""

import asyncio
import threading
import time
from concurrent.futures import CancelledError

import pytest

from tasksim import EngineError, Limits, Simulator, UsageError, create_task_definition
from tasksim.graphql._serving import goals
from tasksim.graphql._serving import owner as owner_module
from tasksim.graphql._serving.journal import changes_of
from tasksim.graphql._serving.owner import Owner
from tasksim.graphql._serving.pace import parse_pace

SECONDS = 20


def step(input, controller):
    """Take as many minutes as the input says, one a time."""
    if input.get("left", 0):
        return controller.response.continue_({"left": input["left"] - 1}, seconds=60)
    return controller.response.done()


def ask_often(input, controller):
    """Ask whether somebody aborted it until somebody did, or the time is over."""
    while not controller.runtime.is_close_to_timeout():
        if controller.runtime.is_aborted():
            return controller.response.aborted()
    return controller.response.done("Never aborted.")


async def sleep_once(input, controller):
    """Sleep inside of a run."""
    await asyncio.sleep(input.get("seconds", 30))
    return controller.response.done()


def assert_no(input, controller):
    """Fail an assertion, which is no failure of the task."""
    assert not input.get("really", True)


class Block:
    """Wait in a run, for real, until the test lets it go on."""

    id = "block"
    title = "Block"

    def __init__(self):
        self.began = threading.Event()
        self.may_end = threading.Event()

    def run(self, controller):
        self.began.set()
        assert self.may_end.wait(SECONDS)
        return controller.response.done()


def definition(id, run):
    """Return a definition that does nothing else."""
    return create_task_definition(id=id, title=id, run=run)


@pytest.fixture
def own(request):
    """Make owners, and close them after the test."""
    made = []

    def own(*definitions, time="virtual", tick=0, **settings):
        sim = Simulator(definitions, tick=tick, **settings)
        told, raised = [], []
        found = Owner(sim, parse_pace(time), on_events=told.extend, on_raised=raised.append)
        found.told, found.raised = told, raised
        made.append(found)
        return found

    yield own
    for each in made:
        each.close()
        each.join(SECONDS)


def result(future):
    """Return what a future comes to hold."""
    return future.result(timeout=SECONDS)


def trigger(owner, id, **options):
    """Trigger a task, and return its id."""
    return result(owner.do(lambda sim: sim.tasks.trigger(id, **options))).id


def status(owner, id):
    """Return a task's status as it is now, as text that does not know better later."""
    return result(owner.do(lambda sim: sim.tasks.get_task(id).to_json()["taskStatus"]))


def until(condition):
    """Wait until a condition is true, and return what it was."""
    deadline = time.monotonic() + SECONDS
    while not (found := condition()):
        assert time.monotonic() < deadline
        threading.Event().wait(0.002)
    return found


# --- commands


def test_one_thread():
    """Whatever is asked for, by whichever thread, is done on one and the same."""
    owner = Owner(Simulator(), parse_pace("virtual"), on_events=lambda _: None, on_raised=lambda _: None)
    found = []
    askers = [
        threading.Thread(
            target=lambda: found.extend(result(owner.do(lambda _: threading.get_ident())) for _ in range(50))
        )
        for _ in range(4)
    ]
    for each in askers:
        each.start()
    for each in askers:
        each.join()
    owner.close()
    assert len(found) == 200
    assert len(set(found)) == 1
    assert threading.get_ident() not in found


def test_answers(own):
    """A future holds what the work returned, or what it raised."""
    owner = own(definition("step", step))
    assert trigger(owner, "step") == "step-0001"
    with pytest.raises(EngineError, match="not found"):
        result(owner.do(lambda sim: sim.tasks.abort("nobody")))


def test_cancelled(own):
    """What is cancelled before its turn is not done, what was asked for after it is."""
    block = Block()
    owner = own(block)
    task = trigger(owner, "block")
    moving = owner.run_next()
    assert block.began.wait(SECONDS)
    cancelled = owner.do(lambda sim: sim.tasks.abort(task))
    later = owner.do(lambda sim: sim.tasks.get_task(task).to_json()["taskStatus"])
    assert cancelled.cancel()
    assert owner.busy.what == task
    block.may_end.set()
    assert result(moving).events == 1
    assert result(later) == "success"
    assert owner.busy is None


def test_idle_thread_ends(own, monkeypatch):
    """Where time stands still a thread that nobody needs ends, and the next command has another."""
    monkeypatch.setattr(owner_module, "_LINGER_SECONDS", 0.001)
    owner = own(definition("step", step))
    first = result(owner.do(lambda _: threading.current_thread()))
    until(lambda: not first.is_alive())
    assert trigger(owner, "step") == "step-0001"


def test_closed_unused(own):
    """An owner that nobody asked for anything has no thread to wait for."""
    owner = own()
    owner.close()
    owner.join(SECONDS)
    with pytest.raises(UsageError, match="was closed"):
        result(owner.do(lambda sim: sim.now))


def test_closed(own):
    """A closed owner refuses what waits and what comes later, movements of time too."""
    block = Block()
    owner = own(block)
    trigger(owner, "block")
    moving = owner.run_next()
    assert block.began.wait(SECONDS)
    waiting = owner.do(lambda sim: sim.now)
    next_goal = owner.advance(1000)
    owner.close()
    for each in (waiting, owner.do(lambda sim: sim.now), owner.run_until_idle()):
        with pytest.raises(UsageError, match="was closed"):
            result(each)
    with pytest.raises(UsageError, match="was closed"):
        result(next_goal)
    block.may_end.set()
    with pytest.raises(UsageError, match="was closed"):
        result(moving)


@pytest.mark.parametrize("ends", [True, False])
def test_closed_while_something_is_done(own, ends):
    """Who waits for it is answered if it ends soon, and else told so: a hook may never let go."""
    began, may_end = threading.Event(), threading.Event()

    def hold(_):
        began.set()
        return may_end.wait(SECONDS)

    owner = own()
    held = owner.do(hold)
    assert began.wait(SECONDS)
    owner.close()
    assert not held.done()
    if ends:
        may_end.set()
        owner.join(SECONDS)
        assert result(held) is True
    else:
        owner.join(0)
        with pytest.raises(UsageError, match="was closed"):
            result(held)
        may_end.set()


@pytest.mark.parametrize("time", ["virtual", "real"])
def test_closed_thread_ends(own, monkeypatch, time):
    """At once, also if what wakes it came while it did something else; it waits for nothing more."""
    monkeypatch.setattr("tasksim.graphql._serving.owner._LINGER_SECONDS", 2 * SECONDS)
    began, may_end = threading.Event(), threading.Event()

    def hold(_):
        began.set()
        return may_end.wait(SECONDS)

    owner = own(time=time)
    owner.do(hold)
    assert began.wait(SECONDS)
    thread = owner._thread
    owner.close()
    may_end.set()
    thread.join(SECONDS)
    assert not thread.is_alive()


# --- time that stands still


def test_movements(own):
    """Virtual time moves as far as it is told to, and says how it went."""
    owner = own(definition("step", step))
    task = trigger(owner, "step", input={"left": 3})
    start = owner.sim.now_ms
    moved = result(owner.run_next())
    assert (moved.events, moved.last.task_id, moved.last.n, owner.sim.now_ms) == (1, task, 1, start)
    moved = result(owner.advance(90_000))
    assert (moved.events, owner.sim.now_ms - start) == (1, 90_000)
    moved = result(owner.run_until_idle())
    assert (moved.events, moved.last.answer["status"], owner.sim.now_ms - start) == (2, "done", 180_000)
    moved = result(owner.run_next())
    assert (moved.events, moved.last) == (0, None)


def test_too_many_events(own, monkeypatch):
    """A movement of time that does not end is given up, and may be gone on with."""
    monkeypatch.setattr(goals, "MOST_EVENTS", 10)
    owner = own(definition("step", step))
    trigger(owner, "step", input={"left": 100})
    with pytest.raises(UsageError, match="10 events and is not there yet"):
        result(owner.run_until_idle())
    assert result(owner.run_next()).events == 1


def test_cancelled_movement(own):
    """A movement of time that is cancelled stops after the event under way."""
    block = Block()
    owner = own(block, definition("step", step))
    trigger(owner, "block")
    task = trigger(owner, "step")
    moving = owner.run_until_idle()
    assert block.began.wait(SECONDS)
    assert moving.cancel()
    block.may_end.set()
    assert status(owner, task) == "pending"
    with pytest.raises(CancelledError):
        moving.result()


def test_reading_while_time_moves(own):
    """What is asked for while time is moved is done between two events."""
    block = Block()
    owner = own(block, definition("step", step))
    trigger(owner, "block")
    task = trigger(owner, "step", input={"left": 5})
    moving = owner.run_until_idle()
    assert block.began.wait(SECONDS)
    reading = owner.do(lambda sim: sim.tasks.get_task(task).to_json()["taskStatus"])
    block.may_end.set()
    assert (result(reading), result(moving).events) == ("pending", 7)


def test_raised(own):
    """What is no failure of a task is told by the movement that met it, and the world goes on."""
    owner = own(definition("assertNo", assert_no), definition("step", step))
    trigger(owner, "assertNo")
    other = trigger(owner, "step")
    moved = result(owner.run_until_idle())
    assert [type(error) for error in moved.raised] == [AssertionError]
    assert (moved.events, status(owner, other)) == (2, "success")


def test_jump(own):
    """A jump handles the next event, wherever it is in time; without one it does nothing."""
    owner = own(definition("assertNo", assert_no))
    result(owner.do(lambda _: owner.jump()))
    trigger(owner, "assertNo", delay=3600)
    result(owner.do(lambda _: owner.jump()))
    result(owner.do(lambda _: owner.jump()))
    assert owner.sim.now_ms == 3_600_000
    assert [type(error) for error in owner.raised] == [AssertionError]


def test_acts(own):
    """Acts of the simulation are performed like events, and named while they are."""
    owner = own()
    seen = []
    result(owner.do(lambda sim: sim.at("1m", lambda: seen.append(owner.busy.what))))
    assert result(owner.run_until_idle()).last.name == "act"
    assert seen == ["act"]


def test_untraced(own):
    """A simulation without a trace is owned like any other."""
    owner = own(definition("step", step), trace=False)
    trigger(owner, "step")
    assert result(owner.run_until_idle()).events == 1
    assert owner.told == []


# --- time that moves


def test_real_time(own):
    """Where time is real a task is seen pending, running and done, without anybody moving anything."""
    owner = own(definition("step", step), time="x2000", tick="1s")
    owner.start()
    task = trigger(owner, "step", input={"left": 2})
    seen = []

    def look():
        found = status(owner, task)
        if found not in seen:
            seen.append(found)
        return found == "success"

    until(look)
    assert seen[-1] == "success"
    assert set(seen) <= {"pending", "running", "success"}
    told = list(changes_of("root", 0, owner.told))
    assert [entry.change for entry in told] == ["iteration 1", "iteration 2", "iteration 3", "ended"]


def test_abort_inside_a_run(own):
    """An abort that comes while a run takes its time is seen by the run at its next question (A1)."""
    owner = own(definition("askOften", ask_often), time="x100", tick="1s", budget="14d")
    owner.start()
    task = trigger(owner, "askOften")
    until(lambda: status(owner, task) == "running")
    answer = result(owner.do(lambda sim: sim.tasks.abort(task, message="Enough.")))
    assert answer.status == "aborted"
    until(lambda: owner.busy is None)
    assert status(owner, task) == "aborted"
    assert owner.raised == []


def test_trigger_inside_a_run(own):
    """What is triggered while a run takes its time belongs to the outside, and has its time from there."""
    owner = own(
        definition("askOften", ask_often), definition("step", step), time="x100", tick="1s", budget="14d"
    )
    owner.start()
    first = trigger(owner, "askOften")
    until(lambda: status(owner, first) == "running")
    second = trigger(owner, "step")
    found = result(owner.do(lambda sim: sim.tasks.get_task(second).to_json()))
    assert (found["parentId"], found["taskStatus"]) == (None, "pending")
    result(owner.do(lambda sim: sim.tasks.abort(first)))
    until(lambda: status(owner, second) == "success")


def test_time_inside_an_async_run(own):
    """A sleep of an async run takes real time, too, and commands are done meanwhile."""
    owner = own(definition("sleepOnce", sleep_once), time="x1000")
    owner.start()
    task = trigger(owner, "sleepOnce", input={"seconds": 300})
    until(lambda: status(owner, task) == "running")
    began = result(owner.do(lambda sim: sim.now_ms))
    until(lambda: status(owner, task) == "success")
    assert result(owner.do(lambda sim: sim.now_ms)) - began > 0


def test_advance_inside_a_run(own):
    """Time that is moved in the middle of a run moves the run, and stops inside of it if that is all."""
    owner = own(definition("sleepOnce", sleep_once), time="real")
    owner.start()
    task = trigger(owner, "sleepOnce", input={"seconds": 600})
    until(lambda: status(owner, task) == "running")
    before = result(owner.do(lambda sim: sim.now_ms))
    moved = result(owner.advance(60_000))
    assert (moved.events, status(owner, task)) == (0, "running")
    assert result(owner.do(lambda sim: sim.now_ms)) - before >= 60_000
    result(owner.advance(600_000))
    assert status(owner, task) == "success"


def test_run_next_inside_a_run(own):
    """The next event, asked for in the middle of one, is the end of that one."""
    owner = own(definition("sleepOnce", sleep_once), time="real")
    owner.start()
    task = trigger(owner, "sleepOnce", input={"seconds": 600})
    later = trigger(owner, "sleepOnce", delay=3600)
    until(lambda: status(owner, task) == "running")
    moved = result(owner.run_next())
    assert (moved.events, moved.last.task_id) == (1, task)
    assert (status(owner, task), status(owner, later)) == ("success", "pending")


def test_run_until_idle_inside_a_run(own):
    """Idle, asked for in the middle of an event, is reached at once."""
    owner = own(definition("sleepOnce", sleep_once), time="real")
    owner.start()
    tasks = [trigger(owner, "sleepOnce", input={"seconds": 600}, delay=delay) for delay in (0, 86_400)]
    until(lambda: status(owner, tasks[0]) == "running")
    assert result(owner.run_until_idle()).last.task_id == tasks[1]
    assert [status(owner, task) for task in tasks] == ["success", "success"]


def test_cancelled_inside_a_run(own):
    """A movement of time that is cancelled in the middle of a run lets time go on as before."""
    owner = own(definition("sleepOnce", sleep_once), time="real")
    owner.start()
    task = trigger(owner, "sleepOnce", input={"seconds": 600})
    until(lambda: status(owner, task) == "running")
    goals = []
    # Two at once, of which the first is dropped before the run goes on.
    result(
        owner.do(lambda _: goals.extend([owner.run_until_idle(), owner.advance(60_000)]) or goals[0].cancel())
    )
    assert result(goals[1]).events == 0
    assert status(owner, task) == "running"


def test_waits_by_itself(own):
    """What is due later happens when its time has come, though nobody asks for anything."""
    owner = own(definition("step", step), time="x1000")
    owner.start()
    trigger(owner, "step", delay=60)
    until(lambda: any(entry.change == "ended" for entry in changes_of("root", 0, list(owner.told))))


def test_far_future(own):
    """What is due in a thousand real years keeps nobody from being answered."""
    owner = own(definition("step", step), time="x0.001")
    owner.start()
    task = trigger(owner, "step", delay=30_000_000)
    assert [status(owner, task) for _ in range(3)] == ["pending"] * 3


def test_the_end_of_time(own):
    """By itself time goes to where it may be moved and no further; what is due later never comes."""
    definitions = [definition("step", step), definition("sleepOnce", sleep_once)]
    owner = own(*definitions, time="x999999", start="8999-12-31T23:59:00Z")
    owner.start()
    last = until(lambda: result(owner.do(lambda sim: sim.now)).year == 9000 and owner.sim.now)
    tasks = [trigger(owner, "step"), trigger(owner, "step", delay=60), trigger(owner, "sleepOnce")]
    until(lambda: [status(owner, task) for task in tasks] == ["success", "pending", "running"])
    assert (
        last.isoformat() == result(owner.do(lambda sim: sim.now)).isoformat() == "9000-01-01T00:00:00+00:00"
    )
    assert owner.raised == []


def test_raised_in_real_time(own):
    """What comes out of a task that nobody waits for is told, and the world goes on."""
    owner = own(definition("assertNo", assert_no), definition("step", step), time="x1000")
    owner.start()
    trigger(owner, "assertNo")
    task = trigger(owner, "step")
    until(lambda: status(owner, task) == "success")
    assert [type(error) for error in owner.raised] == [AssertionError]


def test_raised_after_the_end(own):
    """What comes out of a task of a world that is closed is told nobody."""
    began, may_end = threading.Event(), threading.Event()

    def assert_late():
        began.set()
        assert may_end.wait(SECONDS)
        raise AssertionError

    owner = own(definition("assertLate", assert_late), time="x1000")
    owner.start()
    trigger(owner, "assertLate")
    assert began.wait(SECONDS)
    owner.close()
    may_end.set()
    owner.join(SECONDS)
    assert owner.raised == []


def test_closed_inside_a_run(own):
    """An owner that is closed in the middle of a run waits for no more time."""
    owner = own(definition("sleepOnce", sleep_once), time="real", limits=Limits(events=None))
    owner.start()
    task = trigger(owner, "sleepOnce", input={"seconds": 600})
    until(lambda: status(owner, task) == "running")
    owner.close()
    owner.join(SECONDS)
    assert owner.sim.tasks.get_task(task).status == "success"
