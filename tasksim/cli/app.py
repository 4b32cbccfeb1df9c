"""The commands: their options, and what leaves the process.

This module promises that every error is text on stderr with an exit code, and a traceback only where it was
asked for. It must not do any of the work: that is loaded when a command runs.
"""

# ruff: noqa: FBT002 - options are arguments with defaults; typer alone calls these functions
from __future__ import annotations

from typing import Annotated

import typer  # noqa: TID253 - `main` loads this module, and says what to install where typer is missing

from tasksim.cli import check_commands, serve_command
from tasksim.cli.guarding import guarded
from tasksim.cli.helping import PlainCommand, PlainGroup
from tasksim.cli.options import (
    OUTPUT,
    TASK,
    WORLD,
    Budget,
    CloseLimit,
    Input,
    OnCrash,
    Profile,
    Seed,
    Start,
    Tick,
    Traceback,
)

__all__ = ["app"]

app: typer.Typer = typer.Typer(
    name="tasksim",
    cls=PlainGroup,
    help="Run sliced background tasks in memory, under a virtual clock, the same way every time.",
    epilog="""Examples:
  tasksim run publish.py:PublishEntries --input '{"ids": ["a", "b"]}' --timeline
  tasksim check publish.py:publishing
  tasksim replay publish.py:publishing 'v1 crash@state.update_input#2' --timeline
  tasksim conform fixtures/conformance/engine-* --profile webiny-5
  tasksim serve

Exit codes: 0 all held, 1 a finding or a task that did not succeed, 2 usage.""",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def _tasksim(
    ctx: typer.Context,
    version: Annotated[bool, typer.Option("--version", is_eager=True, help="Print the version.")] = False,
) -> None:
    """Answer what is asked without any command."""
    if version:
        import tasksim  # noqa: PLC0415 - rarely needed

        typer.echo(f"tasksim {tasksim.__version__}")
        raise typer.Exit(0)
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())
        raise typer.Exit(2)


@app.command(
    "run",
    cls=PlainCommand,
    epilog="""Examples:
  tasksim run publish.py:PublishEntries --input '{"ids": ["a", "b"]}'
  tasksim run publish.py:PublishEntries --input ids.json --budget 5m --tick 10s --timeline
  tasksim run shop.tasks:DEFINITIONS --plan 'v1 seed=7 crash@state.update_input#2'

Exit codes: 0 the task succeeded, 1 it did not, 2 usage.""",
)
def _run(  # noqa: PLR0913, PLR0917 - the options of a command
    target: Annotated[
        str,
        typer.Argument(
            metavar="MODULE_OR_FILE:DEFINITION",
            help="What to run: an instance, a class, a zero-argument factory, what a create_ function "
            "makes, or a list, whose first is run and whose others are there for it. Without "
            ":DEFINITION, the only one in the file.",
        ),
    ],
    input_: Input = None,
    plan: Annotated[
        str | None,
        typer.Option(
            "--plan",
            metavar="TOKEN",
            rich_help_panel=TASK,
            help="A printed token (v1 ...), or the faults alone. Options that are given win over the "
            "token's settings.",
        ),
    ] = None,
    profile: Profile = None,
    budget: Budget = None,
    tick: Tick = None,
    close_limit: CloseLimit = None,
    on_crash: OnCrash = None,
    start: Start = None,
    seed: Seed = None,
    timeline: Annotated[
        bool,
        typer.Option(
            "--timeline", rich_help_panel=OUTPUT, help="Everything that happened, instead of a summary."
        ),
    ] = False,
    json: Annotated[
        bool,
        typer.Option(
            "--json", rich_help_panel=OUTPUT, help="One JSON object; with --timeline, every event in it."
        ),
    ] = False,
    traceback: Traceback = False,
) -> None:
    """Run a task in memory to its end, and say how it went."""

    def body() -> int:
        from tasksim.cli.running import Show, run_definition  # noqa: PLC0415
        from tasksim.cli.settings import Options  # noqa: PLC0415

        options = Options(
            input=input_,
            plan=plan,
            profile=profile,
            start=start,
            seed=seed,
            budget=budget,
            close_limit=close_limit,
            tick=tick,
            on_crash=on_crash,
        )
        return run_definition(target, options, Show(timeline=timeline, json=json, traceback=traceback))

    raise typer.Exit(guarded(body, traceback=traceback))


check_commands.add_to(app)
serve_command.add_to(app)


@app.command(
    "conform",
    cls=PlainCommand,
    epilog="""Examples:
  tasksim conform fixtures/conformance/engine-* --profile webiny-5
  xzcat rows.jsonl.xz | tasksim conform --json

Exit codes: 0 every row matches, 1 one does not, 2 usage or rows that cannot be read.""",
)
def _conform(
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILES]...", help="Rows as .jsonl or .jsonl.xz; none or - for stdin."),
    ] = None,
    profile: Annotated[
        str,
        typer.Option(
            "--profile",
            metavar="NAME",
            rich_help_panel=WORLD,
            help="Which profile is measured. Default: webiny-5, of which the recordings are.",
        ),
    ] = "webiny-5",
    json: Annotated[
        bool,
        typer.Option(
            "--json", rich_help_panel=OUTPUT, help="A JSON object for each mismatch, the counts last."
        ),
    ] = False,
    traceback: Traceback = False,
) -> None:
    """Replay recordings of the real engine, and name the first difference of each."""

    def body() -> int:
        from tasksim.cli.conforming import conform  # noqa: PLC0415

        return conform(files or [], profile, as_json=json, traceback=traceback)

    raise typer.Exit(guarded(body, traceback=traceback))


@app.command("profiles", cls=PlainCommand)
def _profiles(
    json: Annotated[bool, typer.Option("--json", rich_help_panel=OUTPUT, help="One JSON list.")] = False,
) -> None:
    """List the worlds that can be imitated."""

    def body() -> int:
        from tasksim.cli.profiles import print_profiles  # noqa: PLC0415

        print_profiles(as_json=json)
        return 0

    raise typer.Exit(guarded(body, traceback=False))
