"""A GraphQL row, replayed: a fresh world, documents sent to it, and what happens between them.

Ids differ from the recorded ones: `$task1` stands for the first task created in this world, `$log1` for
the first log.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from pydantic import Field, StrictFloat, StrictInt, StrictStr

from tasksim._conform.script import hooks_of, model_of
from tasksim._engine.core import Delivery
from tasksim._engine.machine import deliver
from tasksim._model.definitions import create_private_task_definition, create_task_definition
from tasksim._simulator.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tasksim.graphql import GraphQLClient

__all__ = ["Exchange", "replay_conversation"]

_PLACE = re.compile(r"\$(task|log)([0-9]+)")
_FIELD_TYPES: dict[str, Any] = {
    "string": StrictStr,
    "string.min1": Annotated[StrictStr, Field(min_length=1)],
    "number": StrictInt | StrictFloat,
    "strings": Annotated[list[StrictStr], Field(min_length=1)],
}


class Exchange(NamedTuple):
    """One document's answer: its place among the steps, what was expected, with ids of this world, and it."""

    step: int
    expected: Any
    actual: dict[str, Any]


def replay_conversation(row: dict[str, Any], profile: str) -> Iterator[Exchange]:
    """Replay a conversation and yield each answer as it comes.

    Raises:
        MissingExtra: Ariadne is not installed.
    """
    from tasksim.graphql import GraphQLClient  # noqa: PLC0415 - an extra, needed by these rows alone

    world = _World(row["definitions"], profile)
    client = GraphQLClient(world.sim, permissions=row.get("permissions"))
    for number, step in enumerate(row["steps"]):
        if "document" in step:
            actual = _asked(client, step, world)
            yield Exchange(number, world.named(step["response"]), actual)
        elif "advance" in step:
            world.advance(step["advance"])
        else:
            world.run(step.get("iterations"))


def _asked(client: GraphQLClient, step: dict[str, Any], world: _World) -> dict[str, Any]:
    """Send a step's document and return the answer."""
    answer = client.execute(step["document"], world.named(step.get("variables")))
    world.note()
    return answer


class _World:
    """The world of one conversation: scripted definitions, and the order in which records were created."""

    def __init__(self, definitions: list[dict[str, Any]], profile: str) -> None:
        """Register the definitions, in order."""
        self.sim = Simulator(profile=profile, freeze=False, _kills_at_deadline=False)
        self.engine = self.sim._engine  # noqa: SLF001 - conformance drives the engine itself
        self.created: dict[str, dict[int, str]] = {"task": {}, "log": {}}
        for given in definitions:
            self.sim.register(_definition(given))

    def note(self) -> None:
        """Remember what was created since."""
        store = self.engine.store
        for at, task in store.tasks():
            self.created["task"].setdefault(at, task.id)
        for at, log in store.logs():
            self.created["log"].setdefault(at, log.id)

    def named(self, value: Any) -> Any:
        """Return a value with ids for `$taskN` and `$logN`; where there is none, the text stays."""
        if isinstance(value, str):
            return _PLACE.sub(self._id, value)
        if isinstance(value, list):
            return [self.named(item) for item in value]
        if isinstance(value, dict):
            return {key: self.named(item) for key, item in value.items()}
        return value

    def _id(self, place: re.Match[str]) -> str:
        """Return the id of the Nth record of a kind, or the text that asks for it."""
        ids = list(self.created[place[1]].values())
        at = int(place[2])
        return ids[at - 1] if 1 <= at <= len(ids) else place[0]

    def advance(self, ms: int) -> None:
        """Let time pass."""
        self.engine.clock.move_to(self.engine.clock.now_ms + ms)

    def run(self, most: int | None) -> None:
        """Deliver events to each pending or running task until it ends, or so many; its waits pass."""
        unfinished = [
            task.id
            for task in self.sim.tasks.list_tasks(
                {"status_in": ["pending", "running"]}, sort="created_on_ASC", limit=1_000_000
            )
        ]
        for task_id in unfinished:
            self._run_one(task_id, most)
        self.note()

    def _run_one(self, task_id: str, most: int | None) -> None:
        """Deliver events to one task."""
        delivered = 0
        while most is None or delivered < most:
            answer = deliver(self.engine, Delivery(self.engine.lives[task_id], -1, "duplicate"))
            delivered += 1
            self.note()
            if answer is None or answer.status != "continue":
                return
            self.advance(round((answer.wait or 0) * 1000))


def _definition(given: dict[str, Any]) -> object:
    """Make a scripted definition."""
    create = create_private_task_definition if given.get("isPrivate") else create_task_definition
    validation = given.get("validation")
    parts: dict[str, Any] = {
        "id": given["id"],
        "title": given["title"],
        "description": given.get("description"),
        "run": _script(given["script"]),
        "max_iterations": given.get("maxIterations"),
        "disable_database_logs": given.get("disableDatabaseLogs"),
        "create_input_validation": model_of(validation, _FIELD_TYPES) if validation else None,
        **hooks_of(given.get("hooks") or {}),
    }
    return create(**parts)


def _script(script: list[dict[str, Any]]) -> Callable[..., Any]:
    """Make a `run` whose nth call, over all tasks, does the nth entry; the last one repeats."""
    calls = 0

    def run(response: Any, store: Any) -> Any:
        nonlocal calls
        calls += 1
        entry = script[min(calls, len(script)) - 1]
        if "log" in entry:
            store.add_info_log(entry["log"])
        if "throw" in entry:
            raise Exception(entry["throw"])  # noqa: TRY002 - a message and nothing else
        if "continue" in entry:
            return response.continue_(entry["continue"])
        if "error" in entry:
            return response.error(entry["error"])
        return response.done(entry.get("message"), entry.get("output"))

    return run
