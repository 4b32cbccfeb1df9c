"""What users demand of each run: functions with plain asserts, tested at the end, always, or sometimes.

This module promises that a function gets what it takes, of the simulator and the scenario's world. It must
not know how runs are made.
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from tasksim._engine.frames import traceback_lines
from tasksim.errors import EngineError, ServiceCallKilled, TasksimError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasksim._simulator.simulator import Simulator

__all__ = ["Always", "AtEnd", "Sometimes", "always", "read_invariants", "refuse_answer", "sometimes"]

_VARIABLE = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


@dataclass(frozen=True, slots=True)
class AtEnd:
    """A function that is called, with as many of simulator and world as it takes, at the end of a run.

    Attributes:
        function: The function.
        takes: How many arguments it gets.
        nth: The how-manieth of its name it is: lambdas have one name.
    """

    function: Callable[..., object]
    takes: int
    nth: int = 1

    what: ClassVar[str] = "invariant"

    @property
    def name(self) -> str:
        """What reports call it."""
        name = str(getattr(self.function, "__name__", type(self.function).__name__))
        return name if self.nth == 1 else f"{name} ({self.nth})"

    def __call__(self, sim: Simulator, world: object) -> object:
        """Call it.

        Raises:
            UsageError: It is async, so that nothing would be looked at; or it raises what is no assertion.
        """
        try:
            answer = self.function(*(sim, world)[: self.takes])
        except Exception as error:
            is_refusal = isinstance(error, EngineError | ServiceCallKilled)  # of a call that it makes
            if isinstance(error, AssertionError | TasksimError) and not is_refusal:
                raise
            first = f"{type(error).__name__}: {error}".splitlines()[0].removesuffix(": ")
            raise UsageError(
                f"The {self.what} {self.name!r} raised {first.removesuffix('.')}.",
                facts=traceback_lines(error.__traceback__)[-2:],
                way_out="Let it bear whatever a cut leaves behind, a task that never ended as well.",
            ) from error
        if inspect.isawaitable(answer):
            if inspect.iscoroutine(answer):
                answer.close()
            raise UsageError(f"The {self.what} {self.name!r} is async.", way_out="Pass a plain function.")
        if isinstance(answer, bool) and not isinstance(self, Sometimes):
            refuse_answer(self.name, answer)
        return answer


@dataclass(frozen=True, slots=True)
class Always(AtEnd):
    """One that is called after each event, too: made by `always`."""


@dataclass(frozen=True, slots=True)
class Sometimes(AtEnd):
    """A goal that at least one run must reach: made by `sometimes`."""

    what: ClassVar[str] = "goal"

    def __call__(self, sim: Simulator, world: object) -> object:
        """Call it; where an assertion of it fails, the goal is not reached."""
        try:
            return AtEnd.__call__(self, sim, world)
        except AssertionError:
            return False


def always(function: Callable[..., object]) -> Always:
    """Make an invariant that must hold after each event of each run, and at its end.

    Args:
        function: With plain asserts; takes nothing, the simulator, or the simulator and the scenario's world.

    Example:
        >>> from tasksim import always, check, task_definition
        >>> @task_definition(id="greet", title="Greet")
        ... def greet(controller):
        ...     return controller.response.done()
        >>> def one_task(sim):
        ...     assert len(sim.tasks.list_tasks().items) <= 1
        >>> check(greet, invariants=[always(one_task)]).passed
        True
    """
    return Always(*_read("always()", function))


def sometimes(function: Callable[..., object]) -> Sometimes:
    """Make a goal: at the end of at least one run the function must return something true.

    A check of which no run reaches the goal fails: it is too weak to say anything about what the goal is for.

    Args:
        function: Returns something true where the goal is reached. Takes nothing, the simulator, or the
            simulator and the scenario's world.

    Example:
        >>> from tasksim import check, sometimes, task_definition
        >>> @task_definition(id="greet", title="Greet")
        ... def greet(controller):
        ...     return controller.response.done()
        >>> def aborted(sim):
        ...     return sim.tasks.list_tasks(where={"status": "aborted"}).items
        >>> check(greet, invariants=[sometimes(aborted)]).coverage.goals["aborted"] > 0
        True
    """
    return Sometimes(*_read("sometimes()", function))


def refuse_answer(name: str, answer: object) -> None:
    """Refuse what an invariant returned: whoever returns whether it holds has asserted nothing.

    Raises:
        UsageError: Always.
    """
    raise UsageError(
        f"The invariant {name!r} returned {answer!r}, which nobody looks at.",
        way_out="Assert it instead: assert ... (a goal, sometimes(f), returns whether it is reached).",
    )


def _read(call: str, function: Any) -> tuple[Callable[..., object], int]:
    """Return a function and how many arguments it gets."""
    if not callable(function) or isinstance(function, AtEnd):
        raise UsageError(f"{call} got {function!r:.60}.", way_out="Pass a function with plain asserts.")
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return function, 0
    by_place = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    needed = [each for each in parameters if each.default is each.empty and each.kind not in _VARIABLE]
    if len(needed) > 2 or any(each.kind not in by_place for each in needed):  # noqa: PLR2004 - sim and world
        raise UsageError(
            f"{call} got {AtEnd(function, 0).name!r}, which takes {', '.join(map(str, needed))}.",
            way_out="Let it take the simulator, and perhaps the scenario's world: def invariant(sim, world).",
        )
    return function, len(needed)


def read_invariants(
    given: object,
) -> tuple[tuple[AtEnd, ...], tuple[Always, ...], tuple[Sometimes, ...]]:
    """Return the invariants by when they are tested: at the end, always, sometimes."""
    if not isinstance(given, Iterable):
        raise UsageError(f"check() got invariants={given!r:.60}.", way_out="Pass a list: invariants=[...].")
    at_end: list[AtEnd] = []
    always_: list[Always] = []
    sometimes_: list[Sometimes] = []
    for each in given:
        if isinstance(each, Always):
            always_.append(each)
        elif isinstance(each, Sometimes):
            sometimes_.append(each)
        else:
            at_end.append(each if isinstance(each, AtEnd) else AtEnd(*_read("invariants", each)))
    return tuple(at_end), tuple(always_), tuple(_numbered(sometimes_))


def _numbered(goals: list[Sometimes]) -> Iterator[Sometimes]:
    """Number goals of one name, so that none hides that another was never reached."""
    counts: Counter[str] = Counter()
    for goal in goals:
        counts[goal.name] += 1
        yield replace(goal, nth=counts[goal.name])
