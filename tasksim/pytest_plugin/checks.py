"""Scenarios that are tests: what the marker `tasksim_check` collects, and how it is shown.

This module promises that whatever has the marker becomes a test or an error of its own, never nothing, and
that a failed check shows its story and no frame. It must not know how a check is called.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import pytest
from _pytest._code.code import ExceptionChainRepr, ReprEntry, ReprFileLocation, ReprTraceback
from _pytest.mark.structures import get_unpacked_marks

from tasksim.errors import CheckFailed, UsageError, nearest_phrase
from tasksim.pytest_plugin import CHECKED, OPTIONS
from tasksim.pytest_plugin.ambience import alone
from tasksim.pytest_plugin.failures import screen_of
from tasksim.pytest_plugin.markers import choices
from tasksim.pytest_plugin.phases import id_of
from tasksim.pytest_plugin.refusals import refuse
from tasksim.pytest_plugin.remembering import keep_failures
from tasksim.pytest_plugin.scenarios import misplaced, problem_of
from tasksim.pytest_plugin.tracebacks import tells_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from _pytest._code.code import TerminalRepr

__all__ = ["Refused", "Scenario", "collect"]


# --- collecting


def collect(collector: pytest.Module | pytest.Class, name: str, marked: Any) -> list[pytest.Item]:
    """Return the tests that something with the marker stands for.

    Args:
        collector: The module or class that it is in.
        name: Its name there.
        marked: It: a function, or what somebody took for one.
    """
    keep_failures(collector.config)
    function = getattr(marked, "__func__", marked)  # of a static method or a class method
    if not inspect.isfunction(function):
        return [Refused.from_parent(collector, name=name, error=misplaced(name, marked))]
    if not getattr(function, "__test__", True):
        return []
    if not hasattr(function, "pytestmark"):  # pytest 8 leaves them at the static method around it
        vars(function)["pytestmark"] = get_unpacked_marks(marked)
    marks = get_unpacked_marks(function)
    is_method = isinstance(collector, pytest.Class) and not isinstance(marked, staticmethod)
    error = problem_of(name, function, marks, is_method=is_method)
    if error is not None:
        return [Refused.from_parent(collector, name=name, error=error, function=function, marks=marks)]
    return list(_scenarios(collector, name, _stand_in(function, marks)))


def _stand_in(function: Callable[..., object], marks: list[pytest.Mark]) -> Callable[[], None]:
    """Return a function that asks pytest for no fixture but the profile, with the markers of a scenario."""

    def scenario() -> None:
        """Stand for it where pytest looks for what a test needs."""

    scenario.__name__, scenario.__module__, scenario.__doc__ = (
        function.__name__,
        function.__module__,
        function.__doc__,
    )
    profile = pytest.mark.usefixtures("_tasksim_profile").mark
    vars(scenario)["pytestmark"] = [*marks, profile]
    return scenario


def _scenarios(
    collector: pytest.Module | pytest.Class, name: str, stand_in: Callable[[], None]
) -> Iterator[Scenario]:
    """Let pytest make the tests of a stand-in, one for each profile, and make ours of them."""
    for made in collector._genfunctions(name, stand_in):  # noqa: SLF001 - as plugins that have tests of their own do
        callspec = getattr(made, "callspec", None)
        yield Scenario.from_parent(
            collector,
            name=made.name,
            callspec=callspec,
            keywords=None if callspec is None else {callspec.id: True},
            fixtureinfo=made._fixtureinfo,  # noqa: SLF001 - as above
            originalname=name,
        )


class Refused(pytest.Item):
    """Something with the marker that is no scenario: a test that fails before it begins, with the way out."""

    def __init__(
        self,
        *,
        error: UsageError,
        function: Callable[..., object] | None = None,
        marks: Iterable[pytest.Mark] = (),
        **parts: Any,
    ) -> None:
        """Keep what is wrong, and the markers that decide whether it is selected."""
        super().__init__(**parts)
        self._error = error
        self._function = function
        self.own_markers.extend(marks)
        self.keywords.update((mark.name, mark) for mark in self.own_markers)

    def setup(self) -> None:
        """Refuse it."""
        self._error.facts = (f"test: {id_of(self)}",)
        refuse(self._error)

    def runtest(self) -> None:
        """Do nothing: it never comes to this."""

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Return where it stands, and what it is called."""
        line = None if self._function is None else self._function.__code__.co_firstlineno - 1
        return self.path, line, self.name


# --- running


class Scenario(pytest.Function):
    """A scenario that is a test: it passes if no judge finds anything."""

    def setup(self) -> None:
        """Refuse arguments that cannot be used; then make the fixtures that are meant for all tests."""
        _check_marker(self)
        super().setup()

    def runtest(self) -> None:
        """Check it, or replay one plan.

        Raises:
            CheckFailed: A judge found something.
            TasksimError: It cannot be checked.
        """
        if CHECKED in self.stash:
            del self.stash[CHECKED]
        from tasksim.pytest_plugin.checking import (  # noqa: PLC0415 - collecting alone needs none
            check_scenario,
            replay_scenario,
        )

        options = self.config.stash.get(OPTIONS, None)
        with alone():
            if options is not None and options.plan is not None:
                replay_scenario(self, options)
            else:
                check_scenario(self, options)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> str | TerminalRepr:  # type: ignore[override]  # as pytest's own
        """Return the text of an error that tells all by itself; of any other what pytest shows."""
        error = excinfo.value
        if self.config.getoption("fulltrace", default=False) or not tells_all(error):
            return super().repr_failure(excinfo)
        path, line, _ = self.reportinfo()
        sentence = str(error).partition("\n")[0]
        place = ReprFileLocation(str(path), (line or 0) + 1, sentence)
        entry = ReprEntry(_story(error, self.config).splitlines(), None, None, None, "value")
        return ExceptionChainRepr([(ReprTraceback([entry], None, "value"), place, None)])


def _check_marker(item: Scenario) -> None:
    """Refuse arguments that `check` does not have.

    Raises:
        pytest.fail.Exception: With the test's name and the way out.
    """
    from tasksim._explore.options import CheckOptions  # noqa: PLC0415 - collecting alone needs none

    known = list(CheckOptions.__annotations__)
    facts = (f"test: {id_of(item)}",)
    for marker in item.own_markers:
        if marker.name != "tasksim_check":
            continue
        if marker.args:
            refuse(
                UsageError(
                    f"The marker tasksim_check got {marker.args[0]!r:.60} without a name.",
                    facts=facts,
                    way_out="Name each argument, as in @pytest.mark.tasksim_check(max_faults=2).",
                )
            )
        for name in marker.kwargs:
            if name not in known:
                sentence = f"The marker tasksim_check has no argument {name!r}.{nearest_phrase(name, known)}"
                refuse(UsageError(sentence, facts=facts, way_out=choices(known)))


def _story(error: BaseException, config: pytest.Config) -> str:
    """Return the text of an error, as wide as the terminal."""
    report = getattr(error, "report", None)
    if isinstance(error, CheckFailed) and report is not None and report.findings:
        return str(report.text(screen_of(config).width))
    return str(error)  # a goal that was not reached, for one, is no finding of a run
