"""Tests that run once for each of several profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tasksim.pytest_plugin.markers import fixes_profile, uses_ours

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Profiles"]


class Profiles:
    """The hook that repeats tests; registered only where several profiles are asked for."""

    def __init__(self, profiles: Sequence[str]) -> None:
        """Repeat for each of these."""
        self._profiles = profiles

    @pytest.hookimpl(trylast=True)
    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run a test that uses the fixtures once for each profile, unless it fixes one."""
        names = metafunc.fixturenames
        fixtures = metafunc._arg2fixturedefs  # noqa: SLF001 - pytest says it nowhere else
        if uses_ours(names, fixtures) and not fixes_profile(metafunc.definition):
            if "_tasksim_profile" not in names:
                names.append("_tasksim_profile")
            metafunc.parametrize("_tasksim_profile", self._profiles, indirect=True, ids=self._profiles)
