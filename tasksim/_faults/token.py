"""Tokens: one line that holds a plan and every setting that differs from its default.

This module promises that `parse_token` and `render_token` are inverse, so that the printed line replays.
It must not know whether a profile exists or settings go together; the simulator checks that.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tasksim._engine.reading import Reader
from tasksim._faults.hosts import parse_on_crash, render_on_crash
from tasksim._faults.plan import Plan, read_plan, render
from tasksim._world.durations import parse_duration, parse_instant, render_duration, render_instant
from tasksim.errors import PlanError, UsageError, nearest_phrase

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasksim.typing import JSON

__all__ = ["UNSET", "Settings", "Token", "Unset", "parse_token", "parse_token_or_plan", "render_token"]

_VERSION = "v1"
_IS_VERSIONED = re.compile(r"\s*v[0-9]")
_NAME = re.compile(r"[^\s=@]+(?==)")
_PROFILE = re.compile(r"[\w.-]+")
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,99}")


class Unset(Enum):
    """The type of `UNSET`."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET
"""No input was given; None is JSON's null."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of a simulation that a token holds.

    Attributes:
        profile: The profile's name; None means `documented`.
        seed: The seed of ids and randomness.
        start_ms: Wall time at the start, in milliseconds since 1970.
        budget_ms: Time of one event.
        close_limit_ms: E8; None means the profile's.
        tick_ms: What each checkpoint costs.
        on_crash: E11, as `render_on_crash` writes it; None means the profile's.
        input: The input of the task that is checked, or `UNSET`.
    """

    profile: str | None = None
    seed: int = 0
    start_ms: int = 1_704_067_200_000  # 2024-01-01T00:00:00Z
    budget_ms: int = 900_000
    close_limit_ms: int | None = None
    tick_ms: int = 0
    on_crash: str | None = None
    input: JSON = field(default=UNSET, hash=False)  # JSON has no hash


@dataclass(frozen=True, slots=True)
class Token:
    """What it takes to see a simulation again.

    Attributes:
        settings: The settings.
        plan: The plan.
    """

    settings: Settings = field(default_factory=Settings)
    plan: Plan = field(default_factory=Plan)


def _json_text(value: JSON) -> str:
    """Return JSON text that keeps the order of keys: a task may go through its input in that order."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class _Setting(NamedTuple):
    """How one setting is written.

    Attributes:
        attribute: Its attribute in `Settings`.
        parse: Text without white space to value, raising `UsageError`; None means JSON.
        render: Value to text.
        example: One value as text, for messages.
    """

    attribute: str
    parse: Callable[[str], Any] | None
    render: Callable[[Any], str]
    example: str


def _parse_profile(text: str) -> str:
    """Return the name of a profile, known or not."""
    if not _PROFILE.fullmatch(text):
        raise UsageError(f"profile is {text!r}, which is no name.")
    return text


def _parse_seed(text: str) -> int:
    """Return a decimal integer of at most 100 digits."""
    if not _INTEGER.fullmatch(text):
        raise UsageError(f"seed is {text!r}, which is no decimal integer.")
    return int(text)


def _canonical_on_crash(text: str) -> str:
    """Return an `on_crash` in its one form."""
    return render_on_crash(parse_on_crash(text))


def _duration(name: str, example: str) -> _Setting:
    """Return how a setting that is a duration is written."""
    return _Setting(f"{name}_ms", lambda text: parse_duration(text, name=name), render_duration, example)


_SETTINGS = {
    "profile": _Setting("profile", _parse_profile, str, "webiny-5"),
    "seed": _Setting("seed", _parse_seed, str, "7"),
    "start": _Setting(
        "start_ms", lambda text: parse_instant(text, name="start"), render_instant, "2024-01-01T00:00:00Z"
    ),
    "budget": _duration("budget", "15m"),
    "close_limit": _duration("close_limit", "60s"),
    "tick": _duration("tick", "1s"),
    "on_crash": _Setting("on_crash", _canonical_on_crash, _canonical_on_crash, "retry(2)"),
    "input": _Setting("input", None, _json_text, '{"ids":["a"]}'),
}
"""Every setting, in the order in which a token is rendered."""


def parse_token(text: str) -> Token:
    """Return what a token says: `v1`, settings in any order, then faults.

    Raises:
        PlanError: If it is no token of this version; the message points at the character.

    Example:
        >>> parse_token('v1 seed=7 input={"at": 1} crash@event#2').settings.input
        {'at': 1}
    """
    reader = Reader(text)
    reader.skip_space()
    _read_version(reader)
    settings = _read_settings(reader)
    return Token(settings, read_plan(reader))


def parse_token_or_plan(text: str) -> Token:
    """Return what a token says, or a plan with the default settings where there is no `v1`.

    Raises:
        PlanError: If it is neither; the message points at the character.
    """
    if _IS_VERSIONED.match(text):
        return parse_token(text)
    return Token(plan=read_plan(Reader(text)))


def render_token(token: Token) -> str:
    """Return the token's line, which `parse_token` reads back.

    Example:
        >>> render_token(Token(Settings(budget_ms=300_000), Plan.of("crash@event#2")))
        'v1 budget=5m crash@event#2'
    """
    parts = [_VERSION]
    defaults = Settings()
    for name, setting in _SETTINGS.items():
        value = getattr(token.settings, setting.attribute)
        if value != getattr(defaults, setting.attribute):
            parts.append(f"{name}={setting.render(value)}")
    if token.plan:
        parts.append(render(token.plan))
    return " ".join(parts)


def _read_version(reader: Reader) -> None:
    """Read `v1`."""
    version = reader.word()
    if version == _VERSION:
        reader.skip(version)
    elif _IS_VERSIONED.match(version):
        way_out = "Replay it with the tasksim that printed it, or check again."
        sentence = f"The token's version is {version!r}; only {_VERSION!r} is known."
        raise reader.error(sentence, way_out=way_out)
    else:
        way_out = f"Put it first: {f'{_VERSION} {version}'.rstrip()!r}."
        raise reader.error(f"A token begins with {_VERSION!r}, not with {version!r}.", way_out=way_out)


def _read_settings(reader: Reader) -> Settings:
    """Read settings, each at most once, up to the first fault or the end."""
    values: dict[str, Any] = {}
    reader.skip_space()
    start = reader.at
    while name := reader.take(_NAME):
        if name not in _SETTINGS:
            sentence = f"There is no setting {name!r}.{nearest_phrase(name, _SETTINGS)}"
            raise reader.error(sentence, at=start, way_out=f"Choose from {', '.join(_SETTINGS)}.")
        setting = _SETTINGS[name]
        if setting.attribute in values:
            raise reader.error(f"{name!r} stands twice.", at=start, way_out="Leave one out.")
        reader.skip("=")
        values[setting.attribute] = _read_value(reader, name, setting)
        reader.expect_gap()
        reader.skip_space()
        start = reader.at
    return Settings(**values)


def _read_value(reader: Reader, name: str, setting: _Setting) -> object:
    """Read the value of a setting."""
    way_out = f"Write it like {f'{name}={setting.example}'!r}."
    if setting.parse is None:
        return reader.take_json(name, way_out=way_out)
    start = reader.at
    try:
        return setting.parse(reader.take_word())
    except PlanError as error:
        raise reader.error(error.sentence, at=start + error.position, way_out=error.way_out) from None
    except UsageError as error:
        raise reader.error(error.sentence, at=start, way_out=way_out) from None
