"""The command line in this process, and golden texts.

TASKSIM_UPDATE_GOLDEN=1 writes the golden files anew instead of comparing.
"""

import importlib
import os
import sys
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from tasksim.cli.app import app

COMMAND = get_command(app)
GOLDEN = Path(__file__).parent / "golden"

SHOP = """\
import asyncio
import sys

from pydantic import BaseModel

from tasksim import create_implementation, create_task_definition, task_definition


class CountInput(BaseModel):
    up_to: int


class CountUp:
    id = "countUp"
    title = "Count up"

    def create_input_validation(self):
        return CountInput

    def run(self, input, controller):
        at = input.get("at", 0) + 1
        if at < input["up_to"]:
            return controller.response.continue_({"at": at}, seconds=75)
        return controller.response.done("Counted.", {"at": at})


def make_count_up():
    return CountUp()


def refuse():
    raise LookupError("No counter is left.")


@task_definition(id="failing", title="Failing")
def failing(input):
    deeper(input)


def deeper(input):
    raise ValueError("The shelf is empty.")


@task_definition(id="refusing", title="Refusing")
def refusing(controller):
    return controller.response.error({"message": "Not today.\\nTomorrow.", "code": "CLOSED"})


@task_definition(id="asserting", title="Asserting")
def asserting(input):
    assert input.get("sum") == 42, "the sum is wrong"


@task_definition(id="silent", title="Silent")
def silent():
    pass


@task_definition(id="leaving", title="Leaving")
def leaving():
    sys.exit(0)


@task_definition(id="interrupted", title="Interrupted")
def interrupted():
    raise KeyboardInterrupt


@task_definition(id="printing", title="Printing")
def printing(controller):
    print("Hello from the task.")
    return controller.response.done(output={"text": "\\N{SNOWMAN}" * 3, "long": list(range(400))})


@task_definition(id="recursing", title="Recursing")
def recursing(input):
    recursing.run(input)


@task_definition(id="parent", title="Parent")
def parent(input, controller):
    if not controller.task.list_children():
        controller.task.trigger("failing")
        controller.task.trigger("refusing")
        return controller.response.continue_({}, seconds=1)
    return controller.response.done()


FAMILY = [parent, failing, refusing]
NOBODY = []
SHELF = create_implementation(CountUp)


def guard(input):
    raise PermissionError("Not you.")


def bad_hook(task):
    raise RuntimeError("The mail server is down.")


guarded = create_task_definition(
    id="guarded", title="Guarded", run=lambda controller: None, on_before_trigger=guard
)
hooked = create_task_definition(
    id="hooked", title="Hooked", run=lambda controller: controller.response.done(), on_done=bad_hook
)
cleaning = create_task_definition(
    id="cleaning",
    title="Cleaning",
    run=lambda controller: controller.response.done(output={"swept": 3}),
    self_cleanup="always",
)
cleaning_up_after_itself = create_task_definition(
    id="cleaningUp",
    title="Cleaning up",
    run=lambda controller: controller.response.error("Stuck."),
    self_cleanup="always",
)
misspelt = create_task_definition(id="misspelt", title="Misspelt", run=lambda inputt: None)
"""


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """A folder with `shop.py`, in which the command runs; what is imported there is forgotten."""
    (tmp_path / "shop.py").write_text(SHOP, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.fixture
def invoke(monkeypatch):
    """Run a command in this process; give the exit code and what was printed."""
    # The runner would build all commands anew each time.
    monkeypatch.setattr("typer.testing._get_command", lambda _: COMMAND)

    def run(*arguments, columns=80, given=None):
        monkeypatch.setenv("COLUMNS", str(columns))
        importlib.invalidate_caches()  # a test writes modules that were looked for before
        try:
            runner = CliRunner(mix_stderr=False)
        except TypeError:  # it never mixes them, in a newer click
            runner = CliRunner()
        result = runner.invoke(app, list(arguments), prog_name="tasksim", input=given)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def golden(tmp_path):
    """Compare text with a golden file, byte for byte."""

    def compare(name, text):
        text = text.replace(sys.executable, "PYTHON").replace(str(tmp_path), "FOLDER")
        path = GOLDEN / f"{name}.txt"
        if os.environ.get("TASKSIM_UPDATE_GOLDEN") == "1":
            path.write_bytes(text.encode())
        assert path.read_bytes().decode() == text

    return compare


PUBLISH = '''\
import itertools
import sys

from tasksim import effect


class FakeCms:
    def __init__(self, effects):
        self.effects = effects

    def publish(self, id):
        with self.effects.record("publish", key=id):
            print("published", id)


class PublishEntries:
    id = "publishEntries"
    title = "Publish entries"

    def __init__(self, cms):
        self.cms = cms

    def go_on(self, at, ids):
        return at

    def run(self, input, controller):
        ids = input["ids"]
        for at in range(input.get("at", 0), len(ids)):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"ids": ids, "at": self.go_on(at, ids)})
            self.cms.publish(ids[at])
        return controller.response.done("All published.", {"count": len(ids)})


class SkippingEntries(PublishEntries):
    def go_on(self, at, ids):
        return at or len(ids)


def publishing(sim):
    sim.register(lambda: PublishEntries(FakeCms(sim.effects)))
    sim.tasks.trigger("publishEntries", input={"ids": ["a", "b"]})


def skipping(sim):
    sim.register(lambda: SkippingEntries(FakeCms(sim.effects)))
    sim.tasks.trigger("publishEntries", input={"ids": ["a", "b"]})


class Mailer:
    @effect("send", key="to")
    def send(self, to):
        pass


class SendMails:
    """Sends again what it sent before it was cut."""

    id = "sendMails"
    title = "Send mails"

    def run(self, input, controller):
        for to in input["to"]:
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            Mailer().send(to)
            if controller.runtime.is_close_to_timeout() and not input.get("again"):
                return controller.response.continue_({**input, "again": True})
        return controller.response.done()


class Validated(SendMails):
    def create_input_validation(self):
        return dict[str, list[str]]


def idle(sim):
    sim.register(lambda: PublishEntries(FakeCms(sim.effects)))


def idling(sim):
    sim.register(PublishEntries(None))
    sim.tasks.trigger("publishEntries", input={"ids": []})


def failing(sim):
    sim.register(lambda: PublishEntries(None))
    sim.tasks.trigger("publishEntries", input={"ids": ["a"]})


count = itertools.count()


def counting(sim):
    sim.register(lambda: PublishEntries(FakeCms(sim.effects)))
    sim.tasks.trigger("publishEntries", input={"ids": ["a"] * (next(count) + 1)})


def raising(sim):
    raise LookupError("There is no shelf.")


def leaving(sim):
    sys.exit("Nobody is here.")


def interrupted(sim):
    raise KeyboardInterrupt


def two(sim, cms): ...
'''


@pytest.fixture
def publish(shop):
    """The shop's folder, with `publish.py`: what can be checked, and what cannot."""
    (shop / "publish.py").write_text(PUBLISH, encoding="utf-8")
    return shop
