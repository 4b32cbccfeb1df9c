"""Requests that are wrong in some way are refused, and change nothing: documents and bodies."""

import json
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import pytest
from graphql import GraphQLError, build_client_schema, get_introspection_query, parse, validate
from hypothesis import given, settings
from hypothesis import strategies as st
from served_schema_answers import check_answer

from tasksim import Simulator
from tasksim.graphql._demo import demo_definitions, tell_history
from tasksim.graphql._serving.app import create_app
from tasksim.graphql._serving.server import Server

PROFILES = ("documented", "webiny-5", "webiny-6")
REPEATABLE = settings.get_profile("repeatable")
OPENER = build_opener(ProxyHandler({}))


def history(profile):
    """Make the demo's world: a task in each status."""
    sim = Simulator(demo_definitions(), profile=profile, tick="1s", builtins=True)
    tell_history(sim)
    return sim


class Served:
    """A world behind a socket, its schema, and what happened in it until now."""

    def __init__(self, url):
        self.url = url
        asked = self.post({"query": get_introspection_query()})[1]
        self.schema = build_client_schema(asked["data"])
        self.before = self.state()

    def post(self, body, kind="application/json"):
        """Return the status and the body of an answer."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = Request(f"{self.url}/graphql", data, {"Content-Type": kind})  # noqa: S310 - our own
        try:
            with OPENER.open(request, timeout=30) as response:
                return response.status, json.load(response)
        except HTTPError as error:
            with error:
                return error.code, json.load(error)

    def state(self):
        """Return the time, and everything that happened."""
        found = []
        for reading in ("now", "timeline"):
            with OPENER.open(f"{self.url}/control/{reading}", timeout=30) as response:
                found.append(json.load(response))
        return found


@pytest.fixture(scope="module", params=PROFILES)
def served(request):
    """A world of each profile, whose time stands still."""
    with Server(create_app(history(request.param))) as server:
        served = Served(server.url)
        yield served
        assert served.state() == served.before


# --- documents: right ones, broken in one place

RIGHT = [
    'mutation { backgroundTasks { triggerTask(definition: slowImport, name: "x") { data { id } } } }',
    'mutation { backgroundTasks { abortTask(id: "neverEnds-0065") { data { id taskStatus } } } }',
    'mutation { backgroundTasks { deleteTask(id: "neverEnds-0065") { data error { code } } } }',
    "mutation ($id: ID!) { backgroundTasks { deleteTask(id: $id) { data } } }",
    "fragment F on Mutation { backgroundTasks { deleteTask(id: 5) { data } } } mutation { ...F }",
]
WORDS = st.sampled_from(
    ["nope", "5", '"text"', "true", "null", "$x", "[", "{", "}", ")", "@skip", "...", "%", "RED"]
)


@st.composite
def broken(draw):
    """Return a document in which a word was exchanged, added, doubled or left out."""
    words = draw(st.sampled_from(RIGHT)).replace("(", " ( ").replace(")", " ) ").replace(":", " : ").split()
    place = draw(st.integers(0, len(words) - 1))
    word = draw(WORDS)
    words[place : place + 1] = draw(st.sampled_from([[], [word], [words[place], word], [words[place]] * 2]))
    return " ".join(words)


def is_right(schema, document):
    """Tell whether a document may be executed all the same."""
    try:
        return not validate(schema, parse(document))
    except GraphQLError:
        return False


def refuse_document(served, document):
    """Send a document unless it is right, and look at the answer."""
    if is_right(served.schema, document) and "$id" not in document:
        return
    status, answer = served.post({"query": document})
    assert status == 200
    check_answer(served.schema, document, answer)
    assert list(answer) == ["errors"], (document, answer)


def refuse_body(served, body, kind):
    """Send a body that is no request, and look at the answer."""
    status, answer = served.post(body, kind)
    is_json = kind.partition(";")[0] == "application/json"
    assert status == (400 if is_json else 415), (body, answer)
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == ("BAD_REQUEST" if is_json else "CONTENT_TYPE")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=5), inside, max_size=3),
    max_leaves=10,
)
NO_REQUEST = (
    st.binary(max_size=40)
    | JSON
    | st.fixed_dictionaries({"query": JSON.filter(lambda value: not isinstance(value, str))})
    | st.fixed_dictionaries(
        {
            "query": st.just(RIGHT[3]),
            "variables": st.integers() | st.text() | st.lists(st.integers(), min_size=1),
        }
    )
    | st.fixed_dictionaries({"query": st.just(RIGHT[2]), "operationName": st.integers() | st.just(["x"])})
    | st.integers(0, len(RIGHT[2])).map(lambda size: json.dumps({"query": RIGHT[2]}).encode()[:size])
)
KINDS = st.sampled_from(["application/json"] * 4 + ["text/plain", "application/graphql", "application/jsonx"])
KINDS |= st.just("application/json; charset=utf-8")


@pytest.mark.slow
@settings(REPEATABLE, max_examples=20)
@given(document=broken())
def test_broken_documents(served, document):
    """A document that was broken is refused by words, and nothing happens."""
    refuse_document(served, document)


@pytest.mark.slow
@settings(REPEATABLE, max_examples=400)
@given(document=broken())
def test_many_broken_documents(served, document):
    """As above, many."""
    refuse_document(served, document)


@settings(REPEATABLE, max_examples=20)
@given(body=NO_REQUEST, kind=KINDS)
def test_bodies_that_are_no_requests(served, body, kind):
    """A body that holds no request is refused with a status of its own, and nothing happens."""
    refuse_body(served, body, kind)


@pytest.mark.slow
@settings(REPEATABLE, max_examples=400)
@given(body=NO_REQUEST, kind=KINDS)
def test_many_bodies_that_are_no_requests(served, body, kind):
    """As above, many."""
    refuse_body(served, body, kind)


WRONG_VARIABLES = [
    ("$id: ID!", "getTask(id: $id) { data { id } }", {"id": None}),
    ("$id: ID!", "getTask(id: $id) { data { id } }", {}),
    ("$id: ID!", "getTask(id: $id) { data { id } }", {"id": {"a": 1}}),
    ("$id: ID!", "getTask(id: $id) { data { id } }", {"id": True}),
    ("$n: Int", "listTasks(limit: $n) { data { id } }", {"n": "1"}),
    ("$n: Int", "listTasks(limit: $n) { data { id } }", {"n": 2**31}),
    ("$n: Int", "listTasks(limit: $n) { data { id } }", {"n": 1.5}),
    ("$w: WebinyBackgroundTaskListWhereInput", "listTasks(where: $w) { data { id } }", {"w": {"nope": 1}}),
    ("$w: WebinyBackgroundTaskListWhereInput", "listTasks(where: $w) { data { id } }", {"w": {"name": 1}}),
    (
        "$w: WebinyBackgroundTaskListWhereInput",
        "listTasks(where: $w) { data { id } }",
        {"w": {"startedOn": "x"}},
    ),
    (
        "$w: WebinyBackgroundTaskListWhereInput",
        "listTasks(where: $w) { data { id } }",
        {"w": {"iterations": True}},
    ),
    (
        "$w: WebinyBackgroundTaskListWhereInput",
        "listTasks(where: $w) { data { id } }",
        {"w": {"id_in": [None]}},
    ),
    ("$s: [WebinyBackgroundTaskListSorter!]", "listTasks(sort: $s) { data { id } }", {"s": ["nope_ASC"]}),
    ("$s: [WebinyBackgroundTaskListSorter!]", "listTasks(sort: $s) { data { id } }", {"s": [None]}),
    ("$s: String", "listTasks(search: $s) { data { id } }", {"s": ["x"]}),
]


@pytest.mark.slow
@pytest.mark.parametrize(("types", "field", "variables"), WRONG_VARIABLES)
def test_wrong_variables(served, types, field, variables):
    """Variables that do not fit their types are refused by words, and nothing is executed."""
    document = f"query ({types}) {{ backgroundTasks {{ {field} }} }}"
    assert is_right(served.schema, document)
    status, answer = served.post({"query": document, "variables": variables})
    assert status == 200
    check_answer(served.schema, document, answer)
    assert list(answer) == ["errors"]
