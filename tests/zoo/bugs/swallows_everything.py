"""A bare `except Exception` around the unit of work: what failed counts as done.

PostgreSQL learnt in 2018 that a kernel may report a failed write once and then count the page as written;
since then a failed fsync ends the server.
"""

JUDGE = "resume-equivalence"
PLAN = 'fail@effect.publish["a"]#1'
OPTIONS: dict = {}
LOST: tuple = ("publish[a]",)
REPEATED: tuple = ()


class FakeCms:
    def __init__(self, effects):
        self.effects = effects
        self.published = []

    def publish(self, id):
        with self.effects.record("publish", key=id):
            self.published.append(id)


class Publish:
    id = "publish"
    title = "Publish"

    def __init__(self, cms):
        self.cms = cms

    def run(self, input, controller):
        ids, failed = input["ids"], input.get("failed", [])
        for at in range(input.get("at", 0), len(ids)):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at, "failed": failed})
            try:
                self.cms.publish(ids[at])
            except Exception:  # noqa: BLE001 - the bug
                failed.append(ids[at])
        return self.end(controller, ids, failed)

    def end(self, controller, ids, failed):
        return controller.response.done({"count": len(ids)})


class PublishOrFail(Publish):
    def end(self, controller, ids, failed):
        if failed:
            return controller.response.error(f"Not published: {', '.join(failed)}.")
        return controller.response.done({"count": len(ids)})


def publishing(sim, definition):
    """Trigger the publishing of two entries."""
    cms = FakeCms(sim.effects)
    sim.register(lambda: definition(cms))
    sim.tasks.trigger("publish", input={"ids": ["a", "b"]})


def bug(sim):
    """Whatever happens to an entry, it is counted."""
    publishing(sim, Publish)


def fixed(sim):
    """The task fails, and says which entries did."""
    publishing(sim, PublishOrFail)
