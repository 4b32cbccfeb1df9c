"""From `publish.py:PublishEntries` to the definitions it means.

This module promises that the first definition it returns is the one to run, that a module has the same name
in every process, and one clear error for whatever does not load. It must not know what is done with them.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasksim._model.definitions import FunctionDefinition, Implementation
from tasksim.cli.printing import user_lines
from tasksim.errors import UsageError, nearest_phrase

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

__all__ = ["attribute_of", "definitions_of", "load_definitions", "open_target"]

_NAME = r"[^\W\d]\w*"
_ATTRIBUTE = re.compile(rf"{_NAME}(?:\.{_NAME})*")
_MODULE = re.compile(rf"{_NAME}(?:\.{_NAME})*")
_PARTS = ("id", "title", "run")


def load_definitions(target: str) -> list[object]:
    """Return the definitions that a target names, the one to run first.

    Args:
        target: `MODULE:DEFINITION` or `FILE:DEFINITION`; without `:DEFINITION` the only one there.

    Raises:
        UsageError: There is no such module or definition, it does not import, or the choice is open.
    """
    module, place, attribute = open_target(target)
    if attribute is None:
        return _listed(_only_definition(module, place), f"{place} holds")
    return _listed(attribute_of(module, place, attribute), f"{target} is")


def open_target(target: str) -> tuple[ModuleType, str, str | None]:
    """Return the module that a target names, what it was called, and the name in it if there is one.

    Raises:
        UsageError: There is no such module, or it does not import.
    """
    place, attribute = _split(target)
    module = _load_file(Path(place)) if _is_file(place) else _load_module(place)
    return module, place, attribute


def _split(target: str) -> tuple[str, str | None]:
    """Return the module or file, and the definition if one is named; `C:` alone is a drive."""
    place, colon, attribute = target.rpartition(":")
    if not colon or "/" in attribute or "\\" in attribute:
        return target, None
    if not place or not _ATTRIBUTE.fullmatch(attribute):
        raise UsageError(
            f"{target!r} names no definition.",
            way_out="Write FILE:DEFINITION or MODULE:DEFINITION, as in publish.py:PublishEntries.",
        )
    return place, attribute


def _is_file(place: str) -> bool:
    """Whether a place is meant as a file, not as a module."""
    return place.endswith(".py") or "/" in place or "\\" in place or Path(place).is_file()


# --- modules


def _load_file(path: Path) -> ModuleType:
    """Import a file by its path: under its own name, or its package's and its own if it is in one."""
    if not path.is_file():
        near = sorted(other.name for other in path.parent.glob("*.py")) if path.parent.is_dir() else []
        what = "is a folder, not a file" if path.is_dir() else "is not there"
        meant = nearest_phrase(path.name, near)
        raise UsageError(
            f"The file {str(path)!r} {what}.{meant}",
            facts=(f"in {path.parent}: {', '.join(near)}",) if near else (),
            way_out="Name a Python file, or a module that can be imported from here.",
        )
    if path.suffix != ".py":
        raise UsageError(f"{str(path)!r} is no Python file.", way_out="Name a file that ends in .py.")
    path = path.resolve()
    root, names = path.parent, [path.stem]
    while (root / "__init__.py").is_file() and root.name.isidentifier():
        names.insert(0, root.name)
        root = root.parent
    _put_first(root)
    name = _module_name(names, path)
    try:
        if len(names) > 1:
            importlib.import_module(name.rpartition(".")[0])
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None and spec.loader is not None  # noqa: S101, PT018 - it ends in .py
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    except BaseException as error:
        sys.modules.pop(name, None)
        if isinstance(error, KeyboardInterrupt):
            raise
        raise _does_not_import(path.name, error) from error
    return module


def _module_name(names: list[str], path: Path) -> str:
    """Return the name of a file's module, changed where another has it or it is no name."""
    name = ".".join(names)
    other = sys.modules.get(name)
    is_taken = name in sys.stdlib_module_names or (
        other is not None and getattr(other, "__file__", None) != str(path)
    )
    if is_taken or not path.stem.isidentifier():
        return f"tasksim_file_{re.sub(r'[^a-zA-Z0-9_]', '_', path.stem)}"
    return name


def _load_module(name: str) -> ModuleType:
    """Import a module by its dotted name, the current folder first."""
    if not _MODULE.fullmatch(name):
        raise UsageError(
            f"{name!r} is neither a module nor a file.",
            way_out="Write FILE:DEFINITION or MODULE:DEFINITION, as in publish.py:PublishEntries.",
        )
    _put_first(Path.cwd())
    try:
        return importlib.import_module(name)
    except KeyboardInterrupt:
        raise
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            raise _no_module(name, error.name) from error
        raise _does_not_import(name, error) from error
    except BaseException as error:
        raise _does_not_import(name, error) from error


def _put_first(folder: Path) -> None:
    """Let modules of a folder be imported."""
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def _no_module(name: str, missing: str) -> UsageError:
    """Return the error of a module that is not there."""
    parent = missing.rpartition(".")[0]
    folder = Path.cwd().joinpath(*parent.split(".")) if parent else Path.cwd()
    names: list[str] = []
    if folder.is_dir():
        names = [path.stem for path in folder.glob("*.py")]
        names += [path.name for path in folder.iterdir() if path.is_dir() and any(path.glob("*.py"))]
    near = sorted(f"{parent}.{found}" if parent else found for found in names if not found.startswith("_"))
    return UsageError(
        f"There is no module {missing!r}.{nearest_phrase(missing, near)}"
        if near or name == missing
        else f"There is no module {missing!r}, so {name!r} cannot be imported.",
        facts=(f"found here: {', '.join(near)}",) if near else (),
        way_out="Name a module that can be imported from here, or a file: publish.py:PublishEntries.",
    )


def _does_not_import(place: str, error: BaseException) -> UsageError:
    """Return the error of a module whose code raises; it shows the user's lines."""
    if isinstance(error, SyntaxError) and error.lineno is not None:
        line = (error.text or "").rstrip("\n")
        indent = len(line) - len(line.lstrip())
        column = max((error.offset or 1) - 1 - indent, 0)
        facts = [
            f"{Path(error.filename or place).name}:{error.lineno}",
            f"  {line.strip()}",
            f"  {'':{column}}^",
        ]
        return UsageError(f"{place} is not Python: {error.msg}.", facts=facts, way_out="Correct the line.")
    text = f"{type(error).__name__}: {error}".removesuffix(": ").removesuffix(".")
    way_out = "Correct it; --traceback shows every frame."
    if isinstance(error, ModuleNotFoundError):
        way_out = f"Install it into the Python that runs this: {sys.executable} -m pip install ..."
    elif isinstance(error, SystemExit):
        way_out = "Put what runs the program under `if __name__ == '__main__':`."
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_frame.f_code.co_filename in {__file__, importlib.__file__}:
        traceback = traceback.tb_next
    return UsageError(f"{place} does not import: {text}.", facts=user_lines(traceback), way_out=way_out)


# --- definitions


def attribute_of(module: ModuleType, place: str, attribute: str, *, scenarios: Sequence[str] = ()) -> object:
    """Return what a module's attribute is; dots go into classes.

    Raises:
        UsageError: There is none; the message lists the definitions, and scenarios where these are wanted.
    """
    found: object = module
    for name in attribute.split("."):
        if not hasattr(found, name):
            known = (
                [other for other in vars(found) if not other.startswith("_")]
                if hasattr(found, "__dict__")
                else []
            )
            listed = (("scenarios", scenarios), ("definitions", definitions_of(module)))
            raise UsageError(
                f"{place} has no {attribute!r}.{nearest_phrase(name, known)}",
                facts=[f"{what}: {', '.join(names)}" for what, names in listed if names],
                way_out="Name one of its scenarios or definitions."
                if scenarios
                else "Name one of its definitions, or a list of them.",
            )
        found = getattr(found, name)
    return found


def _only_definition(module: ModuleType, place: str) -> object:
    """Return the only definition of a module; a list that holds all the others counts as one."""
    found = definitions_of(module)
    lists = [value for value in found.values() if isinstance(value, list | tuple)]
    if len(found) > 1 and len(lists) == 1:
        inside = {id(item) for item in lists[0]}
        if all(value is lists[0] or id(value) in inside for value in found.values()):
            return lists[0]
    if len(found) == 1:
        return next(iter(found.values()))
    if not found:
        raise UsageError(
            f"{place} holds no definition.",
            way_out="Name what makes one, as in publish.py:create_definition, "
            "or give it an object with id, title and run.",
        )
    raise UsageError(
        f"{place} holds {len(found)} definitions.",
        facts=[f"{place}:{name}" for name in found],
        way_out="Choose one of them.",
    )


def definitions_of(module: ModuleType) -> dict[str, object]:
    """Return the public definitions of a module by name, each once.

    Imported classes count only where there is nothing else.
    """
    found: dict[str, object] = {}
    for name, value in vars(module).items():
        is_new = not any(value is other for other in found.values())
        if is_new and not name.startswith("_") and _is_definition(value):
            found[name] = value
    own = {
        name: value
        for name, value in found.items()
        if not isinstance(value, type) or value.__module__ == module.__name__
    }
    return own or found


def _is_definition(value: Any) -> bool:
    """Whether a value is plainly a definition, or a list of such; a factory cannot be told by its looks."""
    if isinstance(value, list | tuple):
        return bool(value) and all(_is_definition(item) for item in value)
    if isinstance(value, FunctionDefinition | Implementation):
        return True
    try:
        return not getattr(value, "_is_protocol", False) and all(hasattr(value, part) for part in _PARTS)
    except Exception:  # noqa: BLE001 - an object whose attributes raise is none of ours
        return False


def _listed(found: object, subject: str) -> list[object]:
    """Return definitions as a list; an empty one is refused."""
    if not isinstance(found, list | tuple):
        return [found]
    if not found:
        raise UsageError(f"{subject} an empty list.", way_out="Put the definition to run in it, first.")
    return list(found)
