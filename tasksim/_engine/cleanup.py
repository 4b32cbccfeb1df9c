"""Self-cleanup: a task that removes itself and its descendants (C1, webiny-6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasksim._model.events import TaskDeleted

if TYPE_CHECKING:
    from tasksim._engine.core import Engine

__all__ = ["clean_up"]

PAGE = 50
"""How many children, and logs, one listing gives: release 6.4 lists them without a limit, so the
default page is all it sees (inferred from its code)."""


def clean_up(engine: Engine, root_id: str) -> None:
    """Delete a task and its descendants, children before parents; a missing root is nothing to do."""
    store = engine.store
    if store.task(root_id) is None:
        return
    found = [root_id]
    for task_id in found:  # grows while it is read: breadth first
        newest_first = reversed(store.children(task_id)[-PAGE:])
        found += [child.id for child in newest_first if child.id not in found]
    for task_id in reversed(found):
        record = store.task(task_id)
        assert record is not None  # noqa: S101 - listed above, and nothing runs in between
        registered = engine.registry.get(record.definition_id)
        if registered is not None and registered.logs:
            store.delete_logs([log.id for log in store.logs_of(task_id)[-PAGE:]])
        store.delete_task(task_id)
        engine.emit(TaskDeleted, task_id)
