"""Laws of faults: any plan, any definition, and runs that are dead."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasksim import Simulator
from tasksim._faults.plan import parse
from tasksim.errors import PlanError, TasksimError

KINDS = (
    "close_to_timeout@{}",
    "timeout@{}",
    "crash@{}",
    "crash@{}+",
    "abort@{}",
    "fail@{}",
    "fail@{}..",
    "lost_ack@{}",
    "redeliver@{}",
    "delay@{}=90s",
)
HOSTS = ("strand", "retry(2)", "redeliver(15m)")
PROFILES = ("documented", "webiny-5", "webiny-6")
UNITS = st.lists(
    st.sampled_from(
        ["input", "output", "log", "error", "child", "children", "close", "aborted", "user", "sleep"]
    ),
    max_size=4,
)
ENDS = st.sampled_from(["done", "continue", "wait", "error", "aborted", "raise"])


class Child:
    """A child that needs two iterations."""

    id, title = "child", "Child"

    def run(self, input, controller):
        if "at" in input:
            return controller.response.done()
        return controller.response.continue_({"at": 1}, seconds=5)


class Scripted:
    """A definition that does what a script says, iteration by iteration."""

    id, title = "scripted", "Scripted"
    max_iterations = 4
    database_logs = True

    def __init__(self, sim, script):
        self.sim = sim
        self.script = script

    def run(self, input, controller):
        at = input.get("at", 0)
        units, end = self.script[min(at, len(self.script) - 1)]
        for unit in units:
            self.do(unit, at, controller)
        return self.answer(end, at, controller)

    def do(self, unit, at, controller):
        acts = {
            "input": lambda: controller.state.update_input({"seen": at}),
            "output": lambda: controller.state.update_output({"seen": at}),
            "log": lambda: controller.logger.info("seen", {"at": at}),
            "error": lambda: controller.logger.error("seen", ValueError("no")),
            "child": lambda: controller.task.trigger("child"),
            "children": controller.task.list_children,
            "close": controller.runtime.is_close_to_timeout,
            "aborted": controller.runtime.is_aborted,
            "user": lambda: self.sim.checkpoint("here"),
            "sleep": lambda: self.sim.spend("1m"),
        }
        acts[unit]()

    def answer(self, end, at, controller):
        if end == "raise":
            raise ValueError("raised")
        answers = {
            "done": lambda: controller.response.done("All done.", {"at": at}),
            "continue": lambda: controller.response.continue_({"at": at + 1}),
            "wait": lambda: controller.response.continue_({"at": at + 1}, seconds=60),
            "error": lambda: controller.response.error("failed"),
            "aborted": controller.response.aborted,
        }
        return answers[end]()

    def on_done(self, task):
        self.sim.checkpoint("hook")

    on_error = on_abort = on_max_iterations = on_done


def played(script, **options):
    """Play a script to idle and return its simulation."""
    sim = Simulator(freeze=False, tick="1s", **options)
    sim.register(Scripted(sim, script))
    sim.register(Child())
    with suppress(TasksimError):
        sim.run("scripted")
    return sim


@st.composite
def cuts(draw):
    """Draw a script, and a plan of faults at checkpoints that its uncut run reaches."""
    script = draw(st.lists(st.tuples(UNITS, ENDS), min_size=1, max_size=3))
    profile = draw(st.sampled_from(PROFILES))
    reached = played(script, profile=profile).trace.checkpoints()
    faults = set()
    for name in draw(st.lists(st.sampled_from(reached), max_size=3)):
        text = draw(st.sampled_from(KINDS)).format(name)
        with suppress(PlanError):
            parse(text)
            faults.add(text)
    return script, profile, " ".join(sorted(faults)), draw(st.sampled_from(HOSTS))


@settings(deadline=None)
@given(cuts())
def test_no_plan_makes_the_engine_raise_anything_of_its_own(cut):
    """Whatever is planned, what comes out is an error of tasksim, and the same plan gives the same trace."""
    script, profile, plan, host = cut
    first = played(script, profile=profile, plan=plan, on_crash=host)
    again = played(script, profile=profile, plan=plan, on_crash=host)
    assert first.trace.sha256() == again.trace.sha256()
    for task in first.tasks.list_tasks().items:
        assert first.execution(task).machine is not None or first._engine.ended_by is not None


class Undying(Scripted):
    """A definition that tries everything once more after it was killed."""

    def run(self, input, controller):
        try:
            return super().run(input, controller)
        except BaseException:
            if self.sim._engine.scope.killed is None:
                raise
            self.world = world_of(self.sim)
            for attempt in self.attempts(controller):
                with suppress(BaseException):
                    attempt()
                    self.revived = attempt
            self.after = world_of(self.sim)
            return controller

    revived = None
    world = None
    after = None

    def attempts(self, controller):
        task = self.sim._engine.scope.life.task_id
        yield from (
            lambda: controller.state.update_input({"dead": True}),
            lambda: controller.state.update_output({"dead": True}),
            lambda: controller.logger.info("dead"),
            lambda: controller.task.trigger("child"),
            lambda: controller.response.done(output={"dead": True}),
            controller.runtime.is_aborted,
            controller.runtime.is_close_to_timeout,
            controller.task.list_children,
            lambda: self.sim.tasks.trigger("child"),
            lambda: self.sim.tasks.abort(task),
            lambda: self.sim.tasks.delete_task(task),
            lambda: self.sim.checkpoint("dead"),
            lambda: self.sim.spend("1h"),
        )


def world_of(sim):
    """Return everything that a dead run might change."""
    engine = sim._engine
    return (
        [record for _, record in engine.store.tasks()],
        [record for _, record in engine.store.logs()],
        {life.label: dict(life.counters) for life in engine.lives.values()},
        engine.clock.now_ms,
        len(engine.agenda),
        len(engine.events),
    )


@settings(deadline=None)
@given(st.lists(st.tuples(UNITS, ENDS), min_size=1, max_size=2), st.data())
def test_a_dead_run_changes_nothing(script, data):
    """Nothing that a killed run does changes a record, a count, the time, the agenda or the trace."""
    reached = [name for name in played(script).trace.checkpoints() if ":" not in name]
    kind = data.draw(st.sampled_from(["crash@{}", "timeout@{}", "crash@{}+"]))
    sim = Simulator(freeze=False, tick="1s", plan=kind.format(data.draw(st.sampled_from(reached))))
    undying = Undying(sim, script)
    sim.register(undying)
    sim.register(Child())
    sim.run("scripted")
    assert undying.revived is None
    assert undying.after == undying.world


@pytest.mark.slow
@pytest.mark.parametrize("profile", PROFILES)
def test_every_single_fault_of_a_rich_run_strikes(profile):
    """Each fault that can be planned at a reached checkpoint fires there."""
    first = ["input", "log", "child", "close", "aborted", "user"]
    script = [(first, "wait"), (["output", "children"], "done")]
    checked = 0
    for name in played(script, profile=profile).trace.checkpoints():
        for kind in KINDS:
            text = kind.format(name)
            with suppress(PlanError):
                parse(text)
                sim = played(script, profile=profile, plan=text)
                sim.close()
                checked += 1
    assert checked > 100
