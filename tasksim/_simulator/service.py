"""The service: `sim.tasks`, and `context.tasks` in a run or hook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tasksim._engine import operations
from tasksim._model.pages import Page
from tasksim._simulator.misuse import comes_out
from tasksim._world.query import LOGS, TASKS, select
from tasksim._world.snapshots import Log, Task
from tasksim.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasksim._engine.core import Engine
    from tasksim.typing import Duration, JsonObject, TaskDefinition

__all__ = ["Service", "task_id_of"]


def task_id_of(task: object) -> str:
    """Return the id that a task, an execution or text names; a revision (`id#0001`) is cut off."""
    found = getattr(task, "id", task)
    if not isinstance(found, str):
        raise UsageError(f"{task!r:.80} names no task.", way_out="Pass a task, an execution or an id.")
    return found.split("#", 1)[0]


class Service:
    """Trigger, abort, read, list and delete tasks.

    Example:
        >>> from tasksim import Simulator, task_definition
        >>> @task_definition(id="sayHello", title="Say hello")
        ... def say_hello(controller):
        ...     return controller.response.done("Hello.")
        >>> sim = Simulator([say_hello])
        >>> task = sim.tasks.trigger("sayHello")
        >>> task.status
        'pending'
    """

    __slots__ = ("_engine",)

    def __init__(self, engine: Engine) -> None:
        """Serve one engine."""
        self._engine = engine

    def trigger(
        self,
        definition: str | TaskDefinition,
        *,
        input: JsonObject | None = None,
        name: str | None = None,
        delay: Duration = 0,
        parent: Task | str | None = None,
    ) -> Task:
        """Create a task and hand it to the state machine; it is due now, or after the delay (T1 to T6).

        Args:
            definition: The id of a registered definition, or the definition.
            input: JSON object; `{}` if none (T1). Stored as given, after validation (T6).
            name: The definition's title if none (T1).
            delay: How long the first iteration waits (T4, T5).
            parent: The task whose child this is (C1).

        Returns:
            A snapshot of the stored task.

        Raises:
            EngineError: `TASK_DEFINITION_ERROR`, `MAX_DELAY_ERROR`, `VALIDATION_FAILED_INVALID_FIELDS`.
            Exception: What `on_before_trigger` raises (T3).
        """
        record = operations.trigger(
            self._engine,
            definition,
            input=input,
            name=name,
            delay=delay,
            parent_id=None if parent is None else self._task_id(parent),
        )
        return Task(record, self._engine.store)

    @comes_out
    def _task_id(self, task: Task | str) -> str:
        """Return the id that a task names; here, so that `trigger` does without the wrapper."""
        return task_id_of(task)

    @comes_out
    def abort(self, id: Task | str, *, message: str | None = None) -> Task:
        """Abort a pending or running task (A1, A2, A3).

        Args:
            id: The task.
            message: For its log; `Task aborted.` if none.

        Returns:
            A snapshot of the aborted task.

        Raises:
            EngineError: The task is unknown or finished, or the abort failed half-way.
        """
        return Task(operations.abort(self._engine, task_id_of(id), message), self._engine.store)

    @comes_out
    def delete_task(self, id: Task | str) -> bool:
        """Delete a task in whatever status; its logs stay.

        Raises:
            EngineError: The task is unknown.
        """
        operations.delete_task(self._engine, task_id_of(id))
        return True

    @comes_out
    def get_task(self, id: Task | str) -> Task | None:
        """Return a snapshot of a task, or None if there is none (P2)."""
        operations.refuse_dead_call(self._engine)
        record = self._engine.store.task(task_id_of(id))
        return None if record is None else Task(record, self._engine.store)

    @comes_out
    def list_tasks(
        self,
        where: Mapping[str, Any] | None = None,
        *,
        sort: str | Sequence[str] | None = None,
        limit: int | None = None,
        after: str | None = None,
        search: str | None = None,
    ) -> Page[Task]:
        """Return a page of tasks, newest first unless sorted (Q1).

        Args:
            where: Attribute names plus operator, as in `{"status_in": ["failed"], "created_on_gte": ...}`.
            sort: As in `"created_on_ASC"`, or several.
            limit: How many; 50 if not given.
            after: The cursor of the page before (`page.meta.cursor`).
            search: Text that a text field must contain.

        Returns:
            `.items` and `.meta` (cursor, has_more_items, total_count).

        Raises:
            UsageError: An unknown key or sorter, a wrong value, a cursor of another list.
        """
        operations.refuse_dead_call(self._engine)
        store = self._engine.store
        records, meta = select(
            TASKS, store.tasks(), where=where, sort=sort, limit=limit, after=after, search=search
        )
        return Page([Task(record, store) for record in records], meta)

    @comes_out
    def list_logs(
        self,
        where: Mapping[str, Any] | None = None,
        *,
        sort: str | Sequence[str] | None = None,
        limit: int | None = None,
        after: str | None = None,
        search: str | None = None,
    ) -> Page[Log]:
        """Return a page of log records, newest first unless sorted (Q1); arguments as in `list_tasks`."""
        operations.refuse_dead_call(self._engine)
        store = self._engine.store
        task = where.get("task") if isinstance(where, Mapping) else None
        # Those of one task are what a list of tasks with their logs asks for, for each of them.
        of_task = store.logs_of(task) if isinstance(task, str) else None
        logs = store.logs() if of_task is None else ((log.sequence, log) for log in of_task)
        records, meta = select(LOGS, logs, where=where, sort=sort, limit=limit, after=after, search=search)
        return Page([Log(record) for record in records], meta)

    @comes_out
    def get_definition(self, id: str) -> TaskDefinition | None:
        """Return a registered definition, or None."""
        if not isinstance(id, str):
            raise UsageError(f"get_definition() got {id!r:.60}.", way_out="Pass a definition's id.")
        registered = self._engine.registry.get(id)
        return None if registered is None else registered.definition

    def list_definitions(self) -> list[TaskDefinition]:
        """Return the registered definitions, private ones too, in order of registration (T7)."""
        return [registered.definition for registered in self._engine.registry.all()]

    def __repr__(self) -> str:
        """Show what it serves."""
        return f"<task service: {', '.join(self._engine.registry.ids()) or 'no definitions'}>"
