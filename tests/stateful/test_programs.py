"""The program that a failed machine prints: it runs alone, in a fresh process, and fails likewise."""

import importlib.util
import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from textwrap import dedent

import pytest
import stateful_planted as planted
import stateful_services as services
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from tasksim import Identity, Limits, Simulator
from tasksim.errors import EngineError
from tasksim.stateful import rule, task_machine, tasks
from tasksim.stateful._acting import Actor
from tasksim.stateful._broken import Broken
from tasksim.stateful._places import Imports
from tasksim.stateful._program import Program

pytest_plugins = ["pytester"]

HERE = Path(__file__).parent
QUICK = settings(max_examples=60, database=None, derandomize=True, phases=[Phase.generate, Phase.shrink])
SERVICE = '''\
"""A service of one definition, with what its users want to hold."""

from tasksim import task_definition


@task_definition(id="sendMail", title="Send mail")
def send_mail(input, controller):
    if "again" in input:
        return controller.response.done()
    return controller.response.continue_({"again": True}, seconds=60)


def nobody_waits(sim):
    found = [task.id for task in sim.tasks.list_tasks({"status": "running"})]
    assert not found, f"{found} wait"


def resend(sim, task, times):
    for _ in range(times):
        sim.tasks.trigger("sendMail", parent=task, name="Again")
    assert times < 3, f"{times} at once"


class Outbox:
    """Definitions with a fake of their own."""

    def __call__(self, sim):
        sim.register(send_mail)


outbox = Outbox()
'''


@pytest.fixture
def service(tmp_path, monkeypatch):
    """Import a service that stands in a file of the working directory."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "mail_service.py"
    path.write_text(SERVICE, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("mail_service", path)
    monkeypatch.setitem(sys.modules, "mail_service", module := importlib.util.module_from_spec(spec))
    spec.loader.exec_module(module)
    return module


def crash_first(sim):
    """Plan a fault."""
    sim.crash_at("event#1")


def failure(machine):
    """Run a machine that fails; return its error and its program."""
    with pytest.raises(AssertionError) as caught:
        run_state_machine_as_test(machine, settings=QUICK)
    printed = "\n".join(caught.value.__notes__)
    return caught.value, printed.partition("As a program:\n\n")[2].partition("\nExplanation:")[0]


def run_alone(program):
    """Run a program in a fresh process; return the last line of what it says."""
    done = subprocess.run(
        [sys.executable, "-"], input=program, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 1
    return done.stderr.splitlines()[-1]


def compare(name, text):
    """Compare with a golden text, or write it anew."""
    path = HERE / "golden" / f"{name}.txt"
    if os.environ.get("TASKSIM_UPDATE_GOLDEN") == "1":
        path.write_bytes(text.encode())
    assert path.exists(), "write it with TASKSIM_UPDATE_GOLDEN=1"
    assert text == path.read_bytes().decode()


# --- what it looks like


@pytest.mark.slow
def test_program_of_an_invariant(service):
    """The program makes the calls that break an invariant, and calls it; alone it fails likewise."""
    machine = task_machine([service.send_mail], invariants=[service.nobody_waits], freeze=False)
    error, program = failure(machine)
    compare("program_of_an_invariant", program)
    assert run_alone(program) == f"AssertionError: {error}"


@pytest.mark.parametrize("name", ["PageThatSkips", "SuccessThatRunsAgain", "AbortWithoutItsMessage"])
def test_failure_reads_well(name, monkeypatch):
    """A failure is a sentence, and a program that ends with what is false, and with the sentence."""
    monkeypatch.chdir(HERE)
    bug, user = planted.BUGS[name], acted(services.Quick, freeze=False)
    with bug.plant(), pytest.raises(Broken) as caught:  # noqa: PT012 - either notices
        bug.acts(user)
        user.settle()
    compare(f"failure_{name}", f"{caught.value}\n\n{user.program.text(user.sim, caught.value.lines)}")


def acted(*definitions, **given):
    """Return a user of a simulator, and a program, made with these settings."""
    sim = Simulator(definitions, plan=[], **given)
    return Actor(sim, Program(definitions, given, (__name__,)))


def test_program_names_what_it_is_given(service):
    """Settings that are not the default stand in it, as text that a simulator takes."""
    given = {
        "profile": "webiny-5",
        "start": "2030-01-01T00:00:00+01:00",
        "seed": 3,
        "budget": 60,
        "tick": 0.5,
        "limits": Limits(events=5),
        "identity": Identity("me"),
        "context": service.outbox,
        "freeze": False,
        "on_crash": "retry(1)",
    }
    text = acted(service.send_mail, **given)
    program = text.program.text(text.sim)
    compile(program, "program", "exec")
    assert program.splitlines()[-1] == (
        "sim = Simulator([send_mail], profile='webiny-5', start='2029-12-31T23:00:00.000Z', seed=3, "
        "budget='1m', tick='500ms', limits=Limits(lifetime=31536000, transitions='host', events=5, "
        "checkpoints=100000), identity=Identity(id='me', display_name='John Doe', type='admin'), "
        "context=outbox, freeze=False, on_crash='retry(1)')"
    )
    assert "from tasksim import Identity, Limits, Simulator" in program


def test_program_holds_faults_refusals_and_a_freeze(service, monkeypatch):
    """Faults that struck are in the plan, and no others; what was refused is passed over."""
    user = acted(service.send_mail)
    id = user.trigger("sendMail", {}, name="Now", delay=5)
    user.plan(id, "redeliver", "event")
    user.plan(id, "redeliver", "event")
    user.plan(id, "crash", "wait", after=True)
    user.call("run_until_idle")
    user.plan(id, "crash", "event")
    user.delete(id)
    user.plan(id, "redeliver", "event")
    user.delete(id)
    program = user.program.text(user.sim)
    compare("program", program)
    monkeypatch.setattr(sys, "path", list(sys.path))
    exec(program, {})  # noqa: S102 - nothing planned is out of date


def test_fault_that_a_rule_planned_is_not_planned_again(service):
    """Where a rule of the user's plans a fault, the machine lets it be, and so does the program."""
    user = acted(service.send_mail, freeze=False)
    id = user.trigger("sendMail", {})
    user.call_function(crash_first, {})
    user.plan(id, "crash", "event")
    user.call("run_until_idle")
    assert user.program.text(user.sim).endswith(
        "sim = Simulator([send_mail], freeze=False)\n"
        "task_1 = sim.tasks.trigger('sendMail', input={}).id\n"
        "crash_first(sim)\n"
        "sim.run_until_idle()\n"
    )


def test_program_says_what_it_cannot_import():
    """What has no name in any file is named in a comment, and stands to be defined."""

    class Nameless:
        id, title = "nameless", "Nameless"

        def run(self, controller):
            return controller.response.done()

    user = acted(Nameless, freeze=False)
    program = user.program.text(user.sim)
    assert "# nameless has no name in any file: define it here.\nsim = Simulator([nameless]" in program


def test_two_things_of_one_name_are_told_apart(service, tmp_path, monkeypatch):
    """Where two modules have the same name for different things, one is imported by another."""
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "__init__.py").write_text("", encoding="utf-8")
    path = tmp_path / "pack" / "other_service.py"
    path.write_text(SERVICE.replace("sendMail", "sendOther"), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("pack.other_service", path)
    monkeypatch.setitem(sys.modules, spec.name, other := importlib.util.module_from_spec(spec))
    spec.loader.exec_module(other)
    user = acted(service.send_mail, other.send_mail, freeze=False)
    program = user.program.text(user.sim)
    assert "from pack.other_service import send_mail as send_mail_2\n" in program
    assert "Simulator([send_mail, send_mail_2], freeze=False)" in program


def test_imports_are_by_names_that_python_takes(tmp_path, monkeypatch):
    """What is installed is imported as it is; a file that has no name for Python is not imported."""
    imports = Imports()
    assert [imports.name(json.loads), imports.name(HERE.joinpath)] == ["loads", None]
    assert list(imports.lines()) == ["from json import loads"]
    path = tmp_path / "odd-name.py"
    path.write_text("class Odd:\n    pass\n", encoding="utf-8")
    spec = importlib.util.spec_from_file_location("odd-name", path)
    monkeypatch.setitem(sys.modules, "odd-name", module := importlib.util.module_from_spec(spec))
    spec.loader.exec_module(module)
    assert imports.name(module.Odd) is None
    monkeypatch.delitem(sys.modules, "odd-name")
    assert imports.name(module.Odd) is None


def test_call_that_must_be_refused_and_is_refused_otherwise(service):
    """A refusal with another code comes out, and is the program's last line."""
    user = acted(service.send_mail, freeze=False)
    with pytest.raises(EngineError):
        user.refuse("OTHER", "tasks.abort", ("nobody-0001",))
    assert user.program.text(user.sim).endswith("\nsim.tasks.abort('nobody-0001')\n")


# --- in other processes


@pytest.fixture
def project(pytester):
    """Return an empty project."""
    if find_spec("pytest_asyncio"):
        pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function")  # unset, it warns
    return pytester


@pytest.mark.slow
def test_program_of_a_rule(service):
    """The program calls a rule of the user's with what was drawn, in a world that a function made."""
    machine = task_machine(
        service.outbox, rules=[rule(service.resend, task=tasks, times=st.integers(0, 5))], profile="webiny-6"
    )
    error, program = failure(machine)
    assert "    outbox(sim)\n" in program
    assert "    resend(sim, task=task_1, times=3)\n" in program
    assert run_alone(program) == f"AssertionError: {error}"


PLANTED = """\
import sys

sys.path.insert(0, {here!r})
import planted
import services

planted.BUGS[{name!r}].plant().start()


class Quick(services.Quick):
    pass  # whoever imports it gets the bug
"""
TEST = """\
from hypothesis import Phase, settings

from broken_service import Quick
from tasksim.stateful import task_machine

Machine = task_machine([Quick])
Machine = settings(
    max_examples=200, stateful_step_count=12, database=None, derandomize=True, phases={phases}
)(Machine)
TestService = Machine.TestCase
"""


@pytest.mark.slow
@pytest.mark.unmeasured
@pytest.mark.parametrize(
    ("name", "phases"),
    [("PageThatSkips", "tuple(Phase)"), ("SuccessThatRunsAgain", "(Phase.generate, Phase.shrink)")],
)
def test_program_copied_from_the_terminal(project, name, phases):
    """What pytest prints of a failed machine can be copied; it shows the simulation of it, and no other."""
    project.makepyfile(
        broken_service=PLANTED.format(here=str(HERE), name=name), test_service=TEST.format(phases=phases)
    )
    result = project.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(failed=1)
    lines = [line.removeprefix("E") for line in result.outlines]
    begin = next(at for at, line in enumerate(lines) if line.endswith(" As a program:")) + 2
    end = next(at for at in range(begin, len(lines)) if lines[at].strip().startswith("assert "))
    assert run_alone(dedent("\n".join(lines[begin : end + 1]))).startswith("AssertionError: ")
    timelines = [line.strip("- ") for line in lines if "tasksim timeline" in line]
    assert timelines == ["tasksim timeline"]


PASSING = """\
from hypothesis import settings

from services import Quick, Steps
from tasksim.stateful import task_machine

TestFrozen = task_machine([Quick, Steps]).TestCase
Thawed = settings(max_examples=20, database=None)(task_machine([Quick, Steps], freeze=False))
TestThawed = Thawed.TestCase
TestMany = task_machine([Steps], profile="webiny-5").TestCase
TestMany.settings = settings(max_examples=10, stateful_step_count=100)
"""


@pytest.mark.slow
@pytest.mark.unmeasured
@pytest.mark.parametrize("arguments", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_machines_pass_under_pytest(project, arguments):
    """Machines pass under pytest and xdist, with the health checks and deadline that settings bring along."""
    project.makepyfile(test_service=PASSING, services=(HERE / "services.py").read_text(encoding="utf-8"))
    result = project.runpytest_subprocess("-p", "no:cacheprovider", "-W", "error", *arguments)
    result.assert_outcomes(passed=3)
