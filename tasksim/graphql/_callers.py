"""Callers: who asks, what they may do (P1), and as whom they act."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError

from tasksim.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tasksim._model.records import Identity
    from tasksim._simulator.simulator import Simulator
    from tasksim.graphql._bounds import Allowance
    from tasksim.graphql._contracts import Contract

__all__ = ["FULL_ACCESS", "NOT_AUTHORIZED", "READ_ACCESS", "Caller"]

NOT_AUTHORIZED = "Not authorized!"

FULL_ACCESS: Sequence[Mapping[str, Any]] = ({"name": "*"},)
"""What a caller holds unless told otherwise (P1)."""

READ_ACCESS: Sequence[Mapping[str, Any]] = ({"name": "*", "rwd": "r"},)
"""What a caller holds who may read, and nothing else."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks; what resolvers get as their context.

    Attributes:
        sim: The simulation that answers.
        contract: What its profile promises.
        permissions: What the caller holds: objects with a `name`, which may be a pattern, and perhaps
            letters `rwd`.
        identity: As whom it triggers; the simulation's own identity if None.
        debug: Whether errors carry their stack.
        allowance: What the answer may still hold; None for anything.
        before_read: Called before tasks or logs are read.
        lets_findings_out: Whether what a hook raises that is no answer of an engine, an assertion or a
            usage error, ends the document and comes out of it (`FindingRaised`); else it is an answer.
    """

    sim: Simulator
    contract: Contract
    permissions: Sequence[Mapping[str, Any]]
    identity: Identity | None
    debug: bool
    allowance: Allowance | None = None
    before_read: Callable[[], None] | None = None
    lets_findings_out: bool = False

    def may(self, letter: str) -> bool:
        """Whether a permission allows to read (`r`), write (`w`) or delete (`d`)."""
        return any(self._is_relevant(held["name"]) and _has_letter(held, letter) for held in self.permissions)

    def _is_relevant(self, name: str) -> bool:
        """Whether a permission of this name, a pattern, is about tasks; `*` is full access."""
        wanted = self.contract.permission
        return name == "*" if wanted == "*" else fnmatchcase(wanted, name)

    def check_query(self) -> None:
        """Refuse a query inside its envelope, unless the caller may read."""
        if not self.may("r"):
            raise EngineError(NOT_AUTHORIZED, self.contract.not_authorized)

    def begin_read(self) -> None:
        """Refuse a query of tasks or logs unless the caller may read, and let happen what comes first."""
        self.check_query()
        if self.before_read is not None:
            self.before_read()

    def take(self, found: Sequence[Any] | None) -> None:
        """Count what an answer holds; nothing, to learn whether it may hold more before looking for it.

        Raises:
            GraphQLError: It is more than the caller is allowed, or was before.
        """
        if self.allowance is not None and found is not None:
            self.allowance.take(len(found))

    def check_mutation(self, letter: str) -> None:
        """Refuse a mutation by an error outside of any envelope."""
        if not self.may(letter):
            raise GraphQLError(NOT_AUTHORIZED)

    @contextmanager
    def acting(self) -> Iterator[None]:
        """Let what is created meanwhile be the caller's."""
        engine = self.sim._engine  # noqa: SLF001 - the one thing that a service call cannot say
        own = engine.identity
        engine.identity = own if self.identity is None else self.identity
        try:
            yield
        finally:
            engine.identity = own


def _has_letter(permission: Mapping[str, Any], letter: str) -> bool:
    """Whether a permission has a letter, or no letters at all, which are all."""
    letters = permission.get("rwd")
    return not isinstance(letters, str) or letter in letters
