"""What GraphQL costs here, as ratios against bare Ariadne measured in the same process.

    python tests/benchmarks/bench_graphql.py [--short] [--check]

The peer is the same schema with resolvers that call the same service and do nothing else, its documents
parsed and validated once, too: executed in process, and served by Ariadne's own ASGI app under uvicorn. Peer
and subject take turns, so that a busy machine slows both; of several rounds the median ratio counts.
`--short` only proves that everything runs: its numbers are rough. The exit code is 0 unless `--check` finds a
target passed.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
from contextlib import contextmanager
from http.client import HTTPConnection
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

import uvicorn
from ariadne import MutationType, ObjectType, QueryType, graphql_sync
from ariadne.asgi import GraphQL
from graphql import build_schema, parse, validate

from tasksim import Simulator, create_task_definition
from tasksim.graphql import GraphQLClient, create_app
from tasksim.graphql._contracts import CONTRACTS, schema_text
from tasksim.graphql._scalars import SCALARS
from tasksim.graphql._serving.server import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from graphql import GraphQLSchema

    from tasksim.typing import Controller

TASK = "id taskStatus definitionId name iterations input output createdOn startedOn finishedOn"
TRIGGER = (
    "mutation ($input: JSON) { backgroundTasks { triggerTask(definition: importPages, input: $input) "
    f"{{ data {{ {TASK} }} error {{ message code data }} }} }} }}"
)
LIST = (
    f"{{ backgroundTasks {{ listTasks(limit: 50) {{ data {{ {TASK} }} "
    "meta { cursor hasMoreItems totalCount } error { message code data } } } }"
)
POLL = "query ($id: ID!) { backgroundTasks { getTask(id: $id) { data { taskStatus } } } }"
INPUT = {"pages": ["a", "b", "c"], "left": 0}


class Scale(NamedTuple):
    """How much is measured."""

    rounds: int
    calls: int
    requests: int


FULL = Scale(rounds=15, calls=100, requests=50)
SHORT = Scale(rounds=1, calls=20, requests=20)


class Row(NamedTuple):
    """One line of the table; a target is the most, of a rate the least."""

    name: str
    peer: float | None
    subject: float
    ratio: float
    target: float
    is_least: bool = False

    @property
    def holds(self) -> bool:
        """Whether the target is met."""
        return self.ratio >= self.target if self.is_least else self.ratio <= self.target


def import_pages(input: dict[str, Any], controller: Controller) -> object:
    """Continue as often as the input says, five seconds apart."""
    if input.get("left", 0) > 0:
        return controller.response.continue_({"left": input["left"] - 1}, seconds=5)
    return controller.response.done("All imported.", {"pages": 3})


def world() -> Simulator:
    """Return a simulation with 60 finished tasks."""
    definition = create_task_definition(
        id="importPages", title="Import pages", run=import_pages, max_iterations=2_000
    )
    sim = Simulator([definition], profile="webiny-5", freeze=False)
    for _ in range(60):
        sim.tasks.trigger("importPages", input=INPUT)
    sim.run_until_idle()
    return sim


# --- the peer


class Cached:
    """Parses and validates each document once."""

    def __init__(self) -> None:
        """Know none."""
        self._parsed: dict[str, Any] = {}
        self._validated: dict[int, Any] = {}

    def parse(self, _: object, data: dict[str, Any]) -> Any:
        """Return the document of a request."""
        text = data["query"]
        if text not in self._parsed:
            self._parsed[text] = parse(text)
        return self._parsed[text]

    def validate(
        self,
        schema: GraphQLSchema,
        document_ast: Any,
        rules: Any = None,
        max_errors: int | None = None,
        type_info: object = None,
    ) -> Any:
        """Return what is wrong with a document."""
        if id(document_ast) not in self._validated:
            self._validated[id(document_ast)] = validate(schema, document_ast, rules, max_errors)
        return self._validated[id(document_ast)]


def bare_schema(sim: Simulator) -> GraphQLSchema:
    """Return the schema with resolvers that call the service and do nothing else."""
    query, mutation = QueryType(), MutationType()
    tasks_query, tasks_mutation = (
        ObjectType("WebinyBackgroundTaskQuery"),
        ObjectType("WebinyBackgroundTaskMutation"),
    )
    query.set_field("backgroundTasks", lambda *_: {})
    mutation.set_field("backgroundTasks", lambda *_: {})

    def list_tasks(*_: object, limit: int) -> dict[str, Any]:
        page = sim.tasks.list_tasks(limit=limit)
        meta = page.meta
        return {
            "data": [task.to_json() for task in page],
            "meta": {
                "cursor": meta.cursor,
                "hasMoreItems": meta.has_more_items,
                "totalCount": meta.total_count,
            },
            "error": None,
        }

    def get_task(*_: object, id: str) -> dict[str, Any]:
        found = sim.tasks.get_task(id)
        return {"data": None if found is None else found.to_json(), "error": None}

    def trigger(*_: object, definition: str, input: Any) -> dict[str, Any]:
        return {"data": sim.tasks.trigger(definition, input=input).to_json(), "error": None}

    tasks_query.set_field("listTasks", list_tasks)
    tasks_query.set_field("getTask", get_task)
    tasks_mutation.set_field("triggerTask", trigger)
    schema = build_schema(schema_text(CONTRACTS["webiny-5"], ("importPages",)))
    for each in (*SCALARS, query, mutation, tasks_query, tasks_mutation):
        each.bind_to_schema(schema)
    return schema


def bare_client(sim: Simulator) -> Callable[[str, dict[str, Any] | None], Any]:
    """Return what executes a document on bare Ariadne."""
    schema, cached = bare_schema(sim), Cached()

    def execute(document: str, variables: dict[str, Any] | None = None) -> Any:
        _, response = graphql_sync(
            schema,
            {"query": document, "variables": variables},
            query_parser=cached.parse,
            query_validator=cached.validate,
        )
        return response

    return execute


@contextmanager
def bare_server(sim: Simulator) -> Iterator[int]:
    """Serve bare Ariadne under uvicorn meanwhile, and say at which port."""
    cached = Cached()
    app = GraphQL(bare_schema(sim), query_parser=cached.parse, query_validator=cached.validate)
    config = uvicorn.Config(app, port=0, http="h11", ws="none", lifespan="off", log_config=None)
    config.access_log = False
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        threading.Event().wait(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


# --- measuring


def seconds_of(call: Callable[[], object], times: int) -> float:
    """Return the seconds that one of so many calls takes."""
    began = perf_counter()
    for _ in range(times):
        call()
    return (perf_counter() - began) / times


def side_by_side(
    peer: Callable[[], object], subject: Callable[[], object], scale: Scale, times: int
) -> tuple[float, float, float]:
    """Return the medians of both, and that of their ratio; they take turns."""
    peer()
    subject()
    pairs = [(seconds_of(peer, times), seconds_of(subject, times)) for _ in range(scale.rounds)]
    return (
        median(each[0] for each in pairs),
        median(each[1] for each in pairs),
        median(subject_s / peer_s for peer_s, subject_s in pairs),
    )


def in_process(scale: Scale) -> Iterator[Row]:
    """Measure documents in process; a world in which tasks were triggered is not asked for lists."""
    for name, document, variables in (
        ("listTasks of 50", LIST, None),
        ("triggerTask", TRIGGER, {"input": INPUT}),
    ):
        bare, client = bare_client(world()), GraphQLClient(world())
        assert bare(document, variables).keys() == client.execute(document, variables).keys()
        peer, subject, ratio = side_by_side(
            lambda bare=bare, document=document, variables=variables: bare(document, variables),  # type: ignore[misc]
            lambda client=client, document=document, variables=variables: client.execute(document, variables),  # type: ignore[misc]
            scale,
            scale.calls,
        )
        yield Row(f"{name}, in process", peer, subject, ratio, 1.5)


def requests_to(port: int, document: str, variables: dict[str, Any] | None) -> Callable[[], object]:
    """Return what sends a request over one connection that is kept."""
    connection = HTTPConnection("127.0.0.1", port)
    body = json.dumps({"query": document, "variables": variables}).encode()

    def ask() -> object:
        connection.request("POST", "/graphql", body, {"content-type": "application/json"})
        answer = json.loads(connection.getresponse().read())
        assert "errors" not in answer, answer
        return answer

    return ask


def over_a_socket(scale: Scale) -> Iterator[Row]:
    """Measure requests to a served socket, one at a time, as the rate of the subject to the peer's."""
    for name, document, variables in (
        ("listTasks of 50", LIST, None),
        ("getTask", POLL, {"id": "importPages-0001"}),
        ("triggerTask", TRIGGER, {"input": INPUT}),
    ):
        with bare_server(world()) as port, Server(create_app(world())) as server:
            peer, subject, ratio = side_by_side(
                requests_to(port, document, variables),
                requests_to(server.port, document, variables),
                scale,
                scale.requests,
            )
        yield Row(f"{name}, rate over a socket", peer, subject, 1 / ratio, 0.8, is_least=True)


def polling(scale: Scale) -> Iterator[Row]:
    """Measure 1,000 polls, each of which moves time to the next event."""
    times = 1_000 if scale is FULL else 50
    for name in ("in process, with client.sleep", "over a socket, with autojump"):
        sim = world()
        task = sim.tasks.trigger("importPages", input={"left": times - 1})
        if name.startswith("in"):
            client = GraphQLClient(sim)

            def poll(client: GraphQLClient = client, id: str = task.id) -> object:
                client.sleep(5)
                return client.execute(POLL, {"id": id})

            took = seconds_of(poll, times) * times
        else:
            with Server(create_app(sim, autojump=True)) as server:
                took = seconds_of(requests_to(server.port, POLL, {"id": task.id}), times) * times
        assert sim.execution(task).status == "success"
        yield Row(f"{times:,} polls {name}, seconds", None, took, took, 1.0)


def main() -> int:
    """Measure everything, print the table, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    scale = SHORT if options.short else FULL
    rows = [*in_process(scale), *over_a_socket(scale), *polling(scale)]
    print(f"{'':48}{'bare, us':>10}{'here, us':>10}{'ratio':>8}  target")
    for row in rows:
        peer = "" if row.peer is None else f"{row.peer * 1e6:,.0f}"
        target = f"{'>=' if row.is_least else '<='} {row.target}"
        print(f"{row.name:48}{peer:>10}{row.subject * 1e6:>10,.0f}{row.ratio:>8.2f}  {target}")
    missed = [row.name for row in rows if not row.holds]
    if missed and not options.short:
        print(f"missed: {', '.join(missed)}")
    return 1 if missed and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
