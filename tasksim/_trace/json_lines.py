"""Events as JSON lines: one canonical object a line, and back.

This module promises that nothing is lost: an event read back equals the event written (`1.0` comes
back as `1`, which is equal). It must not know what the events mean.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, get_type_hints

from tasksim._model.events import EVENT_KINDS
from tasksim._world.refusals import is_encodable
from tasksim._world.strict_json import canonical_json
from tasksim.errors import UsageError, nearest_phrase

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasksim._model.events import TraceEvent

__all__ = ["event_from_json", "event_from_line", "event_to_json", "event_to_line"]

_MOST = 2**53
_WAY_OUT = "Read what Trace.write() or Trace.to_jsonl() of this version wrote, unchanged."


def event_to_json(event: TraceEvent) -> dict[str, Any]:
    """Return an event as a JSON object: its kind as `event`, then its fields.

    Example:
        >>> from tasksim._model.events import MachineEnded
        >>> event_to_json(MachineEnded(7, 0, "reindex-0001", "Done"))
        {'event': 'MachineEnded', 'seq': 7, 'at_ms': 0, 'task': 'reindex-0001', 'state': 'Done'}
    """
    return {"event": type(event).__name__, **event._asdict()}


def event_to_line(event: TraceEvent) -> str:
    """Return an event as canonical JSON: keys sorted, compact, no newline.

    Where some text has lone surrogates, which no UTF-8 can hold, all that is not ASCII is escaped.
    """
    line = canonical_json(event_to_json(event))
    if line.isascii() or is_encodable(line):
        return line
    return "".join(char if char.isascii() else json.dumps(char)[1:-1] for char in line)


def event_from_json(value: object) -> TraceEvent:
    """Return the event that `event_to_json` made this of.

    Raises:
        UsageError: If it is no object, of no known kind, or its fields are not those of its kind.
    """
    if not isinstance(value, dict):
        raise _not_event(f"An event is a JSON object, not {_shown(value)}.")
    name = value.get("event")
    kind = EVENT_KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        hint = nearest_phrase(name, EVENT_KINDS) if isinstance(name, str) else ""
        raise _not_event(f"There is no event {_shown(name)}.{hint}")
    checks = _checks_of(kind.__name__)
    fields = {key: item for key, item in value.items() if key != "event"}
    for field, (is_right, words) in checks.items():
        if field not in fields:
            raise _not_event(f"The field {field!r} of {name} is missing.")
        if not is_right(fields[field]):
            raise _not_event(f"The field {field!r} of {name} is {_shown(fields[field])}, not {words}.")
    for field in fields:
        if field not in checks:
            raise _not_event(f"{name} has no field {field!r}.{nearest_phrase(field, checks)}")
    return kind(**fields)


def event_from_line(line: str) -> TraceEvent:
    """Return the event of one line.

    Raises:
        UsageError: If the line is not JSON, or no event.
    """
    try:
        value = json.loads(line, parse_int=_number, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise _not_event(f"This is not JSON: {error.msg} at column {error.colno}.") from None
    except RecursionError:
        raise _not_event("This is nested too deep.") from None
    return event_from_json(value)


def _number(text: str) -> float:
    """Return an integer; beyond 2**53 there are none, and a float was written like one."""
    return int(text) if abs(float(text)) <= _MOST else float(text)


def _refuse_constant(name: str) -> None:
    """Refuse NaN and the infinities, which Python's reader lets through."""
    raise _not_event(f"{name} is not JSON.")


def _not_event(sentence: str) -> UsageError:
    """Return the error of something that is no event."""
    return UsageError(sentence, way_out=_WAY_OUT)


def _shown(value: object) -> str:
    """Return the beginning of a value's text."""
    return f"{value!r:.60}"


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_CHECKS: dict[Any, tuple[Callable[[object], bool], str]] = {
    int: (_is_integer, "an integer"),
    float: (_is_number, "a number"),
    str: (_is_text, "text"),
    str | None: (lambda value: value is None or _is_text(value), "text or null"),
    dict[str, Any]: (lambda value: isinstance(value, dict), "an object"),
    Any: (lambda _: True, "JSON"),
}
"""What a field of each type may hold, and its words."""


@cache
def _checks_of(name: str) -> dict[str, tuple[Callable[[object], bool], str]]:
    """Return the checks of the fields of a kind of event, in their order."""
    return {field: _CHECKS[hint] for field, hint in get_type_hints(EVENT_KINDS[name]).items()}
