"""Files of what happened in a test: its simulations as JSON lines, and as text to be read.

This module promises file names that are made of the test's id alone: the same in each run, different for
different tests, on every file system.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

from tasksim._simulator.endings import log_lines
from tasksim._world.snapshots import Log

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tasksim._simulator.simulator import Simulator

__all__ = ["logs_of", "write"]

_WIDTH = 120
_MOST_NAME = 100
_ALL = 1_000_000


def write(folder: Path, nodeid: str, when: str, sims: Sequence[Simulator]) -> list[Path]:
    """Write each simulation of a test: `NAME.jsonl`, which `Trace.read` reads, and `NAME.txt`.

    Args:
        folder: Where; it is made if it is not there.
        nodeid: The test.
        when: Its phase: `setup`, `call` or `teardown`.
        sims: Its simulators, oldest first.

    Returns:
        The files, in that order; of a simulation without a trace only the text.

    Raises:
        OSError: A file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for number, sim in enumerate(sims, 1):
        stem = _stem(nodeid, when) + (f"-{number}" if len(sims) > 1 else "")
        if sim._engine.events is not None:  # noqa: SLF001 - of one package
            written.append(folder / f"{stem}.jsonl")
            sim.trace.write(written[-1])
        which = f", simulator {number} of {len(sims)}" if len(sims) > 1 else ""
        written.append(folder / f"{stem}.txt")
        written[-1].write_bytes(_text(f"{nodeid} ({when}){which}", sim).encode("utf-8", "backslashreplace"))
    return written


def logs_of(sim: Simulator) -> list[Log]:
    """Return every log record of a simulation, oldest first."""
    store = sim._engine.store  # noqa: SLF001 - of one package
    return [Log(record) for _, record in sorted(store.logs(), key=lambda kept: kept[0])]


def _stem(nodeid: str, when: str) -> str:
    """Return a readable name, and what makes it unique where letters and their case do not."""
    readable = re.sub(r"[^A-Za-z0-9_]+", "-", nodeid.replace(".py::", "-")).strip("-")
    phase = "" if when == "call" else f"-{when}"
    return (
        f"{readable[:_MOST_NAME]}-{sha256(nodeid.encode('utf-8', 'backslashreplace')).hexdigest()[:8]}{phase}"
    )


def _text(title: str, sim: Simulator) -> str:
    """Return everything that a person may want to read of a simulation."""
    lines = log_lines(logs_of(sim), width=_WIDTH, unicode=True, most=_ALL, tasks=True)
    parts = [title, sim.trace.text(_WIDTH, unicode=True).rstrip("\n")]
    if lines:
        parts.append("\n".join(["logs", *(f"  {line}" for line in lines)]))
    return "\n\n".join([*parts, f"token  {sim.token}"]) + "\n"
