"""Targets: scenarios and definitions in any form, and what is refused, with what to pass instead."""

import asyncio
import functools

import pytest

from tasksim import (
    BaselineFailed,
    DefinitionError,
    NothingChecked,
    UsageError,
    check,
    create_implementation,
    create_task_definition,
    explore,
    replay,
    resumable,
    task_definition,
)
from tasksim._explore.targets import as_target
from tasksim._faults.token import UNSET

pytestmark = pytest.mark.usefixtures("frozen")


class Greet:
    id = "greet"
    title = "Greet"
    disable_database_logs = True

    def run(self, input, controller):
        return controller.response.done(output={"hello": input.get("name", "world")})


class GreetWith(Greet):
    def __init__(self, word):
        self.word = word

    def run(self, controller):
        return controller.response.done(output={"hello": self.word})


@task_definition(id="decorated", title="Decorated")
def decorated(controller):
    """A job made by a decorator."""
    return controller.response.done()


@resumable
def sync_orders(cursor, should_stop):
    """A plain job of two steps."""
    return None if cursor else 1


def greeting(sim):
    """Greet once."""
    sim.register(Greet)
    sim.tasks.trigger("greet")


def make_greet():
    """Make a definition."""
    return Greet()


class Greeting:
    def of(self, sim):
        greeting(sim)

    def __call__(self, sim):
        greeting(sim)


def greeting_with(sim, name, *others, **named):
    """Greet somebody."""
    sim.register(Greet)
    sim.tasks.trigger("greet", input={"name": name})


# --- what can be checked


@pytest.mark.parametrize(
    ("made_of", "name"),
    [
        (Greet, "greet"),
        (Greet(), "greet"),
        (make_greet, "make_greet"),
        (lambda: GreetWith("hi"), "scenario"),
        (create_task_definition(id="made", title="Made", run=Greet().run), "made"),
        (create_implementation(GreetWith, dependencies=["hi"]), "greet"),
        (decorated, "decorated"),
        (sync_orders, "syncOrders"),
    ],
)
def test_definitions(made_of, name):
    """A definition is checked in any form: class, instance, factory, and whatever tasksim makes."""
    report = explore(made_of, kinds=["redeliver"])
    assert (report.target.name, report.target.is_definition, report.passed) == (name, True, True)


@pytest.mark.parametrize(
    ("made_of", "name"),
    [
        (greeting, "greeting"),
        (lambda sim: greeting_with(sim, "you"), "scenario"),
        (Greeting(), "Greeting"),
        (Greeting().of, "of"),
        (functools.partial(greeting_with, name="you"), "greeting_with"),
    ],
)
def test_scenarios(made_of, name):
    """A scenario is whatever can be called with one simulator."""
    report = explore(made_of, kinds=["redeliver"])
    assert (report.target.name, report.target.is_definition, report.passed) == (name, False, True)


def test_callable_without_signature():
    """What does not tell its parameters is taken for a scenario."""

    class Silent:
        __signature__ = 5

        def __call__(self, sim):
            greeting(sim)

    target = as_target(Silent())
    assert (target.name, target.is_definition) == ("Silent", False)


def output_of(replayed):
    """Return the output of the one task."""
    (task,) = replayed.sim.tasks.list_tasks().items
    return task.output


def test_input_of_a_definition():
    """The one task of a definition gets the input; without one it gets an empty one."""
    assert replay(Greet, "v1", input={"name": "you"}).sim.tasks.list_tasks().items[0].output == {
        "hello": "you"
    }
    assert replay(Greet, "v1").sim.tasks.list_tasks().items[0].output == {"hello": "world"}


def test_input_of_a_token_wins():
    """A token that holds an input runs with that."""
    replayed = replay(Greet, 'v1 input={"name":"token"}', input={"name": "argument"})
    assert output_of(replayed) == {"hello": "token"}


def test_fresh_instance_in_each_run():
    """A class makes an instance for each run, so that what one keeps on itself does not reach another."""

    class Counting(Greet):
        def __init__(self):
            self.ran = 0

        def run(self, controller):
            self.ran += 1
            return controller.response.done(output={"ran": self.ran})

    assert explore(Counting, kinds=["close_to_timeout", "abort"]).passed


def test_other_input():
    """A target with another input is the same in all else."""
    target = as_target(sync_orders, {"at": 1})
    other = target.with_input({"at": 2})
    assert other.input == {"at": 2}
    assert (other.name, other.made_of, other.preferred_profile) == ("syncOrders", sync_orders, "generic")
    assert as_target(greeting).input is UNSET


def test_plain_jobs_prefer_generic():
    """A plain job is checked in the profile `generic` unless another is asked for; its token says so."""
    assert explore(sync_orders).settings.profile == "generic"
    assert explore(sync_orders, profile="webiny-6").settings.profile == "webiny-6"
    assert replay(sync_orders, "crash@event#1").settings.profile == "generic"
    assert replay(sync_orders, "v1 crash@event#1").settings.profile is None


# --- what cannot


async def greeting_later(sim):
    """An async function."""
    await asyncio.sleep(0)


def greeting_twice(sim):
    """A generator."""
    yield greeting(sim)


async def greeting_often(sim):
    """An async generator."""
    yield greeting(sim)


def greeting_by_name(*, sim):
    """A function that takes the simulator by name."""
    greeting(sim)


TAKES = "Pass a scenario, which is a function of a simulator, or a definition with input=."
YIELDS = "Let it return its world; what must hold at the end goes into invariants=[...]."
ALONE = "a scenario takes the fresh simulator alone."
MAKE = "Let it make what it needs: def scenario(sim): ..."


@pytest.mark.parametrize(
    "refused",
    [
        (None, "None cannot be checked.", TAKES),
        ("greeting", "'greeting' cannot be checked.", TAKES),
        (greeting_with, f"'greeting_with' takes sim, name; {ALONE}", MAKE),
        (greeting_by_name, f"'greeting_by_name' takes sim by name only; {ALONE}", MAKE),
        (
            greeting_later,
            "The scenario 'greeting_later' is async.",
            "Write it with def; its tasks may be async.",
        ),
        (
            greeting_twice,
            "The scenario 'greeting_twice' yields.",
            YIELDS,
        ),
        (
            greeting_often,
            "The scenario 'greeting_often' yields.",
            YIELDS,
        ),
    ],
    ids=lambda refused: str(refused[1])[:40],
)
def test_refused(refused):
    """What is neither a scenario nor a definition is refused; so is a scenario that cannot be run."""
    made_of, *lines = refused
    for call in (check, explore, lambda target: replay(target, "v1")):
        with pytest.raises(UsageError) as error:
            call(made_of)
        assert str(error.value) == "\n  ".join(lines)


def test_future_for_a_world():
    """A scenario that returns an awaitable is async, whatever makes it so."""

    class Later:
        def __await__(self):
            yield

    with pytest.raises(UsageError, match="The scenario 'scenario' is async"):
        check(lambda sim: Later())


def test_input_for_a_scenario():
    """A scenario triggers itself, so that an input means nothing; not even None."""
    for input in ({"ids": []}, None):
        with pytest.raises(UsageError) as error:
            check(greeting, input=input)
        assert str(error.value) == (
            "'greeting' is a scenario, and input= is for definitions.\n"
            "  Let the scenario trigger with the input, or pass the definition."
        )


def test_scenario_without_a_parameter():
    """A function without parameters makes a definition; one that makes none was meant as a scenario."""

    def greeting():
        pass

    with pytest.raises(BaselineFailed) as failed:
        check(greeting)
    assert str(failed.value) == (
        "The uncut run of 'greeting' ended with DefinitionError, before any fault.\n"
        "  None has no 'id'.\n"
        "    greeting() is taken for what makes a definition; a scenario takes sim\n"
        "    Give a definition the attributes id, title and run.\n"
        "  Mend that first: cut runs are compared with it."
    )
    assert isinstance(failed.value.__cause__, DefinitionError)


def test_class_that_needs_arguments():
    """A class that cannot be called without arguments is refused as everywhere."""
    with pytest.raises(BaselineFailed) as failed:
        check(GreetWith)
    assert str(failed.value) == (
        "The uncut run of 'greet' ended with DefinitionError, before any fault.\n"
        "  GreetWith could not be called without arguments: GreetWith.__init__() missing 1 required "
        "positional argument: 'word'.\n"
        "    Pass an instance, or create_implementation(GreetWith, dependencies=[...]).\n"
        "  Mend that first: cut runs are compared with it."
    )


@pytest.mark.parametrize("scenario", [lambda sim: None, lambda sim: sim.register(Greet)])
def test_scenario_that_triggers_nothing(scenario):
    """A scenario in which no task is triggered checks nothing, and does not pass."""
    with pytest.raises(NothingChecked) as refused:
        check(scenario)
    assert str(refused.value) == (
        "'scenario' triggered no task, so there is nothing to cut.\n"
        "  Trigger at least one: sim.tasks.trigger('publishEntries', input={...})."
    )
