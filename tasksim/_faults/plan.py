"""Plans: the faults of one simulation, as values and as text.

This module promises `parse(render(plan)) == plan`, that a plan holds only faults that there can be, and
an order of plans, simplest first. It must not know how a fault strikes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from tasksim._engine.reading import Reader
from tasksim._faults.grammar import Fault, read_fault
from tasksim.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Fault", "Plan", "PlanLike", "as_plan", "parse", "read_plan", "render"]


@dataclass(frozen=True, slots=True)
class Plan:
    """The faults of one simulation, each once, in the order given.

    Made by `parse`, `Plan.of` or `as_plan`, which check the faults; `Plan()` is the empty plan.

    Attributes:
        faults: The faults.

    Example:
        >>> plan = parse("abort@event#2 crash@task.update#3+")
        >>> len(plan), [fault.kind for fault in plan]
        (2, ['abort', 'crash'])
        >>> str(plan)
        'abort@event#2 crash@task.update#3+'
    """

    faults: tuple[Fault, ...] = ()

    @classmethod
    def of(cls, *faults: Fault | str) -> Plan:
        """Return the plan of these faults, or of their texts.

        Raises:
            PlanError: If one cannot be, or stands twice.

        Example:
            >>> render(Plan.of("abort@event#2", "redeliver@2"))
            'abort@event#2 redeliver@2'
        """
        # Faults go through their text, so that there is one place that knows what can be.
        return parse(" ".join(fault if isinstance(fault, str) else fault.render() for fault in faults))

    def __str__(self) -> str:
        """Return it as text, as `Simulator(plan=...)` takes it."""
        return render(self)

    def __iter__(self) -> Iterator[Fault]:
        return iter(self.faults)

    def __len__(self) -> int:
        return len(self.faults)

    def sort_key(self) -> tuple[int, tuple[int, ...], tuple[int, ...], str]:
        """Return what plans are ordered by, simplest first.

        The number of faults; then fault by fault their kinds, from close_to_timeout to crash+ and the
        rest; then fault by fault their positions, for which the `#n` of their checkpoints stand; then
        the text.
        """
        return (
            len(self.faults),
            tuple(fault.rank for fault in self.faults),
            tuple(fault.at.n for fault in self.faults),
            render(self),
        )


PlanLike: TypeAlias = Plan | Fault | str | Iterable[Fault | str] | None
"""What can be given for a plan: text, a `Plan`, a fault, faults or their texts, or None for no fault."""


def parse(text: str) -> Plan:
    """Return the plan that `text` says: faults separated by white space; none is the empty plan.

    Raises:
        PlanError: If it says none; the message points at the character.

    Example:
        >>> parse("delay@event#1=90s").faults[0].value
        90000
    """
    return read_plan(Reader(text))


def render(plan: Plan) -> str:
    """Return the text of a plan, which `parse` reads back.

    Example:
        >>> render(parse("redeliver@event#2   delay@event#1=120s"))
        'redeliver@2 delay@event#1=2m'
    """
    return " ".join(fault.render() for fault in plan)


def as_plan(value: PlanLike) -> Plan:
    """Return the plan that a user gave, in whichever form.

    Raises:
        PlanError: If a text is no plan, or a fault cannot be, or stands twice.
        UsageError: If the value is of another type.
    """
    if value is None:
        return Plan()
    if isinstance(value, Plan):
        return value
    if isinstance(value, str):
        if value.split(maxsplit=1)[:1] == ["v1"]:
            sentence = f"plan is {value!r:.60}, which is a token: settings and a plan."
            way_out = "Pass the faults alone, plan='crash@event#2', or give the token to tasksim run --plan."
            raise UsageError(sentence, way_out=way_out)
        return parse(value)
    given: Any = value  # not everybody runs a type checker
    faults = list(given) if isinstance(given, Iterable) else [given]
    if not all(isinstance(fault, Fault | str) for fault in faults):
        way_out = "Pass text like 'crash@event#2', a Plan, or a list of faults or their texts."
        raise UsageError(f"plan is {value!r}, which is no plan.", way_out=way_out)
    return Plan.of(*faults)


def read_plan(reader: Reader) -> Plan:
    """Read faults up to the end.

    Raises:
        PlanError: If anything else stands there, or a fault twice.
    """
    faults: dict[Fault, None] = {}
    reader.skip_space()
    while not reader.is_at_end:
        start = reader.at
        fault = read_fault(reader)
        if fault in faults:
            raise reader.error(f"{fault.render()!r} stands twice.", at=start, way_out="Leave one out.")
        faults[fault] = None
        reader.skip_space()
    return Plan(tuple(faults))
