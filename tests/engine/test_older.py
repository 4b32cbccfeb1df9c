"""The older style: `run(response, input, is_close_to_timeout)` with `store`, `timer`, `trigger`."""

from datetime import datetime, timezone

import pytest

from tasksim import Simulator, UsageError, create_task_definition


def play(run, *, settings=None, **trigger):
    """Run a definition of the older style; return its execution."""
    definitions = [
        create_task_definition(id="reindex", title="Reindex", run=run),
        create_task_definition(id="part", title="Part", run=lambda response: response.done()),
    ]
    return Simulator(definitions, **(settings or {})).run("reindex", **trigger)


def refused(call, **settings):
    """Return the text of the usage error that a call of the store is."""

    def run(store, response):
        call(store)
        return response.done()

    with pytest.raises(UsageError) as caught:
        play(run, settings=settings)
    return str(caught.value).splitlines()


def test_documented_older_style():
    """The documented older style runs unchanged."""

    def run(response, input, is_close_to_timeout, is_aborted):
        if is_aborted():
            return response.aborted()
        if is_close_to_timeout():
            return response.continue_({"at": 1})
        return response.done("Done.", {"got": input})

    assert play(run, input={"a": 1}).output == {"got": {"a": 1}}


def test_store_reads_and_writes():
    """The store reads and writes as the controller's state does."""

    def run(response, store, input_):
        store.update_input({"at": 1})
        store.update_output({"n": 1})
        task = store.get_task()
        assert (store.get_status(), task.iterations) == ("running", 1)
        assert (store.get_input(), store.get_output()) == ({"a": 1, "at": 1}, {"n": 1})
        assert input_ == {"a": 1}
        return response.done()

    execution = play(run, input={"a": 1})
    assert (execution.task.input, execution.output) == ({"a": 1, "at": 1}, {"n": 1})


def test_checkpoints_have_the_controllers_names():
    """Calls of the store are checkpoints under the controller's names."""

    def run(response, store):
        store.get_task()
        store.update_input({"at": 1})
        store.update_output({"n": 1})
        store.update_task({"name": "New"})
        store.add_info_log("a")
        store.add_error_log("b")
        store.list_child_tasks()
        store.save()
        return response.done()

    (iteration,) = play(run).iterations
    names = [name for name in iteration.checkpoints if name.startswith(("state.", "logger.", "task.list"))]
    assert names == [
        "state.get_task#1",
        "state.update_input#1",
        "state.update_output#1",
        "state.update_task#1",
        "logger.info#1",
        "logger.error#1",
        "task.list_children#1",
        "state.save#1",
    ]


def test_children():
    """`trigger` makes a child, `list_child_tasks` lists children."""

    def run(response, store, trigger):
        child = trigger("part", input={"n": 1})
        assert [task.id for task in store.list_child_tasks()] == [child.id]
        assert store.list_child_tasks("reindex") == []
        return response.done(output={"parent": child.parent_id})

    execution = play(run)
    assert execution.output == {"parent": execution.id}


def test_timer():
    """The timer tells what remains, without a checkpoint."""

    def run(response, timer):
        return response.done(
            output={"ms": timer.get_remaining_milliseconds(), "seconds": timer.get_remaining_seconds()}
        )

    execution = play(run, settings={"budget": "1500ms"})
    assert execution.output == {"ms": 1500, "seconds": 1}
    assert "remaining" not in str(execution.iterations[0].checkpoints)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"name": "New"}, ("name", "New")),
        ({"executionName": "x"}, ("execution_name", "x")),
        ({"input": {"b": 1}}, ("input", {"b": 1})),
        ({"output": {"b": 1}}, ("output", {"b": 1})),
        ({"output": None}, ("output", None)),
        ({"event_response": None}, ("event_response", None)),
        ({"iterations": 7}, ("iterations", 7)),
        ({"startedOn": "2024-02-01T00:00:00Z"}, ("started_on", datetime(2024, 2, 1, tzinfo=timezone.utc))),
        (
            {"finished_on": datetime(2024, 2, 1, tzinfo=timezone.utc)},
            ("finished_on", datetime(2024, 2, 1, tzinfo=timezone.utc)),
        ),
        ({"finishedOn": None}, ("finished_on", None)),
    ],
)
def test_update_task(given, read):
    """update_task changes fields by snake_case or camelCase names."""
    seen = []

    def run(response, store):
        store.update_task(given)
        seen.append(store.get_task())
        return response.done()

    play(run)
    field, value = read
    assert getattr(seen[0], field) == value


@pytest.mark.parametrize("name", ["status", "taskStatus", "task_status"])
def test_update_of_the_status(name):
    """update_task may change the status, also by its short name; the result overwrites it."""
    seen = []

    def run(response, store):
        store.update_task({name: "aborted"})
        seen.append(store.get_status())
        return response.done()

    assert play(run, settings={"profile": "webiny-5"}).status == "success"
    assert seen == ["aborted"]


def test_unknown_field():
    """A field that cannot be changed is refused, with the nearest."""
    first, line, way_out = refused(lambda store: store.update_task({"iteration": 3}))
    assert first == "update_task() cannot change 'iteration'. Did you mean 'iterations'?"
    assert line.startswith("  test_older.py:")
    assert way_out == (
        "  Choose from name, task_status, execution_name, input, output, event_response, started_on, "
        "finished_on, iterations."
    )


@pytest.mark.parametrize(
    ("field", "value", "way_out"),
    [
        ("task_status", "done", "Pass one of pending, running, success, failed, aborted."),
        ("task_status", 3, "Pass one of pending, running, success, failed, aborted."),
        ("name", 3, "Pass a value of the field's type."),
        ("iterations", -1, "Pass a value of the field's type."),
        ("iterations", True, "Pass a value of the field's type."),
        ("started_on", 3, "Pass a value of the field's type."),
    ],
)
def test_wrong_value(field, value, way_out):
    """A value that does not fit its field is refused."""
    first, _, last = refused(lambda store: store.update_task({field: value}))
    assert (first, last) == (f"update_task() got {field}={value!r}.", f"  {way_out}")


def test_input_must_be_an_object():
    """The input cannot be nothing."""
    first, *_ = refused(lambda store: store.update_task({"input": None}))
    assert first == "input must be a JSON object, not NoneType None."


def test_text_that_is_no_instant():
    """A text that is no instant is refused."""
    first, *_ = refused(lambda store: store.update_task({"started_on": "soon"}))
    assert first == "started_on is 'soon', which is no instant."


@pytest.mark.parametrize(
    "call",
    [
        lambda store: store.update_task({"started_on": "soon"}),
        lambda store: store.update_task({"nothing": 1}),
        lambda store: store.update_task({"name": 3}),
        lambda store: store.update_input(3),
        lambda store: store.update_output({"a": {1}}),
        lambda store: store.add_info_log(3),
    ],
)
def test_usage_errors_come_out_although_swallowed(call):
    """A usage error of the store comes out of the outer call even if the task swallows it."""

    def swallow(store):
        try:
            call(store)
        except UsageError:
            store.get_input()

    assert refused(swallow)


@pytest.mark.parametrize("data", [3, None, {3: 1}])
def test_update_task_needs_names(data):
    """What is no mapping of names to values is a usage error, not the task's failure."""
    assert refused(lambda store: store.update_task(data))


def test_store_after_the_run():
    """The store and the timer cannot be used after their run."""
    kept = {}

    def run(store, timer, trigger, is_aborted, is_close_to_timeout, response):
        kept.update(store=store, timer=timer, trigger=trigger, asks=(is_aborted, is_close_to_timeout))
        return response.done()

    play(run)
    for call, what in (
        (kept["store"].get_input, "state.get_input"),
        (lambda: kept["store"].update_task({}), "state.update_task"),
        (kept["store"].save, "state.save"),
        (kept["timer"].get_remaining_seconds, "runtime"),
        (lambda: kept["trigger"]("part"), "task.trigger"),
        (kept["asks"][0], "runtime.is_aborted"),
        (kept["asks"][1], "runtime.is_close_to_timeout"),
    ):
        with pytest.raises(UsageError) as caught:
            call()
        first, line, way_out = str(caught.value).splitlines()
        assert first == f"{what} of 'reindex-0001' was used after its run ended."
        assert line.startswith("  test_older.py:")
        assert (
            way_out == "  Use a controller only inside the run that received it; keep values instead of it."
        )


@pytest.mark.parametrize("what", ["state.update_task", "state.save", "state.get_task", "state.get_status"])
def test_faults_after_the_effect(what):
    """A crash after such a call took effect kills the run there."""

    def run(store, response):
        store.update_task({"name": "New"}, save=False)
        store.save()
        store.get_task()
        store.get_status()
        return response.done()

    execution = play(run, settings={"plan": f"crash@{what}#1+"})
    assert (execution.machine, execution.status) == ("UnknownError", "running")
    assert execution.task.name == ("Reindex" if what == "state.update_task" else "New")
