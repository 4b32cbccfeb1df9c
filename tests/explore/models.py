"""Small models: scenarios of one to three tasks and few events, to compare what explores them.

Each is a function of a fresh simulator that registers and triggers. A model's `factories` names the
definitions that it registers as factories. `buggy_...` lose or repeat work under one plan or two.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from explore_jobs import definition

from tasksim import EffectFailed, EngineError, resumable
from tasksim.errors import ServiceCallKilled

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasksim import Simulator


class Model(NamedTuple):
    """A scenario and what an enumerator has to know of it.

    Attributes:
        scenario: What builds its world.
        factories: The ids of definitions that are registered as factories.
        profile: The profile in which it is run.
        expect: The status in which its first task ends without faults.
    """

    scenario: Callable[[Simulator], object]
    factories: frozenset[str] = frozenset()
    profile: str = "documented"
    expect: str = "success"


def cursor_job(sim):
    """One task works through two pages and stores where it is when its time runs out."""

    def run(input, controller):
        for at in range(input.get("at", 0), 2):
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at})
        return controller.response.done(output={"pages": 2})

    sim.register(definition(run))
    sim.tasks.trigger("job")


def older_style(sim):
    """The older style: its own names, unsaved changes, a save, an item of the log."""

    def run(response, input, store, is_close_to_timeout):
        if not input.get("begun"):
            store.update_input({"begun": True}, save=False)
            store.add_info_log("Begun.", save=False)
            store.save()
            if is_close_to_timeout():
                return response.continue_({})
        return response.done()

    sim.register(definition(run, disable_database_logs=False))
    sim.tasks.trigger("job")


def effects(sim):
    """Effects of both forms: a bracket with a key, and one recorded alone."""

    def run(controller):
        if controller.runtime.is_aborted():
            return controller.response.aborted()
        with sim.effects.record("publish", key="a"):
            pass
        sim.effects.record("notify", contract="any")
        return controller.response.done()

    sim.register(definition(run))
    sim.tasks.trigger("job")


def child(sim):
    """A parent triggers a child and waits until it has ended."""

    def run(controller):
        if not (children := controller.task.list_children()):
            controller.task.trigger("part")
            return controller.response.continue_({}, seconds=60)
        return controller.response.done(output={"parts": len(children)})

    def run_part(controller):
        return controller.response.done()

    sim.register(definition(run))
    sim.register(definition(run_part, id="part"))
    sim.tasks.trigger("job")


def hooks(sim):
    """Hooks before the trigger, at the end and at an abort, with effects in them."""

    def on_done(task):
        with sim.effects.record("mail"):
            pass

    def on_abort(task):
        sim.effects.record("apologise")

    def on_error(task):
        sim.checkpoint("sorry")

    def on_before_trigger(data):
        return None

    sim.register(
        definition(
            lambda controller: controller.response.done(),
            on_before_trigger=on_before_trigger,
            on_done=on_done,
            on_abort=on_abort,
            on_error=on_error,
        )
    )
    sim.tasks.trigger("job")


def logged(sim):
    """Logs on: records of the log are created and updated by the engine and by the task."""

    def run(controller):
        controller.logger.info("At work.")
        controller.state.update_output({"seen": 1})
        return controller.response.done()

    sim.register(definition(run, disable_database_logs=False))
    sim.tasks.trigger("job")


def waiting(sim):
    """A task waits twice, and somebody outside aborts it meanwhile, if that is still possible."""

    def run(input, controller):
        if controller.runtime.is_aborted():
            return controller.response.aborted()
        if input.get("waited", 0) < 2:
            return controller.response.continue_({"waited": input.get("waited", 0) + 1}, seconds=60)
        return controller.response.done()

    sim.register(definition(run))
    sim.tasks.trigger("job")


def aborted_outside(sim):
    """Somebody outside aborts a waiting task: touches that no run makes."""

    def run(input, controller):
        if not input.get("waited"):
            return controller.response.continue_({"waited": True}, seconds=60)
        return controller.response.done()

    def stop():
        try:
            sim.tasks.abort(task.id)
        except (EngineError, ServiceCallKilled) as error:  # whoever aborts is told so, and that is all
            told.append(str(error))

    told = []
    sim.register(definition(run))
    task = sim.tasks.trigger("job")
    sim.at("30s", stop)


def async_job(sim):
    """Two coroutines in one run: sleeps and effects that interleave."""

    async def work(seconds):
        await asyncio.sleep(seconds)
        with sim.effects.record("work", key=str(seconds)):
            await asyncio.sleep(0)

    async def run(controller):
        await asyncio.gather(work(2), work(1))
        return controller.response.done()

    sim.register(definition(run))
    sim.tasks.trigger("job")


class Remembering:
    """Remembers on itself how often it ran."""

    id = "remember"
    title = "Remember"
    disable_database_logs = True

    def __init__(self):
        self.seen = 0

    def run(self, input, controller):
        self.seen += 1
        if controller.runtime.is_close_to_timeout() or not input.get("more"):
            return controller.response.continue_({"more": True})
        return controller.response.done(output={"seen": self.seen})


def factory(sim):
    """A definition registered as a class, of which two tasks run on one instance."""
    sim.register(Remembering)
    sim.tasks.trigger("remember")
    sim.tasks.trigger("remember", input={"more": True})


def instance(sim):
    """The same, registered as an instance, with one task."""
    sim.register(Remembering())
    sim.tasks.trigger("remember")


def generator_job(sim):
    """A job made of a generator that yields its cursor after each unit of work."""

    def count_up(cursor):
        for at in range(cursor or 0, 2):
            sim.effects.record("count", key=str(at))
            yield at + 1

    sim.register(resumable(count_up, disable_database_logs=True))
    sim.tasks.trigger("countUp")


def tiniest(sim):
    """A task that is done at once."""
    sim.register(definition(lambda controller: controller.response.done()))
    sim.tasks.trigger("job")


def ends_badly(sim):
    """A task whose run returns nothing once an effect of it failed: misuse under a plan."""

    def run(controller):
        try:
            with sim.effects.record("publish", key="a"):
                pass
        except EffectFailed:
            return None
        return controller.response.done()

    sim.register(definition(run))
    sim.tasks.trigger("job")


MODELS = {
    "cursor_job": Model(cursor_job),
    "older_style": Model(older_style),
    "effects": Model(effects),
    "child": Model(child),
    "hooks": Model(hooks),
    "logged": Model(logged),
    "waiting": Model(waiting),
    "aborted_outside": Model(aborted_outside, expect="aborted"),
    "async_job": Model(async_job),
    "factory": Model(factory, frozenset({"remember"})),
    "instance": Model(instance),
    "generator_job": Model(generator_job, profile="generic"),
    "older_profile": Model(effects, profile="webiny-5"),
    "tiniest": Model(tiniest),
    "ends_badly": Model(ends_badly),
}


# --- with a bug


def buggy_cursor(sim):
    """A cursor that is one too far: the page that was next is never published."""

    def run(input, controller):
        for at in range(input.get("at", 0), 3):
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at + (at > 0)})
            with sim.effects.record("publish", key=str(at)):
                pass
        return controller.response.done()

    sim.register(definition(run))
    sim.tasks.trigger("job")


def buggy_second_chance(sim):
    """A task that bears a failing effect by trying again, and gives up silently when that fails, too."""

    def published(id):
        try:
            with sim.effects.record("publish", key=id, contract="at_least_once"):
                return True
        except EffectFailed:
            return False

    def run(controller):
        for id, pauses in (("a", 2), ("b", 0)):
            if not published(id):
                for _ in range(pauses):  # so that the lesser plan is the one whose faults are further apart
                    sim.checkpoint("pause")
                published(id)
        return controller.response.done()

    sim.register(definition(run))
    sim.tasks.trigger("job")


BUGGY = {"buggy_cursor": Model(buggy_cursor), "buggy_second_chance": Model(buggy_second_chance)}
