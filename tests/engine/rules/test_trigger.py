"""Trigger: T1 to T7."""

import pytest
from pydantic import BaseModel

from tasksim import EngineError, Simulator, create_private_task_definition

YEAR_LESS_TEN_DAYS = 30_672_000


def done(controller):
    """Answer done."""
    return controller.response.done()


class Pages(BaseModel):
    ids: list[str]
    at: int = 7


class Parts(BaseModel):
    pages: Pages


def test_name_and_input_have_defaults(world):
    """T1: the name defaults to the definition's title, the input to an empty object."""
    task = world(done).tasks.trigger("reindex")
    assert (task.name, task.input) == ("Reindex", {})


def test_empty_name_is_no_name(world):
    """T1: an empty name is none."""
    assert world(done).tasks.trigger("reindex", name="").name == "Reindex"


def test_name_and_input_are_kept(world):
    """T1: a name and an input that are given are stored."""
    task = world(done).tasks.trigger("reindex", name="All pages", input={"ids": ["a"]})
    assert (task.name, task.input) == ("All pages", {"ids": ["a"]})


def test_definition_may_be_given_itself(world):
    """T1: a definition may be named by itself as well as by its id."""
    sim = world(done)
    assert sim.tasks.trigger(sim.reindex).definition_id == "reindex"


def test_trigger_stores_a_pending_task_with_the_machines_answer(world):
    """T2: the task is stored as pending with 0 iterations, then gets the state machine's answer."""
    sim = world(done)
    answered = sim.tasks.trigger("reindex")
    stored = sim.tasks.get_task(answered)
    assert stored == answered
    assert (stored.status, stored.iterations, stored.execution_name) == ("pending", 0, "")
    assert (stored.started_on, stored.finished_on, stored.output, stored.parent_id) == (None,) * 4
    assert stored.event_response["name"] == f"reindex_{stored.id}"
    assert sim.next_event().what == stored.id


def test_trigger_finds_the_definition_first(world):
    """T2: an unknown definition fails before anything else is looked at."""
    sim = world(done)
    with pytest.raises(EngineError) as caught:
        sim.tasks.trigger("reindx", delay=YEAR_LESS_TEN_DAYS)
    error = caught.value
    assert (error.message, error.code, error.data) == (
        "Task definition was not found!",
        "TASK_DEFINITION_ERROR",
        {"id": "reindx"},
    )
    assert str(error) == (
        "Task definition was not found! (TASK_DEFINITION_ERROR: 'reindx') Did you mean 'reindex'?\n"
        "  registered: reindex\n"
        "  Add it with Simulator([...]) or sim.register(...)."
    )


def test_hook_comes_before_delay_and_input(world):
    """T2: on_before_trigger is called before the delay and the input are checked."""
    seen = []

    def note(data):
        seen.append(data)

    sim = world(done, on_before_trigger=note, create_input_validation=Pages)
    with pytest.raises(EngineError, match="MAX_DELAY_ERROR"):
        sim.tasks.trigger("reindex", delay=YEAR_LESS_TEN_DAYS)
    with pytest.raises(EngineError, match="VALIDATION_FAILED_INVALID_FIELDS"):
        sim.tasks.trigger("reindex")
    assert seen == [{"name": "Reindex", "definitionId": "reindex", "input": {}, "parentId": None}] * 2
    assert sim.tasks.list_tasks().items == []


def test_delay_is_checked_before_the_input(world):
    """T2: the delay is checked before the input."""
    sim = world(done, create_input_validation=Pages)
    with pytest.raises(EngineError, match="MAX_DELAY_ERROR"):
        sim.tasks.trigger("reindex", delay=YEAR_LESS_TEN_DAYS)


def test_hook_that_raises_stops_the_trigger(world):
    """T3: what on_before_trigger raises reaches the caller unchanged, and nothing is stored."""
    boom = LookupError("no pages")

    def refuse():
        raise boom

    sim = world(done, on_before_trigger=refuse)
    with pytest.raises(LookupError) as caught:
        sim.tasks.trigger("reindex")
    assert caught.value is boom
    assert sim.tasks.list_tasks().items == []
    assert sim.next_event() is None


def test_hook_gets_copies(world):
    """T3: on_before_trigger cannot change what is stored."""
    sim = world(done, on_before_trigger=lambda data, input: (data["input"].clear(), input.clear()))
    assert sim.tasks.trigger("reindex", input={"ids": []}).input == {"ids": []}


@pytest.mark.parametrize("delay", [YEAR_LESS_TEN_DAYS, float(YEAR_LESS_TEN_DAYS), YEAR_LESS_TEN_DAYS + 1])
def test_delay_of_355_days_is_refused(world, delay):
    """T4: an integer delay of 355 days or more is refused, with what the trigger got."""
    sim = world(done)
    with pytest.raises(EngineError) as caught:
        sim.tasks.trigger("reindex", input={"a": 1}, delay=delay)
    error = caught.value
    assert (error.message, error.code) == ("The maximum delay for a task is 355 days.", "MAX_DELAY_ERROR")
    assert error.data == {"name": "Reindex", "definitionId": "reindex", "input": {"a": 1}, "delay": delay}
    assert str(error).endswith("\n  Pass a delay under 30,672,000 seconds.")


def test_refused_delay_of_a_child(world):
    """T4: a child's refusal has its parent as well."""

    def run(controller):
        controller.task.trigger("reindex", delay=YEAR_LESS_TEN_DAYS)

    error = world(run).run("reindex").error
    assert (error["code"], error["data"]["parentId"]) == ("MAX_DELAY_ERROR", "reindex-0001")


@pytest.mark.parametrize("delay", [YEAR_LESS_TEN_DAYS - 1, 0, -5, -0.5, YEAR_LESS_TEN_DAYS + 0.5])
def test_other_delays_are_not_checked(world, delay):
    """T4: 0, a negative delay and one that is no integer are not checked."""
    assert world(done).tasks.trigger("reindex", delay=delay).status == "pending"


def test_delay_event_touches_nothing(world):
    """T5: the first event of a delayed task answers continue with that wait and touches nothing."""
    sim = world(done)
    task = sim.tasks.trigger("reindex", delay=30)
    iteration = sim.run_next()
    assert iteration.answer == {"status": "continue", "input": {}, "wait": 30, "delay": -1}
    assert iteration.input is None
    assert sim.tasks.get_task(task) == task
    assert sim.execution(task).logs == []
    assert sim.now_ms == 0


def test_event_after_the_delay_runs(world):
    """T5: the event after the delay carries the delay -1 and is the first iteration."""
    sim = world(done)
    execution = sim.run("reindex", delay="30s")
    assert (execution.status, execution.task.iterations, sim.now_ms) == ("success", 1, 30_000)
    started = [event for event in execution.trace if type(event).__name__ == "EventStarted"]
    assert [event.delay for event in started] == [30, -1]


@pytest.mark.parametrize("delay", [0, -5, -0.5])
def test_no_delay_runs_at_once(world, delay):
    """T5: a delay that is not above 0 is none."""
    sim = world(done)
    assert (len(sim.run("reindex", delay=delay).iterations), sim.now_ms) == (1, 0)


def invalid_field(code, message, *path):
    """Return one invalid field."""
    return {"code": code, "message": message, "data": {"path": list(path)}}


@pytest.mark.parametrize(
    ("profile", "wrong_type", "missing"),
    [
        ("documented", "Expected string, received number", "Required"),
        ("generic", "Expected string, received number", "Required"),
        ("webiny-5", "Expected string, received number", "Required"),
        (
            "webiny-6",
            "Invalid input: expected string, received number",
            "Invalid input: expected array, received undefined",
        ),
    ],
)
def test_invalid_input_lists_its_fields(world, wrong_type, missing):
    """T6: an invalid input fails with the invalid fields by dotted path, in the profile's words."""
    sim = world(done, create_input_validation=lambda: Parts)
    with pytest.raises(EngineError) as caught:
        sim.tasks.trigger("reindex", input={"pages": {"ids": ["a", 1]}})
    error = caught.value
    assert (error.message, error.code) == ("Validation failed.", "VALIDATION_FAILED_INVALID_FIELDS")
    assert error.data == {
        "invalidFields": {"pages.ids.1": invalid_field("invalid_type", wrong_type, "pages", "ids", 1)}
    }
    with pytest.raises(EngineError) as caught:
        sim.tasks.trigger("reindex", input={"pages": {}})
    assert caught.value.data == {
        "invalidFields": {"pages.ids": invalid_field("invalid_type", missing, "pages", "ids")}
    }
    assert str(caught.value) == (
        "Validation failed. (VALIDATION_FAILED_INVALID_FIELDS: 'reindex')\n"
        "  pages.ids: Field required\n"
        "  Correct these fields of the input."
    )
    assert sim.tasks.list_tasks().items == []


def test_raw_input_is_stored(world):
    """T6: only pass or fail counts: unknown fields pass, no defaults are applied, the raw input is kept."""
    sim = world(done, create_input_validation=Pages)
    assert sim.tasks.trigger("reindex", input={"ids": [], "more": None}).input == {"ids": [], "more": None}


def test_validation_is_strict(world):
    """T6: validation is strict: a text is no number."""
    sim = world(done, create_input_validation=Pages)
    with pytest.raises(EngineError, match="at: "):
        sim.tasks.trigger("reindex", input={"ids": [], "at": "7"})
    assert sim.tasks.trigger("reindex", input={"ids": [], "at": 7.0}).status == "pending"


def test_model_may_forbid_unknown_fields(world):
    """T6: a model that forbids unknown fields does."""

    class Closed(BaseModel, extra="forbid"):
        id: str

    sim = world(done, create_input_validation=Closed)
    with pytest.raises(EngineError) as caught:
        sim.tasks.trigger("reindex", input={"id": "a", "more": 1})
    assert caught.value.data["invalidFields"]["more"]["code"] == "unrecognized_keys"


def test_input_is_validated_at_the_trigger_only(world):
    """T6: an iteration does not validate again: what `continue` remembers may be anything."""

    def run(input, controller):
        if "ids" in input and "at" not in input:
            return controller.response.continue_({"ids": 5, "at": "x"})
        return controller.response.done()

    assert world(run, create_input_validation=Pages).run("reindex", input={"ids": []}).status == "success"


def test_code_may_trigger_a_private_definition(profile):
    """T7: code may trigger a private definition, and finds it."""
    private = create_private_task_definition(id="reindexPart", title="A part", run=done)
    sim = Simulator([private], profile=profile)
    assert private.is_private is True
    assert sim.run("reindexPart").status == "success"
    assert sim.tasks.get_definition("reindexPart") is private
    assert sim.tasks.list_definitions() == [private]
