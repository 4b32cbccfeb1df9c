"""Words for what happened: what a checkpoint answered, what an error says, what a fault does.

This module promises one place for such wording. It must not know columns or widths.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tasksim._trace.cells import Aside, Data
from tasksim._world.durations import render_clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasksim._model.events import CheckpointReached, FaultFired
    from tasksim._trace.cells import Piece

__all__ = [
    "TOOK_PLACE",
    "Said",
    "checkpoint_said",
    "error_pieces",
    "fault_said",
    "prevented_said",
    "time_span",
]

TOOK_PLACE = "took place"
"""What is told of an effect where it has a row of its own, after what its bracket held."""

_UNITS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1))


class Said(NamedTuple):
    """What stands beside a checkpoint's name.

    Attributes:
        pieces: The text.
        style: Of name and text.
        alike: What must be equal in a round that tells the same.
        message: The message that it tells, if it does.
    """

    pieces: tuple[Piece, ...] = ()
    style: str = "plain"
    alike: object = None
    message: object = None


def time_span(ms: int) -> str:
    """Return a duration in all the units it takes.

    Example:
        >>> time_span(200_000), time_span(3_600_000), time_span(0)
        ('3m20s', '1h', '0s')
    """
    parts = []
    for unit, size in _UNITS:
        amount, ms = divmod(ms, size)
        if amount:
            parts.append(f"{amount}{unit}")
    return "".join(parts) or "0s"


def error_pieces(error: dict[str, Any]) -> tuple[Piece, ...]:
    """Return an error as its message, and its code if it has one."""
    code = f" ({error['code']})" if error.get("code") else ""
    return (Data(error.get("message")), Aside((code,)))


def fault_said(fault: FaultFired) -> str:
    """Return what a fault does to the touch that it strikes, where no other row tells."""
    kind, _, task = fault.fault.partition("@")[0].partition("[")
    return _FAULTS.get(kind, "").format(task=task.rstrip("]"))


_FAULTS = {
    "fail": "failed, and did nothing",
    "redeliver": "delivered again",
    "cold": "on a fresh instance",
    "run": "an event of {task} is handled inside",
}


def checkpoint_said(event: CheckpointReached) -> Said:
    """Return what a checkpoint answered, or what it was given."""
    describe = _DESCRIBED.get(event.what)
    if describe is not None:
        return describe(event)
    if event.data is None:
        return Said()
    if isinstance(event.data, bool):
        return Said((str(event.data),), alike=event.data)
    return Said((Data(event.data),))


def prevented_said(event: CheckpointReached) -> Said:
    """Describe an effect that was begun and did not take place."""
    pieces: tuple[Piece, ...] = ("did not happen",)
    if event.data is not None:
        pieces = ("did not happen: ", Data(event.data))
    return Said(pieces, "failed")


def _question(event: CheckpointReached) -> Said:
    """Describe the answer to a question, of which False is the quiet one."""
    style = {"runtime.is_aborted": "aborted"}.get(event.what, "close") if event.data else "quiet"
    return Said((str(event.data),), style, alike=event.data)


def _with_message(field: str, style: str) -> Callable[[CheckpointReached], Said]:
    """Return what describes a message, and the data that goes with it."""

    def describe(event: CheckpointReached) -> Said:
        given = [Data(event.data[name]) for name in ("message", field) if event.data[name] is not None]
        pieces = [piece for data in given for piece in (" ", data)]
        return Said(tuple(pieces[1:]), style, message=event.data["message"])

    return describe


def _error(event: CheckpointReached) -> Said:
    """Describe the error of a response."""
    error = event.data["error"]
    return Said(error_pieces(error), "failed", message=error.get("message"))


def _continue(event: CheckpointReached) -> Said:
    """Describe what to remember, and for how long to wait."""
    wait = event.data["wait"]
    waits = f", after {time_span(round(wait * 1000))}" if wait else ""
    return Said((Data(event.data["input"]), waits), alike=wait)


def _wait(event: CheckpointReached) -> Said:
    """Describe a wait, and when it ends."""
    ms = round(event.data["seconds"] * 1000)
    return Said((f"{time_span(ms)}, until {render_clock(event.at_ms + ms)}",), "wait", alike=ms)


def _children(event: CheckpointReached) -> Said:
    """Describe children by how many have which status."""
    statuses = [status for _, status in event.data]
    counts = [f"{statuses.count(status)} {status}" for status in dict.fromkeys(statuses)]
    words = ", ".join(counts) or "none"
    return Said((words,), alike=words)


_DESCRIBED: dict[str, Callable[[CheckpointReached], Said]] = {
    "runtime.is_aborted": _question,
    "runtime.is_close_to_timeout": _question,
    "response.done": _with_message("output", "success"),
    "response.continue": _continue,
    "response.error": _error,
    "response.aborted": lambda _: Said(style="aborted"),
    "logger.info": _with_message("data", "plain"),
    "logger.error": _with_message("error", "failed"),
    "state.get_status": lambda event: Said((event.data,), alike=event.data),
    "task.trigger": lambda event: Said((event.data["definition"],), alike=event.data["definition"]),
    "task.list_children": _children,
    "sleep": lambda event: Said((time_span(event.data["ms"]),), "wait", alike=event.data["ms"]),
    "wait": _wait,
}
