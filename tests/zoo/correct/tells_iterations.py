"""An output that tells how often the task was handled, which is meant to differ from cut to cut.

Correct under every cut but for that number, which `ignore` leaves out; the order in which the parts were
made is no matter either, and `normalise` sorts them.
"""

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {
    "ignore": ["output.iterations"],
    "normalise": lambda value: {**value, "parts": sorted(value["parts"])} if "parts" in value else value,
    "on_crash": "retry(2)",
}


class FakePrinter:
    def __init__(self, effects):
        self.effects = effects
        self.tray = []

    def print(self, part):
        with self.effects.record("print", key=part):
            self.tray.append(part)


class PrintParts:
    id = "printParts"
    title = "Print parts"

    def __init__(self, printer):
        self.printer = printer

    def run(self, input, controller):
        missing = [part for part in input["parts"] if part not in self.printer.tray]
        for part in missing:
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({})
            self.printer.print(part)
            controller.state.update_input({"last": part})
        iterations = controller.state.get_task().iterations
        parts = missing + [part for part in input["parts"] if part not in missing]
        return controller.response.done({"parts": parts, "iterations": iterations})


def scenario(sim):
    """Print two parts."""
    printer = FakePrinter(sim.effects)
    sim.register(lambda: PrintParts(printer))
    sim.tasks.trigger("printParts", input={"parts": ["wing", "tail"]})
