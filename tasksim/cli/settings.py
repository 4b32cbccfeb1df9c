"""From options and a token to the settings of one simulation.

This module promises that an option wins over the token's setting, that what is in force can be rendered as a
token again, and that an error names the option. It must not know the simulator.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tasksim._engine.profiles import DEFAULT_PROFILE, load_profile
from tasksim._faults.hosts import parse_on_crash, render_on_crash
from tasksim._faults.token import Token, parse_token_or_plan
from tasksim._world.durations import parse_duration, parse_instant
from tasksim.errors import UsageError

__all__ = ["Options", "decoded", "read_duration", "read_input", "read_whole", "token_of"]

_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_WHOLE = re.compile(r"-?[0-9]{1,100}")
_AROUND = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of `tasksim run` that say what is simulated, as text; None where one was not given."""

    input: str | None = None
    plan: str | None = None
    profile: str | None = None
    start: str | None = None
    seed: str | None = None
    budget: str | None = None
    close_limit: str | None = None
    tick: str | None = None
    on_crash: str | None = None


def token_of(options: Options) -> Token:
    """Return the settings and the plan in force: the token's, over which each given option wins.

    Raises:
        UsageError: An option that cannot be used, or a token that cannot be read (a `PlanError`).
    """
    token = Token() if options.plan is None else parse_token_or_plan(options.plan)
    given: dict[str, Any] = {}
    if options.profile is not None:
        given["profile"] = options.profile
    if options.start is not None:
        given["start_ms"] = _instant(options.start)
    if options.seed is not None:
        given["seed"] = read_whole(options.seed, "--seed")
    for name, allow_zero in (("budget", False), ("close_limit", False), ("tick", True)):
        text: str | None = getattr(options, name)
        if text is not None:
            option = f"--{name.replace('_', '-')}"
            given[f"{name}_ms"] = read_duration(text, option, allow_zero=allow_zero)
    if options.on_crash is not None:
        given["on_crash"] = render_on_crash(parse_on_crash(options.on_crash))
    if options.input is not None:
        given["input"] = read_input(options.input)
    settings = replace(token.settings, **given)
    if settings.profile is not None and load_profile(settings.profile).name == DEFAULT_PROFILE:
        settings = replace(settings, profile=None)
    return replace(token, settings=settings)


def read_whole(text: str, option: str, *, least: int | None = None) -> int:
    """Return the whole number that an option says.

    Raises:
        UsageError: It is none, or smaller than `least`.
    """
    if not _WHOLE.fullmatch(text):
        raise UsageError(
            f"{option} is {text!r}, which is no whole number.", way_out=f"Write digits, as in {option} 7."
        )
    if least is not None and int(text) < least:
        raise UsageError(
            f"{option} is {text}, less than {least}.", way_out=f"Write a whole number from {least} on."
        )
    return int(text)


def _instant(text: str) -> int:
    """Return the milliseconds since 1970 that `--start` says."""
    try:
        return parse_instant(text, name="--start")
    except UsageError as error:
        error.way_out = "Write ISO text with its time zone, like 2024-01-01T00:00:00Z."
        raise


def read_duration(text: str, option: str, *, allow_zero: bool) -> int:
    """Return the milliseconds that an option says; a bare number means seconds.

    Raises:
        UsageError: It is no duration, or zero where that cannot be.
    """
    try:
        duration = f"{text}s" if _NUMBER.fullmatch(text) else text
        return parse_duration(duration, name=option, allow_zero=allow_zero)
    except UsageError as error:
        error.sentence = error.sentence.replace(f"'{text}s'", repr(text))
        error.way_out = "Write a number of seconds, or text like 500ms, 90s, 15m, 1h30m, 2d."
        raise


def read_input(given: str) -> dict[str, Any]:
    """Return a task's input: JSON text that begins with `{`, the path of a file, or `-` for stdin.

    Raises:
        UsageError: It cannot be read, is not JSON (the message points at the place), or is no object.
    """
    if given.lstrip().startswith("{"):
        return _parsed(given, "--input")
    if given == "-":
        return _parsed(decoded(sys.stdin.buffer.read(), "stdin"), "stdin")
    try:
        data = Path(given).read_bytes()
    except (OSError, ValueError) as error:
        _refuse_other_json(given)
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"--input {_short(given)!r} cannot be read: {reason}.",
            way_out="Give a JSON object, as in '{\"ids\": []}', a file that holds one, or - for stdin.",
        ) from None
    return _parsed(decoded(data, given), given)


def _refuse_other_json(given: str) -> None:
    """Refuse JSON that is no object by its own words, where no file has such a name."""
    try:
        value = json.loads(given)
    except (ValueError, RecursionError):
        return
    raise _no_object("--input", value)


def _no_object(where: str, value: object) -> UsageError:
    """Return the error of JSON that is no object."""
    words = {list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return UsageError(
        f"{where} is {words.get(type(value), 'a number')}, not a JSON object: {json.dumps(value):.60}.",
        way_out='Put it in an object, as in {"ids": [...]}.',
    )


def decoded(data: bytes, where: str) -> str:
    """Return UTF-8 text; a byte order mark does not count."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{where} is not UTF-8 in line {line}.", way_out="Save it as UTF-8.") from None


def _parsed(text: str, where: str) -> dict[str, Any]:
    """Return the object that JSON text says; an error shows the line and points at the character."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        line = text.split("\n")[error.lineno - 1].rstrip("\r")
        start = max(0, error.colno - 1 - _AROUND)
        facts = (line[start : start + 2 * _AROUND].replace("\t", " "), f"{'':{error.colno - 1 - start}}^")
        way_out = "Write keys and text in double quotes; in a shell, put single quotes around it all."
        if where != "--input":
            way_out = "Write one JSON object; keys and text stand in double quotes."
        raise UsageError(
            f"{where} is not JSON: {error.msg} in line {error.lineno}, column {error.colno}.",
            facts=facts,
            way_out=way_out,
        ) from None
    except RecursionError:
        raise UsageError(f"{where} is nested too deep.", way_out="Make it flatter.") from None
    if not isinstance(value, dict):
        raise _no_object(where, value)
    return value


def _short(text: str) -> str:
    """Return the beginning of a long text."""
    return text if len(text) <= _AROUND else f"{text[:_AROUND]}..."
