"""Minimising: a failure's plan, input and budget become the least that still fail."""

from collections import Counter

import pytest
from pydantic import BaseModel, Field

from tasksim import EffectFailed, check, create_task_definition, effect, explore
from tasksim._explore import minimising
from tasksim._faults.plan import parse, render
from tasksim.errors import CheckFailed

pytestmark = [pytest.mark.usefixtures("frozen"), pytest.mark.slow]  # together they take seconds

QUESTION = "close_to_timeout@runtime.is_close_to_timeout#{}".format


class Input(BaseModel):
    """Pages to publish: at least two, with names of at least two letters."""

    ids: list[str] = Field(min_length=2, max_length=9)
    title: str = ""


@effect("publish", key="id")
def publish(id):
    """Publish an entry: a fake without a state."""


class Publish:
    """Publishes entries; the cursor is one too far when it was cut."""

    id = "publish"
    title = "Publish"
    disable_database_logs = True

    def run(self, input, controller):
        for at in range(input.get("at", 0), len(input["ids"])):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at + 1})
            publish(f"{at} {input['ids'][at]}")
        return controller.response.done()


class Validated(Publish):
    """The same with an input that is validated."""

    def create_input_validation(self):
        return Input


def losing(sim):
    """A scenario with that bug: entries are lost at any question."""
    sim.register(Publish)
    sim.tasks.trigger("publish", input={"ids": ["a", "b", "c"]})


def least(report, judge="resume-equivalence"):
    """Return the plan that a judge's finding tells, as text."""
    (finding,) = [finding for finding in report.findings if finding.judge == judge]
    assert finding.found_again
    return render(finding.plan)


# --- plans


@pytest.mark.parametrize(
    "first",
    [
        QUESTION(1),
        QUESTION(3),
        f"redeliver@1 {QUESTION(2)}",
        f"{QUESTION(2)} redeliver@2",
        f"{QUESTION(2)} {QUESTION(3)}",
        f"{QUESTION(1)} redeliver@2 cold@2 delay@response.done#1=1s",
    ],
)
def test_plans_tried_first_shrink(first):
    """Whatever plan is tried first, what is told is the least under which the same judge fails it."""
    report = explore(
        losing, first=[first], max_runs=1, kinds=["close_to_timeout", "crash", "redeliver", "cold"]
    )
    assert least(report) == QUESTION(1)


def test_each_fault_is_exchanged_for_the_simplest():
    """A fault of another kind takes the place of one, if it is simpler and the judge fails it too."""

    def scenario(sim):
        def run(controller):
            sim.checkpoint("here")
            for at in range(2):
                if not any(kind in sim.token for kind in ("delay", "cold", "fail")):
                    with sim.effects.record("publish", key=str(at)):
                        pass
            sim.checkpoint("there")
            return controller.response.done()

        sim.register(create_task_definition(id="job", title="Job", run=run))
        sim.tasks.trigger("job")

    everywhere = explore(scenario, first=["delay@user.there#1=90s"], max_runs=1, kinds=["delay=90s", "fail"])
    assert least(everywhere) == "fail@log.update#1"
    alone = explore(scenario, first=["delay@user.there#1=90s"], max_runs=1, kinds=["delay=90s"])
    assert least(alone) == "delay@event#1=90s"


def twice(sim):
    """A task that bears one failing effect, and gives up silently when the second attempt fails too."""

    def run(controller):
        for id in "ab":
            for _ in range(2):
                try:
                    with sim.effects.record("publish", key=id):
                        break
                except EffectFailed:
                    sim.checkpoint("sorry")
        return controller.response.done()

    sim.register(create_task_definition(id="job", title="Job", run=run, disable_database_logs=True))
    sim.tasks.trigger("job")


def test_two_faults_that_need_each_other_stay():
    """Faults that fail only together are kept, each as simple as it gets by itself."""
    first = 'redeliver@1 fail@effect.publish["b"]#1 fail@effect.publish["b"]#2'
    report = explore(twice, first=[first], max_runs=1, kinds=["redeliver", "fail"])
    assert least(report) == 'fail@effect.publish["b"]#1 fail@effect.publish["b"]#2'
    assert explore(twice, kinds=["fail"]).passed


def test_the_least_of_all_pairs_is_told():
    """Exploring all pairs finds the least of them, and how many others there are."""
    every = explore(twice, kinds=["fail"], max_faults=2)
    assert least(every) == 'fail@effect.publish["a"]#1 fail@effect.publish["a"]#2'
    assert every.findings[0].others == 1


def test_plans_that_do_not_fire_are_none():
    """A simpler plan of which a fault never strikes is no failure."""

    def scenario(sim):
        def run(input, controller):
            if controller.runtime.is_close_to_timeout():
                sim.checkpoint("once_cut")
                return controller.response.continue_({"cut": True})
            if not input.get("cut") or "delay@user.once_cut" not in sim.token:
                sim.effects.record("publish", key="a")
            return controller.response.done()

        sim.register(create_task_definition(id="job", title="Job", run=run))
        sim.tasks.trigger("job")

    first = f"{QUESTION(1)} delay@user.once_cut#1=1s"
    report = explore(scenario, first=[first], max_runs=1, kinds=["close_to_timeout", "delay=1s"])
    assert least(report) == first


def test_tries_are_bounded(monkeypatch):
    """After so many tries the search for a simpler plan ends with the simplest so far, which fails."""
    first = [f"delay@event#1=1s {QUESTION(3)}"]
    options = {"first": first, "max_runs": 1, "kinds": ["close_to_timeout", "crash", "delay=1s"]}
    monkeypatch.setattr(minimising, "_MOST_PLANS", 1)
    assert least(explore(losing, **options)) == QUESTION(3)
    monkeypatch.setattr(minimising, "_MOST_PLANS", 0)
    assert least(explore(losing, **options)) == first[0]


def test_how_many_others_failed_is_kept():
    """That a plan becomes smaller does not change how many of those that were run fail."""
    report = explore(losing, kinds=["close_to_timeout"], first=[QUESTION(3)])
    assert (least(report), report.findings[0].others) == (QUESTION(1), 3)


@pytest.mark.parametrize("seed", [1, 2])
def test_random_plans_shrink(seed):
    """What random plans find becomes the least plan of one fault."""
    report = explore(losing, mode="random", max_faults=3, max_runs=30, random_seed=seed)
    assert least(report) == QUESTION(1)


# --- inputs


def inputs_of(report):
    """Return the input of each finding's token."""
    return [finding.settings.input for finding in report.findings]


def test_inputs_shrink():
    """The input of a definition becomes the simplest that fails, together with the plan."""
    given = {"ids": ["abc", "def", "ghi"], "title": "Hello"}
    report = explore(Publish, input=given, kinds=["close_to_timeout", "crash"])
    assert inputs_of(report) == [{"ids": [""]}]
    assert least(report) == QUESTION(1)
    assert report.findings[0].token == 'v1 input={"ids":[""]} ' + QUESTION(1)


def test_inputs_stay_valid():
    """No input is told that the definition's validation does not accept."""
    given = {"ids": ["abc", "def", "ghi"], "title": "Hello"}
    report = explore(Validated, input=given, kinds=["close_to_timeout", "crash"])
    assert inputs_of(report) == [{"ids": ["", ""]}]
    Input.model_validate(inputs_of(report)[0])


def test_the_plan_moves_with_the_input():
    """With a smaller input the failure may need the same kind of fault at another place."""

    class PublishLast(Publish):
        """Loses the last entry alone."""

        def run(self, input, controller):
            for at in range(input.get("at", 0), len(input["ids"])):
                if controller.runtime.is_close_to_timeout():
                    return controller.response.continue_({"at": at + (at + 1 == len(input["ids"]))})
                publish(f"{at} {input['ids'][at]}")
            return controller.response.done()

    report = explore(PublishLast, input={"ids": ["a", "b", "c"]}, kinds=["close_to_timeout"])
    assert inputs_of(report) == [{"ids": [""]}]
    assert least(report) == QUESTION(1)


def test_inputs_of_pairs_shrink_under_their_plan():
    """Where it takes two faults, an input is simpler only if the same plan fails with it."""

    class Retry:
        """Gives up an entry when two attempts failed."""

        id = "retry"
        title = "Retry"
        disable_database_logs = True

        def run(self, input, controller):
            for id in input["ids"]:
                for _ in range(2):
                    try:
                        publish(id)
                        break
                    except EffectFailed:
                        controller.runtime.is_aborted()
            return controller.response.done()

    report = explore(Retry, input={"ids": ["a", "bc"]}, kinds=["fail"], max_faults=2)
    assert least(report) == 'fail@effect.publish["a"]#1 fail@effect.publish["a"]#2'
    assert inputs_of(report) == [{"ids": ["a"]}]


def test_inputs_that_do_not_fail_again():
    """A smaller input with which the failure is not found again is none."""
    cut = Counter()

    class Unsteady(Publish):
        def run(self, input, controller):
            if controller.runtime.is_close_to_timeout():
                cut[len(input["ids"])] += 1
                if len(input["ids"]) > 1 or cut[1] == 1:
                    return controller.response.done()
            publish(input["ids"][0])
            return controller.response.done()

    report = explore(Unsteady, input={"ids": ["", ""]}, kinds=["close_to_timeout"])
    assert inputs_of(report) == [{"ids": ["", ""]}]
    assert cut[1] > 1


def test_inputs_of_progress_runs_shrink():
    """A livelock's input becomes the simplest that is one, with the plan of its own progress run."""

    class Again:
        """Begins again each time."""

        id = "again"
        title = "Again"
        disable_database_logs = True

        def run(self, input, controller):
            for id in input["ids"]:
                publish(id)
                if controller.runtime.is_close_to_timeout():
                    return controller.response.continue_({})
            return controller.response.done()

    report = explore(
        Again, input={"ids": ["abc", "d"]}, kinds=["close_to_timeout"], without=["resume-equivalence"]
    )
    assert inputs_of(report) == [{"ids": [""]}]
    assert least(report, "progress") == f"{QUESTION(1)} {QUESTION(2)}"


def test_inputs_of_scenarios_stay():
    """What a scenario triggers with is its own business."""
    report = explore(losing, kinds=["close_to_timeout"])
    assert report.findings[0].token == f"v1 {QUESTION(1)}"


def test_an_input_that_cannot_shrink():
    """The simplest input stays, and a definition without one has none."""

    class NoInput(Publish):
        def run(self, controller):
            if not controller.runtime.is_close_to_timeout():
                publish("a")
            return controller.response.done()

    assert explore(NoInput, kinds=["close_to_timeout"]).findings[0].token == f"v1 {QUESTION(1)}"
    report = explore(NoInput, input={}, kinds=["close_to_timeout"])
    assert report.findings[0].token == f"v1 input={{}} {QUESTION(1)}"


def test_inputs_tried_are_bounded():
    """After 300 inputs the search for a simpler one ends."""
    asked = []

    class Picky(Publish):
        def on_before_trigger(self, input):
            asked.append(str(input))
            if input["ids"] != [str(n) for n in range(60)]:
                raise ValueError("Not these.")

    given = {"ids": [str(n) for n in range(60)]}
    report = explore(Picky, input=given, kinds=["close_to_timeout"], max_runs=1)
    assert inputs_of(report) == [given]
    assert len(set(asked)) == 301


# --- budgets


def test_budgets_grow_to_the_default():
    """A budget smaller than the default grows to it, if the failure stays."""
    report = explore(losing, budget="5m", kinds=["close_to_timeout"])
    assert report.findings[0].token == f"v1 {QUESTION(1)}"


def test_budgets_that_matter_stay():
    """It stays as given if the failure needs it, and if it is larger than the default."""

    class Hurried(Publish):
        def run(self, input, controller):
            if controller.runtime.remaining_seconds() < 600 and controller.runtime.is_close_to_timeout():
                return controller.response.done()
            publish("a")
            return controller.response.done()

    report = explore(Hurried, input={"ids": ["a"]}, budget="5m", kinds=["close_to_timeout"])
    assert report.findings[0].token == f"v1 budget=5m input={{}} {QUESTION(1)}"
    large = explore(losing, budget="1h", kinds=["close_to_timeout"])
    assert large.findings[0].token == f"v1 budget=1h {QUESTION(1)}"


def test_input_and_budget_shrink_together():
    """Plan, input and budget become the least together, and what is told fails."""
    with pytest.raises(CheckFailed) as failed:
        check(
            Validated, input={"ids": ["abc", "def", "ghi"]}, budget="5m", first=[f"redeliver@1 {QUESTION(3)}"]
        )
    (finding,) = failed.value.report.findings
    assert finding.token == 'v1 input={"ids":["",""]} ' + QUESTION(1)
    assert parse(render(finding.plan)) == finding.plan
