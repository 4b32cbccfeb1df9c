"""The end of a server: at once, whatever is under way, and with what was running said."""

import json
import signal
import subprocess
import sys
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from tasksim import Limits, Simulator, create_task_definition
from tasksim.errors import UsageError
from tasksim.graphql._serving.server import Server

pytestmark = pytest.mark.slow

TASKS = """\
import threading

from tasksim import task_definition


@task_definition(id="blocking", title="Blocking")
def blocking():
    threading.Event().wait()


@task_definition(id="polling", title="Polling")
def polling(controller):
    while not controller.runtime.is_aborted():
        pass
    return controller.response.aborted()


@task_definition(id="quick", title="Quick")
def quick(controller):
    return controller.response.done()


DEFINITIONS = [blocking, polling, quick]
"""
MOST_SECONDS = 1.0


@pytest.fixture
def start(command, tmp_path):
    """Start the command with the tasks above, in real time."""

    def started(*options):
        (tmp_path / "tasks.py").write_text(TASKS, encoding="utf-8")
        return command("tasks.py:DEFINITIONS", *options)

    return started


def stopped(child):
    """Return what the last line says; every line is JSON, so that nothing was raised on the way."""
    found = [json.loads(line) for line in child.rest()]
    assert [line for line in found if line["event"] == "raised"] == []
    assert [line["event"] for line in found].count("stopped") == 1
    return found[-1]


def running(id):
    """Return a condition: the line of `--json` that says that a task began to run."""

    def is_it(line):
        found = json.loads(line)
        return found["event"] == "task" and found["task"] == id and found["change"] == "iteration 1"

    return is_it


def quickest(run, tries=3):
    """Return the seconds of the quickest run, or of the first that is quick enough: others work here, too."""
    found = []
    while not found or (min(found) >= MOST_SECONDS and len(found) < tries):
        found.append(run())
    return min(found)


def idle_connection(child, connect):
    """Open a connection, and leave it open when it was answered."""
    connection = connect(child)
    connection.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert connection.recv(65536).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_it(start, connect, number):
    """SIGTERM and SIGINT end it within a second, whatever task is in its code and whoever is connected."""

    def run():
        child = start("--tick", "100ms")
        idle_connection(child, connect)
        child.trigger("polling")
        child.trigger("quick")
        child.trigger("quick", "delay: 60")
        child.line(running("polling-0001"))
        code, seconds = child.end(number)
        assert code == 0
        last = stopped(child)
        assert last == {"event": "stopped", "running": ["polling-0001 (iteration 1)"], "pending": 2}
        return seconds

    assert quickest(run) < MOST_SECONDS


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_it_while_tasks_block(start, connect, receive, wait, number):
    """Tasks that block, a request that waits for one, and a client amid its body keep nothing from ending."""
    worlds = ["root", "one", "two", "three"]

    def run():
        child = start("--tick", "0s")
        idle_connection(child, connect)
        waiting, half = connect(child), connect(child)
        for world in worlds:
            child.trigger("blocking", x_tenant=world)
        wait(lambda: len(child.send("GET", "/health").json()["busy"]) == 4, "all tasks have begun")
        body = b'{"query": "{ backgroundTasks { listTasks { data { id } } } }"}'
        head = (
            b"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n" % len(body)
        )
        waiting.sendall(head + body)
        half.sendall(head + body[:10])
        assert child.send("GET", "/health").status == 200  # what was sent before has been read by now
        code, seconds = child.end(number)
        assert code == 0
        last = stopped(child)
        stuck = [f"{world}blocking-0001 (stuck)" for world in ("", "[one] ", "[two] ", "[three] ")]
        assert last == {"event": "stopped", "running": stuck, "pending": 0}
        answer = receive(waiting, b"The world was closed.")
        assert answer.startswith(b"HTTP/1.1 503 ")
        return seconds

    assert quickest(run) < MOST_SECONDS


def test_port_in_use(serve, tmp_path):
    """A port that is taken is told with its address, before anything is served, and the exit code is 2."""
    served = serve()
    port = urlsplit(served.url).port
    with pytest.raises(UsageError) as raised:
        Server(served.app, port=port)
    assert str(raised.value) == (
        f"127.0.0.1:{port} cannot be bound: address already in use.\n"
        "  Choose another port, or 0 for a free one, and an address of this machine."
    )
    done = subprocess.run(
        [sys.executable, "-m", "tasksim", "serve", "--port", str(port), "--json"],
        capture_output=True,
        encoding="utf-8",
        check=False,
        cwd=tmp_path,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert f"127.0.0.1:{port} cannot be bound: address already in use." in done.stderr
    assert served.send("GET", "/health").status == 200


@pytest.mark.parametrize("time", ["virtual", "real"])
def test_threads_end(serve, time):
    """When a server has stopped, the thread of a world that had nothing to do is gone."""
    served = serve(time=time)
    served.trigger(arguments="delay: 60")
    thread = served.app.worlds.owner("root")._thread
    assert thread.is_alive()
    served.server.stop()
    assert not thread.is_alive()


@pytest.mark.parametrize("time", ["virtual", "real"])
def test_thread_ends_at_reset(serve, wait, time):
    """The thread of a world that was begun anew goes with its world."""
    served = serve(time=time)
    served.trigger(arguments="delay: 60")
    thread = served.app.worlds.owner("root")._thread
    served.control("reset")
    wait(lambda: not thread.is_alive(), "the thread has ended")
    assert served.ask("listTasks { data { id } }") == {"data": []}


def test_nobody_answers_afterwards(serve):
    """When a server has stopped its port is free, and nobody answers there."""
    served = serve()
    assert served.send("GET", "/health").status == 200
    served.server.stop()
    with pytest.raises(ConnectionRefusedError):
        served.send("GET", "/health")
    Server(served.app, port=urlsplit(served.url).port)._socket.close()


def test_nothing_is_told_afterwards(serve, wait):
    """A task that was waiting in its code when the server stopped runs on alone: nothing more is told."""

    def poll(controller):
        while not controller.runtime.is_aborted():
            controller.logger.info("Waiting.")
        return controller.response.aborted()

    def give_up(controller):
        controller.logger.info("Waiting.")
        raise SystemExit

    definitions = [
        create_task_definition(id=id, title="Waits", run=run)
        for id, run in (("polls", poll), ("givesUp", give_up))
    ]

    def world(tenant):
        tick = timedelta(seconds=0.05)
        return Simulator(definitions, tenant=tenant, freeze=False, tick=tick, limits=Limits(events=None))

    served = serve(world, time="real")
    threads = []
    for name in ("polls", "givesUp"):
        id = served.trigger(name, x_tenant=name)
        threads.append(served.app.worlds.owner(name)._thread)
        wait(lambda id=id, tenant=name: served.status(id, x_tenant=tenant) == "running", "it runs")
    served.server.stop()
    told = list(served.entries)
    for thread in threads:
        wait(lambda thread=thread: not thread.is_alive(), "the thread has ended")
    assert served.entries == told
