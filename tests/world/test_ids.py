"""Ids: readable, in order, and different for every seed."""

import re

from tasksim._world.ids import Ids


def test_ids_count():
    """Ids name the kind and count; tasks and logs apart."""
    ids = Ids(0)
    assert [ids.next_task("reindex"), ids.next_task("export"), ids.next_log(), ids.next_task("reindex")] == [
        "reindex-0001",
        "export-0002",
        "log-0001",
        "reindex-0003",
    ]
    assert ids.next_log() == "log-0002"


def test_many_ids():
    """The ten thousandth id has five digits."""
    ids = Ids(0)
    for _ in range(9_999):
        ids.next_log()
    assert ids.next_log() == "log-10000"


def test_seeds_make_other_ids():
    """Another seed than 0 adds four letters: the same for the same seed, without vowels."""
    first, again, other = (Ids(seed) for seed in (7, 7, 8))
    names = [first.next_task("reindex") for _ in range(50)]
    assert names == [again.next_task("reindex") for _ in range(50)]
    assert all(re.fullmatch(r"reindex-\d{4}-[bcdfghjklmnpqrstvwxz]{4}", name) for name in names)
    assert len({name[-4:] for name in names}) > 40
    assert other.next_task("reindex") != names[0]
    assert first.next_log() != Ids(0).next_log()
