"""Random definitions that behave well, for testing tools that take definitions."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, fields
from itertools import compress
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from hypothesis import strategies as st
from pydantic import Field
from typing_extensions import TypedDict

from tasksim._effects.wrapping import effect
from tasksim.errors import UsageError, nearest_phrase
from tasksim.strategies._naming import named

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from tasksim.typing import Controller, JsonObject

__all__ = ["DrawnDefinition", "definitions"]

_UNITS = ("effect", "log", "output", "wait", "sleep", "child")
_HOOKS = ("on_done", "on_error", "on_abort")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


class _Input(TypedDict, total=False):
    """Where a task goes on, or of which unit it is the child."""

    at: Annotated[int, Field(ge=0)]
    unit: Annotated[int, Field(ge=0)]


@effect("work", key="unit")
def _work(unit: str) -> None:
    """Do something to the outside world."""


def _does_nothing() -> None:
    """Be a hook."""


@dataclass(frozen=True, repr=False)
class DrawnDefinition:
    """A definition that works through its units, as `definitions()` draws it.

    Attributes:
        id: The id.
        units: What it does, in order: an `effect` called `work`, a line in the `log`, a key of the `output`,
            a `wait` of a minute, a `sleep` of half a minute, a `child` of the same definition.
        one_an_event: Whether it does one unit an event, and so needs no questions; else it asks before each
            unit whether it was aborted and whether its time runs out, and saves its place after each.
        is_async: Whether `run` is a coroutine.
        hooks: The hooks that it has, which do nothing.

    Raises:
        UsageError: A unit or hook that there is not.

    Example:
        >>> import tasksim
        >>> tasksim.run(DrawnDefinition("copyPages", units=("effect", "wait", "log"))).status
        'success'
    """

    title: ClassVar[str] = "A drawn definition"
    create_input_validation: ClassVar[object] = _Input

    id: str
    units: tuple[str, ...] = ()
    one_an_event: bool = False
    is_async: bool = False
    hooks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for argument, known in (("units", _UNITS), ("hooks", _HOOKS)):
            for name in getattr(self, argument):
                if name not in known:
                    raise UsageError(
                        f"DrawnDefinition() got {name!r:.60} in {argument}.{nearest_phrase(name, known)}",
                        way_out=f"Choose from {', '.join(known)}.",
                    )

    def __repr__(self) -> str:
        given = [
            f"{part.name}={getattr(self, part.name)!r}" for part in fields(self)[1:] if self._differs(part)
        ]
        return f"DrawnDefinition({', '.join([repr(self.id), *given])})"

    def _differs(self, part: Any) -> bool:
        """Tell whether an attribute is not its default."""
        return bool(getattr(self, part.name) != part.default)

    def __getattr__(self, name: str) -> Any:
        """Return a hook, if it has that one."""
        if name in _HOOKS and name in self.hooks:
            return _does_nothing
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def run(self, input: JsonObject, controller: Controller) -> object:
        """Go on with the units."""
        return self._run_async(input, controller) if self.is_async else self._run(input, controller)

    async def _run_async(self, input: JsonObject, controller: Controller) -> object:
        """Go on with the units, after letting others run."""
        await asyncio.sleep(0)
        return self._run(input, controller)

    def _run(self, input: JsonObject, controller: Controller) -> object:
        """Do units until all are done, a wait, or the time runs out."""
        if "unit" in input:
            return self._run_child(input["unit"], controller)
        at = input.get("at", 0)
        while at < len(self.units):
            if not self.one_an_event and controller.runtime.is_aborted():
                return controller.response.aborted()
            if not self.one_an_event and controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at})
            unit = self.units[at]
            self._do(unit, at, controller)
            at += 1
            if unit == "wait":
                return controller.response.continue_({"at": at}, seconds=60)
            if self.one_an_event:
                return controller.response.continue_({"at": at})
            controller.state.update_input({"at": at})
        return controller.response.done("All done.")

    @staticmethod
    def _run_child(unit: int, controller: Controller) -> object:
        """Do what a child does."""
        if controller.runtime.is_aborted():
            return controller.response.aborted()
        _work(f"child {unit}")
        return controller.response.done("Done.", {"unit": unit})

    def _do(self, unit: str, at: int, controller: Controller) -> None:
        """Do one unit."""
        if unit == "effect":
            _work(f"unit {at}")
        elif unit == "log":
            controller.logger.info("Did a unit.", {"unit": at})
        elif unit == "output":
            # All of it, since engines differ in whether an output is merged or replaced.
            controller.state.update_output({**(controller.state.get_output() or {}), f"unit {at}": at})
        elif unit == "sleep":
            time.sleep(30)  # noqa: TID251 - as a task does it: the simulation lets its own time pass
        elif unit == "child":
            known = [child.input.get("unit") for child in controller.task.list_children(self.id)]
            if at not in known:
                controller.task.trigger(self.id, input={"unit": at})


def definitions(*, max_units: int = 5) -> SearchStrategy[DrawnDefinition]:
    """Draw definitions that behave well, for testing what takes definitions: a runner, a report, a fake host.

    Each ends `success` on any input that it accepts, in every profile, and `check` finds nothing in it. Their
    effects are called `work`. Ids may be equal: draw several with
    `st.lists(definitions(), unique_by=lambda each: each.id)`.

    Shrinks to one that does nothing, with the id `a`.

    Args:
        max_units: The most units of work.

    Raises:
        UsageError: It is no whole number from 0 on.

    Example:
        >>> from hypothesis import find
        >>> find(definitions(), lambda drawn: True)
        DrawnDefinition('a')
        >>> find(definitions(), lambda drawn: "child" in drawn.units)
        DrawnDefinition('a', units=('child',))
    """
    if type(max_units) is not int or max_units < 0:
        raise UsageError(
            f"definitions() got max_units={max_units!r:.60}.", way_out="Pass a whole number from 0 on."
        )
    found = st.builds(
        DrawnDefinition,
        id=st.text(_LETTERS, min_size=1, max_size=6),
        units=st.lists(st.sampled_from(_UNITS), max_size=max_units).map(tuple),
        one_an_event=st.booleans(),
        is_async=st.booleans(),
        hooks=st.tuples(*[st.booleans()] * len(_HOOKS)).map(lambda has: tuple(compress(_HOOKS, has))),
    )
    return named(found, "definitions", **({} if max_units == 5 else {"max_units": max_units}))  # noqa: PLR2004
