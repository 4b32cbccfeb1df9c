"""AWS Lambda handlers as jobs: an event, a context that tells the time, and what the next event is.

This module promises that asking the context for the time is the question that faults and budgets answer, and
that what the context says is the same in every process. It must not know who triggers the job.
"""

from __future__ import annotations

import sys
from hashlib import sha256
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from tasksim._engine.calling import calling_engine
from tasksim._engine.jobs import as_output, json_from
from tasksim._world.durations import render_instant
from tasksim._world.strict_json import canonical_json, copy_json

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tasksim.typing import JSON, Controller, JsonObject, Runtime

__all__ = ["NEXT_EVENT", "LambdaContext", "run_of_handler"]

NEXT_EVENT = "next_event"
"""The key of the stored input that holds the event to go on with."""

_LEAST_LIMIT_MS = 1  # told that less than this is left, any handler stops
_MEMORY = "128"  # text: so does the real runtime
_VERSION = "$LATEST"


class _CognitoIdentity:
    """Who called through Amazon Cognito: nobody."""

    cognito_identity_id: str | None = None
    cognito_identity_pool_id: str | None = None


class LambdaContext:
    """What a handler gets as `context`: the attributes that the Python runtime of Lambda gives it.

    Attributes:
        aws_request_id: The same for an event that is handled again after a crash, as for asynchronous
            invocations; another for each further event.
    """

    def __init__(self, function_name: str, event: JSON, runtime: Runtime, limit_ms: int | None) -> None:
        """Describe the handling of an event."""
        engine = calling_engine()
        assert engine is not None  # noqa: S101 - handlers are called by one
        assert engine.scope is not None  # noqa: S101 - in an event
        life = engine.scope.life
        day = render_instant(engine.clock.wall_ms)[:10].replace("-", "/")
        self._runtime = runtime
        self._limit_ms = _LEAST_LIMIT_MS if limit_ms is None else limit_ms
        self.function_name = function_name
        self.function_version = _VERSION
        self.invoked_function_arn = f"arn:aws:lambda:us-east-1:123456789012:function:{function_name}"
        self.memory_limit_in_mb = _MEMORY
        # A retry is no further transition of the machine, a continuation or a redelivery is.
        self.aws_request_id = _uuid_of(f"{life.task_id} {life.transitions} {canonical_json(event)}")
        self.log_group_name = f"/aws/lambda/{function_name}"
        self.log_stream_name = f"{day}/[{_VERSION}]{_uuid_of(life.task_id).replace('-', '')}"
        self.identity = _CognitoIdentity()
        self.client_context = None
        self.tenant_id = None

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds that are left of this event, 0 if none: the question of rule E8."""
        self._runtime.is_close_to_timeout(self._limit_ms / 1000)
        return max(0, self._runtime.remaining_milliseconds())

    def log(self, message: object) -> None:
        """Print a message, as the real one does."""
        sys.stdout.write(str(message))

    def __repr__(self) -> str:
        """Show the request."""
        return f"LambdaContext([aws_request_id={self.aws_request_id}, function_name={self.function_name}])"


def run_of_handler(
    handler: Callable[..., Any], resume: Callable[..., Any], *, id: str, limit_ms: int | None
) -> Callable[..., Any]:
    """Return the `run` of a handler's job; `limit_ms` is the remaining time under which it stops."""

    def run(input: JsonObject, controller: Controller) -> Any:
        event = input.get(NEXT_EVENT, input)
        given = handler(copy_json(event), LambdaContext(id, event, controller.runtime, limit_ms))
        if isawaitable(given):
            return answer_later(event, given, controller)
        return answer(event, given, controller)

    async def answer_later(event: JSON, given: Awaitable[object], controller: Controller) -> Any:
        return answer(event, await given, controller)

    def answer(event: JSON, given: object, controller: Controller) -> Any:
        result = json_from(handler, given, "the result")
        following = json_from(resume, resume(copy_json(event), copy_json(result)), "the next event")
        if following is None:
            return controller.response.done(output=as_output(result))
        return controller.response.continue_({NEXT_EVENT: following})

    return run


def _uuid_of(text: str) -> str:
    """Return a UUID that is always the same for a text."""
    digits = sha256(text.encode()).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:32]}"
