"""Bounds: documents that ask for too much are refused at once; what clients ask for passes."""

import time

import pytest
from graphql import get_introspection_query, parse

from tasksim.graphql import _bounds as module
from tasksim.graphql import _resolvers
from tasksim.graphql._arguments import page_of
from tasksim.graphql._bounds import BOUNDS, Allowance, check_document
from tasksim.graphql._contracts import CONTRACTS
from tasksim.graphql._documents import MOST_CHARACTERS, Documents
from tasksim.graphql._schemas import build_schema, schema_for
from tasksim.graphql._serving.asking import Asking, Question

OTHERS = ["documented", "webiny-6"]
PROFILES = ["webiny-5", *OTHERS]
QUERY = "WebinyBackgroundTaskQuery"


def within(field):
    """Return a query of the namespace."""
    return f"{{ backgroundTasks {{ {field} }} }}"


def doubling(count, field="__typename"):
    """Return a document of `count` fragments, each twice the one before: 2 ** count fields."""
    parts = [f"fragment f0 on {QUERY} {{ {field} }}"]
    parts += [f"fragment f{i} on {QUERY} {{ ...f{i - 1} ...f{i - 1} }}" for i in range(1, count + 1)]
    return f"{within(f'...f{count}')} {' '.join(parts)}"


def chain(count, *, used):
    """Return a document of fragments that each hold the next."""
    first = "...f0" if used else "__typename"
    parts = [f"fragment f{i} on Query {{ ...f{i + 1} }}" for i in range(count)]
    return f"{{ {first} }} {' '.join(parts)} fragment f{count} on Query {{ __typename }}"


def many(count, text):
    """Return a text again and again, `#` each time another number."""
    return " ".join(text.replace("#", str(i)) for i in range(count))


def tasks(arguments):
    """Return a query for tasks."""
    return within(f"listTasks({arguments}) {{ data {{ id }} }}")


def nested(depth):
    """Return a document whose tasks hold logs which hold tasks."""
    return within("listTasks { data " + "{ logs { task " * depth + "{ id }" + " } }" * depth + " }")


DEEP = f"listTasks {{ data {'{ logs { task ' * 9} {{ id }} {'} }' * 9} }}"
ALONE = "fragment F on Query { __typename }"
TOO_MUCH = {
    "length": ("{ __typename }" + " " * 50_000, "50,014 characters; 50,000"),
    "depth": (nested(9), "22 fields deep; 20"),
    "depth in fragments": (
        f"{{ ...a }} fragment a on Query {{ backgroundTasks {{ ...b }} }} fragment b on {QUERY} {{ {DEEP} }}",
        "22 fields deep; 20",
    ),
    "fields": (within(many(2000, "__typename")), "asks for 2,001 fields; 2,000"),
    "fields of an unused fragment": (
        f"{{ __typename }} fragment f on Query {{ {many(2000, '__typename')} }}",
        "asks for 2,001 fields; 2,000",
    ),
    "fields of all operations": (many(2001, "query q# {a}"), "asks for 2,001 fields"),
    "unknown spreads": (f"{{ {many(3000, '...a#')} }}", "asks for 3,000 fields"),
    "aliases": (within(many(101, "a#: __typename")), "101 aliases; 100"),
    "aliases in fragments": (doubling(7, "a: __typename"), "128 aliases; 100"),
    "2^30 fields": (doubling(30), "asks for 3,221,225,472 fields"),
    "2^99 fields": (doubling(99), "fields; 2,000 are allowed"),
    "fragments": (chain(100, used=True), "101 fragments; 100"),
    "unused fragments": (chain(1000, used=False), "1,001 fragments; 100"),
    "one field again and again": (
        within(many(300, "__typename")),
        "too many fields of one name in one place",
    ),
    "one field in fragments": (doubling(9), "too many fields of one name in one place"),
    "long arguments again and again": (
        within(many(40, f'listTasks(search: "{"x" * 1000}") {{ data {{ id }} }}')),
        "too many fields of one name in one place",
    ),
    "directives": (f"{{ __typename {many(201, '@include(if: true)')} }}", "201 directives; 200"),
    "unknown directives": (f"{{ __typename {many(6000, '@a#')} }}", "6,000 directives"),
    "directives of variables": (f"query ($a: Int {many(201, '@a')}) {{ __typename }}", "201 directives"),
    "directives of a query": (f"query A {many(201, '@a')} {{ __typename }}", "201 directives"),
    "directives of a fragment": (
        f"{{ ...F }} fragment F on Query {many(201, '@a')} {{ __typename }}",
        "201 directives",
    ),
    "directives of a spread": (f"{{ ...F {many(201, '@a')} }} {ALONE}", "201 directives"),
    "introspection without end": (
        "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }",
        "lists of types 3 deep; 2",
    ),
    "introspection by inputs": (
        '{ __type(name: "X") { inputFields { type { inputFields { type { inputFields { name } } } } } } }',
        "lists of types 3 deep; 2",
    ),
}


@pytest.mark.parametrize(
    "profile", ["webiny-5", *(pytest.param(each, marks=pytest.mark.slow) for each in OTHERS)]
)
@pytest.mark.parametrize("name", TOO_MUCH)
def test_what_asks_for_too_much_is_refused_at_once(make_site, profile, name):
    """As GraphQL refuses, with what is allowed; in a moment, however much it would be."""
    document, message = TOO_MUCH[name]
    site = make_site(profile=profile)
    before = time.perf_counter()
    answer = site.execute(document)
    assert time.perf_counter() - before < 2
    assert (answer.status, answer.code) == (200, "TOO_MUCH")
    assert message in answer.message
    assert "data" not in answer.json()


EVERY = " ".join(f"...f{i}" for i in range(60))


@pytest.mark.parametrize(
    "document",
    [
        "{ ...A } fragment A on Query { ...A }",
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
        "{ __typename } fragment A on Query { ...B } fragment B on Query { backgroundTasks { ...A } }",
        f"{{ {many(60, '...f#')} }} " + many(60, f"fragment f# on Query {{ {EVERY} }}"),
    ],
)
def test_fragments_that_hold_themselves_are_refused(site, document):
    """By name, before anybody follows them."""
    assert "Cannot spread fragment" in site.execute(document).message


@pytest.mark.parametrize(
    "document",
    [
        "{" * 20_000,
        "{ a" * 12_000,
        "{ ... " * 8_000,
        within("listTasks(where: " + "[" * 20_000),
        within("listTasks(where: " + "{a:" * 10_000),
        "query ($a: " + "[" * 20_000,
        "query ($a: " + "[" * 300 + "Int" + "]" * 300 + ") { __typename }",
        "{ " + "... { " * 150 + "__typename" + " }" * 151,
        within("listTasks(where: " + "[" * 150 + "]" * 150 + ") { data { id } }"),
        within("listTasks(where: " + "{OR: " * 100 + "{}" + "}" * 100 + ") { data { id } }"),
        chain(99, used=True),
        chain(99, used=False),
    ],
)
def test_what_is_nested_too_deep_is_answered(site, document):
    """Python's own bound on recursion is no way to stop a server."""
    answer = site.execute(document)
    assert answer.status == 200
    assert answer.json().keys() & {"data", "errors"}
    assert site.execute("{ __typename }").json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize("step", ["check_document", "parse", "validate"])
def test_a_recursion_that_is_too_deep_is_an_error_of_the_document(site, monkeypatch, step):
    """Wherever it happens: how deep a parser goes is its version's."""

    def recur(*_, **__):
        raise RecursionError

    if step == "check_document":
        monkeypatch.setattr(module._Measure, "of", recur)
    else:
        monkeypatch.setattr(f"tasksim.graphql._documents.{step}", recur)
    answer = site.execute(f"{{ __typename }} # {step}")
    assert answer.status == 200
    assert "nested too deep" in answer.message


SLOW = {
    "unknown arguments": tasks(many(3000, "a#: 1")),
    "arguments again": tasks(many(4000, "limit: 1")),
    "unknown input fields": tasks(f"where: {{{many(2000, 'a#: 1')}}}"),
    "unknown sorters": tasks(f"sort: [{many(4000, 'a#')}]"),
    "unknown variables": tasks(f"where: {{id_in: [{many(4000, '$a#')}]}}"),
    "unknown fields": within(many(1900, "list#")),
    "unknown types": f"{{ {many(900, '... on T# { a# }')} }}",
    "variables": f"query ({many(3000, '$a#: Int')}) {{ __typename }}",
    "variables again": f"query ({many(4000, '$a: Int')}) {{ __typename }}",
    "operations": many(1500, "query q# { __typename }"),
    "operations again": many(1500, "query q { __typename }"),
    "a long text": tasks(f'search: "{many(20_000, "a")}"'),
    "a long name": within("a" * 40_000),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW)
def test_what_is_large_within_its_bounds_takes_no_time(site, name):
    """Validation looks for no more errors than somebody would read."""
    before = time.perf_counter()
    answer = site.execute(SLOW[name])
    assert time.perf_counter() - before < 4
    assert answer.status == 200
    assert len(answer.json().get("errors", ())) <= BOUNDS.errors + 1


def test_a_sorter_that_is_repeated_costs_nothing(site):
    """The same order again leaves the order as it is."""
    site.trigger()
    variable = "$s: [WebinyBackgroundTaskListSorter!]"
    document = f"query ({variable}) {tasks('sort: $s')}"
    before = time.perf_counter()
    answer = site.execute(document, {"s": ["createdOn_ASC", "createdOn_DESC"] * 20_000})
    assert time.perf_counter() - before < 4
    assert len(answer.json()["data"]["backgroundTasks"]["listTasks"]["data"]) == 1


def test_type_definitions_are_no_documents(site):
    """Nothing of theirs is looked at."""
    for text in (
        "type A { a: Int }",
        "{ __typename } extend type Query @a { a: Int }",
        "schema { query: Query }",
    ):
        assert site.execute(text).message.startswith("Operations and fragments are executable")


# --- what passes


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("has_descriptions", [False, True])
def test_the_standard_introspection_passes(make_site, profile, has_descriptions):
    """With all options that schemas may be asked with; GraphiQL and code generators send it."""
    document = get_introspection_query(
        descriptions=has_descriptions,
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
    )
    answer = make_site(profile=profile).execute(document)
    assert "errors" not in answer.json()
    assert answer.json()["data"]["__schema"]["types"]


@pytest.mark.parametrize("profile", PROFILES)
def test_introspection_can_be_refused(make_site, profile):
    """Questions for types are errors then, whichever way they are asked; `__typename` is none."""
    site = make_site(profile=profile, introspection=False)
    fragment = "{ ...F } fragment F on Query { a: __schema { types { name } } }"
    for document in (get_introspection_query(), '{ __type(name: "Query") { name } }', fragment):
        answer = site.execute(document)
        assert "introspection is disabled" in answer.message
        assert "data" not in answer.json()
    assert site.execute("{ __typename }").json() == {"data": {"__typename": "Query"}}


SORTED = """
query ($sort: [WebinyBackgroundTaskListSorter!]) {
  backgroundTasks { listTasks(sort: $sort) { error { code } } }
}
"""


FOUND = """
query ($where: WebinyBackgroundTaskListWhereInput) {
  backgroundTasks { listTasks(where: $where) { error { code } } }
}
"""


@pytest.mark.parametrize("has_introspection", [True, False])
@pytest.mark.parametrize(
    ("document", "variables"),
    [
        ("{ backgroundTask { a } }", None),
        ("{ backgroundTasks { listTasks(wher: {}) { error { code } } } }", None),
        ("{ backgroundTasks { listTasks(sort: [id_AS]) { error { code } } } }", None),
        (SORTED, {"sort": ["id_AS"]}),
        ('{ backgroundTasks { listTasks(where: {taskStatu: "a"}) { error { code } } } }', None),
        (FOUND, {"where": {"taskStatu": "a"}}),
    ],
)
def test_without_introspection_no_error_suggests_names(make_site, has_introspection, document, variables):
    """An error says what was wrong; what was perhaps meant only where the schema may be asked for."""
    message = make_site(introspection=has_introspection).execute(document, variables).message
    assert ("Did you mean" in message) is has_introspection
    assert any(name in message for name in ("backgroundTask", "wher", "id_AS", "taskStatu"))
    assert ("taskStatus" in message) is (has_introspection and "taskStatu" in message)


def test_what_clients_generate_passes(site):
    """A screen of many lists, a fragment that each part of it asks for, several operations in one text."""
    lists = " ".join(
        f'a{i}: listTasks(search: "x{i}") {{ data {{ ...T }} meta {{ cursor }} }}' for i in range(90)
    )
    document = (
        f"query Screen {within(lists)} query Other {{ backgroundTasks {{ ...D }} }}"
        f"fragment T on WebinyBackgroundTask {{ id name taskStatus input output startedOn ...T2 }}"
        f"fragment T2 on WebinyBackgroundTask {{ id name logs {{ id items {{ message type }} }} }}"
        f"fragment D on {QUERY} {{ listDefinitions {{ data {{ id }} }} }}"
    )
    answer = site.post({"query": document, "operationName": "Other"})
    assert answer.json()["data"]["backgroundTasks"]["listDefinitions"]["data"][0] == {"id": "importPages"}


@pytest.mark.parametrize(
    ("name", "document", "says"),
    [
        ("C", "query A { __typename } query B { __typename }", "C"),
        (None, "query A { __typename } query B { __typename }", "operation"),
        (None, "subscription { a }", "ubscription"),
        ("S", "query A { __typename } subscription S { a }", "ubscription"),
        (None, "fragment F on Query { __typename }", ""),
        (None, "   # nothing", "Syntax Error"),
        (None, "{ a\ud800 }", "Syntax Error"),
        (None, "{ \x00 }", "Syntax Error"),
        (None, '{ a(b: "\ud800") }', ""),
    ],
)
def test_what_graphql_refuses_is_an_answer(site, name, document, says):
    """With status 200, as of the real API."""
    answer = site.post({"query": document, "operationName": name})
    assert answer.status == 200
    assert says in answer.message


# --- allowances

TASKS = [{"id": f"task-{i}", "definitionId": "importPages"} for i in range(30)]
LOGS = [{"task": f"task-{i}", "items": []} for i in range(30)]


def test_an_answer_ends_where_its_items_do(make_site):
    """Tasks and logs count, wherever they stand; what is over says so."""
    site = make_site(bounds={"items": 45})
    site.sim.seed_records(tasks=TASKS, logs=LOGS)
    assert "errors" not in site.execute(within("listTasks(limit: 45) { data { id } }")).json()
    for field in (
        "a: listTasks { data { id } } b: listTasks { data { id } }",
        "a: listLogs { data { id } } b: listTasks { data { id } }",
        "a: listTasks { data { id } } b: listLogs { data { id } }",
        "listTasks { data { id logs { id } } }",
        "listLogs { data { task { logs { id } } } }",
    ):
        answer = site.execute(within(field)).json()
        assert {each["extensions"]["code"] for each in answer["errors"]} == {"TOO_MUCH"}
        assert "more than 45 tasks and logs" in answer["errors"][0]["message"]
    assert "errors" not in site.execute(within("listTasks { data { id } }")).json()


def test_where_an_answer_is_full_nothing_more_is_looked_for(make_site, monkeypatch):
    """The records that would be refused are not even found."""
    site = make_site(bounds={"items": 45})
    site.sim.seed_records(tasks=TASKS, logs=LOGS)
    asked = []
    monkeypatch.setattr(_resolvers, "page_of", lambda *given: asked.append(1) or page_of(*given))
    site.execute(within("listTasks { data { id logs { id } } }"))
    assert len(asked) == 1 + 16  # the tasks, and the logs of those whose log is allowed, and of one more


def test_an_answer_that_takes_too_long_is_given_up(monkeypatch):
    """At the next list that it comes to."""
    now_ms = [0]
    monkeypatch.setattr(module, "real_ms", lambda: now_ms[0])
    allowance = Allowance(BOUNDS)
    now_ms[0] = 10_000
    allowance.take(1)
    now_ms[0] = 10_001
    with pytest.raises(module.GraphQLError, match="took more than 10 seconds"):
        allowance.take(1)


def test_an_error_of_a_list_counts_nothing(make_site):
    """It has no data."""
    site = make_site(bounds={"items": 1})
    answer = site.execute(within('listTasks(after: "x") { data { id } error { message } }')).json()
    assert "cursor" in answer["data"]["backgroundTasks"]["listTasks"]["error"]["message"]


# --- what is remembered


def test_a_document_is_measured_once_for_its_bounds(monkeypatch):
    """The measure is remembered with the document, and taken again for other bounds."""
    measured = []
    monkeypatch.setattr(
        "tasksim.graphql._documents.check_document", lambda document, bounds: measured.append(bounds)
    )
    documents = Documents()
    other = BOUNDS._replace(depth=3)
    for each in (BOUNDS, BOUNDS, other, None, other):
        documents.parse(None, {"query": "{ a }"}, each)
    assert measured == [BOUNDS, other]


def test_refused_and_huge_documents_are_not_kept():
    """Parsed they take hundreds of times their length."""
    documents = Documents()
    with pytest.raises(module.GraphQLError):
        documents.parse(None, {"query": doubling(30)}, BOUNDS)
    documents.parse(None, {"query": "{ a }" + " " * MOST_CHARACTERS}, BOUNDS)
    assert len(documents._by_text) == 0
    documents.parse(None, {"query": "{ a }"}, BOUNDS)
    assert len(documents._by_text) == 1


def test_a_huge_document_is_validated_all_the_same():
    """It is the one that was parsed last."""
    built = build_schema(CONTRACTS["webiny-5"], ("importPages",))
    text = "{ nonsense }" + " " * MOST_CHARACTERS
    document = built.documents.parse(None, {"query": text}, BOUNDS)
    assert "nonsense" in built.documents.validate(built.schema, document)[0].message


def test_what_is_said_of_documents_is_remembered_with_them(site):
    """By the operations that they have: other names could be anything."""
    asking = Asking(BOUNDS, debug=False, introspection=True, sdk_compat=False)
    several = "query A { __typename } query B { backgroundTasks { __typename } }"
    documents = schema_for(site.sim, sdk_compat=False).documents

    def said(name):
        return asking.ask(site.sim, Question(several, None, name, ()), None).what

    for _ in range(2):
        assert [said(name) for name in ("A", "B", "none", None)] == [
            "__typename",
            "__typename",
            "(no operation)",
            "(no operation)",
        ]
    document = documents.parse(None, {"query": several})
    assert list(documents.notes(document)) == ["A", "B"]
    documents.parse(None, {"query": "{ other: __typename }"})
    assert documents.notes(document) == {}  # another was parsed since: nothing is said of its notes


def test_documents_without_places_are_measured():
    """A parser need not say where things stand."""
    check_document(parse('{ a(b: "c") }', no_location=True), BOUNDS)
