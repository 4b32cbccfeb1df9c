"""Smaller inputs: which JSON values are simpler than one that fails, and the least that can be found.

This module promises that each value it names is simpler, that none comes twice, and that it comes to an
end, in the same order for equal values. It must not know what is done with them: whether one still fails,
or is an input at all, is for its caller to say.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from tasksim._world.refusals import MAX_INT
from tasksim._world.strict_json import canonical_json, copy_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tasksim.typing import JSON

__all__ = ["minimise", "size_of", "smaller"]

_MOST_DIGITS = 15  # of an integer: beyond 2**53 there is none
_FEW_DECIMALS = (1, 2, 4)


def size_of(value: JSON) -> tuple[int, str]:
    """Return what inputs are ordered by, simplest first: the length of their JSON, then the text itself.

    Example:
        >>> size_of({"b": 1.0, "a": "x"})
        (15, '{"a":"x","b":1}')
        >>> size_of([9]) < size_of([10]) < size_of([11])
        True
    """
    text = canonical_json(value)
    return len(text), text


def smaller(value: JSON) -> Iterator[JSON]:
    """Yield values that are simpler than this one, best guesses first, each once.

    First whole parts are left out or made empty, then texts are shortened and made plain, numbers moved
    towards 0, and parts made simpler in the same way. Values keep their types. They share parts with
    `value`, so whoever wants to change one copies it.

    Args:
        value: Strict JSON.

    Example:
        >>> list(smaller({"ids": ["b"]}))
        [{}, {'ids': []}, {'ids': ['']}, {'ids': ['a']}]
    """
    size = size_of(value)
    known = set()
    for candidate in _candidates(value):
        text = canonical_json(candidate)
        mark = _mark(text)
        if (len(text), text) < size and mark not in known:
            known.add(mark)
            yield candidate


def minimise(value: JSON, fails: Callable[[JSON], bool], *, most: int) -> JSON:
    """Return a simpler value that fails too, and is the simplest that can be found by small steps.

    The first simpler value that fails takes the place of the value, and the search begins again; it ends
    where no simpler one fails. None is asked twice.

    Args:
        value: One that fails; it is not asked.
        fails: Whether a value fails. It gets a copy.
        most: After so many questions the search ends.

    Example:
        >>> minimise([5, 30, 7], lambda value: sum(value) > 20, most=100)
        [21]
    """
    asked: set[bytes] = set()
    while True:
        for candidate in smaller(value):
            mark = _mark(canonical_json(candidate))
            if mark in asked:
                continue
            if len(asked) >= most:
                return value
            asked.add(mark)
            if fails(copy_json(candidate)):
                value = candidate
                break
        else:
            return value


def _mark(text: str) -> bytes:
    """Return what stands for a text where many are remembered: inputs may be large."""
    return sha256(text.encode()).digest()


def _least(value: Any) -> JSON:
    """Return the simplest value of a value's type."""
    kind = type(value)
    if kind is bool:
        return True  # the shorter word
    return 0 if kind is float else kind()


def _candidates(value: Any) -> Iterator[JSON]:
    """Yield guesses at simpler values of the same type; some are not simpler, some come twice."""
    kind = type(value)
    yield _least(value)
    if kind is dict:
        yield from _objects(value)
    elif kind is list:
        yield from _lists(value)
    elif kind is str:
        yield from _texts(value)
    elif kind is int:
        yield from _whole_numbers(value)
    elif kind is float:
        yield from _fractions(value)


def _spans(length: int) -> Iterator[tuple[int, int]]:
    """Yield which items to leave out: each half, each quarter, ..., each single one; the last first."""
    size = length
    while size > 1:
        size = (size + 1) // 2
        for start in reversed(range(0, length, size)):
            yield start, start + size


def _objects(value: dict[str, JSON]) -> Iterator[JSON]:
    """Yield guesses for an object: an object in it, without some keys, with simpler values."""
    keys = sorted(value)
    yield from (value[key] for key in keys if type(value[key]) is dict)
    for start, end in _spans(len(keys)):
        gone = set(keys[start:end])
        yield {key: part for key, part in value.items() if key not in gone}
    for key in keys:
        yield {**value, key: _least(value[key])}
    for key in keys:
        yield from ({**value, key: part} for part in _candidates(value[key]))


def _lists(value: list[JSON]) -> Iterator[JSON]:
    """Yield guesses for a list: a list in it, without some items, with simpler items."""
    yield from (part for part in value if type(part) is list)
    for start, end in _spans(len(value)):
        yield value[:start] + value[end:]
    for at, part in enumerate(value):
        yield [*value[:at], _least(part), *value[at + 1 :]]
    for at, part in enumerate(value):
        yield from ([*value[:at], simpler, *value[at + 1 :]] for simpler in _candidates(part))


def _texts(value: str) -> Iterator[str]:
    """Yield guesses for a text: without some letters, then plain ones in its shape."""
    for start, end in _spans(len(value)):
        yield value[:start] + value[end:]
    plain = [_plain(letter) for letter in value]
    yield "".join(plain)
    for at, letter in enumerate(plain):
        yield f"{value[:at]}{letter}{value[at + 1 :]}"


def _plain(letter: str) -> str:
    """Return what stands for a letter where only the shape of a text counts."""
    if letter.isascii() and letter.isprintable():
        if letter.isupper():
            return "A"
        if letter.isdecimal():
            return "0"
        return "a" if letter.islower() else letter
    return "a"


def _whole_numbers(value: int) -> Iterator[int]:
    """Yield guesses for a whole number: its absolute value, then by ever smaller steps towards 0."""
    yield abs(value)
    sign, step = (-1 if value < 0 else 1), abs(value)
    while step > 1:
        step //= 2
        yield value - sign * step


def _fractions(value: float) -> Iterator[float]:
    """Yield guesses for a number with a fraction, or a large one: whole numbers, then one nearer to 0."""
    yield abs(value)
    sign = -1 if value < 0 else 1
    if abs(value) > MAX_INT:
        yield from (sign * (10**digits - 1) for digits in range(1, _MOST_DIGITS + 1))
        return
    whole = int(value)
    yield whole
    yield whole + sign
    yield from _whole_numbers(whole)
    yield value - sign
    yield from (round(value, digits) for digits in _FEW_DECIMALS)
