"""What became of each task, as far as the events tell.

This module promises an outcome for every task that any event belongs to. It must not know how that
is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tasksim._model.events import (
    EventAnswered,
    EventStarted,
    MachineEnded,
    RecordUpdated,
    TaskDeleted,
    TaskTriggered,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasksim._model.events import TraceEvent

__all__ = ["Outcome", "Outcomes"]


@dataclass(slots=True)
class Outcome:
    """What became of one task.

    Attributes:
        id: Its id.
        began_ms: When it was first heard of.
        ended_ms: When its machine ended, or it was last heard of.
        label: What stands before its checkpoints in a plan, perhaps nothing.
        definition: The id of its definition, if it was triggered.
        status: Its stored status, if an event tells, or `deleted`.
        iterations: As stored.
        output: As stored.
        machine: The state in which its machine ended, if it did.
        waits_until_ms: When its next event is due, if it waits.
    """

    id: str
    began_ms: int
    ended_ms: int
    label: str = ""
    definition: str = ""
    status: str = ""
    iterations: int = 0
    output: dict[str, Any] | None = None
    machine: str = ""
    waits_until_ms: int | None = None

    @property
    def error(self) -> dict[str, Any] | None:
        """The stored error of a failed task."""
        error = (self.output or {}).get("error")
        return error if self.status == "failed" and isinstance(error, dict) else None


class Outcomes(dict[str, Outcome]):
    """The outcome of each task by its id, in the order in which they were first heard of."""

    @classmethod
    def of(cls, events: Iterable[TraceEvent]) -> Outcomes:
        """Return the outcomes that these events tell."""
        outcomes = cls()
        for event in events:
            outcomes.see(event)
        return outcomes

    def only(self, ids: Iterable[str]) -> Outcomes:
        """Return the outcomes of these tasks, in their order."""
        return Outcomes({id_: outcome for id_, outcome in self.items() if id_ in list(ids)})

    def see(self, event: TraceEvent) -> None:
        """Take in one more event."""
        if not event.task:
            return
        outcome = self.get(event.task)
        if outcome is None:
            outcome = self[event.task] = Outcome(event.task, event.at_ms, event.at_ms)
        if not outcome.machine:
            outcome.ended_ms = event.at_ms
        outcome.label = getattr(event, "label", outcome.label)
        if isinstance(event, TaskTriggered):
            outcome.definition = event.definition
            outcome.status = "pending"
        elif isinstance(event, RecordUpdated) and event.what == "task.update":
            outcome.status = event.changes.get("task_status", outcome.status)
            outcome.iterations = event.changes.get("iterations", outcome.iterations)
            outcome.output = event.changes.get("output", outcome.output)
        elif isinstance(event, EventStarted):
            outcome.waits_until_ms = None
        elif isinstance(event, EventAnswered) and event.answer.get("wait"):
            outcome.waits_until_ms = event.at_ms + round(event.answer["wait"] * 1000)
        elif isinstance(event, MachineEnded):
            outcome.machine = event.state
            outcome.waits_until_ms = None
        elif isinstance(event, TaskDeleted):
            outcome.status = "deleted"
