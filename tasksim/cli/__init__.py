"""The command `tasksim`: what the layers below can do, for people at a terminal and for scripts.

This layer promises exit codes that can be relied on (0 held, 1 a finding or a task that did not succeed,
2 a command that cannot mean anything), no traceback unless asked for, and plain text where the output is no
terminal. Nothing below knows of it. What a command needs is imported when that command runs.
"""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line; this is the console script, and `python -m tasksim`."""
    try:
        from tasksim.cli.app import app  # noqa: PLC0415 - typer may be missing
    except ModuleNotFoundError as error:
        if (error.name or "tasksim").partition(".")[0] == "tasksim":
            raise
        from tasksim.errors import MissingExtra  # noqa: PLC0415 - rarely needed

        sys.stderr.write(f"{MissingExtra('The command line', 'cli')}\n")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        sys.exit(130)
    app(prog_name="tasksim")
