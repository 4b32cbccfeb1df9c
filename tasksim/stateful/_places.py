"""How a program names what it is given: by an import, where it has a name in a file.

This module promises that whoever runs the imports from the folder in which the program was printed gets the
very thing. It must not know what it is for.
"""

from __future__ import annotations

import keyword
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import ModuleType

__all__ = ["Imports"]

_MADE_FROM = ("implementation", "function", "run")
"""Attributes of what was made from a function or class, in whose module it probably stands."""


class _Place(NamedTuple):
    """A name in a module, and the folder from which the module is imported; empty if it is installed."""

    folder: str
    module: str
    name: str


class Imports:
    """The names that a program imports.

    Args:
        nearby: Names of modules to look into besides: where the machine was made.
    """

    def __init__(self, nearby: Sequence[str] = ()) -> None:
        """Begin without any."""
        self._nearby = nearby
        self._aliases: dict[_Place, str] = {}

    def take(self, module: str, name: str) -> None:
        """Import a name of an installed module."""
        self._aliases[_Place("", module, name)] = name

    def name(self, thing: Any) -> str | None:
        """Return the expression that means a thing, and import it; None if it has no name in any file."""
        place = self._place(thing)
        if place is None:
            return None
        first, _, rest = place.name.partition(".")
        place = place._replace(name=first)
        if place not in self._aliases:
            taken = self._aliases.values()
            alias, n = first, 2
            while alias in taken:
                alias, n = f"{first}_{n}", n + 1
            self._aliases[place] = alias
        alias = self._aliases[place]
        return f"{alias}.{rest}" if rest else alias

    def lines(self) -> Iterator[str]:
        """Iterate over the lines of the imports."""
        folders = list(dict.fromkeys(place.folder for place in self._aliases if place.folder))
        if folders:
            yield from ("import sys", "")
        installed = {place: alias for place, alias in self._aliases.items() if not place.folder}
        yield from _from_lines(installed)
        if folders:
            yield ""
            yield from (f"sys.path.insert(0, {folder!r})" for folder in reversed(folders))
            own = {place: alias for place, alias in self._aliases.items() if place.folder}
            yield from _from_lines(own)

    def _place(self, thing: Any) -> _Place | None:
        """Return where a thing stands."""
        for module in self._modules(thing):
            path = Path(getattr(module, "__file__", None) or "")
            name = _name_in(module, thing)
            if name is None or path.suffix != ".py" or not path.is_file():
                continue
            folder, dotted = _module_of(path.resolve())
            if all(part.isidentifier() and not keyword.iskeyword(part) for part in dotted.split(".")):
                return _Place(folder, dotted, name)
        return None

    def _modules(self, thing: Any) -> Iterator[ModuleType]:
        """Iterate over the modules in which a thing may stand."""
        owners = (thing, *(getattr(thing, name, None) for name in _MADE_FROM))
        names = [getattr(owner, "__module__", None) for owner in owners if owner is not None]
        for name in dict.fromkeys((*names, *self._nearby)):
            module = sys.modules.get(name) if isinstance(name, str) else None
            if module is not None:
                yield module


def _name_in(module: ModuleType, thing: Any) -> str | None:
    """Return the name that means a thing in a module: its own, or any."""
    own = "" if isinstance(thing, partial) else getattr(thing, "__qualname__", "")
    found: Any = module
    for part in own.split("."):
        found = getattr(found, part, None)
    if own and found is thing:
        return str(own)
    return next((name for name, value in vars(module).items() if value is thing), None)


def _module_of(path: Path) -> tuple[str, str]:
    """Return the folder from which a file is imported, and its dotted name there."""
    root, names = path.parent, [path.stem]
    while (root / "__init__.py").is_file():
        names.insert(0, root.name)
        root = root.parent
    if names[-1] == "__init__":
        names.pop()
    if {"site-packages", "dist-packages"} & set(root.parts) or names[0] in (
        "tasksim",
        *sys.stdlib_module_names,
    ):
        return "", ".".join(names)
    here = Path.cwd().resolve()
    return (root.relative_to(here) if root.is_relative_to(here) else root).as_posix(), ".".join(names)


def _from_lines(aliases: dict[_Place, str]) -> Iterator[str]:
    """Iterate over the lines that import names, a line for each module."""
    modules: dict[str, list[str]] = {}
    for place, alias in aliases.items():
        said = place.name if alias == place.name else f"{place.name} as {alias}"
        modules.setdefault(place.module, []).append(said)
    for module in sorted(modules):
        yield f"from {module} import {', '.join(sorted(modules[module]))}"
