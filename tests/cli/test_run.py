"""`tasksim run`: what it prints, and its exit codes."""

import json

import pytest

from tasksim import Simulator
from tasksim.cli import printing

COUNT = ("run", "shop.py:CountUp", "--input", '{"up_to": 3}')


@pytest.mark.parametrize(
    ("name", "code", "arguments"),
    [
        ("success", 0, COUNT),
        (
            "settings",
            0,
            (*COUNT, "--tick", "2", "--budget", "5m", "--seed", "7", "--start", "2025-02-03T04:05:06Z"),
        ),
        ("raises", 1, ("run", "shop.py:failing")),
        ("error-answer", 1, ("run", "shop.py:refusing")),
        ("children", 0, ("run", "shop.py:FAMILY")),
        ("hook", 0, ("run", "shop.py:hooked")),
        ("cleaned-up", 0, ("run", "shop.py:cleaning", "--profile", "webiny-6")),
        ("cleaned-up-failed", 1, ("run", "shop.py:cleaning_up_after_itself", "--profile", "webiny-6")),
        ("aborted", 1, (*COUNT, "--plan", "abort@event#2")),
        ("crash", 1, (*COUNT, "--plan", "crash@response.continue#2")),
        ("crash-retried", 0, (*COUNT, "--plan", "crash@response.continue#2", "--on-crash", "retry(1)")),
    ],
)
def test_summary(shop, invoke, golden, name, code, arguments):
    """The summary says in a few lines how the task went; the exit code is 0 only if it succeeded."""
    done = invoke(*arguments)
    assert (done.exit_code, done.stderr) == (code, "")
    golden(f"summary-{name}", done.stdout)


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_summary_fits(shop, invoke, golden, columns):
    """A long output is folded to the terminal's width and cut, in ASCII where the output is no terminal."""
    done = invoke("run", "shop.py:printing", columns=columns)
    assert done.stdout.isascii()
    assert max(map(len, done.stdout.splitlines())) <= columns
    golden(f"summary-long-{columns}", done.stdout)


@pytest.mark.parametrize(
    ("name", "code", "arguments"),
    [
        ("assertion", 1, ("run", "shop.py:asserting")),
        ("nothing-returned", 1, ("run", "shop.py:silent")),
        ("exit", 1, ("run", "shop.py:leaving")),
        ("guard", 1, ("run", "shop.py:guarded")),
        ("trigger-killed", 1, ("run", "shop.py:guarded", "--plan", "crash@hook.on_before_trigger#1")),
        ("never-fired", 2, (*COUNT, "--plan", "v1 crash@event#9")),
    ],
)
def test_what_comes_out(shop, invoke, golden, name, code, arguments):
    """What ends the simulation is shown by the user's lines, on stderr; stdout stays empty."""
    done = invoke(*arguments)
    assert (done.exit_code, done.stdout) == (code, "")
    assert "Traceback" not in done.stderr
    golden(f"raised-{name}", done.stderr)


def test_what_comes_out_after_a_timeline(shop, invoke):
    """With the timeline printed, it is not advised again."""
    for arguments in (["shop.py:asserting"], ["shop.py:failing", "--plan", "crash@event#9"]):
        done = invoke("run", *arguments, "--timeline")
        assert done.stdout.startswith("tasksim ")
        assert "--timeline" not in done.stderr


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_timeline(shop, invoke, columns):
    """`--timeline` prints the trace's own text, as wide as the terminal."""
    done = invoke(*COUNT, "--timeline", columns=columns)
    import shop as module  # noqa: PLC0415 - in the folder of this test only

    sim = Simulator([module.CountUp])
    sim.run("countUp", input={"up_to": 3})
    assert (done.exit_code, done.stdout) == (0, sim.trace.text(columns))


def test_timeline_of_a_failure(shop, invoke):
    """After the timeline of a task that raised stand the user's lines."""
    done = invoke("run", "shop.py:failing", "--timeline")
    assert done.exit_code == 1
    assert done.stdout.endswith(
        "  raised      ValueError: The shelf is empty.\n"
        "              shop.py:37 in failing: deeper(input)\n"
        '              shop.py:41 in deeper: raise ValueError("The shelf is empty.")\n'
    )


def test_json(shop, invoke):
    """`--json` prints one object: how the task went, the hash of the trace and the token."""
    done = invoke(*COUNT, "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    (line,) = done.stdout.splitlines()
    printed = json.loads(line)
    assert len(printed.pop("sha256")) == 64
    assert printed == {
        "task": "countUp-0001",
        "definition": "countUp",
        "status": "success",
        "machine": "Done",
        "iterations": 3,
        "output": {"at": 3},
        "error": None,
        "raised": None,
        "elapsed_ms": 150_000,
        "token": 'v1 input={"up_to":3}',
    }


def test_json_with_events(shop, invoke):
    """`--json --timeline` adds every event of the trace."""
    printed = json.loads(invoke(*COUNT, "--json", "--timeline").stdout)
    assert [event["seq"] for event in printed["events"]] == list(range(len(printed["events"])))
    assert printed["events"][0]["event"] == "SimulationStarted"
    assert printed["events"][-1]["event"] == "MachineEnded"


@pytest.mark.parametrize(
    ("target", "status", "kind", "error"),
    [
        ("failing", "failed", "ValueError", {"message": "The shelf is empty."}),
        ("refusing", "failed", None, {"message": "Not today.\nTomorrow.", "code": "CLOSED"}),
        ("asserting", "running", "AssertionError", None),
        ("guarded", None, "PermissionError", None),
    ],
)
def test_json_of_failures(shop, invoke, target, status, kind, error):
    """JSON is printed for every run that began, with what was stored and what was raised."""
    done = invoke("run", f"shop.py:{target}", "--json")
    printed = json.loads(done.stdout)
    assert done.exit_code == 1
    assert (printed["status"], printed["error"]) == (status, error)
    assert (printed["raised"] or {"type": None})["type"] == kind
    assert kind is None or printed["raised"]["lines"][-1].startswith("shop.py:")


def test_json_stands_alone(shop, invoke):
    """With `--json`, what a task prints goes to stderr."""
    done = invoke("run", "shop.py:printing", "--json")
    assert json.loads(done.stdout)["output"]["text"] == "\N{SNOWMAN}" * 3
    assert done.stderr == "Hello from the task.\n"


def test_token_replays(shop, invoke):
    """The token of a run gives the same run again, byte for byte."""
    options = ["--tick", "7s", "--seed", "3", "--start", "2025-02-03T04:05:06Z", "--budget", "5m"]
    options += ["--close-limit", "1m", "--profile", "webiny-5", "--on-crash", "retry(2)"]
    first = json.loads(invoke(*COUNT, *options, "--plan", "crash@response.continue#1", "--json").stdout)
    assert first["status"] == "success"
    again = json.loads(invoke("run", "shop.py:CountUp", "--plan", first["token"], "--json").stdout)
    assert again == first


def test_options_win_over_the_token(shop, invoke):
    """An option that is given wins over the token's setting; the rest of the token stays in force."""
    printed = 'v1 profile=webiny-5 seed=7 tick=2s input={"up_to":2}'
    done = invoke(
        "run", "shop.py:CountUp", "--plan", printed, "--tick", "1s", "--profile", "documented", "--json"
    )
    replayed = json.loads(done.stdout)["token"]
    assert replayed == 'v1 seed=7 tick=1s input={"up_to":2}'


def test_long_token(shop, invoke):
    """The summary leaves an input that is too long to be copied out of the token."""
    given = json.dumps({"up_to": 1, "text": "x" * 2_000})
    done = invoke("run", "shop.py:CountUp", "--input", given, "--seed", "4")
    assert "  token       v1 seed=4\n" in done.stdout
    assert (
        "x" * 2_000
        in json.loads(invoke("run", "shop.py:CountUp", "--input", given, "--json").stdout)["token"]
    )


@pytest.mark.parametrize("target", ["failing", "asserting", "misspelt", "refuse"])
def test_traceback(shop, invoke, target):
    """`--traceback` prints every frame of whatever failed."""
    done = invoke("run", f"shop.py:{target}", "--traceback")
    assert done.exit_code in {1, 2}
    assert done.stderr.startswith("Traceback (most recent call last):\n")
    assert "simulator.py" in done.stderr or "calling.py" in done.stderr


def test_no_traceback_of_a_success(shop, invoke):
    """`--traceback` prints nothing where nothing failed, or nothing was raised."""
    assert invoke(*COUNT, "--traceback").stderr == ""
    assert invoke("run", "shop.py:refusing", "--traceback").stderr == ""


def test_interrupt(shop, invoke):
    """Ctrl-C ends in 130, with one line."""
    done = invoke("run", "shop.py:interrupted")
    assert (done.exit_code, done.stdout, done.stderr) == (130, "", "Interrupted.\n")


def test_defect(shop, invoke, monkeypatch):
    """A defect of tasksim itself is no verdict: it has an exit code of its own."""
    monkeypatch.setattr("tasksim.cli.running.print_summary", lambda outcome: {}["nothing"])
    done = invoke(*COUNT)
    assert done.exit_code == 3
    assert done.stderr.startswith("tasksim itself failed: KeyError: 'nothing'.\n")
    assert "Report it" in done.stderr


def test_defect_of_the_engine(shop, invoke, monkeypatch):
    """What the engine raises of itself is not taken for the task's."""
    monkeypatch.setattr("tasksim.cli.running.Simulator.run_next", lambda self: {}["nothing"])
    monkeypatch.setattr("tasksim.cli.running.user_lines", lambda traceback: [])
    assert invoke(*COUNT).exit_code == 3


def test_recursion(shop, invoke):
    """Of endless recursion both ends are shown."""
    done = invoke("run", "shop.py:recursing")
    assert done.exit_code == 1
    assert done.stdout.count("recursing.run(input)") == 12
    assert " more\n" in done.stdout


def test_error_whose_text_raises(shop, invoke):
    """An exception whose `str` raises is shown by its type."""
    (shop / "odd.py").write_text(
        "from tasksim import task_definition\n"
        "class Odd(AssertionError):\n"
        "    def __str__(self):\n"
        "        raise ValueError\n"
        "@task_definition(id='odd', title='Odd')\n"
        "def odd():\n"
        "    raise Odd\n",
        encoding="utf-8",
    )
    assert invoke("run", "odd.py").stderr.startswith("odd-0001 raised Odd.\n")


def test_user_lines_are_cut():
    """Of a long traceback both ends are shown."""

    def deep(n):
        return deep(n - 1) if n else 1 / 0

    with pytest.raises(ZeroDivisionError) as raised:
        deep(50)
    lines = printing.user_lines(raised.tb)
    assert len(lines) == 13
    assert lines[6] == "... 40 more"
