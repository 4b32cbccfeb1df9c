"""What is to be copied from a story: the lines that replay a finding and keep it as a test.

This module promises that what it prints works as printed, in a POSIX shell or in Python, also where it goes
over several lines: text is broken only where white space means nothing. It must not know how it is told.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple

from tasksim._explore.kinds import DEFAULT_KINDS
from tasksim._explore.places import place_of
from tasksim._explore.story_words import kinds_of
from tasksim._faults.token import UNSET, Settings
from tasksim._trace.cells import cell_width
from tasksim._world.durations import render_duration, render_instant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasksim._explore.findings import Finding, Report

__all__ = ["Command", "differing_settings", "keep_command", "literal", "replay_command"]

_WRITTEN = "tests/test_regression.py"
_KNOWN_TO_SHELL = {"without"}
"""What `tasksim check` can be told of judging."""
_GOES_ON = " \\"
_PLAIN = re.compile(r"[\w@%+=:,./-]+", re.ASCII)
_SPECIAL = re.compile(r"[\"'$`\\!]")
"""What means something inside double quotes, or is a quote."""


class Command(NamedTuple):
    """A line to be copied.

    Attributes:
        units: What is not broken, as a shell takes it; or the beginning of a call in Python.
        last: What comes last, which may be broken.
        is_python: Whether it is a call in Python.
        otherwise: What is said where it has no room.
    """

    units: tuple[str, ...]
    last: str
    is_python: bool
    otherwise: str

    def lines(self, width: int, indent: str = "  ") -> list[str]:
        """Return it on as many lines as it takes; one that cannot be broken may be wider.

        Args:
            width: Of a line.
            indent: What stands before all but the first.
        """
        if self.is_python:
            return _in_python(self.units[0], self.last, width, indent)
        return _in_shell(self.units, self.last, width, indent)


def replay_command(finding: Finding, report: Report) -> Command:
    """Return what replays a finding: for the shell, or for Python where the target has no place."""
    token = _plain_json(finding.token)
    call = f"replay({report.target.name}, "
    findings = f"report.findings[{_number(finding, report)}]"
    otherwise = f"{call}{findings}.token) in Python; the token has {len(token):,} characters"
    place = place_of(report.target.made_of)
    if place is None:
        return Command((call,), token, is_python=True, otherwise=otherwise)
    units = ("tasksim replay", _quoted(place.shown()), "--timeline")
    return Command(units, token, is_python=False, otherwise=otherwise)


def keep_command(finding: Finding, report: Report) -> Command | None:
    """Return what writes a test that fails as long as the finding is there.

    None for one that is not the first where only Python can write it: what it writes is the first.
    """
    place = place_of(report.target.made_of)
    number = _number(finding, report)
    if place is None or not _KNOWN_TO_SHELL.issuperset(report.judging):
        if number:
            return None
        call = "report.write_test("
        return Command((call,), _WRITTEN, is_python=True, otherwise=f"{call}{literal(_WRITTEN)})")
    settings = differing_settings(finding, report).items()
    units = ["tasksim check", _quoted(place.shown())]
    units += [f"--{name.replace('_', '-')} {_quoted(text)}" for name, text in settings]
    if report.max_faults != 1:
        units.append(f"--max-faults {report.max_faults}")
    kinds = kinds_of(finding.plan)
    if report.kinds or not set(kinds).issubset(DEFAULT_KINDS):
        units.append(f"--kinds {_quoted(','.join(kinds))}")
    without = [*report.judging.get("without", ()), *(each.judge for each in report.findings[:number])]
    if without:
        units.append(f"--without {_quoted(','.join(without))}")
    units.append(f"--write-test {_WRITTEN}")
    given = finding.settings.input
    last = "" if given is UNSET else json.dumps(given, separators=(",", ":"))
    units += ["--input"] if last else []
    return Command(
        tuple(units), last, is_python=False, otherwise=f'report.write_test("{_WRITTEN}") in Python'
    )


def _number(finding: Finding, report: Report) -> int:
    """Return where a finding stands in its report; one that was made from another is taken for the first."""
    return next((at for at, each in enumerate(report.findings) if each is finding), 0)


def differing_settings(finding: Finding, report: Report) -> dict[str, str]:
    """Return the settings that a check does not have by itself, as text."""
    settings, usual = finding.settings, Settings()
    given: dict[str, str] = {}
    preferred = report.target.preferred_profile
    if settings.profile is not None or preferred is not None:
        given["profile"] = settings.profile or "documented"
    if given.get("profile") == preferred:
        given.clear()
    if settings.start_ms != usual.start_ms:
        given["start"] = render_instant(settings.start_ms).replace(".000Z", "Z")
    if settings.seed != usual.seed:
        given["seed"] = str(settings.seed)
    for name in ("budget", "close_limit", "tick"):
        ms = getattr(settings, f"{name}_ms")
        if ms != getattr(usual, f"{name}_ms"):
            given[name] = render_duration(ms)
    if settings.on_crash is not None:
        given["on_crash"] = settings.on_crash
    return given


# --- quoting


def _in_shell(units: Sequence[str], last: str, width: int, indent: str) -> list[str]:
    """Return a command on as many lines as it takes."""
    lines = [units[0]]
    for unit in units[1:]:
        if cell_width(f"{lines[-1]} {unit}{_GOES_ON}") <= width:
            lines[-1] += f" {unit}"
        else:
            lines[-1] += _GOES_ON
            lines.append(indent + unit)
    word = _quoted(last) if last else ""
    if word and cell_width(f"{lines[-1]} {word}") <= width:
        lines[-1] += f" {word}"
    elif word:
        lines[-1] += _GOES_ON
        lines += [indent + part for part in _broken(word, width - len(indent))]
    return lines


def _quoted(text: str) -> str:
    """Return a word as a shell takes it."""
    if _PLAIN.fullmatch(text):
        return text
    if not _SPECIAL.search(text):
        return f'"{text}"'
    return "'" + text.replace("'", "'\\''") + "'"


def _broken(word: str, width: int) -> list[str]:
    """Return a quoted word on several lines; inside single quotes a line break is white space as it is."""
    end = "" if word.startswith("'") else _GOES_ON
    lines = [""]
    for piece in _pieces(word):
        if lines[-1] and cell_width(lines[-1] + piece.rstrip() + end) > width:
            lines[-1] = lines[-1].rstrip() + end
            lines.append("")
        lines[-1] += piece
    return lines


def _pieces(text: str) -> list[str]:
    """Return text in pieces between which white space means nothing: after spaces and commas of JSON."""
    pieces = [""]
    is_text = is_escaped = False
    for at, character in enumerate(text):
        pieces[-1] += character
        if is_escaped:
            is_escaped = False
        elif character == "\\":
            is_escaped = is_text
        elif character == '"' and at:
            is_text = not is_text
        elif character in " ," and not is_text:
            pieces.append("")
    return pieces


def _in_python(before: str, text: str, width: int, indent: str) -> list[str]:
    """Return a call on as many lines as it takes: texts that stand side by side are one in Python."""
    whole = f"{before}{literal(text)})"
    if cell_width(whole) <= width:
        return [whole]
    lines = [""]
    for piece in _pieces(text):
        if lines[-1] and cell_width(f"{indent}{literal(lines[-1] + piece)})") > width:
            lines.append("")
        lines[-1] += piece
    return [
        before.rstrip(),
        *(indent + literal(line) for line in lines[:-1]),
        f"{indent}{literal(lines[-1])})",
    ]


def literal(text: str) -> str:
    """Return text as Python writes it in a file: in double quotes, unless others need fewer escapes."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    inner = "".join(_escaped(character) if character != quote else f"\\{quote}" for character in text)
    return f"{quote}{inner}{quote}"


def _escaped(character: str) -> str:
    """Return a character as it stands in a literal."""
    if character == "\\" or not character.isprintable():
        return character.encode("unicode_escape").decode()
    return character


def _plain_json(token: str) -> str:
    """Return a token in ASCII: what is more stands in JSON text, where it can be escaped."""
    return "".join(one if one.isascii() and one.isprintable() else json.dumps(one)[1:-1] for one in token)
