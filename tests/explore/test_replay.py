"""`replay` runs one plan under the settings of its token, judges it, and raises for what cannot be run."""

import pytest
from explore_jobs import LEAST, publishing, scenario_of, skipping

from tasksim import (
    BaselineFailed,
    Plan,
    StalePlan,
    UsageError,
    explore,
    replay,
)
from tasksim._faults.plan import render
from tasksim.errors import PlanError

pytestmark = pytest.mark.usefixtures("frozen")


def test_a_printed_token_replays():
    """The token of a finding replays to the same trace, the same finding, without raising."""
    (finding, *_) = explore(skipping, seed=5, budget="5m", tick="1ms").findings
    replayed = replay(skipping, finding.token)
    assert replayed.sha256 == finding.sha256
    assert [(each.judge, each.sentence) for each in replayed.findings] == [(finding.judge, finding.sentence)]
    assert (replayed.passed, replayed.max_faults) == (False, 1)
    assert f"{replayed.sim.token}." == f"{finding.token}."
    assert replayed.sim.tasks.list_tasks().items[0].status == "success"


def test_a_token_of_a_progress_run_replays():
    """The plan of a progress run is replayed as that, and one like it as any other plan."""

    def stuck(sim, input, controller):
        for _ in range(2):
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({})
            with sim.effects.record("publish", key="same", contract="any"):
                pass
        return controller.response.done()

    (finding,) = explore(scenario_of(stuck), kinds=["close_to_timeout"]).findings
    assert (finding.judge, len(finding.plan)) == ("progress", 2)
    assert replay(scenario_of(stuck), finding.token).sha256 == finding.sha256
    assert [each.judge for each in replay(scenario_of(stuck), finding.token).findings] == ["progress"]
    assert replay(scenario_of(stuck), finding.token, without=["progress"]).passed
    assert replay(scenario_of(stuck), render(Plan(finding.plan.faults[:1]))).passed


def test_faults_alone_replay_in_any_world():
    """Faults alone are run under the settings that are given."""
    replayed = replay(publishing, "crash@event#1", on_crash="retry(2)", profile="generic", seed=4)
    assert (replayed.settings.on_crash, replayed.settings.profile) == (None, "generic")
    assert replayed.settings.seed == 4
    assert replayed.sim.tasks.list_tasks().items[0].status == "success"


def test_the_settings_of_a_token_win():
    """A token says all settings, also by leaving them out."""
    given = {
        "on_crash": "retry(2)",
        "profile": "generic",
        "seed": 4,
        "tick": 1,
        "close_limit": 5,
        "budget": 60,
    }
    replayed = replay(publishing, "v1 crash@event#1", **given)
    assert replayed.sim.token == replay(publishing, "v1 crash@event#1").sim.token
    line = (
        "v1 profile=webiny-6 seed=9 start=2030-01-01T00:00:00.000Z budget=5m close_limit=60001ms tick=7ms "
        "on_crash=redeliver(15m) crash@event#1"
    )
    assert replay(publishing, line, **given).sim.token == line


def test_judging_options_of_a_replay():
    """How the run is judged is up to the options."""
    assert [each.judge for each in replay(skipping, LEAST).findings] == ["resume-equivalence"]
    assert replay(skipping, LEAST, without=["resume-equivalence"]).passed
    failing = scenario_of(lambda sim, input, controller: controller.response.error("Broken."))
    with pytest.raises(BaselineFailed):
        replay(failing, "v1")
    assert replay(failing, "v1", expect="failed").passed


KINDS = (
    "Choose from close_to_timeout, redeliver, abort, cold, fail, lost_ack, timeout, crash, delay, clock, "
    "order, run."
)


@pytest.mark.parametrize(
    "malformed",
    [
        (
            "v2 crash@event#1",
            "The token's version is 'v2'; only 'v1' is known.",
            "v2 crash@event#1",
            "^",
            "Replay it with the tasksim that printed it, or check again.",
        ),
        (
            "v1 sed=7 crash@event#1",
            "There is no setting 'sed'. Did you mean 'seed'?",
            "v1 sed=7 crash@event#1",
            "   ^",
            "Choose from profile, seed, start, budget, close_limit, tick, on_crash, input.",
        ),
        (
            "v1 crsh@event#1",
            "There is no fault 'crsh'. Did you mean 'crash'?",
            "v1 crsh@event#1",
            "   ^",
            KINDS,
        ),
        (
            "crash@event",
            "'#' and a number are missing after 'event'.",
            "crash@event",
            "           ^",
            "Write event#1 for the first one; a name may have letters, digits, '_', '-', '.' and '/'.",
        ),
        (
            "v1 input={x} crash@event#1",
            "input is no JSON.",
            "v1 input={x} crash@event#1",
            "          ^",
            'Write it like \'input={"ids":["a"]}\'.',
        ),
    ],
    ids=lambda malformed: malformed[0],
)
def test_malformed_tokens(malformed):
    """A token that cannot be read is refused before anything runs, with the place and what to write."""
    token, *lines = malformed
    with pytest.raises(PlanError) as refused:
        replay(lambda sim: pytest.fail("The scenario was run."), token)
    assert str(refused.value) == "\n  ".join(lines)


def test_unknown_checkpoint():
    """A checkpoint that there cannot be is told with the nearest, and with all that there can be."""
    with pytest.raises(PlanError) as refused:
        replay(publishing, "v1 crash@task.updat#1")
    assert refused.value.sentence == "There is no checkpoint 'task.updat'. Did you mean 'task.update'?"
    assert refused.value.way_out.startswith("Choose from event, task.update, log.create,")


@pytest.mark.parametrize("token", [None, 5, b"v1"])
def test_token_that_is_no_text(token):
    """A token is text."""
    with pytest.raises(UsageError) as refused:
        replay(publishing, token)
    assert str(refused.value) == (
        f"replay() got token={token!r}.\n  Pass the line that a finding printed, its .token."
    )


@pytest.mark.parametrize(
    ("fault", "at", "facts"),
    [
        (
            "crash@task.update#9",
            "task.update#9",
            ["task.update was reached 2 times", "nearest: task.update#2"],
        ),
        ("crash@state.save#1", "state.save#1", ["state.save was reached 0 times"]),
        ("redeliver@2", "event#2", ["event was reached 1 time", "nearest: event#1"]),
        (
            'abort@effect.publish["1"]#4',
            'effect.publish["1"]#4',
            [
                'effect.publish["1"] was reached 1 time',
                'nearest: effect.publish["1"]#1, effect.publish["0"]#1',
            ],
        ),
        (f"{LEAST} crash@event#7", "event#7", ["event was reached 2 times", "nearest: event#2"]),
    ],
)
def test_stale_plans(fault, at, facts):
    """A fault that never fires is an error with the nearest checkpoints that were reached."""
    with pytest.raises(StalePlan) as refused:
        replay(publishing, f"v1 {fault}")
    lines = [
        f"The planned fault {fault.split()[-1]!r} never fired: {at!r} was not reached.",
        *facts,
        "Choose a checkpoint that the run reaches; sim.trace.checkpoints() lists them.",
    ]
    assert str(refused.value) == "\n  ".join(lines)
