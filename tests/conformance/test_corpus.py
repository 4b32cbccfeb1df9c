"""The recordings: every engine row matches `webiny-5`, and replays under every profile."""

import json
import lzma
from pathlib import Path

import pytest

from tasksim import Simulator, UsageError
from tasksim._conform.comparing import Difference, first_difference, plain
from tasksim._conform.rows import conform_row, read_rows
from tasksim._conform.script import replay_engine_row

FOLDER = Path(__file__).parents[2] / "fixtures" / "conformance"
ROWS = {"engine-curated.jsonl": 171, "engine-large.jsonl.xz": 6, "engine-random.jsonl": 575}
NAMES = [pytest.param(name, marks=pytest.mark.slow if "random" in name else ()) for name in ROWS]


def rows_of(name):
    """Return the rows of a file."""
    return list(read_rows(str(FOLDER / name)))


@pytest.mark.parametrize("name", NAMES)
def test_every_row_matches(name):
    """Every recorded row matches profile `webiny-5`."""
    verdicts = [conform_row(where, row, "webiny-5") for where, row in rows_of(name)]
    assert [verdict for verdict in verdicts if verdict.difference is not None] == []
    assert len(verdicts) == ROWS[name]


@pytest.mark.parametrize("profile", ["documented", "webiny-6"])
@pytest.mark.parametrize("name", NAMES)
def test_every_row_replays(name, profile):
    """Every row replays under the other profiles; that it matches is not expected.

    Where a profile does not offer unsaved updates (L5), a row that has one is refused for that alone.
    """
    for where, row in rows_of(name):
        refusal = refusal_of(where, row, profile)
        if refusal is not None:
            assert profile == "webiny-6", where
            assert '"save":false' in json.dumps(row["scenario"], separators=(",", ":")), where
            assert "does not offer save=False (L5)" in str(refusal), where


def refusal_of(where, row, profile):
    """Return the usage error that a replay is, if it is one."""
    try:
        conform_row(where, row, profile)
    except UsageError as error:
        return error
    return None


# --- the replay itself


def engine_row(expected=None, **scenario):
    """Make a row of a task that is done at once, with what differs."""
    answer = {
        "webinyTaskId": "TASK",
        "webinyTaskDefinitionId": "reindex",
        "tenant": "root",
        "locale": "en-US",
        "status": "done",
    }
    when = "2024-01-01T00:00:00.000Z"
    item = {"message": "Task done.", "createdOn": when, "type": "info"}
    record = {
        "id": "e1z",
        "createdOn": when,
        "savedOn": when,
        "createdBy": {"id": "x"},
        "name": "Reindex",
        "definitionId": "reindex",
        "executionName": "exec",
        "iterations": 1,
        "input": {},
        "taskStatus": "success",
        "startedOn": when,
        "finishedOn": when,
        "eventResponse": {"a": 1},
    }
    log = {
        "id": "e2z",
        "createdOn": when,
        "createdBy": {"id": "x"},
        "executionName": "exec",
        "task": "TASK",
        "iteration": 1,
        "items": [item],
    }
    return {
        "scenario": {
            "definition": {"id": "reindex", "title": "Reindex"},
            "trigger": {"input": {}},
            "iterations": [{"ops": [{"op": "return", "kind": "done"}]}],
            **scenario,
        },
        "expected": {
            "machine": "Done",
            "responses": [answer],
            "events": [{"event": "run", "input": {}}],
            "task": record,
            "logs": [log],
            "elapsedMs": 0,
            **(expected or {}),
        },
    }


def test_row_that_matches():
    """A row that matches has no difference; its name is where it stands, or its own."""
    assert conform_row("here:1", engine_row(), "webiny-5") == ("here:1", None)
    assert conform_row("here:1", engine_row(name="mine"), "webiny-5") == ("mine", None)


@pytest.mark.parametrize(
    ("expected", "difference"),
    [
        ({"machine": "Error"}, ("machine", '"Error"', '"Done"')),
        ({"elapsedMs": 5}, ("elapsedMs", "5", "0")),
        ({"events": []}, ("events[0]", "(absent)", '{"event":"run","input":{}}')),
        ({"responses": [{}, {}]}, ("responses[0].locale", "(absent)", '"en-US"')),
        ({"more": 1}, ("more", "1", "(absent)")),
    ],
)
def test_row_that_differs(expected, difference):
    """A row that differs says where first, what was expected, and what happened."""
    found = conform_row("here:1", engine_row(expected), "webiny-5").difference
    if expected.get("responses"):
        assert found.path.startswith("responses[0].")
    else:
        assert found == Difference(*difference)


@pytest.mark.parametrize(
    ("expected", "actual", "difference"),
    [
        ({"a": 1}, {"a": 1.0}, None),
        ({"a": 1}, {"a": True}, ("a", "1", "true")),
        ({"a": [1, 2]}, {"a": [1]}, ("a[1]", "2", "(absent)")),
        ({"a": [1]}, {"a": [1, 2]}, ("a[1]", "(absent)", "2")),
        ({"a": [1, 2]}, {"a": [1, 3]}, ("a[1]", "2", "3")),
        ({"a": {"b": 1}}, {"a": {}}, ("a.b", "1", "(absent)")),
        ({"a": {}}, {"a": {"b": 1}}, ("a.b", "(absent)", "1")),
        ({"a": {}}, {"a": []}, ("a", "{}", "[]")),
        ("a", "b", ("", '"a"', '"b"')),
    ],
)
def test_first_difference(expected, actual, difference):
    """The first difference is found by the order of what was expected."""
    found = first_difference(expected, actual)
    assert found == (None if difference is None else Difference(*difference))


def test_what_is_compared():
    """Nulls are dropped; in records, ids and what differs by run are compared by presence."""
    row = {
        "events": [{"id": "x", "a": None, "createdBy": "y"}],
        "task": {
            "id": "x",
            "executionName": "",
            "eventResponse": {},
            "input": {"id": "x"},
            "createdBy": {"a": 1},
        },
        "logs": [{"id": "x", "items": [{"data": None}]}],
    }
    assert plain(row) == {
        "events": [{"id": "x", "createdBy": "y"}],
        "task": {"id": "(present)", "input": {"id": "x"}, "createdBy": "(present)"},
        "logs": [{"id": "(present)", "items": [{}]}],
    }


# --- reading rows


def test_rows_of_a_text():
    """Rows may come from a text, each with its place; blank lines are skipped."""
    assert list(read_rows("stdin", ['{"a": 1}', "  ", '{"b": 2}'])) == [
        ("stdin:1", {"a": 1}),
        ("stdin:3", {"b": 2}),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "x.jsonl:1 is not JSON: "),
        ("[1]", "x.jsonl:1 is list, not an object.\n  Give one JSON object a line."),
    ],
)
def test_lines_that_are_no_rows(text, message):
    """A line that is no JSON object is refused by its place."""
    with pytest.raises(UsageError) as caught:
        list(read_rows("x.jsonl", [text]))
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        (
            "none.jsonl",
            None,
            "cannot be read: No such file or directory.\n  Name a .jsonl or .jsonl.xz file.",
        ),
        ("bad.jsonl.xz", b"no", "cannot be read: "),
        ("bad.jsonl", b"\xff", "cannot be read: "),
        ("cut.jsonl.xz", lzma.compress(b"{}" * 99)[:-9], "cannot be read: "),
    ],
)
def test_files_that_cannot_be_read(tmp_path, name, data, message):
    """A file that cannot be read is a usage error that names it."""
    path = tmp_path / name
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(UsageError) as caught:
        list(read_rows(str(path)))
    assert str(caught.value).startswith(f"{path} {message}")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"a": 1}, "here:1 is a row of no known kind (keys: a)."),
        ({"scenario": {}, "expected": {}}, "here:1 cannot be replayed: KeyError 'definition'."),
        ({"scenario": [], "expected": {}}, "here:1 cannot be replayed: AttributeError "),
        (engine_row(iterations=[]), "here:1 cannot be replayed: IndexError "),
        (engine_row(iterations=[{"ops": [{"op": "dance"}]}]), "here:1 cannot be replayed: "),
    ],
)
def test_rows_that_cannot_be_replayed(row, message):
    """A row that is of no known kind, or lacks a part, is refused by its place."""
    with pytest.raises(UsageError) as caught:
        conform_row("here:1", row, "webiny-5")
    assert str(caught.value).startswith(message)


def test_iteration_without_an_answer():
    """A row whose iteration returns nothing is the usage error that such a run is."""
    with pytest.raises(UsageError, match="returned None in iteration 1"):
        conform_row("here:1", engine_row(iterations=[{"ops": []}]), "webiny-5")


def test_row_that_never_ends():
    """A scenario is played for as many events as it says."""
    row = engine_row(
        {"machine": "CheckStatus"},
        maxLoops=2,
        iterations=[{"ops": [{"op": "return", "kind": "continue", "input": {}}]}],
    )
    report = replay_engine_row(row["scenario"], "webiny-5")
    assert (report["machine"], len(report["responses"])) == ("CheckStatus", 2)


def test_task_that_is_deleted_twice():
    """Deleting a task that is gone already is nothing."""
    ops = [{"op": "delete"}, {"op": "delete"}, {"op": "return", "kind": "done"}]
    report = replay_engine_row(engine_row(iterations=[{"ops": ops}])["scenario"], "webiny-5")
    assert (report["task"], report["machine"]) == (None, "Done")


def test_failed_row_leaves_nothing_behind():
    """A replay is a world of its own: what one row does, another does not see."""
    for _ in range(2):
        assert conform_row("here:1", engine_row(), "webiny-5").difference is None
    assert Simulator().tasks.list_tasks().items == []
