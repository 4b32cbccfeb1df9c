"""Real time, for what is bound to it: a search that somebody waits for, a world that somebody watches.

Nothing that is told of a simulation may depend on it, but where a watched world stands.
"""

from __future__ import annotations

import time

__all__ = ["real_ms", "real_wall_ms"]

# In tuples: a freeze of the clock exchanges what modules hold by name.
_NOW = (time.perf_counter_ns,)
_WALL = (time.time_ns,)


def real_ms() -> int:
    """Return the milliseconds of a real clock that only goes forward."""
    return _NOW[0]() // 1_000_000


def real_wall_ms() -> int:
    """Return the milliseconds since 1970 by the machine's clock."""
    return _WALL[0]() // 1_000_000
