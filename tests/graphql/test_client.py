"""The client: sync and async, documents known once, one state with `sim.tasks`."""

import asyncio

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tasksim import EngineError, Identity, Simulator, UsageError, task_definition
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


# --- one state


@task_definition(id="countDown", title="Count down")
def count_down(input, controller):
    """Continue until nothing is left."""
    if input.get("left", 0) > 0:
        return controller.response.continue_({"left": input["left"] - 1}, seconds=1)
    return controller.response.done()


class OneState(RuleBasedStateMachine):
    """Trigger, abort and delete through GraphQL or by code, at will; both see the same."""

    tasks = Bundle("tasks")

    def __init__(self):
        super().__init__()
        self.sim = Simulator([count_down], profile="webiny-5", freeze=False)
        self.client = GraphQLClient(self.sim)

    def change(self, field):
        """Return what a mutation answered: data, or the error's message and code."""
        answer = self.client.execute(f"mutation {{ backgroundTasks {{ found: {field} }} }}")
        found = answer["data"]["backgroundTasks"]["found"]
        error = found["error"]
        return found["data"] if error is None else (error["message"], error["code"])

    def by_code(self, call):
        """Return what a call answered, in the same form."""
        try:
            found = call()
        except EngineError as error:
            return error.message, error.code
        return found if found is True else {"id": found.id}

    @rule(target=tasks, left=st.integers(0, 3), through_graphql=st.booleans())
    def trigger(self, left, through_graphql):
        if through_graphql:
            arguments = f"definition: countDown, input: {{ left: {left} }}"
            return self.change(f"triggerTask({arguments}) {{ data {{ id }} error {{ message code }} }}")["id"]
        return self.sim.tasks.trigger("countDown", input={"left": left}).id

    @rule(task=tasks, through_graphql=st.booleans())
    def abort(self, task, through_graphql):
        known = self.sim.tasks.get_task(task)
        can = known is not None and known.task_status in {"pending", "running"}
        if through_graphql:
            found = self.change(f'abortTask(id: "{task}") {{ data {{ id }} error {{ message code }} }}')
        else:
            found = self.by_code(lambda: self.sim.tasks.abort(task))
        assert (found == {"id": task}) is can

    @rule(task=consumes(tasks), through_graphql=st.booleans())
    def delete(self, task, through_graphql):
        if through_graphql:
            assert self.change(f'deleteTask(id: "{task}") {{ data error {{ message code }} }}') is True
        else:
            self.sim.tasks.delete_task(task)

    @rule()
    def run_next(self):
        self.sim.run_next()

    @rule(seconds=st.integers(0, 3))
    def advance(self, seconds):
        self.sim.advance(seconds)

    @invariant()
    def one_state(self):
        asked = "id taskStatus iterations input output startedOn finishedOn savedOn logs { id iteration }"
        document = f"{{ backgroundTasks {{ listTasks {{ data {{ {asked} }} meta {{ totalCount }} }} }} }}"
        found = self.client.execute(document)["data"]["backgroundTasks"]["listTasks"]
        page = self.sim.tasks.list_tasks()
        assert found["meta"]["totalCount"] == page.meta.total_count
        for seen, task in zip(found["data"], page, strict=True):
            logs = [
                {"id": log.id, "iteration": log.iteration}
                for log in self.sim.tasks.list_logs({"task": task.id}, sort="created_on_ASC", limit=1000)
            ]
            assert {**task.to_json(), "logs": logs} == {**task.to_json(), **seen}


def test_one_state():
    """Whatever is done through GraphQL or by code, each shows what the other did."""
    chosen = settings(max_examples=15, stateful_step_count=15, derandomize=True, deadline=None, database=None)
    run_state_machine_as_test(OneState, settings=chosen)
