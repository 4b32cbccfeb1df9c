"""What is answered: envelopes, errors by profile, nested fields, settings."""

import pytest

from tasksim import Simulator, create_task_definition
from tasksim.graphql import GraphQLClient

ERROR = "error { message code data stack }"
FULL = """
    id name definitionId parentId executionName iterations input output taskStatus startedOn finishedOn
    eventResponse createdOn savedOn createdBy { id displayName type }"""
PROFILES = ["documented", "webiny-5", "webiny-6"]


def error(message, code="", data=None):
    """Return an error as the API shows it."""
    return {"message": message, "code": code, "data": data, "stack": None}


def test_task_has_every_field(world):
    """A task is answered with every field of its record, times as texts."""
    id = world.trigger('input: { left: 0 }, name: "Mine"')
    world.sim.run_until_idle()
    found = world.ask(f'getTask(id: "{id}") {{ data {{ {FULL} }} error {{ message }} }}')
    assert found["error"] is None
    assert found["data"] == world.sim.tasks.get_task(id).to_json()
    assert found["data"]["createdOn"] == "2024-01-01T00:00:00.000Z"


def test_id_with_a_revision(world):
    """An id may carry a revision, which is cut off."""
    id = world.trigger()
    assert world.ask(f'getTask(id: "{id}#0003") {{ data {{ id }} }}') == {"data": {"id": id}}


@pytest.mark.parametrize("profile", PROFILES)
def test_unknown_ids(make_world, profile):
    """P2: an unknown id is nothing to getTask, and an error of the profile to abortTask and deleteTask."""
    world = make_world(profile)
    assert world.ask(f'getTask(id: "zzz") {{ data {{ id }} {ERROR} }}') == {"data": None, "error": None}
    aborted = world.change(f'abortTask(id: "zzz") {{ data {{ id }} {ERROR} }}')
    deleted = world.change(f'deleteTask(id: "zzz") {{ data {ERROR} }}')
    six = error("Task not found.", "BackgroundTasks/Task/NotFoundError")
    if profile == "webiny-6":
        assert [aborted["error"], deleted["error"]] == [six, six]
    else:
        assert aborted["error"] == error('Task "zzz" was not found!', "NOT_FOUND")
        assert deleted["error"] == error('Entry by ID "zzz#0001" not found.', "NOT_FOUND")
    assert (aborted["data"], deleted["data"]) == (None, None)


@pytest.mark.parametrize("profile", PROFILES)
def test_abort_of_a_finished_task(make_world, profile):
    """A1: a finished task cannot be aborted, with the profile's code."""
    world = make_world(profile)
    id = world.trigger()
    world.sim.run_until_idle()
    found = world.change(f'abortTask(id: "{id}") {{ data {{ id }} {ERROR} }}')
    code = "BackgroundTasks/Task/Abort" if profile == "webiny-6" else "TASK_ABORT_ERROR"
    text = "Cannot abort a task that is not pending or running!"
    assert found == {"data": None, "error": error(text, code, {"id": id, "status": "success"})}


@pytest.mark.parametrize("profile", PROFILES)
def test_finished_on_of_an_aborted_task(make_world, profile):
    """A3: an abort sets `finishedOn` where it is documented, and nowhere else."""
    world = make_world(profile)
    found = world.change(f'abortTask(id: "{world.trigger()}") {{ data {{ taskStatus finishedOn }} }}')["data"]
    assert found["taskStatus"] == "aborted"
    assert (found["finishedOn"] is not None) is (profile == "documented")


def test_abort_message(world):
    """A2: the message goes to the newest log, and a log is made where there is none."""
    id = world.trigger()
    world.change(f'abortTask(id: "{id}", message: "Enough.") {{ data {{ id }} }}')
    (log,) = world.ask(f'getTask(id: "{id}") {{ data {{ logs {{ items {{ message type }} }} }} }}')["data"][
        "logs"
    ]
    assert log["items"] == [{"message": "Enough.", "type": "info"}]


def test_private_definitions(make_world):
    """T7: private definitions are never listed; only webiny-6 triggers one, by name."""
    for profile in PROFILES:
        world = make_world(profile)
        listed = world.ask("listDefinitions { data { id title description } error { message } }")
        assert listed["data"] == [
            {"id": "importPages", "title": "Import pages", "description": "Pages."},
            {"id": "guarded", "title": "Guarded", "description": None},
        ]
        name = '"secretTask"' if profile == "webiny-6" else "secretTask"
        document = (
            f"mutation {{ backgroundTasks {{ triggerTask(definition: {name}) {{ data {{ name }} }} }} }}"
        )
        answer = world.execute(document)
        if profile == "webiny-6":
            assert answer == {"data": {"backgroundTasks": {"triggerTask": {"data": {"name": "Secret"}}}}}
        else:
            assert list(answer) == ["errors"]
        world.sim.tasks.trigger("secretTask")
        assert world.ask("listTasks { data { definitionId } }")["data"][0] == {"definitionId": "secretTask"}


def test_unknown_definition_by_name(make_world):
    """Where the definition is text, an unknown one is an error inside."""
    found = make_world("webiny-6").change(f'triggerTask(definition: "nope") {{ data {{ id }} {ERROR} }}')
    text, code = "Task definition was not found!", "TASK_DEFINITION_ERROR"
    assert found == {"data": None, "error": error(text, code, {"id": "nope"})}


def test_refused_trigger(world):
    """T3: what `on_before_trigger` raises is the error, with its code and data."""
    found = world.change(f"triggerTask(definition: guarded) {{ data {{ id }} {ERROR} }}")
    assert found == {"data": None, "error": error("Not today.", "NOT_TODAY", {"name": "Guarded"})}
    assert world.sim.tasks.list_tasks().items == []


def test_plain_exception():
    """An exception without code and data has an empty code and null data."""

    def refuse():
        raise ValueError("no")

    definition = create_task_definition(id="bad", title="Bad", run=refuse, on_before_trigger=refuse)
    client = GraphQLClient(Simulator([definition]))
    document = (
        f"mutation {{ backgroundTasks {{ triggerTask(definition: bad) {{ data {{ id }} {ERROR} }} }} }}"
    )
    found = client.execute(document)["data"]["backgroundTasks"]["triggerTask"]
    assert found == {"data": None, "error": error("no")}


def test_stack_in_debug_only(make_world):
    """An error carries its stack only for a client that debugs."""
    document = f"triggerTask(definition: guarded) {{ {ERROR} }}"
    assert make_world().change(document)["error"]["stack"] is None
    stack = make_world(debug=True).change(document)["error"]["stack"]
    assert stack.startswith("Traceback")
    assert stack.endswith("RuntimeError: Not today.\n")


@pytest.mark.parametrize("input", ["null", "false", "0", '""', "{}"])
def test_no_input(world, input):
    """What is no value to JavaScript is no input: `{}` is stored (T1)."""
    id = world.trigger(f"input: {input}")
    assert world.sim.tasks.get_task(id).input == {}


@pytest.mark.parametrize("input", ["[]", "[1]", '"text"', "5", "true"])
def test_input_that_is_no_object(world, input):
    """T6: any other input that is no object fails the validation; no field is named."""
    found = world.change(f"triggerTask(definition: importPages, input: {input}) {{ data {{ id }} {ERROR} }}")
    code = "VALIDATION_FAILED_INVALID_FIELDS"
    assert found == {"data": None, "error": error("Validation failed.", code, {"invalidFields": {}})}


def test_usage_error_is_an_error_inside(world):
    """What the service cannot make sense of is an error inside, in one sentence."""
    found = world.ask(f'listTasks(after: "zzz") {{ data {{ id }} meta {{ totalCount }} {ERROR} }}')
    assert found == {"data": None, "meta": None, "error": error("after is 'zzz', which is no cursor.")}


def test_delay(world):
    """T4, T5: a delay waits that long; one of 355 days is refused."""
    id = world.trigger("delay: 90")
    world.sim.advance(89)
    assert world.sim.tasks.get_task(id).task_status == "pending"
    world.sim.advance(1)
    assert world.sim.tasks.get_task(id).task_status == "success"
    found = world.change(f"triggerTask(definition: importPages, delay: 30672000) {{ {ERROR} }}")["error"]
    assert (found["code"], found["data"]["delay"]) == ("MAX_DELAY_ERROR", 30_672_000)


# --- nested fields


def test_nested_logs(world):
    """The logs of a task come oldest first, and are its own whatever the where says."""
    id, other = world.trigger("input: { left: 2 }"), world.trigger()
    world.sim.run_until_idle()

    def iterations(arguments=""):
        found = world.ask(
            f'getTask(id: "{id}") {{ data {{ logs{arguments} {{ iteration task {{ id }} }} }} }}'
        )
        assert {log["task"]["id"] for log in found["data"]["logs"]} <= {id}
        return [log["iteration"] for log in found["data"]["logs"]]

    assert iterations() == [1, 2, 3]
    assert iterations("(sort: [iteration_DESC])") == [3, 2, 1]
    assert iterations("(sort: null)") == [3, 2, 1]
    assert iterations("(limit: 2.5)") == [1, 2]
    assert iterations("(limit: null)") == [1, 2, 3]
    assert iterations("(where: null)") == [1, 2, 3]
    assert iterations("(where: { iteration_gte: 2 })") == [2, 3]
    assert iterations(f'(where: {{ task: "{other}" }})') == [1, 2, 3]


def test_more_logs_than_a_page(world):
    """A task's logs are not cut at a page."""
    id = world.trigger("input: { left: 49 }")
    world.sim.run_until_idle()
    world.sim.seed_records(logs=[{"task": id, "iteration": 51 + n} for n in range(5)])
    found = world.ask(f'getTask(id: "{id}") {{ data {{ logs {{ id }} }} }}')["data"]["logs"]
    assert len(found) == len(world.sim.execution(id).logs) > 50


def test_log_of_a_deleted_task(world):
    """The task of a log may not be null: asking for one that is gone is a top-level error."""
    id = world.trigger()
    world.sim.run_until_idle()
    world.change(f'deleteTask(id: "{id}") {{ data }}')
    answer = world.execute("{ backgroundTasks { listLogs { data { id task { id } } error { message } } } }")
    assert answer["data"] == {"backgroundTasks": {"listLogs": {"data": None, "error": None}}}
    assert answer["errors"][0]["path"] == ["backgroundTasks", "listLogs", "data", 0, "task"]
    assert len(world.ask("listLogs { data { id } }")["data"]) == 1


def test_fields_of_a_definition(world):
    """webiny-5 has `fields`, which are never any."""
    assert world.ask("listDefinitions { data { fields } }")["data"] == [{"fields": []}, {"fields": []}]


def test_empty_fields(world):
    """The placeholder of each namespace is null."""
    assert world.execute("{ backgroundTasks { _empty } }") == {"data": {"backgroundTasks": {"_empty": None}}}


# --- settings of webiny-6


def test_settings(make_world):
    """Settings begin at 90 days, are changed, and are each simulation's own, whoever asks."""
    world, other = make_world("webiny-6"), make_world("webiny-6")
    asked = f"getSettings {{ data {{ retentionDays }} {ERROR} }}"
    assert world.ask(asked) == {"data": {"retentionDays": 90}, "error": None}
    for days in (30, 0, 3650):
        changed = world.change(
            f"updateSettings(input: {{ retentionDays: {days} }}) {{ data {{ retentionDays }} }}"
        )
        assert changed == {"data": {"retentionDays": days}}
    assert world.change("updateSettings(input: {}) { data { retentionDays } }")["data"] == {
        "retentionDays": 3650
    }
    again = GraphQLClient(world.sim).execute(f"{{ backgroundTasks {{ {asked} }} }}")
    assert again["data"]["backgroundTasks"]["getSettings"]["data"] == {"retentionDays": 3650}
    assert other.ask(asked)["data"] == {"retentionDays": 90}


@pytest.mark.parametrize(
    ("days", "code", "message"),
    [
        ("-1", "too_small", "Too small: expected number to be >=0"),
        ("3651", "too_big", "Too big: expected number to be <=3650"),
        ("null", "invalid_type", "Invalid input: expected number, received null"),
    ],
)
def test_settings_out_of_bounds(make_world, days, code, message):
    """Days out of bounds are refused inside, with what is wrong with them."""
    world = make_world("webiny-6")
    found = world.change(
        f"updateSettings(input: {{ retentionDays: {days} }}) {{ data {{ retentionDays }} {ERROR} }}"
    )
    assert found["data"] is None
    assert (found["error"]["message"], found["error"]["code"]) == (
        "Validation failed.",
        "BackgroundTasks/ValidationError",
    )
    (issue,) = found["error"]["data"]["issues"]
    assert (issue["code"], issue["message"], issue["path"]) == (code, message, ["retentionDays"])
    assert world.ask("getSettings { data { retentionDays } }")["data"] == {"retentionDays": 90}


def test_settings_of_half_a_day(make_world):
    """A number of days with a fraction never reaches the resolver: there is no data."""
    field = "updateSettings(input: { retentionDays: $days }) { data { retentionDays } }"
    document = f"mutation($days: Int) {{ backgroundTasks {{ {field} }} }}"
    assert list(make_world("webiny-6").execute(document, days=30.5)) == ["errors"]
