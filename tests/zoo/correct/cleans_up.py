"""A task that removes itself when it has ended, with its child, where the profile knows how.

Correct under every cut: what it did is in the world, so nobody needs its record. The child is triggered
once, and the task is done only when the child is. It does not clean up after an abort: a run that is not
told of it yet would find its child gone, and trigger another.
"""

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {"on_crash": "retry(2)"}

MOST_POLLS = 8


class FakeDisk:
    def __init__(self, effects):
        self.effects = effects
        self.swept = set()

    def sweep(self, folder):
        with self.effects.record("sweep", key=folder):
            self.swept.add(folder)


class SweepFolder:
    id = "sweepFolder"
    title = "Sweep a folder"

    def __init__(self, disk):
        self.disk = disk

    def run(self, input, controller):
        self.disk.sweep(input["folder"])
        return controller.response.done()


class SweepDisk:
    id = "sweepDisk"
    title = "Sweep the disk"
    self_cleanup = ("onSuccess", "onError")

    def run(self, input, controller):
        if controller.runtime.is_aborted():
            return controller.response.aborted()
        children = controller.task.list_children()
        if not children:
            controller.task.trigger("sweepFolder", input={"folder": "tmp"})
            return controller.response.continue_({"polls": 0}, seconds=10)
        (child,) = children
        polls = input.get("polls", 0)
        if child.status in ("pending", "running") and polls < MOST_POLLS:
            return controller.response.continue_({"polls": polls + 1}, seconds=10)
        if child.status != "success":
            return controller.response.error("The folder was not swept.")
        return controller.response.done()


def scenario(sim):
    """Sweep a disk of one folder."""
    disk = FakeDisk(sim.effects)
    sim.register(SweepDisk)
    sim.register(lambda: SweepFolder(disk))
    sim.tasks.trigger("sweepDisk")
