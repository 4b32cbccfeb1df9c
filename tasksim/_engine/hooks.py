"""Calling hooks: each is a checkpoint; what they raise stands beside the result, not in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasksim._engine.calling import call
from tasksim._engine.cleanup import clean_up
from tasksim._engine.face import misuse_of_face
from tasksim._engine.failures import error_data, finding_in
from tasksim._model.events import DataSimplified, ExceptionRaised, HookFailed
from tasksim._world.snapshots import Task

if TYPE_CHECKING:
    from tasksim._engine.core import Engine, Life, Scope
    from tasksim._engine.registry import Registered
    from tasksim._model.records import TaskRecord

__all__ = ["call_hook", "comes_out", "end_hook", "note_exception"]


def comes_out(engine: Engine, error: Exception, owner: str) -> Exception | None:
    """Return what must come out of the outer call instead of being stored or reported, if anything.

    Those are assertions and the errors of tasksim other than the engine's own answers; one in an
    exception group comes out of it.
    """
    found = finding_in(error)
    if found is not None:
        engine.misused(found)
        return found
    if isinstance(error, TypeError):
        misuse = misuse_of_face(error, owner)
        if misuse is not None:
            misuse.__cause__ = error
            engine.misused(misuse)
        return misuse
    return None


def note_exception(engine: Engine, life: Life, where: str, error: Exception) -> None:
    """Keep an exception of user code with its traceback, and trace that it was raised."""
    life.exception = error
    engine.emit(ExceptionRaised, life.task_id, where, type(error).__name__, error_data(error)[0]["message"])


def call_hook(  # noqa: PLR0913, PLR0917 - a hook is called with what it may name
    engine: Engine,
    life: Life,
    scope: Scope | None,
    registered: Registered,
    hook: str,
    values: dict[str, object],
) -> None:
    """Call a hook if the definition has it; whatever it raises comes out."""
    binding = registered.hooks.get(hook)
    if binding is None:
        return
    after = engine.touch(life, scope, f"hook.{hook}")
    values["context"] = engine.user_context
    values["definition"] = registered.definition
    outer_hook, engine.hook = engine.hook, hook
    try:
        call(engine, life, scope, binding, values)
    except Exception as error:
        outer = comes_out(engine, error, f"{hook}() of {registered.id!r}")
        if outer is not None and outer is not error:
            raise outer from outer.__cause__
        if outer is None:
            note_exception(engine, life, hook, error)
        raise
    finally:
        engine.hook = outer_hook
    if after is not None:
        after()


def end_hook(  # noqa: PLR0913, PLR0917 - see above
    engine: Engine,
    life: Life,
    scope: Scope | None,
    registered: Registered,
    hook: str,
    task: TaskRecord,
) -> None:
    """Call `on_done`, `on_error` or `on_abort`; report its failure (H2, H3); then clean up (C1)."""
    try:
        call_hook(engine, life, scope, registered, hook, {"task": Task(task, engine.store)})
    except Exception as error:
        if comes_out(engine, error, hook) is not None:
            raise
        report_hook(engine, life, hook, error)
    if hook in registered.cleanup:
        clean_up(engine, life.task_id)


def report_hook(engine: Engine, life: Life, hook: str, error: Exception) -> None:
    """Trace that a hook failed."""
    data, simplified = error_data(error)
    if simplified:
        engine.emit(DataSimplified, life.task_id, hook)
    engine.emit(HookFailed, life.task_id, hook, data)
