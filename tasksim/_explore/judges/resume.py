"""resume-equivalence: however it is cut, a task that succeeds has done what the uncut one does, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasksim._explore.comparing import differing
from tasksim._explore.facts import TRIGGER
from tasksim._explore.judges.contracts import deviation, texts
from tasksim._explore.judges.verdicts import Verdict, times
from tasksim._faults.token import UNSET

if TYPE_CHECKING:
    from tasksim._explore.facts import Facts, TaskFacts, TaskKey
    from tasksim._explore.judges.verdicts import Case

__all__ = ["judge"]

_HARMLESS = {"close_to_timeout", "redeliver", "delay"}
_KILLS = {"crash", "timeout"}


def judge(case: Case) -> Verdict | None:
    """Compare a run with the uncut one.

    (a) Under any plan a task that ends `success` has the uncut run's output and effects, which satisfy their
    contracts. (b) With any other end, only repeats beyond contract are findings. (c) Plans after which a host
    goes on as if nothing had happened must end as the uncut run.
    """
    facts, uncut = case.facts, case.baseline.facts
    if facts.error is not None or facts.is_endless:
        return None
    succeeded = {
        key for key, task in uncut.tasks.items() if _is_success(task) and _is_success(facts.tasks.get(key))
    }
    found = deviation(facts, uncut, succeeded)
    if found.lost or found.repeated:
        return _of_effects(case, texts(found.lost), texts(found.repeated))
    for key in uncut.tasks:
        if key in succeeded:
            verdict = _of_output(case, key)
            if verdict is not None:
                return verdict
    if _must_end_equally(case):
        for key, task in uncut.tasks.items():
            verdict = _of_end(case, key, task)
            if verdict is not None:
                return verdict
    # Where a contract allowed another number of effects, another final state is to be expected.
    if len(succeeded) == len(uncut.tasks) and facts.counts == uncut.counts:
        return _of_state(case)
    return None


def _is_success(task: TaskFacts | None) -> bool:
    """Tell whether a task ended in success; one that cleaned itself up did, if its machine says so."""
    if task is None:
        return False
    return task.status == "success" or (task.status == "deleted" and task.machine == "Done")


def how_cut(facts: Facts) -> str:
    """Return how often a run was cut, as a sentence begins."""
    n = len(facts.plan)
    return "uncut" if n == 0 else "cut once" if n == 1 else "cut twice" if n == 2 else f"cut {n} times"  # noqa: PLR2004


def _of_effects(case: Case, lost: tuple[str, ...], repeated: tuple[str, ...]) -> Verdict:
    """Say which effects were lost and repeated."""
    facts, uncut = case.facts, case.baseline.facts
    task = _task_of(case, (*lost, *repeated))
    ended = f"yet ended {task.status!r}" if lost else f"and ended {task.status!r}"
    owed = sum(uncut.counts.values())
    said = []
    if lost:
        said.append(f"never did {len(lost)} of {times(owed, 'effect')}")
    if repeated:
        said.append(f"did {times(len(repeated), 'effect')} more often than allowed")
    sentence = f"{how_cut(facts)}, {task.name!r} {' and '.join(said)}, {ended}."
    return Verdict(sentence, task.id, (), lost, repeated)


def _task_of(case: Case, effects: tuple[str, ...]) -> TaskFacts:
    """Return the task, as it ended in the cut run, to which the first of these effects belongs.

    A child too many explains what that child did, so triggers come first.
    """
    facts, uncut = case.facts, case.baseline.facts
    tasks = (
        facts.tasks.get(key)
        for run in (facts, uncut)
        for done in sorted(run.done, key=lambda done: done.slot[0] != TRIGGER)
        if texts([done.slot])[0] in effects and (key := run.key_of.get(done.task)) is not None
    )
    return next((task for task in tasks if task is not None), next(iter(facts.tasks.values())))


def _of_output(case: Case, key: TaskKey) -> Verdict | None:
    """Compare the output of a task that succeeded in both."""
    facts, uncut, seen = case.facts, case.baseline.facts, case.facts.comparer
    mine, its = facts.tasks[key], uncut.tasks[key]
    if "deleted" in (mine.status, its.status):
        return None  # one that cleaned itself up has none any more
    paths = differing(seen.seen("output", its.output), seen.seen("output", mine.output))
    if not paths:
        return None
    where = ", ".join(f"output{path}" for path in paths[:3])
    sentence = f"{how_cut(facts)}, {mine.name!r} ended 'success' with another output: {where} differs."
    return Verdict(sentence, mine.id)


def _must_end_equally(case: Case) -> bool:
    """Tell whether the host goes on after these faults as if nothing had happened."""
    facts = case.facts
    kinds = facts.kinds
    if not kinds <= _HARMLESS | _KILLS:
        return False
    # A delay that used up a budget, or crashes that used up the host's patience, are no such faults.
    ends = [task.machine for task in facts.tasks.values()]
    if "UnknownError" in ends or "TimedOut" in ends:
        return False
    if "delay" in kinds:
        return not any(type(event).__name__ == "RunWasKilled" for event in facts.events)
    host = facts.engine.host
    return not kinds & _KILLS or host.retries > 0 or host.redeliver_ms is not None


def _of_end(case: Case, key: TaskKey, uncut: TaskFacts) -> Verdict | None:
    """Compare the end of a task that had to end as in the uncut run."""
    facts = case.facts
    mine = facts.tasks.get(key)
    if mine is None:
        sentence = f"{how_cut(facts)}, {uncut.name!r} was never triggered; uncut it ends {uncut.status!r}."
        return Verdict(sentence)
    if mine.status == uncut.status or (_is_success(mine) and _is_success(uncut)):
        return None
    sentence = f"{how_cut(facts)}, {mine.name!r} ended {mine.status!r}; the uncut run ends {uncut.status!r}."
    error = mine.output.get("error") if isinstance(mine.output, dict) else None
    told = (("error", str(error.get("message"))),) if isinstance(error, dict) else ()
    return Verdict(sentence, mine.id, told)


def _of_state(case: Case) -> Verdict | None:
    """Compare the final states where every task did what it does in the uncut run."""
    facts, uncut, seen = case.facts, case.baseline.facts, case.facts.comparer
    if uncut.state is UNSET or "state" in case.baseline.volatile:
        return None
    paths = differing(seen.seen("state", uncut.state), seen.seen("state", facts.state))
    if not paths:
        return None
    where = ", ".join(f"state{path}" for path in paths[:3])
    return Verdict(f"{how_cut(facts)}, every task ended 'success' with another final state: {where} differs.")
