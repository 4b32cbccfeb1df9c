"""The zoo: small definitions, each with one bug of a kind that happened to real systems, and without it.

`bugs/NAME.py` holds a scenario `bug`, what must be found in it (`JUDGE` and `PLAN`, or the name of an
`ERROR`), with which options, and the same scenario `fixed`, in which nothing may be found.
"""

import importlib.util
import inspect
import os
import re
import shlex
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tasksim import errors, explore
from tasksim._explore.options import JUDGES
from tasksim._faults.plan import parse, render
from tasksim._faults.token import parse_token, render_token

BUGS = Path(__file__).parent / "bugs"
PAGE = (Path(__file__).parents[2] / "docs/explanation/bugs.md").read_text(encoding="utf-8")
NAMES = sorted(path.stem for path in BUGS.glob("*.py"))

WHOLE = os.environ.get("TASKSIM_WHOLE_ZOO") == "1"  # every pair: minutes
CONSTANTS = {"JUDGE": str, "PLAN": str, "OPTIONS": dict}

REPLAY = """\
import importlib.util, sys
from tasksim import replay
spec = importlib.util.spec_from_file_location("copied", sys.argv[1])
sys.modules["copied"] = module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
print(replay(module.bug, sys.argv[2]).sha256)
"""


def load(path):
    """Import a module by its path: the zoo is no package."""
    name = f"zoo.{path.parent.name}.{path.stem}"  # a copy has a name of its own
    spec = importlib.util.spec_from_file_location(name, path)
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def zoo(name):
    """Return a module of the zoo."""
    return load(BUGS / f"{name}.py")


@cache
def report_of(name):
    """Return what is found in a bug; explored once, for all tests."""
    return explore(zoo(name).bug, **zoo(name).OPTIONS)


def printed_token(text):
    """Return the token in the command that a report prints, as a shell reads it, line breaks and all."""
    command = re.search(r"^  replay +(tasksim replay .+?)\n  \S", text, re.MULTILINE | re.DOTALL)
    return shlex.split(command[1].replace(" \\\n", " "))[-1]


def run_fresh(*arguments, cwd):
    """Run this Python with arguments in a process and with a hash seed of its own; return how it ended."""
    env = {**os.environ, "PYTHONHASHSEED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    env["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # those of others take seconds to load
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, encoding="utf-8", check=False)


REFUSED = [name for name in NAMES if hasattr(zoo(name), "ERROR")]
FOUND = [name for name in NAMES if name not in REFUSED]


@pytest.mark.parametrize("name", FOUND)
def test_bug_is_found_with_its_least_plan(name):
    """The least finding has the judge and the plan that the module names, and the effects if it names any."""
    module, report = zoo(name), report_of(name)
    assert report.findings, "nothing was found"
    least = report.findings[0]
    assert (least.judge, render(least.plan)) == (module.JUDGE, module.PLAN)
    named = tuple(getattr(module, "LOST", ())), tuple(getattr(module, "REPEATED", ()))
    if any(named):
        assert (least.lost, least.repeated) == named


@pytest.mark.parametrize("name", REFUSED)
def test_bug_is_refused_by_name(name):
    """What no plan can show ends the exploration with the error that the module names."""
    module = zoo(name)
    with pytest.raises(getattr(errors, module.ERROR)) as caught:
        explore(module.bug, **module.OPTIONS)
    assert caught.type.__name__ == module.ERROR


@pytest.mark.slow
@pytest.mark.unmeasured
@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_found_in_the_mended_one(name):
    """Without the bug each single fault is survived."""
    module = zoo(name)
    report = explore(module.fixed, **{**module.OPTIONS, "max_faults": 1})
    assert report.passed, report.text()
    assert report.coverage.left == 0


@pytest.mark.slow
@pytest.mark.unmeasured
@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_found_in_the_mended_one_with_two_faults(name):
    """Without the bug pairs of faults are survived, too: the nearest, or all if asked."""
    module = zoo(name)
    options = {**module.OPTIONS, "max_faults": 2, "max_runs": 1_000_000 if WHOLE else 500}
    report = explore(module.fixed, **options)
    assert report.passed, report.text()
    assert not WHOLE or report.coverage.left == 0


@pytest.mark.parametrize("name", NAMES)
def test_documentation_names_its_plan(name):
    """Each bug has an entry in the documentation, with its plan, or the error that it ends with."""
    module = zoo(name)
    assert f"`{module.PLAN}`" in PAGE or (not module.PLAN and getattr(module, "ERROR", module.JUDGE) in PAGE)
    assert PAGE.count("\n## ") == len(NAMES)


def test_zoo_is_large():
    """There are at least twenty bugs."""
    assert len(NAMES) >= 20


@pytest.mark.parametrize("name", NAMES)
def test_module_says_what_it_is(name):
    """Each module tells its story in four lines, and has its constants and both scenarios."""
    module = zoo(name)
    assert 1 <= len(module.__doc__.strip().splitlines()) <= 4
    for constant, kind in CONSTANTS.items():
        assert isinstance(getattr(module, constant), kind), constant
    assert render(parse(module.PLAN)) == module.PLAN
    if name in FOUND:
        assert module.JUDGE in JUDGES
    else:
        assert issubclass(getattr(errors, module.ERROR), errors.TasksimError)
        assert module.PLAN == ""
    for scenario in (module.bug, module.fixed):
        assert list(inspect.signature(scenario).parameters) == ["sim"]
        assert scenario.__doc__


@pytest.mark.slow
@pytest.mark.unmeasured
@pytest.mark.parametrize("name", FOUND)
def test_printed_token_replays_in_a_fresh_process(name, tmp_path):
    """The token that the report prints gives the same trace in another process, with another hash seed."""
    report = report_of(name)
    token = printed_token(report.text())
    assert render_token(parse_token(token)) == report.findings[0].token
    done = run_fresh("-c", REPLAY, BUGS / f"{name}.py", token, cwd=tmp_path)
    assert done.stdout.strip() == report.findings[0].sha256, done.stderr


@pytest.mark.slow
@pytest.mark.unmeasured
@pytest.mark.parametrize("name", FOUND)
def test_written_test_fails_on_the_bug_and_passes_on_the_fix(name, tmp_path):
    """The file that a report writes fails as long as the bug is there, and passes once it is mended."""
    path = tmp_path / f"{name}.py"
    shutil.copy(BUGS / path.name, path)
    module = load(path)
    written = explore(module.bug, **module.OPTIONS).write_test(tmp_path / "test_regression.py")
    pytest_run = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "tasksim.pytest_plugin", written)
    failed = run_fresh(*pytest_run, cwd=tmp_path)
    assert failed.returncode == 1, failed.stdout + failed.stderr
    assert module.JUDGE in failed.stdout
    with path.open("a", encoding="utf-8") as file:
        file.write("\n\nbug = fixed\n")
    passed = run_fresh(*pytest_run, cwd=tmp_path)
    assert passed.returncode == 0, passed.stdout + passed.stderr
