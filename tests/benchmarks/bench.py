"""How fast tasksim is, as ratios against a floor measured in the same process.

    python tests/benchmarks/bench.py [--short] [--peers] [--check]

The floor is a bare loop that, once per iteration, validates a small pydantic record and
deep-copies the input: what any engine with records must do. Floor and subject take turns, so
that a busy machine slows both; of several rounds the median ratio counts. `--short` only proves
that everything runs: its numbers are rough. `--peers` also measures other libraries that are
installed (`pip install --group peers`). The exit code is 0 unless `--check` finds a target passed.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import platform
import sys
import tracemalloc
from copy import deepcopy
from importlib.metadata import PackageNotFoundError, version
from itertools import pairwise
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import BaseModel

from tasksim import Limits, Simulator

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasksim.typing import Controller

INPUT: dict[str, Any] = {"ids": ["a", "b", "c"], "at": 0}
HOUR = 3600
WAITS = 10
UNLIMITED = Limits(events=None, checkpoints=None, transitions=None, lifetime=None)


class Scale(NamedTuple):
    """How much is measured."""

    rounds: int
    runs: int
    waiting: int
    fresh: int
    flat: int
    kept: int


FULL = Scale(rounds=7, runs=2_000, waiting=200, fresh=300, flat=20_000, kept=100_000)
SHORT = Scale(rounds=2, runs=200, waiting=20, fresh=20, flat=1_000, kept=2_000)


class Row(NamedTuple):
    """One line of the table."""

    name: str
    floor: float | None
    subject: float
    ratio: float
    target: float | None
    unit: str = "us"


# The definitions


class Trivial:
    """Ends in its first iteration."""

    id = "trivial"
    title = "Trivial"

    def run(self, input: dict[str, Any], controller: Controller) -> object:
        """Answer done."""
        return controller.response.done("Done.", {"count": len(input["ids"])})


class Counting:
    """Continues until it has counted to `to`; notes when each iteration began."""

    id = "counting"
    title = "Counting"
    max_iterations = 10**9

    def __init__(self) -> None:
        """Begin without notes."""
        self.began: list[float] = []

    def run(self, input: dict[str, Any], controller: Controller) -> object:
        """Count by one."""
        self.began.append(perf_counter())
        at = input["at"] + 1
        if at >= input["to"]:
            return controller.response.done("Counted.", {"count": at})
        return controller.response.continue_({"at": at})


class Waiting:
    """Waits an hour, ten times."""

    id = "waiting"
    title = "Waiting"

    def run(self, input: dict[str, Any], controller: Controller) -> object:
        """Wait again, or end."""
        if input["at"] == WAITS:
            return controller.response.done()
        return controller.response.continue_({"at": input["at"] + 1}, seconds=HOUR)


# The floor


class Record(BaseModel):
    """A small record, about what a task is."""

    id: str
    definition_id: str
    status: str
    iterations: int
    created_on: int
    input: dict[str, Any]


def floor(iterations: int) -> int:
    """Validate a record and copy the input, so many times."""
    for number in range(iterations):
        Record.model_validate(
            {
                "id": "trivial-0001",
                "definition_id": "trivial",
                "status": "running",
                "iterations": number,
                "created_on": 1_704_067_200_000,
                "input": INPUT,
            }
        )
        deepcopy(INPUT)
    return iterations


# The subjects: each does its work and returns how many iterations that was


def one_iteration_runs(runs: int) -> int:
    """Many runs of one iteration in one simulator."""
    sim = Simulator([Trivial()], freeze=False, limits=UNLIMITED)
    for _ in range(runs):
        sim.run("trivial", input=INPUT)
    return runs


def one_long_run(iterations: int) -> int:
    """One run of many iterations."""
    sim = Simulator([Counting()], freeze=False, limits=UNLIMITED)
    execution = sim.run("counting", input={**INPUT, "to": iterations})
    assert execution.output == {"count": iterations}
    return iterations


def waiting_runs(runs: int) -> int:
    """Many runs, each with ten waits of an hour, all under way at once."""
    sim = Simulator([Waiting()], freeze=False, limits=UNLIMITED)
    for _ in range(runs):
        sim.tasks.trigger("waiting", input=INPUT)
    sim.run_until_idle()
    return runs * (WAITS + 1)


def fresh_simulators(times: int) -> int:
    """A fresh simulator, one run and its end; the wall clock is not frozen."""
    for _ in range(times):
        with Simulator([Trivial()], freeze=False) as sim:
            sim.run("trivial", input=INPUT)
    return times


def per_iteration(work: Callable[[int], int], size: int) -> float:
    """Return the microseconds of one iteration."""
    gc.collect()
    began = perf_counter()
    iterations = work(size)
    return (perf_counter() - began) / iterations * 1e6


def against_floor(
    name: str, work: Callable[[int], int], size: int, *, rounds: int, target: float | None
) -> Row:
    """Measure floor and subject in turns; the median of the rounds counts."""
    floor(200)
    work(max(1, size // 20))
    floors, subjects, ratios = [], [], []
    for _ in range(rounds):
        before, subject, after = (
            per_iteration(floor, 2_000),
            per_iteration(work, size),
            per_iteration(floor, 2_000),
        )
        floors.append((before + after) / 2)
        subjects.append(subject)
        ratios.append(subject / floors[-1])
    return Row(name, median(floors), median(subjects), median(ratios), target)


def flatness(iterations: int, rounds: int) -> Row:
    """Compare the first twenty iterations of a long run with its last twenty."""
    early, late = [], []
    for _ in range(rounds):
        definition = Counting()
        sim = Simulator([definition], freeze=False, limits=UNLIMITED)
        sim.run("counting", input={**INPUT, "to": iterations})
        began = definition.began
        took = [(end - start) * 1e6 for start, end in pairwise(began)]
        early.append(median(took[:20]))
        late.append(median(took[-20:]))
    name = f"iterations {iterations - 20:,}..{iterations:,} against 1..20"
    return Row(name, median(early), median(late), median(map(lambda a, b: b / a, early, late)), 1.3)


def memory(runs: int) -> Row:
    """Return the bytes that a finished run leaves behind, without trace."""
    sim = Simulator([Trivial()], freeze=False, trace=False, limits=UNLIMITED)
    sim.run("trivial", input=INPUT)
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for _ in range(runs):
        sim.run("trivial", input=INPUT)
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    each = (after - before) / runs
    return Row(f"memory of each of {runs:,} finished runs", None, each, each, 2048, "B")


# The peers, on the same work


def huey_jobs(jobs: int) -> int:
    """huey, immediate mode."""
    from huey import MemoryHuey  # noqa: PLC0415 - may not be installed

    app = MemoryHuey(immediate=True)

    @app.task()  # type: ignore[untyped-decorator,unused-ignore]
    def trivial(input: dict[str, Any]) -> dict[str, Any]:
        return {"count": len(input["ids"])}

    for _ in range(jobs):
        assert trivial(deepcopy(INPUT)).get() == {"count": 3}
    return jobs


def taskiq_jobs(jobs: int) -> int:
    """taskiq, in memory."""
    from taskiq import InMemoryBroker  # noqa: PLC0415 - may not be installed

    broker = InMemoryBroker()

    @broker.task
    async def trivial(input: dict[str, Any]) -> dict[str, Any]:
        return {"count": len(input["ids"])}

    async def main() -> None:
        for _ in range(jobs):
            task = await trivial.kiq(deepcopy(INPUT))
            await broker.wait_all()
            result = await task.get_result()
            assert result.return_value == {"count": 3}

    asyncio.run(main())
    return jobs


def celery_jobs(jobs: int) -> int:
    """celery, eager."""
    from celery import Celery  # noqa: PLC0415 - may not be installed

    app = Celery("bench", set_as_current=False)
    app.conf.task_always_eager = True

    @app.task  # type: ignore[untyped-decorator,unused-ignore]
    def trivial(input: dict[str, Any]) -> dict[str, Any]:
        return {"count": len(input["ids"])}

    for _ in range(jobs):
        assert trivial.delay(deepcopy(INPUT)).get() == {"count": 3}
    return jobs


def trio_waits(jobs: int) -> int:
    """Trio's MockClock: each job waits an hour, ten times, all at once."""
    import trio  # noqa: PLC0415 - may not be installed
    import trio.testing  # noqa: PLC0415

    async def job() -> None:
        for _ in range(WAITS):
            await trio.sleep(HOUR)

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            for _ in range(jobs):
                nursery.start_soon(job)

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))
    return jobs * (WAITS + 1)


PEERS: dict[str, tuple[str, Callable[[int], int]]] = {
    "huey": ("jobs, immediate", huey_jobs),
    "taskiq": ("jobs, in memory", taskiq_jobs),
    "celery": ("jobs, eager", celery_jobs),
    "trio": ("ten one-hour waits, MockClock", trio_waits),
}


def peers(scale: Scale) -> None:
    """Measure the peers that are installed; say which are not."""
    logging.disable(logging.INFO)
    for name, (what, work) in PEERS.items():
        try:
            label = f"{name} {version(name)}: {what}"
        except PackageNotFoundError:
            print(f"{name}: skipped, not installed (pip install --group peers)")
            continue
        size = scale.waiting if work is trio_waits else scale.runs
        show(against_floor(label, work, size, rounds=scale.rounds, target=None))
    logging.disable(logging.NOTSET)


def show(row: Row) -> bool:
    """Print a line of the table; return whether its target is kept."""
    is_kept = row.target is None or row.ratio <= row.target
    below = "" if row.floor is None else f"{row.floor:.2f} us"
    ratio = "" if row.floor is None else f"{row.ratio:.2f} x"
    target = "" if row.target is None else f"<= {row.target:g}{' x' if row.floor is not None else ' B'}"
    verdict = "" if row.target is None else "ok" if is_kept else "OVER"
    subject = f"{row.subject:,.2f} us" if row.unit == "us" else f"{row.subject:,.0f} B"
    print(f"{row.name:<52}{below:>11}{subject:>14}{ratio:>10}{target:>11}  {verdict}", flush=True)
    return is_kept


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the table, and judge it if asked to."""
    parser = argparse.ArgumentParser(description="tasksim's speed, as ratios against a floor.")
    parser.add_argument("--short", action="store_true", help="a rough run, to see that it works")
    parser.add_argument("--peers", action="store_true", help="measure other libraries too")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a target is passed")
    options = parser.parse_args(arguments)
    scale = SHORT if options.short else FULL
    rounds = scale.rounds

    print(f"tasksim {version('tasksim')}, {platform.python_implementation()} {platform.python_version()}")
    print(f"{'':<52}{'floor':>11}{'subject':>14}{'ratio':>10}{'target':>11}")
    kept = [
        show(against_floor(name, work, size, rounds=rounds, target=target))
        for name, work, size, target in [
            (f"{scale.runs:,} runs of one iteration", one_iteration_runs, scale.runs, 6),
            (f"one run of {scale.runs:,} iterations", one_long_run, scale.runs, 6),
            (f"{scale.waiting} runs with ten one-hour waits each", waiting_runs, scale.waiting, 6),
            ("a fresh simulator, one run and its end", fresh_simulators, scale.fresh, 40),
        ]
    ]
    kept += [show(flatness(scale.flat, max(2, rounds // 2))), show(memory(scale.kept))]
    if options.peers:
        peers(scale)
    return 1 if options.check and not all(kept) else 0


if __name__ == "__main__":
    sys.exit(main())
