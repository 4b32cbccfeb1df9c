"""The commands that look for failures and show them again: their options.

This module promises what `app` does: it declares, and must not do any of the work, which is loaded when a
command runs.
"""

# ruff: noqa: FBT002 - options are arguments with defaults; typer alone calls these functions
from __future__ import annotations

from typing import Annotated

import typer  # noqa: TID253 - loaded by app, which needs it too

from tasksim.cli.guarding import guarded
from tasksim.cli.helping import PlainCommand
from tasksim.cli.options import (
    OUTPUT,
    SEARCH,
    WORLD,
    Budget,
    CloseLimit,
    Input,
    OnCrash,
    Seed,
    Start,
    Tick,
    Traceback,
)

__all__ = ["add_to"]

Target = Annotated[
    str,
    typer.Argument(
        metavar="MODULE_OR_FILE:SCENARIO_OR_DEFINITION",
        help="A scenario, a function whose one parameter is the fresh simulator, in which it "
        "registers and triggers; or a definition, of which one task is triggered. Without a name, the only "
        "scenario in the file, or else its only definition.",
    ),
]
Trace = Annotated[
    str | None,
    typer.Option(
        "--trace",
        metavar="FILE",
        rich_help_panel=OUTPUT,
        help="Write the whole timeline of the run, of a check the failing one, there; as JSON lines if FILE "
        "ends in .jsonl.",
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command(
        "check",
        cls=PlainCommand,
        epilog="""Examples:
  tasksim check publish.py:publishing
  tasksim check publish.py:PublishEntries --input '{"ids": ["a", "b"]}' --profile all
  tasksim check publish.py:publishing --max-faults 2 --kinds crash,redeliver --on-crash 'retry(2)'
  tasksim check publish.py:publishing --write-test tests/test_regression.py

Exit codes: 0 nothing was found, 1 a finding or a target that fails without any fault, 2 usage.""",
    )(_check)
    app.command(
        "replay",
        cls=PlainCommand,
        epilog="""Examples:
  tasksim replay publish.py:publishing 'v1 crash@state.update_input#2'
  tasksim replay publish.py:publishing 'v1 seed=7 abort@event#2' --timeline
  tasksim replay publish.py:publishing v1 --timeline

Exit codes: 0 the run passes, 1 it does not, 2 usage, as a plan whose faults never fire.""",
    )(_replay)


def _check(  # noqa: PLR0913, PLR0917 - the options of a command
    target: Target,
    input_: Input = None,
    max_faults: Annotated[
        str | None,
        typer.Option(
            "--max-faults",
            metavar="N",
            rich_help_panel=SEARCH,
            help="Up to how many faults strike in one run. Default: 1.",
        ),
    ] = None,
    kinds: Annotated[
        str | None,
        typer.Option(
            "--kinds",
            metavar="KIND,...",
            rich_help_panel=SEARCH,
            help="Kinds of faults. Default: close_to_timeout, timeout, crash, crash+, abort, fail, lost_ack, "
            "redeliver, cold. On request: delay=90s, clock=-1h, order, run, fail..",
        ),
    ] = None,
    without: Annotated[
        str | None,
        typer.Option(
            "--without",
            metavar="JUDGE,...",
            rich_help_panel=SEARCH,
            help="Judges that are switched off: resume-equivalence, progress, abort-honoured, stranded, "
            "hooks, bounded-state, liveness, invariants, misuse.",
        ),
    ] = None,
    first: Annotated[
        list[str] | None,
        typer.Option(
            "--first",
            metavar="TOKEN",
            rich_help_panel=SEARCH,
            help="A token or plan to try before all others; may be given several times.",
        ),
    ] = None,
    max_runs: Annotated[
        str | None,
        typer.Option(
            "--max-runs",
            metavar="N",
            rich_help_panel=SEARCH,
            help="Stop after so many runs, and say what was left. Default: 10000.",
        ),
    ] = None,
    max_seconds: Annotated[
        str | None,
        typer.Option(
            "--max-seconds",
            metavar="S",
            rich_help_panel=SEARCH,
            help="Stop after so much real time, and say what was left: seconds, or 5m. Default: never, so "
            "that the same code has the same verdict everywhere.",
        ),
    ] = None,
    require_complete: Annotated[
        bool,
        typer.Option("--require-complete", rich_help_panel=SEARCH, help="Fail if any plan was left."),
    ] = False,
    random: Annotated[
        bool,
        typer.Option(
            "--random",
            rich_help_panel=SEARCH,
            help="Try random plans, where there are too many to try each.",
        ),
    ] = False,
    patience: Annotated[
        str | None,
        typer.Option(
            "--patience",
            metavar="N",
            rich_help_panel=SEARCH,
            help="With --random: stop after so many runs without new behaviour. Default: 500.",
        ),
    ] = None,
    random_seed: Annotated[
        str | None,
        typer.Option(
            "--random-seed",
            metavar="N",
            rich_help_panel=SEARCH,
            help="With --random: makes other plans. Default: 0.",
        ),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(
            "--profile",
            metavar="NAME,...",
            rich_help_panel=WORLD,
            help="Which world is imitated (see: tasksim profiles); with several, or all, each is checked. "
            "Default: documented, or what the definition is made for.",
        ),
    ] = None,
    budget: Budget = None,
    tick: Tick = None,
    close_limit: CloseLimit = None,
    on_crash: OnCrash = None,
    start: Start = None,
    seed: Seed = None,
    json: Annotated[
        bool,
        typer.Option("--json", rich_help_panel=OUTPUT, help="One JSON object on a line for each profile."),
    ] = False,
    width: Annotated[
        str | None,
        typer.Option(
            "--width",
            metavar="N",
            rich_help_panel=OUTPUT,
            help="Columns of the report. Default: the terminal's.",
        ),
    ] = None,
    write_test: Annotated[
        str | None,
        typer.Option(
            "--write-test",
            metavar="FILE",
            rich_help_panel=OUTPUT,
            help="Write a pytest file that fails as long as the least finding is there.",
        ),
    ] = None,
    trace: Trace = None,
    traceback: Traceback = False,
) -> None:
    """Cut a task at every point, in every way, and tell the smallest story in which it breaks.

    What the task prints meanwhile is not shown: it runs thousands of times.
    """

    def body() -> int:
        from tasksim.cli.checking import Show, check_target  # noqa: PLC0415
        from tasksim.cli.searching import Search  # noqa: PLC0415
        from tasksim.cli.settings import Options  # noqa: PLC0415

        options = Options(
            input=input_,
            start=start,
            seed=seed,
            budget=budget,
            close_limit=close_limit,
            tick=tick,
            on_crash=on_crash,
        )
        search = Search(
            max_faults=max_faults,
            kinds=kinds,
            without=without,
            first=tuple(first or ()),
            max_runs=max_runs,
            max_seconds=max_seconds,
            require_complete=require_complete,
            random=random,
            patience=patience,
            random_seed=random_seed,
        )
        show = Show(json=json, width=width, write_test=write_test, trace=trace, traceback=traceback)
        return check_target(target, profile, options, search, show)

    raise typer.Exit(guarded(body, traceback=traceback))


def _replay(  # noqa: PLR0913, PLR0917 - the options of a command
    target: Target,
    token: Annotated[
        str,
        typer.Argument(
            metavar="TOKEN",
            help="A printed token (v1 ...), in quotes, or the faults alone; v1 alone is the uncut run.",
        ),
    ],
    timeline: Annotated[
        bool,
        typer.Option(
            "--timeline", rich_help_panel=OUTPUT, help="Everything that happened, before the verdict."
        ),
    ] = False,
    json: Annotated[
        bool,
        typer.Option(
            "--json", rich_help_panel=OUTPUT, help="One JSON object; with --timeline, every event in it."
        ),
    ] = False,
    trace: Trace = None,
    traceback: Traceback = False,
) -> None:
    """Run a task once, under the settings and faults of a token, and judge it.

    It is compared with the uncut run, which is made as well. What the task prints is not shown.
    """

    def body() -> int:
        from tasksim.cli.replaying import Show, replay_target  # noqa: PLC0415

        show = Show(timeline=timeline, json=json, trace=trace, traceback=traceback)
        return replay_target(target, token, show)

    raise typer.Exit(guarded(body, traceback=traceback))
