"""`tasksim profiles`: which worlds can be imitated.

This module promises every profile there is, the default first. It must not know their rules.
"""

from __future__ import annotations

import sys

from tasksim._engine.profiles import DEFAULT_PROFILE, load_profile, profile_names
from tasksim._trace.cells import wrapped
from tasksim.cli.printing import print_json, terminal_width

__all__ = ["print_profiles"]

_COLUMN = 22


def print_profiles(*, as_json: bool) -> None:
    """Print each profile with what it stands for."""
    names = profile_names()
    if as_json:
        print_json(
            [
                {"name": name, "releases": load_profile(name).releases, "default": name == DEFAULT_PROFILE}
                for name in names
            ]
        )
        return
    for name in names:
        title = f"{name} (default)" if name == DEFAULT_PROFILE else name
        for at, line in enumerate(wrapped(load_profile(name).releases, terminal_width() - _COLUMN)):
            sys.stdout.write(f"{'' if at else title:{_COLUMN}}{line}\n")
