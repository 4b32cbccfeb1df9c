"""Protocols and aliases: the shapes that users' code and ours agree on.

This layer promises names for type hints and nothing that runs; it must not know any other
part of the package.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, runtime_checkable

if TYPE_CHECKING:
    from tasksim._model.pages import Page
    from tasksim._world.snapshots import Log, Task

__all__ = [
    "JSON",
    "Controller",
    "Duration",
    "ErrorLike",
    "Instant",
    "JsonObject",
    "Logger",
    "Response",
    "Runtime",
    "SelfCleanup",
    "State",
    "TaskDefinition",
    "TaskService",
    "Tasks",
]

JSON: TypeAlias = Any
"""A strict JSON value: exact dict, list, str, int, float, bool or None."""

JsonObject: TypeAlias = dict[str, Any]
"""A JSON object."""

Duration: TypeAlias = float | int | timedelta | str
"""Seconds, a `timedelta`, or text: `"500ms"`, `"90s"`, `"15m"`, `"1h30m"`, `"2d"`."""

Instant: TypeAlias = datetime | str
"""An aware datetime, or ISO 8601 text with an offset (`"2024-01-01T00:00:00Z"`)."""

ErrorLike: TypeAlias = str | BaseException | Mapping[str, Any]
"""A message, an exception, or a mapping with `message` and perhaps `code` and `data`."""

SelfCleanup: TypeAlias = (
    Literal["always", "never", "onSuccess", "onError", "onAbort"]
    | Sequence[Literal["onSuccess", "onError", "onAbort"]]
)
"""When a task removes itself and its descendants (rule C1)."""


@runtime_checkable
class TaskDefinition(Protocol):
    """What a definition must have: no base class is needed.

    Optional attributes: `description`, `max_iterations`, `is_private`,
    `disable_database_logs`, `database_logs`, `self_cleanup`, `create_input_validation`,
    `on_before_trigger`, `on_done`, `on_error`, `on_abort`, `on_max_iterations`.
    """

    @property
    def id(self) -> str:
        """The camelCase id."""

    @property
    def title(self) -> str:
        """The title; also the default name of its tasks (rule T1)."""

    @property
    def run(self) -> Callable[..., Any]:
        """One iteration; gets the arguments that it names."""


class TaskService(Protocol):
    """The service: what `sim.tasks` and `context.tasks` are.

    Application code under test depends on this Protocol; `create_implementation` fills it in.
    """

    def trigger(
        self,
        definition: str | TaskDefinition,
        *,
        input: JsonObject | None = None,
        name: str | None = None,
        delay: Duration = 0,
        parent: Task | str | None = None,
    ) -> Task:
        """Create a task and hand it to the state machine (rules T1 to T7)."""
        ...

    def abort(self, id: Task | str, *, message: str | None = None) -> Task:
        """Abort a pending or running task (rules A1 to A3)."""
        ...

    def get_task(self, id: Task | str) -> Task | None:
        """Return the task, or None."""
        ...

    def list_tasks(
        self,
        where: Mapping[str, Any] | None = None,
        *,
        sort: str | Sequence[str] | None = None,
        limit: int | None = None,
        after: str | None = None,
        search: str | None = None,
    ) -> Page[Task]:
        """List tasks, newest first unless sorted (rule Q1)."""
        ...

    def list_logs(
        self,
        where: Mapping[str, Any] | None = None,
        *,
        sort: str | Sequence[str] | None = None,
        limit: int | None = None,
        after: str | None = None,
        search: str | None = None,
    ) -> Page[Log]:
        """List log records, newest first unless sorted (rule Q1)."""
        ...

    def get_definition(self, id: str) -> TaskDefinition | None:
        """Return the registered definition, or None."""
        ...

    def list_definitions(self) -> list[TaskDefinition]:
        """Return every registered definition in order of registration."""
        ...

    def delete_task(self, id: Task | str) -> bool:
        """Delete a task; its logs stay."""
        ...


class Response(Protocol):
    """`controller.response`: the four answers of an iteration."""

    def done(self, message: str | JsonObject | None = None, output: JsonObject | None = None) -> Any:
        """The task is finished (rules S3, S4)."""
        ...

    def continue_(
        self, input: JsonObject, *, seconds: float | None = None, until: Instant | None = None
    ) -> Any:
        """Run again with this merged into the stored input (rules S1, S2)."""
        ...

    def error(self, error: ErrorLike) -> Any:
        """The task failed (rule S5)."""
        ...

    def aborted(self) -> Any:
        """The task saw that it was aborted (rule S6)."""
        ...


class Runtime(Protocol):
    """`controller.runtime`: questions about time and aborts."""

    def is_aborted(self) -> bool:
        """Whether the task was aborted, as far as this profile tells (rule E9)."""
        ...

    def is_close_to_timeout(self, seconds: float | None = None) -> bool:
        """Whether less than the limit of this event's budget remains (rule E8)."""
        ...

    def remaining_seconds(self) -> int:
        """Whole seconds that remain, 0 if none."""
        ...

    def remaining_milliseconds(self) -> int:
        """Milliseconds that remain."""
        ...


class State(Protocol):
    """`controller.state`: the stored input, output and status."""

    def get_task(self) -> Task:
        """The task as this run last read or wrote it (rule E12)."""
        ...

    def get_status(self) -> str:
        """The status (rules E9, E12)."""
        ...

    def get_input(self) -> JsonObject:
        """A copy of the input (rule E12)."""
        ...

    def get_output(self) -> JsonObject | None:
        """A copy of the output (rule E12)."""
        ...

    def update_input(self, input: JsonObject | Callable[[JsonObject], JsonObject]) -> None:
        """Merge into the stored input, or replace it by what a callable returns (rule L4)."""
        ...

    def update_output(self, output: JsonObject) -> None:
        """Merge into, or replace, the stored output (rule L3)."""
        ...


class Logger(Protocol):
    """`controller.logger`: items of this iteration's log record."""

    def info(self, message: str, data: JSON = None) -> None:
        """Add an info item (rule L1)."""
        ...

    def error(self, message: str, error: ErrorLike | None = None, data: JSON = None) -> None:
        """Add an error item (rules L1, L2)."""
        ...


class Tasks(Protocol):
    """`controller.task`: children of this task."""

    def trigger(
        self,
        definition: str | TaskDefinition,
        *,
        input: JsonObject | None = None,
        name: str | None = None,
        delay: Duration = 0,
    ) -> Task:
        """Trigger a child (rule C1)."""
        ...

    def list_children(self, definition: str | TaskDefinition | None = None) -> list[Task]:
        """The children, oldest first (rule C1)."""
        ...


class Controller(Protocol):
    """What `run` gets as `controller`; usable only while that run lasts."""

    @property
    def response(self) -> Response:
        """The answers."""

    @property
    def runtime(self) -> Runtime:
        """The questions."""

    @property
    def state(self) -> State:
        """The stored state."""

    @property
    def logger(self) -> Logger:
        """The log."""

    @property
    def task(self) -> Tasks:
        """The children."""
