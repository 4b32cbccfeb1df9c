"""A hook that must be called at least once, in the engine that calls it before it stores the end.

Correct under every cut in webiny-5: as long as the hook has not returned, nothing says that the task is
done, so whoever handles the event again calls it again. It tries three times, and the archive knows what it
has. Where a hook runs after the result is stored, a crash between the two would lose it.
"""

from tasksim import effect

PROFILES: tuple[str, ...] = ("webiny-5",)
OPTIONS: dict = {"on_crash": "retry(2)"}

TRIES = 3


class FakeArchive:
    def __init__(self):
        self.kept = set()

    def keep(self, name):
        if name not in self.kept:
            self._write(name)

    @effect("keep", key="name", contract="at_least_once", raises=[OSError])
    def _write(self, name):
        self.kept.add(name)


class CloseMonth:
    id = "closeMonth"
    title = "Close a month"

    def __init__(self, archive):
        self.archive = archive

    def run(self, input, controller):
        return controller.response.done({"closed": input["month"]})

    def on_done(self, task):
        if not any(self._keeps(task.input["month"]) for _ in range(TRIES)):
            raise OSError("The archive is not there.")

    def _keeps(self, month):
        try:
            self.archive.keep(month)
        except OSError:
            return False
        return True


def scenario(sim):
    """Close June."""
    archive = FakeArchive()
    sim.register(lambda: CloseMonth(archive))
    sim.tasks.trigger("closeMonth", input={"month": "june"})
