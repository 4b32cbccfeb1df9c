"""Where a thing stands - a target, what judges it: the file and the name by which others can import it.

This module promises that whoever imports that name from that file gets the very thing that was used. It
must not know what is done with the name.
"""

from __future__ import annotations

import keyword
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import ModuleType

__all__ = ["Package", "Place", "package_of", "place_of", "places_of"]

_MADE_FROM = ("function", "run", "implementation")
"""Attributes of what was made from a function or class, in whose module it probably stands."""


class Place(NamedTuple):
    """Where a thing stands.

    Attributes:
        file: Its file, absolute.
        name: Its name there, in which dots lead into classes.
    """

    file: Path
    name: str

    def shown(self) -> str:
        """Return `FILE:NAME`, the file relative to the working directory if it is below."""
        here = Path.cwd().resolve()
        file = self.file.relative_to(here) if self.file.is_relative_to(here) else self.file
        return f"{file.as_posix()}:{self.name}"


class Package(NamedTuple):
    """How a file is imported.

    Attributes:
        root: The folder from which.
        names: The parts of its dotted name there.
    """

    root: Path
    names: tuple[str, ...]

    @property
    def can_be_said(self) -> bool:
        """Whether an `import` can say the name."""
        return all(name.isidentifier() and not keyword.iskeyword(name) for name in self.names)


def place_of(thing: Any) -> Place | None:
    """Return where a thing stands; None for what has no name in any file, as a lambda."""
    return next(places_of(thing), None)


def places_of(thing: Any, nearby: Iterable[str] = ()) -> Iterator[Place]:
    """Iterate over the places where a thing stands, its own module first.

    Args:
        thing: A function or class, or what was made from one.
        nearby: Names of modules to look into besides.
    """
    for module in _modules(thing, nearby):
        file = Path(getattr(module, "__file__", None) or "")
        name = _name_in(module, thing)
        if name is not None and file.suffix == ".py" and file.is_file():
            yield Place(file.resolve(), name)


def package_of(file: Path) -> Package:
    """Return how a file is imported: from the folder above its outermost package."""
    root, names = file.parent, [file.stem]
    while (root / "__init__.py").is_file():
        names.insert(0, root.name)
        root = root.parent
    if names[-1] == "__init__":
        names.pop()
    return Package(root, tuple(names))


def _modules(thing: Any, nearby: Iterable[str]) -> Iterator[ModuleType]:
    """Iterate over the modules in which a thing may stand."""
    owners = (thing, *(getattr(thing, name, None) for name in _MADE_FROM))
    for name in dict.fromkeys((*(_text(owner, "__module__") for owner in owners), *nearby)):
        module = sys.modules.get(name)
        if module is not None:
            yield module


def _name_in(module: ModuleType, thing: Any) -> str | None:
    """Return the name that means a thing in a module: its own, or any."""
    own = _text(thing, "__qualname__")
    found: Any = module
    for part in own.split("."):
        found = getattr(found, part, None)
    if found is thing:
        return own
    return next((name for name, value in vars(module).items() if value is thing), None)


def _text(thing: Any, attribute: str) -> str:
    """Return an attribute; empty if a thing has none, or answers with something else."""
    value = getattr(thing, attribute, None)
    return value if isinstance(value, str) else ""
