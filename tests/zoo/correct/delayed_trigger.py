"""A task that is triggered with a delay.

Correct under every cut: the first event only waits and touches nothing, so it may be delivered twice, cut
or aborted without a trace. The work begins with the second.
"""

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {"on_crash": "retry(2)"}


class FakeShop:
    def __init__(self, effects):
        self.effects = effects
        self.open = False

    def open_doors(self):
        with self.effects.record("open"):
            self.open = True


class OpenShop:
    id = "openShop"
    title = "Open the shop"

    def __init__(self, shop):
        self.shop = shop

    def run(self, controller):
        if controller.runtime.is_aborted():
            return controller.response.aborted()
        self.shop.open_doors()
        return controller.response.done("Open.")


def scenario(sim):
    """Open the shop in two hours, and say whether it is open then."""
    shop = FakeShop(sim.effects)
    sim.register(lambda: OpenShop(shop))
    sim.tasks.trigger("openShop", delay="2h")
    return lambda: shop.open
