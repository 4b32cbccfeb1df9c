"""The server of one test: its simulation behind a socket of this machine.

This module promises that the server is gone when the test is over. It must not know how anything is served.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tasksim.errors import UsageError, nearest_phrase
from tasksim.pytest_plugin.markers import choices
from tasksim.pytest_plugin.refusals import refuse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasksim._simulator.simulator import Simulator

__all__ = ["TasksimServer", "serving"]


class TasksimServer:
    """The value of the fixture `tasksim_server`.

    Attributes:
        url: Where it is, as in `http://127.0.0.1:40123`: `/graphql`, `/control/...` and `/health` are there.
        sim: The simulation. A test may use it while no request is under way.
    """

    def __init__(self, url: str, sim: Simulator) -> None:
        """Say where what is."""
        self.url = url
        self.sim = sim

    def __repr__(self) -> str:
        """Show both."""
        return f"<tasksim server at {self.url}, {self.sim!r}>"


@contextmanager
def serving(sim: Simulator, options: Mapping[str, Any]) -> Iterator[TasksimServer]:
    """Serve a simulation meanwhile.

    Raises:
        pytest.fail.Exception: An option that `create_app` does not take.
    """
    from tasksim.graphql import create_app  # noqa: PLC0415 - Ariadne, which may be missing
    from tasksim.graphql._serving.server import Server  # noqa: PLC0415

    known = list(create_app.__kwdefaults__ or ())
    for name in options:
        if name not in known:
            refuse(
                UsageError(
                    f"tasksim_server_options has {name!r}, which is no option.{nearest_phrase(name, known)}",
                    way_out=choices(known),
                )
            )
    with Server(create_app(sim, **options)) as server:
        yield TasksimServer(server.url, sim)
