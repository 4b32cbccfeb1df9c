"""The command line as a process: what people and scripts meet."""

import errno
import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import tasksim

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "fixtures" / "conformance"
HEAVY = ["ariadne", "hypothesis", "pytest", "uvicorn"]

TASKS = """\
from tasksim import task_definition


@task_definition(id="sayHello", title="Say hello")
def say_hello(input, controller):
    return controller.response.done(output={"hello": input.get("name", "you")})


@task_definition(id="failing", title="Failing")
def failing():
    raise ValueError("Boom.")


@task_definition(id="waiting", title="Waiting")
def waiting():
    print("ready", flush=True)
    while True:
        pass


@task_definition(id="chatty", title="Chatty", max_iterations=200)
def chatty(input, controller):
    controller.logger.info("x" * 100)
    return controller.response.continue_({"at": input.get("at", 0) + 1}, seconds=input.get("at", 0))
"""


JOBS = """\
class Mailer:
    def __init__(self, effects):
        self.effects = effects

    def send(self, to):
        self.effects.record("send", key=to)


class SendMails:
    id = "sendMails"
    title = "Send mails"

    def __init__(self, mailer):
        self.mailer = mailer

    def run(self, input, controller):
        for at in range(input.get("at", 0), 3):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            self.mailer.send(f"person {at}")
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": self.cursor(at)})
        return controller.response.done()

    def cursor(self, at):
        return at + 1


class SendTwice(SendMails):
    def cursor(self, at):
        return at


def mailing(sim):
    sim.register(lambda: SendMails(Mailer(sim.effects)))
    sim.tasks.trigger("sendMails")


def mailing_twice(sim):
    sim.register(lambda: SendTwice(Mailer(sim.effects)))
    sim.tasks.trigger("sendMails")
"""


@pytest.fixture
def folder(tmp_path):
    """A folder with `tasks.py` and `jobs.py`."""
    (tmp_path / "tasks.py").write_text(TASKS, encoding="utf-8")
    (tmp_path / "jobs.py").write_text(JOBS, encoding="utf-8")
    return tmp_path


def command(*arguments, before=""):
    """Return the arguments of a process that runs the command, after some Python if that is given."""
    if not before:
        return [sys.executable, "-m", "tasksim", *arguments]
    program = f"import sys\n{before}\nfrom tasksim.cli import main\nmain()"
    return [sys.executable, "-c", program, *arguments]


def process(*arguments, cwd, before="", given=None, **environment):
    """Run the command as a process."""
    return subprocess.run(
        command(*arguments, before=before),
        cwd=cwd,
        env={**os.environ, "COLUMNS": "80", **environment},
        input=given,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def on_terminal(*arguments, cwd, before="", **environment):
    """Run the command with stdout and stderr on a terminal; give the exit code and what it showed."""
    pty = pytest.importorskip("pty", reason="no terminals of this kind here")
    ours, its = pty.openpty()
    child = subprocess.Popen(
        command(*arguments, before=before),
        cwd=cwd,
        env={**os.environ, "COLUMNS": "80", "TERM": "xterm", "NO_COLOR": "", **environment},
        stdin=subprocess.DEVNULL,
        stdout=its,
        stderr=its,
    )
    os.close(its)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65_536)
        except OSError:  # how Linux says that the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(ours)
    return child.wait(), shown.decode().replace("\r\n", "\n")


@pytest.mark.slow
def test_version(folder):
    """The command says its version, whichever way it is started."""
    done = process("--version", cwd=folder)
    assert (done.returncode, done.stdout) == (0, f"tasksim {tasksim.__version__}\n")
    assert process("--version", cwd=folder, before="pass").stdout == done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["run", "tasks.py:say_hello"], 0),
        (["run", "tasks:say_hello"], 0),
        (["run", "tasks.py:failing"], 1),
        (["run", "tasks.py:nothing"], 2),
        (["run", "tasks.py:say_hello", "--budget", "soon"], 2),
        (["run"], 2),
        (["check", "jobs.py:mailing_twice"], 1),
        (["replay", "jobs.py:mailing", "v1 abort@event#1"], 0),
        (["walk"], 2),
        ([], 2),
        (["profiles"], 0),
        (["--help"], 0),
    ],
)
def test_exit_codes(folder, arguments, code):
    """0 held, 1 a finding or a task that did not succeed, 2 usage; and never a traceback."""
    done = process(*arguments, cwd=folder)
    assert done.returncode == code
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.slow
def test_same_text_everywhere(folder):
    """What is printed depends on no hash seed, time zone or locale, and is ASCII."""
    arguments = ["run", "tasks.py:failing", "--timeline"]
    printed = {
        process(*arguments, cwd=folder, PYTHONHASHSEED=seed, TZ=zone, LC_ALL=locale).stdout
        for seed, zone, locale in [("0", "UTC", "C"), ("1", "America/St_Johns", "C.UTF-8")]
    }
    (text,) = printed
    assert text.isascii()


@pytest.mark.slow
def test_corpus():
    """Every engine row of the corpus matches webiny-5, counted in the last line."""
    files = sorted(str(path) for path in CORPUS.glob("engine-*"))
    done = process("conform", *files, "--profile", "webiny-5", cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "752 of 752 rows match"


@pytest.mark.slow
def test_corpus_from_stdin():
    """Rows are taken from a pipe."""
    text = (CORPUS / "engine-curated.jsonl").read_text(encoding="utf-8")
    assert process("conform", cwd=ROOT, given=text).stdout == "171 of 171 rows match\n"


@pytest.mark.slow
def test_without_its_extra(folder):
    """Without typer the command prints the one line that adds it."""
    done = process("--help", cwd=folder, before="sys.modules['typer'] = None")
    assert (done.returncode, done.stdout) == (2, "")
    assert "python -m pip install 'tasksim[cli]'" in done.stderr
    assert len(done.stderr.splitlines()) == 2


@pytest.mark.slow
def test_module_of_ours_that_is_missing(folder):
    """A missing module that is no extra is not taken for one."""
    done = process("--help", cwd=folder, before="sys.modules['tasksim.cli.helping'] = None")
    assert done.returncode == 1
    assert "ModuleNotFoundError" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["run", "-h"], ["run", "tasks.py:failing"], ["run", "tasks.py:failing", "--timeline"]],
)
def test_without_rich(folder, arguments):
    """Without rich the text is the same, on a terminal without colour."""
    before = "sys.modules['rich'] = None"
    assert process(*arguments, cwd=folder, before=before).stdout == process(*arguments, cwd=folder).stdout
    code, shown = on_terminal(*arguments, cwd=folder, before=before)
    assert code in {0, 1}
    assert "\x1b" not in shown


@pytest.mark.slow
def test_stays_light(folder):
    """The command loads no part that it does not use, and its help not even the engine."""
    before = (
        "import atexit\n"
        f"heavy = {HEAVY!r}\n"
        "loaded = lambda: [name for name in heavy if name in sys.modules]\n"
        "atexit.register(lambda: print(loaded(), 'pydantic' in sys.modules))"
    )
    assert process("--help", cwd=folder, before=before).stdout.splitlines()[-1] == "[] False"
    for arguments in (["run", "tasks.py:say_hello"], ["check", "jobs.py:mailing", "--kinds", "redeliver"]):
        assert process(*arguments, cwd=folder, before=before).stdout.splitlines()[-1] == "[] True"


@pytest.mark.slow
def test_interrupt(folder):
    """Ctrl-C ends in 130 with one line, even in a task that never asks."""
    with subprocess.Popen(
        command("run", "tasks.py:waiting"),
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        # What runs in the background of a shell ignores Ctrl-C, and so would its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    ) as child:
        assert child.stdout.readline() == "ready\n"
        child.send_signal(signal.SIGINT)
        assert child.communicate() == ("", "Interrupted.\n")
        assert child.returncode == 130


@pytest.mark.slow
def test_interrupt_while_starting(folder):
    """Ctrl-C before anything is loaded is one line, too."""
    before = (
        "import builtins\n"
        "real = builtins.__import__\n"
        "def interrupted(name, *rest):\n"
        "    if name == 'typer':\n"
        "        raise KeyboardInterrupt\n"
        "    return real(name, *rest)\n"
        "builtins.__import__ = interrupted"
    )
    done = process("--help", cwd=folder, before=before)
    assert (done.returncode, done.stderr) == (130, "Interrupted.\n")


@pytest.mark.slow
def test_reader_that_goes_away(folder):
    """A reader that has seen enough, as `head` does, is no error to tell of."""
    before = (
        "import tasksim.cli.running as running\n"
        "def print_to_nobody(*_):\n"
        "    raise BrokenPipeError\n"
        "running.print_summary = print_to_nobody"
    )
    done = process("run", "tasks.py:say_hello", cwd=folder, before=before)
    assert (done.returncode, done.stdout, done.stderr) == (141, "", "")


@pytest.mark.slow
@pytest.mark.parametrize("missing", ["stdout", "stderr"])
def test_streams_that_are_closed(folder, missing):
    """Where a stream is closed, what would be said there goes nowhere, and the command works."""
    done = process("run", "tasks.py:say_hello", cwd=folder, before=f"import sys; sys.{missing} = None")
    assert done.returncode == 0
    assert getattr(done, missing) == ""


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no such device here")  # noqa: PTH110
def test_no_room_for_what_is_printed(folder):
    """That what is printed cannot be written is no defect of ours, and is said once."""
    with open("/dev/full", "w", encoding="utf-8") as full:  # noqa: PTH123
        done = subprocess.run(
            command("run", "tasks.py:say_hello"),
            cwd=folder,
            stdout=full,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            check=False,
        )
    sentence = f"What is printed cannot be written: {os.strerror(errno.ENOSPC)}."
    assert (done.returncode, done.stderr) == (2, f"{sentence}\n  Lead it elsewhere, or make room.\n")


@pytest.mark.slow
def test_terminal(folder):
    """On a terminal there are colour and lines; NO_COLOR takes the colour away; the words stay."""
    arguments = ["run", "tasks.py:failing", "--timeline"]
    _, coloured = on_terminal(*arguments, cwd=folder, PYTHONUTF8="1")
    _, plain = on_terminal(*arguments, cwd=folder, PYTHONUTF8="1", NO_COLOR="1")
    assert "\x1b[31m" in coloured
    assert "\x1b" not in plain
    assert "\N{BOX DRAWINGS LIGHT VERTICAL}" in plain
    piped = process(*arguments, cwd=folder).stdout
    assert plain.splitlines()[:3] == piped.splitlines()[:3]


@pytest.mark.slow
@pytest.mark.parametrize("columns", ["60", "80", "120"])
def test_width_of_the_terminal(folder, columns):
    """No line is wider than the terminal."""
    _, shown = on_terminal(
        "run", "tasks.py:chatty", "--timeline", cwd=folder, COLUMNS=columns, NO_COLOR="1", PYTHONUTF8="1"
    )
    shown = shown.rpartition("\x1b")[2]  # after a progress bar, if this machine is slow
    assert max(map(len, shown.splitlines())) <= int(columns)


@pytest.mark.slow
def test_progress_bar(folder):
    """What takes over a second shows a bar on the terminal, which is gone at the end; the result follows."""
    # The bar's clock says that a second passes at each look.
    before = (
        "import itertools, tasksim.cli.progress as progress\n"
        "ticks = itertools.count()\n"
        "progress.Progress.__init__.__kwdefaults__['now'] = lambda: float(next(ticks))"
    )
    arguments = ["run", "tasks.py:say_hello"]
    code, shown = on_terminal(*arguments, cwd=folder, before=before, NO_COLOR="1")
    assert code == 0
    assert "1 events, 0s of virtual time" in shown
    assert shown.endswith(process(*arguments, cwd=folder).stdout)


@pytest.mark.slow
def test_token_replays_in_a_fresh_process(folder):
    """The printed token gives the same trace, in a process with another hash seed."""
    first = json.loads(
        process(
            "run", "tasks.py:chatty", "--seed", "5", "--input", '{"at": 150}', "--json", cwd=folder
        ).stdout
    )
    again = process(
        "run", "tasks.py:chatty", "--plan", first["token"], "--json", cwd=folder, PYTHONHASHSEED="77"
    )
    assert json.loads(again.stdout) == first


def copied(shown, begin):
    """Return the arguments of a printed command, over as many lines as a shell would read."""
    lines = shown[shown.index(begin) :].split("\n")
    last = next(at for at, line in enumerate(lines) if not line.endswith("\\"))
    return shlex.split("\n".join(lines[: last + 1]).replace("\\\n", ""))[1:]


@pytest.mark.slow
def test_printed_replay_line(folder):
    """The line that a check prints for the shell replays the finding, in a process with another hash seed."""
    words = copied(process("check", "jobs.py:mailing_twice", cwd=folder).stdout, "tasksim replay ")
    found = json.loads(process("check", "jobs.py:mailing_twice", "--json", cwd=folder).stdout)["findings"][0]
    again = process(*words, cwd=folder, PYTHONHASHSEED="77")
    assert (again.returncode, again.stderr) == (1, "")
    assert again.stdout.splitlines()[-1] == f"sha256  {found['sha256']}"


@pytest.mark.slow
def test_printed_test(folder):
    """The line that a check prints to keep a finding writes a test that fails on the bug, not on the fix."""
    words = copied(process("check", "jobs.py:mailing_twice", cwd=folder).stdout, "tasksim check ")
    (folder / "tests").mkdir()
    assert process(*words, cwd=folder).returncode == 1
    pytest_ = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    assert subprocess.run(pytest_, cwd=folder, capture_output=True, check=False).returncode == 1
    fixed = JOBS.replace("        return at\n", "        return at + 1\n")
    (folder / "jobs.py").write_text(fixed, encoding="utf-8")
    assert subprocess.run(pytest_, cwd=folder, capture_output=True, check=False).returncode == 0


@pytest.mark.slow
def test_check_looks_the_same_everywhere(folder):
    """What a check prints depends on no hash seed, time zone or locale, and is ASCII."""
    printed = {
        process(
            "check", "jobs.py:mailing_twice", cwd=folder, PYTHONHASHSEED=seed, TZ=zone, LC_ALL=locale
        ).stdout
        for seed, zone, locale in [("0", "UTC", "C"), ("1", "America/St_Johns", "C.UTF-8")]
    }
    (text,) = printed
    assert text.isascii()


@pytest.mark.slow
def test_progress_of_a_check(folder):
    """A check that lasts shows its runs, how many a second and its findings, and then only its report."""
    before = (
        "import itertools, tasksim.cli.progress as progress\n"
        "ticks = itertools.count()\n"
        "progress.Progress.__init__.__kwdefaults__['now'] = lambda: float(next(ticks))"
    )
    arguments = ["check", "jobs.py:mailing", "--kinds", "redeliver"]
    code, shown = on_terminal(*arguments, cwd=folder, before=before, NO_COLOR="1", COLUMNS="120")
    assert code == 0
    assert "1 of 1 runs, " in shown
    assert " a second, 0 findings" in shown
    assert shown.endswith(process(*arguments, cwd=folder, COLUMNS="120").stdout)
