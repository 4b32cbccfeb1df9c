"""P1: who may do what, and how a refusal looks."""

import pytest

from tasksim.graphql import GraphQLClient

QUERIES = {
    "getTask": 'getTask(id: "importPages-0001") { data { id } error { message code data } }',
    "listTasks": "listTasks { data { id } meta { totalCount } error { message code data } }",
    "listLogs": "listLogs { data { id } meta { totalCount } error { message code data } }",
    "listDefinitions": "listDefinitions { data { id } error { message code data } }",
}
MUTATIONS = {
    "triggerTask": ("triggerTask(definition: importPages) { data { id } }", "w"),
    "abortTask": ('abortTask(id: "importPages-0001") { data { id } }', "w"),
    "deleteTask": ('deleteTask(id: "importPages-0001") { data }', "d"),
}


def allowed(world):
    """Return the fields that a caller is allowed, and check how the others are refused."""
    codes = {"webiny-6": "NOT_AUTHORIZED"}
    refused = {
        "message": "Not authorized!",
        "code": codes.get(world.sim.profile, "SECURITY_NOT_AUTHORIZED"),
        "data": None,
    }
    found = set()
    for name, field in QUERIES.items():
        answer = world.ask(field)
        if answer["error"] is None:
            found.add(name)
        else:
            assert answer.pop("error") == refused
            assert set(answer.values()) == {None}
    for name, (field, _) in MUTATIONS.items():
        text = field.replace("definition: importPages", 'definition: "importPages"')
        document = (
            f"mutation {{ backgroundTasks {{ {text if world.sim.profile == 'webiny-6' else field} }} }}"
        )
        answer = world.execute(document)
        if "errors" in answer:
            (error,) = answer["errors"]
            assert (error["message"], error["path"]) == ("Not authorized!", ["backgroundTasks", name])
            assert answer["data"] == {"backgroundTasks": None}
        else:
            found.add(name)
    return found


@pytest.mark.parametrize(
    ("permissions", "letters"),
    [
        ([], ""),
        ([{"name": "cms.*"}], ""),
        ([{"name": "tasks", "rwd": ""}], ""),
        ([{"name": "tasks", "rwd": "r"}], "r"),
        ([{"name": "tasks", "rwd": "rw"}], "rw"),
        ([{"name": "tasks", "rwd": "d"}], "d"),
        ([{"name": "tasks", "rwd": "r"}, {"name": "tasks", "rwd": "d"}], "rd"),
        ([{"name": "tasks", "rwd": None}], "rwd"),
        ([{"name": "tasks"}], "rwd"),
        ([{"name": "task*"}], "rwd"),
        ([{"name": "*"}], "rwd"),
    ],
)
@pytest.mark.parametrize("profile", ["webiny-5", "webiny-6"])
def test_letters(make_world, profile, permissions, letters):
    """P1: queries need `r` of `tasks`, trigger and abort `w`, delete `d`; no letters are all."""
    expected = set(QUERIES) if "r" in letters else set()
    expected |= {name for name, (_, letter) in MUTATIONS.items() if letter in letters}
    assert allowed(make_world(profile, permissions=permissions)) == expected


@pytest.mark.parametrize(
    ("permissions", "expected"),
    [
        ([{"name": "*"}], {*QUERIES, *MUTATIONS}),
        ([{"name": "tasks"}], set()),
        ([{"name": "task*"}], set()),
        ([{"name": "*", "rwd": "r"}], set(QUERIES)),
    ],
)
@pytest.mark.parametrize("profile", ["documented", "generic"])
def test_full_access(make_world, profile, permissions, expected):
    """P1: as documented, everything needs full access."""
    assert allowed(make_world(profile, permissions=permissions)) == expected


def test_full_access_is_the_default(make_world):
    """P1: a client that is told nothing may do everything."""
    assert allowed(make_world()) == {*QUERIES, *MUTATIONS}


def test_refused_mutation_does_nothing(make_world):
    """P1: what is refused leaves no trace."""
    world = make_world(permissions=[])
    world.execute("mutation { backgroundTasks { triggerTask(definition: importPages) { data { id } } } }")
    assert world.sim.tasks.list_tasks().items == []


def test_nested_fields_ask_for_nothing(make_world):
    """P1: who may trigger sees the new task's logs, although he may not list any."""
    world = make_world(permissions=[{"name": "tasks", "rwd": "w"}])
    found = world.change("triggerTask(definition: importPages) { data { logs { id } } }")
    assert found == {"data": {"logs": []}}


def test_settings_are_refused_inside(make_world):
    """P1: settings are refused inside the envelope, each with its code; reading needs `r`, writing `w`."""
    world = make_world("webiny-6", permissions=[])
    error = "error { message code }"
    found = world.ask(f"getSettings {{ data {{ retentionDays }} {error} }}")
    assert found == {"data": None, "error": {"message": "Not authorized!", "code": "NOT_AUTHORIZED"}}
    update = f"updateSettings(input: {{ retentionDays: 1 }}) {{ data {{ retentionDays }} {error} }}"
    found = world.change(update)
    refused = {"message": "Not authorized!", "code": "BackgroundTasks/NotAuthorized"}
    assert found == {"data": None, "error": refused}
    reader = make_world("webiny-6", permissions=[{"name": "tasks", "rwd": "r"}])
    assert reader.ask(f"getSettings {{ data {{ retentionDays }} {error} }}")["error"] is None
    assert reader.change(update)["error"] == refused


def test_clients_of_one_simulation(world):
    """Several callers share a simulation, each with permissions of his own."""
    reader = GraphQLClient(world.sim, permissions=[{"name": "tasks", "rwd": "r"}])
    id = world.trigger()
    found = reader.execute("{ backgroundTasks { listTasks { data { id } } } }")
    assert found == {"data": {"backgroundTasks": {"listTasks": {"data": [{"id": id}]}}}}
