"""A scenario that tells what the world looks like at the end, besides its effects.

Correct under every cut: stock is set, not added to, so repeating a row changes nothing. There is a place to
cut in the middle of the task's own code, too.
"""

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {"on_crash": "retry(2)"}


class FakeStock:
    def __init__(self, effects):
        self.effects = effects
        self.pieces = {"tea": 1, "pot": 9}

    def set(self, sku, pieces):
        with self.effects.record("set", key=sku, pieces=pieces):
            self.pieces[sku] = pieces


class CountStock:
    id = "countStock"
    title = "Count stock"

    def __init__(self, stock, sim):
        self.stock = stock
        self.sim = sim

    def run(self, input, controller):
        rows = input["rows"]
        for at in range(input.get("at", 0), len(rows)):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at})
            sku, pieces = rows[at]
            self.sim.checkpoint("counted")
            self.stock.set(sku, pieces)
            controller.state.update_input({"at": at + 1})
        return controller.response.done()


def scenario(sim):
    """Count two products, and say how much of each there is."""
    stock = FakeStock(sim.effects)
    sim.register(lambda: CountStock(stock, sim))
    sim.tasks.trigger("countStock", input={"rows": [["tea", 5], ["cup", 3]]})
    return lambda: stock.pieces
