"""The examples do what their first line says, and the same everywhere."""

import importlib.util
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import tasksim

ROOT = Path(__file__).parents[2]
PATHS = sorted((ROOT / "examples").glob("*.py"))
PROGRAM = Path(__file__).parent / "hashes.py"


def imported(path):
    """Import a file by its path."""
    spec = importlib.util.spec_from_file_location(f"imported_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


hashes = imported(PROGRAM)


def command_of(path):
    """Return the arguments of the command in the first line."""
    words = shlex.split(path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# "))
    assert words[:2] == ["tasksim", "run"], f"The first line of {path.name} is no command."
    return words[1:]


def tasksim_process(*arguments, **environment):
    """Run the CLI as a process, from the root of the project."""
    return subprocess.run(
        [sys.executable, "-m", "tasksim", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_there_are_examples():
    """At least five definitions are shown, and each has its case here."""
    assert [path.stem for path in PATHS] == sorted(hashes.CASES)
    assert len(PATHS) >= 5


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
class TestEach:
    """What holds of every example."""

    def test_is_short(self, path):
        """An example is under 80 lines."""
        assert len(path.read_text(encoding="utf-8").splitlines()) < 80

    @pytest.mark.slow
    def test_first_line_runs(self, path):
        """The command in the first line runs, succeeds, and shows more than one iteration."""
        done = tasksim_process(*command_of(path))
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stderr == ""
        assert re.search(r"iteration\s+2\b", done.stdout), done.stdout
        assert "success" in done.stdout

    def test_first_line_is_the_case(self, path):
        """The command in the first line gives the input and the options that are tested here."""
        words = command_of(path)
        attribute, given, options = hashes.CASES[path.stem]
        assert words[1] == f"examples/{path.name}:{attribute}"
        flags = dict(zip(words[2::2], words[3::2], strict=False))
        assert json.loads(flags.pop("--input", "null")) == given
        assert {name.removeprefix("--"): value for name, value in flags.items()} == options
        assert words[-1] == "--timeline"

    @pytest.mark.slow
    def test_prints_the_same_everywhere(self, path):
        """What the command prints depends on no hash seed and no time zone."""
        one = tasksim_process(*command_of(path), PYTHONHASHSEED="1", TZ="America/St_Johns")
        two = tasksim_process(*command_of(path), PYTHONHASHSEED="2", TZ="Pacific/Kiritimati")
        assert one.stdout == two.stdout

    @pytest.mark.slow
    def test_same_hash_in_one_process(self, path):
        """100 runs in one process give one SHA-256."""
        assert len({hashes.simulate(path.stem)[0].trace.sha256() for _ in range(100)}) == 1


@pytest.mark.slow
def test_same_hashes_in_fresh_processes():
    """Fresh processes with other hash seeds, time zones and locales give the same SHA-256."""
    printed = {
        subprocess.run(
            [sys.executable, PROGRAM],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale},
            capture_output=True,
            encoding="utf-8",
            check=True,
        ).stdout
        for seed, zone, locale in [
            ("0", "UTC", "C"),
            ("1", "America/St_Johns", "C.UTF-8"),
            ("12345", "Pacific/Kiritimati", "C"),
        ]
    }
    assert len(printed) == 1
    here = [f"{name} {hashes.simulate(name)[0].trace.sha256()}\n" for name in hashes.CASES]
    assert printed == {"".join(here)}


def test_publish_entries():
    """Every entry is published once, in order, over several iterations."""
    example = imported(ROOT / "examples" / "publish_entries.py")
    cms = example.FakeCms()
    execution = tasksim.run(
        example.PublishEntries(cms),
        input={"ids": list("abcdefgh")},
        budget="5m",
        tick="10s",
        freeze=False,
    )
    assert execution.status == "success"
    assert execution.output == {"count": 8}
    assert cms.published == list("abcdefgh")
    assert len(execution.iterations) > 1


def test_publish_entries_refuses_an_empty_list():
    """The input is validated by the task's own model."""
    example = imported(ROOT / "examples" / "publish_entries.py")
    with pytest.raises(tasksim.EngineError) as raised:
        tasksim.run(example.PublishEntries(), input={"ids": []}, freeze=False)
    assert raised.value.code == "VALIDATION_FAILED_INVALID_FIELDS"


def test_publish_entries_stops_when_aborted():
    """An abort between two iterations is honoured: nothing more is published."""
    example = imported(ROOT / "examples" / "publish_entries.py")
    cms = example.FakeCms()
    sim = tasksim.Simulator(budget="5m", tick="10s", freeze=False)
    sim.register(example.PublishEntries(cms))
    task = sim.tasks.trigger("publishEntries", input={"ids": list("abcdefgh")})
    sim.run_next()
    published = list(cms.published)
    sim.tasks.abort(task.id)
    sim.run_until_idle()
    assert sim.execution(task).status == "aborted"
    assert cms.published == published


def test_import_csv():
    """Each good row is imported, each bad one is reported, whatever the cuts."""
    example = imported(ROOT / "examples" / "import_csv.py")
    catalogue = example.FakeCatalogue()
    execution = tasksim.run(example.ImportProducts(catalogue), budget="10m", tick="15s", freeze=False)
    assert execution.status == "success"
    assert execution.output == {"imported": 37, "skipped": [13, 25, 38]}
    assert len(catalogue.products) == 37
    assert catalogue.products["TEA-022"].title == "Mat\N{LATIN SMALL LETTER E WITH ACUTE}"
    assert len(execution.iterations) > 1


def test_import_csv_needs_its_file():
    """A file that is not there fails the task; the error is stored."""
    example = imported(ROOT / "examples" / "import_csv.py")
    execution = tasksim.run(example.ImportProducts(), input={"file": "nothing.csv"}, freeze=False)
    assert execution.status == "failed"
    assert isinstance(execution.exception, FileNotFoundError)


def test_translate_pages():
    """The parent triggers one child for each page, waits for all, and adds up what they did."""
    sim, execution = hashes.simulate("translate_pages")
    assert execution.status == "success"
    assert execution.output == {"pages": 3, "paragraphs": 27}
    children = sim.tasks.list_tasks({"parent_id": execution.task.id}).items
    assert sorted(child.name for child in children) == [
        "Translate about",
        "Translate home",
        "Translate terms",
    ]
    assert {child.status for child in children} == {"success"}


def test_translate_pages_reports_failed_children():
    """A child that fails fails its parent, with a code."""
    example = imported(ROOT / "examples" / "translate_pages.py")
    sim = tasksim.Simulator([example.TranslateSite], freeze=False)
    sim.stub("translatePage", error="No words.")
    execution = sim.run("translateSite", input={"pages": {"home": 1}, "language": "de"})
    assert execution.status == "failed"
    assert execution.error["code"] == "NOT_TRANSLATED"


def test_empty_trash():
    """The trash is emptied although the storage fails twice; the waits are 30 s and 60 s."""
    example = imported(ROOT / "examples" / "empty_trash.py")
    trash = example.FakeTrash()
    execution = tasksim.run(example.EmptyTrash(trash), input={"size": 4}, freeze=False)
    assert execution.status == "success"
    assert execution.output == {"deleted": 18}
    assert trash.entries == []
    assert len(execution.iterations) == 3


def test_empty_trash_gives_up():
    """After five back-offs the sixth failure ends the task with the storage's error."""
    example = imported(ROOT / "examples" / "empty_trash.py")
    trash = example.FakeTrash(outage=range(1, 100))
    execution = tasksim.run(example.EmptyTrash(trash), freeze=False)
    assert execution.status == "failed"
    assert execution.error["code"] == "STORAGE_BUSY"
    assert trash.calls == 6


def test_sync_orders():
    """Every order arrives, whatever the cuts, and a run that is killed repeats no more than its slice."""
    example = imported(ROOT / "examples" / "sync_orders.py")
    for plan, deliveries in [
        (None, ["first"] * 2),
        ("crash@runtime.is_aborted#9", ["first", "first", "retry"]),
    ]:
        warehouse = example.FakeWarehouse()
        job = tasksim.resumable(example.Sync(example.FakeShop(), warehouse).sync_orders)
        execution = tasksim.run(job, budget="2m", tick="4s", plan=plan, freeze=False)
        assert execution.status == "success"
        assert list(warehouse.orders) == list(range(1, 24))
        assert [iteration.delivery for iteration in execution.iterations] == deliveries


def test_sync_orders_has_nothing_of_webiny():
    """The example for other hosts speaks of no task, definition or controller, and names no engine."""
    text = (ROOT / "examples" / "sync_orders.py").read_text(encoding="utf-8").lower()
    assert not re.search(r"webiny|\btask|definition|controller|iteration", text.replace("tasksim", ""))
