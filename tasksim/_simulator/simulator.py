"""The simulator: builds a world, wires the engine to it, and moves its time."""

from __future__ import annotations

import inspect
from collections.abc import Coroutine
from datetime import datetime
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, NamedTuple

from tasksim._engine.builtin import TestingRun
from tasksim._engine.calling import VirtualSleep
from tasksim._engine.core import Delivery, Engine, Host, Limits, World
from tasksim._engine.machine import TimeOut, deliver
from tasksim._engine.names import is_valid_label
from tasksim._engine.operations import refuse_dead_call
from tasksim._engine.profiles import DEFAULT_PROFILE, load_profile
from tasksim._engine.registry import Registry
from tasksim._faults.hosts import parse_on_crash, render_on_crash
from tasksim._faults.injector import Injector
from tasksim._faults.plan import as_plan, render
from tasksim._model.events import ActPerformed, Noted, RecordsSeeded, SimulationStarted
from tasksim._model.records import Identity
from tasksim._simulator.context import Context
from tasksim._simulator.execution import Execution, Iteration, iterations_of, untraced_iteration
from tasksim._simulator.freezing import Freezer
from tasksim._simulator.misuse import comes_out
from tasksim._simulator.seeding import seed_records
from tasksim._simulator.service import Service, task_id_of
from tasksim._simulator.stubs import make_stub
from tasksim._trace.stream import Trace
from tasksim._world.agenda import Agenda
from tasksim._world.clock import Clock
from tasksim._world.durations import parse_duration, parse_instant, render_duration, to_datetime
from tasksim._world.ids import Ids
from tasksim._world.store import Store
from tasksim.errors import NeverHappened, UsageError, nearest_phrase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from types import TracebackType

    from typing_extensions import Self

    from tasksim._faults.plan import Fault, Plan
    from tasksim._model.results import Answer
    from tasksim._world.snapshots import Task
    from tasksim.typing import Duration, Instant, JsonObject, TaskDefinition

__all__ = ["Act", "Due", "Simulator", "run"]

_freezer = Freezer()


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


class Simulator:
    """A world in memory in which definitions run, under a clock that moves only when told.

    Args:
        definitions: Instances, classes or zero-argument factories, and what the `create_...`
            functions make.
        profile: Which world is imitated: `documented` (the default), `webiny-5`, `webiny-6`.
        start: Wall time at the beginning.
        seed: Makes other ids.
        budget: Time of one iteration.
        close_limit: What `is_close_to_timeout()` compares with (E8); the profile's if None.
        tick: What each checkpoint costs. At 0 nothing takes time but waits, `spend` and sleeps, and
            no budget ever runs out.
        plan: Faults that strike, as text or a `Plan`.
        on_crash: What the host does after a crash or hard timeout (E11): `strand`, `retry(2)`,
            `redeliver(15m)`; the profile's if None.
        context: What runs and hooks get as `context`, with `.tasks` besides.
        identity: Who triggers.
        tenant: The tenant of every answer.
        freeze: Freeze the wall clock while the simulator is used as a context manager.
        builtins: Register `testingRun` first.
        limits: Bounds of the simulation.
        trace: Keep the trace; without it nothing that happened can be shown.

    Durations are seconds, `timedelta` or text (`"15m"`).

    Raises:
        DefinitionError: A definition that cannot be registered.
        UsageError: Any other argument that cannot be used.

    Example:
        >>> from tasksim import Simulator, task_definition
        >>> @task_definition(id="countDown", title="Count down")
        ... def count_down(input, controller):
        ...     left = input["left"]
        ...     if left == 0:
        ...         return controller.response.done("Lift-off.")
        ...     return controller.response.continue_({"left": left - 1}, seconds=1)
        >>> with Simulator([count_down]) as sim:
        ...     execution = sim.run("countDown", input={"left": 3})
        ...     execution.status, str(sim.now)
        ('success', '2024-01-01 00:00:03+00:00')
    """

    tasks: Service

    def __init__(  # noqa: PLR0913 - settings of a world, all keyword-only
        self,
        definitions: Iterable[object] = (),
        *,
        profile: str | None = None,
        start: Instant = "2024-01-01T00:00:00Z",
        seed: int = 0,
        budget: Duration = "15m",
        close_limit: Duration | None = None,
        tick: Duration = 0,
        plan: str | Plan | Iterable[str | Fault] | None = None,
        on_crash: str | None = None,
        context: object = None,
        identity: Identity | None = None,
        tenant: str = "root",
        freeze: bool = True,
        builtins: bool = False,
        limits: Limits | None = None,
        trace: bool = True,
        _kills_at_deadline: bool = True,
    ) -> None:
        """Build the world; nothing is due yet."""
        _check_kind("profile", profile, str, "a profile's name")
        _check_kind("on_crash", on_crash, str, "text such as 'retry(2)'")
        _check_kind("limits", limits, Limits, "Limits(...)")
        _check_kind("identity", identity, Identity, "Identity(...)")
        _check_kind("tenant", tenant, str, "text")
        for name, flag in (("freeze", freeze), ("builtins", builtins), ("trace", trace)):
            _check_kind(name, flag, bool, "True or False")
        rules = load_profile(profile or DEFAULT_PROFILE)
        if type(seed) is not int:
            raise UsageError(f"Simulator() got seed={seed!r}.", way_out="Pass a whole number.")
        crash_policy = parse_on_crash(on_crash or rules.on_crash)
        parsed_plan = as_plan(plan)
        host = Host(
            budget_ms=parse_duration(budget, name="budget", allow_zero=False),
            close_limit_ms=(
                rules.close_limit_ms
                if close_limit is None
                else parse_duration(close_limit, name="close_limit", allow_zero=False)
            ),
            tick_ms=parse_duration(tick, name="tick"),
            retries=crash_policy.retries,
            redeliver_ms=crash_policy.redeliver_ms,
            kills_at_deadline=_kills_at_deadline,
        )
        start_ms = parse_instant(start, name="start")
        self._injector = Injector(parsed_plan) if len(parsed_plan) else None
        self._engine = engine = Engine(
            world=World(Clock(start_ms), Ids(seed), Store(), Agenda()),
            profile=rules,
            host=host,
            limits=_checked_limits(limits if limits is not None else Limits()),
            registry=Registry(rules),
            identity=identity if identity is not None else Identity(),
            tenant=tenant,
            faults=self._injector,
            traced=trace,
        )
        self.tasks = Service(engine)
        self._virtual_sleep = VirtualSleep(engine)
        self._freeze = freeze
        self._entered = False
        engine.registry.serve(self.tasks)
        engine.user_context = Context(context, self.tasks)
        engine.emit(
            SimulationStarted,
            "",
            rules.name,
            start_ms,
            seed,
            host.budget_ms,
            host.close_limit_ms,
            host.tick_ms,
            render_on_crash(crash_policy),
            render(parsed_plan),
        )
        for definition in _listed(definitions):
            self.register(definition)
        if builtins:
            engine.registry.put_first(TestingRun())

    # --- definitions and records

    @comes_out
    def register(self, definition: Any) -> str:
        """Add a definition and return its id.

        Raises:
            DefinitionError: It is no definition, its id is taken or not camelCase, an attribute is
                misspelt, `run` or a hook names an argument that does not exist.
        """
        refuse_dead_call(self._engine)
        with _freezer.lifted():
            registered = self._engine.registry.register(definition)
        for note in registered.notes:
            self._engine.emit(Noted, "", note)
        return registered.id

    def stub(
        self,
        id: str,
        *,
        done: JsonObject | bool | None = None,
        error: Any = None,
        after: Duration = 0,
    ) -> None:
        """Register a scripted definition, to stand in for a child that is not under test.

        Args:
            id: The definition's id.
            done: The output to finish with; True for none. The default if `error` is not given.
            error: The error to fail with, instead.
            after: How long it takes, 1 second or more: it continues with that wait first.
        """
        self.register(make_stub(id, done=done, error=error, after_ms=parse_duration(after, name="after")))

    @comes_out
    def seed_records(
        self, tasks: Sequence[Mapping[str, Any]] = (), logs: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        """Store records as given; they are not handed to the state machine.

        Args:
            tasks: Objects with `id`, `definitionId` and whatever else differs from a fresh task,
                in GraphQL's camelCase or in snake_case.
            logs: Objects with `task` (an id) and perhaps `iteration`, `items`, `createdOn`.

        Raises:
            UsageError: A record that cannot be stored; nothing is stored then.
        """
        self._engine.refuse_inside("seed_records()")
        counts = seed_records(self._engine, tasks, logs)
        self._engine.emit(RecordsSeeded, "", *counts)

    # --- running

    def run(
        self,
        definition: str | TaskDefinition,
        *,
        input: JsonObject | None = None,
        name: str | None = None,
        delay: Duration = 0,
        parent: Task | str | None = None,
    ) -> Execution:
        """Trigger a task (arguments as in `tasks.trigger`), run to idle, and return its execution."""
        self._engine.refuse_inside("run()")
        task = self.tasks.trigger(definition, input=input, name=name, delay=delay, parent=parent)
        self.run_until_idle()
        return Execution(self._engine, task.id)

    @comes_out
    def execution(self, task: Task | str) -> Execution:
        """Return the live view of a task."""
        return Execution(self._engine, task_id_of(task))

    # --- time

    @property
    def now(self) -> datetime:
        """Wall time now, an aware UTC datetime."""
        return to_datetime(self._engine.clock.wall_ms)

    @property
    def now_ms(self) -> int:
        """Monotonic time now, in milliseconds since the simulation began."""
        return self._engine.clock.now_ms

    def advance(self, duration: Duration) -> None:
        """Handle every event due within `duration`, in order, then stand exactly there.

        An event that takes longer than that leaves the clock where it ended.
        """
        self._engine.refuse_inside("advance()")
        target = self._engine.clock.now_ms + parse_duration(duration, name="duration")
        agenda = self._engine.agenda
        with self._virtual_sleep:
            while (entry := agenda.peek()) is not None and entry.at_ms <= target:
                self._handle_next()
        self._engine.clock.move_to(target)

    def run_next(self) -> Iteration | Act | None:
        """Handle the next due event, moving the clock to it; return what finished, or None at idle.

        Returns:
            The iteration that was handled (without a trace, only its answer is known), or the act
            that was performed.
        """
        engine = self._engine
        engine.refuse_inside("run_next()")
        while (entry := engine.agenda.peek()) is not None:
            before, handled = len(engine.events or ()), engine.handled
            began_ms = max(entry.at_ms, engine.clock.now_ms)
            with self._virtual_sleep:
                item, answer = self._handle_next()
            if isinstance(item, Act):
                return item
            if isinstance(item, TimeOut) or engine.handled == handled:
                continue  # a machine ended by a limit of the host: no event was handled
            if engine.events is not None:
                return iterations_of(engine.events[before:], item.life.task_id)[0]
            return untraced_iteration(item, answer, engine.clock.now_ms - began_ms)
        return None

    def run_until(self, condition: Callable[[], object]) -> None:
        """Handle events until the condition is true; it is tested before the first and after each.

        Acts that repeat for ever go on being performed, up to the limit `events`.

        Raises:
            NeverHappened: Nothing is due any more and it never was.
        """
        self._engine.refuse_inside("run_until()")
        if not callable(condition):
            raise UsageError(
                f"run_until() got {condition!r:.60}.", way_out="Pass a function without arguments."
            )
        while not _refuse_async(condition(), "The condition of run_until()"):
            if not len(self._engine.agenda):
                raise NeverHappened(
                    f"run_until() reached idle at {self.now.isoformat()} and its condition was never true.",
                    facts=[f"{life.task_id}: machine {life.state}" for life in self._engine.lives.values()][
                        -5:
                    ],
                    way_out="Look at sim.trace.text() for what happened instead.",
                )
            with self._virtual_sleep:
                self._handle_next()

    def run_until_idle(self) -> None:
        """Handle events until nothing is due; acts that repeat for ever do not count."""
        self._engine.refuse_inside("run_until_idle()")
        agenda = self._engine.agenda
        with self._virtual_sleep:
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
        return Due(to_datetime(clock.wall_ms + max(entry.at_ms - clock.now_ms, 0)), what)

    def _handle_next(self) -> tuple[Delivery | TimeOut | Act, Answer | None]:
        """Take what is due next, move the clock to it and handle it; return it, with an event's answer."""
        engine = self._engine
        at_ms, item = engine.agenda.pop()
        engine.clock.move_to(at_ms)
        answer = None
        if isinstance(item, Delivery):
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

    # --- the outside world

    @comes_out
    def at(self, when: Duration | datetime, call: Callable[[], object]) -> None:
        """Plan an act: at a wall time (a datetime or ISO text), or after a duration from now.

        Acts are performed between events: one that is due while an event takes its time comes after
        it. What happens in the middle of a run is planned as a fault: `plan="abort@..."`.
        """
        refuse_dead_call(self._engine)
        clock = self._engine.clock
        if isinstance(when, datetime) or (isinstance(when, str) and "T" in when):
            at_ms = parse_instant(when, name="when") - clock.wall_ms + clock.now_ms
            if at_ms < clock.now_ms:
                raise UsageError(
                    f"at() got {when!r}, which is before now.", way_out=f"Pass a time from {self.now!r} on."
                )
        else:
            at_ms = clock.now_ms + parse_duration(when, name="when")
        self._engine.agenda.push(at_ms, Act(_name_of(call), call))

    @comes_out
    def every(self, period: Duration, call: Callable[[], object], *, times: int | None = None) -> None:
        """Plan an act again and again, first after one period; for ever unless `times` is given."""
        refuse_dead_call(self._engine)
        period_ms = parse_duration(period, name="period", allow_zero=False)
        if times is not None and (type(times) is not int or times < 1):
            raise UsageError(
                f"every() got times={times!r}.", way_out="Pass a whole number from 1 on, or nothing."
            )
        act = Act(_name_of(call), call, period_ms, times)
        self._engine.agenda.push(self._engine.clock.now_ms + period_ms, act, endless=times is None)

    @comes_out
    def spend(self, duration: Duration) -> None:
        """Let a fake take time inside a run; outside of one nothing takes time.

        Passing the event's deadline kills the run (E11).
        """
        ms = parse_duration(duration, name="duration")
        scope = self._engine.scope
        if scope is not None:
            scope.refuse_dead()
            scope.spend(ms)

    @comes_out
    def checkpoint(self, name: str) -> None:
        """Name a place to cut in user code: the checkpoint `user.NAME`; outside of a run it is nothing."""
        if not is_valid_label(name):
            raise UsageError(
                f"checkpoint() got {name!r:.60}.",
                way_out="Pass letters, digits and any of _ - . / as its name.",
            )
        scope = self._engine.scope
        if scope is not None:
            after = self._engine.touch(scope.life, scope, f"user.{name}")
            if after is not None:
                after()

    # --- reading

    @property
    def trace(self) -> Trace:
        """The stream of everything that happened so far."""
        return Trace(self._engine.events)

    @property
    def profile(self) -> str:
        """The name of the profile."""
        return self._engine.profile.name

    # --- as a context manager

    def __enter__(self) -> Self:
        """Freeze the wall clock, if asked to."""
        if self._entered:
            raise UsageError("This Simulator was entered already.", way_out="Use it in one `with` at a time.")
        self._entered = True
        if self._freeze:
            _freezer.enter(self._engine.clock)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Give real time back; without an error, a planned fault that never fired is one."""
        self._entered = False
        if self._freeze:
            _freezer.leave(self._engine.clock)
        if kind is None:
            self.close()

    def close(self) -> None:
        """End the simulation: a planned fault that never fired is an error.

        Raises:
            StalePlan: With the names of reached checkpoints nearest to the one it names.
        """
        if self._injector is not None:
            self._injector.check_all_fired(self._engine)

    def __repr__(self) -> str:
        """Show profile, time, tasks, and whether the wall clock is frozen."""
        engine = self._engine
        frozen = "" if self._entered and self._freeze else ", wall clock not frozen"
        return (
            f"<Simulator {engine.profile.name}, {self.now.isoformat()}, {len(engine.lives)} tasks, "
            f"{len(engine.agenda)} due, budget {render_duration(engine.host.budget_ms)}{frozen}>"
        )


def run(definition: Any, *, input: JsonObject | None = None, **options: Any) -> Execution:
    """Run one definition in a world of its own and return its execution.

    Args:
        definition: As for `Simulator([...])`.
        input: The trigger's input; `name` and `delay` are taken as well.
        options: The settings of `Simulator`.

    Raises:
        StalePlan: A planned fault never fired.

    Example:
        >>> import tasksim
        >>> @tasksim.task_definition(id="addUp", title="Add up")
        ... def add_up(input, controller):
        ...     return controller.response.done(output={"sum": sum(input["numbers"])})
        >>> tasksim.run(add_up, input={"numbers": [1, 2, 3]}).output
        {'sum': 6}
    """
    trigger = {name: options.pop(name) for name in ("name", "delay") if name in options}
    settings = inspect.signature(Simulator).parameters
    known = [name for name in settings if name != "definitions" and not name.startswith("_")]
    for option in options:
        if option not in known:
            raise UsageError(
                f"run() got {option!r}, which is no setting.{nearest_phrase(option, known)}",
                way_out=f"Choose from name, delay, {', '.join(known)}.",
            )
    sim = Simulator(**options)
    definition_id = sim.register(definition)
    with sim:
        return sim.run(definition_id, input=input, **trigger)


def _check_kind(name: str, value: object, kind: type, wanted: str) -> None:
    """Refuse a setting of the wrong kind; None means its default."""
    if value is not None and not isinstance(value, kind):
        raise UsageError(f"Simulator() got {name}={value!r:.60}.", way_out=f"Pass {wanted}, or nothing.")


def _listed(definitions: Iterable[object]) -> Iterable[object]:
    """Return the definitions; a single one passed without a list is an error that says so."""
    if (
        isinstance(definitions, str | bytes)
        or hasattr(definitions, "run")
        or not hasattr(definitions, "__iter__")
    ):
        raise UsageError(
            f"Simulator() got {definitions!r:.80} instead of a list of definitions.",
            way_out="Wrap it: Simulator([PublishEntries(cms)]).",
        )
    return definitions


def _refuse_async(answer: object, what: str) -> object:
    """Return the answer of a plain function; an awaitable would be taken for true and never run."""
    if isawaitable(answer):
        if isinstance(answer, Coroutine):
            answer.close()
        raise UsageError(f"{what} is async.", way_out="Pass a plain function.")
    return answer


def _checked_limits(limits: Limits) -> Limits:
    """Return the limits with the lifetime in seconds, each checked."""
    lifetime = limits.lifetime
    if lifetime is not None:
        lifetime = parse_duration(lifetime, name="lifetime", allow_zero=False) / 1000
    for name, value in limits._asdict().items():
        if name != "lifetime" and value is not None and (type(value) is not int or value < 1):
            raise UsageError(f"Limits() got {name}={value!r:.60}.", way_out="Pass a whole number, or None.")
    return limits._replace(lifetime=lifetime)


def _name_of(call: object) -> str:
    """Return a name for an act that is the same in every process."""
    if not callable(call):
        raise UsageError(f"{call!r:.60} cannot be called.", way_out="Pass a function without arguments.")
    name = getattr(call, "__name__", type(call).__name__)
    return "act" if name == "<lambda>" else str(name)
