"""What an event loop offers towards the outside world, and a simulation's loop refuses.

This module promises that no method of `asyncio.AbstractEventLoop` that would touch threads,
sockets, processes, pipes or signals does anything but raise a `UsageError`. It must not know
how the loop runs.
"""

from __future__ import annotations

import asyncio
from typing import Any, NoReturn

from tasksim._engine.frames import calling_line
from tasksim.errors import UsageError

_CALL = "Call the function directly: time stands still while it runs."
_NETWORK = "Use a fake of the other side in the task, or make the call outside the simulation."
_PROCESS = "Use a fake of the program in the task, or run it outside the simulation."
_SIGNAL = "Raise in the task what the handler would raise, or test the handler on its own."
_AWAIT = "Await it: the simulation runs this loop."
_RETURN = "Return from the coroutine: the simulation ends and closes this loop."


def _refused(name: str, way_out: str) -> Any:
    """Make the method that stands where `name` would reach outside."""

    def refuse(self: SealedLoop, *_args: object, **_options: object) -> NoReturn:
        """Raise the usage error that names this call."""
        self.refuse(f"A simulation's event loop has no {name}().", way_out)

    refuse.__name__ = name
    return refuse


class SealedLoop(asyncio.AbstractEventLoop):
    """An event loop without an outside; what runs inside is for a subclass to say.

    Attributes:
        refusal: The first usage error raised. It is kept because code may swallow it.
    """

    def __init__(self) -> None:
        self.refusal: UsageError | None = None

    def refuse(self, sentence: str, way_out: str) -> NoReturn:
        """Raise a usage error that says where the user's code called, and keep the first."""
        error = UsageError(sentence, facts=(calling_line(),), way_out=way_out)
        self.refusal = self.refusal or error
        raise error

    run_in_executor = _refused("run_in_executor", _CALL)
    set_default_executor = _refused("set_default_executor", _CALL)

    run_forever = _refused("run_forever", _AWAIT)
    run_until_complete = _refused("run_until_complete", _AWAIT)
    close = _refused("close", _RETURN)

    getaddrinfo = _refused("getaddrinfo", _NETWORK)
    getnameinfo = _refused("getnameinfo", _NETWORK)
    create_connection = _refused("create_connection", _NETWORK)
    create_server = _refused("create_server", _NETWORK)
    create_unix_connection = _refused("create_unix_connection", _NETWORK)
    create_unix_server = _refused("create_unix_server", _NETWORK)
    create_datagram_endpoint = _refused("create_datagram_endpoint", _NETWORK)
    connect_accepted_socket = _refused("connect_accepted_socket", _NETWORK)
    start_tls = _refused("start_tls", _NETWORK)
    sendfile = _refused("sendfile", _NETWORK)
    add_reader = _refused("add_reader", _NETWORK)
    remove_reader = _refused("remove_reader", _NETWORK)
    add_writer = _refused("add_writer", _NETWORK)
    remove_writer = _refused("remove_writer", _NETWORK)
    sock_recv = _refused("sock_recv", _NETWORK)
    sock_recv_into = _refused("sock_recv_into", _NETWORK)
    sock_recvfrom = _refused("sock_recvfrom", _NETWORK)
    sock_recvfrom_into = _refused("sock_recvfrom_into", _NETWORK)
    sock_sendall = _refused("sock_sendall", _NETWORK)
    sock_sendto = _refused("sock_sendto", _NETWORK)
    sock_connect = _refused("sock_connect", _NETWORK)
    sock_accept = _refused("sock_accept", _NETWORK)
    sock_sendfile = _refused("sock_sendfile", _NETWORK)

    connect_read_pipe = _refused("connect_read_pipe", _PROCESS)
    connect_write_pipe = _refused("connect_write_pipe", _PROCESS)
    subprocess_shell = _refused("subprocess_shell", _PROCESS)
    subprocess_exec = _refused("subprocess_exec", _PROCESS)

    add_signal_handler = _refused("add_signal_handler", _SIGNAL)
    remove_signal_handler = _refused("remove_signal_handler", _SIGNAL)
