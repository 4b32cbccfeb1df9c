"""Results and answers: what `run` returns, and what an event answers to the state machine."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

__all__ = [
    "AbortedResult",
    "Answer",
    "AnyResult",
    "ContinueResult",
    "DoneResult",
    "ErrorResult",
    "Result",
]


class Result:
    """What `controller.response.*()` makes and `run` returns."""

    __slots__ = ()


class DoneResult(Result):
    """The task is finished (S3)."""

    __slots__ = ("message", "output")

    def __init__(self, message: str | None, output: dict[str, Any] | None) -> None:
        """Keep a message and an output that fits the limit (S4)."""
        self.message = message
        self.output = output


class ContinueResult(Result):
    """Run again with `input` merged in, after `wait` seconds if any (S1, S2)."""

    __slots__ = ("input", "wait")

    def __init__(self, input: dict[str, Any], wait: float | None) -> None:
        """Keep the input as given and the wait in seconds."""
        self.input = input
        self.wait = wait


class ErrorResult(Result):
    """The task failed (S5)."""

    __slots__ = ("error",)

    def __init__(self, error: dict[str, Any]) -> None:
        """Keep the error as JSON: message, perhaps code and data."""
        self.error = error


class AbortedResult(Result):
    """The run saw an abort and stopped (S6)."""

    __slots__ = ()


AnyResult: TypeAlias = DoneResult | ContinueResult | ErrorResult | AbortedResult
"""One of the four results."""


class Answer(NamedTuple):
    """What one event answers to the state machine.

    `wait` is in seconds, fractions kept; `delay` is -1 in every continue.
    """

    status: str
    message: str | None = None
    output: dict[str, Any] | None = None
    input: dict[str, Any] | None = None
    wait: float | None = None
    delay: int | None = None
    error: dict[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the answer as JSON, without what is not set."""
        return {key: value for key, value in self._asdict().items() if value is not None}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Answer:
        """Make an answer again from its JSON."""
        return cls(**value)
