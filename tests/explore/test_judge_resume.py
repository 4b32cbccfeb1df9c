"""resume-equivalence: outputs, ends and final states of cut runs are those of the uncut one."""

import pytest
from explore_jobs import definition

from tasksim import EffectFailed, explore, replay

pytestmark = pytest.mark.usefixtures("frozen")

QUESTION = "close_to_timeout@runtime.is_close_to_timeout#1"
RETRY = "v1 on_crash=retry(1)"
GOES_ON = {
    "close_to_timeout": QUESTION,
    "redeliver": "redeliver@1",
    "delay": "delay@user.here#1=90s",
    "crash, tried again": f"{RETRY} crash@user.here#1",
    "timeout, tried again": f"{RETRY} timeout@user.here#1",
    "crash, delivered again": "v1 on_crash=redeliver(15m) crash@user.here#1",
    "two of them": f"{RETRY} {QUESTION} crash@user.here#2",
}
MAY_END_OTHERWISE = {
    "fail": 'fail@effect.mark["m"]#1',
    "lost_ack": 'lost_ack@effect.mark["m"]#1',
    "abort": "abort@user.here#1",
    "abort, beside a harmless one": f"{QUESTION} abort@user.here#2",
    "cold": "cold@2",
    "clock": "clock@user.here#1=-1h",
    "crash, nobody tries again": "crash@user.here#1",
    "crash, too often": f"{RETRY} crash@user.here#1 crash@user.here#2",
    "delay that uses up the time": "delay@user.here#1=20m",
    "delay that uses up the time, tried again": f"{RETRY} delay@user.here#1=20m",
}


def is_cut(sim):
    """Tell whether a simulation runs under a plan: a model then does what a task with a bug would."""
    return "@" in sim.token


class Job:
    """A task of two events whose second one is made by the test."""

    id = "job"
    title = "Job"
    disable_database_logs = True

    def __init__(self, sim, uncut, cut):
        self.sim = sim
        self.end = cut if is_cut(sim) else uncut

    def run(self, input, controller):
        self.sim.checkpoint("here")
        if controller.runtime.is_close_to_timeout() or not input.get("begun"):
            return controller.response.continue_({"begun": True})
        try:
            with self.sim.effects.record("mark", key="m", contract="any"):
                pass
        except EffectFailed as error:
            return controller.response.error(error)
        return self.end(controller.response)


def ending(uncut, cut):
    """Make a scenario of a task that ends in one way uncut, and in another under a plan."""

    def scenario(sim):
        sim.register(lambda: Job(sim, uncut, cut))
        sim.tasks.trigger("job")

    return scenario


def done(**output):
    """Return what ends a task in success."""
    return lambda response: response.done(output=output)


def failing(response):
    """End a task in failure."""
    return response.error("No more pages.")


def said(scenario, token, **options):
    """Return what resume-equivalence says under a token, in its sentence and facts; None if nothing."""
    findings = {finding.judge: finding for finding in replay(scenario, token, **options).findings}
    finding = findings.get("resume-equivalence")
    return None if finding is None else (finding.sentence, *finding.facts)


# --- (a) outputs


@pytest.mark.parametrize("token", [QUESTION, "redeliver@1", *MAY_END_OTHERWISE.values()])
def test_equal_outputs(token):
    """A task that does what it does uncut is not accused under any plan."""
    assert said(ending(done(n=1), done(n=1)), token) is None


@pytest.mark.parametrize("token", [*GOES_ON.values(), "cold@2", "clock@user.here#1=-1h"])
def test_another_output(token):
    """Under any plan, a task that ends in success has the output that it has uncut."""
    cut = "cut twice" if token == GOES_ON["two of them"] else "cut once"
    assert said(ending(done(n=1), done(n=2)), token) == (
        f"{cut}, 'job' ended 'success' with another output: output.n differs.",
    )


def test_paths_that_differ():
    """The first three paths that differ are named."""
    scenario = ending(done(a=1, b=[1], c={"d": 1}, e=1, f=1), done(a=2, b=[2], c={"d": 2}, e=2, f=1))
    assert said(scenario, QUESTION) == (
        "cut once, 'job' ended 'success' with another output: output.a, output.b[0], output.c.d differs.",
    )


@pytest.mark.parametrize(("uncut", "cut"), [(1, True), (0, False), (1, "1"), (None, 0), ([], {})])
def test_unequal_as_json(uncut, cut):
    """Outputs are compared as JSON: what Python takes for equal may differ."""
    assert said(ending(done(n=uncut), done(n=cut)), QUESTION) is not None


@pytest.mark.parametrize(("uncut", "cut"), [(1, 1.0), ({"a": 1, "b": 2}, {"b": 2, "a": 1})])
def test_equal_as_json(uncut, cut):
    """Equal numbers are equal, and so are objects in any order."""
    assert said(ending(done(n=uncut), done(n=cut)), QUESTION) is None


def test_paths_that_are_not_compared():
    """What the user or the uncut run elsewhere sets aside is not looked at, and the rest is."""
    scenario = ending(done(n=1, at=1), done(n=1, at=2))
    assert said(scenario, QUESTION) is not None
    assert said(scenario, QUESTION, ignore=["output.at"]) is None
    assert said(ending(done(n=1, at=1), done(n=2, at=2)), QUESTION, ignore=["output.at"]) is not None


@pytest.mark.parametrize("token", ["crash@user.here#1", "abort@user.here#1"])
def test_no_output_without_success(token):
    """A task that does not end in success has no output to compare."""
    assert said(ending(done(n=1), done(n=2)), token) is None


# --- (c) ends


@pytest.mark.parametrize("token", GOES_ON.values(), ids=GOES_ON)
def test_must_end_as_uncut(token):
    """Where a host goes on as if nothing had happened, a task ends as it does uncut."""
    cut = "cut twice" if token == GOES_ON["two of them"] else "cut once"
    assert said(ending(done(), failing), token) == (
        f"{cut}, 'job' ended 'failed'; the uncut run ends 'success'.",
        ("error", "No more pages."),
    )


@pytest.mark.parametrize("token", MAY_END_OTHERWISE.values(), ids=MAY_END_OTHERWISE)
def test_may_end_otherwise(token):
    """Where something was really in the way, a task may end in failure."""
    assert said(ending(done(), failing), token) is None


def test_must_fail_as_uncut():
    """A task that fails uncut fails, and does not succeed."""
    assert said(ending(failing, failing), QUESTION, expect="failed") is None
    assert said(ending(failing, done()), QUESTION, expect="failed") == (
        "cut once, 'job' ended 'success'; the uncut run ends 'failed'.",
    )


def test_an_end_without_an_error():
    """An end that stores no error is told without one."""
    assert said(ending(done(), lambda response: response.aborted()), QUESTION) == (
        "cut once, 'job' ended 'aborted'; the uncut run ends 'success'.",
    )


def test_the_host_stops_a_task():
    """A task that the host's own limits end has no end to compare."""

    def scenario(sim):
        def run(input, controller):
            sim.checkpoint("here")
            if controller.runtime.is_close_to_timeout() or not input.get("begun"):
                return controller.response.continue_(
                    {"begun": True}, seconds=30_672_000 if is_cut(sim) else 1
                )
            return controller.response.done()

        sim.register(definition(run))
        sim.tasks.trigger("job")

    assert said(scenario, QUESTION) is None


def test_a_task_that_is_never_triggered():
    """A task that the uncut run has and the cut one has not is named with its uncut end."""

    def scenario(sim):
        sim.register(definition(lambda controller: sim.checkpoint("here") or controller.response.done()))
        sim.register(definition(lambda controller: controller.response.done(), id="part"))
        sim.tasks.trigger("job")
        sim.at("1h", lambda: None if is_cut(sim) else sim.tasks.trigger("part"))

    assert said(scenario, "redeliver@1") == (
        "cut once, 'part.1' was never triggered; uncut it ends 'success'.",
    )
    assert said(scenario, "abort@user.here#1") is None


def test_tasks_match_by_order_and_kind():
    """Tasks are matched by parent, definition and order: another one of another kind between is no matter."""

    def scenario(sim):
        sim.register(
            definition(
                lambda input, controller: (
                    controller.runtime.is_close_to_timeout() or True,
                    controller.response.done(output=input),
                )[1]
            )
        )
        sim.register(definition(lambda controller: controller.response.done(), id="part"))
        sim.tasks.trigger("job", input={"n": 1})
        if is_cut(sim):
            sim.tasks.trigger("part")
        sim.tasks.trigger("job", input={"n": 2})

    assert said(scenario, QUESTION) is None


# --- tasks that remove themselves


def cleaning(sim):
    """A task that removes itself when it succeeds."""

    def run(controller):
        sim.checkpoint("here")
        controller.runtime.is_close_to_timeout()
        return controller.response.done(output={"n": 1})

    sim.register(definition(run, self_cleanup="onSuccess", on_done=lambda task: None))
    sim.tasks.trigger("job")


def test_removed_is_success():
    """A task that removed itself has succeeded if its machine says so."""
    report = explore(cleaning, profile="webiny-6", kinds=["close_to_timeout", "redeliver", "fail"])
    assert [finding.sentence for finding in report.findings] == []
    assert report.coverage.left == 0


def test_not_removed_is_success_too():
    """A task that was cut just before it removed itself has its output, and that is none of another."""
    assert said(cleaning, "v1 profile=webiny-6 crash@hook.on_done#1") is None


def test_removed_before_the_end():
    """A task that was removed before it ended has not succeeded: it owes no effect, but another end."""

    def scenario(sim):
        def run(input, controller):
            controller.runtime.is_close_to_timeout()
            if is_cut(sim):
                sim.tasks.delete_task(task.id)
                return controller.response.error("Gone.")
            sim.effects.record("publish", key="a")
            return controller.response.done()

        sim.register(definition(run))
        task = sim.tasks.trigger("job")

    assert said(scenario, "clock@event#1=1h") is None
    assert said(scenario, QUESTION) == ("cut once, 'job' ended 'deleted'; the uncut run ends 'success'.",)


# --- final states


def with_state(uncut, cut, *, contract=None, uncut_times=1, cut_times=1):
    """Make a scenario whose final state, and whose effects, are these."""

    def scenario(sim):
        def run(controller):
            sim.checkpoint("here")
            controller.runtime.is_close_to_timeout()
            for _ in range(cut_times if is_cut(sim) else uncut_times):
                sim.effects.record("publish", key="a", contract=contract)
            return controller.response.done()

        sim.register(definition(run))
        sim.tasks.trigger("job")
        return lambda: cut if is_cut(sim) else uncut

    return scenario


def test_another_final_state():
    """Where every task did what it does uncut, the final state is the same."""
    assert said(with_state({"a": 1}, {"a": 1}), QUESTION) is None
    paths = ["state.a", "state.b[0]", "state.b[1]"]
    assert said(with_state({"a": 1, "b": [1, 2, 3, 4, 5]}, {"a": 2, "b": [2, 3, 4, 5, 6]}), QUESTION) == (
        f"cut once, every task ended 'success' with another final state: {', '.join(paths)} differs.",
    )


def test_states_that_are_not_compared():
    """A part of the state that is set aside is not looked at; a state that depends on the start is not."""

    def when(sim):
        with_state(1, 1)(sim)
        return lambda: f"{sim.now} {is_cut(sim)}"

    assert said(with_state({"a": 1}, {"a": 2}), QUESTION, ignore=["state.a"]) is None
    assert said(when, QUESTION) is None


def test_no_state_without_success():
    """Where a task did not end in success another final state is to be expected."""
    assert said(with_state(1, 2), "crash@user.here#1") is None


@pytest.mark.parametrize(("contract", "times"), [("at_least_once", 2), ("any", 0), ("any", 2)])
def test_no_state_after_another_number_of_effects(contract, times):
    """Where a contract allowed another number of effects another final state is to be expected."""
    scenario = with_state(1, times, contract=contract, cut_times=times)
    assert said(scenario, QUESTION) is None
    assert said(with_state(1, 2, contract=contract), QUESTION) is not None


# --- when it does not look, and how it tells


def test_the_uncut_run_is_compared_with_itself():
    """The uncut run is judged, too, and equals itself."""
    report = explore(ending(done(n=1), done(n=1)), kinds=["close_to_timeout"])
    assert report.passed


@pytest.mark.parametrize(
    ("faults", "begins"),
    [(1, "cut once, "), (2, "cut twice, "), (3, "cut 3 times, ")],
)
def test_how_often_it_was_cut(faults, begins):
    """The sentence begins with how often the run was cut."""
    plan = " ".join(f"close_to_timeout@runtime.is_close_to_timeout#{n}" for n in range(1, faults + 1))
    assert said(ending(done(n=1), done(n=2)), plan)[0].startswith(begins)


def test_errors_and_endless_runs_are_not_compared():
    """A run that was ended by an error, or never ended, is the business of other judges."""

    def scenario(sim):
        def run(input, controller):
            if controller.runtime.is_close_to_timeout() or input.get("stuck"):
                return controller.response.continue_({"stuck": True})
            sim.checkpoint("here")
            assert not is_cut(sim)
            return controller.response.done()

        sim.register(definition(run))
        sim.tasks.trigger("job")

    assert [finding.judge for finding in replay(scenario, QUESTION).findings] == ["liveness"]
    assert [finding.judge for finding in replay(scenario, "abort@user.here#1").findings] == ["invariants"]


def test_lost_and_repeated():
    """Effects lost and repeated are told in one sentence, with how many the uncut run has."""

    def scenario(sim):
        def run(controller):
            controller.runtime.is_close_to_timeout()
            for key in "bbc" if is_cut(sim) else "abc":
                sim.effects.record("publish", key=key)
            return controller.response.done()

        sim.register(definition(run))
        sim.tasks.trigger("job")

    (finding,) = replay(scenario, QUESTION).findings
    assert finding.sentence == (
        "cut once, 'job' never did 1 of 3 effects and did 1 effect more often than allowed, "
        "yet ended 'success'."
    )
    assert (finding.lost, finding.repeated) == (("publish[a]",), ("publish[b]",))


def test_the_task_that_it_is_about():
    """The story is about a task to which the effect belongs; a hook before the trigger belongs to none."""

    def scenario(sim):
        def run(input, controller):
            controller.runtime.is_close_to_timeout()
            if not is_cut(sim) and input["n"] > 1:
                sim.effects.record("publish", key="a")
            return controller.response.done()

        def before(input):
            if input["n"] == 1:
                sim.effects.record("publish", key="a")

        sim.register(definition(run, on_before_trigger=before))
        for n in (1, 2, 3):
            sim.tasks.trigger("job", input={"n": n})

    (finding,) = replay(scenario, QUESTION).findings
    assert finding.sentence == "cut once, 'job.2' never did 1 of 3 effects, yet ended 'success'."
    assert finding.task == "job-0002"


def test_switched_off():
    """Without the judge no output is compared."""
    scenario = ending(done(n=1), done(n=2))
    assert said(scenario, QUESTION, without=["resume-equivalence"]) is None
