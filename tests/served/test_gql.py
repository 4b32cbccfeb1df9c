"""`gql`, a client of others: it reads our introspection, checks its documents by it, and drives tasks."""

import asyncio
from types import SimpleNamespace

import pytest
from gql import Client, gql
from gql.transport.exceptions import TransportQueryError, TransportServerError
from gql.transport.httpx import HTTPXAsyncTransport, HTTPXTransport
from graphql import DocumentNode, GraphQLError

pytestmark = pytest.mark.slow

DEFINITION = {"webiny-6": "String!"}
TASK = "id taskStatus iterations input output parentId createdBy { id } startedOn finishedOn"
TRIGGER = f"""
mutation Trigger($definition: %s, $input: JSON) {{
  backgroundTasks {{
    triggerTask(definition: $definition, input: $input) {{
      data {{ {TASK} }}
      error {{ message code data }}
    }}
  }}
}}
"""
GET = f"""
query($id: ID!) {{
  backgroundTasks {{ getTask(id: $id) {{ data {{ {TASK} logs {{ iteration }} }} }} }}
}}
"""
ABORT = f"""
mutation($id: ID!, $message: String) {{
  backgroundTasks {{
    abortTask(id: $id, message: $message) {{ data {{ {TASK} }} error {{ message code data }} }}
  }}
}}
"""
LIST = f"""
query($where: WebinyBackgroundTaskListWhereInput, $limit: Int, $after: String) {{
  backgroundTasks {{
    listTasks(where: $where, limit: $limit, after: $after) {{
      data {{ {TASK} }}
      meta {{ cursor hasMoreItems totalCount }}
    }}
  }}
}}
"""
LOGS = """
query($task: String) {
  backgroundTasks { listLogs(where: { task: $task }) { data { items { message type } } } }
}
"""


def request(document, variables):
    """Return what `execute` takes: newer versions hold variables in the request, older ones beside it."""
    found = gql(document)
    if isinstance(found, DocumentNode):
        return (found, variables)
    found.variable_values = variables
    return (found,)


class Session:
    """A session of the client, that is asked in our words."""

    def __init__(self, session, profile="webiny-5"):
        self._session = session
        self._trigger = TRIGGER % DEFINITION.get(profile, "WebinyBackgroundTaskDefinitionEnum!")
        self.client = session.client

    def ask(self, document, **variables):
        """Return the one envelope that a document asks for."""
        return self.envelope(self._session.execute(*request(document, variables)))

    @staticmethod
    def envelope(data):
        """Return what stands in the namespace."""
        (found,) = data["backgroundTasks"].values()
        return found

    def trigger(self, definition="importPages", **variables):
        """Trigger a task."""
        return self.ask(self._trigger, definition=definition, **variables)


def session_of(served, profile="webiny-5", **headers):
    """Return a client whose sessions check documents against the schema that the server tells."""
    transport = HTTPXTransport(url=f"{served.url}/graphql", headers=headers, timeout=20)
    return Client(transport=transport, fetch_schema_from_transport=True)


PROFILES = ["documented", "generic", "webiny-5", "webiny-6"]


@pytest.mark.parametrize("profile", PROFILES)
def test_triggers_and_polls_to_the_end(serve, profile):
    """A client that triggers and polls sees pending, running and success, with time that jumps at polls."""
    with session_of(serve(profile=profile, autojump=True)) as opened:
        session = Session(opened, profile)
        task = session.trigger(input={"left": 3})
        assert task["error"] is None
        id = task["data"]["id"]
        seen = [task["data"]["taskStatus"]]
        while seen[-1] in {"pending", "running"}:
            assert len(seen) < 20
            task = session.ask(GET, id=id)["data"]
            seen.append(task["taskStatus"])
        assert list(dict.fromkeys(seen)) == ["pending", "running", "success"]
        assert task["iterations"] == 4
        assert task["output"] == {"pages": 3}
        assert task["startedOn"] < task["finishedOn"]


@pytest.mark.parametrize("time", ["real", "x60"])
def test_polls_while_time_goes_by_itself(serve, wait, time):
    """Where time is real, or goes faster, a task gets on between the polls of its watcher."""
    with session_of(serve(time=time)) as opened:
        session = Session(opened)
        pause = 1 if time == "real" else 60
        id = session.trigger(input={"left": 1, "pause": pause})["data"]["id"]
        seen = []

        def is_over():
            seen.append(session.ask(GET, id=id)["data"]["taskStatus"])
            return seen[-1] not in {"pending", "running"}

        wait(is_over, "the task has ended")
        assert seen[-1] == "success"
        assert "running" in seen


@pytest.mark.parametrize("profile", PROFILES)
def test_aborts(serve, profile):
    """An abort with a message ends a task; its log has the message, and a second abort is an error."""
    served = serve(profile=profile)
    with session_of(served) as opened:
        session = Session(opened, profile)
        id = session.trigger(input={"left": 3})["data"]["id"]
        served.control("run-next")
        aborted = session.ask(ABORT, id=id, message="Enough.")
        assert (aborted["data"]["taskStatus"], aborted["data"]["iterations"]) == ("aborted", 1)
        assert session.ask(LOGS, task=id)["data"][0]["items"][-1] == {"message": "Enough.", "type": "info"}
        again = session.ask(ABORT, id=id)
        assert again["data"] is None
        assert again["error"]["message"] == "Cannot abort a task that is not pending or running!"
        assert again["error"]["data"] == {"id": id, "status": "aborted"}


@pytest.mark.parametrize("profile", PROFILES)
def test_turns_pages(serve, profile):
    """A client that follows cursors sees each task once, newest first, in all worlds."""
    served = serve(profile=profile)
    with session_of(served) as opened:
        session = Session(opened, profile)
        ids = [session.trigger()["data"]["id"] for _ in range(5)]
        session.ask(ABORT, id=ids[1])
        seen, after = [], None
        for left in (3, 1, -1):
            page = session.ask(LIST, limit=2, after=after)
            assert (page["meta"]["totalCount"], page["meta"]["hasMoreItems"]) == (5, left > 0)
            seen += [task["id"] for task in page["data"]]
            after = page["meta"]["cursor"]
        assert (seen, after) == (ids[::-1], None)
        aborted = session.ask(LIST, where={"taskStatus": "aborted"})
        assert [task["id"] for task in aborted["data"]] == [ids[1]]


def test_checks_documents_against_our_schema(serve):
    """What our introspection does not know fails in the client, before anything is sent."""
    served = serve()
    with session_of(served) as opened:
        asked = len(served.requests())
        session = Session(opened)
        assert "WebinyBackgroundTaskDefinitionEnum" in session.client.schema.type_map
        with pytest.raises(GraphQLError, match="Cannot query field 'nope'"):
            session.ask("{ backgroundTasks { nope { data } } }")
        with pytest.raises(GraphQLError, match="Unknown type 'BackgroundTaskLogListWhereInput'"):
            session.ask(LOGS.replace("String", "BackgroundTaskLogListWhereInput"), task="x")
        assert len(served.requests()) == asked


def test_errors_surface(serve):
    """What the server does not accept is raised by the client with our message, with and without a schema."""
    served = serve(token="sesame-sesame", read_token="window")  # noqa: S106 - of this test
    with (
        session_of(served, authorization="Bearer sesame-sesame") as session,
        pytest.raises(TransportQueryError, match="Value 'nope' does not exist in") as raised,
    ):
        Session(session).trigger("nope")
    assert raised.value.errors[0]["locations"] == [{"line": 1, "column": 18}]
    transport = HTTPXTransport(
        url=f"{served.url}/graphql", headers={"authorization": "Bearer window"}, timeout=20
    )
    with Client(transport=transport) as session:
        with pytest.raises(TransportQueryError, match="Not authorized!"):
            Session(session).trigger()
        with pytest.raises(TransportQueryError, match="Cannot query field 'nope'"):
            Session(session).ask("{ backgroundTasks { nope { data } } }")
    with pytest.raises((TransportServerError, TransportQueryError)) as raised, session_of(served):
        pass  # it asks for the schema first, without a token
    assert "401" in str(raised.value) or "There is no token." in str(raised.value)


def test_tenants_are_worlds(serve):
    """Two clients that send different tenants see different tasks, and time of their own."""
    served = serve()
    with session_of(served, **{"x-tenant": "one"}) as one, session_of(served, **{"x-tenant": "two"}) as two:
        first, second = Session(one), Session(two)
        id = first.trigger()["data"]["id"]
        assert second.ask(LIST)["data"] == []
        served.control("run-until-idle", **{"x-tenant": "two"})
        assert first.ask(GET, id=id)["data"]["taskStatus"] == "pending"


def test_async(serve):
    """The asynchronous client triggers many at once, polls them together, aborts one, and lists."""
    served = serve(autojump=True)

    async def use():
        transport = HTTPXAsyncTransport(url=f"{served.url}/graphql", timeout=20)
        async with Client(transport=transport, fetch_schema_from_transport=True) as opened:
            session = Session(opened)

            async def ask(document, **variables):
                return session.envelope(await opened.execute(*request(document, variables)))

            async def watch(id):
                seen = []
                while not seen or seen[-1] in {"pending", "running"}:
                    seen.append((await ask(GET, id=id))["data"]["taskStatus"])
                return seen

            triggered = await asyncio.gather(
                *(
                    ask(session._trigger, definition="importPages", input={"left": left})
                    for left in (0, 1, 2, 100)
                )
            )
            ids = [task["data"]["id"] for task in triggered]
            aborted = await ask(ABORT, id=ids[3], message="Enough.")
            ends = await asyncio.gather(*(watch(id) for id in ids))
            listed = await ask(LIST, limit=10)
            with pytest.raises(TransportQueryError, match="Value 'nope' does not exist"):
                await ask(session._trigger, definition="nope")
            return SimpleNamespace(ids=ids, aborted=aborted, ends=ends, listed=listed)

    found = asyncio.run(use())
    assert len(set(found.ids)) == 4
    assert found.aborted["data"]["taskStatus"] == "aborted"
    assert [seen[-1] for seen in found.ends] == ["success", "success", "success", "aborted"]
    assert {task["id"] for task in found.listed["data"]} == set(found.ids)
