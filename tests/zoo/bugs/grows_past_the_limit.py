"""An input that grows past the limit: results are carried along in it, instead of where they belong.

AWS Step Functions end an execution whose state passes 256 KB (States.DataLimitExceeded).
"""

JUDGE = "bounded-state"
PLAN = "close_to_timeout@runtime.is_close_to_timeout#2"
OPTIONS: dict = {}
LOST: tuple = ()
REPEATED: tuple = ()
PAGE_BYTES = 240_000


class FakePress:
    """Stands for a service that renders pages, keeps them on a shelf, and binds them."""

    def __init__(self, effects):
        self.effects = effects
        self.shelf = {}
        self.book = ""

    def render(self, page):
        with self.effects.record("render", key=page):
            self.shelf[page] = str(page) * PAGE_BYTES
        return self.shelf[page]

    def bind(self, texts):
        with self.effects.record("bind"):
            self.book = "".join(texts)


class PrintBook:
    id = "printBook"
    title = "Print a book"

    def __init__(self, press):
        self.press = press

    def run(self, input, controller):
        texts = input.get("texts", [])
        for page in range(len(texts), input["pages"]):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"texts": texts})
            texts.append(self.press.render(page))
        return self.bind(input, controller, texts)

    def bind(self, input, controller, texts):
        if controller.runtime.is_aborted():
            return controller.response.aborted()
        self.press.bind(texts)
        return controller.response.done({"pages": input["pages"]})


class PrintBookFromShelf(PrintBook):
    def run(self, input, controller):
        for page in range(input.get("at", 0), input["pages"]):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": page})
            self.press.render(page)
        return self.bind(input, controller, [self.press.shelf[page] for page in range(input["pages"])])


def printing(sim, definition):
    """Trigger the printing of two pages."""
    press = FakePress(sim.effects)
    sim.register(lambda: definition(press))
    sim.tasks.trigger("printBook", input={"pages": 2})


def bug(sim):
    """The texts are in the input until all are there."""
    printing(sim, PrintBook)


def fixed(sim):
    """The texts stay on the shelf, and the input holds a number."""
    printing(sim, PrintBookFromShelf)
