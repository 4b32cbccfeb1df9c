"""What is raised where the service and the model disagree.

This module promises that a failure says its sentence, and how a program sees it: by an expression that is
false. It must not know the machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Broken"]


class Broken(AssertionError):
    """The service did what the rules do not say.

    Attributes:
        sentence: What is wrong, with the values.
        lines: The lines of a program over `sim` that fail likewise.
    """

    def __init__(self, sentence: str, code: str, *, before: Sequence[str] = ()) -> None:
        """Keep them; `str()` is the sentence.

        Args:
            sentence: What is wrong.
            code: A Python expression that is true where the rules hold.
            before: The lines before it.
        """
        super().__init__(sentence)
        self.sentence = sentence
        self.lines = [*before, f"assert {code}, {sentence!r}"]
