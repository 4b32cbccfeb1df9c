"""The app: what is where, and what is answered when something is wrong.

This module promises that each request gets an answer with a status that is right, whatever a task does
meanwhile. It must not know how a world keeps time.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from ariadne.explorer import ExplorerGraphiQL
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

import tasksim
from tasksim._world.real_time import real_ms
from tasksim.errors import TasksimError, UsageError
from tasksim.graphql._serving.asking import Answered, Asking, Question
from tasksim.graphql._serving.bodies import posted, refuse_body
from tasksim.graphql._serving.bounds import BOUNDS
from tasksim.graphql._serving.control import ACTIONS, READINGS, moved_json, read, start_move
from tasksim.graphql._serving.guard import LOOPBACK_ORIGIN, Access, Guard, checked_origins
from tasksim.graphql._serving.journal import Journal, Requested
from tasksim.graphql._serving.owner import WorldClosed
from tasksim.graphql._serving.pace import parse_pace
from tasksim.graphql._serving.refusals import Refusal, json_response
from tasksim.graphql._serving.waiting import TooLong, within
from tasksim.graphql._serving.worlds import UnknownWorld, Worlds

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
    from concurrent.futures import Future
    from typing import TypeVar

    from starlette.requests import Request

    from tasksim._simulator.simulator import Simulator
    from tasksim.graphql._serving.journal import Reader
    from tasksim.graphql._serving.owner import Owner

    T = TypeVar("T")

__all__ = ["App", "create_app"]

_TENANT = "x-tenant"
_MOST_NAME = 100


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
    journal = Journal(on_entry)
    access = Access(token, read_token)
    origins = checked_origins(cors)
    worlds = Worlds(sim, pace, journal)
    asking = Asking(BOUNDS, debug=debug, introspection=introspection, sdk_compat=sdk_compat)
    served = _Served(worlds, access, asking, journal, autojump=autojump)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        worlds.close()

    app = App(
        routes=[
            Route("/", _leading, methods=["GET", "POST"]),
            Route("/health", served.health, methods=["GET"]),
            Route("/graphql", served.graphql, methods=["GET", "POST"]),
            *(served.control_routes() if control else ()),
        ],
        middleware=[
            Middleware(Guard, origins=origins, is_open=access.is_open, refused=served.note_refusal),
            Middleware(
                CORSMiddleware,
                allow_origins=origins,
                allow_origin_regex=LOOPBACK_ORIGIN,
                allow_methods=["GET", "POST"],
                allow_headers=["*"],
            ),
        ],
        exception_handlers={HTTPException: _other_refusal},
        lifespan=lifespan,
    )
    app.worlds = worlds
    return app


async def _leading(_: Request) -> Response:
    """Lead to where everything is; a POST stays one."""
    return RedirectResponse("/graphql", 307)


async def _other_refusal(_: Request, error: Exception) -> Response:
    """Answer for a path or method that there is not, in our words."""
    assert isinstance(error, HTTPException)  # noqa: S101 - what it is registered for
    known = "There are /graphql, /health and, unless left out, /control."
    words = {404: ("NOT_FOUND", "There is nothing here.", known), 405: ("METHOD", "No such method here.", "")}
    code, sentence, way_out = words.get(error.status_code, ("HTTP", error.detail, ""))
    return Refusal(error.status_code, code, sentence, way_out, headers=error.headers).response()


class _Served:
    """The endpoints of one app."""

    def __init__(
        self, worlds: Worlds, access: Access, asking: Asking, journal: Journal, *, autojump: bool
    ) -> None:
        """Serve these worlds."""
        self._worlds = worlds
        self._access = access
        self._asking = asking
        self._journal = journal
        self._autojump = autojump
        self._page = ExplorerGraphiQL(title="tasksim").html(None)

    # --- the API

    async def graphql(self, request: Request) -> Response:
        """Answer a document, or show the explorer."""
        if request.method in {"GET", "HEAD"}:
            return HTMLResponse(self._page)
        return await self._guarded(request, self._answer)

    async def _answer(self, request: Request) -> Response:
        permissions = self._access.permissions(request.headers)
        query, variables, name = await posted(request, self._asking.bounds)
        tenant, owner = self._world(request)
        question = Question(query, variables, name, permissions)
        before_read = owner.jump if self._autojump else None
        answered: Answered = await self._done(
            owner.do(lambda sim: self._asking.ask(sim, question, before_read)), owner
        )
        self._journal.add(
            Requested(
                tenant,
                answered.now_ms,
                "POST",
                answered.what,
                200,
                answered.detail,
                answered.is_reading,
            )
        )
        return json_response(answered.response)

    # --- health

    async def health(self, _: Request) -> Response:
        """Say that it lives; to whoever may do everything also how the worlds are."""
        body: dict[str, Any] = {"status": "ok", "version": tasksim.__version__}
        if self._access.is_open:
            owners = self._worlds.all()
            body["worlds"] = list(owners)
            busy = {tenant: owner.busy for tenant, owner in owners.items()}
            body["busy"] = {
                tenant: {"with": each.what, "seconds": (real_ms() - each.since_ms) / 1000}
                for tenant, each in busy.items()
                if each is not None
            }
        return json_response(body)

    # --- control

    def control_routes(self) -> list[Route]:
        """Return the routes of control."""
        return [
            Route("/control", self.control_index, methods=["GET"]),
            *(Route(f"/control/{name}", self.control_action, methods=["POST"]) for name in ACTIONS),
            *(Route(f"/control/{name}", self.control_reading, methods=["GET"]) for name in READINGS),
        ]

    async def control_index(self, request: Request) -> Response:
        """List what there is."""

        async def listed(_: Request) -> Response:
            self._access.permissions(request.headers)
            return json_response(
                {
                    "POST": [f"/control/{name}" for name in ACTIONS],
                    "GET": [f"/control/{name}" for name in READINGS],
                }
            )

        return await self._guarded(request, listed)

    async def control_action(self, request: Request) -> Response:
        """Move time, or begin anew."""
        return await self._guarded(request, self._act)

    async def _act(self, request: Request) -> Response:
        self._access.check_full(request.headers)
        await refuse_body(request, self._asking.bounds)
        action = request.url.path.rpartition("/")[2]
        if action == "reset":
            tenant = self._tenant(request)
            try:
                owner = self._worlds.reset(tenant)
            except UnknownWorld as error:
                raise Refusal(409, "NO_RESET", error.sentence, error.way_out) from None
            body = await self._done(owner.do(lambda sim: read(sim, "now", request.query_params)), owner)
        else:
            tenant, owner = self._world(request)
            moved = start_move(owner, action, request.query_params)
            body = moved_json(await self._done(moved, owner, dropped="Time is moved no further for this."))
        self._journal.add(
            Requested(tenant, owner.sim._engine.clock.wall_ms, "POST", action, 200, "", is_reading=False)  # noqa: SLF001 - of one package
        )
        return json_response(body)

    async def control_reading(self, request: Request) -> Response:
        """Look at a world."""
        return await self._guarded(request, self._look)

    async def _look(self, request: Request) -> Response:
        self._access.permissions(request.headers)
        reading = request.url.path.rpartition("/")[2]
        _, owner = self._world(request)
        return json_response(
            await self._done(owner.do(lambda sim: read(sim, reading, request.query_params)), owner)
        )

    # --- what they share

    def note_refusal(self, method: str, path: str, refusal: Refusal) -> None:
        """Tell of a request that was refused."""
        self._journal.add(Requested("", 0, method, path, refusal.status, refusal.sentence, is_reading=False))

    async def _guarded(self, request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        """Answer, or refuse in words."""
        try:
            return await answer(request)
        except Refusal as refusal:
            found = refusal
        except WorldClosed as error:
            found = Refusal(503, "CLOSED", error.sentence, error.way_out, headers={"Retry-After": "1"})
        except TasksimError as error:
            found = Refusal(400, "REFUSED", error.sentence, error.way_out)
        self.note_refusal(request.method, request.url.path, found)
        return found.response()

    def _tenant(self, request: Request) -> str:
        given = request.headers.get(_TENANT)
        if given is not None and not 0 < len(given) <= _MOST_NAME:
            raise Refusal(
                400,
                "BAD_REQUEST",
                f"The header x-tenant has {len(given)} characters.",
                f"Write 1 to {_MOST_NAME}, or leave it out.",
            )
        return given or self._worlds.default_tenant

    def _world(self, request: Request) -> tuple[str, Owner]:
        """Return the world that a request is for."""
        tenant = self._tenant(request)
        try:
            return tenant, self._worlds.owner(tenant)
        except UnknownWorld as error:
            raise Refusal(404, "NO_WORLD", error.sentence, error.way_out) from None

    async def _done(self, future: Future[T], owner: Owner, *, dropped: str = "Nothing was done.") -> T:
        """Return what was done, or refuse where that takes too long; what had not begun is not done then."""
        try:
            # Cancelled, it cancels what has not begun.
            return await within(self._asking.bounds.seconds, asyncio.wrap_future(future))
        except TooLong:
            is_dropped = future.cancelled()
        busy = owner.busy
        what = "something" if busy is None else repr(busy.what)
        raise Refusal(
            503,
            "BUSY",
            f"The world has been busy with {what} for {self._asking.bounds.seconds:g} seconds. "
            + (dropped if is_dropped else "What was asked for is being done."),
            "Ask again later; does a task block?",
            headers={"Retry-After": "1"},
        )
