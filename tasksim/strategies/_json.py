"""JSON values, as the store takes them.

This module promises strict JSON and nothing that a token or the engine would refuse. It must not know any
schema.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tasksim._world.refusals import MAX_INT
from tasksim.strategies._naming import named

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from tasksim.typing import JSON, JsonObject

__all__ = ["ASCII", "LETTERS", "SCALARS", "TEXTS", "VALUES", "json_objects", "json_values"]

LETTERS = st.characters(exclude_categories=["Cs"])
"""Letters of text: anything but lone surrogates."""

ASCII = st.characters(codec="ascii")
"""Letters of which each is one byte."""

TEXTS = st.text(LETTERS)

SCALARS: SearchStrategy[JSON] = (
    st.none()
    | st.booleans()
    | st.integers(-MAX_INT, MAX_INT)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
)

VALUES: SearchStrategy[JSON] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
"""Any JSON value, as a part of others."""


def json_values() -> SearchStrategy[JSON]:
    """Draw any value that can be stored: what `output=`, log data and a `dict[str, Any]` may hold.

    Exact `dict`, `list`, `str`, `int`, `float`, `bool` and None; no lone surrogates, no NaN or infinity, no
    integer beyond 2**53. Shrinks to None.

    Example:
        >>> from hypothesis import find
        >>> find(json_values(), lambda value: True)
        >>> find(json_values(), lambda value: isinstance(value, list) and value)
        [None]
    """
    return named(VALUES, "json_values")


def json_objects(least: int = 0, most: int | None = 4) -> SearchStrategy[JsonObject]:
    """Return the strategy of any JSON object with so many keys."""
    return st.dictionaries(TEXTS, VALUES, min_size=least, max_size=most)
