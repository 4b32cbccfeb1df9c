"""A plain function with a cursor, which asks whether to stop before each unit of work.

Correct under every cut: it returns the unit that it did not do, so none is lost. Its cursor is stored when
it returns, so a crash repeats the whole slice; orders are upserted, so that does no harm.
"""

from tasksim import resumable

PROFILES: tuple[str, ...] = ("documented", "generic")
OPTIONS: dict = {"on_crash": "retry(2)"}


class FakeWarehouse:
    def __init__(self, effects):
        self.effects = effects
        self.orders = {}

    def upsert(self, order):
        with self.effects.record("upsert", key=order):
            self.orders[order] = "there"


def scenario(sim):
    """Copy the orders of one shop, and say what is in the warehouse then."""
    warehouse = FakeWarehouse(sim.effects)

    def sync_orders(cursor, should_stop, input):
        order = cursor or 0
        while order < input["orders"]:
            if should_stop():
                return order
            warehouse.upsert(order)
            order += 1
        return None

    sim.register(lambda: resumable(sync_orders, max_iterations=50))
    sim.tasks.trigger("syncOrders", input={"orders": 3})
    return lambda: sorted(warehouse.orders)
