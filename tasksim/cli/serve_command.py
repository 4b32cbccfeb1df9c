"""The command `serve`: its options.

This module promises what `app` does: it declares, and must not do any of the work, which is loaded when the
command runs.
"""

# ruff: noqa: FBT002 - options are arguments with defaults; typer alone calls these functions
from __future__ import annotations

import os
from typing import Annotated

import typer  # noqa: TID253 - loaded by app, which needs it too

from tasksim.cli.guarding import guarded
from tasksim.cli.helping import PlainCommand
from tasksim.cli.options import OUTPUT, WORLD, Profile, Traceback

__all__ = ["add_to"]

NETWORK = "Network"
ACCESS = "Access"
TIME = "Time"


def add_to(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(
        "serve",
        cls=PlainCommand,
        epilog="""Examples:
  tasksim serve
  tasksim serve shop/tasks.py:DEFINITIONS --profile webiny-6 --port 0
  tasksim serve shop/tasks.py:DEFINITIONS --time virtual --autojump
  tasksim serve --host 0.0.0.0 --token "$TOKEN" --cors https://admin.example

Without FILE:DEFINITIONS a demo is served. Each value of the header x-tenant has a world of its own.
Exit codes: 0 it was stopped, 2 usage.""",
    )(_serve)


def _serve(  # noqa: PLR0913, PLR0917 - the options of a command
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="[MODULE_OR_FILE:DEFINITIONS]",
            help="What can be triggered: a definition, a class or zero-argument factory that makes one, or a "
            "list of them. Default: a demo.",
            show_default=False,
        ),
    ] = None,
    host: Annotated[
        str,
        typer.Option(
            "--host",
            metavar="ADDRESS",
            rich_help_panel=NETWORK,
            help="The address to bind; one that other machines reach needs --token. Default: 127.0.0.1.",
        ),
    ] = "127.0.0.1",
    port: Annotated[
        str,
        typer.Option(
            "--port",
            metavar="N",
            rich_help_panel=NETWORK,
            help="The port; 0 takes a free one. Default: 4000.",
        ),
    ] = "4000",
    cors: Annotated[
        list[str] | None,
        typer.Option(
            "--cors",
            metavar="ORIGIN",
            rich_help_panel=NETWORK,
            help="Let pages of this origin ask, as in http://dev.example:3000, and let this server be called "
            "by its host. Pages of this machine may ask anyhow. May be repeated.",
        ),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            "--token",
            metavar="SECRET",
            rich_help_panel=ACCESS,
            help="Who sends it (Authorization: Bearer SECRET) may do everything, others nothing. Better "
            "given in the environment, as TASKSIM_TOKEN.",
        ),
    ] = None,
    read_token: Annotated[
        str | None,
        typer.Option(
            "--read-token",
            metavar="SECRET",
            rich_help_panel=ACCESS,
            help="Who sends this may read. Or TASKSIM_READ_TOKEN.",
        ),
    ] = None,
    no_control: Annotated[
        bool, typer.Option("--no-control", rich_help_panel=ACCESS, help="Serve no /control.")
    ] = False,
    no_introspection: Annotated[
        bool,
        typer.Option("--no-introspection", rich_help_panel=ACCESS, help="Tell nobody the schema."),
    ] = False,
    sdk_compat: Annotated[
        bool,
        typer.Option(
            "--sdk-compat",
            rich_help_panel=ACCESS,
            help="Know the two type names that the official client sends and the real server lacks.",
        ),
    ] = False,
    time: Annotated[
        str | None,
        typer.Option(
            "--time",
            metavar="real|virtual|xN",
            rich_help_panel=TIME,
            help="How time goes: by itself, only when moved by /control, or N times as fast. Default: real, "
            "with --autojump virtual.",
        ),
    ] = None,
    tick: Annotated[
        str,
        typer.Option(
            "--tick",
            metavar="DURATION",
            rich_help_panel=TIME,
            help="How long each checkpoint of a task takes. Default: 1s.",
        ),
    ] = "1s",
    autojump: Annotated[
        bool,
        typer.Option(
            "--autojump",
            rich_help_panel=TIME,
            help="Virtual time moves to the next event at each query of tasks or logs.",
        ),
    ] = False,
    profile: Profile = None,
    budget: Annotated[
        str,
        typer.Option(
            "--budget", metavar="DURATION", rich_help_panel=WORLD, help="Time of one iteration. Default: 15m."
        ),
    ] = "15m",
    seed_data: Annotated[
        str | None,
        typer.Option(
            "--seed-data",
            metavar="FILE",
            rich_help_panel=WORLD,
            help='Tasks and logs that are there already: {"tasks": [...], "logs": [...]}, or saved answers '
            "of listTasks and listLogs.",
        ),
    ] = None,
    json: Annotated[
        bool,
        typer.Option("--json", rich_help_panel=OUTPUT, help="One JSON object a line, for programs."),
    ] = False,
    traceback: Traceback = False,
) -> None:
    """Serve the GraphQL API, with tasks that really run."""

    def body() -> int:
        from tasksim.cli.serving import Serving, serve  # noqa: PLC0415

        return serve(
            target,
            Serving(
                host=host,
                port=port,
                cors=tuple(cors or ()),
                token=_given(token, "TASKSIM_TOKEN"),
                read_token=_given(read_token, "TASKSIM_READ_TOKEN"),
                has_control=not no_control,
                introspection=not no_introspection,
                sdk_compat=sdk_compat,
                time=time,
                tick=tick,
                autojump=autojump,
                profile=profile,
                budget=budget,
                seed_data=seed_data,
                as_json=json,
            ),
        )

    raise typer.Exit(guarded(body, traceback=traceback))


def _given(option: str | None, variable: str) -> str | None:
    """Return an option, or else what the environment says; not by typer, of which 0.26.0 forgets to look."""
    return option if option is not None else os.environ.get(variable) or None
