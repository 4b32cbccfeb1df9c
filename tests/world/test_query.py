"""What lists have, in which order, and how they fall into pages."""

import json
from base64 import urlsafe_b64encode
from datetime import datetime, timezone
from pathlib import Path

import pytest

from tasksim._model.pages import Meta, Page
from tasksim._model.records import Identity, LogItemRecord, LogRecord, TaskRecord
from tasksim._world.fields import Schema
from tasksim._world.query import LOGS, TASKS, matches, select
from tasksim.errors import UsageError

SCHEMA = Path(__file__).parents[2] / "fixtures" / "conformance" / "graphql-introspection.json"


class Loud(str):
    """Text that cannot be compared, like the status of an outdated record under strict rules."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other):
        raise AssertionError


def task(id="t1", created_on=0, **changes):
    """Make a task record; `changes` may set any field."""
    record = TaskRecord(id, created_on, created_on, Identity(), "Import Big Pages", "importPages", None, {})
    return record._replace(**changes)


def log(id="l1", created_on=0, task="t1", iteration=1, items=()):
    """Make a log record."""
    return LogRecord(
        id=id,
        created_on=created_on,
        saved_on=created_on,
        created_by=Identity(),
        execution_name="exec",
        task=task,
        iteration=iteration,
        items=tuple(items),
    )


def ids(rows, schema=TASKS, **arguments):
    """Select and return the ids only."""
    return [record.id for record in select(schema, rows, **arguments)[0]]


def rows(*records):
    """Number the records in order of creation."""
    return list(enumerate(records, 1))


# --- where: the keys


@pytest.fixture(scope="module")
def types():
    """Return the types of the API's schema by name."""
    return {type["name"]: type for type in json.loads(SCHEMA.read_text())["__schema"]["types"]}


def graphql_keys(types, name):
    """Return the keys of an input type; the CMS `status` is called `entryStatus` here."""
    keys = {field["name"] for field in types[name]["inputFields"]}
    statuses = {key for key in keys if key.split("_")[0] == "status"}
    return keys - statuses | {f"entryStatus{key.removeprefix('status')}" for key in statuses}


@pytest.mark.parametrize(
    ("schema", "name"),
    [
        (TASKS, "WebinyBackgroundTaskListWhereInput"),
        (LOGS, "WebinyBackgroundTaskLogListWhereInput"),
        (LOGS.nested["items"][0], "WebinyTaskLog_ItemsWhereInput"),
    ],
)
def test_where_has_every_key_of_the_api(schema, name, types):
    """Q1: the where-keys are those of Webiny's schema, in camelCase and in snake_case, and no others."""
    known = {*schema.conditions, *schema.nested}
    camel = graphql_keys(types, name)
    assert camel <= known
    shorthand = {key for key in known if key.split("_")[0] == "status"}
    snake = {f"{field.name}{operator.suffix}" for field, operator in schema.conditions.values()}
    assert known - camel - shorthand == snake - camel
    assert len({*snake, *schema.nested}) == len(camel)


@pytest.mark.parametrize(
    ("schema", "name"),
    [(TASKS, "WebinyBackgroundTaskListSorter"), (LOGS, "WebinyBackgroundTaskLogListSorter")],
)
def test_sort_has_every_sorter_of_the_api(schema, name, types):
    """Q1: the sorters are those of Webiny's schema, with webiny-6's prefix for a model's own fields."""
    camel = {value["name"] for value in types[name]["enumValues"]}
    assert camel <= set(schema.sorters)
    fields = {f"{field.name}_{'DESC' if down else 'ASC'}" for field, down in schema.sorters.values()}
    assert len(fields) == len(camel)
    prefixed = {key.removeprefix("values_") for key in schema.sorters if key.startswith("values_")}
    assert prefixed & {"created_on_ASC", "id_DESC", "savedOn_ASC"} == set()
    assert prefixed <= set(schema.sorters)


def test_schemas_have_names():
    """A schema shows which records it is about."""
    assert [repr(TASKS), repr(LOGS)] == ["Schema('tasks')", "Schema('logs')"]
    assert Schema("things", []).conditions == {}


# --- where: the conditions

OLD = task(
    created_on=1000, saved_on=3000, started_on=2000, iterations=3, parent_id="p1", task_status="running"
)


@pytest.mark.parametrize(
    ("where", "holds"),
    [
        ({}, True),
        (None, True),
        ({"id": "t1"}, True),
        ({"id_not": "t1"}, False),
        ({"id_in": ["t1", "t2"]}, True),
        ({"id_in": []}, False),
        ({"id_not_in": ("t1",)}, False),
        ({"status": "running"}, True),
        ({"status_in": {"running", "pending"}}, True),
        ({"task_status_not": "running"}, False),
        ({"taskStatus_not_in": frozenset({"failed"})}, True),
        ({"status_starts_with": "RUN"}, True),
        ({"entry_status": "draft"}, True),
        ({"entryStatus_not_in": ["draft"]}, False),
        ({"definition_id": "importPages", "status": "running"}, True),
        ({"definition_id": "importPages", "status": "failed"}, False),
        ({"definitionId_not": "IMPORTPAGES"}, True),
        ({"name_contains": "pages import"}, True),
        ({"name_contains": "port"}, True),
        ({"name_contains": "pages of"}, False),
        ({"name_contains": "i.*"}, False),
        ({"name_not_contains": "big"}, False),
        ({"name_starts_with": "import b"}, True),
        ({"name_startsWith": "big"}, False),
        ({"name_not_startsWith": "big"}, True),
        ({"parent_id": "p1"}, True),
        ({"parent_id": None}, False),
        ({"parent_id_not": None}, True),
        ({"parentId_in": [None, "p1"]}, True),
        ({"iterations": 3.0}, True),
        ({"iterations_lt": 3}, False),
        ({"iterations_lte": 3}, True),
        ({"iterations_gt": 2.5}, True),
        ({"iterations_gte": 4}, False),
        ({"iterations_between": [3, 4]}, True),
        ({"iterations_between": (1, 2)}, False),
        ({"iterations_not_between": [1, 2]}, True),
        ({"created_on": 1000}, True),
        ({"createdOn_gte": "1970-01-01T00:00:01Z"}, True),
        ({"created_on_gt": datetime(1970, 1, 1, 0, 0, 1, tzinfo=timezone.utc)}, False),
        ({"created_on_between": ["1970-01-01T00:00:01Z", 1000]}, True),
        ({"saved_on_lt": 3000}, False),
        ({"modified_on": 3000, "modifiedOn_lte": 3000}, True),
        ({"revision_created_on": 1000, "revisionSavedOn": 3000, "revision_modified_on": 3000}, True),
        ({"started_on_in": ["1970-01-01T00:00:02Z"]}, True),
        ({"created_by": "id-12345678", "saved_by": "id-12345678", "revisionModifiedBy": "id-12345678"}, True),
        ({"created_by_not_in": ["id-12345678"]}, False),
        ({"deleted_by": None, "firstPublishedBy": None}, True),
    ],
)
def test_conditions(where, holds):
    """Q1: a record is listed if it satisfies every condition of the where."""
    assert matches(TASKS, where)(OLD) is holds


@pytest.mark.parametrize(
    ("where", "holds"),
    [
        ({"parent_id": None}, True),
        ({"parent_id_in": [None]}, True),
        ({"parent_id_not": "p1"}, True),
        ({"parent_id_contains": ""}, False),
        ({"parent_id_not_contains": "p"}, True),
        ({"parent_id_starts_with": ""}, False),
        ({"started_on": None, "finished_on": None}, True),
        ({"started_on_lt": 1}, False),
        ({"started_on_lte": 1}, False),
        ({"started_on_gt": -1}, False),
        ({"started_on_gte": -1}, False),
        ({"deleted_on_between": [0, 9]}, False),
        ({"deletedOn_not_between": [0, 9]}, True),
        ({"restored_on": None, "first_published_on": None, "revisionLastPublishedOn": None}, True),
    ],
)
def test_conditions_without_a_value(where, holds):
    """Q1: what a record does not have is equal to None alone, and satisfies no comparison."""
    assert matches(TASKS, where)(task()) is holds


@pytest.mark.parametrize(
    ("where", "holds"),
    [
        ({"items": {"type": "error", "message_contains": "KAPUT"}}, True),
        ({"items": {"type": "info", "message_contains": "kaput"}}, False),
        ({"items": {"createdOn_gte": "1970-01-01T00:00:05Z"}}, True),
        ({"items": {"created_on_not_in": [0, 5000]}}, False),
        ({"items": {}}, True),
        ({"task": "t1", "items": {"type": "info"}}, True),
        ({"task_starts_with": "T", "iteration_in": [1, 2], "execution_name": "exec"}, True),
    ],
)
def test_conditions_on_log_items(where, holds):
    """Q1: a log is listed if one of its items satisfies every condition on items."""
    record = log(items=[LogItemRecord("begun", 0, "info"), LogItemRecord("kaput!", 5000, "error")])
    assert matches(LOGS, where)(record) is holds


def test_empty_conditions_on_items_need_no_item():
    """Q1: a where on items that says nothing lists logs without items, too."""
    assert matches(LOGS, {"items": {}})(log())
    assert not matches(LOGS, {"items": {"type_not": "x"}})(log())


def test_where_takes_the_text_of_a_status():
    """A status that watches its comparisons is used as the text it is."""
    assert matches(TASKS, {"status": Loud("running")})(OLD)
    assert matches(TASKS, {"status_in": [Loud("running")]})(OLD)


@pytest.mark.parametrize(
    ("schema", "where", "sentence", "nearest"),
    [
        (TASKS, {"statuss": "x"}, "where['statuss'] is no where-key of tasks.", "status"),
        (
            TASKS,
            {"created_on_gteq": 1},
            "where['created_on_gteq'] is no where-key of tasks.",
            "created_on_gte",
        ),
        (TASKS, {"created_on_not": 1}, "where['created_on_not'] is no where-key of tasks.", "created_on_lt"),
        (
            TASKS,
            {"name_startWith": "x"},
            "where['name_startWith'] is no where-key of tasks.",
            "name_startsWith",
        ),
        (LOGS, {"item": {}}, "where['item'] is no where-key of logs.", "items"),
        (LOGS, {"items": {"typ": 1}}, "where['items']['typ'] is no where-key of log items.", "type"),
    ],
)
def test_unknown_keys_are_refused(schema, where, sentence, nearest):
    """Q1: an unknown key is an error with the nearest ones."""
    with pytest.raises(UsageError) as caught:
        matches(schema, where)
    first, facts, way_out = str(caught.value).splitlines()
    assert first == sentence
    assert facts.startswith("  nearest: ")
    assert nearest in facts
    assert way_out.startswith("  Write ")


def test_unknown_keys_without_anything_near():
    """Q1: where no key is near, the error shows how keys are made."""
    for key in ("!!!", 3):
        with pytest.raises(UsageError) as caught:
            matches(TASKS, {key: 1})
        assert caught.value.facts == ()
        assert "created_on_gte" in caught.value.way_out


@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        ({"name": 3}, "where['name'] is 3, which is not text."),
        ({"id": True}, "where['id'] is True, which is not text."),
        ({"name_in": "abc"}, "where['name_in'] is 'abc', which is not a list."),
        ({"status_in": ["failed", 3]}, "an item of where['status_in'] is 3, which is not text."),
        ({"name_contains": None}, "where['name_contains'] is None, which is not text."),
        ({"iterations": "3"}, "where['iterations'] is '3', which is not a number."),
        ({"iterations": True}, "where['iterations'] is True, which is not a number."),
        ({"iterations_gt": None}, "where['iterations_gt'] is None, which is not a number."),
        ({"iterations": float("nan")}, "where['iterations'] is nan, which is not a finite number."),
        (
            {"iterations_between": [1]},
            "where['iterations_between'] is [1], which is not a list of two, from and to.",
        ),
        (
            {"iterations_between": {1, 2}},
            "where['iterations_between'] is {1, 2}, which is not a list of two,",
        ),
        ({"iterations_between": [1, None]}, "an end of where['iterations_between'] is None, which is not a"),
        ({"created_on_gt": "2024-01-01"}, "where['created_on_gt'] is '2024-01-01', which is no instant."),
        ({"created_on_gt": True}, "where['created_on_gt'] is True, which is no instant."),
        ({"created_on": "2024-01-01T00:00:00"}, "where['created_on'] is '2024-01-01T00:00:00', which has no"),
        ("name", "where is 'name', which is no mapping."),
        ([("name", "x")], "where is [('name', 'x')], which is no mapping."),
    ],
)
def test_values_of_the_wrong_type_are_refused(where, sentence):
    """Q1: a value of the wrong type is an error with the key, the value and what it takes."""
    with pytest.raises(UsageError) as caught:
        matches(TASKS, where)
    assert str(caught.value).startswith(sentence)
    assert caught.value.way_out


def test_nested_where_is_a_mapping():
    """Q1: the conditions on log items are a mapping of their own."""
    with pytest.raises(UsageError, match=r"^where\['items'\] is None, which is no mapping\."):
        matches(LOGS, {"items": None})


# --- search


@pytest.mark.parametrize(
    ("search", "found"),
    [
        (None, ["b", "a"]),
        (" ", ["b", "a"]),
        ("PAGES", ["a"]),
        (" pages big ", ["a"]),
        ("users p", ["b"]),
        ("x", []),
    ],
)
def test_search(search, found):
    """Q1: a search finds the records of which one text field has every word, whatever the case."""
    records = rows(task("a"), task("b", name="Users", definition_id="users", parent_id="p users"))
    assert ids(records, search=search) == found


def test_search_in_logs():
    """Q1: the text fields of a log are its task and execution."""
    assert ids(rows(log("a", task="one"), log("b", task="two")), LOGS, search="ON") == ["a"]


def test_search_is_text():
    """Q1: a search that is no text is an error."""
    with pytest.raises(UsageError, match=r"^search is 3, which is no text\."):
        select(TASKS, [], search=3)


# --- order


def test_newest_first():
    """Q1: lists have the newest first, the later created first where times are equal."""
    records = rows(task("a", 5), task("b", 7), task("c", 5), task("d", 6))
    assert ids(records) == ["b", "d", "c", "a"]
    assert ids(records, sort=[]) == ["b", "d", "c", "a"]


def test_corpus_order_of_equal_times():
    """Q1: under an ascending sort equal records keep the order of creation (corpus, max-iterations)."""
    records = rows(log("a", iteration=1), log("b", iteration=2), log("c", iteration=3))
    assert ids(records, LOGS, sort="createdOn_ASC") == ["a", "b", "c"]
    assert ids(records, LOGS, sort="createdOn_DESC") == ["c", "b", "a"]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("id_ASC", "abcd"),
        ("name_ASC", "badc"),
        ("values_name_ASC", "badc"),
        ("name_DESC", "cdab"),
        (["name_DESC", "created_on_ASC"], "cadb"),
        (("name_ASC", "createdOn_DESC"), "bdac"),
        ("parent_id_ASC", "cabd"),
        ("values_parentId_DESC", "dbac"),
        ("status_ASC", "bacd"),
        ("modified_on_ASC", "adbc"),
        ("deleted_on_ASC", "abcd"),
        ("deletedOn_DESC", "dcba"),
        (["iterations_DESC", "status_DESC"], "dcab"),
    ],
)
def test_sorts(sort, expected):
    """Q1: sorters apply in order; records without the value are last ascending, first descending."""
    records = rows(
        task("a", 1, name="m", parent_id="y", task_status="n"),
        task("b", 3, name="M", task_status="a"),
        task("c", 4, name="z", parent_id="x", task_status="o"),
        task("d", 2, name="m", task_status="p"),
    )
    assert "".join(ids(records, sort=sort)) == expected


@pytest.mark.parametrize(
    "name", ["nme_ASC", "name", "name_asc", "values_id_ASC", "created_by_ASC", "items_ASC"]
)
def test_unknown_sorters_are_refused(name):
    """Q1: an unknown sorter is an error with the nearest ones."""
    with pytest.raises(UsageError) as caught:
        select(TASKS, [], sort=name)
    assert str(caught.value).startswith(f"{name!r} is no sorter of tasks.\n  nearest: ")


@pytest.mark.parametrize("name", [3, ["id_ASC"]])
def test_sorters_are_text(name):
    """Q1: a sorter that is no text is an unknown one."""
    with pytest.raises(UsageError, match="is no sorter of tasks"):
        select(TASKS, [], sort=[name])


def test_sort_is_a_sorter_or_a_list():
    """Q1: a sort of another type is an error."""
    with pytest.raises(UsageError, match=r"^sort is \{'id_ASC'\}, which is no sorter and no list of them\."):
        select(TASKS, [], sort={"id_ASC"})


# --- pages


def test_fifty_a_page():
    """Q1: a page has 50 records, a cursor if more follow, and the count of all."""
    records = rows(*(task(f"t{n}", n) for n in range(120)))
    first, meta = select(TASKS, records)
    assert [record.id for record in first] == [f"t{n}" for n in range(119, 69, -1)]
    assert (meta.has_more_items, meta.total_count) == (True, 120)
    _, meta = select(TASKS, records, after=meta.cursor)
    last, meta = select(TASKS, records, after=meta.cursor)
    assert [record.id for record in last] == [f"t{n}" for n in range(19, -1, -1)]
    assert meta == Meta(cursor=None, has_more_items=False, total_count=120)


def test_empty_list():
    """Q1: an empty list has one empty page without a cursor."""
    assert select(TASKS, iter([])) == ([], Meta(cursor=None, has_more_items=False, total_count=0))


@pytest.mark.parametrize("sort", [None, "id_ASC", "name_DESC", ["parent_id_DESC", "name_ASC"]])
def test_cursor_survives_changes(sort):
    """Q1: records that come or go between two pages, the last one of a page too, move no other."""
    records = rows(
        *(task(f"t{n}", n // 2, name="n" * (n % 3), parent_id="p" if n % 2 else None) for n in range(9))
    )
    whole = ids(records, sort=sort)
    _, meta = select(TASKS, records, sort=sort, limit=4)
    added = [*records, (10, task("t9", 0, name="n", parent_id="p"))]
    assert [id for id in ids(added, sort=sort, after=meta.cursor) if id != "t9"] == whole[4:]
    removed = [row for row in records if row[1].id not in {whole[3], whole[4]}]
    assert ids(removed, sort=sort, after=meta.cursor) == whole[5:]


def test_cursor_does_not_depend_on_spelling():
    """Q1: a cursor goes with the order, however its sorters are spelled."""
    records = rows(task("a"), task("b"))
    _, meta = select(TASKS, records, sort="values_definitionId_ASC", limit=1)
    assert ids(records, sort="definition_id_ASC", after=meta.cursor) == ["b"]


def encoded(value):
    """Return JSON in the dress of a cursor."""
    return urlsafe_b64encode(json.dumps(value).encode()).decode()


@pytest.mark.parametrize(
    "after",
    [
        "",
        "nonsense",
        "é",
        5,
        "WyJ0",
        encoded(3),
        encoded([1, 2]),
        urlsafe_b64encode(b"[" * 100_000).decode(),
        urlsafe_b64encode(b"\xff").decode(),
        encoded(["tasks", ["created_on_DESC", "sequence"], [1]]),
        encoded(["tasks", ["created_on_DESC", "sequence"], 1]),
        encoded(["tasks", ["created_on_DESC", "sequence"], [1, "x"]]),
        encoded(["tasks", ["created_on_DESC", "sequence"], ["x", 1]]),
    ],
)
def test_malformed_cursors_are_refused(after):
    """Q1: text that no page gave as its cursor is an error."""
    with pytest.raises(UsageError) as caught:
        select(TASKS, [], after=after)
    assert str(caught.value).startswith(f"after is {after!r}, which is no cursor.")
    assert "meta.cursor" in caught.value.way_out


def test_foreign_cursors_are_refused():
    """Q1: the cursor of another list, or of another order, is an error that names both."""
    records = rows(log("a"), log("b"))
    cursor = select(LOGS, records, limit=1)[1].cursor
    for schema, sort in ((TASKS, None), (LOGS, "id_ASC")):
        with pytest.raises(
            UsageError, match=r"which is of a list of logs by \['created_on_DESC', 'sequence'\]"
        ):
            select(schema, [], sort=sort, after=cursor)


@pytest.mark.parametrize("limit", [0, -1, True, 1.0, "5"])
def test_limits_are_positive_integers(limit):
    """Q1: a limit that is no positive integer is an error."""
    with pytest.raises(UsageError) as caught:
        select(TASKS, [], limit=limit)
    assert str(caught.value).startswith(f"limit is {limit!r}, which is no positive integer.")


def test_page_is_its_items():
    """Q1: a page can be iterated over, has a length, and shows items and meta."""
    page = Page([1, 2], Meta(cursor=None, has_more_items=False, total_count=2))
    assert list(page) == [1, 2]
    assert len(page) == 2
    assert repr(page) == "Page(items=[1, 2], meta=Meta(cursor=None, has_more_items=False, total_count=2))"
    with pytest.raises(AttributeError):
        page.items = []
