"""The type of the fixture `simulator`, for those who annotate their tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasksim._engine.core import Limits
    from tasksim._faults.plan import Fault, Plan
    from tasksim._model.records import Identity
    from tasksim._simulator.simulator import Simulator
    from tasksim.typing import Duration, Instant

__all__ = ["SimulatorFactory"]


class SimulatorFactory(Protocol):
    """Makes a simulator that is entered already; takes what `tasksim.Simulator` takes.

    Example:
        >>> from tasksim.pytest_plugin import SimulatorFactory
        >>> def test_runs(simulator: SimulatorFactory) -> None:
        ...     sim = simulator(builtins=True)
        ...     assert sim.run("testingRun", input={"count": 1}).status == "success"
    """

    def __call__(  # noqa: PLR0913 - as Simulator()
        self,
        definitions: Iterable[object] = (),
        *,
        profile: str | None = None,
        start: Instant = "2024-01-01T00:00:00Z",
        seed: int | None = None,
        budget: Duration = "15m",
        close_limit: Duration | None = None,
        tick: Duration = 0,
        plan: str | Plan | Iterable[str | Fault] | None = None,
        on_crash: str | None = None,
        context: object = None,
        identity: Identity | None = None,
        tenant: str = "root",
        freeze: bool = True,
        timezone: str | None = None,
        strict: bool = False,
        seed_random: bool = True,
        builtins: bool = False,
        limits: Limits | None = None,
        trace: bool = True,
    ) -> Simulator:
        """Make a simulator; it is closed when the test is over."""
