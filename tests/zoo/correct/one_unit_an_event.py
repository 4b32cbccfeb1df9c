"""One unit of work an event, and a limit of iterations that leaves room.

Correct under every cut: the task has no loop, so it needs no question: between two units the host looks
whether it was aborted. Each handling counts as an iteration, and thirty are more than four units, their
repeats and second deliveries need.
"""

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {"on_crash": "retry(2)"}


class FakeDisk:
    def __init__(self, effects):
        self.effects = effects
        self.compressed = set()

    def compress(self, folder):
        with self.effects.record("compress", key=folder):
            self.compressed.add(folder)


class CompressFolders:
    id = "compressFolders"
    title = "Compress folders"
    max_iterations = 30

    def __init__(self, disk):
        self.disk = disk

    def run(self, input, controller):
        folders = input["folders"]
        at = input.get("at", 0)
        if at == len(folders):
            return controller.response.done({"folders": at})
        self.disk.compress(folders[at])
        return controller.response.continue_({"at": at + 1})


def scenario(sim):
    """Compress three folders."""
    disk = FakeDisk(sim.effects)
    sim.register(lambda: CompressFolders(disk))
    sim.tasks.trigger("compressFolders", input={"folders": ["a", "b", "c"]})
