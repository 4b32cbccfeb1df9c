"""schemathesis asks the served schema: documents it invents, right and wrong, over a real socket.

It is no part of what the tests need: it changes how Hypothesis prints, for the whole process, and asks for
newer versions than we do. So it has a run of its own, `pip install --group schemathesis` and then
`pytest -m slow` of this file; without it the file is left out.
"""

import pytest
from graphql import REMOVE, Visitor, parse, parse_value, print_ast, visit
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from served_schema_answers import check_answer

from tasksim import Simulator
from tasksim.graphql._demo import demo_definitions, tell_history
from tasksim.graphql._serving.app import create_app
from tasksim.graphql._serving.server import Server

REASON = "schemathesis has a run of its own: python -m pip install --group schemathesis"
UNSHRUNK = settings(settings.get_profile("repeatable"), phases=[Phase.generate])
schemathesis = pytest.importorskip("schemathesis", reason=REASON)
requests = pytest.importorskip("requests", reason=REASON)
nodes = schemathesis.graphql.nodes

pytestmark = pytest.mark.slow

WORLDS = [
    pytest.param((profile, autojump), id=f"{profile}-{'autojump' if autojump else 'virtual'}")
    for profile in ("documented", "generic", "webiny-5", "webiny-6")
    for autojump in (False, True)
]

# The codes of errors in envelopes, by field; an argument that means nothing has none.
USUAL = {
    "getTask": set(),
    "listTasks": {""},
    "listLogs": {""},
    "listDefinitions": set(),
    "getSettings": set(),
    "updateSettings": {"BackgroundTasks/ValidationError"},
    "triggerTask": {"VALIDATION_FAILED_INVALID_FIELDS", "MAX_DELAY_ERROR", "TASK_DEFINITION_ERROR", ""},
    "abortTask": {
        "NOT_FOUND",
        "TASK_ABORT_ERROR",
        "BackgroundTasks/Task/NotFoundError",
        "BackgroundTasks/Task/Abort",
    },
    "deleteTask": {"NOT_FOUND", "BackgroundTasks/Task/NotFoundError"},
}
ALL_OF_IT = """query Everything {
  backgroundTasks {
    listTasks(limit: 1000) {
      data {
        id createdOn savedOn createdBy { id displayName type } name definitionId parentId executionName
        iterations input output taskStatus startedOn finishedOn eventResponse
        logs { id createdOn executionName iteration items { message createdOn type data error } }
      }
      meta { cursor hasMoreItems totalCount }
      error { message code data stack }
    }
  }
}"""


def history(profile):
    """Make the demo's world: a task in each status, and pages of them."""
    sim = Simulator(demo_definitions(), profile=profile, tick="1s", builtins=True)
    tell_history(sim)
    return sim


class Served:
    """A world behind a socket, and the schema that schemathesis found there."""

    def __init__(self, url, profile, autojump):
        self.url = url
        self.profile = profile
        self.autojump = autojump
        self.session = requests.Session()
        self.session.trust_env = False
        self.schema = schemathesis.graphql.from_url(f"{url}/graphql")
        self.promised = self.schema.client_schema

    def cases(self, mode):
        """Return documents of a kind."""
        found = [each.ok() for each in self.schema.get_all_operations()]
        assert [each.label for each in found] == ["Query.backgroundTasks", "Mutation.backgroundTasks"]
        return st.one_of(*(each.as_strategy(generation_mode=mode) for each in found))

    def control(self, action):
        """Move time, or begin anew."""
        response = self.session.post(f"{self.url}/control/{action}")
        assert response.status_code == 200, response.text
        return response.json()

    def look(self, reading):
        """Look at time, or at what happened."""
        return self.session.get(f"{self.url}/control/{reading}").json()

    def picture(self):
        """Return everything there is, which fits the schema, too."""
        response = self.session.post(f"{self.url}/graphql", json={"query": ALL_OF_IT})
        answer = response.json()
        check_answer(self.promised, ALL_OF_IT, answer)
        assert "errors" not in answer
        return answer["data"]["backgroundTasks"]["listTasks"]


@pytest.fixture(scope="module", params=WORLDS)
def served(request):
    """A world of each profile, whose time stands still, or jumps."""
    profile, autojump = request.param
    app = create_app(lambda tenant: history(profile), autojump=autojump)
    with Server(app) as server:
        served = Served(server.url, profile, autojump)
        yield served
        served.session.close()


def texts(profile):
    """Return strategies of texts that mean something in this world, and of any."""
    sim = history(profile)
    tasks = list(sim.tasks.list_tasks(limit=1000))
    ids = st.sampled_from([task.id for task in tasks]).map(nodes.String)
    cursors = [
        sim.tasks.list_tasks(limit=3).meta.cursor,
        sim.tasks.list_tasks(limit=3, sort="name_ASC").meta.cursor,
        sim.tasks.list_logs(limit=3).meta.cursor,
    ]
    known = ["success", "failed", "slowImport", "validated", "purgeOldTasks", "import", "a", "draft"]
    known += [task.name for task in tasks[:5]]
    words = st.sampled_from([*known, *cursors]).map(nodes.String)
    anything = st.text(max_size=20).map(nodes.String)
    return ids | ids | anything, words | words | ids | anything


def values():
    """Return literals that JSON takes; now and then what a definition of the demo takes."""
    usual = [
        '{to: "ann@example.com", month: "2024-05"}',
        "{to: 5, copies: 1e40}",
        "{products: 20, a: {b: [null, {c: 1.5}]}}",
        "{}",
        "null",
        '"text"',
        "0",
        "[1, 2]",
        "{a: yes, b: [no]}",
    ]
    return st.sampled_from(usual).map(parse_value) | st.text(max_size=5).map(nodes.String)


def instants():
    """Return literals of instants, most of them in or near the day of the demo."""
    day = st.integers(1, 3)
    near = st.builds("2024-01-{:02}T{:02}:{:02}:00.000Z".format, day, st.integers(0, 23), st.integers(0, 59))
    odd = st.sampled_from(
        ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999+00:00", "2024-02-29t00:00:00-12:00"]
    )
    return (near | near | odd).map(nodes.String)


def numbers():
    """Return literals of numbers; a delay of 355 days is too long."""
    whole = st.integers(-5, 100) | st.sampled_from([30_671_999, 30_672_000, 10**15, -(10**300)])
    return whole.map(nodes.Int) | st.floats(-10, 1e9, allow_nan=False).map(nodes.Float)


@pytest.fixture(autouse=True)
def _scalars(served):
    """Teach schemathesis the scalars of the contract, and the words of this world."""
    ids, words = texts(served.profile)
    strategies = {"ID": ids, "String": words, "JSON": values(), "DateTime": instants(), "Number": numbers()}
    for name, strategy in strategies.items():
        schemathesis.graphql.scalar(name, strategy)


class Unconditional(Visitor):
    """Leaves out what makes most lists empty."""

    def enter_argument(self, node, *_):
        """Leave out a condition."""
        return REMOVE if node.name.value in {"where", "search", "after"} else None


def unconditional(case):
    """Return a case whose lists are not empty."""
    case.body = print_ast(visit(parse(case.body), Unconditional()))
    return case


def is_documented(error):
    """Tell whether an error outside of any envelope is one that the contract knows.

    There are three: a log whose task was deleted has none, though the schema promises one; a condition that
    means nothing, as null for a bound, where a task's logs have no envelope; an answer that grows too large.
    """
    last = error.get("path", [None])[-1]
    if last == "task":
        return "Cannot return null" in error["message"]
    if last == "logs" and error["message"].startswith("where["):
        return True
    return error.get("extensions", {}).get("code") == "TOO_MUCH"


def judge(served, case, answer):
    """Look at the answer to a document that the schema allows."""
    check_answer(served.promised, case.body, answer)
    errors = answer.get("errors", [])
    assert all(map(is_documented, errors)), (errors, case.body)
    envelopes = (answer.get("data") or {}).get("backgroundTasks") or {}
    for field, envelope in envelopes.items():
        error = envelope.get("error") if isinstance(envelope, dict) else None
        if error is not None:
            if "code" in error:
                assert error["code"] in USUAL[field], (error, case.body)
            assert error.get("stack") is None
            assert not envelope.get("data"), envelope
    return bool(errors)


# Not until time is idle: `neverEnds` runs for ever.
MOVES = ("run-next", "advance?seconds=0", "advance?seconds=90", "advance?seconds=3h")


def test_right_documents_are_answered(served):
    """Documents that the schema allows are answered as it promises, however time moves between them."""
    documents = served.cases(schemathesis.GenerationMode.POSITIVE)
    moves = st.sampled_from(MOVES)
    full = documents.map(unconditional)
    conversation = st.lists(documents | full | full | moves, min_size=1, max_size=4)

    @settings(UNSHRUNK, max_examples=12)
    @given(conversation)
    def ask(steps):
        served.control("reset")
        for step in steps:
            if isinstance(step, str):
                served.control(step)
                continue
            response = step.call(session=served.session)
            assert response.status_code == 200, response.text
            if not judge(served, step, response.json()):
                step.validate_response(response)
        served.picture()

    ask()


def test_wrong_documents_are_refused(served):
    """Documents that break the schema in one place are refused before anything is done."""
    documents = served.cases(schemathesis.GenerationMode.NEGATIVE)
    served.control("reset")
    before = served.look("now"), served.look("timeline")

    @settings(UNSHRUNK, max_examples=20)
    @given(documents)
    def ask(case):
        response = case.call(session=served.session)
        assert response.status_code == 200, response.text
        answer = response.json()
        check_answer(served.promised, case.body, answer)
        assert list(answer) == ["errors"], answer
        assert all("path" not in each for each in answer["errors"])
        case.validate_response(response)

    ask()
    assert (served.look("now"), served.look("timeline")) == before
