"""Options that several commands have, each with one help text.

This module promises that an option means the same wherever it stands. It must not know any command.
"""

from __future__ import annotations

from typing import Annotated

import typer  # noqa: TID253 - loaded by app, which needs it too

__all__ = [
    "OUTPUT",
    "SEARCH",
    "TASK",
    "WORLD",
    "Budget",
    "CloseLimit",
    "Input",
    "OnCrash",
    "Profile",
    "Seed",
    "Start",
    "Tick",
    "Traceback",
]

WORLD, OUTPUT, TASK, SEARCH = "The world", "What is printed", "The task", "What is tried"

Traceback = Annotated[
    bool, typer.Option("--traceback", help="Print every frame of an error.", rich_help_panel=OUTPUT)
]
Input = Annotated[
    str | None,
    typer.Option(
        "--input",
        metavar="FILE|JSON",
        rich_help_panel=TASK,
        help="The task's input: a JSON object, a file that holds one, or - for stdin.",
    ),
]
Budget = Annotated[
    str | None,
    typer.Option(
        "--budget",
        metavar="DURATION",
        rich_help_panel=WORLD,
        help="Time of one iteration: 90s, 15m, 1h30m; a number means seconds. Default: 15m.",
    ),
]
Tick = Annotated[
    str | None,
    typer.Option(
        "--tick",
        metavar="DURATION",
        rich_help_panel=WORLD,
        help="What each touch of the world costs. Default: 0s, so no budget is ever used up.",
    ),
]
CloseLimit = Annotated[
    str | None,
    typer.Option(
        "--close-limit",
        metavar="DURATION",
        rich_help_panel=WORLD,
        help="When an iteration is close to its timeout. Default: the profile's.",
    ),
]
OnCrash = Annotated[
    str | None,
    typer.Option(
        "--on-crash",
        metavar="POLICY",
        rich_help_panel=WORLD,
        help="What the host does after a crash: strand, retry(2), redeliver(15m). Default: the profile's.",
    ),
]
Profile = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="NAME",
        rich_help_panel=WORLD,
        help="Which world is imitated (see: tasksim profiles). Default: documented.",
    ),
]
Start = Annotated[
    str | None,
    typer.Option(
        "--start",
        metavar="TIME",
        rich_help_panel=WORLD,
        help="Wall time at the beginning. Default: 2024-01-01T00:00:00Z.",
    ),
]
Seed = Annotated[
    str | None,
    typer.Option("--seed", metavar="N", rich_help_panel=WORLD, help="Makes other ids. Default: 0."),
]
