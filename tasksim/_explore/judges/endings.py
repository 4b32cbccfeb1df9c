"""stranded, hooks, liveness, invariants and misuse: the judges that look at how a run ended."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tasksim._explore.facts import slot_text
from tasksim._explore.judges.contracts import strikes_engine_write
from tasksim._explore.judges.resume import how_cut
from tasksim._explore.judges.verdicts import Verdict, times
from tasksim._explore.watching import Merged
from tasksim.errors import TasksimError

if TYPE_CHECKING:
    from tasksim._explore.facts import Slot, TaskFacts
    from tasksim._explore.judges.verdicts import Case

__all__ = ["judge_hooks", "judge_invariants", "judge_liveness", "judge_misuse", "judge_stranded"]

_ENDED = ("Done", "Error", "Aborted")
_KILLS = {"crash", "timeout"}


def judge_stranded(case: Case) -> Verdict | None:
    """The machine has ended, the record says that the task goes on, and no fault excuses it."""
    facts = case.facts
    if facts.error is not None or facts.kinds & _KILLS or strikes_engine_write(facts):
        return None
    for task in facts.tasks.values():
        if _is_stranded(task):
            sentence = (
                f"{how_cut(facts)}, {task.name!r} stays {task.status!r}: its machine ended {task.machine}."
            )
            return Verdict(sentence, task.id)
    return None


def _is_stranded(task: TaskFacts) -> bool:
    """Tell whether a machine has ended although the record says that the task goes on."""
    return task.machine in _ENDED and task.status in ("pending", "running")


def judge_hooks(case: Case) -> Verdict | None:
    """Effects inside hooks took place again, under a plan that delivers again."""
    facts, uncut = case.facts, case.baseline.facts
    if facts.error is not None or not any(done.hook for done in facts.done) or not facts.is_handled_again:
        return None
    expected = Counter(done.slot for done in uncut.done if done.hook)
    seen: Counter[Slot] = Counter()
    repeated: list[Slot] = []
    hooks: dict[str, None] = {}
    task = ""
    for done in facts.done:
        if done.hook is None:
            continue
        seen[done.slot] += 1
        declared = done.contract in ("any", "at_least_once")
        if seen[done.slot] > max(expected[done.slot], 1) and not declared:
            repeated.append(done.slot)
            hooks[done.hook] = None
            task = task or done.task
    if not repeated:
        return None
    sentence = f"{how_cut(facts)}, {', '.join(hooks)} did {times(len(repeated), 'effect')} again."
    return Verdict(sentence, task, repeated=tuple(slot_text(slot) for slot in repeated))


def judge_liveness(case: Case) -> Verdict | None:
    """No end was reached, although nothing was in the way any more."""
    facts = case.facts
    if not facts.is_endless:
        return None
    tasks = facts.tasks.values()
    if facts.kinds & {*_KILLS, "delay"} and any(task.machine == "UnknownError" for task in tasks):
        return None  # a killed task that no host runs again stays as it is
    if strikes_engine_write(facts) and any(_is_stranded(task) for task in tasks):
        return None  # so does one whose end the engine failed to store
    going = [
        task for task in facts.tasks.values() if task.machine not in (*_ENDED, "UnknownError", "TimedOut")
    ]
    uncut = sum(task.events for task in case.baseline.facts.tasks.values())
    name = going[0].name if going else next(iter(facts.tasks.values())).name
    sentence = (
        f"{how_cut(facts)}, {name!r} had not ended {case.baseline.most_events} events after the last fault; "
        f"the uncut run takes {uncut}."
    )
    others = tuple(
        ("ended", f"{task.name} {task.status}, machine {task.machine}") for task in facts.tasks.values()
    )
    return Verdict(sentence, going[0].id if going else "", others[:4])


def judge_invariants(case: Case) -> Verdict | None:
    """An assertion failed: an invariant's, or one in a run, a hook or a fake."""
    error = case.facts.error
    if not isinstance(error, AssertionError):
        return None
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    first = f": {lines[0]}" if lines else ""
    sentence = f"{how_cut(case.facts)}, an assertion failed{first.rstrip('.')}."
    return Verdict(sentence, facts=(("assert", _place_of(error)),))


def _place_of(error: BaseException) -> str:
    """Return the file and line of an assertion that was raised, with its source, as far as it is known."""
    import linecache  # noqa: PLC0415 - for a failure only
    from pathlib import Path  # noqa: PLC0415 - see above
    from traceback import walk_tb  # noqa: PLC0415 - see above

    *_, (frame, line) = walk_tb(error.__traceback__)
    file = frame.f_code.co_filename
    return f"{Path(file).name}:{line}   {linecache.getline(file, line).strip()}".rstrip()


def judge_misuse(case: Case) -> Verdict | None:
    """The simulation ended with an error of tasksim's, as when `run` returned nothing."""
    error = case.facts.error
    if not isinstance(error, TasksimError) or isinstance(error, AssertionError | Merged):
        return None
    sentence = f"{how_cut(case.facts)}, the simulation ended with {type(error).__name__}: {error.sentence}"
    return Verdict(sentence, facts=tuple(("fact", fact) for fact in error.facts[:3]))
