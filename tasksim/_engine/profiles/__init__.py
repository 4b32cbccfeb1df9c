"""Profiles: which world is imitated. A folder each; adding a profile means adding a folder.

The folder's package holds `PROFILE`; its name is the folder's with hyphens.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from tasksim.errors import UsageError, nearest_phrase

if TYPE_CHECKING:
    from tasksim._engine.profiles.rules import Profile

__all__ = ["DEFAULT_PROFILE", "load_profile", "profile_names"]

DEFAULT_PROFILE = "documented"


@cache
def profile_names() -> tuple[str, ...]:
    """Return the names of all profiles, the default first."""
    names = [module.name.replace("_", "-") for module in iter_modules(__path__) if module.ispkg]
    return (DEFAULT_PROFILE, *sorted(name for name in names if name != DEFAULT_PROFILE))


@cache
def load_profile(name: str) -> Profile:
    """Return a profile by name; an unknown one is a `UsageError` with the nearest name."""
    if name not in profile_names():
        raise UsageError(
            f"There is no profile {name!r}.{nearest_phrase(name, profile_names())}",
            facts=(f"profiles: {', '.join(profile_names())}",),
            way_out="Choose one of these; `tasksim profiles` says what each stands for.",
        )
    module = import_module(f"{__name__}.{name.replace('-', '_')}")
    profile: Profile = module.PROFILE
    return profile
