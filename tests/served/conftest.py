"""Sockets that are really served: by a server in this process, or by the command in a child.

What is asked here goes over the socket, with the headers that a test gives and no others.
"""

import http.client
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from tasksim import Simulator, create_private_task_definition, create_task_definition
from tasksim.graphql import create_app
from tasksim.graphql._serving.server import Server

PATIENCE = 20.0
IMPORTED = "importPages-0001"


def import_pages(input, controller):
    """Continue as often as the input says, a minute apart, then finish."""
    if controller.runtime.is_aborted():
        return controller.response.aborted()
    left = input.get("left", 0)
    controller.logger.info("Importing.", {"left": left})
    if left > 0:
        return controller.response.continue_({**input, "left": left - 1}, seconds=input.get("pause", 60))
    return controller.response.done("All imported.", {"pages": 3})


def refuse(data):
    """Refuse every trigger."""
    error = RuntimeError("Not today.")
    error.code, error.data = "NOT_TODAY", {"name": data["name"]}
    raise error


def definitions():
    """Return what is served where a test has no definitions of its own."""
    return [
        create_task_definition(
            id="importPages",
            title="Import pages",
            description="Pages.",
            run=import_pages,
            database_logs=True,
            max_iterations=1000,
        ),
        create_task_definition(id="guarded", title="Guarded", run=import_pages, on_before_trigger=refuse),
        create_private_task_definition(id="secretTask", title="Secret", run=import_pages),
    ]


def wait_until(condition, what):
    """Ask until it is so; a real process or socket does it meanwhile."""
    until = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < until, f"waited {PATIENCE:g} s in vain until {what}"
        time.sleep(0.005)
    return found


def need(condition, what):
    """Go on only with what the test needs: missing in CI is a failure, elsewhere a skip."""
    if not condition:
        if os.environ.get("TASKSIM_IN_CI") == "1":
            pytest.fail(f"{what}, and in CI that is needed")
        pytest.skip(what)


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self):
        """Return the body as the JSON that it says it is."""
        assert self.headers["content-type"] == "application/json"
        return json.loads(self.body)

    @property
    def code(self):
        """The word for programs in a refusal."""
        (error,) = self.json()["errors"]
        return error["extensions"]["code"]

    @property
    def message(self):
        """The sentence of a refusal."""
        (error,) = self.json()["errors"]
        return error["message"]


def send(url, method, path, headers=(), body=b""):
    """Send a request with these headers, a length and, unless they hold one, a host; return the answer."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=PATIENCE)
    headers = dict(headers)
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in {"Host": address.netloc, **headers}.items():
            connection.putheader(name, value)
        if body or method == "POST":
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, response.read())
    finally:
        connection.close()


def graphql_body(document, variables=None):
    """Return the bytes of a GraphQL request."""
    return json.dumps({"query": document, "variables": variables}).encode()


class Served:
    """A socket that answers GraphQL.

    Attributes:
        url: Where, without a slash at the end.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    def send(self, method, path, headers=(), body=b""):
        """Send anything."""
        return send(self.url, method, path, headers, body)

    def post(self, document, variables=None, **headers):
        """Send a document as a program does; names of headers are written with underscores."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        body = graphql_body(document, variables)
        return self.send("POST", "/graphql", {"Content-Type": "application/json", **headers}, body)

    def ask(self, field, **headers):
        """Return the answer to one field of the queries."""
        return self._field(f"{{ backgroundTasks {{ found: {field} }} }}", headers)

    def change(self, field, **headers):
        """Return the answer to one field of the mutations."""
        return self._field(f"mutation {{ backgroundTasks {{ found: {field} }} }}", headers)

    def _field(self, document, headers):
        answer = self.post(document, **headers)
        assert answer.status == 200, answer
        assert "errors" not in answer.json(), answer
        return answer.json()["data"]["backgroundTasks"]["found"]

    def trigger(self, definition="importPages", arguments="", **headers):
        """Trigger a task, and return its id."""
        field = f"triggerTask(definition: {definition} {arguments}) {{ data {{ id }} error {{ message }} }}"
        found = self.change(field, **headers)
        assert found["error"] is None, found
        return found["data"]["id"]

    def status(self, id, **headers):
        """Return the status of a task; None if it is not there."""
        found = self.ask(f'getTask(id: "{id}") {{ data {{ taskStatus }} }}', **headers)["data"]
        return found and found["taskStatus"]

    def control(self, action, **headers):
        """Move time."""
        answer = self.send("POST", f"/control/{action}", headers)
        assert answer.status == 200, answer
        return answer.json()

    def state(self, **headers):
        """Return all that can be seen of the world, to compare it later."""
        seen = [self.send("GET", f"/control/{name}", headers).json() for name in ("now", "timeline")]
        return [*seen, self.ask("listTasks { data { id taskStatus savedOn } }", **headers)]


class InProcess(Served):
    """A server in this process.

    Attributes:
        app: The app that it serves.
        entries: What was told of what happened.
        server: What serves it.
    """

    app: Any
    entries: list[Any]
    server: Server

    def requests(self):
        """Return status and path, or the fields asked for, of each request that was told."""
        return [(entry.status, entry.what) for entry in self.entries if hasattr(entry, "method")]


class Child(Served):
    """The command `tasksim serve`, as a child process.

    Args:
        options: Its arguments; `--json` is not added.
        environment: What its environment has besides.
    """

    def __init__(self, *options, environment=None, folder=None):
        self.environment = {**os.environ, "COLUMNS": "100", **(environment or {})}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tasksim", "serve", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            env=self.environment,
            cwd=folder,
        )
        self._fresh = queue.SimpleQueue()
        self.lines = []
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    def _read(self):
        for line in self.process.stdout:
            self._fresh.put(line.rstrip("\n"))
        self._fresh.put(None)

    def line(self, is_wanted=lambda line: True):
        """Return the next line that is wanted."""
        until = time.monotonic() + PATIENCE
        while True:
            found = self._fresh.get(timeout=max(0.001, until - time.monotonic()))
            assert found is not None, ("it ended", self.process.wait(), self.lines)
            self.lines.append(found)
            if is_wanted(found):
                return found

    def started(self):
        """Wait for the first line of `--json`, and return what it says."""
        found = json.loads(self.line())
        assert found["event"] == "started", found
        self.url = found["graphql"].removesuffix("/graphql")
        return found

    def end(self, number=signal.SIGTERM):
        """Send a signal; return the exit code and the real seconds until the process was gone."""
        began = time.monotonic()
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        return code, time.monotonic() - began

    def rest(self):
        """Return the lines that were not read, of a process that has ended."""
        self._reading.join(PATIENCE)
        while (line := self._fresh.get()) is not None:
            self.lines.append(line)
        return self.lines

    def close(self):
        """End it by force, if it still runs."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reading.join(PATIENCE)
        self.process.stdout.close()


@contextmanager
def serving():
    """Give a function that serves apps in this process until the end of the block."""
    with ExitStack() as stack:

        def start(make=None, *, profile="webiny-5", own=(), **options):
            def world(tenant):
                return Simulator([*definitions(), *own], profile=profile, tenant=tenant, freeze=False)

            entries = []
            app = create_app(make or world, on_entry=entries.append, **options)
            server = stack.enter_context(Server(app))
            found = InProcess(server.url)
            found.app, found.entries, found.server = app, entries, server
            return found

        yield start


@pytest.fixture
def serve():
    """Serve an app in this process: a function of what `create_app` takes, besides a world or a maker."""
    with serving() as start:
        yield start


@pytest.fixture(scope="module")
def shared():
    """A server for all tests of a module, that leave it as it was; its world has a task that is due."""
    with serving() as start:
        found = start()
        found.trigger(arguments="input: {left: 1}")
        yield found


@pytest.fixture
def command(tmp_path):
    """Start `tasksim serve --port 0 --json` with further options; a function that returns the child."""
    with ExitStack() as stack:

        def start(*options, is_json=True, **how):
            always = ["--port", "0", *(["--json"] if is_json else [])]
            child = Child(*options, *always, **{"folder": tmp_path, **how})
            stack.callback(child.close)
            if is_json:
                child.started()
            return child

        yield start


@pytest.fixture
def blocking():
    """A definition whose run waits for an event, and the event, which is set when the test ends."""
    release = threading.Event()

    def run(input, controller):
        release.wait()
        return controller.response.done()

    yield create_task_definition(id="blocking", title="Blocking", run=run), release
    release.set()


@pytest.fixture
def wait():
    """Wait for a condition, with a deadline."""
    return wait_until


@pytest.fixture
def needed():
    """Fail in CI, skip elsewhere, where something is missing."""
    return need


@pytest.fixture
def receive():
    """Return what comes from a socket until so many of something came, or its end."""

    def received(connection, wanted, count=1):
        found = b""
        while found.count(wanted) < count and (part := connection.recv(65536)):
            found += part
        assert found.count(wanted) >= count, found
        return found

    return received


@pytest.fixture
def connect():
    """Open a socket to what is served; it is closed when the test ends."""
    with ExitStack() as stack:

        def opened(served):
            address = urlsplit(served.url)
            return stack.enter_context(
                socket.create_connection((address.hostname, address.port), timeout=PATIENCE)
            )

        yield opened
