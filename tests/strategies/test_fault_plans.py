"""`fault_plans`: what is drawn from a trace strikes in a fresh run, and shrinks to no fault."""

import pytest
from hypothesis import given, settings
from strategies_drawing import FEW, SMALLEST, smallest

from tasksim import Simulator, UsageError, task_definition
from tasksim._trace.stream import Trace
from tasksim.errors import StalePlan
from tasksim.strategies import DrawnDefinition, fault_plans

UNITS = ("effect", "log", "output", "wait", "sleep", "child")
HOOKS = ("on_done", "on_error", "on_abort")
SLICED = DrawnDefinition("copyPages", units=UNITS, hooks=HOOKS)
AN_EVENT_EACH = DrawnDefinition("copyPages", units=UNITS, hooks=HOOKS, one_an_event=True, is_async=True)
KINDS = [
    "close_to_timeout",
    "redeliver",
    "abort",
    "fail",
    "fail..",
    "lost_ack",
    "timeout",
    "crash",
    "crash+",
    "delay=90s",
    "clock=-1h",
]


def run(definition, plan, **options):
    """Run a definition under a plan, in a world of its own, and return its trace.

    Raises:
        StalePlan: A fault of the plan did not strike.
    """
    with Simulator([definition], plan=plan, freeze=False, **options) as sim:
        sim.tasks.trigger("copyPages")
        sim.run_until_idle()
    return sim.trace


def fired(trace):
    """Return the faults that struck, each once."""
    return list(dict.fromkeys(event.fault for event in trace if type(event).__name__ == "FaultFired"))


def assert_all_fire(definition, strategy, chosen, **options):
    """Draw plans and run each: its faults strike, and no others."""
    plans = set()

    @settings(chosen)
    @given(strategy)
    def fires(plan):
        assert " ".join(fired(run(definition, plan, **options))) == plan
        plans.add(plan)

    fires()
    return plans


@pytest.mark.slow
@pytest.mark.parametrize("definition", [SLICED, AN_EVENT_EACH])
def test_drawn_faults_strike(definition):
    """Each plan of one fault strikes in a fresh run of what was recorded."""
    strategy = fault_plans(run(definition, []), kinds=KINDS)
    assert len(assert_all_fire(definition, strategy, settings(FEW, max_examples=20))) > 10


@pytest.mark.slow
@pytest.mark.parametrize("options", [{}, {"on_crash": "retry(2)", "tick": "1s"}])
@pytest.mark.parametrize("profile", ["documented", "generic", "webiny-5", "webiny-6"])
@pytest.mark.parametrize("definition", [SLICED, AN_EVENT_EACH])
def test_many_drawn_faults_strike(definition, profile, options):
    """So it is in each profile, whatever the host does after a crash."""
    options = {**options, "profile": profile}
    strategy = fault_plans(run(definition, [], **options), kinds=KINDS)
    assert_all_fire(definition, strategy, settings(FEW, max_examples=100), **options)


@pytest.mark.slow
@pytest.mark.parametrize(
    "kinds", [["delay=90s"], ["abort"], ["fail"], ["lost_ack"], ["crash", "crash+"], KINDS]
)
def test_second_faults_strike_or_are_told(kinds):
    """The first of several faults strikes; where it leads elsewhere, and a later one does not, it is told."""
    strategy = fault_plans(run(SLICED, [], on_crash="retry(2)"), kinds=kinds, max_faults=2)
    both, stale = set(), set()

    @settings(FEW, max_examples=50)
    @given(strategy)
    def fires(plan):
        try:
            struck = " ".join(fired(run(SLICED, plan, on_crash="retry(2)")))
        except StalePlan as error:
            stale.add(plan)
            struck = plan if plan.endswith(f" {error.fault}") else ""
        else:
            both.update([plan] if plan.count("@") > 1 else [])
        assert struck == plan

    fires()
    assert both
    assert kinds != ["delay=90s"] or not stale  # it changes nothing but the time


def test_class_can_be_cold():
    """A definition that is registered as a class gets fresh instances, if `cold` is asked for."""

    class CopyPages:
        id, title = "copyPages", "Copy pages"

        def run(self, input, controller):
            if input.get("is_done"):
                return controller.response.done()
            return controller.response.continue_({"is_done": True})

    strategy = fault_plans(run(CopyPages, []), kinds=["cold"])
    assert assert_all_fire(CopyPages, strategy, FEW) == {"", "cold@2"}


# --- shrinking and printing


def test_shrinks_to_no_fault():
    """The simplest plan has no fault; the next simplest is what `check` tries first."""
    strategy = fault_plans(run(SLICED, []), max_faults=3)
    assert smallest(strategy) == ""
    assert smallest(strategy, lambda plan: plan) == "close_to_timeout@runtime.is_close_to_timeout#1"


def test_shrinks_to_fewer_faults():
    """Of several faults those go that are not needed."""
    strategy = fault_plans(run(SLICED, []), kinds=["abort", "crash"], max_faults=3)
    found = smallest(strategy, lambda plan: "crash@state.update_input#2" in plan)
    assert found == "crash@state.update_input#2"
    assert smallest(strategy, lambda plan: plan.count("@") > 1).count("@") == 2


def test_prints_as_code():
    """A plan is text that a simulator takes, and the strategy prints as its call."""
    trace = run(SLICED, [])
    assert repr(fault_plans(trace)) == "fault_plans(trace)"
    assert repr(fault_plans(trace, kinds=iter(["crash", "abort"]), max_faults=2)) == (
        "fault_plans(trace, kinds=['abort', 'crash'], max_faults=2)"
    )
    drawn = smallest(fault_plans(trace, kinds="abort"), lambda plan: "child" in plan)
    assert fired(run(SLICED, eval(repr(drawn)))) == [drawn]  # noqa: S307 - that is the promise


@pytest.mark.slow
def test_failure_prints_a_plan_that_replays():
    """A failing test prints the least plan, and a run with what is printed fails in the same way."""
    trace = run(SLICED, [])

    def is_short(plan):
        return len(run(SLICED, plan)) < len(trace) - 20

    @settings(SMALLEST)
    @given(plan=fault_plans(trace))
    def is_never_short(plan):
        assert not is_short(plan)

    with pytest.raises(AssertionError) as caught:
        is_never_short()
    note = next(line for line in "\n".join(caught.value.__notes__).splitlines() if "plan=" in line)
    printed = note.partition("plan=")[2].rstrip("),")
    assert is_short(eval(printed))  # noqa: S307 - that is the promise


def test_killed_task_is_not_struck_again():
    """On a host that strands killed tasks nothing is to strike one after its crash."""
    strategy = fault_plans(run(AN_EVENT_EACH, []), kinds=["crash"], max_faults=2)
    drawn = smallest(strategy, lambda plan: plan.count("@") == 2)
    assert len(fired(run(AN_EVENT_EACH, drawn))) == 2
    tasks = [fault.rpartition("copyPages.2:")[1] for fault in drawn.split(" crash@")]
    assert sorted(tasks) == ["", "copyPages.2:"]


# --- bad arguments


@task_definition(id="sayHello", title="Say hello")
def say_hello(controller):
    """Say hello."""
    return controller.response.done("Hello.")


@pytest.mark.parametrize("wrong", [None, "crash@event#1", [], Simulator([say_hello])])
def test_what_is_no_trace_is_refused(wrong):
    """Only a trace says where faults can strike."""
    with pytest.raises(UsageError, match=r"which is no trace\.\n  Run it once and pass sim\.trace"):
        fault_plans(wrong)


@pytest.mark.parametrize("wrong", [0, -1, True, 1.0, "2", None])
def test_max_faults_is_a_number(wrong):
    """`max_faults` is a whole number from 1 on."""
    with pytest.raises(UsageError, match=r"fault_plans\(\) got max_faults="):
        fault_plans(run(SLICED, []), max_faults=wrong)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (3, r"fault_plans\(\) got kinds=3"),
        ([], "kinds is empty"),
        (["crush"], "There is no kind of fault 'crush'. Did you mean 'crash'"),
        (["delay"], "'delay' needs a value"),
        (["order"], r"fault_plans\(\) got the kind 'order'; a trace does not say where"),
        (["run"], r"fault_plans\(\) got the kind 'run'; a trace does not say where"),
    ],
)
def test_kinds_are_known(wrong, message):
    """`kinds` names kinds of faults that a trace can tell the places of."""
    with pytest.raises(UsageError, match=message):
        fault_plans(run(SLICED, []), kinds=wrong)


def test_run_with_faults_is_refused():
    """A trace of a run that was cut does not say what an uncut one touches."""
    trace = run(SLICED, ["crash@event#1"])
    with pytest.raises(UsageError) as caught:
        fault_plans(trace)
    assert str(caught.value) == (
        "The trace is of a run in which faults struck already.\n"
        "  faults: crash@event#1\n"
        "  Record a run without any: Simulator([...], plan=[])."
    )


@pytest.mark.parametrize("make", [lambda: Simulator([say_hello]).trace, lambda: Trace([])])
def test_trace_without_a_place_is_refused(make):
    """A trace in which nothing ran has no place for a fault."""
    with pytest.raises(UsageError) as caught:
        fault_plans(make(), kinds=["abort", "crash"])
    assert str(caught.value) == (
        "The trace has no place where such a fault could strike.\n"
        "  kinds: abort, crash\n"
        "  checkpoints: 0\n"
        "  Record a run that works: sim.run('publishEntries', input=...), then pass sim.trace."
    )
