"""The steps that every machine can take: calls of the service and of time, each with what must come of it.

This module promises that each step makes the same calls on the public face as the program that is printed. It
must not know how steps are chosen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from hypothesis.stateful import Bundle

from tasksim.stateful._broken import Broken
from tasksim.stateful._lists import Query, go_through
from tasksim.stateful._naive import LOG_LIST, PICKS, TASK_LIST

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hypothesis.strategies import SearchStrategy

    from tasksim.stateful._acting import Actor
    from tasksim.stateful._naive import Condition, Listing, Sorter

__all__ = ["built_in_rules", "first_rule", "tasks"]

tasks: Bundle[str] = Bundle("tasks")
"""The ids of the tasks triggered so far, by the machine or by a task; deleted ones too."""

_NAMES = ("Reindex", "reindex all", "b", "Ärger")
_TOO_LATE = 30_672_000
_DELAYS = (0, 60, 1, 0.5, 3600, -1, _TOO_LATE - 1, _TOO_LATE)
_TIMES = (1, 60, 900, 3600, 86_400)
_UNKNOWN = "nobody-0001"
_MESSAGES = (None, "Enough.")
_LIMITS = (None, 1, 2, 3, 1000)
_WHERE_TO_CRASH = ("event", "response.done", "response.continue", "wait")
"""Touches that only a run makes: a crash at one that an abort makes, too, would kill the abort."""


# --- triggers


def trigger(actor: Actor, call: tuple[str, Any]) -> None:
    """Trigger a task."""
    actor.trigger(*call)


def trigger_with(actor: Actor, call: tuple[str, Any], name: str | None, delay: float) -> None:
    """Trigger a task with a name, later; a delay that is too long is refused (T4)."""
    if delay < _TOO_LATE:
        actor.trigger(*call, name=name, delay=delay)
        return
    given = {"input": call[1], "name": name, "delay": delay}
    actor.refuse("MAX_DELAY_ERROR", "tasks.trigger", (call[0],), given)


def trigger_child(actor: Actor, call: tuple[str, Any], parent: str) -> None:
    """Trigger a child of a task."""
    actor.trigger(*call, parent=parent)


def trigger_some(actor: Actor, calls: Sequence[tuple[str, Any]]) -> None:
    """Trigger tasks to begin with: most steps need one."""
    for call in calls:
        actor.trigger(*call)


def ask_in_vain(actor: Actor, call: tuple[str, Any] | None) -> None:
    """Trigger with an input that the definition's validation refuses (T6), or ask for what never was."""
    if call is None:
        _ask_for_unknown(actor)
    else:
        actor.refuse("VALIDATION_FAILED_INVALID_FIELDS", "tasks.trigger", (call[0],), {"input": call[1]})


def _ask_for_unknown(actor: Actor) -> None:
    """Ask for a task that never was, and trigger a definition that is not registered (P2, T2)."""
    texts = actor.profile.texts
    if actor.sim.tasks.get_task(_UNKNOWN) is not None:
        raise Broken("There is a task that never was.", f"sim.tasks.get_task({_UNKNOWN!r}) is None")
    actor.refuse(texts.abort_missing.code, "tasks.abort", (_UNKNOWN,))
    actor.refuse(texts.delete_missing.code, "tasks.delete_task", (_UNKNOWN,))
    actor.refuse("TASK_DEFINITION_ERROR", "tasks.trigger", ("nobody",))


# --- what becomes of tasks


def abort(actor: Actor, task: str, message: str | None) -> None:
    """Abort a task, or be refused (A1 to A3)."""
    actor.abort(task, message)


def delete(actor: Actor, task: str) -> None:
    """Delete a task, whose logs stay, or be refused (P2)."""
    actor.delete(task)


def redeliver(actor: Actor, task: str) -> None:
    """Let the next event of a task be delivered twice; of another like it, if it has ended."""
    actor.plan(task, "redeliver", "event")


def crash(actor: Actor, task: str, what: str, *, after: bool) -> None:
    """Let a run of a task, or of another like it, be killed at its next touch of this name (E11)."""
    actor.plan(task, "crash", what, after=after)


# --- time


def advance(actor: Actor, seconds: int) -> None:
    """Let time pass, and handle what is due meanwhile."""
    until_ms = actor.sim.now_ms + seconds * 1000
    actor.call("advance", (seconds,))
    if actor.sim.now_ms < until_ms:
        raise Broken(
            f"advance({seconds}) ended at {actor.sim.now_ms} ms, not at {until_ms} ms.",
            f"sim.now_ms >= {until_ms}",
        )
    due = actor.sim.next_event()
    if due is not None and due.at == actor.sim.now and actor.sim.now_ms == until_ms:
        raise Broken(
            f"advance({seconds}) left an event of {due.what!r} that is due.", "sim.next_event().at > sim.now"
        )


def run_next(actor: Actor) -> None:
    """Handle one event."""
    actor.call("run_next")


def run_until_idle(actor: Actor) -> None:
    """Handle events until nothing is due."""
    actor.call("run_until_idle")


# --- lists


def list_tasks(
    actor: Actor, where: Sequence[Condition], pick: int, sort: Sequence[Sorter], limit: int | None
) -> None:
    """Go through a list of tasks, page by page (Q1)."""
    query = Query(where, pick, sort, limit)
    records = list(actor.model.tasks.values())
    go_through(actor.sim.tasks.list_tasks, "tasks.list_tasks", TASK_LIST, records, query)


def list_logs(
    actor: Actor, where: Sequence[Condition], pick: int, sort: Sequence[Sorter], limit: int | None
) -> None:
    """Go through a list of log records, page by page (Q1)."""
    query = Query(where, pick, sort, limit)
    records = list(actor.model.logs.values())
    go_through(actor.sim.tasks.list_logs, "tasks.list_logs", LOG_LIST, records, query)


# --- how they are drawn


class _Choices:
    """What a list may be asked for, by number.

    It is drawn as a number, since Hypothesis's statistics would show every element of a `sampled_from`.
    """

    def __init__(self, name: str, choices: Sequence[Any]) -> None:
        """Keep them under a name."""
        self.drawn = st.integers(0, len(choices) - 1).map(self)
        self._name = name
        self._choices = choices

    def __call__(self, number: int) -> Any:
        """Return a choice."""
        return self._choices[number]

    def __repr__(self) -> str:
        """Show the name."""
        return self._name


def _lists(listing: Listing) -> dict[str, SearchStrategy[Any]]:
    """Return the arguments of a list: one draw each, since a list costs less than what is drawn for it.

    Conditions on the model's own fields come most often: those on what every entry has are many and dull.
    """
    own = [(key,) for key in listing.conditions if key.is_own]
    others = [(key,) for key in listing.conditions if not key.is_own]
    pairs = [(*key, *own[(at * 7 + 3) % len(own)]) for at, key in enumerate(own)]
    sorters = listing.sorters
    two = [(sorter, sorters[(at * 5 + 2) % len(sorters)]) for at, sorter in enumerate(sorters)]
    some = len(others) // len(own) + 1
    wheres = [*[()] * len(own), *own * 2 * some, *pairs, *others]
    return {
        "where": _Choices("conditions", wheres).drawn,
        "pick": st.integers(0, PICKS - 1),
        "sort": _Choices("sorters", [(), *((sorter,) for sorter in sorters), *two]).drawn,
        "limit": st.sampled_from(_LIMITS),
    }


def built_in_rules(
    calls: SearchStrategy[tuple[str, Any]], refused: SearchStrategy[tuple[str, Any]] | None
) -> list[tuple[Callable[..., None], dict[str, SearchStrategy[Any]]]]:
    """Return every step with the strategies of its arguments.

    There are few, since Hypothesis leaves out many of them in each run, and takes the others equally often.

    Args:
        calls: Definitions' ids with inputs that they accept.
        refused: The same with inputs that they refuse; None if none refuses any.
    """
    in_vain = st.none() if refused is None else st.none() | refused
    return [
        (trigger, {"call": calls}),
        (
            trigger_with,
            {"call": calls, "name": st.sampled_from((None, *_NAMES)), "delay": st.sampled_from(_DELAYS)},
        ),
        (trigger_child, {"call": calls, "parent": tasks}),
        (ask_in_vain, {"call": in_vain}),
        (abort, {"task": tasks, "message": st.sampled_from(_MESSAGES)}),
        (delete, {"task": tasks}),
        (redeliver, {"task": tasks}),
        (crash, {"task": tasks, "what": st.sampled_from(_WHERE_TO_CRASH), "after": st.booleans()}),
        (advance, {"seconds": st.sampled_from(_TIMES)}),
        (run_next, {}),
        (run_until_idle, {}),
        (list_tasks, _lists(TASK_LIST)),
        (list_logs, _lists(LOG_LIST)),
    ]


def first_rule(
    calls: SearchStrategy[tuple[str, Any]],
) -> tuple[Callable[..., None], dict[str, SearchStrategy[Any]]]:
    """Return the step that each run begins with."""
    return trigger_some, {"calls": st.lists(calls, max_size=3)}
