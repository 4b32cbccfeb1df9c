"""Resolvers: each field that does something, by a call of the service.

Tasks and logs are answered as the JSON of their records, whose keys are the fields' names; only what
is looked up elsewhere has a resolver.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ariadne import MutationType, ObjectType, QueryType

from tasksim.errors import EngineError
from tasksim.graphql._arguments import input_of, page_of
from tasksim.graphql._callers import NOT_AUTHORIZED
from tasksim.graphql._envelopes import enveloped, enveloped_list
from tasksim.graphql._settings import get_settings, update_settings

if TYPE_CHECKING:
    from typing import TypeAlias

    from graphql import GraphQLResolveInfo

    from tasksim._model.pages import Meta
    from tasksim._simulator.simulator import Simulator
    from tasksim.graphql._callers import Caller

    Info: TypeAlias = GraphQLResolveInfo[Caller]

__all__ = ["RESOLVERS", "SETTINGS_RESOLVERS", "public_ids"]

_root_query = QueryType()
_root_mutation = MutationType()
_query = ObjectType("WebinyBackgroundTaskQuery")
_mutation = ObjectType("WebinyBackgroundTaskMutation")
_task = ObjectType("WebinyBackgroundTask")
_log = ObjectType("WebinyBackgroundTaskLog")
_settings_query = ObjectType("WebinyBackgroundTaskQuery")
_settings_mutation = ObjectType("WebinyBackgroundTaskMutation")

_MOST_LOGS = 10_000


def public_ids(sim: Simulator) -> tuple[str, ...]:
    """Return the ids of the definitions that are not private, in order of registration (T7)."""
    definitions = sim.tasks.list_definitions()
    return tuple(each.id for each in definitions if not getattr(each, "is_private", False))


@_root_query.field("backgroundTasks")
@_root_mutation.field("backgroundTasks")
def _resolve_namespace(_: object, __: Info) -> dict[str, Any]:
    return {}


# --- queries: refused inside the envelope (P1)


@_query.field("getTask")
def _resolve_get_task(_: object, info: Info, *, id: str) -> dict[str, Any]:
    caller = info.context

    def work() -> dict[str, Any] | None:
        caller.begin_read()
        return _task_json(caller, id)

    return enveloped(caller, work)


@_query.field("listTasks")
def _resolve_list_tasks(_: object, info: Info, **given: Any) -> dict[str, Any]:
    caller = info.context
    caller.take(())

    def work() -> tuple[list[Any], Meta]:
        caller.begin_read()
        page = page_of(caller.sim.tasks.list_tasks, given)
        return [task.to_json() for task in page], page.meta

    found = enveloped_list(caller, work)
    caller.take(found["data"])
    return found


@_query.field("listLogs")
def _resolve_list_logs(_: object, info: Info, **given: Any) -> dict[str, Any]:
    caller = info.context
    caller.take(())

    def work() -> tuple[list[Any], Meta]:
        caller.begin_read()
        page = page_of(caller.sim.tasks.list_logs, given)
        return [log.to_json() for log in page], page.meta

    found = enveloped_list(caller, work)
    caller.take(found["data"])
    return found


@_query.field("listDefinitions")
def _resolve_list_definitions(_: object, info: Info) -> dict[str, Any]:
    caller = info.context

    def work() -> list[dict[str, Any]]:
        caller.check_query()
        return [
            {
                "id": each.id,
                "title": each.title,
                "description": getattr(each, "description", None),
                "fields": [],
            }
            for each in caller.sim.tasks.list_definitions()
            if not getattr(each, "is_private", False)
        ]

    return enveloped(caller, work)


# --- mutations: refused outside of any envelope (P1)


@_mutation.field("triggerTask")
def _resolve_trigger_task(
    _: object,
    info: Info,
    *,
    definition: str,
    input: Any = None,
    name: str | None = None,
    delay: float | None = None,
) -> dict[str, Any]:
    caller = info.context
    caller.check_mutation("w")

    def work() -> dict[str, Any]:
        with caller.acting():
            task = caller.sim.tasks.trigger(definition, input=input_of(input), name=name, delay=delay or 0)
        return task.to_json()

    return enveloped(caller, work)


@_mutation.field("abortTask")
def _resolve_abort_task(_: object, info: Info, *, id: str, message: str | None = None) -> dict[str, Any]:
    caller = info.context
    caller.check_mutation("w")
    return enveloped(caller, lambda: caller.sim.tasks.abort(id, message=message).to_json())


@_mutation.field("deleteTask")
def _resolve_delete_task(_: object, info: Info, *, id: str) -> dict[str, Any]:
    caller = info.context
    caller.check_mutation("d")
    return enveloped(caller, lambda: caller.sim.tasks.delete_task(id))


# --- nested fields: no permission is asked for


@_task.field("logs")
def _resolve_logs(task: dict[str, Any], info: Info, **given: Any) -> list[dict[str, Any]]:
    """Return the logs of a task, the oldest first: the real API sorts them by who made them."""
    caller = info.context
    caller.take(())
    arguments = {"sort": ["createdOn_ASC"], "limit": _MOST_LOGS, **given}
    arguments["where"] = {**(given.get("where") or {}), "task": task["id"]}
    found = [log.to_json() for log in page_of(caller.sim.tasks.list_logs, arguments)]
    caller.take(found)
    return found


@_log.field("task")
def _resolve_task(log: dict[str, Any], info: Info) -> dict[str, Any] | None:
    return _task_json(info.context, log["task"])


def _task_json(caller: Caller, id: str) -> dict[str, Any] | None:
    """Return a task, or None if there is none (P2)."""
    found = caller.sim.tasks.get_task(id)
    return None if found is None else found.to_json()


# --- settings, where the contract has them: both refused inside the envelope


@_settings_query.field("getSettings")
def _resolve_get_settings(_: object, info: Info) -> dict[str, Any]:
    caller = info.context

    def work() -> dict[str, Any]:
        caller.check_query()
        return get_settings(caller.sim)

    return enveloped(caller, work)


@_settings_mutation.field("updateSettings")
def _resolve_update_settings(_: object, info: Info, *, input: dict[str, Any]) -> dict[str, Any]:
    caller = info.context

    def work() -> dict[str, Any]:
        if not caller.may("w"):
            raise EngineError(NOT_AUTHORIZED, caller.contract.settings_not_authorized)
        return update_settings(caller.sim, input)

    return enveloped(caller, work)


RESOLVERS = (_root_query, _root_mutation, _query, _mutation, _task, _log)
"""What every contract has."""

SETTINGS_RESOLVERS = (_settings_query, _settings_mutation)
"""What a contract with settings has besides."""
