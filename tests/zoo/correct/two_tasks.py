"""Two tasks of one definition, triggered one after the other, that know nothing of each other.

Correct under every cut: what each remembers is in its own input, and what they do has keys of its own. A
cut in one leaves the other as it is.
"""

from tasksim import task_definition

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {}


class FakeBackup:
    def __init__(self, effects):
        self.effects = effects
        self.saved = set()

    def save(self, table):
        with self.effects.record("save", key=table):
            self.saved.add(table)


def scenario(sim):
    """Back up two shops, of one and of two tables."""
    backup = FakeBackup(sim.effects)

    @task_definition(id="backUp", title="Back up")
    def back_up(input, controller):
        tables = input["tables"]
        for at in range(input.get("at", 0), len(tables)):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at})
            backup.save(f"{input['shop']}.{tables[at]}")
            controller.state.update_input({"at": at + 1})
        return controller.response.done({"tables": len(tables)})

    sim.register(back_up)
    sim.tasks.trigger("backUp", input={"shop": "north", "tables": ["orders"]})
    sim.tasks.trigger("backUp", input={"shop": "south", "tables": ["orders", "people"]})
