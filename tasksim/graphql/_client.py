"""The client in process: documents in, answers out, nothing between but the schema."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ariadne import graphql, graphql_sync

from tasksim._model.records import Identity
from tasksim._simulator.simulator import Simulator
from tasksim.errors import UsageError
from tasksim.graphql._callers import FULL_ACCESS, Caller
from tasksim.graphql._contracts import CONTRACTS
from tasksim.graphql._envelopes import FindingRaised
from tasksim.graphql._schemas import schema_for

if TYPE_CHECKING:
    from tasksim.typing import Duration

__all__ = ["LOGGER", "GraphQLClient", "without_empty_data"]

# Errors are in the answer; whoever wants them logged as well sets a level.
LOGGER = logging.getLogger("tasksim.graphql")
LOGGER.setLevel(logging.CRITICAL + 1)


class GraphQLClient:
    """Ask a simulation through GraphQL, in process; it and `sim.tasks` see one state.

    The schema is that of the simulation's profile. It is built once and again only when a public
    definition was added; each document is parsed and validated once.

    Args:
        sim: The simulation that answers.
        permissions: What the caller holds (P1): objects with a `name` and perhaps letters, as in
            `{"name": "tasks", "rwd": "r"}`. Full access, `{"name": "*"}`, if not given.
        identity: As whom it triggers; the simulation's own identity if not given.
        debug: Whether an error carries its `stack`.
        sdk_compat: Whether the schema also has the two types by which the official client declares
            variables and which the real API lacks. Its documents fail without, as they do there.

    Raises:
        UsageError: An argument of the wrong kind.

    Example:
        >>> from tasksim import Simulator, task_definition
        >>> from tasksim.graphql import GraphQLClient
        >>> @task_definition(id="sayHello", title="Say hello")
        ... def say_hello(controller):
        ...     return controller.response.done("Hello.")
        >>> sim = Simulator([say_hello])
        >>> client = GraphQLClient(sim)
        >>> document = "mutation { backgroundTasks { triggerTask(definition: sayHello) { data { id } } } }"
        >>> client.execute(document)
        {'data': {'backgroundTasks': {'triggerTask': {'data': {'id': 'sayHello-0001'}}}}}
        >>> sim.run_until_idle()
        >>> document = "{ backgroundTasks { listTasks { data { taskStatus } } } }"
        >>> client.execute(document)["data"]["backgroundTasks"]["listTasks"]["data"]
        [{'taskStatus': 'success'}]
    """

    __slots__ = ("_caller", "_sdk_compat")

    def __init__(
        self,
        sim: Simulator,
        *,
        permissions: Sequence[Mapping[str, Any]] | None = None,
        identity: Identity | None = None,
        debug: bool = False,
        sdk_compat: bool = False,
    ) -> None:
        """Ask one simulation as one caller."""
        if not isinstance(sim, Simulator):
            raise UsageError(f"GraphQLClient() got {sim!r:.60}.", way_out="Pass a Simulator.")
        if identity is not None and not isinstance(identity, Identity):
            raise UsageError(
                f"GraphQLClient() got identity={identity!r:.60}.", way_out="Pass Identity(...), or nothing."
            )
        held = FULL_ACCESS if permissions is None else _checked_permissions(permissions)
        self._caller = Caller(sim, CONTRACTS[sim.profile], held, identity, debug, lets_findings_out=True)
        self._sdk_compat = sdk_compat

    def execute(
        self, document: str, variables: Mapping[str, Any] | None = None, operation_name: str | None = None
    ) -> dict[str, Any]:
        """Execute a document and return the answer, as the body of a response has it.

        Args:
            document: The text of a GraphQL document.
            variables: The values of its variables, JSON.
            operation_name: Which operation, if the document has several.

        Returns:
            `data`, unless nothing was executed, and `errors`, if there are any.

        Raises:
            DefinitionError: A public definition whose id cannot stand in the schema.
            AssertionError: A hook raised it; so for a usage error, an interrupt, an outcome of pytest.
        """
        asked = self._asked(document, variables, operation_name)
        try:
            _, response = graphql_sync(**asked)
        except FindingRaised as raised:
            finding = raised.finding
        else:
            return without_empty_data(response)
        raise finding  # out here, so that it is not said to have come of what carried it

    async def execute_async(
        self, document: str, variables: Mapping[str, Any] | None = None, operation_name: str | None = None
    ) -> dict[str, Any]:
        """Execute a document inside a running event loop; as `execute` in all else."""
        asked = self._asked(document, variables, operation_name)
        try:
            _, response = await graphql(**asked)
        except FindingRaised as raised:
            finding = raised.finding
        else:
            return without_empty_data(response)
        raise finding  # out here, so that it is not said to have come of what carried it

    def sleep(self, seconds: Duration) -> None:
        """Let the simulation go on for so long, as `sim.advance` does, and return at once.

        For a client of yours that polls and takes the function it sleeps by.

        Args:
            seconds: How long; any duration that `sim.advance` takes.

        Raises:
            UsageError: No duration, a negative one, or a call from inside a run or hook.

        Example:
            >>> from tasksim import Simulator, task_definition
            >>> from tasksim.graphql import GraphQLClient
            >>> @task_definition(id="countDown", title="Count down")
            ... def count_down(input, controller):
            ...     if input["left"] > 0:
            ...         return controller.response.continue_({"left": input["left"] - 1}, seconds=60)
            ...     return controller.response.done()
            >>> def wait_for(execute, id, sleep):
            ...     document = (
            ...         "query ($id: ID!) { backgroundTasks { getTask(id: $id) { data { taskStatus } } } }"
            ...     )
            ...     while True:
            ...         task = execute(document, {"id": id})["data"]["backgroundTasks"]["getTask"]["data"]
            ...         if task["taskStatus"] not in {"pending", "running"}:
            ...             return task["taskStatus"]
            ...         sleep(5)
            >>> sim = Simulator([count_down])
            >>> client = GraphQLClient(sim)
            >>> task = sim.tasks.trigger("countDown", input={"left": 60})
            >>> wait_for(client.execute, task.id, sleep=client.sleep)
            'success'
            >>> sim.now_ms
            3600000
        """
        self._caller.sim.advance(seconds)

    async def sleep_async(self, seconds: Duration) -> None:
        """Let the simulation go on for so long, inside a running event loop; as `sleep` in all else.

        In a loop of asyncio its other coroutines have their turn meanwhile, as with any sleep.
        """
        self.sleep(seconds)
        if _is_in_asyncio():
            await asyncio.sleep(0)

    def _asked(
        self, document: str, variables: Mapping[str, Any] | None, operation_name: str | None
    ) -> dict[str, Any]:
        """Return the arguments of what executes."""
        built = schema_for(self._caller.sim, sdk_compat=self._sdk_compat)
        given = dict(variables) if isinstance(variables, Mapping) else variables
        return {
            "schema": built.schema,
            "data": {"query": document, "variables": given, "operationName": operation_name},
            "context_value": self._caller,
            "query_parser": built.documents.parse,
            "query_validator": built.documents.validate,
            "logger": LOGGER,
        }

    def __repr__(self) -> str:
        """Show which contract it speaks, and what the caller holds."""
        held = ", ".join(f"{each['name']}:{each.get('rwd', '*')}" for each in self._caller.permissions)
        return f"<GraphQLClient {self._caller.sim.profile}, permissions: {held or 'none'}>"


def _is_in_asyncio() -> bool:
    """Whether the running loop, if there is one, is asyncio's."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def without_empty_data(response: dict[str, Any]) -> dict[str, Any]:
    """Return an answer without `data` where nothing was executed: what is executed has an object there."""
    if response.get("data", response) is None:
        del response["data"]
    return response


def _checked_permissions(permissions: object) -> Sequence[Mapping[str, Any]]:
    """Return permissions as they were given, or refuse them."""
    if isinstance(permissions, list | tuple) and all(
        isinstance(each, Mapping) and isinstance(each.get("name"), str) for each in permissions
    ):
        return tuple(permissions)
    raise UsageError(
        f"GraphQLClient() got permissions={permissions!r:.60}.",
        way_out="Pass a list, as in [{'name': 'tasks', 'rwd': 'rw'}].",
    )
