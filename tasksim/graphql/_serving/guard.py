"""The guard: who may ask at all, by what a request says of where it comes from.

This module promises that a page of a foreign origin, a name that somebody else's DNS gave to this machine
and, where there is no token, another machine get nothing but a refusal. It must not know what is asked.
"""

from __future__ import annotations

import hmac
import re
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, NamedTuple

from starlette.datastructures import Headers
from starlette.requests import Request

from tasksim.errors import UsageError
from tasksim.graphql._callers import FULL_ACCESS, READ_ACCESS
from tasksim.graphql._serving.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from ipaddress import IPv4Address, IPv6Address

    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["LOOPBACK_ORIGIN", "Access", "Guard", "checked_origins", "is_loopback"]

LOOPBACK_ORIGIN = r"https?://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?"
"""Origins on this machine, as a pattern."""

_ORIGIN = re.compile(r"([a-z][a-z0-9+.-]*)://(.+)")
_HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::[0-9]{1,5})?")
_TOKEN = re.compile(r"[\x21-\x7e]{1,1000}")
_LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
_IN_PROCESS = frozenset({"", "testclient"})
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def is_loopback(host: str) -> bool:
    """Whether an address or name means this machine alone; a name that is not `localhost` does not."""
    address = _address(host.strip("[]"))
    return host == "localhost" if address is None else address.is_loopback


@lru_cache(maxsize=256)
def _address(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a text is, that of IPv4 where one of IPv6 only carries it."""
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def checked_origins(origins: object, name: str = "cors") -> tuple[str, ...]:
    """Return origins as browsers send them.

    Raises:
        UsageError: One that is none, or that would mean any.
    """
    if isinstance(origins, str) or not hasattr(origins, "__iter__"):
        raise UsageError(f"{name} is {origins!r:.60}.", way_out="Pass a list of origins.")
    found = []
    for origin in origins:
        text = origin.rstrip("/").lower() if isinstance(origin, str) else ""
        parts = _ORIGIN.fullmatch(text)
        if parts is None or not _host_of(parts[2]):
            raise UsageError(
                f"{name} is {origin!r:.60}, which is no origin.",
                way_out="Write scheme, host and port, as in http://dev.example:3000; there is none for any.",
            )
        found.append(text.removesuffix(_DEFAULT_PORTS.get(parts[1], ":")))  # as browsers leave it out
    return tuple(found)


class Access:
    """Which tokens there are, and what they allow.

    Args:
        token: Allows everything; where there is none, everybody on this machine is allowed everything.
        read_token: Allows to read.

    Raises:
        UsageError: A token that no request could send, or both the same; one to read where none is needed.
    """

    def __init__(self, token: str | None, read_token: str | None) -> None:
        """Keep the tokens."""
        for name, given in (("token", token), ("read_token", read_token)):
            if given is not None and not _is_token(given):
                raise UsageError(
                    f"{name} cannot be used: a header cannot hold it.",
                    way_out="Write 1 to 1,000 letters, digits and signs of ASCII, without spaces.",
                )
        if read_token is not None and token is None:
            raise UsageError(
                "There is a token to read, but none for the rest, which everybody may do.",
                way_out="Give token (--token, or TASKSIM_TOKEN), too.",
            )
        if token is not None and token == read_token:
            raise UsageError(
                "The token to read is the token for everything.", way_out="Give two that differ."
            )
        self._token = token
        self._read_token = read_token

    @property
    def is_open(self) -> bool:
        """Whether there is no token."""
        return self._token is None

    def permissions(self, headers: Mapping[str, str]) -> Sequence[Mapping[str, Any]]:
        """Return what a request's token allows.

        Raises:
            Refusal: It has none, or another.
        """
        if self._token is None:
            return FULL_ACCESS
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not given:
            raise _unauthorized("There is no token.")
        given = given.strip(" \t")
        # Both are compared always, so that time tells nothing.
        is_full = _is_equal(given, self._token)
        is_read = _is_equal(given, self._read_token or self._token)
        if is_full:
            return FULL_ACCESS
        if is_read:
            return READ_ACCESS
        raise _unauthorized("The token is not the one that was set.")

    def is_full(self, headers: Mapping[str, str]) -> bool:
        """Whether a request may do everything."""
        try:
            return self.permissions(headers) is FULL_ACCESS
        except Refusal:
            return False

    def check_full(self, headers: Mapping[str, str]) -> None:
        """Refuse a request that may only read.

        Raises:
            Refusal: It may not do everything.
        """
        if self.permissions(headers) is not FULL_ACCESS:
            raise Refusal(403, "READ_ONLY", "This token allows to read.", "Send the other one.")


def _is_token(given: object) -> bool:
    return isinstance(given, str) and _TOKEN.fullmatch(given) is not None


def _is_equal(given: str, token: str) -> bool:
    """Compare in a time that does not depend on where they differ."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), token.encode())


def _unauthorized(sentence: str) -> Refusal:
    return Refusal(
        401,
        "UNAUTHORIZED",
        sentence,
        "Send it as `Authorization: Bearer TOKEN`.",
        headers={"WWW-Authenticate": "Bearer"},
    )


class _From(NamedTuple):
    """Where a request comes from, and by what names it asks."""

    server: str
    client: str
    hosts: Sequence[str]
    origins: Sequence[str]

    @property
    def host(self) -> str:
        """The only host, or nothing."""
        return self.hosts[0] if len(self.hosts) == 1 else ""


class Guard:
    """Lets a request pass to the app inside, or refuses it by its Host, its Origin and its machine.

    Args:
        app: The app inside.
        origins: Further origins that may ask, and by whose hosts this server may be called.
        is_open: Whether everybody who gets through may do everything.
        refused: Called with the request's method, its path and the refusal.
        direct: What answers a POST to a path, by paths, where no page asks: the app inside would add nothing
            to such a request but time.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        origins: Sequence[str],
        is_open: bool,
        refused: Callable[[str, str, Refusal], None],
        direct: Mapping[str, Callable[[Request], Awaitable[ASGIApp]]],
    ) -> None:
        """Guard an app."""
        self._app = app
        self._origins = frozenset(origins)
        self._hosts = frozenset(_host_of(origin.partition("://")[2]) for origin in origins)
        self._is_open = is_open
        self._refused = refused
        self._direct = direct

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        asked = _From(
            (scope.get("server") or ("", 0))[0],
            (scope.get("client") or ("", 0))[0],
            headers.getlist("host"),
            headers.getlist("origin"),
        )
        try:
            self._check_machine(asked)
            self._check_host(asked)
            self._check_origin(asked, scope["scheme"])
        except Refusal as refusal:
            self._refused(scope["method"], scope["path"], refusal)
            await refusal.response()(scope, receive, send)
            return
        answer = None if asked.origins or scope["method"] != "POST" else self._direct.get(scope["path"])
        if answer is None:
            await self._app(scope, receive, send)
        else:
            response = await answer(Request(scope, receive))
            await response(scope, receive, send)

    def _check_machine(self, asked: _From) -> None:
        """Refuse another machine where there is no token; a client without address is this process."""
        if self._is_open and asked.client not in _IN_PROCESS and not is_loopback(asked.client):
            raise Refusal(
                403,
                "TOKEN_NEEDED",
                f"{asked.client:.80} is another machine, and there is no token.",
                "Start the server with one.",
            )

    def _check_host(self, asked: _From) -> None:
        """Refuse a name by which this server is not called: it may be somebody else's."""
        host = _host_of(asked.host)
        own = str(_address(asked.server) or asked.server.lower())
        if not host or (host != own and host not in _LOOPBACK_HOSTS | self._hosts):
            raise Refusal(
                403,
                "HOST_REFUSED",
                f"The host {', '.join(asked.hosts)!r:.80} is not this server's.",
                "Ask by its address, or start it with --cors and the origin that has this host.",
            )

    def _check_origin(self, asked: _From, scheme: str) -> None:
        """Refuse a page from elsewhere."""
        if not asked.origins:
            return
        given = ", ".join(asked.origins)
        origin = given.lower()
        is_own = origin == f"{scheme}://{asked.host.lower()}"
        is_local = is_loopback(asked.server) or _address(asked.server) is None
        if not is_own and origin not in self._origins and not (is_local and _is_local_origin(origin)):
            raise Refusal(
                403,
                "ORIGIN_REFUSED",
                f"Pages from {given!r:.80} may not ask here.",
                "Start the server with --cors and this origin.",
            )


def _is_local_origin(origin: str) -> bool:
    return re.fullmatch(LOOPBACK_ORIGIN, origin) is not None


@lru_cache(maxsize=256)
def _host_of(text: str) -> str:
    """Return the name or address, without its port, as it is compared; empty if it is neither."""
    found = _HOST.fullmatch(text.lower())
    if found is None:
        return ""
    if found[1] is None:
        return found[2]
    address = _address(found[1]) if ":" in found[1] else None
    return "" if address is None else str(address)
