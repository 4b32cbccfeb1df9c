"""When an updated input counts as unchanged (L4)."""

from __future__ import annotations

import math
import re
from typing import Any

__all__ = ["loosely_equal"]

_NUMBER = re.compile(
    r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?Infinity|0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+",
    re.ASCII,
)
_SPACE = "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(
    map(chr, range(0x2000, 0x200B))
)
_RADIX = {"x": 16, "o": 8, "b": 2}


def loosely_equal(left: Any, right: Any) -> bool:
    """Compare containers by keys and length, two scalars as JavaScript's `==` (L4, webiny-5).

    A scalar never equals a container, `null` equals only `null`.
    """
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(loosely_equal(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(loosely_equal, left, right))
    if isinstance(left, dict | list) or isinstance(right, dict | list):
        return False
    if left is None or right is None:
        return left is right
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    return _number(left) == _number(right)


def _number(value: float | str) -> float:
    """Convert a scalar as JavaScript's `Number()` does; NaN equals nothing."""
    if not isinstance(value, str):
        return value
    text = value.strip(_SPACE)
    if not text:
        return 0
    if _NUMBER.fullmatch(text) is None:
        return math.nan
    if text[:1] == "0" and text[1:2].lower() in _RADIX:
        try:
            return float(int(text[2:], _RADIX[text[1].lower()]))
        except OverflowError:
            return math.inf
    return float(text)
