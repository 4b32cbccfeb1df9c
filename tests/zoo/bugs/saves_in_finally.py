"""Saves in finally: the cursor moves on after an exception too, as if the unit had been done.

The sync of notes in Instapaper's plugin for Obsidian saved its cursor whatever had happened, and no longer
does so after an error (Instapaper/obsidian-instapaper#13).
"""

from tasksim import effect

JUDGE = "resume-equivalence"
PLAN = 'fail@effect.index["a"]#1'
OPTIONS: dict = {}
LOST: tuple = ("index[a]",)
REPEATED: tuple = ()


class FakeSearch:
    @effect("index", key="id", contract="at_least_once", raises=[ConnectionError])
    def index(self, id):
        """Put an entry into the index; a second time changes nothing."""


class IndexEntries:
    id = "indexEntries"
    title = "Index entries"

    def __init__(self, search):
        self.search = search

    def index(self, controller, ids, at):
        try:
            self.search.index(ids[at])
        finally:
            controller.state.update_input({"at": at + 1})

    def run(self, input, controller):
        ids = input["ids"]
        for at in range(input.get("at", 0), len(ids)):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({})
            try:
                self.index(controller, ids, at)
            except ConnectionError:
                return controller.response.continue_({}, seconds=60)  # and try again
        return controller.response.done("All indexed.", {"count": len(ids)})


class IndexEntriesMended(IndexEntries):
    def index(self, controller, ids, at):
        self.search.index(ids[at])
        controller.state.update_input({"at": at + 1})


def bug(sim):
    """Save the cursor whatever happened."""
    sim.register(lambda: IndexEntries(FakeSearch()))
    sim.tasks.trigger("indexEntries", input={"ids": ["a", "b"]})


def fixed(sim):
    """Save it only after the work."""
    sim.register(lambda: IndexEntriesMended(FakeSearch()))
    sim.tasks.trigger("indexEntries", input={"ids": ["a", "b"]})
