"""Strict tests: one that made a strict simulator and passed is run again from other starts, and compared.

This module promises that a test without a strict simulator runs as pytest runs it, that what a rerun does is
not reported but for what it finds out, and that fixtures of wider scopes are neither ended nor made for it.
It must not know what is compared; that is the business of `strictness`.
"""

from __future__ import annotations

import copy
from contextlib import nullcontext
from typing import TYPE_CHECKING, TypeGuard

import pytest
from _pytest.runner import call_and_report

from tasksim._simulator.ambient import ambient
from tasksim._simulator.strictness.comparing import Told
from tasksim._simulator.strictness.starts import check_starts
from tasksim.errors import NotSimulated
from tasksim.pytest_plugin import COMPARED, FAILED, WORLDS
from tasksim.pytest_plugin.ambience import forget_made, made_in_test, strict_lines
from tasksim.pytest_plugin.phases import fail_report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasksim._simulator.simulator import Simulator

__all__ = ["can_run", "run_and_compare"]

_ENDS = (pytest.exit.Exception, KeyboardInterrupt)


def can_run(item: pytest.Item) -> TypeGuard[pytest.Function]:
    """Return whether a test can be run here: a function, of which pytest does not only show the fixtures."""
    option = item.config.option
    shows = any(getattr(option, name, False) for name in ("setupshow", "setuponly", "setupplan"))
    return isinstance(item, pytest.Function) and not shows


def run_and_compare(item: pytest.Function, nextitem: pytest.Item | None) -> None:
    """Run a test as pytest does; if it is strict and passes, run it again and compare."""
    item.stash[COMPARED] = True
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    _begin(item)
    try:
        _run_phases(item, nextitem)
    finally:
        _forget(item)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)


def _begin(item: pytest.Function) -> None:
    """Give a test that ran already its fixtures' request anew."""
    request: object = item._request  # noqa: SLF001 - as pytest's own runner, and every plugin that reruns
    if not request:
        item._initrequest()  # noqa: SLF001 - as above


def _forget(item: pytest.Function) -> None:
    """Let go of the values of fixtures, as pytest's own runner does."""
    item._request = False  # type: ignore[assignment]  # noqa: SLF001 - as above
    item.funcargs = None  # type: ignore[assignment]


def _run_phases(item: pytest.Function, nextitem: pytest.Item | None) -> None:
    """Run the phases of a test; the report of a call that is compared waits for the comparison."""
    if call_and_report(item, "setup").passed:
        call = call_and_report(item, "call", log=False)
        first = [sim for sim in made_in_test() if strict_lines(sim) is not None]
        if call.passed and first:
            _compare(item, call, first, nextitem)
            return
        item.ihook.pytest_runtest_logreport(report=call)
    if item.session.shouldfail or item.session.shouldstop:
        nextitem = None
    call_and_report(item, "teardown", nextitem=nextitem)


def _compare(
    item: pytest.Function,
    call: pytest.TestReport,
    first: Sequence[Simulator],
    nextitem: pytest.Item | None,
) -> None:
    """End a test, run it again from other starts, and report what that finds as the failure of its call."""
    ended = call_and_report(item, "teardown", log=False, nextitem=_beside(item))
    if ended.passed:
        reruns = _Reruns(item, first)
        finding = reruns.find()
        reruns.put_back()
        if finding is not None:
            fail_report(item, call, finding, first)
    item.ihook.pytest_runtest_logreport(report=call)
    if item.session.shouldfail or item.session.shouldstop:
        nextitem = None
    rest = pytest.CallInfo.from_call(lambda: _end_wider(item, nextitem), "teardown", _ENDS)
    if rest.excinfo is not None:
        report: pytest.TestReport = item.ihook.pytest_runtest_makereport(item=item, call=rest)
        report.tasksim = getattr(ended, "tasksim", None)  # type: ignore[attr-defined]
        item.ihook.pytest_runtest_logreport(report=report)
    if rest.excinfo is None or ended.failed:
        item.ihook.pytest_runtest_logreport(report=ended)


def _end_wider(item: pytest.Function, nextitem: pytest.Item | None) -> None:
    """End the fixtures that the next test does not share.

    Not by the hook: it was called for this test already, and other plugins count on once.
    """
    manager = item.config.pluginmanager.getplugin("capturemanager")
    with nullcontext() if manager is None else manager.item_capture("teardown", item):
        item.session._setupstate.teardown_exact(nextitem)  # noqa: SLF001 - what that hook does


def _beside(item: pytest.Function) -> pytest.Function:
    """Return what stands for a next test that shares everything with this one but its own fixtures."""
    return copy.copy(item)


class _Reruns:
    """The runs of one test after the first."""

    def __init__(self, item: pytest.Function, first: Sequence[Simulator]) -> None:
        """Remember what the first run left, for the others are not to be seen."""
        self._item = item
        self._first = [_told(sim, is_whole=True) for sim in first]
        self._failures: dict[int, str] = {}
        self._sections = len(item._report_sections)  # noqa: SLF001 - what was captured, by phase
        self._properties = list(item.user_properties)

    def find(self) -> NotSimulated | None:
        """Return what the comparison finds."""
        found = check_starts(self._first, self._run)
        if found is None and self._failures:
            self._run(0)  # a fixed date in a test fails elsewhere, and is no finding
            if 0 in self._failures:
                return _unrepeatable(self._item, self._failures[0])
        return found

    def put_back(self) -> None:
        """Leave what the first run left."""
        item = self._item
        del item._report_sections[self._sections :]  # noqa: SLF001 - as above
        item.user_properties[:] = self._properties
        item.stash[FAILED] = False
        forget_made()

    def _run(self, shift_ms: int) -> list[Told]:
        """Run the test again with each start moved; return its simulations beside those of the first run."""
        item = self._item
        settings = ambient()
        settings.shift_ms = shift_ms
        item._initrequest()  # noqa: SLF001 - as above
        try:
            setup = _phase(item, "setup")
            reports = [setup, _phase(item, "call")] if setup.passed else [setup]
            made = [sim for sim in made_in_test() if strict_lines(sim) is not None]
            reports.append(_phase(item, "teardown", nextitem=_beside(item)))
        finally:
            settings.shift_ms = 0
            if WORLDS in item.stash:
                del item.stash[WORLDS]
        failed = next((report for report in reports if not report.passed), None)
        if failed is None:
            # Those of wider fixtures are made once; they come first.
            known = self._first[: max(0, len(self._first) - len(made))]
            return [*known, *(_told(sim, is_whole=True) for sim in made[-len(self._first) :])]
        self._failures[shift_ms] = failed.longreprtext
        return [_told(sim, is_whole=False) for sim in made]


def _phase(item: pytest.Function, when: str, **arguments: object) -> pytest.TestReport:
    """Run one phase of a test, and tell nobody."""
    hook = getattr(item.ihook, f"pytest_runtest_{when}")
    call = pytest.CallInfo.from_call(
        lambda: hook(item=item, **arguments),
        when=when,  # type: ignore[arg-type]  # one of the three
        reraise=_ENDS,
    )
    report: pytest.TestReport = item.ihook.pytest_runtest_makereport(item=item, call=call)
    return report


def _told(sim: Simulator, *, is_whole: bool) -> Told:
    """Return a simulation as it is compared."""
    return Told(sim._engine.events or (), strict_lines(sim), is_whole)  # noqa: SLF001 - of one package


def _unrepeatable(item: pytest.Function, text: str) -> NotSimulated:
    """Return the error of a test that passes once."""
    return NotSimulated(
        f"{item.name!r} passes, and fails when it is run again as it was.",
        facts=(text,),
        way_out="Look for what the first run left behind: in a module, a class, a file, or a fake.",
    )
