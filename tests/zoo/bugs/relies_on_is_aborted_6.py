"""Relies on a stale record: it looks at the status of its task before each page, and that record is a copy.

Webiny 6 reads the task once per event. Log items do not refresh the copy, nor does an update that changes
nothing: this task makes both after each page, and still never sees an abort.
"""

JUDGE = "abort-honoured"
PLAN = 'abort@effect.render["home"]#1'
OPTIONS: dict = {"profile": "webiny-6"}
LOST: tuple = ()
REPEATED: tuple = ()


class FakeRenderer:
    def __init__(self, effects):
        self.effects = effects

    def render(self, page):
        with self.effects.record("render", key=page):
            pass


class RenderPages:
    id = "renderPages"
    title = "Render pages"
    database_logs = True

    def __init__(self, renderer):
        self.renderer = renderer

    def remember(self, controller, at):
        controller.logger.info("Rendered a page.")
        controller.state.update_input({"theme": "dark"})  # equal to what is stored: nothing is written

    def run(self, input, controller):
        pages = input["pages"]
        for at in range(input.get("at", 0), len(pages)):
            if controller.state.get_status() == "aborted":
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at})
            self.renderer.render(pages[at])
            self.remember(controller, at + 1)
        return controller.response.done("All rendered.", {"count": len(pages)})


class RenderPagesMended(RenderPages):
    def remember(self, controller, at):
        controller.state.update_input({"at": at})


def bug(sim):
    """Write nothing that refreshes the record."""
    sim.register(lambda: RenderPages(FakeRenderer(sim.effects)))
    sim.tasks.trigger("renderPages", input={"theme": "dark", "pages": ["home", "shop", "team"]})


def fixed(sim):
    """Write the cursor after each page, so that the record is as new as the last page."""
    sim.register(lambda: RenderPagesMended(FakeRenderer(sim.effects)))
    sim.tasks.trigger("renderPages", input={"theme": "dark", "pages": ["home", "shop", "team"]})
