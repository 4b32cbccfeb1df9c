"""The uncut run: made twice, expected to end well, and refused where there is nothing to compare with."""

import itertools

import pytest
from explore_jobs import definition

from tasksim import (
    BaselineFailed,
    LimitReached,
    NondeterministicScenario,
    UsageError,
    check,
    explore,
    replay,
)

pytestmark = pytest.mark.usefixtures("frozen")


def running(run, *more, **attributes):
    """Return a scenario of one task that runs a function."""

    def scenario(sim):
        sim.register(definition(run, **attributes))
        for other in more:
            other(sim)
        sim.tasks.trigger("job")

    return scenario


def done(controller):
    """Be done at once."""
    return controller.response.done(output={"n": 1})


def message(error, target, **options):
    """Return what `check` refuses a target with; `explore` and `replay` say the same."""
    told = set()
    for call in (check, explore, lambda target, **options: replay(target, "v1", **options)):
        with pytest.raises(error) as refused:
            call(target, **options)
        told.add(str(refused.value))
    (text,) = told
    return text


def line_of(function, offset):
    """Return where a line of a function is."""
    return f"test_baseline.py:{function.__code__.co_firstlineno + offset} in {function.__name__}"


# --- how it must end


def test_it_fails():
    """An uncut run that fails is refused, with its error, the exception and its place."""

    def run(input):
        return input["ids"]

    assert message(BaselineFailed, running(run)) == (
        "The uncut run of 'job' ended 'failed', not 'success'.\n"
        "  error: 'ids'\n"
        "  raised: KeyError\n"
        f'    {line_of(run, 1)}: return input["ids"]\n'
        "  machine: Error, after 1 iteration\n"
        "  Mend that first, or say that it is meant: check(..., expect='failed')."
    )


def test_it_is_aborted():
    """An uncut run that is aborted is refused."""
    assert message(BaselineFailed, running(lambda controller: controller.response.aborted())) == (
        "The uncut run of 'job' ended 'aborted', not 'success'.\n"
        "  machine: Aborted, after 1 iteration\n"
        "  Mend that first, or say that it is meant: check(..., expect='aborted')."
    )


def test_it_is_refused_in_the_end():
    """A task whose iterations are too many fails."""

    def run(controller):
        return controller.response.continue_({})

    assert message(BaselineFailed, running(run, max_iterations=3)) == (
        "The uncut run of 'job' ended 'failed', not 'success'.\n"
        "  error: Task reached max iterations.\n"
        "  machine: Error, after 3 iterations\n"
        "  Mend that first, or say that it is meant: check(..., expect='failed')."
    )


def limit(**limits):
    """Return what gives a simulator lower limits, so that a test need not wait for the usual ones."""

    def set_limits(sim):
        for name, value in limits.items():
            setattr(sim._engine, f"most_{name}", value)

    return set_limits


def test_it_never_ends():
    """An uncut run that goes on until the host or a limit of the simulation ends it is refused."""

    def run(controller):
        return controller.response.continue_({}, seconds=1)

    for_ever = {"max_iterations": 10**9}
    assert message(BaselineFailed, running(run, limit(transitions=20), **for_ever)) == (
        "The uncut run of 'job' ended 'running', not 'success'.\n"
        "  machine: TimedOut, after 7 iterations\n"
        "  Let it come to an end: the host has a limit of its time and its transitions."
    )
    text = message(BaselineFailed, running(run, limit(events=5), **for_ever))
    assert text == (
        "The uncut run of 'scenario' ended with LimitReached, before any fault.\n"
        "  The simulation handled more than 5 events; the next is one of 'job-0001'.\n"
        "  Does a task continue, or an act repeat, for ever?\n"
        "  Let it come to an end."
    )


def test_it_loops_in_one_event():
    """A loop without an end is refused, with its line."""

    def run(controller):
        while not controller.runtime.is_aborted():
            pass

    with pytest.raises(BaselineFailed) as failed:
        check(running(run, limit(checkpoints=50)))
    assert str(failed.value) == (
        "The uncut run of 'scenario' ended with LimitReached, before any fault.\n"
        "  One event of 'job-0001' reached more than 50 checkpoints.\n"
        f"  {line_of(run, 1)}: while not controller.runtime.is_aborted():\n"
        "  Does it loop without an end? With tick=0 its budget never runs out.\n"
        "  Does it wait for another task? That goes on between events: answer continue_ instead.\n"
        "  Let it come to an end."
    )
    assert isinstance(failed.value.__cause__, LimitReached)


def test_it_fails_an_assertion():
    """An assertion that fails in the uncut run ends the check, wherever it stands."""

    def run(controller):
        assert controller is None, "A controller."

    def demand(sim):
        assert sim is None, "A simulator."

    for target, options, says in (
        (running(run), {}, "A controller."),
        (running(done, demand), {}, "A simulator."),
        (running(done), {"invariants": [demand]}, "A simulator."),
    ):
        text = message(BaselineFailed, target, **options)
        assert text.splitlines()[0] == (
            "The uncut run of 'scenario' ended with AssertionError, before any fault."
        )
        assert text.splitlines()[1].strip() == says
        assert text.endswith("\n  Mend that first: cut runs are compared with it.")


def test_it_misuses_tasksim():
    """Misuse in the uncut run is told as it is anywhere."""
    assert message(UsageError, running(lambda controller: None)) == (
        "run() of 'job' returned None in iteration 1.\n"
        "  Return controller.response.done(), .continue_(), .error() or .aborted(). "
        "Did the function end without a return?"
    )


def test_expect():
    """Another end is expected on request; then the check goes on, and success is refused."""
    failing = running(lambda controller: controller.response.error("Broken."))
    aborting = running(lambda controller: controller.response.aborted())
    assert check(failing, expect="failed").coverage.explored > 10
    assert check(aborting, expect="aborted").coverage.explored > 10
    assert message(BaselineFailed, running(done), expect="failed") == (
        "The uncut run of 'job' ended 'success', not 'failed'.\n"
        "  machine: Done, after 1 iteration\n"
        "  Mend that first: cut runs are compared with it."
    )


def test_a_task_that_never_begins():
    """A root task that is left pending has not ended as expected."""

    def waiting(sim):
        sim.register(definition(done))
        sim.seed_records(tasks=[{"id": "old", "definitionId": "job"}])
        task = sim.tasks.trigger("job")
        sim.tasks.abort(task.id)

    assert message(BaselineFailed, waiting).splitlines()[0] == (
        "The uncut run of 'job' ended 'aborted', not 'success'."
    )


def test_children_may_end_otherwise():
    """What is expected is expected of tasks that nobody triggered inside a run."""

    def run(controller):
        if not controller.task.list_children():
            controller.task.trigger("part")
            return controller.response.continue_({}, seconds=60)
        return controller.response.done()

    def with_part(sim):
        sim.register(definition(lambda controller: controller.response.error("Broken."), id="part"))

    assert explore(running(run, with_part), kinds=["redeliver"]).coverage.explored


def test_a_task_that_cleans_itself_up():
    """A task that is deleted at its end succeeded, if its machine is done."""
    scenario = running(done, self_cleanup="always")
    assert check(scenario, kinds=["redeliver"], profile="webiny-6").coverage.explored
    text = message_once(scenario, BaselineFailed, profile="webiny-6", expect="failed")
    assert text.splitlines()[0] == "The uncut run of 'job' ended 'deleted', not 'failed'."


# --- that it is the same each time

CAUSES = (
    "  Likely causes, in this order: a counter or cache in a module global, a mutable default or class "
    "attribute; a fake made outside of the scenario; random, secrets or uuid; real time; the order of a "
    "set."
)
INSTANCE = (
    "  The definition is one instance for all runs: pass its class or a function that makes one, and let it "
    "keep nothing in module globals or mutable defaults."
)
TIMES_RUN = itertools.count(1)


def counting(sim):
    """Count in a module global."""
    sim.register(definition(lambda controller: controller.response.done(output={"run": next(TIMES_RUN)})))
    sim.tasks.trigger("job")


def test_module_global():
    """A counter in a module global makes runs differ; the first event that does is shown."""
    text = message_once(counting)
    lines = text.splitlines()
    assert lines[0] == "Two uncut runs of 'counting' differ, first in event 5 of the trace."
    assert lines[1].startswith('  first:  {"at_ms":0,"data":{"message":null,"output":{"run":1}}')
    assert lines[2].startswith('  second: {"at_ms":0,"data":{"message":null,"output":{"run":2}}')
    assert lines[3] == CAUSES


def message_once(target, error=NondeterministicScenario, **options):
    """Return what `check` refuses a target with that is another each time."""
    with pytest.raises(error) as refused:
        check(target, **options)
    return str(refused.value)


@pytest.mark.parametrize("before", [10, 100, 300])
def test_long_events_are_cut(before):
    """Of two events that differ as much is shown as fits a line each, with the place where they differ."""

    def run(controller):
        output = {"a": "x" * before, "run": next(TIMES_RUN), "z": "x" * 300}
        return controller.response.done(output=output)

    first, second = message_once(running(run)).splitlines()[1:3]
    assert len(first) == len(second) == 170
    assert '"run":' in first
    assert first.removeprefix("  first:  ") != second.removeprefix("  second: ")


def test_one_instance_for_all_runs():
    """An instance that keeps something on itself is told to be passed as its class."""

    class Counting:
        id = "counting"
        title = "Counting"
        disable_database_logs = True
        ran = 0

        def run(self, controller):
            self.ran += 1
            return controller.response.done(output={"ran": self.ran})

    text = message_once(Counting())
    assert text.splitlines()[0] == "Two uncut runs of 'counting' differ, first in event 5 of the trace."
    assert text.splitlines()[3] == INSTANCE
    assert explore(Counting, kinds=["crash"]).passed


def test_class_attribute():
    """A class that keeps something on itself makes runs differ, too."""

    class Remembering:
        id = "remembering"
        title = "Remembering"
        seen = []  # noqa: RUF012 - the mistake

        def run(self, controller):
            self.seen.append(1)
            return controller.response.done(output={"seen": len(self.seen)})

    assert message_once(Remembering).splitlines()[3] == CAUSES


def test_set_of_objects():
    """The order of a set of objects without a hash of their own is another each time."""
    addresses = itertools.count()

    class Row:
        def __init__(self, name):
            self.name = name
            self.address = -next(addresses) % 3  # as memory is given out

        def __hash__(self):
            return self.address

        def __eq__(self, other):
            return self is other

    def run(controller):
        rows = {Row(name) for name in "ab"}
        return controller.response.done(output={"rows": [row.name for row in rows]})

    assert message_once(running(run)).splitlines()[3] == CAUSES


def test_fewer_events():
    """A run that goes on longer than the first differs where that has nothing more."""
    ran = []

    def more(sim):
        ran.append(sim)
        counts = running(done)
        counts(sim)
        if len(ran) > 1:
            sim.tasks.trigger("job")

    lines = message_once(more).splitlines()
    assert lines[0] == "Two uncut runs of 'more' differ, first in event 2 of the trace."

    def fewer(sim):
        running(done)(sim)
        sim.run_until_idle()
        if ran:
            ran.clear()
            sim.tasks.trigger("job")

    assert "  second: nothing more" in message_once(fewer).splitlines()


def test_what_only_the_second_run_raises():
    """A target that cannot be run twice is told so, and not that it raises."""
    shelf = ["book"]

    def taking(sim):
        shelf.pop()
        running(done)(sim)

    assert message_once(taking) == (
        "The second uncut run of 'taking' ended with IndexError; the first was well.\n"
        "  pop from empty list\n"
        f"{CAUSES}"
    )
    asked = []

    def once(sim):
        asked.append(sim)
        if len(asked) > 1:
            raise AssertionError("asked twice")

    assert message_once(running(done), invariants=[once]) == (
        "The second uncut run of 'scenario' ended with AssertionError; the first was well.\n"
        "  asked twice\n"
        f"{CAUSES}"
    )


# --- its final state


def with_state(state):
    """Return a scenario with a final state."""

    def scenario(sim):
        running(done)(sim)
        return state

    return scenario


def test_other_final_state():
    """A final state that is another each time makes runs differ; what is ignored of it does not."""
    counts = itertools.count(1)

    def state():
        return {"run": next(counts), "fine": True}

    assert message_once(with_state(state)) == (
        "Two uncut runs of 'scenario' come to different final states: state.run differs.\n"
        "  first:  {'run': 1, 'fine': True}\n"
        "  second: {'run': 2, 'fine': True}\n"
        f"{CAUSES}"
    )
    assert check(with_state(state), kinds=["redeliver"], ignore=["state.run"]).passed
    assert check(with_state(state), kinds=["redeliver"], normalise=lambda value: value.get("fine")).passed


def test_final_state_that_equals_nothing():
    """A final state that equals only itself could never be compared."""

    class Row:
        def __repr__(self):
            return "<Row>"

    assert message_once(with_state(Row), UsageError) == (
        "The final states of two uncut runs of 'scenario' look alike and are not equal.\n"
        "  first:  <Row>\n"
        "  second: <Row>\n"
        "  Return what compares by its value, best of all JSON: a dict, a sorted list."
    )


# --- notes


class Kept:
    id = "kept"
    title = "Kept"

    def run(self, controller):
        return done(controller)


BLIND = (
    (
        "process memory not checked: the uncut run has no second event for a fresh instance; "
        "max_faults=2 cuts first"
    ),
    "nothing ran again after a crash: on_crash='retry(2)' checks a host that retries",
)


def test_notes():
    """The report says what could not be seen: effects, memory, what a host does after a crash; each once."""

    class Made(Kept):
        id = "made"

    def scenario(sim):
        sim.register(definition(done))
        sim.register(Kept())
        sim.register(Made)
        for id in ("kept", "kept", "made", "job"):
            sim.tasks.trigger(id)

    assert explore(scenario).notes == (
        "only output compared: 0 effects recorded",
        "process memory not checked: kept registered as an instance, not a factory",
        *BLIND,
    )
    assert explore(with_state(lambda: {"n": 1}), kinds=["crash"], on_crash="retry(1)").notes == ()
    assert explore(scenario, kinds=["redeliver"]).notes == ("only output compared: 0 effects recorded",)
    assert explore(with_state(lambda: {"n": 1}), kinds=["redeliver"]).notes == ()
