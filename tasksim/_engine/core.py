"""The engine's state, and the one way to touch the world.

`Engine` holds the world, the rules and what the host knows of each task (`Life`); `Scope` is one
event being handled. Every touch of the world goes through `Engine.touch`: it counts, lets faults
strike, lets time pass and is traced. This layer knows faults only as the `Faults` protocol and
readers of the trace not at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from tasksim._engine.frames import calling_line
from tasksim._model.events import CheckpointReached, RunWasKilled, checkpoint_name
from tasksim._model.recorder import Recorder
from tasksim.errors import CrashSwallowedError, LimitReached, RunKilled, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasksim._engine.profiles.rules import Profile
    from tasksim._engine.registry import Registry
    from tasksim._model.events import TraceEvent
    from tasksim._model.records import Identity
    from tasksim._world.agenda import Agenda
    from tasksim._world.clock import Clock
    from tasksim._world.ids import Ids
    from tasksim._world.randomness import Randomness
    from tasksim._world.store import Store

__all__ = [
    "After",
    "Delivery",
    "Engine",
    "Faults",
    "Host",
    "Life",
    "Limits",
    "Pending",
    "Scope",
    "Touch",
    "World",
]

MAX_DEAD_TOUCHES = 100


class World(NamedTuple):
    """Time, names, records and what is due."""

    clock: Clock
    ids: Ids
    store: Store
    agenda: Agenda


class Limits(NamedTuple):
    """Bounds of a simulation; None lifts one.

    Attributes:
        lifetime: How long a task's state machine may live, in seconds; the host's, one year.
            Passing it ends the machine as `TimedOut`.
        transitions: How many states it may enter; "host" is what the profile's host allows, 25,000
            or, in `generic`, any number. Passing it ends the machine as `TimedOut`.
        events: How many events one simulation may handle before `LimitReached`.
        checkpoints: How many checkpoints one event may reach before `LimitReached`.
    """

    lifetime: float | None = 31_536_000
    transitions: int | Literal["host"] | None = "host"
    events: int | None = 100_000
    checkpoints: int | None = 100_000


@dataclass(frozen=True, slots=True)
class Host:
    """What the imitated host does, beside the profile's rules.

    Attributes:
        budget_ms: Time of one event.
        close_limit_ms: E8.
        tick_ms: What each checkpoint costs.
        retries: E11: how often a killed event is handled again at once.
        redeliver_ms: E11: after how long a killed event is delivered once more, or None.
        kills_at_deadline: Whether passing the deadline kills the run; recordings did not.
    """

    budget_ms: int
    close_limit_ms: int
    tick_ms: int
    retries: int
    redeliver_ms: int | None
    kills_at_deadline: bool


class Life:
    """What the host knows of one task: names and counts of its touches, and its state machine."""

    __slots__ = (
        "counters",
        "definition_id",
        "ends_ms",
        "exception",
        "execution_name",
        "failed_by",
        "label",
        "state",
        "task_id",
        "transitions",
    )

    counters: dict[Any, int]
    definition_id: str
    ends_ms: float
    execution_name: str
    label: str
    state: str
    task_id: str
    transitions: int

    def __init__(self, task_id: str, definition_id: str, label: str, counters: dict[Any, int]) -> None:
        """Begin with a state machine that has not started."""
        self.definition_id = definition_id
        self.label = label
        self.counters = counters
        self.task_id = task_id
        self.execution_name = ""
        self.state = ""
        self.transitions = 0
        self.ends_ms = inf
        self.exception: BaseException | None = None
        self.failed_by: BaseException | None = None

    def begin(self, task_id: str) -> None:
        """Name the task, once its id is known, and its execution in the state machine."""
        self.task_id = task_id
        self.execution_name = f"{self.definition_id}_{task_id}"


class Delivery(NamedTuple):
    """An event on its way: `kind` is first, retry, redelivery or duplicate."""

    life: Life
    delay: float
    kind: str = "first"
    attempt: int = 0


class After(Protocol):
    """What a fault does once the touch took effect."""

    def __call__(self) -> None:
        """Raise, or do nothing."""


class Pending(Protocol):
    """What is still to come after a touch that took effect at a time which the caller did not know."""

    def strike(self) -> None:
        """Let strike what comes after the touch."""


class Touch(NamedTuple):
    """One touch of the world, as a fault sees it; `write` is its number among record updates, or 0."""

    engine: Engine
    life: Life
    scope: Scope | None
    what: str
    key: str | None
    n: int
    write: int

    @property
    def name(self) -> str:
        """The checkpoint's name."""
        return checkpoint_name(self.life.label, self.what, self.key, self.n)


class Faults(Protocol):
    """What the engine asks at each touch; plans implement it.

    Attributes:
        heeds: The touches that it is asked about, by `what`; None for all. It may change at any time.
    """

    heeds: frozenset[str] | None

    def strike(self, touch: Touch) -> After | None:
        """Let the faults planned here strike; return what strikes after the touch took effect."""

    def redelivers(self, engine: Engine, life: Life, n: int) -> bool:
        """Whether event `n` of this task is delivered again right after it."""

    def choose(self, engine: Engine) -> None:
        """Choose which of those that are due next at one time goes first."""


class Scope:
    """One event being handled: its number in its task's life, its deadline, and whether its run is dead."""

    __slots__ = (
        "asked_limit_ms",
        "checkpoints",
        "dead_touches",
        "deadline_ms",
        "delivery",
        "engine",
        "event",
        "killed",
        "life",
        "raised",
        "shown_deadline_ms",
        "swallowed",
    )

    asked_limit_ms: int
    checkpoints: int
    dead_touches: int
    deadline_ms: int
    delivery: Delivery
    engine: Engine
    event: int
    life: Life
    shown_deadline_ms: int
    swallowed: bool

    def __init__(self, engine: Engine, delivery: Delivery) -> None:
        """Begin an event with a fresh budget (E8)."""
        self.engine = engine
        self.delivery = delivery
        self.life = life = delivery.life
        self.event = life.counters.get("event", 0) + 1
        self.deadline_ms = self.shown_deadline_ms = engine.clock.now_ms + engine.host.budget_ms
        self.asked_limit_ms = 0
        self.killed: RunKilled | None = None
        self.swallowed = False
        self.dead_touches = 0
        self.checkpoints = 0
        self.raised: BaseException | None = None

    @property
    def remaining_ms(self) -> int:
        """What remains of the budget, as the run is told."""
        return self.shown_deadline_ms - self.engine.clock.now_ms

    def pretend_close(self, limit_ms: int) -> None:
        """From now on tell that just under `limit_ms` remains; the clock does not move."""
        self.shown_deadline_ms = min(self.shown_deadline_ms, self.engine.clock.now_ms + limit_ms - 1)

    def spend(self, ms: int, checkpoint: str = "spend") -> None:
        """Let time pass inside the event; reaching the deadline kills the run (E11)."""
        clock = self.engine.clock
        if clock.now_ms + ms >= self.deadline_ms and self.engine.host.kills_at_deadline:
            clock.move_to(self.deadline_ms)
            self.kill("timeout", checkpoint)
        clock.move_to(clock.now_ms + ms)

    def kill(self, reason: str, checkpoint: str) -> None:
        """Kill the run: raises `RunKilled` here, and at every later touch."""
        self.killed = RunKilled(reason, checkpoint)
        self.engine.pending = None
        self.engine.emit(RunWasKilled, self.life.task_id, reason, checkpoint)
        raise self.killed

    def refuse_dead(self) -> None:
        """Raise again what killed the run; remember the line that goes on for too long."""
        if self.killed is None:
            return
        self.dead_touches += 1
        if self.dead_touches == MAX_DEAD_TOUCHES + 1:
            self.raised = CrashSwallowedError(
                f"The killed run of {self.life.task_id!r} went on and touched the world more than "
                f"{MAX_DEAD_TOUCHES} times.",
                facts=(f"killed by {self.killed.reason} at {self.killed.checkpoint}", calling_line()),
                way_out="Let BaseException pass: catch Exception, and leave loops when it is raised.",
            )
        raise self.killed


def _forget(_: tuple[Any, ...]) -> None:
    """Take the place of the recorder where nothing is traced."""


class Engine:
    """One world with its rules, its definitions and the tasks that live in it."""

    __slots__ = (
        "acting",
        "agenda",
        "caller",
        "caller_scope",
        "calls",
        "clock",
        "ended_by",
        "events",
        "faults",
        "handled",
        "has_root",
        "hook",
        "host",
        "identity",
        "ids",
        "inside",
        "ledger",
        "lifetime_ms",
        "lives",
        "most_checkpoints",
        "most_events",
        "most_transitions",
        "of_definition",
        "pending",
        "profile",
        "randomness",
        "record",
        "registry",
        "scope",
        "spare_labels",
        "store",
        "tenant",
        "user_context",
        "writes",
    )

    agenda: Agenda
    calls: int
    clock: Clock
    events: Recorder | None
    faults: Faults | None
    handled: int
    has_root: bool
    host: Host
    identity: Identity
    ids: Ids
    lifetime_ms: float
    most_checkpoints: float
    most_events: float
    most_transitions: float
    profile: Profile
    randomness: Randomness | None
    record: Callable[[tuple[Any, ...]], None]
    registry: Registry
    store: Store
    tenant: str
    writes: int

    def __init__(  # noqa: PLR0913 - one engine is wired in one place
        self,
        *,
        world: World,
        profile: Profile,
        host: Host,
        limits: Limits,
        registry: Registry,
        identity: Identity,
        tenant: str,
        faults: Faults | None = None,
        randomness: Randomness | None = None,
        traced: bool = True,
    ) -> None:
        """Wire the parts; nothing happens yet."""
        self.clock, self.ids, self.store, self.agenda = world
        self.profile = profile
        self.host = host
        self.most_checkpoints = inf if limits.checkpoints is None else limits.checkpoints
        self.most_events = inf if limits.events is None else limits.events
        transitions = profile.most_transitions if limits.transitions == "host" else limits.transitions
        self.most_transitions = inf if transitions is None else transitions
        self.lifetime_ms = inf if limits.lifetime is None else round(limits.lifetime * 1000)
        self.registry = registry
        self.identity = identity
        self.tenant = tenant
        self.faults = faults
        self.randomness = randomness
        self.events = Recorder() if traced else None
        self.record = self.events.add if self.events is not None else _forget
        self.scope: Scope | None = None
        self.calls = 0
        self.caller: Life | None = None
        self.caller_scope: Scope | None = None
        self.hook: str | None = None
        self.ledger: Any = None
        self.pending: Pending | None = None
        self.inside: list[Scope] = []
        self.acting: str | None = None
        self.lives: dict[str, Life] = {}
        self.of_definition: dict[str, int] = {}
        self.has_root = False
        self.spare_labels: dict[str, list[tuple[str, dict[Any, int]]]] = {}
        self.handled = 0
        self.writes = 0
        self.ended_by: BaseException | None = None
        self.user_context: object = None

    def emit(self, kind: Callable[..., TraceEvent], task_id: str, *fields: object) -> None:
        """Append an event to the trace; on the hot path `record` takes the tuple itself."""
        self.record((kind, self.clock.now_ms, task_id, *fields))

    def touch(  # noqa: PLR0913, PLR0917 - a touch is what, where and by whom
        self,
        life: Life,
        scope: Scope | None,
        what: str,
        key: str | None = None,
        data: object = None,
        traced: bool = True,  # noqa: FBT001, FBT002 - on the hot path, arguments by name cost
    ) -> After | None:
        """Touch the world: count, let faults strike, let the touch take its time, trace it.

        `scope` is the event whose run touches, or None for others (a call of the service from
        outside): those take no time and cannot be killed as a run. The caller lets the touch take
        effect, then calls what is returned, if anything. Where the caller cannot know when that is, it
        leaves it in `pending`, and it strikes at the next touch, or when `call` ends.
        """
        if self.pending is not None:
            self.strike_pending()
        if scope is not None:
            if scope.killed is not None:
                scope.refuse_dead()
            scope.checkpoints += 1
            if scope.checkpoints > self.most_checkpoints:
                raise self._too_many_checkpoints(scope)
        slot = what if key is None else (what, key)
        n = life.counters[slot] = life.counters.get(slot, 0) + 1
        after = None
        faults = self.faults
        if faults is not None and (faults.heeds is None or what in faults.heeds):
            after = faults.strike(Touch(self, life, scope, what, key, n, 0))
        if scope is not None and self.host.tick_ms:
            scope.spend(self.host.tick_ms, checkpoint_name(life.label, what, key, n))
        if traced:
            self.record((CheckpointReached, self.clock.now_ms, life.task_id, life.label, what, key, n, data))
        return after

    def touch_write(self, life: Life, scope: Scope | None, what: str) -> tuple[int, int, After | None]:
        """Touch the world with a record update, which has a number of its own in this world.

        Returns the touch's number, the write's number, and what strikes afterwards.
        """
        if self.pending is not None:
            self.strike_pending()
        if scope is not None:
            if scope.killed is not None:
                scope.refuse_dead()
            scope.checkpoints += 1
            if scope.checkpoints > self.most_checkpoints:
                raise self._too_many_checkpoints(scope)
        self.writes = write = self.writes + 1
        n = life.counters[what] = life.counters.get(what, 0) + 1
        after = None
        faults = self.faults
        if faults is not None and (faults.heeds is None or what in faults.heeds):
            after = faults.strike(Touch(self, life, scope, what, None, n, write))
        if scope is not None and self.host.tick_ms:
            scope.spend(self.host.tick_ms, checkpoint_name(life.label, what, None, n))
        return n, write, after

    def strike_pending(self) -> None:
        """Let strike what comes after a touch that took effect since."""
        pending, self.pending = self.pending, None
        if pending is not None:
            pending.strike()

    def _too_many_checkpoints(self, scope: Scope) -> BaseException:
        """Return the error of our own limit, naming the line that touches without an end."""
        most = int(self.most_checkpoints)
        return self.misused(
            LimitReached(
                "checkpoints",
                most,
                f"One event of {scope.life.task_id!r} reached more than {most} checkpoints.",
                facts=(
                    calling_line(),
                    "Does it loop without an end? With tick=0 its budget never runs out.",
                    "Does it wait for another task? That goes on between events: answer continue_ instead.",
                ),
            )
        )

    def misused(self, error: BaseException) -> BaseException:
        """Return `error`, to be raised; inside an event it comes out of the outer call even if swallowed."""
        if self.scope is not None and self.scope.raised is None:
            self.scope.raised = error
        return error

    def refuse_inside(
        self,
        call: str,
        way_out: str = "Move time from the test; inside a run use sim.spend(duration) to let time pass.",
    ) -> None:
        """Refuse a call from inside a run, hook or fake, or after the simulation has ended."""
        if self.scope is not None or self.calls or self.acting is not None:
            inside = "a hook" if self.acting is None else f"the act {self.acting!r}"
            inside = inside if self.scope is None else f"an event of {self.scope.life.task_id!r}"
            raise self.misused(
                UsageError(
                    f"{call} was called inside {inside}.",
                    facts=(calling_line(),),
                    way_out=way_out,
                )
            )
        if self.ended_by is not None:
            raise UsageError(
                f"{call} was called after {type(self.ended_by).__name__} ended the simulation.",
                facts=(str(self.ended_by).split("\n", 1)[0],),
                way_out="Make a new Simulator; this one can still be read.",
            )

    def count_event(self, what: str) -> None:
        """Count an event or act against our own limit; passing it ends the simulation."""
        self.handled += 1
        if self.handled > self.most_events:
            most = int(self.most_events)
            self.ended_by = LimitReached(
                "events",
                most,
                f"The simulation handled more than {most} events; the next is {what}.",
                facts=("Does a task continue, or an act repeat, for ever?",),
            )
            raise self.ended_by

    def take_label(self, definition_id: str, *, root: bool) -> tuple[str, dict[Any, int]]:
        """Take the label of the next task, empty for the first root, else `definitionId.k`; and its counts.

        A label that a failed trigger gave back comes first, with the touches counted under it.
        """
        spare = (root and self.spare_labels.get("")) or self.spare_labels.get(definition_id)
        if spare:
            return spare.pop(0)
        k = self.of_definition[definition_id] = self.of_definition.get(definition_id, 0) + 1
        if root and not self.has_root:
            self.has_root = True
            return "", {}
        return f"{definition_id}.{k}", {}

    def give_label_back(self, definition_id: str, label: str, counters: dict[Any, int]) -> None:
        """Give back the label of a task that was not stored."""
        self.spare_labels.setdefault(label and definition_id, []).append((label, counters))

    def life_of(self, task_id: str, definition_id: str) -> Life:
        """Return the life of a stored task; one that was seeded gets its own here."""
        life = self.lives.get(task_id)
        if life is None:
            life = Life(task_id, definition_id, *self.take_label(definition_id, root=False))
            life.begin(task_id)
            self.lives[task_id] = life
        return life
