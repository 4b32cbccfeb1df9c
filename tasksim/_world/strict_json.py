"""Strict JSON: what the store holds is exactly what a JSON text can say.

This layer promises copies that share nothing with their source, one text for equal values,
sizes as JavaScript counts them, and errors that name the place and the remedy. A value is
strict JSON if it consists of exact `dict`, `list`, `str`, `int`, `float`, `bool` and `None`,
where keys are text, text has no lone surrogates, floats are finite and no int is beyond 2**53.
It must not know what the values mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any, TypeVar

from tasksim._world.refusals import (
    ADDRESS,
    CONTAINERS,
    MAX_DEPTH,
    MAX_INT,
    OwnText,
    first_refusal,
    is_strict_scalar,
)

if TYPE_CHECKING:
    from tasksim.typing import JSON

__all__ = ["as_json", "canonical_json", "checked_copy", "copy_json", "json_equal", "json_size"]

T = TypeVar("T")

_WORDS = {True: "true", False: "false", None: "null"}


class _NotStrict(Exception):
    """The fast walk met something that is not JSON; the slow walk says what and where."""


def copy_json(value: T) -> T:
    """Return a copy of a value that is known to be strict JSON."""
    copy: Any = value
    kind = type(copy)
    if kind is dict:
        # Copying whole and then replacing the containers beats building item by item.
        copy = copy.copy()
        for key, item in copy.items():
            if type(item) in CONTAINERS:
                copy[key] = copy_json(item)
    elif kind is list:
        copy = [copy_json(item) if type(item) in CONTAINERS else item for item in copy]
    return copy  # type: ignore[no-any-return]  # a copy is of its source's type


def checked_copy(value: object, path: str) -> JSON:
    """Return a copy of `value` after making sure that it is strict JSON.

    Args:
        value: Anything.
        path: What to call `value` in an error, as in `input`.

    Raises:
        NotJson: With the path of the first offender, what it is, and the remedy.
    """
    try:
        return _checked(value, 0)
    except (_NotStrict, UnicodeEncodeError):
        raise first_refusal(value, path) from None


def _checked(value: Any, depth: int) -> JSON:  # noqa: C901 - one walk, on the hot path
    """Check and copy in one walk; `depth` containers are around `value`.

    Plain text, the commonest of items, is let through where it stands: that saves a quarter.
    """
    kind = type(value)
    if kind is str:
        if not value.isascii():
            value.encode()  # raises UnicodeEncodeError for a lone surrogate
        return value
    if kind is int and -MAX_INT <= value <= MAX_INT:
        return value
    if kind in CONTAINERS:
        if depth == MAX_DEPTH:
            raise _NotStrict
        if kind is list:
            return [
                item if type(item) is str and item.isascii() else _checked(item, depth + 1) for item in value
            ]
        for key in value:
            if type(key) is not str:
                return _checked(_with_plain_keys(value), depth)
            if not key.isascii():
                key.encode()
        return {
            key: item if type(item) is str and item.isascii() else _checked(item, depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, OwnText):
        value = str(value)
    elif not is_strict_scalar(value):
        raise _NotStrict
    return value


def _with_plain_keys(value: dict[Any, Any]) -> dict[Any, Any]:
    """Return a dict whose keys are plain text where they are text of ours, and none but text."""
    if not all(type(key) is str or isinstance(key, OwnText) for key in value):
        raise _NotStrict
    return {str(key): item for key, item in value.items()}


def canonical_json(value: JSON) -> str:
    """Return the one text of a strict JSON value.

    Compact, keys sorted by code points, nothing escaped that needs not be, numbers as JavaScript
    writes them: values that are equal as JSON have equal texts.
    """
    kind = type(value)
    if kind is str:
        return encode_basestring(value)
    if kind is dict:
        items = [f"{encode_basestring(key)}:{canonical_json(value[key])}" for key in sorted(value)]
        return f"{{{','.join(items)}}}"
    if kind is list:
        return f"[{','.join([canonical_json(item) for item in value])}]"
    if kind is int:
        return repr(value)
    if kind is float:
        return _number(value)
    return _WORDS[value]


def _number(value: float) -> str:
    """Return a float as JavaScript's `String(number)`; both languages write the shortest digits."""
    mantissa, _, exponent = repr(value).partition("e")
    if not exponent:
        text = mantissa.removesuffix(".0")
        return "0" if text == "-0" else text
    # Python writes an exponent below 1e-4 and from 1e16 on, JavaScript below 1e-6 and from 1e21 on.
    power = int(exponent)
    whole, _, fraction = mantissa.partition(".")
    if 0 < power < 21:  # noqa: PLR2004 - as said above
        return whole + fraction.ljust(power, "0")
    if -7 < power < 0:  # noqa: PLR2004 - as said above
        return f"{value:.{len(fraction) - power}f}"
    return f"{mantissa}e{power:+d}"


def json_size(value: JSON) -> int:
    """Return how many bytes of UTF-8 the compact JSON text of `value` has (rule S4).

    The text is that of JavaScript's `JSON.stringify`, apart from the order of keys.
    """
    return len(canonical_json(value).encode())


def json_equal(a: JSON, b: JSON) -> bool:
    """Return whether two strict JSON values are equal as JSON: 1 equals 1.0, True is not 1."""
    kind = type(a)
    if kind is dict:
        return (
            type(b) is dict
            and len(a) == len(b)
            and all(key in b and json_equal(item, b[key]) for key, item in a.items())
        )
    if kind is list:
        return type(b) is list and len(a) == len(b) and all(map(json_equal, a, b))
    if kind is bool or type(b) is bool:
        return a is b
    return bool(a == b)


def as_json(value: object) -> tuple[JSON, bool]:
    """Return `value` as strict JSON, whatever it is, and whether that meant a change.

    For error data, which is never refused. What is not JSON becomes its `str`, without memory
    addresses; tuples and sets become lists (sets in the order of their items' canonical text),
    mappings become dicts with keys of text; a cycle, and what is nested too deep, becomes a word
    that says so.
    """
    try:
        return _checked(value, 0), False
    except (_NotStrict, UnicodeEncodeError):
        return _loosened(value, ()), True


def _loosened(value: object, around: tuple[int, ...]) -> JSON:
    """Return `value` as strict JSON; `around` has the ids of the containers around it."""
    if is_strict_scalar(value):
        return value
    if not isinstance(value, (Mapping, list, tuple, AbstractSet)):
        return _as_text(value)
    if id(value) in around:
        return "<cycle>"
    if len(around) == MAX_DEPTH:
        return "<nested too deep>"
    try:
        return _loosened_items(value, (*around, id(value)))
    except Exception:  # noqa: BLE001 - a container of the user's that cannot be read is an object like any other
        return _as_text(value)


def _loosened_items(value: Any, around: tuple[int, ...]) -> JSON:
    """Return a container as strict JSON."""
    if isinstance(value, Mapping):
        return {_as_text(key): _loosened(item, around) for key, item in value.items()}
    items = [_loosened(item, around) for item in value]
    if isinstance(value, AbstractSet):
        items.sort(key=canonical_json)
    return items


def _as_text(value: object) -> str:
    """Return `value` itself if it is good text, else its `str`, or at least the name of its type."""
    if type(value) is str:
        text: str = value
    else:
        try:
            text = ADDRESS.sub("", str(value))
        except Exception:  # noqa: BLE001 - error data is never refused
            text = type(value).__name__
    return text.encode("utf-8", "backslashreplace").decode()
