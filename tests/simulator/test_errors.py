"""What is raised where: the full text of each error, and what is left of the simulation."""

import pytest
from pydantic import BaseModel

from tasksim import LimitReached, Limits, Simulator, StalePlan, TasksimError, UsageError
from tasksim.errors import NotJson, ServiceCallKilled

WRITE_DURATION = "Write seconds (90 or 1.5), a timedelta, or text like '500ms', '90s', '15m', '1h30m', '2d'."

WRITE_INSTANT = "Write an aware datetime, or ISO text like '2024-01-01T00:00:00Z'."
WRAP_IT = "Wrap it: Simulator([PublishEntries(cms)])."
NOW, PAST = (f"datetime.datetime({year}, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)" for year in (2024, 2020))


def done(controller):
    """Answer done."""
    return controller.response.done()


def text_of(kind, call):
    """Return the text of an error that a call raises."""
    with pytest.raises(kind) as caught:
        call()
    assert type(caught.value) is kind
    return str(caught.value)


def without_line(text):
    """Return a text without its line of user code, which must be of this file."""
    lines = text.splitlines()
    kept = [line for line in lines if not line.startswith("  test_errors.py:")]
    assert len(kept) == len(lines) - 1
    return "\n".join(kept)


# --- settings


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"budget": -1}, "budget is -1, which is negative.\n  Write 0 or more."),
        ({"budget": 0}, "budget is 0, which is no time at all.\n  Write at least '1ms'."),
        ({"budget": "soon"}, f"budget is 'soon', which is no duration.\n  {WRITE_DURATION}"),
        ({"budget": None}, f"budget is None, which is no duration.\n  {WRITE_DURATION}"),
        ({"close_limit": 0}, "close_limit is 0, which is no time at all.\n  Write at least '1ms'."),
        ({"tick": -1}, "tick is -1, which is negative.\n  Write 0 or more."),
        (
            {"start": 3},
            f"start is 3, which is no instant.\n  {WRITE_INSTANT}",
        ),
        ({"seed": "3"}, "Simulator() got seed='3'.\n  Pass a whole number of at most 100 digits."),
        ({"seed": True}, "Simulator() got seed=True.\n  Pass a whole number of at most 100 digits."),
        ({"profile": 3}, "Simulator() got profile=3.\n  Pass a profile's name, or nothing."),
        ({"on_crash": 3}, "Simulator() got on_crash=3.\n  Pass text such as 'retry(2)', or nothing."),
        ({"limits": 3}, "Simulator() got limits=3.\n  Pass Limits(...), or nothing."),
        ({"identity": "bob"}, "Simulator() got identity='bob'.\n  Pass Identity(...), or nothing."),
        (
            {"definitions": 3},
            f"Simulator() got 3 instead of a list of definitions.\n  {WRAP_IT}",
        ),
        (
            {"definitions": "reindex"},
            (
                "Simulator() got 'reindex' instead of a list of definitions.\n"
                "  Wrap it: Simulator([PublishEntries(cms)])."
            ),
        ),
        (
            {"context": {"tasks": 3}},
            (
                "The context {'tasks': 3} has a 'tasks' of its own.\n"
                "  Rename it: context.tasks is the simulator's service."
            ),
        ),
        (
            {"plan": 3},
            (
                "plan is 3, which is no plan.\n"
                "  Pass text like 'crash@event#2', a Plan, or a list of faults or their texts."
            ),
        ),
    ],
)
def test_wrong_settings(settings, text):
    """A setting that cannot be used fails at once and is named."""
    definitions = settings.pop("definitions", ())
    assert text_of(UsageError, lambda: Simulator(definitions, **settings)) == text


def test_single_definition(define):
    """A single definition without a list is refused by its name."""
    assert text_of(UsageError, lambda: Simulator(define(done))) == (
        "Simulator() got <task definition 'reindex'> instead of a list of definitions.\n"
        "  Wrap it: Simulator([PublishEntries(cms)])."
    )


# --- calls


CALLS = {
    "advance": (lambda sim: sim.advance(-1), "duration is -1, which is negative.\n  Write 0 or more."),
    "advance text": (
        lambda sim: sim.advance("x"),
        f"duration is 'x', which is no duration.\n  {WRITE_DURATION}",
    ),
    "spend": (lambda sim: sim.spend(-1), "duration is -1, which is negative.\n  Write 0 or more."),
    "at": (lambda sim: sim.at(-1, print), "when is -1, which is negative.\n  Write 0 or more."),
    "at past": (
        lambda sim: sim.at(sim.now.replace(year=2020), print),
        (f"at() got {PAST}, which is before now.\n  Pass a time from {NOW} on."),
    ),
    "at naive": (
        lambda sim: sim.at(sim.now.replace(tzinfo=None), print),
        (
            "when is datetime.datetime(2024, 1, 1, 0, 0), which has no time zone.\n"
            "  Make it aware: value.replace(tzinfo=timezone.utc), if it means UTC."
        ),
    ),
    "at call": (lambda sim: sim.at(0, 3), "3 cannot be called.\n  Pass a function without arguments."),
    "every": (
        lambda sim: sim.every(0, print),
        "period is 0, which is no time at all.\n  Write at least '1ms'.",
    ),
    "every times": (
        lambda sim: sim.every(1, print, times=0),
        "every() got times=0.\n  Pass a whole number from 1 on, or nothing.",
    ),
    "every true": (
        lambda sim: sim.every(1, print, times=True),
        "every() got times=True.\n  Pass a whole number from 1 on, or nothing.",
    ),
    "checkpoint": (
        lambda sim: sim.checkpoint("two words"),
        "checkpoint() got 'two words'.\n  Pass letters, digits and any of _ - . / as its name.",
    ),
    "checkpoint number": (
        lambda sim: sim.checkpoint(3),
        "checkpoint() got 3.\n  Pass letters, digits and any of _ - . / as its name.",
    ),
    "execution": (lambda sim: sim.execution(3), "3 names no task.\n  Pass a task, an execution or an id."),
    "execution unknown": (
        lambda sim: sim.execution("nothing"),
        "There is no task 'nothing'.\n  Pass a task that sim.tasks.trigger() returned, or its id.",
    ),
    "stub": (
        lambda sim: sim.stub("a", done={}, error="b"),
        "stub('a') got both done and error.\n  Pass one of them.",
    ),
    "stub done": (
        lambda sim: sim.stub("a", done=3),
        "stub('a') got done=3.\n  Pass the output as a dict, or True.",
    ),
    "delay": (
        lambda sim: sim.tasks.trigger("reindex", delay="soon"),
        f"delay is 'soon', which is no duration.\n  {WRITE_DURATION}",
    ),
    "get_definition": (
        lambda sim: sim.tasks.get_definition(3),
        "get_definition() got 3.\n  Pass a definition's id.",
    ),
    "list": (
        lambda sim: sim.tasks.list_tasks(limit=0),
        "limit is 0, which is no positive integer.\n  Give how many records a page has at most.",
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_wrong_calls(world, name):
    """A call that cannot mean anything says what is wrong and what to do."""
    call, text = CALLS[name]
    assert text_of(UsageError, lambda: call(world(done))) == text


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (
            lambda sim: sim.tasks.trigger("reindex", input=3),
            "The trigger of 'reindex' got input=3.\n  Pass a dict with string keys.",
        ),
        (
            lambda sim: sim.tasks.trigger("reindex", name=3),
            "The trigger of 'reindex' got name=3.\n  Pass text.",
        ),
        (
            lambda sim: sim.tasks.trigger("reindex", delay=None),
            "The trigger of 'reindex' got delay=None.\n  Pass a number of seconds.",
        ),
        (
            lambda sim: sim.tasks.trigger("reindex", delay=float("nan")),
            "The trigger of 'reindex' got delay=nan.\n  Pass a number of seconds.",
        ),
        (
            lambda sim: sim.tasks.trigger(3),
            "3 names no definition.\n  Pass the id of a registered definition, or the definition.",
        ),
        (
            lambda sim: sim.tasks.trigger(["reindex"]),
            (
                "['reindex'] names no definition.\n"
                "  Pass the id of a registered definition, or the definition."
            ),
        ),
        (
            lambda sim: sim.tasks.abort(sim.tasks.trigger("reindex"), message=3),
            "abort() got message=3.\n  Pass text, or nothing.",
        ),
    ],
)
def test_wrong_calls_of_the_service(world, call, text):
    """A call of the service that no engine would ever get names the line as well."""
    assert without_line(text_of(UsageError, lambda: call(world(done)))) == text


def test_input_that_is_no_json(world):
    """An input that is no JSON is refused with its path and the remedy."""
    text = text_of(NotJson, lambda: world(done).tasks.trigger("reindex", input={"rows": [{"ids": {1}}]}))
    assert (
        text == "input.rows[0].ids is a set ({1}), which is not JSON.\n  Store it as a list: sorted(value)."
    )


def test_execution_of_a_deleted_task(world):
    """An execution may be asked for although its task was deleted."""
    sim = world(done)
    task = sim.tasks.trigger("reindex")
    sim.tasks.delete_task(task)
    assert sim.execution(task.id).status == "deleted"


# --- time moved inside


MOVES = {
    "advance()": lambda sim: sim.advance(1),
    "run_next()": lambda sim: sim.run_next(),
    "run_until()": lambda sim: sim.run_until(lambda: True),
    "run_until_idle()": lambda sim: sim.run_until_idle(),
    "run()": lambda sim: sim.run("reindex"),
    "seed_records()": lambda sim: sim.seed_records(),
}


@pytest.mark.parametrize("name", MOVES)
@pytest.mark.parametrize("is_swallowed", [False, True])
def test_time_moved_inside_a_run(world, name, is_swallowed):
    """Moving time inside a run is a usage error with the line, even if the run swallows it."""

    def run(controller):
        try:
            MOVES[name](sim)
        except UsageError:
            if not is_swallowed:
                raise
        return controller.response.done()

    sim = world(run)
    sim.tasks.trigger("reindex")
    assert without_line(text_of(UsageError, sim.run_until_idle)) == (
        f"{name} was called inside an event of 'reindex-0001'.\n"
        "  Move time from the test; inside a run use sim.spend(duration) to let time pass."
    )


@pytest.mark.parametrize("hook", ["on_before_trigger", "on_abort"])
def test_time_moved_inside_a_hook(world, hook):
    """Moving time inside a hook that no event called is a usage error, too."""
    sim = world(done, **{hook: lambda: sim.advance(1)})

    def call():
        sim.tasks.abort(sim.tasks.trigger("reindex"))

    assert without_line(text_of(UsageError, call)) == (
        "advance() was called inside a hook.\n"
        "  Move time from the test; inside a run use sim.spend(duration) to let time pass."
    )
    sim.advance(1)
    assert sim.now_ms == 1000


# --- what a run gives


@pytest.mark.parametrize(
    ("returned", "shown", "hint"),
    [(None, "None", " Did the function end without a return?"), (3, "int 3", "")],
)
def test_run_returns_no_result(world, returned, shown, hint):
    """A run that returns nothing, or what is no result, is told what to return."""
    sim = world(lambda: returned)
    text = text_of(UsageError, lambda: sim.run("reindex"))
    assert text == (
        f"run() of 'reindex' returned {shown} in iteration 1.\n"
        f"  Return controller.response.done(), .continue_(), .error() or .aborted().{hint}"
    )
    assert sim.tasks.get_task("reindex-0001").status == "failed"


class Model(BaseModel):
    id: str = "a"


NOT_JSON = {
    "output": (
        lambda controller: controller.response.done(output={"rows": [{"when": {1}}]}),
        "output.rows[0].when is a set ({1}), which is not JSON.\n  Store it as a list: sorted(value).",
    ),
    "continue": (
        lambda controller: controller.response.continue_({"at": Model()}),
        (
            "input.at is a Model (Model(id='a')), which is not JSON.\n"
            "  Store its fields: model.model_dump(mode='json')."
        ),
    ),
    "update_input": (
        lambda controller: controller.state.update_input({"at": float("nan")}),
        (
            "input.at is the float nan, which is not JSON.\n"
            "  Store None, or text, for what is no finite number."
        ),
    ),
    "update_output": (
        lambda controller: controller.state.update_output({3: 1}),
        (
            "output is a dict with the int key 3, which is not JSON.\n"
            "  Make every key a str: {str(key): item for key, item in ...}."
        ),
    ),
    "callable": (
        lambda controller: controller.state.update_input(lambda _: {"at": 2**60}),
        (
            "what the callable returned.at is the int 1152921504606846976, beyond 2**53, which is not JSON.\n"
            "  Store it as text: str(value)."
        ),
    ),
    "info": (
        lambda controller: controller.logger.info("a", {"b": b"c"}),
        (
            "data.b is a bytes (b'c'), which is not JSON.\n"
            "  Store it as text: value.decode(), or base64 if it is no text."
        ),
    ),
    "error": (
        lambda controller: controller.logger.error("a", {"b": b"c"}),
        (
            "error.b is a bytes (b'c'), which is not JSON.\n"
            "  Store it as text: value.decode(), or base64 if it is no text."
        ),
    ),
    "trigger": (
        lambda controller: controller.task.trigger("reindex", input={"b": b"c"}),
        (
            "input.b is a bytes (b'c'), which is not JSON.\n"
            "  Store it as text: value.decode(), or base64 if it is no text."
        ),
    ),
}


@pytest.mark.parametrize("name", NOT_JSON)
@pytest.mark.parametrize("is_swallowed", [False, True])
def test_data_that_is_no_json(world, name, is_swallowed):
    """What a store of JSON cannot hold is refused with its path, even if the run swallows it."""
    call, text = NOT_JSON[name]

    def run(controller):
        try:
            call(controller)
        except UsageError:
            if not is_swallowed:
                raise
        return controller.response.done()

    sim = world(run)
    assert text_of(NotJson, lambda: sim.run("reindex")) == text


MISUSES = {
    "done": (
        lambda controller: controller.response.done(3),
        (
            "response.done() got the message 3.\n"
            "  Pass text first and the output second: done('All published.', {'count': 3})."
        ),
    ),
    "done both": (
        lambda controller: controller.response.done({"a": 1}, {"b": 2}),
        (
            "response.done() got the message {'a': 1}.\n"
            "  Pass text first and the output second: done('All published.', {'count': 3})."
        ),
    ),
    "done list": (
        lambda controller: controller.response.done(output=[1]),
        "output must be a JSON object, not list [1].\n  Pass a dict with string keys.",
    ),
    "continue": (
        lambda controller: controller.response.continue_(None),
        "input must be a JSON object, not NoneType None.\n  Pass a dict with string keys.",
    ),
    "continue both": (
        lambda controller: controller.response.continue_({}, seconds=1, until="2024-01-01T00:00:00Z"),
        "response.continue_() got both seconds and until.\n  Pass one of them: seconds=30 or until=...",
    ),
    "continue seconds": (
        lambda controller: controller.response.continue_({}, seconds="30"),
        "response.continue_() got seconds='30'.\n  Pass a number of seconds, as in seconds=30.",
    ),
    "continue infinite": (
        lambda controller: controller.response.continue_({}, seconds=float("inf")),
        "response.continue_() got seconds=inf.\n  Pass a number of seconds, as in seconds=30.",
    ),
    "error": (
        lambda controller: controller.response.error(3),
        (
            "response.error() got 3.\n"
            "  Pass text, an exception, or a dict with 'message' and perhaps 'code' and 'data'."
        ),
    ),
    "close": (
        lambda controller: controller.runtime.is_close_to_timeout("30"),
        "is_close_to_timeout() got seconds='30'.\n  Pass a number of seconds, or nothing.",
    ),
    "close true": (
        lambda controller: controller.runtime.is_close_to_timeout(True),
        "is_close_to_timeout() got seconds=True.\n  Pass a number of seconds, or nothing.",
    ),
    "log": (
        lambda controller: controller.logger.info({"a": 1}),
        (
            "A log message must be text, not dict {'a': 1}.\n"
            "  Pass the message first and the rest as data={...}."
        ),
    ),
    "trigger": (
        lambda controller: controller.task.trigger("reindex", name=3),
        "The trigger of 'reindex' got name=3.\n  Pass text.",
    ),
}


@pytest.mark.parametrize("name", MISUSES)
@pytest.mark.parametrize("is_swallowed", [False, True])
def test_misuse_of_the_controller(world, name, is_swallowed):
    """A misuse of the controller names the line and comes out, even if the run swallows it."""
    call, text = MISUSES[name]

    def run(controller):
        try:
            call(controller)
        except UsageError:
            if not is_swallowed:
                raise
        return controller.response.done()

    assert without_line(text_of(UsageError, lambda: world(run).run("reindex"))) == text


def test_until_without_a_time_zone(world):
    """A time to go on at needs a time zone."""
    sim = world(lambda controller: controller.response.continue_({}, until="2024-01-01T00:00:00"))
    assert text_of(UsageError, lambda: sim.run("reindex")) == (
        "until is '2024-01-01T00:00:00', which has no time zone.\n"
        "  Add one: '2024-01-01T00:00:00Z', if it means UTC."
    )


@pytest.mark.parametrize(
    "call",
    [
        lambda sim: sim.tasks.list_tasks({"nothing": 1}),
        lambda sim: sim.tasks.list_logs(limit=0),
        lambda sim: sim.tasks.get_task(3),
        lambda sim: sim.tasks.delete_task(3),
        lambda sim: sim.tasks.abort(3),
        lambda sim: sim.tasks.trigger("reindex", delay="soon"),
        lambda sim: sim.spend(-1),
        lambda sim: sim.checkpoint(3),
        lambda sim: sim.at(-1, print),
        lambda sim: sim.at(0, 3),
        lambda sim: sim.every(0, print),
        lambda sim: sim.every(1, print, times=0),
    ],
)
def test_misuse_of_the_simulator_inside_a_run(world, call):
    """A usage error inside a run comes out of the outer call even if the run swallows it."""

    def run(controller):
        try:
            call(sim)
        except UsageError:
            return controller.response.done()
        return controller.response.done()

    sim = world(run)
    with pytest.raises(UsageError):
        sim.run("reindex")


FACES = {
    "response.done": lambda controller: controller.response.done(),
    "response.continue": lambda controller: controller.response.continue_({}),
    "response.error": lambda controller: controller.response.error("a"),
    "response.aborted": lambda controller: controller.response.aborted(),
    "runtime.is_aborted": lambda controller: controller.runtime.is_aborted(),
    "runtime.is_close_to_timeout": lambda controller: controller.runtime.is_close_to_timeout(),
    "runtime": lambda controller: controller.runtime.remaining_seconds(),
    "state.get_task": lambda controller: controller.state.get_task(),
    "state.get_status": lambda controller: controller.state.get_status(),
    "state.get_input": lambda controller: controller.state.get_input(),
    "state.get_output": lambda controller: controller.state.get_output(),
    "state.update_input": lambda controller: controller.state.update_input({}),
    "state.update_output": lambda controller: controller.state.update_output({}),
    "logger.info": lambda controller: controller.logger.info("a"),
    "logger.error": lambda controller: controller.logger.error("a"),
    "task.trigger": lambda controller: controller.task.trigger("reindex"),
    "task.list_children": lambda controller: controller.task.list_children(),
}


@pytest.mark.parametrize("name", FACES)
def test_controller_after_its_run(world, name):
    """A controller that is used after its run ended is a usage error with the line."""
    kept = []

    def run(controller):
        kept.append(controller)
        return controller.response.done()

    world(run).run("reindex")
    assert repr(kept[0]) == "Controller('reindex-0001', closed)"
    assert without_line(text_of(UsageError, lambda: FACES[name](kept[0]))) == (
        f"{name} of 'reindex-0001' was used after its run ended.\n"
        "  Use a controller only inside the run that received it; keep values instead of it."
    )


@pytest.mark.parametrize("name", [name for name in FACES if name != "runtime"])
def test_controller_can_be_cut_after_each_call(world, name):
    """A crash after any call of the controller kills the run there; asking what remains is no checkpoint."""

    def run(controller):
        FACES[name](controller)
        return controller.response.done()

    sim = world(run, settings={"plan": f"crash@{name}#1+"})
    sim.tasks.trigger("reindex")
    sim.run_next()
    assert sim.execution("reindex-0001").iterations[0].killed == "crash"


def test_controller_shows_whose_it_is(world):
    """A controller shows its task."""
    seen = []

    def run(controller):
        seen.append(repr(controller))
        return controller.response.done()

    world(run).run("reindex")
    assert seen == ["Controller('reindex-0001')"]


# --- names and calls that do not exist


@pytest.mark.parametrize(
    ("call", "first", "names"),
    [
        (
            lambda controller: controller.response.continues,
            "controller.response has no 'continues'. Did you mean 'continue_'?",
            "aborted, continue_, done, error",
        ),
        (
            lambda controller: controller.isAborted,
            "controller has no 'isAborted'.",
            "logger, response, runtime, state, task",
        ),
        (
            lambda controller: controller.state.updateInput,
            "controller.state has no 'updateInput'. Did you mean 'update_input'?",
            "get_input, get_output, get_status, get_task, update_input, update_output",
        ),
    ],
)
def test_name_that_no_part_has(world, call, first, names):
    """A name that a part of the controller does not have is answered with the nearest; probing is allowed."""

    def run(controller):
        assert not hasattr(controller.response, "nothing")
        assert getattr(controller, "_nothing", None) is None
        return call(controller)

    with pytest.raises(UsageError) as caught:
        world(run).run("reindex")
    assert isinstance(caught.value, AttributeError)
    assert without_line(str(caught.value)) == f"{first}\n  Choose from {names}."


def test_call_with_wrong_arguments(world):
    """A method of ours that is called with wrong arguments is a usage error with its signature."""

    def run(controller):
        return controller.response.done("a", {}, 3)

    assert without_line(text_of(UsageError, lambda: world(run).run("reindex"))) == (
        "run() of 'reindex' called a method wrongly: controller.response.done() takes from 1 to 3 positional "
        "arguments but 4 were given.\n"
        "  Call it as done(message=None, output=None)."
    )


class Store:
    def put(self, key): ...

    def save(self, key): ...


@pytest.mark.parametrize("call", [lambda: Store().put(), lambda: Store().save()])
def test_users_own_class_of_the_same_name(world, call):
    """A user's own class that bears the name of a part of ours fails its task as any other."""
    execution = world(call).run("reindex")
    assert execution.status == "failed"
    assert isinstance(execution.exception, TypeError)


# --- what passes through


@pytest.mark.parametrize("hook", ["run", "on_done", "on_before_trigger"])
def test_assertion_comes_out(world, define, hook):
    """An assertion that fails in a run or hook comes out of the outer call."""

    def check():
        raise AssertionError("broken")

    def run(controller):
        return check() if hook == "run" else controller.response.done()

    attributes = {} if hook == "run" else {hook: check}
    sim = world(run, **attributes)
    with pytest.raises(AssertionError, match="broken"):
        sim.run("reindex")


def test_simulation_that_ended_can_be_read(world):
    """After an assertion the simulation is over: time stands still, but all can be read."""

    def run(controller):
        controller.logger.info("Before.")
        raise AssertionError("broken\nin two lines")

    sim = world(run)
    task = sim.tasks.trigger("reindex")
    with pytest.raises(AssertionError):
        sim.run_until_idle()
    for name, move in MOVES.items():
        assert text_of(UsageError, lambda move=move: move(sim)) == (
            f"{name} was called after AssertionError ended the simulation.\n"
            "  broken\n"
            "  Make a new Simulator; this one can still be read."
        )
    execution = sim.execution(task)
    assert (execution.status, execution.machine) == ("running", "UnknownError")
    assert execution.logs[0].items[0].message == "Before."
    assert sim.tasks.list_tasks().meta.total_count == 1
    assert len(sim.trace) > 0


def raises_assertion():
    """Fail as a test does."""
    raise AssertionError("broken")


@pytest.mark.parametrize("how", ["child's hook", "abort's hook", "callable"])
def test_swallowed_assertion_comes_out(world, define, how):
    """An assertion that fails where the engine can see it comes out even if the run swallows it."""

    def run(controller, context):
        try:
            if how == "child's hook":
                controller.task.trigger("child")
            elif how == "abort's hook":
                context.tasks.abort(controller.state.get_task())
            else:
                controller.state.update_input(lambda _: raises_assertion())
        except AssertionError:
            return controller.response.done()

    sim = world(run, define(done, "child", on_before_trigger=raises_assertion), on_abort=raises_assertion)
    with pytest.raises(AssertionError, match="broken"):
        sim.run("reindex")


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt, SystemExit, pytest.skip.Exception, pytest.fail.Exception]
)
def test_interrupts_pass_through(world, error):
    """KeyboardInterrupt, SystemExit and pytest's outcomes pass through, and end the simulation."""

    def run():
        raise error("stop")

    sim = world(run)
    with pytest.raises(error):
        sim.run("reindex")
    assert sim.execution("reindex-0001").machine == "UnknownError"
    with pytest.raises(UsageError, match=f"after {error.__name__} ended the simulation"):
        sim.advance(1)


def test_interrupt_without_text(world):
    """An interrupt without a text has no line of its own."""

    def run():
        raise KeyboardInterrupt

    sim = world(run)
    with pytest.raises(KeyboardInterrupt):
        sim.run("reindex")
    assert text_of(UsageError, lambda: sim.advance(1)) == (
        "advance() was called after KeyboardInterrupt ended the simulation.\n"
        "  Make a new Simulator; this one can still be read."
    )


# --- limits


def test_limit_of_events(world):
    """The limit of events names the task, the limit and its value, and ends the simulation."""
    sim = world(lambda controller: controller.response.continue_({}), settings={"limits": Limits(events=3)})
    task = sim.tasks.trigger("reindex")
    with pytest.raises(LimitReached) as caught:
        sim.run_until_idle()
    assert (caught.value.limit, caught.value.value) == ("events", 3)
    assert str(caught.value) == (
        "The simulation handled more than 3 events; the next is one of 'reindex-0001'.\n"
        "  Does a task continue, or an act repeat, for ever?\n"
        "  Raise it with Simulator(limits=Limits(events=...)), or lift it with None."
    )
    assert len(sim.execution(task).iterations) == 3
    with pytest.raises(UsageError, match="after LimitReached ended the simulation"):
        sim.run_until_idle()


@pytest.mark.parametrize("is_swallowed", [False, True])
def test_limit_of_checkpoints(world, is_swallowed):
    """The limit of checkpoints in one event names the line, and ends the simulation."""

    def run(controller):
        try:
            while True:
                controller.runtime.is_aborted()
        except TasksimError:
            if not is_swallowed:
                raise
        return controller.response.done()

    sim = world(run, settings={"limits": Limits(checkpoints=20)})
    assert without_line(text_of(LimitReached, lambda: sim.run("reindex"))) == (
        "One event of 'reindex-0001' reached more than 20 checkpoints.\n"
        "  Does it loop without an end? With tick=0 its budget never runs out.\n"
        "  Does it wait for another task? That goes on between events: answer continue_ instead.\n"
        "  Raise it with Simulator(limits=Limits(checkpoints=...)), or lift it with None."
    )
    with pytest.raises(UsageError, match="after LimitReached ended the simulation"):
        sim.run_until_idle()


def test_limit_of_checkpoints_at_a_write(world):
    """A write counts as a checkpoint, too."""
    sim = world(done, settings={"limits": Limits(checkpoints=2)})
    with pytest.raises(LimitReached):
        sim.run("reindex")


def test_lifted_limits(world):
    """None lifts a limit."""
    sim = world(
        lambda controller: controller.response.continue_({}),
        settings={"limits": Limits(events=None, checkpoints=None)},
        max_iterations=3,
    )
    assert sim.run("reindex").status == "failed"


# --- plans


def test_plan_that_never_fired(world):
    """Closing a simulation with a fault that never fired is an error with the nearest checkpoints."""
    sim = world(done, settings={"plan": "crash@state.update_input#2"})
    with pytest.raises(StalePlan) as caught, sim:
        sim.run("reindex")
    text = str(caught.value)
    assert text.startswith(
        "The planned fault 'crash@state.update_input#2' never fired: "
        "'state.update_input#2' was not reached.\n"
    )
    assert text.endswith("\n  Choose a checkpoint that the run reaches; sim.trace.checkpoints() lists them.")
    assert caught.value.fault == "crash@state.update_input#2"
    assert "task.update#2" in caught.value.nearest


def test_plan_that_fired(world):
    """A plan whose faults all fired closes without a word; so does one of a test that fails."""
    with world(done, settings={"plan": "crash@event#1"}) as sim:
        sim.run("reindex")
    sim.close()
    with pytest.raises(LookupError), world(done, settings={"plan": "crash@event#9"}):
        raise LookupError


@pytest.mark.parametrize(
    ("plan", "call", "text"),
    [
        (
            "crash@hook.on_before_trigger#1",
            lambda sim: sim.tasks.trigger("reindex"),
            (
                "A planned fault killed the trigger of 'reindex', which no event made.\n"
                "  Plan crashes and timeouts at checkpoints inside events."
            ),
        ),
        (
            "crash@task.update#1",
            lambda sim: sim.tasks.abort(sim.tasks.trigger("reindex")),
            (
                "A planned fault killed the abort of 'reindex-0001', which is somebody else's act.\n"
                "  Plan crashes and timeouts at checkpoints of the run."
            ),
        ),
    ],
)
def test_fault_that_kills_a_call_from_outside(world, plan, call, text):
    """A crash that strikes a call of the service made from outside is an error of its own."""
    sim = world(done, settings={"plan": plan}, on_before_trigger=lambda: None)
    assert text_of(ServiceCallKilled, lambda: call(sim)) == text


def test_fault_that_kills_a_trigger_inside_a_run(world, define):
    """A crash that strikes a trigger made inside a run kills that run."""

    def run(controller):
        controller.task.trigger("child")

    for plan in ("crash@task.trigger#1", "crash@task.trigger#1+", "crash@child.1:hook.on_before_trigger#1"):
        sim = world(run, define(done, "child", on_before_trigger=lambda: None), settings={"plan": plan})
        sim.tasks.trigger("reindex")
        assert sim.run_next().killed == "crash"


@pytest.mark.parametrize("is_swallowed", [True, False])
def test_fault_that_kills_an_abort_inside_a_run(world, is_swallowed):
    """A crash that strikes an abort which a run made strikes somebody else's act; the run may go on."""

    def run(controller, context):
        try:
            context.tasks.abort(controller.state.get_task())
        except ServiceCallKilled:
            if not is_swallowed:
                raise
        return controller.response.done()

    sim = world(run, settings={"plan": "crash@task.update#2"})
    if is_swallowed:
        assert sim.run("reindex").status == "success"
    else:
        with pytest.raises(ServiceCallKilled):
            sim.run("reindex")


@pytest.mark.parametrize("where", ["run", "hook"])
def test_assertion_in_a_group_comes_out(world, where):
    """An assertion that stands in an exception group comes out of the outer call by itself."""

    class Group(Exception):  # as from Python 3.11 on, where asyncio.TaskGroup raises it
        def __init__(self, *exceptions):
            self.exceptions = exceptions

    def raise_group():
        raise Group(ValueError("x"), Group(AssertionError("in a group")))

    def run(controller):
        if where == "run":
            raise_group()
        return controller.response.done()

    hooks = {"on_done": lambda task: raise_group()} if where == "hook" else {}
    with pytest.raises(AssertionError, match="in a group") as caught:
        world(run, **hooks).run("reindex")
    assert caught.value.__cause__ is None


def test_group_of_other_exceptions_fails_the_task(world):
    """A group without assertions is an exception like any other (E10)."""

    class Group(Exception):
        exceptions = (ValueError("x"),)

    def run():
        raise Group("two failed")

    assert world(run).run("reindex").error["message"] == "two failed"
