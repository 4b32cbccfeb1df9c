"""`tasksim replay`: what it prints, what it writes, and its exit codes."""

import json
import re

import pytest

from tasksim import Simulator, Trace, explore, replay

FOUND = "v1 close_to_timeout@runtime.is_close_to_timeout#1"
PASSES = "v1 profile=webiny-5 abort@event#1"


@pytest.fixture(scope="module", autouse=True)
def one_freeze():
    """Freeze the wall clock once for all these tests: each freeze walks through every module there is."""
    with Simulator():
        yield


@pytest.fixture
def module(publish, invoke):
    """`publish.py`, as a command has loaded it."""
    invoke("run", "publish.py:SendMails", "--input", '{"to": []}')
    import publish as module  # noqa: PLC0415 - in the folder of this test only

    return module


@pytest.mark.parametrize(
    ("name", "code", "arguments"),
    [
        ("finding", 1, ["skipping", FOUND]),
        ("timeline", 1, ["skipping", FOUND, "--timeline"]),
        ("passes", 0, ["skipping", PASSES]),
        ("uncut", 0, ["skipping", "v1"]),
        ("faults-alone", 0, ["publishing", "crash@event#1"]),
        ("notes", 0, ["idling", "v1 redeliver@1"]),
        ("definition", 1, ["SendMails", f'v1 input={{"to":["ann"]}} {FOUND.removeprefix("v1 ")}']),
    ],
)
def test_verdict(publish, invoke, golden, name, code, arguments):
    """The verdict is the story of what is found, or how the run passes; the last line is its hash."""
    target, *options = arguments
    done = invoke("replay", f"publish.py:{target}", *options)
    assert (done.exit_code, done.stderr) == (code, "")
    *shown, last = done.stdout.splitlines()
    assert re.fullmatch("sha256  [0-9a-f]{64}", last)
    golden(f"replay-{name}", "".join(f"{line}\n" for line in shown))


@pytest.mark.parametrize(
    ("name", "code", "target", "token"),
    [
        ("token-checkpoint", 2, "publishing", "v1 crash@runtime.is_abortd#1"),
        ("stale", 2, "publishing", 'v1 crash@effect.publish["a"]#7'),
        ("token-kind", 2, "publishing", "v1 crsh@event#1"),
        ("token-setting", 2, "publishing", "v1 seed=x abort@event#1"),
        ("token-version", 2, "publishing", "v2 abort@event#1"),
        ("token-empty", 2, "publishing", " "),
        ("token-profile", 2, "publishing", "v1 profile=webny-5"),
        ("token-input", 2, "publishing", 'v1 input={"ids":[]} abort@event#1'),
        ("token-input-refused", 2, "Validated", 'v1 input={"to":3}'),
        ("baseline-failed", 1, "failing", "v1"),
        ("nondeterministic", 1, "counting", "v1"),
        ("exits", 1, "leaving", "v1"),
        ("triggers-nothing", 2, "idle", "v1"),
    ],
)
def test_bad_input(publish, invoke, golden, name, code, target, token):
    """What cannot be replayed is one clear error: 2, or 1 if the target itself fails without any fault."""
    done = invoke("replay", f"publish.py:{target}", token)
    assert (done.exit_code, done.stdout) == (code, "")
    assert "Traceback" not in done.stderr
    golden(f"replay-error-{name}", done.stderr)


def test_same_run(publish, invoke, module):
    """The run is the one that was found: its hash is the finding's, in the last line and in JSON."""
    finding = explore(module.skipping, kinds="close_to_timeout").findings[0]
    assert finding.token == FOUND
    shown = invoke("replay", "publish.py:skipping", FOUND).stdout
    assert shown.splitlines()[-1] == f"sha256  {finding.sha256}"
    assert (
        json.loads(invoke("replay", "publish.py:skipping", FOUND, "--json").stdout)["sha256"]
        == finding.sha256
    )


def test_replays_what_check_prints(publish, invoke):
    """The line that a check prints, copied, replays the finding."""
    printed = invoke("check", "publish.py:skipping", "--kinds", "close_to_timeout", "--json")
    token = json.loads(printed.stdout)["findings"][0]["token"]
    again = json.loads(invoke("replay", "publish.py:skipping", token, "--json").stdout)
    assert again["findings"][0]["sentence"] == json.loads(printed.stdout)["findings"][0]["sentence"]


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_timeline(publish, invoke, module, columns):
    """`--timeline` prints the timeline of the run, as wide as the terminal, before the verdict."""
    replayed = replay(module.skipping, FOUND)
    shown = invoke("replay", "publish.py:skipping", FOUND, "--timeline", columns=columns).stdout
    assert shown.startswith(replayed.sim.trace.text(columns) + "\nresume-equivalence: ")


def test_json(publish, invoke, module):
    """`--json` prints the report's own JSON with the hash; with `--timeline`, every event of the run."""
    replayed = replay(module.skipping, FOUND)
    done = invoke("replay", "publish.py:skipping", FOUND, "--json", "--timeline")
    assert (done.exit_code, done.stderr) == (1, "")
    (line,) = done.stdout.splitlines()
    printed = json.loads(line)
    events = printed.pop("events")
    assert [event["event"] for event in events] == [type(event).__name__ for event in replayed.sim.trace]
    assert printed == {**replayed.to_json(), "error": None, "sha256": replayed.sha256}


@pytest.mark.parametrize(
    ("target", "kind"), [("failing", "BaselineFailed"), ("counting", "NondeterministicScenario")]
)
def test_json_of_failures(publish, invoke, target, kind):
    """A target that fails without any fault has not passed, and JSON says why."""
    done = invoke("replay", f"publish.py:{target}", "v1", "--json")
    printed = json.loads(done.stdout)
    assert (done.exit_code, printed["passed"], printed["error"]["type"]) == (1, False, kind)


def test_json_stands_alone(publish, invoke):
    """What is printed while the target is imported goes to stderr; what it prints in runs goes nowhere."""
    (publish / "loud.py").write_text("from publish import publishing\nprint('Hello.')\n", encoding="utf-8")
    done = invoke("replay", "loud.py:publishing", "v1", "--json")
    assert json.loads(done.stdout)["passed"]
    assert done.stderr == "Hello.\n"


@pytest.mark.parametrize("name", ["trace.txt", "trace.jsonl"])
def test_trace(publish, invoke, name):
    """`--trace` writes the run, passing or not, over what was written before."""
    for token in (FOUND, PASSES):
        done = invoke("replay", "publish.py:skipping", token, "--trace", name)
        assert done.stderr == f"Wrote {name}.\n"
    if name == "trace.jsonl":
        assert Trace.read(publish / name).sha256() == done.stdout.splitlines()[-1].split()[1]
    else:
        assert (publish / name).read_text(encoding="utf-8").endswith(f"token  {PASSES}\n")


def test_many_tasks(publish, invoke):
    """Of many tasks the first are listed, and how many more there are."""
    (publish / "many.py").write_text(
        "from publish import *\n"
        "def many(sim):\n"
        "    sim.register(lambda: PublishEntries(FakeCms(sim.effects)))\n"
        "    for id in 'abcdefgh':\n"
        "        sim.tasks.trigger('publishEntries', input={'ids': [id]})\n",
        encoding="utf-8",
    )
    shown = invoke("replay", "many.py", "v1").stdout.splitlines()
    assert shown[1:8] == [*(f"  publishEntries-000{n}  success" for n in range(1, 7)), "  ... 2 more"]


def test_traceback(publish, invoke):
    """`--traceback` prints every frame of whatever failed."""
    for target, token in (("failing", "v1"), ("publishing", "v1 crash@event#9")):
        done = invoke("replay", f"publish.py:{target}", token, "--traceback")
        assert "Traceback (most recent call last):\n" in done.stderr


def test_interrupt(publish, invoke):
    """Ctrl-C ends in 130, with one line."""
    done = invoke("replay", "publish.py:interrupted", "v1")
    assert (done.exit_code, done.stdout, done.stderr) == (130, "", "Interrupted.\n")
