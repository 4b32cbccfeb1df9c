"""Documents of others, as printed: the documentation's, the official client's, the admin screen's."""

import pytest

DOCUMENTED = {
    "definitions": """
        query ListTaskDefinitions {
          backgroundTasks {
            listDefinitions {
              data { id title description }
              error { message code data stack }
            }
          }
        }""",
    "tasks": """
        query ListTasks {
          backgroundTasks {
            listTasks {
              data {
                id startedOn finishedOn name definitionId iterations parentId executionName
                eventResponse taskStatus input output
                # ...more fields available
              }
              error { message code data stack }
            }
          }
        }""",
    "logs": """
        query ListBackgroundTaskLogs {
          backgroundTasks {
            listLogs(where: {
              # you can list logs from a certain task if you like
              task: "importPages-0001"
            }) {
              data { id createdOn executionName iteration items { message createdOn type data error } }
            }
          }
        }""",
    "trigger": """
        mutation TriggerATask {
          backgroundTasks {
            triggerTask(definition: importPages, input: {
              someVariable: "someValue",
              yetAnotherVariable: "anotherValue"
            }) {
              data { id definitionId executionName eventResponse taskStatus input }
              error { message code data stack }
            }
          }
        }""",
    "abort": """
        mutation AbortATask {
          backgroundTasks {
            # message is optional
            abortTask(id: "importPages-0001", message: "My Reason for aborting the task") {
              data { id createdOn savedOn startedOn finishedOn definitionId iterations name input output }
              error { message code data stack }
            }
          }
        }""",
}
TRIGGER_BY_VARIABLE = """
    mutation TriggerTask($definition: WebinyBackgroundTaskDefinitionEnum!, $input: JSON) {
      backgroundTasks {
        triggerTask(definition: $definition, input: $input) {
          data {
            id definitionId executionName eventResponse taskStatus input output startedOn finishedOn
            name iterations parentId
          }
          error { message code }
        }
      }
    }"""
ABORT_BY_VARIABLE = """
    mutation AbortTask($id: ID!, $message: String) {
      backgroundTasks {
        abortTask(id: $id, message: $message) {
          data {
            id createdOn savedOn startedOn finishedOn definitionId iterations name input output taskStatus
            executionName eventResponse parentId
          }
          error { message code }
        }
      }
    }"""
LOGS_OF_THE_CLIENT = """
    query ListBackgroundTaskLogs($where: BackgroundTaskLogListWhereInput) {
      backgroundTasks {
        listLogs(where: $where) {
          data { id createdOn executionName iteration items { message createdOn type data error } }
          error { message code }
        }
      }
    }"""

TASK = """
    id createdOn savedOn createdBy { id displayName type } name definitionId parentId executionName iterations
    input output taskStatus startedOn finishedOn eventResponse"""
ADMIN = {
    "list": """
        query ListTasks(
            $where: WebinyBackgroundTaskListWhereInput, $sort: [WebinyBackgroundTaskListSorter!]
            $limit: Int, $after: String, $search: String
        ) {
          backgroundTasks {
            listTasks(where: $where, sort: $sort, limit: $limit, after: $after, search: $search) {
              data { TASK } meta { cursor hasMoreItems totalCount } error { code message data }
            }
          }
        }""",
    "get": """
        query GetTask($id: ID!) {
          backgroundTasks { getTask(id: $id) { data { TASK } error { code message data } } }
        }""",
    "logs": """
        query ListBackgroundTaskLogs(
            $where: WebinyBackgroundTaskLogListWhereInput, $sort: [WebinyBackgroundTaskLogListSorter!]
            $limit: Int, $after: String
        ) {
          backgroundTasks {
            listLogs(where: $where, sort: $sort, limit: $limit, after: $after) {
              data { id createdOn executionName iteration items { message createdOn type data error } }
              meta { cursor hasMoreItems totalCount } error { code message data }
            }
          }
        }""",
    "abort": """
        mutation AbortTask($id: ID!, $message: String) {
          backgroundTasks {
            abortTask(id: $id, message: $message) { data { TASK } error { code message data } }
          }
        }""",
    "delete": """
        mutation DeleteTask($id: ID!) {
          backgroundTasks { deleteTask(id: $id) { data error { code message data } } }
        }""",
    "definitions": """
        query ListTaskDefinitions {
          backgroundTasks { listDefinitions { data { id title description } error { code message data } } }
        }""",
    "settings": """
        query GetBackgroundTaskSettings {
          backgroundTasks { getSettings { data { retentionDays } error { code message data } } }
        }""",
    "update": """
        mutation UpdateBackgroundTaskSettings($input: UpdateBackgroundTaskSettingsInput!) {
          backgroundTasks {
            updateSettings(input: $input) { data { retentionDays } error { code message data } }
          }
        }""",
}


def only(answer):
    """Return the one answer inside the namespace; there must be no errors."""
    assert "errors" not in answer, answer
    (found,) = answer["data"]["backgroundTasks"].values()
    assert found.get("error") is None, found
    return found["data"]


@pytest.mark.parametrize("profile", ["documented", "webiny-5"])
def test_documented(make_world, profile):
    """Every document of the documentation works as printed there."""
    world = make_world(profile)
    task = only(world.execute(DOCUMENTED["trigger"]))
    assert task["input"] == {"someVariable": "someValue", "yetAnotherVariable": "anotherValue"}
    assert task["taskStatus"] == "pending"
    assert [each["id"] for each in only(world.execute(DOCUMENTED["definitions"]))] == [
        "importPages",
        "guarded",
    ]
    assert only(world.execute(DOCUMENTED["abort"]))["id"] == task["id"]
    (log,) = only(world.execute(DOCUMENTED["logs"]))
    assert [item["message"] for item in log["items"]] == ["My Reason for aborting the task"]
    assert [each["taskStatus"] for each in only(world.execute(DOCUMENTED["tasks"]))] == ["aborted"]


@pytest.mark.parametrize("profile", ["documented", "webiny-5"])
def test_by_variable(make_world, profile):
    """A trigger takes the definition as a variable; an abort does without a message."""
    world = make_world(profile)
    task = only(world.execute(TRIGGER_BY_VARIABLE, definition="importPages", input={"left": 1}))
    assert task["input"] == {"left": 1}
    assert only(world.execute(ABORT_BY_VARIABLE, id=task["id"]))["taskStatus"] == "aborted"
    (log,) = only(world.execute(DOCUMENTED["logs"]))
    assert [item["message"] for item in log["items"]] == ["Task aborted."]


def test_official_client_against_webiny_6(make_world):
    """The official client's two broken documents fail as on the real server; its abort works."""
    world = make_world("webiny-6")
    for document, unknown in (
        (TRIGGER_BY_VARIABLE, "WebinyBackgroundTaskDefinitionEnum"),
        (LOGS_OF_THE_CLIENT, "BackgroundTaskLogListWhereInput"),
    ):
        answer = world.execute(document, definition="importPages")
        assert "data" not in answer
        assert unknown in answer["errors"][0]["message"]
    assert only(world.execute(ABORT_BY_VARIABLE, id=world.trigger()))["taskStatus"] == "aborted"


def test_admin_screen_against_webiny_6(make_world):
    """Every document of the admin screen works against webiny-6."""
    world = make_world("webiny-6")
    documents = {name: text.replace("TASK", TASK) for name, text in ADMIN.items()}
    first, second = world.trigger(), world.trigger()
    listed = only(
        world.execute(
            documents["list"], sort=["values_taskStatus_DESC", "createdOn_ASC"], limit=1, search="imp"
        )
    )
    assert [each["id"] for each in listed] == [first]
    assert only(world.execute(documents["abort"], id=first))["taskStatus"] == "aborted"
    assert only(world.execute(documents["get"], id=first))["taskStatus"] == "aborted"
    assert len(only(world.execute(documents["logs"], where={"task": first}))) == 1
    assert only(world.execute(documents["delete"], id=second)) is True
    assert [each["id"] for each in only(world.execute(documents["definitions"]))] == [
        "importPages",
        "guarded",
    ]
    assert only(world.execute(documents["settings"])) == {"retentionDays": 90}
    assert only(world.execute(documents["update"], input={"retentionDays": 30})) == {"retentionDays": 30}
    assert only(world.execute(documents["settings"])) == {"retentionDays": 30}
