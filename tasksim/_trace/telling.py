"""The telling: makes rows of events, so that a reader sees what happened in each iteration.

Each event becomes a row, is joined to the row before, or is told by another one. This module promises that
nothing a reader would look for is lost. It must not know columns or widths.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasksim._model import events as e
from tasksim._trace.cells import Aside, Data, Piece, counted
from tasksim._trace.describe import checkpoint_said, error_pieces, fault_said, prevented_said, time_span
from tasksim._trace.effects import effect_recorded, is_prevented, place, places_of_effects
from tasksim._trace.rows import STORED_BY, Mark
from tasksim._trace.story import Story, listed
from tasksim._trace.writing import joined_to_call, joined_to_write, write_row

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tasksim._model.events import TraceEvent
    from tasksim._trace.rows import Row

__all__ = ["tell"]

_AFTER_THE_END = (e.MachineEnded, e.CrashSwallowed, e.FaultFired)
"""What may still come between an answer, or a kill, and the end of its iteration."""

_ANSWER_STYLES = {"done": "success", "error": "failed", "aborted": "aborted"}


def tell(events: Sequence[TraceEvent], *, has_column: bool, full: bool) -> list[Row]:
    """Return the rows of these events.

    Args:
        events: What to tell, in order.
        has_column: Whether a column names the tasks.
        full: Give each record update a row of its own, with what it stored.
    """
    story = Story(events, has_column=has_column, full=full)
    story.effects = places_of_effects(events)
    for at, event in enumerate(events):
        story.at = at
        story.outcomes.see(event)
        if not isinstance(event, _AFTER_THE_END):
            story.end()
        _TELL[type(event)](story, event)
    story.end()
    return story.rows


# --- the world


def _simulation_started(story: Story, event: e.SimulationStarted) -> None:
    """Know the budget; the header tells the rest."""
    story.budget_ms = event.budget_ms


def _records_seeded(story: Story, event: e.RecordsSeeded) -> None:
    """Tell how many records were stored as given."""
    story.add(event, "seeded", (f"{counted(event.tasks, 'task')}, {counted(event.logs, 'log')}",))


def _act_performed(story: Story, event: e.ActPerformed) -> None:
    """Tell of an act of the outside world."""
    story.add(event, "outside world", (event.name,), "act", like=("act", event.name))


def _noted(story: Story, event: e.Noted) -> None:
    """Tell a note."""
    story.add(event, "note", (event.text,), "note")


# --- what the service does


def _task_triggered(story: Story, event: e.TaskTriggered) -> None:
    """Tell of a new task, in the row of the checkpoint that triggered it if there is one."""
    said: list[Piece] = [] if story.names(event) else [event.task]
    if event.input:
        said += [*([" "] if said else []), Data(event.input)]
    if event.delay > 0:
        said.append(f"{', ' if said else ''}after {time_span(round(event.delay * 1000))}")
    if event.label:
        said.append(Aside((f"{' ' if said else ''}({event.label} in a plan)",)))
    said.append(Aside((" " if said else "", Data(event.name))))
    last = story.rows[-1] if story.rows else None
    if last is not None and last.pieces == (event.definition,) and last.name.startswith("task.trigger#"):
        like = None if last.like is None else (*last.like, "new")
        story.rows[-1] = last._replace(pieces=(event.task, " ", *said), like=like)
        return
    story.add(event, f"{story.whose(event)}triggered", tuple(said), "head", like=("new", event.definition))


def _trigger_refused(story: Story, event: e.TriggerRefused) -> None:
    """Tell of a trigger that failed."""
    pieces = (f"{event.definition}: ", *error_pieces(event.error))
    story.add(event, "trigger refused", pieces, "failed", like=("refused", event.definition))


def _task_aborted(story: Story, event: e.TaskAborted) -> None:
    """Tell of an abort, with its writes."""
    pieces: tuple[Piece, ...] = (Data(event.message),)
    last = story.rows[-1] if story.rows else None
    if last is not None and last.task == event.task and (last.like or ())[:2] == ("write", True):
        story.rows.pop()
        pieces += (Aside((f"{STORED_BY} {last.name}",), STORED_BY),)
    story.mark, story.abort_mark = story.abort_mark, None
    story.add(event, f"{story.whose(event)}aborted", pieces, "aborted")


def _abort_refused(story: Story, event: e.AbortRefused) -> None:
    """Tell of an abort that failed."""
    story.mark, story.abort_mark = story.abort_mark, None
    story.add(event, f"{story.whose(event)}abort refused", error_pieces(event.error), "failed")


def _task_deleted(story: Story, event: e.TaskDeleted) -> None:
    """Tell of a task that is gone."""
    said = () if story.names(event) else (event.task,)
    story.add(event, f"{story.whose(event)}deleted", said, like=("deleted",))


# --- an event, from its delivery to its answer


def _event_started(story: Story, event: e.EventStarted) -> None:
    """Begin an iteration, with the number and input of its run, which is still to come."""
    run = _run_ahead(story, event)
    facts = [] if event.delivery == "first" else [event.delivery]
    name = f"event#{event.n}"
    pieces: tuple[Piece, ...] = ()
    if run is not None:
        if facts or run.iteration != event.n:
            facts.insert(0, name)
        name, pieces = f"iteration {run.iteration}", ("input ", Data(run.input))
    elif event.delay > 0:
        facts.append("the delay of its trigger")
    if facts:
        name += f" ({', '.join(facts)})"
    story.begin(event, name, pieces)


def _run_ahead(story: Story, event: e.EventStarted) -> e.RunStarted | None:
    """Return the start of the run to which this event leads, if it does."""
    inside = 0  # duplicates of its task, handled inside it before its run
    for later in story.later():
        if later.task == event.task:
            if isinstance(later, e.RunStarted) and not inside:
                return later
            if isinstance(later, e.EventStarted):
                inside += 1
            if isinstance(later, e.EventAnswered | e.RunWasKilled):
                if not inside:
                    return None
                inside -= 1
    return None


def _run_started(story: Story, event: e.RunStarted) -> None:
    """Tell nothing: the first row of the iteration has."""


def _checkpoint_reached(story: Story, event: e.CheckpointReached) -> None:
    """Tell what a checkpoint answered, or was given."""
    said = prevented_said(event) if is_prevented(story, event) else checkpoint_said(event)
    story.messages.append(said.message)
    like = (event.what, event.key, said.style, said.alike)
    story.add(event, story.name(event, event.checkpoint), said.pieces, said.style, like=like)


def _record_written(story: Story, event: e.LogCreated | e.RecordUpdated) -> None:
    """Tell a write, joined to the call that made it or to the write before."""
    name = story.name(event, event.checkpoint)
    last = None if story.full else story.last(event)
    row = None if last is None else joined_to_call(last, event, name) or joined_to_write(last, event, name)
    if row is not None:
        story.rows[-1] = row
        return
    pieces, like = write_row(event, full=story.full)
    if pieces or story.mark is not None:
        story.add(event, name, pieces, "quiet", like=like)


def _exception_raised(story: Story, event: e.ExceptionRaised) -> None:
    """Tell what user code raised."""
    story.messages.append(event.message)
    like = ("raised", event.where, event.kind)
    name = f"{story.whose(event)}{event.where} raised"
    story.add(event, name, (f"{event.kind}: ", Data(event.message)), "failed", like=like)


def _hook_failed(story: Story, event: e.HookFailed) -> None:
    """Tell that what a hook raised changes nothing."""
    stands = f"; the {'abort' if event.hook == 'on_abort' else 'result'} stands"
    hook = f"{story.whose(event)}{event.hook}"
    last = story.last(event)
    if last is not None and last.name == f"{hook} raised":
        story.rows[-1] = last._replace(pieces=(*last.pieces, Aside((stands,))))
    else:
        story.add(event, f"{hook} failed", (*error_pieces(event.error), Aside((stands,))), "failed")


def _data_simplified(story: Story, event: e.DataSimplified) -> None:
    """Tell that error data was changed."""
    story.add(event, "simplified", (f"error data of {event.where} was not JSON; its text is kept",), "quiet")


def _result_dropped(story: Story, event: e.ResultDropped) -> None:
    """Tell that a write of the engine was dropped."""
    story.add(event, event.what, ("dropped: the abort stands",), "aborted")


def _event_answered(story: Story, event: e.EventAnswered) -> None:
    """End an iteration with its answer, and its message unless that was told."""
    status = event.answer["status"]
    message = (event.answer.get("error") or event.answer).get("message")
    pieces: tuple[Piece, ...] = () if message in (None, *story.messages) else (Data(message),)
    if story.open is not None and story.open.delivery == "duplicate":
        status = f"{status}, ignored: a duplicate"
    story.end_with(event, status, pieces, _ANSWER_STYLES.get(event.answer["status"], "plain"))


def _machine_ended(story: Story, event: e.MachineEnded) -> None:
    """Tell in which state the machine ended: in the last row of the iteration, or in one of its own."""
    state = f"machine {event.state}"
    stays = f"the task stays {story.outcomes[event.task].status or 'as it is'}"
    if story.ending is None:
        story.end_with(event, state, (stays,), "failed")
        return
    row = story.ending
    pieces = row.pieces
    if event.state == "UnknownError":
        pieces = listed((stays,), *(piece for piece in pieces if isinstance(piece, str)))
    story.ending = row._replace(name=f"{row.name}, {state}", pieces=pieces)


# --- faults


def _fault_planned(_: Story, __: e.FaultPlanned) -> None:
    """Tell nothing: the header has the whole plan."""


def _fault_fired(story: Story, event: e.FaultFired) -> None:
    """Mark the row of what a fault strikes, which is mostly still to come."""
    if story.ending is not None and event.fault.startswith("redeliver@"):  # the answer knows nothing of it
        story.ending = story.ending._replace(mark=Mark(event.fault, event.fault), like=None)
        return
    story.end()
    if not event.checkpoint:  # an order strikes what it lets go first, and that comes next
        story.mark = Mark(event.fault, event.fault)
        return
    story.struck = event.checkpoint
    ahead = next(story.later(), None)
    is_here = getattr(ahead, "checkpoint", None) == event.checkpoint
    mark = Mark(event.fault, event.fault.replace(event.checkpoint, "..."))
    if event.fault.startswith("abort@") and _leads_to_abort(story):
        story.abort_mark = Mark(event.fault, event.fault)
    elif is_here and not isinstance(ahead, e.FaultFired):
        story.mark = mark
    else:
        story.mark = mark
        story.add(event, story.name(event, event.checkpoint), (fault_said(event),), "fault")


def _leads_to_abort(story: Story) -> bool:
    """Whether what comes next are the writes of an abort, and then the abort or its refusal."""
    for later in story.later():
        if not isinstance(later, e.LogCreated | e.RecordUpdated):
            return isinstance(later, e.TaskAborted | e.AbortRefused)
    return False


def _run_was_killed(story: Story, event: e.RunWasKilled) -> None:
    """Tell where the run was killed, and end the iteration."""
    name = story.name(event, event.checkpoint)
    last = story.last(event)
    is_reached = (last is not None and last.name == name) or place(event) in story.effects
    how = "killed after it" if is_reached else "killed before it"
    if event.reason == "timeout" and story.struck != event.checkpoint:
        how = "killed: its budget is used up"
    story.add(event, name, (how,), "fault")
    story.end_with(event, f"killed by {event.reason}", (), "fault")


def _crash_swallowed(story: Story, event: e.CrashSwallowed) -> None:
    """Tell that a killed run went on, before the row that ends the iteration."""
    story.add(event, "went on", (f"{counted(event.touches, 'call')} after the kill, in vain",), "failed")


_TELL: dict[type[TraceEvent], Callable[[Story, Any], None]] = {
    e.SimulationStarted: _simulation_started,
    e.RecordsSeeded: _records_seeded,
    e.TaskTriggered: _task_triggered,
    e.TriggerRefused: _trigger_refused,
    e.EventStarted: _event_started,
    e.LogCreated: _record_written,
    e.RecordUpdated: _record_written,
    e.RunStarted: _run_started,
    e.CheckpointReached: _checkpoint_reached,
    e.EffectRecorded: effect_recorded,
    e.ExceptionRaised: _exception_raised,
    e.HookFailed: _hook_failed,
    e.DataSimplified: _data_simplified,
    e.ResultDropped: _result_dropped,
    e.EventAnswered: _event_answered,
    e.MachineEnded: _machine_ended,
    e.TaskAborted: _task_aborted,
    e.AbortRefused: _abort_refused,
    e.TaskDeleted: _task_deleted,
    e.FaultPlanned: _fault_planned,
    e.FaultFired: _fault_fired,
    e.RunWasKilled: _run_was_killed,
    e.CrashSwallowed: _crash_swallowed,
    e.ActPerformed: _act_performed,
    e.Noted: _noted,
}
