"""The uncut run elsewhere: with another start and seed, and with time that passes.

This module promises that what depends on when and where a run takes place is never taken for a finding: it
is listed, and not compared; an effect's key must not. It must not know how cut runs are compared.
"""

from __future__ import annotations

import json
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from tasksim._explore.comparing import any_item, differing
from tasksim._explore.facts import TRIGGER
from tasksim._explore.watching import Watcher
from tasksim._faults.plan import Plan
from tasksim._faults.token import UNSET
from tasksim._model.events import CheckpointReached
from tasksim.errors import BaselineFailed, NondeterministicScenario, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasksim._explore.facts import Facts, TaskFacts, TaskKey
    from tasksim._explore.laboratory import Laboratory

__all__ = ["end_of", "find_volatile"]

_START = "2031-07-05T13:17:11Z"
_SEEDS = (7_919, 7_907)
_QUESTIONS = ("runtime.is_aborted", "runtime.is_close_to_timeout")


def end_of(task: TaskFacts) -> tuple[TaskKey, str, str]:
    """Return how a task ended; one that cleaned itself up succeeded, if its machine says so."""
    is_done = task.status == "deleted" and task.machine == "Done"
    return task.key, "success" if is_done else task.status, task.machine


def find_volatile(lab: Laboratory, first: Facts) -> tuple[str, ...]:
    """Run it with another start and seed, and a tick if it can; return the paths that differ.

    Raises:
        BaselineFailed: It ends otherwise there, also where it keeps the start or seed that was asked for.
        NondeterministicScenario: The key of an effect is another.
    """
    ends = [end_of(task) for task in first.tasks.values()]
    refusals: list[BaselineFailed] = []
    for other in _elsewhere(lab):
        try:
            there = _run_elsewhere(lab, first, ends, other)
        except UsageError as error:
            refusals.append(_refusal(lab, str(error.__cause__ or error), error))
            continue
        if there.error is None and [end_of(task) for task in there.tasks.values()] == ends:
            _refuse_other_keys(lab, first, there)
            return _volatile(lab, first, there)
        refusals.append(_refusal(lab, _told(there, ends), there.error))
    raise refusals[0]


def _refusal(lab: Laboratory, why: str, cause: BaseException | None) -> BaselineFailed:
    """Return the error of a target that ends otherwise elsewhere."""
    refusal = BaselineFailed(
        f"The uncut run of {lab.target.name!r} ends otherwise with another start and seed.",
        facts=why.splitlines()[:4],
        way_out="Let it depend on neither, or pass the start= and seed= that it needs.",
    )
    refusal.__cause__ = cause
    return refusal


def _elsewhere(lab: Laboratory) -> Iterator[dict[str, Any]]:
    """Iterate over other settings; what was asked for is kept only if all else was tried."""
    seed = next(seed for seed in _SEEDS if seed != lab.settings().seed)
    other: dict[str, Any] = {"start": _START, "seed": seed}
    yield other
    given = [name for name in other if lab.world.get(name) is not None]
    for kept in given:
        yield {name: value for name, value in other.items() if name != kept}
    if len(given) == len(other):
        yield {}


def _run_elsewhere(lab: Laboratory, first: Facts, ends: list[Any], other: dict[str, Any]) -> Facts:
    """Run it with other settings, and a tick unless that changes how it ends or what it is answered."""
    if not lab.world.get("tick"):
        ticking = lab.run(Watcher(Plan(), most_events=100_000), tick="1ms", **other)
        its = [end_of(task) for task in ticking.tasks.values()]
        if ticking.error is None and its == ends and _answers(ticking) == _answers(first):
            return ticking
    return lab.run(Watcher(Plan(), most_events=100_000), **other)


def _told(there: Facts, ends: list[Any]) -> str:
    """Return how a run ended otherwise."""
    if there.error is not None:
        return str(there.error)
    task = next((task for task in there.tasks.values() if end_of(task) not in ends), None)
    return "other tasks are triggered" if task is None else f"{task.name} ends {task.status!r} there"


def _answers(facts: Facts) -> list[tuple[str, object]]:
    """Return the answers to the questions that a run asked."""
    return [
        (event.checkpoint, event.data)
        for event in facts.events
        if isinstance(event, CheckpointReached) and event.what in _QUESTIONS
    ]


def _volatile(lab: Laboratory, first: Facts, other: Facts) -> tuple[str, ...]:
    """Return the paths at which outputs, effect data and state differ, each once."""
    pairs = [
        (f"effects.{mine.name}", mine.data, its.data)
        for mine, its in zip(first.effects, other.effects, strict=True)
    ]
    pairs += [("output", task.output, other.tasks[key].output) for key, task in first.tasks.items()]
    pairs += [
        (f"effects.{TRIGGER}", {"input": mine.input}, {"input": its.input})
        for mine, its in zip(first.triggered.values(), other.triggered.values(), strict=False)
        if mine.parent
    ]
    if first.state is not UNSET:
        pairs.append(("state", first.state, other.state))
    seen = lab.comparer.seen
    paths = [
        f"{of}{any_item(path)}"
        for of, mine, its in pairs
        if differing(seen(of, mine), seen(of, its))
        for path in differing(mine, its)
    ]
    return tuple(dict.fromkeys(paths))


def _refuse_other_keys(lab: Laboratory, first: Facts, other: Facts) -> None:
    """Refuse effects whose keys depend on the start or the seed: nothing could be counted by them."""
    keys = [(effect.name, effect.key) for effect in first.effects]
    others = [(effect.name, effect.key) for effect in other.effects]
    for at, (one, another) in enumerate(zip_longest(keys, others)):
        if one != another:
            raise NondeterministicScenario(
                f"An effect of {lab.target.name!r} has another key when the start or the seed is another.",
                facts=(f"effect {at}: {_effect(one)}, and {_effect(another)}",),
                way_out="Give it a key that comes from the input, as an id; put the rest into its data.",
            )


def _effect(named: tuple[str, str | None] | None) -> str:
    """Return an effect's name and key as text."""
    if named is None:
        return "none"
    name, key = named
    return name if key is None else f"{name}[{json.dumps(key, ensure_ascii=False)}]"
