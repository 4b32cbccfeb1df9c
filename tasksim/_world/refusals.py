"""Refusals: what keeps a value from being strict JSON, where, and what to do about it.

The slow half of `strict_json`, needed only when a value is refused. It promises an error that
names the path, the value and a remedy made for its type; it must not import the types it knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from json.encoder import encode_basestring
from math import isfinite
from typing import Any

from tasksim.errors import NotJson

__all__ = [
    "ADDRESS",
    "CONTAINERS",
    "MAX_DEPTH",
    "MAX_INT",
    "OwnText",
    "first_refusal",
    "is_encodable",
    "is_strict_scalar",
]

MAX_DEPTH = 100
"""Containers in containers; a fixed number, so that no verdict depends on the stack that is left."""

MAX_INT = 2**53
"""The last magnitude up to which JavaScript, whose numbers these are, tells all integers apart."""

CONTAINERS = frozenset((dict, list))

ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+")
"""What `repr` shows of an object's place in memory, which differs in every process."""

_SHOWN = 60  # characters of a value's repr in an error


class OwnText(str):
    """Text that we hand out and that knows more than its letters; stored or copied it is plain text."""

    __slots__ = ()

    def __str__(self) -> str:
        """Return plain text."""
        return str.__str__(self)

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """Pickle and copy as plain text."""
        return (str, (str.__str__(self),))


def is_strict_scalar(value: object) -> bool:
    """Return whether `value` is strict JSON by itself; containers are not."""
    if type(value) is str:
        return is_encodable(value)
    if type(value) is int:
        return -MAX_INT <= value <= MAX_INT
    if type(value) is float:
        return isfinite(value)
    return value is None or type(value) is bool


def is_encodable(text: str) -> bool:
    """Return whether `text` is free of lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def first_refusal(value: object, path: str) -> NotJson:
    """Return the error for the first offender in `value`, which must have one."""
    return next(_problems(value, path, ()))


def _problems(value: Any, path: str, around: tuple[int, ...]) -> Iterator[NotJson]:
    """Yield what is not JSON in `value`; `around` has the ids of the containers around it."""
    kind = type(value)
    if kind in CONTAINERS and id(value) in around:
        yield NotJson(path, f"a {kind.__name__} that contains itself", "Store a reference, such as its id.")
    elif kind in CONTAINERS and len(around) == MAX_DEPTH:
        yield NotJson(path, f"a {kind.__name__} inside {MAX_DEPTH} others", "Store it flatter.")
    elif kind is dict:
        for key, item in value.items():
            yield from _key_problems(key, path)
            yield from _problems(item, f"{path}{_step(key)}", (*around, id(value)))
    elif kind is list:
        for index, item in enumerate(value):
            yield from _problems(item, f"{path}[{index}]", (*around, id(value)))
    elif not is_strict_scalar(value) and not isinstance(value, OwnText):
        yield NotJson(path, *_verdict(value))


def _key_problems(key: object, path: str) -> Iterator[NotJson]:
    """Yield what keeps `key` from being a key of the dict at `path`."""
    if isinstance(key, OwnText):
        return
    if type(key) is not str:
        problem = f"a dict with the {type(key).__name__} key {_short_repr(key)}"
        yield NotJson(path, problem, "Make every key a str: {str(key): item for key, item in ...}.")
    elif not is_strict_scalar(key):
        problem = f"a dict whose key {_short_repr(key)} has a lone surrogate"
        yield NotJson(path, problem, _SURROGATE_REMEDY)


def _step(key: object) -> str:
    """Return how a path goes on into the item at `key`."""
    return f".{key}" if str(key).isidentifier() else f"[{encode_basestring(str(key))}]"


_SURROGATE_REMEDY = "Clean it: text.encode('utf-8', 'replace').decode()."

# First fit wins: an Enum may be a str too, a model a Mapping, a datetime is a date.
_REMEDIES = {
    "Enum": "Store its value: member.value.",
    "BaseModel": "Store its fields: model.model_dump(mode='json').",
    "date": "Store it as text: value.isoformat().",
    "time": "Store it as text: value.isoformat().",
    "timedelta": "Store its seconds: value.total_seconds().",
    "Decimal": "Store it as text: str(value).",
    "Fraction": "Store it as text: str(value).",
    "complex": "Store it as text: str(value).",
    "UUID": "Store it as text: str(value).",
    "PurePath": "Store it as text: str(value).",
    "BaseException": "Store it as text: str(value).",
    "bytes": "Store it as text: value.decode(), or base64 if it is no text.",
    "bytearray": "Store it as text: value.decode(), or base64 if it is no text.",
    "set": "Store it as a list: sorted(value).",
    "frozenset": "Store it as a list: sorted(value).",
    "str": "Store a plain str: str(value).",
    "int": "Store a plain int: int(value).",
    "float": "Store a plain float: float(value).",
}


def _verdict(value: object) -> tuple[str, str]:
    """Return what a value is that is not JSON, and what to do about it."""
    kind = type(value)
    if kind is str:
        return f"the str {_short_repr(value)} with a lone surrogate", _SURROGATE_REMEDY
    if kind is int:
        return f"the int {_short_repr(value)}, beyond 2**53", "Store it as text: str(value)."
    if kind is float:
        return f"the float {value!r}", "Store None, or text, for what is no finite number."
    article = "an" if kind.__name__[:1] in "AEIOaeio" else "a"
    return f"{article} {kind.__name__} ({_short_repr(value)})", _remedy(value)


def _remedy(value: object) -> str:
    """Return what to store instead of `value`, an instance of no JSON type."""
    # By name, for most of these modules would have to be imported for this alone.
    names = {base.__name__ for base in type(value).__mro__}
    for name, remedy in _REMEDIES.items():
        if name in names:
            return remedy
    if hasattr(type(value), "__dataclass_fields__"):
        return "Store its fields: dataclasses.asdict(value)."
    if hasattr(type(value), "_asdict"):
        return "Store its fields, value._asdict(), or list(value)."
    if isinstance(value, Mapping):
        return "Store a plain dict: dict(value)."
    if isinstance(value, Iterable):
        return "Store a plain list: list(value)."
    return "Store what it stands for as a dict, list, str, int, float, bool or None."


def _short_repr(value: object) -> str:
    """Return the beginning of `repr(value)`, without addresses, which differ in every process."""
    try:
        text = ADDRESS.sub("", repr(value))
    except Exception:  # noqa: BLE001 - a broken repr must not hide the error that shows it
        text = "..."
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
