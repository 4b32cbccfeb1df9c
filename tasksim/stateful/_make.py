"""Making a machine: what may be asked for, and the class that comes of it.

This module promises that what cannot be used is refused when the machine is made, by its name. It must not
know what the steps do.
"""

from __future__ import annotations

import sys
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize
from hypothesis.stateful import rule as hypothesis_rule

from tasksim import strategies
from tasksim.errors import UsageError
from tasksim.stateful._arguments import (
    check_function,
    checked_definitions,
    checked_inputs,
    checked_invariants,
    checked_rules,
)
from tasksim.stateful._case import apart
from tasksim.stateful._machine import Made, TaskMachine, build
from tasksim.stateful._rules import built_in_rules, first_rule, tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from hypothesis.strategies import SearchStrategy

    from tasksim._engine.core import Limits
    from tasksim._engine.registry import Registered
    from tasksim._model.records import Identity
    from tasksim._simulator.simulator import Simulator
    from tasksim.stateful._acting import Actor
    from tasksim.typing import Duration, Instant, JsonObject

__all__ = ["Rule", "rule", "task_machine"]


class Rule(NamedTuple):
    """A step of the user's own; `rule` makes it."""

    function: Callable[..., object]
    strategies: Mapping[str, SearchStrategy[Any]]


def rule(function: Callable[..., object], /, **strategies: SearchStrategy[Any]) -> Rule:
    """Return a step of a machine that calls a function.

    Args:
        function: Gets the machine's simulator first, then what was drawn, by name. It asserts what must
            hold; what it returns does not matter. Tasks that it triggers join `tasks`.
        strategies: What is drawn for its other arguments: any strategies, and `tasks`, the ids of the tasks
            triggered so far.

    Raises:
        UsageError: The function cannot be called so.

    Example:
        >>> from hypothesis import strategies as st
        >>> from tasksim.stateful import rule, tasks
        >>> def look_twice(sim, task, times):
        ...     for _ in range(times):
        ...         assert sim.tasks.get_task(task) == sim.tasks.get_task(task)
        >>> rule(look_twice, task=tasks, times=st.integers(1, 3)).function.__name__
        'look_twice'
    """
    check_function(function, "rule", ("sim", *strategies))
    for name, strategy in strategies.items():
        if not isinstance(strategy, st.SearchStrategy):
            raise UsageError(
                f"rule() got {name}={strategy!r:.60}.",
                way_out="Pass a strategy: tasks, st.integers(0, 3), st.just(...).",
            )
        if name in ("target", "targets"):
            raise UsageError(
                f"rule() got {name}=, which Hypothesis keeps for itself.",
                way_out="Give the argument another name.",
            )
    return Rule(function, dict(strategies))


def task_machine(  # noqa: PLR0913 - as many settings as a simulator has
    definitions: Iterable[object] | Callable[[Simulator], object],
    *,
    invariants: Iterable[Callable[[Simulator], object]] = (),
    rules: Iterable[Rule | Callable[[Simulator], object]] = (),
    inputs: Mapping[str, SearchStrategy[JsonObject]] | None = None,
    profile: str | None = None,
    start: Instant = "2024-01-01T00:00:00Z",
    seed: int | None = None,
    budget: Duration = "15m",
    close_limit: Duration | None = None,
    tick: Duration = 0,
    on_crash: str | None = None,
    context: object = None,
    identity: Identity | None = None,
    freeze: bool = True,
    timezone: str | None = None,
    strict: bool = False,
    seed_random: bool = True,
    limits: Limits | None = None,
) -> type[RuleBasedStateMachine]:
    """Return a state machine of Hypothesis that uses the service of a simulator as it likes.

    Its steps trigger tasks - with inputs that are valid or not, later, with names, as children -, abort and
    delete them, let time pass, handle one event or all, go through lists by filters, sorters and pages, let
    events be delivered twice and runs crash. After each step what is stored is compared with a reference
    model, which knows what the rules say: how a status moves, which event counts an iteration, what an abort
    or a delete changes, that a refused call changes nothing, which records a page has.

    Give its `TestCase` to pytest or unittest. After a failure it prints the steps, and a program that makes
    the same calls and fails likewise. `hypothesis.settings` and `seed` decorate the class; the default
    deadline does not hold, since a run has as many steps as `stateful_step_count` says.

    Args:
        definitions: What a `Simulator` takes, or a function that gets each fresh simulator and registers
            them. All runs share an instance: where one keeps anything, pass its class or a factory.
        invariants: Functions of the simulator that assert what holds after each step; they change nothing.
        rules: Steps besides: what `rule` makes, or functions of the simulator.
        inputs: Strategies of inputs by definition; without, they come from its validation. A definition that
            has none gets small objects; one that is named here gets none that it refuses.
        profile: This one and the following as for `Simulator`.
        start: Wall time at the beginning.
        seed: Makes other ids and random numbers; it is not Hypothesis's.
        budget: Time of one iteration.
        close_limit: What `is_close_to_timeout()` compares with.
        tick: What each checkpoint costs.
        on_crash: What the host does after a crash.
        context: What runs and hooks get as `context`. All runs share it.
        identity: Who triggers.
        freeze: Freeze the wall clock. The `TestCase` begins one freeze for all runs.
        timezone: The local time zone meanwhile.
        strict: Refuse what the simulation cannot see or repeat.
        seed_random: `random` and `uuid4` draw from the seed while an event is handled.
        limits: Bounds of each simulation.

    Raises:
        UsageError: An argument that cannot be used.
        DefinitionError: A definition that cannot be registered.

    Example:
        >>> from tasksim import task_definition
        >>> from tasksim.stateful import task_machine
        >>> @task_definition(id="sayHello", title="Say hello")
        ... def say_hello(controller):
        ...     return controller.response.done("Hello.")
        >>> def nothing_fails(sim):
        ...     assert not sim.tasks.list_tasks({"status": "failed"}).items
        >>> TestHello = task_machine([say_hello], invariants=[nothing_fails]).TestCase

        pytest and unittest run it; here it is run by hand, and shortly:

        >>> from hypothesis import settings
        >>> TestHello.settings = settings(max_examples=5, database=None)
        >>> TestHello("runTest").runTest()
    """
    settings = {
        "profile": profile,
        "start": start,
        "seed": seed,
        "budget": budget,
        "close_limit": close_limit,
        "tick": tick,
        "on_crash": on_crash,
        "context": context,
        "identity": identity,
        "freeze": freeze,
        "timezone": timezone,
        "strict": strict,
        "seed_random": seed_random,
        "limits": limits,
    }
    nearby = sys._getframe(1).f_globals.get("__name__", "")  # noqa: SLF001 - where the printed program looks for names
    made = Made(checked_definitions(definitions), settings, checked_invariants(invariants), nearby)
    with apart():
        registered = build(made, freeze=False)._engine.registry.all()  # noqa: SLF001 - validators are there
    if not registered:
        raise UsageError(
            "task_machine() got no definitions.", way_out="Pass some: task_machine([PublishEntries])."
        )
    own = [given if isinstance(given, Rule) else rule(given) for given in checked_rules(rules)]
    return _machine(made, registered, own, checked_inputs({} if inputs is None else inputs, registered))


# --- the class


_ANYTHING = st.dictionaries(
    st.sampled_from(("a", "at", "ids")),
    st.none() | st.booleans() | st.integers(-1, 3) | st.text(max_size=3),
    max_size=2,
)
"""Inputs of a definition without validation: small, since most say nothing to it."""


def _machine(
    made: Made,
    registered: list[Registered],
    own: list[Rule],
    inputs: Mapping[str, SearchStrategy[JsonObject]],
) -> type[RuleBasedStateMachine]:
    """Return the class."""
    valid, invalid = [], []
    for each in registered:
        accepted, refused = _inputs_of(each, inputs.get(each.id))
        valid.append(accepted.map(partial(_call_of, each.id)))
        if refused is not None:
            invalid.append(refused.map(partial(_call_of, each.id)))
    members: dict[str, Any] = {"made": made, "__module__": made.nearby, "__doc__": TaskMachine.__doc__}
    calls = st.one_of(valid)
    body, drawn = first_rule(calls)
    members[body.__name__] = _step(body, drawn, initialize)
    for body, drawn in built_in_rules(calls, st.one_of(invalid) if invalid else None):
        members[body.__name__] = _step(body, drawn)
    for function, arguments in own:
        name = _name_of(function, members)
        members[name] = _step(_own_step(function, name), arguments)
    name = registered[0].id
    return type(f"{name[0].upper()}{name[1:]}Machine", (TaskMachine,), members)


def _inputs_of(
    registered: Registered, given: SearchStrategy[JsonObject] | None
) -> tuple[SearchStrategy[JsonObject], SearchStrategy[JsonObject] | None]:
    """Return the inputs that a definition accepts, and those that it refuses, if they can be drawn."""
    if given is not None:
        return given, None
    if registered.validator is None:
        return _ANYTHING, None
    accepted = strategies.inputs(registered.definition)
    try:
        refused = strategies.invalid_inputs(registered.definition)
    except UsageError:  # it demands nothing
        return accepted, None
    return accepted, refused.map(attrgetter("input"))


def _call_of(definition_id: str, input: JsonObject) -> tuple[str, JsonObject]:
    """Return what is triggered, with an input."""
    return definition_id, input


def _name_of(function: Callable[..., object], taken: Mapping[str, Any]) -> str:
    """Return the name of a step of the user's own."""
    name = getattr(function, "__name__", type(function).__name__)
    name = name if name.isidentifier() else "step"
    if name in taken or hasattr(TaskMachine, name):
        raise UsageError(f"There is a rule {name!r} already.", way_out="Give the function another name.")
    return name


def _own_step(function: Callable[..., object], name: str) -> Callable[..., object]:
    """Return a step that calls a function of the user's, and writes it into the program."""

    def body(actor: Actor, /, **drawn: Any) -> None:
        actor.call_function(function, drawn)

    body.__name__ = name
    return body


def _step(
    body: Callable[..., object], arguments: Mapping[str, SearchStrategy[Any]], decorate: Any = hypothesis_rule
) -> Any:
    """Return a rule as Hypothesis takes it; the tasks that it brings about join the bundle."""

    def step(self: TaskMachine, /, **drawn: Any) -> Any:
        return self.take(body, drawn)

    step.__name__ = step.__qualname__ = body.__name__
    return decorate(target=tasks, **arguments)(step)
