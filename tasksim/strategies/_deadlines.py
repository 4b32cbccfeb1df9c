"""The deadline of Hypothesis's, which knows nothing of simulated time.

This module promises that no deadline strikes which nobody chose. It must not know what is run.
"""

from __future__ import annotations

from typing import Any

from hypothesis import settings

__all__ = ["without_default_deadline"]


def without_default_deadline(chosen: settings) -> settings:
    """Return settings without the deadline, unless the user chose one.

    An example takes as long as its runs, and longer the first time. Without a deadline, Hypothesis also bears
    examples that take long to draw.
    """
    usual: Any = settings.default
    return settings(chosen, deadline=None) if chosen.deadline == usual.deadline else chosen
