"""The watch: what a task must not do is found at the call, and nothing else is."""

# ruff: noqa: PLW0108, S311 - a lambda looks its function up when it is called; generators stand for themselves

import _thread
import asyncio
import builtins
import concurrent.futures
import importlib
import multiprocessing
import os
import queue
import random
import secrets
import select
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from os import urandom as captured_urandom
from time import sleep as captured_sleep

import pytest

from tasksim import Simulator
from tasksim._simulator.strictness import watch as module
from tasksim._simulator.strictness.kinds import FUNCTIONS, METHODS
from tasksim._simulator.strictness.watch import Watch
from tasksim.errors import NotSimulated

THREAD = "started a thread"
PROCESS = "started a process"
HOST = "looked up a host"
USED = "used a socket"
OPENED = "opened a socket"
WAITED = "waited in real time"
UNSEEDED = "drew randomness without a seed"


def wait_for_a_condition():
    """Wait for a condition that nobody fulfils."""
    condition = threading.Condition()
    with condition:
        condition.wait(0.01)


FORBIDDEN = {
    "thread": (THREAD, lambda: threading.Thread(target=int).start()),
    "timer": (THREAD, lambda: threading.Timer(0, int).start()),
    "low-level thread": (THREAD, lambda: _thread.start_new_thread(int, ())),
    "executor": ("gave work to another", lambda: concurrent.futures.ThreadPoolExecutor(1).submit(int)),
    "process": (PROCESS, lambda: multiprocessing.get_context("spawn").Process(target=int).start()),
    "os.system": (PROCESS, lambda: os.system("exit")),  # noqa: S605, S607 - never runs
    "os.popen": (PROCESS, lambda: os.popen("exit")),  # noqa: S605, S607 - see above
    "subprocess.run": (PROCESS, lambda: subprocess.run([sys.executable], check=False)),
    "connection": (HOST, lambda: socket.create_connection(("localhost", 1))),
    "getaddrinfo": (HOST, lambda: socket.getaddrinfo("localhost", 1)),
    "gethostbyname": (HOST, lambda: socket.gethostbyname("localhost")),
    "socket": (OPENED, socket.socket),
    "socketpair": (OPENED, lambda: socket.socketpair()),
    "captured sleep": ("slept in real time", lambda: captured_sleep(0.01)),
    "event": (WAITED, lambda: threading.Event().wait(0.01)),
    "condition": (WAITED, wait_for_a_condition),
    "queue": (WAITED, lambda: queue.Queue().get(timeout=0.01)),
    "future": (WAITED, lambda: concurrent.futures.Future().result(0.01)),
    "select": (WAITED, lambda: select.select([], [], [], 0.01)),
    "os.urandom": (UNSEEDED, lambda: os.urandom(1)),
    "captured urandom": (UNSEEDED, lambda: captured_urandom(1)),
    "secrets": (UNSEEDED, secrets.token_hex),
    "secrets.choice": (UNSEEDED, lambda: secrets.choice("ab")),
    "ssl": (UNSEEDED, lambda: ssl.RAND_bytes(1)),
    "SystemRandom": (UNSEEDED, lambda: random.SystemRandom().random()),
    "Random()": (UNSEEDED, random.Random),
    "random.seed()": (UNSEEDED, lambda: random.seed()),
    "seed of another": (UNSEEDED, lambda: random.Random(1).seed()),
    "uuid1": ("made an id from the machine", lambda: uuid.uuid1()),
    "temporary file": ("drew a random name", lambda: tempfile.mkdtemp()),
    "event loop": ("made an event loop", asyncio.new_event_loop),
}

if hasattr(os, "fork"):
    FORBIDDEN |= {
        "fork": (PROCESS, lambda: os.fork()),
        "exec": (PROCESS, lambda: os.execl(sys.executable, sys.executable, "-c", "")),  # noqa: S606 - never runs
        "posix_spawn": (PROCESS, lambda: os.posix_spawn(sys.executable, [sys.executable], {})),
    }


@pytest.mark.parametrize("name", FORBIDDEN)
def test_what_cannot_be_simulated_is_found(doing, name):
    """It is refused at the call and comes out of the outer call even if the task swallows it."""
    did, call = FORBIDDEN[name]
    with pytest.raises(NotSimulated) as caught:
        doing(call)
    assert f"run() of 'reindex' {did}" in caught.value.sentence
    assert "in event 1 of 'reindex-0001', which the simulation cannot" in caught.value.sentence
    assert caught.value.way_out
    assert caught.value.facts[0].startswith(("test_watch.py:", "conftest.py:"))


UNSEEDED_DRAWS = {
    "random": lambda: random.random(),
    "choice": lambda: random.choice("ab"),
    "gauss": lambda: random.gauss(0, 1),
    "getrandbits": lambda: random.getrandbits(8),
    "shuffle": lambda: random.shuffle([1, 2, 3]),
    "uuid4": uuid.uuid4,
}


@pytest.mark.parametrize("name", UNSEEDED_DRAWS)
def test_random_is_found_where_it_is_not_seeded(doing, name):
    """Under seed_random=False the functions of `random`, and uuid4, cannot be repeated."""
    with pytest.raises(NotSimulated, match=f"run.. of 'reindex' {UNSEEDED}") as caught:
        doing(UNSEEDED_DRAWS[name], seed_random=False)
    assert "seed_random=False" in caught.value.way_out
    assert doing(UNSEEDED_DRAWS[name]) == "success"


def test_a_seed_of_the_task_itself_is_none(doing):
    """Seeding with a value can be repeated, and is not found."""
    assert doing(lambda: random.seed(4), seed_random=False) == "success"
    assert doing(lambda: random.Random(4).random(), seed_random=False) == "success"


def test_an_older_socket_cannot_be_used(doing):
    """Connecting, sending and receiving on a socket made before is found too."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for call in (
            lambda: ours.connect(("localhost", 1)),
            lambda: ours.send(b"x"),
            lambda: ours.sendall(b"x"),
            lambda: ours.recv(1),
        ):
            with pytest.raises(NotSimulated, match=USED):
                doing(call)
        ours.sendall(b"x")
        assert theirs.recv(1) == b"x"


def test_an_older_executor_gets_no_work(doing):
    """A pool whose threads run already is not given work."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        assert pool.submit(int).result() == 0
        with pytest.raises(NotSimulated, match="gave work to another thread or process"):
            doing(lambda: pool.submit(int))


def test_the_line_is_the_tasks_own(watched):
    """The line shown is the nearest that is no library's; the library's function is named beside it."""

    def run(controller):
        return controller.response.done(secrets.token_hex())

    with watched(run) as sim, pytest.raises(NotSimulated) as caught:
        sim.run("reindex")
    line, through = caught.value.facts
    assert line.endswith("in run: return controller.response.done(secrets.token_hex())")
    assert through == "through secrets.token_hex()"


def test_the_hook_is_named(watched):
    """What a hook does is its own."""
    with (
        watched(
            lambda controller: controller.response.done(), on_done=lambda task: threading.Thread().start()
        ) as sim,
        pytest.raises(NotSimulated, match=r"^on_done\(\) of 'reindex' started a thread in event 1"),
    ):
        sim.run("reindex")


def test_a_hook_of_a_child_is_named(watched, define):
    """A child's hook that is called in the event of its parent is named as the child's."""

    def run(controller):
        controller.task.trigger("child")
        return controller.response.done()

    child = define(run, id="child", on_before_trigger=lambda: os.urandom(1))
    with (
        watched(run, child) as sim,
        pytest.raises(
            NotSimulated, match=r"^on_before_trigger\(\) of 'child' .* in event 1 of 'reindex-0001'"
        ),
    ):
        sim.run("reindex")


def test_async_tasks_are_watched(watched):
    """A coroutine is found as a function is."""

    async def run(controller):
        await asyncio.sleep(1)
        await asyncio.gather(fetch(), asyncio.sleep(2))
        return controller.response.done()

    async def fetch():
        socket.create_connection(("localhost", 1))

    with watched(run) as sim, pytest.raises(NotSimulated, match=HOST) as caught:
        sim.run("reindex")
    assert "in fetch: socket.create_connection" in caught.value.facts[0]


def test_a_killed_run_stays_dead(watched):
    """What a killed run does on its way out is not done, and no finding: it is dead."""

    def run(controller):
        try:
            controller.logger.info("work")
        finally:
            started.append("tried")
            threading.Thread(target=lambda: started.append("ran")).start()
        return controller.response.done()

    started = []
    sim = watched(run, settings={"plan": "crash@logger.info#1", "on_crash": "retry(1)"})
    with pytest.raises(NotSimulated, match="in event 2 "):
        sim.run("reindex")
    assert started == ["tried", "tried"]


def test_a_factory_is_watched(watched, define):
    """A definition made anew after a crash is made inside the event."""

    class Reindex:
        id = "another"
        title = "Another"

        def __init__(self):
            made.append(self)
            if len(made) > 1:
                threading.Thread().start()

        def run(self, controller):
            controller.logger.info("work")
            return controller.response.done()

    made = []
    settings = {"plan": "crash@logger.info#1", "on_crash": "retry(1)"}
    sim = watched(lambda controller: None, Reindex, settings=settings)
    with pytest.raises(NotSimulated, match="The factory of a definition started a thread"):
        sim.run("another")


# --- what must not be found


def test_the_test_itself_may_do_as_it_likes(watched):
    """Between events, on the same thread, nothing is refused."""

    def look():
        secrets.token_hex()
        threading.Thread(target=int).start()
        return len(sim.tasks.list_logs().items) > 2

    def run(input, controller):
        if input.get("at", 0) < 3:
            return controller.response.continue_({"at": input.get("at", 0) + 1}, seconds=1)
        return controller.response.done()

    with watched(run) as sim:
        sim.tasks.trigger("reindex")
        sim.at(1, secrets.token_hex)
        sim.run_until(look)


def test_other_threads_may_do_as_they_like(watched):
    """While an event is handled, another thread of the test is not watched."""

    def other():
        assert go.wait(10)
        found.append(secrets.token_hex())
        captured_sleep(0.001)
        with socket.socket():
            found.append(random.Random().random())
        random.random()
        gone.release()

    def run(controller):
        go.set()
        gone.acquire(timeout=10)
        return controller.response.done()

    go, gone, found = threading.Event(), threading.Lock(), []
    gone.acquire()
    thread = threading.Thread(target=other)
    thread.start()
    with watched(run, settings={"seed_random": False}) as sim:
        assert sim.run("reindex").status == "success"
    thread.join()
    assert len(found) == 2


def test_importing_a_module_is_not_found(watched, tmp_path, monkeypatch):
    """What a module does while it is imported in a run is done once in a process, and is no task's doing."""
    (tmp_path / "strictly_imported.py").write_text(
        "import os, random, socket, threading\n"
        "from os import urandom\n"
        "salt = urandom(4)\n"
        "generator = random.Random()\n"
        "socket.socket().close()\n"
        "thread = threading.Thread(target=int); thread.start(); thread.join()\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(tmp_path)

    def run(controller):
        import strictly_imported  # noqa: PLC0415 - late is the point

        return controller.response.done(output={"salt": len(strictly_imported.salt)})

    try:
        with watched(run) as sim:
            assert sim.run("reindex").output == {"salt": 4}
        assert sys.modules["strictly_imported"].urandom is os.urandom is captured_urandom
    finally:
        sys.modules.pop("strictly_imported", None)


def test_a_simulation_in_an_import_is_watched(watched, tmp_path, monkeypatch):
    """A module that runs a simulation while it is imported is no excuse for that simulation's tasks."""
    (tmp_path / "strictly_running.py").write_text(
        "import builtins\nbuiltins.run_strictly()\n", encoding="utf-8"
    )
    monkeypatch.syspath_prepend(tmp_path)
    sim = watched(lambda: secrets.token_hex())
    monkeypatch.setattr(builtins, "run_strictly", lambda: sim.run("reindex"), raising=False)
    with pytest.raises(NotSimulated):
        importlib.import_module("strictly_running")


def test_fakes_are_the_tests_business(watched, monkeypatch):
    """What a test put in the place of a real function is called, and given back as it was."""
    fake = lambda size: b"x" * size  # noqa: E731 - a fake
    monkeypatch.setattr(os, "urandom", fake)
    monkeypatch.setattr(threading.Thread, "start", lambda self: self.run())
    start = threading.Thread.start

    def run(controller):
        threading.Thread(target=lambda: drawn.append(os.urandom(2))).start()
        return controller.response.done()

    drawn = []
    with watched(run) as sim:
        assert sim.run("reindex").status == "success"
    assert drawn == [b"xx"]
    assert os.urandom is fake
    assert threading.Thread.start is start


def test_waits_that_take_no_time_are_none(doing):
    """Looking whether something is there does not wait."""
    full = queue.Queue()
    full.put(1)
    done = threading.Event()
    done.set()
    assert doing(lambda: full.get(timeout=1)) == "success"
    assert doing(lambda: done.wait(1)) == "success"
    assert doing(lambda: threading.Event().wait(0)) == "success"
    assert doing(lambda: select.select([], [], [], 0)) == "success"
    assert doing(lambda: captured_sleep(0)) == "success"
    assert doing(lambda: time.sleep(5)) == "success"


def test_the_folder_for_temporary_files_is_none(doing, monkeypatch):
    """Where temporary files go is the same each time, although finding out draws a name."""
    monkeypatch.setattr(tempfile, "tempdir", None)
    assert doing(tempfile.gettempdir) == "success"


# --- nesting and giving back


def snapshot():
    """Return everything that is exchanged, as it stands."""
    functions = {
        (name, f): vars(sys.modules[name]).get(f) for name, f, *_ in FUNCTIONS if name in sys.modules
    }
    methods = {
        (name, owner, m): vars(getattr(sys.modules[name], owner)).get(m, "inherited")
        for name, owner, m, *_ in METHODS
        if name in sys.modules and hasattr(sys.modules[name], owner)
    }
    return functions | methods


def test_everything_is_given_back(doing, watched):
    """After an event, however it ended, all functions and methods are what they were."""
    before = snapshot()
    doing(lambda: None)
    assert snapshot() == before
    with pytest.raises(NotSimulated):
        doing(secrets.token_hex)
    assert snapshot() == before
    with watched(lambda: sys.exit(3)) as sim, pytest.raises(SystemExit):
        sim.run("reindex")
    assert snapshot() == before
    assert module._here.watches == []
    assert (captured_urandom, captured_sleep) == (os.urandom, time.sleep)


def test_guards_stand_only_while_an_event_is_handled(watched):
    """In a run the functions are guarded, also under the names by which this module holds them."""

    def run(controller):
        seen.append((os.urandom, captured_urandom, threading.Thread.start))
        return controller.response.done()

    seen = []
    real = (os.urandom, captured_urandom, threading.Thread.start)
    with watched(run) as sim:
        sim.run("reindex")
    assert all(mine is not its for mine, its in zip(seen[0], real, strict=True))
    assert (os.urandom, captured_urandom, threading.Thread.start) == real


@pytest.mark.parametrize("inner_is_strict", [True, False])
def test_a_simulation_inside_an_event(watched, define, inner_is_strict):
    """What an inner simulation's task does is found by the innermost watch and comes out of the outer."""

    def inner(controller):
        secrets.token_hex()
        return controller.response.done()

    def outer(controller):
        sim = Simulator([define(inner, id="inner")])
        if inner_is_strict:
            sim._driver._watch = Watch(sim._engine)
        try:
            with sim:
                sim.run("inner")
        except NotSimulated:
            pass
        return controller.response.done()

    before = snapshot()
    with watched(outer) as sim, pytest.raises(NotSimulated, match=UNSEEDED) as caught:
        sim.run("reindex")
    task = "inner-0001" if inner_is_strict else "reindex-0001"
    assert task in caught.value.sentence
    assert snapshot() == before


def test_an_inner_strict_simulation_leaves_the_outer_alone(define, world):
    """In a run of a simulation that is not strict, only the inner simulation's events are watched."""

    def outer(controller):
        sim = Simulator([define(lambda controller: controller.response.done(), id="inner")])
        sim._driver._watch = Watch(sim._engine)
        with sim:
            sim.run("inner")
        return controller.response.done(secrets.token_hex(1))

    with world(outer) as sim:
        assert sim.run("reindex").status == "success"


def test_watches_on_two_threads(watched):
    """Two threads that handle watched events each find their own; the first to end leaves the guards."""

    def first(controller):
        inside.set_result(None)
        may_end.acquire(timeout=10)
        found.append(os.urandom)
        return controller.response.done()

    may_end, found, inside = threading.Lock(), [], concurrent.futures.Future()
    may_end.acquire()
    before = snapshot()
    with watched(first, settings={"freeze": False}) as sim:
        thread = threading.Thread(target=sim.run, args=("reindex",))
        thread.start()
        inside.result(10)
        second = watched(lambda: secrets.token_hex(), settings={"freeze": False})
        with pytest.raises(NotSimulated):
            second.run("reindex")
        may_end.release()
        thread.join()
    assert found[0] is not before["os", "urandom"]
    assert snapshot() == before
