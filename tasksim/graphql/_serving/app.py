"""The app: what is where, inside of which guard.

This module promises that what cannot be used is refused before anything is served. It must not know what is
answered.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route

from tasksim.errors import UsageError
from tasksim.graphql._bounds import BOUNDS
from tasksim.graphql._serving.asking import Asking
from tasksim.graphql._serving.endpoints import Endpoints, leading
from tasksim.graphql._serving.guard import LOOPBACK_ORIGIN, Access, Guard, checked_origins
from tasksim.graphql._serving.journal import Journal
from tasksim.graphql._serving.pace import parse_pace
from tasksim.graphql._serving.worlds import Worlds

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    from tasksim._simulator.simulator import Simulator
    from tasksim.graphql._serving.journal import Reader

__all__ = ["App", "create_app"]


class App(Starlette):
    """The ASGI app of `create_app`.

    Attributes:
        worlds: Its worlds.
    """

    worlds: Worlds


def create_app(  # noqa: PLR0913 - the settings of a server, all keyword-only
    sim: Simulator | Callable[[str], Simulator],
    *,
    time: str = "virtual",
    autojump: bool = False,
    token: str | None = None,
    read_token: str | None = None,
    cors: Iterable[str] = (),
    sdk_compat: bool = False,
    control: bool = True,
    introspection: bool = True,
    debug: bool = False,
    on_entry: Reader | None = None,
) -> App:
    """Return an ASGI app that serves simulations over HTTP, for uvicorn, httpx or Starlette.

    `POST /graphql` answers documents, `GET /graphql` shows Ariadne's explorer, `/control/...` moves time,
    `/health` says that it lives. A thread of each world's own does to it what requests ask for; nothing is
    frozen. Without a token everybody on this machine may do everything, and nobody else anything.

    Args:
        sim: The simulation; or a function that makes one for a tenant, which the header `x-tenant` names
            (`root` if it is missing), so that each has its own.
        time: `virtual`: time stands still until somebody moves it; `real`, or `x60`: sixty times as fast.
        autojump: Move time to the next event, and handle it, before each query that reads tasks or logs.
        token: Who sends `Authorization: Bearer TOKEN` may do everything; nobody else then.
        read_token: The same for reading alone.
        cors: Further origins whose pages may ask, as in `http://dev.example:3000`; those of this machine may.
        sdk_compat: Know the two type names that the official client sends and the real API lacks.
        control: Serve `/control`.
        introspection: Answer questions about the schema.
        debug: Let errors carry their `stack`.
        on_entry: Called with what happens, from whichever thread, one at a time.

    Raises:
        UsageError: An argument that cannot be used.

    Example:
        >>> import asyncio
        >>> import httpx
        >>> from tasksim import Simulator
        >>> from tasksim.graphql import create_app
        >>> app = create_app(Simulator(builtins=True))
        >>> async def post(path, body=None):
        ...     transport = httpx.ASGITransport(app=app)
        ...     async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        ...         return (await client.post(path, json=body)).json()
        >>> document = "mutation { backgroundTasks { triggerTask(definition: testingRun) { data { id } } } }"
        >>> asyncio.run(post("/graphql", {"query": document}))
        {'data': {'backgroundTasks': {'triggerTask': {'data': {'id': 'testingRun-0001'}}}}}
        >>> asyncio.run(post("/control/run-until-idle"))["events"]
        1
    """
    pace = parse_pace(time)
    if autojump and not pace.stands_still:
        raise UsageError(
            f"autojump moves time at each poll, but with time={time!r} it moves by itself.",
            way_out="Pass time='virtual', or leave autojump out.",
        )
    if on_entry is not None and not callable(on_entry):
        raise UsageError(f"on_entry is {on_entry!r:.60}.", way_out="Pass a function, or nothing.")
    journal = Journal(on_entry)
    access = Access(token, read_token)
    origins = checked_origins(cors)
    worlds = Worlds(sim, pace, journal)
    asking = Asking(
        BOUNDS, debug=debug, introspection=introspection, sdk_compat=sdk_compat, is_told=journal.is_read
    )
    served = Endpoints(worlds, access, asking, journal, autojump=autojump)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        if not pace.stands_still:
            worlds.begin(worlds.default_tenant)  # its tasks go on whether anybody asks or not
        try:
            yield
        finally:
            worlds.close()

    app = App(
        routes=[
            Route("/graphql", served.graphql, methods=["GET", "POST"]),  # first, as most is for it
            Route("/", leading, methods=["GET", "POST"]),
            Route("/health", served.health, methods=["GET"]),
            *(served.control_routes() if control else ()),
        ],
        middleware=[
            Middleware(
                Guard,
                origins=origins,
                is_open=access.is_open,
                refused=served.note_refusal,
                direct={"/graphql": served.graphql},
            ),
            Middleware(
                CORSMiddleware,
                allow_origins=origins,
                allow_origin_regex=LOOPBACK_ORIGIN,
                allow_methods=["GET", "POST"],
                allow_headers=["*"],
            ),
        ],
        exception_handlers={HTTPException: served.other_refusal, Exception: served.defect},
        lifespan=lifespan,
    )
    app.worlds = worlds
    return app
