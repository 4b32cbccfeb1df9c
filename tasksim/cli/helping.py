"""Help that is the same text with every version of typer, with and without rich.

This module promises that help fits the terminal, shows options in their groups and ends with examples. It
must not know what the commands do.
"""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Any

from typer.core import TyperCommand, TyperGroup  # noqa: TID253 - loaded by app, which needs it too

from tasksim.cli.printing import terminal_width

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["PlainCommand", "PlainGroup"]

_WIDEST = 100
_NAMES_WIDTH = 24
_OTHER = "Other"


class PlainCommand(TyperCommand):
    """A command whose help is written here."""

    def get_usage(self, ctx: Any) -> str:
        """Return the usage, which errors show, too."""
        return _usage(self, ctx)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help of one command."""
        formatter.write(_help(self, ctx))


class PlainGroup(TyperGroup):
    """The command line as a whole; its help lists the commands."""

    def get_usage(self, ctx: Any) -> str:
        """Return the usage, which errors show, too."""
        return _usage(self, ctx)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help of the whole."""
        rows = [(name, command.help or "") for name, command in self.commands.items()]
        commands = ("Commands", [(name, help_.partition("\n")[0]) for name, help_ in rows])
        formatter.write(_help(self, ctx, [commands]))


def _help(command: Any, ctx: Any, more: Iterable[tuple[str, list[tuple[str, str]]]] = ()) -> str:
    """Return usage, what the command does, its arguments and options by group, and its epilog."""
    width = min(terminal_width(), _WIDEST)
    groups: dict[str, list[tuple[str, str]]] = {}
    for parameter in command.get_params(ctx):
        if parameter.param_type_name == "argument":
            title, names = "Arguments", _plain_name(parameter)
        else:
            title = getattr(parameter, "rich_help_panel", None) or _OTHER
            names = ", ".join(sorted(parameter.opts, key=len))
            names += "" if parameter.is_flag else f" {parameter.metavar}"
        help_ = "Show this help." if "--help" in parameter.opts else parameter.help or ""
        groups.setdefault(title, []).append((names, help_))
    lines = [_usage(command, ctx), ""]
    for paragraph in (command.help or "").split("\n\n"):
        lines += [*wrap(paragraph, width, initial_indent="  ", subsequent_indent="  "), ""]
    other = groups.pop(_OTHER, [])
    for title, rows in (*more, *groups.items(), (_OTHER, other)):
        lines += [f"{title}:", *_table(rows, width), ""]
    for line in (command.epilog or "").split("\n"):
        lines += [line] if line.startswith("  ") else wrap(line, width) or [""]  # commands are to be copied
    return "\n".join(lines).rstrip() + "\n"


def _usage(command: Any, ctx: Any) -> str:
    """Return the usage; click's own differs from version to version."""
    arguments = [item.metavar for item in command.get_params(ctx) if item.param_type_name == "argument"]
    if isinstance(command, PlainGroup):
        arguments = ["COMMAND [ARGS]..."]
    return f"Usage: {' '.join([ctx.command_path, '[OPTIONS]', *arguments])}"


def _plain_name(argument: Any) -> str:
    """Return an argument's name without the signs of usage."""
    name: str = argument.metavar
    return name.removeprefix("[").removesuffix("...").removesuffix("]")


def _table(rows: list[tuple[str, str]], width: int) -> list[str]:
    """Return names and their help in two columns; a long name has a line of its own."""
    column = min(max(len(names) for names, _ in rows), _NAMES_WIDTH)
    lines: list[str] = []
    for names, help_ in rows:
        text = wrap(help_, width - column - 4)
        if len(names) > column:
            lines.append(f"  {names}")
            lines += [f"  {'':{column}}  {line}" for line in text]
        else:
            lines += [f"  {names if at == 0 else '':{column}}  {line}" for at, line in enumerate(text)]
    return lines
