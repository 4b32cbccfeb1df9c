"""What is in force for simulators that a run of pytest, or one of its tests, makes.

This module promises that whatever it puts in force is put back: a run of pytest inside a test of another
leaves no trace there. It must not know how options are read.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from tasksim._simulator.ambient import Ambient, ambient, use
from tasksim.pytest_plugin import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pytest

    from tasksim._simulator.simulator import Simulator
    from tasksim._simulator.strictness.lines import Lines

__all__ = [
    "alone",
    "forget_made",
    "held_for_test",
    "hold_for_run",
    "made_in_test",
    "settings_of",
    "strict_lines",
]


def settings_of(config: pytest.Config) -> Ambient:
    """Return fresh ambient settings, as the options of a run say."""
    options = config.stash.get(OPTIONS, None)
    if options is None:
        return Ambient()
    several = len(options.profiles) > 1
    return Ambient(
        profile=options.profiles[0] if options.profiles and not several else None,
        seed=options.seed,
        plan=options.plan if options.refusal is None else None,
        several_profiles=several,
    )


def hold_for_run(config: pytest.Config) -> None:
    """Put the options of a run in force, from its configuration to its end."""
    held = ExitStack()
    held.enter_context(in_force(settings_of(config)))
    config.add_cleanup(held.close)


@contextmanager
def held_for_test(config: pytest.Config) -> Iterator[None]:
    """Put the options of a run in force for one test, and keep the simulators that it makes."""
    settings = settings_of(config)
    settings.holds = True
    with in_force(settings):
        yield


@contextmanager
def alone() -> Iterator[None]:
    """Put nothing in force, and keep nothing: what a check makes is its own."""
    with in_force(Ambient()):
        yield


@contextmanager
def in_force(settings: Ambient) -> Iterator[None]:
    """Put settings in force; afterwards those before."""
    before = use(settings)
    try:
        yield
    finally:
        use(before)


def forget_made() -> None:
    """Let go of the simulators made so far, for the test begins again."""
    ambient().held.clear()


def strict_lines(sim: Simulator) -> Lines | None:
    """Return where the user's lines of a strict simulator are kept; None if it is not strict."""
    lines: Lines | None = getattr(sim, "_lines", None)
    return lines


def made_in_test() -> Sequence[Simulator]:
    """Return the simulators that the test in hand made, oldest first."""
    return list(ambient().held)
