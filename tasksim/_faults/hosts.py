"""What a host does with an event whose run crashed or timed out hard (E11), as value and text.

This module promises that `parse_on_crash` and `render_on_crash` are inverse. It must not know the engine,
which does what is said here.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tasksim._engine.reading import Reader
from tasksim._world.durations import parse_duration, render_duration
from tasksim.errors import UsageError, nearest_phrase

__all__ = ["OnCrash", "parse_on_crash", "render_on_crash"]

_NAME = re.compile(r"[^\s(]*")
_ARGUMENT = re.compile(r"[^\s()]*")
_COUNT = re.compile(r"[1-9][0-9]{0,14}")
_EXAMPLES = {"strand": "strand", "retry": "retry(2)", "redeliver": "redeliver(15m)"}


class OnCrash(NamedTuple):
    """What happens to an event whose run was killed; by default nothing: the task is stranded.

    Attributes:
        retries: How often the same event is handled again at once.
        redeliver_ms: After how many milliseconds it is handled once more, or None.
    """

    retries: int = 0
    redeliver_ms: int | None = None


def parse_on_crash(text: str) -> OnCrash:
    """Return what `strand`, `retry(n)` or `redeliver(duration)` says.

    Raises:
        PlanError: If it is none of them; the message points at the character.

    Example:
        >>> parse_on_crash("retry(2)")
        OnCrash(retries=2, redeliver_ms=None)
    """
    reader = Reader(text)
    name = reader.take(_NAME)
    if name not in _EXAMPLES:
        sentence = f"There is no on_crash {name!r}.{nearest_phrase(name, _EXAMPLES)}"
        raise reader.error(sentence, at=0, way_out=f"Choose from {', '.join(_EXAMPLES.values())}.")
    on_crash = OnCrash() if name == "strand" else _read_argument(reader, name)
    reader.expect_end()
    return on_crash


def _read_argument(reader: Reader, name: str) -> OnCrash:
    """Read what stands in the parentheses."""
    way_out = f"Write it like {_EXAMPLES[name]!r}."
    if not reader.skip("("):
        raise reader.error(f"'(' is missing after {name!r}.", way_out=way_out)
    start = reader.at
    argument = reader.take(_ARGUMENT)
    if not reader.skip(")"):
        raise reader.error(f"')' is missing after {reader.text[: reader.at]!r}.", way_out=way_out)
    if name == "retry":
        if not _COUNT.fullmatch(argument):
            sentence = f"retry is {argument!r}, which is no number from 1 on."
            raise reader.error(sentence, at=start, way_out=way_out)
        return OnCrash(retries=int(argument))
    try:
        return OnCrash(redeliver_ms=parse_duration(argument, name="redeliver", allow_zero=False))
    except UsageError as error:
        raise reader.error(error.sentence, at=start, way_out=way_out) from None


def render_on_crash(on_crash: OnCrash) -> str:
    """Return the text, which `parse_on_crash` reads back.

    Example:
        >>> render_on_crash(OnCrash(redeliver_ms=900_000))
        'redeliver(15m)'
    """
    if on_crash.redeliver_ms is not None:
        return f"redeliver({render_duration(on_crash.redeliver_ms)})"
    return f"retry({on_crash.retries})" if on_crash.retries else "strand"
