"""The server: uvicorn on a socket of ours, on a thread of its own.

This module promises that the port is taken before anything is said of it, that a world that is stuck in a
task's code does not keep the server from stopping, and that uvicorn says nothing by itself. It must not know
what is served.
"""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import uvicorn

from tasksim.errors import UsageError
from tasksim.graphql._serving.guard import is_loopback

if TYPE_CHECKING:
    from typing_extensions import Self

    from tasksim.graphql._serving.app import App

__all__ = ["Server"]

_SECONDS_TO_STOP = 0.1


class Server:
    """Serves an app over HTTP, from `start` to `stop`.

    Args:
        app: The app.
        host: The address to be bound: an IP address or a name of this machine.
        port: The port; 0 takes a free one.

    Raises:
        UsageError: The address or port cannot be had.
    """

    def __init__(self, app: App, host: str = "127.0.0.1", port: int = 0) -> None:
        """Bind the socket; nobody is answered yet."""
        self.app = app
        self._socket = _bound(host, port)
        self._server = _Uvicorn(
            uvicorn.Config(
                app,
                http="h11",
                ws="none",
                lifespan="on",
                log_config=None,
                log_level="critical",
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=_SECONDS_TO_STOP,  # type: ignore[arg-type]  # asyncio waits it
            )
        )
        self._thread = threading.Thread(target=self._run, name="tasksim server", daemon=True)

    @property
    def port(self) -> int:
        """The port that was bound."""
        port: int = self._socket.getsockname()[1]
        return port

    @property
    def url(self) -> str:
        """Where it is, without a slash at the end; `127.0.0.1` if it is bound to every address."""
        host = self._socket.getsockname()[0]
        if host in {"0.0.0.0", "::"}:  # noqa: S104 - told apart, not bound
            host = "127.0.0.1"
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def start(self) -> Self:
        """Begin to answer, and return when it does."""
        self._thread.start()
        self._server.is_ready.wait()
        return self

    def stop(self) -> None:
        """End: what waits is refused, what is under way in a task is left alone."""
        self._server.should_exit = True
        self._thread.join()

    def _run(self) -> None:
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._server.is_ready.set()
            self._socket.close()

    def __enter__(self) -> Self:
        """Begin to answer."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """End."""
        self.stop()


class _Uvicorn(uvicorn.Server):
    """uvicorn that says when it is there, and refuses what waits for a world before it waits for clients."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.is_ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        app: App = self.config.app  # type: ignore[assignment]  # it is given above
        app.worlds.close()
        await super().shutdown(sockets=sockets)


def _bound(host: str, port: int) -> socket.socket:
    """Return a socket that is bound."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Its protocol named: asyncio switches delays off (TCP_NODELAY) where it sees TCP, and 40 ms each else.
    found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
    except OSError as error:
        found.close()
        shown = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        reason = (error.strerror or str(error)).lower()
        raise UsageError(
            f"{shown} cannot be bound: {reason}.",
            way_out="Choose another port, or 0 for a free one, and an address of this machine"
            + ("." if is_loopback(host) else ", as in 127.0.0.1."),
        ) from None
    return found
