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


def filled(*entries):
    """Return an agenda with (time, item) entries."""
    agenda = Agenda()
    for at_ms, item in entries:
        agenda.push(at_ms, item)
    return agenda


def test_due_at_counts_one_time():
    """`due_at` counts what is due at that very time, earlier and later entries not."""
    agenda = filled((5, "a"), (3, "b"), (5, "c"))
    agenda.push(3, "front", front=True)
    assert [agenda.due_at(at_ms) for at_ms in (3, 4, 5)] == [2, 0, 2]


@pytest.mark.parametrize(
    ("k", "expected"),
    [(1, "abcz"), (2, "bacz"), (3, "cabz")],
)
def test_put_first(k, expected):
    """The kth of those due next goes before the others, which keep their order; later ones stay later."""
    agenda = filled((9, "z"), (5, "a"), (5, "b"), (5, "c"))
    agenda.put_first(k)
    assert agenda.peek().at_ms == 5
    assert "".join(emptied(agenda)) == expected


def test_put_first_before_what_stands_in_front():
    """It goes even before entries put in front; one put in front later comes before it."""
    agenda = filled((5, "a"), (5, "b"))
    agenda.push(5, "front", front=True)
    agenda.put_first(3)
    assert [entry.item for entry in agenda.entries()] == ["b", "front", "a"]
    agenda.push(5, "later", front=True)
    assert emptied(agenda) == ["later", "b", "front", "a"]


def test_put_first_leaves_idleness():
    """What repeats for ever is still that after it went first."""
    agenda = filled((5, "work"))
    agenda.push(5, "endless", endless=True)
    agenda.put_first(2)
    assert (agenda.pop(), agenda.idle) == ((5, "endless"), False)
    assert (agenda.pop(), agenda.idle) == ((5, "work"), True)


def test_take_out_of_turn():
    """`take` takes the first wanted entry due by then, and leaves the others in order."""
    agenda = filled((1, "a1"), (3, "b1"), (2, "b2"), (5, "b3"), (2, "c1"))
    assert agenda.take(lambda item: item.startswith("b"), until_ms=5) == "b2"
    assert agenda.take(lambda item: item.startswith("b"), until_ms=3) == "b1"
    assert emptied(agenda) == ["a1", "c1", "b3"]


def test_take_what_is_not_due_or_not_there():
    """What is due later, or not there, is not taken."""
    agenda = filled((1, "a"), (5, "b"))
    assert agenda.take(lambda item: item == "b", until_ms=4) is None
    assert agenda.take(lambda item: item == "c", until_ms=9) is None
    assert Agenda().take(lambda _: True, until_ms=9) is None
    assert emptied(agenda) == ["a", "b"]


def test_take_what_repeats_for_ever():
    """Taking what repeats for ever leaves the rest as idle, or not, as it is."""
    agenda = filled((5, "work"))
    agenda.push(1, "endless", endless=True)
    assert agenda.take(lambda item: item == "endless", until_ms=1) == "endless"
    assert (len(agenda), agenda.idle) == (1, False)
    agenda.pop()
    assert agenda.idle
