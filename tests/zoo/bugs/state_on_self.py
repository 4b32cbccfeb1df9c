"""State on self: it counts on the instance, which is another one when the next event runs in a fresh process.

Read the Docs kept the state of a build on the task's instance, where builds could share it, and moved it
into an object made for each (readthedocs/readthedocs.org#3946).
"""

JUDGE = "resume-equivalence"
PLAN = "cold@2"
OPTIONS: dict = {}
LOST: tuple = ()
REPEATED: tuple = ()


class FakeShop:
    def __init__(self, effects):
        self.effects = effects

    def ship(self, order):
        with self.effects.record("ship", key=order):
            return 10


class ShipOrders:
    id = "shipOrders"
    title = "Ship orders, one an event"

    def __init__(self, shop):
        self.shop = shop
        self.total = 0

    def run(self, input, controller):
        if controller.runtime.is_aborted():
            return controller.response.aborted()
        orders, at = input["orders"], input.get("at", 0)
        self.total += self.shop.ship(orders[at])
        if at + 1 < len(orders):
            return controller.response.continue_({"at": at + 1})
        return controller.response.done("All shipped.", {"total": self.total})


class ShipOrdersMended(ShipOrders):
    def run(self, input, controller):
        if controller.runtime.is_aborted():
            return controller.response.aborted()
        orders, at = input["orders"], input.get("at", 0)
        total = input.get("total", 0) + self.shop.ship(orders[at])
        if at + 1 < len(orders):
            return controller.response.continue_({"at": at + 1, "total": total})
        return controller.response.done("All shipped.", {"total": total})


def bug(sim):
    """Keep the total in memory."""
    sim.register(lambda: ShipOrders(FakeShop(sim.effects)))
    sim.tasks.trigger("shipOrders", input={"orders": ["a", "b"]})


def fixed(sim):
    """Keep the total in the input, beside the cursor."""
    sim.register(lambda: ShipOrdersMended(FakeShop(sim.effects)))
    sim.tasks.trigger("shipOrders", input={"orders": ["a", "b"]})
