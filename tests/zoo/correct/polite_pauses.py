"""A pause of `time.sleep` between units, with both questions after it.

Correct under every cut: a pause takes the run's time and gives others time to abort it, so what was asked
before it would be out of date. The pause comes first, the questions second, the work third.
"""

import time

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {}


class FakeSite:
    def __init__(self, effects):
        self.effects = effects
        self.pages = set()

    def warm(self, page):
        with self.effects.record("warm", key=page):
            self.pages.add(page)


class WarmPages:
    id = "warmPages"
    title = "Warm pages"

    def __init__(self, site):
        self.site = site

    def run(self, input, controller):
        pages = input["pages"]
        for at in range(input.get("at", 0), len(pages)):
            time.sleep(30)
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at})
            self.site.warm(pages[at])
            controller.state.update_input({"at": at + 1})
        return controller.response.done({"pages": len(pages)})


def scenario(sim):
    """Warm two pages."""
    site = FakeSite(sim.effects)
    sim.register(lambda: WarmPages(site))
    sim.tasks.trigger("warmPages", input={"pages": ["/", "/about"]})
