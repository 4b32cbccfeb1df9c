"""The marker `tasksim`: what it says for a test, and what it cannot say."""

from __future__ import annotations

import inspect
import sys
from textwrap import fill
from typing import TYPE_CHECKING, Any

from tasksim._world.refusals import ADDRESS
from tasksim.errors import UsageError, nearest_phrase
from tasksim.pytest_plugin.refusals import refuse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pytest

__all__ = [
    "check_arguments",
    "check_markers",
    "choices",
    "fixes_profile",
    "has_check",
    "is_check",
    "known_settings",
    "marked_settings",
    "shown",
    "uses_ours",
]

_SHOWN = 40
_WIDTH = 76


def marked_settings(item: pytest.Item) -> dict[str, Any]:
    """Return what the markers of a test, its class and its module say; the closest wins."""
    settings: dict[str, Any] = {}
    for marker in item.iter_markers("tasksim"):
        settings = {**marker.kwargs, **settings}
    return settings


def uses_ours(names: Sequence[str], definitions: Mapping[str, Sequence[Any]]) -> bool:
    """Return whether a test uses one of our fixtures, perhaps by way of one of the same name.

    Older versions of pytest do not name what a fixture asks for that another one overrides.

    Args:
        names: The names of all its fixtures.
        definitions: What there is by each name; the last one counts, and may ask for the one before.
    """
    if "_tasksim_profile" in names:
        return True
    for name in ("sim", "simulator"):
        for definition in reversed(definitions.get(name, ()) if name in names else ()):
            if definition.func.__module__ == "tasksim.pytest_plugin":
                return True
            if name not in definition.argnames:
                break
    return False


def fixes_profile(item: pytest.Item) -> bool:
    """Return whether a marker names the profile; that of a scenario is its own."""
    settings = check_arguments(item) if has_check(item) else marked_settings(item)
    return settings.get("profile") is not None


def has_check(item: pytest.Item) -> bool:
    """Return whether a test has the marker `tasksim_check` itself."""
    return any(marker.name == "tasksim_check" for marker in item.own_markers)


def is_check(item: pytest.Item) -> bool:
    """Return whether the marker made a test of something, be it one that is refused."""
    checks = sys.modules.get("tasksim.pytest_plugin.checks")
    return checks is not None and isinstance(item, checks.Scenario | checks.Refused)


def check_arguments(item: pytest.Item) -> dict[str, Any]:
    """Return what the markers `tasksim_check` of a scenario say; of two the nearer wins."""
    arguments: dict[str, Any] = {}
    for marker in item.own_markers:
        if marker.name == "tasksim_check":
            arguments = {**marker.kwargs, **arguments}
    return arguments


def known_settings() -> list[str]:
    """Return the arguments of `Simulator`."""
    from tasksim._simulator.simulator import Simulator  # noqa: PLC0415 - collecting alone needs none

    return [name for name in inspect.signature(Simulator).parameters if not name.startswith("_")]


def choices(known: list[str]) -> str:
    """Return the way out of an unknown name."""
    return fill(f"Choose from {', '.join(known)}.", width=_WIDTH)


def shown(settings: dict[str, Any]) -> str:
    """Return settings as they are written in a call."""
    texts = {name: _shown(value) for name, value in settings.items()}
    return ", ".join(f"{name}={text if len(text) <= _SHOWN else '...'}" for name, text in texts.items())


def _shown(value: object) -> str:
    """Return a value as it is written: functions and classes by their names, others without addresses."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_shown, value))}]"
    name = getattr(value, "__name__", None)
    return name if isinstance(name, str) and name.isidentifier() else ADDRESS.sub("", repr(value))


def check_markers(item: pytest.Item) -> None:
    """Refuse markers that cannot mean anything for a test.

    Raises:
        pytest.fail.Exception: With the test's name and the way out.
    """
    for marker in item.iter_markers("tasksim"):
        _check_arguments(item, marker)
    names = getattr(item, "fixturenames", ())
    info = getattr(item, "_fixtureinfo", None)
    if not uses_ours(names, {} if info is None else info.name2fixturedefs):
        is_own = any(marker.name == "tasksim" for marker in item.own_markers)
        if is_own and "request" not in names:
            refuse(_no_fixture(item))
    elif "simulator" in names:
        refuse(_both(item))


def _check_arguments(item: pytest.Item, marker: pytest.Mark) -> None:
    """Refuse arguments that `Simulator` does not have."""
    test = f"test: {item.nodeid}"
    if marker.args:
        sentence = f"The marker tasksim got {marker.args[0]!r:.60} without a name."
        way_out = "Name each argument, as in @pytest.mark.tasksim(definitions=[...], budget='4m')."
        refuse(UsageError(sentence, facts=(test,), way_out=way_out))
    known = known_settings()
    for name in marker.kwargs:
        if name not in known:
            sentence = f"The marker tasksim has no argument {name!r}.{nearest_phrase(name, known)}"
            way_out = choices(known)
            refuse(UsageError(sentence, facts=(test,), way_out=way_out))


def _no_fixture(item: pytest.Item) -> UsageError:
    """Return the error of a marker that configures nothing."""
    return UsageError(
        f"{item.name!r} has the marker tasksim, and no fixture that it could configure.",
        facts=(f"test: {item.nodeid}",),
        way_out="Add the argument sim to the test, or drop the marker:\n"
        "a simulator that the test makes itself takes its arguments from the call.",
    )


def _both(item: pytest.Item) -> UsageError:
    """Return the error of a marker beside the factory, which it does not reach."""
    settings = marked_settings(item)
    return UsageError(
        f"{item.name!r} has the marker tasksim, which configures the fixture 'sim', and uses the fixture "
        "'simulator', which takes its arguments from the call.",
        facts=(f"test: {item.nodeid}", f"marker: @pytest.mark.tasksim({shown(settings)})"),
        way_out=f"Use sim alone, or drop the marker and call simulator({shown(settings)}).",
    )
