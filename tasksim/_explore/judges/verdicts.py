"""What a judge says of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tasksim._explore.baseline import Baseline
    from tasksim._explore.facts import Facts
    from tasksim._explore.options import Options

__all__ = ["Case", "Verdict", "listed", "times"]


class Case(NamedTuple):
    """What a judge looks at: a run, the uncut one, and what was asked for."""

    facts: Facts
    baseline: Baseline
    options: Options


class Verdict(NamedTuple):
    """What is wrong with a run.

    Attributes:
        sentence: In one sentence, with its numbers.
        task: The id of the task that it is about, or empty.
        facts: What else there is to tell, as pairs of one word and text.
        lost: Effects of the uncut run that it lacks.
        repeated: Effects that it has beyond their contract.
    """

    sentence: str
    task: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    lost: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()


def times(n: int, what: str) -> str:
    """Return a number of things, as in `2 effects`."""
    return f"{n} {what}{'' if n == 1 else 's'}"


def listed(things: list[str], most: int = 6) -> str:
    """Return things as one line; of many the first, and how many more there are."""
    more = f" and {len(things) - most} more" if len(things) > most else ""
    return f"{' '.join(things[:most])}{more}"
