"""One run of a definition: the task and log as it knows them, and its pending writes.

What a run reads comes from the task as it last read or wrote it (E12); pending changes are emptied
before their write is attempted (S9). The controller and the older store are faces of this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasksim._engine import writes
from tasksim._engine.frames import calling_line
from tasksim._model.records import LogItemRecord
from tasksim._world.snapshots import Task
from tasksim._world.strict_json import checked_copy
from tasksim.errors import NotJson, UsageError

if TYPE_CHECKING:
    from tasksim._engine.core import After, Engine, Life, Scope
    from tasksim._model.records import LogRecord, TaskRecord

__all__ = ["Run"]


class Run:
    """What the run of one event knows and has not written yet."""

    __slots__ = ("_pending_items", "_pending_task", "closed", "engine", "life", "log", "scope", "task")

    def __init__(
        self, engine: Engine, life: Life, scope: Scope, task: TaskRecord, log: LogRecord | None
    ) -> None:
        """Begin with the task as loaded and the log of this event, if logs are on."""
        self.engine = engine
        self.life = life
        self.scope = scope
        self.task = task
        self.log = log
        self.closed = False
        self._pending_task: dict[str, Any] | None = None
        self._pending_items: tuple[LogItemRecord, ...] = ()

    # --- what faces need

    def touch(self, what: str, data: object = None, *, traced: bool = True) -> After | None:
        """Touch the world for the user's code; a face used after its run is a usage error."""
        if self.closed:
            self.refuse_closed(what)
        return self.engine.touch(self.life, self.scope, what, None, data, traced)

    def refuse_closed(self, what: str) -> None:
        """Raise for a controller that is used after its run ended."""
        raise self.engine.misused(
            UsageError(
                f"{what} of {self.life.task_id!r} was used after its run ended.",
                facts=(calling_line(),),
                way_out="Use a controller only inside the run that received it; keep values instead of it.",
            )
        )

    def json(self, value: object, path: str) -> Any:
        """Check and copy a JSON value that the task gave."""
        try:
            return checked_copy(value, path)
        except NotJson as error:
            raise self.engine.misused(error) from None

    def json_object(self, value: object, path: str) -> dict[str, Any]:
        """Check and copy a JSON object that the task gave."""
        try:
            copy: dict[str, Any] = checked_copy(value, path)
        except NotJson as error:
            raise self.engine.misused(error) from None
        if type(copy) is not dict:
            raise self.engine.misused(
                UsageError(
                    f"{path} must be a JSON object, not {type(value).__name__} {value!r:.60}.",
                    facts=(calling_line(),),
                    way_out="Pass a dict with string keys.",
                )
            )
        return copy

    def snapshot(self) -> Task:
        """Return the task as this run knows it (E12)."""
        return Task(self.task, self.engine.store)

    # --- live state

    def is_aborted(self) -> bool:
        """Whether the task is aborted: as stored, or as this run knows (E9)."""
        return self.status() == "aborted"

    def status(self) -> str:
        """The status: as stored, or as this run knows (E9, E12)."""
        if self.engine.profile.abort_is_live:
            stored = self.engine.store.task(self.life.task_id)
            if stored is not None:
                return stored.task_status
        return self.task.task_status

    # --- writes

    @property
    def builds_on_unsaved(self) -> bool:
        """Whether updates start from unsaved ones, and there are some (L5)."""
        return self.engine.profile.merge_unsaved is None and self._pending_task is not None

    def input_to_update(self) -> dict[str, Any]:
        """Return the input that an update starts from."""
        if self.engine.profile.merge_unsaved is None and self._pending_task is not None:
            pending: dict[str, Any] = self._pending_task.get("input", self.task.input)
            return pending
        return self.task.input

    def output_to_update(self) -> dict[str, Any] | None:
        """Return the output that an update starts from."""
        if self.engine.profile.merge_unsaved is None and self._pending_task is not None:
            pending: dict[str, Any] | None = self._pending_task.get("output", self.task.output)
            return pending
        return self.task.output

    def update_task(
        self, changes: dict[str, Any], *, save: bool = True, yields_to_abort: bool = False
    ) -> None:
        """Change fields of the task, now or with a later save (L5)."""
        if self._pending_task is not None:
            merge = self.engine.profile.merge_unsaved
            changes = (
                {**self._pending_task, **changes} if merge is None else merge(self._pending_task, changes)
            )
        if not save:
            self._pending_task = changes
            return
        self._pending_task = None
        self.task = writes.update_task(
            self.engine, self.life, self.scope, changes, yields_to_abort=yields_to_abort
        )
        if self._pending_items:
            self._save_items()

    def add_item(self, item: LogItemRecord, *, save: bool = True) -> None:
        """Add an item to this event's log, now or with a later save (L1, L5)."""
        if self.log is None:
            return
        items = (*self._pending_items, item)
        if not save:
            self._pending_items = items
            return
        if self._pending_task is not None:
            self._pending_items = items
            self.save()
            return
        self._pending_items = ()
        self.log = writes.update_log(self.engine, self.life, self.scope, self.log.id, items)

    def save(self) -> None:
        """Write what is pending: the task's changes first, then the log's items as one update (L5, S9)."""
        if self._pending_task is not None:
            self.update_task({})
        elif self._pending_items:
            self._save_items()

    def _save_items(self) -> None:
        """Write the pending items."""
        assert self.log is not None  # noqa: S101 - without a log nothing is pending
        items, self._pending_items = self._pending_items, ()
        self.log = writes.update_log(self.engine, self.life, self.scope, self.log.id, items)

    def item(self, message: str, kind: str, data: object = None, error: object = None) -> LogItemRecord:
        """Make a log item of now; the values are the store's already."""
        return LogItemRecord(message, self.engine.clock.wall_ms, kind, data, error)
