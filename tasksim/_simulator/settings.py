"""The settings of a simulator: what its arguments must be, and what holds where one is not given.

This module promises that whatever cannot be used is refused before anything is built, by the name of the
argument. It must not know the simulator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tasksim._engine.core import Host, Limits
from tasksim._engine.profiles import DEFAULT_PROFILE, load_profile
from tasksim._faults.hosts import parse_on_crash, render_on_crash
from tasksim._faults.plan import as_plan
from tasksim._faults.token import Settings
from tasksim._model.records import Identity
from tasksim._simulator.ambient import ambient
from tasksim._world.durations import parse_duration, parse_instant
from tasksim.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasksim._engine.profiles.rules import Profile
    from tasksim._faults.plan import Plan, PlanLike
    from tasksim.typing import Duration, Instant

__all__ = ["Checked", "check_kinds", "checked_limits", "checked_settings", "listed"]


_TOO_LARGE = 10**100  # a token holds no longer number


class Checked(NamedTuple):
    """Settings that can be used."""

    profile: Profile
    plan: Plan
    host: Host
    on_crash: str
    seed: int
    start_ms: int
    plan_is_ambient: bool

    def for_token(self) -> Settings:
        """Return what a token says of them: what differs from the defaults."""
        close_ms, on_crash = self.host.close_limit_ms, self.on_crash
        return Settings(
            profile=None if self.profile.name == DEFAULT_PROFILE else self.profile.name,
            seed=self.seed,
            start_ms=self.start_ms,
            budget_ms=self.host.budget_ms,
            close_limit_ms=None if close_ms == self.profile.close_limit_ms else close_ms,
            tick_ms=self.host.tick_ms,
            on_crash=None if on_crash == render_on_crash(parse_on_crash(self.profile.on_crash)) else on_crash,
        )


def checked_settings(  # noqa: PLR0913 - as many as a simulator has
    *,
    profile: str | None,
    start: Instant,
    seed: int | None,
    budget: Duration,
    close_limit: Duration | None,
    tick: Duration,
    plan: PlanLike,
    on_crash: str | None,
    kills_at_deadline: bool,
) -> Checked:
    """Return the settings of one simulation; the ambient ones stand in for what is None.

    Raises:
        UsageError: One cannot be used; the message names it.
    """
    around = ambient()
    chosen = around.profile if profile is None else profile
    rules = load_profile(DEFAULT_PROFILE if chosen is None else chosen)
    seed = around.seed if seed is None else seed
    if type(seed) is not int or abs(seed) >= _TOO_LARGE:
        raise UsageError(
            f"Simulator() got seed={seed!r:.60}.", way_out="Pass a whole number of at most 100 digits."
        )
    crash_policy = parse_on_crash(rules.on_crash if on_crash is None else on_crash)
    host = Host(
        budget_ms=parse_duration(budget, name="budget", allow_zero=False),
        close_limit_ms=(
            rules.close_limit_ms
            if close_limit is None
            else parse_duration(close_limit, name="close_limit", allow_zero=False)
        ),
        tick_ms=parse_duration(tick, name="tick"),
        retries=crash_policy.retries,
        redeliver_ms=crash_policy.redeliver_ms,
        kills_at_deadline=kills_at_deadline,
    )
    faults = as_plan(around.plan if plan is None else plan)
    start_ms = parse_instant(start, name="start") + around.shift_ms
    return Checked(rules, faults, host, render_on_crash(crash_policy), seed, start_ms, plan is None)


def check_kinds(  # noqa: PLR0913 - see above
    *,
    profile: object,
    on_crash: object,
    limits: object,
    identity: object,
    tenant: object,
    timezone: object,
    **flags: object,
) -> None:
    """Refuse settings of the wrong kind; None means the default."""
    _check_kind("profile", profile, str, "a profile's name")
    _check_kind("on_crash", on_crash, str, "text such as 'retry(2)'")
    _check_kind("limits", limits, Limits, "Limits(...)")
    _check_kind("identity", identity, Identity, "Identity(...)")
    _check_kind("tenant", tenant, str, "text")
    _check_kind("timezone", timezone, str, "the name of a time zone, such as 'UTC'")
    for name, flag in flags.items():
        _check_kind(name, flag, bool, "True or False")


def _check_kind(name: str, value: object, kind: type, wanted: str) -> None:
    """Refuse a setting of the wrong kind; None means its default."""
    if value is not None and not isinstance(value, kind):
        raise UsageError(f"Simulator() got {name}={value!r:.60}.", way_out=f"Pass {wanted}, or nothing.")


def listed(definitions: Iterable[object]) -> Iterable[object]:
    """Return the definitions; a single one passed without a list is an error that says so."""
    if (
        isinstance(definitions, str | bytes)
        or hasattr(definitions, "run")
        or not hasattr(definitions, "__iter__")
    ):
        raise UsageError(
            f"Simulator() got {definitions!r:.80} instead of a list of definitions.",
            way_out="Wrap it: Simulator([PublishEntries(cms)]).",
        )
    return definitions


def checked_limits(limits: Limits) -> Limits:
    """Return the limits with the lifetime in seconds, each checked."""
    lifetime = limits.lifetime
    if lifetime is not None:
        lifetime = parse_duration(lifetime, name="lifetime", allow_zero=False) / 1000
    for name, value in limits._asdict().items():
        if name == "lifetime" or value is None or (name, value) == ("transitions", "host"):
            continue
        if type(value) is not int or value < 1:
            raise UsageError(f"Limits() got {name}={value!r:.60}.", way_out="Pass a whole number, or None.")
    return limits._replace(lifetime=lifetime)
