"""A task that answers an error on purpose: the second payment of its batch is over the limit.

Correct under every cut: what was paid before stays paid, once, and whoever cuts the task still gets the
same refusal from it, since that depends on the input alone.
"""

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {"expect": "failed"}

LIMIT = 100


class FakeBank:
    def __init__(self, effects):
        self.effects = effects
        self.paid = {}

    def pay(self, to, amount):
        with self.effects.record("pay", key=to, amount=amount):
            self.paid[to] = amount


class PayWages:
    id = "payWages"
    title = "Pay wages"

    def __init__(self, bank):
        self.bank = bank

    def run(self, input, controller):
        wages = input["wages"]
        for at in range(input.get("at", 0), len(wages)):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at})
            to, amount = wages[at]
            if amount > LIMIT:
                return controller.response.error(
                    {"message": f"{to} would get too much.", "code": "OVER_LIMIT", "data": {"at": at}}
                )
            self.bank.pay(to, amount)
            controller.state.update_input({"at": at + 1})
        return controller.response.done({"paid": len(wages)})


def scenario(sim):
    """Pay two of three wages."""
    bank = FakeBank(sim.effects)
    sim.register(lambda: PayWages(bank))
    sim.tasks.trigger("payWages", input={"wages": [["ann", 80], ["bob", 90], ["cleo", 900]]})
