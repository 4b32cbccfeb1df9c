"""Clients that hang up, or are slow: the server lives on, and does what was asked for once or not at all."""

import json
import socket
import struct
import threading

import pytest

pytestmark = pytest.mark.slow

TRIGGER = json.dumps(
    {"query": "mutation { backgroundTasks { triggerTask(definition: importPages) { data { id } } } }"}
).encode()
HEAD = (
    b"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n" % len(TRIGGER)
)


def tasks(served, **headers):
    """Return the ids of all tasks."""
    return [task["id"] for task in served.ask("listTasks { data { id } }", **headers)["data"]]


def hang_up(connection, *, rudely):
    """Close a connection, with what was not read thrown away (RST) or in peace (FIN)."""
    if rudely:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@pytest.mark.parametrize("rudely", [False, True])
@pytest.mark.parametrize(
    "sent", [HEAD[:40], HEAD, HEAD + TRIGGER[:20]], ids=["head", "no body", "half a body"]
)
def test_in_the_middle_of_a_request(serve, connect, wait, sent, rudely):
    """Who hangs up in the middle of a request has asked for nothing; others are answered."""
    served = serve()
    connection = connect(served)
    connection.sendall(sent)
    connections = served.server._server.server_state.connections
    wait(lambda: connections, "the server has heard of it")
    hang_up(connection, rudely=rudely)
    wait(lambda: not connections, "the server has heard the end of it")
    assert tasks(served) == []
    assert served.trigger() == "importPages-0001"
    wait(lambda: not served.server._server.server_state.tasks, "nothing is under way")
    refused = [] if sent == HEAD[:40] else [(400, "/graphql")]
    assert [each for each in served.requests() if each[0] != 200] == refused


@pytest.mark.parametrize("rudely", [False, True])
def test_while_it_waits(serve, blocking, connect, wait, rudely):
    """What a client asked for that hung up while it waited is done once, when its turn comes."""
    definition, release = blocking
    served = serve(own=[definition], time="real")
    served.trigger("blocking")
    owner = served.app.worlds.owner("root")
    wait(lambda: owner.busy, "the task has begun")
    connection = connect(served)
    connection.sendall(HEAD + TRIGGER)
    wait(lambda: not owner._queue.empty(), "the request waits")
    hang_up(connection, rudely=rudely)
    assert served.trigger(x_tenant="other") == "importPages-0001"
    release.set()
    assert sorted(tasks(served)) == ["blocking-0001", "importPages-0002"]
    wait(lambda: (200, "triggerTask") in served.requests()[2:], "the answer was told of")


def test_before_it_has_read_the_answer(serve, connect):
    """Who hangs up before it has read a long answer harms nobody."""
    served = serve()
    for _ in range(20):
        served.trigger(arguments='input: {left: 0, text: "' + "x" * 10_000 + '"}')
    body = b'{"query": "{ backgroundTasks { listTasks(limit: 20) { data { id input } } } }"}'
    head = HEAD.replace(b"%d" % len(TRIGGER), b"%d" % len(body))
    for _ in range(5):
        connection = connect(served)
        connection.sendall(head + body)
        assert connection.recv(12) == b"HTTP/1.1 200"
        hang_up(connection, rudely=True)
    assert len(tasks(served)) == 20


def test_one_after_another_in_one_connection(serve, connect, receive):
    """Requests that are sent at once in one connection are answered in turn, the last when it is whole."""
    served = serve()
    connection = connect(served)
    connection.sendall(3 * (HEAD + TRIGGER) + HEAD)
    found = receive(connection, b'"id":"importPages-', 3)
    assert [f"importPages-000{n}".encode() in found for n in (1, 2, 3, 4)] == [True, True, True, False]
    connection.sendall(TRIGGER)
    receive(connection, b"importPages-0004")


def test_tenants_in_parallel(serve):
    """Clients of several tenants that ask at once see their own tasks alone, with their own times and ids."""
    served = serve(autojump=True)
    found = {}

    def use(tenant, left):
        ids = [served.trigger(arguments=f"input: {{left: {left}}}", x_tenant=tenant) for _ in range(5)]
        while "pending" in (statuses := [served.status(id, x_tenant=tenant) for id in ids]) or (
            "running" in statuses
        ):
            pass
        now = served.send("GET", "/control/now", {"x-tenant": tenant}).json()["elapsedSeconds"]
        found[tenant] = (sorted(tasks(served, x_tenant=tenant)), statuses, now)

    threads = [threading.Thread(target=use, args=(f"tenant{left}", left)) for left in (0, 1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = [f"importPages-000{n}" for n in range(1, 6)]
    assert found == {f"tenant{left}": (ids, 5 * ["success"], 60.0 * left) for left in (0, 1, 2, 3)}
    assert tasks(served) == []
