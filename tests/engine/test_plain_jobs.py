"""`resumable`: plain functions and generators as jobs."""

import asyncio
import functools

import pytest

import tasksim
from tasksim import DefinitionError, Simulator, UsageError, create_task_definition, resumable
from tasksim._engine.jobs import PlainJob
from tasksim._simulator.ambient import Ambient, use
from tasksim.errors import NotJson

PAGES = 4


class Shop:
    """Pages to sync, in each way that a job can be written; `done` holds those that were."""

    def __init__(self):
        self.done = []
        self.cursors = []

    def function(self, cursor, should_stop):
        """Return the next cursor."""
        self.cursors.append(cursor)
        page = cursor or 0
        while page < PAGES:
            if should_stop():
                return page
            self.done.append(page)
            page += 1
        return None

    async def coroutine(self, cursor, should_stop):
        """Return the next cursor, later."""
        await asyncio.sleep(1)
        return self.function(cursor, should_stop)

    def generator(self, cursor):
        """Yield the cursor after each page."""
        self.cursors.append(cursor)
        for page in range(cursor or 0, PAGES):
            self.done.append(page)
            yield page + 1

    async def async_generator(self, cursor):
        """Yield the cursor after each page, later."""
        for step in self.generator(cursor):
            await asyncio.sleep(1)
            yield step


FORMS = ["function", "coroutine", "generator", "async_generator"]
GENERATORS = ["generator", "async_generator"]


@pytest.fixture
def shop():
    """A shop of its own."""
    return Shop()


def simulator(job, **settings):
    """Return a world with one job, in its own profile."""
    return Simulator([job], **{"profile": "generic", "freeze": False, **settings})


def touches(execution):
    """Return what a task touched, in order, without the engine's own touches."""
    names = [name for iteration in execution.iterations for name in iteration.checkpoints]
    own = ("event", "log", "task.update", "sleep")
    return [name for name in names if not name.startswith(own)]


# --- what is made


@pytest.mark.parametrize("form", FORMS)
def test_id_and_title(shop, form):
    """The id is the function's name in camelCase, the title is the id in words."""
    job = resumable(getattr(shop, form))
    expected = {"async_generator": ("asyncGenerator", "Async generator")}
    assert (job.id, job.title) == expected.get(form, (form, form.capitalize()))
    assert (resumable(shop.function, title="Sync").title, repr(job)) == ("Sync", f"<plain job {job.id!r}>")


def test_decorator():
    """It decorates, with arguments and without; the job can be called as the function it was."""

    @resumable
    def sync_orders(cursor):
        return cursor + 1

    @resumable(id="syncAll", max_iterations=7)
    def sync_customers(cursor):
        return cursor + 2

    assert (sync_orders.id, sync_customers.id) == ("syncOrders", "syncAll")
    assert (sync_orders(1), sync_customers(cursor=1)) == (2, 3)
    assert sync_orders.function(2) == 3
    assert (sync_customers.title, sync_customers.max_iterations) == ("Sync all", 7)
    assert repr(resumable) == "tasksim.resumable"


def test_callables_of_all_kinds(shop):
    """Methods, partials and objects with __call__ are jobs, if they have a name or an id."""

    class Sync:
        def __call__(self, cursor):
            return None

    def sync(shop, cursor, should_stop):
        return shop.function(cursor, should_stop)

    jobs = [
        resumable(shop.function),
        resumable(functools.partial(sync, shop), id="partial"),
        resumable(Sync(), id="called"),
        resumable(lambda cursor: None, id="short"),
    ]
    sim = Simulator(jobs, freeze=False)
    assert {sim.run(job.id).status for job in jobs} == {"success"}
    assert shop.done == [0, 1, 2, 3] * 2


def test_hooks_and_attributes():
    """The other attributes of a definition are the job's too."""
    seen = []
    job = resumable(lambda cursor: None, id="sync", on_done=lambda task: seen.append(task.status))
    assert (simulator(job).run("sync").status, seen) == ("success", ["success"])


def takes_nothing():
    """Take nothing."""


def takes_more(cursor, page):
    """Take more than there is."""


def takes_cursors(cursors, should_stop=None):
    """Take what is nearly there."""


class Bound:
    """An object whose method is taken from its class."""

    def sync(self, cursor):
        """Take self."""


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (
            lambda: resumable(takes_nothing),
            (
                "takes_nothing() of 'takesNothing' takes neither 'cursor' nor 'should_stop', so it cannot "
                "go on where it stopped.\n  Give it the parameter cursor, which is None at first, then "
                "what it returned or yielded last."
            ),
        ),
        (
            lambda: resumable(takes_more),
            (
                "takes_more() of 'takesMore' names an argument 'page' that does not exist.\n"
                "  it may name: cursor, should_stop, input\n"
                "  Rename it, give it a default, or bind it with functools.partial."
            ),
        ),
        (
            lambda: resumable(takes_cursors),
            (
                "takes_cursors() of 'takesCursors' names an argument 'cursors' that does not exist. Did "
                "you mean 'cursor'?\n"
            ),
        ),
        (
            lambda: resumable(Bound.sync),
            (
                "sync() is a method, and its object is not known yet.\n"
                "  Pass the method of an object: resumable(shop.sync)."
            ),
        ),
        (
            lambda: resumable("sync_orders"),
            (
                "resumable() got 'sync_orders', which cannot be called.\n"
                "  Pass a function: def sync_orders(cursor, should_stop)."
            ),
        ),
        (
            lambda: resumable(lambda cursor: None),
            "<lambda>> has no name that makes an id.\n  Pass one: id='syncOrders'.",
        ),
        (
            lambda: resumable(functools.partial(takes_more, page=1)),
            "has no name that makes an id.\n  Pass one: id='syncOrders'.",
        ),
        (
            lambda: resumable(Shop.__init__, id="x", profile="generic"),
            (
                "__init__() is a method, and its object is not known yet.\n"
                "  Pass the method of an object: resumable(shop.__init__)."
            ),
        ),
        (
            lambda: resumable(lambda cursor: None, id="sync", profile="webiny-5"),
            (
                "The job 'sync' was given a profile, which belongs to the simulator.\n"
                "  Give it to tasksim.run(..., profile=...) or Simulator(profile=...)."
            ),
        ),
        (lambda: resumable(max, id="most"), "max() of 'most' has no signature that can be read."),
        (lambda: resumable(lambda cursor: None, id="sync", titel="Sync"), "was given 'titel'"),
    ],
)
def test_refused(make, said):
    """What cannot be a job is refused when it is made, with the way out."""
    with pytest.raises(DefinitionError) as caught:
        make()
    assert said in str(caught.value)


def test_id_must_be_camel_case():
    """A given id is held to the rule of all ids, at registration."""
    with pytest.raises(DefinitionError, match="camelCase"):
        Simulator([resumable(lambda cursor: None, id="sync_orders")])


# --- how it runs


@pytest.mark.parametrize("form", FORMS)
def test_runs_to_its_end(shop, form):
    """A job that nothing cuts does its work in one iteration; its first cursor is None."""
    execution = simulator(resumable(getattr(shop, form), id="sync")).run("sync")
    assert (execution.status, len(execution.iterations)) == ("success", 1)
    assert (shop.done, shop.cursors) == ([0, 1, 2, 3], [None])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("profile", ["documented", "generic", "webiny-5", "webiny-6"])
def test_goes_on_from_its_cursor(shop, form, profile):
    """Told to stop after each unit, a job goes on from its last cursor, and does no unit twice."""
    job = resumable(getattr(shop, form), id="sync")
    with Simulator([job], profile=profile) as sim:
        sim.interrupt_every(1)
        execution = sim.run("sync")
    assert (execution.status, shop.done) == ("success", [0, 1, 2, 3])
    assert shop.cursors == sorted({None, *shop.cursors}, key=lambda cursor: cursor or 0)
    assert len(execution.iterations) > 2


def test_touches_of_a_function(shop):
    """A function asks two questions each time, is_aborted first; its cursor is stored by its answer."""
    sim = simulator(
        resumable(shop.function, id="sync"), plan="close_to_timeout@runtime.is_close_to_timeout#2"
    )
    execution = sim.run("sync")
    asked = ["runtime.is_aborted", "runtime.is_close_to_timeout"]
    plain = [name.partition("#")[0] for name in touches(execution)]
    assert plain == [*asked * 2, "response.continue", *asked * 3, "response.done"]
    assert [iteration.input for iteration in execution.iterations] == [{}, {"cursor": 1}]


def test_touches_of_a_generator(shop):
    """A generator's cursor is stored at once, then the two questions are asked for it."""
    sim = simulator(
        resumable(shop.generator, id="sync"), plan="close_to_timeout@runtime.is_close_to_timeout#2"
    )
    execution = sim.run("sync")
    each = ["state.update_input", "runtime.is_aborted", "runtime.is_close_to_timeout"]
    plain = [name.partition("#")[0] for name in touches(execution)]
    assert plain == [*each * 2, "response.continue", *each * 2, "response.done"]
    assert shop.cursors == [None, 2]


@pytest.mark.parametrize("form", FORMS)
def test_crash(shop, form):
    """A crash repeats the slice of a function, and one unit of a generator at most."""
    plan = {
        "function": "crash@runtime.is_aborted#4",
        "coroutine": "crash@runtime.is_aborted#4",
        "generator": "crash@state.update_input#3",
        "async_generator": "crash@state.update_input#3",
    }
    execution = simulator(resumable(getattr(shop, form), id="sync"), plan=plan[form]).run("sync")
    assert execution.status == "success"
    assert shop.done == ([0, 1, 2, 2, 3] if form in GENERATORS else [0, 1, 2, 0, 1, 2, 3])
    assert [iteration.delivery for iteration in execution.iterations] == ["first", "retry"]


@pytest.mark.parametrize("profile", ["documented", "generic", "webiny-5", "webiny-6"])
@pytest.mark.parametrize(("form", "left"), [("generator", [0]), ("async_generator", [0])])
def test_abort_stops_a_generator(shop, form, profile, left):
    """An abort in the middle of a unit is seen after it, in each profile: the cursor is written first."""
    job = resumable(getattr(shop, form), id="sync")
    execution = simulator(job, profile=profile, plan="abort@state.update_input#1").run("sync")
    assert (shop.done, execution.iterations[0].answer["status"]) == (left, "aborted")


@pytest.mark.parametrize("returns", [None, 3])
def test_abort_stops_a_function(returns):
    """A function that saw an abort is aborted, whatever it returns."""
    answers = []

    def sync(should_stop):
        answers.append([should_stop(), should_stop()])
        return returns

    execution = simulator(resumable(sync), plan="abort@runtime.is_aborted#2").run("sync")
    assert (answers, execution.status) == ([[False, True]], "aborted")
    assert touches(execution)[-1] == "response.aborted#1"


def test_function_that_never_asks():
    """A function may do one unit a call and never ask; an abort comes between two calls."""
    seen = []

    def sync(cursor):
        seen.append(cursor)
        return len(seen) if len(seen) < 4 else None

    assert simulator(resumable(sync)).run("sync").status == "success"
    assert seen == [None, 1, 2, 3]
    seen.clear()
    execution = simulator(resumable(sync), plan="abort@event#3").run("sync")
    assert (execution.status, seen) == ("aborted", [None, 1])


def test_input_without_the_cursor():
    """`input` is what the job was triggered with; a cursor in it is where the job starts."""
    seen = []

    def sync(input, cursor):
        seen.append((input, cursor))
        return {"page": 1} if len(seen) == 1 else None

    sim = simulator(resumable(sync))
    assert sim.run("sync", input={"shop": "a", "cursor": [7]}).status == "success"
    assert seen == [({"shop": "a"}, [7]), ({"shop": "a"}, {"page": 1})]
    assert sim.run("sync", input={"shop": "b"}).task.input == {"shop": "b"}


def test_cursor_is_a_copy():
    """A job may change the cursor that it gets: what is stored is what it gives."""
    seen = []

    def sync(cursor, should_stop):
        seen.append(list(cursor))
        cursor.append("changed")
        if should_stop():
            return
        yield [2]

    plan = "close_to_timeout@runtime.is_close_to_timeout#1"
    execution = simulator(resumable(sync), plan=plan).run("sync", input={"cursor": [1]})
    assert (seen, execution.task.input) == ([[1], [1]], {"cursor": [2]})


@pytest.mark.parametrize(
    ("returned", "output"), [(None, None), ({"n": 4}, {"n": 4}), (4, {"result": 4}), ([1], {"result": [1]})]
)
def test_output_of_a_generator(returned, output):
    """What a generator returns is the output: an object as it is, other values under `result`."""

    def sync(cursor):
        yield 1
        return returned

    assert simulator(resumable(sync)).run("sync").output == output


@pytest.mark.parametrize(("yields_first", "cursors"), [(False, [None, None]), (True, [None, 1])])
def test_return_after_being_told_to_stop(yields_first, cursors):
    """A generator that returns because it should stop is not done: it goes on from its last cursor."""
    seen = []

    def sync(cursor, should_stop):
        seen.append(cursor)
        if cursor is None and yields_first:
            yield 1
        if should_stop():
            return
        yield 2

    plan = f"close_to_timeout@runtime.is_close_to_timeout#{1 + yields_first}"
    execution = simulator(resumable(sync), plan=plan).run("sync")
    assert (execution.status, seen) == ("success", cursors)


def test_yield_after_being_told_to_stop():
    """A generator that yields once more after it was told to stop is stopped there, its cursor kept."""
    seen = []

    def sync(cursor, should_stop):
        seen.append(cursor)
        for page in range(cursor or 0, 3):
            should_stop()
            yield page + 1

    plan = "close_to_timeout@runtime.is_close_to_timeout#1"
    assert simulator(resumable(sync), plan=plan).run("sync").status == "success"
    assert seen == [None, 1]


def test_abort_seen_by_a_generator():
    """A generator that saw an abort and returns is aborted."""

    def sync(cursor, should_stop):
        yield 1
        if should_stop():
            return
        yield 2

    assert simulator(resumable(sync), plan="abort@runtime.is_aborted#2").run("sync").status == "aborted"


# --- how it ends


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (None, ["begin", "work", "work", "end"]),
        ("close_to_timeout@runtime.is_close_to_timeout#1", ["begin", "work", "end", "begin", "work", "end"]),
        ("crash@state.update_input#1", ["begin", "work", "end", "begin", "work", "work", "end"]),
        ("crash@runtime.is_aborted#1+", ["begin", "work", "end", "begin", "work", "end"]),
        ("timeout@response.done#1", ["begin", "work", "work", "end", "begin", "end"]),
    ],
)
def test_generator_is_closed_in_its_own_event(kind, plan, expected):
    """However a slice ends, its generator is closed before the next one begins."""
    said = []

    def sync_sync(cursor):
        said.append("begin")
        try:
            for page in range(cursor or 0, 2):
                said.append("work")
                yield page + 1
        finally:
            said.append("end")

    async def sync_async(cursor):
        said.append("begin")
        try:
            for page in range(cursor or 0, 2):
                said.append("work")
                yield page + 1
        finally:
            said.append("end")

    job = resumable({"sync": sync_sync, "async": sync_async}[kind], id="sync")
    assert simulator(job, plan=plan).run("sync").status == "success"
    assert said == expected


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_closing_comes_before_the_answer(kind):
    """What a generator does when it is closed belongs to its slice, and a dead run does nothing more."""

    def sync_sync(cursor):
        try:
            yield 1
        finally:
            sim.checkpoint("closed")

    async def sync_async(cursor):
        try:
            yield 1
        finally:
            sim.checkpoint("closed")

    job = resumable({"sync": sync_sync, "async": sync_async}[kind], id="sync")
    sim = simulator(job, plan="close_to_timeout@runtime.is_close_to_timeout#1 crash@response.continue#1+")
    task = sim.tasks.trigger("sync")
    sim.run_next()
    names = touches(sim.execution(task))
    assert names[-2:] == ["user.closed#1", "response.continue#1"]
    sim = simulator(job, plan="crash@state.update_input#1", on_crash="strand")
    assert [name for name in touches(sim.run("sync")) if name.startswith("user")] == []


def test_exception_fails_the_task():
    """What a job raises fails the task, as with any other."""

    def sync(cursor):
        yield 1
        raise LookupError("No such order.")

    execution = simulator(resumable(sync)).run("sync")
    assert (execution.status, execution.error["message"]) == ("failed", "No such order.")
    assert execution.task.input == {"cursor": 1}


def test_failing_store_fails_the_task(shop):
    """A cursor that cannot be stored fails the task, whose generator is closed."""
    execution = simulator(resumable(shop.generator, id="sync"), plan="fail@write#3").run("sync")
    assert (execution.status, shop.done) == ("failed", [0, 1])


def gives_tuple(cursor):
    """Return what is no JSON."""
    return {"at": (1, 2)}


def yields_set(cursor):
    """Yield what is no JSON."""
    yield {1}


async def yields_bytes(cursor):
    """Yield what is no JSON, later."""
    yield b"1"


def ends_with_set(cursor):
    """Return an output that is no JSON."""
    yield 1
    return {1}


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (gives_tuple, "cursor.at is a tuple ((1, 2)), which is not JSON.\n  given by gives_tuple()\n"),
        (yields_set, "cursor is a set ({1}), which is not JSON.\n  given by yields_set()\n"),
        (yields_bytes, "which is not JSON.\n  given by yields_bytes()\n"),
        (ends_with_set, "the output is a set ({1}), which is not JSON.\n  given by ends_with_set()\n"),
    ],
)
def test_what_is_no_json(function, said):
    """A cursor or output that is no JSON ends the simulation, with the place and the function."""
    with pytest.raises(NotJson) as caught:
        simulator(resumable(function, id="sync")).run("sync")
    assert said in str(caught.value)


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_yielding_none(kind):
    """A generator that yields None would begin anew: that is an error."""

    def plain(cursor):
        yield

    async def later(cursor):
        yield

    job = resumable({"sync": plain, "async": later}[kind], id="sync")
    with pytest.raises(UsageError) as caught:
        simulator(job).run("sync")
    assert str(caught.value) == (
        f"{job.function.__name__}() yielded None, and a cursor of None means the beginning.\n"
        "  Yield where to go on, as in `yield page + 1`."
    )


def test_asking_after_the_run():
    """should_stop() belongs to its slice."""
    kept = []
    sim = simulator(resumable(lambda cursor, should_stop: kept.append(should_stop), id="sync"))
    sim.run("sync")
    with pytest.raises(UsageError, match="used after its run ended"):
        kept[0]()


# --- the profile


@pytest.fixture
def ambient():
    """Put the ambient settings back."""
    before = use(Ambient())
    yield
    use(before)


@pytest.mark.usefixtures("ambient")
def test_run_prefers_the_profile_of_a_job():
    """tasksim.run runs a job in `generic`, unless a profile is given or ambient; others as ever."""
    plan = "crash@response.done#1"

    def retries(job, **settings):
        return len(tasksim.run(job, plan=plan, freeze=False, **settings).iterations) == 2

    job = resumable(lambda cursor: None, id="sync")
    plain = create_task_definition(id="sync", title="Sync", run=lambda controller: controller.response.done())
    assert job.preferred_profile == PlainJob.preferred_profile == "generic"
    assert retries(job)
    assert retries(job, profile=None)
    assert not retries(job, profile="documented")
    assert not retries(plain)
    use(Ambient(profile="documented"))
    assert not retries(job)


@pytest.mark.usefixtures("ambient")
def test_simulator_does_not_prefer():
    """A Simulator, which may hold several definitions, takes the profile it is given."""
    assert Simulator([resumable(lambda cursor: None, id="sync")]).profile == "documented"
