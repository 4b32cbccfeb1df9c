"""The app: what is where, and what is answered when something is wrong."""

import asyncio
import json
import threading

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from tasksim import Simulator, create_task_definition
from tasksim.errors import UsageError
from tasksim.graphql import create_app
from tasksim.graphql._serving.guard import Guard
from tasksim.graphql._serving.journal import Raised, Requested
from tasksim.graphql._serving.owner import Owner

LIST = "{ backgroundTasks { listTasks { data { id taskStatus } } } }"
SECRET, TO_READ = "s3cret", "r3ad"


def trigger(definition):
    """Return a document that triggers."""
    field = f"triggerTask(definition: {definition}) {{ data {{ id }} error {{ message stack }} }}"
    return f"mutation {{ backgroundTasks {{ {field} }} }}"


def ends(error):
    """Return a definition whose hook raises this."""

    def raise_it(data):
        raise error

    return create_task_definition(
        id="ending", title="Ending", run=lambda controller: None, on_before_trigger=raise_it
    )


# --- where what is


def test_the_root_leads_to_the_api(site):
    """For pages and for documents, which stay what they are."""
    for method in ("GET", "POST", "HEAD"):
        answer = site.ask(method, "/", body=b"{}")
        assert (answer.status, answer.headers["location"]) == (307, "/graphql")


def test_the_root_leads_to_the_api_where_it_is_mounted():
    """Inside another app it leads below the path that this one has there."""
    outer = Starlette(routes=[Mount("/tasks", create_app(Simulator()))])

    async def asked():
        transport = httpx.ASGITransport(app=outer)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get("/tasks/")

    answer = asyncio.run(asked())
    assert (answer.status_code, answer.headers["location"]) == (307, "/tasks/graphql")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_slash_at_the_end_leads_to_the_api(site, method):
    """By the host that was asked."""
    answer = site.ask(method, "/graphql/")
    assert (answer.status, answer.headers["location"]) == (307, "http://127.0.0.1:4000/graphql")


def test_a_page_to_ask_by_is_shown(site):
    """The explorer, which no other page may frame; it shows no question of an address."""
    answer = site.ask("GET", "/graphql?query={x}", headers={"accept": "text/html"})
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert (
        answer.headers["x-frame-options"],
        "frame-ancestors" in answer.headers["content-security-policy"],
    ) == (
        "DENY",
        True,
    )
    assert site.ask("HEAD", "/graphql").status == 200


def test_health_is_answered_whatever_a_world_does(make_site):
    """It says what is busy with what; time that stands still keeps nobody busy."""
    entered, opened = threading.Event(), threading.Event()

    def block(controller):
        entered.set()
        assert opened.wait(10)
        return controller.response.done()

    site = make_site(
        Simulator([create_task_definition(id="blocking", title="Blocking", run=block)]),
        bounds={"seconds": 0.05},
    )
    site.sim.tasks.trigger("blocking")
    version = site.ask("GET", "/health").json()["version"]
    assert site.ask("GET", "/health").json() == {"status": "ok", "version": version, "worlds": [], "busy": {}}
    site.app.worlds.owner("root").run_until_idle()
    assert entered.wait(10)
    refused = site.control("run-next")
    assert (refused.status, refused.code, refused.headers["retry-after"]) == (503, "BUSY", "1")
    assert refused.message == (
        "The world has been busy with 'blocking-0001' for 0.05 seconds. "
        "What is left of the way was given up. Ask again later; does a task block?"
    )
    busy = site.ask("GET", "/health").json()["busy"]["root"]
    assert busy["with"] == "blocking-0001"
    assert busy["seconds"] >= 0.05
    refused = site.execute(trigger("blocking"))
    assert (refused.status, "Nothing was done." in refused.message) == (503, True)
    opened.set()
    site.app.worlds.owner("root").do(lambda sim: None).result(10)
    assert site.ask("GET", "/health").json()["busy"] == {}
    assert site.sim.tasks.list_tasks().meta.total_count == 1


def test_what_has_begun_is_done_though_nobody_waits(make_site, monkeypatch):
    """The refusal says so: asking again would do it twice."""
    opened = threading.Event()

    def wait(data):
        assert opened.wait(10)

    definition = create_task_definition(
        id="waiting",
        title="Waiting",
        run=lambda controller: controller.response.done(),
        on_before_trigger=wait,
    )
    site = make_site(Simulator([definition], profile="webiny-5"), bounds={"seconds": 0.05})
    answer = site.execute(trigger("waiting"))
    assert (answer.status, answer.code) == (503, "BUSY")
    assert "busy with something for 0.05 seconds. What was asked for is being done." in answer.message
    opened.set()
    site.app.worlds.owner("root").do(lambda sim: None).result(10)
    assert site.sim.tasks.list_tasks().meta.total_count == 1


@pytest.mark.slow
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "OPTIONS", "QUERY", "x"])
@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/", {"GET", "HEAD", "POST"}),
        ("/graphql", {"GET", "HEAD", "POST"}),
        ("/health", {"GET", "HEAD"}),
        ("/control", {"GET", "HEAD"}),
        ("/control/now", {"GET", "HEAD"}),
        ("/control/advance", {"POST"}),
    ],
)
def test_other_methods_are_refused_with_those_that_there_are(site, method, path, allowed):
    """OPTIONS, too, unless a browser asks for leave."""
    answer = site.ask(method, path)
    assert (answer.status, answer.code) == (405, "METHOD")
    assert set(answer.headers["allow"].split(", ")) == allowed


def test_movements_are_no_readings(site):
    """Nothing moves by GET, and nothing is read by POST."""
    for action in ("advance", "run-next", "run-until-idle", "reset"):
        assert site.ask("GET", f"/control/{action}").status == 405
    for reading in ("now", "next-event", "timeline"):
        assert site.control(reading).status == 405


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/graphql/x",
        "/control/x",
        "/control/now/x",
        "/Graphql",
        "//graphql",
        "/../graphql",
        "/\x00",
        "*",
    ],
)
def test_other_paths_are_not_found(site, path):
    """The answer says what there is."""
    answer = site.ask("GET", path)
    assert (answer.status, answer.code) == (404, "NOT_FOUND")
    assert answer.message.startswith("There is nothing at '")
    assert answer.message.endswith(". There are /graphql, /health and, unless left out, /control.")


def test_another_error_of_http_is_answered_in_the_same_shape(site, monkeypatch):
    """By its own words."""
    from starlette.exceptions import HTTPException  # noqa: PLC0415

    async def answer(self, scope, receive, send):
        raise HTTPException(418, "Short and stout.")

    monkeypatch.setattr("starlette.routing.Route.handle", answer)
    found = site.ask("GET", "/health")
    assert (found.status, found.code, found.message) == (418, "HTTP", "Short and stout.")


def test_answers_are_json_that_no_page_loads_as_a_script(site):
    """Whatever their status."""
    for answer in (
        site.execute("{ __typename }"),
        site.ask("GET", "/control/now"),
        site.ask("GET", "/nowhere"),
    ):
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["x-content-type-options"] == "nosniff"


# --- data


@pytest.mark.parametrize("text", ["\u0000\u001f\u2028", "\u00fc\U0001f600", "</script>"])
def test_answers_are_ascii(make_site, text):
    """Whatever a task holds."""
    site = make_site()
    document = (
        "mutation ($i: JSON, $n: String) { backgroundTasks { "
        "triggerTask(definition: importPages, input: $i, name: $n) "
        "{ data { input name } error { message } } } }"
    )
    answer = site.execute(document, {"i": {"a": [text]}, "n": text})
    answer.content.decode("ascii")
    found = answer.json()["data"]["backgroundTasks"]["triggerTask"]
    assert found == {"data": {"input": {"a": [text]}, "name": text}, "error": None}


@pytest.mark.parametrize("text", ["\ud800", "\udfff\ud800"])
def test_lone_surrogates_are_refused(make_site, text):
    """They are no text; the answer that says so is ASCII, too."""
    answer = make_site().execute(
        "query ($a: ID!) { backgroundTasks { getTask(id: $a) { data { id } } } }", {"a": text}
    )
    answer.content.decode("ascii")
    assert answer.status == 200
    assert "lone surrogate" in answer.message


def test_what_a_definition_or_hook_says_is_answered_in_ascii(make_site):
    """Also what is no text that UTF-8 could hold."""
    definition = ends(ValueError("\ud800"))
    definition.title = "\udfff"
    site = make_site(Simulator([definition], profile="webiny-5"))
    error = site.execute(trigger("ending")).json()["data"]["backgroundTasks"]["triggerTask"]["error"]
    listed = site.execute("{ backgroundTasks { listDefinitions { data { title } } } }").json()
    assert error["message"] == r"\ud800"
    assert listed["data"]["backgroundTasks"]["listDefinitions"]["data"] == [{"title": "\udfff"}]


def test_an_error_with_data_that_are_no_json_is_answered(make_site):
    """They become text."""
    error = RuntimeError("No.")
    error.data, error.code = {"at": {1, 2}, "inf": float("inf"), "bytes": b"\xff"}, 7
    answer = make_site(Simulator([ends(error)], profile="webiny-5")).execute(trigger("ending"))
    assert answer.status == 200
    assert answer.json()["data"]["backgroundTasks"]["triggerTask"]["error"]["message"] == "No."


# --- what hooks raise


class Odd(Exception):
    """Cannot be shown."""

    def __str__(self):
        """Raise."""
        raise ValueError


@pytest.mark.parametrize(
    "error",
    [
        AssertionError("This must not be."),
        ValueError(),
        UsageError("No."),
        StopIteration(1),
        asyncio.CancelledError(),
        Odd(),
        RecursionError(),
    ],
)
def test_what_a_hook_raises_is_in_the_envelope(make_site, error):
    """An assertion, too: over HTTP there is no test that it could end."""
    site = make_site(Simulator([ends(error)], profile="webiny-5"))
    found = site.execute(trigger("ending")).json()["data"]["backgroundTasks"]["triggerTask"]
    assert found["data"] is None
    assert found["error"]["message"]
    assert found["error"]["stack"] is None
    assert site.execute(LIST).json()["data"]["backgroundTasks"]["listTasks"]["data"] == []


@pytest.mark.parametrize(
    "error",
    [
        SystemExit(3),
        KeyboardInterrupt(),
        GeneratorExit(),
        pytest.fail.Exception("x"),
    ],
)
def test_what_nobody_may_catch_ends_no_server(make_site, error):
    """It is told where the server runs, and the world goes on."""
    site = make_site(Simulator([ends(error)], profile="webiny-5"))
    answer = site.execute(trigger("ending"))
    assert (answer.status, answer.code) == (500, "DEFECT")
    assert answer.message == f"{type(error).__name__} came out. Look where the server runs."
    assert [entry.error for entry in site.entries if isinstance(entry, Raised)] == [error]
    assert site.execute(LIST).json()["data"]["backgroundTasks"]["listTasks"]["data"] == []


def test_a_stack_is_shown_where_it_was_asked_for(make_site):
    """By whoever serves; nobody else can."""
    sim = Simulator([ends(ValueError("No."))], profile="webiny-5")
    for debug in (False, True):
        site = make_site(sim, debug=debug)
        error = site.execute(trigger("ending")).json()["data"]["backgroundTasks"]["triggerTask"]["error"]
        assert (error["stack"] is not None) is debug
        assert site.execute("{ nonsense }").json()["errors"][0].keys() <= {"message", "locations"}
    assert "raise_it" in error["stack"]


# --- defects


@pytest.mark.parametrize("error", [ValueError("s3cret"), RuntimeError(), Odd(), AssertionError()])
def test_a_defect_is_answered_and_told(make_site, monkeypatch, error):
    """With its type alone: neither its text nor a stack; and a page that may ask can read it."""
    site = make_site(debug=True)

    def fail(*_):
        raise error

    headers = {"origin": "http://localhost:3000"}
    with monkeypatch.context() as patched:
        patched.setattr(Owner, "do", fail)
        patched.setattr(Owner, "run_next", fail)
        answers = [site.execute(LIST, headers=headers), site.control("run-next", headers=headers)]
    for answer in answers:
        assert (answer.status, answer.code) == (500, "DEFECT")
        assert answer.message == f"{type(error).__name__} came out. Look where the server runs."
        assert answer.headers["access-control-allow-origin"] == "http://localhost:3000"
    told = [entry.error for entry in site.entries if isinstance(entry, Raised)]
    assert told == [error, error]
    assert [entry.status for entry in site.entries if isinstance(entry, Requested)] == [500, 500]
    assert site.execute(LIST).status == 200


def test_a_defect_outside_of_what_answers_is_answered_and_told(site, monkeypatch):
    """The server that runs the app hears of it, too."""

    def fail(*_):
        raise ValueError("s3cret")

    async def ask(scope_receive):
        sent = []

        async def send(message):
            sent.append(message)

        with pytest.raises(ValueError, match="s3cret"):
            await site.app(scope_receive, None, send)
        return sent

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/health",
        "headers": [],
        "scheme": "http",
        "query_string": b"",
    }
    with monkeypatch.context() as patched:
        patched.setattr(Guard, "_check_host", fail)
        start, body = asyncio.run(ask(scope))
    assert start["status"] == 500
    assert (
        json.loads(body["body"])["errors"][0]["message"] == "ValueError came out. Look where the server runs."
    )
    assert [type(entry) for entry in site.entries] == [Raised, Requested]
    assert site.ask("GET", "/health").status == 200


def test_a_definition_that_cannot_stand_in_the_schema_is_told(make_site):
    """Whoever serves it made a mistake; control goes on."""
    definition = create_task_definition(id="true", title="True", run=lambda controller: None)
    site = make_site(Simulator([definition], profile="webiny-5"))
    answer = site.execute("{ __typename }")
    assert (answer.status, answer.code) == (500, "DEFINITION")
    assert "'true'" in answer.message
    assert site.control("run-next").status == 200


# --- time


@pytest.fixture
def jumping(make_site):
    """An app in which polls move time."""
    return make_site(autojump=True)


@pytest.mark.parametrize(
    "field",
    [
        "listTasks { data { id logs { id } } }",
        "listLogs { data { id task { id logs { id } } } }",
        'getTask(id: "none") { data { id } }',
        "a: listTasks { data { id } } b: listTasks { data { id } } listLogs { data { id } }",
        'listDefinitions { data { id } } getTask(id: "importPages-0001") { data { logs { id } } }',
        'listTasks(after: "x") { error { message } }',
    ],
)
def test_a_query_of_tasks_or_logs_moves_time_to_the_next_event(jumping, field):
    """Once, however many fields it has; at idle nowhere."""
    jumping.trigger(left=2)
    for seconds in (0, 60, 120, 120):
        assert "errors" not in jumping.execute(f"{{ backgroundTasks {{ {field} }} }}").json()
        assert jumping.now() == seconds
    assert jumping.sim.tasks.get_task("importPages-0001").status == "success"


@pytest.mark.parametrize(
    "document",
    [
        "{ backgroundTasks { listDefinitions { data { id } } } }",
        "{ __schema { types { name } } }",
        "{ __typename backgroundTasks { __typename } }",
        'mutation { backgroundTasks { abortTask(id: "none") { data { id logs { id } } } } }',
        "mutation { backgroundTasks { triggerTask(definition: importPages) { data { id logs { id } } } } }",
        "{ backgroundTasks { listTasks { nonsense } } }",
        "{ backgroundTasks { listTasks ",
        "query A { __typename } query B { backgroundTasks { listTasks { data { id } } } }",
        "{ backgroundTasks { listTasks @skip(if: true) { data { id } } } }",
    ],
)
def test_other_documents_move_nothing(jumping, document):
    """Mutations, definitions, introspection, and what is refused."""
    jumping.trigger()
    jumping.execute(document)
    assert jumping.ask("GET", "/control/next-event").json()["next"]["what"]
    assert jumping.sim.tasks.get_task("importPages-0001").status == "pending"


def test_who_may_not_ask_moves_nothing(make_site):
    """Nor does who only looks at time."""
    site = make_site(autojump=True, token=SECRET, read_token=TO_READ)
    full = {"authorization": "Bearer s3cret"}
    site.trigger(headers=full)
    for headers in ({}, {"authorization": "Bearer x"}):
        assert site.execute(LIST, headers=headers).status == 401
    for path in ("now", "next-event", "timeline"):
        assert site.ask("GET", f"/control/{path}", headers=full).status == 200
    assert site.sim.tasks.get_task("importPages-0001").status == "pending"
    site.execute(LIST, headers={"authorization": "Bearer r3ad"})
    assert site.sim.tasks.get_task("importPages-0001").status == "success"


def test_a_poller_of_an_hour_ends_at_once(jumping):
    """A client that would poll every 5 seconds for an hour has its answer after as many polls as events."""
    id = jumping.trigger(left=40, seconds=90)
    polls = 0
    while (polls := polls + 1) < 720:
        data = jumping.execute(LIST).json()["data"]["backgroundTasks"]["listTasks"]["data"]
        if data[0] == {"id": id, "taskStatus": "success"}:
            break
    assert (polls, jumping.now()) == (41, 3600)


def test_time_that_moves_by_itself_is_not_moved_by_polls(make_site):
    """It is one or the other."""
    for time in ("real", "x60"):
        with pytest.raises(UsageError, match=f"with time='{time}' it moves by itself"):
            make_site(time=time, autojump=True)
    with pytest.raises(UsageError, match="time is 'fast'"):
        make_site(time="fast")


# --- arguments


@pytest.mark.parametrize("is_known", [False, True])
def test_type_names_of_the_official_client_are_known_where_they_are_asked_for(make_site, is_known):
    """And nowhere else, as of the real API."""
    where = "BackgroundTaskLogListWhereInput"
    document = f"query ($w: {where}) {{ backgroundTasks {{ listLogs(where: $w) {{ data {{ id }} }} }} }}"
    answer = make_site(profile="webiny-6", sdk_compat=is_known).execute(document).json()
    assert ("errors" not in answer) is is_known


def test_a_reader_that_cannot_be_called_is_refused():
    """Before anything is served."""
    with pytest.raises(UsageError, match="on_entry is 5"):
        create_app(Simulator(), on_entry=5)


def test_a_request_in_which_nobody_waits_any_more_is_done(make_site):
    """The loop of a client that went away is closed when its answer comes."""
    opened = threading.Event()

    def block(controller):
        assert opened.wait(10)
        return controller.response.done()

    site = make_site(Simulator([create_task_definition(id="blocking", title="Blocking", run=block)]))
    site.sim.tasks.trigger("blocking")

    async def leave():
        asking = asyncio.ensure_future(site.ask_async("POST", "/control/run-until-idle"))
        while not site.app.worlds.all() or site.app.worlds.owner("root").busy is None:  # noqa: ASYNC110 - of another thread
            await asyncio.sleep(0)
        asking.cancel()
        await asyncio.wait({asking})
        return asking.cancelled()

    assert asyncio.run(leave())
    opened.set()
    site.app.worlds.owner("root").do(lambda sim: None).result(10)
    assert site.sim.tasks.get_task("blocking-0001").status == "success"


def test_an_answer_that_comes_after_its_refusal_wakes_nobody(make_site):
    """The loop goes on, and hears of it when nobody waits any more."""
    opened, troubles = threading.Event(), []

    def wait(data):
        assert opened.wait(10)

    definition = create_task_definition(
        id="waiting", title="Waiting", run=lambda controller: None, on_before_trigger=wait
    )
    site = make_site(Simulator([definition], profile="webiny-5"), bounds={"seconds": 0.05})
    body = json.dumps({"query": trigger("waiting")}).encode()

    async def ask():
        asyncio.get_running_loop().set_exception_handler(lambda _, trouble: troubles.append(trouble))
        headers = {"content-type": "application/json"}
        answer = await site.ask_async("POST", "/graphql", headers=headers, body=body)
        opened.set()
        await asyncio.wrap_future(site.app.worlds.owner("root").do(lambda sim: None))
        return answer.status

    assert asyncio.run(ask()) == 503
    assert troubles == []
