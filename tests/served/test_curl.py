"""curl: the command that the start-up screen prints, and what else somebody types."""

import json
import shutil
import subprocess

import pytest

pytestmark = pytest.mark.slow

TOKEN = "sesame-sesame"  # noqa: S105 - of these tests


@pytest.fixture(autouse=True)
def program(needed):
    """There is curl."""
    needed(shutil.which("curl"), "curl is not installed")


def curl(*arguments, given=None):
    """Run curl; return the status and what was printed."""
    done = subprocess.run(
        ["curl", "--silent", "--show-error", "--max-time", "20", "--write-out", "\n%{http_code}", *arguments],  # noqa: S607 - anybody's
        input=given,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stderr == ""
    body, _, status = done.stdout.rpartition("\n")
    return int(status), body


def asked(url, document, *arguments):
    """Send a document with curl, and return the JSON that came back."""
    status, body = curl(
        f"{url}/graphql",
        *("-H", "content-type: application/json"),
        *arguments,
        *("-d", json.dumps({"query": document})),
    )
    assert status == 200, body
    return json.loads(body)


@pytest.mark.parametrize("token", [None, TOKEN])
@pytest.mark.parametrize("profile", ["documented", "webiny-6"])
def test_printed_command(command, profile, token):
    """The command of the start-up screen triggers a task as it is printed, by the environment's token."""
    environment = {} if token is None else {"TASKSIM_TOKEN": token, "TASKSIM_READ_TOKEN": "window"}
    child = command("--profile", profile, is_json=False, environment=environment)
    first = child.line(lambda line: line.startswith("Try:  "))
    child.line(lambda line: line.startswith("Ctrl-C stops"))
    printed = [first.removeprefix("Try:  "), *child.lines[child.lines.index(first) + 1 : -2]]
    done = subprocess.run(
        ["sh", "-c", "\n".join(printed)],  # noqa: S607 - anybody's
        capture_output=True,
        encoding="utf-8",
        check=True,
        env=child.environment,
    )
    found = json.loads(done.stdout)["data"]["backgroundTasks"]["triggerTask"]
    assert found["error"] is None
    assert found["data"]["id"].startswith("slowImport-")
    assert found["data"]["taskStatus"] == "pending"
    assert ("authorization: Bearer $TASKSIM_TOKEN" in "\n".join(printed)) is (token is not None)
    url = printed[0].split()[2]
    reader = ("-H", "authorization: Bearer window")
    assert curl(f"{url.removesuffix('/graphql')}/control/now", *reader)[0] == 200
    expected = 200 if token is None else 403
    assert curl("-X", "POST", f"{url.removesuffix('/graphql')}/control/run-next", *reader)[0] == expected
    assert child.end()[0] == 0
    lines = child.rest()
    assert any(f"POST triggerTask  200  {found['data']['id']}  pending" in line for line in lines)
    assert TOKEN not in "\n".join(lines)


def test_token(serve):
    """Without the token, or with another, nothing is done: 401 and how it is sent; the reading one reads."""
    served = serve(token=TOKEN, read_token="window")  # noqa: S106 - of these tests
    url = f"{served.url}/graphql"
    body = ("-H", "content-type: application/json", "-d", '{"query": "{__typename}"}')
    for header in ((), ("-H", "authorization: Bearer wrong"), ("-u", "sesame:sesame")):
        status, text = curl(url, *body, *header)
        assert (status, json.loads(text)["errors"][0]["extensions"]["code"]) == (401, "UNAUTHORIZED")
    for token in (TOKEN, "window"):
        assert curl(url, *body, "-H", f"authorization: Bearer {token}")[0] == 200
    for token, expected in ((TOKEN, 200), ("window", 403)):
        moved = curl("-X", "POST", f"{served.url}/control/run-next", "-H", f"authorization: Bearer {token}")
        assert moved[0] == expected
    assert TOKEN not in repr(served.entries)


def test_addresses(serve):
    """`/` leads to the explorer's page, /health says that it lives, what there is not is said in words."""
    served = serve()
    status, page = curl("-L", served.url)
    assert status == 200
    assert "<!doctype html>" in page.lower()
    assert 'id="graphiql"' in page
    assert curl(served.url)[0] == 307
    status, health = curl(f"{served.url}/health")
    assert (status, json.loads(health)["status"]) == (200, "ok")
    status, text = curl(f"{served.url}/graphiql")
    assert (status, json.loads(text)["errors"][0]["extensions"]["code"]) == (404, "NOT_FOUND")
    status, text = curl("-X", "DELETE", f"{served.url}/graphql")
    assert (status, json.loads(text)["errors"][0]["extensions"]["code"]) == (405, "METHOD")


def test_post_follows_the_lead(serve):
    """A POST to `/` is led on as a POST."""
    served = serve()
    status, text = curl(
        "-L", served.url, "-H", "content-type: application/json", "-d", '{"query": "{__typename}"}'
    )
    assert (status, json.loads(text)) == (200, {"data": {"__typename": "Query"}})


def test_control(serve):
    """Time is moved with curl alone: next event, advance, run-next, run-until-idle, the timeline, reset."""
    served = serve()
    control = f"{served.url}/control"

    def post(action):
        status, text = curl("-X", "POST", f"{control}/{action}")
        assert status == 200, text
        return json.loads(text)

    def get(reading):
        status, text = curl(f"{control}/{reading}")
        assert status == 200, text
        return json.loads(text)

    assert "/control/advance" in json.loads(curl(control)[1])["POST"]
    id = served.trigger(arguments="input: {left: 2}")
    assert get("next-event")["next"]["what"] == id
    assert post("run-next")["last"]["answer"]["status"] == "continue"
    assert post("advance?seconds=59")["events"] == 0
    assert post("advance?seconds=1")["events"] == 1
    assert get("now")["elapsedSeconds"] == 60
    assert post("run-until-idle")["events"] == 1
    assert get("next-event") == {"next": None}
    assert served.status(id) == "success"
    timeline = get(f"timeline?task={id}")
    assert len(timeline["events"]) > 3
    assert f"{id}  success  3 iterations" in timeline["text"]
    assert post("reset")["elapsedSeconds"] == 0
    assert served.ask("listTasks { data { id } }") == {"data": []}
    status, text = curl("-X", "POST", f"{control}/advance?second=1")
    assert (status, "'second' means nothing here." in text) == (400, True)


def test_worlds(serve):
    """The header x-tenant chooses a world, with tasks and a clock of its own."""
    served = serve()
    trigger = "mutation { backgroundTasks { triggerTask(definition: importPages) { data { id } } } }"
    listed = "{ backgroundTasks { listTasks { data { taskStatus } } } }"
    one, two = ("-H", "x-tenant: one"), ("-H", "x-tenant: two")
    for tenant in (one, two):
        found = asked(served.url, trigger, *tenant)["data"]["backgroundTasks"]["triggerTask"]
        assert found == {"data": {"id": "importPages-0001"}}
    curl("-X", "POST", f"{served.url}/control/advance?seconds=3600", *one)
    for tenant, status, seconds in ((one, "success", 3600), (two, "pending", 0)):
        found = asked(served.url, listed, *tenant)["data"]["backgroundTasks"]["listTasks"]["data"]
        assert found == [{"taskStatus": status}]
        now = json.loads(curl(f"{served.url}/control/now", *tenant)[1])
        assert now["elapsedSeconds"] == seconds
    assert served.ask("listTasks { data { id } }") == {"data": []}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["-d", '{"query": "{__typename}"}'], 415),
        (["-H", "content-type: text/plain", "-d", '{"query": "{__typename}"}'], 415),
        (["-H", "content-type: application/json", "-d", '{"query": '], 400),
        (["-H", "content-type: application/json", "--data-binary", "@-"], 413),
        (["-H", "content-type: application/json", "-H", "expect:", "--data-binary", "@-"], 413),
        (
            [
                "-H",
                "content-type: application/json",
                "-H",
                "transfer-encoding: chunked",
                "--data-binary",
                "@-",
            ],
            413,
        ),
    ],
    ids=["form", "text", "no JSON", "huge", "huge, sent without leave", "huge, its size not said"],
)
def test_bad_bodies(serve, arguments, expected):
    """A body that cannot be read gets a status and a sentence, and the next one an answer."""
    served = serve()
    huge = '{"query": "' + "x" * 5_000_000 + '"}' if expected == 413 else None
    status, text = curl(f"{served.url}/graphql", *arguments, given=huge)
    assert status == expected
    assert json.loads(text)["errors"][0]["message"].endswith(".")
    assert asked(served.url, "{__typename}") == {"data": {"__typename": "Query"}}
