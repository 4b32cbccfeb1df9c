"""`import tasksim` stays light."""

import json
import os
import subprocess
import sys

import pytest

HEAVY = {"ariadne", "freezegun", "hypothesis", "pytest"}
MOST_SECONDS = 0.150
TRIES = 5

# The child measures the import alone, not the start of its interpreter.
CHILD = """
import sys, time
before, began = set(sys.modules), time.perf_counter()
{statement}
seconds = time.perf_counter() - began
import json
print(json.dumps([seconds, sorted({{name.partition(".")[0] for name in set(sys.modules) - before}})]))
"""


def measure(statement):
    """Run a statement in a fresh process; return its seconds and what it loaded."""
    # Coverage of children, where it is on, loads and costs what is not ours.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    done = subprocess.run(
        [sys.executable, "-c", CHILD.format(statement=statement)],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return json.loads(done.stdout)


def test_import_is_quick():
    """`import tasksim` takes under 150 ms (the best of five)."""
    assert min(measure("import tasksim")[0] for _ in range(TRIES)) < MOST_SECONDS


@pytest.mark.slow
@pytest.mark.parametrize(
    "statement",
    [
        "import tasksim",
        "import tasksim; tasksim.__version__",
        "from tasksim import Simulator; Simulator()",
    ],
)
def test_import_loads_no_extra(statement):
    """Neither the import nor the use of a Simulator that does not freeze loads an extra or freezegun."""
    assert HEAVY.isdisjoint(measure(statement)[1])


@pytest.mark.parametrize(
    ("statement", "part"),
    [
        ("import tasksim.strategies", "tasksim.strategies"),
        ("import tasksim.stateful", "tasksim.stateful"),
        ("from tasksim import fuzz", "tasksim.strategies"),
    ],
)
def test_missing_hypothesis_is_named(statement, part):
    """Without Hypothesis what needs it says which extra to install, as an ImportError."""
    code = f"""
import sys
sys.modules["hypothesis"] = None
try:
    {statement}
except ImportError as error:
    print(type(error).__name__, error, sep=": ")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout == (
        f"MissingExtra: {part} needs the extra 'hypothesis', which is not installed.\n"
        "  Install it: python -m pip install 'tasksim[hypothesis]'\n"
    )


def test_import_alone_is_lazy():
    """The root exports lazily: importing it loads not even pydantic."""
    assert "pydantic" not in measure("import tasksim")[1]


@pytest.mark.slow
def test_missing_ariadne_is_named():
    """Without Ariadne, GraphQL and the replay of its rows say which extra to install."""
    code = """
import sys
sys.modules["ariadne"] = None
from tasksim._conform.rows import conform_row
row = {"definitions": [], "steps": []}
for use in (lambda: __import__("tasksim.graphql"), lambda: conform_row("x", row, "webiny-5")):
    try:
        use()
    except ImportError as error:
        print(type(error).__name__, error, sep=": ")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout == 2 * (
        "MissingExtra: tasksim.graphql needs the extra 'graphql', which is not installed.\n"
        "  Install it: python -m pip install 'tasksim[graphql]'\n"
    )
