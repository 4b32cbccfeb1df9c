"""The owner: one simulation, and the one thread that touches it.

Whoever wants something done leaves it in a queue and gets a future. This module promises that one thing is
done at a time, that what was asked for is done once or, if cancelled before its turn, not at all, and that
what a task's code raises ends neither the thread nor the simulation. It must not know HTTP or GraphQL.

Where time is real, the thread waits between events and, inside of one, wherever time passes; while it waits
it goes on doing what is asked for, as the outside world does in the middle of a run.
"""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from tasksim._engine.machine import outside
from tasksim._world.real_time import real_ms
from tasksim.errors import UsageError
from tasksim.graphql._serving.goals import Goal
from tasksim.graphql._serving.pace import WorldTime

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tasksim._model.events import TraceEvent
    from tasksim._simulator.simulator import Simulator
    from tasksim.graphql._serving.goals import Moved
    from tasksim.graphql._serving.pace import Pace

    T = TypeVar("T")

__all__ = ["Busy", "Owner", "WorldClosed"]

_LINGER_SECONDS = 1.0


class WorldClosed(UsageError):
    """A world does nothing more: its server ends, or it was begun anew."""


class Busy(NamedTuple):
    """What the thread is at, and since when in real milliseconds."""

    what: str
    since_ms: int


class _Command:
    """Something to be done, and the future of its answer."""

    __slots__ = ("future", "work")

    def __init__(self, work: Callable[[Simulator], Any]) -> None:
        self.work = work
        self.future: Future[Any] = Future()


class Owner:
    """Owns one simulation from its first command on.

    Args:
        sim: The simulation; nobody else may touch it while something is asked for.
        pace: How real time moves it.
        on_events: Called on the thread with what happened, in order; None if nobody wants to hear.
        on_raised: Called on the thread with what came out of a task and nobody asked for.
    """

    def __init__(
        self,
        sim: Simulator,
        pace: Pace,
        *,
        on_events: Callable[[Sequence[TraceEvent]], None] | None,
        on_raised: Callable[[BaseException], None],
    ) -> None:
        """Own it; nothing moves before `start` or the first command."""
        self.sim = sim
        self.pace = pace
        self.busy: Busy | None = None
        self._on_events = on_events
        self._on_raised = on_raised
        self._engine = sim._engine  # noqa: SLF001 - it stands where the driver stands
        self._clock = self._engine.clock
        self._queue: SimpleQueue[_Command] = SimpleQueue()
        self._goals: deque[Goal] = deque()
        self._turn = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_closed = False
        self._doing: _Command | None = None
        self._told = len(self._engine.events or ())
        self._time = WorldTime(self._clock, pace)

    # --- for every thread

    def start(self) -> None:
        """Let time begin to move, if it moves by itself."""
        with self._turn:
            self._time.rebase()
            self._ensure_thread()

    def do(self, work: Callable[[Simulator], T]) -> Future[T]:
        """Have something done to the simulation, after what was asked for before."""
        command = _Command(work)
        self._put(command)
        return command.future

    def advance(self, ms: int) -> Future[Moved]:
        """Move time by so many milliseconds from where it stands when its turn comes."""
        return self._move(ms, None)

    def run_next(self) -> Future[Moved]:
        """Move time to the next event and handle it; at the end of the one under way, if there is one."""
        return self._move(None, 1)

    def run_until_idle(self) -> Future[Moved]:
        """Move time on until nothing is due."""
        return self._move(None, None)

    def close(self) -> bool:
        """Do nothing more; what waits is told so. What is under way ends by itself or never: `join` it.

        Returns:
            Whether it was open until now.
        """
        with self._turn:
            was_open = not self._is_closed
            self._is_closed = True
        self._refuse_waiting()
        self._queue.put(_Command(lambda _: None))  # last, so that it wakes the thread
        return was_open

    def join(self, seconds: float) -> None:
        """Wait for the thread to end, but no longer than that; then who waits for it is told so."""
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(seconds)
        doing = self._doing
        if doing is not None:  # a hook may hold it up for ever
            _settle(doing.future, _closed())

    def jump(self) -> None:
        """Handle the next event, wherever it is in time; for what is done on the thread itself."""
        if len(self._engine.agenda):
            self._handle_next(None)

    # --- on the thread, or handing over to it

    def _put(self, command: _Command) -> None:
        with self._turn:
            refused = self._is_closed
            if not refused:
                self._queue.put(command)
                self._ensure_thread()
        if refused:
            _settle(command.future, _closed())

    def _move(self, ms: int | None, events: int | None) -> Future[Moved]:
        """Have time moved: the goal is set when its turn comes."""
        goal = Goal(events)

        def work(_: Simulator) -> None:
            goal.until_ms = None if ms is None else self._clock.now_ms + ms
            goal.handled = 1 if self._engine.inside and events is not None else 0  # the one under way
            self._goals.append(goal)

        def refuse(asked: Future[Any]) -> None:
            error = asked.exception()
            if error is not None:
                _settle(goal.future, error)

        command = _Command(work)
        command.future.add_done_callback(refuse)
        self._put(command)
        return goal.future

    def _ensure_thread(self) -> None:
        if self._thread is None and not self._is_closed:
            self._thread = threading.Thread(target=self._live, name="tasksim world", daemon=True)
            self._thread.start()

    def _live(self) -> None:
        """Do what is asked for and let time move, until closed or, where time stands still, unused."""
        if not self.pace.stands_still:
            self._clock.before_move = self._pause
        while not self._is_closed:
            self._do_waiting()
            if self._goals:
                self._go_on_with(self._goals[0])
            elif not self._wait():
                return

    def _wait(self) -> bool:
        """Wait for a command or what is due next; whether to go on."""
        if self.pace.stands_still:
            if self._do_next(_LINGER_SECONDS):
                return True
            with self._turn:
                is_used = not self._queue.empty()
                self._thread = self._thread if is_used else None
            return is_used
        entry = self._engine.agenda.peek()
        if entry is not None and entry.at_ms <= self._time.target_ms():
            self._time.catch_up(None)
            self._handle_next(None)
            return True
        self._do_next(None if entry is None else self._time.seconds_to(entry.at_ms))
        return True

    def _do_next(self, seconds: float | None, until_ms: int | None = None) -> bool:
        """Wait so long for what is asked for next, and do it; whether there was anything."""
        if self._is_closed:
            return False  # what would wake it may be done already
        try:
            command = self._queue.get(timeout=seconds)
        except Empty:
            return False
        self._do(command, until_ms)
        return True

    def _do_waiting(self, until_ms: int | None = None) -> None:
        """Do what was asked for meanwhile; in the middle of an event that goes on at `until_ms`."""
        while not self._queue.empty():
            self._do(self._queue.get(), until_ms)

    def _do(self, command: _Command, until_ms: int | None = None) -> None:
        """Do one thing, at the time that it is now."""
        if not command.future.set_running_or_notify_cancel():
            return
        before, self._doing = self._doing, command
        self._time.catch_up(until_ms)
        try:
            answer = command.work(self.sim)
        except BaseException as error:  # noqa: BLE001 - it is its asker's
            _settle(command.future, error)
        else:
            _settle(command.future, answer)
        self._doing = before
        self._tell()

    # --- events

    def _handle_next(self, goal: Goal | None) -> None:
        """Handle one event; what comes out of it is told, and the others go on."""
        entry = self._engine.agenda.peek()
        assert entry is not None  # noqa: S101 - whoever calls has looked
        item = entry.item
        self.busy = Busy(item.name if hasattr(item, "name") else item.life.task_id, real_ms())
        try:
            last = None
            if goal is None and self.pace.stands_still:  # nobody asks how it went
                self.sim._driver.step()  # noqa: SLF001 - as above
            else:
                last = self.sim.run_next()
        except BaseException as error:  # noqa: BLE001 - it ends its own task, and nothing else
            self._engine.ended_by = None
            self._tell()  # what led to it comes first
            if goal is not None:
                goal.raised.append(error)
            elif not self._is_closed:
                self._on_raised(error)
        else:
            goal = goal or (self._goals[0] if self._goals else None)
            if goal is not None:
                goal.last = last or goal.last
        finally:
            self.busy = None
        self._tell()

    def _pause(self, at_ms: int) -> None:
        """Wait inside an event until time has come to `at_ms`, and do meanwhile what is asked for."""
        scope = self._engine.scope
        if scope is None:
            return
        self._tell()
        self._clock.before_move = None
        try:
            with outside(self._engine, scope):
                self._wait_inside(at_ms)
        finally:
            self._clock.before_move = self._pause

    def _wait_inside(self, at_ms: int) -> None:
        while not self._is_closed:
            self._do_waiting(at_ms)
            goal = self._goals[0] if self._goals else None
            if goal is None:
                seconds = self._time.seconds_to(at_ms)
                if seconds == 0:
                    return
                self._do_next(seconds, at_ms)
            elif goal.future.cancelled():
                self._end(goal)
            elif goal.until_ms is None or at_ms < goal.until_ms:
                return
            else:
                self._clock.move_to(goal.until_ms)
                self._end(goal)

    # --- goals

    def _go_on_with(self, goal: Goal) -> None:
        """Take one step towards a goal."""
        if goal.future.cancelled():
            self._end(goal)
        elif goal.is_exhausted:
            self._end(goal, goal.too_far(self.sim.now))
        elif goal.is_reached(self._engine.agenda):
            if goal.until_ms is not None:
                self._time.set_to(goal.until_ms)
            self._end(goal)
        else:
            goal.handled += 1
            self._handle_next(goal)

    def _end(self, goal: Goal, error: Exception | None = None) -> None:
        """Say that a goal is reached, or was given up, and let time go on from there."""
        with self._turn, suppress(ValueError):  # whoever closes has emptied them
            self._goals.remove(goal)
        self._time.rebase()
        _settle(goal.future, error or goal.moved(self._clock.wall_ms))

    # --- telling

    def _tell(self) -> None:
        """Tell what happened since the last time; of a world that is closed nobody wants to hear."""
        events = self._engine.events
        if self._on_events is None or self._is_closed or events is None or len(events) == self._told:
            return
        new = list(events[self._told :])
        self._told = len(events)
        self._on_events(new)

    def _refuse_waiting(self) -> None:
        """Answer whoever waits that nothing more is done."""
        while True:
            try:
                command = self._queue.get_nowait()
            except Empty:
                break
            _settle(command.future, _closed())
        with self._turn:
            goals = list(self._goals)
            self._goals.clear()
        for goal in goals:
            _settle(goal.future, _closed())


def _settle(future: Future[Any], outcome: Any) -> None:
    """Give a future its outcome, unless it was cancelled or has one."""
    with suppress(InvalidStateError):
        if isinstance(outcome, BaseException):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)


def _closed() -> WorldClosed:
    """Return the error of what comes too late."""
    return WorldClosed("The world was closed.", way_out="Ask again; a new one answers if the server goes on.")
