"""A saga: charge, then ship; if shipping fails, refund, and fail.

Correct under every cut: shop and bank do nothing twice. When shipping raises, the task first looks whether
the parcel is on its way, since perhaps only the answer was lost; and it stores that it gives up before it
refunds, so that nobody who handles the event again ships what was paid back.
"""

from tasksim import effect

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {"on_crash": "retry(2)"}


class FakeShop:
    def __init__(self):
        self.known = set()

    def has_shipped(self, order):
        return ("ship", order) in self.known

    def do(self, what, order):
        if (what, order) not in self.known:
            getattr(self, f"_{what}")(order)
            self.known.add((what, order))

    @effect("charge", key="order", raises=[ConnectionError])
    def _charge(self, order):
        self.known.add(("charge", order))

    @effect("ship", key="order", raises=[ConnectionError])
    def _ship(self, order):
        self.known.add(("ship", order))

    @effect("refund", key="order", raises=[ConnectionError])
    def _refund(self, order):
        self.known.add(("refund", order))


class SellOrder:
    id = "sellOrder"
    title = "Sell an order"

    def __init__(self, shop):
        self.shop = shop

    def run(self, input, controller):
        order = input["order"]
        if "given_up" in input:
            return self._refund(order, controller)
        for step in ("charge", "ship"):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            try:
                self.shop.do(step, order)
            except ConnectionError:
                if not self.shop.has_shipped(order):
                    controller.state.update_input({"given_up": step})
                    return self._refund(order, controller)
            controller.state.update_input({"last": step})
        return controller.response.done({"sold": order})

    def _refund(self, order, controller):
        if controller.runtime.is_aborted():
            return controller.response.aborted()
        self.shop.do("refund", order)
        return controller.response.error({"message": f"{order} cannot be shipped.", "code": "NOT_SOLD"})


def scenario(sim):
    """Sell one order."""
    shop = FakeShop()
    sim.register(lambda: SellOrder(shop))
    sim.tasks.trigger("sellOrder", input={"order": "o1"})
