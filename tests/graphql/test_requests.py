"""Requests of any kind: the client answers, by GraphQL's rules, and what it answers can be sent."""

import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasksim import Simulator
from tasksim.graphql import GraphQLClient, _documents

SURROGATE = "\ud800"
LISTED = "data { id } meta { cursor hasMoreItems totalCount } error { message code data }"
TRIGGER = """
    mutation($definition: String!, $input: JSON, $name: String) {
      backgroundTasks {
        found: triggerTask(definition: $definition, input: $input, name: $name) { data { id } }
      }
    }"""
ABORT = """
    mutation($id: ID!, $message: String) {
      backgroundTasks { found: abortTask(id: $id, message: $message) { data { id } } }
    }"""
LIST = f"""
    query($where: WebinyBackgroundTaskListWhereInput, $limit: Int, $after: String, $search: String) {{
      backgroundTasks {{
        found: listTasks(where: $where, limit: $limit, after: $after, search: $search) {{ {LISTED} }}
      }}
    }}"""


@pytest.fixture
def six(make_world):
    """A world of profile webiny-6 with three tasks."""
    world = make_world("webiny-6")
    for name in ("one", "two", "three"):
        world.trigger(f'name: "{name}"')
    return world


def refused(world, document, *, operation_name=None, **variables):
    """Return the message of a document that is not executed: there is no data, and one error."""
    answer = world.client.execute(document, variables, operation_name)
    json.dumps(answer, ensure_ascii=False).encode()
    assert list(answer) == ["errors"], answer
    return answer["errors"][0]["message"]


# --- text


@pytest.mark.parametrize(
    ("document", "variables", "what"),
    [
        (TRIGGER, {"definition": "importPages", "name": SURROGATE}, "Variable '$name'"),
        (TRIGGER, {"definition": f"a{SURROGATE}"}, "Variable '$definition'"),
        (TRIGGER, {"definition": "importPages", "input": {"a": [{"b": SURROGATE}]}}, "Variable '$input'"),
        (TRIGGER, {"definition": "importPages", "input": {SURROGATE: 1}}, "Variable '$input'"),
        (ABORT, {"id": SURROGATE}, "Variable '$id'"),
        (ABORT, {"id": "importPages-0001", "message": SURROGATE}, "Variable '$message'"),
        (LIST, {"where": {"name_in": ["x", SURROGATE]}}, "Variable '$where'"),
        (LIST, {"where": {SURROGATE: 1}}, "Variable '$where'"),
        (LIST, {"after": SURROGATE}, "Variable '$after'"),
        (LIST, {"search": SURROGATE}, "Variable '$search'"),
        (LIST, {SURROGATE: 1}, "Variable '$\\ud800'"),
    ],
)
def test_variables_with_lone_surrogates(six, document, variables, what):
    """A lone surrogate is no text of GraphQL's: no variable may hold one, and nothing is done."""
    before = list(six.sim.trace)
    assert refused(six, document, **variables).startswith(f"{what} holds ")
    assert list(six.sim.trace) == before


@pytest.mark.parametrize(
    "document",
    [
        f"query {SURROGATE} {{ __typename }}",
        f"{{ {SURROGATE}: __typename }}",
        f"{{ __typename }} # {SURROGATE}",
        f'{{ backgroundTasks {{ getTask(id: "{SURROGATE}") {{ data {{ id }} }} }} }}',
        '{ backgroundTasks { getTask(id: "\\ud800") { data { id } } } }',
        '{ backgroundTasks { getTask(id: "\\u{D800}") { data { id } } } }',
    ],
)
def test_documents_with_lone_surrogates(six, document):
    """Nor may a document, literally or escaped, not even in a comment."""
    assert refused(six, document).startswith("Syntax Error: Invalid ")


def test_whole_surrogate_pairs_are_text(six):
    """A pair of surrogates in an escape is one character; any other character is kept as it is."""
    literal = '{ backgroundTasks { found: listTasks(search: "\\uD83D\\uDE00") { data { name } } } }'
    for name in ("\N{GRINNING FACE}", "\x00\uffff"):
        assert "errors" not in six.execute(TRIGGER, definition="importPages", name=name)
        assert six.sim.tasks.list_tasks().items[0].name == name
    found = six.execute(literal)["data"]["backgroundTasks"]["found"]
    assert found == {"data": [{"name": "\N{GRINNING FACE}"}]}


def test_operation_name_with_a_lone_surrogate(six):
    """Nor may the name of the operation."""
    message = refused(six, "query A { __typename }", operation_name=SURROGATE)
    assert message == "The operation's name holds '\\ud800', which has a lone surrogate."


@pytest.mark.parametrize("variables", [{"where": {5: 5}}, {"where": {"name": {None: 1}}}])
def test_keys_that_are_no_text(six, variables):
    """The keys of objects in variables are texts."""
    message = refused(six, LIST, **variables)
    assert message.startswith("Variable '$where' holds the key ")
    message = refused(six, "{ __typename }", a=[{1: 2}])
    assert message == "Variable '$a' holds the key 1, which is no text."


@pytest.mark.parametrize("kind", [list, dict])
def test_variable_that_contains_itself(six, kind):
    """A value that contains itself is no JSON, and told so inside."""
    value = kind()
    if kind is list:
        value.append(value)
    else:
        value["a"] = value
    field = 'triggerTask(definition: "importPages", input: $input) { data { id } error { message } }'
    answer = six.execute(f"mutation($input: JSON) {{ backgroundTasks {{ {field} }} }}", input={"a": value})
    found = answer["data"]["backgroundTasks"]["triggerTask"]
    assert found["data"] is None
    assert "contains itself" in found["error"]["message"]


# --- arguments of lists


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"limit": 0},
        {"limit": -1},
        {"limit": None},
        {"limit": 2**31 - 1},
        {"limit": 3.0},
        {"where": {}},
        {"where": None},
        {"after": ""},
        {"after": None},
        {"search": ""},
        {"search": "  "},
        {"search": None},
        {"nobody": "asked"},
    ],
)
def test_arguments_that_mean_nothing(six, variables):
    """A limit below 1, an empty cursor, search or where, and null are none; unknown variables are ignored."""
    found = six.execute(LIST, **variables)["data"]["backgroundTasks"]["found"]
    assert [each["id"] for each in found["data"]] == [f"importPages-000{at}" for at in (3, 2, 1)]
    assert found["meta"] == {"cursor": None, "hasMoreItems": False, "totalCount": 3}
    assert found["error"] is None


@pytest.mark.parametrize("after", ["!", "zzz", "bnVsbA==", "W10=", "\N{SNOWMAN}", "0" * 1000])
def test_cursors_that_are_none(six, after):
    """A text that is no cursor is an error inside."""
    found = six.execute(LIST, after=after)["data"]["backgroundTasks"]["found"]
    assert (found["data"], found["meta"]) == (None, None)
    assert found["error"] == {
        "message": f"after is {after!r}, which is no cursor.",
        "code": "",
        "data": None,
    }


def test_cursor_of_another_list(six):
    """A cursor of another order, or of logs, is an error inside."""
    asked = "listTasks(sort: [values_name_ASC], limit: 1) { meta { cursor } }"
    cursor = six.ask(asked)["meta"]["cursor"]
    for field in ("listTasks", "listLogs"):
        found = six.ask(f'{field}(after: "{cursor}") {{ {LISTED} }}')
        assert (found["data"], found["meta"]) == (None, None)
        assert "which is of a list of tasks by ['name_ASC', 'sequence']" in found["error"]["message"]


@pytest.mark.parametrize(
    "variables",
    [
        {"limit": "2"},
        {"limit": True},
        {"limit": 1.5},
        {"limit": 2**31},
        {"limit": [1]},
        {"where": []},
        {"where": "name"},
        {"where": {"name": 5}},
        {"where": {"nope": 5}},
        {"where": {"id_in": [None]}},
        {"where": {"createdOn": 0}},
        {"after": 5},
        {"search": {}},
    ],
)
def test_variables_of_the_wrong_type(six, variables):
    """A variable of the wrong type is named; there is no data."""
    assert f"'${next(iter(variables))}'" in refused(six, LIST, **variables)


@pytest.mark.parametrize("variables", [{}, {"definition": None}, {"definition": 5}, {"name": "x"}])
def test_variables_that_are_missing(six, variables):
    """A variable that must be there is named."""
    assert "'$definition'" in refused(six, TRIGGER, **variables)


# --- operations, fragments, directives


SEVERAL = "query A { a: __typename } mutation B { b: __typename } query C { c: __typename }"


def test_several_operations(six):
    """Of several operations the named one is executed, and no other."""
    for name, type_ in (("A", "Query"), ("B", "Mutation"), ("C", "Query")):
        answer = six.client.execute(SEVERAL, None, name)
        assert answer == {"data": {name.lower(): type_}}
    assert "operation name" in refused(six, SEVERAL)
    for name in ("D", ""):
        assert refused(six, SEVERAL, operation_name=name) == f"Unknown operation named '{name}'."
    assert "5" in refused(six, SEVERAL, operation_name=5)
    assert "only one operation named 'A'" in refused(six, f"{SEVERAL} query A {{ a: __typename }}")
    assert refused(six, f"{{ a: __typename }} {SEVERAL}").startswith("This anonymous operation")


@pytest.mark.parametrize("document", ["subscription { x }", "subscription S { __typename }"])
def test_subscriptions(six, document):
    """There are no subscriptions."""
    assert "ubscription" in refused(six, document)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("fragment F on Query { __typename }", "Fragment 'F' is never used."),
        ("{ ...F }", "Unknown fragment 'F'."),
        ("{ ...F } fragment F on Query { ...F }", "Cannot spread fragment 'F' within itself."),
        ("{ ...F } fragment F on Nope { a }", "Unknown type 'Nope'."),
        ("{ ... on Mutation { __typename } }", "Fragment cannot be spread here"),
        ("{ a: __typename @nope }", "Unknown directive '@nope'."),
        ("{ a: __typename @skip }", "of type 'Boolean!' is required"),
        (
            "query($a: Boolean) { __typename @skip(if: $a) }",
            "Variable '$a' of type 'Boolean' used in position",
        ),
        ("query($a: Int) { __typename }", "Variable '$a' is never used."),
        ("{ __typename @skip(if: $a) }", "Variable '$a' is not defined."),
        ("type X { a: Int }", "The 'X' definition is not executable."),
        ("{ backgroundTasks }", "Field 'backgroundTasks' of type 'WebinyBackgroundTaskQuery' must have"),
        ("{ a: __typename a: __schema { description } }", "Fields 'a' conflict"),
    ],
)
def test_documents_that_do_not_fit(six, document, message):
    """What the rules of validation refuse is not executed."""
    assert message in refused(six, document)


def test_fragments(six):
    """Fragments, named and inline, mean what they select; twice the same field is one."""
    document = """
        query { backgroundTasks { ...Listed ... on WebinyBackgroundTaskQuery { found { ...Meta } } } }
        fragment Listed on WebinyBackgroundTaskQuery { found { data { ...Task ... { id } } } }
        fragment Task on WebinyBackgroundTask { id name }
        fragment Meta on WebinyBackgroundTaskListResponse { meta { totalCount } }
        """.replace("found {", "listTasks(limit: 1) {")
    assert six.execute(document)["data"]["backgroundTasks"]["listTasks"] == {
        "data": [{"id": "importPages-0003", "name": "three"}],
        "meta": {"totalCount": 3},
    }


@pytest.mark.parametrize("skip", [True, False])
def test_directives(six, skip):
    """`@skip` and `@include` leave fields and fragments out, mutations too, which then do nothing."""
    document = """
        mutation($skip: Boolean!) {
          a: __typename @skip(if: $skip)
          b: __typename @include(if: $skip)
          backgroundTasks @skip(if: $skip) {
            abortTask(id: "importPages-0001") { data { taskStatus ... @include(if: $skip) { name } } }
          }
        }"""
    answer = six.execute(document, skip=skip)
    if skip:
        assert answer == {"data": {"b": "Mutation"}}
    else:
        aborted = {"abortTask": {"data": {"taskStatus": "aborted"}}}
        assert answer == {"data": {"a": "Mutation", "backgroundTasks": aborted}}
    assert six.sim.tasks.get_task("importPages-0001").status == ("pending" if skip else "aborted")
    assert "errors" in six.execute(document)


def test_mutations_are_made_in_order(six):
    """The mutations of one document are made one after the other; one that fails stops no other."""
    abort = 'abortTask(id: "importPages-0001") { data { taskStatus } error { message } }'
    found = six.execute(f"mutation {{ backgroundTasks {{ a: {abort} b: {abort} }} last: __typename }}")[
        "data"
    ]
    assert found["backgroundTasks"]["a"] == {"data": {"taskStatus": "aborted"}, "error": None}
    assert found["backgroundTasks"]["b"]["data"] is None
    assert found["last"] == "Mutation"


# --- depth


@pytest.mark.parametrize("depth", [100, 240, 700, 1500, 30_000])
@pytest.mark.parametrize(
    "write",
    [
        lambda depth: "{" + "... {" * depth + "__typename" + "}" * (depth + 1),
        lambda depth: "query($a: " + "[" * depth + "Int" + "]" * depth + ") { __typename }",
        lambda depth: "{ __typename @skip(if: " + "[" * depth + "]" * depth + ") }",
        lambda depth: "{" * depth,
    ],
    ids=["fields", "types", "values", "braces"],
)
def test_depth(six, write, depth):
    """However deep a document is, there is an answer."""
    answer = six.execute(write(depth))
    assert set(answer) <= {"data", "errors"}
    assert answer.get("data", {"__typename": "Query"}) == {"__typename": "Query"}


@pytest.mark.slow
@pytest.mark.parametrize("length", [100, 700, 1500])
def test_chains_of_fragments(six, length):
    """However long a chain of fragments is, there is an answer."""
    chain = "".join(f"fragment F{at} on Query {{ ...F{at + 1} }} " for at in range(length))
    answer = six.execute(f"{{ ...F0 }} {chain} fragment F{length} on Query {{ __typename }}")
    assert answer in ({"data": {"__typename": "Query"}}, {"errors": answer.get("errors")})


def test_validation_without_a_bound(world, monkeypatch):
    """Where graphql-core itself sets no bound, Python's own is an answer."""

    def validate(*_):
        raise RecursionError

    monkeypatch.setattr(_documents, "validate", validate)
    (error,) = world.execute("{ bound: __typename }")["errors"]
    assert error["message"] == "Document is nested too deeply. Validation aborted."


@pytest.mark.parametrize("depth", [50, 150, 5000])
def test_deep_input(six, depth):
    """However deep a variable is, there is an answer."""
    value = {}
    for _ in range(depth):
        value = {"a": value}
    answer = six.execute(TRIGGER, definition="importPages", input=value)
    assert (answer["data"]["backgroundTasks"]["found"]["data"] is None) is (
        depth > sys.getrecursionlimit() // 10
    )


# --- anything


WORDS = st.sampled_from(
    [
        *'{}()[]:!$@&|="""#,',
        *(
            "...",
            "query",
            "mutation",
            "subscription",
            "fragment",
            "on",
            "null",
            "true",
            "A",
            "$a",
            "1",
            "1.5",
        ),
        *(
            "__typename",
            "backgroundTasks",
            "listTasks",
            "listLogs",
            "getTask",
            "data",
            "id",
            "limit",
            "where",
        ),
        *(
            "String",
            "JSON",
            "Int",
            '"x"',
            "@skip(if: true)",
            "\n",
            "\\u0041",
            "abortTask",
            "error",
            "message",
        ),
    ]
)
TEXTS = st.text() | st.lists(WORDS, max_size=30).map(" ".join)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.binary()
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner), max_leaves=5
)
CLIENT = GraphQLClient(Simulator())


@given(
    document=TEXTS | st.just(LIST) | LEAVES,
    variables=st.none()
    | VALUES
    | st.dictionaries(st.sampled_from(["a", "where", "limit", "after", "search"]), VALUES),
    operation_name=st.none() | st.sampled_from(["A", ""]) | VALUES,
)
def test_anything(document, variables, operation_name):
    """Whatever is asked is answered, with data or errors, and the answer can be sent."""
    answer = CLIENT.execute(document, variables, operation_name)
    assert answer
    assert set(answer) <= {"data", "errors"}
    json.dumps(answer, ensure_ascii=False, allow_nan=False).encode()
