"""Logs, updates, children, lists: L1 to L5, C1, Q1."""

import pytest

from tasksim import EngineError, Simulator, UsageError, create_task_definition
from tasksim._engine.profiles.equality import loosely_equal
from tasksim._engine.profiles.merging import merge_updates


def done(controller):
    """Answer done."""
    return controller.response.done()


# --- L1, L2


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ("documented", [["a", "b", "Task done."]]),
        ("generic", [["a", "b", "Task done."]]),
        ("webiny-5", [["Task done."]]),
        ("webiny-6", [["Task done."]]),
    ],
)
def test_several_saved_log_calls(world, messages, expected):
    """L1: saved log calls of one event are all kept, or each replaces what the log held."""

    def run(controller):
        controller.logger.info("a")
        controller.logger.error("b")
        return controller.response.done()

    assert messages(world(run).run("reindex")) == expected


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ("documented", [["a", "Stop.", "b"]]),
        ("generic", [["a", "Stop.", "b"]]),
        ("webiny-5", [["b"]]),
        ("webiny-6", [["b"]]),
    ],
)
def test_log_call_after_an_abort(world, messages, expected):
    """L1: a log call also replaces the item of an abort, where it replaces."""

    def run(controller, context):
        controller.logger.info("a")
        context.tasks.abort(controller.state.get_task(), message="Stop.")
        controller.logger.info("b")
        return controller.response.aborted()

    assert messages(world(run).run("reindex")) == expected


@pytest.mark.parametrize(
    ("profile", "expected"),
    [("documented", {"id": "a"}), ("generic", {"id": "a"}), ("webiny-5", None), ("webiny-6", None)],
)
def test_data_of_an_error_log(world, expected):
    """L2: data given to an error log is kept or dropped."""
    seen = []

    def run(controller):
        controller.logger.error("b", data={"id": "a"})
        seen.extend(sim.execution("reindex-0001").logs[0].items)
        return controller.response.done()

    sim = world(run)
    sim.run("reindex")
    assert [(item.message, item.type, item.data) for item in seen] == [("b", "error", expected)]


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ("documented", {"message": "gone", "code": "GONE"}),
        ("generic", {"message": "gone", "code": "GONE"}),
        ("webiny-5", {"message": "gone", "code": "GONE"}),
        ("webiny-6", {"message": "gone", "stack": "LookupError: gone"}),
    ],
)
def test_exception_in_an_error_log(world, expected):
    """L2: an exception given to an error log is stored with its code, or with its stack."""
    seen = []

    def run(controller):
        error = LookupError("gone")
        error.code = "GONE"
        controller.logger.error("a", error)
        seen.extend(sim.execution("reindex-0001").logs[0].items)
        return controller.response.done()

    sim = world(run)
    sim.run("reindex")
    assert [item.error for item in seen] == [expected]


def test_other_errors_in_an_error_log(world):
    """L2: text or an object given as the error is stored as it is; odd data of an exception is simplified."""
    seen = []

    def run(controller):
        error = LookupError("gone")
        error.data = {"kind": object}
        for given in ("text", {"message": "a", "stack": "b"}, error):
            controller.logger.error("a", given)
            seen.append(sim.execution("reindex-0001").logs[0].items[-1].error)
        return controller.response.done()

    sim = world(run)
    execution = sim.run("reindex")
    assert seen[:2] == ["text", {"message": "a", "stack": "b"}]
    assert [e.where for e in execution.trace if type(e).__name__ == "DataSimplified"] == ["logger.error"]


def test_info_log_keeps_its_data(world):
    """L1: data given to an info log is kept, in every profile."""
    seen = []

    def run(controller):
        controller.logger.info("a", {"n": 1})
        seen.extend(sim.execution("reindex-0001").logs[0].items)
        return controller.response.done()

    sim = world(run)
    sim.run("reindex")
    assert [item.data for item in seen] == [{"n": 1}]


# --- L3, L4


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ("documented", {"a": 1, "b": {"y": 2}}),
        ("generic", {"a": 1, "b": {"y": 2}}),
        ("webiny-5", {"b": {"y": 2}}),
        ("webiny-6", {"b": {"y": 2}}),
    ],
)
def test_update_output(world, expected):
    """L3: update_output merges shallowly, or replaces."""

    def run(controller):
        controller.state.update_output({"a": 1, "b": {"x": 1}})
        controller.state.update_output({"b": {"y": 2}})
        return controller.response.done()

    assert world(run).run("reindex").output == expected


def test_update_input_merges(world):
    """L4: update_input merges shallowly and is stored at once."""
    seen = []

    def run(controller):
        controller.state.update_input({"b": {"y": 2}})
        seen.append(sim.tasks.get_task("reindex-0001").input)
        return controller.response.done()

    sim = world(run)
    sim.run("reindex", input={"a": 1, "b": {"x": 1}})
    assert seen == [{"a": 1, "b": {"y": 2}}]


def test_update_input_with_a_callable(world):
    """L4: a callable gets a copy of the input and returns the whole new one."""

    def run(controller):
        def change(input):
            input["b"].clear()
            return {"c": input["a"]}

        controller.state.update_input(change)
        return controller.response.done()

    assert world(run).run("reindex", input={"a": 1, "b": {"x": 1}}).task.input == {"c": 1}


EQUAL_EVERYWHERE = [({"n": 1}, {"n": 1.0}), ({"n": None}, {"n": None}), ({"n": [{}]}, {"n": [{}]})]
LOOSE = [
    ({"n": 0}, {"n": ""}),
    ({"n": 0}, {"n": False}),
    ({"n": 1}, {"n": "1"}),
    ({"n": 1}, {"n": True}),
    ({"n": [1, "2"]}, {"n": ["1", 2]}),
]
DIFFERENT_EVERYWHERE = [
    ({"n": None}, {"n": 0}),
    ({"n": "a"}, {"n": "b"}),
    ({"n": []}, {"n": 0}),
    ({"n": [1]}, {"n": [1, 2]}),
    ({"n": [1]}, {"n": 1}),
]


def writes_for(sim_of, first, second):
    """Return whether updating the input from `first` to `second` writes."""

    def run(controller):
        controller.state.update_input(lambda _: second)
        return controller.response.done()

    execution = sim_of(run).run("reindex", input=first)
    return execution.iterations[0].checkpoints.count("task.update#3") == 1


@pytest.mark.parametrize(("first", "second"), EQUAL_EVERYWHERE)
def test_equal_input_writes_nothing(world, first, second):
    """L4: an input equal to the stored one writes nothing."""
    assert not writes_for(world, first, second)


@pytest.mark.parametrize(
    ("profile", "writes"), [("documented", True), ("generic", True), ("webiny-5", False), ("webiny-6", False)]
)
@pytest.mark.parametrize(("first", "second"), LOOSE)
def test_loosely_equal_input(world, writes, first, second):
    """L4: what is only loosely equal is written, or not."""
    assert writes_for(world, first, second) is writes


@pytest.mark.parametrize(("first", "second"), DIFFERENT_EVERYWHERE)
def test_different_input_is_written(world, first, second):
    """L4: a different input is written, in every profile."""
    assert writes_for(world, first, second)


# What `left == right` gives in JavaScript.
JAVASCRIPT = [
    (0, "", True),
    (0, False, True),
    ("", False, True),
    (1, "1", True),
    (1, True, True),
    ("1", True, True),
    ("true", True, False),
    (0, " \n\t ", True),
    (1.5, " 1.5 ", True),
    (10, "1e1", True),
    (0.5, ".5", True),
    (5, "5.", True),
    (16, "0x10", True),
    (8, "0o10", True),
    (2, "0b10", True),
    (2, "0B10", True),
    (-16, "-0x10", False),
    (0, "0x", False),
    (0, ".", False),
    (1, "1_0", False),
    (10, "1_0", False),
    (1, "one", False),
    (0, "null", False),
    (-1, "-1", True),
    (1, "+1", True),
    ("1", "1.0", False),
    (0, "-0", True),
    (0, "\ufeff", True),
    (0, "\xa0", True),
    (0, "\x1f", False),
    (0, "\x85", False),
    (1, "\u0661", False),
    (1.8446744073709552e19, "0xFFFFFFFFFFFFFFFF", True),
    (1, "0x" + "F" * 300, False),
    (None, None, True),
    (None, 0, False),
    (None, "", False),
    (None, False, False),
]


@pytest.mark.parametrize("profile", ["webiny-5", "webiny-6"])
@pytest.mark.parametrize(("left", "right", "equal"), JAVASCRIPT)
def test_scalars_compare_as_in_javascript(profile, left, right, equal):
    """L4: two scalars are loosely equal as JavaScript's `==` says; null is equal to null only."""
    assert loosely_equal({"n": left}, {"n": right}) is equal
    assert loosely_equal([right], [left]) is equal


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        ({}, {}, True),
        ({"a": 1}, {"b": 1}, False),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({}, [], False),
        ([], "", False),
        ([1], 1, False),
        ({"a": {"b": [0]}}, {"a": {"b": [""]}}, True),
    ],
)
def test_containers_compare_by_keys_and_length(left, right, equal):
    """L4: containers are loosely equal by keys and length; a scalar never equals a container."""
    assert loosely_equal(left, right) is equal
    assert loosely_equal(right, left) is equal


# --- L5


@pytest.mark.parametrize("profile", ["documented", "generic", "webiny-5"])
def test_unsaved_updates_are_invisible(world, messages):
    """L5: unsaved updates are invisible until a save writes them: the task, then the log in one update."""
    seen = []

    def run(store, response):
        store.update_input({"at": 1}, save=False)
        store.update_output({"n": 1}, save=False)
        store.add_info_log("a", save=False)
        store.add_error_log("b", save=False)
        seen.append((store.get_input(), store.get_output(), sim.execution("reindex-0001").logs[0].items))
        store.save()
        seen.append((store.get_input(), store.get_output()))
        seen.append([item.message for item in sim.execution("reindex-0001").logs[0].items])
        return response.done()

    sim = world(run)
    (iteration,) = sim.run("reindex").iterations
    assert seen == [({}, None, []), ({"at": 1}, {"n": 1}), ["a", "b"]]
    writes = [name for name in iteration.checkpoints if "update#" in name and not name.startswith("state.")]
    assert writes == ["task.update#1", "task.update#2", "log.update#1", "task.update#3", "log.update#2"]


@pytest.mark.parametrize(
    ("profile", "items"),
    [
        ("documented", [["a", "Task done."]]),
        ("generic", [["a", "Task done."]]),
        ("webiny-5", [["Task done."]]),
    ],
)
def test_result_saves_what_is_unsaved(world, messages, items):
    """L5: a later save writes unsaved updates, the result's too."""

    def run(store, response):
        store.update_output({"n": 1}, save=False)
        store.add_info_log("a", save=False)
        return response.done()

    execution = world(run).run("reindex")
    assert execution.output == {"n": 1}
    assert [item["message"] for item in execution.iterations[0].logs] == ["a", "Task done."]
    assert messages(execution) == items


@pytest.mark.parametrize("profile", ["documented", "generic", "webiny-5"])
def test_saved_log_call_saves_the_task_first(world):
    """L5: a log call that is saved writes unsaved changes of the task first."""
    seen = []

    def run(store, response):
        store.update_input({"at": 1}, save=False)
        store.add_info_log("a")
        seen.append((store.get_input(), len(sim.execution("reindex-0001").logs[0].items)))
        store.add_info_log("b", save=False)
        store.save()
        store.save()
        return response.done()

    sim = world(run)
    checkpoints = sim.run("reindex").iterations[0].checkpoints
    assert seen == [({"at": 1}, 1)]
    assert [name for name in checkpoints if name.startswith(("task.update", "log.update"))] == [
        "task.update#1",
        "task.update#2",
        "log.update#1",
        "log.update#2",
        "task.update#3",
        "log.update#3",
    ]


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ("documented", ({"a": [2], "s": "", "b": False, "c": 1}, {"x": 1, "y": 2})),
        ("generic", ({"a": [2], "s": "", "b": False, "c": 1}, {"x": 1, "y": 2})),
        ("webiny-5", ({"a": [1, 2], "s": "x", "b": True, "c": 1}, {"x": 1, "y": 2})),
    ],
)
def test_unsaved_updates_join(world, expected):
    """L5: an update that is not saved joins unsaved ones: it starts from them, or is merged into them."""

    def run(store, response):
        store.update_input({"a": [1], "s": "x", "b": True, "c": 1}, save=False)
        store.update_input({"a": [2], "s": "", "b": False}, save=False)
        store.update_output({"x": 1}, save=False)
        store.update_output({"y": 2}, save=False)
        store.save()
        return response.done()

    execution = world(run).run("reindex")
    assert (execution.task.input, execution.output) == expected


@pytest.mark.parametrize(
    ("old", "new", "merged"),
    [
        (1, 2, 2),
        (1, None, 1),
        (None, None, None),
        ("a", "", "a"),
        ("a", "b", "b"),
        ("", "b", "b"),
        (True, False, True),
        (False, True, True),
        (False, False, False),
        ([1], [2], [1, 2]),
        ({"a": {"b": [1]}}, {"a": {"b": [2], "c": 3}}, {"a": {"b": [1, 2], "c": 3}}),
        ({"a": 1}, [2], [2]),
        ("a", 1, 1),
        ({"a": 1}, {"a": None}, {"a": 1}),
    ],
)
def test_merge_of_unsaved_updates(old, new, merged):
    """L5: pending values merge deeply; lists join; text beats empty text, true beats false, null nothing."""
    before = repr((old, new))
    assert merge_updates(old, new) == merged
    assert repr((old, new)) == before


@pytest.mark.parametrize("profile", ["webiny-6"])
@pytest.mark.parametrize(
    "call",
    [
        lambda store: store.update_task({}, save=False),
        lambda store: store.update_input({}, save=False),
        lambda store: store.update_output({}, save=False),
        lambda store: store.add_info_log("a", save=False),
        lambda store: store.add_error_log("a", save=False),
    ],
)
def test_unsaved_updates_are_not_offered(world, call):
    """L5: where unsaved updates are not offered, asking for one is a usage error."""

    def run(store, response):
        call(store)
        return response.done()

    with pytest.raises(UsageError) as caught:
        world(run).run("reindex")
    first, line, way_out = str(caught.value).splitlines()
    assert first == "Profile 'webiny-6' does not offer save=False (L5)."
    assert line.startswith("  test_store_rules.py:")
    assert way_out == "  Leave save out; every update is written at once."


@pytest.mark.parametrize("profile", ["documented", "generic", "webiny-5"])
def test_failed_save_of_the_task_keeps_the_items(world, messages):
    """L5, S9: when the task's part of a save fails, the items were not attempted and wait for the next."""

    def run(store, response):
        store.update_output({"n": 1}, save=False)
        store.add_info_log("a", save=False)
        try:
            store.save()
        except EngineError:
            store.save()
        return response.done()

    execution = world(run, settings={"plan": "fail@write#2"}).run("reindex")
    assert execution.output is None
    assert "a" in [i["message"] for it in execution.iterations for i in it.logs]


# --- C1


def test_children_have_a_parent_only(world, child):
    """C1: a child knows its parent; nothing of what happens to either cascades."""
    part = child(lambda controller: controller.response.error("No."))

    def run(controller, context):
        first = controller.task.trigger("reindexPart", input={"at": 1}, name="First", delay=30)
        assert (first.parent_id, first.name, first.input) == ("reindex-0001", "First", {"at": 1})
        controller.task.trigger("reindexPart")
        context.tasks.trigger("reindexPart")
        return controller.response.done()

    sim = world(run, children=[part])
    execution = sim.run("reindex")
    assert execution.status == "success"
    children = sim.tasks.list_tasks({"parent_id": "reindex-0001"})
    assert sorted(task.status for task in children) == ["failed", "failed"]
    assert sim.tasks.list_tasks().meta.total_count == 4
    sim.tasks.delete_task("reindex-0001")
    assert sim.tasks.list_tasks().meta.total_count == 3


def test_abort_and_delete_do_not_cascade(world, child):
    """C1: aborting or deleting a parent leaves its children alone."""
    sim = world(done, children=[child(done)])
    parent = sim.tasks.trigger("reindex")
    part = sim.tasks.trigger("reindexPart", parent=parent)
    sim.tasks.abort(parent)
    sim.tasks.delete_task(parent)
    sim.run_until_idle()
    assert sim.execution(part).status == "success"


def test_children_are_listed_oldest_first(world, child):
    """C1: list_children gives the children, oldest first, perhaps of one definition only."""
    seen = []

    def run(controller):
        for id in ("reindexPart", "export", "reindexPart"):
            controller.task.trigger(id)
        seen.append([task.id for task in controller.task.list_children()])
        seen.append([task.id for task in controller.task.list_children("reindexPart")])
        seen.append(controller.task.list_children("reindex"))
        return controller.response.done()

    world(run, children=[child(done), child(done, "export")]).run("reindex")
    assert seen == [
        ["reindexPart-0002", "export-0003", "reindexPart-0004"],
        ["reindexPart-0002", "reindexPart-0004"],
        [],
    ]


def test_older_children_come_first(world, child):
    """C1: children come by their creation time, also when an older one was seeded later."""
    seen = []

    def run(controller):
        seen.extend(task.id for task in controller.task.list_children())
        return controller.response.done()

    sim = world(run, children=[child(done)])
    parent = sim.tasks.trigger("reindex")
    sim.seed_records(
        [
            {"id": "new", "definitionId": "reindexPart", "parentId": parent.id},
            {
                "id": "old",
                "definitionId": "reindexPart",
                "parentId": parent.id,
                "createdOn": "2023-01-01T00:00:00Z",
            },
        ]
    )
    sim.run_until_idle()
    assert seen == ["old", "new"]


@pytest.mark.parametrize(
    ("profile", "left"), [("documented", 2), ("generic", 2), ("webiny-5", 2), ("webiny-6", 0)]
)
def test_self_cleanup(world, child, left):
    """C1: self_cleanup deletes the task and its descendants, or is not obeyed."""

    def run(controller):
        controller.task.trigger("reindexPart")
        return controller.response.done()

    sim = world(run, self_cleanup="onSuccess", children=[child(done)])
    sim.run("reindex")
    assert sim.tasks.list_tasks().meta.total_count == left


@pytest.mark.parametrize("profile", ["webiny-6"])
def test_log_that_was_cleaned_up(world, child):
    """C1: a run whose parent cleaned up meanwhile finds its own task and log gone."""
    seen = []

    def run(controller, context):
        context.tasks.abort("parent")
        for call in (lambda: controller.logger.info("a"), lambda: controller.state.update_input({"at": 1})):
            with pytest.raises(EngineError) as caught:
                call()
            seen.append(caught.value.code)
        return controller.response.done()

    sim = world(run, children=[child(done, "parent", self_cleanup="onAbort")])
    sim.seed_records([{"id": "parent", "definitionId": "parent", "status": "running"}])
    sim.tasks.trigger("reindex", parent="parent")
    sim.run_until_idle()
    assert seen == ["BackgroundTasks/Task/NotFoundError"] * 2
    assert sim.tasks.list_tasks().items == []


# --- Q1


def test_lists_are_newest_first_in_pages_of_50(world):
    """Q1: lists are newest first, ties by creation, 50 a page; `after` takes the page's cursor."""
    sim = world(done)
    for n in range(60):
        if n % 20 == 0:
            sim.advance("1s")
        sim.tasks.trigger("reindex", name=str(n))
    first = sim.tasks.list_tasks()
    assert [int(task.name) for task in first] == list(range(59, 9, -1))
    assert (first.meta.has_more_items, first.meta.total_count) == (True, 60)
    second = sim.tasks.list_tasks(after=first.meta.cursor)
    assert [int(task.name) for task in second] == list(range(9, -1, -1))
    assert (second.meta.cursor, second.meta.has_more_items, second.meta.total_count) == (None, False, 60)


def test_logs_are_listed_alike(world):
    """Q1: logs are listed like tasks."""

    def run(input, controller):
        return controller.response.done() if input else controller.response.continue_({"at": 1}, seconds=1)

    sim = world(run)
    sim.run("reindex")
    page = sim.tasks.list_logs(limit=1)
    assert [log.iteration for log in page] == [2]
    assert [log.iteration for log in sim.tasks.list_logs(after=page.meta.cursor)] == [1]
    assert [log.iteration for log in sim.tasks.list_logs({"iteration": 1})] == [1]


def test_empty_list(world):
    """Q1: an empty list is one page without a cursor."""
    page = world(done).tasks.list_tasks(search="x")
    assert (page.items, page.meta.cursor, page.meta.has_more_items, page.meta.total_count) == (
        [],
        None,
        False,
        0,
    )


def test_logs_of_a_deleted_task_stay(profile):
    """C1: deleting a task leaves its logs."""
    definition = create_task_definition(id="reindex", title="Reindex", run=done, database_logs=True)
    sim = Simulator([definition], profile=profile)
    execution = sim.run("reindex")
    assert sim.tasks.delete_task(execution) is True
    assert len(execution.logs) == 1
    with pytest.raises(EngineError):
        sim.tasks.delete_task(execution)
