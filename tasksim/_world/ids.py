"""Ids: readable, in order, and different for every seed."""

from __future__ import annotations

from hashlib import blake2b

__all__ = ["Ids"]

_LETTERS = "bcdfghjklmnpqrstvwxz"  # no vowels: no words by accident


class Ids:
    """Names new records `publishEntries-0001`, `log-0001`; a seed other than 0 adds four letters."""

    __slots__ = ("_logs", "_seed", "_tasks")

    def __init__(self, seed: int) -> None:
        """Start both counts at 1."""
        self._seed = seed
        self._tasks = 0
        self._logs = 0

    def next_task(self, definition_id: str) -> str:
        """Return the id of the next task."""
        self._tasks = n = self._tasks + 1
        return f"{definition_id}-{n:04d}" if self._seed == 0 else self._seeded(definition_id, n)

    def next_log(self) -> str:
        """Return the id of the next log record."""
        self._logs = n = self._logs + 1
        return f"log-{n:04d}" if self._seed == 0 else self._seeded("log", n)

    def _seeded(self, kind: str, n: int) -> str:
        """Join kind, number and four letters that only this seed gives."""
        digest = blake2b(f"{self._seed}:{kind}:{n}".encode(), digest_size=4).digest()
        return f"{kind}-{n:04d}-" + "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest)
