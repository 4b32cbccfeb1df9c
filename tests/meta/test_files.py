"""The files of the project: what none of them may hold."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# With brackets, so that this file does not hold them itself.
FORBIDDEN = {
    "a path of somebody's machine": re.compile(r"(?<![\w.])/(?:home|Users|root|work)/[\w]"),
    "work left undone": re.compile(r"\b(?:TOD[O]|FIXM[E]|XX[X])\b"),
}


def files():
    """Return the files of the project: git's if this is a clone, else all that are not hidden."""
    if (ROOT / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - any git
            cwd=ROOT,
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
        paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:
        paths = list(ROOT.rglob("*"))
    skipped = {".git", ".hypothesis", ".venv", "__pycache__", ".pytest_cache"}
    return sorted(
        path for path in paths if path.is_file() and skipped.isdisjoint(path.relative_to(ROOT).parts)
    )


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what):
    """No file holds a path of somebody's machine, or work left undone."""
    found = []
    for path in files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # compressed rows
        lines = enumerate(text.splitlines(), 1)
        found += [f"{path.relative_to(ROOT)}:{at}" for at, line in lines if FORBIDDEN[what].search(line)]
    assert found == []


def test_fixtures_hold_data_only():
    """`fixtures/` holds no code."""
    assert [path for path in files() if "fixtures" in path.parts and path.suffix in {".py", ".sh"}] == []


def test_text_ends_with_a_newline():
    """Each Python and TOML file ends with one newline."""
    wrong = []
    for path in files():
        if path.suffix in {".py", ".toml"}:
            text = path.read_text(encoding="utf-8")
            if text and (not text.endswith("\n") or text.endswith("\n\n")):
                wrong.append(str(path.relative_to(ROOT)))
    assert wrong == []
