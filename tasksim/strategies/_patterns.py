"""Text that a pattern describes.

pydantic's patterns are those of Rust, and may match anywhere in the text. This module promises text that fits
them as far as Python reads them alike, of the length asked for where the pattern repeats one kind of letter.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tasksim.strategies._json import LETTERS, TEXTS

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["LONG", "matching", "texts"]

LONG = 200
"""From this length on, text and lists repeat a shorter piece: draws have a size, too."""

_ONE_KIND = re.compile(r"\^(\[(?:[^\[\]\\]|\\.)+\]|\\[dws])(?:([+*])|\{([0-9]+)(?:(,)([0-9]*))?\})\$")
"""A pattern that repeats one kind of letter from beginning to end."""


def texts(least: int, most: int | None, letters: SearchStrategy[str] = LETTERS) -> SearchStrategy[str]:
    """Return the strategy of text of so many letters."""
    if least <= LONG:
        return st.text(letters, min_size=least, max_size=most)
    piece = st.text(letters, min_size=1, max_size=10)
    return piece.map(lambda text: (text * least)[:least])


def matching(pattern: str, least: int, most: int | None) -> SearchStrategy[str]:
    """Return the strategy of text that fits a pattern and has so many letters.

    Where Python cannot read the pattern, any text is drawn, and left to whoever tests it.
    """
    try:
        one_kind = _ONE_KIND.fullmatch(pattern)
        if one_kind is not None:
            return _of_one_kind(one_kind, least, most)
        found = st.from_regex(re.compile(_for_python(pattern)), alphabet=LETTERS)
        return found.filter(lambda text: least <= len(text) <= (len(text) if most is None else most))
    except re.error:
        return TEXTS


def _of_one_kind(found: re.Match[str], least: int, most: int | None) -> SearchStrategy[str]:
    """Return the strategy of text that repeats one kind of letter."""
    letter, sign, low, has_comma, high = found.groups()
    least = max(least, int(low) if low else int(sign == "+"))
    upper = None if sign or (has_comma and not high) else int(high or low)
    most = min((limit for limit in (most, upper) if limit is not None), default=None)
    if most is not None and least > most:
        return st.nothing()
    letters = st.from_regex(re.compile(f"{letter}"), fullmatch=True, alphabet=LETTERS)
    return texts(least, most, letters)


def _for_python(pattern: str) -> str:
    """Return a pattern in Python's words, whose `$` is not the very end."""
    if re.search(r"(?<!\\)(?:\\\\)*\$$", pattern):
        pattern = f"{pattern[:-1]}\\Z"
    return re.sub(r"\(\?<(?![=!])", "(?P<", pattern.replace("\\z", "\\Z"))
