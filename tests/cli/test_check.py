"""`tasksim check`: what it prints, what it writes, and its exit codes."""

import json

import pytest

from tasksim import Simulator, Trace, explore
from tasksim.cli import checking

PUBLISHING = ("check", "publish.py:publishing")
QUICK = ("--kinds", "close_to_timeout")
SKIPPING = ("check", "publish.py:skipping", *QUICK)
MAILS = ("check", "publish.py:SendMails", "--input", '{"to": ["ann", "bob"]}')
FOUND = "v1 close_to_timeout@runtime.is_close_to_timeout#1"


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
        ("passes", 0, PUBLISHING),
        ("finding", 1, SKIPPING[:2]),
        ("definition", 1, MAILS),
        ("bounded", 1, (*PUBLISHING, "--max-runs", "3")),
        ("pairs-bounded", 0, (*PUBLISHING, "--kinds", "abort", "--max-faults", "2", "--max-runs", "20")),
        ("profiles", 1, (*SKIPPING, "--profile", "documented,webiny-5")),
        ("profiles-pass", 0, (*PUBLISHING, "--profile", "all", "--kinds", "redeliver")),
    ],
)
def test_report(publish, invoke, golden, name, code, arguments):
    """The report is printed as it is, below a headline for each of several profiles; 1 is a finding."""
    done = invoke(*arguments)
    assert done.exit_code == code
    assert "Traceback" not in done.stderr
    golden(f"check-{name}", f"{done.stdout}--- stderr\n{done.stderr}")


@pytest.mark.parametrize(
    ("name", "code", "arguments"),
    [
        ("triggers-nothing", 2, ["idle"]),
        ("baseline-failed", 1, ["failing"]),
        ("nondeterministic", 1, ["counting"]),
        ("raises", 2, ["raising"]),
        ("exits", 1, ["leaving"]),
        ("two-parameters", 2, ["two"]),
        ("needs-arguments", 2, ["PublishEntries"]),
        ("no-such-name", 2, ["publshing"]),
        ("input-refused", 2, ["Validated", "--input", '{"to": 3}']),
        ("nothing-cut", 2, ["publishing", "--kinds", "cold"]),
        ("input-of-scenario", 2, ["publishing", "--input", '{"ids": []}']),
        ("unknown-kind", 2, ["publishing", "--kinds", "crash,abrt"]),
        ("kind-without-value", 2, ["publishing", "--kinds", "delay"]),
        ("empty-kind", 2, ["publishing", "--kinds", "crash,"]),
        ("unknown-judge", 2, ["publishing", "--without", "progres"]),
        ("unknown-profile", 2, ["publishing", "--profile", "documented,webny-5"]),
        ("max-faults", 2, ["publishing", "--max-faults", "0"]),
        ("max-faults-word", 2, ["publishing", "--max-faults", "two"]),
        ("max-runs", 2, ["publishing", "--max-runs", "0"]),
        ("max-seconds", 2, ["publishing", "--max-seconds", "soon"]),
        ("max-seconds-zero", 2, ["publishing", "--max-seconds", "0"]),
        ("patience", 2, ["publishing", "--random", "--patience", "0"]),
        ("patience-alone", 2, ["publishing", "--patience", "5"]),
        ("random-seed-alone", 2, ["publishing", "--random-seed", "5"]),
        ("width", 2, ["publishing", "--width", "40"]),
        ("first", 2, ["publishing", "--first", "v1 crash@evnt#1"]),
        ("on-crash", 2, ["publishing", "--on-crash", "restart"]),
        ("write-test-exists", 2, ["skipping", "--write-test", "publish.py"]),
        ("write-test-suffix", 2, ["skipping", "--write-test", "test_it.txt"]),
        ("write-test-folder", 2, ["skipping", "--write-test", "publish.py/test_it.py"]),
        ("trace-folder", 2, ["skipping", "--trace", "."]),
        ("trace-nowhere", 2, ["skipping", "--trace", "nowhere/trace.txt"]),
    ],
)
def test_bad_input(publish, invoke, golden, name, code, arguments):
    """What cannot be checked is one clear error: 2, or 1 if the target itself fails without any fault."""
    target, *options = arguments
    done = invoke("check", f"publish.py:{target}", *options)
    assert (done.exit_code, done.stdout) == (code, "")
    assert "Traceback" not in done.stderr
    golden(f"check-error-{name}", done.stderr)


def test_only_candidate(publish, invoke):
    """Without a name the only candidate of a file is checked."""
    (publish / "one.py").write_text(
        "from publish import *\ndef only(sim): publishing(sim)\n", encoding="utf-8"
    )
    assert invoke("check", "one.py").stdout.startswith("'only' passes.")
    assert "publish.py:skipping" in invoke("check", "publish.py").stderr


def test_options_reach_the_check(publish, invoke, monkeypatch):
    """Each option has its argument, and what is not given is not passed on."""
    asked = []

    def check(made_of, **arguments):
        asked.append(arguments)
        return explore(made_of, kinds=QUICK[1])

    monkeypatch.setattr(checking, "check", check)
    invoke(*PUBLISHING)
    assert list(asked.pop()) == ["_progress"]
    options = (
        "--max-faults 2 --kinds crash,delay=90s --without hooks,progress --first v1 --first abort@event#1 "
        "--max-runs 7 --max-seconds 1.5 --require-complete --random --patience 9 --random-seed -3 "
        "--profile webiny-5 --budget 5m --tick 2 --close-limit 1m --on-crash retry(2) --seed 4"
    )
    invoke(*PUBLISHING, *options.split(), "--start", "2025-02-03T04:05:06Z")
    told = {name: str(value) for name, value in asked.pop().items() if name != "_progress"}
    assert told == {
        "max_faults": "2",
        "kinds": "['crash', 'delay=90s']",
        "without": "['hooks', 'progress']",
        "first": "('v1', 'abort@event#1')",
        "max_runs": "7",
        "max_seconds": "1.5",
        "require_complete": "True",
        "mode": "random",
        "patience": "9",
        "random_seed": "-3",
        "profile": "webiny-5",
        "budget": "0:05:00",
        "tick": "0:00:02",
        "close_limit": "0:01:00",
        "on_crash": "retry(2)",
        "seed": "4",
        "start": "2025-02-03 04:05:06+00:00",
    }


def test_max_faults_and_random(publish, invoke):
    """Random plans of several faults find what single ones find."""
    done = invoke(*SKIPPING, "--random", "--max-faults", "2", "--patience", "30", "--random-seed", "2")
    assert done.exit_code == 1
    assert "resume-equivalence" in done.stdout


def test_require_complete(publish, invoke):
    """With `--require-complete`, pairs that were left are a failure; without it they are told."""
    bounded = (*PUBLISHING, "--kinds", "abort", "--max-faults", "2", "--max-runs", "20")
    assert invoke(*bounded).exit_code == 0
    done = invoke(*bounded, "--require-complete")
    assert done.exit_code == 1
    assert done.stderr.startswith("The check of 'publishing' ended early: ")
    assert "max_runs=20 reached" in done.stderr
    assert "12 checkpoints" not in done.stderr


def test_max_seconds(publish, invoke):
    """A bound of real time that is reached at once leaves plans, and that is no pass."""
    done = invoke(*PUBLISHING, "--max-seconds", "1ms", "--max-faults", "3")
    assert done.exit_code == 1
    assert "max_seconds=0.001 reached" in done.stderr


def test_judge_switched_off(publish, invoke):
    """A judge that is switched off finds nothing."""
    assert invoke(*SKIPPING, "--without", "resume-equivalence").exit_code == 0


def test_first(publish, invoke):
    """A plan tried first that is no longer reached is noted, not refused."""
    done = invoke(*PUBLISHING, *QUICK, "--first", "v1 crash@state.save#9")
    assert done.exit_code == 0
    assert "crash@state.save#9" in done.stdout


def test_all_profiles(publish, invoke):
    """`all` checks each profile, the default first, and fails if one does."""
    done = invoke(*SKIPPING, "--profile", "all")
    assert done.exit_code == 1
    heads = [line for line in done.stdout.splitlines() if line.endswith(": 1 finding")]
    assert heads == [f"{name}: 1 finding" for name in ("documented", "generic", "webiny-5", "webiny-6")]
    names = invoke(*PUBLISHING, "--profile", "webiny-5,all,webiny-5", "--kinds", "redeliver", "--json").stdout
    profiles = [json.loads(line)["profile"] for line in names.splitlines()]
    assert profiles == ["webiny-5", "documented", "generic", "webiny-6"]


def test_profiles_that_fail_before_any_fault(publish, invoke):
    """A profile in which the uncut run fails is told, and does not hide the others."""
    done = invoke("check", "publish.py:failing", "--profile", "documented,generic")
    assert done.exit_code == 1
    assert done.stdout == "documented: could not be checked\n\ngeneric: could not be checked\n"
    assert done.stderr.count("The uncut run of 'publishEntries' ended 'failed'") == 2


# --- JSON


def test_json(publish, invoke, module):
    """`--json` prints the report's own JSON on one line, with the profile and no error."""
    done = invoke(*SKIPPING, "--json")
    assert (done.exit_code, done.stderr) == (1, "")
    (line,) = done.stdout.splitlines()
    printed = json.loads(line)
    assert (printed.pop("profile"), printed.pop("error")) == (None, None)
    assert printed == explore(module.skipping, kinds="close_to_timeout").to_json()
    assert printed["findings"][0]["token"] == FOUND
    assert not printed["passed"]


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        (["failing"], "BaselineFailed"),
        (["counting"], "NondeterministicScenario"),
        (["leaving"], "TasksimError"),
        (["publishing", "--max-runs", "3"], "Incomplete"),
    ],
)
def test_json_of_failures(publish, invoke, arguments, kind):
    """A target that could not be checked, or not enough, has not passed, and JSON says why."""
    target, *options = arguments
    done = invoke("check", f"publish.py:{target}", *options, "--json")
    printed = json.loads(done.stdout)
    assert done.exit_code == 1
    assert (printed["passed"], printed["findings"], printed["error"]["type"]) == (False, [], kind)
    assert done.stderr.startswith(printed["error"]["message"])


def test_json_stands_alone(publish, invoke):
    """What is printed while the target is imported goes to stderr; what it prints in runs goes nowhere."""
    (publish / "loud.py").write_text("from publish import publishing\nprint('Hello.')\n", encoding="utf-8")
    done = invoke("check", "loud.py:publishing", "--kinds", "abort", "--json")
    assert json.loads(done.stdout)["passed"]
    assert done.stderr == "Hello.\n"


# --- files


def test_write_test(publish, invoke):
    """`--write-test` writes the report's own test file."""
    done = invoke(*SKIPPING, "--write-test", "test_regression.py")
    assert (done.exit_code, done.stderr) == (1, "Wrote test_regression.py.\n")
    text = (publish / "test_regression.py").read_text(encoding="utf-8")
    compile(text, "test_regression.py", "exec")
    assert FOUND.removeprefix("v1 ") in text


def test_write_test_of_the_profile_that_fails(publish, invoke):
    """Of several profiles, what is written is of the first that has a finding."""
    (publish / "odd.py").write_text(
        "from publish import *\n"
        "def odd(sim):\n"
        "    (publishing if sim.profile == 'documented' else skipping)(sim)\n",
        encoding="utf-8",
    )
    done = invoke(
        "check", "odd.py", *QUICK, "--profile", "documented,webiny-5", "--write-test", "test_odd.py"
    )
    assert done.exit_code == 1
    assert "webiny-5" in (publish / "test_odd.py").read_text(encoding="utf-8")


def test_nothing_to_write(publish, invoke):
    """A test of nothing is refused, after the report."""
    done = invoke(*PUBLISHING, *QUICK, "--write-test", "test_regression.py")
    assert done.exit_code == 2
    assert done.stdout.startswith("'publishing' passes.")
    assert done.stderr.startswith(
        "There is no finding, so there is nothing to write to 'test_regression.py'.\n"
    )
    assert not (publish / "test_regression.py").exists()


@pytest.mark.parametrize("name", ["trace.txt", "trace.jsonl"])
def test_trace(publish, invoke, module, name):
    """`--trace` writes the whole run of the least finding: the timeline, or JSON lines by the file's name."""
    done = invoke(*SKIPPING, "--trace", name)
    assert (done.exit_code, done.stderr) == (1, f"Wrote {name}.\n")
    finding = explore(module.skipping, kinds="close_to_timeout").findings[0]
    if name == "trace.jsonl":
        assert Trace.read(publish / name).sha256() == finding.sha256
    else:
        text = (publish / name).read_text(encoding="utf-8")
        assert text.startswith(finding.cut.sim.trace.text(120, unicode=True, full=True))
        assert text.endswith(f"token  {FOUND}\n")


def test_no_trace_of_a_pass(publish, invoke):
    """Where no run failed there is none to write, and that is no failure: CI asks for it each time."""
    done = invoke(*PUBLISHING, *QUICK, "--trace", "trace.txt")
    assert (done.exit_code, done.stderr) == (0, "No run failed, so trace.txt is not written.\n")
    assert not (publish / "trace.txt").exists()


@pytest.mark.parametrize("option", ["--trace", "--write-test"])
def test_unwritable(publish, invoke, monkeypatch, option):
    """A file that cannot be written after all is a usage error with the system's reason."""

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.write_bytes", refuse)
    monkeypatch.setattr("pathlib.Path.write_text", refuse)
    monkeypatch.setattr("tasksim._explore.findings.Report.write_test", refuse)
    done = invoke(*SKIPPING, option, "kept.py")
    assert done.exit_code == 2
    assert done.stderr.startswith("'kept.py' cannot be written: Permission denied.\n")


# --- how it looks


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_fits(publish, invoke, columns):
    """No line is wider than the terminal, or than `--width`, and all is ASCII where there is no terminal."""
    for lines in (invoke(*SKIPPING, columns=columns), invoke(*SKIPPING, "--width", str(columns))):
        assert lines.stdout.isascii()
        assert max(map(len, lines.stdout.splitlines())) <= columns


def test_interrupt(publish, invoke):
    """Ctrl-C ends in 130, with one line."""
    done = invoke("check", "publish.py:interrupted")
    assert (done.exit_code, done.stdout, done.stderr) == (130, "", "Interrupted.\n")


@pytest.mark.parametrize("target", ["failing", "leaving", "raising", "idle"])
def test_traceback(publish, invoke, target):
    """`--traceback` prints every frame of whatever failed."""
    done = invoke("check", f"publish.py:{target}", "--traceback")
    assert done.exit_code in {1, 2}
    assert "Traceback (most recent call last):\n" in done.stderr


def test_defect(publish, invoke, monkeypatch):
    """A defect of tasksim itself is no verdict: it has an exit code of its own."""
    monkeypatch.setattr(checking, "check", lambda made_of, **_: {}["nothing"])
    monkeypatch.setattr(checking, "user_lines", lambda traceback: [])
    done = invoke(*PUBLISHING)
    assert done.exit_code == 3
    assert done.stderr.startswith("tasksim itself failed: KeyError: 'nothing'.\n")
