"""Laws of lists: what a page has follows from what a naive reader of the rules would do."""

from functools import cmp_to_key

from hypothesis import given
from hypothesis import strategies as st

from tasksim._model.records import Identity, TaskRecord
from tasksim._world.query import TASKS, select
from tasksim.errors import UsageError

NAMES = st.sampled_from(["", "a", "B", "ab", "Big pages", "é"])
TIMES = st.integers(0, 3)


@st.composite
def rows(draw):
    """Draw stored tasks: few different values, so that many are equal, and gaps where some were deleted."""
    sequences = sorted(draw(st.sets(st.integers(1, 40), max_size=15)))
    stored = []
    for sequence in sequences:
        created_on = draw(TIMES)
        record = TaskRecord(
            id=f"t{sequence}",
            created_on=created_on,
            saved_on=created_on,
            created_by=Identity(),
            name=draw(NAMES),
            definition_id=draw(NAMES),
            parent_id=draw(st.none() | NAMES),
            input={},
            started_on=draw(st.none() | TIMES),
            iterations=draw(TIMES),
        )
        stored.append((sequence, record))
    return stored


COMPARISONS = {
    "": lambda a, b: a == b,
    "_not": lambda a, b: a != b,
    "_in": lambda a, b: a in b,
    "_not_in": lambda a, b: a not in b,
    "_contains": lambda a, b: bool(a) and all(word in a.lower() for word in b.lower().split(" ")),
    "_not_contains": lambda a, b: not COMPARISONS["_contains"](a, b),
    "_starts_with": lambda a, b: a is not None and a.lower().startswith(b.lower()),
    "_not_starts_with": lambda a, b: not COMPARISONS["_starts_with"](a, b),
    "_lt": lambda a, b: a is not None and a < b,
    "_lte": lambda a, b: a is not None and a <= b,
    "_gt": lambda a, b: a is not None and a > b,
    "_gte": lambda a, b: a is not None and a >= b,
    "_between": lambda a, b: a is not None and b[0] <= a <= b[1],
    "_not_between": lambda a, b: not COMPARISONS["_between"](a, b),
}


def values(suffix, one):
    """Return what a where may have for an operator."""
    if suffix in {"", "_not"}:
        return st.none() | one
    if suffix in {"_in", "_not_in"}:
        return st.lists(st.none() | one, max_size=3)
    return st.tuples(one, one) if "between" in suffix else one


def conditions():
    """Draw a field, an operator that it has, and a value for it."""
    pairs = [
        (field, suffix, one)
        for field, one in [
            ("name", NAMES),
            ("definition_id", NAMES),
            ("parent_id", NAMES),
            ("created_on", TIMES),
            ("started_on", TIMES),
            ("iterations", TIMES),
        ]
        for suffix in COMPARISONS
        if f"{field}{suffix}" in TASKS.conditions
    ]
    return st.sampled_from(pairs).flatmap(
        lambda pair: st.tuples(st.just(pair[0]), st.just(pair[1]), values(pair[1], pair[2]))
    )


SORTS = st.lists(
    st.tuples(st.sampled_from(["created_on", "name", "parent_id", "started_on"]), st.booleans()), max_size=3
)


def reference_order(sort):
    """Return the order as a comparison of two rows, rule by rule."""
    sort = sort or [("created_on", True)]

    def compare(a, b):
        for field, descending in sort:
            left, right = getattr(a[1], field), getattr(b[1], field)
            if left != right:
                is_less = right is None or (left is not None and left < right)
                return 1 if is_less == descending else -1
        return b[0] - a[0] if sort[-1][1] else a[0] - b[0]

    return cmp_to_key(compare)


def spelled(sort):
    """Return sorters as `select` takes them."""
    return [f"{field}_{'DESC' if descending else 'ASC'}" for field, descending in sort]


@given(rows(), st.lists(conditions(), max_size=3), SORTS)
def test_select_is_the_reference(stored, where, sort):
    """Q1: a list is what a naive filter and a naive comparison make of the records."""
    query = {f"{field}{suffix}": value for field, suffix, value in where}
    naive = {f"{field}{suffix}": (field, suffix, value) for field, suffix, value in where}.values()
    expected = [
        row
        for row in sorted(stored, key=reference_order(sort))
        if all(COMPARISONS[suffix](getattr(row[1], field), value) for field, suffix, value in naive)
    ]
    records, meta = select(TASKS, stored, where=query, sort=spelled(sort))
    assert records == [record for _, record in expected]
    assert meta.total_count == len(expected)


@given(rows(), SORTS, st.integers(1, 6))
def test_pages_cover_the_list_once(stored, sort, limit):
    """Q1: page after page the cursors lead through the whole list, each record exactly once."""
    whole, _ = select(TASKS, stored, sort=spelled(sort))
    seen, after = [], None
    while True:
        page, meta = select(TASKS, stored, sort=spelled(sort), limit=limit, after=after)
        seen += page
        assert (
            meta.has_more_items
            == (meta.cursor is not None)
            == (len(page) == limit and len(seen) < len(whole))
        )
        if meta.cursor is None:
            break
        after = meta.cursor
    assert seen == whole


@given(rows(), SORTS, st.integers(1, 6), st.data())
def test_pages_survive_changes(stored, sort, limit, data):
    """Q1: records added or deleted between pages make no other record come twice or never."""
    deleted = data.draw(st.sets(st.sampled_from(stored).map(lambda row: row[0]))) if stored else set()
    added = [(sequence + 100, record) for sequence, record in data.draw(rows())]
    first, meta = select(TASKS, stored, sort=spelled(sort), limit=limit)
    if meta.cursor is None:
        return
    changed = [row for row in stored if row[0] not in deleted] + added
    rest, _ = select(TASKS, changed, sort=spelled(sort), after=meta.cursor)
    old = {id(record) for _, record in stored}
    survivors = [
        record for sequence, record in sorted(stored, key=reference_order(sort)) if sequence not in deleted
    ]
    assert [record for record in rest if id(record) in old] == [
        record for record in survivors if all(record is not other for other in first)
    ]


@given(st.text() | st.text("ABCabc012-_="))
def test_any_text_is_a_cursor_or_an_error(after):
    """Q1: text that is no cursor is a usage error, never another."""
    try:
        select(TASKS, [], after=after)
    except UsageError as error:
        assert error.sentence.startswith("after is ")  # noqa: PT017 - that it is raised is not the point
    else:
        raise AssertionError
