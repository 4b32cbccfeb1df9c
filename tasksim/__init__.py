"""tasksim: a deterministic, in-memory simulator and testing toolkit for resumable background tasks.

Every name is loaded when it is first used, so `import tasksim` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tasksim._effects.ledger import Effect as Effect
    from tasksim._effects.ledger import Effects as Effects
    from tasksim._effects.wrapping import effect as effect
    from tasksim._engine.core import Limits as Limits
    from tasksim._engine.plain_jobs import resumable as resumable
    from tasksim._explore.checking import Replayed as Replayed
    from tasksim._explore.checking import check as check
    from tasksim._explore.checking import explore as explore
    from tasksim._explore.checking import replay as replay
    from tasksim._explore.findings import Finding as Finding
    from tasksim._explore.findings import Report as Report
    from tasksim._explore.invariants import always as always
    from tasksim._explore.invariants import sometimes as sometimes
    from tasksim._explore.options import questions as questions
    from tasksim._faults.plan import Fault as Fault
    from tasksim._faults.plan import Plan as Plan
    from tasksim._model.definitions import create_implementation as create_implementation
    from tasksim._model.definitions import create_private_task_definition as create_private_task_definition
    from tasksim._model.definitions import create_task_definition as create_task_definition
    from tasksim._model.definitions import task_definition as task_definition
    from tasksim._model.records import Identity as Identity
    from tasksim._simulator.assertions import assert_aborted as assert_aborted
    from tasksim._simulator.assertions import assert_done as assert_done
    from tasksim._simulator.assertions import assert_failed as assert_failed
    from tasksim._simulator.execution import Execution as Execution
    from tasksim._simulator.execution import Iteration as Iteration
    from tasksim._simulator.simulator import Simulator as Simulator
    from tasksim._simulator.single import run as run
    from tasksim._trace.stream import Trace as Trace
    from tasksim._world.snapshots import Log as Log
    from tasksim._world.snapshots import LogItem as LogItem
    from tasksim._world.snapshots import Task as Task
    from tasksim.errors import BaselineFailed as BaselineFailed
    from tasksim.errors import CheckFailed as CheckFailed
    from tasksim.errors import DefinitionError as DefinitionError
    from tasksim.errors import EffectFailed as EffectFailed
    from tasksim.errors import EngineError as EngineError
    from tasksim.errors import Incomplete as Incomplete
    from tasksim.errors import LimitReached as LimitReached
    from tasksim.errors import NeverHappened as NeverHappened
    from tasksim.errors import NondeterministicScenario as NondeterministicScenario
    from tasksim.errors import NothingChecked as NothingChecked
    from tasksim.errors import NotSimulated as NotSimulated
    from tasksim.errors import StalePlan as StalePlan
    from tasksim.errors import TaskFailed as TaskFailed
    from tasksim.errors import TasksimError as TasksimError
    from tasksim.errors import UsageError as UsageError
    from tasksim.strategies._fuzz import fuzz as fuzz
    from tasksim.typing import Controller as Controller
    from tasksim.typing import TaskDefinition as TaskDefinition
    from tasksim.typing import TaskService as TaskService

_HOMES = {
    "_effects.ledger": ("Effect", "Effects"),
    "_effects.wrapping": ("effect",),
    "_engine.core": ("Limits",),
    "_engine.plain_jobs": ("resumable",),
    "_explore.checking": ("Replayed", "check", "explore", "replay"),
    "_explore.findings": ("Finding", "Report"),
    "_explore.invariants": ("always", "sometimes"),
    "_explore.options": ("questions",),
    "_faults.plan": ("Fault", "Plan"),
    "_model.definitions": (
        "create_implementation",
        "create_private_task_definition",
        "create_task_definition",
        "task_definition",
    ),
    "_model.records": ("Identity",),
    "_simulator.assertions": ("assert_aborted", "assert_done", "assert_failed"),
    "_simulator.execution": ("Execution", "Iteration"),
    "_simulator.simulator": ("Simulator",),
    "_simulator.single": ("run",),
    "_trace.stream": ("Trace",),
    "_world.snapshots": ("Log", "LogItem", "Task"),
    "errors": (
        "BaselineFailed",
        "CheckFailed",
        "DefinitionError",
        "EffectFailed",
        "EngineError",
        "Incomplete",
        "LimitReached",
        "NeverHappened",
        "NondeterministicScenario",
        "NotSimulated",
        "NothingChecked",
        "StalePlan",
        "TaskFailed",
        "TasksimError",
        "UsageError",
    ),
    "strategies._fuzz": ("fuzz",),
    "typing": ("Controller", "TaskDefinition", "TaskService"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME_OF)  # noqa: PLE0605 - the names above, in one place


def __getattr__(name: str) -> object:
    """Load an exported name from its home (PEP 562)."""
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415

        return version("tasksim")
    home = _HOME_OF.get(name)
    if home is None:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value
