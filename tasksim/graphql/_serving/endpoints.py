"""Endpoints: what answers each path, and what is answered when something is wrong.

This module promises that each request gets an answer with a status that is right, whatever a task does
meanwhile. It must not know how a world keeps time.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ariadne.explorer import ExplorerGraphiQL
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

import tasksim
from tasksim._world.real_time import real_ms
from tasksim.errors import DefinitionError, TasksimError
from tasksim.graphql._serving.asking import Answered, Asking, Question
from tasksim.graphql._serving.bodies import posted, refuse_body
from tasksim.graphql._serving.control import ACTIONS, READINGS, check_query, moved_json, read, start_move
from tasksim.graphql._serving.journal import Journal, Raised, Requested
from tasksim.graphql._serving.owner import WorldClosed
from tasksim.graphql._serving.refusals import Refusal, json_response
from tasksim.graphql._serving.waiting import settled
from tasksim.graphql._serving.worlds import UnknownWorld, Worlds

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from concurrent.futures import Future
    from typing import TypeVar

    from starlette.requests import Request

    from tasksim._simulator.simulator import Simulator
    from tasksim.graphql._serving.guard import Access
    from tasksim.graphql._serving.owner import Owner

    T = TypeVar("T")

__all__ = ["Endpoints", "leading"]

_TENANT = "x-tenant"
_MOST_NAME = 100
_MOST_PATH = 200
_MOST_METHOD = 20
_AGAIN = {"Retry-After": "1"}
_UNFRAMED = {"X-Frame-Options": "DENY", "Content-Security-Policy": "frame-ancestors 'none'"}


class _CameOut(Exception):
    """What came out of a task's code or a hook and is no exception that one may pass on: an exit, say."""


async def leading(request: Request) -> Response:
    """Lead to where everything is, also below a path where the app is mounted; a POST stays one."""
    return RedirectResponse(f"{request.scope.get('root_path', '')}/graphql", 307)


class Endpoints:
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
            return HTMLResponse(self._page, headers=_UNFRAMED)
        return await self._guarded(request, self._answer)

    async def _answer(self, request: Request) -> Response:
        permissions = self._access.permissions(request.headers)
        query, variables, name = await posted(request, self._asking.bounds)
        tenant, owner = await self._world(request)
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

    async def health(self, request: Request) -> Response:
        """Say that it lives; to whoever may do everything also how the worlds are."""
        body: dict[str, Any] = {"status": "ok", "version": tasksim.__version__}
        if self._access.is_full(request.headers):
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
            *(
                Route(f"/control/{name}", partial(self._control, self._act, name), methods=["POST"])
                for name in ACTIONS
            ),
            *(
                Route(f"/control/{name}", partial(self._control, self._look, name), methods=["GET"])
                for name in READINGS
            ),
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

    async def _control(
        self, answer: Callable[[str, Request], Awaitable[Response]], name: str, request: Request
    ) -> Response:
        return await self._guarded(request, partial(answer, name))

    async def _act(self, action: str, request: Request) -> Response:
        """Move time, or begin anew."""
        self._access.check_full(request.headers)
        check_query(action, request.query_params)
        await refuse_body(request, self._asking.bounds)
        if action == "reset":
            tenant = self._tenant(request)
            try:
                future = self._worlds.begin_anew(tenant)
            except UnknownWorld as error:
                raise Refusal(409, "NO_RESET", error.sentence, error.way_out) from None
            owner = await self._made(tenant, future)
            body, now_ms = await self._done(owner.do(_stand), owner)
        else:
            tenant, owner = await self._world(request)
            moved = await self._done(start_move(owner, action, request.query_params), owner, is_move=True)
            body, now_ms = moved_json(moved), moved.now_ms
        self._journal.add(Requested(tenant, now_ms, "POST", action, 200, "", is_reading=False))
        return json_response(body)

    async def _look(self, reading: str, request: Request) -> Response:
        """Look at a world."""
        self._access.permissions(request.headers)
        check_query(reading, request.query_params)
        _, owner = await self._world(request)
        return json_response(
            await self._done(owner.do(lambda sim: read(sim, reading, request.query_params)), owner)
        )

    # --- what they share

    def note_refusal(self, method: str, path: str, refusal: Refusal) -> None:
        """Tell of a request that was refused."""
        self._journal.add(
            Requested("", 0, method, path[:_MOST_PATH], refusal.status, refusal.sentence, is_reading=False)
        )

    async def _guarded(self, request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        """Answer, or refuse in words."""
        try:
            return await answer(request)
        except Refusal as refusal:
            found = refusal
        except DefinitionError as error:  # one that cannot stand in the schema
            found = Refusal(500, "DEFINITION", error.sentence, error.way_out)
        except TasksimError as error:
            found = Refusal(409, "REFUSED", error.sentence, error.way_out)
        except Exception as error:  # noqa: BLE001 - whatever it is, the server goes on
            return await self.defect(request, error)
        self.note_refusal(request.method, request.scope["path"], found)
        return found.response()

    async def other_refusal(self, request: Request, error: Exception) -> Response:
        """Answer for a path or method that there is not, in our words."""
        assert isinstance(error, HTTPException)  # noqa: S101 - what it is registered for
        path = request.scope["path"][:_MOST_PATH]
        known = "There are /graphql, /health and, unless left out, /control."
        words = {
            404: ("NOT_FOUND", f"There is nothing at {path!r}.", known),
            405: ("METHOD", f"{path!r} takes no {request.method[:_MOST_METHOD]}.", ""),
        }
        code, sentence, way_out = words.get(error.status_code, ("HTTP", error.detail, ""))
        refusal = Refusal(error.status_code, code, sentence, way_out, headers=error.headers)
        self.note_refusal(request.method, request.scope["path"], refusal)
        return refusal.response()

    async def defect(self, request: Request, error: Exception) -> Response:
        """Answer where something went wrong that nobody foresaw; what it was is told to who serves."""
        cause = (error.__cause__ or error) if isinstance(error, _CameOut) else error
        self._journal.add(Raised("", 0, cause))
        found = Refusal(500, "DEFECT", f"{type(cause).__name__} came out.", "Look where the server runs.")
        self.note_refusal(request.method, request.scope["path"], found)
        return found.response()

    # --- worlds

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

    async def _world(self, request: Request) -> tuple[str, Owner]:
        """Return the world that a request is for."""
        tenant = self._tenant(request)
        try:
            future = self._worlds.begin(tenant)
        except UnknownWorld as error:
            raise Refusal(404, "NO_WORLD", error.sentence, error.way_out) from None
        return tenant, await self._made(tenant, future)

    async def _made(self, tenant: str, future: Future[Owner]) -> Owner:
        """Return the owner of a world that is made, or refuse where it cannot be or takes too long."""
        seconds = self._asking.bounds.seconds
        if not await settled(future, seconds):
            sentence = f"The world of {tenant!r} was not made within {seconds:g} seconds."
            raise Refusal(503, "BUSY", sentence, "Ask again later.", headers=_AGAIN)
        error = future.exception()
        if error is None:
            return future.result()
        self._journal.add(Raised(tenant, 0, error))
        raise Refusal(
            500,
            "NO_WORLD",
            f"No world could be made for the tenant {tenant!r}: {type(error).__name__} came out.",
            "Look where the server runs.",
        )

    async def _done(self, future: Future[T], owner: Owner, *, is_move: bool = False) -> T:
        """Return what was done, or refuse where that takes too long; what had not begun is not done then."""
        seconds = self._asking.bounds.seconds
        if not await settled(future, seconds):
            is_dropped = future.cancel()
            busy = owner.busy
            what = "something" if busy is None else repr(busy.what)
            left = "What is left of the way was given up." if is_move else "Nothing was done."
            raise Refusal(
                503,
                "BUSY",
                f"The world has been busy with {what} for {seconds:g} seconds. "
                + (left if is_dropped else "What was asked for is being done."),
                "Ask again later; does a task block?",
                headers=_AGAIN,
            )
        error = future.exception()
        if error is None:
            return future.result()
        if isinstance(error, WorldClosed):
            raise Refusal(503, "CLOSED", error.sentence, error.way_out, headers=_AGAIN)
        if isinstance(error, Exception):
            raise error
        raise _CameOut from error


def _stand(sim: Simulator) -> tuple[dict[str, Any], int]:
    """Return where a world stands, as JSON and in milliseconds."""
    return read(sim, "now", QueryParams()), sim._engine.clock.wall_ms  # noqa: SLF001 - of one package
