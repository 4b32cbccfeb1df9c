"""What checks found, from one run of pytest to the next: pytest's cache keeps the tokens of failures.

This module promises that a test which was not checked keeps what is remembered of it, and that of several
processes the one that the user started alone writes. It must not know what a token means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

__all__ = ["Failures", "keep_failures"]

_KEY = "tasksim/failures"
_PLUGIN = "tasksim-failures"


def keep_failures(config: pytest.Config) -> Failures | None:
    """Return the memory of a run, which is kept from the first call on; None if pytest has no cache."""
    if getattr(config, "cache", None) is None:
        return None
    found: Failures | None = config.pluginmanager.getplugin(_PLUGIN)
    if found is None:
        found = Failures(config)
        config.pluginmanager.register(found, _PLUGIN)
    return found


class Failures:
    """The tokens of failures by test, and the hooks that keep them up to date.

    Under pytest-xdist a worker reads them, and what it finds travels with its reports to the process that
    has the cache: as pytest's own memory of failed tests does.
    """

    def __init__(self, config: pytest.Config) -> None:
        """Begin with what is remembered."""
        self._config = config
        self._tokens = self._read()
        self._news: dict[str, list[str]] = {}

    def of(self, test: str) -> list[str]:
        """Return the tokens of a test, the least failure first."""
        return self._news.get(test, self._tokens.get(test, []))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take what a test found from its report."""
        told = getattr(report, "tasksim", None) or {}
        if "found" in told:
            self._news[told["test"]] = list(told["found"])

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write what has changed, beside what another run may have written meanwhile."""
        if hasattr(session.config, "workerinput") or not self._news:
            return
        kept = self._read()
        tokens = {
            test: found for test, found in {**kept, **self._news}.items() if found and self._is_there(test)
        }
        if tokens != kept:
            assert self._config.cache is not None  # noqa: S101 - else there is no memory
            self._config.cache.set(_KEY, dict(sorted(tokens.items())))

    def _read(self) -> dict[str, list[str]]:
        """Return what the cache holds, as far as it has the right form."""
        assert self._config.cache is not None  # noqa: S101 - as above
        kept = self._config.cache.get(_KEY, None)
        if not isinstance(kept, dict):
            return {}
        return {
            test: [token for token in found if isinstance(token, str)]
            for test, found in kept.items()
            if isinstance(found, list)
        }

    def _is_there(self, test: str) -> bool:
        """Return whether the file of a test is still there."""
        return (self._config.rootpath / test.partition("::")[0]).exists()
