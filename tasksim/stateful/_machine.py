"""The machine: one simulation at a time, and what is done after each step.

This module promises that after each step the service and the model agree, and that whatever fails is followed
by the program that fails likewise. It must not know which steps there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from hypothesis import note
from hypothesis.errors import HypothesisException
from hypothesis.stateful import RuleBasedStateMachine, multiple

from tasksim._simulator.simulator import Simulator
from tasksim.stateful._acting import Actor
from tasksim.stateful._broken import Broken
from tasksim.stateful._case import Cases
from tasksim.stateful._program import Program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

__all__ = ["Made", "TaskMachine", "build"]


class Made(NamedTuple):
    """What a machine is made of.

    Attributes:
        definitions: The definitions, or a function of the simulator that registers them.
        settings: The arguments of the simulator.
        invariants: What holds after each step besides.
        nearby: The name of the module in which the machine was made.
    """

    definitions: Iterable[object] | Callable[[Simulator], object]
    settings: Mapping[str, Any]
    invariants: Sequence[Callable[[Simulator], object]]
    nearby: str


def build(made: Made, **settings: Any) -> Simulator:
    """Return a simulator with the definitions, and without a plan, even where pytest was given one."""
    given = {**made.settings, **settings}
    if not callable(made.definitions):
        return Simulator(made.definitions, plan=[], **given)
    sim = Simulator(plan=[], **given)
    made.definitions(sim)
    return sim


class TaskMachine(RuleBasedStateMachine):
    """Uses the service of a simulator as it likes.

    Attributes:
        sim: The simulation.
    """

    TestCase: Any = Cases()
    made: ClassVar[Made]
    sim: Simulator

    def __init__(self) -> None:
        """Make the simulation, and enter its freeze."""
        super().__init__()
        made = self.made
        self._program = Program(made.definitions, made.settings, (made.nearby,))
        self.sim = build(made)
        self._actor = Actor(self.sim, self._program)
        self._error: Exception | None = None
        self.sim.__enter__()
        try:
            self._finish()
        except BaseException as error:
            self._note_failed(error)
            self.teardown()
            raise

    def teardown(self) -> None:
        """Give real time back; after a failure print the program."""
        self.sim._leave()  # noqa: SLF001 - planned faults that never struck are no error here
        if self._error is not None:
            note(f"As a program:\n\n{self._text(self._error)}")

    def take(self, body: Callable[..., object], drawn: dict[str, Any]) -> Any:
        """Take a step; the tasks that it brought about join the bundle."""
        self._actor.new = []
        try:
            body(self._actor, **drawn)
            self._finish()
        except Exception as error:
            self._note_failed(error)
            raise
        return multiple(*self._actor.new)

    def _note_failed(self, error: BaseException) -> None:
        """Remember a failure; what Hypothesis raises for itself is none."""
        if isinstance(error, Exception) and not isinstance(error, HypothesisException):
            self._error = error

    def _finish(self) -> None:
        """Compare, and test what else must hold."""
        if not self._actor.is_settled:
            self._actor.settle()
        for invariant in self.made.invariants:
            self._actor.test(invariant)

    def _text(self, error: Exception) -> str:
        """Return the program of a failure."""
        return self._program.text(self.sim, error.lines if isinstance(error, Broken) else [])
