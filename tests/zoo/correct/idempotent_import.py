"""A fake that does only what is new, and a task that tries again when the network fails.

Correct under every cut, exactly once as declared: what was written is found there, whether its answer was
lost, the event came again or the run was killed right after it. Three tries outlast two failures.
"""

from tasksim import effect

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {"on_crash": "retry(2)"}

PRICES = {"tea": 690, "pot": 4800}
TRIES = 3


class FakeCatalogue:
    def __init__(self):
        self.prices = {}

    def upsert(self, sku, price):
        if self.prices.get(sku) != price:
            self._write(sku, price)

    @effect("upsert", key="sku", contract="exactly_once", raises=[ConnectionError])
    def _write(self, sku, price):
        self.prices[sku] = price


class ImportPrices:
    id = "importPrices"
    title = "Import prices"

    def __init__(self, catalogue):
        self.catalogue = catalogue

    def run(self, input, controller):
        skus = sorted(PRICES)
        for at in range(input.get("at", 0), len(skus)):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at})
            if not any(self._upserts(skus[at]) for _ in range(TRIES)):
                return controller.response.error(f"{skus[at]} cannot be written.")
            controller.state.update_input({"at": at + 1})
        return controller.response.done({"prices": len(skus)})

    def _upserts(self, sku):
        try:
            self.catalogue.upsert(sku, PRICES[sku])
        except ConnectionError:
            return False
        return True


def scenario(sim):
    """Import two prices, and say what the catalogue holds then."""
    catalogue = FakeCatalogue()
    sim.register(lambda: ImportPrices(catalogue))
    sim.tasks.trigger("importPrices")
    return lambda: catalogue.prices
