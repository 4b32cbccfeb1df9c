"""From options and ini options to what is in force for a whole run.

This module promises that what cannot be used is refused before anything is collected, by the option's name,
and that a way to say it all again, as arguments of pytest, comes with it. It must not know tests.
"""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tasksim._engine.profiles import DEFAULT_PROFILE, profile_names
from tasksim._faults.plan import render
from tasksim._faults.token import Settings, Token, parse_token_or_plan, render_token
from tasksim.errors import TasksimError, UsageError, nearest_phrase

if TYPE_CHECKING:
    from tasksim._faults.plan import Plan

__all__ = ["Options", "read_options"]

_WHOLE = re.compile(r"-?[0-9]{1,100}")
_IS_TOKEN = re.compile(r"\s*v[0-9]")
_FOLLOWED = {"failed": "failed tests", "all": "all tests"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What options and ini say.

    Attributes:
        profiles: The profiles asked for, each once; none if nobody asked.
        seed: The seed.
        plan: The faults, or None if nobody asked.
        token: The plan with what a token sets besides; None if the plan is faults alone.
        refusal: Why simulators cannot be given that token: it sets more than profile and seed.
        max_faults: Up to how many faults every scenario is checked, or None.
        trace: The folder for traces, or None.
        trace_of: `failed` or `all`.
        header: The line for the report's header.
        arguments: The options of the command line that decide what happens, quoted for a shell.
    """

    profiles: tuple[str, ...] = ()
    seed: int = 0
    plan: Plan | None = None
    token: Token | None = None
    refusal: UsageError | None = None
    max_faults: int | None = None
    trace: Path | None = None
    trace_of: str = "failed"
    header: str = ""
    arguments: tuple[str, ...] = ()


class _Given(NamedTuple):
    """One option as it was given.

    Attributes:
        name: What to call it in messages: `--tasksim-seed`, or `tasksim_seed` in an ini file.
        value: Its text; for profiles a list of texts.
        is_ini: Whether it stands in an ini file.
    """

    name: str
    value: Any
    is_ini: bool

    def example(self, value: str) -> str:
        """Return how to give another value."""
        return f"{self.name} = {value}" if self.is_ini else f"{self.name}={shlex.quote(value)}"


def read_options(config: pytest.Config) -> Options:
    """Return what the options and the ini file of a run say.

    Raises:
        pytest.UsageError: One of them cannot be used.
    """
    try:
        options = _read(config)
    except TasksimError as error:
        raise pytest.UsageError(str(error)) from None
    return replace(options, header=_header(options, config), arguments=tuple(_arguments(config)))


def _given(config: pytest.Config, name: str) -> _Given | None:
    """Return an option as given on the command line, else in the ini file."""
    value = config.getoption(f"tasksim_{name}")
    if value is not None:
        return _Given(f"--tasksim-{name.replace('_', '-')}", value, is_ini=False)
    value = config.getini(f"tasksim_{name}")
    return None if value is None else _Given(f"tasksim_{name}", value, is_ini=True)


def _read(config: pytest.Config) -> Options:
    """Read and check each option. The command line wins over the ini file, an option over a token."""
    profile, seed, plan, most = (_given(config, name) for name in ("profile", "seed", "plan", "max_faults"))
    token = None if plan is None else _token(plan)
    is_whole = plan is not None and _IS_TOKEN.match(plan.value) is not None
    if plan is not None and token is not None and is_whole:
        # A token says all: what it leaves out is the default.
        if profile is None or (profile.is_ini and not plan.is_ini):
            name = token.settings.profile or DEFAULT_PROFILE
            profile = _Given(plan.name, [name], plan.is_ini)
        if seed is None or (seed.is_ini and not plan.is_ini):
            seed = _Given(plan.name, str(token.settings.seed), plan.is_ini)
    trace_of = _given(config, "trace_of")
    if trace_of is not None and trace_of.value not in _FOLLOWED:
        raise UsageError(
            f"{trace_of.name} is {trace_of.value!r}.", way_out=f"Write {trace_of.example('failed')}, or all."
        )
    trace = _given(config, "trace")
    return Options(
        profiles=() if profile is None else _profiles(profile),
        seed=0 if seed is None else _seed(seed),
        plan=None if token is None else token.plan,
        token=token if is_whole else None,
        refusal=None if plan is None or token is None else _refusal(plan, token),
        max_faults=None if most is None else _max_faults(most),
        trace=None if trace is None else _folder(trace, config),
        trace_of="failed" if trace_of is None else trace_of.value,
    )


def _profiles(given: _Given) -> tuple[str, ...]:
    """Return the names of the profiles, each once."""
    known = profile_names()
    names = [name.strip() for text in given.value for name in text.split(",") if name.strip()]
    if not names:
        raise UsageError(
            f"{given.name} names no profile.",
            facts=(f"profiles: {', '.join(known)}",),
            way_out=f"Write {given.example('all')}, or the name of one of these.",
        )
    for name in names:
        if name not in (*known, "all"):
            raise UsageError(
                f"{given.name}: there is no profile {name!r}.{nearest_phrase(name, (*known, 'all'))}",
                facts=(f"profiles: {', '.join(known)}",),
                way_out="Choose one of these, several separated by commas, or all; "
                "`tasksim profiles` says what each stands for.",
            )
    return known if "all" in names else tuple(dict.fromkeys(names))


def _seed(given: _Given) -> int:
    """Return the seed."""
    if not _WHOLE.fullmatch(given.value.strip()):
        raise UsageError(
            f"{given.name} is {given.value!r}, which is no whole number.",
            way_out=f"Write digits: {given.example('7')}.",
        )
    return int(given.value)


def _token(given: _Given) -> Token:
    """Return the plan, and what a token sets besides."""
    try:
        return parse_token_or_plan(given.value)
    except TasksimError as error:
        error.facts = (*error.facts, f"read from {given.name}")
        raise


def _refusal(given: _Given, token: Token) -> UsageError | None:
    """Return the error of a token that sets more than profile and seed, where simulators should heed it."""
    few = Settings(profile=token.settings.profile, seed=token.settings.seed)
    others = [
        name.removesuffix("_ms")
        for name in Settings.__dataclass_fields__
        if getattr(token.settings, name) != getattr(few, name)
    ]
    if not others:
        return None
    rest = ", ".join(f"{name}=..." for name in others)
    kept = render_token(Token(few, token.plan))
    return UsageError(
        f"{given.name} is a token that sets {_listed(others)}, which only a simulator can be given.",
        facts=(given.value,),
        way_out=f"Write {given.example(kept)}\n"
        f"and give the simulator the rest: simulator([...], {rest}).\n"
        "Of scenarios marked with tasksim_check, name the one that it is of: pytest FILE::SCENARIO.",
    )


def _max_faults(given: _Given) -> int:
    """Return up to how many faults scenarios are checked."""
    if not _WHOLE.fullmatch(given.value.strip()) or int(given.value) < 1:
        raise UsageError(
            f"{given.name} is {given.value!r}, which is no whole number from 1 on.",
            way_out=f"Write digits: {given.example('2')}.",
        )
    return int(given.value)


def _listed(words: list[str]) -> str:
    """Return words in a sentence."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _folder(given: _Given, config: pytest.Config) -> Path:
    """Return the folder for traces, made if it is missing.

    On the command line it is relative to where pytest was called, in an ini file to that file.
    """
    base = config.invocation_params.dir
    if given.is_ini and config.inipath is not None:
        base = config.inipath.parent
    folder = Path(os.path.normpath(base / Path(given.value).expanduser()))
    problem = "it cannot be written to"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        is_writable = os.access(folder, os.W_OK | os.X_OK)
    except (OSError, ValueError) as error:
        is_writable = False
        problem = getattr(error, "strerror", None) or str(error)
    if not is_writable or not given.value.strip():
        raise UsageError(
            f"{given.name} is {given.value!r}, which is no folder to write traces to: {problem}.",
            way_out=f"Write {given.example('traces')}, or another folder; it is made if it is missing.",
        )
    return folder


def _header(options: Options, config: pytest.Config) -> str:
    """Return the line for the report's header."""
    parts = []
    if options.profiles:
        parts.append(f"profile{'s' * (len(options.profiles) > 1)} {', '.join(options.profiles)}")
    if options.seed:
        parts.append(f"seed {options.seed}")
    if options.plan is not None:
        parts.append(f"plan {render(options.plan)!r}")
    if options.max_faults is not None:
        parts.append(f"up to {options.max_faults} fault{'s' * (options.max_faults > 1)}")
    if options.trace is not None:
        where = os.path.relpath(options.trace, config.invocation_params.dir)
        parts.append(f"traces of {_FOLLOWED[options.trace_of]} in {where}")
    return f"tasksim: {'; '.join(parts)}" if parts else ""


def _arguments(config: pytest.Config) -> list[str]:
    """Return the options of the command line that decide what happens, as a shell takes them."""
    found = []
    for name in ("profile", "seed", "plan"):
        given = _given(config, name)
        if given is not None and not given.is_ini:
            value = ",".join(given.value) if name == "profile" else given.value
            found.append(given.example(value))
    overridden = config.getoption("override_ini", None) or ()
    found += [f"-o {shlex.quote(text)}" for text in overridden if text.startswith("tasksim_")]
    return found
