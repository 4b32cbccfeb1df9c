"""Merging: runs that have come to one state go on once, and nothing that can happen is missed."""

from functools import cache

import pytest
from explore_brute_force import outcome_of
from explore_jobs import definition

from tasksim import EffectFailed
from tasksim._explore.checking import explore

pytestmark = pytest.mark.slow  # together they take seconds


class FakeCms:
    """Publishes each page once, however often it is asked."""

    def __init__(self, effects):
        self.effects = effects
        self.published = []

    def publish(self, id):
        """Publish a page, unless that was done."""
        with self.effects.record("publish", key=id, contract="at_least_once"):
            if id not in self.published:
                self.published.append(id)


def publishing(sim):
    """A task publishes two pages, writes down which is next, and tells what the fake holds in the end."""
    cms = FakeCms(sim.effects)
    sim.track(cms, state=lambda cms: cms.published)

    def run(input, controller):
        for at in range(input.get("at", 0), 2):
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at})
            cms.publish("ab"[at])
            controller.state.update_input({"at": at + 1})
        return controller.response.done(output={"published": cms.published})

    sim.register(definition(run))
    sim.tasks.trigger("job")


def publishing_apart(sim):
    """A parent triggers a child that publishes, and waits for it."""
    cms = FakeCms(sim.effects)
    sim.track(cms, state=lambda cms: cms.published)

    def run(controller):
        if not controller.task.list_children():
            controller.task.trigger("part")
            return controller.response.continue_({}, seconds=60)
        return controller.response.done(output={"published": cms.published})

    def run_part(controller):
        cms.publish("a")
        return controller.response.done()

    sim.register(definition(run))
    sim.register(definition(run_part, id="part"))
    sim.tasks.trigger("job")


def posting(sim, state=lambda outbox: outbox.count("Done.")):
    """A hook tells a fake without an effect; where hooks come before storing, a run may see it again."""
    outbox = []
    sim.track(outbox, state=state)

    def on_done(task):
        with sim.effects.record("mail", contract="any"):
            pass
        outbox.append("Done.")

    sim.register(
        definition(
            lambda controller: controller.response.done(output={"told": outbox.count("Done.")}),
            on_done=on_done,
        )
    )
    sim.tasks.trigger("job")


class Resenting:
    """Remembers on itself which effects failed, and tells in the end."""

    id = "resent"
    title = "Resent"
    disable_database_logs = True

    def __init__(self, effects):
        self.effects = effects
        self.failed = []

    def run(self, input, controller):
        if input.get("published"):
            return controller.response.done(output={"failed": self.failed})
        for id in "ab":
            self.publish(id)
        return controller.response.continue_({"published": True})

    def publish(self, id):
        try:
            with self.effects.record("publish", key=id):
                pass
        except EffectFailed:
            self.failed.append(id)


def resenting(sim):
    """A definition made by a factory remembers something: it is declared as a fake is."""

    def make():
        job = Resenting(sim.effects)
        sim.track(job, state=lambda job: job.failed)
        return job

    sim.register(make)
    sim.tasks.trigger("resent")


TRACKED = {
    "publishing": (publishing, {"on_crash": "retry(1)"}),
    "publishing_apart": (publishing_apart, {}),
    "posting": (posting, {"on_crash": "retry(2)", "profile": "webiny-5"}),
    "resenting": (resenting, {}),
}
QUICK = {"kinds": ["fail", "lost_ack", "timeout", "crash", "crash+"], "max_faults": 1}
CASES = [
    pytest.param(name, pairs, marks=pytest.mark.unmeasured if pairs else ())
    for name in TRACKED
    for pairs in (False, True)
]


def explored(scenario, *, merges, **options):
    """Return the outcomes of the runs that came to their end, and the coverage."""
    outcomes = set()

    def note(facts):
        if type(facts.error).__name__ != "Merged":
            outcomes.add(outcome_of(facts.sim, facts.error).end)

    report = explore(scenario, merge_states=merges, max_runs=10**6, _on_run=note, **options)
    return outcomes, report.coverage


@cache
def compared(name, pairs):
    """Return what is explored of a scenario, without merging and with it."""
    scenario, options = TRACKED[name]
    options = {**options, **({"max_faults": 2} if pairs else QUICK)}
    return tuple(explored(scenario, merges=merges, **options) for merges in (False, True))


@pytest.mark.parametrize(("name", "pairs"), CASES)
def test_outcomes_are_the_same(name, pairs):
    """With merging the same statuses, outputs and effects are come to as without."""
    (without, _), (merged, _) = compared(name, pairs)
    assert merged == without
    assert len(without) > 3


@pytest.mark.parametrize("name", ["publishing", "publishing_apart"])
def test_runs_are_merged(name):
    """Some runs end early, having come to a state that was seen; without merging none does."""
    (_, without), (_, merged) = compared(name, pairs=False)
    assert (without.merged, merged.explored) == (0, without.explored)
    assert 0 < merged.merged < merged.explored


@pytest.mark.unmeasured
@pytest.mark.parametrize("name", ["publishing", "publishing_apart"])
def test_fewer_runs_are_made(name):
    """Longer plans come of one of the merged runs alone."""
    (_, without), (_, merged) = compared(name, pairs=True)
    assert merged.explored < without.explored


def test_what_is_not_declared_is_taken_to_be_equal():
    """A fake whose state is not told lets runs be merged that differ: an outcome is missed."""
    options = {**TRACKED["posting"][1], "kinds": ["crash+"]}
    without, _ = explored(posting, merges=False, **options)
    told, _ = explored(posting, merges=True, **options)
    hidden, coverage = explored(lambda sim: posting(sim, state=lambda _: 0), merges=True, **options)
    assert told == without
    assert hidden < without
    assert coverage.merged > 0
