"""Tests that were written from findings: each fails on the bug, and passes once it is mended."""

import importlib.util
import os
import runpy
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import tasksim
from tasksim import Simulator, always, check, explore, questions, sometimes
from tasksim._explore.findings import Coverage, Finding, Report, Side
from tasksim._explore.targets import as_target
from tasksim._explore.written_test import write_test
from tasksim._faults.plan import parse
from tasksim._faults.token import Settings, Token, parse_token, parse_token_or_plan
from tasksim.errors import CheckFailed, UsageError

pytestmark = pytest.mark.slow  # together they take seconds

GOLDEN = Path(__file__).parent / "golden"
PLAN = "close_to_timeout@runtime.is_close_to_timeout#1"
BUG, MENDED = 'at or len(input["ids"])', "at"

PUBLISH = """
from tasksim import task_definition


class PublishEntries:
    id = "publishEntries"
    title = "Publish entries"
    max_iterations = 100

    def __init__(self, effects):
        self.effects = effects

    def run(self, input, controller):
        for at in range(input.get("at", 0), len(input["ids"])):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at or len(input["ids"])})
            self.effects.record("publish", key=input["ids"][at])
        return controller.response.done(output={"count": len(input["ids"])})


def publishing(sim):
    sim.register(lambda: PublishEntries(sim.effects))
    sim.tasks.trigger("publishEntries", input={"ids": ["a", "b"]})


@task_definition(id="countEntries", title="Count entries", max_iterations=100)
def count_entries(input, controller):
    count = input.get("count", 0)
    for at in range(input.get("at", 0), len(input["ids"])):
        if controller.runtime.is_close_to_timeout():
            return controller.response.continue_({"at": at or len(input["ids"]), "count": count})
        count += 1
    return controller.response.done(output={"count": count})
"""


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """Stand in an empty project; what is imported from it is forgotten."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    forget(before)


def forget(before):
    """Forget the modules that were imported since."""
    for name in set(sys.modules) - before:
        del sys.modules[name]


def load(file, text=PUBLISH):
    """Write a file of the project and import it, as whoever checks its target would."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    name = f"as_checked_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(written, elsewhere):
    """Run a written file as pytest does, from another folder; return what it checked, or raise."""
    before, path = set(sys.modules), list(sys.path)
    os.chdir(elsewhere)
    try:
        names = runpy.run_path(str(written))
        (name,) = [name for name in names if name.startswith("test_")]
        names[name]()
        return name
    finally:
        forget(before)
        sys.path[:] = path


def mend(file):
    """Mend the bug; what was compiled of the file is gone, too."""
    text = file.read_text(encoding="utf-8")
    assert BUG in text
    file.write_text(text.replace(BUG, MENDED), encoding="utf-8")
    shutil.rmtree(file.parent / "__pycache__", ignore_errors=True)


def fails_and_passes(written, file, elsewhere):
    """Assert that a written file fails on the bug and passes once it is mended."""
    with pytest.raises(CheckFailed):
        run(written, elsewhere)
    mend(file)
    assert run(written, elsewhere).startswith("test_")


def is_formatted(*paths):
    """Assert that short files are as ruff would format them, if ruff is here; else that they are Python."""
    for path in paths:
        text = path.read_text(encoding="utf-8")
        compile(text, str(path), "exec")
        assert len(text.splitlines()) < 40
    ruff = shutil.which("ruff", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if ruff is not None:
        done = subprocess.run(
            [ruff, "format", "--isolated", "--diff", *paths], capture_output=True, check=False, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr


def by_hand(target, plan, settings=None, judge="resume-equivalence", sentence="Something is wrong."):
    """Return a report of one finding under any plan and settings; nothing was run."""
    side = Side(Simulator(), (), ())
    finding = Finding(judge, sentence, parse(plan), settings or Settings(), side, side)
    return Report(target, finding.settings, (finding,), Coverage())


def arguments(written, monkeypatch):
    """Return what a written test gives to `check`."""
    given = []
    monkeypatch.setattr(tasksim, "check", lambda *args, **options: given.append((args, options)))
    run(written, Path.cwd())
    (((target,), options),) = given
    return target, options


# --- the whole file


def test_written_test_fails_on_the_bug_and_passes_on_the_fix(project):
    """The file reads well, needs no seed, fails as long as the bug is there, and passes from then on."""
    file = project / "shop" / "publish.py"
    report = explore(load(file).publishing)
    written = report.write_test(project / "tests" / "test_regression.py")
    assert written == project / "tests" / "test_regression.py"
    is_formatted(written)
    text = written.read_text(encoding="utf-8")
    if os.environ.get("TASKSIM_UPDATE_GOLDEN") == "1":
        (GOLDEN / "written_test.txt").write_bytes(text.encode())
    assert text == (GOLDEN / "written_test.txt").read_bytes().decode()
    assert "seed" not in text
    fails_and_passes(written, file, project.parent)


@pytest.mark.parametrize(
    ("file", "test", "line"),
    [
        ("publish.py", "test_regression.py", "import publish"),
        ("publish.py", "tests/deep/er/test_regression.py", "import publish"),
        ("a/b/publish.py", "tests/test_regression.py", "import publish"),
        ("shop/tasks/publish.py", "tests/test_regression.py", "from shop.tasks import publish"),
        ("shop/tasks/__init__.py", "tests/test_regression.py", "from shop import tasks"),
        ("shop/__init__.py", "shop/test_regression.py", "import shop"),
        ("my-tasks.py", "tests/test_regression.py", "spec.loader.exec_module(module)"),
        ("queue.py", "tests/test_regression.py", "spec.loader.exec_module(module)"),
        ("class.py", "tests/test_regression.py", "spec.loader.exec_module(module)"),
        ("check.py", "tests/test_regression.py", "spec.loader.exec_module(module)"),
        ("tasksim.py", "tests/test_regression.py", "spec.loader.exec_module(module)"),
        ("pytest.py", "tests/test_regression.py", "spec.loader.exec_module(module)"),
        ("freezegun.py", "tests/test_regression.py", "spec.loader.exec_module(module)"),
        ("a/test_regression.py", "b/test_regression.py", "spec.loader.exec_module(module)"),
        (f"{'long-' * 20}name.py", "tests/test_regression.py", "spec.loader.exec_module(module)"),
        ("shop/check.py", "test_regression.py", "spec.loader.exec_module(module)"),
        (f"{'deep/' * 9}publish.py", "tests/test_regression.py", "import publish"),
        (f"{'deep_and_deeper/' * 6}publish.py", "tests/test_regression.py", "import publish"),
        ("caf\u00e9's/publish.py", "tests/test_regression.py", "import publish"),
    ],
)
def test_target_is_imported_from_wherever_it_is(project, file, test, line):
    """The file is found from the test's own place: by its name, in its package, or by its path."""
    path = project / file
    for folder in (project / "shop", project / "shop" / "tasks"):
        if path.is_relative_to(folder):
            folder.mkdir(exist_ok=True)
            (folder / "__init__.py").touch()
    written = write_test(by_hand(as_target(load(path).publishing), PLAN), project / test)
    is_formatted(written)
    assert line in written.read_text(encoding="utf-8").splitlines()
    fails_and_passes(written, path, project.parent)


def test_siblings_of_the_target_are_found(project):
    """What the target's file imports from its folder is there, however the file itself is imported."""
    for name in ("publish.py", "my-publish.py"):
        (project / "shop").mkdir(exist_ok=True)
        (project / "shop" / "cursors.py").write_text("FIRST = 0\n", encoding="utf-8")
        sys.path.insert(0, str(project / "shop"))
        module = load(project / "shop" / name, f"import cursors\n{PUBLISH}")
        sys.path.remove(str(project / "shop"))
        report = by_hand(as_target(module.publishing), PLAN)
        written = write_test(report, project / f"test_{name.replace('-', '_')}")
        fails_and_passes(written, project / "shop" / name, project.parent)


@pytest.mark.parametrize("ids", [["a", "b"], [f"entry-{number}" for number in range(40)]])
def test_definition_has_its_input(project, ids, monkeypatch):
    """The test of a definition gives it the input: as Python if that is short, else as JSON."""
    file = project / "publish.py"
    module = load(file)
    report = explore(module.count_entries, input={"ids": ids}, kinds=["close_to_timeout"])
    finding = replace(report.findings[0], settings=replace(report.settings, input={"ids": ids}))
    written = write_test(replace(report, findings=(finding,)), project / "test_count.py")
    is_formatted(written)
    _, options = arguments(written, monkeypatch)
    assert options["input"] == {"ids": ids}
    (first,) = options["first"]
    assert parse_token_or_plan(first).plan == finding.plan
    monkeypatch.setattr(tasksim, "check", check)
    fails_and_passes(written, file, project.parent)


# --- what it gives to check


def test_settings_are_those_that_differ(project, monkeypatch):
    """Every setting that is not the default stands in the call, the seed too, and the token agrees."""
    value = {"a": [True, None, 1.5, -3, "it's", 'say "no"'], "b": {}}
    settings = Settings(
        profile="webiny-5",
        seed=7,
        start_ms=0,
        budget_ms=300_000,
        close_limit_ms=30_000,
        tick_ms=1_000,
        on_crash="retry(2)",
        input=value,
    )
    target = as_target(load(project / "publish.py").count_entries, value)
    report = by_hand(target, 'crash@effect.publish["a"]#1+ fail@write#2..', settings)
    written = write_test(report, "test_settings.py")
    is_formatted(written)
    made_of, options = arguments(written, monkeypatch)
    assert made_of.id == "countEntries"
    (token,) = options.pop("first")
    assert parse_token(token) == Token(settings, report.findings[0].plan)
    assert options == {
        "kinds": ["crash+", "fail.."],
        "max_faults": 2,
        "profile": "webiny-5",
        "start": "1970-01-01T00:00:00Z",
        "seed": 7,
        "budget": "5m",
        "close_limit": "30s",
        "tick": "1s",
        "on_crash": "retry(2)",
        "input": value,
    }


@pytest.mark.parametrize(
    ("plan", "judge", "options"),
    [
        ("", "liveness", {"max_faults": 1}),
        ("delay@event#1=90s", "liveness", {"kinds": ["delay=90s"], "max_faults": 1}),
        ("abort@event#1 abort@event#2 abort@event#3", "hooks", {"kinds": ["abort"], "max_faults": 2}),
        (
            "close_to_timeout@runtime.is_close_to_timeout#1 close_to_timeout@runtime.is_close_to_timeout#2",
            "progress",
            {"kinds": ["close_to_timeout"], "max_faults": 1},
        ),
        (
            "crash@event#1 crash@event#2+ timeout@event#3 redeliver@4 abort@event#5",
            "resume-equivalence",
            {"max_faults": 2},
        ),
        (
            "clock@runtime.is_aborted#1=-36000001ms delay@event#2=36000001ms cold@3 fail@write#1..",
            "resume-equivalence",
            {
                "kinds": ["clock=-36000001ms", "delay=36000001ms", "cold", "fail.."],
                "max_faults": 2,
            },
        ),
    ],
)
def test_search_is_as_small_as_the_plan(project, monkeypatch, plan, judge, options):
    """The kinds are those of the plan, the faults at most two; the progress run needs but one."""
    target = as_target(load(project / "publish.py").publishing)
    report = by_hand(target, plan, judge=judge)
    written = write_test(report, "test_search.py")
    is_formatted(written)
    _, given = arguments(written, monkeypatch)
    first = given.pop("first", [])
    assert [parse_token(token).plan for token in first] == ([parse(plan)] if plan else [])
    assert given == options


JUDGED = """

def no_output(value):
    return None if isinstance(value, dict) else value


def all_published(sim):
    assert len(sim.effects) == 2


def one_task(sim):
    assert len(sim.tasks.list_tasks().items) == 1


def was_cut(sim):
    return len(sim.trace) > 20
"""


def test_judging_is_as_it_was(project, monkeypatch):
    """What the check was told of judging stands in the call, and the functions are the same ones."""
    file = project / "publish.py"
    module = load(file, PUBLISH + JUDGED)
    judging = {
        "without": ["resume-equivalence", "liveness"],
        "ignore": ["output.at", "effects.publish.when"],
        "normalise": module.no_output,
        "abort_within": 3,
        "expect": "success",
        "progress": questions(2),
        "invariants": [always(module.one_task), sometimes(module.was_cut), module.all_published],
    }
    report = explore(module.publishing, kinds=["close_to_timeout"], **judging)
    assert [finding.judge for finding in report.findings] == ["invariants"]
    written = report.write_test(project / "test_judged.py")
    is_formatted(written)
    made_of, given = arguments(written, monkeypatch)
    again = explore(made_of, **given)
    assert {**again.judging, "normalise": 0, "invariants": 0} == {
        **report.judging,
        "normalise": 0,
        "invariants": 0,
    }
    names = [each.name for each in report.judging["invariants"]]
    assert (
        names
        == [each.name for each in again.judging["invariants"]]
        == ["all_published", "one_task", "was_cut"]
    )
    assert given["normalise"].__name__ == "no_output"
    assert "expect" not in given
    monkeypatch.setattr(tasksim, "check", check)
    fails_and_passes(written, file, project.parent)


def test_judging_of_a_failure_that_is_expected(project):
    """A status that is not success is expected by the test, too, and what is plain stands as it is."""
    module = load(project / "publish.py", PUBLISH + JUDGED)
    report = by_hand(as_target(module.publishing), "abort@event#1")
    judging = {"expect": "failed", "abort_within": 0, "invariants": [module.all_published]}
    text = write_test(replace(report, judging=judging), "test_judged.py").read_text(encoding="utf-8")
    assert '        expect="failed",\n' in text
    assert "        abort_within=0,\n" in text
    assert "invariants" not in text, "the finding is another judge's"
    assert "from tasksim import check\n" in text


def test_docstring_says_what_is_wrong(project):
    """Sentence and plan stand in the docstring, whatever they hold; of long ones the beginning."""
    target = as_target(load(project / "publish.py").publishing)
    sentences = [
        'ends with a "quote"',
        'has """three""" \\n',
        "back\\slash\\",
        "caf\u00e9\u2028 \x1b[0m",
        "long " * 200,
    ]
    plans = ['crash@effect.publish["\\\\ \\" a"]#1', " ".join(f"crash@event#{n}" for n in range(1, 99))]
    paths = []
    for number, sentence in enumerate(sentences):
        for plan in plans:
            written = write_test(by_hand(target, plan, sentence=sentence), f"test_{number}_{len(plan)}.py")
            paths.append(written)
            ran = runpy.run_path(str(written))
            doc = ran["test_publishing_resume_equivalence"].__doc__
            assert doc.startswith(f"resume-equivalence: {sentence[:4]}")
            assert f"Plan: {plan[:20]}" in doc
    is_formatted(*paths)
    (said,) = {line.strip() for line in doc.splitlines() if line.endswith("...") and "long" in line}
    assert said.startswith("long long")


# --- what is refused


def test_there_must_be_a_finding(project):
    """Where nothing was found there is nothing to write."""
    target = as_target(load(project / "publish.py").publishing)
    report = replace(by_hand(target, "abort@event#1"), findings=())
    with pytest.raises(UsageError, match="found nothing, so there is no test to write") as caught:
        write_test(report, "test_it.py")
    assert caught.value.way_out.startswith("Check more first")
    assert not Path("test_it.py").exists()


def test_target_must_have_a_place(project):
    """What nobody can import cannot be tested by a file."""
    report = by_hand(as_target(lambda sim: None), "abort@event#1")
    with pytest.raises(UsageError, match="'scenario' has no name in any file") as caught:
        write_test(report, "test_it.py")
    assert caught.value.way_out.startswith("Define it at the top of a file")
    assert not Path("test_it.py").exists()


def test_what_judges_must_stand_beside_the_target(project):
    """A function that the file cannot call is refused by its name, and nothing is written."""
    report = explore(load(project / "publish.py").publishing, normalise=lambda value: value)
    other = load(project / "other.py", JUDGED)
    for function, said in [
        (lambda value: value, "'<lambda>', which has no name in any file"),
        (other.no_output, "'no_output', which stands in another file"),
    ]:
        with pytest.raises(UsageError, match=said) as caught:
            replace(report, judging={"normalise": function}).write_test("test_it.py")
        assert caught.value.way_out == "Define it at the top of publish.py, beside the target."
        assert not Path("test_it.py").exists()


def test_nothing_is_overwritten(project):
    """A file that is there, or a folder, stays as it is."""
    report = by_hand(as_target(load(project / "publish.py").publishing), "abort@event#1")
    Path("test_it.py").write_text("mine", encoding="utf-8")
    Path("folder.py").mkdir()
    for name in ("test_it.py", "folder.py"):
        with pytest.raises(UsageError, match=f"'{name}' is there already") as caught:
            write_test(report, name)
        assert caught.value.way_out.startswith("Choose another path")
    assert Path("test_it.py").read_text(encoding="utf-8") == "mine"


def test_path_must_be_that_of_a_python_file(project):
    """A name that pytest would never collect is refused."""
    report = by_hand(as_target(load(project / "publish.py").publishing), "abort@event#1")
    with pytest.raises(UsageError, match=r"'test_it\.txt' is no name of a Python file"):
        write_test(report, "test_it.txt")


@pytest.mark.slow
def test_written_test_runs_under_pytest(project):
    """As a process of its own, started elsewhere, pytest collects one test that fails, and later passes."""
    file = project / "shop" / "publish.py"
    written = explore(load(file).publishing).write_test(project / "tests" / "test_regression.py")
    command = [sys.executable, "-m", "pytest", "-q", "-pno:cacheprovider", str(written)]
    for code, summary in ((1, "1 failed"), (0, "1 passed")):
        done = subprocess.run(command, cwd=project.parent, capture_output=True, check=False, text=True)
        assert (done.returncode, summary in done.stdout) == (code, True), done.stdout + done.stderr
        if code:
            assert "resume-equivalence: " in done.stdout
            mend(file)
