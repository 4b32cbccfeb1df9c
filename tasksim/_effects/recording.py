"""The recording of effects: every effect of a simulation, in the order in which they took place.

This module promises that an effect is written if and only if it took place, in the ledger and in the trace,
and that each is a checkpoint, `effect.NAME[key]#n`, at which faults can strike. It must not know who reads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tasksim._effects.bracket import OUTSIDE, Bracket, EffectBracket
from tasksim._effects.given import check_contract, check_name, key_text
from tasksim._model.events import EffectRecorded, checkpoint_name
from tasksim._world.strict_json import checked_copy
from tasksim.errors import EffectFailed, UsageError

if TYPE_CHECKING:
    from tasksim._effects.given import Failure
    from tasksim._engine.core import After, Engine, Life

__all__ = ["Effect", "Recording"]


class Effect(NamedTuple):
    """One effect that took place.

    Attributes:
        name: Its name.
        key: Which of that name, as text; None where there is only one.
        data: What else was recorded, JSON; not to be changed.
        contract: The contract that was declared, or None.
        task: The id of the task that did it; empty in `on_before_trigger`, where it has none yet.
        label: What a plan calls that task, as in `job.2`; empty for the first.
        event: The number of that task's event, or 0 where it was none: in `on_before_trigger`, and in
            `on_abort`, which is part of somebody else's act.
        n: Which touch of this name and key it is in the task's whole life. A touch that failed, or
            whose body did, counts too.
        at_ms: Monotonic time.
        hook: The hook that did it, or None if it was `run`.
    """

    name: str
    key: str | None
    data: dict[str, Any]
    contract: str | None
    task: str
    label: str
    event: int
    n: int
    at_ms: int
    hook: str | None

    @property
    def checkpoint(self) -> str:
        """Its checkpoint, to be named in a plan, as in `effect.publish["a"]#1`."""
        return checkpoint_name(self.label, f"effect.{self.name}", self.key, self.n)


class Recording:
    """What the engine, and whoever makes brackets, knows of the effects.

    Attributes:
        engine: Whose effects these are.
        entries: Those that took place so far, in order.
    """

    __slots__ = ("_last", "engine", "entries")

    def __init__(self, engine: Engine) -> None:
        """Begin an empty ledger, and be the engine's."""
        self.engine = engine
        self.entries: list[Effect] = []
        self._last: tuple[Any, ...] = ()
        engine.ledger = self

    def of(self, task_id: str) -> list[Effect]:
        """Return the effects of one task, in order."""
        return [effect for effect in self.entries if effect.task == task_id]

    def begin(
        self,
        name: str,
        key: object,
        contract: str | None,
        data: dict[str, Any],
        failure: Failure | None = None,
    ) -> Bracket:
        """Record an effect: touch the world, write the entry, and leave what comes after it pending.

        Args:
            name: Its name.
            key: Which of that name.
            contract: As declared.
            data: What else there is to compare.
            failure: What makes the exception of a planned failure; `EffectFailed` if None.
        """
        engine = self.engine
        try:
            check_name(name, "effects.record()", 'record("publish")')
            check_contract(name, contract)
            key_ = key_text(name, key)
            copy = checked_copy(data, f"data of {name!r}") if data else {}
        except UsageError as error:
            raise engine.misused(error) from None
        life, scope = engine.caller, engine.caller_scope
        if life is None:
            return OUTSIDE
        engine.strike_pending()  # what it raises is not this effect's
        what = f"effect.{name}"
        # Counted before the touch: an event, or an abort, inside it may count on.
        n = life.counters.get(what if key_ is None else (what, key_), 0) + 1
        event = scope.event if scope is not None and scope.life is life else 0
        after = self._touch(life, what, key_, copy, failure)
        now_ms = engine.clock.now_ms
        effect = Effect(name, key_, copy, contract, life.task_id, life.label, event, n, now_ms, engine.hook)
        self.write(effect)
        bracket = EffectBracket(self, effect, after, failure)
        engine.pending = bracket
        return bracket

    def _touch(
        self, life: Life, what: str, key: str | None, data: dict[str, Any], failure: Failure | None
    ) -> After | None:
        """Touch the world; a planned failure is what the fake declares."""
        try:
            return self.engine.touch(life, self.engine.caller_scope, what, key, data or None)
        except EffectFailed as error:
            if failure is None:
                raise
            raise failure(str(error)) from error

    def write(self, effect: Effect) -> None:
        """Write an effect that takes place now."""
        name, key, data, contract, task, label, _, n, at_ms, hook = effect
        self.entries.append(effect)
        self._last = (EffectRecorded, at_ms, task, label, name, key, n, contract, data, hook)
        self.engine.record(self._last)

    def take_back(self) -> bool:
        """Take back the effect written last: its bracket was opened; False if something happened since."""
        events = self.engine.events
        if events is not None and not events.take_back(self._last):
            return False
        self.entries.pop()
        return True
