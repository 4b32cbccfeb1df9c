"""A parent that triggers a child for each page and waits for them, though not for ever.

Correct under every cut: which children there are is read from the children themselves, so none is
triggered twice, whatever was cut and whoever delivers again. Before each trigger the parent asks whether it
was aborted, and after it writes, so that every engine can tell it. A child that never ends, or failed, is
an error after so many polls.
"""

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {"on_crash": "retry(2)"}

MOST_POLLS = 10
UNDER_WAY = ("pending", "running")


class FakeStorage:
    def __init__(self, effects):
        self.effects = effects
        self.files = set()

    def export(self, page):
        with self.effects.record("export", key=page):
            self.files.add(page)


class ExportPage:
    id = "exportPage"
    title = "Export a page"
    is_private = True

    def __init__(self, storage):
        self.storage = storage

    def run(self, input, controller):
        self.storage.export(input["page"])
        return controller.response.done("Exported.")


class ExportSite:
    id = "exportSite"
    title = "Export a site"

    def run(self, input, controller):
        known = [child.input["page"] for child in controller.task.list_children("exportPage")]
        for page in input["pages"]:
            if page in known:
                continue
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({})
            controller.task.trigger("exportPage", input={"page": page}, name=f"Export {page}")
            controller.state.update_input({"triggered": page})
        return self._wait(input, controller)

    def _wait(self, input, controller):
        statuses = [child.status for child in controller.task.list_children("exportPage")]
        polls = input.get("polls", 0)
        if any(status in UNDER_WAY for status in statuses) and polls < MOST_POLLS:
            return controller.response.continue_({"polls": polls + 1}, seconds=60)
        if any(status != "success" for status in statuses):
            return controller.response.error("Not all pages were exported.")
        return controller.response.done({"pages": len(statuses)})


def scenario(sim):
    """Export a site of two pages."""
    storage = FakeStorage(sim.effects)
    sim.register(ExportSite)
    sim.register(lambda: ExportPage(storage))
    sim.tasks.trigger("exportSite", input={"pages": ["home", "about"]})
