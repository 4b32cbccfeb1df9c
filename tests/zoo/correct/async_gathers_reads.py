"""An async run that reads from several shops at once, and writes one by one.

Correct under every cut: reading changes nothing, so it may be repeated. What is written is decided when
everything was read, in the order of the input, each write behind both questions and before its cursor.
"""

import asyncio

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {}

PRICES = {"tea": {"north": 690, "south": 650}, "pot": {"north": 4800, "south": 4900}}


async def read_price(shop, sku):
    """Ask a shop for a price; the southern one takes longer."""
    await asyncio.sleep(1 if shop == "north" else 2)
    return PRICES[sku][shop]


class FakeCatalogue:
    def __init__(self, effects):
        self.effects = effects
        self.lowest = {}

    def put(self, sku, price):
        with self.effects.record("put", key=sku, price=price):
            self.lowest[sku] = price


class FindLowest:
    id = "findLowest"
    title = "Find the lowest prices"

    def __init__(self, catalogue):
        self.catalogue = catalogue

    async def run(self, input, controller):
        skus = input["skus"][input.get("at", 0) :]
        lowest = [min(await asyncio.gather(*(read_price(shop, sku) for shop in PRICES[sku]))) for sku in skus]
        for at, (sku, price) in enumerate(zip(skus, lowest, strict=True), input.get("at", 0)):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at})
            self.catalogue.put(sku, price)
            controller.state.update_input({"at": at + 1})
        return controller.response.done({"skus": len(input["skus"])})


def scenario(sim):
    """Find the lowest prices of two products."""
    catalogue = FakeCatalogue(sim.effects)
    sim.register(lambda: FindLowest(catalogue))
    sim.tasks.trigger("findLowest", input={"skus": ["tea", "pot"]})
