"""`tasksim serve`: its options, its screen, its lines, its end."""

import json
import os
import re
import signal
import socket
import threading
from queue import SimpleQueue

import httpx
import pytest

from tasksim.cli.serving_lines import Intro, JsonLines, Lines, Stopped
from tasksim.graphql._serving.journal import Raised, Requested, TaskChanged
from tasksim.graphql._serving.server import Server

SECONDS = 20
LIST = "{ backgroundTasks { listTasks { data { id } } } }"
LIST_BOTH = "{ backgroundTasks { listTasks { data { id taskStatus } } listDefinitions { data { id } } } }"
TRIGGER_LOUD = "mutation { backgroundTasks { triggerTask(definition: loud) { data { id } } } }"
LOUD = """
from tasksim import task_definition

print("Loading.")


@task_definition(id="loud", title="Loud")
def loud(controller):
    print("Running.")
    return controller.response.done()
"""
LATE_MS = 1_704_067_207_000
INTRO = Intro(
    url="http://127.0.0.1:4000",
    is_local=True,
    profile="documented",
    target=None,
    definitions=("testingRun", "slowImport", "failsInThird", "neverEnds", "fanOut", "validated"),
    private=("purgeOldTasks",),
    statuses={"pending": 1, "running": 1, "success": 61, "failed": 1, "aborted": 1},
    time="real",
    tick="1s",
    budget="15m",
    is_autojump=False,
    has_control=True,
    has_token=False,
    has_read_token=False,
    origins=(),
    names_definitions=True,
)
GUARDED = INTRO._replace(
    url="http://192.168.1.5:4000",
    is_local=False,
    profile="webiny-6",
    target="shop/tasks.py:DEFINITIONS",
    definitions=("testingRun", "importPages"),
    private=(),
    statuses={},
    time="virtual",
    is_autojump=True,
    has_control=False,
    has_token=True,
    has_read_token=True,
    origins=("https://admin.example",),
    names_definitions=False,
)
PLAIN = GUARDED._replace(
    time="x60", is_autojump=False, has_read_token=False, definitions=(), origins=(), has_control=True
)


def ask(url, body=None, **headers):
    """Send a request, and return the status and the JSON of its answer; without a body it is a GET."""
    method = "GET" if body is None else "POST"
    answer = httpx.request(method, url, json=body or None, headers=headers, timeout=SECONDS)
    return answer.status_code, answer.json()


@pytest.fixture
def served(invoke, monkeypatch):
    """Serve, do something meanwhile from another thread, stop by a signal; give what was printed."""
    started = SimpleQueue()
    start = Server.start

    def start_and_tell(self):
        start(self)
        started.put(self.url)
        return self

    monkeypatch.setattr(Server, "start", start_and_tell)

    def served(meanwhile, *arguments, number=signal.SIGTERM, columns=80):
        seen, failed = [], []

        def work():
            url = started.get(timeout=SECONDS)
            if url is None:
                return  # it did not start, and nobody waits for a signal
            seen.append(url.rpartition(":")[2])
            try:
                meanwhile(url)
            except BaseException as error:  # noqa: BLE001 - it is raised below, in the test
                failed.append(error)
            finally:
                os.kill(os.getpid(), number)

        thread = threading.Thread(target=work)
        thread.start()
        done = invoke("serve", "--port", "0", *arguments, columns=columns)
        started.put(None)
        thread.join()
        if failed:
            raise failed[0]
        assert done.exit_code == 0, done.stderr
        return done.stdout.replace(seen[0], "PORT")

    return served


# --- the screen


@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize(("name", "intro"), [("demo", INTRO), ("guarded", GUARDED), ("plain", PLAIN)])
def test_screen(capsys, monkeypatch, golden, name, intro, columns):
    """The start-up screen says where everything is, who may ask, how time goes, and what to try."""
    monkeypatch.setenv("COLUMNS", str(columns))
    Lines().begin(intro)
    golden(f"serve-screen-{name}-{columns}", capsys.readouterr().out)


def raise_late():
    """Raise what is no failure of a task."""
    raise AssertionError("the sum is wrong")


def test_lines(capsys, golden):
    """What happens is a line each; a reading that is repeated is shown once, whoever's world it is named."""
    lines = Lines()
    reading = Requested("root", LATE_MS, "POST", "listTasks", 200, "", is_reading=True)
    lines.show(reading)
    lines.show(reading._replace(now_ms=LATE_MS + 1000))
    lines.show(Requested("w1", LATE_MS, "POST", "triggerTask", 200, "a-0001  pending", is_reading=False))
    lines.show(reading)
    lines.show(TaskChanged("root", LATE_MS, "a-0001", "iteration 1", "running"))
    lines.show(TaskChanged("root", LATE_MS, "a-0001", "killed by timeout", ""))
    lines.show(Requested("", 0, "GET", "/nowhere", 404, "There is nothing here.", is_reading=False))
    lines.show(
        Requested("root", LATE_MS, "POST", "abortTask", 200, 'a  aborted "\x1b[31m"', is_reading=False)
    )
    try:
        raise_late()
    except AssertionError as error:
        lines.show(Raised("root", LATE_MS, error))
    lines.end(Stopped(("a-0001 (iteration 2)",), 3))
    lines.end(Stopped((), 0))
    golden("serve-lines", re.sub(r"py:[0-9]+", "py:LINE", capsys.readouterr().out))


def test_lines_of_a_task_that_goes_on_and_on(capsys):
    """Of its iterations each tenth is shown, then each hundredth; what else happens to it always."""
    lines = Lines()
    for at in range(1, 2346):
        lines.show(TaskChanged("root", LATE_MS, "a-0001", f"iteration {at}", "running"))
    lines.show(TaskChanged("root", LATE_MS, "a-0001", "ended", "success"))
    *shown, end = capsys.readouterr().out.splitlines()
    assert [int(line.split()[3]) for line in shown] == [
        *range(1, 10),
        *range(10, 100, 10),
        *range(100, 1000, 100),
        1000,
        2000,
    ]
    assert end.endswith("ended  success")


def test_json_lines(capsys):
    """For programs each line is one JSON object that says what it is."""
    lines = JsonLines()
    lines.begin(GUARDED)
    lines.show(Requested("root", LATE_MS, "POST", "listTasks", 200, "", is_reading=True))
    lines.show(TaskChanged("root", LATE_MS, "a-0001", "iteration 1", "running"))
    lines.show(Requested("", 0, "GET", "/nowhere", 404, "There is nothing here.", is_reading=False))
    lines.show(Raised("root", LATE_MS, ValueError()))
    lines.end(Stopped(("a-0001 (iteration 2)",), 3))
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["event"] for each in found] == ["started", "request", "task", "request", "raised", "stopped"]
    assert found[0]["graphql"] == "http://192.168.1.5:4000/graphql"
    assert found[0]["control"] is None
    assert found[1]["at"] == "2024-01-01T00:00:07.000Z"
    assert found[3]["at"] is None
    assert all("now_ms" not in each for each in found)
    assert found[4]["error"] == "ValueError"


# --- the whole


def test_session(served, golden):
    """A demo in virtual time: a task is triggered, time is moved, the task is read, a signal ends it."""

    def meanwhile(url):
        trigger = "mutation { backgroundTasks { triggerTask(definition: validated) { error { code } } } }"
        assert ask(f"{url}/graphql", {"query": trigger})[0] == 200
        trigger = "mutation { backgroundTasks { triggerTask(definition: slowImport) { data { id } } } }"
        assert ask(f"{url}/graphql", {"query": trigger})[0] == 200
        assert ask(f"{url}/control/advance?seconds=20", "")[0] == 200
        for _ in range(3):
            assert ask(f"{url}/graphql", {"query": LIST})[0] == 200
        assert ask(f"{url}/nowhere")[0] == 404

    golden("serve-session", served(meanwhile, "--time", "virtual"))


@pytest.mark.slow
def test_own_definitions(shop, served):
    """Definitions of the user's are served, with what was seeded, in the profile and by the tokens given."""
    (shop / "seed.json").write_text(
        json.dumps({"tasks": [{"id": "old", "definitionId": "countUp", "taskStatus": "failed"}]})
    )
    found = []

    def meanwhile(url):
        query = {"query": LIST_BOTH}
        found.append(ask(f"{url}/graphql", query))
        found.append(ask(f"{url}/graphql", query, authorization="Bearer sesame"))
        found.append(ask(f"{url}/control/now", authorization="Bearer sesame"))

    told = served(
        meanwhile,
        "shop.py:make_list",
        *("--profile", "webiny-6", "--token", "sesame", "--read-token", "look", "--time", "x60"),
        *("--seed-data", "seed.json", "--no-control", "--json"),
    )
    assert [status for status, _ in found] == [401, 200, 404]
    answer = found[1][1]["data"]["backgroundTasks"]
    assert answer["listTasks"]["data"] == [{"id": "old", "taskStatus": "failed"}]
    assert [each["id"] for each in answer["listDefinitions"]["data"]] == ["testingRun", "countUp"]
    assert "sesame" not in told
    assert json.loads(told.splitlines()[0])["tasks"] == {"failed": 1}


@pytest.mark.slow
def test_what_definitions_print_is_no_json_line(shop, served):
    """It goes to the other stream, when they load and when they run; each line is an object."""
    (shop / "loud.py").write_text(LOUD)
    found = []

    def meanwhile(url):
        ask(f"{url}/graphql", {"query": TRIGGER_LOUD})
        found.append(ask(f"{url}/control/run-until-idle", {}))

    told = served(meanwhile, "loud.py:loud", "--json", "--time", "virtual")
    events = [json.loads(line)["event"] for line in told.splitlines()]
    assert (events[0], events[-1], "task" in events) == ("started", "stopped", True)
    assert found[0][1]["raised"] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("created", "now"),
    [
        ("2031-05-06T07:08:09.000Z", "2031-05-06T07:08:09.000Z"),
        ("2020-01-01T00:00:00Z", "2024-01-01T00:00:00.000Z"),
    ],
)
def test_virtual_time_begins_after_what_was_seeded(shop, served, created, now):
    """So that what is triggered is newer than the records that are there."""
    record = {"id": "old", "definitionId": "countUp", "createdOn": created}
    (shop / "seed.json").write_text(json.dumps({"tasks": [record]}))
    found = []
    served(
        lambda url: found.append(ask(f"{url}/control/now")),
        *("shop.py:make_list", "--time", "virtual", "--seed-data", "seed.json"),
    )
    assert found == [(200, {"now": now, "elapsedSeconds": 0.0})]


@pytest.fixture(autouse=True)
def _lists(shop):
    """Let the shop have a function that makes a list of definitions."""
    with (shop / "shop.py").open("a", encoding="utf-8") as file:
        file.write("\n\ndef make_list():\n    return [CountUp()]\n")
    (shop / "odd.py").write_text(
        "from shop import CountUp, refuse\n\nREFUSING = [CountUp, refuse]\n\n\n"
        "class Reserved(CountUp):\n    id = 'true'\n"
    )


def test_interrupted(served):
    """Ctrl-C ends it as well as SIGTERM does."""
    told = served(lambda _: None, "--time", "virtual", number=signal.SIGINT)
    assert told.endswith(
        "Stopped. Running: neverEnds-0065 (iteration 4). Pending: 1. Tasks were in\nmemory.\n"
    )


@pytest.mark.slow
def test_end_names_worlds(served):
    """What was running is told with the world that it ran in, where that is not the first."""
    told = served(
        lambda url: ask(f"{url}/control/now", **{"x-tenant": "w1"}), "--time", "virtual", columns=120
    )
    assert "Running: neverEnds-0065 (iteration 4), [w1] neverEnds-0065 (iteration 4). Pending: 2." in told


# --- what cannot be served


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("time", ["--time", "fast"]),
        ("time-zero", ["--time", "x0"]),
        ("autojump", ["--time", "real", "--autojump"]),
        ("port-word", ["--port", "http"]),
        ("port-high", ["--port", "70000"]),
        ("host-open", ["--host", "0.0.0.0"]),  # noqa: S104 - it is refused
        ("host-nowhere", ["--host", "203.0.113.7", "--token", "x", "--port", "0"]),
        ("token-empty", ["--token", ""]),
        ("token-space", ["--token", "open sesame"]),
        ("token-twice", ["--token", "x", "--read-token", "x"]),
        ("token-read-alone", ["--read-token", "x"]),
        ("cors", ["--cors", "*"]),
        ("cors-path", ["--cors", "http://a.example/x"]),
        ("profile", ["--profile", "webiny"]),
        ("tick", ["--tick", "soon"]),
        ("budget", ["--budget", "0"]),
        ("seed-missing", ["--seed-data", "nowhere.json"]),
        ("seed-broken", ["--seed-data", "shop.py"]),
        ("seed-status", ["--seed-data", "wrong.json"]),
        ("no-definition", ["shop.py:CuontUp"]),
        ("no-definitions", ["shop.py:NOBODY"]),
        ("raising-factory", ["shop.py:refuse"]),
        ("raising-list", ["odd.py:REFUSING"]),
        ("no-enum-value", ["odd.py:Reserved"]),
    ],
)
def test_refused(shop, invoke, golden, name, arguments):
    """What cannot be served is refused with exit code 2, the option named, before anything is bound."""
    (shop / "wrong.json").write_text(
        '{"tasks": [{"id": "a", "definitionId": "slowImport", "taskStatus": "finished"}]}'
    )
    done = invoke("serve", *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    golden(f"serve-error-{name}", done.stderr)


def worlds():
    """Return the threads of worlds."""
    return [each for each in threading.enumerate() if each.name == "tasksim world"]


def test_port_in_use(invoke):
    """A port that somebody has is named, with the way out, and no world goes on behind it."""
    before = worlds()
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = invoke("serve", "--port", str(port))
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        f"127.0.0.1:{port} cannot be bound: address already in use.\n"
        "  Choose another port, or 0 for a free one, and an address of this machine.\n"
    )
    assert [each for each in worlds() if each not in before] == []


@pytest.mark.parametrize("variable", ["TASKSIM_TOKEN", "TASKSIM_READ_TOKEN"])
def test_token_from_the_environment(invoke, monkeypatch, variable):
    """Tokens are read from the environment, so that no list of processes shows them."""
    monkeypatch.setenv(variable, "open sesame")
    done = invoke("serve")
    assert done.exit_code == 2
    assert done.stderr.startswith(("token cannot be used", "read_token cannot be used"))
    assert "sesame" not in done.stderr
