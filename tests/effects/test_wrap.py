"""Twins: fakes that are left as they are, and whose named methods are effects all the same."""

import asyncio
import dataclasses
from abc import ABC, abstractmethod
from enum import Enum
from functools import cached_property, partialmethod

import pytest

from tasksim import Simulator, UsageError, effect

WAY_OUT = "  Declare its methods with @effect, or use effects.record() in them."


class Cms:
    """A fake that knows nothing of tasksim."""

    kind = "cms"

    def __init__(self, name):
        self.name = name
        self.published = []
        self.__mangled = "s"

    def publish(self, id, *, draft=False):
        """Publish an entry."""
        self.published.append(id)
        return self.__mangled

    def publish_all(self, ids):
        for id in ids:
            self.publish(id)

    async def publish_later(self, id):
        await asyncio.sleep(1)
        self.published.append(id)

    @staticmethod
    def check(id):
        return id

    @classmethod
    def touch(cls, id):
        return cls.kind, id

    @property
    def count(self):
        return len(self.published)

    @cached_property
    def cached(self):
        return object()

    half = partialmethod(publish, "half")

    def steps(self):
        yield 1

    @effect("declared")
    def declared(self): ...


@pytest.fixture
def twin_in(run):
    """Return what makes a twin of a fake and calls a function of it in a task."""

    def make(fake, call, plan=None, **methods):
        def work(sim, controller):
            call(sim.effects.wrap(fake, **methods))

        return run(work, plan)

    return make


def test_twin_shares_the_state(twin_in, entries):
    """What the twin does, the fake has done; its other attributes, methods and properties are the same."""
    cms = Cms("main")
    twins = []

    def work(twin):
        twins.append(twin)
        assert twin.publish("a") == "s"
        assert (twin.count, twin.name, twin.kind) == (1, "main", "cms")
        twin.added = 5

    sim, execution = twin_in(cms, work, publish="id")
    assert execution.status == "success"
    assert entries(sim) == ['effect.publish["a"]#1']
    assert (cms.published, cms.added) == (["a"], 5)
    [twin] = twins
    cms.name = "other"
    assert (twin.name, twin.cached) == ("other", cms.cached)
    assert isinstance(twin, Cms)
    assert (type(twin).__qualname__, type(twin).__module__) == ("Cms", __name__)
    assert repr(twin).startswith(f"<{__name__}.Cms object at ")


def test_fake_and_class_stay_as_they_are(twin_in):
    """The fake itself, other objects of its class and the class record nothing."""
    cms = Cms("main")

    def work(twin):
        cms.publish("a")
        Cms("other").publish("b")
        twin.publish("c")

    sim, _ = twin_in(cms, work, publish="id")
    assert sim.effects.keys("publish") == ["c"]
    assert type(cms) is Cms


def test_calls_of_its_own_methods_are_effects(twin_in):
    """A method of the twin that calls a named one records that, whether it is named itself or not."""
    sim, _ = twin_in(Cms(""), lambda twin: twin.publish_all(["a", "b"]), publish="id")
    assert [(each.name, each.key) for each in sim.effects] == [("publish", "a"), ("publish", "b")]
    sim, _ = twin_in(Cms(""), lambda twin: twin.publish_all(["a"]), publish="id", publish_all=None)
    assert [(each.name, each.key) for each in sim.effects] == [("publish", "a"), ("publish_all", None)]


def test_methods_of_all_kinds(run, entries):
    """Async, static and class methods can be named; keys are arguments, functions or none."""
    cms = Cms("")

    async def work(sim, controller):
        twin = sim.effects.wrap(
            cms, publish=lambda id, draft=False: f"{id}{draft}", publish_later="id", check="id", touch=len
        )
        twin.publish("a", draft=True)
        await asyncio.gather(twin.publish_later("b"), twin.publish_later(id="c"))
        assert twin.check("d") == "d"
        assert twin.touch("four") == ("cms", "four")

    sim, execution = run(work)
    assert execution.status == "success"
    assert entries(sim) == [
        'effect.publish["aTrue"]#1',
        'effect.publish_later["b"]#1',
        'effect.publish_later["c"]#1',
        'effect.check["d"]#1',
        'effect.touch["4"]#1',
    ]
    assert [each.at_ms for each in sim.effects] == [0, 1_000, 1_000, 1_000, 1_000]


def test_faults_strike_at_twins(twin_in):
    """A twin's method is cut like any effect: the fake acted if and only if there is an entry."""
    for plan, published in (('crash@effect.publish["a"]#1', []), ('lost_ack@effect.publish["a"]#1', ["a"])):
        cms = Cms("")
        sim, _ = twin_in(cms, lambda twin: twin.publish("a"), plan, publish="id")
        assert cms.published == sim.effects.keys("publish") == published


def test_outside_of_a_task_a_twin_only_calls():
    """A test may call the twin too; that is no effect, whatever the key would be."""
    cms = Cms("")
    sim = Simulator(freeze=False)
    twin = sim.effects.wrap(cms, publish=lambda **_: 1 / 0)
    twin.publish("a")
    assert (cms.published, list(sim.effects)) == (["a"], [])


def test_twin_belongs_to_its_simulation(simulate):
    """A twin records for the simulation that made it, if that calls, whichever runs inside."""
    cms = Cms("")
    inner = simulate(lambda *_: twins[0].publish("a"))

    def work(sim, controller):
        twins[0].publish("b")
        inner.run("job")

    outer = simulate(work)
    twins = [inner.effects.wrap(cms, publish="id")]
    outer.run("job")
    assert (inner.effects.keys("publish"), list(outer.effects)) == (["a"], [])
    assert cms.published == ["b", "a"]


def test_twin_of_a_twin(run):
    """Another method of a twin can be made an effect; the same one cannot."""
    sim = Simulator(freeze=False)
    cms = Cms("")
    with pytest.raises(UsageError) as caught:
        sim.effects.wrap(sim.effects.wrap(cms, publish="id"), publish="id")
    assert str(caught.value) == (
        "The effect 'publish' is declared of Cms.publish, which is the effect 'publish' already.\n"
        "  Declare it once: by @effect, or by effects.wrap()."
    )

    def work(again, controller):
        again.effects.wrap(again.effects.wrap(cms, publish="id"), publish_all=None).publish_all(["a"])

    sim, _ = run(work)
    assert [each.name for each in sim.effects] == ["publish", "publish_all"]


@dataclasses.dataclass
class Sender:
    """A dataclass."""

    sent: list = dataclasses.field(default_factory=list)

    def send(self, to):
        self.sent.append(to)


@dataclasses.dataclass(frozen=True)
class FrozenSender:
    """One that does not let its attributes be set."""

    sent: list = dataclasses.field(default_factory=list)

    def send(self, to):
        self.sent.append(to)


class Shy(Sender):
    """A class whose attributes are guarded, and whose `__init__` must not run twice."""

    made = 0
    frozen = False

    def __init__(self):
        Shy.made += 1
        self.__dict__["sent"] = []

    def __getattribute__(self, name):
        if name in ("sent", "send"):
            return super().__getattribute__(name)
        if name == "__dict__" and not Shy.frozen:
            return super().__getattribute__(name)
        raise AttributeError(name)

    def __setattr__(self, name, value):
        raise AttributeError(name)


class Abstract(ABC):
    """A class with a metaclass."""

    @abstractmethod
    def send(self, to): ...


class Concrete(Abstract):
    """An object of which can be made."""

    def __init__(self):
        self.sent = []

    def send(self, to):
        self.sent.append(to)


@pytest.mark.parametrize("make", [Sender, FrozenSender, Shy, Concrete])
def test_classes_of_many_kinds(twin_in, monkeypatch, make):
    """Dataclasses, frozen ones, guarded attributes and metaclasses do not matter; nor does `__init__`."""
    fake = make()
    made = Shy.made
    monkeypatch.setattr(Shy, "frozen", True)
    sim, execution = twin_in(fake, lambda twin: twin.send("ann"), send="to")
    assert execution.status == "success"
    assert fake.sent == sim.effects.keys("send") == ["ann"]
    assert Shy.made == made


class Slotted:
    """A class that keeps its state in slots."""

    __slots__ = ("sent",)

    def send(self, to): ...


class HalfSlotted(Slotted):
    """One that keeps part of it there."""


class OneSlot:
    """A slot whose name stands alone."""

    __slots__ = "sent"  # noqa: PLC0205 - Python takes it

    def send(self, to): ...


class List(list):
    """A class of C's."""

    def send(self, to):
        self.append(to)


class Picky(Sender):
    """A class that lets nobody inherit."""

    def __init_subclass__(cls):
        raise RuntimeError("not from me")


class Colour(Enum):
    """A class that cannot be inherited from."""

    RED = 1

    def send(self, to): ...


def slots(name, where=None):
    """Return the refusal of an object that keeps its state in slots."""
    return f"{name} can have no twin: {where or name} keeps its state in __slots__.\n{WAY_OUT}"


@pytest.mark.parametrize(
    ("fake", "message"),
    [
        (Slotted(), slots("Slotted")),
        (HalfSlotted(), slots("HalfSlotted", "Slotted")),
        (OneSlot(), slots("OneSlot")),
        (object(), f"object can have no twin: its objects have no attributes of their own.\n{WAY_OUT}"),
    ],
)
def test_objects_whose_state_cannot_be_shared(fake, message):
    """What keeps its state elsewhere than in its attributes has no twin."""
    with pytest.raises(UsageError) as caught:
        Simulator().effects.wrap(fake, send="to")
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("fake", "why"),
    [
        (List(), "TypeError: object.__new__(List) is not safe, use List.__new__()"),
        (Picky(), "RuntimeError: not from me"),
    ],
)
def test_classes_that_cannot_be_inherited_from(fake, why):
    """A class of which no other can be made is refused, with the reason."""
    with pytest.raises(UsageError) as caught:
        Simulator().effects.wrap(fake, send="to")
    said = f"{type(fake).__name__} can have no twin: a subclass of it, or an object of that, cannot be made."
    assert str(caught.value) == f"{said}\n  {why}\n{WAY_OUT}"


def test_members_of_an_enum():
    """The members of an enum are no fakes."""
    with pytest.raises(UsageError, match=r"^Colour can have no twin"):
        Simulator().effects.wrap(Colour.RED, send="to")


KNOWN = "  Choose from check, declared, publish, publish_all, publish_later, steps, touch."


@pytest.mark.parametrize(
    ("methods", "message"),
    [
        ({"pubish": "id"}, f"Cms has no method 'pubish'. Did you mean 'publish'?\n{KNOWN}"),
        ({"count": None}, f"Cms has no plain method (property) 'count'.\n{KNOWN}"),
        ({"half": None}, f"Cms has no plain method (partialmethod) 'half'.\n{KNOWN}"),
        (
            {},
            (
                "effects.wrap() got Cms, and no method of it.\n"
                '  Name those that are effects: effects.wrap(cms, publish="id").'
            ),
        ),
        (
            {"publish": "ids"},
            (
                "The effect 'publish' takes its key from 'ids', which is no single argument."
                " Did you mean 'id'?\n"
                "  the arguments: (self, id, *, draft=False)\n"
                "  Choose from id, draft, or pass a function."
            ),
        ),
        (
            {"steps": None},
            (
                "The effect 'steps' is declared of Cms.steps, which is a generator.\n"
                "  Use sim.effects.record() inside it, or declare a method that it calls at each step."
            ),
        ),
        (
            {"declared": None},
            (
                "The effect 'declared' is declared of Cms.declared, which is the effect 'declared' already.\n"
                "  Declare it once: by @effect, or by effects.wrap()."
            ),
        ),
        (
            {"handler": None},
            (
                "'handler' of Cms is an attribute of the object, not a method of its class.\n"
                "  Define it in the class, or declare the function with @effect."
            ),
        ),
    ],
)
def test_methods_that_cannot_be_named(methods, message):
    """A method that is not there, or cannot be an effect, is refused with those there are."""
    cms = Cms("")
    cms.handler = print
    with pytest.raises(UsageError) as caught:
        Simulator().effects.wrap(cms, **methods)
    assert str(caught.value) == message


class Empty:
    """A class without any method of its own."""


def test_class_without_methods():
    """Where there is no method to choose from, another way is named."""
    with pytest.raises(UsageError) as caught:
        Simulator().effects.wrap(Empty(), send=None)
    assert str(caught.value) == f"Empty has no method 'send'.\n{WAY_OUT}"


def test_class_instead_of_an_object():
    """A class is not wrapped: its objects are."""
    with pytest.raises(UsageError) as caught:
        Simulator().effects.wrap(Cms, publish="id")
    assert str(caught.value) == "effects.wrap() got the class Cms.\n  Pass an object: Cms()."


def test_misuse_in_a_task_comes_out(simulate):
    """Wrapping what cannot be wrapped inside a run comes out of the outer call."""

    def work(sim, controller):
        try:
            sim.effects.wrap(Cms, publish="id")
        except UsageError:
            return controller.response.done()

    with pytest.raises(UsageError, match="got the class Cms"):
        simulate(work).run("job")


def test_special_methods(twin_in):
    """Methods that Python calls can be effects as well."""

    class Caller:
        def __init__(self):
            self.called = 0

        def __call__(self, to):
            self.called += 1

    sim, _ = twin_in(Caller(), lambda twin: twin("ann"), __call__="to")
    assert sim.effects.keys("__call__") == ["ann"]
