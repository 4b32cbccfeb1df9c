"""A child triggered again: a parent that was cut begins anew, and does not look which children it has.

Hosts promise to run work at least once, not once: AWS says so of asynchronous calls of Lambda, and asks for
functions that can bear it.
"""

JUDGE = "resume-equivalence"
PLAN = "close_to_timeout@runtime.is_close_to_timeout#2"
OPTIONS: dict = {}
LOST: tuple = ()
REPEATED: tuple = ()


class FakeTranslator:
    def __init__(self, effects):
        self.effects = effects
        self.translated = []

    def translate(self, page):
        with self.effects.record("translate", key=page):
            self.translated.append(page)


class TranslatePage:
    id = "translatePage"
    title = "Translate a page"
    is_private = True
    disable_database_logs = True

    def __init__(self, translator):
        self.translator = translator

    def run(self, input, controller):
        self.translator.translate(input["page"])
        return controller.response.done()


class TranslateSite:
    id = "translateSite"
    title = "Translate a site"
    max_iterations = 5
    disable_database_logs = True

    def missing(self, input, children):
        return [] if input.get("triggered") else input["pages"]

    def run(self, input, controller):
        children = controller.task.list_children("translatePage")
        missing = self.missing(input, children)
        for page in missing:
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({})
            controller.task.trigger("translatePage", input={"page": page})
        if missing or any(child.status in {"pending", "running"} for child in children):
            return controller.response.continue_({"triggered": True}, seconds=30)
        if any(child.status != "success" for child in children):
            return controller.response.error("A page is not translated.")
        return controller.response.done({"pages": len(input["pages"])})


class TranslateSiteOnce(TranslateSite):
    def missing(self, input, children):
        there = {child.input["page"] for child in children}
        return [page for page in input["pages"] if page not in there]


def translating(sim, site):
    """Trigger the translation of two pages."""
    translator = FakeTranslator(sim.effects)
    sim.register(site)
    sim.register(lambda: TranslatePage(translator))
    sim.tasks.trigger("translateSite", input={"pages": ["home", "about"]})


def bug(sim):
    """The parent triggers all children again when it was cut between two of them."""
    translating(sim, TranslateSite)


def fixed(sim):
    """The parent triggers those children that it does not have."""
    translating(sim, TranslateSiteOnce)
