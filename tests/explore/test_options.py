"""Options of a check: what cannot be used is refused by its name, before anything runs."""

import pytest

from tasksim import UsageError, check, create_task_definition, explore, questions, replay
from tasksim._explore.options import JUDGES
from tasksim.errors import PlanError


def publishing(sim):
    """Publish two entries."""

    def run(input, controller):
        for at in range(input.get("at", 0), 2):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at})
            with sim.effects.record("publish", key="ab"[at]):
                pass
        return controller.response.done()

    sim.register(create_task_definition(id="job", title="Job", run=run, disable_database_logs=True))
    sim.tasks.trigger("job")


def refusal(call, **options):
    """Return the message of a call that must refuse its options without building any world."""

    def scenario(sim):
        pytest.fail("The scenario was run.")

    with pytest.raises(UsageError) as refused:
        call(scenario, **options)
    return str(refused.value)


WHOLE = "Pass a whole number from 1 on."
DURATION = "Write seconds (90 or 1.5), a timedelta, or text like '500ms', '90s', '15m', '1h30m', '2d'."
PATHS = "Write it like 'output.at', 'output.rows[*].id', 'effects.publish.when' or 'state'."
OPTIONS = (
    "Choose from kinds, max_faults, first, without, invariants, ignore, normalise, abort_within, expect, "
    "progress, merge_states, mode, random_seed, patience, max_runs, max_checkpoints, max_seconds, "
    "require_complete, profile, start, seed, budget, close_limit, tick, on_crash, context, input."
)
REFUSED = [
    ({"max_run": 5}, "check() got 'max_run', which is no option. Did you mean 'max_runs'?", OPTIONS),
    ({"plan": "crash@event#1"}, "check() got 'plan', which is no option.", OPTIONS),
    ({"max_faults": 0}, "check() got max_faults=0.", WHOLE),
    ({"max_faults": "2"}, "check() got max_faults='2'.", WHOLE),
    ({"max_runs": True}, "check() got max_runs=True.", WHOLE),
    ({"max_checkpoints": 0}, "check() got max_checkpoints=0.", WHOLE),
    ({"patience": 0}, "check() got patience=0.", WHOLE),
    ({"abort_within": -1}, "check() got abort_within=-1.", "Pass a whole number from 0 on."),
    ({"random_seed": "x"}, "check() got random_seed='x'.", "Pass a whole number."),
    ({"max_seconds": "x"}, "max_seconds is 'x', which is no duration.", DURATION),
    ({"max_seconds": 0}, "max_seconds is 0, which is no time at all.", "Write at least '1ms'."),
    (
        {"expect": "sucess"},
        "check() got expect='sucess'. Did you mean 'success'?",
        "Choose from success, failed, aborted.",
    ),
    ({"expect": None}, "check() got expect=None.", "Choose from success, failed, aborted."),
    ({"mode": "rand"}, "check() got mode='rand'. Did you mean 'random'?", "Choose from every, random."),
    ({"merge_states": 1}, "check() got merge_states=1.", "Pass True or False."),
    ({"require_complete": "no"}, "check() got require_complete='no'.", "Pass True or False."),
    ({"progress": 3}, "check() got progress=3.", "Pass tasksim.questions(3), or nothing."),
    ({"normalise": "sort"}, "check() got normalise='sort'.", "Pass a function of a value."),
    (
        {"without": "abort-honored"},
        "There is no judge 'abort-honored'. Did you mean 'abort-honoured'?",
        (
            "Choose from resume-equivalence, progress, abort-honoured, stranded, hooks, bounded-state, "
            "liveness, invariants, misuse."
        ),
    ),
    (
        {"without": JUDGES},
        "without names every judge, so nothing could be found.",
        "Leave at least one out of it.",
    ),
    ({"without": 5}, "check() got without=5.", "Pass a list of texts: without=[...]."),
    ({"ignore": [5]}, "check() got ignore=[5].", "Pass a list of texts: ignore=[...]."),
    (
        {"ignore": "outptu.at"},
        "check() got ignore='outptu.at', which is no path. Did you mean 'output'?",
        PATHS,
    ),
    ({"ignore": ["output..at"]}, "check() got ignore='output..at', which is no path.", PATHS),
    ({"ignore": ["effects"]}, "check() got ignore='effects', which is no path.", PATHS),
    ({"first": 5}, "check() got first=5.", "Pass a list of texts: first=[...]."),
    ({"first": [None]}, "check() got first=[None].", "Pass a list of texts: first=[...]."),
    (
        {"first": ["v1 crsh@event#1"]},
        "There is no fault 'crsh'. Did you mean 'crash'?",
        "v1 crsh@event#1",
        "   ^",
        (
            "Choose from close_to_timeout, redeliver, abort, cold, fail, lost_ack, timeout, crash, delay, "
            "clock, order, run."
        ),
    ),
    (
        {"profile": "webiny5"},
        "There is no profile 'webiny5'. Did you mean 'webiny-5'?",
        "profiles: documented, generic, webiny-5, webiny-6",
        "Choose one of these; `tasksim profiles` says what each stands for.",
    ),
    (
        {"on_crash": "retri(2)"},
        "There is no on_crash 'retri'. Did you mean 'retry'?",
        "retri(2)",
        "^",
        "Choose from strand, retry(2), redeliver(15m).",
    ),
    ({"budget": "x"}, "budget is 'x', which is no duration.", DURATION),
    (
        {"start": "noon"},
        "start is 'noon', which is no instant.",
        "Write an aware datetime, or ISO text like '2024-01-01T00:00:00Z'.",
    ),
]


@pytest.mark.parametrize("refused", REFUSED, ids=lambda refused: str(refused[0])[:40])
def test_refused(refused):
    """An option that there is not, or that cannot be used, is refused before any world is built."""
    options, *lines = refused
    assert refusal(check, **options) == "\n  ".join(lines)


def test_explore_and_replay_refuse_as_well():
    """`explore` and `replay` read the same options."""
    message = "check() got abort_within=-1.\n  Pass a whole number from 0 on."
    assert refusal(explore, abort_within=-1) == message
    assert refusal(lambda *args, **options: replay(*args, "v1", **options), abort_within=-1) == message


@pytest.mark.parametrize("n", [0, True, "3", None])
def test_questions_takes_a_whole_number(n):
    """`questions` takes a whole number from 1 on."""
    with pytest.raises(UsageError) as refused:
        questions(n)
    assert str(refused.value) == f"questions() got {n!r}.\n  Pass a whole number from 1 on."


def test_malformed_first_is_a_plan_error():
    """A plan in `first` that cannot be read is an error of its own, which points at the place."""
    with pytest.raises(PlanError) as refused:
        check(publishing, first="crash@event")
    assert refused.value.position == len("crash@event")


def test_one_text_counts_as_a_list_of_one():
    """`kinds`, `without`, `first` and `ignore` take a single text."""
    report = explore(
        publishing, kinds="redeliver", without="hooks", first="abort@event#1", ignore="effects.publish.when"
    )
    assert (report.coverage.extra, list(report.coverage.singles)) == (1, ["redeliver"])


def test_without_switches_a_judge_off():
    """A judge named in `without` says nothing."""

    def deaf(sim):
        def run(controller):
            with sim.effects.record("publish", key="a"):
                pass
            return controller.response.done()

        sim.register(create_task_definition(id="job", title="Job", run=run, disable_database_logs=True))
        sim.tasks.trigger("job")

    options = {"kinds": ["abort"], "abort_within": 0}
    assert [finding.judge for finding in explore(deaf, **options).findings] == ["abort-honoured"]
    assert explore(deaf, **options, without=["abort-honoured"]).passed
    assert explore(deaf, kinds=["abort"]).passed
