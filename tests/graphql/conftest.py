"""Worlds to ask through GraphQL."""

import pytest

from tasksim import Simulator, create_private_task_definition, create_task_definition
from tasksim.graphql import GraphQLClient

ERROR = "error { message code data stack }"


def import_pages(input, controller):
    """Continue as often as the input says, then finish."""
    controller.logger.info("Importing.", {"left": input.get("left", 0)})
    if input.get("left", 0) > 0:
        return controller.response.continue_({"left": input["left"] - 1}, seconds=60)
    return controller.response.done("All imported.", {"pages": 3})


def refuse(data):
    """Refuse every trigger."""
    error = RuntimeError("Not today.")
    error.code, error.data = "NOT_TODAY", {"name": data["name"]}
    raise error


DEFINITIONS = [
    create_task_definition(id="importPages", title="Import pages", description="Pages.", run=import_pages),
    create_task_definition(id="guarded", title="Guarded", run=import_pages, on_before_trigger=refuse),
    create_private_task_definition(id="secretTask", title="Secret", run=import_pages),
]


class World:
    """A simulation with its client; `ask` returns what stands in the namespace."""

    def __init__(self, profile="webiny-5", definitions=DEFINITIONS, **client_options):
        self.sim = Simulator(definitions, profile=profile)
        self.client = GraphQLClient(self.sim, **client_options)

    def execute(self, document, **variables):
        """Return the whole answer."""
        return self.client.execute(document, variables)

    def ask(self, field, **variables):
        """Return the answer to one field of the queries; it must have no errors."""
        return self._field(f"{{ backgroundTasks {{ found: {field} }} }}", variables)

    def change(self, field, **variables):
        """Return the answer to one field of the mutations; it must have no errors."""
        return self._field(f"mutation {{ backgroundTasks {{ found: {field} }} }}", variables)

    def _field(self, document, variables):
        answer = self.client.execute(document, variables)
        assert "errors" not in answer, answer
        return answer["data"]["backgroundTasks"]["found"]

    def trigger(self, arguments=""):
        """Trigger `importPages`, and return the task's id."""
        definition = '"importPages"' if self.sim.profile == "webiny-6" else "importPages"
        found = self.change(f"triggerTask(definition: {definition} {arguments}) {{ data {{ id }} {ERROR} }}")
        assert found["error"] is None, found
        return found["data"]["id"]


@pytest.fixture
def world():
    """A world of profile webiny-5."""
    return World()


@pytest.fixture
def make_world():
    """Make a world of any profile."""
    return World
