"""One event being handled, as the rules see it: which writes it may make, and what must have come of it.

This module promises that it accuses no event of what the task's own code did: a task that changes its record
by `update_task` is free to. It must not know the store.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasksim.stateful._broken import Broken

if TYPE_CHECKING:
    from tasksim._engine.profiles.rules import Profile
    from tasksim._engine.registry import Registered
    from tasksim._model.records import TaskRecord

__all__ = ["FINISHED", "MOVES", "Handling", "stored", "updated"]

FINISHED = ("success", "failed", "aborted")
MOVES = {
    "pending": ("pending", "running", *FINISHED),
    "running": ("running", *FINISHED),
    "success": ("success",),
    "failed": ("failed",),
    "aborted": ("aborted",),
}
"""Where a status may move. Where the abort does not stand, the event in which it came overwrites it (S7)."""

_ANSWERS = {"continue": "running", "done": "success", "error": "failed"}


def stored(task_id: str, field: str) -> str:
    """Return the expression for a field of a task as it is stored now."""
    return f"sim.tasks.get_task({task_id!r}).{field}"


def updated(number: int, key: str) -> str:
    """Return the expression for what an update of a record changed a field to, by the update's number."""
    return f'sim.trace.kinds("RecordUpdated")[{number}].changes.get({key!r})'


class Handling:
    """An event of a task, from its start to its answer.

    Attributes:
        task_id: The task.
        began: Its record when the event began; None if it was deleted.
        began_ms: When that was.
        is_delay: Whether the event only waits (T5).
        moves: Whether its answer moves the state machine; a duplicate's does not.
        counted: Whether it counted an iteration.
        logs: How many logs it created.
        aborted: Whether the task was aborted, or answered `aborted`, meanwhile.
        is_free: Whether the task's code wrote the record itself, or a fault struck: then all is possible.
    """

    __slots__ = (
        "aborted",
        "began",
        "began_ms",
        "counted",
        "is_delay",
        "is_free",
        "logs",
        "moves",
        "profile",
        "registered",
        "task_id",
    )

    def __init__(  # noqa: PLR0913 - what an event begins with
        self,
        task_id: str,
        began: TaskRecord | None,
        registered: Registered | None,
        profile: Profile,
        wall_ms: int,
        *,
        is_delay: bool,
        moves: bool,
    ) -> None:
        """Begin, at a wall time."""
        self.began_ms = wall_ms
        self.task_id = task_id
        self.began = began
        self.registered = registered
        self.profile = profile
        self.is_delay = is_delay
        self.moves = moves
        self.counted = False
        self.logs = 0
        self.aborted = False
        self.is_free = False

    def check_write(self, record: TaskRecord, changes: dict[str, Any], wall_ms: int, number: int) -> None:
        """Check a write of the task, made in its own event.

        Args:
            record: What is stored before.
            changes: What the write changes.
            wall_ms: The time.
            number: The number of the update in the trace.
        """
        before = record.task_status
        status = changes.get("task_status", before)
        self.aborted = self.aborted or status == "aborted"
        if self.is_free:
            return
        began = self.began
        if began is None or self.is_delay or began.task_status in FINISHED:
            rule = "T5" if self.is_delay else "E3"
            raise Broken(
                f"An event of {self.task_id!r} that stores nothing changed {', '.join(changes)} ({rule}).",
                f'len(sim.trace.kinds("RecordUpdated")) <= {number}',
            )
        overwrites = before == "aborted" and not self.profile.abort_stands and status != "pending"
        if status not in MOVES[before] and not overwrites:
            raise Broken(
                f"The status of {self.task_id!r} moved from {before!r} to {status!r}.",
                f"{updated(number, 'task_status')} != {status!r}",
            )
        if status != before and status in ("success", "failed"):
            self._check_time(changes, "finished_on", wall_ms, number, "S3" if status == "success" else "S5")
        if "iterations" in changes:
            self._check_count(began, changes, wall_ms, number)

    def _check_count(self, began: TaskRecord, changes: dict[str, Any], wall_ms: int, number: int) -> None:
        """Check the write that counts an iteration (E4, E5)."""
        rule, want = ("E4", 1) if began.task_status == "pending" else ("E5", began.iterations + 1)
        found = changes["iterations"]
        if self.counted or found != want:
            raise Broken(
                f"An event of {self.task_id!r}, which had counted {began.iterations} iterations, "
                f"counted {found} ({rule}).",
                f"{updated(number, 'iterations')} == {None if self.counted else want}",
            )
        self.counted = True
        if rule == "E4":
            self._check_time(changes, "started_on", wall_ms, number, rule)
            if changes.get("task_status") != "running":
                raise Broken(
                    f"The first event of {self.task_id!r} did not set it running (E4).",
                    f"{updated(number, 'task_status')} == 'running'",
                )
        if (
            self.registered is not None
            and rule == "E5"
            and began.iterations >= self.registered.max_iterations
        ):
            raise Broken(
                f"{self.task_id!r} began iteration {found}, and its limit is "
                f"{self.registered.max_iterations:.0f} (E5).",
                f"{updated(number, 'iterations')} is None",
            )

    def _check_time(self, changes: dict[str, Any], field: str, wall_ms: int, number: int, rule: str) -> None:
        """Check that a time is within the event so far: it is read before what a write costs."""
        found = changes.get(field)
        if found is None or not self.began_ms <= found <= wall_ms:
            raise Broken(
                f"An event of {self.task_id!r} stored {field} {found}, which is not within it ({rule}).",
                f"{self.began_ms} <= ({updated(number, field)} or 0) <= {wall_ms}",
            )

    def owed_logs(self) -> int | None:
        """Return how many logs the event must have created (E2); None where that cannot be said."""
        if self.is_free or self.aborted or self.registered is None:
            return None
        return 0 if self.is_delay or self.began is None else int(self.registered.logs)

    def check_end(self, record: TaskRecord | None, answer: dict[str, Any]) -> None:
        """Check what is stored once the event has answered.

        Args:
            record: What is stored now; None if the task is gone.
            answer: The answer as JSON.
        """
        began = self.began
        if self.is_free or self.registered is None or record is None:
            return
        if self.is_delay or self.aborted or began is None or began.task_status in FINISHED:
            return
        if not self.counted and not self._reached_limit(record):
            raise Broken(
                f"An event of {self.task_id!r} counted no iteration ({'E5' if began.iterations else 'E4'}).",
                f"{stored(self.task_id, 'iterations')} > {record.iterations}",
            )
        self._check_result(record, answer)

    def _reached_limit(self, record: TaskRecord) -> bool:
        """Tell whether the task failed because it had reached its limit of iterations (E5)."""
        assert self.registered is not None  # noqa: S101 - asked before
        return record.task_status == "failed" and record.iterations >= self.registered.max_iterations

    def _check_result(self, record: TaskRecord, answer: dict[str, Any]) -> None:
        """Check that what the event answered is stored (S1, S3, S5, S6)."""
        said = answer["status"]
        want = _ANSWERS.get(said, "running")
        if record.task_status != want:
            raise Broken(
                f"{self.task_id!r} answered {said!r} and is stored as {record.task_status!r}.",
                f"{stored(self.task_id, 'status')} == {want!r}",
            )
        if said == "continue" and {**record.input, **answer.get("input", {})} != record.input:
            raise Broken(
                f"{self.task_id!r} continued, and its stored input lacks what it gave (S1).",
                f"{stored(self.task_id, 'input')}.items() >= {answer.get('input')!r}.items()",
            )
        if said == "done" and answer.get("output") and record.output != answer["output"]:
            raise Broken(
                f"{self.task_id!r} is done, and its stored output is another (S3).",
                f"{stored(self.task_id, 'output')} == {answer['output']!r}",
            )
