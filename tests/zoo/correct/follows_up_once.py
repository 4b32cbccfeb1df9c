"""A task that triggers the one that comes after it, through the application's own service.

Correct under every cut: before it triggers, it looks in the list of tasks whether that was done, by a name
that follows from the input. It depends on the service alone, which is filled in where it is registered.
"""

from tasksim import TaskService, create_implementation

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {"on_crash": "retry(2)"}


class FakeSite:
    def __init__(self, effects):
        self.effects = effects
        self.built = set()

    def build(self, page):
        with self.effects.record("build", key=page):
            self.built.add(page)

    def announce(self, page):
        with self.effects.record("announce", key=page):
            pass


class BuildPage:
    id = "buildPage"
    title = "Build a page"

    def __init__(self, site, tasks: TaskService):
        self.site = site
        self.tasks = tasks

    def run(self, input, controller):
        page = input["page"]
        if controller.runtime.is_aborted():
            return controller.response.aborted()
        self.site.build(page)
        controller.state.update_input({"built": page})
        if controller.runtime.is_aborted():
            return controller.response.aborted()
        name = f"Announce {page}"
        if not self.tasks.list_tasks({"definition_id": "announcePage", "name": name}).items:
            self.tasks.trigger("announcePage", input={"page": page}, name=name)
        return controller.response.done()


class AnnouncePage:
    id = "announcePage"
    title = "Announce a page"

    def __init__(self, site):
        self.site = site

    def run(self, input, controller):
        self.site.announce(input["page"])
        return controller.response.done()


def scenario(sim):
    """Build a page, and announce it."""
    site = FakeSite(sim.effects)
    sim.register(create_implementation(BuildPage, dependencies=[site, TaskService]))
    sim.register(create_implementation(AnnouncePage, dependencies=[site]))
    sim.tasks.trigger("buildPage", input={"page": "home"})
