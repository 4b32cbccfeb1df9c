"""How effects look in the timeline: which took place, in which order, and which did not happen."""

import asyncio
from contextlib import suppress

import pytest

from tasksim import EngineError, Simulator, create_task_definition
from tasksim._model import events as e
from tasksim._trace.effects import place
from tasksim._trace.timeline import render


def told(sim, **options):
    """Return the rows inside of iterations, without times and borders; none is folded away."""
    story = sim.trace.text(100, **options).split("\n\n")[1]
    return [line[11:] for line in story.splitlines()[1:] if line[11:12] in "|="]


@pytest.fixture
def story():
    """Return what runs a task with effects and tells what happened in it, but for its writes."""

    def tell(run, plan=None, **hooks):
        sim = Simulator(freeze=False, plan=plan)

        def call(controller):
            given = run(sim, controller)
            return given if asyncio.iscoroutine(given) else controller.response.aborted()

        sim.register(create_task_definition(id="job", title="Job", run=call, **hooks))
        sim.run("job")
        return [row for row in told(sim) if "stored" not in row and "response." not in row]

    return tell


def test_effect_shows_its_data(story):
    """An effect that took place is one row, with its key and data."""

    def run(sim, controller):
        sim.effects.record("plain")
        sim.effects.record("send", key="a", words=3)
        with sim.effects.record("send", key="b", words=4):
            sim.spend("1s")

    assert story(run)[:-1] == [
        "| effect.plain#1",
        '| effect.send["a"]#1           {"words": 3}',
        '| effect.send["b"]#1           {"words": 4}',
    ]


def test_body_that_raises(story):
    """An effect whose body raised did not happen, which is said before its data."""

    def run(sim, controller):
        with suppress(ZeroDivisionError), sim.effects.record("send", key="a", words=3):
            _ = 1 / 0
        with suppress(ZeroDivisionError), sim.effects.record("plain"):
            _ = 1 / 0

    assert story(run)[:-1] == [
        '| effect.send["a"]#1           did not happen: {"words": 3}',
        "| effect.plain#1               did not happen",
    ]


def test_effect_that_was_planned_to_fail(story):
    """A planned failure is told as for any write, and has no other row."""

    def run(sim, controller):
        with suppress(Exception), sim.effects.record("send", words=3):
            pass

    assert story(run, "fail@effect.send#1")[:-1] == [
        "| effect.send#1                failed, and did nothing  <- fault fail@effect.send#1"
    ]


def test_killed_in_its_body(story):
    """An effect in whose body the run was killed did not happen."""

    def run(sim, controller):
        with sim.effects.record("send", words=3):
            controller.runtime.is_aborted()

    assert story(run, "crash@runtime.is_aborted#1") == [
        '| effect.send#1                did not happen: {"words": 3}',
        "| runtime.is_aborted#1         killed before it  <- fault crash@runtime.is_aborted#1",
        "= killed by crash, machine UnknownError  the task stays running",
    ]


def test_killed_before_or_after(story):
    """A kill is told on the right side of the effect, also when its body touched something else."""

    def run(sim, controller):
        with sim.effects.record("send"):
            controller.runtime.is_aborted()

    before = "| effect.send#1                killed before it  <- fault crash@effect.send#1"
    assert story(run, "crash@effect.send#1")[0] == before
    assert story(run, "crash@effect.send#1+")[:-1] == [
        "| effect.send#1                <- fault crash@effect.send#1+",
        "| runtime.is_aborted#1         False",
        "| effect.send#1                took place",
        "| effect.send#1                killed after it",
    ]


def test_killed_after_it_later(story):
    """A kill that comes when the run ends is told as after the effect, whatever was told in between."""

    def run(sim, controller):
        sim.effects.record("send")
        with suppress(EngineError):
            sim.tasks.abort("nobody")  # no checkpoint
        return asyncio.sleep(0)

    rows = story(run, "crash@effect.send#1+")
    assert [row.split("  ")[0] for row in rows[:2]] == ["| effect.send#1", "| nobody abort refused"]
    assert rows[2] == "| effect.send#1                killed after it"


def test_order_in_which_effects_took_place(story):
    """Where something stands between, the effect has a second row where it took place."""

    def run(sim, controller):
        with sim.effects.record("outer"):
            with sim.effects.record("inner", words=3):
                pass
            controller.runtime.is_aborted()

    assert story(run)[:-1] == [
        "| effect.outer#1",
        '| effect.inner#1               {"words": 3}',
        "| runtime.is_aborted#1         False",
        "| effect.outer#1               took place",
    ]


def test_read_in_its_body():
    """Read from inside of a body, an effect is neither said to have happened nor not to have."""
    seen = []
    sim = Simulator(freeze=False)

    def run(controller):
        with sim.effects.record("send", words=3):
            seen.extend(told(sim))
        return controller.response.done()

    sim.register(create_task_definition(id="job", title="Job", run=run))
    sim.run("job")
    assert seen[-1] == '| effect.send#1                {"words": 3}'


def test_hook_from_outside():
    """In a hook that no event calls, an effect is told for its task, or did not happen."""
    sim = Simulator(freeze=False)

    def on_abort(task):
        with suppress(ZeroDivisionError), sim.effects.record("undo"):
            _ = 1 / 0
        sim.effects.record("undo")

    def run(controller):
        return controller.response.done()

    sim.register(create_task_definition(id="job", title="Job", run=run, on_abort=on_abort))
    sim.tasks.trigger("job")
    sim.tasks.abort(sim.tasks.trigger("job").id)
    rows = [line[11:] for line in sim.trace.text(100).splitlines() if "effect." in line]
    assert rows == [
        "job-0002  effect.undo#1  did not happen",
        "job-0002  effect.undo#2",
    ]


def test_effects_of_others_inside_an_iteration():
    """An effect of another task, in its hook, bears that task's name in both of its rows."""
    sim = Simulator(freeze=False)

    def ask():
        with sim.effects.record("ask"):
            sim.effects.record("look")

    def run(controller):
        controller.task.trigger("child")
        return controller.response.done()

    sim.register(create_task_definition(id="job", title="Job", run=run))
    sim.register(create_task_definition(id="child", title="Child", run=run, on_before_trigger=ask))
    sim.tasks.trigger("job")
    sim.run_next()
    rows = [line[11:] for line in sim.trace.text(100).splitlines() if "effect." in line]
    assert [row.split() for row in rows] == [
        ["|", "child.1:effect.ask#1"],
        ["|", "child.1:effect.look#1"],
        ["|", "child.1:effect.ask#1", "took", "place"],
    ]


def test_trace_that_begins_in_the_middle():
    """An effect of which nothing was told before has a row of its own."""
    event = e.EffectRecorded(0, 0, "job-1", "", "send", "a", 1, None, {}, None)
    assert 'effect.send["a"]#1  took place' in render([event])
    assert place(event) == ("job-1", 'effect.send["a"]#1')
