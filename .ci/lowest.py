"""Print each dependency at its lowest allowed version, as constraints for pip.

    python .ci/lowest.py > constraints.txt

A dependency without a lower bound is an error: an untested bound is no bound.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterator

# `dev` holds the tools of .ci/run: they are not ours to run at their lowest.
TOOLS = "dev"


def lowest(pyproject: Path) -> Iterator[str]:
    """Yield `name==version` for each direct dependency."""
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *(text for name in extras if name != TOOLS for text in extras[name])]
    for requirement in map(Requirement, sorted(set(wanted))):
        if requirement.name == project["name"]:
            continue
        bounds = [part.version for part in requirement.specifier if part.operator == ">="]
        if len(bounds) != 1:
            sys.exit(f"{requirement} has no single lower bound. Write it as 'name>=version'.")
        yield f"{requirement.name}=={bounds[0]}"


if __name__ == "__main__":
    print("\n".join(lowest(Path(__file__).parent.parent / "pyproject.toml")))
