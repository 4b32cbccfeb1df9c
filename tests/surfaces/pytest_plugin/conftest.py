"""What the tests of the pytest plugin share: suites in a folder of their own, run in this process or another.

A module that uses these names pytest's own plugin for it: `pytest_plugins = ["pytester"]`.
"""

import os
import re
import subprocess
import sys

import pytest

# The other plugins of this environment cost a second each run; a test that needs one loads it.
OTHERS = ("asyncio", "anyio", "hypothesispytest", "xdist", "freezer", "doctest", "unittest", "junitxml")
HEAD = """
import pytest
from tasksim import Simulator, task_definition

@task_definition(id="countDown", title="Count down")
def count_down(input, controller):
    left = input.get("left", 2)
    if left == 0:
        return controller.response.done("Lift-off.")
    return controller.response.continue_({"left": left - 1}, seconds=1)

"""


def without_others(load):
    """Return the arguments that leave out every other plugin but those named."""
    return [f"-pno:{name}" for name in (*OTHERS, "cacheprovider") if name not in load]


class Suite:
    """A folder with test files, and what runs them."""

    def __init__(self, pytester):
        """Begin with an empty folder."""
        self.pytester = pytester
        self.path = pytester.path

    def write(self, text, name="test_it.py"):
        """Write a file; a test module begins with a task, `count_down`."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((HEAD if path.name.startswith("test_") else "") + text, encoding="utf-8")

    def ini(self, text):
        """Write the ini file."""
        (self.path / "pytest.ini").write_text(f"[pytest]\n{text}\n", encoding="utf-8")

    def run(self, *arguments, load=()):
        """Run it in this process, without other plugins but those named, and without pytest's cache."""
        return self.pytester.runpytest_inprocess(*without_others(load), *arguments)

    def run_alone(self, *arguments, load=()):
        """Run it in a process of its own; return pytest's result."""
        return self.pytester.runpytest_subprocess(*without_others(load), *arguments)

    def shell(self, line):
        """Run a line in a shell that finds this Python's pytest."""
        scripts = os.path.dirname(sys.executable)  # noqa: PTH120 - text for PATH
        path = f"{scripts}{os.pathsep}{os.environ['PATH']}"
        environment = {
            **os.environ,
            "PATH": path,
            "PYTEST_ADDOPTS": " ".join(f"-pno:{one}" for one in OTHERS),
        }
        return subprocess.run(  # noqa: S602 - the line is one that the plugin printed for a shell
            line,
            shell=True,
            cwd=self.path,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )


@pytest.fixture
def suite(pytester, monkeypatch):
    """Return an empty suite."""
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    return Suite(pytester)


@pytest.fixture
def lines_of():
    """Return what finds the lines of an output, from one that holds a text to the end of its block."""

    def find(result, text):
        lines = result.outlines + result.errlines
        start = next(at for at, line in enumerate(lines) if text in line)
        block = [lines[start]]
        for line in lines[start + 1 :]:
            if not re.match(r"\s+\S", line):
                break
            block.append(line)
        return block

    return find
