"""A parent that catches a failing trigger, and looks whether there is a child before it tries again.

Correct under every cut: whether a trigger failed or only its answer was lost, the children tell. So the
next try triggers only what is not there, and three tries outlast two failures.
"""

from contextlib import suppress

from tasksim import EngineError

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {"on_crash": "retry(2)"}

TRIES = 3


class CloseRegion:
    id = "closeRegion"
    title = "Close a region"

    def __init__(self, books):
        self.books = books

    def run(self, input, controller):
        self.books.close(input["region"])
        return controller.response.done()


class CloseYear:
    id = "closeYear"
    title = "Close the year"

    def run(self, input, controller):
        for region in input["regions"]:
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if not self._trigger(controller, region):
                return controller.response.error(f"{region} cannot be closed.")
            controller.state.update_input({"triggered": region})
        return controller.response.done({"regions": len(input["regions"])})

    def _trigger(self, controller, region):
        for _ in range(TRIES):
            children = controller.task.list_children("closeRegion")
            if region in [child.input["region"] for child in children]:
                return True
            with suppress(EngineError):
                controller.task.trigger("closeRegion", input={"region": region})
        return False


class FakeBooks:
    def __init__(self, effects):
        self.effects = effects
        self.closed = set()

    def close(self, region):
        with self.effects.record("close", key=region):
            self.closed.add(region)


def scenario(sim):
    """Close two regions, each in a task of its own that nobody waits for."""
    books = FakeBooks(sim.effects)
    sim.register(CloseYear)
    sim.register(lambda: CloseRegion(books))
    sim.tasks.trigger("closeYear", input={"regions": ["north", "south"]})
