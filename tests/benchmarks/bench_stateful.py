"""What a step of `task_machine` costs, as ratios against floors measured in the same process.

    python tests/benchmarks/bench_stateful.py [--short] [--check]

A floor is what nobody can do without: Hypothesis itself, drawing the same things for a body that does
nothing, and the plain calls that the subject makes. Floor and subject take turns, so that a busy machine
slows both; of several rounds the median ratio counts. `--short` only proves that everything runs: its numbers
are rough. The exit code is 0 unless `--check` finds a target passed.
"""

from __future__ import annotations

import argparse
import gc
import sys
from contextlib import contextmanager, suppress
from statistics import median
from time import process_time
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest import mock

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    multiple,
    rule,
    run_state_machine_as_test,
)
from pydantic import BaseModel, Field

from tasksim import Simulator
from tasksim._simulator.service import Service
from tasksim.stateful import task_machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tasksim.typing import Controller

real = (process_time,)  # in a tuple: a freeze exchanges what modules hold by name


class Scale(NamedTuple):
    """How much is measured."""

    rounds: int
    examples: int


FULL = Scale(rounds=7, examples=40)
SHORT = Scale(rounds=1, examples=5)


class Row(NamedTuple):
    """One line of the table; microseconds of processor time."""

    name: str
    floor: float
    subject: float
    ratio: float
    target: float | None


def settings_of(scale: Scale) -> settings:
    """Return the settings of all runs: no database, no shrinking, 50 steps."""
    return settings(
        max_examples=scale.examples,
        stateful_step_count=50,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )


# The machine of a service


class Steps(BaseModel):
    """The input of the tasks."""

    steps: int = Field(0, ge=0, le=3)


class Stepping:
    """Makes some steps, a minute apart."""

    id = "stepping"
    title = "Stepping"

    def create_input_validation(self) -> type[Steps]:
        """Take a number of steps."""
        return Steps

    def run(self, input: dict[str, Any], controller: Controller) -> object:
        """Make a step."""
        at = input.get("at", 0)
        if at >= input.get("steps", 0):
            return controller.response.done("Made.", {"at": at})
        return controller.response.continue_({"at": at + 1}, seconds=60)


class Quick:
    """Ends in its first iteration."""

    id = "quick"
    title = "Quick"

    def run(self, controller: Controller) -> object:
        """Answer done."""
        return controller.response.done()


DEFINITIONS = (Stepping, Quick)
_CALLS = (
    (Service, ("trigger", "abort", "delete_task", "list_tasks", "list_logs")),
    (Simulator, ("advance", "run_next", "run_until_idle")),
)


class Counted(NamedTuple):
    """A class of machines, and how many steps they took so far."""

    machine: type[RuleBasedStateMachine]
    steps: list[int]

    def microseconds(self, scale: Scale, number: int) -> float:
        """Return what a step takes, of runs with this seed."""
        fresh: Any = type(self.machine.__name__, (self.machine,), {})
        self.steps[:] = [0]
        gc.collect()
        began = real[0]()
        run_state_machine_as_test(seed(number)(fresh), settings=settings_of(scale))
        return (real[0]() - began) / self.steps[0] * 1e6


def subject() -> Counted:
    """Return the machine of a service, which counts its steps."""
    steps = [0]
    machine: Any = task_machine(DEFINITIONS, freeze=False)

    class Subject(machine):  # type: ignore[misc]
        def take(self, *args: Any) -> Any:
            steps[0] += 1
            return super().take(*args)

    return Counted(Subject, steps)


def bare(machine: type[RuleBasedStateMachine]) -> Counted:
    """Return a machine of bare Hypothesis: the same rules draw the same arguments, and do nothing.

    The rules that trigger fill the bundle, so that the others have something to draw.
    """
    steps = [0]
    members: dict[str, Any] = {}
    state = machine.setup_state()
    for decorate, rules in ((rule, state.rules), (initialize, state.initializers)):
        for each in rules:
            members[each.function.__name__] = _empty_rule(decorate, each, steps)
    return Counted(type("Bare", (RuleBasedStateMachine,), members), steps)


def _empty_rule(decorate: Any, like: Any, steps: list[int]) -> Any:
    """Return a rule that draws as another does, and does nothing."""
    name = like.function.__name__
    fills = name.startswith("trigger")

    def step(self: Any, calls: object = (), **_: Any) -> Any:
        steps[0] += 1
        count = len(calls) if name == "trigger_some" else int(fills)  # type: ignore[arg-type]
        return multiple(*(f"task-{steps[0]:04d}-{n}" for n in range(count)))

    step.__name__ = name
    return decorate(targets=[Bundle(target) for target in like.targets], **like.arguments)(step)


def plainest() -> Counted:
    """Return the plainest machine that there is: one rule, which draws a number."""
    steps = [0]

    class Plainest(RuleBasedStateMachine):
        @rule(n=st.integers(0, 9))
        def step(self, n: int) -> None:
            steps[0] += 1

    return Counted(Plainest, steps)


@contextmanager
def recorded(calls: list[Any]) -> Iterator[None]:
    """Write down each call of the public face that is made meanwhile, and each new simulator as None."""
    with mock.patch.object(Simulator, "__enter__", _noting(Simulator.__enter__, calls, None)):
        undo = []
        for owner, names in _CALLS:
            for name in names:
                patch = mock.patch.object(owner, name, _noting(getattr(owner, name), calls, name))
                patch.start()
                undo.append(patch)
        try:
            yield
        finally:
            for patch in undo:
                patch.stop()


def _noting(method: Callable[..., Any], calls: list[Any], name: str | None) -> Callable[..., Any]:
    """Return a method that is written down."""

    def noted(self: Any, *args: Any, **kwargs: Any) -> Any:
        calls.append(None if name is None else (isinstance(self, Service), name, args, kwargs))
        return method(self, *args, **kwargs)

    return noted


def plain_calls(calls: list[Any]) -> float:
    """Return the microseconds that the same calls take without Hypothesis."""
    sim = Simulator(DEFINITIONS, freeze=False)
    gc.collect()
    began = real[0]()
    for call in calls:
        if call is None:
            sim = Simulator(DEFINITIONS, freeze=False)
            continue
        is_of_service, name, args, kwargs = call
        with suppress(Exception):
            getattr(sim.tasks if is_of_service else sim, name)(*args, **kwargs)
    return (real[0]() - began) * 1e6


def machine_rows(scale: Scale) -> list[Row]:
    """Measure a step of the machine of a service."""
    made = subject()
    floor, plain = bare(made.machine), plainest()
    found: list[tuple[float, float, float]] = []
    for number in range(scale.rounds):
        calls: list[Any] = []
        with recorded(calls):
            made.microseconds(scale, number)
        a_call = plain_calls(calls) / made.steps[0]
        drawn = floor.microseconds(scale, number) + a_call
        least = plain.microseconds(scale, number) + a_call
        found.append((drawn, least, made.microseconds(scale, number)))
    drawn, least, step = (median(column) for column in zip(*found, strict=True))
    ratios = [(step / drawn, step / least) for drawn, least, step in found]
    return [
        Row("a step, beside the same draws and the call", drawn, step, median(r for r, _ in ratios), 1.5),
        Row("a step, beside one number and the call", least, step, median(r for _, r in ratios), None),
    ]


PARTS: list[Callable[[Scale], list[Row]]] = [machine_rows]
"""What is measured; each returns its rows."""


def show(rows: list[Row]) -> None:
    """Print the table."""
    print(f"{'':<46} {'floor':>10} {'subject':>10}   ratio  target")
    for name, floor, taken, ratio, target in rows:
        aim = "" if target is None else f"{target:.1f}"
        print(f"{name:<46} {floor:>7.0f} us {taken:>7.0f} us   {ratio:>5.2f}  {aim:>6}")


def main() -> int:
    """Measure, print, and check if asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--short", action="store_true", help="fewer rounds, as in CI")
    parser.add_argument("--check", action="store_true", help="fail if a target is passed")
    arguments = parser.parse_args()
    scale = SHORT if arguments.short else FULL
    rows = [row for part in PARTS for row in part(scale)]
    show(rows)
    passed = [row.name for row in rows if row.target is not None and row.ratio > row.target]
    for name in passed if arguments.check else []:
        print(f"target passed: {name}")
    return 1 if passed and arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())
