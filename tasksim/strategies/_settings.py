"""Settings of a simulator: budgets, ticks and profiles.

This module promises settings that a simulator takes, the default first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tasksim._engine.profiles import profile_names
from tasksim._world.durations import parse_duration, render_duration
from tasksim.errors import UsageError
from tasksim.strategies._naming import named

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from tasksim.typing import Duration

__all__ = ["budgets", "profiles", "ticks"]


def budgets(*, least: Duration = "5m", most: Duration = "15m") -> SearchStrategy[str]:
    """Draw the time of an iteration, for `Simulator(budget=...)`. Shrinks to the largest, `"15m"`.

    A budget cuts nothing where nothing takes time, so draw `ticks` beside it. The least is well above the
    time at which a run is told that its end is close (3 minutes): below that a run which asks before each
    unit of work never does one, and is not to blame.

    Args:
        least: The smallest budget.
        most: The largest.

    Raises:
        UsageError: One is no duration, or there is none between them.

    Example:
        >>> from hypothesis import find
        >>> find(budgets(), lambda budget: True)
        '15m'
    """
    least_ms = parse_duration(least, name="least", allow_zero=False)
    most_ms = parse_duration(most, name="most", allow_zero=False)
    if least_ms > most_ms:
        raise UsageError(
            f"budgets() got least={least!r} and most={most!r}, and nothing lies between them.",
            way_out="Pass a least that is not above the most.",
        )
    given = {} if (least, most) == ("5m", "15m") else {"least": least, "most": most}
    taken_off = st.integers(0, most_ms - least_ms)
    return named(taken_off.map(lambda ms: render_duration(most_ms - ms)), "budgets", **given)


def ticks(*, most: Duration = "1s") -> SearchStrategy[str]:
    """Draw what each checkpoint costs, for `Simulator(tick=...)`. Shrinks to `"0s"`: nothing takes time.

    Args:
        most: The largest. With a second, an iteration of the smallest of `budgets()` reaches a hundred
            checkpoints before its time runs out.

    Raises:
        UsageError: It is no duration.

    Example:
        >>> from hypothesis import find
        >>> find(ticks(), lambda tick: tick != "0s")
        '1ms'
    """
    most_ms = parse_duration(most, name="most")
    given = {} if most == "1s" else {"most": most}
    return named(st.integers(0, most_ms).map(render_duration), "ticks", **given)


def profiles() -> SearchStrategy[str]:
    """Draw which world is imitated, for `Simulator(profile=...)`. Shrinks to `"documented"`.

    Example:
        >>> from hypothesis import find
        >>> find(profiles(), lambda profile: profile.startswith("webiny"))
        'webiny-5'
    """
    return named(st.sampled_from(profile_names()), "profiles")
