"""A batch whose cursor and sum are saved together after each unit.

Correct under every cut: cursor and sum change in one write, so they always tell of the same rows, and the
row in hand is the only one that can be read twice. That write also lets every engine tell the task of an
abort before the next row.
"""

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {"on_crash": "retry(2)"}

ROWS = (("tea", 5), ("pot", 20), ("cup", 7))


class FakeStock:
    def __init__(self, effects):
        self.effects = effects
        self.booked = {}

    def book(self, sku, pieces):
        with self.effects.record("book", key=sku, pieces=pieces):
            self.booked[sku] = pieces


class BookDeliveries:
    id = "bookDeliveries"
    title = "Book deliveries"

    def __init__(self, stock):
        self.stock = stock

    def run(self, input, controller):
        pieces = input.get("pieces", 0)
        for row in range(input.get("row", 0), len(ROWS)):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({})  # the cursor is stored already
            sku, number = ROWS[row]
            self.stock.book(sku, number)
            pieces += number
            controller.state.update_input({"row": row + 1, "pieces": pieces})
        return controller.response.done({"pieces": pieces})


def scenario(sim):
    """Book three rows."""
    stock = FakeStock(sim.effects)
    sim.register(lambda: BookDeliveries(stock))
    sim.tasks.trigger("bookDeliveries")
