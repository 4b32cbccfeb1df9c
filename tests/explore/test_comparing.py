"""Comparing: which paths of two values differ, and what is left when some are not looked at."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasksim import check, create_task_definition, explore
from tasksim._explore.comparing import Comparer, any_item, differing, is_path, without

pytestmark = pytest.mark.usefixtures("frozen")

NAMES = st.text('ab.[]"\\*', max_size=3)
VALUES = st.recursive(
    st.sampled_from([None, True, False, 0, 1, 1.0, "a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("first", "second", "paths"),
    [
        ({"a": 1, "b": 2}, {"a": 1, "b": 2}, []),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, []),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}, [".a.c"]),
        ({"rows": [1, {"n": 2}]}, {"rows": [3, {"n": 4}]}, [".rows[0]", ".rows[1].n"]),
        ({"rows": [1]}, {"rows": [1, 2]}, [".rows"]),
        ({"a": 1}, {"b": 1}, [""]),
        ({"a": {"b": 1}}, {"a": {"c": 1}}, [".a"]),
        (1, 1.0, []),
        (1, True, [""]),
        ({"a": 0}, {"a": False}, [".a"]),
        ({"a": [1]}, {"a": {"0": 1}}, [".a"]),
        ({"a.csv": 1, 'say "hi"': 1, "": 1}, {"a.csv": 2, 'say "hi"': 2, "": 2},
         ['["a.csv"]', r'["say \"hi\""]', '[""]']),
        ({1: "a"}, {1: "b"}, ['["1"]']),
        ({1, 2}, {1, 2}, []),
        ({1, 2}, {1, 3}, [""]),
    ],
)  # fmt: skip
def test_differing(first, second, paths):
    """The outermost paths that say it all are told; a number is no boolean, and an order of keys nothing."""
    assert differing(first, second) == paths
    assert differing(second, first) == paths


@pytest.mark.parametrize(
    ("path", "left"),
    [
        (".at", {"rows": [{"n": 1, "id": "x"}, {"n": 2, "id": "y"}], "a.csv": {"size": 3}}),
        (".rows[*].id", {"at": 5, "rows": [{"n": 1}, {"n": 2}], "a.csv": {"size": 3}}),
        (".rows[1].id", {"at": 5, "rows": [{"n": 1, "id": "x"}, {"n": 2}], "a.csv": {"size": 3}}),
        (".rows[0]", {"at": 5, "rows": [None, {"n": 2, "id": "y"}], "a.csv": {"size": 3}}),
        ('["a.csv"].size', {"at": 5, "rows": [{"n": 1, "id": "x"}, {"n": 2, "id": "y"}], "a.csv": {}}),
        ("", None),
        (".at.deeper", {"at": 5, "rows": [{"n": 1, "id": "x"}, {"n": 2, "id": "y"}], "a.csv": {"size": 3}}),
        (".gone", {"at": 5, "rows": [{"n": 1, "id": "x"}, {"n": 2, "id": "y"}], "a.csv": {"size": 3}}),
    ],
)
def test_without(path, left):
    """What stands at a path is left out; items of a list keep their places; what is not there is nothing."""
    value = {"at": 5, "rows": [{"n": 1, "id": "x"}, {"n": 2, "id": "y"}], "a.csv": {"size": 3}}
    assert without(value, [path]) == left
    assert value["rows"] == [{"n": 1, "id": "x"}, {"n": 2, "id": "y"}]


def test_without_keys_that_are_no_text():
    """A state may be a dict with numbers for keys."""
    assert without({1: "a", 2: {"b": 3}}, ['["1"]', '["2"].b']) == {2: {}}


@given(VALUES, VALUES)
def test_without_what_differs_nothing_does(first, second):
    """Without the paths at which they differ two values are equal, also if these stand for all items."""
    paths = differing(first, second)
    assert differing(without(first, paths), without(second, paths)) == []
    paths = [any_item(path) for path in paths]
    assert differing(without(first, paths), without(second, paths)) == []
    assert all(is_path(f"output{path}") for path in paths)


@pytest.mark.parametrize(
    ("text", "whether"),
    [
        ("output", True),
        ("state.rows[*].id", True),
        ("effects.publish.when", True),
        ("effects.cms/publish-2.when", True),
        ('output["a.csv"].size', True),
        ("effects", False),
        ("outputs.at", False),
        ("output.", False),
        ("output at", False),
        ("output[x]", False),
        ("", False),
    ],
)
def test_paths(text, whether):
    """A path begins with what it is of, and goes on by names, numbers, and keys in quotes."""
    assert is_path(text) is whether


def test_effect_whose_name_has_dots():
    """A path of an effect is found by the effect's whole name."""
    comparer = Comparer(None, ["effects.cms.publish.when", "effects.task.trigger.input.at"])
    assert comparer.seen("effects.cms.publish", {"when": 1, "n": 2}) == {"n": 2}
    assert comparer.seen("effects.task.trigger", {"input": {"at": 1, "n": 2}}) == {"input": {"n": 2}}
    assert comparer.seen("effects.cms.pub", {"when": 1}) == {"when": 1}


def stamping(sim):
    """A job whose output, effect and final state tell how often it was begun."""
    begun = []

    def run(controller):
        begun.append(sim.now_ms)
        if controller.runtime.is_close_to_timeout():
            return controller.response.continue_({}, seconds=60)
        with sim.effects.record("publish", contract="at_least_once", begun=len(begun)):
            pass
        return controller.response.done(output={"begun": len(begun), "rows": [{"id": len(begun)}]})

    sim.register(create_task_definition(id="job", title="Job", run=run, disable_database_logs=True))
    sim.tasks.trigger("job")
    return lambda: {"begun": len(begun), "fine": True}


EVERYWHERE = ["output.begun", "output.rows[*].id", "effects.publish.begun", "state.begun"]


@pytest.mark.parametrize("seen", EVERYWHERE)
def test_ignore(seen):
    """What is ignored is not compared, of an output, of an effect and of the final state; all else is."""
    report = explore(
        stamping, kinds=["close_to_timeout"], ignore=[path for path in EVERYWHERE if path != seen]
    )
    (finding,) = report.findings
    what = seen.partition("[")[0]
    assert what in finding.sentence or "publish" in finding.lost[0]
    check(stamping, kinds=["close_to_timeout"], ignore=EVERYWHERE)


def test_normalise():
    """Outputs, effect data and states are compared as `normalise` returns them."""

    def coarse(value):
        return {key: kept for key, kept in value.items() if key not in {"begun", "rows"}}

    check(stamping, kinds=["close_to_timeout"], normalise=coarse)
    assert not explore(stamping, kinds=["close_to_timeout"], normalise=lambda value: value).passed
