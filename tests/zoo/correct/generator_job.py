"""A generator that yields its cursor after each unit of work.

Correct under every cut: the cursor is stored as soon as it is yielded, then the job is stopped if it
should stop. A crash repeats at most the one order between two cursors, and its output comes from the input.
"""

from tasksim import resumable

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {"on_crash": "retry(2)"}


class FakeWarehouse:
    def __init__(self, effects):
        self.effects = effects
        self.orders = {}

    def copy(self, order):
        with self.effects.record("copy", key=order):
            self.orders[order] = "copied"


def scenario(sim):
    """Copy three orders."""
    warehouse = FakeWarehouse(sim.effects)

    def copy_orders(cursor, input):
        for order in range(cursor or 0, input["orders"]):
            warehouse.copy(order)
            yield order + 1
        return {"orders": input["orders"]}

    sim.register(lambda: resumable(copy_orders))
    sim.tasks.trigger("copyOrders", input={"orders": 3})
