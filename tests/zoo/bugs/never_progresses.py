"""Never progresses: a cut saves the cursor's initial value again, so events that are cut early are all alike.

job-iteration saved the initial cursor of nested collections: a job that was interrupted after each iteration
never came further (Shopify/job-iteration#366).
"""

JUDGE = "progress"
PLAN = "close_to_timeout@runtime.is_close_to_timeout#2 close_to_timeout@runtime.is_close_to_timeout#4"
OPTIONS: dict = {}
LOST: tuple = ()
REPEATED: tuple = ()


class FakeWarehouse:
    def __init__(self, effects):
        self.effects = effects

    def upsert(self, order):
        with self.effects.record("upsert", key=order, contract="at_least_once"):
            pass


class SyncOrders:
    id = "syncOrders"
    title = "Sync orders"

    def __init__(self, warehouse):
        self.warehouse = warehouse

    def run(self, input, controller):
        cursor = input.get("cursor", 0)
        for order in input["orders"][cursor:]:
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"cursor": cursor})
            self.warehouse.upsert(order)
        return controller.response.done("All in sync.", {"count": len(input["orders"])})


class SyncOrdersMended(SyncOrders):
    def run(self, input, controller):
        cursor = input.get("cursor", 0)
        for order in input["orders"][cursor:]:
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"cursor": cursor})
            self.warehouse.upsert(order)
            cursor += 1
        return controller.response.done("All in sync.", {"count": len(input["orders"])})


def bug(sim):
    """Leave the cursor where it was."""
    sim.register(lambda: SyncOrders(FakeWarehouse(sim.effects)))
    sim.tasks.trigger("syncOrders", input={"orders": ["a", "b", "c"]})


def fixed(sim):
    """Move the cursor with the work."""
    sim.register(lambda: SyncOrdersMended(FakeWarehouse(sim.effects)))
    sim.tasks.trigger("syncOrders", input={"orders": ["a", "b", "c"]})
