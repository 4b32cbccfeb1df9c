"""A cursor, and both questions before each unit of work.

Correct under every cut: the task stops before a unit, never within one, and what it continues with is the
unit that comes next. Handled again after a crash it goes on from the stored cursor, so a unit can come
twice, which a host that repeats events allows. It never writes while it works, so the engines of webiny-5
and webiny-6 would not let it see an abort.
"""

PROFILES: tuple[str, ...] = ("documented", "generic")
OPTIONS: dict = {}


class FakeCms:
    def __init__(self, effects):
        self.effects = effects
        self.published = set()

    def publish(self, id):
        with self.effects.record("publish", key=id):
            self.published.add(id)


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


def scenario(sim):
    """Publish three entries."""
    cms = FakeCms(sim.effects)
    sim.register(lambda: PublishEntries(cms))
    sim.tasks.trigger("publishEntries", input={"ids": ["a", "b", "c"]})
