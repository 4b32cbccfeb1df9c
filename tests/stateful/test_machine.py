"""What a machine is made of: definitions, rules, invariants, inputs, settings; and what is refused."""

from datetime import datetime, timedelta

import pytest
import stateful_services as services
from hypothesis import HealthCheck, Phase, assume, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from tasksim import UsageError, resumable, task_definition
from tasksim._simulator.ambient import Ambient, use
from tasksim._simulator.freeze import Freeze
from tasksim.errors import DefinitionError
from tasksim.stateful import Rule, rule, task_machine, tasks

pytestmark = pytest.mark.slow

FEW = settings(
    max_examples=10, stateful_step_count=15, database=None, derandomize=True, phases=[Phase.generate]
)


def run(machine, examples=10):
    """Run a machine a little."""
    run_state_machine_as_test(machine, settings=settings(FEW, max_examples=examples))


def holds(sim):
    """Hold always."""


async def waits(sim):
    """Be async."""


def yields(sim):
    """Be a generator."""
    yield sim


def takes_nothing():
    """Take no simulator."""


# --- rules and invariants


def test_rule_gets_the_simulator_and_what_is_drawn():
    """A rule is a function of the simulator and of what is drawn for it, tasks by their ids."""
    seen = []

    def look(sim, task, n):
        seen.append((sim.tasks.get_task(task) is not None or task, n))

    run(task_machine([services.Quick], rules=[rule(look, task=tasks, n=st.integers(5, 6))], freeze=False), 25)
    assert {n for _, n in seen} == {5, 6}
    assert any(found is True for found, _ in seen)


def test_what_is_built_in_may_be_a_rule():
    """What tells nothing of its arguments is taken as it is."""
    assert rule(min).function is min


def test_rule_may_name_its_arguments_as_it_likes():
    """Names that the machine uses inside are free."""
    seen = []

    def look(sim, self, actor, body, drawn):
        seen.append((self, actor, body, drawn))

    drawn = {name: st.just(name) for name in ("self", "actor", "body", "drawn")}
    run(task_machine([services.Quick], rules=[rule(look, **drawn)], freeze=False), 25)
    assert set(seen) == {("self", "actor", "body", "drawn")}


def test_rule_may_assume():
    """A run in which a rule assumes what is not so is put aside: it is no failure."""

    def picky(sim, n):
        assume(n != 9)

    machine = task_machine([services.Quick], rules=[rule(picky, n=st.integers(0, 9))], freeze=False)
    chosen = settings(FEW, max_examples=25, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(machine, settings=chosen)


def test_function_is_a_rule_by_itself():
    """A function of the simulator alone needs no `rule`."""
    seen = []
    run(task_machine([services.Quick], rules=[seen.append], freeze=False))
    assert seen


def test_tasks_of_rules_and_of_runs_join_the_bundle():
    """`tasks` holds what rules trigger, and what tasks do."""

    def of_rule(sim):
        sim.tasks.trigger("parent")
        sim.run_next()

    machine = task_machine([services.Parent, services.Quick], rules=[of_rule], freeze=False)()
    assert machine.of_rule().values == ("parent-0001", "quick-0002")
    assert machine.run_next().values == ()


def test_invariant_is_tested_from_the_beginning_and_after_each_step():
    """An invariant sees the empty service, and the service after each step."""
    counts = []

    def note(sim):
        counts.append(sim.tasks.list_tasks().meta.total_count)

    run(task_machine([services.Quick], invariants=[note], freeze=False))
    assert counts[0] == 0
    assert max(counts) > 0
    assert len(counts) >= FEW.stateful_step_count


def test_broken_invariant_fails_the_machine():
    """An assertion in an invariant comes out as it is."""

    def nobody_waits(sim):
        assert not sim.tasks.list_tasks({"status": "pending"}).items, "somebody waits"

    with pytest.raises(AssertionError, match="somebody waits"):
        run(task_machine([services.Quick], invariants=[nobody_waits], freeze=False))


def test_invariant_that_never_held_is_told_with_its_program():
    """What fails before the first step is told with a program, too."""

    def impossible(sim):
        raise AssertionError("never")

    with pytest.raises(AssertionError, match="never") as caught:
        run(task_machine([services.Quick], invariants=[impossible], freeze=False))
    assert "impossible(sim)" in "\n".join(caught.value.__notes__)


def test_misuse_in_a_task_fails_the_machine():
    """A run that returns no result is an error of the test, as in any simulation."""

    @task_definition(id="forgets", title="Forgets")
    def forgets(controller):
        """Return nothing."""

    with pytest.raises(UsageError, match="returned None"):
        run(task_machine([forgets], freeze=False))


# --- definitions, inputs, settings


def test_function_registers_definitions_with_their_fakes():
    """A function of the simulator makes a fresh world for each run."""
    worlds = []

    def world(sim):
        worlds.append(sim)
        sim.register(services.Quick)

    run(task_machine(world, freeze=False), 3)
    assert len(set(map(id, worlds))) == len(worlds) >= 4


def test_plain_jobs_have_machines():
    """What `resumable` makes is a definition like any other."""

    @resumable
    def count(cursor):
        yield {"count": 3}

    run(task_machine([count], profile="generic", freeze=False))


def test_inputs_take_the_place_of_what_the_validation_says():
    """What is drawn for a definition is what tasks get."""
    seen = set()

    def note(sim):
        seen.update(task.input["steps"] for task in sim.tasks.list_tasks({"definition_id": "steps"}))

    given = {"steps": st.just({"steps": 2})}
    run(task_machine([services.Steps], inputs=given, invariants=[note], freeze=False))
    assert seen == {2}


@pytest.mark.slow
def test_validation_that_demands_nothing_has_no_invalid_inputs():
    """A definition that accepts any object can be in a machine."""

    @task_definition(id="takesAll", title="Takes all", create_input_validation=dict)
    def takes_all(controller):
        return controller.response.done()

    run(task_machine([takes_all], freeze=False))


def test_settings_are_those_of_the_simulator():
    """Profile, seed and the rest reach each simulator."""
    seen = set()

    def note(sim):
        seen.add((sim.profile, sim.token))

    run(
        task_machine(
            [services.Quick], profile="webiny-6", seed=7, tick="5ms", invariants=[note], freeze=False
        )
    )
    assert {profile for profile, _ in seen} == {"webiny-6"}
    assert any("seed=7" in token and "tick=5ms" in token for _, token in seen)


@pytest.mark.slow
def test_profile_may_be_that_of_the_surface():
    """Without a profile the ambient one holds, as for any simulator; a plan for all of pytest does not."""
    seen = set()
    machine = task_machine([services.Quick], invariants=[lambda sim: seen.add(sim.profile)], freeze=False)
    before = use(Ambient(profile="webiny-5"))
    try:
        run(machine)
    finally:
        use(before)
    assert seen == {"webiny-5"}


@pytest.mark.slow
@pytest.mark.parametrize("freeze", [True, False])
def test_clock_is_frozen_if_asked_for(freeze):
    """Tasks and invariants see the time of the simulation, or the real one."""
    years = set()

    @task_definition(id="looks", title="Looks")
    def looks(controller):
        years.add(datetime.now().year)  # noqa: DTZ005 - what is looked at
        return controller.response.done()

    run(task_machine([looks], freeze=freeze))
    assert (years == {2024}) is freeze
    assert datetime.now().year > 2024  # noqa: DTZ005 - see above


def test_test_case_freezes_once(monkeypatch):
    """All runs of a test case share one freeze."""
    begun = []
    real = Freeze.begin
    monkeypatch.setattr(Freeze, "begin", lambda self, at: begun.append(1) or real(self, at))
    case = task_machine([services.Quick]).TestCase
    case.settings = FEW
    case("runTest").runTest()
    assert len(begun) == 1


def test_decorators_of_hypothesis_fit():
    """`settings`, with the health checks and the deadline that it has, and `seed` decorate the class."""
    machine = task_machine([services.Quick, services.Steps], freeze=False)
    machine = settings(max_examples=4, stateful_step_count=10, database=None)(seed(3)(machine))
    machine.TestCase("runTest").runTest()
    assert machine.TestCase.settings.max_examples == 4


@pytest.mark.parametrize(("chosen", "holds"), [(200, 200), (300, None)])
def test_default_deadline_does_not_hold(chosen, holds):
    """A deadline that somebody chose holds; that of the profile does not."""
    settings.register_profile("stateful-before", settings.default)
    settings.register_profile("stateful-deadline", settings.default, deadline=300)
    settings.load_profile("stateful-deadline")
    try:
        case = settings(FEW, deadline=chosen)(task_machine([services.Quick], freeze=False)).TestCase
        test = case("runTest")
        test.runTest()
    finally:
        settings.load_profile("stateful-before")
    assert test.settings.deadline == (None if holds is None else timedelta(milliseconds=holds))


def test_subclass_has_a_test_case_of_its_own():
    """Whoever derives a class from a machine gets its test case, not that of the machine."""
    taken = []
    machine = task_machine([services.Quick], freeze=False)

    class Derived(machine):
        def teardown(self):
            taken.append(type(self))
            super().teardown()

    Derived.TestCase.settings = FEW
    Derived.TestCase("runTest").runTest()
    assert set(taken) == {Derived}
    assert Derived.TestCase is Derived.TestCase is not machine.TestCase
    assert not hasattr(machine(), "TestCase")


def test_simulators_of_a_machine_are_its_own_business():
    """Whoever holds the simulators of a test gets the last one; several profiles are ignored once."""
    around = Ambient(several_profiles=True, holds=True)
    before = use(around)
    try:
        machine = task_machine([services.Quick], freeze=False)
        settings(FEW)(machine).TestCase("runTest").runTest()
    finally:
        use(before)
    assert len(around.held) == around.ignored == 1


def test_machine_is_named_after_its_first_definition():
    """The name stands in what Hypothesis prints, and keeps the examples of two machines apart."""
    assert task_machine([services.Steps]).__name__ == "StepsMachine"


# --- what is refused

REFUSED = [
    (lambda: task_machine([]), "task_machine() got no definitions."),
    (lambda: task_machine(services.Quick), "task_machine() got <class 'stateful_services.Quick'> instead of"),
    (lambda: task_machine("quick"), "task_machine() got 'quick' instead of a list of definitions."),
    (lambda: task_machine(3), "task_machine() got 3 instead of a list of definitions."),
    (lambda: task_machine(takes_nothing), "task_machine() got 'takes_nothing', which cannot be called as"),
    (lambda: task_machine([services.Quick], profile="webiny-7"), "There is no profile 'webiny-7'."),
    (
        lambda: task_machine([services.Quick], invariants=holds),
        "task_machine() got invariants=<function holds",
    ),
    (lambda: task_machine([services.Quick], invariants=[3]), "task_machine() got 3."),
    (
        lambda: task_machine([services.Quick], invariants=[waits]),
        "task_machine() got 'waits', which is async.",
    ),
    (lambda: task_machine([services.Quick], rules=[yields]), "rule() got 'yields', which is a generator."),
    (lambda: task_machine([services.Quick], rules=[Rule(holds, {})] * 2), "There is a rule 'holds' already."),
    (
        lambda: task_machine([services.Quick], inputs={"quik": st.just({})}),
        "task_machine() got inputs for 'quik'.",
    ),
    (lambda: task_machine([services.Quick], inputs={"quick": {}}), "task_machine() got inputs['quick']={}."),
    (lambda: rule(holds, n=st.integers()), "rule() got 'holds', which cannot be called as holds(sim, n):"),
    (lambda: rule(lambda sim, n: None, n=3), "rule() got n=3."),
    (lambda: task_machine([services.Quick], rules=holds), "task_machine() got rules=<function holds"),
    (lambda: task_machine([services.Quick], rules=rule(holds)), "task_machine() got rules=Rule("),
    (lambda: task_machine([services.Quick], inputs=st.just({})), "task_machine() got inputs=just({})."),
    (
        lambda: rule(lambda sim, target: None, target=tasks),
        "rule() got target=, which Hypothesis keeps for itself.",
    ),
]


@pytest.mark.parametrize(("make", "says"), REFUSED, ids=range(len(REFUSED)))
def test_what_cannot_be_used_is_refused_at_once(make, says):
    """A wrong argument is refused when the machine is made, with its name or value."""
    with pytest.raises(UsageError) as caught:
        make()
    assert caught.value.sentence.startswith(says)
    assert caught.value.way_out


def test_wrong_definition_is_refused_at_once():
    """So is a definition that no simulator takes."""

    class Misspelt:
        id, title = "Mis-spelt", "Misspelt"

        def run(self):
            """Do nothing."""

    with pytest.raises(DefinitionError, match="camelCase"):
        task_machine([Misspelt])


def test_function_that_turns_out_async_is_refused():
    """An awaitable that a rule or an invariant returns would never run."""
    with pytest.raises(UsageError, match="is async"):
        run(task_machine([services.Quick], rules=[lambda sim: waits(sim)], freeze=False), 30)  # noqa: PLW0108 - not known to be async
    with pytest.raises(UsageError, match="is async"):
        run(task_machine([services.Quick], invariants=[lambda sim: waits(sim)], freeze=False))  # noqa: PLW0108 - see above


def test_answer_of_an_invariant_is_refused():
    """Whoever returns whether it holds has asserted nothing."""
    with pytest.raises(UsageError, match="The invariant '<lambda>' returned False, which nobody looks at"):
        run(task_machine([services.Quick], invariants=[lambda sim: False], freeze=False))
