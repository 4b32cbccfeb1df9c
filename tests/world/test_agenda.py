"""The agenda: what is due, by (time, order of arrival)."""

import pytest

from tasksim._world.agenda import Agenda


def emptied(agenda):
    """Take everything, in order."""
    found = []
    while len(agenda):
        found.append(agenda.pop()[1])
    return found


def test_order_is_time_then_arrival():
    """Entries come by time, those of one time by arrival."""
    agenda = Agenda()
    for at_ms, item in ((5, "b"), (3, "a"), (5, "c"), (9, "d"), (5, "c2")):
        agenda.push(at_ms, item)
    assert emptied(agenda) == ["a", "b", "c", "c2", "d"]


def test_front_comes_first_of_its_time():
    """Entries put in front come before all others, also those due before; the last of them first."""
    agenda = Agenda()
    agenda.push(5, "b")
    agenda.push(5, "a", front=True)
    agenda.push(3, "first")
    agenda.push(5, "even before", front=True)
    assert emptied(agenda) == ["even before", "first", "a", "b"]


def test_items_are_never_compared():
    """Entries of one time are told apart without looking at their items."""
    agenda = Agenda()
    for item in (object(), 3, "a", {}):
        agenda.push(0, item)
    assert len(emptied(agenda)) == 4


def test_peek_takes_nothing():
    """`peek` returns the next entry and leaves it; None if there is none."""
    agenda = Agenda()
    assert agenda.peek() is None
    agenda.push(5, "a")
    assert (agenda.peek().at_ms, agenda.peek().item, len(agenda)) == (5, "a", 1)
    assert (agenda.pop(), len(agenda)) == ((5, "a"), 0)
    with pytest.raises(IndexError):
        Agenda().pop()


def test_idle_does_not_count_what_repeats_for_ever():
    """Nothing is due if nothing but what repeats for ever waits."""
    agenda = Agenda()
    assert agenda.idle
    agenda.push(1, "endless", endless=True)
    assert (agenda.idle, len(agenda)) == (True, 1)
    agenda.push(2, "work")
    assert not agenda.idle
    agenda.pop()
    assert not agenda.idle
    agenda.pop()
    assert (agenda.idle, len(agenda)) == (True, 0)


def test_entries_are_all_in_order():
    """`entries` lists everything in the order in which it will be handled, and takes nothing."""
    agenda = Agenda()
    for at_ms, item in ((5, "b"), (3, "a"), (5, "c"), (1, "z")):
        agenda.push(at_ms, item)
    listed = [entry.item for entry in agenda.entries()]
    assert listed == emptied(agenda) == ["z", "a", "b", "c"]
