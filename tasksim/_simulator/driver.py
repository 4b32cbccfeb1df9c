"""The driver: takes what is due from the agenda and lets the engine, or an act, handle it.

This module promises that one thing is handled at a time, in the order of the agenda, and that nobody
moves time from inside of it. It must not know how the world was built.
"""

from __future__ import annotations

from collections.abc import Coroutine
from datetime import datetime
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, NamedTuple

from tasksim._engine.core import Delivery
from tasksim._engine.machine import TimeOut, deliver
from tasksim._engine.operations import refuse_dead_call
from tasksim._engine.surroundings import Surroundings
from tasksim._model.events import ActPerformed
from tasksim._simulator.execution import Iteration, iterations_of, untraced_iteration
from tasksim._world.durations import LAST_INSTANT_MS, parse_duration, parse_instant, to_datetime
from tasksim.errors import NeverHappened, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from tasksim._engine.core import Engine
    from tasksim._model.results import Answer
    from tasksim.typing import Duration

__all__ = ["Act", "Driver", "Due"]


class Act(NamedTuple):
    """An act of the outside world, planned with `at` or `every`."""

    name: str
    call: Callable[[], object]
    period_ms: int = 0
    left: int | None = 1


class Due(NamedTuple):
    """What is due next: `what` is a task's id or an act's name."""

    at: datetime
    what: str


class Driver:
    """Moves the time of one engine; `Simulator` documents its methods.

    Args:
        engine: The engine.
        watch: Entered around each event that is handled: strict mode looks on there.
    """

    __slots__ = ("_engine", "_surroundings", "_watch")

    def __init__(self, engine: Engine, watch: AbstractContextManager[object] | None = None) -> None:
        """Nothing is handled yet."""
        self._engine = engine
        self._surroundings = Surroundings(engine)
        self._watch = watch

    def advance(self, duration: Duration) -> None:
        """Handle every event due within `duration`, then stand exactly there."""
        self._engine.refuse_inside("advance()")
        target = self._engine.clock.now_ms + parse_duration(duration, name="duration")
        self._refuse_beyond(target, f"advance({duration!r:.60})")
        agenda = self._engine.agenda
        with self._surroundings:
            while (entry := agenda.peek()) is not None and entry.at_ms <= target:
                self._handle_next()
        self._engine.clock.move_to(target)

    def run_next(self) -> Iteration | Act | None:
        """Handle the next due event and return what finished, or None at idle."""
        engine = self._engine
        engine.refuse_inside("run_next()")
        while (entry := engine.agenda.peek()) is not None:
            before, handled = len(engine.events or ()), engine.handled
            began_ms = max(entry.at_ms, engine.clock.now_ms)
            with self._surroundings:
                item, answer = self._handle_next()
            if isinstance(item, Act):
                return item
            if isinstance(item, TimeOut) or engine.handled == handled:
                continue  # a machine ended by a limit of the host: no event was handled
            if engine.events is not None:
                return iterations_of(engine.events[before:], item.life.task_id)[0]
            return untraced_iteration(item, answer, engine.clock.now_ms - began_ms)
        return None

    def step(self) -> None:
        """Handle the next due event without saying how it went; there is one."""
        self._engine.refuse_inside("step()")
        with self._surroundings:
            self._handle_next()

    def run_until(self, condition: Callable[[], object]) -> None:
        """Handle events until the condition is true."""
        self._engine.refuse_inside("run_until()")
        if not callable(condition):
            raise UsageError(
                f"run_until() got {condition!r:.60}.", way_out="Pass a function without arguments."
            )
        while not _refuse_async(condition(), "The condition of run_until()"):
            if not len(self._engine.agenda):
                now = to_datetime(self._engine.clock.wall_ms).isoformat()
                raise NeverHappened(
                    f"run_until() reached idle at {now} and its condition was never true.",
                    facts=[f"{life.task_id}: machine {life.state}" for life in self._engine.lives.values()][
                        -5:
                    ],
                    way_out="Look at sim.trace.text() for what happened instead.",
                )
            with self._surroundings:
                self._handle_next()

    def run_until_idle(self) -> None:
        """Handle events until nothing is due."""
        self._engine.refuse_inside("run_until_idle()")
        agenda = self._engine.agenda
        with self._surroundings:
            while not agenda.idle:
                self._handle_next()

    def next_event(self) -> Due | None:
        """Return what is due next and when, or None at idle."""
        entry = self._engine.agenda.peek()
        if entry is None:
            return None
        clock = self._engine.clock
        item = entry.item
        what = item.name if isinstance(item, Act) else item.life.task_id
        return Due(to_datetime(clock.wall_at(max(entry.at_ms, clock.now_ms))), what)

    def at(self, when: Duration | datetime, call: Callable[[], object]) -> None:
        """Plan an act."""
        refuse_dead_call(self._engine)
        clock = self._engine.clock
        if isinstance(when, datetime) or (isinstance(when, str) and "T" in when):
            at_ms = parse_instant(when, name="when") - clock.wall_ms + clock.now_ms
            if at_ms < clock.now_ms:
                raise UsageError(
                    f"at() got {when!r}, which is before now.",
                    way_out=f"Pass a time from {to_datetime(clock.wall_ms)!r} on.",
                )
        else:
            at_ms = clock.now_ms + parse_duration(when, name="when")
            self._refuse_beyond(at_ms, f"at({when!r:.60})")
        self._engine.agenda.push(at_ms, Act(_name_of(call), call))

    def every(self, period: Duration, call: Callable[[], object], times: int | None) -> None:
        """Plan an act again and again."""
        refuse_dead_call(self._engine)
        period_ms = parse_duration(period, name="period", allow_zero=False)
        if times is not None and (type(times) is not int or times < 1):
            raise UsageError(
                f"every() got times={times!r}.", way_out="Pass a whole number from 1 on, or nothing."
            )
        at_ms = self._engine.clock.now_ms + period_ms
        self._refuse_beyond(at_ms, f"every({period!r:.60})")
        act = Act(_name_of(call), call, period_ms, times)
        self._engine.agenda.push(at_ms, act, endless=times is None)

    def _refuse_beyond(self, at_ms: int, what: str) -> None:
        """Refuse a time that no date can show."""
        clock = self._engine.clock
        if clock.wall_at(at_ms) > LAST_INSTANT_MS:
            raise UsageError(
                f"{what} is after the year 9999, where dates end.",
                facts=(f"now: {to_datetime(clock.wall_ms).isoformat()}",),
                way_out="Write a shorter time, or begin earlier: Simulator(start=...).",
            )

    def _handle_next(self) -> tuple[Delivery | TimeOut | Act, Answer | None]:
        """Take what is due next, move the clock to it and handle it; return it, with an event's answer."""
        engine = self._engine
        if engine.faults is not None:
            engine.faults.choose(engine)
        self._refuse_beyond(engine.agenda.next_ms(), "What is due next")
        at_ms, item = engine.agenda.pop()
        engine.clock.move_to(at_ms)
        answer = None
        if isinstance(item, Delivery):
            if self._watch is None:
                answer = deliver(engine, item)
            else:
                with self._watch:
                    answer = deliver(engine, item)
        elif isinstance(item, TimeOut):
            item.happen(engine)
        else:
            self._perform(at_ms, item)
        return item, answer

    def _perform(self, at_ms: int, act: Act) -> None:
        """Perform an act, and plan it again if it repeats."""
        left = None if act.left is None else act.left - 1
        if act.period_ms and left != 0:
            self._engine.agenda.push(at_ms + act.period_ms, act._replace(left=left), endless=left is None)
        engine = self._engine
        engine.count_event(f"act {act.name!r}")
        engine.emit(ActPerformed, "", act.name)
        engine.acting = act.name
        try:
            _refuse_async(act.call(), f"The act {act.name!r}")
        finally:
            engine.acting = None


def _refuse_async(answer: object, what: str) -> object:
    """Return the answer of a plain function; an awaitable would be taken for true and never run."""
    if isawaitable(answer):
        if isinstance(answer, Coroutine):
            answer.close()
        raise UsageError(f"{what} is async.", way_out="Pass a plain function.")
    return answer


def _name_of(call: Any) -> str:
    """Return a name for an act that is the same in every process."""
    if not callable(call):
        raise UsageError(f"{call!r:.60} cannot be called.", way_out="Pass a function without arguments.")
    name = getattr(call, "__name__", type(call).__name__)
    return "act" if name == "<lambda>" else str(name)
