"""The schemas: equal to what was recorded, and to what is known."""

import json
from pathlib import Path

import pytest
from graphql import GraphQLInputObjectType, build_schema, get_introspection_query, get_named_type

from tasksim import DefinitionError, Simulator, create_task_definition
from tasksim._engine.profiles import profile_names
from tasksim._world.query import LOGS, TASKS, select
from tasksim.graphql import GraphQLClient
from tasksim.graphql._arguments import list_arguments
from tasksim.graphql._contracts import CONTRACTS, schema_text
from tasksim.graphql._schemas import build_schema as built
from tasksim.graphql._schemas import schema_for

RECORDED = Path(__file__).parents[2] / "fixtures" / "conformance" / "graphql-introspection.json"
TYPES = {each["name"]: each for each in json.loads(RECORDED.read_text("utf-8"))["__schema"]["types"]}
ENUM = "WebinyBackgroundTaskDefinitionEnum"
WHERES = {
    "WebinyBackgroundTaskListWhereInput": TASKS,
    "WebinyBackgroundTaskLogListWhereInput": LOGS,
}
SORTERS = {"WebinyBackgroundTaskListSorter": TASKS, "WebinyBackgroundTaskLogListSorter": LOGS}


def definition(id):
    """Make a definition that is done at once."""
    return create_task_definition(id=id, title=id, run=lambda response: response.done())


def schema_of(profile, ids=("importPages",)):
    """Return the executable schema of a profile."""
    return built(CONTRACTS[profile], tuple(ids)).schema


@pytest.fixture(scope="module")
def introspected():
    """The types of webiny-5 with the recorded definitions, by name, as introspection answers."""
    ids = [value["name"] for value in TYPES[ENUM]["enumValues"]]
    sim = Simulator([definition(id) for id in ids], profile="webiny-5")
    answer = GraphQLClient(sim).execute(get_introspection_query(descriptions=False))
    return {each["name"]: each for each in answer["data"]["__schema"]["types"]}


def reference(given):
    """Return a reference to a type as a value."""
    return given and (given["kind"], given["name"], reference(given.get("ofType")))


def shape(given):
    """Return what is compared of a type: all but descriptions, directives and order."""
    return {
        "kind": given["kind"],
        "fields": {
            field["name"]: (
                reference(field["type"]),
                {(each["name"], reference(each["type"]), each["defaultValue"]) for each in field["args"]},
            )
            for field in given["fields"] or ()
        },
        "inputs": {each["name"]: reference(each["type"]) for each in given["inputFields"] or ()},
        "values": {each["name"] for each in given["enumValues"] or ()},
        "interfaces": {each["name"] for each in given["interfaces"] or ()},
        "possible": {each["name"] for each in given["possibleTypes"] or ()},
    }


def test_types_are_those_recorded(introspected):
    """webiny-5 has the recorded types and no other."""
    assert set(introspected) == set(TYPES)


# The types of introspection itself are those of graphql-core, which follows one graphql.js or the next.
@pytest.mark.parametrize("name", sorted(name for name in TYPES if not name.startswith("__")))
def test_type_is_as_recorded(introspected, name):
    """Each type of webiny-5 equals the recorded one: kind, fields, arguments, inputs, values, references."""
    assert shape(introspected[name]) == shape(TYPES[name])


def test_every_profile_has_a_contract():
    """A profile without a contract would have no schema."""
    assert set(CONTRACTS) == set(profile_names())


@pytest.mark.parametrize("profile", ["documented", "webiny-5"])
def test_enum_names_public_definitions(world, profile):
    """T7: the enum has the public definitions in order of registration, the built-in one first."""
    sim = Simulator([definition("b"), definition("a")], profile=profile, builtins=True)
    answer = GraphQLClient(sim).execute(f'{{ __type(name: "{ENUM}") {{ enumValues {{ name }} }} }}')
    assert [each["name"] for each in answer["data"]["__type"]["enumValues"]] == ["testingRun", "b", "a"]


@pytest.mark.parametrize("profile", ["documented", "webiny-5"])
def test_enum_without_public_definitions(make_world, profile):
    """Without a public definition the enum has one value, which names no definition (T2)."""
    world = make_world(profile, [])
    answer = world.execute(f'{{ __type(name: "{ENUM}") {{ enumValues {{ name }} }} }}')
    assert answer["data"]["__type"]["enumValues"] == [{"name": "Empty"}]
    found = world.change("triggerTask(definition: Empty) { data { id } error { message code data } }")
    error = {
        "message": "Task definition was not found!",
        "code": "TASK_DEFINITION_ERROR",
        "data": {"id": "Empty"},
    }
    assert found == {"data": None, "error": error}


@pytest.mark.parametrize("id", ["3DModels", "true", "\N{GREEK SMALL LETTER ALPHA}"])
def test_id_that_is_no_enum_value(make_world, id):
    """An id that cannot stand in the enum is refused by name, and can be private or asked for by code."""
    world = make_world("webiny-5", [definition(id)])
    with pytest.raises(DefinitionError, match=f"'{id}' cannot be a value of {ENUM}"):
        world.execute("{ __typename }")
    assert make_world("webiny-6", [definition(id)]).execute("{ __typename }") == {
        "data": {"__typename": "Query"}
    }


def test_schema_is_rebuilt_when_definitions_change(world):
    """A definition registered later can be triggered; one schema serves all whose definitions are equal."""
    before = schema_for(world.sim, sdk_compat=False)
    assert schema_for(world.sim, sdk_compat=False) is before
    world.sim.register(definition("later"))
    after = schema_for(world.sim, sdk_compat=False)
    assert after is not before
    assert world.change("triggerTask(definition: later) { data { name } }") == {"data": {"name": "later"}}
    equal = [definition(id) for id in ("importPages", "guarded", "later")]
    assert schema_for(Simulator(equal, profile="webiny-5"), sdk_compat=False) is after


def test_files_are_whole_schemas():
    """Each shipped file is a schema by itself."""
    for contract in CONTRACTS.values():
        assert build_schema(schema_text(contract, ())).query_type is not None


# --- webiny-6, from facts (reference 9.1 to 9.3)


def test_facts_of_webiny_6():
    """webiny-6 names definitions by a String, has settings, and no `fields`."""
    types = schema_of("webiny-6").type_map
    assert ENUM not in types
    mutation = types["WebinyBackgroundTaskMutation"].fields
    assert {name: str(each.type) for name, each in mutation["triggerTask"].args.items()} == {
        "definition": "String!",
        "input": "JSON",
        "name": "String",
        "delay": "Number",
    }
    assert str(mutation["updateSettings"].type) == "WebinyBackgroundTaskSettingsResponse"
    assert str(mutation["updateSettings"].args["input"].type) == "UpdateBackgroundTaskSettingsInput!"
    query = types["WebinyBackgroundTaskQuery"].fields
    assert str(query["getSettings"].type) == "WebinyBackgroundTaskSettingsResponse"
    assert list(types["WebinyBackgroundTaskDefinition"].fields) == ["id", "title", "description"]
    assert str(types["WebinyBackgroundTaskSettings"].fields["retentionDays"].type) == "Int"
    assert str(types["UpdateBackgroundTaskSettingsInput"].fields["retentionDays"].type) == "Int"


def test_webiny_6_differs_in_nothing_else():
    """Each other type of webiny-6 is that of webiny-5."""
    five, six = schema_of("webiny-5").type_map, schema_of("webiny-6").type_map
    changed = {
        "WebinyBackgroundTaskDefinition",
        "WebinyBackgroundTaskQuery",
        "WebinyBackgroundTaskMutation",
        *SORTERS,
    }
    for name in set(five) & set(six) - changed:
        assert fields_of(five[name]) == fields_of(six[name]), name
    for name, schema in SORTERS.items():
        own = [value for value in five[name].values if f"values_{value}" in schema.sorters]
        bare = [value for value in five[name].values if value not in own]
        assert list(six[name].values) == [*bare, *(f"values_{value}" for value in own)]


def fields_of(type_):
    """Return the fields of a type with their types."""
    return {name: str(field.type) for name, field in getattr(type_, "fields", {}).items()}


# --- what the schemas offer is what lists understand


@pytest.mark.parametrize("profile", sorted(CONTRACTS))
def test_every_condition_is_understood(profile):
    """Each key of each where-input is one that the lists know, with a value of its type."""
    types = schema_of(profile).type_map
    values = {"String": "x", "ID": "x", "Number": 1, "DateTime": 0}
    for name, schema in WHERES.items():
        for key, field in types[name].fields.items():
            value = values.get(str(get_named_type(field.type)))
            if isinstance(get_named_type(field.type), GraphQLInputObjectType):
                value = {"message_contains": "x"}
            elif str(field.type).startswith("["):
                value = [value, value]
            arguments = list_arguments({"where": {key: value}})
            assert select(schema, [], **arguments)[0] == [], key


@pytest.mark.parametrize("profile", sorted(CONTRACTS))
def test_every_sorter_is_understood(profile):
    """Each value of each sorter enum is one that the lists know."""
    types = schema_of(profile).type_map
    for name, schema in SORTERS.items():
        assert set(types[name].values) <= set(schema.sorters)
