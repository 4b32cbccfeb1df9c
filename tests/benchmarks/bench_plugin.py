"""What the frozen clock and the pytest plugin cost, beside their peers.

    python tests/benchmarks/bench_plugin.py [--short]

Each row takes turns with what it is compared with, in one run; of several rounds the median ratio counts.
The peers are freezegun by itself, time-machine if it is installed (`pip install --group peers`), and pytest
without the plugin, in processes of their own.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple

from freezegun import freeze_time

from tasksim import Simulator

START = "2024-01-01T00:00:00Z"
IMPORT = """
import sys, time
import pytest
began = time.perf_counter()
import tasksim.pytest_plugin
print((time.perf_counter() - began) * 1e6, [name for name in sys.modules if name.startswith("tasksim")])
"""
SUITE = """
import sys, time
import pytest
began = time.perf_counter()
code = pytest.main(sys.argv[1:])
print((lambda real=time.perf_counter: real())() - began, "s")
sys.exit(code)
"""


class Scale(NamedTuple):
    """How much is measured."""

    rounds: int
    freezes: int
    moves: int
    tests: int


FULL = Scale(rounds=7, freezes=50, moves=20_000, tests=400)
SHORT = Scale(rounds=2, freezes=5, moves=500, tests=40)


# Freezes: each function does its work so many times and returns the seconds


Clock = Callable[[], float]


def timed(work: Callable[[], object], times: int, real: Clock = perf_counter) -> float:
    """Return the real seconds that so many calls take; a reference captured earlier escapes the freeze."""
    began = real()
    for _ in range(times):
        work()
    return real() - began


def enter_simulator() -> None:
    """A simulator entered and left: a freeze and its end."""
    with Simulator():
        pass


def enter_freezegun() -> None:
    """The same by freezegun alone, with the options that tasksim gives it."""
    with freeze_time(START, real_asyncio=True):
        pass


def enter_time_machine() -> None:
    """The same by time-machine, which patches pointers in C."""
    import time_machine  # noqa: PLC0415 - may not be installed

    with time_machine.travel(START, tick=False):
        pass


def enter_unfrozen() -> None:
    """A simulator without a freeze."""
    with Simulator(freeze=False):
        pass


def advances(freeze: bool, moves: int, real: Clock = perf_counter) -> float:
    """Return the seconds of moving a simulation's clock so many times."""
    with Simulator(freeze=freeze) as sim:
        began = real()
        for _ in range(moves):
            sim.advance(1)
        return real() - began


def ticks(moves: int, real: Clock = perf_counter) -> float:
    """Return the seconds of moving freezegun's own clock so many times."""
    with freeze_time(START, real_asyncio=True) as frozen:
        began = real()
        for _ in range(moves):
            frozen.tick(1)
        return real() - began


# pytest: a file of empty tests, run in a fresh process, which tells how long it took


def child(code: str, *arguments: str) -> list[str]:
    """Return what a process prints last, in words; what it imports is compiled already."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir(), "tasksim-bench"))}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-W", "ignore", "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()[-1].split(maxsplit=1)


def suite(file: Path, *options: str) -> float:
    """Return the seconds of a run of pytest, from its start to its end."""
    folder = str(file.parent)
    took, _ = child(SUITE, str(file), "-q", "-p", "no:cacheprovider", "--rootdir", folder, *options)
    return float(took)


def empty_tests(folder: Path, tests: int, argument: str = "") -> Path:
    """Write a file of empty tests, perhaps with a fixture."""
    file = folder / f"test_empty_{argument or 'plain'}.py"
    file.write_text("".join(f"def test_{n}({argument}): pass\n" for n in range(tests)), encoding="utf-8")
    return file


def imported() -> tuple[float, str]:
    """Return the microseconds of the plugin's import in a fresh process, and which modules it loaded."""
    took, modules = child(IMPORT)
    return float(took), modules


# The table


def compare(
    name: str, subject: Callable[[], float], other: Callable[[], float], *, rounds: int, count: int
) -> None:
    """Measure in turns and print the median of each, per piece, and of their ratio."""
    subject()
    other()
    pairs = [(other(), subject(), other()) for _ in range(rounds)]
    mine = median(pair[1] for pair in pairs) / count * 1e6
    its = median((pair[0] + pair[2]) / 2 for pair in pairs) / count * 1e6
    ratio = median(pair[1] / ((pair[0] + pair[2]) / 2) for pair in pairs)
    print(f"{name:<66}{its:>12,.1f} us{mine:>12,.1f} us{ratio:>8.2f} x", flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description="What freezing and the pytest plugin cost.")
    parser.add_argument("--short", action="store_true", help="a rough run, to see that it works")
    scale = SHORT if parser.parse_args(arguments).short else FULL
    rounds, freezes, moves, tests = scale

    print(f"{len(sys.modules):,} modules are loaded, which every freeze of freezegun walks through.")
    print(f"{'':<66}{'other':>15}{'tasksim':>15}{'ratio':>10}")

    def entering(work: Callable[[], None]) -> Callable[[], float]:
        return lambda: timed(work, freezes)

    simulators = entering(enter_simulator)
    compare(
        "with Simulator(), against freezegun",
        simulators,
        entering(enter_freezegun),
        rounds=rounds,
        count=freezes,
    )
    try:
        version("time-machine")
    except PackageNotFoundError:
        print("time-machine: skipped, not installed (pip install --group peers)")
    else:
        name = f"with Simulator(), against time-machine {version('time-machine')}"
        compare(name, simulators, entering(enter_time_machine), rounds=rounds, count=freezes)
    with Simulator():
        name = "with Simulator() inside another, against one that does not freeze"
        compare(name, simulators, entering(enter_unfrozen), rounds=rounds, count=freezes)
    name = "advance(1), frozen, against freezegun's tick(1)"
    compare(name, lambda: advances(True, moves), lambda: ticks(moves), rounds=rounds, count=moves)
    name = "advance(1), frozen, against not frozen"
    compare(name, lambda: advances(True, moves), lambda: advances(False, moves), rounds=rounds, count=moves)

    with tempfile.TemporaryDirectory() as name:
        plain = empty_tests(Path(name), tests)
        used = empty_tests(Path(name), tests, "simulator")

        def with_plugin() -> float:
            return suite(plain)

        def without_plugin() -> float:
            return suite(plain, "-p", "no:tasksim")

        title = f"a run of {tests} empty tests, against pytest without the plugin"
        compare(title, with_plugin, without_plugin, rounds=rounds, count=1)
        more = median(with_plugin() - without_plugin() for _ in range(rounds))
        print(f"what a suite of {tests} tests pays that uses nothing of it: {more * 1e3:,.2f} ms", flush=True)
        title = "an empty test with the fixture simulator, against one without"
        compare(title, lambda: suite(used), with_plugin, rounds=rounds, count=tests)
    took = [imported() for _ in range(rounds)]
    print(f"the plugin's import: {median(us for us, _ in took):,.0f} us, loads {took[0][1]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
