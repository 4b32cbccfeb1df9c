"""abort-honoured: a task that was told of its abort stops, and one that could have asked stops soon."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasksim._explore.judges.resume import how_cut
from tasksim._explore.judges.verdicts import Verdict, listed, times
from tasksim._model.events import (
    AbortRefused,
    CheckpointReached,
    EffectRecorded,
    EventAnswered,
    EventStarted,
    FaultFired,
    RecordUpdated,
    TaskAborted,
    TaskTriggered,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasksim._explore.judges.verdicts import Case
    from tasksim._model.events import TraceEvent

__all__ = ["judge", "lost_by_engine"]


class _After:
    """What a task did after an abort of it was stored.

    Args:
        task: Its id.
        event: The number of the event in which it was aborted.

    Attributes:
        effects: Its effects, until the engine overwrote the abort.
        overwritten: Whether it did.
        told: The checkpoint at which it asked and was told, or None.
        later: Its effects after that.
        answer: What that event answered, or None if it was killed.
        stopped: Whether a later fault made something in that event fail.
        asked_in_vain: The first checkpoint at which it asked and was not told, or None.
    """

    def __init__(self, task: str, event: int) -> None:
        """Nothing has followed yet."""
        self.task = task
        self.effects: list[str] = []
        self.overwritten = False
        self.told: str | None = None
        self.later: list[str] = []
        self.answer: str | None = None
        self.stopped = False
        self.asked_in_vain: str | None = None
        self._event = event
        self._told_in = 0

    def follow(self, event: TraceEvent) -> None:
        """Take in one more event of the task."""
        if isinstance(event, EventStarted):
            self._event = event.n
        elif isinstance(event, TaskTriggered):
            self._take_effect(f"task.trigger[{event.definition}]")
        elif isinstance(event, EffectRecorded):
            if event.hook is None:  # those of hooks are no work of the run
                self._take_effect(event.name if event.key is None else f"{event.name}[{event.key}]")
        elif isinstance(event, CheckpointReached):
            if event.what == "runtime.is_aborted" and self.told is None:
                self._take_question(event)
        elif isinstance(event, RecordUpdated):
            status = event.changes.get("task_status") if event.what == "task.update" else None
            self.overwritten = self.overwritten or status not in (None, "aborted")
        elif self.told is not None and self._event == self._told_in:
            if isinstance(event, EventAnswered) and self.answer is None:
                self.answer = str(event.answer.get("status"))
            self.stopped = self.stopped or _stops(event)

    def _take_question(self, event: CheckpointReached) -> None:
        """Take in that it asked whether it was aborted."""
        if event.data is True:
            self.told, self._told_in = event.checkpoint, self._event
        elif self.asked_in_vain is None:
            self.asked_in_vain = event.checkpoint

    def _take_effect(self, name: str) -> None:
        """Take in an effect, which may be a child that was triggered."""
        if self.told is not None:
            self.later.append(name)
        if not self.overwritten:
            self.effects.append(name)


def _stops(event: TraceEvent) -> bool:
    """Tell whether a fault made something fail; what kills an event leaves it without an answer."""
    return isinstance(event, FaultFired) and event.fault.startswith(("fail@", "lost_ack@"))


def judge(case: Case) -> Verdict | None:
    """Look at each planned abort that was stored.

    (1) Once `is_aborted()` answered true there is no further effect, and that event answers `aborted`.
    (2) At most `abort_within` effects follow the abort. (3) The end `aborted` is demanded where the profile
    keeps an abort, or (1) applied.
    """
    facts = case.facts
    if facts.error is not None or "abort" not in facts.kinds:
        return None
    for after in _planned(facts.events):
        verdict = _of(case, after)
        if verdict is not None:
            return verdict
    return None


def lost_by_engine(case: Case) -> bool:
    """Tell whether a planned abort was overwritten by the engine itself, which is no finding."""
    facts = case.facts
    if "abort" not in facts.kinds or facts.error is not None or facts.engine.profile.abort_stands:
        return False
    found = _planned(facts.events)
    return any(after.overwritten and len(after.effects) <= case.options.abort_within for after in found)


def _of(case: Case, after: _After) -> Verdict | None:
    """Judge what one task did after its abort."""
    facts = case.facts
    task = next(each for each in facts.tasks.values() if each.id == after.task)
    begins = f"{how_cut(facts)}, {task.name!r}"
    told = (("asked", f"{after.told} answered True"),) if after.told else ()
    if after.later:
        told = (*told, ("after", listed(after.later)))
        sentence = (
            f"{begins} did {times(len(after.later), 'effect')} after is_aborted() had told it of its abort."
        )
        return Verdict(sentence, task.id, told)
    if after.told and after.answer not in ("aborted", None) and not after.stopped:
        sentence = f"{begins} answered {after.answer!r} although is_aborted() had told it of its abort."
        return Verdict(sentence, task.id, told)
    most = case.options.abort_within
    if len(after.effects) > most:
        sentence = (
            f"{begins} did {times(len(after.effects), 'effect')} after it was aborted; {most} may follow."
        )
        facts_told = [("after", listed(after.effects))]
        if after.asked_in_vain is not None and after.told is None:
            why = f"{after.asked_in_vain} answered False: a run is told once it has written its task (E9)"
            facts_told.insert(0, ("asked", why))
        return Verdict(sentence, task.id, tuple(facts_told))
    # Elsewhere one that was told, and answered so, ends otherwise only where the engine overwrote its abort.
    if facts.engine.profile.abort_stands and task.status not in ("aborted", "deleted"):
        sentence = f"{begins} ended {task.status!r} although its abort was stored."
        return Verdict(sentence, task.id, told)
    return None


def _planned(events: Iterable[TraceEvent]) -> list[_After]:
    """Return what tasks did after each abort that the plan made and that was stored."""
    found: list[_After] = []
    fired: set[str] = set()
    number: dict[str, int] = {}
    for event in events:
        for after in found:
            if after.task == (event.parent if isinstance(event, TaskTriggered) else event.task):
                after.follow(event)
        if isinstance(event, EventStarted):
            number[event.task] = event.n
        elif isinstance(event, FaultFired) and event.fault.startswith("abort@"):
            fired.add(event.task)
        elif isinstance(event, TaskAborted | AbortRefused) and event.task in fired:
            fired.discard(event.task)
            if isinstance(event, TaskAborted):
                found.append(_After(event.task, number.get(event.task, 0)))
    return found
