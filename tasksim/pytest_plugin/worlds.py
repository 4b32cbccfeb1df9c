"""The simulators of one test: made by its fixtures, ended when it is over.

This module promises that each simulator is left and closed, the last one first, even if another fails to.
It must not know options.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasksim._simulator.ambient import ambient
from tasksim._simulator.simulator import Simulator
from tasksim.errors import TasksimError, UnknownName, UsageError, nearest_phrase
from tasksim.pytest_plugin import WORLDS
from tasksim.pytest_plugin.markers import choices, known_settings, marked_settings, shown
from tasksim.pytest_plugin.refusals import refuse

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

__all__ = ["Worlds"]


class Worlds:
    """Makes simulators for one test: the value of the fixture `simulator`.

    Args:
        item: The test.
        profile: Its profile, if it runs once for each of several.

    Attributes:
        made: The simulators, oldest first.
    """

    def __init__(self, item: pytest.Item, profile: str | None) -> None:
        """Nothing is made yet."""
        self.made: list[Simulator] = []
        self._open: list[Simulator] = []
        self._test = item.nodeid
        self._settings = marked_settings(item)
        self._profile = profile
        # A client's and a server's timeouts are real, whatever time the simulation has.
        self._is_served = "tasksim_server" in getattr(item, "fixturenames", ())
        self._is_over = False
        item.stash.setdefault(WORLDS, []).append(self)

    def __call__(self, definitions: Iterable[object] = (), **settings: Any) -> Simulator:
        """Make and enter a simulator.

        Raises:
            DefinitionError: A definition that cannot be registered.
            UsageError: Any other argument that cannot be used, or the test is over.
        """
        if self._is_over:
            raise UsageError(
                f"simulator() was called after its test was over: {self._test}.",
                way_out="Call it in the test or in a fixture that the test uses, and keep it nowhere else.",
            )
        known = known_settings()
        for name in settings:
            if name not in known:
                raise UsageError(
                    f"simulator() got {name!r}, which is no setting.{nearest_phrase(name, known)}",
                    way_out=choices(known),
                )
        if settings.get("profile") is None:
            settings["profile"] = self._profile
        if self._is_served:
            settings.setdefault("freeze", False)
        made = Simulator(definitions, **settings)
        self.made.append(made)
        made.__enter__()
        self._open.append(made)
        return made

    def __getattr__(self, name: str) -> Any:
        """Refuse what a simulator has: this makes them."""
        if hasattr(Simulator, name):
            raise UnknownName(
                f"The fixture 'simulator' has no {name!r}: it makes simulators, which have.",
                way_out=f"Call it first: sim = simulator([...]), then sim.{name}.",
            )
        message = f"{type(self).__name__!r} object has no attribute {name!r}"
        raise AttributeError(message)

    def make_marked(self) -> Simulator:
        """Make the simulator that the test's markers describe; one that cannot be is shown without frames."""
        try:
            return self(**self._settings)
        except TasksimError as error:
            facts = [f"test: {self._test}"]
            if self._settings:
                facts.append(f"marker: @pytest.mark.tasksim({shown(self._settings)})")
            error.facts = (*error.facts, *facts)
            refuse(error)

    def end(self, *, failed: bool) -> None:
        """Leave each simulator, the last one first.

        Args:
            failed: The test failed already: real time is given back, and nothing is checked.

        Raises:
            pytest.fail.Exception: Planned faults that never fired.
        """
        self._is_over = True
        errors: list[Exception] = []
        while self._open:
            one = self._open.pop()
            try:
                one.__exit__(BaseException if failed else None, None, None)
            except TasksimError as error:
                errors.append(_with_source(one, error))
            except Exception as error:  # noqa: BLE001 - the others must be left, too
                errors.insert(0, error)
        told = [each for each in errors if isinstance(each, TasksimError)]
        if len(told) < len(errors):
            raise errors[0]
        if told:
            refuse(*told)

    def __repr__(self) -> str:
        """Say what it is and what to do with it."""
        return f"<simulator of {self._test}: call it to make a Simulator; {len(self.made)} made>"


def _with_source(one: Simulator, error: TasksimError) -> TasksimError:
    """Return an error that says where the plan of a simulator comes from, if the test did not give it."""
    plan = ambient().plan
    if plan is not None and one._settings.plan is plan:  # noqa: SLF001 - the plan as it was given
        error.facts = (*error.facts, "plan: that of the whole run, --tasksim-plan or tasksim_plan")
    return error
