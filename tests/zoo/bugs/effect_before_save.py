"""Effect before save: the effect is done, the cursor is saved in a second step, the host repeats cut events.

Celery with Redis delivers a task again that takes longer than the broker waits (celery/celery#5935), and
Lambda tries a killed asynchronous invocation twice more. What was not yet remembered is charged again.
"""

JUDGE = "resume-equivalence"
PLAN = "timeout@state.update_input#1"
OPTIONS: dict = {"on_crash": "retry(2)"}
LOST: tuple = ()
REPEATED: tuple = ("charge[a]",)


class FakeBank:
    def __init__(self, effects):
        self.effects = effects
        self.receipts = set()

    def charge(self, order, idempotency_key=None):
        if idempotency_key in self.receipts:
            return  # as a bank does: this request was answered before
        with self.effects.record("charge", key=order, contract="exactly_once"):
            if idempotency_key is not None:
                self.receipts.add(idempotency_key)


class ChargeOrders:
    id = "chargeOrders"
    title = "Charge orders"

    def __init__(self, bank):
        self.bank = bank

    def charge(self, order):
        self.bank.charge(order)

    def run(self, input, controller):
        orders = input["orders"]
        for at in range(input.get("at", 0), len(orders)):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({})
            self.charge(orders[at])
            controller.state.update_input({"at": at + 1})
        return controller.response.done("All charged.", {"count": len(orders)})


class ChargeOrdersMended(ChargeOrders):
    def charge(self, order):
        self.bank.charge(order, idempotency_key=f"order-{order}")


def bug(sim):
    """Charge whatever the cursor says is left."""
    bank = FakeBank(sim.effects)
    sim.register(lambda: ChargeOrders(bank))
    sim.tasks.trigger("chargeOrders", input={"orders": ["a", "b"]})


def fixed(sim):
    """Let the bank tell a repeated request from a new one."""
    bank = FakeBank(sim.effects)
    sim.register(lambda: ChargeOrdersMended(bank))
    sim.tasks.trigger("chargeOrders", input={"orders": ["a", "b"]})
