"""Ways to use the fixtures that cannot work: refused without a traceback, with the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import pytest

from tasksim.errors import TasksimError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from _pytest.outcomes import Failed

__all__ = ["explain_scope", "refuse", "refuse_given"]

_OURS = ("sim", "simulator")
_SCOPE = "The fixtures of tasksim make a world that lasts as long as one test."


def refuse(*errors: TasksimError) -> NoReturn:
    """Fail with the message of errors alone, without any frame."""
    raise pytest.fail.Exception("\n\n".join(str(error) for error in errors), pytrace=False) from None


def refuse_given(request: pytest.FixtureRequest) -> NoReturn:
    """Refuse a test under `@given`, which would make all its examples share one world."""
    used = used_of(request.fixturenames)
    refuse(
        UsageError(
            f"Hypothesis runs {request.node.name!r} many times, and the fixture {used!r} makes "
            f"one world for all of them.",
            facts=(f"test: {request.node.nodeid}",),
            way_out="Make a world in the test instead, for each example its own:\n"
            "    with Simulator([...]) as sim:",
        )
    )


def used_of(names: Sequence[str]) -> str:
    """Return which of the two fixtures is used."""
    return next((name for name in names if name in _OURS), "sim")


def explain_scope(error: Failed) -> None:
    """Add the way out to pytest's message, where a fixture of a wider scope asks for one of ours."""
    text = error.msg or ""
    for name in _OURS:
        if f" scoped fixture {name} " in text and _SCOPE not in text:
            error.msg = (
                f"{text}\n\n{_SCOPE}\n"
                "  Leave out the scope of your fixture, so that it is made for each test,\n"
                "  or make a world in it that lasts as long as the fixture:\n"
                "      with Simulator([...]) as sim:\n          yield sim"
            )
            return
