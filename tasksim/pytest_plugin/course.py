"""The course of a test: what it makes is kept, its failure explains itself, and a strict one is compared.

This module promises that a test that made no simulator runs as it would without it. It is loaded and
registered when the first test uses tasksim, or could.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tasksim.errors import CheckFailed
from tasksim.pytest_plugin import CHECKED, FAILED, OPTIONS, WORLDS
from tasksim.pytest_plugin.ambience import forget_made, held_for_test
from tasksim.pytest_plugin.comparing import explain
from tasksim.pytest_plugin.markers import check_markers, has_check, is_check
from tasksim.pytest_plugin.phases import after_phase, before_report
from tasksim.pytest_plugin.refusals import explain_scope, refuse
from tasksim.pytest_plugin.reruns import can_run, run_and_compare
from tasksim.pytest_plugin.scenarios import no_scenario
from tasksim.pytest_plugin.verdicts import after_check, explain_cause, tell_commands

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["Course"]


class Course:
    """The hooks around each test of one run of pytest."""

    def __init__(self, config: pytest.Config) -> None:
        """Belong to a run."""
        self._config = config

    @pytest.hookimpl(specname="pytest_runtest_protocol", wrapper=True, tryfirst=True)
    def pytest_keep_what_it_makes(self, item: pytest.Item) -> Generator[None, object, object]:
        """Keep the simulators that a test makes, so that they can be shown if it fails; then let go."""
        try:
            with held_for_test(item.config):
                return (yield)
        finally:
            if WORLDS in item.stash:
                del item.stash[WORLDS]

    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        """Run a test, and run it again if it is strict; where another plugin runs tests, that does."""
        if self._has_rival() or not can_run(item):
            return None
        run_and_compare(item, nextitem)
        return True

    def _has_rival(self) -> bool:
        """Return whether another plugin runs tests; pytest's own is called `runner`."""
        return any(
            impl.plugin is not self
            and impl.plugin_name != "runner"
            and not (impl.wrapper or impl.hookwrapper)
            for impl in self._config.hook.pytest_runtest_protocol.get_hookimpls()
        )

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Begin anew, for other plugins run tests again; refuse a marker that cannot mean anything."""
        item.stash[FAILED] = False
        if WORLDS in item.stash:
            del item.stash[WORLDS]
        forget_made()
        if is_check(item):
            return
        if has_check(item):
            refuse(no_scenario(item.name, item.nodeid))
        options = item.config.stash.get(OPTIONS, None)
        if options is not None and options.refusal is not None:
            refuse(options.refusal)
        if item.get_closest_marker("tasksim") is not None:
            check_markers(item)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Let a failure explain itself."""
        error = None if call.excinfo is None else call.excinfo.value
        if isinstance(error, pytest.fail.Exception) and str(error).startswith("ScopeMismatch"):
            explain_scope(error)
        report = yield
        after_phase(item, call, report)
        if call.when == "call" and is_check(item):
            if CHECKED in item.stash:
                after_check(item, item.stash[CHECKED], report)
            elif error is not None:
                explain_cause(error, report)
        elif report.failed and isinstance(error, CheckFailed):
            tell_commands(error, report)
        return report

    @pytest.hookimpl(specname="pytest_runtest_makereport")
    def pytest_cut_traceback(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        """Cut the traceback, once the plugin for unittest has said what failed and before pytest reads it."""
        before_report(call, item.config)

    def pytest_assertrepr_compare(self, op: str, left: object, right: object) -> list[str] | None:
        """Explain a failed comparison of what belongs to a simulation."""
        return explain(op, left, right)
