"""The program that a machine writes while it runs: the same calls on the public face, to be pasted.

This module promises that nothing is rendered until a program is asked for, and that the text runs alone: in
a fresh process it fails as the machine did. It must not know why the machine failed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tasksim._engine.core import Limits
from tasksim._model.events import FaultFired
from tasksim._model.records import Identity
from tasksim._world.durations import parse_duration, parse_instant, render_duration, render_instant
from tasksim.stateful._places import Imports

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tasksim._simulator.simulator import Simulator

__all__ = ["Call", "Program"]

_DURATIONS = ("budget", "close_limit", "tick")
_DEFAULTS = {
    "profile": "documented",
    "start": "2024-01-01T00:00:00Z",
    "seed": 0,
    "budget": "15m",
    "tick": 0,
    "freeze": True,
    "strict": False,
    "seed_random": True,
}


class Call(NamedTuple):
    """A call that the program makes.

    Attributes:
        function: A path from `sim`, as in `tasks.abort`; or a function that takes `sim` first.
        args: Its arguments; ids of tasks are shown by their names.
        kwargs: Its arguments by name.
        task_id: The task that it returned, to be given a name.
        refused: The name of the error that it raised and that is passed over.
    """

    function: str | Callable[..., object]
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = {}
    task_id: str | None = None
    refused: str | None = None


class Program:
    """What was done so far.

    Args:
        definitions: The definitions, or a function of the simulator that registers them.
        settings: The arguments of the simulator that were given.
        nearby: The module in which the machine was made.

    Attributes:
        calls: The calls, in order.
        faults: The faults that were planned; those that strike stand in the simulator's plan.
    """

    def __init__(self, definitions: Any, settings: Mapping[str, Any], nearby: Sequence[str]) -> None:
        """Begin without calls."""
        self._definitions = definitions
        self._settings = settings
        self._nearby = nearby
        self.calls: list[Call] = []
        self.faults: list[str] = []

    def text(self, sim: Simulator, last: Sequence[str] = ()) -> str:
        """Return the program.

        Args:
            sim: The simulator that the calls were made on.
            last: The lines that follow the calls: what fails.
        """
        writing = _Writing(Imports(self._nearby))
        writing.imports.take("tasksim", "Simulator")
        made = self._making(sim, writing)
        body = [f"{writing.name(self._definitions)}(sim)"] if callable(self._definitions) else []
        for call in self.calls:
            body += writing.call(call)
        body += last
        if any("suppress(" in line for line in body):
            writing.imports.take("contextlib", "suppress")
        if self._settings.get("freeze", True):
            body = [f"with {made} as sim:", *(f"    {line}" for line in body or ["pass"])]
        else:
            body.insert(0, f"sim = {made}")
        missing = [f"# {name} has no name in any file: define it here." for name in writing.missing]
        return "\n".join([*writing.imports.lines(), "", *missing, *body, ""])

    def _making(self, sim: Simulator, writing: _Writing) -> str:
        """Return the expression that makes the simulator."""
        arguments = []
        if not callable(self._definitions):
            arguments.append(f"[{', '.join(map(writing.name, self._definitions))}]")
        given = {**self._settings, "profile": sim.profile, "seed": sim._settings.seed}  # noqa: SLF001 - what was ambient
        for name, value in given.items():
            if value is not None and _DEFAULTS.get(name) != value:
                arguments.append(f"{name}={writing.setting(name, value)}")
        struck = {event.fault for event in sim.trace if isinstance(event, FaultFired)}
        faults = [fault for fault in self.faults if fault in struck]  # others would be out of date
        if faults:
            arguments.append(f"plan={faults!r}")
        return f"Simulator({', '.join(arguments)})"


class _Writing:
    """One program being written.

    Attributes:
        imports: What it imports.
        missing: The names of what cannot be imported.
    """

    def __init__(self, imports: Imports) -> None:
        """Begin."""
        self.imports = imports
        self.missing: dict[str, None] = {}
        self._tasks: dict[str, str] = {}

    def name(self, thing: Any) -> str:
        """Return the name of a thing; one that cannot be imported gets one that says what it is."""
        name = self.imports.name(thing)
        if name is None:
            made = getattr(thing, "id", None) or getattr(thing, "__name__", type(thing).__name__)
            name = made if isinstance(made, str) and made.isidentifier() else "thing"
            self.missing[name] = None
        return name

    def setting(self, name: str, value: Any) -> str:
        """Return a setting as Python writes it."""
        if name in _DURATIONS:
            return repr(render_duration(parse_duration(value, name=name)))
        if name == "start":
            return repr(render_instant(parse_instant(value, name=name)))
        if isinstance(value, Limits | Identity):
            self.imports.take("tasksim", type(value).__name__)
        return self.name(value) if name == "context" else repr(value)

    def call(self, call: Call) -> list[str]:
        """Return the lines of a call."""
        if isinstance(call.function, str):
            function, shown = f"sim.{call.function}", []
        else:
            function, shown = self.name(call.function), ["sim"]
        shown += [self._value(value) for value in call.args]
        shown += [f"{name}={self._value(value)}" for name, value in call.kwargs.items()]
        line = f"{function}({', '.join(shown)})"
        if call.task_id is not None:
            self._tasks[call.task_id] = name = f"task_{len(self._tasks) + 1}"
            return [f"{name} = {line}.id"]
        if call.refused is None:
            return [line]
        if call.refused != "Exception":
            self.imports.take("tasksim.errors", call.refused)
        return [f"with suppress({call.refused}):", f"    {line}"]

    def _value(self, value: Any) -> str:
        """Return a value as Python writes it; the id of a task that has a name by that."""
        return self._tasks.get(value, repr(value)) if isinstance(value, str) else repr(value)
