"""A finding as a test: a pytest file that fails as long as the finding is there, and holds from then on.

This module promises a file that stands alone and runs from any folder, as `ruff format` would write it, and
that no file is overwritten. It must not know how anything was found.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tasksim._explore.places import Place, package_of, place_of
from tasksim._explore.story_commands import differing_settings, literal
from tasksim._explore.story_words import cut_lines, is_of_long_run, kinds_of
from tasksim._explore.written_judging import judging_arguments, judging_imports
from tasksim._faults.plan import render
from tasksim._faults.token import UNSET
from tasksim._model.camel_case import snake_case
from tasksim._trace.cells import clean, wrapped
from tasksim.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

    from tasksim._explore.findings import Finding, Report

__all__ = ["write_test"]

_WIDTH = 88  # ruff's, where a project says nothing else
_DOCSTRING = _WIDTH - len('    """')
_MOST_SENTENCE, _MOST_PLAN = 4, 3
_MOST_FAULTS = 2
_MOST_KINDS = 4
_ARGUMENT = " " * 8
_TAKEN = ("always", "check", "importlib", "json", "pytest", "questions", "sometimes", "sys", "tasksim")
"""Names that mean something else in the file, or should."""


class _Module(NamedTuple):
    """How the target's module is imported.

    Attributes:
        root: The folder from which.
        name: Its dotted name there; empty if it has none, or another module has it.
    """

    root: Path
    name: str


def write_test(report: Report, path: str | PathLike[str]) -> Path:
    """Write a pytest file that fails as long as the least finding is there; return its path.

    Folders that are missing are made.

    Raises:
        UsageError: There is no finding, the target or what judges it has no name in any file, or the path
            cannot be used.
    """
    name = report.target.name
    if not report.findings:
        raise UsageError(
            f"The check of {name!r} found nothing, so there is no test to write.",
            way_out="Check more first: max_faults=2, kinds=[...], another profile.",
        )
    place = place_of(report.target.made_of)
    if place is None:
        raise UsageError(
            f"{name!r} has no name in any file, so no test can import it.",
            way_out="Define it at the top of a file, as in: def publishing(sim): ...",
        )
    written = Path(path)
    if written.suffix != ".py":
        way_out = "Name one, as in tests/test_regression.py."
        raise UsageError(f"{str(path)!r} is no name of a Python file.", way_out=way_out)
    text = "".join(f"{line}\n" for line in _lines(report, place, written.resolve()))
    written.parent.mkdir(parents=True, exist_ok=True)
    try:
        with written.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        way_out = "Choose another path, or move what is there: nothing is overwritten."
        raise UsageError(f"{str(path)!r} is there already.", way_out=way_out) from None
    return written


# --- the file


def _lines(report: Report, place: Place, written: Path) -> Iterator[str]:
    """Iterate over the lines of the file."""
    finding = report.findings[0]
    module = _module_of(place.file, written)
    yield '"""Written by tasksim: fails as long as what it tells is there, and holds from then on."""'
    yield ""
    if not module.name:
        yield "import importlib.util"
    if _has_long_input(finding):
        yield "import json"
    names = sorted(["check", *judging_imports(finding, report)])
    yield from ("import sys", "from pathlib import Path", "", f"from tasksim import {', '.join(names)}", "")
    yield from _importing(module, place, written)
    yield from ("", "", f"def test_{_test_name(report)}():")
    yield from _docstring(finding)
    yield "    check("
    called = module.name.rpartition(".")[2] or "module"
    yield f"{_ARGUMENT}{called}.{place.name},"
    yield from _arguments(finding, report)
    for name, value in judging_arguments(finding, report, called, place.file):
        yield from [f"{_ARGUMENT}{name}={value},"] if isinstance(value, str) else _listed(name, value)
    yield "    )"


def _test_name(report: Report) -> str:
    """Return what the test is called: the target, and the judge."""
    name = f"{snake_case(report.target.name)}_{report.findings[0].judge}"
    return re.sub(r"\W+", "_", name).strip("_")


def _docstring(finding: Finding) -> Iterator[str]:
    """Iterate over the lines that say what is wrong, and under which plan."""
    sentence, plan = (
        clean(text, unicode=True).replace("\\", "\\\\").replace('"""', '\\"""')
        for text in (f"{finding.judge}: {finding.sentence}", f"Plan: {render(finding.plan) or 'no fault'}")
    )
    first, *more = cut_lines(wrapped(sentence, _DOCSTRING), _MOST_SENTENCE, _DOCSTRING)
    yield f'    """{first}'
    yield from (f"    {line}" for line in more)
    yield ""
    yield from (f"    {line}" for line in cut_lines(wrapped(plan, _DOCSTRING), _MOST_PLAN, _DOCSTRING))
    yield '    """'


# --- importing the target


def _module_of(file: Path, written: Path) -> _Module:
    """Return how a file is imported: by its name, in its package, if that name means this very file."""
    package = package_of(file)
    root, names = package
    first = names[0]
    loaded = getattr(sys.modules.get(first), "__file__", None)
    is_taken = (
        not package.can_be_said
        or not {*_TAKEN, written.stem}.isdisjoint((first, names[-1]))
        or first in sys.stdlib_module_names
        or (loaded and Path(loaded).resolve() not in (root / f"{first}.py", root / first / "__init__.py"))
    )
    return _Module(root, "" if is_taken else ".".join(names))


def _importing(module: _Module, place: Place, written: Path) -> Iterator[str]:
    """Iterate over the lines that import the target's module."""
    up, rest = next(
        (up, module.root.relative_to(above).as_posix())
        for up, above in enumerate(written.parents)
        if module.root.is_relative_to(above)
    )
    yield from _joined("FOLDER", f"Path(__file__).resolve().parents[{up}]", rest)
    yield "sys.path.insert(0, str(FOLDER))"
    package, _, name = module.name.rpartition(".")
    if name:
        yield from ("", f"from {package} import {name}" if package else f"import {name}")
        return
    yield from _joined("FILE", "FOLDER", place.file.relative_to(module.root).as_posix())
    yield 'spec = importlib.util.spec_from_file_location(f"{__name__}_target", FILE)'
    yield "module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)"
    yield "spec.loader.exec_module(module)"


def _joined(name: str, folder: str, path: str) -> Iterator[str]:
    """Iterate over the lines that give a name to a path below a folder."""
    below = "" if path == "." else f" / {literal(path)}"
    if len(f"{name} = {folder}{below}") <= _WIDTH:
        yield f"{name} = {folder}{below}"
    elif len(f"    {folder}{below}") <= _WIDTH:
        yield from (f"{name} = (", f"    {folder}{below}", ")")
    else:
        yield from (f"{name} = (", f"    {folder}", f"   {below}", ")")


# --- the arguments of check


def _arguments(finding: Finding, report: Report) -> Iterator[str]:
    """Iterate over the lines of what `check` is given: the plan first, its kinds, and the settings."""
    given = finding.settings.input
    if finding.plan:
        # A token has the input in it, too; if that is long, once is enough.
        first = render(finding.plan) if _has_long_input(finding) else finding.token
        yield from _listed("first", [literal(first)])
        kinds = kinds_of(finding.plan)
        if len(kinds) <= _MOST_KINDS:
            yield from _listed("kinds", [literal(kind) for kind in kinds])
    most = 1 if is_of_long_run(finding) else min(max(len(finding.plan), 1), _MOST_FAULTS)
    yield f"{_ARGUMENT}max_faults={most},"
    for name, text in differing_settings(finding, report).items():
        yield f"{_ARGUMENT}{name}={text if name == 'seed' else literal(text)},"
    if _has_long_input(finding):
        text = literal(json.dumps(given, separators=(",", ":")))
        yield from (f"{_ARGUMENT}input=json.loads(", f"    {_ARGUMENT}{text}", f"{_ARGUMENT}),")
    elif given is not UNSET:
        yield _input_line(given)


def _has_long_input(finding: Finding) -> bool:
    """Whether the input is given, and has no room on a line."""
    given = finding.settings.input
    return given is not UNSET and len(_input_line(given)) > _WIDTH


def _input_line(given: Any) -> str:
    """Return an input as an argument on one line."""
    return f"{_ARGUMENT}input={_python(given)},"


def _listed(name: str, items: list[str]) -> Iterator[str]:
    """Iterate over the lines of an argument that is a list."""
    line = f"{_ARGUMENT}{name}=[{', '.join(items)}],"
    if len(line) <= _WIDTH:
        yield line
    else:
        yield from (f"{_ARGUMENT}{name}=[", *(f"    {_ARGUMENT}{item}," for item in items), f"{_ARGUMENT}],")


def _python(value: Any) -> str:
    """Return JSON as Python writes it."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{literal(key)}: {_python(item)}' for key, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_python, value))}]"
    return literal(value) if isinstance(value, str) else repr(value)
