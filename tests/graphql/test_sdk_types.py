"""`sdk_compat`: two type names more, for variables alone; all else stays as it is."""

import pytest
from graphql import get_introspection_query, parse, print_ast

from tasksim.graphql._contracts import CONTRACTS
from tasksim.graphql._schemas import build_schema
from tasksim.graphql._sdk_types import declared_as_real, sdk_types

REAL, LACKING = "WebinyBackgroundTaskLogListWhereInput", "BackgroundTaskLogListWhereInput"
ENUM = "WebinyBackgroundTaskDefinitionEnum"
INTROSPECTION = get_introspection_query(descriptions=False)


def types_of(world):
    """Return the types that introspection shows, by name."""
    return {each["name"]: each for each in world.execute(INTROSPECTION)["data"]["__schema"]["types"]}


@pytest.mark.slow
@pytest.mark.parametrize("profile", sorted(CONTRACTS))
def test_schema_has_two_names_more(make_world, profile):
    """Introspection shows an input like the real one, and the enum's name where there is none; no more."""
    strict, compat = (types_of(make_world(profile, sdk_compat=how)) for how in (False, True))
    added = {LACKING} if ENUM in strict else {LACKING, ENUM}
    assert set(compat) - set(strict) == added
    assert {name: compat[name] for name in strict} == strict
    assert compat[LACKING] == {**strict[REAL], "name": LACKING}
    assert compat[ENUM]["kind"] == ("ENUM" if ENUM in strict else "SCALAR")


def test_schemas_are_kept_apart(make_world):
    """A client without `sdk_compat` is strict although another of the same contract is not."""
    document = (
        f"query($where: {LACKING}) {{ backgroundTasks {{ listLogs(where: $where) {{ data {{ id }} }} }} }}"
    )
    assert "errors" not in make_world(sdk_compat=True).execute(document)
    assert list(make_world().execute(document)) == ["errors"]
    contract = CONTRACTS["webiny-6"]
    assert build_schema(contract, ()) is not build_schema(contract, (), sdk_compat=True)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (f"query ($a: {LACKING}) {{ x }}", f"query ($a: {REAL}) {{ x }}"),
        (f"query ($a: [{ENUM}!]! = [], $b: Int) {{ x }}", "query ($a: [String!]! = [], $b: Int) { x }"),
        (f"query A($a: {ENUM}) {{ x }} mutation B($a: {ENUM}) {{ x }}", None),
        (f"{{ ... on {ENUM} {{ x(a: {ENUM}) }} }} fragment F on {LACKING} {{ {ENUM} }}", "same"),
    ],
)
def test_variables_alone_are_declared_anew(given, expected):
    """Only where variables are declared is a name exchanged, however it is wrapped, in each operation."""
    expected = given if expected == "same" else expected or given.replace(ENUM, "String")
    found = declared_as_real(parse(given), sdk_types(CONTRACTS["webiny-6"]))
    assert print_ast(found) == print_ast(parse(expected))


def test_document_without_the_names_is_left_alone():
    """Where there is nothing to exchange the document is the same."""
    document = parse("query ($a: Int) { x }")
    assert declared_as_real(document, {}) is document
    assert declared_as_real(document, {LACKING: REAL}) == document


def test_errors_show_where_the_document_is_wrong(make_world):
    """An error names the line and column of the document that was sent."""
    listed = "backgroundTasks { listLogs(where: $where) { data { id } } }"
    document = f"query($where: [{LACKING}]) {{\n  {listed} }}"
    (error,) = make_world(sdk_compat=True).execute(document)["errors"]
    assert error["message"].startswith(
        f"Variable '$where' of type '[{REAL}]' used in position expecting type"
    )
    assert error["locations"] == [{"line": 1, "column": 7}, {"line": 2, "column": 37}]


def test_value_is_checked_as_the_real_type(make_world):
    """A variable's value is read as the real type: instants as instants, unknown keys refused."""
    world = make_world("webiny-6", sdk_compat=True)
    id = world.trigger()
    world.sim.tasks.abort(id)
    document = (
        f"query($where: {LACKING}!) {{ backgroundTasks {{ listLogs(where: $where) {{ data {{ id }} }} }} }}"
    )
    for where, count in (
        ({"createdOn_gte": "2024-01-01T00:00:00Z"}, 1),
        ({"createdOn_gt": "2024-01-01T00:00:00Z"}, 0),
        ({"items": {"message": "Task aborted."}}, 1),
    ):
        answer = world.execute(document, where=where)
        assert len(answer["data"]["backgroundTasks"]["listLogs"]["data"]) == count
    assert list(world.execute(document, where={"nope": 1})) == ["errors"]
