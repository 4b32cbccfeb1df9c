"""From options to the arguments of `check`.

This module promises that only what was given is passed on, so that defaults stand in one place, and that an
error names the option. It must not know how plans are tried.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tasksim._engine.profiles import load_profile, profile_names
from tasksim._faults.token import UNSET, parse_token_or_plan
from tasksim._world.durations import to_datetime
from tasksim.cli.settings import read_duration, read_whole, token_of
from tasksim.errors import UsageError

if TYPE_CHECKING:
    from tasksim.cli.settings import Options

__all__ = ["Search", "profiles_of", "search_arguments", "world_arguments"]

_ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """The options of `tasksim check` that say what is tried, as text; None where one was not given."""

    max_faults: str | None = None
    kinds: str | None = None
    without: str | None = None
    first: tuple[str, ...] = ()
    max_runs: str | None = None
    max_seconds: str | None = None
    require_complete: bool = False
    random: bool = False
    patience: str | None = None
    random_seed: str | None = None


def profiles_of(given: str | None) -> list[str | None]:
    """Return the profiles that `--profile` names, each once; None is the one taken where nothing is named.

    Raises:
        UsageError: There is no such profile.
    """
    if given is None:
        return [None]
    names: dict[str | None, None] = {}
    for name in _listed(given, "--profile"):
        names.update(dict.fromkeys(profile_names()) if name == _ALL else {load_profile(name).name: None})
    return list(names)


def world_arguments(options: Options) -> dict[str, Any]:
    """Return the arguments that say in which world runs take place, and the task's input.

    Raises:
        UsageError: An option that cannot be used.
    """
    settings = token_of(options).settings
    found: dict[str, Any] = {}
    if options.start is not None:
        found["start"] = to_datetime(settings.start_ms)
    if options.seed is not None:
        found["seed"] = settings.seed
    for name, ms in (
        ("budget", settings.budget_ms),
        ("close_limit", settings.close_limit_ms),
        ("tick", settings.tick_ms),
    ):
        if getattr(options, name) is not None:
            assert ms is not None  # noqa: S101 - it was given
            found[name] = timedelta(milliseconds=ms)
    if options.on_crash is not None:
        found["on_crash"] = settings.on_crash
    if settings.input is not UNSET:
        found["input"] = settings.input
    return found


def search_arguments(search: Search) -> dict[str, Any]:
    """Return the arguments that say what is tried.

    Raises:
        UsageError: An option that cannot be used, or a token that cannot be read (a `PlanError`).
    """
    found: dict[str, Any] = {}
    if search.max_faults is not None:
        found["max_faults"] = read_whole(search.max_faults, "--max-faults", least=1)
    if search.kinds is not None:
        found["kinds"] = _listed(search.kinds, "--kinds")
    if search.without is not None:
        found["without"] = _listed(search.without, "--without")
    for text in search.first:
        parse_token_or_plan(text)
    if search.first:
        found["first"] = search.first
    if search.max_runs is not None:
        found["max_runs"] = read_whole(search.max_runs, "--max-runs", least=1)
    if search.max_seconds is not None:
        found["max_seconds"] = read_duration(search.max_seconds, "--max-seconds", allow_zero=False) / 1000
    if search.require_complete:
        found["require_complete"] = True
    return {**found, **_random_arguments(search)}


def _random_arguments(search: Search) -> dict[str, Any]:
    """Return the arguments of the random mode; its options alone are refused."""
    found: dict[str, Any] = {"mode": "random"} if search.random else {}
    if search.patience is not None:
        found["patience"] = read_whole(search.patience, "--patience", least=1)
    if search.random_seed is not None:
        found["random_seed"] = read_whole(search.random_seed, "--random-seed")
    if found and not search.random:
        option = f"--{next(iter(found)).replace('_', '-')}"
        raise UsageError(
            f"{option} is for random plans, and every plan is tried.",
            way_out=f"Add --random, or leave {option} out.",
        )
    return found


def _listed(text: str, option: str) -> list[str]:
    """Return the words between commas; a list without any is refused."""
    words = [word.strip() for word in text.split(",")]
    if not all(words):
        raise UsageError(
            f"{option} is {text!r}, which has an empty place.", way_out="Separate names by single commas."
        )
    return words
