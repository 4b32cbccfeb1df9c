"""One line in the log for each unit, and a log that may fail without stopping the work.

Correct under every cut: only writing the log is allowed to fail unseen, as nothing is read from it; a
failing cursor still fails the task. What a line holds does not grow from unit to unit.
"""

from contextlib import suppress

from tasksim import EngineError

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {"on_crash": "retry(2)"}


class FakeMirror:
    def __init__(self, effects):
        self.effects = effects
        self.files = set()

    def copy(self, file):
        with self.effects.record("copy", key=file):
            self.files.add(file)


class MirrorFiles:
    id = "mirrorFiles"
    title = "Mirror files"
    database_logs = True

    def __init__(self, mirror):
        self.mirror = mirror

    def run(self, input, controller):
        files = input["files"]
        for at in range(input.get("at", 0), len(files)):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at})
            self.mirror.copy(files[at])
            controller.state.update_input({"at": at + 1})
            with suppress(EngineError):
                controller.logger.info("Copied.", {"file": files[at]})
        return controller.response.done({"files": len(files)})


def scenario(sim):
    """Mirror two files."""
    mirror = FakeMirror(sim.effects)
    sim.register(lambda: MirrorFiles(mirror))
    sim.tasks.trigger("mirrorFiles", input={"files": ["a.txt", "b.txt"]})
