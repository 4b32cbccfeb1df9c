"""Ignores an abort in its inner loop: it asks once per folder, and a folder may hold thousands of files.

Celery's abortable tasks are only as quick to stop as they ask often. An import of veops/cmdb went on for a
while after it was cancelled (veops/cmdb#304).
"""

JUDGE = "abort-honoured"
PLAN = 'abort@effect.copy["a1"]#1'
OPTIONS: dict = {}
LOST: tuple = ()
REPEATED: tuple = ()

FOLDERS = [["a1", "a2", "a3"], ["b1"]]


class FakeDisk:
    def __init__(self, effects):
        self.effects = effects

    def copy(self, file):
        with self.effects.record("copy", key=file):
            pass


class CopyFolders:
    id = "copyFolders"
    title = "Copy folders"

    def __init__(self, disk):
        self.disk = disk

    def run(self, input, controller):
        folders = input["folders"]
        for at in range(input.get("at", 0), len(folders)):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at})
            for file in folders[at]:
                self.disk.copy(file)
        return controller.response.done("All copied.", {"folders": len(folders)})


class CopyFoldersMended(CopyFolders):
    def run(self, input, controller):
        folders = input["folders"]
        for at in range(input.get("at", 0), len(folders)):
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at})
            for file in folders[at]:
                if controller.runtime.is_aborted():
                    return controller.response.aborted()
                self.disk.copy(file)
        return controller.response.done("All copied.", {"folders": len(folders)})


def bug(sim):
    """Ask once per folder."""
    sim.register(lambda: CopyFolders(FakeDisk(sim.effects)))
    sim.tasks.trigger("copyFolders", input={"folders": FOLDERS})


def fixed(sim):
    """Ask before each file."""
    sim.register(lambda: CopyFoldersMended(FakeDisk(sim.effects)))
    sim.tasks.trigger("copyFolders", input={"folders": FOLDERS})
