"""A run that takes its settings from the context, and a hook that reads them too.

Correct under every cut: the context is read and never written, so it is the same in each event. What must
survive from one event to the next is in the input.
"""

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {"context": {"language": "de", "words": {"tea": "Tee", "pot": "Kanne"}}}


class FakeLabels:
    def __init__(self, effects):
        self.effects = effects
        self.labels = {}

    def print(self, sku, text):
        with self.effects.record("print", key=sku, text=text):
            self.labels[sku] = text

    def note(self, language):
        self.effects.record("note", key=language, contract="any")


class PrintLabels:
    id = "printLabels"
    title = "Print labels"

    def __init__(self, labels):
        self.labels = labels

    def run(self, input, controller, context):
        skus = input["skus"]
        for at in range(input.get("at", 0), len(skus)):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at})
            self.labels.print(skus[at], context["words"][skus[at]])
            controller.state.update_input({"at": at + 1})
        return controller.response.done({"language": context["language"]})

    def on_done(self, task, context):
        self.labels.note(context["language"])


def scenario(sim):
    """Print two labels."""
    labels = FakeLabels(sim.effects)
    sim.register(lambda: PrintLabels(labels))
    sim.tasks.trigger("printLabels", input={"skus": ["tea", "pot"]})
