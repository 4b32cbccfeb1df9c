"""An enumerator of plans that shares nothing with what it is compared with: slow, and easy to believe.

It knows the public `Simulator`, the events of its trace, and the table of kinds of `checking.md`, written
out anew. To find all plans of k + 1 faults it runs each plan of k faults, looks at what the run touched
after the last fault struck, puts each kind of fault there that may stand there, and keeps what, when run,
really strikes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from tasksim import Simulator, StalePlan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tasksim import Trace

RANKS = {
    "close_to_timeout": 0,
    "redeliver": 1,
    "abort": 2,
    "cold": 3,
    "fail": 4,
    "lost_ack": 5,
    "timeout": 6,
    "crash": 7,
    "crash+": 8,
}
"""The default kinds, in the order in which plans are ordered."""

_FALLIBLE = re.compile(
    r"task\.update|task\.trigger|log\.create|log\.update|state\.update_\w+|state\.save|logger\.\w+|effect\..+"
)
_NUMBER = re.compile(r"([0-9]+)\+?\Z")


class Touch(NamedTuple):
    """One touch of the world, as the trace tells of it.

    Attributes:
        name: The checkpoint's name.
        what: What is touched.
        task: The id of the task; empty if it does not exist yet.
        label: What a plan calls the task.
        definition: The id of its definition.
        delivery: How the event was delivered, if this is one.
        is_first: Whether this is the first event of the first task of its definition.
    """

    name: str
    what: str
    task: str
    label: str
    definition: str
    delivery: str = ""
    is_first: bool = False


class Outcome(NamedTuple):
    """What came of one run.

    Attributes:
        trace: Its trace.
        tasks: Each task as its definition's id, its status and its output, in order of triggering.
        effects: The effects as name and key, whatever their order was.
        error: The name of what ended the simulation, if anything did.
        is_stale: Whether a fault of its plan never fired.
    """

    trace: Trace
    tasks: tuple[str, ...]
    effects: tuple[str, ...]
    error: str = ""
    is_stale: bool = False

    @property
    def end(self) -> tuple[object, ...]:
        """What is compared: all but the way."""
        return self.tasks, self.effects, self.error


def outcome_of(sim: Simulator, error: BaseException | None = None) -> Outcome:
    """Return what came of a simulation."""
    tasks = sorted(sim.tasks.list_tasks(limit=100).items, key=lambda task: (task.created_on, task.id))
    return Outcome(
        sim.trace,
        tuple(f"{task.definition_id} {task.status} {task.output}" for task in tasks),
        tuple(sorted(f"{effect.name}[{effect.key}]" for effect in sim.effects)),
        "" if error is None else type(error).__name__,
    )


def run(scenario: Callable[[Simulator], object], plan: str, **settings: object) -> Outcome:
    """Run a scenario under a plan to its end."""
    error, is_stale = None, False
    try:
        with Simulator(plan=plan, freeze=False, **settings) as sim:
            try:
                scenario(sim)
                sim.run_until_idle()
            except Exception as raised:  # noqa: BLE001 - whatever ends a simulation is an outcome
                error = raised
    except StalePlan:
        is_stale = True
    return outcome_of(sim, error)._replace(is_stale=is_stale)


def levels(
    scenario: Callable[[Simulator], object],
    *,
    faults: int,
    factories: frozenset[str] = frozenset(),
    **settings: object,
) -> list[dict[str, Outcome]]:
    """Return all plans of no fault, of one, of two and so on, each with what came of it."""
    found = [{"": run(scenario, "", **settings)}]
    for _ in range(faults):
        grown: dict[str, Outcome] = {}
        for plan, outcome in found[-1].items():
            for fault in next_faults(outcome.trace, plan, factories):
                more = f"{plan} {fault}".strip()
                # A run can be killed after a touch where it can be killed before it.
                if fault.endswith("+") and more[:-1] not in grown:
                    continue
                tried = run(scenario, more, **settings)
                if not tried.is_stale and strikes(tried.trace, fault):
                    grown[more] = tried
        found.append(grown)
    return found


def next_faults(trace: Trace, plan: str, factories: frozenset[str]) -> Iterator[str]:
    """Yield the faults that may come next: at touches after the one at which the last fault struck.

    An event can be delivered again if it ends after that, wherever it began.
    """
    last = plan.rpartition(" ")[2]
    struck, begun = not plan, set()  # a touch is traced after what struck at it, and had begun before
    again = ""  # what delivers the event again that is being handled
    for event, touch in touches(trace):
        if type(event).__name__ in {"EventStarted", "ActPerformed"}:
            if struck and again not in {"", last}:
                yield again
            is_one = touch is not None and touch.delivery != "duplicate"
            again = f"redeliver@{touch.name.replace('event#', '')}" if is_one else ""
        if type(event).__name__ == "FaultFired":
            begun.add(event.checkpoint)
            struck = struck or event.fault == last
        if touch is not None and struck and touch.name not in begun:
            yield from faults_at(touch, factories)
    if struck and again not in {"", last}:
        yield again


def touches(trace: Trace) -> Iterator[tuple[object, Touch | None]]:
    """Yield each event of a trace, and the touch that it tells of."""
    labels, definitions, begun = {}, {}, set()
    for event in trace:
        kind, touch = type(event).__name__, None
        if kind == "TaskTriggered":
            labels[event.task], definitions[event.task] = event.label, event.definition
        of_task = (event.task, labels.get(event.task, ""), definitions.get(event.task, ""))
        if kind == "EventStarted":
            is_first = of_task[2] not in begun
            begun.add(of_task[2])
            touch = Touch(event.checkpoint, "event", *of_task, event.delivery, is_first)
        elif kind == "LogCreated":
            touch = Touch(event.checkpoint, "log.create", *of_task)
        elif kind in {"RecordUpdated", "CheckpointReached"}:
            touch = Touch(event.checkpoint, event.what, *of_task)
        elif kind == "ResultDropped":
            name = f"{of_task[1]}:{event.what}" if of_task[1] else event.what
            touch = Touch(name, event.what.partition("#")[0], *of_task)
        yield event, touch


def faults_at(touch: Touch, factories: frozenset[str]) -> Iterator[str]:
    """Yield each fault that may stand at a touch; one that cannot kill there is told by a run."""
    event = touch.name.replace("event#", "")
    if touch.what == "runtime.is_close_to_timeout":
        yield f"close_to_timeout@{touch.name}"
    if touch.task:
        yield f"abort@{touch.name}"
    if touch.what == "event" and touch.definition in factories and not touch.is_first:
        yield f"cold@{event}"
    if _FALLIBLE.fullmatch(touch.what):
        yield f"fail@{touch.name}"
        yield f"lost_ack@{touch.name}"
    yield f"timeout@{touch.name}"
    yield f"crash@{touch.name}"
    yield f"crash@{touch.name}+"


def strikes(trace: Trace, fault: str) -> bool:
    """Return whether a fault struck, and, if it is to kill a run at once, did so."""
    fired = [event for event in trace if type(event).__name__ == "FaultFired" and event.fault == fault]
    if not fired or not fault.startswith(("timeout@", "crash@")) or fault.endswith("+"):
        return bool(fired)
    places = [event.checkpoint for event in trace if type(event).__name__ == "RunWasKilled"]
    return fired[0].checkpoint in places


# --- reading plans; the keys of effects in these models have no spaces


def kind_of(fault: str) -> str:
    """Return the kind of a fault, `crash+` being one of its own."""
    return fault.partition("@")[0] + ("+" if fault.endswith("+") else "")


def order_of(plan: str) -> tuple[object, ...]:
    """Return what plans are ordered by: how many, of which kinds, at which numbers, and the text."""
    faults = plan.split()
    numbers = [int(_NUMBER.search(fault)[1]) for fault in faults]
    return len(faults), [RANKS[kind_of(fault)] for fault in faults], numbers, plan
