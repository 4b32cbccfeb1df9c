"""Schemas: what pydantic says of an input in JSON schema, with what JSON schema cannot say added to it.

Bounds of dates, kinds of keys, versions of ids and the like are lost in JSON schema, so they are noted beside
it as `HINT`. This module promises the schema of what is validated here: strictly, as JSON. It must not know
what is drawn from it.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import GenerateJsonSchema

from tasksim.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tasksim.typing import JsonObject

__all__ = ["DAY_MS", "EPOCH_DAY", "HINT", "schema_by"]

HINT = "x-tasksim"
"""The keyword under which stands what JSON schema cannot say."""

EPOCH_DAY = 730_120
"""The ordinal of 2000-01-01, from which dates are counted."""

DAY_MS = 86_400_000

_BOUNDS = ("ge", "gt", "le", "lt")
_OWN = (
    "now_op",
    "tz_constraint",
    "version",
    "allowed_schemes",
    "max_digits",
    "decimal_places",
    "multiple_of",
)
_MILLISECOND = timedelta(milliseconds=1)


class _Schema(GenerateJsonSchema):
    """JSON schema with hints, and without warnings."""

    ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012 - pydantic's attribute

    def handle_invalid_for_json_schema(self, *_: Any) -> JsonObject:
        """Say that no JSON can be this: a callable, an instance of a class of the user's."""
        return {"not": {}}

    def lax_or_strict_schema(self, schema: Any) -> JsonObject:
        """Take the strict one: it is what validates; of a chain the last, which says what the items are."""
        strict = schema["strict_schema"]
        return self.generate_inner(strict["steps"][-1] if strict["type"] == "chain" else strict)

    def decimal_schema(self, schema: Any) -> JsonObject:
        """Say what JSON schema splits into a number and a pattern."""
        return {"type": "string", "format": "decimal", **_hinted(schema)}

    def complex_schema(self, _: Any) -> JsonObject:
        """Say what JSON schema has no word for."""
        return {"type": "string", "format": "complex"}


def _with_hints(plain: Callable[[Any, Any], JsonObject]) -> Callable[[Any, Any], JsonObject]:
    """Return a method of the generator that adds the hints of the core schema."""
    return lambda self, schema: {**plain(self, schema), **_hinted(schema)}


def _with_keys(plain: Callable[[Any, Any], JsonObject]) -> Callable[[Any, Any], JsonObject]:
    """Return a method of the generator that adds what the keys stand for: in JSON they are text."""

    def method(self: _Schema, schema: Any) -> JsonObject:
        keys = self.generate_inner(schema["keys_schema"]) if "keys_schema" in schema else {"type": "string"}
        return {**plain(self, schema), HINT: {"keys": dict(keys)}}

    return method


def _add_hints() -> None:
    """Let the generator note what JSON schema loses; which types it knows depends on pydantic's version."""
    for add, kinds in (
        (_with_hints, ("date", "time", "datetime", "timedelta", "uuid", "url", "multi_host_url")),
        (_with_keys, ("dict", "ordered_dict", "counter", "frozendict")),
    ):
        for name in [f"{kind}_schema" for kind in kinds if hasattr(GenerateJsonSchema, f"{kind}_schema")]:
            setattr(_Schema, name, add(getattr(GenerateJsonSchema, name)))


_add_hints()


def schema_by(describe: Callable[..., JsonObject], *, definition_id: str) -> JsonObject:
    """Return the schema of an input.

    Args:
        describe: `model_json_schema` of a model, or `json_schema` of an adapter.
        definition_id: For messages.

    Raises:
        UsageError: A type of the user's has none.
    """
    try:
        return describe(schema_generator=_Schema)
    except Exception as error:
        raise UsageError(
            f"The input validation of {definition_id!r} has no JSON schema.",
            facts=(f"{type(error).__name__}: {error}".split("\n", 1)[0],),
            way_out="Give its type a __get_pydantic_json_schema__, or draw it with st.fixed_dictionaries.",
        ) from error


def _hinted(schema: Mapping[str, Any]) -> JsonObject:
    """Return the hints of a core schema, where there are any."""
    hints: dict[str, Any] = {key: schema[key] for key in _OWN if schema.get(key) is not None}
    for key in _BOUNDS:
        if schema.get(key) is not None:
            hints[key] = _plain(schema[key])
            zone = getattr(schema[key], "tzinfo", None)
            hints.setdefault("zone", "naive" if zone is None else "aware")
    return {HINT: hints} if hints else {}


def _plain(bound: object) -> int | Decimal:
    """Return a bound as a number: days of a date, else milliseconds; what is finer is cut off."""
    if isinstance(bound, datetime):
        aware = bound if bound.tzinfo is not None else bound.replace(tzinfo=timezone.utc)
        return (aware.toordinal() - EPOCH_DAY) * DAY_MS + _in_day(aware) - _offset(aware)
    if isinstance(bound, date):
        return bound.toordinal() - EPOCH_DAY
    if isinstance(bound, time):
        return _in_day(bound)
    if isinstance(bound, timedelta):
        return bound // _MILLISECOND
    return Decimal(str(bound))


def _in_day(moment: datetime | time) -> int:
    """Return the milliseconds since midnight."""
    seconds = (moment.hour * 60 + moment.minute) * 60 + moment.second
    return seconds * 1000 + moment.microsecond // 1000


def _offset(moment: datetime) -> int:
    """Return how far a zone is ahead of UTC, in milliseconds."""
    return (moment.utcoffset() or timedelta()) // _MILLISECOND
