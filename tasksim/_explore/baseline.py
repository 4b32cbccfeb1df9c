"""The uncut run: made twice, and elsewhere, before anything is compared with it.

This module promises that what differs from run to run without any fault is never taken for a finding: it
ends the check, or is not compared and listed. It must not know how plans are explored.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from tasksim._explore.comparing import Comparer, differing
from tasksim._explore.elsewhere import end_of, find_volatile
from tasksim._explore.watching import Watcher
from tasksim._faults.plan import Plan, render
from tasksim._faults.token import UNSET
from tasksim._model.definitions import FunctionDefinition
from tasksim._simulator.endings import reasons
from tasksim._trace.json_lines import event_to_line
from tasksim.errors import (
    BaselineFailed,
    LimitReached,
    NondeterministicScenario,
    NothingChecked,
    UsageError,
)

if TYPE_CHECKING:
    from tasksim._explore.facts import Facts, TaskFacts
    from tasksim._explore.laboratory import Laboratory
    from tasksim._model.events import TraceEvent

__all__ = ["Baseline", "nondeterministic", "take_baseline"]

_WIDTH = 160
_MOST_LATER = 50
"""How many events more than the uncut run takes a cut one may go on for."""
_MEND = "Mend that first: cut runs are compared with it."


class Baseline(NamedTuple):
    """The uncut run, and what is not compared with it.

    Attributes:
        facts: The run.
        volatile: Paths of outputs, effect data and state that differ from run to run.
        notes: What whoever reads should know.
        most_events: How many events a cut run may go on for after its last fault.
    """

    facts: Facts
    volatile: tuple[str, ...]
    notes: tuple[str, ...]
    most_events: int


def take_baseline(lab: Laboratory, *, needs_more: bool = False, is_careful: bool = True) -> Baseline:
    """Make the uncut run, and make sure that others can be compared with it.

    Args:
        lab: What makes it.
        needs_more: Whether to note instants and what could run inside a touch, too.
        is_careful: Whether to make it again and elsewhere, too; if not, nothing is known of what differs from
            run to run.

    Raises:
        NothingChecked: It triggers no task.
        BaselineFailed: It does not end as expected.
        NondeterministicScenario: A second run differs, or an effect's key depends on the start or seed.
    """
    first = lab.run(Watcher(Plan(), notes=True, needs_more=needs_more))
    _refuse_failed(lab, first)
    events = sum(task.events for task in first.tasks.values())
    if not is_careful:
        return Baseline(first, (), (), events + _MOST_LATER)
    _refuse_different(lab, first, _again(lab))
    volatile = find_volatile(lab, first)
    if volatile:
        lab.comparer = Comparer(lab.options.normalise, (*lab.options.ignore, *volatile))
        touches = first.watcher.touches
        first = lab.run(Watcher(Plan(), notes=True, needs_more=needs_more))
        first.watcher.touches = touches
    return Baseline(first, volatile, tuple(_notes(lab, first, volatile)), events + _MOST_LATER)


def _refuse_failed(lab: Laboratory, facts: Facts) -> None:
    """Refuse an uncut run that there is nothing to compare with."""
    error, expect = facts.error, lab.options.expect
    if isinstance(error, UsageError):
        raise error
    if not facts.tasks and error is None:
        raise NothingChecked(
            f"{lab.target.name!r} triggered no task, so there is nothing to cut.",
            way_out="Trigger at least one: sim.tasks.trigger('publishEntries', input={...}).",
        )
    if error is not None:
        facts_of_it, way_out = str(error).splitlines()[:8], _MEND
        if isinstance(error, LimitReached):
            facts_of_it, way_out = [error.sentence, *error.facts], "Let it come to an end."
        raise BaselineFailed(
            f"The uncut run of {lab.target.name!r} ended with {type(error).__name__}, before any fault.",
            facts=facts_of_it,
            way_out=way_out,
        ) from error
    for task in facts.tasks.values():
        is_root = task.key[0] is None
        if is_root and end_of(task)[1] != expect:
            raise BaselineFailed(
                f"The uncut run of {task.name!r} ended {task.status!r}, not {expect!r}.",
                facts=reasons(facts.sim.execution(task.id)) or ["machine: never began"],
                way_out=_way_to_end(task),
            )


def _way_to_end(task: TaskFacts) -> str:
    """Return what to do about a task that ended otherwise than expected."""
    if task.machine == "TimedOut":
        return "Let it come to an end: the host has a limit of its time and its transitions."
    if task.status in ("failed", "aborted"):
        return f"Mend that first, or say that it is meant: check(..., expect={task.status!r})."
    return _MEND


def _again(lab: Laboratory) -> Facts:
    """Make the uncut run a second time; what the target raises only then is kept from the first."""
    try:
        return lab.run(Watcher(Plan()))
    except UsageError as error:
        raised = error.__cause__ or error
        raise _only_the_second(lab, raised) from raised


def _only_the_second(lab: Laboratory, error: BaseException) -> NondeterministicScenario:
    """Return the error of a target whose second uncut run fails, and whose first did not."""
    return NondeterministicScenario(
        f"The second uncut run of {lab.target.name!r} ended with {type(error).__name__}; the first was well.",
        facts=str(error).splitlines()[:4],
        way_out=_way_out(lab),
    )


def _refuse_different(lab: Laboratory, first: Facts, second: Facts) -> None:
    """Refuse two uncut runs that differ."""
    if second.error is not None:
        raise _only_the_second(lab, second.error) from second.error
    found = nondeterministic(lab, first, second)
    if found is not None:
        raise found
    if first.state is UNSET:
        return
    paths = differing(lab.comparer.seen("state", first.state), lab.comparer.seen("state", second.state))
    if not paths:
        return
    facts = (f"first:  {first.state!r:.90}", f"second: {second.state!r:.90}")
    if lab.comparer.text("state", first.state) == lab.comparer.text("state", second.state):
        raise UsageError(
            f"The final states of two uncut runs of {lab.target.name!r} look alike and are not equal.",
            facts=facts,
            way_out="Return what compares by its value, best of all JSON: a dict, a sorted list.",
        )
    raise NondeterministicScenario(
        f"Two uncut runs of {lab.target.name!r} come to different final states: "
        f"{', '.join(f'state{path}' for path in paths[:3])} differs.",
        facts=facts,
        way_out=_way_out(lab),
    )


def nondeterministic(lab: Laboratory, first: Facts, second: Facts) -> NondeterministicScenario | None:
    """Return the first difference between two runs under one plan, as an error; None if there is none."""
    pairs = zip_longest(first.events, second.events)
    for at, (one, other) in enumerate(pairs):
        lines = (_line(one), _line(other))
        if one != other or lines[0] != lines[1]:
            under = render(first.plan)
            which = (
                f"Two runs of {lab.target.name!r} under {under!r}"
                if under
                else f"Two uncut runs of {lab.target.name!r}"
            )
            return NondeterministicScenario(
                f"{which} differ, first in event {at} of the trace.",
                facts=_shown(*lines),
                way_out=_way_out(lab),
            )
    return None


def _line(event: TraceEvent | None) -> str:
    """Return an event as text."""
    return "nothing more" if event is None else event_to_line(event)


def _shown(first: str, second: str) -> tuple[str, str]:
    """Return two events on short lines, with the place from which they differ."""
    same = next((at for at, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), 0)
    begin = max(same - 60, 0) if same > _WIDTH - 60 else 0

    def part(text: str) -> str:
        shown = f"...{text[begin + 3 :]}" if begin else text
        return shown if len(shown) < _WIDTH else f"{shown[: _WIDTH - 3]}..."

    return f"first:  {part(first)}", f"second: {part(second)}"


def _way_out(lab: Laboratory) -> str:
    """Return what to do about a target that keeps something from run to run."""
    made = lab.target.made_of
    if lab.target.is_definition and not isinstance(made, type) and hasattr(made, "run"):
        return (
            "The definition is one instance for all runs: pass its class or a function that makes one, "
            "and let it keep nothing in module globals or mutable defaults."
        )
    return (
        "Likely causes, in this order: a counter or cache in a module global, a mutable default or class "
        "attribute; a fake made outside of the scenario; random, secrets or uuid; real time; the order of a "
        "set."
    )


def _notes(lab: Laboratory, facts: Facts, volatile: tuple[str, ...]) -> list[str]:
    """Return what whoever reads should know of the uncut run."""
    notes = []
    if not facts.done and facts.state is UNSET:
        notes.append("only output compared: 0 effects recorded")
    registry = facts.engine.registry
    held = []
    for id in dict.fromkeys(life.definition_id for life in facts.engine.lives.values()):
        registered = registry.get(id)
        # One made of functions has no memory of its own that a fresh one would lack.
        is_object = registered is not None and not isinstance(registered.definition, FunctionDefinition)
        if is_object and registered is not None and not registered.is_factory:
            held.append(id)
    if held and any(kind.kind == "cold" for kind in lab.options.kinds):
        notes.append(
            f"process memory not checked: {', '.join(held)} registered as an instance, not a factory"
        )
    if volatile:
        notes.append(f"not compared, since it differs from run to run: {', '.join(volatile)}")
    return notes
