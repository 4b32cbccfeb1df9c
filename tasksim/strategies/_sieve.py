"""The sieve: lets only those inputs through that a trigger accepts, and counts why others are refused.

A schema does not say what validators demand. This module promises an error that names the validator where
nearly everything is refused, instead of a search without an end. It must not know how inputs are drawn.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from hypothesis.errors import FailedHealthCheck

from tasksim._world.strict_json import canonical_json, checked_copy
from tasksim.errors import UsageError

if TYPE_CHECKING:
    from tasksim.strategies._declared import Declared
    from tasksim.typing import JsonObject

__all__ = ["TRIES", "CannotDraw", "Sieve"]

TRIES = 20
"""How often one draw tries again."""

_ENOUGH = 300  # refusals; Hypothesis itself gives up after fifty draws without any, less clearly
_ONE_IN = 100


class CannotDraw(UsageError, FailedHealthCheck):
    """Hardly anything that is drawn can be used. As a failed health check it ends the test, unshrunk."""


class Sieve:
    """Asks the validator of a definition for each input that was drawn.

    Args:
        declared: The definition.
        call: What draws, for messages.
    """

    def __init__(self, declared: Declared, call: str) -> None:
        """Nothing was drawn."""
        self._declared = declared
        self._call = call
        self._accepted = 0
        self._refused = 0
        self._reasons: Counter[str] = Counter()
        self._fields: Counter[str] = Counter()
        self._first: JsonObject = {}

    def accepts(self, input: JsonObject) -> bool:
        """Tell whether a trigger accepts an input.

        Raises:
            CannotDraw: So far nearly none was accepted.
            NotJson: A strategy of the user's drew what is no JSON.
            UsageError: A validator of the user's raised what none may raise.
        """
        validator = self._declared.validator
        given: JsonObject = checked_copy(input, "input")
        errors = [] if validator is None else validator._errors(given)  # noqa: SLF001 - of one package
        if not errors:
            self._accepted += 1
            return True
        self._first = self._first if self._refused else given
        self._refused += 1
        self._reasons.update(list(dict.fromkeys(map(_reason, errors))))
        self._fields.update([str(error["loc"][0]) for error in errors[:1] if error["loc"]])
        if self._refused >= _ENOUGH and self._accepted * _ONE_IN < self._refused:
            raise self._hopeless()
        return False

    def _hopeless(self) -> CannotDraw:
        """Return the error of a definition that refuses nearly everything."""
        drawn = self._refused + self._accepted
        facts = [f"{reason} ({count} times)" for reason, count in self._reasons.most_common(3)]
        field = next((name for name, _ in self._fields.most_common(1) if name.isidentifier()), "field")
        return CannotDraw(
            f"{self._declared.id!r} refused {self._refused} of {drawn} inputs that fit its schema.",
            facts=(*facts, f"the first: {canonical_json(self._first):.90}"),
            way_out=f"Draw what it accepts: {self._call}({self._declared.code}, {field}=st.just(...)).",
        )


def _reason(error: Any) -> str:
    """Return why an input was refused: the validator by its name, or what pydantic says."""
    place = ".".join(map(str, error["loc"]))
    raised = error.get("ctx", {}).get("error")
    said = error["msg"]
    if isinstance(raised, BaseException):
        said = f"{_raised_in(raised)} raised {type(raised).__name__}: {raised}"
    said = f"{said.splitlines()[0]:.90}"
    return f"{place}: {said}" if place else said


def _raised_in(error: BaseException) -> str:
    """Return the name of the function of the user's that raised: pydantic calls it, so it is the first."""
    trace = error.__traceback__
    if trace is None:
        return "a validator"
    code = trace.tb_frame.f_code
    return getattr(code, "co_qualname", code.co_name).rpartition("<locals>.")[2]
