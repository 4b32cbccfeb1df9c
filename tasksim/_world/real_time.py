"""Real time, for the one thing that is bounded by it: a search that somebody waits for.

Nothing that is told of a simulation may depend on it.
"""

from __future__ import annotations

import time

__all__ = ["real_ms"]

_NOW = (time.perf_counter_ns,)  # in a tuple: a freeze of the clock exchanges what modules hold by name


def real_ms() -> int:
    """Return the milliseconds of a real clock that only goes forward."""
    return _NOW[0]() // 1_000_000
