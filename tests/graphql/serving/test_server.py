"""The server: where it says that it is."""

import socket

import pytest

from tasksim import Simulator
from tasksim.graphql import create_app
from tasksim.graphql._serving.server import Server


def has_ipv6():
    """Whether this machine has a loopback address of IPv6."""
    try:
        with socket.socket(socket.AF_INET6) as found:
            found.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("localhost", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.1"),  # noqa: S104 - closed at once
        pytest.param("::1", "[::1]", marks=pytest.mark.skipif(not has_ipv6(), reason="needs IPv6")),
    ],
)
def test_url(host, shown):
    """It is an address by which this machine reaches it, with the port that was taken."""
    server = Server(create_app(Simulator()), host)
    with server._socket:
        assert server.url == f"http://{shown}:{server.port}"
        assert server.port > 0
