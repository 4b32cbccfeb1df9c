"""The judges: each looks at a run and says what is wrong with it, in numbers, or nothing.

A judge is a function of a `Case`; this table names them in the order in which they are asked. They read
facts and must not know how plans were chosen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasksim._explore.judges import aborts, endings, growth, resume
from tasksim._explore.judges.aborts import lost_by_engine
from tasksim._explore.judges.verdicts import Case, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Case", "Verdict", "lost_by_engine", "verdicts", "verdicts_of_long_run"]

_JUDGES: dict[str, Callable[[Case], Verdict | None]] = {
    "resume-equivalence": resume.judge,
    "abort-honoured": aborts.judge,
    "stranded": endings.judge_stranded,
    "hooks": endings.judge_hooks,
    "liveness": endings.judge_liveness,
    "invariants": endings.judge_invariants,
    "misuse": endings.judge_misuse,
}


def verdicts(case: Case) -> Iterator[tuple[str, Verdict]]:
    """Let every judge that was not switched off look at a run; iterate over what they found."""
    for name, judge in _JUDGES.items():
        if name in case.options.judges:
            verdict = judge(case)
            if verdict is not None:
                yield name, verdict


def verdicts_of_long_run(case: Case) -> Iterator[tuple[str, Verdict]]:
    """Let the judge look that needs a run of many events: the uncut one, or the progress run."""
    if "bounded-state" in case.options.judges:
        verdict = growth.judge(case)
        if verdict is not None:
            yield "bounded-state", verdict
