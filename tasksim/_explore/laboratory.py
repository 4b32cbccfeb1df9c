"""The laboratory: runs a target under a plan, again and again, each time in a fresh world.

This module promises that runs leave nothing behind for each other or for whoever looks at the simulators of a
test, that one freeze lasts for all of them, and that what a target raises is kept with the run and not lost.
It must not know why a plan is run.
"""

from __future__ import annotations

import inspect
from collections import deque
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tasksim._explore.comparing import Comparer
from tasksim._explore.facts import Facts
from tasksim._explore.watching import Endless, Merged, Watcher
from tasksim._faults.plan import Plan, render
from tasksim._simulator.ambient import ambient, use
from tasksim._simulator.simulator import Simulator
from tasksim._simulator.strictness.lines import Lines
from tasksim.errors import EngineError, ServiceCallKilled, TasksimError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from typing_extensions import Self

    from tasksim._explore.merging import States
    from tasksim._explore.options import Options
    from tasksim._explore.targets import Target
    from tasksim._faults.token import Settings

__all__ = ["Laboratory"]


class Laboratory:
    """Runs one target.

    Args:
        target: What is run.
        options: In which world, and how runs are compared.

    Attributes:
        target: What is run.
        comparer: How runs are compared.
        runs: How many were made.
        checkpoints: How many checkpoints they reached.
    """

    def __init__(self, target: Target, options: Options) -> None:
        """Nothing was run."""
        self.target = target
        self.options = options
        self.comparer = Comparer(options.normalise, options.ignore)
        self.world = dict(options.world)
        if self.world.get("profile") is None and ambient().profile is None:
            self.world["profile"] = target.preferred_profile
        self.runs = 0
        self.checkpoints = 0
        self._around = ExitStack()

    def __enter__(self) -> Self:
        """Freeze the wall clock for all runs; what they make is nobody else's business."""
        with ExitStack() as undo:
            around = ambient()
            if around.several_profiles and self.options.world.get("profile") is None:
                around.ignored += 1
            quiet = replace(around, holds=False, several_profiles=False, held=deque(), seen=deque())
            undo.callback(use, use(quiet))
            outer = Simulator(plan=Plan())
            outer.__enter__()
            undo.callback(outer._leave)  # noqa: SLF001 - of one package
            self._around = undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Give real time back."""
        self._around.close()

    def settings(self) -> Settings:
        """Return what a token says of the runs: their settings, and the input of a definition's task."""
        checked = self._simulator(Watcher(Plan()), {})._settings  # noqa: SLF001 - of one package
        return replace(checked.for_token(), input=self.target.input)

    def _simulator(self, watcher: Watcher, other: dict[str, Any]) -> Simulator:
        """Make a fresh world."""
        return Simulator(plan=watcher.plan, _injector=watcher, **{**self.world, **other})

    def run(
        self,
        watcher: Watcher,
        *,
        keeps_lines: bool = False,
        states: States | None = None,
        **other: Any,
    ) -> Facts:
        """Run the target under the watcher's plan and return what it came to.

        Args:
            watcher: The plan, and who looks on.
            keeps_lines: Whether the user's line of each event of the trace is kept.
            states: The states seen so far, where runs are merged.
            other: Settings of the simulator for this run alone.
        """
        sim = self._simulator(watcher, other)
        facts = Facts(sim, watcher, self.comparer)
        if keeps_lines:
            sim._lines = Lines(sim._engine)  # noqa: SLF001 - of one package
        if states is not None:
            watcher.merges = lambda: states.ask(facts, sim)
        sim.__enter__()
        try:
            self._run(facts, sim)
        finally:
            sim._leave()  # noqa: SLF001 - of one package
            facts.plan = watcher.plan
            self.runs += 1
            self.checkpoints += sum(sum(life.counters.values()) for life in sim._engine.lives.values())  # noqa: SLF001
        return facts

    def _run(self, facts: Facts, sim: Simulator) -> None:
        """Build the target's world, let it run to idle, and ask the user's invariants."""
        if self.options.always:
            facts.watcher.asks = lambda: self._ask_always(facts, sim)
        try:
            facts.world = self.target.build(sim)
            facts.is_built = True
            self._run_until_idle(facts, sim)
            self._ask_at_end(facts, sim)
        except Endless:
            facts.is_endless = True
        except Merged as merged:
            facts.error = merged
        except (AssertionError, TasksimError) as error:
            facts.error = error
        except Exception as error:
            raise UsageError(
                f"{self.target.name!r} raised {type(error).__name__} outside of all events: {error}",
                facts=(f"plan: {render(facts.plan) or 'none, it is the uncut run'}",),
                way_out="Let it only register and trigger; what must hold goes into invariants=[...].",
            ) from error

    def _run_until_idle(self, facts: Facts, sim: Simulator) -> None:
        """Run to idle; a call from outside that the plan made fail is its caller's business."""
        while not self._reaches_idle(facts, sim):
            pass

    @staticmethod
    def _reaches_idle(facts: Facts, sim: Simulator) -> bool:
        """Run until idle, or until an act of the outside world fails under a plan, which ends nothing."""
        try:
            sim.run_until_idle()
        except (EngineError, ServiceCallKilled):
            if facts.engine.ended_by is not None or not len(facts.plan):
                raise
            return False
        return True

    def _ask_always(self, facts: Facts, sim: Simulator) -> None:
        """Ask, between events, what must always hold; not before the scenario has returned its world."""
        if facts.is_built:
            for invariant in self.options.always:
                invariant(sim, facts.world)

    def _ask_at_end(self, facts: Facts, sim: Simulator) -> None:
        """Ask the invariants and take the final state."""
        options = self.options
        for invariant in (*options.at_end, *options.always):
            invariant(sim, facts.world)
        world: Any = facts.world
        if callable(world) and _takes_nothing(world):
            facts.state = world()
        facts.goals = [goal.name for goal in options.sometimes if goal(sim, world)]


def _takes_nothing(function: Callable[..., object]) -> bool:
    """Whether something can be called without arguments."""
    try:
        inspect.signature(function).bind()
    except (TypeError, ValueError):
        return False
    return True
