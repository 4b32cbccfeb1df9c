"""`resumable`: definitions from plain functions, generators and AWS Lambda handlers.

This module promises the public face and its errors; what a job does in one iteration is for `cursors` and
`lambdas` to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, overload

from tasksim._engine.cursors import run_with_cursor
from tasksim._engine.jobs import PlainJob, job_id, make_job, name_of, refuse_unless_takes
from tasksim._engine.lambdas import run_of_handler
from tasksim._world.durations import parse_duration
from tasksim.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasksim.typing import Duration

__all__ = ["Resumable", "resumable"]


class Resumable:
    """Makes a job that can be run, cut and resumed out of a plain function; call it, or decorate with it.

    The function takes `cursor`, or `should_stop`, or both, and `input` if it likes:

    - `cursor` is where it goes on: None at first, then what it gave last, any JSON value but None.
    - `should_stop()` is True once somebody aborted the task (E9) or its time runs out (E8).
    - `input` is what the job was triggered with, without the cursor.

    A **function** works until it is done or should stop, and returns its cursor, or None when done. The
    cursor is stored when it returns, so a crash repeats the whole slice.

    A **generator function** yields its cursor after each unit of work. The cursor is stored at once, so a
    crash repeats one unit at most. Then the job is stopped if it should stop, without having to ask. Its
    return ends it - unless `should_stop()` was True before: then it goes on from its last cursor. What it
    returns is the output.

    Both may be async. A job that saw an abort ends `aborted`, whatever it returned. The cursor is stored as
    `cursor` in the input; a trigger whose input has one starts there.

    Args:
        function: A function, bound method, partial or object with `__call__`.
        id: The id; the function's name in camelCase if None.
        title: The title; the id in words if None.
        attributes: The others of `create_task_definition`, as `max_iterations` or `on_done`.

    Returns:
        A definition to register, to give to `tasksim.run`, and to call as the plain function it was made
        from. `tasksim.run` runs it in profile `generic` where no other is asked for.

    Raises:
        DefinitionError: The function cannot be called like that, or an argument cannot be used.

    Example:
        >>> import tasksim
        >>> @tasksim.resumable
        ... def sync_orders(cursor, should_stop):
        ...     page = cursor or 0
        ...     while page < 5:
        ...         if should_stop():
        ...             return page
        ...         page += 1
        ...     return None
        >>> execution = tasksim.run(sync_orders, budget="75s", tick="2s")
        >>> execution.status, len(execution.iterations)
        ('success', 3)
    """

    @overload
    def __call__(
        self,
        function: Callable[..., Any],
        *,
        id: str | None = None,
        title: str | None = None,
        **attributes: Any,
    ) -> PlainJob: ...

    @overload
    def __call__(
        self, function: None = None, *, id: str | None = None, title: str | None = None, **attributes: Any
    ) -> Callable[[Callable[..., Any]], PlainJob]: ...

    def __call__(
        self,
        function: Callable[..., Any] | None = None,
        *,
        id: str | None = None,
        title: str | None = None,
        **attributes: Any,
    ) -> PlainJob | Callable[[Callable[..., Any]], PlainJob]:
        """Make a job; without the function, return the decorator that does."""

        def make(function: Callable[..., Any]) -> PlainJob:
            own_id = job_id(function, id)
            run = run_with_cursor(function, id=own_id)
            return make_job(function, run, id=own_id, title=title, attributes=attributes)

        return make if function is None else make(function)

    @overload
    def from_lambda(
        self,
        handler: Callable[..., Any],
        *,
        resume: Callable[..., Any] | None = None,
        close_limit: Duration | None = None,
        id: str | None = None,
        title: str | None = None,
        **attributes: Any,
    ) -> PlainJob: ...

    @overload
    def from_lambda(
        self,
        handler: None = None,
        *,
        resume: Callable[..., Any] | None = None,
        close_limit: Duration | None = None,
        id: str | None = None,
        title: str | None = None,
        **attributes: Any,
    ) -> Callable[[Callable[..., Any]], PlainJob]: ...

    def from_lambda(
        self,
        handler: Callable[..., Any] | None = None,
        *,
        resume: Callable[..., Any] | None = None,
        close_limit: Duration | None = None,
        id: str | None = None,
        title: str | None = None,
        **attributes: Any,
    ) -> PlainJob | Callable[[Callable[..., Any]], PlainJob]:
        """Make a job of an AWS Lambda handler that stops in time and says how to go on.

        The trigger's input is the first event. Each later one, which `resume` makes, is stored as
        `next_event` in the input. The budget of an event is the function's time limit.

        Args:
            handler: Called with an event and a context, which has `get_remaining_time_in_millis()` and
                the attributes that Lambda's Python runtime gives it.
            resume: Called with the event and what the handler returned; returns the next event, or None
                when done: then the result is the output.
            close_limit: Under which remaining time the handler stops. A planned `close_to_timeout` makes
                the context tell 1 ms less than that, or 0 if it is None.
            id: The id; the handler's name in camelCase if None.
            title: The title; the id in words if None.
            attributes: The others of `create_task_definition`.

        Returns:
            As for `resumable`.

        Raises:
            DefinitionError: One of them cannot be called like that, or an argument cannot be used.

        Example:
            >>> import tasksim
            >>> def sync_orders(event, context):
            ...     page = event.get("page", 0)
            ...     while page < 5 and context.get_remaining_time_in_millis() > 10_000:
            ...         page += 1
            ...     return {"page": page}
            >>> job = tasksim.resumable.from_lambda(
            ...     sync_orders, resume=lambda event, result: result if result["page"] < 5 else None
            ... )
            >>> execution = tasksim.run(job, budget="20s", tick="2s")
            >>> execution.output, len(execution.iterations)
            ({'page': 5}, 3)
        """
        if resume is None or not callable(resume):
            raise DefinitionError(
                f"resumable.from_lambda() got resume={resume!r:.60}, so nothing says how to go on.",
                way_out="Pass resume=lambda event, result: ..., which returns the next event, or None.",
            )
        refuse_unless_takes(resume, ("event", "result"), of="resume")
        limit_ms = None
        if close_limit is not None:
            limit_ms = parse_duration(close_limit, name="close_limit", allow_zero=False)

        def make(handler: Callable[..., Any]) -> PlainJob:
            own_id = job_id(handler, id)
            refuse_unless_takes(handler, ("event", "context"), of=f"{name_of(handler)}() of {own_id!r}")
            run = run_of_handler(handler, resume, id=own_id, limit_ms=limit_ms)
            return make_job(handler, run, id=own_id, title=title, attributes=attributes)

        return make if handler is None else make(handler)

    def __repr__(self) -> str:
        """Show how it is reached."""
        return "tasksim.resumable"


resumable: Final = Resumable()
