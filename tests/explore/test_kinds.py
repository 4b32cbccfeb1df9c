"""Kinds of faults: how they are asked for, in which order they come, and where each can strike."""

import pytest
from explore_jobs import definition

from tasksim import UsageError, check, explore
from tasksim._explore.kinds import DEFAULT_KINDS, read_kinds
from tasksim._faults.plan import render
from tasksim.errors import PlanError

pytestmark = pytest.mark.usefixtures("frozen")

FORMS = (
    "\n  Choose from close_to_timeout, redeliver, abort, cold, fail, fail.., lost_ack, timeout, crash, "
    "crash+, delay=90s, clock=-1h, order, run."
)
DURATION = "\n  Write seconds (90 or 1.5), a timedelta, or text like '500ms', '90s', '15m', '1h30m', '2d'."


def publishing(sim):
    """One event: a question, an effect, a read, the answer; and somebody outside who aborts too late."""

    def run(controller):
        if controller.runtime.is_close_to_timeout():
            return controller.response.continue_({})
        with sim.effects.record("publish", key="a"):
            pass
        controller.state.get_status()
        return controller.response.done()

    sim.register(definition(run))
    sim.tasks.trigger("job")


def plans(scenario, *kinds, **options):
    """Return the faults that an exploration tried, as text."""
    tried = []

    def note(facts):
        tried.extend(fault.render() for fault in facts.plan)

    explore(scenario, kinds=kinds, _on_run=note, **options)
    return tried


# --- reading


@pytest.mark.parametrize(
    ("kinds", "message"),
    [
        (5, "check() got kinds=5.\n  Pass a list of names: kinds=['crash', 'abort']."),
        ((), "kinds is empty, so there is no fault to try.\n  Leave it out, or name some."),
        ("crsh", f"There is no kind of fault 'crsh'. Did you mean 'crash'?{FORMS}"),
        ([None], f"There is no kind of fault None.{FORMS}"),
        ("crash++", f"There is no kind of fault 'crash++'. Did you mean 'crash+'?{FORMS}"),
        ("abort+", f"There is no kind of fault 'abort+'. Did you mean 'abort'?{FORMS}"),
        ("", f"There is no kind of fault ''.{FORMS}"),
        ("delay", "'delay' needs a value.\n  Write it like 'delay=90s'."),
        ("clock", "'clock' needs a value.\n  Write it like 'clock=-1h'."),
        ("crash+=1", "'crash' takes no value.\n  Write 'crash+'."),
        ("order=2", "'order' takes no value.\n  Write 'order'."),
        ("delay=soon", f"delay is 'soon', which is no duration.{DURATION}"),
    ],
)
def test_refused(kinds, message):
    """A kind that there is not, or without its value, is refused with the nearest one."""
    with pytest.raises(UsageError) as refused:
        check(publishing, kinds=kinds)
    assert str(refused.value) == message
    assert not isinstance(refused.value, PlanError)


def test_default_kinds():
    """What nobody asks for is not tried; the default kinds come in the order of plans."""
    assert tuple(kind.text for kind in read_kinds(None)) == DEFAULT_KINDS
    assert [kind.text for kind in read_kinds(reversed(DEFAULT_KINDS))] == list(DEFAULT_KINDS)


def test_order_of_kinds():
    """Kinds come in the order of plans, each once, a value in its one form."""
    given = ["run", "crash+", "clock=-60m", "fail..", "delay=90s", "crash", "fail", "delay=1m30s", "crash"]
    read = ["fail", "fail..", "crash", "crash+", "delay=90s", "clock=-1h", "run"]
    assert [kind.text for kind in read_kinds(given)] == read


# --- where they strike

EFFECT = 'effect.publish["a"]#1'
WRITES = ["task.update#1", "task.update#2"]
QUESTION = "runtime.is_close_to_timeout#1"
ALL = [EFFECT, "event#1", "response.done#1", QUESTION, "state.get_status#1", *WRITES]


@pytest.mark.parametrize(
    ("kind", "faults"),
    [
        ("close_to_timeout", [f"close_to_timeout@{QUESTION}"]),
        ("redeliver", ["redeliver@1"]),
        ("abort", [f"abort@{at}" for at in ALL]),
        ("fail", [f"fail@{at}" for at in (EFFECT, *WRITES)]),
        ("fail..", [f"fail@{at}.." for at in (EFFECT, *WRITES)]),
        ("lost_ack", [f"lost_ack@{at}" for at in (EFFECT, *WRITES)]),
        ("timeout", [f"timeout@{at}" for at in ALL]),
        ("crash", [f"crash@{at}" for at in ALL]),
        ("crash+", [f"crash@{at}+" for at in ALL]),
        ("delay=60s", [f"delay@{at}=1m" for at in ALL]),
        ("clock=-1h", [f"clock@{at}=-1h" for at in ALL]),
        ("run", [f"run[job.1]@{at}" for at in ALL]),
    ],
)
def test_where_a_kind_strikes(kind, faults):
    """Questions are answered, events delivered again, writes and effects fail; the rest strikes anywhere."""
    assert plans(publishing, kind) == faults


def test_crash_after_what_changes_nothing_is_the_crash_before_it():
    """Beside `crash`, `crash+` is tried only after touches that changed something, the others are counted."""
    tried = plans(publishing, "crash", "crash+")
    assert [fault for fault in tried if fault.endswith("+")] == [
        f"crash@{at}+" for at in (EFFECT, "task.update#1", "task.update#2")
    ]
    counts = explore(publishing, kinds=["crash", "crash+"]).coverage.singles["crash+"]
    assert (counts.explored, counts.skipped) == (3, 4)
    assert plans(publishing, "crash", "crash+", tick="1ms") == [
        *(f"crash@{at}" for at in ALL),
        *(f"crash@{at}+" for at in ALL),
    ]


def outside(sim):
    """Somebody outside aborts a task that waits; a hook is asked before it is stored."""

    def run(input, controller):
        if input.get("waited"):
            return controller.response.done()
        return controller.response.continue_({"waited": True}, seconds=60)

    def on_before_trigger(data):
        sim.checkpoint("asked")

    sim.register(definition(run, on_before_trigger=on_before_trigger))
    task = sim.tasks.trigger("job")
    sim.at("30s", lambda: sim.tasks.abort(task.id))


def test_calls_from_outside():
    """A call from outside can fail; only a run is killed or delayed, and only a stored task aborted."""
    kinds = ("abort", "fail", "crash", "delay=1m", "clock=-1h")
    struck = {kind: plans(outside, kind, expect="aborted") for kind in kinds}
    first = ["event#1", "response.continue#1", "task.update#1", "wait#1"]
    logs = ["log.create#1", "log.update#1"]  # an abort from outside writes into the log
    assert struck == {
        "abort": [f"abort@{at}" for at in in_order(*first, *logs, "event#2", "task.update#2", LAST)],
        "fail": [f"fail@{at}" for at in (*logs, "task.update#1", "task.update#2", LAST)],
        "crash": [f"crash@{at}" for at in in_order(*first, "event#2", "task.update#2")],
        "delay=1m": [f"delay@{at}=1m" for at in in_order(*first, "event#2", "task.update#2")],
        "clock=-1h": [
            f"clock@{at}=-1h"
            for at in in_order(*first, *logs, "hook.on_before_trigger#1", "event#2", "task.update#2", LAST)
        ],
    }


LAST = "task.update#3"


def in_order(*names):
    """Return checkpoints in the order of plans: by number, then by name."""
    return sorted(names, key=lambda name: (name.rpartition("#")[2], name))


def test_cold_where_it_makes_a_difference():
    """A fresh instance is given to any event of a factory's tasks but the first that there is."""

    class Greet:
        id = "greet"
        title = "Greet"
        disable_database_logs = True

        def run(self, input, controller):
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({})
            return controller.response.done()

    def greeting(sim):
        sim.register(Greet)
        sim.tasks.trigger("greet")
        sim.tasks.trigger("greet")

    assert plans(greeting, "cold") == ["cold@greet.2:1"]
    cold = [fault for fault in plans(greeting, "close_to_timeout", "cold", max_faults=2) if "cold" in fault]
    assert sorted(set(cold)) == ["cold@2", "cold@greet.2:1", "cold@greet.2:2"]


def test_cold_after_a_hook_before_the_trigger():
    """A hook that is asked before the trigger uses an instance, so that the first event may miss it."""

    class Count:
        id = "count"
        title = "Count"
        total = None

        def on_before_trigger(self, data):
            self.total = 3

        def run(self, controller):
            return controller.response.done(output={"total": self.total})

    def counting(sim):
        sim.register(Count)
        sim.tasks.trigger("count")

    (finding,) = explore(counting).findings
    assert render(finding.plan) == "cold@1"


def test_every_fault_that_is_tried_fires():
    """No plan is tried whose last fault cannot strike, whatever its kind."""
    kinds = [*DEFAULT_KINDS, "fail..", "delay=20m", "clock=-1h", "order", "run"]
    idle = []

    def note(facts):
        if not facts.watcher.all_fired:
            idle.append(facts.plan)

    report = explore(outside, kinds=kinds, expect="aborted", _on_run=note)
    assert report.coverage.explored > 50
    assert idle == []
