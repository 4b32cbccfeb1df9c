"""One definition, one call: `tasksim.run`."""

from __future__ import annotations

import inspect
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tasksim._engine.jobs import PlainJob
from tasksim._simulator.ambient import ambient, made, use
from tasksim._simulator.simulator import Simulator
from tasksim.errors import UsageError, nearest_phrase

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasksim._simulator.execution import Execution
    from tasksim.typing import JsonObject

__all__ = ["run"]


def run(definition: Any, *, input: JsonObject | None = None, **options: Any) -> Execution:
    """Run one definition in a world of its own and return its execution.

    Args:
        definition: As for `Simulator([...])`.
        input: The trigger's input; `name` and `delay` are taken as well.
        options: The settings of `Simulator`. With `strict=True` a class, or a function that makes an
            instance, is run again from another start. A job made by `resumable` runs in profile
            `generic`, unless another is given here or was asked for on pytest's command line.

    Raises:
        StalePlan: A planned fault never fired.
        NotSimulated: Strict mode found what the simulation cannot see or repeat.

    Example:
        >>> import tasksim
        >>> @tasksim.task_definition(id="addUp", title="Add up")
        ... def add_up(input, controller):
        ...     return controller.response.done(output={"sum": sum(input["numbers"])})
        >>> tasksim.run(add_up, input={"numbers": [1, 2, 3]}).output
        {'sum': 6}
    """
    trigger: dict[str, Any] = {name: options.pop(name) for name in ("name", "delay") if name in options}
    settings = inspect.signature(Simulator).parameters
    known = [name for name in settings if name != "definitions" and not name.startswith("_")]
    for option in options:
        if option not in known:
            raise UsageError(
                f"run() got {option!r}, which is no setting.{nearest_phrase(option, known)}",
                way_out=f"Choose from name, delay, {', '.join(known)}.",
            )
    if options.get("profile") is None and ambient().profile is None and isinstance(definition, PlainJob):
        options["profile"] = definition.preferred_profile
    execution, sim, is_factory = _run(definition, input, trigger, options)
    if options.get("strict") and is_factory:
        _compare_starts(sim, lambda: _run(definition, input, trigger, options)[1])
    return execution


def _run(
    definition: Any, input: JsonObject | None, trigger: dict[str, Any], options: dict[str, Any]
) -> tuple[Execution, Simulator, bool]:
    """Run it; say whether it can be run again, on a fresh instance."""
    sim = Simulator(**options)
    registered = sim._register(definition)  # noqa: SLF001 - of one package
    with sim:
        return sim.run(registered.id, input=input, **trigger), sim, registered.is_factory


def _compare_starts(sim: Simulator, again: Callable[[], Simulator]) -> None:
    """Run it again from other starts; what depends on real time is a finding."""
    from tasksim._simulator.strictness.comparing import Told  # noqa: PLC0415 - for whoever is strict
    from tasksim._simulator.strictness.starts import check_starts  # noqa: PLC0415

    def told(one: Simulator) -> Told:
        return Told(one._engine.events or (), one._lines)  # noqa: SLF001 - of one package

    def rerun(shift_ms: int) -> list[Told]:
        before = use(replace(ambient(), shift_ms=shift_ms, held=deque(), seen=deque()))
        try:
            return [told(again())]
        except Exception:  # noqa: BLE001 - another end of the simulation is what is looked for
            return [told(one)._replace(is_whole=False) for one in made()[-1:]]
        finally:
            use(before)

    found = check_starts([told(sim)], rerun)
    sim._lines = None  # noqa: SLF001 - it was compared, and nobody else need do it
    if found is not None:
        raise found
