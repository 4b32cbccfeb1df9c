"""Where a target, or what judges it, stands: the file and the name by which others can import it.

This module promises that whoever imports that name from that file gets the very thing that was used. It
must not know what is done with the name.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

__all__ = ["Place", "place_of"]

_MADE_FROM = ("function", "run", "implementation")
"""Attributes of what was made from a function or class, in whose module it probably stands."""


class Place(NamedTuple):
    """Where a target stands.

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


def place_of(made_of: Any) -> Place | None:
    """Return where a target, or a function, stands; None for what has no name in any file, as a lambda."""
    for module in _modules(made_of):
        file = Path(getattr(module, "__file__", None) or "")
        name = _name_in(module, made_of)
        if name is not None and file.suffix == ".py" and file.is_file():
            return Place(file.resolve(), name)
    return None


def _modules(made_of: Any) -> Iterator[ModuleType]:
    """Iterate over the modules in which something may stand."""
    for given in (made_of, *(getattr(made_of, name, None) for name in _MADE_FROM)):
        module = sys.modules.get(getattr(given, "__module__", None) or "")
        if module is not None:
            yield module


def _name_in(module: ModuleType, made_of: Any) -> str | None:
    """Return the name that means it in a module: its own, or any."""
    own = getattr(made_of, "__qualname__", "")
    found: Any = module
    for part in own.split("."):
        found = getattr(found, part, None)
    if found is made_of:
        return str(own)
    return next((name for name, value in vars(module).items() if value is made_of), None)
