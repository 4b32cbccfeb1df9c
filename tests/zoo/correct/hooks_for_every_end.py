"""Hooks for every end, each with the contract that its host can keep.

Correct under every cut: a hook may be called twice, or, where it runs after the result is stored, not at
all. So the letter about the end is sent at most once, by a mailer that knows whom it wrote to; an alert and
the release of a lock may be repeated. The run asks once more before it ends, so that no abort between its
last unit and the hook goes unseen.
"""

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {}


class FakeOffice:
    def __init__(self, effects):
        self.effects = effects
        self.letters = set()

    def file(self, paper):
        with self.effects.record("file", key=paper):
            pass

    def write_once(self, batch):
        if batch not in self.letters:
            with self.effects.record("letter", key=batch, contract="at_most_once"):
                self.letters.add(batch)

    def alert(self, batch):
        self.effects.record("alert", key=batch, contract="at_least_once")

    def release(self, batch):
        self.effects.record("release", key=batch, contract="at_least_once")


class FilePapers:
    id = "filePapers"
    title = "File papers"

    def __init__(self, office):
        self.office = office

    def run(self, input, controller):
        papers = input["papers"]
        for at in range(input.get("at", 0), len(papers)):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at})
            self.office.file(papers[at])
            controller.state.update_input({"at": at + 1})
        if controller.runtime.is_aborted():
            return controller.response.aborted()
        return controller.response.done({"papers": len(papers)})

    def on_done(self, task):
        self.office.write_once(task.input["batch"])

    def on_error(self, task):
        self.office.alert(task.input["batch"])

    def on_abort(self, task):
        self.office.release(task.input["batch"])


def scenario(sim):
    """File two papers."""
    office = FakeOffice(sim.effects)
    sim.register(lambda: FilePapers(office))
    sim.tasks.trigger("filePapers", input={"batch": "june", "papers": ["p1", "p2"]})
