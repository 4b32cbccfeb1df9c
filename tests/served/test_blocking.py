"""A task that blocks: its world says so and does nothing, all else goes on."""

import pytest

from tasksim import create_task_definition
from tasksim.graphql._bounds import BOUNDS
from tasksim.graphql._serving import app

pytestmark = pytest.mark.slow

SECONDS = 0.5


@pytest.fixture
def served(serve, blocking, monkeypatch):
    """A server that waits for a world no longer than a moment, with the definition that blocks."""
    monkeypatch.setattr(app, "BOUNDS", BOUNDS._replace(seconds=SECONDS))
    definition, _ = blocking
    return serve(own=[definition])


def block(served, wait, **headers):
    """Let the world run into the task that blocks; return the answer to whoever moved time."""
    id = served.trigger("blocking", **headers)
    answer = served.send("POST", "/control/run-next", {n.replace("_", "-"): v for n, v in headers.items()})
    assert served.app.worlds.owner(headers.get("x_tenant", "root")).busy.what == id
    return answer


def test_names_the_task(served, wait):
    """Whoever asks a blocked world gets 503 and the task's name, and what was asked for is not done."""
    block(served, wait)
    trigger = (
        "mutation { backgroundTasks { triggerTask(definition: importPages) { data { id } error { code } } } }"
    )
    for answer in (
        served.post("{ backgroundTasks { listTasks { data { id } } } }"),
        served.post(trigger),
        served.send("GET", "/control/now"),
    ):
        assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "BUSY", "1")
        assert answer.message == (
            "The world has been busy with 'blocking-0001' for 0.5 seconds. Nothing was done. "
            "Ask again later; does a task block?"
        )


def test_whoever_moved_time_into_it_is_told(served, wait):
    """The request that made the task run is told that the rest of the way is given up; the task goes on."""
    answer = block(served, wait)
    assert (answer.status, answer.code) == (503, "BUSY")
    assert answer.message == (
        "The world has been busy with 'blocking-0001' for 0.5 seconds. What is left of the way was given up. "
        "Ask again later; does a task block?"
    )


def test_others_go_on(served, wait):
    """Other worlds, their time and /health go on; /health says which world is busy, with what, how long."""
    block(served, wait)
    other = {"x_tenant": "other"}
    assert served.trigger(**other) == "importPages-0001"
    assert served.send("POST", "/control/run-until-idle", {"x-tenant": "other"}).json()["events"] == 1
    assert served.status("importPages-0001", **other) == "success"
    health = served.send("GET", "/health").json()
    assert health["status"] == "ok"
    assert health["worlds"] == ["root", "other"]
    assert list(health["busy"]) == ["root"]
    assert health["busy"]["root"]["with"] == "blocking-0001"
    assert health["busy"]["root"]["seconds"] >= SECONDS


def test_world_goes_on_afterwards(served, wait, blocking):
    """When the task goes on so does its world: nothing is lost, what was given up was not done."""
    block(served, wait)
    given_up = served.post(
        "mutation { backgroundTasks { triggerTask(definition: importPages) { data { id } } } }"
    )
    assert given_up.status == 503
    _, release = blocking
    release.set()
    wait(lambda: served.app.worlds.owner("root").busy is None, "the task has gone on")
    assert served.ask("listTasks { data { id taskStatus } }") == {
        "data": [{"id": "blocking-0001", "taskStatus": "success"}]
    }
    assert served.trigger() == "importPages-0002"


def test_reset_gives_a_world_that_does_not_block(served, wait):
    """A blocked world can be begun anew: the new one answers, the old one's task is left alone."""
    block(served, wait)
    assert served.control("reset")["elapsedSeconds"] == 0
    assert served.ask("listTasks { data { id } }") == {"data": []}
    assert served.send("GET", "/health").json()["busy"] == {}
    assert served.trigger() == "importPages-0001"


def test_server_stops(served, wait):
    """A server with a blocked world stops."""
    block(served, wait)
    served.server.stop()
    with pytest.raises(ConnectionRefusedError):
        served.send("GET", "/health")


def test_what_waits_is_refused_when_the_server_stops(serve, blocking, connect, receive, wait):
    """A request that waits for a blocked world is answered when the server stops: 503, and that it closed."""
    definition, _ = blocking
    served = serve(own=[definition], time="real")
    served.trigger("blocking")
    owner = served.app.worlds.owner("root")
    wait(lambda: owner.busy, "the task has begun")
    waiting = connect(served)
    waiting.sendall(b"GET /control/now HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    wait(lambda: not owner._queue.empty(), "the request waits")
    served.server.stop()
    head, _, body = receive(waiting, b"}").partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 1" in head.lower()
    assert b'"message":"The world was closed. Ask again' in body
    assert b'"code":"CLOSED"' in body


def test_time_goes_on_for_others_in_real_time(serve, blocking, wait):
    """In real time, too, a task that blocks its world blocks no other."""
    definition, _ = blocking
    served = serve(own=[definition], time="x60")
    served.trigger("blocking")
    owner = served.app.worlds.owner("root")
    wait(lambda: owner.busy, "the task has begun")
    id = served.trigger(arguments="input: {left: 1, pause: 1}", x_tenant="other")
    wait(lambda: served.status(id, x_tenant="other") == "success", "the other world's task has ended")
    assert owner.busy.what == "blocking-0001"


def test_endless_work_does_not_starve_the_server(serve, wait):
    """A task that uses the processor all the time leaves enough of it to answer others."""
    goes_on = [True]

    def spin(controller):
        while goes_on[0]:
            pass
        return controller.response.done()

    definition = create_task_definition(id="spinning", title="Spinning", run=spin)
    served = serve(own=[definition], time="real")
    try:
        served.trigger("spinning")
        wait(lambda: served.app.worlds.owner("root").busy, "the task has begun")
        assert served.send("GET", "/health").json()["busy"]["root"]["with"] == "spinning-0001"
        assert served.trigger(x_tenant="other") == "importPages-0001"
    finally:
        goes_on[0] = False
    wait(lambda: served.status("spinning-0001") == "success", "the task has ended")
