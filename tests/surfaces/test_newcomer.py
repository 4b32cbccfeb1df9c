"""A suite written from the README and the how-to pages alone, and what its author reads when it is broken.

`newcomer/suite` is a small project of its own. TASKSIM_UPDATE_GOLDEN=1 writes the golden texts anew instead
of comparing: read the difference.
"""

import io
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import hypothesis  # noqa: F401 - kept loaded, or each inner run of pytest loads it anew
import pytest

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.slow

SUITE = Path(__file__).parent / "newcomer" / "suite"
GOLDEN = Path(__file__).parent / "golden" / "newcomer"

# They print lines of their own, or reorder the tests.
QUIET = ("-pno:cacheprovider", "-pno:freezer", "-pno:randomly", "-pno:xdist")


class Variant(NamedTuple):
    """The suite with one mistake in one file."""

    name: str
    file: str
    right: str
    wrong: str
    says: str  # what the documentation promises in this case
    tests: str = "test_newsletter.py"  # those of the suite that are run
    arguments: tuple[str, ...] = ("--tasksim-profile=documented",)  # of the suite's two profiles
    plugins: tuple[str, ...] = ()  # without which these tests cannot run


VARIANTS = [
    Variant(
        "cursor_off_by_one",
        "newsletter.py",
        'continue_({"sent": sent})',
        'continue_({"sent": sent + 1})',
        says="fault close_to_timeout@",
    ),
    Variant(
        "abort_not_looked_for",
        "newsletter.py",
        "if controller.runtime.is_aborted():",
        "if False:",
        says="fault abort@",
    ),
    Variant(
        "no_return",
        "newsletter.py",
        'return controller.response.done("Sent."',
        'controller.response.done("Sent."',
        says="Did the function end without a return?",
    ),
    Variant(
        "run_raises",
        "newsletter.py",
        "self.mailer.send(recipients",
        "self.mailer.post(recipients",
        says="tasksim exception in run of sendNewsletter-0001",
    ),
    Variant(
        "hook_misspelt",
        "newsletter.py",
        "def on_abort(",
        "def on_aborted(",
        says="Did you mean 'on_abort'?",
    ),
    Variant(
        "status_misspelt",
        "test_newsletter.py",
        'execution.status == "success"',
        'execution.status == "sucess"',
        says="'sucess' is no status; did you mean 'success'?",
    ),
    Variant(
        "checkpoint_misspelt",
        "test_newsletter.py",
        'abort_at("state.update_input#1")',
        'abort_at("state.update_inputs#1")',
        says="Did you mean 'state.update_input'?",
    ),
    Variant(
        "fault_that_never_fires",
        "test_newsletter.py",
        'plan="redeliver@1"',
        'plan="redeliver@2"',
        says="never fired",
    ),
    Variant(
        "nothing_is_cut",
        "test_newsletter.py",
        "world.iterate_once()",
        "world.interrupt_every(9)",
        says="interrupt_every(9) interrupted nothing",
    ),
    Variant(
        "fixture_of_the_session",
        "test_newsletter.py",
        "@pytest.fixture\ndef world(simulator, mailer)",
        '@pytest.fixture(scope="session")\ndef world(simulator)',
        says="Leave out the scope of your fixture",
    ),
    Variant(
        "profile_unknown",
        "pytest.ini",
        "documented webiny-6",
        "documented webiny6",
        says="tasksim_profile: there is no profile 'webiny6'. Did you mean 'webiny-6'?",
        arguments=(),
    ),
    Variant(
        "marker_misspelt",
        "test_import.py",
        'start="2030',
        'strat="2030',
        says="The marker tasksim has no argument 'strat'. Did you mean 'start'?",
        tests="test_import.py",
        plugins=("asyncio",),
    ),
    Variant(
        "marker_and_factory",
        "test_import.py",
        "def test_parent_looks_again(sim)",
        "def test_parent_looks_again(simulator)",
        says="Use sim alone, or drop the marker",
        tests="test_import.py",
        plugins=("asyncio",),
    ),
    Variant(
        "child_not_registered",
        "test_import.py",
        "simulator([import_shop, ImportPage(shop)])",
        "simulator([import_shop])",
        says="Task definition was not found!",
        tests="test_import.py",
        plugins=("asyncio",),
    ),
    Variant(
        "await_of_the_controller",
        "shop_import.py",
        "controller.logger.info(",
        "await controller.logger.info(",
        says="await",
        tests="test_import.py",
        plugins=("asyncio",),
    ),
    Variant(
        "fixture_under_given",
        "test_cleanup.py",
        "it_is_cut(ages, n)",
        "it_is_cut(sim, ages, n)",
        says="Make a world in the test instead, for each example its own:",
        tests="test_cleanup.py",
        plugins=("hypothesispytest",),
    ),
]


def copy_suite(folder):
    """Copy the suite to an empty folder, without what a run left there."""
    left = shutil.ignore_patterns("__pycache__", ".*")
    shutil.copytree(SUITE, folder, ignore=left, dirs_exist_ok=True)


def normalized(lines):
    """Return printed lines without what differs between versions, machines and runs."""
    text = "\n".join(line.rstrip() for line in lines)
    text = re.sub(r"\b0x[0-9a-f]+", "0x0", text)
    text = re.sub(r"(?m)^tasksim \d\S*$", "tasksim VERSION", text)
    text = re.sub(r"\bin \d+\.\d+s\b", "in _s", text)
    text = re.sub(r"(?m)^\S*\b(pytest_plugin)\S+py:\d+:  (def \w+)\(.*$", r"\1:  \2(...)", text)
    text = re.sub(r"(?m)^\d+ (simulators were made)", r"N \1", text)  # as many as Hypothesis likes
    kept = [line for line in text.splitlines() if not re.fullmatch(r"(E\s+|\s+)[~^ ]*[~^][~^ ]*", line)]
    return "\n".join(kept).strip("\n") + "\n"


def compare(name, text):
    """Compare with a golden text, or write it anew."""
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("TASKSIM_UPDATE_GOLDEN") == "1":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    assert path.exists(), "write it with TASKSIM_UPDATE_GOLDEN=1"
    assert text == path.read_bytes().decode()


def story_of(result):
    """Return what was printed of the first failed test, below the names of all; or the usage error."""
    lines = result.outlines
    failed = [line.partition(" - ")[0] for line in lines if re.match(r"(FAILED|ERROR) \S+::", line)]
    starts = [at for at, line in enumerate(lines) if re.fullmatch(r"_{3,} .* _{3,}", line)]
    if not starts:
        return normalized(result.errlines or lines)
    ends = [at for at in range(starts[0] + 1, len(lines)) if re.match(r"_{3,} .* _{3,}$|={3,} ", lines[at])]
    return normalized([*failed, "", *lines[starts[0] : ends[0]]])


@pytest.fixture
def broken(pytester, monkeypatch):
    """Run the suite with one mistake in this process, on a terminal of ASCII; return what pytest said."""
    monkeypatch.setattr(sys, "__stdout__", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("CI", "BUILD_NUMBER", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)

    def run(variant):
        copy_suite(pytester.path)
        file = pytester.path / variant.file
        text = file.read_text(encoding="utf-8")
        assert variant.right in text, "the mistake has no place in this file"
        file.write_text(text.replace(variant.right, variant.wrong), encoding="utf-8")
        few = [
            f"-pno:{name}" for name in ("asyncio", "anyio", "hypothesispytest") if name not in variant.plugins
        ]
        return pytester.runpytest_inprocess("-q", *QUIET, *few, *variant.arguments, variant.tests)

    return run


def test_suite_passes(tmp_path):
    """Written only from the documentation, it passes as a process of its own."""
    copy_suite(tmp_path)
    dropped = {"CI", "BUILD_NUMBER", "PYTEST_ADDOPTS"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *QUIET],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if name not in dropped} | {"COLUMNS": "80"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    compare("passes", normalized(done.stdout.splitlines()))


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_mistake_is_told(broken, variant):
    """A mistake fails the suite with the message that the documentation promises, and reads well."""
    result = broken(variant)
    assert result.ret in {pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.USAGE_ERROR}
    text = story_of(result)
    assert variant.says in text
    compare(variant.name, text)


def test_golden_texts_are_all_compared():
    """No golden text is left over from a mistake that is gone."""
    assert {path.stem for path in GOLDEN.iterdir()} == {"passes", *(variant.name for variant in VARIANTS)}
