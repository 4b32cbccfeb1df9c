"""What `tasksim serve` prints: how it is reached, what happens, how it ended.

This module promises that no line holds a token or a control character, and one line for each thing that
happens; a reading that is repeated is shown once, and of a task that goes on and on, fewer and fewer
iterations. It must not know how anything is served.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import tasksim
from tasksim._trace.cells import cell_width, clean, wrapped
from tasksim._world.durations import render_instant
from tasksim.cli.printing import screen_of, user_lines
from tasksim.errors import TasksimError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tasksim.graphql._serving.journal import Entry, Raised, Requested, TaskChanged

__all__ = ["Intro", "JsonLines", "Lines", "Stopped"]

_LABEL = 13
_URL = 35
_CLOCK = slice(11, 19)


class Intro(NamedTuple):
    """What is served, and how it is reached.

    Attributes:
        url: Where, without a slash at the end.
        is_local: Whether only this machine can reach it.
        profile: The profile.
        target: What named the definitions; None for the demo.
        definitions: The ids of those that everybody sees.
        private: The ids of the others.
        statuses: How many tasks there are, by status.
        time: `real`, `virtual` or as in `x60`.
        tick: What a checkpoint takes.
        budget: The time of one iteration.
        is_autojump: Whether polls move time.
        has_control: Whether time can be moved from outside.
        has_token: Whether a token is needed.
        has_read_token: Whether there is one for reading.
        origins: Whose pages may ask besides.
        names_definitions: Whether a definition is named without quotes.
    """

    url: str
    is_local: bool
    profile: str
    target: str | None
    definitions: tuple[str, ...]
    private: tuple[str, ...]
    statuses: Mapping[str, int]
    time: str
    tick: str
    budget: str
    is_autojump: bool
    has_control: bool
    has_token: bool
    has_read_token: bool
    origins: tuple[str, ...]
    names_definitions: bool


class Stopped(NamedTuple):
    """What was under way at the end."""

    running: tuple[str, ...]
    pending: int


class Lines:
    """Prints for people."""

    def __init__(self) -> None:
        """Look at where lines go."""
        self._screen = screen_of(sys.stdout)
        self._last = ""

    def begin(self, intro: Intro) -> None:
        """Print how it is reached."""
        self._print(*_intro_lines(intro, self._screen.width), "")

    def show(self, entry: Entry) -> None:
        """Print what happened."""
        from tasksim.graphql._serving.journal import Raised, Requested  # noqa: PLC0415 - Ariadne is there

        if isinstance(entry, Requested):
            line = _request_line(entry)
            if entry.is_reading and line[8:] == self._last:
                return
            self._last = line[8:] if entry.is_reading else ""
            self._print(line)
            return
        lines = _raised_lines(entry) if isinstance(entry, Raised) else _task_lines(entry)
        if lines:
            self._last = ""
            self._print(*lines)

    def end(self, stopped: Stopped) -> None:
        """Print what was under way."""
        self._print("", *wrapped(_stopped_sentence(stopped), self._screen.width))

    def _print(self, *lines: str) -> None:
        for line in lines:
            sys.stdout.write(f"{clean(line, unicode=self._screen.unicode)}\n")
        sys.stdout.flush()


class JsonLines:
    """Prints for programs: one JSON object a line."""

    def __init__(self) -> None:
        """Print where output goes now; what is printed later may be led elsewhere."""
        self._out = sys.stdout

    def begin(self, intro: Intro) -> None:
        """Print how it is reached."""
        self._print(
            {
                "event": "started",
                "version": tasksim.__version__,
                "graphql": f"{intro.url}/graphql",
                "control": f"{intro.url}/control" if intro.has_control else None,
                "health": f"{intro.url}/health",
                "profile": intro.profile,
                "time": intro.time,
                "definitions": list(intro.definitions),
                "private": list(intro.private),
                "tasks": dict(intro.statuses),
            }
        )

    def show(self, entry: Entry) -> None:
        """Print what happened."""
        from tasksim.graphql._serving.journal import Raised, Requested  # noqa: PLC0415 - Ariadne is there

        found: dict[str, Any] = entry._asdict()
        now_ms = found.pop("now_ms")
        found["at"] = render_instant(now_ms) if now_ms else None
        if isinstance(entry, Raised):
            found = {"event": "raised", **found, "error": _error_text(entry.error)}
        else:
            found = {"event": "request" if isinstance(entry, Requested) else "task", **found}
            found.pop("is_reading", None)
        self._print(found)

    def end(self, stopped: Stopped) -> None:
        """Print what was under way."""
        self._print({"event": "stopped", "running": list(stopped.running), "pending": stopped.pending})

    def _print(self, value: object) -> None:
        self._out.write(f"{json.dumps(value)}\n")
        self._out.flush()


# --- the start


def _intro_lines(intro: Intro, width: int) -> list[str]:
    """Return the start-up screen."""
    served = ["demo definitions", "(yours: tasksim serve FILE.py:DEFINITIONS)"]
    if intro.target is not None:
        served = [f"definitions of {intro.target}"]
    lines = _filled([f"tasksim {tasksim.__version__},", f"profile {intro.profile},", *served], width)
    lines += ["", *_address_lines(intro, width), *_row("Access", _access(intro), width), ""]
    lines += _row("Time", _time(intro), width)
    private = [f" + {len(intro.private)} private"] if intro.private else []
    lines += _row("Definitions", [*(intro.definitions or ["none"]), *private], width)
    lines += [*_row("Tasks", _tasks(intro.statuses), width), "", *_try_lines(intro), ""]
    return [*lines, "Ctrl-C stops; tasks are in memory."]


def _address_lines(intro: Intro, width: int) -> list[str]:
    """Return where what is; notes go to a line of their own where the window is narrow."""
    addresses = [("GraphQL", "/graphql", "explorer in the browser; POST for clients")]
    if intro.has_control:
        addresses.append(("Control", "/control", "advance, run-until-idle, run-next, reset"))
    addresses.append(("Health", "/health", ""))
    lines = []
    for label, path, note in addresses:
        url = f"{intro.url}{path}"
        line = f"  {label:{_LABEL}}{url:{_URL}}  {note}".rstrip()
        lines += [line] if len(line) <= width else [f"  {label:{_LABEL}}{url}", f"  {'':{_LABEL}}{note}"]
    return lines


def _row(label: str, parts: Sequence[str], width: int) -> list[str]:
    found = _filled(parts, max(20, width - _LABEL - 2))
    return [f"  {label if at == 0 else '':{_LABEL}}{line}" for at, line in enumerate(found)]


def _filled(parts: Sequence[str], width: int) -> list[str]:
    """Return parts on lines of that width: one that does not fit begins a line, and is broken only there."""
    lines = [""]
    for part in parts:
        joined = f"{lines[-1]} {part}".strip()
        if cell_width(joined) <= width:
            lines[-1] = joined
        else:
            lines[-1:] = [*filter(None, lines[-1:]), *wrapped(part.strip(), width)]
    return lines


def _access(intro: Intro) -> list[str]:
    if not intro.has_token:
        who = "full, no token (loopback only);"
    elif intro.has_read_token:
        who = "by token, one for everything and one to read;"
    else:
        who = "by token;"
    pages = ", ".join((*(["localhost"] if intro.is_local else []), *intro.origins))
    return [
        who,
        f"browsers from {pages};" if pages else "browsers: its own explorer alone;",
        "worlds by header x-tenant",
    ]


def _time(intro: Intro) -> list[str]:
    said = {"real": "real", "virtual": "virtual: it stands until moved"}.get(
        intro.time, f"{intro.time} real time"
    )
    if intro.is_autojump:
        said = "virtual: each poll moves to the next event"
    others = {"real": ["  (--time virtual | x60, --autojump)"]}.get(intro.time, [])
    return [f"{said};", f"each checkpoint takes {intro.tick},", f"{intro.budget} per iteration", *others]


def _tasks(statuses: Mapping[str, int]) -> list[str]:
    if not statuses:
        return ["none yet"]
    parts = [f"{count:,} {status}" for status, count in statuses.items()]
    parts[0] = f"{sum(statuses.values()):,}: {parts[0]}"
    return [*(f"{part}," for part in parts[:-1]), parts[-1]]


def _try_lines(intro: Intro) -> list[str]:
    """Return a command that does something, as it is to be typed."""
    own = [id for id in intro.definitions if id != "testingRun"] or list(intro.definitions)
    query = "{backgroundTasks{listDefinitions{data{id}}}}"
    if own:
        named = own[0] if intro.names_definitions else rf"\"{own[0]}\""
        query = (
            f"mutation{{backgroundTasks{{triggerTask(definition:{named})"
            "{data{id taskStatus} error{message}}}}"
        )
    address = intro.url.removeprefix("http://")
    token = ['        -H "authorization: Bearer $TASKSIM_TOKEN" \\'] if intro.has_token else []
    return [
        f"Try:  curl -s {address}/graphql -H 'content-type: application/json' \\",
        *token,
        f'        -d \'{{"query":"{query}"}}\'',
    ]


# --- what happens


def _clock(now_ms: int, tenant: str) -> str:
    """Return the time in a world, and whose it is where that must be said."""
    clock = render_instant(now_ms)[_CLOCK] if now_ms else "        "
    return f"{clock}  {f'[{tenant}] ' if tenant not in {'', 'root'} else ''}"


def _request_line(entry: Requested) -> str:
    detail = f"  {entry.detail}" if entry.detail else ""
    return f"{_clock(entry.now_ms, entry.tenant)}{entry.method} {entry.what}  {entry.status}{detail}"


def _task_lines(entry: TaskChanged) -> list[str]:
    """Return a line; of iterations for the first ten, then for each tenth, then for each hundredth."""
    number = entry.change.removeprefix("iteration ")
    if number.isdigit() and int(number) % 10 ** (len(number) - 1):
        return []
    told = f"{entry.task}  {entry.change}  {entry.status}  {entry.detail}"
    return [f"{_clock(entry.now_ms, entry.tenant)}{told}".rstrip()]


def _raised_lines(entry: Raised) -> list[str]:
    head, *more = _error_text(entry.error).split("\n")
    indent = " " * 10
    if not isinstance(entry.error, TasksimError):
        more += user_lines(entry.error.__traceback__)
    return [f"{_clock(entry.now_ms, entry.tenant)}{head}", *(f"{indent}{line}" for line in more)]


def _error_text(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".removesuffix(": ")


def _stopped_sentence(stopped: Stopped) -> str:
    parts = []
    if stopped.running:
        parts.append(f"Running: {', '.join(stopped.running)}.")
    if stopped.pending:
        parts.append(f"Pending: {stopped.pending:,}.")
    return " ".join(["Stopped.", *(parts or ["Nothing was running."]), "Tasks were in memory."])
