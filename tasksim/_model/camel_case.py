"""The camelCase of definition ids, as lodash 4 understands it.

The imitated engine accepts an id only if lodash's `camelCase` leaves it as it is, so the corners
count: `task1a` is not camelCase (`task1A` is), `task1st` is. This module promises that answer for
any text. It must not know what an id is used for.
"""

from __future__ import annotations

import re
from unicodedata import normalize

__all__ = ["camel_case", "is_camel_case", "snake_case"]

# The letters of Latin-1 and Latin Extended-A that are not another letter with an accent. Letters of
# other ranges, Greek and `Ǆ` among them, stay as they are.
_SPELLED_OUT = {
    "Æ": "Ae", "æ": "ae", "Ð": "D", "ð": "d", "Ø": "O", "ø": "o", "Þ": "Th", "þ": "th", "ß": "ss",
    "Đ": "D", "đ": "d", "Ħ": "H", "ħ": "h", "\u0131": "i", "Ĳ": "IJ", "ĳ": "ij", "ĸ": "k", "Ŀ": "L",
    "ŀ": "l", "Ł": "L", "ł": "l", "ŉ": "n", "Ŋ": "N", "ŋ": "n", "Œ": "Oe", "œ": "oe", "Ŧ": "T",
    "ŧ": "t", "\u017f": "s",
}  # fmt: skip
_ACCENTED = {
    chr(code): normalize("NFD", chr(code))[0] for code in range(0xC0, 0x180) if code not in {0xD7, 0xF7}
}
_COMBINING = [*range(0x300, 0x370), *range(0x20D0, 0x2100), *range(0xFE20, 0xFE30)]
_APOSTROPHES = "'\N{RIGHT SINGLE QUOTATION MARK}"

# What happens to single characters before words are sought: accents and apostrophes go.
_PLAIN = str.maketrans(_ACCENTED | _SPELLED_OUT | dict.fromkeys([*map(chr, _COMBINING), *_APOSTROPHES], ""))

# Characters of no word: the controls and signs of ASCII and Latin-1, general punctuation, the
# remaining spaces, halves of surrogate pairs. Above Latin-1 most signs count as letters.
_BREAK = r"\x00-/:-@\[-`{-\xbf\xd7\xf7\u1680\u180e\u2000-\u206f\u3000\ufeff\ud800-\udfff"
_DINGBAT = r"\u2700-\u27bf"
_BEYOND = r"\U00010000-\U0010ffff"  # the astral planes, taken for emoji as a whole
# A letter of no known case: neither a break nor anything that is matched by itself.
_OTHER = rf"[^{_BREAK}{_DINGBAT}{_BEYOND}0-9A-Za-z]"
_LOWER = rf"(?:[a-z]|{_OTHER})"
_UPPER = rf"(?:[A-Z]|{_OTHER})"

_VARIATION = r"[\ufe0e\ufe0f]?"
_SKIN = r"[\U0001f3fb-\U0001f3ff]?"
_FLAG = r"[\U0001f1e6-\U0001f1ff]{2}"
_JOINED = rf"(?:\u200d(?:{_FLAG}|[^\ud800-\udfff]){_VARIATION}{_SKIN})*"
_EMOJI = rf"(?:[{_DINGBAT}]|{_FLAG}|[{_BEYOND}]){_VARIATION}{_SKIN}{_JOINED}"

_WORD = re.compile(
    "|".join(
        (
            rf"[A-Z]?[a-z]+(?=[{_BREAK}A-Z]|\Z)",  # task, Task
            rf"{_UPPER}+(?=[{_BREAK}]|[A-Z]{_LOWER}|\Z)",  # the XML of XMLFile
            rf"[A-Z]?{_LOWER}+",
            r"[A-Z]+",
            r"[0-9]*(?:1ST|2ND|3RD|(?![123])[0-9]TH)(?=\b|[a-z_])",
            r"[0-9]*(?:1st|2nd|3rd|(?![123])[0-9]th)(?=\b|[A-Z_])",
            r"[0-9]+",
            _EMOJI,
        )
    ),
    re.ASCII,
)
_FIRST_SYMBOL = re.compile(rf"{_EMOJI}|.", re.DOTALL)


def camel_case(text: str) -> str:
    """Return `text` in camelCase.

    Words are sought at changes of case, between letters and digits and at signs; accents and
    apostrophes vanish; all words are lowered and every one but the first gets a capital.

    Example:
        >>> camel_case("Publish all-entries")
        'publishAllEntries'
        >>> camel_case("myTASK"), camel_case("task1a"), camel_case("task1st")
        ('myTask', 'task1A', 'task1st')
    """
    first, *rest = _WORD.findall(text.translate(_PLAIN)) or ("",)
    return first.lower() + "".join(map(_capitalized, rest))


def _capitalized(word: str) -> str:
    """Return the word with its first symbol upper and all else lower; a joined emoji is one symbol."""
    lowered = word.lower()
    return _FIRST_SYMBOL.sub(lambda symbol: symbol[0].upper(), lowered, count=1)


def snake_case(name: str) -> str:
    """Return the attribute that a camelCase name of the API stands for.

    Example:
        >>> snake_case("maxIterations")
        'max_iterations'
    """
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def is_camel_case(id: str) -> bool:
    """Return whether `id` is camelCase already, and not empty.

    Example:
        >>> is_camel_case("publishEntries"), is_camel_case("PublishEntries"), is_camel_case("")
        (True, False, False)
    """
    return id != "" and camel_case(id) == id
