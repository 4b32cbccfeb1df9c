"""What hooks raise that is a finding comes out of the client, and lands in no answer."""

import asyncio

import pytest

from tasksim import UsageError, create_task_definition
from tasksim.graphql._callers import FULL_ACCESS, Caller
from tasksim.graphql._contracts import CONTRACTS

PROFILES = ["documented", "webiny-5", "webiny-6"]
TRIGGER = "mutation { backgroundTasks { triggerTask(definition: bad) { data { id } error { message } } } }"
TRIGGER_6 = TRIGGER.replace("bad", '"bad"')
ABORT = 'mutation { backgroundTasks { abortTask(id: "bad-0001") { data { id } error { message } } } }'


class Grouped(Exception):
    """A group of exceptions, as Python has them from 3.11 on."""

    def __init__(self, *exceptions):
        super().__init__("several")
        self.exceptions = exceptions


def outcome():
    """Return what `pytest.fail` raises."""
    return pytest.fail.Exception("enough", pytrace=False)


def world_with(make_world, profile="webiny-5", **hooks):
    """Make a world whose definition `bad` has these hooks."""
    definition = create_task_definition(id="bad", title="Bad", run=lambda response: response.done(), **hooks)
    return make_world(profile, [definition])


def raising(error):
    """Make a hook that raises."""

    def hook():
        raise error

    return hook


def send(world, document, how):
    """Send a document, inside a running loop or not."""
    if how == "async":
        return asyncio.run(world.client.execute_async(document))
    return world.client.execute(document)


@pytest.mark.parametrize("how", ["sync", "async"])
@pytest.mark.parametrize("hook", ["on_before_trigger", "on_abort"])
@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("make", [AssertionError, UsageError, outcome], ids=["assertion", "usage", "outcome"])
def test_finding_of_a_hook_comes_out(make_world, make, profile, hook, how):
    """What is no answer of an engine comes out of the call as it was raised, from each hook and profile."""
    error = make() if make is outcome else make("1 == 2")
    world = world_with(make_world, profile, **{hook: raising(error)})
    if hook == "on_abort":
        world.sim.tasks.trigger("bad")
    trigger = TRIGGER_6 if profile == "webiny-6" else TRIGGER
    with pytest.raises(type(error)) as caught:
        send(world, trigger if hook == "on_before_trigger" else ABORT, how)
    assert caught.value is error
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert caught.traceback[-1].name == "hook"


@pytest.mark.parametrize("make", [KeyboardInterrupt, SystemExit])
def test_interrupts_come_out(make_world, make):
    """An interrupt passes through."""
    world = world_with(make_world, on_before_trigger=raising(make()))
    with pytest.raises(make):
        world.client.execute(TRIGGER)


def test_cause_of_a_finding_stays(make_world):
    """A finding keeps its cause and its context."""

    def hook():
        try:
            {}["inner"]
        except KeyError as error:
            raise AssertionError("outer") from error

    with pytest.raises(AssertionError, match="outer") as caught:
        world_with(make_world, on_before_trigger=hook).client.execute(TRIGGER)
    assert isinstance(caught.value.__cause__, KeyError)
    assert caught.value.__suppress_context__


def test_finding_in_a_group_comes_out(make_world):
    """An assertion in a group of exceptions comes out of it."""
    error = AssertionError("1 == 2")
    world = world_with(make_world, on_before_trigger=raising(Grouped(ValueError("no"), error)))
    with pytest.raises(AssertionError) as caught:
        world.client.execute(TRIGGER)
    assert caught.value is error


def test_finding_of_an_async_hook_comes_out(make_world):
    """A hook may be async."""

    async def before():
        await asyncio.sleep(1)
        raise AssertionError("late")

    world = world_with(make_world, on_before_trigger=before)
    for how in ("sync", "async"):
        with pytest.raises(AssertionError, match="late"):
            send(world, TRIGGER, how)


def test_misuse_in_a_hook_comes_out(make_world):
    """A hook that misuses the simulation is told so, whatever it asks for."""
    world = None

    def move_time():
        world.sim.advance(1)

    def ask_wrongly(context):
        context.tasks.list_tasks({"nope": 1})

    def trigger_wrongly(context):
        context.tasks.trigger("bad", input={"a": {1, 2}})

    for hook, sentence in (
        (move_time, "advance"),
        (ask_wrongly, "where"),
        (trigger_wrongly, "input"),
    ):
        world = world_with(make_world, on_before_trigger=hook)
        with pytest.raises(UsageError, match=sentence):
            world.client.execute(TRIGGER)


def test_nothing_after_a_finding_is_executed(make_world):
    """A finding ends the document: no later mutation of it is made, and the client can be used on."""
    world = world_with(make_world, on_abort=raising(AssertionError("no")))
    world.sim.tasks.trigger("bad")
    first, second = (
        'abortTask(id: "bad-0001") { data { id } }',
        "triggerTask(definition: bad) { data { id } }",
    )
    with pytest.raises(AssertionError):
        world.execute(f"mutation {{ backgroundTasks {{ {first} {second} }} }}")
    assert world.ask("listTasks { data { id taskStatus } }") == {
        "data": [{"id": "bad-0001", "taskStatus": "aborted"}]
    }


def test_caller_may_want_findings_as_answers(make_world):
    """A caller that does not ask for findings gets them as errors: what a server sends."""
    world = world_with(make_world, on_before_trigger=raising(AssertionError("1 == 2")))
    contract = CONTRACTS["webiny-5"]
    world.client._caller = Caller(world.sim, contract, FULL_ACCESS, None, debug=False)
    found = world.change("triggerTask(definition: bad) { data { id } error { message code data } }")
    assert found == {"data": None, "error": {"message": "1 == 2", "code": "", "data": None}}
    misuse = UsageError("It got 5.", way_out="Pass 6.")
    world = world_with(make_world, on_before_trigger=raising(misuse))
    world.client._caller = Caller(world.sim, contract, FULL_ACCESS, None, debug=False)
    found = world.change("triggerTask(definition: bad) { error { message } }")
    assert found == {"error": {"message": "It got 5."}}


def test_own_wrong_arguments_are_answers(make_world):
    """What the caller sent, and the service cannot take, is an answer, whatever hooks there are."""
    world = make_world()
    field = "triggerTask(definition: guarded, input: $input) { data { id } error { message code data } }"
    sent = {"a": [float("nan")]}
    answer = world.execute(f"mutation($input: JSON) {{ backgroundTasks {{ {field} }} }}", input=sent)
    assert answer["data"]["backgroundTasks"]["triggerTask"] == {
        "data": None,
        "error": {"message": "input.a[0] is the float nan, which is not JSON.", "code": "", "data": None},
    }
