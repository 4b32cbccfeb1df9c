"""The clean-up of drafts."""

from datetime import datetime, timedelta, timezone

from cleanup import Draft, cleanup_of
from hypothesis import given, settings
from hypothesis import strategies as st

import tasksim


def test_old_drafts_are_deleted(simulator):
    """A draft is kept for thirty days."""
    drafts = [Draft(datetime(2024, 1, day, tzinfo=timezone.utc)) for day in (1, 2, 3)]
    sim = simulator([cleanup_of(drafts)])
    sim.advance("31d12h")
    sim.run("cleanUpDrafts")
    assert [each.deleted for each in drafts] == [True, True, False]


def test_none_is_left_out_when_it_is_cut():
    """Cut anywhere, it looks at each draft."""
    drafts = [Draft(datetime(2020, 1, 1, tzinfo=timezone.utc)) for _ in range(4)]
    execution = tasksim.run(cleanup_of(drafts), plan="close_to_timeout@runtime.is_close_to_timeout#3")
    assert all(each.deleted for each in drafts)
    assert len(execution.iterations) == 2


@settings(max_examples=20)
@given(ages=st.lists(st.integers(0, 60), min_size=2, max_size=8), n=st.integers(1, 8))
def test_deletes_the_same_however_it_is_cut(ages, n):
    """What is deleted does not depend on where it was cut."""
    with tasksim.Simulator() as sim:
        drafts = [Draft(sim.now - timedelta(days=age)) for age in ages]
        sim.register(cleanup_of(drafts))
        if n < len(ages):
            sim.interrupt_every(n)
        sim.run("cleanUpDrafts")
        assert [each.deleted for each in drafts] == [age > 30 for age in ages]
