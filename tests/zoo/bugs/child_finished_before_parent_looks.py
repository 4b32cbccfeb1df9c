"""A child that finished before the parent looked: none is running, so the parent takes it for not begun.

The Job controller of Kubernetes lost count of pods that had finished and were removed before it looked, and
started others; since then pods are kept by finalizers until they are counted (KEP-2307).
"""

JUDGE = "resume-equivalence"
PLAN = "redeliver@importFile.1:1"
OPTIONS: dict = {}
LOST: tuple = ()
REPEATED: tuple = ()
UNFINISHED = {"pending", "running"}


class FakeCatalogue:
    def __init__(self, effects):
        self.effects = effects
        self.files = []

    def upload(self, file):
        with self.effects.record("upload", key=file):
            self.files.append(file)


class ImportFile:
    """Uploads a file, and leaves the catalogue some time for its index."""

    id = "importFile"
    title = "Import a file"
    is_private = True
    disable_database_logs = True

    def __init__(self, catalogue):
        self.catalogue = catalogue

    def run(self, input, controller):
        if not input.get("uploaded"):
            self.catalogue.upload(input["file"])
            return controller.response.continue_({"uploaded": True}, seconds=90)
        return controller.response.done()


class ImportAll:
    id = "importAll"
    title = "Import all files"
    max_iterations = 6
    disable_database_logs = True

    def run(self, input, controller):
        if controller.runtime.is_aborted():
            return controller.response.aborted()
        children = controller.task.list_children("importFile")
        if any(child.status in UNFINISHED for child in children):
            return controller.response.continue_({"began": True}, seconds=60)
        if not self.has_begun(input, children):
            controller.task.trigger("importFile", input={"file": input["file"]})
            return controller.response.continue_({}, seconds=60)
        if any(child.status != "success" for child in children):
            return controller.response.error("The file is not imported.")
        return controller.response.done({"file": input["file"]})

    def has_begun(self, input, children):
        return input.get("began")


class ImportAllOnce(ImportAll):
    def has_begun(self, input, children):
        return bool(children)


def importing(sim, parent):
    """Trigger the import of a file."""
    catalogue = FakeCatalogue(sim.effects)
    sim.register(parent)
    sim.register(lambda: ImportFile(catalogue))
    sim.tasks.trigger("importAll", input={"file": "books.csv"})


def bug(sim):
    """The child has begun only if the parent saw it unfinished."""
    importing(sim, ImportAll)


def fixed(sim):
    """The child has begun if there is one, whatever its status."""
    importing(sim, ImportAllOnce)
