"""GraphQL: a stand-in for the real API of background tasks, over the same state as `sim.tasks`.

    from tasksim import Simulator
    from tasksim.graphql import GraphQLClient

    client = GraphQLClient(Simulator([publish_entries]))
    client.execute("{ backgroundTasks { listTasks { data { id taskStatus } } } }")

Each profile has its contract: a schema, shipped as a `.graphql` file, who may call what, and the
texts of its refusals. This package promises that documents written for the real API get the answers
that it gives. It must not do anything to a task that the service does not do.
"""

from __future__ import annotations

from importlib.util import find_spec

from tasksim.errors import MissingExtra

if find_spec("ariadne") is None:
    raise MissingExtra("tasksim.graphql", "graphql")

from tasksim.graphql._client import GraphQLClient
from tasksim.graphql._serving.app import create_app

__all__ = ["GraphQLClient", "create_app"]
