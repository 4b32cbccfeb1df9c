"""An external job: started once, then asked for every minute, with a limit.

Correct under every cut: that it was started is stored with the answer that waits, and starting it again,
after a crash between the two, replaces what was started. The output does not say how often it was asked,
which a second delivery would change.
"""

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {"on_crash": "redeliver(15m)"}

MOST_POLLS = 15


class FakeExports:
    """Takes two and a half minutes for an export."""

    def __init__(self, sim):
        self.sim = sim
        self.ready_ms = {}

    def start(self, name):
        with self.sim.effects.record("start", key=name):
            self.ready_ms[name] = self.sim.now_ms + 150_000

    def is_ready(self, name):
        return self.sim.now_ms >= self.ready_ms[name]


class ExportOrders:
    id = "exportOrders"
    title = "Export orders"

    def __init__(self, exports):
        self.exports = exports

    def run(self, input, controller):
        if controller.runtime.is_aborted():
            return controller.response.aborted()
        name, polls = input["name"], input.get("polls")
        if polls is None:
            self.exports.start(name)
            return controller.response.continue_({"polls": 0}, seconds=60)
        if self.exports.is_ready(name):
            return controller.response.done("Exported.", {"file": f"{name}.csv"})
        if polls == MOST_POLLS:
            return controller.response.error({"message": f"{name} is not ready.", "code": "TOO_SLOW"})
        return controller.response.continue_({"polls": polls + 1}, seconds=60)


def scenario(sim):
    """Export the orders of June."""
    exports = FakeExports(sim)
    sim.register(lambda: ExportOrders(exports))
    sim.tasks.trigger("exportOrders", input={"name": "june"})
