"""What `@fuzz` costs, beside trivial examples of Hypothesis and the plain runs that it makes.

    python tests/benchmarks/bench_fuzz.py [--short]

A definition that publishes up to eight entries, with drawn input. A round makes the examples of `fuzz`, and
as many by hand: these draw as much - an input, and up to eight kinds and places - and make as many uncut
runs. All in one process; of several rounds the median ratio counts. The target is at most 1.5.
"""

from __future__ import annotations

import argparse
import gc
from statistics import median
from time import process_time
from typing import Any

from hypothesis import Phase, given, seed, settings
from hypothesis import strategies as st

from tasksim import Simulator, fuzz

real = (process_time,)  # in a tuple: a freeze exchanges what modules hold by name
WORDS = st.lists(st.text(max_size=5), max_size=8)
PLANS = st.lists(st.tuples(st.integers(0, 10), st.integers(0, 4095)), max_size=8)


class Publish:
    """Publishes entries, and asks both questions before each."""

    id = "publish"
    title = "Publish"

    def __init__(self, sim: Simulator) -> None:
        """Record in this simulation."""
        self.effects = sim.effects

    def run(self, input: dict[str, Any], controller: Any) -> object:
        """Publish the rest of the entries."""
        ids = input["ids"]
        for at in range(input.get("at", 0), len(ids)):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at})
            with self.effects.record("publish", key=ids[at]):
                pass
        return controller.response.done("All published.", {"count": len(ids)})


def trigger(sim: Simulator, ids: list[str]) -> None:
    """Trigger the task."""
    sim.register(lambda: Publish(sim))
    sim.tasks.trigger("publish", input={"ids": ids})


def configured(examples: int, number: int) -> Any:
    """Return a decorator with the settings of all tests here."""
    chosen = settings(max_examples=examples, database=None, phases=[Phase.generate], deadline=None)

    def configure(test: Any) -> Any:
        return seed(number)(chosen(test))

    return configure


def by_hand(examples: int, number: int, runs: float) -> float:
    """Return the seconds of examples that draw an input, kinds and places, and make some plain runs."""
    made = 0.0

    @configured(examples, number)  # type: ignore[untyped-decorator]  # of Any
    @given(plans=PLANS, input=WORDS)
    def test(plans: list[tuple[int, int]], input: list[str]) -> None:
        nonlocal made
        before, made = int(made), made + runs
        for _ in range(int(made) - before):
            with Simulator() as sim:
                trigger(sim, input)
                sim.run_until_idle()

    def in_one_freeze() -> None:  # as `fuzz` has it
        with Simulator():
            test()

    return timed(in_one_freeze)


def fuzzed(examples: int, number: int) -> tuple[float, int]:
    """Return the seconds that examples of `fuzz` take, and how many runs it made."""
    runs = 0

    def publishing(sim: Simulator, input: list[str]) -> None:
        nonlocal runs
        runs += 1
        trigger(sim, input)

    @configured(examples, number)  # type: ignore[untyped-decorator]  # of Any
    @fuzz(publishing, inputs=WORDS)
    def test() -> None:
        pass

    return timed(test), runs


def timed(call: Any) -> float:
    """Return the seconds of processor time that a call takes."""
    gc.collect()
    began = real[0]()
    call()
    return real[0]() - began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--short", action="store_true", help="fewer rounds and examples, as in CI")
    rounds, examples = (5, 100) if parser.parse_args().short else (25, 100)
    fuzzed(20, 0)
    rows = []
    for number in range(rounds):
        whole, runs = fuzzed(examples, number)
        bare, sum_ = by_hand(examples, number, 0), by_hand(examples, number, runs / examples)
        each = [1e3 * seconds / examples for seconds in (bare, sum_, whole)]
        rows.append((whole / sum_, *each, runs / examples))
    ratio, bare, sum_, whole, runs_each = (median(column) for column in zip(*rows, strict=True))
    print(f"a trivial example {bare:.2f} ms, with {runs_each:.2f} plain runs {sum_:.2f} ms")
    print(f"an example of @fuzz {whole:.2f} ms   {ratio:5.2f} x that   (target: at most 1.5)")


if __name__ == "__main__":
    main()
