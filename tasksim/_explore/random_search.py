"""The search for spaces too large: random plans, until for long nothing new happens.

Each run draws which kinds of faults it may have (swarm-style: a run with few kinds goes where one with all
of them never gets), how many, and at each touch whether one strikes. What struck is a plan like any other.
This module promises the same runs for the same seed; it must not know how plans are judged.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from tasksim._engine.names import CheckpointName
from tasksim._explore.kinds import Spot
from tasksim._explore.search import Search, Stopped
from tasksim._explore.watching import Watcher
from tasksim._faults.plan import Plan

if TYPE_CHECKING:
    from tasksim._engine.core import After, Engine, Life, Touch
    from tasksim._explore.candidates import Candidate, Candidates
    from tasksim._explore.facts import Facts

__all__ = ["Dice", "Draws", "RandomSearch"]


class Draws:
    """Numbers that a seed makes, the same in any process.

    Args:
        seed: The seed.
    """

    __slots__ = ("_at", "_seed")

    def __init__(self, seed: str) -> None:
        """Draw nothing yet."""
        self._seed = seed
        self._at = 0

    def below(self, n: int) -> int:
        """Return a number from 0 to n - 1."""
        self._at += 1
        digest = sha256(f"{self._seed} {self._at}".encode()).digest()
        return int.from_bytes(digest[:8], "big") % n


class Dice(Watcher):
    """An injector that makes its plan as the run goes.

    Args:
        candidates: What can strike at a touch.
        kinds: The kinds that may.
        faults: How many faults may strike.
        odds: At each touch one in so many.
        draws: What decides.
        most_events: As for `Watcher`.
        needs_more: As for `Watcher`.
    """

    __slots__ = ("_candidates", "_draws", "_kinds", "_odds", "_spare")

    def __init__(  # noqa: PLR0913 - a die has that many sides
        self,
        candidates: Candidates,
        *,
        kinds: frozenset[str],
        faults: int,
        odds: int,
        draws: Draws,
        most_events: int,
        needs_more: bool,
    ) -> None:
        """Nothing has struck."""
        self._spare = faults
        super().__init__(Plan(), most_events=most_events, needs_more=needs_more)
        self._candidates = candidates
        self._kinds = kinds
        self._odds = odds
        self._draws = draws

    def _heed(self) -> None:
        """Be asked at all touches as long as a fault may strike."""
        super()._heed()
        if self._spare:
            self.heeds = None

    def strike(self, touch: Touch) -> After | None:
        """Draw whether a fault strikes here."""
        if self._spare and self.all_fired:
            self._draw(self._candidates.at(self.spot(touch)))
        return super().strike(touch)

    def redelivers(self, engine: Engine, life: Life, n: int) -> bool:
        """Draw whether an event is delivered again."""
        if self._spare and self.all_fired:
            end = Spot(CheckpointName(life.label, "event", None, n), is_end=True)
            self._draw(self._candidates.at(end))
        return super().redelivers(engine, life, n)

    def choose(self, engine: Engine) -> None:
        """Draw whether the order of those due at one time is another."""
        looks = self._spare and self.all_fired and self._needs_more
        entry = engine.agenda.peek() if looks else None
        if entry is not None:
            spot = self.instant(entry.at_ms, engine.agenda.due_at(entry.at_ms))
            self._draw(self._candidates.at(spot))
        super().choose(engine)

    def _draw(self, candidates: tuple[Candidate, ...]) -> None:
        """Draw whether one of these strikes, and which."""
        possible = [each.fault for each in candidates if each.kind in self._kinds and not each.is_twin]
        possible = [fault for fault in possible if fault not in self._planned]
        if possible and self._draws.below(self._odds) == 0:
            self._spare -= 1
            self._index(possible[self._draws.below(len(possible))])
            self._heed()


class RandomSearch(Search):
    """Explores one target by random plans."""

    def explore(self) -> None:
        """Make random runs until so many in a row brought nothing new, or a bound is reached."""
        self.judge_uncut()
        seen = set(_behaviours(self.baseline.facts))
        quiet = 0
        try:
            self.run_first()
            self.run_progress()
            while quiet < self.options.patience:
                new = _behaviours(self._run_random(self.coverage.extra)) - seen
                seen |= new
                quiet = 0 if new else quiet + 1
            self.coverage.stopped = f"{quiet} runs in a row without new behaviour"
        except Stopped as stopped:
            self.coverage.stopped = str(stopped)

    def _run_random(self, n: int) -> Facts:
        """Make the nth random run."""
        self.check_bounds()
        options = self.options
        draws = Draws(f"{options.random_seed} {n}")
        names = [kind.text for kind in options.kinds]
        kinds = frozenset(name for name in names if draws.below(2)) or frozenset(names)
        dice = Dice(
            self.candidates,
            kinds=kinds,
            faults=1 + draws.below(options.max_faults),
            odds=max(1, len(self.baseline.facts.watcher.touches) // (1 + draws.below(4))),
            draws=draws,
            most_events=self.baseline.most_events,
            needs_more=self.needs_more,
        )
        facts = self.lab.run(dice)
        self.coverage.extra += 1
        self.judge(facts)
        self.told()
        return facts


def _behaviours(facts: Facts) -> set[str]:
    """Return what a run showed: what it came to, and which kinds of faults struck where."""
    return {facts.outcome(), *(f"{fault.kind}@{fault.at.what}" for fault in facts.plan)}
