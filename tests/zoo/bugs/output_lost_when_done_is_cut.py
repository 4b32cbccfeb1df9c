"""Output lost when done is cut: it is collected in a local list, and each event begins with an empty one.

ralph-orchestrator kept its counters in memory alone; when a run was interrupted and continued, they began
at 0 (mikeyobrien/ralph-orchestrator#244).
"""

JUDGE = "resume-equivalence"
PLAN = "close_to_timeout@runtime.is_close_to_timeout#2"
OPTIONS: dict = {}
LOST: tuple = ()
REPEATED: tuple = ()


class FakeExporter:
    def __init__(self, effects):
        self.effects = effects

    def export(self, table):
        with self.effects.record("export", key=table):
            return f"{table}.csv"


class ExportTables:
    id = "exportTables"
    title = "Export tables"

    def __init__(self, exporter):
        self.exporter = exporter

    def run(self, input, controller):
        tables, files = input["tables"], []
        for at in range(input.get("at", 0), len(tables)):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at})
            files.append(self.exporter.export(tables[at]))
        return controller.response.done("All exported.", {"files": files})


class ExportTablesMended(ExportTables):
    def run(self, input, controller):
        tables, files = input["tables"], input.get("files", [])
        for at in range(input.get("at", 0), len(tables)):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at, "files": files})
            files.append(self.exporter.export(tables[at]))
        return controller.response.done("All exported.", {"files": files})


def bug(sim):
    """Forget the files of earlier events."""
    sim.register(lambda: ExportTables(FakeExporter(sim.effects)))
    sim.tasks.trigger("exportTables", input={"tables": ["users", "orders"]})


def fixed(sim):
    """Take the files along in the input."""
    sim.register(lambda: ExportTablesMended(FakeExporter(sim.effects)))
    sim.tasks.trigger("exportTables", input={"tables": ["users", "orders"]})
