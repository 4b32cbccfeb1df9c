"""Worlds: one for each tenant."""

import asyncio
import threading

import pytest

from tasksim import Simulator
from tasksim.errors import UsageError
from tasksim.graphql import create_app
from tasksim.graphql._serving import worlds as module
from tasksim.graphql._serving.journal import Journal, Raised
from tasksim.graphql._serving.owner import WorldClosed
from tasksim.graphql._serving.pace import parse_pace
from tasksim.graphql._serving.worlds import UnknownWorld, Worlds

LIST = "{ backgroundTasks { listTasks { data { id } } } }"


def of(tenant):
    """Return the header that names a tenant."""
    return {"x-tenant": tenant}


def listed(site, tenant):
    """Return the ids of a tenant's tasks."""
    data = site.execute(LIST, headers=of(tenant)).json()["data"]["backgroundTasks"]["listTasks"]["data"]
    return [each["id"] for each in data]


def test_each_tenant_has_its_own_tasks_and_its_own_time(make_site, make_sim):
    """Workers that run tests at the same time don't meet."""
    site = make_site(make_sim)
    site.trigger(headers=of("one"))
    site.control("advance?seconds=60", headers=of("one"))
    assert listed(site, "one") == ["importPages-0001"]
    assert listed(site, "two") == []
    assert (site.now(headers=of("one")), site.now(headers=of("two"))) == (60, 0)
    site.control("reset", headers=of("two"))
    assert listed(site, "one") == ["importPages-0001"]
    assert site.ask("GET", "/health").json()["worlds"] == ["one", "two"]


def test_without_a_name_it_is_root(make_site, make_sim):
    """As with the real API."""
    site = make_site(make_sim)
    site.trigger()
    assert listed(site, "root") == ["importPages-0001"]


def test_an_app_of_one_simulator_has_its_tenants_world_alone(make_site, make_sim):
    """By its name or without one; another is not found."""
    site = make_site(make_sim("acme"))
    site.trigger()
    assert listed(site, "acme") == ["importPages-0001"]
    answer = site.execute(LIST, headers=of("root"))
    assert (answer.status, answer.code) == (404, "NO_WORLD")
    assert "this app serves one simulator, 'acme'" in answer.message
    assert site.ask("GET", "/control/now", headers=of("root")).status == 404
    assert site.control("run-next", headers=of("root")).status == 404


@pytest.mark.parametrize("name", ["", "x" * 101, "x" * 10_000])
def test_names_have_a_length(make_site, make_sim, name):
    """An empty one is none, and nobody needs a long one."""
    site = make_site(make_sim)
    for answer in (site.execute(LIST, headers=of(name)), site.control("reset", headers=of(name))):
        assert (answer.status, answer.code) == (400, "BAD_REQUEST")
    assert site.app.worlds.all() == {}


@pytest.mark.parametrize("name", ["x" * 100, "../../etc/passwd", "\xe4\xff", "a b", "'\"\x1b[0m", "0"])
def test_a_name_is_nothing_but_a_name(make_site, make_sim, name):
    """Whatever it looks like."""
    site = make_site(make_sim)
    site.trigger(headers=of(name))
    assert listed(site, name) == ["importPages-0001"]


def test_there_are_not_too_many(make_site, make_sim, monkeypatch):
    """Each has a thread; those that there are go on, and can be begun anew."""
    monkeypatch.setattr(module, "MOST_WORLDS", 2)
    site = make_site(make_sim)
    for tenant in ("one", "two"):
        site.trigger(headers=of(tenant))
    answer = site.execute(LIST, headers=of("three"))
    assert (answer.status, answer.code) == (404, "NO_WORLD")
    assert answer.message.startswith("There are 2 worlds, and no more are made; 'three' would be another.")
    assert site.control("reset", headers=of("three")).code == "NO_RESET"
    assert site.control("reset", headers=of("two")).status == 200
    assert (listed(site, "one"), listed(site, "two")) == (["importPages-0001"], [])


# --- functions that fail


@pytest.mark.parametrize(
    "error",
    [ValueError("s3cret"), UsageError("No."), StopIteration(), SystemExit(3), asyncio.CancelledError()],
)
def test_a_function_that_raises_makes_no_world(make_site, make_sim, error):
    """It is told where the server runs; the next request tries again."""
    raised = [error]

    def make(tenant):
        if raised:
            raise raised.pop()
        return make_sim(tenant)

    site = make_site(make)
    answer = site.execute(LIST)
    assert (answer.status, answer.code) == (500, "NO_WORLD")
    assert type(error).__name__ in answer.message
    assert "s3cret" not in answer.everything
    assert [entry.error for entry in site.entries if isinstance(entry, Raised)] == [error]
    assert site.app.worlds.all() == {}
    assert listed(site, "root") == []


@pytest.mark.parametrize("made", [None, "sim", Simulator])
def test_a_function_that_makes_something_else_makes_no_world(make_site, made):
    """The journal says what it made."""
    site = make_site(lambda tenant: made)
    assert site.execute(LIST).code == "NO_WORLD"
    assert "Return a Simulator." in str(site.entries[0].error)


def test_what_a_function_raises_comes_out_where_it_is_called(make_sim):
    """Whoever starts a server sees the error itself."""
    worlds = Worlds(lambda tenant: 1 // 0, parse_pace("virtual"), Journal())
    with pytest.raises(ZeroDivisionError):
        worlds.owner("root")
    assert worlds.all() == {}


def test_a_world_that_cannot_be_begun_anew_goes_on(make_site, make_sim):
    """The function failed; nothing is lost."""
    made = []

    def make(tenant):
        made.append(tenant)
        if len(made) == 2:
            raise ValueError
        return make_sim(tenant)

    site = make_site(make)
    site.trigger()
    assert site.control("reset").code == "NO_WORLD"
    assert listed(site, "root") == ["importPages-0001"]
    assert site.control("reset").status == 200
    assert listed(site, "root") == []


def test_what_is_no_source_of_simulators_is_refused():
    """Before anything is served."""
    for source in (None, "sim", 5):
        with pytest.raises(UsageError, match=r"create_app\(\) got"):
            create_app(source)


# --- functions that take their time


class Gate:
    """Makes simulators when it is opened."""

    def __init__(self, make_sim, *, waits_for=None):
        self.entered, self.opened, self.made = threading.Event(), threading.Event(), []
        self._make, self._waits_for = make_sim, waits_for

    def __call__(self, tenant):
        self.entered.set()
        if self._waits_for in {None, tenant}:
            assert self.opened.wait(10)
        self.made.append(tenant)
        return self._make(tenant)


def test_who_asks_for_a_world_that_takes_its_time_is_told_so(make_site, make_sim):
    """After a while; it is made once, and answers whoever asks again later."""
    gate = Gate(make_sim)
    site = make_site(gate, bounds={"seconds": 0.05})
    for answer in (site.execute(LIST), site.ask("GET", "/control/now")):
        assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "BUSY", "1")
        assert answer.message == "The world of 'root' was not made within 0.05 seconds. Ask again later."
    assert site.ask("GET", "/health").json()["worlds"] == []
    gate.opened.set()
    until(lambda: list(site.app.worlds.all()) == ["root"])
    assert gate.made == ["root"]


def test_a_world_that_takes_its_time_holds_up_no_other(make_site, make_sim):
    """Others are made and answer meanwhile."""
    gate = Gate(make_sim, waits_for="slow")
    site = make_site(gate)

    async def ask_both():
        slow = asyncio.ensure_future(site.ask_async("GET", "/control/now", headers=of("slow")))
        fast = await site.ask_async("GET", "/control/now", headers=of("fast"))
        is_waiting = not slow.done()
        gate.opened.set()
        return fast.status, is_waiting, (await slow).status

    assert asyncio.run(ask_both()) == (200, True, 200)
    assert gate.made == ["fast", "slow"]


def test_a_world_is_made_once_for_all_who_ask_for_it_at_once(make_sim):
    """By threads and by requests."""
    gate = Gate(make_sim)
    worlds = Worlds(gate, parse_pace("virtual"), Journal())
    futures = [worlds.begin("root") for _ in range(5)]
    assert gate.entered.wait(10)
    assert worlds.all() == {}
    gate.opened.set()
    owners = [worlds.owner("root"), *(future.result(10) for future in futures)]
    assert (len(set(map(id, owners))), gate.made) == (1, ["root"])
    owners[0].close()


def test_a_world_that_is_replaced_while_it_is_made_is_closed(make_sim):
    """Nobody would find it any more."""
    gate, turns = Gate(make_sim), iter([True, False])

    def make(tenant):
        return gate(tenant) if next(turns) else make_sim(tenant)

    worlds = Worlds(make, parse_pace("virtual"), Journal())
    first = worlds.begin("root")
    assert gate.entered.wait(10)
    second = worlds.begin_anew("root").result(10)
    gate.opened.set()
    until(lambda: first.done() and first.result()._is_closed)
    assert worlds.owner("root") is second
    assert not second._is_closed
    second.close()


def test_a_world_that_fails_while_it_is_replaced_leaves_the_new_one(make_sim):
    """Its end is its askers' alone."""
    gate, turns = Gate(lambda tenant: 1 // 0), iter([True, False])

    def make(tenant):
        return gate(tenant) if next(turns) else make_sim(tenant)

    worlds = Worlds(make, parse_pace("virtual"), Journal())
    first = worlds.begin("root")
    assert gate.entered.wait(10)
    second = worlds.begin_anew("root").result(10)
    gate.opened.set()
    assert isinstance(first.exception(10), ZeroDivisionError)
    assert worlds.owner("root") is second
    second.close()


def test_a_world_that_is_made_after_the_end_is_closed(make_sim):
    """Whether it is the first of its tenant or another."""
    gate = Gate(make_sim, waits_for="late")
    worlds = Worlds(gate, parse_pace("virtual"), Journal())
    worlds.owner("root")
    late, anew = worlds.begin("late"), worlds.begin_anew("late")
    worlds.close()
    gate.opened.set()
    for future in (late, anew):
        until(lambda future=future: future.done() and future.result()._is_closed)


@pytest.mark.parametrize("is_end", [True, False])
def test_a_world_that_waits_for_the_one_before_is_closed_if_it_comes_too_late(make_sim, monkeypatch, is_end):
    """While the one before is given a moment to answer, the server ends, or somebody begins another."""
    monkeypatch.setattr("tasksim.graphql._serving.worlds._MS_TO_END", 10_000)
    worlds = Worlds(make_sim, parse_pace("real"), Journal())
    opened = threading.Event()
    worlds.owner("root").do(lambda _: opened.wait(10))
    before = worlds.begin("root")
    late = worlds.begin_anew("root")
    until(lambda: before.result()._is_closed)
    if is_end:
        worlds.close()
    else:
        worlds.begin_anew("root").result(10)
    opened.set()
    until(lambda: late.done() and late.result()._is_closed)
    assert is_end or not worlds.owner("root")._is_closed
    worlds.close()


def test_who_waits_for_a_world_that_is_replaced_is_answered(make_sim):
    """That it was closed, if nothing else comes in a moment; nobody sees the new one before."""
    worlds = Worlds(make_sim, parse_pace("virtual"), Journal())
    opened = threading.Event()
    held = worlds.owner("root").do(lambda _: opened.wait(10))
    worlds.begin_anew("root").result(10)
    assert isinstance(held.exception(0), WorldClosed)
    opened.set()
    worlds.close()


def test_the_only_simulator_is_not_made_again():
    """Nor is there another world beside it."""
    worlds = Worlds(Simulator(), parse_pace("virtual"), Journal())
    for ask in (worlds.begin, worlds.owner, worlds.begin_anew):
        with pytest.raises(UnknownWorld):
            ask("other")


def test_after_the_end_requests_are_refused(make_site, make_sim):
    """Nothing is done any more, and a client may ask whoever comes next."""
    site = make_site(make_sim)
    site.trigger()
    assert site.live()[-1] == "lifespan.shutdown.complete"
    for answer in (site.execute(LIST), site.control("run-next"), site.ask("GET", "/control/now")):
        assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "CLOSED", "1")


def test_time_goes_on_from_the_start(make_site):
    """Where time is real, what is pending begins when the app does, and not when somebody asks."""
    site = make_site(time="x1000")
    site.sim.tasks.trigger("importPages")

    async def live():
        async with site.app.router.lifespan_context(site.app):
            until(lambda: any(getattr(entry, "change", "") == "ended" for entry in site.entries))

    asyncio.run(live())


def until(condition):
    """Wait for what another thread does."""
    waiting = threading.Event()
    for _ in range(2000):
        if condition():
            return
        waiting.wait(0.005)
    raise AssertionError
