"""Bodies: what was sent, as JSON of bounded size, in bounded time."""

from __future__ import annotations

import json
from math import isfinite
from typing import TYPE_CHECKING, Any

from starlette.requests import ClientDisconnect

from tasksim.graphql._serving.refusals import Refusal
from tasksim.graphql._serving.waiting import TooLong, within

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from tasksim.graphql._bounds import Bounds

__all__ = ["Posted", "posted", "refuse_body"]

_MOST_DEPTH = 100
_MOST_DISCARDED = 50_000_000
_MOST_DIGITS = 18  # of a length that is announced

Posted = tuple[str, "Mapping[str, Any] | None", "str | None"]
"""A document, its variables, and which of its operations."""


async def posted(request: Request, bounds: Bounds) -> Posted:
    """Return what a GraphQL request holds.

    Raises:
        Refusal: It is no JSON by its type or by itself, too large, too slow, or holds something else.
    """
    _check_type(request)
    body = _parsed(await _read(request, bounds))
    if isinstance(body, list):
        raise _bad("The body is a list.", "Send one request at a time: an object with `query`.")
    if not isinstance(body, dict):
        raise _bad("The body is no object.", "Send an object with `query`.")
    query, variables, name = body.get("query"), body.get("variables"), body.get("operationName")
    if not isinstance(query, str) or not query:
        raise _bad("The body has no `query`.", "Send a document, as text.")
    if variables is not None and not isinstance(variables, dict):
        raise _bad("`variables` is no object.", "Send the variables by name, or leave them out.")
    if name is not None and not isinstance(name, str):
        raise _bad("`operationName` is no text.", "Send the name of an operation, or leave it out.")
    return query, variables, name or None


async def refuse_body(request: Request, bounds: Bounds) -> None:
    """Refuse a body of another kind than JSON where none is needed.

    Raises:
        Refusal: It has one, or one that is too large.
    """
    if await _read(request, bounds):
        _check_type(request)


def _check_type(request: Request) -> None:
    """Refuse what a page can send without being asked for leave."""
    kind = request.headers.get("content-type", "")
    if kind.partition(";")[0].strip().lower() != "application/json":
        raise Refusal(
            415,
            "CONTENT_TYPE",
            f"The body's type is {kind!r:.80}.",
            "Send `Content-Type: application/json`.",
            headers={"Accept": "application/json"},
        )


async def _read(request: Request, bounds: Bounds) -> bytes:
    """Return the body."""
    announced = _announced(request)
    if announced > _MOST_DISCARDED or (announced > bounds.body and "expect" in request.headers):
        raise _too_large(bounds)  # who expects an answer waits for leave to send
    try:
        return await within(bounds.seconds, _read_all(request, bounds))
    except TooLong:
        raise Refusal(
            408,
            "TOO_SLOW",
            f"The body did not arrive within {bounds.seconds:g} seconds.",
            "Send it again.",
            headers={"Connection": "close"},
        ) from None
    except ClientDisconnect:
        raise Refusal(400, "GONE", "The client hung up before the body was there.") from None


def _announced(request: Request) -> int:
    """Return how many bytes are said to come; what is no number says nothing."""
    text = request.headers.get("content-length", "")
    return int(text[:_MOST_DIGITS]) if text.isascii() and text.isdigit() else 0


async def _read_all(request: Request, bounds: Bounds) -> bytes:
    """Return the body; if it is too large, read on to its end, so that its sender gets to read why."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size <= bounds.body:
            parts.append(part)
        else:
            parts.clear()
        if size > _MOST_DISCARDED:
            break
    if size > bounds.body:
        raise _too_large(bounds)
    return b"".join(parts)


def _too_large(bounds: Bounds) -> Refusal:
    return Refusal(
        413,
        "TOO_LARGE",
        f"The body has more than {bounds.body:,} bytes.",
        "Send less.",
        headers={"Connection": "close"},
    )


def _parsed(body: bytes) -> Any:
    """Return what JSON means; of keys that are repeated the last counts, as in JavaScript."""
    try:
        found = _decode(body.decode("utf-8-sig"))  # not bytes: what begins like UTF-16 would be read as that
    except UnicodeDecodeError:
        raise _bad("The body is not UTF-8.", "Send JSON in UTF-8.") from None
    except json.JSONDecodeError as error:
        raise _bad(
            f"The body is not JSON: {error.msg} in line {error.lineno}, column {error.colno}.",
            "Send an object with `query`.",
        ) from None
    except (RecursionError, ValueError):  # deeper than Python goes; a number of more digits than it reads
        raise _bad("The body is nested too deep, or a number in it is too long.", "Send less.") from None
    _check_depth(found)
    return found


def _refuse_constant(name: str) -> None:
    """Refuse what Python's JSON has and JSON has not."""
    raise _bad(f"The body is not JSON: it has {name}.", "Send numbers, or null.")


def _finite(text: str) -> float:
    """Return a number, unless it is beyond those that there are."""
    found = float(text)
    if not isfinite(found):
        raise _bad(f"The body has the number {text:.40}, which is too large.", "Send a smaller one.")
    return found


def _check_depth(value: Any) -> None:
    """Refuse values that are nested too deep for what is done with them later."""
    level = [value]
    for _ in range(_MOST_DEPTH):
        level = [
            inside
            for each in level
            if isinstance(each, dict | list)
            for inside in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return
    raise _bad(f"The body is nested more than {_MOST_DEPTH} deep.", "Make it flatter.")


def _bad(sentence: str, way_out: str) -> Refusal:
    return Refusal(400, "BAD_REQUEST", sentence, way_out)


_decode = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite).decode
