"""Every exception of tasksim and the form of its message.

This layer promises: one root, `TasksimError`; a message is one sentence with the
values, an indented block of facts, and the way out, beginning with a verb.
It must not know anything else of the package.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "BaselineFailed",
    "CheckFailed",
    "CrashSwallowedError",
    "DeadlockError",
    "DefinitionError",
    "EffectFailed",
    "EngineError",
    "Incomplete",
    "LimitReached",
    "MissingExtra",
    "NeverHappened",
    "NondeterministicScenario",
    "NotJson",
    "NotSimulated",
    "NothingChecked",
    "OutdatedRecordWarning",
    "PlanError",
    "RunKilled",
    "ServiceCallKilled",
    "StalePlan",
    "TaskFailed",
    "TasksimError",
    "UnknownName",
    "UsageError",
    "nearest",
    "nearest_phrase",
]


def nearest(word: str, known: Iterable[str], *, most: int = 3) -> list[str]:
    """Return the known words most like `word`, best first."""
    return get_close_matches(word, list(known), n=most, cutoff=0.6)


def nearest_phrase(word: str, known: Iterable[str]) -> str:
    """Return ` Did you mean 'x'?`, or nothing where no known word is near."""
    close = nearest(word, known, most=1)
    return f" Did you mean {close[0]!r}?" if close else ""


class TasksimError(Exception):
    """The root of every error that tasksim raises.

    Args:
        sentence: What happened, with the values, ending in a full stop.
        facts: Lines that help to see why; each is indented below the sentence.
        way_out: What to do now, beginning with a verb.
    """

    def __init__(self, sentence: str, *, facts: Sequence[str] = (), way_out: str = "") -> None:
        """Keep the three parts; `str()` joins them."""
        super().__init__(sentence)
        self.sentence = sentence
        self.facts: tuple[str, ...] = tuple(facts)
        self.way_out = way_out

    def __str__(self) -> str:
        """Return the sentence, the facts and the way out, a line each."""
        lines = [self.sentence]
        lines += [f"  {line}" for fact in self.facts for line in fact.splitlines()]
        lines += [f"  {line}" for line in self.way_out.splitlines()]
        return "\n".join(lines)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by state: constructors of subclasses differ (xdist sends errors about)."""
        return (_rebuild, (type(self), self.args, self.__dict__.copy()))


def _rebuild(kind: type[TasksimError], args: tuple[Any, ...], state: dict[str, Any]) -> TasksimError:
    """Make an error again from its pickled state."""
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class DefinitionError(TasksimError):
    """A definition that cannot be registered: wrong id, name, hook, argument or value."""


class UsageError(TasksimError):
    """A call that cannot mean anything: wrong value, wrong moment, wrong object.

    Raised inside a task it is not stored as the task's failure: it ends the simulation and
    comes out of the outer call.
    """


class NotJson(UsageError):
    """A value that a store of JSON cannot hold.

    Attributes:
        path: Where the value stands, as in `input.rows[3].when`.
    """

    def __init__(self, path: str, problem: str, way_out: str) -> None:
        """Name the place, what stands there, and the remedy."""
        super().__init__(f"{path} is {problem}, which is not JSON.", way_out=way_out)
        self.path = path


class NotSimulated(UsageError):
    """Strict mode: a task did what the simulation cannot see, or cannot repeat."""


class UnknownName(UsageError, AttributeError):
    """A name that a part of the controller or the store does not have."""


class DeadlockError(UsageError):
    """An async task waits, nothing is ready and no timer is set: it would wait for ever."""


class CrashSwallowedError(UsageError):
    """A killed run went on and touched the world more than 100 times."""


class NeverHappened(UsageError):
    """`run_until` reached idle and its condition was never true."""


class PlanError(UsageError):
    """A plan or token that cannot be read; the message points at the character.

    Attributes:
        text: The text that was read.
        position: The index of the first character that does not fit.
    """

    def __init__(self, sentence: str, *, text: str, position: int, way_out: str) -> None:
        """Draw the text with a caret under the place."""
        start = max(0, position - 60)
        shown = text[start : position + 40]
        facts = (shown, " " * (position - start) + "^")
        super().__init__(sentence, facts=facts, way_out=way_out)
        self.text = text
        self.position = position


class StalePlan(UsageError):
    """A planned fault never fired: no such checkpoint was reached.

    Attributes:
        fault: The fault as text.
        nearest: The names of reached checkpoints most like the one it names.
    """

    def __init__(
        self, sentence: str, *, fault: str, nearest: Sequence[str], way_out: str, facts: Sequence[str] = ()
    ) -> None:
        """Keep the fault and the nearest names for tools."""
        shown = (f"nearest: {', '.join(nearest)}",) if nearest else ()
        super().__init__(sentence, facts=(*facts, *shown), way_out=way_out)
        self.fault = fault
        self.nearest: tuple[str, ...] = tuple(nearest)


class LimitReached(TasksimError):
    """A limit of the simulator (not of the host) was passed.

    Attributes:
        limit: The limit's name in `Limits`.
        value: Its value.
    """

    def __init__(self, limit: str, value: int, sentence: str, *, facts: Sequence[str] = ()) -> None:
        """Name the limit and its value."""
        way_out = f"Raise it with Simulator(limits=Limits({limit}=...)), or lift it with None."
        super().__init__(sentence, facts=facts, way_out=way_out)
        self.limit = limit
        self.value = value


class TaskFailed(TasksimError):
    """`raise_for_status()` of a task that did not end in success.

    Attributes:
        task_id: The task's id.
        status: Its status.
        error: The stored error (message, code, data), or None.
    """

    def __init__(  # noqa: PLR0913 - what is stored, and what explains it
        self,
        sentence: str,
        *,
        task_id: str,
        status: str,
        error: dict[str, Any] | None,
        facts: Sequence[str] = (),
        way_out: str = "",
    ) -> None:
        """Keep what the task stored."""
        super().__init__(sentence, facts=facts, way_out=way_out)
        self.task_id = task_id
        self.status = status
        self.error = error


class BaselineFailed(TasksimError):
    """The uncut run of a check did not end as expected, so there is nothing to compare cut runs with."""


class NondeterministicScenario(TasksimError):
    """Two runs of a target under the same plan differ: it keeps or reads something outside its world."""


class NothingChecked(TasksimError):
    """A check had nothing to run: the target triggers no task, or no fault has a place to strike."""


class Incomplete(TasksimError):
    """A check ended before it had run what it promises.

    Attributes:
        report: What was found and covered until then.
    """

    def __init__(
        self, sentence: str, *, report: Any = None, facts: Sequence[str] = (), way_out: str = ""
    ) -> None:
        """Keep the report."""
        super().__init__(sentence, facts=facts, way_out=way_out)
        self.report = report


class CheckFailed(TasksimError, AssertionError):
    """A check found a plan under which its target breaks; `str()` is the story.

    Attributes:
        report: Everything that was found and covered; None in another process.
    """

    def __init__(self, story: str, report: Any = None) -> None:
        """Keep the report beside its text."""
        super().__init__(story)
        self.report = report

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the text alone: the report holds simulations."""
        return (type(self), (self.sentence,))


class MissingExtra(TasksimError, ImportError):
    """A part of tasksim was used whose optional dependency is not installed."""

    def __init__(self, what: str, extra: str) -> None:
        """Say which pip line adds it."""
        super().__init__(
            f"{what} needs the extra {extra!r}, which is not installed.",
            way_out=f"Install it: python -m pip install 'tasksim[{extra}]'",
        )
        self.extra = extra


class EngineError(TasksimError):
    """An answer of the imitated engine, in its words.

    `message`, `code` and `data` are what is stored, sent and compared; `str()` adds the code,
    the nearest names and the way out.

    Attributes:
        message: The engine's text.
        code: Its code, or None.
        data: Its data, JSON, or None.
    """

    def __init__(  # noqa: PLR0913 - the parts of the answer and those of its explanation
        self,
        message: str,
        code: str | None = None,
        data: dict[str, Any] | None = None,
        *,
        subject: object = None,
        suggestion: str = "",
        facts: Sequence[str] = (),
        way_out: str = "",
    ) -> None:
        """Keep the answer apart from what explains it: subject, suggestion, facts, way out."""
        about = "" if subject is None else f": {subject!r}"
        head = f"{message} ({code}{about})" if code else message
        super().__init__(head + suggestion, facts=facts, way_out=way_out)
        self.message = message
        self.code = code
        self.data = data


class ServiceCallKilled(TasksimError):
    """A planned crash or timeout struck a call of the service made from outside any event."""


class OutdatedRecordWarning(UserWarning):
    """The status of a snapshot was compared although the task has moved on."""


class EffectFailed(Exception):
    """A planned failure of an effect, where its fake declares nothing else that it may raise.

    No `TasksimError`: it is a failure of the task's outside world, and stored like any other (E10).
    """


class RunKilled(BaseException):
    """An injected crash or a hard timeout: the run is dead.

    A `BaseException`, so that `except Exception` in a task cannot swallow it. Every later
    checkpoint of the same run raises it again.

    Attributes:
        reason: `crash` or `timeout`.
        checkpoint: The name of the checkpoint at which the run was killed.
    """

    def __init__(self, reason: str, checkpoint: str) -> None:
        """Say what killed the run, and where."""
        super().__init__(f"run killed by {reason} at {checkpoint}")
        self.reason = reason
        self.checkpoint = checkpoint

    def __reduce__(self) -> tuple[type[RunKilled], tuple[str, str]]:
        """Pickle by the two values."""
        return (type(self), (self.reason, self.checkpoint))
