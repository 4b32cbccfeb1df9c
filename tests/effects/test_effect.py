"""`@effect`: methods and functions that are effects while a task calls them, and nothing more otherwise."""

import asyncio
import functools
import inspect
import threading

import pytest

import tasksim
from tasksim import EffectFailed, Simulator, UsageError, create_task_definition, effect


class Mailer:
    """A fake whose methods are effects, in all forms."""

    def __init__(self):
        self.sent = []

    @effect("send", key="to")
    def send(self, to, text="", *more, urgent=False):
        """Send a letter."""
        self.sent.append(to)
        return f"sent to {to}"

    @effect("send_later", key=lambda to, hours: f"{to}/{hours}")
    async def send_later(self, to, hours):
        await asyncio.sleep(hours * 60)
        self.sent.append(to)
        return "later"

    @effect("ping")
    def ping(self):
        self.sent.append("ping")

    @staticmethod
    @effect("static_inner", key="to")
    def static_inner(to):
        return f"static {to}"

    @effect("static_outer", key=lambda to: to)
    @staticmethod
    def static_outer(to):
        return f"static {to}"

    @classmethod
    @effect("class_inner", key=lambda to: to)
    def class_inner(cls, to):
        return f"{cls.__name__} {to}"

    @effect("class_outer", key=lambda to: to)
    @classmethod
    def class_outer(cls, to):
        return f"{cls.__name__} {to}"


@effect("deploy", key="stage", contract="at_most_once", raises=[TimeoutError, OSError])
def deploy(version, /, *, stage="test"):
    """Deploy a version."""
    return version


def test_outside_of_a_task_it_is_only_called():
    """In the test itself a declared method does what it always did."""
    mailer = Mailer()
    assert mailer.send("ann") == "sent to ann"
    assert asyncio.run(Mailer().send_later("ann", 0)) == "later"
    assert (Mailer.static_inner("x"), Mailer().static_outer("x")) == ("static x", "static x")
    assert (Mailer.class_inner("x"), Mailer().class_outer("x")) == ("Mailer x", "Mailer x")
    assert deploy("1.0") == "1.0"
    assert mailer.sent == ["ann"]


def test_it_looks_as_before():
    """Name, docstring, arguments and kind of a declared function are those of the plain one."""
    assert (deploy.__name__, deploy.__doc__) == ("deploy", "Deploy a version.")
    assert list(inspect.signature(Mailer.send).parameters) == ["self", "to", "text", "more", "urgent"]
    assert inspect.iscoroutinefunction(Mailer.send_later)
    assert isinstance(inspect.getattr_static(Mailer, "static_outer"), staticmethod)
    assert isinstance(inspect.getattr_static(Mailer, "class_outer"), classmethod)


def test_calls_of_a_task_are_effects(run, entries):
    """Methods, static and class methods in either order of decorators, and functions record their calls."""
    mailer, results = Mailer(), []

    def work(sim, controller):
        results.extend(
            [
                mailer.send("ann", urgent=True),
                mailer.send(to="bob"),
                mailer.ping(),
                mailer.static_inner("x"),
                Mailer.static_outer("x"),
                mailer.class_inner("x"),
                Mailer.class_outer(to="x"),
                deploy("1.0"),
                deploy("1.0", stage="live"),
            ]
        )

    sim, execution = run(work)
    assert execution.status == "success"
    assert results == [
        *["sent to ann", "sent to bob", None],
        *["static x", "static x", "Mailer x", "Mailer x"],
        *["1.0", "1.0"],
    ]
    assert entries(sim) == [
        'effect.send["ann"]#1',
        'effect.send["bob"]#1',
        "effect.ping#1",
        'effect.static_inner["x"]#1',
        'effect.static_outer["x"]#1',
        'effect.class_inner["x"]#1',
        'effect.class_outer["x"]#1',
        'effect.deploy["test"]#1',
        'effect.deploy["live"]#1',
    ]
    assert [(each.contract, each.data) for each in sim.effects[-2:]] == [("at_most_once", {})] * 2


def test_async_methods_are_bracketed(run):
    """The effect of an async method takes place when what it awaits has ended."""
    mailer = Mailer()

    async def work(sim, controller):
        assert await mailer.send_later("ann", 1) == "later"
        await asyncio.gather(mailer.send_later("bob", 2), mailer.send_later("cid", hours=1))

    sim, _ = run(work)
    assert sim.effects.keys("send_later") == ["ann/1", "cid/1", "bob/2"]
    assert [each.at_ms for each in sim.effects] == [60_000, 120_000, 180_000]
    sim, _ = run(work, 'crash@effect.send_later["bob/2"]#1')
    assert sim.effects.keys("send_later") == ["ann/1"]
    mailer.sent.clear()
    sim, _ = run(work, 'lost_ack@effect.send_later["ann/1"]#1')
    assert (sim.effects.keys("send_later"), mailer.sent) == (["ann/1"], ["ann"])


def test_function_that_returns_a_coroutine(run):
    """A plain function that gives a coroutine is an effect when that has ended."""

    @effect("send")
    def send(fails, waits=1):
        async def later():
            await asyncio.sleep(waits)
            if fails:
                raise ConnectionError
            return "sent"

        return later()

    async def work(sim, controller):
        assert (await send(fails=False), len(sim.effects)) == ("sent", 1)
        with pytest.raises(ConnectionError):
            await send(fails=True)

    sim, _ = run(work)
    assert [(each.n, each.at_ms) for each in sim.effects] == [(1, 1_000)]
    outside = send(fails=False, waits=0)
    assert outside.__name__ == "later"  # not wrapped
    assert asyncio.run(outside) == "sent"


def test_method_that_raises_is_no_effect(run):
    """A method that raises did nothing; what it raises comes out as it is."""

    @effect("send")
    def send():
        raise LookupError("no such address")

    sim, execution = run(lambda *_: send())
    assert list(sim.effects) == []
    assert execution.error == {"message": "no such address"}


@pytest.mark.parametrize("kind", ["fail", "lost_ack"])
def test_planned_failure_is_the_first_of_raises(run, kind):
    """A planned failure raises the first of what is listed, made of the message, from `EffectFailed`."""
    seen = []

    def work(sim, controller):
        try:
            deploy("1.0")
        except OSError as error:
            seen.append(error)

    sim, _ = run(work, f'{kind}@effect.deploy["test"]#1')
    [error] = seen
    assert type(error) is TimeoutError
    assert str(error) == 'effect.deploy["test"]#1 failed, as planned.'
    assert type(error.__cause__) is EffectFailed
    assert len(sim.effects) == (kind == "lost_ack")


def test_without_raises_it_is_the_default(run):
    """A method that lists nothing raises `EffectFailed`."""
    _, execution = run(lambda *_: Mailer().ping(), "fail@effect.ping#1")
    assert type(execution.exception) is EffectFailed
    assert execution.error == {"message": "effect.ping#1 failed, as planned."}
    _, execution = run(lambda *_: Mailer().ping(), "lost_ack@effect.ping#1")
    assert type(execution.exception) is EffectFailed


class HttpError(Exception):
    """An exception that cannot be made of a message alone."""

    def __init__(self, message, *, status):
        super().__init__(message)
        self.status = status


def test_function_that_makes_an_exception(run):
    """What is made of more than a message is listed as a function."""

    @effect("call", raises=[lambda message: HttpError(message, status=503)])
    def call(): ...

    _, execution = run(lambda *_: call(), "fail@effect.call#1")
    assert (type(execution.exception), execution.exception.status) == (HttpError, 503)


LISTS = "The effect 'send' has raises="
MAKES = "  Pass a function that makes one: raises=[lambda message: HttpError(message, status=503)]."
AMONG = "  Pass classes of exceptions, or functions that make one of a message."


@pytest.mark.parametrize(
    ("raises", "message"),
    [
        (
            [HttpError],
            "The effect 'send' cannot raise HttpError: making one of a message failed.\n"
            "  TypeError: HttpError.__init__() missing 1 required keyword-only argument: 'status'\n" + MAKES,
        ),
        ([str], f"The effect 'send' has str among what it raises.\n{AMONG}"),
        ([KeyboardInterrupt], f"The effect 'send' has KeyboardInterrupt among what it raises.\n{AMONG}"),
        ([OSError, "OSError"], f"The effect 'send' has 'OSError' among what it raises.\n{AMONG}"),
        ([repr], f"The effect 'send' cannot raise repr, which made \"'A planned failure.'\".\n{MAKES}"),
        (OSError, f"{LISTS}OSError, which is no list.\n  Write raises=[OSError]."),
        ("OSError", f"{LISTS}'OSError', which is no list.\n  Write raises=[ConnectionError]."),
        (5, f"{LISTS}5, which is no list.\n  Write raises=[ConnectionError]."),
    ],
)
def test_raises_that_cannot_be_used(raises, message):
    """What a planned failure could not raise is refused where it is declared."""
    with pytest.raises(UsageError) as caught:
        effect("send", raises=raises)
    assert str(caught.value) == message


@pytest.mark.parametrize("raises", [[], (), {}, iter([OSError, ValueError]), {OSError}])
def test_raises_may_be_any_list(raises):
    """Anything that lists exceptions will do."""
    assert effect("send", raises=raises)(print)


def test_name_and_contract_are_checked_where_declared():
    """A wrong name, or a decorator without parentheses, is refused at once, and so is a wrong contract."""
    named = '  Pass letters, digits and any of _ - . / as its name: @effect("publish", key="id").'
    with pytest.raises(UsageError) as caught:

        @effect
        def send(): ...

    assert str(caught.value) == f"@effect got the name send.\n{named}"
    with pytest.raises(UsageError, match=r"^The effect 'send' has the contract 'never'\.\n"):
        effect("send", contract="never")


def test_keys_come_from_arguments(run):
    """A key is what the named argument is, by position, by name or by default; None is no key."""

    @effect("plain", key="id")
    def plain(first, id="default", *rest, last=0): ...

    @effect("positional", key="id")
    def positional(id, /, **more): ...

    @effect("keyword", key="id")
    def keyword(*rest, id=None): ...

    def work(sim, controller):
        plain(0)
        plain(0, 1, 2)
        plain(0, id="x")
        plain(first=0, id="y")
        positional("z", id="other")
        keyword(1, 2, id=3)
        keyword(1, 2)

    sim, _ = run(work)
    assert [each.key for each in sim.effects] == ["default", "1", "x", "y", "z", "3", None]


def test_missing_argument(run):
    """A call that lacks the argument of the key raises a TypeError, as the plain call does."""
    sim, execution = run(lambda *_: Mailer().send())
    assert execution.error == {"message": "missing a required argument: 'to'"}
    assert sim.trace.checkpoints().count("effect.send#1") == 0


def test_key_of_a_wrong_type(simulate):
    """A key that is neither text nor a whole number is misuse, and comes out."""
    with pytest.raises(UsageError, match=r"^The effect 'send' has the key \['ann'\], which is list\.\n"):
        simulate(lambda *_: Mailer().send(["ann"])).run("job")


def test_function_of_a_key_that_raises(run):
    """What the function of the key raises is an exception of the task; the method is not called."""
    mailer = Mailer()

    @effect("send", key=lambda to: to["address"])
    def send(to):
        mailer.send("never")

    _, execution = run(lambda *_: send({}))
    assert execution.error == {"message": "'address'"}
    assert mailer.sent == []


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("id", "'id', which is no single argument. Did you mean 'ids'?"),
        ("self", "'self', which is no single argument."),
        ("rest", "'rest', which is no single argument."),
        ("more", "'more', which is no single argument."),
    ],
)
def test_key_that_is_no_argument(key, said):
    """A key that names no single argument is refused where it is declared, with those there are."""
    with pytest.raises(UsageError) as caught:

        @effect("send", key=key)
        def send(self, ids, *rest, to=1, **more): ...

    assert str(caught.value) == (
        f"The effect 'send' takes its key from {said}\n"
        "  the arguments: (self, ids, *rest, to=1, **more)\n"
        "  Choose from ids, to, or pass a function."
    )


def test_key_of_another_kind():
    """A key is taken from an argument or by a function, not from anything else."""
    with pytest.raises(UsageError) as caught:
        effect("send", key=5)(lambda to: to)
    assert str(caught.value) == (
        "The effect 'send' takes its key from 5.\n"
        "  Pass the name of an argument, a function of the arguments, or None."
    )


def test_function_without_arguments_has_no_key():
    """Where there is no argument to choose from, a function is the way out."""
    with pytest.raises(UsageError) as caught:
        effect("ping", key="id")(lambda: None)
    assert str(caught.value).endswith("  Pass a function.")


def steps():
    """Yield."""
    yield


async def async_steps():
    """Yield later."""
    yield


OF = "The effect 'send' is declared of "
GENERATOR = "  Use sim.effects.record() inside it, or declare a method that it calls at each step."


@pytest.mark.parametrize(
    ("method", "message"),
    [
        (steps, f"The effect 'send' is declared of steps, which is a generator.\n{GENERATOR}"),
        (async_steps, f"The effect 'send' is declared of async_steps, which is a generator.\n{GENERATOR}"),
        (Mailer, f"{OF}Mailer, which is no function.\n  Declare one."),
        (property(steps), f"{OF}<property object>, which is no function.\n  Declare one."),
        (
            deploy,
            (
                "The effect 'send' is declared of deploy, which is the effect 'deploy' already.\n"
                "  Declare it once: by @effect, or by effects.wrap()."
            ),
        ),
    ],
)
def test_what_cannot_be_declared(method, message):
    """Generators, classes, properties and declared functions are refused."""
    with pytest.raises(UsageError) as caught:
        effect("send")(method)
    assert str(caught.value) == message


def test_callables_of_any_kind(run):
    """Bound methods, partials, objects and functions of C can be declared, a key by a function at least."""
    sent = []
    declared = [
        effect("append", key=lambda to: to)(sent.append),
        effect("bound", key="index")([5].pop),
        effect("partial", key="to")(functools.partial(Mailer.static_inner.__wrapped__, to="p")),
        effect("object", key="to")(Plain()),
        effect("method", key="to")(Plain().send),
    ]

    def work(sim, controller):
        declared[0]("ann")
        declared[1](0)
        declared[2]()
        declared[3]("x")
        declared[4](to="y")

    sim, _ = run(work)
    assert sent == ["ann"]
    assert [(each.name, each.key) for each in sim.effects] == [
        ("append", "ann"),
        ("bound", "0"),
        ("partial", "p"),
        ("object", "x"),
        ("method", "y"),
    ]


def passing_on(function):
    """Decorate as many libraries do."""

    @functools.wraps(function)
    def call(*args, **kwargs):
        return function(*args, **kwargs)

    return call


class Decorated:
    """A fake whose methods have other decorators besides, below and above."""

    @effect("below", key=lambda to: to)
    @passing_on
    def below(self, to): ...

    @passing_on
    @effect("above", key="to")
    def above(self, to): ...


def test_other_decorators(run):
    """Decorators that pass everything on may stand on either side; the declaration is seen through them."""

    def work(sim, controller):
        Decorated().below("a")
        Decorated().above("b")

    sim, _ = run(work)
    assert [(each.name, each.key) for each in sim.effects] == [("below", "a"), ("above", "b")]
    with pytest.raises(UsageError, match="is the effect 'above' already"):
        effect("again")(Decorated.above)


class Plain:
    """A class that declares nothing."""

    def __call__(self, to): ...

    def send(self, to): ...


class NoSignature:
    """A callable that does not tell its arguments, as some functions of C."""

    __signature__ = "none"

    def __call__(self, id): ...


def test_function_that_does_not_tell_its_arguments():
    """Of what does not tell its arguments the key is a function."""
    with pytest.raises(UsageError) as caught:
        effect("send", key="id")(NoSignature())
    assert str(caught.value) == (
        "The effect 'send' cannot take its key from an argument: its function does not tell its own.\n"
        "  Pass a function of the arguments."
    )


# --- which simulation


def test_innermost_simulation_that_calls(simulate):
    """Of simulations inside each other, the one whose task calls records the effect."""
    inner = simulate(lambda *_: Mailer().send("inner"))

    def work(sim, controller):
        Mailer().send("before")
        inner.run("job")
        Mailer().send("after")

    outer = simulate(work)
    outer.run("job")
    assert outer.effects.keys("send") == ["before", "after"]
    assert inner.effects.keys("send") == ["inner"]


def test_simulation_that_is_made_in_a_task_and_not_run(simulate):
    """A simulation that calls nothing gets no effects."""
    made = []

    def work(sim, controller):
        made.append(Simulator(freeze=False))
        Mailer().send("ann")
        made[0].effects.record("mine")

    sim = simulate(work)
    sim.run("job")
    assert (sim.effects.keys("send"), list(made[0].effects)) == (["ann"], [])


def test_simulations_in_threads(simulate):
    """Simulations that run in threads of their own do not see each other's effects."""
    barrier = threading.Barrier(2, timeout=10)
    sims = []

    def live(name):
        def work(sim, controller):
            for _ in range(3):
                barrier.wait()
                Mailer().send(name)

        sim = simulate(work)
        sims.append((name, sim))
        sim.run("job")

    threads = [threading.Thread(target=live, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted((name, sim.effects.keys("send")) for name, sim in sims) == [
        ("a", ["a"] * 3),
        ("b", ["b"] * 3),
    ]


def test_thread_of_a_task_only_calls(run):
    """A thread that a task starts belongs to no task: there the method is only called."""
    mailer = Mailer()

    def work(sim, controller):
        thread = threading.Thread(target=mailer.send, args=("ann",))
        thread.start()
        thread.join()

    sim, _ = run(work)
    assert (mailer.sent, list(sim.effects)) == (["ann"], [])


def test_after_its_event_a_kept_context_only_calls(run):
    """A copy of a run's context that outlives the run belongs to no task."""
    import contextvars  # noqa: PLC0415 - for this alone

    kept, called = [], []

    @effect("send", key=lambda: 1 / 0)
    def send():
        called.append(1)

    sim, _ = run(lambda *_: kept.append(contextvars.copy_context()))
    kept[0].run(send)
    assert (called, list(sim.effects)) == ([1], [])


def test_simulation_in_a_coroutine(run):
    """Where a loop runs already, too, the task that calls is found, and nobody after it."""
    mailer = Mailer()

    async def test():
        sim, _ = run(lambda *_: mailer.send("ann"))
        mailer.send("bob")
        return sim

    assert asyncio.run(test()).effects.keys("send") == ["ann"]


def test_definition_of_which_all_is_public():
    """The one-line `tasksim.run` records as well."""

    def run(controller):
        Mailer().send("ann")
        return controller.response.done()

    definition = create_task_definition(id="greet", title="Greet", run=run)
    assert tasksim.run(definition, plan='fail@effect.send["ann"]#1').status == "failed"
