"""The simulator: builds a world, wires the engine to it, and is its public face."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NamedTuple

from tasksim._effects.ledger import Effects
from tasksim._engine.builtin import TestingRun
from tasksim._engine.core import Engine, Limits, World
from tasksim._engine.names import is_valid_label, parse_checkpoint
from tasksim._engine.operations import refuse_dead_call
from tasksim._engine.registry import Registry
from tasksim._faults.grammar import Fault
from tasksim._faults.injector import Injector
from tasksim._faults.interruptions import At, Every
from tasksim._faults.plan import Plan, render
from tasksim._faults.token import Token, render_token
from tasksim._model.events import Noted, RecordsSeeded, SimulationStarted
from tasksim._model.records import Identity
from tasksim._simulator.ambient import note_made
from tasksim._simulator.context import Context
from tasksim._simulator.driver import Driver
from tasksim._simulator.execution import Execution
from tasksim._simulator.freezing import Freezer
from tasksim._simulator.frozen_models import let_pydantic_know
from tasksim._simulator.misuse import comes_out
from tasksim._simulator.seeding import seed_records
from tasksim._simulator.service import Service, task_id_of
from tasksim._simulator.settings import check_kinds, checked_limits, checked_settings, listed
from tasksim._simulator.stubs import make_stub
from tasksim._simulator.time_zone import TimeZone
from tasksim._trace.stream import Trace
from tasksim._world.agenda import Agenda
from tasksim._world.clock import Clock
from tasksim._world.durations import parse_duration, render_duration, to_datetime
from tasksim._world.ids import Ids
from tasksim._world.randomness import Randomness
from tasksim._world.store import Store
from tasksim.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from types import TracebackType

    from typing_extensions import Self

    from tasksim._engine.names import CheckpointName
    from tasksim._engine.registry import Registered
    from tasksim._simulator.driver import Act, Due
    from tasksim._simulator.execution import Iteration
    from tasksim._simulator.strictness.lines import Lines
    from tasksim._simulator.strictness.watch import Watch
    from tasksim._world.snapshots import Task
    from tasksim.typing import JSON, Duration, Instant, JsonObject, TaskDefinition

__all__ = ["Simulator"]

_freezer = Freezer()


class Tracked(NamedTuple):
    """A fake whose state was declared."""

    fake: Any
    state: Callable[[Any], JSON]


class Simulator:
    """A world in memory in which definitions run, under a clock that moves only when told.

    Args:
        definitions: Instances, classes or zero-argument factories, and what the `create_...`
            functions make.
        profile: Which world is imitated: `documented`, `generic`, `webiny-5`, `webiny-6`. None means the
            one that pytest was told (`--tasksim-profile`), else `documented`; so with `seed` and `plan`.
        start: Wall time at the beginning.
        seed: Makes other ids and random numbers; 0 if None.
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
        timezone: The local time zone meanwhile, as in `"UTC"` or `"Europe/Berlin"`; None leaves it.
        strict: Refuse what the simulation cannot see or repeat: threads, sockets, subprocesses, real
            sleeps, randomness without a seed, with `NotSimulated`. `tasksim.run` and pytest's tests are
            run again with another start, too, to find clocks that were captured earlier.
        seed_random: `random` and `uuid4` draw from the seed while an event is handled.
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
    effects: Effects

    def __init__(  # noqa: PLR0913 - settings of a world, all keyword-only
        self,
        definitions: Iterable[object] = (),
        *,
        profile: str | None = None,
        start: Instant = "2024-01-01T00:00:00Z",
        seed: int | None = None,
        budget: Duration = "15m",
        close_limit: Duration | None = None,
        tick: Duration = 0,
        plan: str | Plan | Iterable[str | Fault] | None = None,
        on_crash: str | None = None,
        context: object = None,
        identity: Identity | None = None,
        tenant: str = "root",
        freeze: bool = True,
        timezone: str | None = None,
        strict: bool = False,
        seed_random: bool = True,
        builtins: bool = False,
        limits: Limits | None = None,
        trace: bool = True,
        _kills_at_deadline: bool = True,
        _injector: Injector | None = None,
    ) -> None:
        """Build the world; nothing is due yet."""
        check_kinds(
            profile=profile,
            on_crash=on_crash,
            limits=limits,
            identity=identity,
            tenant=tenant,
            timezone=timezone,
            freeze=freeze,
            strict=strict,
            seed_random=seed_random,
            builtins=builtins,
            trace=trace,
        )
        self._settings = settings = checked_settings(
            profile=profile,
            start=start,
            seed=seed,
            budget=budget,
            close_limit=close_limit,
            tick=tick,
            plan=plan,
            on_crash=on_crash,
            kills_at_deadline=_kills_at_deadline,
        )
        self._injector = _injector
        if _injector is None and len(settings.plan):
            self._injector = Injector(settings.plan)
        self._engine = engine = Engine(
            world=World(Clock(settings.start_ms), Ids(settings.seed), Store(), Agenda()),
            profile=settings.profile,
            host=settings.host,
            limits=checked_limits(limits if limits is not None else Limits()),
            registry=Registry(settings.profile),
            identity=identity if identity is not None else Identity(),
            tenant=tenant,
            faults=self._injector,
            randomness=Randomness(settings.seed) if seed_random else None,
            traced=trace,
        )
        self._watch: Watch | None = None
        self._lines: Lines | None = None
        if strict:
            self._watch, self._lines = _look_on(engine, traced=trace)
        self.tasks = Service(engine)
        self.effects = Effects(engine)
        self._driver = Driver(engine, self._watch)
        self._freeze = freeze
        self._time_zone = None if timezone is None else TimeZone(timezone)
        self._tracked: list[Tracked] = []
        self._entered = False
        engine.registry.serve(self.tasks)
        engine.user_context = Context(context, self.tasks)
        host = settings.host
        engine.emit(
            SimulationStarted,
            "",
            settings.profile.name,
            settings.start_ms,
            settings.seed,
            host.budget_ms,
            host.close_limit_ms,
            host.tick_ms,
            settings.on_crash,
            render(settings.plan),
        )
        for definition in listed(definitions):
            self.register(definition)
        if builtins:
            engine.registry.put_first(TestingRun())
        note_made(self, profile_is_given=profile is not None)

    # --- definitions and records

    @comes_out
    def register(self, definition: Any) -> str:
        """Add a definition and return its id.

        Raises:
            DefinitionError: It is no definition, its id is taken or not camelCase, an attribute is
                misspelt, `run` or a hook names an argument that does not exist.
        """
        return self._register(definition).id

    def _register(self, definition: Any) -> Registered:
        """Add a definition."""
        refuse_dead_call(self._engine)
        let_pydantic_know()
        registered = self._engine.registry.register(definition)
        for note in registered.notes:
            self._engine.emit(Noted, "", note)
        return registered

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
        self._refuse_hidden("run()")
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
        self._refuse_hidden("advance()")
        self._driver.advance(duration)

    def run_next(self) -> Iteration | Act | None:
        """Handle the next due event, moving the clock to it; return what finished, or None at idle.

        Returns:
            The iteration that was handled (without a trace, only its answer is known), or the act
            that was performed.
        """
        self._refuse_hidden("run_next()")
        return self._driver.run_next()

    def run_until(self, condition: Callable[[], object]) -> None:
        """Handle events until the condition is true; it is tested before the first and after each.

        Acts that repeat for ever go on being performed, up to the limit `events`.

        Raises:
            NeverHappened: Nothing is due any more and it never was.
        """
        self._refuse_hidden("run_until()")
        self._driver.run_until(condition)

    def run_until_idle(self) -> None:
        """Handle events until nothing is due; acts that repeat for ever do not count."""
        self._refuse_hidden("run_until_idle()")
        self._driver.run_until_idle()

    def _refuse_hidden(self, call: str) -> None:
        """Refuse to handle events while somebody else's freeze hides the time that they should see."""
        if self._freeze and self._entered and self._engine.scope is None:
            _freezer.refuse_others(call)

    def next_event(self) -> Due | None:
        """Return what is due next and when, or None at idle."""
        return self._driver.next_event()

    # --- interruptions

    def iterate_once(self) -> None:
        """Interrupt each event after one unit of work: `interrupt_every(1)`, as job-iteration calls it."""
        self.interrupt_every(1)

    def interrupt_every(self, n: int) -> None:
        """Tell each event from now on that its time runs out, from its question n + 1 on.

        A run that asks `is_close_to_timeout()` before each unit of work does n units an event; one that
        asks after each does n + 1. Each interruption is the fault `close_to_timeout` of a plan, and
        `token` has it. A simulation in which nothing is interrupted ends with `StalePlan`.

        Args:
            n: How many questions of an event the clock answers, from 1.

        Example:
            >>> from tasksim import Simulator, task_definition
            >>> @task_definition(id="countUp", title="Count up")
            ... def count_up(input, controller):
            ...     for at in range(input.get("at", 0), 4):
            ...         if controller.runtime.is_close_to_timeout():
            ...             return controller.response.continue_({"at": at})
            ...     return controller.response.done()
            >>> with Simulator([count_up]) as sim:
            ...     sim.interrupt_every(2)
            ...     sim.run("countUp").task.iterations
            2
        """
        injector = self._ready_injector("interrupt_every()")
        if type(n) is not int or n < 1:
            raise UsageError(f"interrupt_every() got {n!r:.60}.", way_out="Pass a whole number from 1 on.")
        injector.interrupt(self._engine, Every(n))

    def interrupt_at(self, checkpoint: str) -> None:
        """Tell the event that reaches this checkpoint, from there to its end, that its time runs out.

        Args:
            checkpoint: Its name, as in `state.update_input#2`; `sim.trace.checkpoints()` lists them.
        """
        injector = self._ready_injector("interrupt_at()")
        injector.interrupt(self._engine, At(_checkpoint("interrupt_at()", checkpoint)))

    def abort_at(self, checkpoint: str) -> None:
        """Let somebody abort the task just before this checkpoint: the fault `abort@X`."""
        injector = self._ready_injector("abort_at()")
        injector.add(self._engine, Fault("abort", _checkpoint("abort_at()", checkpoint)))

    def crash_at(self, checkpoint: str, *, after: bool = False) -> None:
        """Kill the run just before this checkpoint, or after it took effect: `crash@X`, `crash@X+`."""
        injector = self._ready_injector("crash_at()")
        if type(after) is not bool:
            raise UsageError(f"crash_at() got after={after!r:.60}.", way_out="Pass True or False.")
        injector.add(self._engine, Fault("crash", _checkpoint("crash_at()", checkpoint), after=after))

    def _ready_injector(self, call: str) -> Injector:
        """Return the injector, made here where there was no plan."""
        self._engine.refuse_inside(call, "Plan it in the test, before time moves.")
        if self._injector is None:
            self._injector = self._engine.faults = Injector(Plan())
        return self._injector

    # --- the outside world

    @comes_out
    def at(self, when: Duration | datetime, call: Callable[[], object]) -> None:
        """Plan an act: at a wall time (a datetime or ISO text), or after a duration from now.

        Acts are performed between events: one that is due while an event takes its time comes after
        it. What happens in the middle of a run is planned as a fault: `plan="abort@..."`.
        """
        self._driver.at(when, call)

    @comes_out
    def every(self, period: Duration, call: Callable[[], object], *, times: int | None = None) -> None:
        """Plan an act again and again, first after one period; for ever unless `times` is given."""
        self._driver.every(period, call, times)

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

    @comes_out
    def track(self, fake: object, *, state: Callable[[Any], JSON]) -> None:
        """Declare a fake's state, so that `check(..., merge_states=True)` can tell when two runs are alike.

        Every fake that a task can see must be declared: what is not is taken to be equal. Outside of such
        a check it does nothing.

        Args:
            fake: The fake.
            state: A function of it that returns all that decides how it behaves from now on, JSON.

        Example:
            >>> from tasksim import Simulator
            >>> published = []
            >>> sim = Simulator()
            >>> sim.track(published, state=list)
        """
        if not callable(state):
            raise UsageError(
                f"track() got state={state!r:.60}.",
                way_out="Pass a function of it: sim.track(cms, state=lambda cms: sorted(cms.published)).",
            )
        self._tracked.append(Tracked(fake, state))

    # --- reading

    @property
    def trace(self) -> Trace:
        """The stream of everything that happened so far."""
        return Trace(self._engine.events)

    @property
    def profile(self) -> str:
        """The name of the profile."""
        return self._engine.profile.name

    @property
    def token(self) -> str:
        """One line that holds every setting that differs from its default, and the plan.

        The plan is the one given, with what the words for interruptions became so far. `tasksim run
        --plan` takes the line.
        """
        plan = self._settings.plan if self._injector is None else self._injector.plan
        return render_token(Token(self._settings.for_token(), plan))

    # --- as a context manager

    def __enter__(self) -> Self:
        """Freeze the wall clock, if asked to."""
        if self._entered:
            raise UsageError(
                "This Simulator was entered already.",
                way_out="Use it in one `with` at a time; a fixture has entered it for you.",
            )
        with ExitStack() as undo:
            if self._time_zone is not None:
                self._time_zone.enter()
                undo.callback(self._time_zone.leave)
            if self._freeze:
                _freezer.enter(self._engine.clock)
            undo.pop_all()
        self._entered = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Give real time back; without an error, a planned fault that never fired is one."""
        self._leave()
        if kind is None:
            self.close()

    def _leave(self) -> None:
        """Give real time back."""
        self._entered = False
        with ExitStack() as leaving:
            if self._time_zone is not None:
                leaving.callback(self._time_zone.leave)
            if self._freeze:
                _freezer.leave(self._engine.clock)

    def close(self) -> None:
        """End the simulation: a planned fault that never fired is an error.

        Raises:
            StalePlan: With the names of reached checkpoints nearest to the one it names.
        """
        # A plan for a whole run of pytest is not meant for a simulator in which nothing was triggered.
        is_meant = not self._settings.plan_is_ambient or self._engine.lives
        if self._injector is not None and is_meant:
            self._injector.check_all_fired(self._engine)

    def __repr__(self) -> str:
        """Show profile, time, tasks, and whether the wall clock is frozen."""
        engine = self._engine
        frozen = "" if self._entered and self._freeze else ", wall clock not frozen"
        return (
            f"<Simulator {engine.profile.name}, {self.now.isoformat()}, {len(engine.lives)} tasks, "
            f"{len(engine.agenda)} due, budget {render_duration(engine.host.budget_ms)}{frozen}>"
        )


def _checkpoint(call: str, name: object) -> CheckpointName:
    """Return the checkpoint that a word names."""
    if not isinstance(name, str):
        raise UsageError(
            f"{call} got {name!r:.60}.", way_out="Pass the name of a checkpoint, as in 'state.save#1'."
        )
    return parse_checkpoint(name)


def _look_on(engine: Engine, *, traced: bool) -> tuple[Watch, Lines | None]:
    """Begin to look on as strict mode does: at what a task does, and at which line it touched the world."""
    from tasksim._simulator.strictness.lines import Lines  # noqa: PLC0415 - for whoever is strict
    from tasksim._simulator.strictness.watch import Watch  # noqa: PLC0415

    return Watch(engine), Lines(engine) if traced else None
