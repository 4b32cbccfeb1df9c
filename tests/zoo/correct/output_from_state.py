"""An output that grows in the stored state, by key.

Correct under every cut: each quote is stored under its product before the cursor moves on. A crash between
these two writes repeats one product, and overwrites its quote with the same one. The whole object is given
each time, since engines differ in whether an output is merged or replaced.
"""

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {"on_crash": "redeliver(15m)"}

QUOTES = {"tea": 5, "pot": 44}


class FakeSupplier:
    def __init__(self, effects):
        self.effects = effects

    def quote(self, sku):
        with self.effects.record("quote", key=sku):
            return QUOTES[sku]


class AskForQuotes:
    id = "askForQuotes"
    title = "Ask for quotes"

    def __init__(self, supplier):
        self.supplier = supplier

    def run(self, input, controller):
        skus = input["skus"]
        for at in range(input.get("at", 0), len(skus)):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at})
            quotes = controller.state.get_output() or {}
            quotes[skus[at]] = self.supplier.quote(skus[at])
            controller.state.update_output(quotes)
            controller.state.update_input({"at": at + 1})
        return controller.response.done("All quoted.")


def scenario(sim):
    """Ask for two quotes."""
    supplier = FakeSupplier(sim.effects)
    sim.register(lambda: AskForQuotes(supplier))
    sim.tasks.trigger("askForQuotes", input={"skus": ["tea", "pot"]})
