"""A plain job: a definition made from a function that knows nothing of one.

This module promises the id, the title and the errors that all of them have in common. It must not know how a
job is asked to stop.
"""

from __future__ import annotations

from inspect import signature
from typing import TYPE_CHECKING, Any, ClassVar

from tasksim._model.camel_case import camel_case, snake_case
from tasksim._model.definitions import FunctionDefinition, create_task_definition
from tasksim._world.refusals import ADDRESS
from tasksim._world.strict_json import checked_copy
from tasksim.errors import DefinitionError, NotJson

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasksim.typing import JSON, JsonObject

__all__ = ["PlainJob", "as_output", "job_id", "json_from", "make_job", "name_of", "refuse_unless_takes"]


class PlainJob(FunctionDefinition):
    """A definition made by `resumable`. Called, it calls the function it was made from.

    Attributes:
        function: That function.
        preferred_profile: The profile that `tasksim.run` takes where none is given.
    """

    preferred_profile: ClassVar[str] = "generic"

    function: Callable[..., Any]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the plain function, as if it had never been decorated."""
        return self.function(*args, **kwargs)

    def __repr__(self) -> str:
        """Show the id."""
        return f"<plain job {self.id!r}>"


def name_of(function: object) -> str:
    """Return what to call a function in messages."""
    return getattr(function, "__name__", type(function).__name__)


def job_id(function: object, id: str | None) -> str:
    """Return the id: the one given, else the function's name in camelCase.

    Raises:
        DefinitionError: It cannot be called, or has no name that makes an id.
    """
    if not callable(function):
        raise DefinitionError(
            f"resumable() got {function!r:.80}, which cannot be called.",
            way_out="Pass a function: def sync_orders(cursor, should_stop).",
        )
    found = camel_case(getattr(function, "__name__", "").replace("<lambda>", "")) if id is None else id
    if not found:
        raise DefinitionError(
            f"{ADDRESS.sub('', repr(function)):.80} has no name that makes an id.",
            way_out="Pass one: id='syncOrders'.",
        )
    return found


def make_job(
    function: Callable[..., Any],
    run: Callable[..., Any],
    *,
    id: str,
    title: str | None,
    attributes: dict[str, Any],
) -> PlainJob:
    """Make the definition; the title is the id in words unless it is given.

    Raises:
        DefinitionError: An attribute that no definition has, or `profile`.
    """
    if "profile" in attributes:
        raise DefinitionError(
            f"The job {id!r} was given a profile, which belongs to the simulator.",
            way_out="Give it to tasksim.run(..., profile=...) or Simulator(profile=...).",
        )
    words = snake_case(id).replace("_", " ").strip()
    made = create_task_definition(id=id, title=title or words[:1].upper() + words[1:], run=run, **attributes)
    return PlainJob({**vars(made), "function": function})


def refuse_unless_takes(function: Callable[..., Any], names: tuple[str, ...], *, of: str) -> None:
    """Refuse a function that cannot be called with as many positional arguments.

    Raises:
        DefinitionError: It takes fewer, or more, or only by name.
    """
    try:
        signature(function).bind(*names)
    except (TypeError, ValueError) as error:
        raise DefinitionError(
            f"{of} cannot be called with {' and '.join(names)}: {error}.",
            way_out=f"Give it these two parameters: ({', '.join(names)}).",
        ) from None


def json_from(function: object, value: object, what: str) -> JSON:
    """Return a copy of what a function gave, which must be JSON.

    Raises:
        NotJson: With the place inside of it, and the function.
    """
    try:
        return checked_copy(value, what)
    except NotJson as error:
        error.facts = (f"given by {name_of(function)}()",)
        raise


def as_output(value: JSON) -> JsonObject | None:
    """Return a result as an output: an object as it is, anything else under `result`; None is none."""
    return value if value is None or type(value) is dict else {"result": value}
