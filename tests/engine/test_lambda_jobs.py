"""`resumable.from_lambda`: AWS Lambda handlers as jobs."""

import re

import pytest

from tasksim import DefinitionError, Simulator, UsageError, resumable
from tasksim.errors import NotJson

PAGES = 4


def simulator(job, **settings):
    """Return a world with one job, in its own profile."""
    return Simulator([job], **{"profile": "generic", "freeze": False, **settings})


@pytest.fixture
def done():
    """The pages that were synced."""
    return []


@pytest.fixture
def handler(done):
    """A handler that keeps 10 s back."""

    def sync_orders(event, context):
        page = event.get("page", 0)
        while page < PAGES and context.get_remaining_time_in_millis() >= 10_000:
            done.append(page)
            page += 1
        return {"page": page}

    return sync_orders


def resume(event, result):
    """Go on where the handler stopped, with the rest of the event as it was."""
    return {**event, **result} if result["page"] < PAGES else None


# --- going on


def test_runs_to_its_end(handler, done):
    """A handler that nothing cuts is done in one event; its result is the output."""
    job = resumable.from_lambda(handler, resume=resume)
    execution = simulator(job).run("syncOrders", input={"shop": "a"})
    assert (job.id, job.title, done) == ("syncOrders", "Sync orders", [0, 1, 2, 3])
    assert (execution.status, execution.output, len(execution.iterations)) == ("success", {"page": 4}, 1)


@pytest.mark.parametrize("close_limit", [None, "10s", 10])
def test_goes_on_with_the_next_event(handler, done, close_limit):
    """Told to stop, a handler goes on with the event that `resume` makes of the last and its result."""
    job = resumable.from_lambda(handler, resume=resume, close_limit=close_limit)
    with simulator(job) as sim:
        sim.interrupt_every(2)
        execution = sim.run("syncOrders", input={"shop": "a"})
    assert (execution.status, done) == ("success", [0, 1, 2, 3])
    stored = [iteration.input.get("next_event") for iteration in execution.iterations]
    assert stored == [None, {"shop": "a", "page": 2}]


def test_async_handler(handler, done):
    """A handler may be async, though Lambda's own are not."""

    async def sync_orders(event, context):
        return handler(event, context)

    with simulator(resumable.from_lambda(sync_orders, resume=resume)) as sim:
        sim.interrupt_every(1)
        assert sim.run("syncOrders").output == {"page": 4}
    assert done == [0, 1, 2, 3]


def test_decorator():
    """It decorates; the job can be called as the handler it was."""

    @resumable.from_lambda(resume=lambda event, result: None, id="sync", max_iterations=3)
    def handler(event, context):
        return [event, context]

    assert (handler.id, handler.max_iterations, handler({"a": 1}, None)) == ("sync", 3, [{"a": 1}, None])


def test_events_and_results_are_copies():
    """What a handler does to its event, or `resume` to either, reaches nobody else."""
    seen = []

    def sync(event, context):
        seen.append(event["at"])
        event["at"] = 99
        return {"ids": [1]}

    def following(event, result):
        result["ids"].append(2)
        event["at"] += 1
        return event if event["at"] < 3 else None

    execution = simulator(resumable.from_lambda(sync, resume=following)).run("sync", input={"at": 0})
    assert (seen, execution.output) == ([0, 1, 2], {"ids": [1]})


def test_event_of_any_kind():
    """The next event may be any JSON value but None, an empty one too."""
    seen = []

    def sync(event, context):
        seen.append(event)

    following = iter([[], 0, {}, None])
    job = resumable.from_lambda(sync, resume=lambda event, result: next(following))
    assert simulator(job).run("sync").status == "success"
    assert seen == [{}, [], 0, {}]


@pytest.mark.parametrize(("result", "output"), [(None, None), ({"n": 1}, {"n": 1}), ("ok", {"result": "ok"})])
def test_output(result, output):
    """The last result is the output: an object as it is, other values under `result`."""
    job = resumable.from_lambda(lambda event, context: result, resume=lambda event, result: None, id="sync")
    assert simulator(job).run("sync").output == output


# --- time


def told(limit=None, **settings):
    """Return what a handler is told that asks the time thrice."""
    times = []

    def sync(event, context):
        times.extend(context.get_remaining_time_in_millis() for _ in range(3))

    job = resumable.from_lambda(sync, resume=lambda event, result: None, close_limit=limit)
    assert simulator(job, **settings).run("sync").status == "success"
    return times


def test_time_is_the_budget():
    """The time left is the budget's, less what the touches took; each question takes its tick."""
    assert told() == [900_000] * 3
    assert told(budget="1m", tick="1s") == [57_000, 56_000, 55_000]


@pytest.mark.parametrize(("limit", "left"), [(None, 0), ("10s", 9_999), (0.001, 0), ("1h", 900_000)])
def test_time_under_a_planned_fault(limit, left):
    """From a planned close_to_timeout on, just under the limit is left, or nothing where there is none."""
    plan = "close_to_timeout@runtime.is_close_to_timeout#2"
    assert told(limit, plan=plan) == [900_000, left, left]


def test_time_never_runs_below_zero():
    """Where no time is left, 0 is told, not less."""
    plan = "close_to_timeout@runtime.is_close_to_timeout#1"
    assert told(plan=plan, tick="1s") == [0, 0, 0]


@pytest.mark.parametrize(("limit", "answers"), [(None, [False, False]), ("10s", [False, True])])
def test_question_is_traced(limit, answers):
    """Asking the time is the question, whose answer says whether less than the limit is left."""

    def sync(event, context):
        context.get_remaining_time_in_millis()
        sim.spend(895)
        context.get_remaining_time_in_millis()

    job = resumable.from_lambda(sync, resume=lambda event, result: None, close_limit=limit)
    sim = simulator(job)
    execution = sim.run("sync")
    asked = [e.data for e in execution.trace if getattr(e, "what", "") == "runtime.is_close_to_timeout"]
    assert asked == answers


# --- the context


def contexts(**settings):
    """Return what the contexts of three events say."""
    said = []

    def sync(event, context):
        said.append(context)
        return len(said)

    job = resumable.from_lambda(sync, resume=lambda event, result: result if result < 3 else None)
    sim = simulator(job, **settings)
    assert sim.run("sync").status == "success"
    return said


def test_context():
    """The context has what Lambda's Python runtime gives."""
    context = contexts(start="2024-03-01T00:00:00Z")[0]
    assert (context.function_name, context.function_version) == ("sync", "$LATEST")
    assert context.invoked_function_arn == "arn:aws:lambda:us-east-1:123456789012:function:sync"
    assert (context.memory_limit_in_mb, context.log_group_name) == ("128", "/aws/lambda/sync")
    assert re.fullmatch(r"2024/03/01/\[\$LATEST\][0-9a-f]{32}", context.log_stream_name)
    assert (context.client_context, context.tenant_id) == (None, None)
    identity = context.identity
    assert (identity.cognito_identity_id, identity.cognito_identity_pool_id) == (None, None)
    assert repr(context) == f"LambdaContext([aws_request_id={context.aws_request_id}, function_name=sync])"


def test_context_prints(capsys):
    """What is logged by the context is printed as it is."""
    contexts()[0].log("Hello.")
    assert capsys.readouterr().out == "Hello."


def requests(**settings):
    """Return the request ids of all handlings."""
    return [context.aws_request_id for context in contexts(**settings)]


def test_request_ids():
    """Each event has a request id of its own, the same in every process, another for another seed."""
    ids = requests()
    assert ids[0] == "a53f42d9-685b-4c4d-a76e-981e9fbcda9f"
    assert len(set(ids)) == 3
    assert all(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", id) for id in ids)
    assert (requests(), set(requests(seed=1)) & set(ids)) == (ids, set())


@pytest.mark.parametrize(
    ("settings", "same"),
    [
        ({"plan": "crash@response.continue#2"}, True),
        ({"plan": "crash@response.continue#2", "on_crash": "redeliver(15m)"}, False),
    ],
)
def test_request_id_of_a_second_handling(settings, same):
    """A retry has the request id of the first; a redelivery is a new request."""
    seen = []

    def sync(event, context):
        seen.append((event.get("at", 0), context.aws_request_id))
        return event.get("at", 0) + 1

    job = resumable.from_lambda(sync, resume=lambda event, at: {"at": at} if at < 3 else None)
    assert simulator(job, **settings).run("sync").status == "success"
    second = [id for at, id in seen if at == 1]
    assert (len(second), len(set(second))) == (2, 1 if same else 2)


def test_request_id_of_a_duplicate():
    """A duplicate, which finds the stored input as it is by then, has no other event's request id."""
    seen = []

    def sync(event, context):
        seen.append((event.get("at", 0), context.aws_request_id))
        return event.get("at", 0) + 1

    job = resumable.from_lambda(sync, resume=lambda event, at: {"at": at} if at < 4 else None)
    assert simulator(job, plan="redeliver@2").run("sync").status == "success"
    assert [at for at, _ in seen] == [0, 1, 2, 3]
    assert len({id for _, id in seen}) == 4


# --- what is refused


def one(event):
    """Take one argument."""


def fitting(event, context):
    """Take both."""


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: resumable.from_lambda(fitting), "got resume=None, so nothing says how to go on."),
        (lambda: resumable.from_lambda(fitting, resume="next"), "got resume='next', so nothing says how"),
        (
            lambda: resumable.from_lambda(fitting, resume=one),
            (
                "resume cannot be called with event and result: too many positional arguments.\n"
                "  Give it these two parameters: (event, result)."
            ),
        ),
        (
            lambda: resumable.from_lambda(one, resume=resume),
            (
                "one() of 'one' cannot be called with event and context: too many positional arguments.\n"
                "  Give it these two parameters: (event, context)."
            ),
        ),
        (lambda: resumable.from_lambda("fitting", resume=resume), "got 'fitting', which cannot be called."),
        (
            lambda: resumable.from_lambda(fitting, resume=resume, profile="generic"),
            "belongs to the simulator",
        ),
    ],
)
def test_refused(make, said):
    """What cannot be a job is refused when it is made, with the way out."""
    with pytest.raises(DefinitionError) as caught:
        make()
    assert said in str(caught.value)


def test_close_limit_must_be_a_duration():
    """A close limit is a duration, not 0."""
    with pytest.raises(UsageError, match="close_limit"):
        resumable.from_lambda(fitting, resume=resume, close_limit=0)


@pytest.mark.parametrize(
    ("result", "following", "said"),
    [
        ({1}, None, "the result is a set ({1}), which is not JSON.\n  given by sync()\n"),
        (1, {"at": (1,)}, "the next event.at is a tuple ((1,)), which is not JSON.\n  given by resume()\n"),
    ],
)
def test_what_is_no_json(result, following, said):
    """A result or event that is no JSON ends the simulation, with the place and the function."""

    def sync(event, context):
        return result

    def resume(event, result):
        return following

    with pytest.raises(NotJson) as caught:
        simulator(resumable.from_lambda(sync, resume=resume)).run("sync")
    assert said in str(caught.value)


def test_exception_fails_the_task():
    """What a handler raises fails the task."""

    def sync(event, context):
        raise LookupError("No such order.")

    assert simulator(resumable.from_lambda(sync, resume=resume)).run("sync").status == "failed"
