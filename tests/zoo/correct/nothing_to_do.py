"""A task whose input is empty: it asks nothing, does nothing and is done.

Correct under every cut: there is nothing to lose and nothing to repeat.
"""

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {}


class DeleteEntries:
    id = "deleteEntries"
    title = "Delete entries"

    def __init__(self, effects):
        self.effects = effects

    def run(self, input, controller):
        for entry in input["entries"]:
            self.effects.record("delete", key=entry)
        return controller.response.done("Nothing to delete.", {"deleted": 0})


def scenario(sim):
    """Delete no entry."""
    sim.register(DeleteEntries(sim.effects))
    sim.tasks.trigger("deleteEntries", input={"entries": []})
