"""Bugs planted in the service, each with the shortest way to it.

A bug is a context manager that exchanges one function of the package, and a scenario: a few acts of a user
who knows what the service should do.
"""

# ruff: noqa: N805 - `broken` gets the real function first
from typing import NamedTuple
from unittest import mock

import tasksim._simulator.service as service_module
from tasksim._engine import iteration, machine, operations
from tasksim._engine.run_state import Run
from tasksim._model.pages import Meta
from tasksim._model.records import TaskRecord
from tasksim._simulator.driver import Driver
from tasksim._simulator.service import Service
from tasksim._world import query
from tasksim._world.clock import Clock
from tasksim._world.operators import Operator
from tasksim._world.store import Store
from tasksim.errors import EngineError
from tasksim.stateful._lists import Query, go_through
from tasksim.stateful._naive import TASK_LIST
from tasksim.stateful._rules import advance


class Bug(NamedTuple):
    """A planted bug: what exchanges a function, what the user does, and what then is wrong.

    `profiles` are those in which a machine finds it with every seed; in others it takes more luck.
    """

    plant: object
    acts: object
    says: str
    profiles: tuple


PROFILES = ("documented", "generic", "webiny-5", "webiny-6")
BUGS = {}


def planted(owner, name, says):
    """Enter a bug: the decorated class has `broken`, which gets the real function first, and `acts`."""

    def enter(bug):
        real = getattr(owner, name)

        def exchanged(*args, **kwargs):
            return bug.broken(real, *args, **kwargs)

        def plant():
            return mock.patch.object(owner, name, exchanged)

        BUGS[bug.__name__] = Bug(plant, bug.acts, says, getattr(bug, "profiles", PROFILES))
        return bug

    return enter


def run_one(actor, definition="quick", **given):
    """Trigger a task and handle its event."""
    id = actor.trigger(definition, {}, **given)
    actor.call("run_next")
    actor.settle()
    return id


def list_all(actor, key=None, limit=None):
    """Go through the list of tasks, perhaps by one filter for the first task's value."""
    where = [each for each in TASK_LIST.conditions if each.key == key]
    records = list(actor.model.tasks.values())
    query = Query(where, 0, (), limit)
    go_through(actor.sim.tasks.list_tasks, "tasks.list_tasks", TASK_LIST, records, query)


def many(actor):
    """Trigger three tasks."""
    for _ in range(3):
        actor.trigger("quick", {})


@planted(operations, "abort", "tasks.abort() was not refused, with the code 'TASK_ABORT_ERROR'.")
class AbortAfterSuccess:
    def broken(real, engine, id, message=None):
        record = engine.store.task(id)
        if record is not None and record.task_status == "success":
            return engine.store.update_task(id, {"task_status": "aborted"}, engine.clock.wall_ms)
        return real(engine, id, message)

    def acts(actor):
        actor.abort(run_one(actor), None)


@planted(
    query,
    "bisect_left",
    "Page 2 of sim.tasks.list_tasks(limit=1) has the records ['quick-0001'], not ['quick-0002'] (Q1).",
)
class PageThatSkips:
    def broken(real, *args, **kwargs):
        return real(*args, **kwargs) + 1

    def acts(actor):
        many(actor)
        list_all(actor, limit=1)


@planted(
    query,
    "bisect_left",
    "Page 2 of sim.tasks.list_tasks(limit=1) has the records ['quick-0003'], not ['quick-0002'] (Q1).",
)
class PageThatRepeats:
    def broken(real, *args, **kwargs):
        return max(real(*args, **kwargs) - 1, 0)

    def acts(actor):
        many(actor)
        list_all(actor, limit=1)


@planted(Store, "delete_task", "The log 'log-0001' of 'quick-0001' is gone.")
class DeleteTakesOthersLogs:
    def broken(real, store, id):
        real(store, id)
        other = next((task for task in store._logs_of if task != id), None)
        if other is not None:
            store.delete_logs(list(store._logs_of[other]))

    def acts(actor):
        run_one(actor)
        actor.delete(actor.trigger("quick", {}))


@planted(
    Operator,
    "compile",
    "Page 1 of sim.tasks.list_tasks(where={'name_starts_with': 'fIR'}) has the records ['quick-0002', "
    "'quick-0001'], not ['quick-0001'] (Q1).",
)
class FilterThatIgnoresItsValue:
    def broken(real, operator, expected):
        return (lambda _: True) if operator.suffix == "_starts_with" else real(operator, expected)

    def acts(actor):
        actor.trigger("quick", {}, name="First")
        actor.trigger("quick", {}, name="Second")
        list_all(actor, "name_starts_with")


@planted(
    Store,
    "update_task",
    "saved_on of 'quick-0001' is '2023-12-31T23:59:59.000Z', not '2024-01-01T00:00:00.000Z'.",
)
class TimestampThatGoesBack:
    def broken(real, store, id, changes, wall_ms):
        late = 1000 if changes.get("task_status") == "success" else 0
        return real(store, id, changes, wall_ms - late)

    def acts(actor):
        run_one(actor)


@planted(Run, "update_task", "An event of 'fails-0001' counted no iteration (E5).")
class UncountedIteration:
    def broken(real, run, changes, **kwargs):
        return real(run, {} if changes.keys() == {"iterations"} else changes, **kwargs)

    def acts(actor):
        run_one(actor, "fails")
        actor.call("run_next")


@planted(operations, "_trigger", "The task 'x-0001' is stored, and nothing told of it.")
class RefusedTriggerThatStores:
    def broken(real, engine, definition_id, *args):
        try:
            return real(engine, definition_id, *args)
        except EngineError:
            now = engine.clock.wall_ms
            record = TaskRecord("x-0001", now, now, engine.identity, "X", definition_id, None, {})
            engine.store.add_task(record)
            raise

    def acts(actor):
        actor.refuse("TASK_DEFINITION_ERROR", "tasks.trigger", ("nobody",))


@planted(
    iteration,
    "_handle_known",
    "An event of 'quick-0001' that stores nothing changed task_status (E3).",
)
class SuccessThatRunsAgain:
    def broken(real, run, registered):
        if run.task.task_status == "success":
            run.update_task({"task_status": "running"})
        return real(run, registered)

    def acts(actor):
        actor.plan(actor.trigger("quick", {}), "redeliver", "event")
        actor.call("run_until_idle")


@planted(Store, "add_log", "task of 'log-0002' is 'quick-0001', not 'quick-0002'.")
class LogOfAnotherTask:
    def broken(real, store, record):
        return real(store, record._replace(task=next(iter(store._tasks))))

    def acts(actor):
        run_one(actor)
        run_one(actor)


@planted(operations, "_trigger", "name of the new task 'quick-0001' is 'Quick', not 'Night run' (T1, T2).")
class NameLostOnADelay:
    def broken(real, engine, id, input, name, delay, parent):
        return real(engine, id, input, None if delay else name, delay, parent)

    def acts(actor):
        actor.trigger("quick", {}, name="Night run", delay=60)


@planted(operations, "_trigger", "Event 1 of 'quick-0001' did not wait (T5).")
class DelayLost:
    def broken(real, engine, id, input, name, delay, parent):
        return real(engine, id, input, name, 0, parent)

    def acts(actor):
        run_one(actor, delay=60)


@planted(
    operations,
    "_trigger",
    "parent_id of the new task 'quick-0002' is None, not 'quick-0001' (T1, T2).",
)
class ParentLost:
    def broken(real, engine, id, input, name, delay, parent):
        return real(engine, id, input, name, delay, None)

    def acts(actor):
        actor.trigger("quick", {}, parent=actor.trigger("quick", {}))


@planted(
    operations,
    "_check_input",
    "tasks.trigger() was not refused, with the code 'VALIDATION_FAILED_INVALID_FIELDS'.",
)
class AnyInputPasses:
    def broken(real, registered, validator, input):
        """Look away."""

    def acts(actor):
        given = {"input": {"steps": "many"}}
        actor.refuse("VALIDATION_FAILED_INVALID_FIELDS", "tasks.trigger", ("steps",), given)


@planted(operations, "_abort", "The newest log of 'quick-0001' does not end with 'Enough.' (A2).")
class AbortWithoutItsMessage:
    def broken(real, engine, id, message):
        return real(engine, id, None)

    def acts(actor):
        actor.abort(actor.trigger("quick", {}), "Enough.")


@planted(
    service_module,
    "select",
    "Page 1 of sim.tasks.list_tasks(limit=2) counts 2 records, not 3 (Q1).",
)
class CountOfThePageOnly:
    def broken(real, *args, **kwargs):
        records, meta = real(*args, **kwargs)
        return records, Meta(meta.cursor, meta.has_more_items, len(records))

    def acts(actor):
        many(actor)
        list_all(actor, limit=2)


@planted(
    service_module,
    "select",
    "Page 1 of sim.tasks.list_tasks(limit=3) says has_more_items=True, with no cursor, and 0 are to come "
    "(Q1).",
)
class PageThatPromisesMore:
    def broken(real, *args, **kwargs):
        records, meta = real(*args, **kwargs)
        return records, Meta(meta.cursor, len(records) == kwargs["limit"], meta.total_count)

    def acts(actor):
        many(actor)
        list_all(actor, limit=3)


@planted(Store, "delete_task", "The task 'quick-0001' is stored, and nothing told of it.")
class DeleteThatDoesNothing:
    def broken(real, store, id):
        """Do nothing."""

    def acts(actor):
        actor.delete(actor.trigger("quick", {}))


@planted(operations, "delete_task", "The task 'quick-0001' was deleted and is there.")
class DeleteThatDoesNotEvenSay:
    def broken(real, engine, id):
        if engine.store.task(id) is None:
            real(engine, id)

    def acts(actor):
        actor.delete(actor.trigger("quick", {}))


@planted(machine, "_push", "Event 2 of 'parent-0001' did not wait (S2).")
class WaitLost:
    def broken(real, engine, due_ms, delivery):
        real(engine, engine.clock.now_ms, delivery)

    def acts(actor):
        run_one(actor, "parent")
        actor.call("run_next")
        actor.call("run_next")


@planted(iteration, "_count_iteration", "'parent-0001' began iteration 4, and its limit is 3 (E5).")
class OneIterationTooMany:
    def broken(real, run, registered):
        registered.max_iterations += 1
        try:
            return real(run, registered)
        finally:
            registered.max_iterations -= 1

    def acts(actor):
        run_one(actor, "parent")
        actor.call("run_until_idle")


@planted(Service, "get_task", "get_task('quick-0001') answers another task_status than 'success'.")
class TaskThatNeverEnds:
    def broken(real, service, id):
        task = real(service, id)
        if task is not None and task.status == "success":
            task._record = task._record._replace(task_status="running")
        return task

    def acts(actor):
        run_one(actor)


@planted(
    Store, "update_log", "items of 'log-0001' is ['Task done.'], not ['A step.', 'Made.', 'Task done.']."
)
class LogThatForgets:
    profiles = ("documented", "generic")  # elsewhere a run writes its log whole, so the loss is the run's own

    def broken(real, store, id, items, wall_ms):
        return real(store, id, items[-1:], wall_ms)

    def acts(actor):
        run_one(actor, "steps")


@planted(Clock, "move_to", "The clock went back, from 60000 ms to 0 ms.")
class ClockThatGoesBack:
    def broken(real, clock, at_ms):
        if at_ms - clock.now_ms == 1000:
            at_ms, clock.now_ms, clock.wall_ms = 0, 0, clock.start_ms
        return real(clock, at_ms)

    def acts(actor):
        actor.call("advance", (60,))
        actor.trigger("quick", {})
        actor.call("advance", (1,))
        actor.trigger("quick", {})


@planted(operations, "delete_task", "The id 'quick-0001' was given to a second task.")
class IdGivenAgain:
    profiles = ()  # the same definition must be triggered right after the deletion

    def broken(real, engine, id):
        real(engine, id)
        engine.ids._tasks = int(id[-4:]) - 1

    def acts(actor):
        actor.delete(actor.trigger("quick", {}))
        actor.trigger("quick", {})


@planted(operations, "_trigger", "tasks.trigger() was refused, and changed task_status of 'quick-0001'.")
class RefusedTriggerThatAborts:
    def broken(real, engine, *args):
        try:
            return real(engine, *args)
        except EngineError:
            pending = [task.id for _, task in engine.store.tasks() if task.task_status == "pending"]
            for id in pending[:1]:
                operations.abort(engine, id)
            raise

    def acts(actor):
        actor.trigger("quick", {})
        actor.refuse("TASK_DEFINITION_ERROR", "tasks.trigger", ("nobody",))


@planted(operations, "_abort", "'quick-0001' was aborted, and is 'pending' (A2).")
class AbortThatDoesNothing:
    def broken(real, engine, id, message):
        return engine.store.task(id) or real(engine, id, message)

    def acts(actor):
        actor.abort(actor.trigger("quick", {}), None)


@planted(Service, "get_task", "The task 'quick-0001' was deleted and is there.")
class UnknownTaskIsAnother:
    def broken(real, service, id):
        others = service._engine.store._tasks
        return real(service, id) or (real(service, next(iter(others))) if others else None)

    def acts(actor):
        first = actor.trigger("quick", {})
        actor.trigger("quick", {})
        actor.delete(first)


@planted(Driver, "advance", "advance(60) left an event of 'quick-0001' that is due.")
class AdvanceThatHandlesNothing:
    def broken(real, driver, duration):
        driver._engine.clock.move_to(driver._engine.clock.now_ms + duration * 1000)

    def acts(actor):
        actor.trigger("quick", {})
        advance(actor, 60)
