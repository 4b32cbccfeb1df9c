"""Apps to ask as a server would ask them, without a socket."""

import asyncio
import json

import pytest

from tasksim import Simulator, create_private_task_definition, create_task_definition
from tasksim.graphql import create_app
from tasksim.graphql._bounds import BOUNDS
from tasksim.graphql._serving import app

LOCAL = {"host": "127.0.0.1:4000"}


def import_pages(input, controller):
    """Continue as often and after as long as the input says, then finish."""
    input = {"left": 0, **input}
    if input["left"] > 0:
        return controller.response.continue_({**input, "left": input["left"] - 1}, seconds=input["seconds"])
    return controller.response.done("All imported.", {"pages": 3})


def insist(data):
    """Raise what is no answer of an engine."""
    raise AssertionError("This must not be.")


DEFINITIONS = [
    create_task_definition(id="importPages", title="Import pages", run=import_pages),
    create_task_definition(id="insistent", title="Insistent", run=import_pages, on_before_trigger=insist),
    create_private_task_definition(id="secretTask", title="Secret", run=import_pages),
]


class Answer:
    """What was answered."""

    def __init__(self, messages):
        start, *parts = messages
        self.status = start["status"]
        self.headers = {}
        for name, value in start["headers"]:
            found = self.headers.get(name.decode())
            self.headers[name.decode()] = value.decode() if found is None else f"{found}, {value.decode()}"
        self.content = b"".join(part.get("body", b"") for part in parts)

    def json(self):
        """Return the body, which must be ASCII."""
        return json.loads(self.content.decode("ascii"))

    @property
    def code(self):
        """The code of the only error."""
        (error,) = self.json()["errors"]
        return error["extensions"]["code"]

    @property
    def message(self):
        """The message of the first error."""
        return self.json()["errors"][0]["message"]

    @property
    def everything(self):
        """All that was said, as text."""
        return f"{self.status} {self.headers} {self.content.decode()}"


class Site:
    """An app with its journal; `ask` sends a request, `execute` a document."""

    def __init__(self, source=None, *, profile="webiny-5", **options):
        self.entries = []
        self.sim = Simulator(DEFINITIONS, profile=profile) if source is None else source
        self.app = create_app(self.sim, on_entry=self.entries.append, **options)

    def ask(self, method, path, **request):
        """Return the answer to one request."""
        return asyncio.run(self.ask_async(method, path, **request))

    async def ask_async(
        self,
        method,
        path,
        *,
        headers=(),
        body=b"",
        client=("127.0.0.1", 50000),
        server=("127.0.0.1", 4000),
        receive=None,
    ):
        """Return the answer; `body` may be parts, headers a list of pairs; nothing is added to those."""
        pairs = list({**LOCAL, **dict(headers)}.items()) if isinstance(headers, dict | tuple) else headers
        path, _, query = path.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.lower().encode("latin-1"), _bytes(value)) for name, value in pairs],
            "client": client,
            "server": server,
        }
        parts = [body] if isinstance(body, bytes) else list(body)
        sent = []

        async def hand_over():
            if not parts:
                return {"type": "http.disconnect"}
            part = parts.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(parts)}

        async def send(message):
            sent.append(message)

        await self.app(scope, receive or hand_over, send)
        return Answer(sent)

    def post(self, value, *, headers=(), path="/graphql", **request):
        """Return the answer to a body, JSON unless it is bytes."""
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        given = {"content-type": "application/json", **dict(headers)}
        return self.ask("POST", path, body=body, headers=given, **request)

    def execute(self, document, variables=None, *, headers=(), **request):
        """Return the answer to a document."""
        return self.post({"query": document, "variables": variables}, headers=headers, **request)

    def control(self, action, *, headers=()):
        """Return the answer to a movement of time."""
        return self.ask("POST", f"/control/{action}", headers=headers)

    def trigger(self, left=0, *, seconds=60, headers=()):
        """Trigger `importPages`, and return the task's id."""
        profile = self.app.worlds.owner(self.tenant(headers)).sim.profile
        definition = '"importPages"' if profile == "webiny-6" else "importPages"
        arguments = f"definition: {definition}, input: {{left: {left}, seconds: {seconds}}}"
        document = f"mutation {{ backgroundTasks {{ triggerTask({arguments}) {{ data {{ id }} }} }} }}"
        answer = self.execute(document, headers=headers)
        return answer.json()["data"]["backgroundTasks"]["triggerTask"]["data"]["id"]

    def live(self):
        """Return what the app says to a server that starts and stops."""
        told, said = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}], []

        async def receive():
            return told.pop(0)

        async def send(message):
            said.append(message["type"])

        asyncio.run(self.app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send))
        return said

    def call_websocket(self):
        """Return what the app says to a web socket."""
        said = []

        async def receive():
            return {"type": "websocket.connect"}

        async def send(message):
            said.append((message["type"], message.get("code")))

        headers = [(b"host", b"evil.example")]
        scope = {
            "type": "websocket",
            "path": "/graphql",
            "headers": headers,
            "root_path": "",
            "query_string": b"",
        }
        asyncio.run(self.app(scope, receive, send))
        return said

    def tenant(self, headers):
        """Return whose world these headers ask for."""
        return dict(headers).get("x-tenant", self.app.worlds.default_tenant)

    def now(self, *, headers=()):
        """Return the seconds that have passed in the world, which must answer."""
        answer = self.ask("GET", "/control/now", headers=headers)
        assert answer.status == 200, answer.everything
        return answer.json()["elapsedSeconds"]


def _bytes(value):
    return value if isinstance(value, bytes) else value.encode("latin-1")


@pytest.fixture
def make_site(monkeypatch):
    """Make an app of one simulator, or of a function that makes them; all are closed afterwards."""
    made = []

    def make(source=None, *, bounds=None, **options):
        monkeypatch.setattr(app, "BOUNDS", BOUNDS._replace(**(bounds or {})))
        made.append(Site(source, **options))
        return made[-1]

    yield make
    for each in made:
        for owner in each.app.worlds.all().values():
            owner.close()


@pytest.fixture
def site(make_site):
    """An app of one simulator in virtual time, open to this machine."""
    return make_site()


@pytest.fixture
def make_sim():
    """Make the simulator of a tenant."""
    return lambda tenant="root": Simulator(DEFINITIONS, profile="webiny-5", tenant=tenant)


@pytest.fixture(scope="session")
def site_class():
    """What makes an app that outlives a test."""
    return Site
