"""The settings of a simulator: what they may be, and how the token says them."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasksim import Identity, Limits, Simulator, UsageError, create_task_definition
from tasksim._faults.hosts import parse_on_crash
from tasksim._faults.plan import Plan
from tasksim._faults.token import Settings, parse_token
from tasksim._simulator.settings import checked_limits, checked_settings, listed

DEFAULTS = {
    "profile": None,
    "start": "2024-01-01T00:00:00Z",
    "seed": None,
    "budget": "15m",
    "close_limit": None,
    "tick": 0,
    "plan": None,
    "on_crash": None,
    "kills_at_deadline": True,
}


def checked(**settings):
    """Check settings, the others being the defaults."""
    return checked_settings(**{**DEFAULTS, **settings})


# --- what holds


def test_defaults():
    """Without settings the profile's hold, and the token says nothing of them."""
    found = checked()
    assert (found.profile.name, found.plan, found.seed, found.start_ms) == (
        "documented",
        Plan(),
        0,
        1_704_067_200_000,
    )
    assert (found.host.budget_ms, found.host.close_limit_ms, found.host.tick_ms) == (900_000, 180_000, 0)
    assert (found.on_crash, found.host.retries, found.host.redeliver_ms) == ("strand", 0, None)
    assert found.host.kills_at_deadline
    assert found.for_token() == Settings()


def test_each_is_read():
    """Each setting is read in whichever form it may have."""
    found = checked(
        profile="webiny-5",
        start=datetime(2025, 1, 1, tzinfo=timezone.utc),
        seed=-7,
        budget=timedelta(minutes=5),
        close_limit="90s",
        tick=1.5,
        plan=["crash@event#2"],
        on_crash="redeliver(900s)",
        kills_at_deadline=False,
    )
    assert (found.profile.name, found.seed, found.start_ms) == ("webiny-5", -7, 1_735_689_600_000)
    assert (found.host.budget_ms, found.host.close_limit_ms, found.host.tick_ms) == (300_000, 90_000, 1_500)
    assert (found.on_crash, found.host.retries, found.host.redeliver_ms) == ("redeliver(15m)", 0, 900_000)
    assert not found.host.kills_at_deadline
    assert [fault.render() for fault in found.plan] == ["crash@event#2"]


@pytest.mark.parametrize("profile", ["documented", "webiny-5", "webiny-6"])
def test_what_the_profile_says_anyway(profile):
    """A setting that equals the profile's is not in the token; one that differs is."""
    rules = checked(profile=profile).profile
    same = checked(profile=profile, close_limit=rules.close_limit_ms / 1000, on_crash=rules.on_crash)
    assert same.for_token() == checked(profile=profile).for_token()
    other = checked(profile=profile, close_limit=7, on_crash="retry(5)").for_token()
    assert (other.close_limit_ms, other.on_crash) == (7_000, "retry(5)")


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "profile": st.sampled_from(["documented", "webiny-5", "webiny-6"]),
            "seed": st.integers(-(10**20), 10**20),
            "start": st.integers(0, 7_000_000_000).map(lambda at: datetime.fromtimestamp(at, timezone.utc)),
            "budget": st.integers(1, 10**6).map(lambda ms: f"{ms}ms"),
            "close_limit": st.integers(1, 10**6).map(lambda ms: f"{ms}ms"),
            "tick": st.integers(0, 10**6).map(lambda ms: f"{ms}ms"),
            "plan": st.sampled_from(["", "crash@event#2", "abort@wait#1 redeliver@1"]),
            "on_crash": st.sampled_from(["strand", "retry(2)", "redeliver(15m)", "redeliver(900s)"]),
        },
    )
)
def test_the_token_has_them_all(settings):
    """A simulator made of what a token says is the same one."""
    sim = Simulator(**settings)
    token = parse_token(sim.token)
    said = token.settings
    again = Simulator(
        profile=said.profile,
        seed=said.seed,
        start=datetime.fromtimestamp(said.start_ms / 1000, timezone.utc),
        budget=said.budget_ms / 1000,
        close_limit=None if said.close_limit_ms is None else said.close_limit_ms / 1000,
        tick=said.tick_ms / 1000,
        on_crash=said.on_crash,
        plan=token.plan,
    )
    assert list(again.trace) == list(sim.trace)
    assert again.token == sim.token


# --- what is refused


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"profile": "webiny-7"}, "webiny-7"),
        ({"profile": object}, "profile="),
        ({"start": "soon"}, "start is 'soon'"),
        ({"seed": 1.0}, "seed=1.0"),
        ({"budget": 0}, "budget is 0"),
        ({"close_limit": "0s"}, "close_limit is '0s'"),
        ({"tick": "-1s"}, "tick is '-1s'"),
        ({"plan": "crash"}, "crash"),
        ({"plan": 3}, "plan is 3"),
        ({"plan": "v1 seed=3"}, "plan is 'v1 seed=3', which is a token"),
        ({"on_crash": "retry"}, "retry"),
        ({"timezone": 3}, "timezone=3"),
        ({"tenant": None, "identity": "bob"}, "identity='bob'"),
        ({"freeze": 1}, "freeze=1"),
        ({"strict": "yes"}, "strict='yes'"),
        ({"seed_random": 0}, "seed_random=0"),
        ({"builtins": "testingRun"}, "builtins='testingRun'"),
        ({"trace": 1}, "trace=1"),
        ({"limits": Limits(events=0)}, "events=0"),
        ({"limits": Limits(checkpoints=1.5)}, "checkpoints=1.5"),
        ({"limits": Limits(lifetime="soon")}, "lifetime is 'soon'"),
    ],
)
def test_refused_by_name(settings, named):
    """What cannot be used is refused before anything is built, by the name of the argument."""
    with pytest.raises(UsageError) as caught:
        Simulator(**settings)
    assert named in caught.value.sentence


def test_none_means_the_default():
    """None is the default of each setting that has one of its own."""
    sim = Simulator(
        profile=None,
        seed=None,
        close_limit=None,
        plan=None,
        on_crash=None,
        identity=None,
        timezone=None,
        limits=None,
    )
    assert sim.token == "v1"  # noqa: S105 - a simulation's


@pytest.mark.parametrize(
    "definitions", ["reindex", b"reindex", 3, create_task_definition(id="a", title="A", run=id)]
)
def test_a_definition_without_its_list(definitions):
    """A definition that is not in a list is refused, with the right call."""
    with pytest.raises(UsageError, match=r"instead of a list of definitions\.\n  Wrap it: Simulator\(\["):
        listed(definitions)


@pytest.mark.parametrize("definitions", [(), [1], {2}, (each for each in [3])])
def test_any_iterable_will_do(definitions):
    """Whatever can be iterated over is a list of definitions."""
    assert listed(definitions) is definitions


def test_limits():
    """A lifetime may be written as any duration; None lifts a limit."""
    assert checked_limits(Limits(lifetime="1h", events=None)) == Limits(lifetime=3600, events=None)
    assert checked_limits(Limits(lifetime=None)) == Limits(lifetime=None)


def test_identity_and_tenant():
    """Who triggers, and whose answers they are, are settings of one simulator."""
    sim = Simulator(
        identity=Identity(id="bob", display_name="Bob", type="admin"), tenant="acme", builtins=True
    )
    assert sim.run("testingRun").task.created_by.id == "bob"
    assert parse_on_crash(sim._settings.on_crash).retries == 0
