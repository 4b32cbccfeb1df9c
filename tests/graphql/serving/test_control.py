"""Control: time, moved from outside."""

import pytest

from tasksim import Simulator, create_task_definition
from tasksim.graphql._serving import goals
from tasksim.graphql._serving.journal import Raised

START = "2024-01-01T00:00:00.000Z"


def continue_forever(controller):
    """Never end."""
    return controller.response.continue_({}, seconds=1)


def insist(controller):
    """Raise what is no failure of a task."""
    raise AssertionError("This must not be.")


def leave(controller):
    """Raise what nobody may catch."""
    raise SystemExit(3)


OTHERS = [
    create_task_definition(id="endless", title="Endless", run=continue_forever),
    create_task_definition(id="insistent", title="Insistent", run=insist),
    create_task_definition(id="leaving", title="Leaving", run=leave),
]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("60", 60),
        ("0", 0),
        ("1.5", 1.5),
        ("0.0004", 0),
        ("15m", 900),
        ("1h30m", 5400),
        ("250ms", 0.25),
        ("60s", 60),
        ("007", 7),
        ("36525d", 36525 * 86400),
    ],
)
def test_time_advances_by_what_is_said(site, text, seconds):
    """Seconds without a unit, or a duration; the answer says where the world stands."""
    answer = site.control(f"advance?seconds={text}")
    assert answer.status == 200, answer.everything
    assert answer.json().keys() == {"now", "events", "last", "raised"}
    assert site.now() == seconds


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?seconds=",
        "?seconds=-1",
        "?seconds=-0",
        "?seconds=NaN",
        "?seconds=Infinity",
        "?seconds=1e3",
        "?seconds=0x10",
        "?seconds=%2B5",
        "?seconds=5%20",
        "?seconds=.",
        "?seconds=1.2.3",
        "?seconds=\u0665",
        "?seconds=x",
        "?seconds=" + "9" * 17,
        "?seconds=" + "9" * 5000,
        "?seconds=36526d",
        "?seconds=5&seconds=5",
        "?second=5",
        "?seconds=5&task=x",
        "?seconds=5&%ff=x",
        "?SECONDS=5",
    ],
)
def test_other_distances_are_refused(site, query):
    """With what is wrong; and time stands where it stood."""
    answer = site.control(f"advance{query}")
    assert (answer.status, answer.code) == (400, "BAD_REQUEST")
    assert len(answer.message) < 200
    assert site.now() == 0


def test_time_does_not_go_beyond_what_an_instant_can_say(site):
    """A year has four digits; the world goes on."""
    for _ in range(69):
        assert site.control("advance?seconds=36525d").status == 200
    answer = site.control("advance?seconds=36525d")
    assert (answer.status, answer.code) == (400, "BAD_REQUEST")
    assert site.control("advance?seconds=1").json()["now"].startswith("8924-")


@pytest.mark.parametrize("action", ["run-next", "run-until-idle", "reset"])
@pytest.mark.parametrize("query", ["?seconds=5", "?x", "?tenant=other"])
def test_parameters_that_mean_nothing_are_refused(make_site, make_sim, action, query):
    """Nothing was done then, nor was a world made."""
    site = make_site(make_sim)
    site.trigger()
    answer = site.control(f"{action}{query}")
    assert (answer.status, answer.code) == (400, "BAD_REQUEST")
    assert "means nothing here. Leave it out." in answer.message
    assert site.app.worlds.owner("root").sim.tasks.get_task("importPages-0001").status == "pending"
    site.control(f"{action}{query}", headers={"x-tenant": "other"})
    assert list(site.app.worlds.all()) == ["root"]


def test_the_next_event_is_handled(site):
    """What was handled is shown; at idle nothing."""
    id = site.trigger(left=1)
    first, second = site.control("run-next").json(), site.control("run-next").json()
    assert first["last"].items() >= {"task": id, "iteration": 1, "killed": None, "seconds": 0.0}.items()
    assert first["last"]["answer"]["status"] == "continue"
    assert second.items() >= {"now": "2024-01-01T00:01:00.000Z", "events": 1, "raised": []}.items()
    idle = {"now": "2024-01-01T00:01:00.000Z", "events": 0, "last": None, "raised": []}
    for _ in range(2):
        assert site.control("run-next").json() == idle
    assert site.control("run-until-idle").json() == idle


def test_time_runs_until_nothing_is_due(site):
    """And says over how many events."""
    site.trigger(left=9)
    assert site.control("run-until-idle").json()["events"] == 10
    assert site.now() == 540


def test_an_act_is_shown_by_its_name(site):
    """What was planned for a time is an event, too."""
    site.sim.at("5s", lambda: None)
    assert site.control("run-next").json()["last"].keys() == {"act"}


def test_a_task_that_never_ends_ends_a_movement(make_site, monkeypatch):
    """After so many events; the next movement goes on from there."""
    monkeypatch.setattr(goals, "MOST_EVENTS", 20)
    site = make_site(Simulator(OTHERS, profile="webiny-5"))
    site.sim.tasks.trigger("endless")
    for end in (19, 39):
        answer = site.control("run-until-idle")
        assert (answer.status, answer.code) == (409, "REFUSED")
        assert answer.message.startswith("Time was moved over 20 events and is not there yet.")
        assert site.now() == end
    assert site.execute("{ __typename }").status == 200


@pytest.mark.parametrize(
    ("definition", "said"), [("insistent", "AssertionError: This must not be."), ("leaving", "SystemExit: 3")]
)
def test_what_comes_out_of_a_task_and_is_no_failure_is_told(make_site, definition, said):
    """The world goes on, and so do the other tasks."""
    site = make_site(Simulator(OTHERS, profile="webiny-5", builtins=True))
    site.sim.tasks.trigger(definition)
    site.sim.tasks.trigger("testingRun")
    answer = site.control("run-until-idle").json()
    assert (answer["raised"], answer["events"]) == ([said], 2)
    assert site.sim.tasks.get_task("testingRun-0002").status == "success"


def test_where_the_world_stands_is_told(site):
    """Its wall time, and how long it has been."""
    assert site.ask("GET", "/control/now").json() == {"now": START, "elapsedSeconds": 0.0}
    site.control("advance?seconds=1.5")
    assert site.ask("GET", "/control/now").json() == {
        "now": "2024-01-01T00:00:01.500Z",
        "elapsedSeconds": 1.5,
    }


def test_what_is_due_next_is_told(site):
    """When, and what; nothing at idle."""
    assert site.ask("GET", "/control/next-event").json() == {"next": None}
    site.trigger(left=1)
    site.control("run-next")
    found = site.ask("GET", "/control/next-event").json()["next"]
    assert found["at"] == "2024-01-01T00:01:00.000Z"
    assert "importPages-0001" in found["what"]


def test_what_happened_is_told(site):
    """In all or to one task, as events and as text."""
    first, second = site.trigger(), site.trigger()
    site.control("run-until-idle")
    everything = site.ask("GET", "/control/timeline").json()
    one = site.ask("GET", f"/control/timeline?task={second}").json()
    assert {event.get("task") for event in one["events"]} == {second}
    assert len(one["events"]) < len(everything["events"])
    assert first in everything["text"]
    assert first not in one["text"]


@pytest.mark.parametrize("task", ["", "none", "\u00fc", "%ed%a0%80", "x" * 5000, "importPages-0001%0a"])
def test_a_task_to_which_nothing_happened_is_not_found(site, task):
    """It may be misspelt."""
    site.trigger()
    answer = site.ask("GET", f"/control/timeline?task={task}")
    assert (answer.status, answer.code) == (404, "NOT_FOUND")
    assert len(answer.message) < 200


@pytest.mark.parametrize("path", ["now?task=x", "next-event?x", "timeline?tasks=x", "timeline?task=a&task=a"])
def test_readings_refuse_what_means_nothing(site, path):
    """As movements do."""
    assert site.ask("GET", f"/control/{path}").code == "BAD_REQUEST"


def test_without_a_trace_there_is_no_timeline(make_site):
    """The text says so; everything else answers."""
    site = make_site(Simulator(OTHERS, profile="webiny-5", trace=False))
    site.sim.tasks.trigger("endless")
    answer = site.ask("GET", "/control/timeline").json()
    assert (answer["events"], "trace=False" in answer["text"]) == ([], True)
    assert site.control("run-next").json()["last"]["task"] == "endless-0001"
    assert site.execute("{ __typename }").status == 200


def test_a_world_is_begun_anew(make_site, make_sim):
    """Its tasks and its time are gone; what is asked next is asked of the new one."""
    site = make_site(make_sim)
    site.trigger()
    site.control("advance?seconds=60")
    before = site.app.worlds.owner("root")
    assert site.control("reset").json() == {"now": START, "elapsedSeconds": 0.0}
    assert site.app.worlds.owner("root") is not before
    assert before._is_closed
    assert site.trigger() == "importPages-0001"


def test_the_only_simulator_is_not_begun_anew(site):
    """The app did not make it; it is as it was."""
    site.trigger()
    answer = site.control("reset")
    assert (answer.status, answer.code) == (409, "NO_RESET")
    assert site.control("run-until-idle").json()["events"] == 1


def test_what_there_is_is_listed(site):
    """For whoever asks for /control itself."""
    assert site.ask("GET", "/control").json() == {
        "POST": ["/control/advance", "/control/run-until-idle", "/control/run-next", "/control/reset"],
        "GET": ["/control/now", "/control/next-event", "/control/timeline"],
    }


def test_control_can_be_left_out(make_site):
    """Then time is nobody's to move."""
    site = make_site(control=False)
    for method, path in [("GET", ""), ("GET", "/now"), ("POST", "/run-next"), ("POST", "/advance?seconds=5")]:
        assert site.ask(method, f"/control{path}").status == 404
    assert site.execute("{ __typename }").status == 200


def test_what_came_out_is_told_where_nobody_waits_for_it(make_site):
    """The journal has what a jump brought out of a task."""
    site = make_site(Simulator(OTHERS, profile="webiny-5"), autojump=True)
    site.sim.tasks.trigger("insistent")
    site.execute("{ backgroundTasks { listTasks { data { id } } } }")
    (told,) = [entry for entry in site.entries if isinstance(entry, Raised)]
    assert (told.tenant, str(told.error)) == ("root", "This must not be.")
