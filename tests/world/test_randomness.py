"""Randomness: routed draws come from the source, and nothing of the process changes."""
# ruff: noqa: S311 - that these generators can be predicted is the point

import copy
import functools
import importlib.util
import os
import pickle
import random
import sys
import threading
import uuid
from contextlib import contextmanager
from types import ModuleType

import pytest

from tasksim._world import held, randomness
from tasksim._world.randomness import Randomness, route, unroute

NAMES = ("random", "getrandbits", "seed", "getstate", "setstate")


@contextmanager
def routed(source):
    """Route draws to a generator, or to nothing."""
    route(lambda: source)
    try:
        yield
    finally:
        unroute()


@pytest.fixture
def place():
    """Return what puts a module made of a text into `sys.modules`; it is taken out again."""
    put = []

    def make(name, text):
        module = ModuleType(name)
        sys.modules.pop(name, None)
        sys.modules[name] = module
        exec(text, module.__dict__)  # noqa: S102 - how a module comes into being
        put.append(name)
        return module

    yield make
    for name in put:
        sys.modules.pop(name, None)


def draw(name, draws):
    """Draw by the function of that name, of a generator or of the module `random`."""
    arguments = {
        "betavariate": (2, 3),
        "binomialvariate": (9, 0.4),
        "choice": (range(9),),
        "choices": (range(9), range(1, 10)),
        "expovariate": (2,),
        "gammavariate": (2, 3),
        "gauss": (1, 2),
        "getrandbits": (70,),
        "lognormvariate": (1, 2),
        "normalvariate": (1, 2),
        "paretovariate": (2,),
        "randbytes": (5,),
        "randint": (1, 99),
        "randrange": (99,),
        "sample": (range(9), 4),
        "uniform": (1, 2),
        "vonmisesvariate": (1, 2),
        "weibullvariate": (1, 2),
    }
    if name == "shuffle":
        cards = list(range(9))
        draws(cards)
        return cards
    return draws(*arguments.get(name, ()))


DRAWING = sorted({name for name in random.__all__ if name.islower()} - {"seed", "getstate", "setstate"})


# --- what is drawn


@pytest.mark.parametrize("name", DRAWING)
def test_each_function_draws_from_the_source(name):
    """Each function of `random` gives what the source's own method gives, and the process keeps its own."""
    twin = random.Random(7)
    before = random.getstate()
    with routed(random.Random(7)):
        drawn = [draw(name, getattr(random, name)) for _ in range(3)]
    assert drawn == [draw(name, getattr(twin, name)) for _ in range(3)]
    assert random.getstate() == before


@pytest.mark.parametrize("name", DRAWING)
def test_functions_captured_earlier_draw_from_the_source(name, place):
    """A module that did `from random import ...` earlier draws from the source, too."""
    module = place("a_module_of_a_test", f"from random import {name} as draws")
    twin = random.Random(7)
    with routed(random.Random(7)):
        assert draw(name, module.draws) == draw(name, getattr(twin, name))
    assert module.draws == getattr(random, name)


def test_seed_and_state_are_the_source_s():
    """seed(), getstate() and setstate() seed, read and set the source, not what the process shares."""
    before = random.getstate()
    with routed(random.Random(7)):
        random.seed(5)
        state = random.getstate()
        first = random.random()
        random.setstate(state)
        assert random.random() == first == random.Random(5).random()
        assert state == random.Random(5).getstate()
        random.seed("text", version=1)
        assert random.random() == _seeded("text", 1).random()
    assert random.getstate() == before


def _seeded(seed, version):
    """Return a generator seeded so."""
    generator = random.Random()
    generator.seed(seed, version)
    return generator


def test_gauss_keeps_its_half_apart():
    """gauss() makes two numbers and keeps one; the half kept is the source's in it, the process's outside."""
    random.seed(3)
    outside, inside = random.Random(3), random.Random(7)
    assert random.gauss(0, 1) == outside.gauss(0, 1)
    with routed(random.Random(7)):
        assert random.gauss(0, 1) == inside.gauss(0, 1)
    assert random.gauss(0, 1) == outside.gauss(0, 1)
    with routed(random.Random(7)):
        assert random.gauss(0, 1) == random.Random(7).gauss(0, 1)
    assert random.gauss(0, 1) == outside.gauss(0, 1)


@pytest.mark.parametrize("name", [*DRAWING, "seed", "getstate"])
def test_without_a_source_everything_is_as_always(name):
    """Where the source is None, draws, seeds and states are those of the process."""
    random.seed(11)
    random.gauss(0, 1)  # keeps a half
    twin = random.Random(11)
    twin.gauss(0, 1)
    with routed(None):
        arguments = (5,) if name == "seed" else ()
        if name in DRAWING:
            assert draw(name, getattr(random, name)) == draw(name, getattr(twin, name))
        else:
            assert getattr(random, name)(*arguments) == getattr(twin, name)(*arguments)
        state = random.getstate()
        random.setstate(state)
        assert random.gauss(0, 1) == twin.gauss(0, 1)
        assert random.gauss(0, 1) == twin.gauss(0, 1)
    assert random.getstate() == twin.getstate()


def test_uuid4_draws_from_the_source(place):
    """uuid4() is made of the source's bytes, also where it was captured; else of the system's."""
    module = place("a_module_of_a_test", "from uuid import uuid4")
    twin = random.Random(7)
    with routed(random.Random(7)):
        drawn = [uuid.uuid4(), module.uuid4()]
    assert drawn == [uuid.UUID(bytes=twin.randbytes(16), version=4) for _ in range(2)]
    with routed(None):
        assert uuid.uuid4() not in {uuid.uuid4(), *drawn}
        assert uuid.os.getpid() == os.getpid()  # all else of it is there


def test_own_generators_are_left_alone():
    """A generator of the user's own draws for itself, seeded or the system's."""
    with routed(random.Random(7)):
        own = random.Random(5)
        drawn = [own.random(), own.randrange(10**6), own.gauss(0, 1)]
        assert 0 <= random.SystemRandom().random() < 1
    own = random.Random(5)
    assert drawn == [own.random(), own.randrange(10**6), own.gauss(0, 1)]


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])  # noqa: S301
def test_a_copy_of_the_shared_generator_is_its_owner_s(copied):
    """A copy made while routed goes on from the source's state, for itself, and disturbs nothing."""
    twin = random.Random(7)
    with routed(random.Random(7)):
        mine = copied(random.choice)
        assert [mine(range(10**6)) for _ in range(3)] == [twin.choice(range(10**6)) for _ in range(3)]
        assert random.random() == random.Random(7).random()
    assert type(mine.__self__) is random.Random


def test_other_threads_ask_the_source_themselves():
    """The source decides who draws from it: a thread that it gives nothing draws the process's numbers."""
    here = threading.get_ident()
    stream, twin = random.Random(7), random.Random(3)
    random.seed(3)
    theirs = []
    route(lambda: stream if threading.get_ident() == here else None)
    try:
        mine = random.random()
        thread = threading.Thread(target=lambda: theirs.extend([random.random(), random.choice(range(99))]))
        thread.start()
        thread.join()
    finally:
        unroute()
    assert mine == random.Random(7).random()
    assert theirs == [twin.random(), twin.choice(range(99))]


# --- what is given back


def test_everything_is_given_back():
    """After `unroute`, each function is the one that it was, the generator's class and uuid's os, too."""
    before = {name: getattr(random, name) for name in random.__all__}
    with routed(random.Random(7)):
        assert random.random is not before["random"]
        assert uuid.os is not os
    assert all(getattr(random, name) is function for name, function in before.items())
    assert type(random._inst) is random.Random
    assert uuid.os is os


@pytest.mark.parametrize("seen", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_a_fake_is_left_alone(name, seen, monkeypatch):
    """A function of `random` that a test replaced stays so, whether it was looked at before or not."""
    monkeypatch.setattr(randomness, "_captured", randomness._captured_functions())
    if seen:
        with routed(None):
            pass
    with monkeypatch.context() as patch:
        fake = lambda *_: 0.5  # noqa: E731 - a fake
        patch.setattr(random, name, fake)
        with routed(random.Random(7)):
            assert getattr(random, name) is fake
        assert getattr(random, name) is fake
    with routed(random.Random(7)):
        assert getattr(random, name) is randomness._ROUTED[name]


def test_a_fake_put_in_while_routed_stays():
    """What a task puts in place of a function is its own business: it is not taken away."""
    fake, real = (lambda: 0.5), random.random
    try:
        with routed(random.Random(7)):
            random.random = fake
        assert random.random is fake
    finally:
        random.random = real


def test_os_of_uuid_replaced_by_a_fake(monkeypatch):
    """A test's own `os` in `uuid` stays, while routed and afterwards."""

    class Fake:
        urandom = staticmethod(bytes)

    monkeypatch.setattr(uuid, "os", Fake)
    with routed(random.Random(7)):
        assert uuid.uuid4() == uuid.UUID(bytes=bytes(16), version=4)
    assert uuid.os is Fake


def test_a_module_imported_while_routed(place):
    """A module that takes the functions while routed has the real ones after it."""
    with routed(random.Random(7)):
        module = place("a_module_of_a_test", f"from random import {', '.join(NAMES)}")
        assert module.random() == random.Random(7).random()
    assert all(getattr(module, name) is getattr(random, name) for name in NAMES)
    with routed(random.Random(7)):
        assert module.random() == random.Random(7).random()


def test_a_reference_kept_from_inside_works_outside():
    """A function that was captured while routed, out of sight, draws the process's numbers later."""
    with routed(random.Random(7)):
        kept = functools.partial(random.random)
        inside = kept()
    random.seed(3)
    assert (inside, kept()) == (random.Random(7).random(), random.Random(3).random())
    with routed(random.Random(8)):
        assert kept() == random.Random(8).random()


def test_a_module_takes_the_place_of_another(place):
    """A module that takes the name of another, so that there are as many as before, is looked through."""
    for _ in range(2):
        module = place("a_module_of_a_test", "from random import random")
        with routed(random.Random(7)):
            assert module.random() == random.Random(7).random()
        assert module.random is random.random


def test_what_is_imported_into_main(monkeypatch):
    """An interactive session goes on importing into `__main__`, which is seen."""
    main = sys.modules["__main__"]
    with routed(random.Random(7)):
        pass
    monkeypatch.setattr(main, "a_name_of_a_test", random.random, raising=False)
    with routed(random.Random(7)):
        assert main.a_name_of_a_test() == random.Random(7).random()
    assert main.a_name_of_a_test is random.random


def test_modules_that_are_gone_are_let_go(place):
    """The globals of a module that is no longer there are not kept."""
    place("a_module_of_a_test", "from random import random")
    with routed(None):
        assert any(names.get("__name__") == "a_module_of_a_test" for names, *_ in randomness._captured.places)
    del sys.modules["a_module_of_a_test"]
    with routed(None):
        assert not any(
            names.get("__name__") == "a_module_of_a_test" for names, *_ in randomness._captured.places
        )


def test_lazy_modules_are_not_woken(tmp_path):
    """A module that loads at its first use is not loaded for being looked at."""
    (tmp_path / "lazy_of_a_test.py").write_text("raise ImportError('It was woken.')")
    spec = importlib.util.spec_from_file_location("lazy_of_a_test", tmp_path / "lazy_of_a_test.py")
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = sys.modules["lazy_of_a_test"] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        with routed(random.Random(7)):
            assert random.random() == random.Random(7).random()
    finally:
        del sys.modules["lazy_of_a_test"]


class Touchy:
    """What must not be asked for anything."""

    def __getattribute__(self, name):
        raise ImportError(name)


@pytest.mark.parametrize("make", [type(None), object, str, Touchy])
def test_what_is_no_module_is_passed_over(make):
    """Whatever stands in `sys.modules` without being a module is no harm, and not looked at each time."""
    sys.modules["odd_of_a_test"] = make()
    try:
        with routed(random.Random(7)):
            assert random.random() == random.Random(7).random()
            assert not randomness._captured.is_outdated()
    finally:
        del sys.modules["odd_of_a_test"]


def test_another_thread_imports_meanwhile(monkeypatch):
    """Modules that change while they are looked at are looked at once more."""

    class Changing(dict):
        def values(self):
            raise RuntimeError("dictionary changed size during iteration")

    with routed(None):
        pass
    fake = ModuleType("sys")
    fake.modules = Changing(sys.modules)
    monkeypatch.setattr(held, "sys", fake)
    assert randomness._captured.is_outdated()


# --- streams


def test_streams_are_the_same_everywhere():
    """A stream's numbers are those of any process, on any Python."""
    stream = Randomness(7).of_event("syncArticles.2", 3)
    assert [stream.getrandbits(32) for _ in range(3)] == [3322340433, 1168345790, 1666263023]
    assert (stream.random(), stream.sample(range(99), 5), stream.randbytes(4)) == (
        0.2857730710471452,
        [9, 78, 42, 84, 75],
        b".\xa5\x9bH",
    )


@pytest.mark.parametrize(
    ("seed", "label", "n"),
    [(0, "", 1), (1, "", 1), (-1, "", 1), (0, "a.1", 1), (0, "a.2", 1), (0, "", 2), (2**70, "", 1)],
)
def test_each_event_has_its_own_stream(seed, label, n):
    """Another seed, task or event is another stream; the same is the same again."""
    others = [(0, "", 1), (1, "", 1), (-1, "", 1), (0, "a.1", 1), (0, "a.2", 1), (0, "", 2), (2**70, "", 1)]
    own = Randomness(seed).of_event(label, n).getrandbits(128)
    same = [key for key in others if Randomness(key[0]).of_event(*key[1:]).getrandbits(128) == own]
    assert same == [(seed, label, n)]


def test_a_stream_goes_on():
    """Asked for again, an event's stream goes on where it was, whatever was handled inside of it."""
    streams, twin = Randomness(0), Randomness(0).of_event("", 1)
    drawn = [streams.of_event("", 1).random() for _ in range(3)]
    assert drawn == [twin.random() for _ in range(3)]
    streams.of_event("job.2", 1, 1).random()
    streams.of_event("", 2, 2).random()
    streams.of_event("job.2", 2, 1).random()
    assert streams.of_event("", 1).random() == twin.random()
    streams.of_event("", 2)
    assert streams.of_event("", 1).random() == drawn[0]  # it is over: whoever names it begins anew
