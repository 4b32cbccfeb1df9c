"""Reading text from left to right: what parsers of checkpoints, plans and tokens share.

This module promises errors that point at the character. It must not know what is being read.
"""

from __future__ import annotations

import re
from json import JSONDecoder
from typing import TYPE_CHECKING

from tasksim._world.refusals import MAX_INT
from tasksim._world.strict_json import canonical_json, checked_copy
from tasksim.errors import NotJson, PlanError

if TYPE_CHECKING:
    from tasksim.typing import JSON

__all__ = ["Reader"]

_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"\S*")


def _integer(digits: str) -> int | float:
    """Return an integer, or the large float whose canonical text this is: 1e20 has 21 digits."""
    number = float(digits)
    return number if abs(number) > MAX_INT and canonical_json(number) == digits else int(digits)


_DECODER = JSONDecoder(parse_int=_integer)


class Reader:
    """A text, and the place up to which it was read.

    Attributes:
        text: The whole text.
        at: The index of the next character.
    """

    __slots__ = ("at", "text")

    def __init__(self, text: str) -> None:
        """Begin at the first character."""
        self.text = text
        self.at = 0

    @property
    def is_at_end(self) -> bool:
        """Whether everything was read."""
        return self.at == len(self.text)

    def word(self) -> str:
        """Return what stands here up to the next white space, without reading it."""
        return self._match(_WORD)

    def take_word(self) -> str:
        """Read up to the next white space."""
        return self.take(_WORD)

    def sees(self, what: str) -> bool:
        """Return whether `what` stands here, without reading it."""
        return self.text.startswith(what, self.at)

    def take(self, pattern: re.Pattern[str]) -> str:
        """Read what the pattern matches here; nothing if it does not."""
        taken = self._match(pattern)
        self.at += len(taken)
        return taken

    def skip(self, what: str) -> bool:
        """Read `what` if it stands here; return whether it did."""
        found = self.sees(what)
        if found:
            self.at += len(what)
        return found

    def skip_space(self) -> None:
        """Read white space, if any."""
        self.take(_SPACE)

    def take_json(self, name: str, *, way_out: str) -> JSON:
        """Read one strict JSON value, which may hold spaces.

        Args:
            name: What to call the value in an error.
            way_out: What to do where it is no JSON at all.

        Raises:
            PlanError: If no strict JSON value stands here.
        """
        start = self.at
        try:
            value, self.at = _DECODER.raw_decode(self.text, start)
            return checked_copy(value, name)
        except NotJson as error:
            raise self.error(error.sentence, at=start, way_out=error.way_out) from None
        except RecursionError:
            raise self.error(f"{name} is nested too deep.", at=start, way_out="Write it flatter.") from None
        except ValueError as error:
            # A JSONDecodeError knows the place; that an integer has thousands of digits comes without.
            at = getattr(error, "pos", start)
            raise self.error(f"{name} is no JSON.", at=at, way_out=way_out) from None

    def expect_gap(self) -> None:
        """Refuse what is left of a word.

        Raises:
            PlanError: If neither white space nor the end stands here.
        """
        rest = self.word()
        if rest:
            way_out = "Leave it out, or put a space before it."
            raise self.error(f"{rest!r} does not belong here.", way_out=way_out)

    def expect_end(self) -> None:
        """Refuse what is left of the text.

        Raises:
            PlanError: If anything is.
        """
        rest = self.text[self.at :]
        if rest:
            raise self.error(f"{rest!r} does not belong here.", way_out="Leave it out.")

    def error(self, sentence: str, *, way_out: str, at: int | None = None) -> PlanError:
        """Return an error that points at the index `at`, or at the next character.

        White space is shown as blanks: with a line break before it the caret would stand wrong.
        """
        shown = re.sub(r"\s", " ", self.text)
        return PlanError(sentence, text=shown, position=self.at if at is None else at, way_out=way_out)

    def _match(self, pattern: re.Pattern[str]) -> str:
        """Return what the pattern matches here, or nothing."""
        match = pattern.match(self.text, self.at)
        return match.group() if match else ""
