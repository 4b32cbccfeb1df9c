"""The older style's `store` and `timer`: other faces of the same run, with the same checkpoints."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tasksim._engine.controller import (
    Children,
    Runtime,
    State,
    add_error,
    add_info,
    update_input,
    update_output,
)
from tasksim._engine.face import Face
from tasksim._model.camel_case import snake_case
from tasksim._world.durations import parse_instant
from tasksim.errors import UsageError, nearest_phrase

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasksim._world.snapshots import Task
    from tasksim.typing import JSON, ErrorLike, JsonObject, TaskDefinition

__all__ = ["Store", "Timer"]

_TEXTS = ("name", "task_status", "execution_name")
_OBJECTS = ("input", "output", "event_response")
_INSTANTS = ("started_on", "finished_on")
_FIELDS = (*_TEXTS, *_OBJECTS, *_INSTANTS, "iterations")
_STATUSES = ("pending", "running", "success", "failed", "aborted")


class Store(Face, called="store"):
    """The store of the older style: reads as this run knows the task, writes now or with `save()`."""

    __slots__ = ()

    def get_task(self) -> Task:
        """The task as this run knows it (E12)."""
        return State(self._run).get_task()

    def get_status(self) -> str:
        """The status (E9, E12)."""
        return State(self._run).get_status()

    def get_input(self) -> JsonObject:
        """A copy of the input (E12)."""
        return State(self._run).get_input()

    def get_output(self) -> JsonObject | None:
        """A copy of the output (E12)."""
        return State(self._run).get_output()

    def update_task(self, data: Mapping[str, Any], *, save: bool = True) -> None:
        """Change fields of the task; names in snake_case or camelCase."""
        self._offers(save=save)
        if not isinstance(data, Mapping):
            raise self._refuse(f"update_task() got {data!r:.60}.", "Pass a dict of fields.")
        changes = {key: self._value(key, value) for key, value in map(self._field, data.items())}
        after = self._run.touch("state.update_task", {key: changes[key] for key in changes})
        self._run.update_task(changes, save=save)
        if after is not None:
            after()

    def update_input(
        self,
        input: JsonObject | Callable[[JsonObject], JsonObject],
        *,
        save: bool = True,
    ) -> None:
        """Merge into the stored input (L4), now or with a later save (L5)."""
        self._offers(save=save)
        update_input(self._run, input, save=save)

    def update_output(self, output: JsonObject, *, save: bool = True) -> None:
        """Merge into, or replace, the output (L3), now or with a later save (L5)."""
        self._offers(save=save)
        update_output(self._run, output, save=save)

    def add_info_log(self, message: str, data: JSON = None, *, save: bool = True) -> None:
        """Add an info item to the log (L1), now or with a later save (L5)."""
        self._offers(save=save)
        add_info(self._run, message, data, save=save)

    def add_error_log(
        self, message: str, error: ErrorLike | None = None, data: JSON = None, *, save: bool = True
    ) -> None:
        """Add an error item to the log (L1, L2), now or with a later save (L5)."""
        self._offers(save=save)
        add_error(self._run, message, error, data, save=save)

    def list_child_tasks(self, definition: str | TaskDefinition | None = None) -> list[Task]:
        """Return the children, oldest first (C1)."""
        return Children(self._run).list_children(definition)

    def save(self) -> None:
        """Write what was not saved: the task's changes first, then the log's items as one update (L5)."""
        after = self._run.touch("state.save")
        self._run.save()
        if after is not None:
            after()

    def _offers(self, *, save: bool) -> None:
        """Refuse unsaved updates where the profile does not offer them (L5)."""
        if not save and not self._run.engine.profile.has_unsaved_updates:
            raise self._refuse(
                f"Profile {self._run.engine.profile.name!r} does not offer save=False (L5).",
                "Leave save out; every update is written at once.",
            )

    def _field(self, item: tuple[str, Any]) -> tuple[str, Any]:
        """Return the record's field that a name means, with its value."""
        name, value = item
        snake = snake_case(str(name))
        snake = "task_status" if snake == "status" else snake
        if snake not in _FIELDS:
            raise self._refuse(
                f"update_task() cannot change {name!r}.{nearest_phrase(snake, _FIELDS)}",
                f"Choose from {', '.join(_FIELDS)}.",
            )
        return snake, value

    def _value(self, field: str, value: object) -> Any:
        """Check a value for a field of the record."""
        fits = (
            (field == "task_status" and value in _STATUSES)
            or (field in _TEXTS and field != "task_status" and isinstance(value, str))
            or (field == "iterations" and type(value) is int and value >= 0)
        )
        if fits:
            return value
        if field in _OBJECTS:
            return None if value is None and field != "input" else self._run.json_object(value, field)
        if field in _INSTANTS and (value is None or isinstance(value, str | datetime)):
            try:
                return None if value is None else parse_instant(value, name=field)
            except UsageError as error:
                raise self._run.engine.misused(error) from None
        raise self._refuse(
            f"update_task() got {field}={value!r:.60}.",
            f"Pass one of {', '.join(_STATUSES)}."
            if field == "task_status"
            else "Pass a value of the field's type.",
        )


class Timer(Face, called="timer"):
    """The timer of the older style; asking it is no checkpoint."""

    __slots__ = ()

    def get_remaining_milliseconds(self) -> int:
        """Milliseconds that remain of this event's budget."""
        return Runtime(self._run).remaining_milliseconds()

    def get_remaining_seconds(self) -> int:
        """Whole seconds that remain, 0 if none."""
        return Runtime(self._run).remaining_seconds()
