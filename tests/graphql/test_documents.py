"""Documents of others: the documentation's, the official client's, the admin screen's."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "fixtures" / "documents"
DOCUMENTS = {
    f"{path.parent.name}/{path.stem}": path.read_text(encoding="utf-8")
    for path in sorted(FOLDER.glob("*/*.graphql"))
}
ID = "importPages-0001"
VARIABLES = {
    "admin/abort_task": {"id": ID},
    "admin/delete_task": {"id": ID},
    "admin/get_task": {"id": ID},
    "admin/update_settings": {"input": {"retentionDays": 30}},
    "documented/trigger_task_by_variable": {"definition": "importPages"},
    "sdk/abort_task": {"id": ID},
    "sdk/list_logs": {"where": {"task": ID}},
    "sdk/trigger_task": {"definition": "importPages", "input": {"left": 1}},
}
LACKS_LOGS = "Unknown type 'BackgroundTaskLogListWhereInput'."
LACKS_ENUM = "Unknown type 'WebinyBackgroundTaskDefinitionEnum'."
HAS_NO_SETTINGS = {
    "admin/get_settings": "Cannot query field 'getSettings'",
    "admin/update_settings": "Unknown type 'UpdateBackgroundTaskSettingsInput'.",
}
NAMES_BY_TEXT = {"documented/trigger_task": "String cannot represent a non string value: importPages"}
FAIL = {
    ("documented", False): {**HAS_NO_SETTINGS, "sdk/list_logs": LACKS_LOGS},
    ("documented", True): HAS_NO_SETTINGS,
    ("webiny-5", False): {**HAS_NO_SETTINGS, "sdk/list_logs": LACKS_LOGS},
    ("webiny-5", True): HAS_NO_SETTINGS,
    ("webiny-6", False): {
        **NAMES_BY_TEXT,
        "documented/trigger_task_by_variable": LACKS_ENUM,
        "sdk/list_logs": LACKS_LOGS,
        "sdk/trigger_task": LACKS_ENUM,
    },
    ("webiny-6", True): NAMES_BY_TEXT,
}
UNKNOWN_TASK = {
    "message": "Task not found.",
    "code": "BackgroundTasks/Task/NotFoundError",
    "data": None,
}


def answered(world, name, **variables):
    """Send a document and return the one envelope inside the namespace; there must be no `errors`."""
    answer = world.execute(DOCUMENTS[name], **variables)
    assert "errors" not in answer, answer
    (found,) = answer["data"]["backgroundTasks"].values()
    return found


def data_of(world, name, **variables):
    """Send a document and return its data; there must be no error."""
    found = answered(world, name, **variables)
    assert found.get("error") is None, found
    return found["data"]


def ids(found):
    """Return the ids of a list."""
    return [each["id"] for each in found]


def messages(logs):
    """Return the messages of each log."""
    return [[item["message"] for item in log["items"]] for log in logs]


def selected(document, json):
    """Return what a document, by the names that stand in it, asks of a record."""
    words = set(document.replace("{", " ").replace("}", " ").split())
    return {name: value for name, value in json.items() if name in words}


def test_documents_are_there():
    """There are the documents of all three, and variables for no others."""
    assert {name.split("/")[0] for name in DOCUMENTS} == {"admin", "documented", "sdk"}
    assert len(DOCUMENTS) == 20
    assert set(VARIABLES) <= set(DOCUMENTS)


@pytest.mark.slow
@pytest.mark.parametrize(("profile", "sdk_compat"), FAIL)
@pytest.mark.parametrize("name", DOCUMENTS)
def test_where_it_works(make_world, name, profile, sdk_compat):
    """Each document works against each contract, or fails as on the real server, and then has no data."""
    world = make_world(profile, sdk_compat=sdk_compat)
    assert world.trigger() == ID
    answer = world.execute(DOCUMENTS[name], **VARIABLES.get(name, {}))
    expected = FAIL[profile, sdk_compat].get(name)
    if expected is None:
        (found,) = answer.pop("data")["backgroundTasks"].values()
        assert answer == {}
        assert found.get("error") is None
        assert found["data"] is not None
    else:
        assert list(answer) == ["errors"]
        assert answer["errors"][0]["message"].startswith(expected)


# --- the documentation


@pytest.mark.parametrize("profile", ["documented", "webiny-5"])
def test_documented(make_world, profile):
    """Every document of the documentation works as printed there."""
    world = make_world(profile)
    task = data_of(world, "documented/trigger_task")
    assert task == {
        "id": ID,
        "definitionId": "importPages",
        "executionName": "",
        "eventResponse": world.sim.tasks.get_task(ID).event_response,
        "taskStatus": "pending",
        "input": {"someVariable": "someValue", "yetAnotherVariable": "anotherValue"},
    }
    assert data_of(world, "documented/list_definitions") == [
        {"id": "importPages", "title": "Import pages", "description": "Pages."},
        {"id": "guarded", "title": "Guarded", "description": None},
    ]
    assert data_of(world, "documented/abort_task")["id"] == ID
    (log,) = data_of(world, "documented/list_logs")
    assert messages([log]) == [["My Reason for aborting the task"]]
    stored = world.sim.tasks.get_task(ID).to_json()
    assert data_of(world, "documented/list_tasks") == [selected(DOCUMENTS["documented/list_tasks"], stored)]
    assert stored["taskStatus"] == "aborted"


@pytest.mark.parametrize("profile", ["documented", "webiny-5"])
def test_documented_by_variable(make_world, profile):
    """A trigger takes the definition as a variable; an abort does without a message."""
    world = make_world(profile)
    task = data_of(
        world, "documented/trigger_task_by_variable", definition="importPages", input={"left": [1]}
    )
    assert (task["id"], task["input"]) == (ID, {"left": [1]})
    assert data_of(world, "documented/abort_task_without_message")["id"] == ID
    assert messages(data_of(world, "documented/list_logs")) == [["Task aborted."]]
    again = answered(world, "documented/abort_task_without_message")
    assert again == {
        "data": None,
        "error": {
            "message": "Cannot abort a task that is not pending or running!",
            "code": "TASK_ABORT_ERROR",
            "data": {"id": ID, "status": "aborted"},
            "stack": None,
        },
    }


# --- the official client


def use_client(world):
    """Do all that the official client can, and return the id of what it triggered."""
    assert ids(data_of(world, "sdk/list_definitions")) == ["importPages", "guarded"]
    task = data_of(world, "sdk/trigger_task", definition="importPages", input={"left": 2})
    stored = world.sim.tasks.get_task(task["id"]).to_json()
    assert task == selected(DOCUMENTS["sdk/trigger_task"], stored)
    assert (task["taskStatus"], task["input"]) == ("pending", {"left": 2})
    world.sim.run_next()
    task = data_of(world, "sdk/abort_task", id=task["id"], message="Enough.")
    assert (task["taskStatus"], task["iterations"]) == ("aborted", 1)
    (log,) = data_of(world, "sdk/list_logs", where={"task": task["id"]})
    assert messages([log])[0][-1] == "Enough."
    assert data_of(world, "sdk/list_logs") == data_of(world, "sdk/list_logs", where=None) == [log]
    assert data_of(world, "sdk/list_logs", where={"task": "other"}) == []
    (listed,) = data_of(world, "sdk/list_tasks")
    assert listed == selected(DOCUMENTS["sdk/list_tasks"], world.sim.tasks.get_task(task["id"]).to_json())
    return task["id"]


@pytest.mark.parametrize("profile", ["documented", "generic", "webiny-5", "webiny-6"])
def test_official_client(make_world, profile):
    """With `sdk_compat` all that the official client does works, in every profile."""
    world = make_world(profile, sdk_compat=True)
    refused = answered(world, "sdk/abort_task", id=use_client(world))["error"]
    assert refused == {
        "message": "Cannot abort a task that is not pending or running!",
        "code": "BackgroundTasks/Task/Abort" if profile == "webiny-6" else "TASK_ABORT_ERROR",
    }
    refused = answered(world, "sdk/trigger_task", definition="guarded")
    assert refused == {"data": None, "error": {"message": "Not today.", "code": "NOT_TODAY"}}


def test_official_client_names_definitions_by_text(make_world):
    """With `sdk_compat` webiny-6 takes any text for the enum: a private definition's, an unknown one's."""
    world = make_world("webiny-6", sdk_compat=True)
    assert data_of(world, "sdk/trigger_task", definition="secretTask")["name"] == "Secret"
    refused = answered(world, "sdk/trigger_task", definition="nope")
    assert refused == {
        "data": None,
        "error": {"message": "Task definition was not found!", "code": "TASK_DEFINITION_ERROR"},
    }
    answer = world.execute(DOCUMENTS["sdk/trigger_task"], definition=5)
    assert list(answer) == ["errors"]
    assert "String cannot represent a non string value: 5" in answer["errors"][0]["message"]


@pytest.mark.parametrize("definition", ["secretTask", "nope"])
def test_official_client_names_definitions_by_enum(make_world, definition):
    """Where there is an enum, `sdk_compat` lets nothing else through."""
    world = make_world("webiny-5", sdk_compat=True)
    answer = world.execute(DOCUMENTS["sdk/trigger_task"], definition=definition)
    assert list(answer) == ["errors"]
    message = f"Value '{definition}' does not exist in 'WebinyBackgroundTaskDefinitionEnum' enum."
    assert message in answer["errors"][0]["message"]


# --- the admin screen


def admin_list(world, **variables):
    """List as the admin screen does; return the ids and the meta."""
    found = answered(world, "admin/list_tasks", **variables)
    assert found["error"] is None, found
    stored = [world.sim.tasks.get_task(each["id"]).to_json() for each in found["data"]]
    assert found["data"] == stored
    return ids(found["data"]), found["meta"]


def test_admin_screen_lists(make_world):
    """The admin screen filters, sorts by `values_`, searches, and turns pages."""
    world = make_world("webiny-6")
    first, second, third = (world.trigger(f'name: "{name}"') for name in ("pears", "apples", "plums"))
    world.sim.tasks.abort(second)
    total = {"hasMoreItems": False, "cursor": None}
    assert admin_list(world) == ([third, second, first], {**total, "totalCount": 3})
    for sort, expected in (
        (["values_taskStatus_DESC", "createdOn_ASC"], [first, third, second]),
        (["values_name_ASC"], [second, first, third]),
        (["values_name_DESC"], [third, first, second]),
        (["savedOn_DESC", "values_iterations_ASC"], [first, second, third]),
        (["id_ASC"], [first, second, third]),
    ):
        assert admin_list(world, sort=sort)[0] == expected
    where = {"taskStatus_in": ["pending"], "definitionId": "importPages"}
    assert admin_list(world, where=where) == ([third, first], {**total, "totalCount": 2})
    assert admin_list(world, search="appl")[0] == [second]
    assert admin_list(world, where={}, sort=[], search="", after="")[0] == [third, second, first]
    seen, after = [], None
    for left in (2, 1, 0):
        page, meta = admin_list(world, sort=["values_name_ASC"], limit=1, after=after)
        assert (meta["totalCount"], meta["hasMoreItems"]) == (3, left > 0)
        seen, after = seen + page, meta["cursor"]
    assert (seen, after) == ([second, first, third], None)


def test_admin_screen_changes(make_world):
    """The admin screen reads, aborts and deletes; what is gone or finished is an error with its data."""
    world = make_world("webiny-6")
    first, second = world.trigger(), world.trigger()
    aborted = data_of(world, "admin/abort_task", id=first, message="Enough.")
    assert aborted["taskStatus"] == "aborted"
    assert data_of(world, "admin/get_task", id=first) == aborted
    found = answered(world, "admin/list_logs", where={"task": first}, sort=["values_iteration_DESC"])
    assert messages(found["data"]) == [["Enough."]]
    assert found["meta"] == {"cursor": None, "hasMoreItems": False, "totalCount": 1}
    refused = answered(world, "admin/abort_task", id=first)
    assert refused == {
        "data": None,
        "error": {
            "message": "Cannot abort a task that is not pending or running!",
            "code": "BackgroundTasks/Task/Abort",
            "data": {"id": first, "status": "aborted"},
        },
    }
    assert answered(world, "admin/delete_task", id=second) == {"data": True, "error": None}
    assert answered(world, "admin/get_task", id=second) == {"data": None, "error": None}
    for name in ("admin/abort_task", "admin/delete_task"):
        assert answered(world, name, id=second) == {"data": None, "error": UNKNOWN_TASK}
    assert admin_list(world)[0] == [first]
    assert ids(data_of(world, "admin/list_definitions")) == ["importPages", "guarded"]


def test_admin_screen_settings(make_world):
    """The admin screen reads and changes the settings; days out of bounds are an error."""
    world = make_world("webiny-6")
    assert data_of(world, "admin/get_settings") == {"retentionDays": 90}
    changed = {"retentionDays": 30}
    assert data_of(world, "admin/update_settings", input=changed) == changed
    refused = answered(world, "admin/update_settings", input={"retentionDays": -1})
    assert refused["data"] is None
    assert refused["error"]["code"] == "BackgroundTasks/ValidationError"
    assert data_of(world, "admin/get_settings") == changed


@pytest.mark.parametrize("profile", ["documented", "webiny-5"])
def test_admin_screen_sorters_are_those_of_6(make_world, profile):
    """Elsewhere a sorter is bare: `values_name_ASC` is refused, `name_ASC` works, as do pages."""
    world = make_world(profile)
    first, second = world.trigger('name: "pears"'), world.trigger('name: "apples"')
    page, meta = admin_list(world, sort=["name_ASC"], limit=1)
    assert (page, meta["hasMoreItems"]) == ([second], True)
    assert admin_list(world, sort=["name_ASC"], after=meta["cursor"])[0] == [first]
    answer = world.execute(DOCUMENTS["admin/list_tasks"], sort=["values_name_ASC"])
    assert list(answer) == ["errors"]
    message = "Value 'values_name_ASC' does not exist in 'WebinyBackgroundTaskListSorter' enum."
    assert message in answer["errors"][0]["message"]
