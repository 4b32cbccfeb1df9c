"""How effects are told: in the row of their checkpoint, which says if they did not happen.

This module promises that a reader sees which effects took place, and in which order. It must not know
columns or widths.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasksim._model.events import (
    CheckpointReached,
    EffectRecorded,
    EventAnswered,
    MachineEnded,
    RunWasKilled,
)
from tasksim._trace.describe import TOOK_PLACE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasksim._model.events import TraceEvent
    from tasksim._trace.story import Story

__all__ = ["effect_recorded", "is_prevented", "place", "places_of_effects"]

_ENDS = (EventAnswered, RunWasKilled, MachineEnded)
"""What ends the handling of an event."""


def place(event: EffectRecorded | CheckpointReached | RunWasKilled) -> tuple[str, str]:
    """Return what is the same for a checkpoint, the effect that took place there, and a kill after it."""
    return event.task, event.checkpoint


def places_of_effects(events: Iterable[TraceEvent]) -> set[tuple[str, str]]:
    """Return where effects took place."""
    return {place(event) for event in events if isinstance(event, EffectRecorded)}


def effect_recorded(story: Story, event: EffectRecorded) -> None:
    """Tell that an effect took place, unless the row before, of its checkpoint, stands for it."""
    name = story.name(event, event.checkpoint)
    last = story.rows[-1] if story.rows else None
    if last is None or last.name != name:
        like = (f"effect.{event.name}", event.key, TOOK_PLACE)
        story.add(event, name, (TOOK_PLACE,), like=like)


def is_prevented(story: Story, event: CheckpointReached) -> bool:
    """Whether a checkpoint is that of an effect which did not take place, and will not any more."""
    if not event.what.startswith("effect.") or place(event) in story.effects:
        return False
    around = story.open
    if around is None:
        return True
    return any(isinstance(later, _ENDS) and later.task == around.task for later in story.later())
