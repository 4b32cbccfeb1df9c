"""Ablations: when a rule of checking is broken, some test notices.

Each is made in a copy of the package, in which a child process then runs the tests that must notice. The list
is in `ablations.py`.
"""

import compileall
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from itertools import chain
from pathlib import Path
from py_compile import PycInvalidationMode

import pytest

import tasksim

TESTS = Path(__file__).parents[1]
PACKAGE = Path(tasksim.__file__).parent
MOST_SECONDS = 300  # for whoever waits, should a broken rule end in an endless run
WRONG = ("NameError", "UnboundLocalError", "ImportError", "SyntaxError", "IndentationError")
"""A mutation that raises one of these breaks no rule: it is no program."""

# The child leaves out what it would wait for: plugins, tests/conftest.py, which loads all that there is, and
# the rewriting of asserts, whose messages nobody reads.
SETTINGS = """\
[pytest]
addopts = --import-mode=importlib
filterwarnings = error
markers =
    slow: takes seconds
    unmeasured: runs without coverage
"""
CHILD = """\
import json, sys
import pytest, tasksim

class Notes:
    def __init__(self):
        self.passed, self.failed, self.broken = [], [], []

    def pytest_collectreport(self, report):
        if report.failed:
            self.broken.append(str(report.longrepr))

    def pytest_runtest_logreport(self, report):
        if report.failed and report.when != "call":
            self.broken.append(str(report.longrepr))
        elif report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            self.failed.append([report.nodeid, str(crash.message if crash else report.longrepr)])
        elif report.when == "call":
            self.passed.append(report.nodeid)

notes = Notes()
code = int(pytest.main(sys.argv[2:], plugins=[notes]))
with open(sys.argv[1], "w", encoding="utf-8") as file:
    json.dump({"code": code, "file": tasksim.__file__, **vars(notes)}, file)
"""


def listed():
    """Return the ablations."""
    spec = importlib.util.spec_from_file_location("ablations", Path(__file__).with_name("ablations.py"))
    sys.modules["ablations"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.ABLATIONS


ABLATIONS = listed()
NAMED = sorted(set(chain.from_iterable(each.tests for each in ABLATIONS)))
FILES = sorted({name.partition("::")[0] for name in NAMED})


@pytest.fixture(scope="session")
def copied(tmp_path_factory):
    """Copy the package, compiled so that a file with another text is compiled anew."""
    path = tmp_path_factory.mktemp("whole") / PACKAGE.name
    shutil.copytree(PACKAGE, path, ignore=shutil.ignore_patterns("__pycache__"))
    compileall.compile_dir(path, quiet=2, invalidation_mode=PycInvalidationMode.CHECKED_HASH)
    return path


def ablated(copied, folder, ablation):
    """Copy the package once more, with one rule broken, into a folder."""
    shutil.copytree(copied, folder / PACKAGE.name)
    path = folder / PACKAGE.name / "_explore" / ablation.file
    text = path.read_text(encoding="utf-8")
    times = text.count(ablation.old)
    assert times == 1, f"{ablation.old!r} stands {times} times in {ablation.file}: mend the list of ablations"
    broken = text.replace(ablation.old, ablation.new)
    compile(broken, str(path), "exec")
    path.write_text(broken, encoding="utf-8")


def run_tests(folder, tests):
    """Run tests in a child process, with the copy of the package in a folder; return what it noted."""
    settings, notes = folder / "pytest.ini", folder / "notes.json"
    settings.write_text(SETTINGS, encoding="utf-8")
    options = ["-c", settings, f"--rootdir={TESTS}", f"--confcutdir={TESTS / 'explore'}", "--assert=plain"]
    options += ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    named = [TESTS / name for name in tests]
    env = {name: value for name, value in os.environ.items() if not name.startswith(("COV", "PYTEST_"))}
    env |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", CHILD, notes, *map(str, [*options, *named])],
        cwd=folder,
        env=env,
        capture_output=True,
        encoding="utf-8",
        timeout=MOST_SECONDS,
        check=False,
    )
    printed = done.stdout + done.stderr
    assert notes.exists(), printed
    noted = json.loads(notes.read_text(encoding="utf-8"))
    assert Path(noted["file"]) == folder / PACKAGE.name / "__init__.py", "another tasksim was tested"
    assert not noted["broken"], noted["broken"]
    return noted, printed


def test_list_is_long_and_true():
    """There are many ablations, each of another name, and each names a text that stands where it says."""
    assert len(ABLATIONS) >= 28
    assert len({each.name for each in ABLATIONS}) == len(ABLATIONS)
    for each in ABLATIONS:
        text = (PACKAGE / "_explore" / each.file).read_text(encoding="utf-8")
        assert text.count(each.old) == 1, each
        assert each.new != each.old, each
        compile(text.replace(each.old, each.new), each.file, "exec")


@pytest.mark.slow
@pytest.mark.unmeasured
@pytest.mark.parametrize("file", FILES)
def test_nothing_is_noticed_where_no_rule_is_broken(file, copied, tmp_path):
    """With the package as it is all tests that are named pass, in the same child process."""
    shutil.copytree(copied, tmp_path / PACKAGE.name)
    tests = [name for name in NAMED if name.partition("::")[0] == file]
    noted, printed = run_tests(tmp_path, tests)
    assert noted["code"] == 0, printed
    assert len(noted["passed"]) >= len(tests)


@pytest.mark.slow
@pytest.mark.unmeasured
@pytest.mark.parametrize("ablation", ABLATIONS, ids=lambda ablation: ablation.name)
def test_is_noticed(ablation, copied, tmp_path):
    """With one rule broken at least one of the tests that are named fails, and not because of a slip."""
    ablated(copied, tmp_path, ablation)
    noted, printed = run_tests(tmp_path, ablation.tests)
    assert noted["code"] == 1, printed
    (_, message), *_ = noted["failed"]
    assert not message.startswith(WRONG), printed
