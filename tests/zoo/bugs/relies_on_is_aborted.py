"""Relies on is_aborted() without writing: it asks before each entry; the answer is that of its last write.

Webiny 5 keeps the task in memory while it runs; an abort is seen once the run has written the task. This one
never writes it, so an abort stops nothing, and the result overwrites it.
"""

JUDGE = "abort-honoured"
PLAN = 'abort@effect.publish["a"]#1'
OPTIONS: dict = {"profile": "webiny-5"}
LOST: tuple = ()
REPEATED: tuple = ()


class FakeCms:
    def __init__(self, effects):
        self.effects = effects

    def publish(self, id):
        with self.effects.record("publish", key=id):
            pass


class PublishEntries:
    id = "publishEntries"
    title = "Publish entries"

    def __init__(self, cms):
        self.cms = cms

    def run(self, input, controller):
        ids = input["ids"]
        for at in range(input.get("at", 0), len(ids)):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at})
            self.cms.publish(ids[at])
        return controller.response.done("All published.", {"count": len(ids)})


class PublishEntriesMended(PublishEntries):
    def run(self, input, controller):
        ids = input["ids"]
        for at in range(input.get("at", 0), len(ids)):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({})
            self.cms.publish(ids[at])
            controller.state.update_input({"at": at + 1})  # and so learn of an abort
        return controller.response.done("All published.", {"count": len(ids)})


def bug(sim):
    """Ask a copy of the task that is never refreshed."""
    sim.register(lambda: PublishEntries(FakeCms(sim.effects)))
    sim.tasks.trigger("publishEntries", input={"ids": ["a", "b", "c"]})


def fixed(sim):
    """Write the cursor after each entry, which refreshes the copy."""
    sim.register(lambda: PublishEntriesMended(FakeCms(sim.effects)))
    sim.tasks.trigger("publishEntries", input={"ids": ["a", "b", "c"]})
