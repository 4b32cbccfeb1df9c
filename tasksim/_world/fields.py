"""Fields: what of a record may be asked for, and by which names.

This layer promises the where-keys and sorters of Webiny's GraphQL API, spelled as there
(`createdOn_gte`, `name_startsWith`) and as Python does (`created_on_gte`, `name_starts_with`).
It must not know how records are stored or listed.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from tasksim._world.operators import ID, INSTANT, META_INSTANT, NUMBER, OPERATORS, TEXT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tasksim._model.records import LogItemRecord, LogRecord, TaskRecord
    from tasksim._world.operators import Kind, Operator

__all__ = ["LOGS", "TASKS", "Field", "Schema"]

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record.

    Attributes:
        name: Its Python name.
        kind: What it holds.
        get: Reads it from a record.
        is_own: Whether it is the model's own field, not one that every CMS entry has.
    """

    name: str
    kind: Kind
    get: Callable[[Any], Any]
    is_own: bool = False

    @property
    def is_sortable(self) -> bool:
        """Whether the API has sorters for it: not for identities and the entry's status."""
        return self.is_own or self.kind is META_INSTANT or self.name == "id"


class Schema(Generic[R]):
    """What may be asked of one kind of record.

    Attributes:
        name: What the records are called, as in `tasks`.
        conditions: The field and operator of every where-key, in both spellings.
        sorters: The field, and whether it descends, of every sorter, in both spellings.
        texts: The fields that `search` looks into.
        nested: The schemas of where-keys that take a mapping, with the reader of their records.
    """

    def __init__(
        self,
        name: str,
        fields: Sequence[Field],
        *,
        aliases: Mapping[str, str] | None = None,
        nested: Mapping[str, tuple[Schema[Any], Callable[[R], Sequence[Any]]]] | None = None,
    ) -> None:
        self.name = name
        self.conditions: dict[str, tuple[Field, Operator]] = {}
        self.sorters: dict[str, tuple[Field, bool]] = {}
        self.texts = [field for field in fields if field.kind is TEXT]
        self.nested = nested or {}
        by_name = {field.name: field for field in fields}
        for short, long in (aliases or {}).items():
            by_name[short] = by_name[long]
        for key, field in by_name.items():
            self._add(key, field)

    def __repr__(self) -> str:
        return f"Schema({self.name!r})"

    def _add(self, key: str, field: Field) -> None:
        """Enter the where-keys and sorters of one field under one name."""
        for suffix in field.kind.suffixes:
            entry = (field, OPERATORS[suffix])
            self.conditions[f"{key}{suffix}"] = entry
            self.conditions[f"{_camel(key)}{suffix.replace('starts_with', 'startsWith')}"] = entry
        if field.is_sortable:
            # Webiny 6 prefixes the sorters of a model's own fields.
            for prefix in ("", "values_") if field.is_own else ("",):
                for spelled in (key, _camel(key)):
                    self.sorters[f"{prefix}{spelled}_ASC"] = (field, False)
                    self.sorters[f"{prefix}{spelled}_DESC"] = (field, True)


def _camel(name: str) -> str:
    """Return a snake_case name as GraphQL spells it."""
    first, *others = name.split("_")
    return first + "".join(word.title() for word in others)


def _never(_record: object) -> None:
    """Read a field that our records never have."""


def _draft(_record: object) -> str:
    """Read the CMS status of an entry: tasks and logs are never published."""
    return "draft"


def _own(kind: Kind, *names: str) -> list[Field]:
    """Return the model's own fields of one kind."""
    return [Field(name, kind, attrgetter(name), is_own=True) for name in names]


def _entry_fields() -> list[Field]:
    """Return the fields that every CMS entry has; a revision's equal its entry's."""
    fields = [Field("id", ID, attrgetter("id")), Field("entry_status", ID, _draft)]
    for prefix in ("", "revision_"):
        for verb, when, who in (
            ("created", attrgetter("created_on"), attrgetter("created_by.id")),
            ("modified", attrgetter("saved_on"), attrgetter("created_by.id")),
            ("saved", attrgetter("saved_on"), attrgetter("created_by.id")),
            ("deleted", _never, _never),
            ("restored", _never, _never),
            ("first_published", _never, _never),
            ("last_published", _never, _never),
        ):
            fields += [Field(f"{prefix}{verb}_on", META_INSTANT, when), Field(f"{prefix}{verb}_by", ID, who)]
    return fields


TASKS: Schema[TaskRecord] = Schema(
    "tasks",
    [
        *_entry_fields(),
        *_own(TEXT, "name", "definition_id", "parent_id", "execution_name", "task_status"),
        *_own(NUMBER, "iterations"),
        *_own(INSTANT, "started_on", "finished_on"),
    ],
    aliases={"status": "task_status"},
)
"""Tasks; `status` is short for `task_status`, the status of the CMS entry is `entry_status`."""

_ITEMS: Schema[LogItemRecord] = Schema(
    "log items", [*_own(TEXT, "message", "type"), *_own(INSTANT, "created_on")]
)

LOGS: Schema[LogRecord] = Schema(
    "logs",
    [*_entry_fields(), *_own(TEXT, "execution_name", "task"), *_own(NUMBER, "iteration")],
    nested={"items": (_ITEMS, attrgetter("items"))},
)
"""Log records; `items` takes a where of its own."""
