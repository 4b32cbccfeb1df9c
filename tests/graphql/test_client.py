"""The client: sync and async, documents known once."""

import asyncio

import pytest

from tasksim import Identity, Simulator, UsageError, task_definition
from tasksim.graphql import GraphQLClient, _documents
from tasksim.graphql._contracts import CONTRACTS
from tasksim.graphql._documents import Documents
from tasksim.graphql._schemas import build_schema

LIST = "{ backgroundTasks { listTasks { data { id taskStatus } } } }"


def test_async(world):
    """In a running event loop the answers are the same, also of a task whose hook is async."""

    async def before(data):
        await asyncio.sleep(1)

    async def run(controller):
        await asyncio.sleep(1)
        return controller.response.done()

    world.sim.register(task_definition(id="awaits", title="Awaits", on_before_trigger=before)(run))

    async def use():
        field = "triggerTask(definition: awaits) { data { id } error { message } }"
        document = f"mutation {{ backgroundTasks {{ {field} }} }}"
        answer = await world.client.execute_async(document)
        world.sim.run_until_idle()
        return answer, await world.client.execute_async(LIST), await world.client.execute_async("{ nope }")

    triggered, listed, refused = asyncio.run(use())
    data = {"data": {"id": "awaits-0001"}, "error": None}
    assert triggered == {"data": {"backgroundTasks": {"triggerTask": data}}}
    assert listed == world.client.execute(LIST)
    assert list(refused) == ["errors"]


def test_operation_name(world):
    """Of several operations the named one is executed; without a name, or with another, none."""
    document = "query One { __typename } query Two { backgroundTasks { _empty } }"
    assert world.client.execute(document, operation_name="One") == {"data": {"__typename": "Query"}}
    assert list(world.client.execute(document)) == ["errors"]
    assert list(world.client.execute(document, None, "Three")) == ["errors"]


@pytest.mark.parametrize(
    ("document", "variables", "message"),
    [
        ("", None, "The query must be a string."),
        (5, None, "The query must be a string."),
        ("{ __typename }", [1], "Query variables must be a null or an object."),
        ("{ __typename", None, "Syntax Error: Expected Name, found <EOF>."),
        ("subscription { x }", None, "The schema"),
    ],
)
def test_requests_that_are_none(world, document, variables, message):
    """What is no request is answered by errors alone, every time."""
    for _ in range(2):
        answer = world.client.execute(document, variables)
        assert list(answer) == ["errors"]
        assert message in answer["errors"][0]["message"] or "ubscription" in answer["errors"][0]["message"]


def test_identity(make_world):
    """Who triggers through a client is its identity; the simulation keeps its own."""
    world = make_world(identity=Identity("id-7", "Ada", None))
    asked = "data { createdBy { id displayName type } }"
    found = world.change(f"triggerTask(definition: importPages) {{ {asked} }}")["data"]["createdBy"]
    assert found == {"id": "id-7", "displayName": "Ada", "type": None}
    refused = world.change("triggerTask(definition: guarded) { error { message } }")
    assert refused == {"error": {"message": "Not today."}}
    assert world.sim.tasks.trigger("importPages").created_by == Identity()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sim": "sim"}, "GraphQLClient() got 'sim'."),
        ({"identity": "Ada"}, "GraphQLClient() got identity='Ada'."),
        ({"permissions": "tasks"}, "GraphQLClient() got permissions='tasks'."),
        ({"permissions": [{"rwd": "r"}]}, "GraphQLClient() got permissions=[{'rwd': 'r'}]."),
        ({"permissions": ["tasks"]}, "GraphQLClient() got permissions=['tasks']."),
    ],
)
def test_arguments_that_cannot_be_used(arguments, message):
    """A client refuses what it cannot use, by name."""
    with pytest.raises(UsageError) as caught:
        GraphQLClient(**{"sim": Simulator(), **arguments})
    assert str(caught.value).startswith(message)


def test_repr():
    """A client shows its contract and what it holds."""
    sim = Simulator(profile="webiny-6")
    assert repr(GraphQLClient(sim)) == "<GraphQLClient webiny-6, permissions: *:*>"
    assert repr(GraphQLClient(sim, permissions=[])) == "<GraphQLClient webiny-6, permissions: none>"
    held = [{"name": "tasks", "rwd": "rw"}]
    assert repr(GraphQLClient(sim, permissions=held)) == "<GraphQLClient webiny-6, permissions: tasks:rw>"


def test_nothing_is_printed(world, capsys, caplog):
    """Errors are in the answer, and nowhere else unless somebody listens."""
    world.client.execute("{ nope }")
    assert capsys.readouterr() == ("", "")
    assert caplog.records == []


# --- documents


def test_documents_are_known_once(monkeypatch):
    """A document is parsed and validated once for a schema, whichever client sends it."""
    calls = []
    for name in ("parse", "validate"):
        original = getattr(_documents, name)
        monkeypatch.setattr(
            _documents, name, lambda *args, _name=name, _call=original: calls.append(_name) or _call(*args)
        )
    document = "{ backgroundTasks { _empty known: _empty } }"
    for _ in range(3):
        GraphQLClient(Simulator()).execute(document)
    assert calls == ["parse", "validate"]
    for _ in range(3):
        assert list(GraphQLClient(Simulator()).execute("{ nope, nor: this }")) == ["errors"]
    assert calls == ["parse", "validate"] * 2


def test_documents_are_forgotten(monkeypatch):
    """The document used longest ago is forgotten first."""
    monkeypatch.setattr(_documents, "MOST_DOCUMENTS", 2)
    documents = Documents()
    first, second = (documents.parse(None, {"query": text}) for text in ("{ a }", "{ b }"))
    assert documents.parse(None, {"query": "{ a }"}) is first
    documents.parse(None, {"query": "{ c }"})
    assert documents.parse(None, {"query": "{ a }"}) is first
    assert documents.parse(None, {"query": "{ b }"}) is not second


def test_document_of_somebody_else():
    """A document that was not the last one parsed is validated, and not remembered."""
    schema = build_schema(CONTRACTS["documented"], ()).schema
    documents = Documents()
    document = documents.parse(None, {"query": "{ nope }"})
    documents.parse(None, {"query": "{ __typename }"})
    assert [error.message for error in documents.validate(schema, document)] == [
        "Cannot query field 'nope' on type 'Query'."
    ]
    assert documents.validate(schema, documents.parse(None, {"query": "{ __typename }"})) == []
