"""What can be a scenario: a function of one parameter. What else has the marker is told what to write.

This module promises one sentence, the place and a way out for each misuse. It must not know pytest's items.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from tasksim.errors import UsageError
from tasksim.pytest_plugin.markers import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

__all__ = ["misplaced", "no_scenario", "problem_of"]

_BY_PLACE = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_COLLECTING = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def misplaced(name: str, marked: object) -> UsageError:
    """Return the error of a marker that stands at something else than a function.

    Args:
        name: Its name in the module or class.
        marked: What has the marker; if that is called `pytestmark`, a module or class has it.
    """
    if name == "pytestmark":
        return UsageError(
            "The marker tasksim_check stands at a whole module or class, and makes one function a test.",
            way_out="Put it on each scenario; what they share has to be said once:\n"
            "    checked = pytest.mark.tasksim_check(max_faults=2)\n\n"
            "    @checked\n"
            "    def publishing(sim): ...",
        )
    if isinstance(marked, type) and not hasattr(marked, "run"):
        return UsageError(
            f"The marker tasksim_check stands at the class {name!r}, and makes one function a test.",
            way_out="Put it on the scenarios in it: def publishing(self, sim): ...",
        )
    what = f"the class {name!r}" if isinstance(marked, type) else f"{name!r}, which is no function"
    return UsageError(
        f"The marker tasksim_check stands at {what}.",
        way_out="Put it on a scenario, which registers the definition and triggers it:\n"
        "    @pytest.mark.tasksim_check\n"
        "    def publishing(sim):\n"
        "        sim.register(...)\n"
        "        sim.tasks.trigger(...)",
    )


def no_scenario(name: str, test: str) -> UsageError:
    """Return the error of a test that has the marker and was collected by somebody else.

    Args:
        name: Its name.
        test: Its id.
    """
    return UsageError(
        f"The marker tasksim_check makes nothing of {name!r}, which is a test already.",
        facts=(f"test: {test}",),
        way_out="Put it on a function of a module or of a Test class, not of a unittest.TestCase,\n"
        "and write it there: not in pytest.param(), and not by add_marker().",
    )


def problem_of(
    name: str, function: Any, marks: Sequence[pytest.Mark], *, is_method: bool
) -> UsageError | None:
    """Return the error of a function that cannot be a scenario, or None.

    Args:
        name: Its name.
        function: The function.
        marks: Its markers.
        is_method: Whether its first parameter is bound.
    """
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        return UsageError(
            f"The scenario {name!r} is async; it is called by no event loop.",
            way_out=f"Write def {name}(sim): it only registers and triggers. Its tasks may be async.",
        )
    if inspect.isgeneratorfunction(function):
        return UsageError(
            f"The scenario {name!r} has a yield, and nothing would run it.",
            way_out="Drop the yield: a scenario registers and triggers, and leaves nothing to put away.",
        )
    if getattr(function, "is_hypothesis_test", False):
        return UsageError(
            f"Hypothesis would run {name!r} many times in one world; a check makes a fresh one for each run.",
            way_out="Take @given off, or put it on a test that calls check(lambda sim: ...).",
        )
    for mark in marks:
        if mark.name == "parametrize":
            return _parametrised(name, str(mark.args[0]) if mark.args else "...")
        if mark.name == "tasksim":
            return UsageError(
                f"{name!r} has the marker tasksim, which configures the fixture 'sim'; a check makes its own "
                "simulators.",
                way_out="Give its arguments to the other: "
                f"@pytest.mark.tasksim_check({shown(dict(mark.kwargs))}).",
            )
    return _problem_of_parameters(name, function, is_method=is_method)


def _parametrised(name: str, parameters: str) -> UsageError:
    """Return the error of a scenario that has parameters of pytest's."""
    return UsageError(
        f"The scenario {name!r} is parametrised by {parameters!r}; its only parameter is the simulator.",
        way_out="Parametrise a test that calls check():\n"
        f"    @pytest.mark.parametrize({parameters!r}, [...])\n"
        f"    def test_{name}({parameters}):\n"
        f"        check(lambda sim: {name}(sim, {parameters}))",
    )


def _problem_of_parameters(name: str, function: Any, *, is_method: bool) -> UsageError | None:
    """Return the error of a scenario that takes anything but the simulator."""
    parameters = list(inspect.signature(function).parameters.values())[is_method:]
    needed = [each for each in parameters if each.default is each.empty and each.kind not in _COLLECTING]
    self = "self, " if is_method else ""
    if not needed:
        return UsageError(
            f"The scenario {name!r} takes no simulator.",
            way_out=f"Write def {name}({self}sim): ..., and register and trigger in that.",
        )
    names = [each.name for each in needed]
    first = "sim" if "sim" in names else names[0]
    if len(needed) == 1:
        return None if needed[0].kind in _BY_PLACE else _by_keyword(name, f"{self}{first}")
    others = ", ".join(other for other in names if other != first)
    return UsageError(
        f"The scenario {name!r} takes {', '.join(names)}; it runs many times, each time given a fresh "
        "simulator and nothing else.",
        way_out=f"Make {others} in the scenario, anew for each run: def {name}({self}{first}): ...\n"
        "A fixture is made once; a test that needs one can call check(scenario) itself.",
    )


def _by_keyword(name: str, parameters: str) -> UsageError:
    """Return the error of a simulator that goes by keyword alone."""
    return UsageError(
        f"The scenario {name!r} takes the simulator by keyword, and is given it by place.",
        way_out=f"Leave the star out: def {name}({parameters}): ...",
    )
