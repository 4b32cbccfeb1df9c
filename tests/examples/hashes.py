"""Print the SHA-256 of each example's trace, a line each; `.ci/run` compares them between Pythons.

python tests/examples/hashes.py [TIMES]

With TIMES, each example runs so often in this process, and all hashes are printed.
"""

import importlib.util
import sys
from pathlib import Path

from tasksim import Simulator

EXAMPLES = Path(__file__).parents[2] / "examples"

CASES = {
    "publish_entries": ("PublishEntries", {"ids": list("abcdefgh")}, {"budget": "5m", "tick": "10s"}),
    "import_csv": ("ImportProducts", None, {"budget": "10m", "tick": "15s"}),
    "translate_pages": (
        "DEFINITIONS",
        {"pages": {"home": 4, "about": 9, "terms": 14}, "language": "de"},
        {"tick": "20s"},
    ),
    "empty_trash": ("EmptyTrash", {"size": 4}, {"tick": "5s"}),
    "sync_orders": ("sync_orders", None, {"profile": "generic", "budget": "2m", "tick": "4s"}),
}


def load(name):
    """Import an example by its path, as the CLI does."""
    spec = importlib.util.spec_from_file_location(f"examples_{name}", EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def simulate(name):
    """Run an example to idle; return the simulator and the execution of its first task."""
    attribute, given, options = CASES[name]
    definitions = getattr(load(name), attribute)
    definitions = definitions if isinstance(definitions, list) else [definitions]
    sim = Simulator(definitions, freeze=False, **options)
    return sim, sim.run(definitions[0].id, input=given)


if __name__ == "__main__":
    for example in CASES:
        for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 1):
            print(example, simulate(example)[0].trace.sha256())  # noqa: T201 - a program too
