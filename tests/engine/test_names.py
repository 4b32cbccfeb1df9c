"""Names of checkpoints, and the reading of text that they share with plans and tokens."""

import re

import pytest

from tasksim._engine.names import (
    FAMILIES,
    WHATS,
    CheckpointName,
    is_known,
    is_valid_label,
    parse_checkpoint,
)
from tasksim._engine.reading import Reader
from tasksim.errors import PlanError

CHOICES = """\
  Choose from event, task.update, log.create, log.update, runtime.is_aborted,
  runtime.is_close_to_timeout, state.get_task, state.get_status, state.get_input, state.get_output,
  state.update_input, state.update_output, state.update_task, state.save, logger.info, logger.error,
  task.trigger, task.list_children, sleep, hook.on_before_trigger, hook.on_done, hook.on_error,
  hook.on_abort, hook.on_max_iterations, response.done, response.continue, response.error,
  response.aborted, wait, write, effect.NAME, user.NAME, api.OPERATION."""

LABEL_WAY_OUT = (
    "  Write a definition's id and which of its tasks is meant, as in 'syncArticles.2:'; "
    "leave both out for the first root task."
)

NAMES = {
    "event#1": CheckpointName("", "event", None, 1),
    "write#3": CheckpointName("", "write", None, 3),
    "syncArticles.2:task.update#1": CheckpointName("syncArticles.2", "task.update", None, 1),
    'effect.publish["a"]#2': CheckpointName("", "effect.publish", "a", 2),
    'a.1:effect.cms/publish-all.v2["say \\"hi\\", [b]: c#1"]#10': CheckpointName(
        "a.1", "effect.cms/publish-all.v2", 'say "hi", [b]: c#1', 10
    ),
    'effect.publish[""]#1': CheckpointName("", "effect.publish", "", 1),
    'effect.publish["é\\n"]#1': CheckpointName("", "effect.publish", "é\n", 1),
    "aufgabeÄ.1:user.größe#1": CheckpointName("aufgabeÄ.1", "user.größe", None, 1),
    "api.listTasks#999999999999999": CheckpointName("", "api.listTasks", None, 999_999_999_999_999),
}

ERRORS = {
    "": f"There is no checkpoint ''.\n  ^\n{CHOICES}",
    "task.updat#1": "There is no checkpoint 'task.updat'. Did you mean 'task.update'?\n"
    f"  task.updat#1\n  ^\n{CHOICES}",
    "a.1:efect.publish#1": "There is no checkpoint 'efect.publish'. Did you mean 'effect.publish'?\n"
    f"  a.1:efect.publish#1\n      ^\n{CHOICES}",
    "effect.#1": "There is no checkpoint 'effect.'. Did you mean 'effect.NAME'?\n"
    f"  effect.#1\n  ^\n{CHOICES}",
    "syncArticles:event#1": f"'syncArticles' names no task.\n  syncArticles:event#1\n  ^\n{LABEL_WAY_OUT}",
    "a.0:event#1": f"'a.0' names no task.\n  a.0:event#1\n  ^\n{LABEL_WAY_OUT}",
    ":event#1": f"'' names no task.\n  :event#1\n  ^\n{LABEL_WAY_OUT}",
    "a.2:write#1": "'write' belongs to no task, not even to 'a.2': it counts the updates of all records.\n"
    "  a.2:write#1\n  ^\n"
    "  Write write#1 for the first in the world.",
    'write["a"]#1': "'write' has no keys; only effects do.\n  write[\"a\"]#1\n       ^\n  Write write#1.",
    "event": "'#' and a number are missing after 'event'.\n"
    "  event\n       ^\n"
    "  Write event#1 for the first one; a name may have letters, digits, '_', '-', '.' and '/'.",
    "user.two words#1": "'#' and a number are missing after 'user.two'.\n"
    "  user.two words#1\n          ^\n"
    "  Write user.two#1 for the first one; a name may have letters, digits, '_', '-', '.' and '/'.",
    "event#0": "No number from 1 on follows 'event#'.\n"
    "  event#0\n        ^\n"
    "  Write which one is meant: event#1 is the first.",
    "event#01": "No number from 1 on follows 'event#'.\n"
    "  event#01\n        ^\n"
    "  Write which one is meant: event#1 is the first.",
    "event#1000000000000000": "No number from 1 on follows 'event#'.\n"
    "  event#1000000000000000\n        ^\n"
    "  Write which one is meant: event#1 is the first.",
    "event#1+": "'+' does not belong here.\n  event#1+\n         ^\n  Leave it out.",
    "effect.a[b]#1": "key is no JSON.\n"
    "  effect.a[b]#1\n           ^\n"
    '  Write the key as a JSON string: effect.a["a"]#1.',
    'effect.a["b\n"]#1': "key is no JSON.\n"
    '  effect.a["b "]#1\n             ^\n'
    '  Write the key as a JSON string: effect.a["a"]#1.',
    "effect.a[3]#1": "key is 3, which is no JSON string.\n"
    "  effect.a[3]#1\n           ^\n"
    '  Write the key as a JSON string: effect.a["a"]#1.',
    'effect.a["b"#1': "']' is missing after the key 'b'.\n"
    '  effect.a["b"#1\n              ^\n'
    '  Write the key as a JSON string: effect.a["a"]#1.',
    r'effect.a["\ud800"]#1': r"key is the str '\ud800' with a lone surrogate, which is not JSON."
    "\n"
    r'  effect.a["\ud800"]#1'
    "\n           ^\n"
    "  Clean it: text.encode('utf-8', 'replace').decode().",
}


@pytest.mark.parametrize("text", NAMES)
def test_name_is_read(text):
    """A name is `[task:]what[key]#n`."""
    assert parse_checkpoint(text) == NAMES[text]


@pytest.mark.parametrize("text", NAMES)
def test_name_is_rendered(text):
    """A name has one canonical text."""
    assert NAMES[text].render() == text


def test_key_may_be_escaped():
    """A key is any JSON string; what is rendered escapes only what must be."""
    assert parse_checkpoint(r'effect.a["\u0061\/"]#1').render() == 'effect.a["a/"]#1'


@pytest.mark.parametrize("text", ERRORS)
def test_error_points_at_the_character(text):
    """What is no name is refused, pointing at the first character that does not fit."""
    with pytest.raises(PlanError) as caught:
        parse_checkpoint(text)
    assert str(caught.value) == ERRORS[text]


def test_position_of_the_error():
    """The error keeps the text and the place for tools."""
    with pytest.raises(PlanError) as caught:
        parse_checkpoint("a.1:tusk#1")
    assert (caught.value.text, caught.value.position) == ("a.1:tusk#1", 4)


def test_list_is_closed():
    """What can be touched is one of the list, or a family with a name."""
    assert all(is_known(what) for what in WHATS)
    assert all(is_known(f"{family}.name") for family in FAMILIES)
    assert not any(map(is_known, ("", "Event", "task", "effect", "effect.", "effect.a b", "other.name")))


@pytest.mark.parametrize("name", ["a", "A1", "two_words", "two-words", "v1.2", "cms/publish", "größe", "1"])
def test_label_needs_no_quotes(name):
    """A name of the user's has letters, digits, `_`, `-`, `.` and `/`, and can be read back."""
    assert is_valid_label(name)
    assert parse_checkpoint(f"user.{name}#1").what == f"user.{name}"


@pytest.mark.parametrize(
    "name", ["", " ", "a b", "a\n", "a#1", "a:b", "a[b]", 'a"', "a@b", "a=b", "a+", "\ud800"]
)
def test_label_that_would_need_quotes_is_none(name):
    """All other names are refused, and cannot be read."""
    assert not is_valid_label(name)
    with pytest.raises(PlanError):
        parse_checkpoint(f"user.{name}#1")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a b": [1, 2.5]} rest', {"a b": [1, 2.5]}),
        ("9007199254740992", 2**53),
        ("-0", 0),
        ("100000000000000000000", 1e20),
        ("-100000000000000000000", -1e20),
        ("1e+300", 1e300),
    ],
)
def test_json_is_read_in_place(text, value):
    """A JSON value may hold spaces; large floats are read back from their canonical digits."""
    reader = Reader(text)
    read = reader.take_json("input", way_out="")
    assert (read, type(read)) == (value, type(value))
    assert text[reader.at :] in {"", " rest"}


@pytest.mark.parametrize(
    ("text", "sentence", "position"),
    [
        ("x", "input is no JSON.", 0),
        ('{"a": x}', "input is no JSON.", 6),
        ("9" * 5000, "input is no JSON.", 0),
        ("[" * 200_000, "input is nested too deep.", 0),
        ('{"a": NaN}', "input.a is the float nan, which is not JSON.", 0),
        (
            "12345678901234567890",
            "input is the int 12345678901234567890, beyond 2**53, which is not JSON.",
            0,
        ),
    ],
    ids=range(6),
)
def test_json_that_is_refused(text, sentence, position):
    """What is not strict JSON is refused with the place, or with the path."""
    with pytest.raises(PlanError, match=f"^{re.escape(sentence)}") as caught:
        Reader(text).take_json("input", way_out="Write JSON.")
    assert caught.value.position == position
