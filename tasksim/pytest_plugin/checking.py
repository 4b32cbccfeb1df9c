"""The calls of a scenario that is a test: its check, or the replay of one plan.

This module promises that what the marker says wins, but for the number of faults, which a run may raise. It
must not know how what comes of it is shown.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tasksim._engine.profiles import DEFAULT_PROFILE
from tasksim._explore.checking import check, replay
from tasksim._faults.plan import render
from tasksim._faults.token import Token, parse_token_or_plan, render_token
from tasksim.errors import CheckFailed, TasksimError
from tasksim.pytest_plugin import CHECKED
from tasksim.pytest_plugin.markers import check_arguments
from tasksim.pytest_plugin.phases import id_of
from tasksim.pytest_plugin.remembering import keep_failures

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasksim._explore.findings import Report
    from tasksim.pytest_plugin.checks import Scenario
    from tasksim.pytest_plugin.options import Options

__all__ = ["Checked", "check_scenario", "replay_scenario"]

_WORLD = ("profile", "start", "seed", "budget", "close_limit", "tick", "on_crash")
"""The arguments that a token says."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What the check of a scenario came to.

    Attributes:
        report: What was found and covered.
        passed: Whether that is all right.
        is_replay: Whether it was one run, under a plan that the user gave.
    """

    report: Report
    passed: bool
    is_replay: bool = False


def check_scenario(item: Scenario, options: Options | None) -> None:
    """Check a scenario, what failed before first."""
    given = _arguments(item, options)
    if options is not None and options.max_faults is not None:
        most = given.get("max_faults", 1)
        given["max_faults"] = max(most, options.max_faults) if isinstance(most, int) else most
    failures = keep_failures(item.config)
    remembered = [] if failures is None else _readable(failures.of(id_of(item)))
    if remembered:
        given["first"] = [*remembered, *_listed(given.get("first", ()))]
    try:
        item.stash[CHECKED] = Checked(check(_target(item), **given), passed=True)
    except CheckFailed as failed:
        item.stash[CHECKED] = Checked(failed.report, passed=False)
        raise


def replay_scenario(item: Scenario, options: Options) -> None:
    """Run a scenario once, under the plan or token of the whole run."""
    given = _arguments(item, options)
    if options.token is None:
        text = render(options.plan) if options.plan is not None else ""
    else:
        text = render_token(_token(item, options.token, options))
        given = {name: value for name, value in given.items() if name not in _WORLD}
    report = replay(_target(item), text, **given)
    item.stash[CHECKED] = Checked(report, passed=report.passed, is_replay=True)
    if not report.passed:
        raise CheckFailed(report.text(), report)


def _profile(item: Scenario, options: Options | None) -> str | None:
    """Return the profile that a scenario runs for, where its marker does not say."""
    profile: str | None = item.funcargs.get("_tasksim_profile")  # type: ignore[assignment]  # that fixture gives it
    if profile is None and options is not None and len(options.profiles) == 1:
        return options.profiles[0]
    return profile


def _arguments(item: Scenario, options: Options | None) -> dict[str, Any]:
    """Return the arguments of the marker, and for profile and seed what holds if it does not say."""
    given = check_arguments(item)
    profile = _profile(item, options)
    if given.get("profile") is None and profile is not None:
        given["profile"] = profile
    if given.get("seed") is None and options is not None:
        given["seed"] = options.seed
    return given


def _token(item: Scenario, token: Token, options: Options) -> Token:
    """Return a token as it is, but for the profile and the seed of options of their own."""
    profile = _profile(item, options) or token.settings.profile
    if profile == DEFAULT_PROFILE:
        profile = None
    return Token(replace(token.settings, profile=profile, seed=options.seed), token.plan)


def _target(item: Scenario) -> Callable[..., object]:
    """Return the function to be checked: a method is called on a fresh instance in each run."""
    function: Callable[..., object] = item.obj
    kind, name = item.cls, item.originalname
    if kind is None or isinstance(inspect.getattr_static(kind, name), staticmethod):
        return function

    def scenario(sim: object) -> object:
        """Build the world of one run."""
        return getattr(kind(), name)(sim)

    scenario.__name__ = name
    return scenario


def _readable(tokens: list[str]) -> list[str]:
    """Return the tokens that this version of tasksim can read."""
    kept = []
    for token in tokens:
        try:
            parse_token_or_plan(token)
        except TasksimError:
            continue
        kept.append(token)
    return kept


def _listed(first: Any) -> list[Any]:
    """Return the plans that a marker says are tried first; what is no list is refused by `check`."""
    return list(first) if isinstance(first, Iterable) and not isinstance(first, str) else [first]
