"""Control: time, moved from outside, and what happened in it. It is no part of the API that is imitated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasksim._simulator.driver import Act
from tasksim._trace.json_lines import event_to_json
from tasksim._world.durations import parse_duration, parse_instant, render_instant
from tasksim.errors import TasksimError
from tasksim.graphql._serving.pace import LAST_MS
from tasksim.graphql._serving.refusals import Refusal

if TYPE_CHECKING:
    from concurrent.futures import Future
    from datetime import datetime

    from starlette.datastructures import QueryParams

    from tasksim._simulator.simulator import Simulator
    from tasksim.graphql._serving.goals import Moved
    from tasksim.graphql._serving.owner import Owner

__all__ = ["ACTIONS", "READINGS", "check_query", "moved_json", "read", "start_move"]

ACTIONS = ("advance", "run-until-idle", "run-next", "reset")
"""What changes a world: POST."""

READINGS = ("now", "next-event", "timeline")
"""What only looks: GET."""

_PARAMETERS = {"advance": {"seconds"}, "timeline": {"task"}}
_NUMBER_OF = "Write a number of seconds, as in ?seconds=60, or ?seconds=15m."
_LONGEST_MS = parse_duration("36525d", name="longest")


def check_query(name: str, query: QueryParams) -> None:
    """Refuse parameters that mean nothing here, or two things: a misspelt one would be silently ignored.

    Raises:
        Refusal: There is one.
    """
    known = _PARAMETERS.get(name, set())
    for key in query:
        if key not in known:
            raise Refusal(
                400,
                "BAD_REQUEST",
                f"{key!r:.60} means nothing here.",
                f"Leave it out; there is {', '.join(sorted(known))}." if known else "Leave it out.",
            )
        if len(query.getlist(key)) > 1:
            raise Refusal(400, "BAD_REQUEST", f"{key} is there more than once.", "Write it once.")


def start_move(owner: Owner, action: str, query: QueryParams) -> Future[Moved]:
    """Begin to move time, and return the future of where it gets.

    Raises:
        Refusal: The query says no such movement, or one that is too far.
    """
    if action == "run-next":
        return owner.run_next()
    if action == "run-until-idle":
        return owner.run_until_idle()
    given = query.get("seconds")
    if given is None:
        raise Refusal(400, "BAD_REQUEST", "advance needs to know how far.", _NUMBER_OF)
    try:
        text = f"{given}s" if given.replace(".", "", 1).isdigit() and given.isascii() else given
        ms = parse_duration(text, name="seconds")
    except TasksimError:
        raise Refusal(400, "BAD_REQUEST", f"seconds is {given!r:.60}.", _NUMBER_OF) from None
    if ms > _LONGEST_MS or owner.sim._engine.clock.wall_ms + ms > LAST_MS:  # noqa: SLF001 - of one package
        raise Refusal(
            400, "BAD_REQUEST", f"seconds is {given!r:.60}, which is too far.", "Move at most 100 years."
        )
    return owner.advance(ms)


def moved_json(moved: Moved) -> dict[str, Any]:
    """Return what a movement of time came to."""
    return {
        "now": render_instant(moved.now_ms),
        "events": moved.events,
        "last": _last(moved),
        "raised": [f"{type(error).__name__}: {error}".removesuffix(": ") for error in moved.raised],
    }


def _last(moved: Moved) -> dict[str, Any] | None:
    """Return what was handled last."""
    last = moved.last
    if last is None or isinstance(last, Act):
        return None if last is None else {"act": last.name}
    return {
        "task": last.task_id,
        "iteration": last.n,
        "answer": last.answer,
        "killed": last.killed,
        "checkpoints": list(last.checkpoints),
        "seconds": last.duration.total_seconds(),
    }


def read(sim: Simulator, reading: str, query: QueryParams) -> dict[str, Any]:
    """Return what a reading tells.

    Raises:
        Refusal: The query asks for a task that is not there.
    """
    if reading == "now":
        return {"now": _instant(sim.now), "elapsedSeconds": sim.now_ms / 1000}
    if reading == "next-event":
        due = sim.next_event()
        return {"next": None if due is None else {"at": _instant(due.at), "what": due.what}}
    return _timeline(sim, query.get("task"))


def _timeline(sim: Simulator, task: str | None) -> dict[str, Any]:
    """Return what happened, to one task or in all, as events and as text."""
    if task is not None and not (task and any(event.task == task for event in sim.trace)):
        raise Refusal(
            404, "NOT_FOUND", f"Nothing happened to a task {task!r:.80}.", "Name one that listTasks lists."
        )
    events = [event_to_json(event) for event in sim.trace if task is None or event.task == task]
    return {"events": events, "text": sim.trace.text(tasks=task)}


def _instant(at: datetime) -> str:
    return render_instant(parse_instant(at, name="now"))
