"""Refusals: requests that are not answered, as a status and a body that a GraphQL client can show."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Refusal", "json_response"]

_SAFE = {"X-Content-Type-Options": "nosniff"}  # a page cannot load it as a script


_as_json = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


class Refusal(Exception):
    """A request that is not answered.

    Args:
        status: The HTTP status.
        code: A word for programs.
        sentence: What is wrong, with the values.
        way_out: What to do, beginning with a verb.
        headers: What the status asks for besides, as in `Allow`.
    """

    def __init__(
        self,
        status: int,
        code: str,
        sentence: str,
        way_out: str = "",
        *,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Keep the parts."""
        super().__init__(sentence)
        self.status = status
        self.code = code
        self.sentence = sentence
        self.way_out = way_out
        self.headers = headers

    def response(self) -> Response:
        """Return what is answered instead."""
        message = f"{self.sentence} {self.way_out}".rstrip()
        body = {"errors": [{"message": message, "extensions": {"code": self.code}}]}
        return json_response(body, self.status, self.headers)


def json_response(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a body as JSON in ASCII, which lone surrogates pass, too."""
    safe = {**_SAFE, **(headers or {})}
    return Response(_as_json(body), status, safe, media_type="application/json")
