"""What exploring costs, beside as many plain uncut runs.

    python tests/benchmarks/bench_check.py [--short]

A task of 100 checkpoints in 10 iterations: all single faults of the default kinds, and pairs of crashes on a
host that tries again. Each takes turns with as many uncut runs of the same scenario, in one process; of
several rounds the median ratio counts. The memory of many runs stands beside that of few.
"""

from __future__ import annotations

import argparse
import tracemalloc
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

from tasksim import Simulator, explore

real = (perf_counter,)  # in a tuple: a freeze exchanges what modules hold by name
EVENTS = 10


class Scale(NamedTuple):
    """How much is measured."""

    rounds: int
    pairs: int


FULL = Scale(rounds=5, pairs=5_000)
SHORT = Scale(rounds=2, pairs=300)


class Publish:
    """Ten iterations of ten checkpoints each, of which one publishes."""

    id = "publish"
    title = "Publish"

    def __init__(self, sim: Simulator) -> None:
        """Record in this simulation."""
        self.effects = sim.effects

    def run(self, input: dict[str, Any], controller: Any) -> object:
        """Publish one entry, and go on."""
        at = input.get("at", 0)
        if controller.runtime.is_aborted():
            return controller.response.aborted()
        if controller.runtime.is_close_to_timeout():
            return controller.response.continue_({"at": at})
        with self.effects.record("publish", key=at):
            pass
        if at + 1 == EVENTS:
            return controller.response.done("All published.", {"count": EVENTS})
        controller.state.get_status()
        return controller.response.continue_({"at": at + 1})


def publishing(sim: Simulator) -> None:
    """Trigger the task."""
    sim.register(lambda: Publish(sim))
    sim.tasks.trigger("publish")


def plain(runs: int, on_crash: str) -> float:
    """Return the seconds that so many uncut runs take, inside of one freeze as an exploration has it."""
    with Simulator():
        began = real[0]()
        for _ in range(runs):
            with Simulator(on_crash=on_crash) as sim:
                publishing(sim)
                sim.run_until_idle()
        return real[0]() - began


def exploring(**options: Any) -> tuple[float, int]:
    """Return the seconds that an exploration takes, and how many runs it made."""
    began = real[0]()
    report = explore(publishing, **options)
    seconds = real[0]() - began
    if not report.passed:
        raise SystemExit(report.text())
    return seconds, report.coverage.explored


def compare(name: str, rounds: int, on_crash: str, **options: Any) -> None:
    """Print how long an exploration takes, in plain runs."""
    ratios = []
    runs = 0
    for _ in range(rounds):
        seconds, runs = exploring(on_crash=on_crash, **options)
        ratios.append(seconds / plain(runs, on_crash))
    print(f"{name:<46} {runs:>6} runs   {median(ratios):5.2f} x plain runs")


def memory(name: str, **options: Any) -> None:
    """Print the most memory that an exploration holds."""
    tracemalloc.start()
    _, runs = exploring(**options)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"{name:<46} {runs:>6} runs   {most / 1e6:5.1f} MB at most")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--short", action="store_true", help="fewer rounds and pairs, as in CI")
    scale = SHORT if parser.parse_args().short else FULL
    with Simulator() as sim:
        publishing(sim)
        sim.run_until_idle()
        print(f"a task of {len(sim.trace.checkpoints())} checkpoints in {EVENTS} iterations")
    plain(20, "strand")
    compare("single faults of the default kinds", scale.rounds, "strand")
    pairs: dict[str, Any] = {"kinds": ["crash"], "max_faults": 2}
    compare("pairs of crashes, on_crash=retry(2)", 1, "retry(2)", max_runs=scale.pairs + 100, **pairs)
    memory("single faults", max_runs=100_000)
    memory("pairs of crashes", on_crash="retry(2)", max_runs=scale.pairs // 10 + 100, **pairs)
    memory("twice as many", on_crash="retry(2)", max_runs=scale.pairs // 5 + 100, **pairs)


if __name__ == "__main__":
    main()
