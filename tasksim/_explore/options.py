"""The options of a check, and what each must be.

This module promises that whatever cannot be used is refused before anything runs, by the name of the
argument. It must not know how plans are explored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from tasksim._explore.comparing import is_path
from tasksim._explore.invariants import read_invariants
from tasksim._explore.kinds import read_kinds
from tasksim._faults.token import Token, parse_token_or_plan
from tasksim._world.durations import parse_duration
from tasksim.errors import UsageError, nearest_phrase

if TYPE_CHECKING:
    from tasksim._explore.invariants import Always, AtEnd, Sometimes
    from tasksim._explore.kinds import Kind
    from tasksim.typing import JSON, Duration, Instant

__all__ = [
    "JUDGES",
    "OPTIONS",
    "CheckOptions",
    "Options",
    "Questions",
    "questions",
    "read_options",
    "said_of_judging",
]

JUDGES = (
    "resume-equivalence",
    "progress",
    "abort-honoured",
    "stranded",
    "hooks",
    "bounded-state",
    "liveness",
    "invariants",
    "misuse",
)
"""The names of the judges, in the order in which they are asked."""

_STATUSES = ("success", "failed", "aborted")


@dataclass(frozen=True, slots=True)
class Questions:
    """How long a progress run lets an event go on: made by `questions`."""

    n: int


def questions(n: int) -> Questions:
    """Let each event of the progress run go on until it asked `is_close_to_timeout()` this often.

    For `check(..., progress=questions(3))`: a task that needs several questions to set itself up, before it
    does a unit of work, is not accused of making no progress.

    Args:
        n: How many questions are answered "not close", from 1.
    """
    if type(n) is not int or n < 1:
        raise UsageError(f"questions() got {n!r:.60}.", way_out="Pass a whole number from 1 on.")
    return Questions(n)


class CheckOptions(TypedDict, total=False):
    """What `check` and `explore` take by keyword; each has its meaning at `check`."""

    kinds: Iterable[str] | str | None
    max_faults: int
    first: Iterable[str]
    without: Iterable[str]
    invariants: Iterable[Callable[..., object] | Always | Sometimes]
    ignore: Iterable[str]
    normalise: Callable[[JSON], JSON] | None
    abort_within: int
    expect: Literal["success", "failed", "aborted"]
    progress: Questions | None
    merge_states: bool
    mode: Literal["every", "random"]
    random_seed: int
    patience: int
    max_runs: int
    max_checkpoints: int
    max_seconds: float | None
    require_complete: bool
    profile: str | None
    start: Instant
    seed: int | None
    budget: Duration
    close_limit: Duration | None
    tick: Duration
    on_crash: str | None
    context: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a check was asked for, read and found usable; `check` documents each."""

    kinds: tuple[Kind, ...]
    max_faults: int
    first: tuple[Token, ...]
    judges: frozenset[str]
    at_end: tuple[AtEnd, ...]
    always: tuple[Always, ...]
    sometimes: tuple[Sometimes, ...]
    ignore: tuple[str, ...]
    normalise: Callable[[Any], Any] | None
    abort_within: int
    expect: Literal["success", "failed", "aborted"]
    progress: Questions | None
    merge_states: bool
    mode: str
    random_seed: int
    patience: int
    max_runs: int
    max_checkpoints: int
    max_ms: int | None
    require_complete: bool
    world: dict[str, Any]
    """The settings of the simulator, as given."""


_DEFAULTS: dict[str, Any] = {
    "kinds": None,
    "max_faults": 1,
    "first": (),
    "without": (),
    "invariants": (),
    "ignore": (),
    "normalise": None,
    "abort_within": 1,
    "expect": "success",
    "progress": None,
    "merge_states": False,
    "mode": "every",
    "random_seed": 0,
    "patience": 500,
    "max_runs": 10_000,
    "max_checkpoints": 10_000_000,
    "max_seconds": None,
    "require_complete": False,
}
_WORLD = ("profile", "start", "seed", "budget", "close_limit", "tick", "on_crash", "context")


OPTIONS = (*_DEFAULTS, *_WORLD, "input")
"""The names of all options."""


def read_options(given: dict[str, Any]) -> Options:
    """Return the options of a check.

    Raises:
        UsageError: One that there is not, or that cannot be used.
    """
    for name in given:
        if name not in OPTIONS:
            raise UsageError(
                f"check() got {name!r}, which is no option.{nearest_phrase(name, OPTIONS)}",
                way_out=f"Choose from {', '.join(OPTIONS)}.",
            )
    chosen = {**_DEFAULTS, **{name: given[name] for name in _DEFAULTS if name in given}}
    least = {"max_faults": 1, "abort_within": 0, "patience": 1, "max_runs": 1, "max_checkpoints": 1}
    for name, from_ in least.items():
        _check_number(name, chosen[name], from_)
    _check_number("random_seed", chosen["random_seed"], None)
    _check_choice("expect", chosen["expect"], _STATUSES)
    _check_choice("mode", chosen["mode"], ("every", "random"))
    for name in ("merge_states", "require_complete"):
        if not isinstance(chosen[name], bool):
            raise UsageError(f"check() got {name}={chosen[name]!r:.60}.", way_out="Pass True or False.")
    progress, normalise = chosen["progress"], chosen["normalise"]
    if progress is not None and not isinstance(progress, Questions):
        raise UsageError(
            f"check() got progress={progress!r:.60}.", way_out="Pass tasksim.questions(3), or nothing."
        )
    if normalise is not None and not callable(normalise):
        raise UsageError(f"check() got normalise={normalise!r:.60}.", way_out="Pass a function of a value.")
    seconds = chosen["max_seconds"]
    at_end, always, sometimes = read_invariants(chosen["invariants"])
    return Options(
        kinds=read_kinds(chosen["kinds"]),
        max_faults=chosen["max_faults"],
        first=tuple(_read_first(each) for each in _texts("first", chosen["first"])),
        judges=frozenset(JUDGES) - _read_without(chosen["without"]),
        at_end=at_end,
        always=always,
        sometimes=sometimes,
        ignore=_read_ignore(chosen["ignore"]),
        normalise=normalise,
        abort_within=chosen["abort_within"],
        expect=chosen["expect"],
        progress=progress,
        merge_states=chosen["merge_states"],
        mode=chosen["mode"],
        random_seed=chosen["random_seed"],
        patience=chosen["patience"],
        max_runs=chosen["max_runs"],
        max_checkpoints=chosen["max_checkpoints"],
        max_ms=None if seconds is None else parse_duration(seconds, name="max_seconds", allow_zero=False),
        require_complete=chosen["require_complete"],
        world={name: given[name] for name in _WORLD if name in given},
    )


def said_of_judging(options: Options) -> CheckOptions:
    """Return what was said of how runs are judged, where it is not the default, as `check` takes it."""
    said: CheckOptions = {}
    if without := [name for name in JUDGES if name not in options.judges]:
        said["without"] = without
    if invariants := [*options.at_end, *options.always, *options.sometimes]:
        said["invariants"] = invariants
    if options.ignore:
        said["ignore"] = list(options.ignore)
    if options.normalise is not None:
        said["normalise"] = options.normalise
    if options.abort_within != _DEFAULTS["abort_within"]:
        said["abort_within"] = options.abort_within
    if options.expect != _DEFAULTS["expect"]:
        said["expect"] = options.expect
    if options.progress is not None:
        said["progress"] = options.progress
    return said


def _check_number(name: str, value: object, least: int | None) -> None:
    """Refuse what is no whole number from `least` on."""
    if type(value) is not int or (least is not None and value < least):
        wanted = "a whole number" if least is None else f"a whole number from {least} on"
        raise UsageError(f"check() got {name}={value!r:.60}.", way_out=f"Pass {wanted}.")


def _check_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    """Refuse what is none of a few words."""
    if value not in choices:
        near = nearest_phrase(value, choices) if isinstance(value, str) else ""
        raise UsageError(
            f"check() got {name}={value!r:.60}.{near}", way_out=f"Choose from {', '.join(choices)}."
        )


def _texts(name: str, given: object) -> list[str]:
    """Return a list of texts; one alone counts as a list of one."""
    texts = [given] if isinstance(given, str) else given
    listed: list[Any] = list(texts) if isinstance(texts, Iterable) else [None]
    if not all(isinstance(text, str) for text in listed):
        raise UsageError(f"check() got {name}={given!r:.60}.", way_out=f"Pass a list of texts: {name}=[...].")
    return listed


def _read_without(given: object) -> frozenset[str]:
    """Return the judges that are switched off."""
    names = _texts("without", given)
    for name in names:
        if name not in JUDGES:
            raise UsageError(
                f"There is no judge {name!r}.{nearest_phrase(name, JUDGES)}",
                way_out=f"Choose from {', '.join(JUDGES)}.",
            )
    if set(names) == set(JUDGES):
        raise UsageError(
            "without names every judge, so nothing could be found.", way_out="Leave at least one out of it."
        )
    return frozenset(names)


def _read_ignore(given: object) -> tuple[str, ...]:
    """Return the paths that are not compared."""
    paths = _texts("ignore", given)
    for path in paths:
        if not is_path(path):
            head = path.split(".")[0].split("[")[0]
            heads = ("output", "state", "effects")
            near = "" if head in heads else nearest_phrase(head, heads)
            raise UsageError(
                f"check() got ignore={path!r:.60}, which is no path.{near}",
                way_out="Write it like 'output.at', 'output.rows[*].id', 'effects.publish.when' or 'state'.",
            )
    return tuple(paths)


def _read_first(text: str) -> Token:
    """Return a plan that is tried first, written as a token or as faults alone."""
    return parse_token_or_plan(text)
