"""Waiting for a child that failed: the parent knows only success and not yet, and so polls for ever.

Airflow's ExternalTaskSensor went on waiting for a task that had failed, until it was given `failed_states`.
"""

JUDGE = "liveness"
PLAN = "abort@exportRows.1:effect.write#1"
OPTIONS: dict = {"on_crash": "retry(2)"}
LOST: tuple = ()
REPEATED: tuple = ()


class FakeFiles:
    def __init__(self, effects):
        self.effects = effects
        self.files = {}

    def write(self, name, rows):
        with self.effects.record("write"):
            self.files[name] = rows


class ExportRows:
    id = "exportRows"
    title = "Export rows"
    is_private = True
    disable_database_logs = True

    def __init__(self, files):
        self.files = files

    def run(self, input, controller):
        self.files.write(input["file"], ["a", "b"])
        return controller.response.done({"rows": 2})


class MailExport:
    id = "mailExport"
    title = "Export rows and mail them"
    disable_database_logs = True
    ends_badly = ()

    def run(self, input, controller):
        if controller.runtime.is_aborted():
            return controller.response.aborted()
        children = controller.task.list_children("exportRows")
        if not children:
            controller.task.trigger("exportRows", input={"file": input["file"]})
            return controller.response.continue_({}, seconds=60)
        if children[0].status == "success":
            return controller.response.done({"rows": children[0].output["rows"]})
        if children[0].status in self.ends_badly:
            return controller.response.error(f"The export has {children[0].status}.")
        return controller.response.continue_({}, seconds=60)


class MailExportOrFail(MailExport):
    max_iterations = 20  # a child that nobody ends is not waited for for ever
    ends_badly = ("failed", "aborted")


def exporting(sim, parent):
    """Trigger a parent with one child."""
    files = FakeFiles(sim.effects)
    sim.register(parent)
    sim.register(lambda: ExportRows(files))
    sim.tasks.trigger("mailExport", input={"file": "rows.csv"})


def bug(sim):
    """The parent waits for success alone."""
    exporting(sim, MailExport)


def fixed(sim):
    """The parent fails when its child failed or was aborted, and after twenty looks."""
    exporting(sim, MailExportOrFail)
