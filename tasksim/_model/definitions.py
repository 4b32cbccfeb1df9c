"""Definitions: how a task is described, by any object or made from functions or a class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasksim._model.camel_case import snake_case
from tasksim.errors import DefinitionError, nearest_phrase

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tasksim.typing import SelfCleanup

__all__ = [
    "DEFINITION_ATTRIBUTES",
    "HOOKS",
    "FunctionDefinition",
    "Implementation",
    "create_implementation",
    "create_private_task_definition",
    "create_task_definition",
    "task_definition",
]

HOOKS = ("on_before_trigger", "on_done", "on_error", "on_abort", "on_max_iterations")

DEFINITION_ATTRIBUTES = (
    "id",
    "title",
    "run",
    "description",
    "max_iterations",
    "is_private",
    "disable_database_logs",
    "database_logs",
    "self_cleanup",
    "create_input_validation",
    *HOOKS,
)

_REFUSED = {
    "fields": "The engine ignores it; describe the input with create_input_validation.",
    "is_private": "Use create_private_task_definition(...) for a private definition.",
}


class FunctionDefinition:
    """A definition made from functions; holds only the attributes it was given.

    Attributes: those of `DEFINITION_ATTRIBUTES` that were given; `run` is the plain function.
    """

    id: str
    title: str
    run: Callable[..., Any]

    def __init__(self, attributes: dict[str, Any]) -> None:
        """Hold the attributes as they are: functions stay plain functions."""
        self.__dict__.update(attributes)

    def __repr__(self) -> str:
        """Show the id."""
        return f"<task definition {self.id!r}>"


class Implementation:
    """A definition's class with its dependencies, made by `create_implementation`."""

    dependencies: tuple[object, ...]

    def __init__(self, implementation: type, dependencies: Sequence[object]) -> None:
        """Keep the parts; nothing is constructed before registration."""
        self.implementation = implementation
        self.dependencies = tuple(dependencies)

    def __repr__(self) -> str:
        """Show the class."""
        return f"<implementation {self.implementation.__qualname__}>"


def create_task_definition(  # noqa: PLR0913 - a definition's attributes
    *,
    id: str,
    title: str,
    run: Callable[..., Any],
    description: str | None = None,
    max_iterations: int | None = None,
    disable_database_logs: bool | None = None,
    database_logs: bool | None = None,
    self_cleanup: SelfCleanup | None = None,
    create_input_validation: Any = None,
    on_before_trigger: Callable[..., Any] | None = None,
    on_done: Callable[..., Any] | None = None,
    on_error: Callable[..., Any] | None = None,
    on_abort: Callable[..., Any] | None = None,
    on_max_iterations: Callable[..., Any] | None = None,
    **refused: object,
) -> FunctionDefinition:
    """Make a definition from functions.

    Args:
        id: The camelCase id.
        title: The title, and the default name of its tasks (T1).
        run: One iteration; gets the arguments it names.
        description: For people.
        max_iterations: E6; None or 0 means the profile's default.
        disable_database_logs: E2, `documented` and `webiny-5`.
        database_logs: E2, `webiny-6`.
        self_cleanup: C1, `webiny-6`.
        create_input_validation: T6: a pydantic model, a `TypeAdapter`, a plain type, or a function
            that returns one.
        on_before_trigger: Called before a task is stored (T3).
        on_done: Called when a task is done (H1).
        on_error: Called when a task has failed (H1, H5).
        on_abort: Called inside an abort (H3).
        on_max_iterations: Called when the limit is reached (H4).
        refused: `fields` and `is_private` are refused, with the reason.

    Returns:
        A definition to register.

    Raises:
        DefinitionError: An argument that no definition has.

    Example:
        >>> export = create_task_definition(
        ...     id="exportPages",
        ...     title="Export pages",
        ...     run=lambda controller: controller.response.done("Exported."),
        ... )
        >>> export
        <task definition 'exportPages'>
    """
    return _make(locals())


def create_private_task_definition(
    *,
    id: str,
    title: str,
    run: Callable[..., Any],
    **attributes: Any,
) -> FunctionDefinition:
    """Make a private definition from functions: code may trigger it, GraphQL does not list it (T7).

    Args:
        id: The camelCase id.
        title: The title.
        run: One iteration.
        attributes: The others of `create_task_definition`.

    Returns:
        A definition to register.

    Raises:
        DefinitionError: An argument that no definition has.
    """
    definition = create_task_definition(id=id, title=title, run=run, **attributes)
    definition.__dict__["is_private"] = True
    return definition


def task_definition(
    *,
    id: str,
    title: str,
    **attributes: Any,
) -> Callable[[Callable[..., Any]], FunctionDefinition]:
    """Make a definition from the decorated `run`, which stays reachable as `.run`.

    Args:
        id: The camelCase id.
        title: The title.
        attributes: The others of `create_task_definition`.

    Returns:
        A decorator for `run`.

    Example:
        >>> @task_definition(id="sayHello", title="Say hello")
        ... def say_hello(input, controller):
        ...     return controller.response.done(f"Hello, {input['name']}.")
        >>> say_hello.id
        'sayHello'
    """

    def decorate(run: Callable[..., Any]) -> FunctionDefinition:
        return create_task_definition(id=id, title=title, run=run, **attributes)

    return decorate


def create_implementation(implementation: type, *, dependencies: Sequence[object] = ()) -> Implementation:
    """Make a definition from a class and what its constructor takes.

    Args:
        implementation: The definition's class.
        dependencies: The positional arguments of its constructor, in order; the Protocol
            `TaskService` stands for the simulator's service, filled in at registration.

    Returns:
        A definition to register; a crash makes a fresh instance, with the same dependencies.

    Raises:
        DefinitionError: `implementation` is not a class.
    """
    if not isinstance(implementation, type):
        raise DefinitionError(
            f"create_implementation() got {implementation!r:.80}, which is not a class.",
            way_out="Pass the class first: create_implementation(PublishEntries, dependencies=[cms]).",
        )
    return Implementation(implementation, dependencies)


def _make(given: dict[str, Any]) -> FunctionDefinition:
    """Keep what was given; refuse what the documentation says not to use."""
    refused = given.pop("refused")
    for name in refused:
        reason = _REFUSED.get(name)
        known = [known for known in DEFINITION_ATTRIBUTES if known not in _REFUSED]
        raise DefinitionError(
            f"The definition {given['id']!r} was given {name!r}"
            + (", which is refused." if reason else f".{nearest_phrase(snake_case(name), known)}"),
            way_out=reason or f"Choose from {', '.join(known)}.",
        )
    return FunctionDefinition({name: value for name, value in given.items() if value is not None})
