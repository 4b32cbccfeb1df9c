"""Trace events: what happened, frozen, in the past tense.

Every event has a sequence number, the monotonic time in milliseconds and the id of the task
it belongs to (empty where it belongs to none). The engine emits them; timelines, logs,
reports and judges read them. JSON values inside are shared with the store and never changed.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

__all__ = [
    "CHECKPOINTS",
    "EVENT_KINDS",
    "AbortRefused",
    "ActPerformed",
    "CheckpointReached",
    "CrashSwallowed",
    "DataSimplified",
    "EffectRecorded",
    "EventAnswered",
    "EventStarted",
    "ExceptionRaised",
    "FaultFired",
    "FaultPlanned",
    "HookFailed",
    "LogCreated",
    "MachineEnded",
    "Noted",
    "RecordUpdated",
    "RecordsSeeded",
    "ResultDropped",
    "RunStarted",
    "RunWasKilled",
    "SimulationStarted",
    "TaskAborted",
    "TaskDeleted",
    "TaskTriggered",
    "TraceEvent",
    "TriggerRefused",
    "checkpoint_name",
]


def checkpoint_name(label: str, what: str, key: str | None, n: int) -> str:
    """Render `[task:]what[key]#n`; the key is a JSON string."""
    prefix = f"{label}:" if label else ""
    if key is None:
        return f"{prefix}{what}#{n}"
    return f"{prefix}{what}[{_json_string(key)}]#{n}"


def _json_string(text: str) -> str:
    """Return `text` as a JSON string."""
    import json  # noqa: PLC0415 - only keyed checkpoints need it

    return json.dumps(text, ensure_ascii=False)


class SimulationStarted(NamedTuple):
    """A world was made, with these settings; always the first event."""

    seq: int
    at_ms: int
    task: str
    profile: str
    start_ms: int
    seed: int
    budget_ms: int
    close_limit_ms: int
    tick_ms: int
    on_crash: str
    plan: str


class RecordsSeeded(NamedTuple):
    """Records were stored as given."""

    seq: int
    at_ms: int
    task: str
    tasks: int
    logs: int


class TaskTriggered(NamedTuple):
    """A task was created and handed to the state machine (T2)."""

    seq: int
    at_ms: int
    task: str
    label: str
    definition: str
    name: str
    parent: str | None
    input: dict[str, Any]
    delay: float


class TriggerRefused(NamedTuple):
    """A trigger failed and stored nothing (T3, T4, T6)."""

    seq: int
    at_ms: int
    task: str
    definition: str
    error: dict[str, Any]


class EventStarted(NamedTuple):
    """The state machine delivered an event; `delivery` is first, retry, redelivery or duplicate."""

    seq: int
    at_ms: int
    task: str
    label: str
    n: int
    delivery: str
    delay: float
    deadline_ms: int

    @property
    def checkpoint(self) -> str:
        """The checkpoint's name, `event#n`."""
        return checkpoint_name(self.label, "event", None, self.n)


class LogCreated(NamedTuple):
    """A log record was created (E2)."""

    seq: int
    at_ms: int
    task: str
    label: str
    n: int
    log: str
    iteration: int

    @property
    def checkpoint(self) -> str:
        """The checkpoint's name, `log.create#n`."""
        return checkpoint_name(self.label, "log.create", None, self.n)


class RecordUpdated(NamedTuple):
    """A record was updated: `what` is task.update or log.update, `write` its number in this world."""

    seq: int
    at_ms: int
    task: str
    label: str
    what: str
    n: int
    write: int
    changes: dict[str, Any]

    @property
    def checkpoint(self) -> str:
        """The checkpoint's name."""
        return checkpoint_name(self.label, self.what, None, self.n)


class RunStarted(NamedTuple):
    """`run` was called with this input (E7)."""

    seq: int
    at_ms: int
    task: str
    iteration: int
    input: dict[str, Any]


class CheckpointReached(NamedTuple):
    """The task touched the world; `data` is the answer or what was given."""

    seq: int
    at_ms: int
    task: str
    label: str
    what: str
    key: str | None
    n: int
    data: Any

    @property
    def checkpoint(self) -> str:
        """The checkpoint's name."""
        return checkpoint_name(self.label, self.what, self.key, self.n)


class EffectRecorded(NamedTuple):
    """An effect took place, in `run` or in a hook; its checkpoint was reached before."""

    seq: int
    at_ms: int
    task: str
    label: str
    name: str
    key: str | None
    n: int
    contract: str | None
    data: dict[str, Any]
    hook: str | None

    @property
    def checkpoint(self) -> str:
        """The checkpoint's name, `effect.NAME[key]#n`."""
        return checkpoint_name(self.label, f"effect.{self.name}", self.key, self.n)


class ExceptionRaised(NamedTuple):
    """User code raised: `where` is run, a hook's name or `validation`."""

    seq: int
    at_ms: int
    task: str
    where: str
    kind: str
    message: str


class HookFailed(NamedTuple):
    """A hook raised; the result stands (H2, H3)."""

    seq: int
    at_ms: int
    task: str
    hook: str
    error: dict[str, Any]


class DataSimplified(NamedTuple):
    """Error data that was not JSON became its text."""

    seq: int
    at_ms: int
    task: str
    where: str


class ResultDropped(NamedTuple):
    """An abort stood, so a write of the engine was dropped (S7)."""

    seq: int
    at_ms: int
    task: str
    what: str


class EventAnswered(NamedTuple):
    """The event ended with this answer."""

    seq: int
    at_ms: int
    task: str
    answer: dict[str, Any]


class MachineEnded(NamedTuple):
    """The state machine of the task ended in this state."""

    seq: int
    at_ms: int
    task: str
    state: str


class TaskAborted(NamedTuple):
    """An abort was stored (A2)."""

    seq: int
    at_ms: int
    task: str
    message: str


class AbortRefused(NamedTuple):
    """An abort failed (A1, A2, H3)."""

    seq: int
    at_ms: int
    task: str
    error: dict[str, Any]


class TaskDeleted(NamedTuple):
    """A task was deleted."""

    seq: int
    at_ms: int
    task: str


class FaultPlanned(NamedTuple):
    """A fault, or an interruption in words, was planned while the simulation was under way."""

    seq: int
    at_ms: int
    task: str
    fault: str


class FaultFired(NamedTuple):
    """A planned fault struck."""

    seq: int
    at_ms: int
    task: str
    fault: str
    checkpoint: str


class RunWasKilled(NamedTuple):
    """The run was killed at this checkpoint; from here on it is dead."""

    seq: int
    at_ms: int
    task: str
    reason: str
    checkpoint: str


class CrashSwallowed(NamedTuple):
    """A killed run caught what killed it and went on, touching the world this often."""

    seq: int
    at_ms: int
    task: str
    touches: int


class ActPerformed(NamedTuple):
    """An act of the outside world, planned with `at` or `every`, was performed."""

    seq: int
    at_ms: int
    task: str
    name: str


class Noted(NamedTuple):
    """Something that whoever reads the timeline should know."""

    seq: int
    at_ms: int
    task: str
    text: str


TraceEvent: TypeAlias = (
    SimulationStarted
    | RecordsSeeded
    | TaskTriggered
    | TriggerRefused
    | EventStarted
    | LogCreated
    | RecordUpdated
    | RunStarted
    | CheckpointReached
    | EffectRecorded
    | ExceptionRaised
    | HookFailed
    | DataSimplified
    | ResultDropped
    | EventAnswered
    | MachineEnded
    | TaskAborted
    | AbortRefused
    | TaskDeleted
    | FaultPlanned
    | FaultFired
    | RunWasKilled
    | CrashSwallowed
    | ActPerformed
    | Noted
)

CHECKPOINTS = (EventStarted, LogCreated, RecordUpdated, CheckpointReached)
"""The kinds that stand for a checkpoint; each has its name as `.checkpoint`."""

EVENT_KINDS: dict[str, type[TraceEvent]] = {kind.__name__: kind for kind in TraceEvent.__args__}
"""Every kind by its name, as JSON lines write it."""
