"""Node: graphql-request drives tasks, Apollo watches them, and documents are sent as their owners do.

The programs are in `node/`; what they need is installed into a temporary folder, never beside them.
"""

import importlib.util
import json
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

PROGRAMS = Path(__file__).with_name("node")
TOKEN = "sesame-sesame"  # noqa: S105 - of these tests, and in the program
SECONDS = 120


def loaded(path):
    """Load a file of tests by its path."""
    spec = importlib.util.spec_from_file_location(f"for_node_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


IN_PROCESS = loaded(Path(__file__).parents[1] / "graphql" / "test_documents.py")
DOCUMENTS, VARIABLES, FAIL = IN_PROCESS.DOCUMENTS, IN_PROCESS.VARIABLES, IN_PROCESS.FAIL


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """Return a folder with the programs and what they need, or why there is none."""
    if not (shutil.which("node") and shutil.which("npm")):
        return None, "Node or npm is not installed"
    folder = tmp_path_factory.mktemp("node") / "clients"
    shutil.copytree(PROGRAMS, folder, ignore=shutil.ignore_patterns("node_modules"))
    try:
        done = subprocess.run(
            ["npm", "ci", "--ignore-scripts"],  # noqa: S607 - anybody's
            cwd=folder,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        return None, f"npm ci took more than {SECONDS} s"
    if done.returncode != 0:
        return None, f"npm ci failed: {done.stderr.strip()[-500:]}"
    return folder, ""


@pytest.fixture
def node(installed, needed):
    """Run one of the programs; return what it printed."""
    folder, reason = installed
    needed(folder, reason)

    def run(program, served, given=None):
        done = subprocess.run(
            ["node", program, served.url],  # noqa: S607 - anybody's
            cwd=folder,
            input=None if given is None else json.dumps(given),
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=SECONDS,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(done.stdout)

    return run


def test_graphql_request_drives_tasks(serve, node):
    """graphql-request triggers, polls to the end, aborts, turns pages; what is refused is its ClientError."""
    served = serve(autojump=True)
    found = node("driving.mjs", served)
    first, victim, third = "importPages-0001", "importPages-0002", "importPages-0003"
    assert found["triggered"] == {
        "data": {
            "id": first,
            "taskStatus": "pending",
            "iterations": 0,
            "input": {"left": 2},
            "output": None,
        },
        "error": None,
    }
    polled = found["polled"]
    assert list(dict.fromkeys(polled["seen"])) == ["running", "success"]
    assert (polled["last"]["iterations"], polled["last"]["output"]) == (3, {"pages": 3})
    assert [log["iteration"] for log in polled["last"]["logs"]] == [1, 2, 3]
    assert found["aborted"]["data"]["taskStatus"] == "aborted"
    assert found["again"] == {
        "data": None,
        "error": {
            "message": "Cannot abort a task that is not pending or running!",
            "code": "TASK_ABORT_ERROR",
            "data": {"id": victim, "status": "aborted"},
        },
    }
    assert found["third"]["data"]["id"] == third
    assert found["pages"] == [[third, victim], [first]]
    assert found["refused"]["status"] == 200
    assert "Value 'nope' does not exist in" in found["refused"]["message"]
    assert found["guarded"]["data"] is None
    assert found["guarded"]["error"]["message"] == "Not today."
    name = served.app.worlds.owner("root").do(lambda sim: sim.tasks.get_task(first).name).result()
    assert name == "Müller ☃"


def test_apollo_watches_tasks(serve, node):
    """Apollo Client, which asks for types everywhere and polls, sees two tasks through to their end."""
    served = serve(autojump=True)
    found = node("watching.mjs", served)
    first, second = found["first"]["id"], found["second"]["id"]
    assert [each["taskStatus"] for each in (found["first"], found["second"])] == ["pending", "pending"]
    assert found["seen"][-1] == ["success", "success"]
    assert any("running" in statuses for statuses in found["seen"])
    assert [(task["id"], task["iterations"]) for task in found["found"]] == [(first, 4)]
    assert served.status(second, x_tenant="apollo") == "success"


@pytest.mark.parametrize(("profile", "sdk_compat"), FAIL)
def test_documents_of_others(serve, node, profile, sdk_compat):
    """Each document, sent as the official client sends, works where it does in process, and else fails so.

    The two of that client's own that the real server refuses are refused by webiny-6, unless by `sdk_compat`
    they are not.
    """
    served = serve(profile=profile, sdk_compat=sdk_compat, token=TOKEN)
    definition = '"importPages"' if profile == "webiny-6" else "importPages"
    given = []
    for name, document in DOCUMENTS.items():
        tenant = name.replace("/", "-")
        assert served.trigger(definition, authorization=f"Bearer {TOKEN}", x_tenant=tenant) == IN_PROCESS.ID
        given.append(
            {"name": name, "tenant": tenant, "query": document, "variables": VARIABLES.get(name, {})}
        )
    found = node("sending.mjs", served, given)
    assert list(found) == list(DOCUMENTS)
    for name, answer in found.items():
        expected = FAIL[profile, sdk_compat].get(name)
        if expected is None:
            assert answer.keys() == {"operation", "data"}, (name, answer)
            assert answer["data"] is not None
        else:
            assert answer["raised"] == "GraphQLError", (name, answer)
            assert answer["message"].startswith(expected)
    own = [name for name in found if name.startswith("sdk/") and "raised" in found[name]]
    if profile == "webiny-6":
        assert own == ([] if sdk_compat else ["sdk/list_logs", "sdk/trigger_task"])


def test_wrong_token_as_the_official_client_tells(serve, node):
    """Where the token is another, the official client says the status."""
    served = serve(token="another-token")  # noqa: S106 - of this test
    query = DOCUMENTS["sdk/list_tasks"]
    found = node("sending.mjs", served, [{"name": "it", "tenant": "root", "query": query, "variables": {}}])
    assert found == {"it": {"raised": "HttpError", "message": "HTTP error! status: 401"}}


def test_nothing_of_a_registry_is_kept():
    """The files for npm name no host and no folder of a machine."""
    for path in PROGRAMS.iterdir():
        text = path.read_text(encoding="utf-8")
        assert "://" not in text, path.name
        assert "file:" not in text, path.name
