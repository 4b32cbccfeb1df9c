"""Swallows a storage error: `except Exception: pass` around a write, so what was not stored is missing later.

The snapshots of eventflux reported success although parts of the state had not been written
(eventflux-io/eventflux#29).
"""

JUDGE = "resume-equivalence"
PLAN = "fail@state.update_output#1"
OPTIONS: dict = {}
LOST: tuple = ()
REPEATED: tuple = ()


class FakeCms:
    def __init__(self, effects):
        self.effects = effects

    def publish(self, id):
        with self.effects.record("publish", key=id):
            return f"https://example.com/{id}"


class PublishEntries:
    id = "publishEntries"
    title = "Publish entries"

    def __init__(self, cms):
        self.cms = cms

    def note(self, controller, id, address):
        try:  # noqa: SIM105 - the bug as people write it
            controller.state.update_output({id: address})
        except Exception:  # noqa: BLE001, S110 - see above
            pass

    def run(self, input, controller):
        ids = input["ids"]
        for at in range(input.get("at", 0), len(ids)):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at})
            self.note(controller, ids[at], self.cms.publish(ids[at]))
        return controller.response.done("All published.")


class PublishEntriesMended(PublishEntries):
    def note(self, controller, id, address):
        controller.state.update_output({id: address})


def bug(sim):
    """Go on as if the address had been noted."""
    sim.register(lambda: PublishEntries(FakeCms(sim.effects)))
    sim.tasks.trigger("publishEntries", input={"ids": ["a", "b"]})


def fixed(sim):
    """Fail, so that somebody hears of it."""
    sim.register(lambda: PublishEntriesMended(FakeCms(sim.effects)))
    sim.tasks.trigger("publishEntries", input={"ids": ["a", "b"]})
