"""Hold each layer's coverage above its floor.

    coverage json && python .ci/coverage_floor.py coverage.json

The floors stand in pyproject.toml under `[tool.coverage_floor]`, by module or folder of
tasksim/, in per cent of lines and branches; `otherwise` is the floor of what is not named.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PYPROJECT = Path(__file__).parent.parent / "pyproject.toml"


def layer_of(path: str) -> str:
    """Return the module or folder of tasksim/ that a measured file belongs to."""
    parts = Path(path).parts
    inside = parts[len(parts) - parts[::-1].index("tasksim") :]
    return inside[0].removesuffix(".py")


def by_layer(files: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Group the files of a coverage report by layer."""
    layers: dict[str, dict[str, Any]] = defaultdict(dict)
    for path, measured in sorted(files.items()):
        layers[layer_of(path)][path] = measured
    return layers


def percent(files: dict[str, Any]) -> float:
    """Return the covered share of lines and branches."""
    summaries = [measured["summary"] for measured in files.values()]
    total = sum(each["num_statements"] + each["num_branches"] for each in summaries)
    covered = sum(each["covered_lines"] + each["covered_branches"] for each in summaries)
    return 100.0 * covered / total if total else 100.0


def missing(files: dict[str, Any]) -> list[str]:
    """Return what is not covered, a line for each file."""
    lines = []
    for path, measured in files.items():
        places = [str(line) for line in measured["missing_lines"]]
        places += [f"{start}->{'exit' if end < 0 else end}" for start, end in measured["missing_branches"]]
        if places:
            lines.append(f"    {path}: {', '.join(places)}")
    return lines


def main(report: str) -> int:
    """Print each layer with its floor; return 1 if any is below."""
    floors = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["tool"]["coverage_floor"]
    otherwise = floors.pop("otherwise")
    layers = by_layer(json.loads(Path(report).read_text(encoding="utf-8"))["files"])
    stale = sorted(set(floors) - set(layers))
    if stale:
        print(f"[tool.coverage_floor] names what was not measured: {', '.join(stale)}.")
    below = 0
    for layer, files in layers.items():
        floor, reached = floors.get(layer, otherwise), percent(files)
        is_below = reached < floor
        below += is_below
        print(f"  {layer:<12} {reached:6.2f} %  of at least {floor} %{'   BELOW' if is_below else ''}")
        if is_below:
            print("\n".join(missing(files)))
    return 1 if below or stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
