"""bounded-state: what a task stores does not grow with each event that brings nothing about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasksim._explore.judges.resume import how_cut
from tasksim._explore.judges.verdicts import Verdict
from tasksim._model.events import EffectRecorded, EventStarted, RecordUpdated, RunStarted, TaskTriggered
from tasksim._world.strict_json import canonical_json, json_size

if TYPE_CHECKING:
    from tasksim._explore.facts import TaskFacts
    from tasksim._explore.judges.verdicts import Case

__all__ = ["judge"]

_MOST_BYTES = 237_568
_EVENTS = 50


def judge(case: Case) -> Verdict | None:
    """Look at the stored input, and at input plus log over events without a new effect.

    It is asked of the uncut run and of the progress run: those go through all events that a task has.
    """
    facts = case.facts
    if facts.error is not None:
        return None
    for task in facts.tasks.values():
        record = facts.engine.store.task(task.id)
        size = 0 if record is None else json_size(record.input)
        if size > _MOST_BYTES:
            has = f"has {size:,} bytes, over {_MOST_BYTES:,}"
            sentence = f"{how_cut(facts)}, the stored input of {task.name!r} {has}."
            return Verdict(sentence, task.id)
        if task.events > _EVENTS:
            verdict = _of_growth(case, task)
            if verdict is not None:
                return verdict
    return None


def _of_growth(case: Case, task: TaskFacts) -> Verdict | None:
    """Judge what a task stored from event to event."""
    sizes: list[int] = []
    seen: set[tuple[str, str | None, str]] = set()
    logged, stored, is_new = 0, 0, True
    for event in case.facts.events:
        if isinstance(event, TaskTriggered) and event.parent == task.id:
            is_new = True  # a child is an effect, too
        elif event.task != task.id:
            continue
        if isinstance(event, EventStarted):
            if event.n > 1:
                sizes = _went_on(sizes, stored + logged, is_new=is_new)
                if len(sizes) > _EVENTS:
                    return _grown(case, task, sizes)
            logged, is_new = 0, False
        elif isinstance(event, RunStarted):
            stored = json_size(event.input)
        elif isinstance(event, EffectRecorded):
            data = canonical_json(event.data) if event.key is None else ""
            is_new = is_new or (event.name, event.key, data) not in seen
            seen.add((event.name, event.key, data))
        elif isinstance(event, RecordUpdated) and event.what == "log.update":
            size = json_size(event.changes["items"])
            logged = logged + size if event.changes.get("appended") else size
    return None


def _went_on(sizes: list[int], size: int, *, is_new: bool) -> list[int]:
    """Return the sizes of a growing series with one more, or of one that begins anew."""
    if is_new:
        return []
    return [*sizes, size] if not sizes or size > sizes[-1] else [size]


def _grown(case: Case, task: TaskFacts, sizes: list[int]) -> Verdict:
    """Say how much was stored."""
    sentence = (
        f"{how_cut(case.facts)}, input and log of {task.name!r} grew in each of {_EVENTS} events without a "
        f"new effect, from {sizes[0]:,} to {sizes[-1]:,} bytes."
    )
    return Verdict(sentence, task.id)
