"""The older style with unsaved updates: cursor and sum are written by one `store.save()`.

Correct under every cut: the cursor is in the input and the sum in the output, and both are in the same
write, so a crash never leaves one without the other.
"""

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5")
OPTIONS: dict = {"on_crash": "redeliver(15m)"}

INVOICES = (("i1", 40), ("i2", 2))


class FakeBank:
    def __init__(self, effects):
        self.effects = effects
        self.collected = {}

    def collect(self, invoice, amount):
        with self.effects.record("collect", key=invoice, amount=amount):
            self.collected[invoice] = amount


class CollectInvoices:
    id = "collectInvoices"
    title = "Collect invoices"

    def __init__(self, bank):
        self.bank = bank

    def run(self, response, store, is_close_to_timeout, is_aborted):
        for at in range(store.get_input().get("at", 0), len(INVOICES)):
            if is_aborted():
                return response.aborted()
            if is_close_to_timeout():
                return response.continue_({})
            invoice, amount = INVOICES[at]
            self.bank.collect(invoice, amount)
            collected = (store.get_output() or {"collected": 0})["collected"]
            store.update_input({"at": at + 1}, save=False)
            store.update_output({"collected": collected + amount}, save=False)
            store.save()
        return response.done("Collected.")


def scenario(sim):
    """Collect two invoices."""
    bank = FakeBank(sim.effects)
    sim.register(lambda: CollectInvoices(bank))
    sim.tasks.trigger("collectInvoices")
