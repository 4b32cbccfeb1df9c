"""`fuzz`: a test of Hypothesis's that draws an input and a plan, and lets the judges of `check` look."""

import datetime as dt
import time

import pytest
from hypothesis import HealthCheck, Phase, example, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import DeadlineExceeded
from pydantic import BaseModel, Field

from tasksim import effect, fuzz, replay, sometimes
from tasksim._simulator.ambient import ambient
from tasksim.errors import (
    BaselineFailed,
    CheckFailed,
    NondeterministicScenario,
    NothingChecked,
    PlanError,
    StalePlan,
    UsageError,
)
from tasksim.strategies import inputs

QUESTION = "close_to_timeout@runtime.is_close_to_timeout"
WORDS = st.lists(st.text(max_size=3), max_size=5)
quick = settings(max_examples=25, database=None, phases=[Phase.explicit, Phase.generate, Phase.shrink])
many = settings(quick, max_examples=200)


class PublishInput(BaseModel):
    ids: list[str] = Field(max_length=8)


class FakeCms:
    @effect("publish", key="id")
    def publish(self, id):
        """Publish an entry."""


class Publish:
    """Publishes entries; `skip` is by how many too far it goes on."""

    id = "publish"
    title = "Publish"
    skip = 0

    def __init__(self):
        self.cms = FakeCms()

    def create_input_validation(self):
        return PublishInput

    def run(self, input, controller):
        ids = input["ids"]
        for at in range(input.get("at", 0), len(ids)):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at + self.skip})
            self.cms.publish(ids[at])
        return controller.response.done("All published.", {"count": len(ids)})


class Skips(Publish):
    skip = 1


def publishing(sim, ids):
    """Publish what is drawn."""
    sim.register(Publish)
    sim.tasks.trigger("publish", input={"ids": ids})


def skipping(sim, ids):
    """Publish what is drawn, but for what comes after a cut."""
    sim.register(Skips)
    sim.tasks.trigger("publish", input={"ids": ids})


def fuzzed(target, body=lambda: None, *, configure=quick, examples=(), number=0, **options):
    """Return a test that fuzzes a target."""

    def test(run):
        body(run) if body.__code__.co_argcount else body()

    made = fuzz(target, **options)(test)
    for given_ in examples:
        made = example(**given_)(made)
    return seed(number)(configure(made))


def failure_of(target, *arguments, error=CheckFailed, configure=many, **options):
    """Fuzz a target; return what it fails with."""
    with pytest.raises(error) as caught:
        fuzzed(target, *arguments, configure=configure, **options)()
    assert type(caught.value) is error
    return caught.value


# --- what is run, and what the test gets


@pytest.mark.slow
def test_correct_definition_passes():
    """Inputs are drawn from the definition's validation, and faults of all kinds strike."""
    seen = []

    def body(run):
        seen.append((len(run.input["ids"]), *(fault.kind for fault in run.plan)))
        if run.execution.status == "success":
            assert run.execution.output == {"count": len(run.input["ids"])}

    fuzzed(Publish, body, configure=many)()
    kinds = {kind for _, *kinds in seen for kind in kinds}
    assert kinds >= {"crash", "fail", "abort", "redeliver", "timeout"}
    assert len({n for n, *_ in seen}) > 3


def test_run_is_that_of_its_plan():
    """The test gets the cut run and the uncut one of the same input, the plan, the token and the world."""

    def scenario(sim, ids):
        publishing(sim, ids)
        return ids

    def body(run):
        fired = [event.fault for event in run.sim.trace if type(event).__name__ == "FaultFired"]
        assert fired == [fault.render() for fault in run.plan]
        assert run.uncut.execution(run.uncut.tasks.list_tasks().items[0]).output == {"count": len(run.input)}
        (task,) = run.sim.tasks.list_tasks().items
        assert run.world == run.input == task.input["ids"]
        assert run.execution.id == task.id
        assert run.token == f"v1 {' '.join(fired)}".strip()

    fuzzed(scenario, body, inputs=WORDS)()


@pytest.mark.slow
def test_scenario_without_input_has_only_plans():
    """A scenario of the simulator alone is cut in as many ways as there are examples."""
    plans = []

    def scenario(sim):
        publishing(sim, ["a", "b"])

    def body(run):
        assert run.input is None
        plans.append(run.plan)

    fuzzed(scenario, body)()
    assert len(set(plans)) > 10


def test_test_need_not_take_the_run():
    """A test without parameters is called all the same."""
    called = []
    fuzzed(publishing, lambda: called.append(1), inputs=WORDS)()
    assert len(called) == 25


@pytest.mark.slow
def test_several_faults_strike():
    """With `max_faults=3` there are plans of up to three faults, and all of them strike."""
    numbers = set()

    def body(run):
        if {fault.kind for fault in run.plan} != {"close_to_timeout"}:
            numbers.add(len(run.plan))

    fuzzed(publishing, body, inputs=WORDS, max_faults=3, configure=many)()
    assert numbers == {0, 1, 2, 3}


def test_what_the_test_does_to_an_input_changes_nothing():
    """Runs, test and Hypothesis each have an input of their own."""

    def scenario(sim, ids):
        publishing(sim, list(ids))
        ids.clear()

    def body(run):
        assert len(run.input) == len(run.sim.tasks.list_tasks().items[0].input["ids"])
        run.input.append("x")

    fuzzed(scenario, body, inputs=WORDS)()


@pytest.mark.slow
def test_input_need_not_be_json():
    """A scenario gets whatever is drawn."""
    kinds = st.tuples(st.dates(), WORDS)
    fuzzed(lambda sim, drawn: publishing(sim, drawn[1]), inputs=kinds)()
    failed = failure_of(lambda sim, drawn: skipping(sim, drawn[1]), inputs=kinds)
    assert "replay(lambda sim: scenario(sim, (datetime.date(2000, 1, 1), [''])), " in str(failed).replace(
        "\n", ""
    )


class Odd:
    """An object that is no JSON."""

    def __init__(self, ids):
        self.ids = ids

    def __repr__(self):
        return f"Odd({self.ids})"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("drawn", "shown"),
    [
        (WORDS.map(Odd), "Odd([''])"),
        (WORDS.map(tuple), "('',)"),
        (WORDS.map(frozenset), "frozenset({''})"),
        (st.fixed_dictionaries({"ids": WORDS.map(frozenset)}), "{'ids': frozenset({''})}"),
    ],
    ids=["object", "tuple", "set", "set in a dict"],
)
def test_story_shows_any_input(drawn, shown):
    """The story of an input that is no JSON shows it as Python does."""

    def scenario(sim, drawn):
        ids = drawn["ids"] if isinstance(drawn, dict) else getattr(drawn, "ids", drawn)
        skipping(sim, list(ids))

    assert f"  input      {shown}\n" in str(failure_of(scenario, inputs=drawn))


def test_times_in_outputs_accuse_nobody():
    """What differs from run to run without any fault is not compared, as in a check."""

    class Stamps(Publish):
        def run(self, input, controller):
            for at in range(input.get("at", 0), len(input["ids"])):
                if controller.runtime.is_close_to_timeout():
                    return controller.response.continue_({"at": at}, seconds=60)
                self.cms.publish(input["ids"][at])
            return controller.response.done({"at": time.time()})

    cut = []
    fuzzed(Stamps, lambda run: cut.append(len(run.execution.iterations)), kinds=["close_to_timeout"])()
    assert max(cut) > 1


@pytest.mark.slow
def test_kinds_that_are_asked_for_strike():
    """`kinds` are those of check, with values, and places where several could go on."""

    def scenario(sim, ids):
        publishing(sim, ids)
        sim.tasks.trigger("publish", input={"ids": ids})

    kinds = set()

    def body(run):
        kinds.update(fault.kind for fault in run.plan)

    options = {"kinds": ["delay=1s", "order", "run"], "without": ["resume-equivalence"]}
    fuzzed(scenario, body, inputs=WORDS, configure=many, **options)()
    assert kinds == {"delay", "order", "run"}


# --- what is found


@pytest.mark.slow
def test_failure_shrinks_and_replays():
    """The least input and plan are told, with a token that replays them."""
    failed = failure_of(Skips)
    (finding,) = failed.report.findings
    assert finding.token == f'v1 input={{"ids":[""]}} {QUESTION}#1'
    assert finding.lost == ("publish[]",)
    assert replay(Skips, finding.token).findings[0].sha256 == finding.sha256


def test_report_says_what_was_asked_for():
    """A report says how runs were judged, so that the test it writes judges as the fuzz did."""
    asked = {"without": ["progress", "hooks"], "ignore": ["output.count"], "abort_within": 2}
    failed = failure_of(Skips, inputs=st.just({"ids": ["a"]}), **asked)
    assert failed.report.judging == asked


STORY = """\
resume-equivalence: cut once, 'publish' never did 1 of 1 effect, yet ended 'success'.

  plan       close_to_timeout@runtime.is_close_to_timeout#1
  input      {"ids": [""]}
  lost       publish[]
  replay     tasksim replay FILE:Skips --timeline \\
               'v1 input={"ids":[""]} close_to_timeout@runtime.is_close_to_timeout#1'"""

STORY_OF_SCENARIO = """\
resume-equivalence: cut once, 'publish' never did 1 of 1 effect, yet ended 'success'.

  plan       close_to_timeout@runtime.is_close_to_timeout#1
  input      [""]
  lost       publish[]
  replay     replay(lambda sim: skipping(sim, ['']),
               "v1 close_to_timeout@runtime.is_close_to_timeout#1")"""


def test_story_is_short():
    """The sentence, the plan, the input, what is missing, and the line that replays it."""
    story = str(failure_of(Skips)).replace("tests/strategies/test_fuzz.py", "FILE")
    assert story == STORY


@pytest.mark.slow
def test_story_of_a_scenario_gives_it_its_input():
    """Where the input is the scenario's, the line that replays it says so, and works as printed."""
    story = str(failure_of(skipping, inputs=WORDS))
    assert story == STORY_OF_SCENARIO
    _, _, call = story.partition("replay     ")
    report = eval(call, {"replay": replay, "skipping": skipping})  # noqa: S307 - it is what we print
    assert report.findings[0].judge == "resume-equivalence"


@pytest.mark.slow
def test_hypothesis_prints_an_example_that_can_be_pasted():
    """What Hypothesis prints beside it are the arguments of `@example`, and the token."""
    failed = failure_of(skipping, inputs=WORDS)
    notes = "\n".join(failed.__notes__)
    printed = {"input": [""], "plan": f"{QUESTION}#1"}
    assert f"input={printed['input']!r}" in notes
    assert f"plan={printed['plan']!r}" in notes
    assert f"token: v1 {QUESTION}#1" in notes
    explicit = settings(quick, phases=[Phase.explicit])
    assert str(failure_of(skipping, inputs=WORDS, examples=[printed], configure=explicit)) == str(failed)
    fuzzed(publishing, inputs=WORDS, examples=[printed])()


def test_progress_run_is_drawn_too():
    """What only the progress run shows is found, and its plan is an example as well."""

    class Stuck(Publish):
        def run(self, input, controller):
            for id in input["ids"]:
                if controller.runtime.is_close_to_timeout():
                    return controller.response.continue_({})
                self.cms.publish(id)
            return controller.response.done()

    options = {
        "inputs": st.just({"ids": ["a", "b"]}),
        "kinds": ["close_to_timeout"],
        "without": ["resume-equivalence"],  # it sees that entries are published again
    }
    failed = failure_of(Stuck, **options)
    assert str(failed).startswith("progress: ")
    (finding,) = failed.report.findings
    plan = " ".join(fault.render() for fault in finding.plan)
    explicit = settings(quick, phases=[Phase.explicit])
    given_ = {"input": {"ids": ["a", "b"]}, "plan": plan}
    assert str(failure_of(Stuck, configure=explicit, examples=[given_], **options)) == str(failed)


@pytest.mark.slow
def test_bug_of_two_faults_is_found():
    """A bug that shows itself under no single fault is found with `max_faults=2`, and shrinks to two."""

    class Tries(Publish):
        def run(self, input, controller):
            if input.get("tries", 0) > 1:
                return controller.response.done({"count": 0})
            try:
                self.cms.publish("a")
            except Exception:  # noqa: BLE001 - tried again
                return controller.response.continue_({"tries": input.get("tries", 0) + 1})
            return controller.response.done({"count": 1})

    options = {
        "inputs": st.just({"ids": ["a"]}),
        "kinds": ["fail"],
        "configure": settings(quick, max_examples=200),
    }
    fuzzed(Tries, **options)()
    failed = failure_of(Tries, max_faults=2, **options)
    assert [fault.render() for fault in failed.report.findings[0].plan] == [
        'fail@effect.publish["a"]#1',
        'fail@effect.publish["a"]#2',
    ]


@pytest.mark.slow
def test_assertion_of_the_test_fails_with_the_token():
    """What the test asserts shrinks like what a judge finds, and the token stands beside it."""

    def body(run):
        assert run.execution.status != "aborted"

    failed = failure_of(publishing, body, inputs=WORDS, error=AssertionError)
    notes = "\n".join(failed.__notes__)
    assert "plan='abort@event#1'" in notes
    assert "token: v1 abort@event#1" in notes


def test_judges_can_be_switched_off():
    """`without` is that of check."""
    fuzzed(skipping, inputs=WORDS, without=["resume-equivalence"])()


@pytest.mark.slow
def test_goals_must_be_reached():
    """`sometimes` is a goal of all examples together."""

    def aborted(sim):
        return sim.tasks.list_tasks(where={"status": "aborted"}).items

    def never():
        return False

    fuzzed(publishing, inputs=WORDS, invariants=[sometimes(aborted)], configure=many)()
    failed = failure_of(publishing, inputs=WORDS, invariants=[sometimes(never)])
    assert "reached never." in str(failed)


# --- what cannot be fuzzed


def test_invalid_input_is_told():
    """A strategy that draws what the definition does not accept is told with the least such input."""
    failed = failure_of(Publish, inputs=st.just({"ids": 5}) | inputs(Publish), error=UsageError)
    assert "inputs= drew what 'publish' does not accept" in str(failed)
    assert "input: {'ids': 5}" in str(failed)
    assert "ids: Input should be a valid array" in str(failed)


@pytest.mark.slow
def test_failing_uncut_run_is_a_finding_of_its_own():
    """An uncut run that fails is told with the least input for which it does, and can be meant."""

    class Picky(Publish):
        def run(self, input, controller):
            if len(input["ids"]) > 1:
                return controller.response.error("Too many.")
            return super().run(input, controller)

    failed = failure_of(Picky, error=BaselineFailed)
    assert "input: {'ids': ['', '']}" in str(failed)
    assert "fuzz(..., expect='failed')" in str(failed)
    fuzzed(Picky, inputs=st.just({"ids": ["a", "b"]}), expect="failed")()


def test_input_that_triggers_nothing_is_put_aside():
    """Input for which a scenario triggers nothing is put aside; a scenario that never does is an error."""
    called = []

    def scenario(sim, ids):
        if ids:
            publishing(sim, ids)

    fuzzed(scenario, lambda run: called.append(run.input), inputs=WORDS)()
    assert called
    assert all(called)
    failure_of(lambda sim: None, error=NothingChecked)
    failed = failure_of(lambda sim, ids: None, inputs=WORDS, error=NothingChecked)
    assert "triggered no task" in str(failed)


def test_scenario_that_is_not_the_same_twice_is_told():
    """What keeps something from run to run is refused, as by a check, and not told as flaky."""
    calls = []

    def scenario(sim, ids):
        calls.append(1)
        publishing(sim, [*ids, str(len(calls))])

    failure_of(scenario, inputs=WORDS, error=NondeterministicScenario)


@pytest.mark.slow
def test_kinds_without_any_place_are_refused():
    """A test that cuts nothing, in any example, checks nothing."""
    failed = failure_of(publishing, inputs=WORDS, kinds=["order"], error=NothingChecked)
    assert "has a place for order" in str(failed)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"first": ["crash@event#1"]}, "fuzz() takes no first="),
        ({"max_runs": 5}, "@settings(max_examples=...)"),
        ({"kind": ["crash"]}, "Did you mean 'kinds'?"),
        ({"kinds": []}, "kinds is empty"),
        ({"max_faults": 0}, "fuzz() got max_faults=0"),
        ({"inputs": [1, 2]}, "fuzz() got inputs=[1, 2]"),
        ({"inputs": None}, "was not told what to draw for it"),
    ],
)
def test_wrong_option_is_refused_at_once(options, said):
    """An option that cannot be used is refused where it is written."""
    with pytest.raises(UsageError) as caught:
        fuzz(publishing, **{"inputs": WORDS, **options})
    assert said in str(caught.value)


def test_decorator_without_a_target_says_so():
    """`@fuzz` alone above a test does not say what is fuzzed."""

    def test_publish(run):
        """Be a test."""

    with pytest.raises(UsageError, match="stands above 'test_publish' without saying what is fuzzed"):
        fuzz(test_publish)


def test_wrong_target_is_refused_at_once():
    """What is neither a scenario nor a definition is refused, and inputs that nobody takes."""
    with pytest.raises(UsageError, match="cannot be checked"):
        fuzz(42)
    with pytest.raises(UsageError, match=r"def scenario\(sim, input\)"):
        fuzz(lambda sim: None, inputs=WORDS)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (given(st.integers())(lambda n: None), "under @given already"),
        (lambda run, plan: None, "Take run, and read run.plan"),
        (Publish, "decorates one test function"),
    ],
)
def test_wrong_test_is_refused_at_once(function, said):
    """What no test can be made of is refused where it is decorated."""
    with pytest.raises(UsageError) as caught:
        fuzz(publishing, inputs=WORDS)(function)
    assert said in str(caught.value)


def test_async_test_is_refused():
    """The run is over when the test is called, so there is nothing to wait for."""

    async def test(run):
        pass

    with pytest.raises(UsageError, match="async"):
        fuzz(publishing, inputs=WORDS)(test)


def test_decorator_without_a_test_says_so():
    """`test_publish = fuzz(publishing)` is no test, and pytest, which calls it, hears why."""
    with pytest.raises(UsageError, match="decorates one test function, and got none"):
        fuzz(publishing, inputs=WORDS)()


@pytest.mark.parametrize(
    ("plan", "error"),
    [("crash@", PlanError), ("crash@event#9", StalePlan), ("v1 crash@event#1", UsageError), (5, UsageError)],
)
def test_plan_of_an_example_must_fire(plan, error):
    """An explicit example whose plan cannot be read, or does not fire, is an error."""
    failure_of(publishing, inputs=WORDS, examples=[{"input": ["a"], "plan": plan}], error=error)


# --- with Hypothesis


@pytest.mark.slow
def test_it_is_a_test_of_hypothesis():
    """Settings hold, the seed decides, and a test made twice does the same."""
    assert fuzzed(publishing, inputs=WORDS).is_hypothesis_test

    def drawn(number):
        seen = []
        few = settings(quick, max_examples=12)
        body = lambda run: seen.append((run.input, run.plan))  # noqa: E731 - short
        fuzzed(publishing, body, inputs=WORDS, configure=few, number=number)()
        return seen

    assert len(drawn(1)) == 12
    assert drawn(1) == drawn(1) != drawn(2)


def test_settings_stand_above_or_below():
    """`@settings` is read wherever it stands."""
    calls = []

    @settings(max_examples=7, database=None)
    @fuzz(publishing, inputs=WORDS)
    def above():
        calls.append(1)

    @fuzz(publishing, inputs=WORDS)
    @settings(max_examples=7, database=None)
    def below():
        calls.append(1)

    above()
    below()
    assert len(calls) == 14


@pytest.mark.slow
def test_default_deadline_does_not_hold_and_a_chosen_one_does():
    """Runs may take longer than Hypothesis's default deadline, unless the user sets one."""
    real = (time.sleep,)

    def body(run):
        real[0](0.02)

    one = settings(max_examples=1, database=None, suppress_health_check=list(HealthCheck))
    test = fuzzed(publishing, body, inputs=WORDS, configure=settings(one, deadline=5))
    with pytest.raises(DeadlineExceeded):
        test()
    before = settings.get_profile(settings.get_current_profile_name())
    settings.register_profile("strict_deadline", before, deadline=5)
    settings.load_profile("strict_deadline")
    try:
        fuzzed(publishing, body, inputs=WORDS, configure=settings(one, deadline=5))()
    finally:
        settings.load_profile("quick")


def test_bytes_of_a_fuzzer_are_taken():
    """`fuzz_one_input` works, without anything around it."""
    test = fuzzed(publishing, inputs=WORDS)
    assert test.hypothesis.fuzz_one_input(bytes(range(64))) is not None
    assert dt.datetime.now(tz=dt.timezone.utc).year > 2024


@pytest.mark.parametrize("target", [publishing, skipping])
def test_nothing_leaks(target):
    """Real time and the ambient settings are back after a test that passes, and after one that fails."""
    around = ambient()
    test = fuzzed(target, lambda: None if time.time() < 1.8e9 else pytest.fail("not frozen"), inputs=WORDS)
    if target is skipping:
        with pytest.raises(CheckFailed):
            test()
    else:
        test()
    assert ambient() is around
    assert dt.datetime.now(tz=dt.timezone.utc).year > 2024
    assert type(dt.datetime.now()) is dt.datetime  # noqa: DTZ005 - real or frozen?
