"""Cursor off by one: the cursor is the last id that was done, and is read as the next one to do.

Kafka's committed offset is the next message to read; who commits that of the last message gets it again.
"""

JUDGE = "resume-equivalence"
PLAN = "close_to_timeout@runtime.is_close_to_timeout#2"
OPTIONS: dict = {}
LOST: tuple = ()
REPEATED: tuple = ("publish[a]",)


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

    def first(self, ids, last):
        return 0 if last is None else ids.index(last)  # that one is done already

    def run(self, input, controller):
        ids, last = input["ids"], input.get("last")
        for id in ids[self.first(ids, last) :]:
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"last": last})
            self.cms.publish(id)
            last = id
        return controller.response.done("All published.", {"count": len(ids)})


class PublishEntriesMended(PublishEntries):
    def first(self, ids, last):
        return 0 if last is None else ids.index(last) + 1


def bug(sim):
    """Begin again with the last one."""
    sim.register(lambda: PublishEntries(FakeCms(sim.effects)))
    sim.tasks.trigger("publishEntries", input={"ids": ["a", "b"]})


def fixed(sim):
    """Begin with the one after it."""
    sim.register(lambda: PublishEntriesMended(FakeCms(sim.effects)))
    sim.tasks.trigger("publishEntries", input={"ids": ["a", "b"]})
