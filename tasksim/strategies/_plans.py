"""Plans of faults for a run that was recorded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from tasksim._engine.names import CheckpointName
from tasksim._explore.candidates import Candidates
from tasksim._explore.kinds import DEFAULT_KINDS, Spot, read_kinds
from tasksim._faults.plan import Plan, render
from tasksim._model.events import (
    CHECKPOINTS,
    EventAnswered,
    EventStarted,
    FaultFired,
    SimulationStarted,
    TaskTriggered,
)
from tasksim._trace.stream import Trace
from tasksim.errors import UsageError
from tasksim.strategies._naming import Code, drawn_by

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hypothesis.strategies import SearchStrategy

    from tasksim._explore.kinds import Kind
    from tasksim._model.events import TraceEvent

__all__ = ["fault_plans"]

_KINDS = tuple(kind for kind in DEFAULT_KINDS if kind != "cold")
_UNSEEN = ("order", "run")
_ENDS = ("crash", "timeout")


def fault_plans(
    trace: Trace, *, kinds: Iterable[str] | str | None = None, max_faults: int = 1
) -> SearchStrategy[str]:
    """Draw plans, as text for `Simulator(plan=...)`, of faults that can strike a run that was recorded.

    The run must be the one that the plan is for: the same definitions, input and settings, without faults.
    The first fault of a plan strikes at a checkpoint of the trace, so it always fires. Further ones, with
    `max_faults=2` or more, strike later than it, at a checkpoint that it does not rule out; but a cut run
    often goes other ways, and where one never fires `with Simulator(...)` ends with `StalePlan`. Let
    Hypothesis draw another then (`except StalePlan: reject()`), or use `fuzz`, which draws faults as the run
    goes.

    Shrinks to no fault (`""`), then to fewer faults, then to those that `check` tries first.

    Args:
        trace: The trace of a whole run: `sim.trace`.
        kinds: Kinds of faults, as for `check`; its default kinds if None, but for `cold`, which needs
            definitions that are registered as classes or factories: a trace does not say so. `order` and
            `run` cannot be drawn from a trace.
        max_faults: The most faults of a plan.

    Raises:
        UsageError: An argument that cannot be used, or a trace in which no such fault has a place.

    Example:
        >>> from hypothesis import find
        >>> from tasksim import Simulator, task_definition
        >>> @task_definition(id="sayHello", title="Say hello")
        ... def say_hello(controller):
        ...     return controller.response.done("Hello.")
        >>> sim = Simulator([say_hello])
        >>> sim.run("sayHello").status
        'success'
        >>> find(fault_plans(sim.trace), lambda plan: True)
        ''
        >>> find(fault_plans(sim.trace, kinds=["crash"]), lambda plan: plan != "")
        'crash@event#1'
    """
    wanted = _checked_kinds(kinds)
    _check_arguments(trace, max_faults)
    spots = _spots_of(trace)
    start = next((event for event in trace if isinstance(event, SimulationStarted)), None)
    candidates = Candidates(wanted, 0 if start is None else start.tick_ms)
    strands = start is None or start.on_crash == "strand"
    places = _places(candidates, spots)
    if not places:
        raise UsageError(
            "The trace has no place where such a fault could strike.",
            facts=(
                f"kinds: {', '.join(kind.text for kind in wanted)}",
                f"checkpoints: {len(trace.checkpoints())}",
            ),
            way_out="Record a run that works: sim.run('publishEntries', input=...), then pass sim.trace.",
        )
    given: dict[str, Any] = {} if kinds is None else {"kinds": [kind.text for kind in wanted]}
    if max_faults != 1:
        given["max_faults"] = max_faults
    drawn = _Drawn(places, max_faults, strands=strands)
    return drawn_by(drawn.draw, "fault_plans", Code("trace"), **given)


class _Drawn:
    """Draws plans.

    Args:
        places: The plans of one fault with the place of the fault's touch in the trace, the least first.
        max_faults: The most faults of a plan.
        strands: Whether a task that was killed is not run again.
    """

    def __init__(self, places: list[tuple[int, Plan]], max_faults: int, *, strands: bool) -> None:
        """Draw nothing yet."""
        self._places = places
        self._max_faults = max_faults
        self._strands = strands
        # The same for each fault, whatever can follow: else a plan after which little can would be simpler.
        self._numbers = st.integers(0, len(places))

    def draw(self, draw: Callable[..., Any]) -> str:
        """Draw a plan: no fault, or one, and then perhaps another one after it."""
        plan, places = Plan(), self._places
        while len(plan) < self._max_faults:
            chosen = draw(self._numbers) % (len(places) + 1)
            if not chosen:
                break
            at, single = places[chosen - 1]
            plan = Plan((*plan.faults, *single.faults))
            places = self._after(at, single)
        return render(plan)

    def _after(self, at: int, single: Plan) -> list[tuple[int, Plan]]:
        """Return the places after one, but those of a task that this fault kills for good."""
        fault = single.faults[0]
        killed = fault.at.task if self._strands and fault.kind in _ENDS else None
        return [
            (place, other)
            for place, other in self._places
            if place > at and other.faults[0].at.task != killed and other.faults != single.faults
        ]


def _spots_of(trace: Sequence[TraceEvent]) -> list[Spot]:
    """Return what an uncut run touched, as faults see it, from its trace."""
    found: list[Spot] = []
    definitions: dict[str, str] = {}
    used: set[str] = set()
    running: EventStarted | None = None
    for event in trace:
        if isinstance(event, TaskTriggered):
            definitions[event.task] = event.definition
        elif isinstance(event, EventAnswered) and running is not None:
            found.append(Spot(CheckpointName(running.label, "event", None, running.n), is_end=True))
            running = None
        if not isinstance(event, CHECKPOINTS):
            continue
        definition = definitions.get(event.task, "")
        if isinstance(event, EventStarted):
            running = event
            can_be_cold = event.n > 1 or definition in used
            found.append(Spot(_name_of(event), can_be_cold=can_be_cold))
            used.add(definition)
        else:
            found.append(Spot(_name_of(event), in_event=running is not None, has_task=bool(event.task)))
    return found


def _name_of(event: Any) -> CheckpointName:
    """Return the name of the checkpoint that an event of the trace stands for."""
    name = event.checkpoint
    key = getattr(event, "key", None)
    stem, _, n = name.rpartition("#")
    what = stem.removeprefix(f"{event.label}:") if event.label else stem
    return CheckpointName(event.label, what if key is None else event.what, key, int(n))


def _places(candidates: Candidates, spots: list[Spot]) -> list[tuple[int, Plan]]:
    """Return the plans of one fault, the least first, each with the place of its touch."""
    found = [
        (at, Plan((each.fault,)))
        for at, spot in enumerate(spots)
        for each in candidates.at(spot)
        if not each.is_twin
    ]
    return sorted(found, key=lambda pair: pair[1].sort_key())


def _checked_kinds(kinds: Iterable[str] | str | None) -> tuple[Kind, ...]:
    """Return the kinds asked for.

    Raises:
        UsageError: One that there is not, or that a trace knows nothing of.
    """
    if kinds is not None and not isinstance(kinds, Iterable):
        raise UsageError(
            f"fault_plans() got kinds={kinds!r:.60}.",
            way_out="Pass a list of names: kinds=['crash', 'abort'].",
        )
    found = read_kinds(_KINDS if kinds is None else kinds)
    for kind in found:
        if kind.kind in _UNSEEN:
            raise UsageError(
                f"fault_plans() got the kind {kind.kind!r}; a trace does not say where that can strike.",
                way_out=f"Ask check for it: check(scenario, kinds=[{kind.kind!r}]).",
            )
    return found


def _check_arguments(trace: object, max_faults: object) -> None:
    """Refuse arguments of the wrong kind, and a trace of a run that was cut already."""
    if not isinstance(trace, Trace):
        raise UsageError(
            f"fault_plans() got {trace!r:.60}, which is no trace.",
            way_out="Run it once and pass sim.trace, or Trace.read(path).",
        )
    if type(max_faults) is not int or max_faults < 1:
        raise UsageError(
            f"fault_plans() got max_faults={max_faults!r:.60}.", way_out="Pass a whole number from 1 on."
        )
    fired = [event.fault for event in trace if isinstance(event, FaultFired)]
    if fired:
        raise UsageError(
            "The trace is of a run in which faults struck already.",
            facts=(f"faults: {' '.join(fired)}",),
            way_out="Record a run without any: Simulator([...], plan=[]).",
        )
