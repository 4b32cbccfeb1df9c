"""How a program names what it is given: by an import, where it has a name in a file.

This module promises that whoever runs the imports from the folder in which the program was printed gets the
very thing. It must not know what it is for.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tasksim._explore.places import Package, package_of, places_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Imports"]


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
        for file, name in places_of(thing, self._nearby):
            package = package_of(file)
            if package.can_be_said:
                return _Place(*_importing(package), name)
        return None


def _importing(package: Package) -> tuple[str, str]:
    """Return the folder from which a package is imported, empty if it is installed, and its dotted name."""
    root, names = package
    dotted = ".".join(names)
    installed = {"tasksim", *sys.stdlib_module_names}
    if {"site-packages", "dist-packages"} & set(root.parts) or names[0] in installed:
        return "", dotted
    here = Path.cwd().resolve()
    return (root.relative_to(here) if root.is_relative_to(here) else root).as_posix(), dotted


def _from_lines(aliases: dict[_Place, str]) -> Iterator[str]:
    """Iterate over the lines that import names, a line for each module."""
    modules: dict[str, list[str]] = {}
    for place, alias in aliases.items():
        said = place.name if alias == place.name else f"{place.name} as {alias}"
        modules.setdefault(place.module, []).append(said)
    for module in sorted(modules):
        yield f"from {module} import {', '.join(sorted(modules[module]))}"
