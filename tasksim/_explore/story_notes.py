"""What is noted beside a step of a story: that an effect took place again, or after an abort.

This module promises the first few things that a finding is about, by task and checkpoint. It must not know
how they are shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasksim._model.events import (
    CheckpointReached,
    EffectRecorded,
    TaskAborted,
    TaskTriggered,
    checkpoint_name,
)
from tasksim._world.strict_json import canonical_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tasksim._explore.findings import Finding
    from tasksim._model.events import TraceEvent

__all__ = ["notable"]

_MOST = 3
_TRIGGER = "task.trigger"


def notable(finding: Finding, events: Sequence[TraceEvent]) -> dict[tuple[str, str], str]:
    """Return what is to be noted in the run that fails, by the id of a task and a checkpoint of its own."""
    if finding.judge == "abort-honoured":
        found, note = _after_abort(events), "after the abort"
    else:
        found, note = _again(events, set(finding.repeated)), "again"
    return {place: note for place, _ in zip(found, range(_MOST), strict=False)}


def _again(events: Sequence[TraceEvent], repeated: set[str]) -> Iterator[tuple[str, str]]:
    """Iterate over the places at which one of these effects took place once more."""
    seen: set[str] = set()
    for place, text in _effects(events):
        if text in seen and text in repeated:
            yield place
        seen.add(text)


def _effects(events: Sequence[TraceEvent]) -> Iterator[tuple[tuple[str, str], str]]:
    """Iterate over the effects and the triggers of children: where, and which as findings write it."""
    triggers: dict[str, str] = {}
    for event in events:
        if isinstance(event, EffectRecorded):
            text = (
                f"{event.name}[{event.key}]" if event.key is not None else _with_data(event.name, event.data)
            )
            yield _place(event), text
        elif isinstance(event, CheckpointReached) and event.what == _TRIGGER:
            triggers[event.task] = checkpoint_name("", _TRIGGER, None, event.n)
        elif isinstance(event, TaskTriggered) and event.parent in triggers:
            data = {"definition": event.definition, "input": event.input}
            yield (event.parent, triggers[event.parent]), _with_data(_TRIGGER, data)


def _with_data(name: str, data: Mapping[str, object]) -> str:
    """Return an effect without a key, which its data tells from others."""
    return f"{name}{canonical_json(data)}" if data else name


def _place(event: EffectRecorded) -> tuple[str, str]:
    """Return where an effect took place."""
    return event.task, checkpoint_name("", f"effect.{event.name}", event.key, event.n)


def _after_abort(events: Sequence[TraceEvent]) -> Iterator[tuple[str, str]]:
    """Iterate over the places of effects whose task had been aborted before."""
    aborted: set[str] = set()
    for event in events:
        if isinstance(event, TaskAborted):
            aborted.add(event.task)
        elif isinstance(event, EffectRecorded) and event.task in aborted:
            yield _place(event)
