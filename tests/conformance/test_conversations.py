"""The recorded conversations over GraphQL: every one matches `webiny-5`, and replays under every profile."""

import json
from pathlib import Path

import pytest

from tasksim import UsageError
from tasksim._conform.comparing import Difference, plain_answer
from tasksim._conform.rows import conform_row, read_rows

FILE = Path(__file__).parents[2] / "fixtures" / "conformance" / "graphql-exchanges.jsonl"
ROWS = [pytest.param(row, id=row["name"]) for _, row in read_rows(str(FILE))]


@pytest.mark.parametrize("row", ROWS)
def test_every_conversation_matches(row):
    """Every recorded conversation matches profile `webiny-5`."""
    assert conform_row("here:1", row, "webiny-5") == (row["name"], None)


def test_there_are_as_many_as_recorded():
    """None of the conversations is left out."""
    assert len(ROWS) == 25


@pytest.mark.parametrize("profile", ["documented", "webiny-6"])
def test_every_conversation_replays(profile):
    """Every conversation replays under the other profiles; that it matches is not expected."""
    for _, row in read_rows(str(FILE)):
        conform_row("here:1", row, profile)


# --- the replay itself

TRIGGER = "mutation($d: WebinyBackgroundTaskDefinitionEnum!, $input: JSON) { backgroundTasks { triggerTask(definition: $d, input: $input) { data { id } } } }"  # noqa: E501
GET = "query($id: ID!) { backgroundTasks { getTask(id: $id) { data { taskStatus iterations output input finishedOn logs { id items { message error data } } } } } }"  # noqa: E501
NAMED = {"data": {"backgroundTasks": {"triggerTask": {"data": {"id": "$task1"}}}}}


def got(**fields):
    """Return the answer of GET, with what differs."""
    usual = {"taskStatus": "success", "iterations": 1, "output": None, "input": {}, "logs": []}
    return {"data": {"backgroundTasks": {"getTask": {"data": {**usual, **fields}}}}}


def row_of(script, *steps, **definition):
    """Make a conversation about one definition, triggered first."""
    triggered = {"document": TRIGGER, "variables": {"d": "one"}, "response": NAMED}
    given = {"id": "one", "title": "One", "script": script, **definition}
    return {"name": "mine", "definitions": [given], "steps": [triggered, *steps]}


def actual_of(script, *before, **definition):
    """Return what GET answers after some steps, as the difference from nothing shows it."""
    document = {"document": GET, "variables": {"id": "$task1"}, "response": {"data": None}}
    verdict = conform_row("here:1", row_of(script, *before, document, **definition), "webiny-5")
    assert verdict.difference.path == f"steps[{len(before) + 1}].response.data"
    return json.loads(verdict.difference.actual)["backgroundTasks"]["getTask"]["data"]


def test_scripts():
    """A script's entries log, throw, continue, fail or finish; the last one repeats."""
    run = {"run": True}
    done = actual_of([{"message": "Fine.", "output": {"n": 1}}], run)
    assert (done["taskStatus"], done["output"], done["logs"][0]["items"][0]["message"]) == (
        "success",
        {"n": 1},
        "Fine.",
    )
    failed = actual_of([{"log": "Before."}, {"throw": "kaput"}], run, disableDatabaseLogs=True)
    assert (failed["taskStatus"], failed["logs"]) == ("success", [])
    assert actual_of([{"throw": "kaput"}], run)["output"] == {"error": {"message": "kaput"}}
    assert actual_of([{"error": {"message": "no", "code": "NO"}}], run)["output"]["error"]["code"] == "NO"
    limited = actual_of([{"continue": {"a": 1}}], run, maxIterations=3)
    assert (limited["taskStatus"], limited["iterations"], limited["input"]) == ("failed", 3, {"a": 1})


def test_steps():
    """A run may have so many events; time passes where it is told to."""
    steps = [{"run": True, "iterations": 1}, {"advance": 5000}, {"run": True}]
    found = actual_of([{"continue": {"a": 1}}, {}], *steps)
    assert (found["iterations"], found["finishedOn"]) == (2, "2024-01-01T00:00:05.000Z")


def test_hooks_of_a_conversation():
    """A hook that throws refuses the trigger; one that is well does nothing."""
    hooks = {"onBeforeTrigger": "throw"}
    refused = conform_row("here:1", row_of([{}], hooks=hooks), "webiny-5").difference
    assert refused.path == "steps[0].response.data.backgroundTasks.triggerTask.data"
    assert conform_row("here:1", row_of([{}], hooks={"onBeforeTrigger": "ok"}), "webiny-5").difference is None


def test_difference_is_named():
    """A conversation that differs says where first; later steps are not looked at."""
    wrong = {"document": "{ __typename }", "variables": {}, "response": {"data": {"__typename": "Root"}}}
    verdict = conform_row("here:1", row_of([{}], wrong, {"document": 5}), "webiny-5")
    assert verdict == ("mine", Difference("steps[1].response.data.__typename", '"Root"', '"Query"'))


def test_places_without_a_record():
    """`$task2` stays where there is no second task; names inside texts are exchanged, too."""
    document = "query($id: ID!) { backgroundTasks { abortTask: getTask(id: $id) { data { id } } } }"
    nothing = {"data": {"backgroundTasks": {"abortTask": {"data": None}}}}
    steps = [
        {"document": document, "variables": {"id": id}, "response": nothing} for id in ("$task2", "$task0")
    ]
    assert conform_row("here:1", row_of([{}], *steps), "webiny-5").difference is None
    text = "mutation($id: ID!) { backgroundTasks { deleteTask(id: $id) { data error { message } } } }"
    missing = {"data": None, "error": {"message": 'Entry by ID "$task1#0001" not found.'}}
    steps = [
        {
            "document": text,
            "variables": {"id": "$task1"},
            "response": {"data": {"backgroundTasks": {"deleteTask": each}}},
        }
        for each in ({"data": True, "error": None}, missing)
    ]
    assert conform_row("here:1", row_of([{}], *steps), "webiny-5").difference is None


def test_logs_have_names():
    """`$log1` is the first log of the world."""
    item = {"message": "Task done.", "error": None, "data": None}
    expected = got(logs=[{"id": "$log1", "items": [item]}], finishedOn="2024-01-01T00:00:00.000Z")
    steps = [{"run": True}, {"document": GET, "variables": {"id": "$task1"}, "response": expected}]
    assert conform_row("here:1", row_of([{}], *steps), "webiny-5").difference is None


def test_what_is_compared():
    """Nulls in JSON and stacks are dropped, other nulls not; two fields go by presence, errors by path."""
    envelope = {"message": "m", "code": "", "data": {"a": None, "b": [None]}, "stack": "x"}
    answer = {
        "errors": [
            {"message": "one", "path": ["a"]},
            {"message": "two", "path": ["a"]},
            {"message": "three"},
        ],
        "data": {
            "found": {
                "data": [
                    {
                        "input": {"a": None, "b": {"c": None, "d": [{"e": None}]}},
                        "output": None,
                        "executionName": "x",
                        "eventResponse": {},
                        "items": [{"data": {"a": None}, "error": {"stack": "x", "message": "m"}}],
                        "parentId": None,
                    }
                ],
                "error": envelope,
            }
        },
    }
    assert plain_answer(answer) == {
        "errors": [{"path": ["a"]}, {"path": []}],
        "data": {
            "found": {
                "data": [
                    {
                        "input": {"b": {"d": [{}]}},
                        "output": None,
                        "executionName": "(present)",
                        "eventResponse": "(absent)",
                        "items": [{"data": {}, "error": {"message": "m"}}],
                        "parentId": None,
                    }
                ],
                "error": {"message": "m", "code": "", "data": {"b": [None]}},
            }
        },
    }


@pytest.mark.parametrize("change", [{"steps": [{"document": "{ __typename }"}]}, {"definitions": [{}]}])
def test_conversations_that_cannot_be_replayed(change):
    """A conversation that lacks a part is refused by its place."""
    with pytest.raises(UsageError, match="here:1 cannot be replayed: KeyError"):
        conform_row("here:1", {**row_of([{}]), **change}, "webiny-5")
