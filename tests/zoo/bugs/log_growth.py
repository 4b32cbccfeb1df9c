"""A history that grows with each poll: every iteration stores, and logs, all that came before.

Temporal ends a workflow whose history passes 51,200 events, and Azure's durable functions have
ContinueAsNew, since orchestrations that only wait had filled their histories.
"""

JUDGE = "bounded-state"
PLAN = ""  # the uncut run shows it
OPTIONS: dict = {"kinds": ["close_to_timeout"]}
LOST: tuple = ()
REPEATED: tuple = ()


class FakeExports:
    """Stands for a service that takes an hour."""

    def __init__(self, effects):
        self.effects = effects
        self.status = "unknown"

    def start(self, id):
        with self.effects.record("start", key=id):
            self.status = "busy"

    def finish(self):
        self.status = "finished"


class ExportShop:
    id = "exportShop"
    title = "Export a shop"

    def __init__(self, exports):
        self.exports = exports

    def seen(self, input):
        return {"history": [*input.get("history", []), self.exports.status]}

    def run(self, input, controller):
        if controller.runtime.is_aborted():
            return controller.response.aborted()
        if self.exports.status == "unknown":
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({})
            self.exports.start(input["shop"])
        if self.exports.status != "finished":
            return controller.response.continue_(self.seen(input), seconds=60)
        return controller.response.done({"shop": input["shop"]})


class ExportShopBriefly(ExportShop):
    def seen(self, input):
        return {"last": self.exports.status}


def exporting(sim, definition):
    """Trigger an export that is finished after an hour."""
    exports = FakeExports(sim.effects)
    sim.register(lambda: definition(exports))
    sim.tasks.trigger("exportShop", input={"shop": "books"})
    sim.at("1h", exports.finish)


def bug(sim):
    """Each poll adds a line to what the next one is given."""
    exporting(sim, ExportShop)


def fixed(sim):
    """The input holds what was seen last."""
    exporting(sim, ExportShopBriefly)
