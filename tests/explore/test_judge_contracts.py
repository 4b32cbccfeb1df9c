"""Contracts: which effects a run lost, and which it did more often than was allowed, by plan and contract."""

from contextlib import suppress

import pytest
from explore_jobs import definition

from tasksim import EffectFailed, EngineError, replay

pytestmark = pytest.mark.usefixtures("frozen")

QUESTION = "close_to_timeout@runtime.is_close_to_timeout#1"
MARK = 'effect.mark["m"]#1'
RETRY = "v1 on_crash=retry(1)"
STRICT = {
    "close_to_timeout": QUESTION,
    "redeliver": "redeliver@1",
    "effect fails": f"fail@{MARK}",
    "effect fails, delivered again": f"fail@{MARK} redeliver@1",
    "the task's write fails, delivered again": "fail@state.update_output#1 redeliver@1",
    "the engine's write fails": "fail@log.update#2",
    "lost_ack": f"lost_ack@{MARK}",
}
RELAXED = {
    "crash": f"{RETRY} crash@user.here#1",
    "timeout": f"{RETRY} timeout@user.here#1",
    "crash, delivered again by the host": "v1 on_crash=redeliver(15m) crash@user.here#1",
    "lost_ack, delivered again": f"lost_ack@{MARK} redeliver@1",
    "the engine's write fails, delivered again": "redeliver@1 fail@log.update#2",
    "the engine's write is not acknowledged, delivered again": "redeliver@1 lost_ack@log.update#2",
    "the nth write fails, delivered again": "redeliver@1 fail@write#7",
}
EVERY = {**STRICT, **RELAXED}


def is_cut(sim):
    """Tell whether a simulation runs under a plan: a model then does what a task with a bug would."""
    return "@" in sim.token


def doing(uncut, cut, **attributes):
    """Make a scenario of a task whose last event does one thing uncut, and another under a plan."""

    def run(sim, input, controller):
        if not input.get("begun"):
            sim.checkpoint("here")
            controller.runtime.is_close_to_timeout()
            with suppress(EngineError):
                controller.state.update_output({"begun": True})
            with suppress(EffectFailed), sim.effects.record("mark", key="m", contract="any"):
                pass
            return controller.response.continue_({"begun": True})
        sim.checkpoint("later")
        answer = (cut if is_cut(sim) else uncut)(sim, controller)
        return answer or controller.response.done(output={"n": 1})

    def scenario(sim):
        sim.register(
            definition(lambda input, controller: run(sim, input, controller), disable_database_logs=False)
        )
        sim.register(definition(lambda controller: controller.response.done(), id="part"))
        sim.tasks.trigger("job")

    return scenario


def effects(n, name="publish", *, key="k", contract=None, **data):
    """Return what does an effect so often."""

    def do(sim, controller):
        for _ in range(n):
            sim.effects.record(name, key=key, contract=contract, **data)

    return do


def both(*parts):
    """Return what does several things, of which the last may answer."""

    def do(sim, controller):
        answers = [part(sim, controller) for part in parts]
        return answers[-1]

    return do


def give_up(sim, controller):
    """End the task otherwise than in success."""
    return controller.response.error("Given up.")


def found(scenario, token, **options):
    """Return what resume-equivalence finds under a token: the lost and the repeated effects, or None."""
    findings = {finding.judge: finding for finding in replay(scenario, token, **options).findings}
    finding = findings.get("resume-equivalence")
    return None if finding is None else (finding.lost, finding.repeated)


# --- contracts: every one under every plan, with 0, 1 and 2 times


def every_contract(n):
    """Return what does one effect of each contract so often; `silent` declares none."""
    contracts = {"silent": None, "exactly": "exactly_once", "least": "at_least_once"}
    contracts |= {"most": "at_most_once", "any": "any"}
    return both(*(effects(n, name, contract=contract) for name, contract in contracts.items()))


@pytest.mark.parametrize("token", EVERY.values(), ids=EVERY)
def test_as_often_as_uncut(token):
    """What is done as often as in the uncut run breaks no contract under any plan."""
    assert found(doing(every_contract(1), every_contract(1)), token) is None


@pytest.mark.parametrize("token", EVERY.values(), ids=EVERY)
def test_less_often(token):
    """What is done less often is lost under any plan, unless it is declared at_most_once or any."""
    assert found(doing(every_contract(1), every_contract(0)), token) == (
        ("silent[k]", "exactly[k]", "least[k]"),
        (),
    )


@pytest.mark.parametrize("token", STRICT.values(), ids=STRICT)
def test_more_often(token):
    """What is done more often is repeated, unless it is declared at_least_once or any."""
    assert found(doing(every_contract(1), every_contract(2)), token) == (
        (),
        ("silent[k]", "exactly[k]", "most[k]"),
    )


@pytest.mark.parametrize("token", RELAXED.values(), ids=RELAXED)
def test_more_often_where_no_host_can_do_better(token):
    """What declares nothing may be done again after a breaking fault, if an event is handled again."""
    assert found(doing(every_contract(1), every_contract(2)), token) == ((), ("exactly[k]", "most[k]"))


def test_each_time_counts():
    """An effect is lost, or repeated, as often as it is missing or too many."""
    assert found(doing(effects(3), effects(1)), QUESTION) == (("publish[k]",) * 2, ())
    assert found(doing(effects(1), effects(3)), QUESTION) == ((), ("publish[k]",) * 2)


# --- what counts as one effect


@pytest.mark.parametrize(
    ("key", "expected"),
    [("k", None), (None, (('publish{"page":1}',), ('publish{"page":2}',)))],
)
def test_counted_by_key_or_data(key, expected):
    """An effect with a key is counted by that, whatever its data; one without is counted by its data."""
    scenario = doing(effects(1, key=key, page=1), effects(1, key=key, page=2))
    assert found(scenario, QUESTION) == expected


@pytest.mark.parametrize(("token", "contract"), [(QUESTION, "at_least_once"), (RELAXED["crash"], None)])
@pytest.mark.parametrize(("page", "expected"), [(1, None), (2, ((), ("publish[k]",)))])
def test_repeats_with_equal_data(token, contract, page, expected):
    """What may be done again, as declared or by the plan, may be so with equal data alone."""
    once = effects(1, contract=contract, page=1)
    again = effects(1, contract=contract, page=page)
    assert found(doing(once, both(once, again)), token) == expected


def test_counts_are_those_of_the_world():
    """What another task did in a task's place is done, and not repeated."""

    def scenario(sim):
        def run(input, controller):
            controller.runtime.is_close_to_timeout()
            if input.get("helps") == is_cut(sim):
                sim.effects.record("publish", key="a")
            return controller.response.done()

        sim.register(definition(run))
        sim.tasks.trigger("job", input={"helps": False})
        sim.tasks.trigger("job", input={"helps": True})

    assert found(scenario, QUESTION) is None


# --- children


def children(*pages):
    """Return what triggers a child for each of these pages."""

    def do(sim, controller):
        for page in pages:
            controller.task.trigger("part", input={"page": page})

    return do


@pytest.mark.parametrize("token", [QUESTION, RELAXED["crash"]])
def test_children_are_triggered_exactly_once(token):
    """A child is an effect with its definition and input; no plan allows it once more."""
    one = 'task.trigger{"definition":"part","input":{"page":1}}'
    assert found(doing(children(1, 2), children(1, 2)), token) is None
    assert found(doing(children(1, 2), children(2)), token) == ((one,), ())
    assert found(doing(children(1), children(1, 1)), token) == ((), (one,))


def test_what_a_child_too_many_does_is_its_parents_fault():
    """A child that the uncut run has not is found as a trigger, and not once more for each effect of it."""

    def scenario(sim):
        def run_part(input, controller):
            sim.effects.record("print", key=str(input["page"]))
            return controller.response.done()

        def run(controller):
            controller.runtime.is_close_to_timeout()
            children(*([1, 2] if is_cut(sim) else [1]))(sim, controller)
            return controller.response.done()

        sim.register(definition(run))
        sim.register(definition(run_part, id="part"))
        sim.tasks.trigger("job")

    assert found(scenario, QUESTION) == ((), ('task.trigger{"definition":"part","input":{"page":2}}',))


# --- whose effects are owed


def test_a_task_that_fails_owes_nothing():
    """Effects are lost by tasks that say that all is well, and by no others."""
    mark = f"fail@{MARK}"
    assert found(doing(effects(1), both(effects(0), give_up)), mark) is None
    assert found(doing(effects(1), effects(0)), mark) == (("publish[k]",), ())


def test_a_task_that_fails_may_not_repeat():
    """With any other end than success only repeats are findings."""
    assert found(doing(effects(1), both(effects(2), give_up)), f"fail@{MARK}") == ((), ("publish[k]",))


def test_what_failed_uncut_owes_nothing():
    """What a task did before it failed uncut is nothing that another run has to do."""
    scenario = doing(both(effects(1), give_up), effects(0))
    assert found(scenario, f"fail@{MARK}", expect="failed") is None


# --- effects that the uncut run has not at all


@pytest.mark.parametrize("token", [QUESTION, "redeliver@1", "delay@user.here#1=1s"])
def test_something_new(token):
    """A task that ends in success does nothing that the uncut run does not do."""
    assert found(doing(effects(0), effects(1)), token) == ((), ("publish[k]",))


@pytest.mark.parametrize(
    ("token", "contract"), [(QUESTION, "at_least_once"), (QUESTION, "any"), (RELAXED["crash"], None)]
)
def test_something_new_that_may_be_done(token, contract):
    """Once is not more often than allowed where more often than never is."""
    assert found(doing(effects(0), effects(1, contract=contract)), token) is None


def test_something_new_without_success():
    """What a task does because it gives up is its own business."""
    assert found(doing(effects(0), both(effects(1, "apologise"), give_up)), "abort@user.later#1") is None


@pytest.mark.parametrize("token", [f"fail@{MARK}", f"lost_ack@{MARK}"])
@pytest.mark.parametrize("n", [1, 2])
def test_alarms(token, n):
    """Under a failure a task may do what the uncut run never does, such as raising an alarm."""
    assert found(doing(effects(1), both(effects(1), effects(n, "alarm"))), token) is None


def test_known_names_are_no_alarms():
    """Under a failure, too, an effect of a name that the uncut run has is one too many."""
    scenario = doing(effects(1), both(effects(1), effects(1, key="other")))
    assert found(scenario, f"fail@{MARK}") == ((), ("publish[other]",))


def test_repeated_news():
    """Whatever a task ends as, what is new is done once: a second time is a repeat."""
    scenario = doing(effects(0), both(effects(2), give_up))
    assert found(scenario, "abort@user.later#1") == ((), ("publish[k]",))


# --- hooks


def hooked(uncut, cut):
    """Make a scenario of a task whose `on_done` does one thing uncut, and another under a plan."""

    def scenario(sim):
        def run(controller):
            controller.runtime.is_close_to_timeout()
            sim.checkpoint("here")
            with suppress(EffectFailed), sim.effects.record("mark", key="m", contract="any"):
                pass
            return controller.response.done()

        def on_done(task):
            (cut if is_cut(sim) else uncut)(sim, None)

        sim.register(definition(run, on_done=on_done))
        sim.tasks.trigger("job")

    return scenario


@pytest.mark.parametrize("token", [QUESTION, "redeliver@1", "delay@user.here#1=1s"])
def test_hooks_owe_effects(token):
    """What a hook does not do is lost, too, where nothing can have stopped it."""
    assert found(hooked(effects(1), effects(0)), token) == (("publish[k]",), ())


@pytest.mark.parametrize(
    "token",
    [f"fail@{MARK}", f"lost_ack@{MARK}", RELAXED["crash"], RELAXED["timeout"], "abort@task.update#2"],
)
def test_hooks_that_may_have_been_stopped(token):
    """No engine calls a hook again that a fault stopped: what it did not do is owed only if declared."""
    assert found(hooked(effects(1), effects(0)), token, profile="webiny-6") is None
    for contract in ("exactly_once", "at_least_once"):
        scenario = hooked(effects(1, contract=contract), effects(0))
        assert found(scenario, token, profile="webiny-6") == (("publish[k]",), ())
    assert found(hooked(effects(1, contract="at_most_once"), effects(0)), token, profile="webiny-6") is None


def test_hooks_repeat_elsewhere():
    """What a hook does again is the business of another judge; what it does anew is not."""
    assert found(hooked(effects(1), effects(2)), QUESTION) is None
    assert found(hooked(effects(0), effects(1)), QUESTION) == ((), ("publish[k]",))


@pytest.mark.parametrize("profile", ["webiny-5", "webiny-6"])
def test_the_hook_of_an_abort_that_the_engine_overwrites(profile):
    """It was called as there was an abort, which the uncut run has not, and could not know (H3, S7)."""

    def scenario(sim):
        def run(controller):
            response = controller.response
            return response.aborted() if controller.runtime.is_aborted() else response.done()

        def on_abort(task):
            sim.effects.record("alarm", key=task.id)

        sim.register(definition(run, on_abort=on_abort))
        sim.tasks.trigger("job")

    replayed = replay(scenario, "abort@response.done#1", profile=profile)
    assert replayed.findings == ()
    assert [(each.name, each.hook) for each in replayed.sim.effects] == [("alarm", "on_abort")]
    assert replayed.sim.tasks.list_tasks().items[0].status == "success"


# --- switched off


def test_switched_off():
    """Without the judge no effect is lost or repeated."""
    scenario = doing(effects(1), effects(0))
    assert found(scenario, QUESTION) is not None
    assert found(scenario, QUESTION, without=["resume-equivalence"]) is None
