"""`fuzz`: Hypothesis draws an input and a plan, and the judges of `check` look at the run.

This module promises that what Hypothesis is told is a test like any other: settings, seeds, examples and the
database work as they do with `@given`. It must not know how runs are made and judged.
"""

from __future__ import annotations

import functools
import inspect
from contextlib import contextmanager
from copy import copy, deepcopy
from typing import TYPE_CHECKING, Any

from hypothesis import event, given, note, reject
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tasksim._explore.story_words import kind_of
from tasksim._faults.plan import render
from tasksim._faults.token import UNSET
from tasksim.errors import CheckFailed, NothingChecked, UsageError
from tasksim.strategies._deadlines import without_default_deadline
from tasksim.strategies._explaining import without_lines
from tasksim.strategies._fuzz_runs import Fuzzing, Walk, walk_given
from tasksim.strategies._fuzz_story import tell
from tasksim.strategies._fuzz_subject import Subject, read_fuzz_options, read_subject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from typing_extensions import Unpack

    from tasksim._explore.options import CheckOptions, Options
    from tasksim._simulator.execution import Execution

__all__ = ["FuzzedRun", "fuzz"]

_RUN, _INPUT, _PLAN = "run", "input", "plan"
_MOST_PLANS = 8
"""How many plans an input is run under at most; on average half of it."""
_PLACES = 4095
"""Places are drawn up to this number, and taken modulo of how many there are."""


class FuzzedRun:
    """One run that no judge objected to, as the test gets it.

    Attributes:
        input: What was drawn; None for a scenario that takes nothing.
        plan: The faults that struck.
        sim: Its simulation, to be read.
        uncut: The simulation of the run of the same input without faults.
        world: What the scenario returned.
    """

    __slots__ = ("_walk", "input", "plan", "sim", "uncut", "world")

    def __init__(self, walk: Walk) -> None:
        """Show what a walk came to."""
        facts, ground = walk.facts, walk.ground
        assert facts is not None  # noqa: S101 - a walk without a run has an error
        self._walk = walk
        self.input = None if ground.value is UNSET else deepcopy(ground.value)
        self.plan = walk.plan
        self.sim = facts.sim
        self.uncut = ground.baseline.facts.sim
        self.world = facts.world

    @property
    def execution(self) -> Execution:
        """The first task that was triggered."""
        return self.sim.execution(next(iter(self.sim._engine.lives)))  # noqa: SLF001 - of one package

    @property
    def token(self) -> str:
        """The line that replays it."""
        return self._walk.ground.token(self.plan)


class _Drawn(str):
    """A plan that was drawn, as its text: that is how Hypothesis prints it, and how `@example` takes it."""

    __slots__ = ("walk",)

    walk: Walk


def fuzz(
    target: Any, *, inputs: SearchStrategy[Any] | None = None, **options: Unpack[CheckOptions]
) -> Callable[[Callable[..., Any]], Callable[..., None]]:
    """Make a test of Hypothesis's: it draws an input and a plan, and the judges of `check` look at the run.

    For each input the target first runs uncut, and then under up to eight plans: each fault is drawn among
    those that can strike where the run is by then, so every plan fires. What fails shrinks to one plan of the
    fewest and least faults, and the smallest input. `@settings`, `@example(input=..., plan="...")`, `@seed`
    and fixtures work as with `@given`; the default deadline does not hold, since no time passes in a
    simulated task but that of the simulator.

    The decorated test is called for each input to whose runs no judge objected, and may assert more: if it
    names `run`, it gets the last of them, a `FuzzedRun`, with `.input`, `.plan`, `.sim`, `.execution`,
    `.uncut` and `.world`.

    Args:
        target: A definition in any form, a scenario `def publishing(sim)`, or one that takes what is drawn,
            `def publishing(sim, input)`.
        inputs: A strategy for the input. By default `tasksim.strategies.inputs(target)` for definitions;
            a scenario with an input needs one.
        options: Those of `check` that say which faults are tried, how runs are judged, and in which world.

    Raises:
        UsageError: What cannot be fuzzed, or an option that cannot be used.

    Example:
        >>> from hypothesis import settings
        >>> from tasksim import task_definition
        >>> @task_definition(id="echo", title="Echo")
        ... def echo(input, controller):
        ...     return controller.response.done({"said": input})
        >>> @settings(max_examples=20, database=None)
        ... @fuzz(echo)
        ... def test_echoes(run):
        ...     if run.execution.status == "success":
        ...         assert run.execution.output == {"said": run.input}
        >>> test_echoes()
    """
    if inspect.isfunction(target) and target.__name__.startswith("test") and not options and inputs is None:
        raise UsageError(
            f"@fuzz stands above {target.__name__!r} without saying what is fuzzed.",
            way_out="Name it: @fuzz(PublishEntries), or @fuzz(scenario, inputs=...).",
        )
    subject = read_subject(target, inputs)
    if inputs is not None and not isinstance(inputs, SearchStrategy):
        raise UsageError(
            f"fuzz() got inputs={inputs!r:.60}.", way_out="Pass a strategy, as st.just(...) for one input."
        )
    decorator = _Decorator(subject, read_fuzz_options({**options}), _inputs_of(subject, inputs))

    def decorate(*tests: Callable[..., Any]) -> Callable[..., None]:  # none, if it is taken for a test
        """Make a test of a function."""
        return decorator.decorate(tests)

    return decorate


def _inputs_of(subject: Subject, given_: SearchStrategy[Any] | None) -> SearchStrategy[Any] | None:
    """Return what draws inputs, if the target takes any."""
    if given_ is not None or not subject.takes_input:
        return given_
    from tasksim.strategies import inputs  # noqa: PLC0415 - it imports this module's neighbours

    return inputs(subject.target.made_of)


class _Decorator:
    """What makes a test of a function.

    Args:
        subject: What is fuzzed.
        options: How.
        inputs: What draws inputs, or None.
    """

    def __init__(self, subject: Subject, options: Options, inputs: SearchStrategy[Any] | None) -> None:
        """No test is under way."""
        self._subject = subject
        self._options = options
        self._inputs = inputs
        self._fuzzing: Fuzzing | None = None

    def decorate(self, tests: tuple[Any, ...]) -> Callable[..., None]:
        """Return the test."""
        test = self._usable(tests)
        given_test = given(**self._strategies())(self._taking_examples(test))

        def fuzzed(*args: Any, **kwargs: Any) -> None:
            """Run all examples in one freeze."""
            __tracebackhide__ = True
            with self._under_way() as fuzzing, _lifted_deadline(given_test), without_lines():
                given_test(*args, **kwargs)
            _refuse_idle(fuzzing)

        # What decorators write on the one - settings, a seed, examples - is read from the other.
        fuzzed.__dict__ = given_test.__dict__
        for name in ("__module__", "__name__", "__qualname__", "__doc__"):
            setattr(fuzzed, name, getattr(test, name))
        fuzzed.__signature__ = inspect.signature(given_test)  # type: ignore[attr-defined]  # of functions, too
        return fuzzed

    def _usable(self, tests: tuple[Any, ...]) -> Callable[..., Any]:
        """Return the function that is decorated.

        Raises:
            UsageError: It is none, or a test cannot be made of it.
        """
        name = self._subject.name
        if len(tests) != 1 or not inspect.isfunction(tests[0]):
            raise UsageError(
                f"fuzz({name}) decorates one test function, and got {', '.join(map(repr, tests)) or 'none'}.",
                way_out=f"Write @fuzz({name}) above a test: def test_{name}(run): ...",
            )
        test: Callable[..., Any] = tests[0]
        if getattr(test, "is_hypothesis_test", False):
            raise UsageError(
                f"{test.__name__!r} is under @given already, and @fuzz({name}) is one of its own.",
                way_out="Take @given off; a scenario takes whatever inputs= draws: def scenario(sim, input).",
            )
        if inspect.iscoroutinefunction(test) or inspect.isgeneratorfunction(test):
            raise UsageError(
                f"{test.__name__!r} is async or yields, and would be called for nothing.",
                way_out="Write it with def: the run is over when it is called.",
            )
        taken = {_INPUT, _PLAN} & set(inspect.signature(test).parameters)
        if taken:
            raise UsageError(
                f"{test.__name__!r} takes {' and '.join(sorted(taken))}, which fuzz() keeps for itself.",
                way_out=f"Take run, and read run.{min(taken)}.",
            )
        return test

    def _strategies(self) -> dict[str, SearchStrategy[Any]]:
        """Return what is drawn: the plan, and the input that was drawn for it."""
        if self._inputs is None:
            return {_PLAN: _plans(self._running, st.just(UNSET))}
        shared = st.shared(self._inputs, key=self)
        return {_PLAN: _plans(self._running, shared), _INPUT: shared}

    def _running(self) -> Fuzzing:
        """Return the run of the test that is under way; outside of one (`fuzz_one_input`), one of its own."""
        if self._fuzzing is None:
            self._fuzzing = Fuzzing(self._subject, self._options)
        return self._fuzzing

    @contextmanager
    def _under_way(self) -> Iterator[Fuzzing]:
        """Let what is drawn and run belong to one run of the test."""
        before = self._fuzzing
        with Fuzzing(self._subject, self._options) as fuzzing:
            self._fuzzing = fuzzing
            try:
                yield fuzzing
            finally:
                self._fuzzing = before

    def _taking_examples(self, test: Callable[..., Any]) -> Callable[..., None]:
        """Return the function that Hypothesis calls with each example."""
        parameters = inspect.signature(test).parameters
        takes_run = _RUN in parameters

        def call(given_: dict[str, Any]) -> None:
            """Look at the run of an example, and call the test."""
            __tracebackhide__ = True
            plan, value = given_.pop(_PLAN), given_.pop(_INPUT, UNSET)
            walk = plan.walk if isinstance(plan, _Drawn) else walk_given(self._running(), value, plan)
            _refuse_failed(walk)
            run = FuzzedRun(walk)
            if takes_run:
                given_[_RUN] = run
            try:
                test(**given_)
            except BaseException:
                note(f"token: {run.token}")
                raise

        drawn = [_INPUT] if self._inputs is not None else []
        kept = [each for name, each in parameters.items() if name != _RUN]
        added = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in (*drawn, _PLAN)]
        return _named_as(test, call, inspect.Signature([*kept, *added]))


def _named_as(
    test: Callable[..., Any], call: Callable[[dict[str, Any]], None], signature: inspect.Signature
) -> Callable[..., None]:
    """Return a function for Hypothesis that has the name, the place and what else is known of a test."""
    names = list(signature.parameters)

    @functools.wraps(test)
    def example(*args: Any, **kwargs: Any) -> None:
        __tracebackhide__ = True
        call({**dict(zip(names, args, strict=False)), **kwargs})

    # Tracebacks that Hypothesis cuts end in what it was given, and should show the user's test.
    made: Any = example
    code: Any = test.__code__
    made.__code__ = made.__code__.replace(
        co_filename=code.co_filename, co_firstlineno=code.co_firstlineno, co_name=code.co_name
    )
    made.__signature__ = signature
    function: Callable[..., None] = made
    return function


@st.composite
def _plans(draw: st.DrawFn, running: Callable[[], Fuzzing], inputs: SearchStrategy[Any]) -> _Drawn:
    """Draw up to some plans, then the input, and run it under one plan after another until one fails.

    The simplest choice is none, and kinds and places are ordered as plans are, so what shrinks comes to the
    least plan. Plans come first, so that no kind is left out while inputs are small; there are several, for
    the uncut run is made but once.
    """
    fuzzing = running()
    cuts = draw(_cuts(len(fuzzing.options.kinds) + fuzzing.has_progress_run, fuzzing.options.max_faults))
    walk = uncut = fuzzing.walk(draw(inputs))
    if walk.is_vacuous():
        fuzzing.refuse_if_always(walk)
        reject()
    for cut in cuts:
        if walk.has_failed:
            break
        walk = uncut.fork()
        _follow(walk, cut)
        _tell_statistics(walk)
    if not cuts:
        event("fault: none")
    drawn = _Drawn(render(walk.plan))
    drawn.walk = walk
    return drawn


@functools.cache
def _cuts(kinds: int, most: int) -> SearchStrategy[list[tuple[tuple[int, int], ...]]]:
    """Draw plans as what strikes and where: numbers, which mean something once there is a run."""
    fault = st.tuples(st.integers(0, kinds - 1), st.integers(0, _PLACES))
    plan = st.tuples(fault) if most == 1 else st.lists(fault, min_size=1, max_size=most).map(tuple)
    return st.lists(plan, max_size=_MOST_PLANS)


def _follow(walk: Walk, cut: tuple[tuple[int, int], ...]) -> None:
    """Let one fault after another strike: each of the kind and at the place that were drawn."""
    for kind, place in cut:
        if walk.is_over:
            return
        if kind == len(walk.fuzzing.options.kinds):
            walk.make_progress_run()
            return
        faults = walk.faults(kind)
        if faults:
            walk.grow(faults[place % len(faults)])


def _tell_statistics(walk: Walk) -> None:
    """Let Hypothesis count which kinds of faults struck."""
    if walk.is_progress_run:
        event("progress run")
        return
    kinds = dict.fromkeys(kind_of(fault) for fault in walk.plan)
    for kind in kinds:
        event(f"fault: {kind}")


def _refuse_failed(walk: Walk) -> None:
    """Raise what is wrong with a run, if anything is.

    Raises:
        CheckFailed: A judge objects.
        TasksimError: There was nothing to judge.
    """
    if walk.error is not None:
        raise copy(walk.error) from walk.error.__cause__
    if walk.said:
        found, report = walk.report()
        note(f"token: {found.token}")
        raise CheckFailed(tell(found, report, walk), report)


def _refuse_idle(fuzzing: Fuzzing) -> None:
    """Raise where nothing was cut in any example, or no run reached a goal.

    Raises:
        NothingChecked: No fault had a place to strike.
        CheckFailed: A goal was not reached.
    """
    runs = f"one of {fuzzing.runs} runs of {fuzzing.subject.name!r}"
    if fuzzing.asked and not fuzzing.has_place:
        raise NothingChecked(
            f"N{runs} has a place for {', '.join(sorted(fuzzing.asked))}.",
            way_out="Ask for other kinds of faults.",
        )
    missed = fuzzing.missed_goals
    if missed:
        raise CheckFailed(
            f"sometimes: n{runs} reached {', '.join(missed)}.\n"
            "  Raise @settings(max_examples=...), draw other inputs, or ask for other kinds or more faults; "
            "a goal must return something true."
        )


@contextmanager
def _lifted_deadline(test: Any) -> Iterator[None]:
    """Lift the deadline of a test while it runs, unless the user chose one."""
    chosen = test._hypothesis_internal_use_settings  # noqa: SLF001 - as Hypothesis's plugin for pytest does
    test._hypothesis_internal_use_settings = without_default_deadline(chosen)  # noqa: SLF001 - see above
    try:
        yield
    finally:
        test._hypothesis_internal_use_settings = chosen  # noqa: SLF001 - see above
