"""Continuing after an abort: the run sees it, wants to leave things tidy, and answers continue.

In Webiny 5 and 6 storing a continue writes the status running over the abort: the task goes on.
"""

JUDGE = "abort-honoured"
PLAN = 'abort@effect.publish["a"]#1'
OPTIONS: dict = {"profile": "webiny-5"}
LOST: tuple = ()
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

    def stop(self, controller, at):
        return controller.response.continue_({"at": at})

    def run(self, input, controller):
        ids = input["ids"]
        for at in range(input.get("at", 0), len(ids)):
            if controller.runtime.is_aborted():
                return self.stop(controller, at)
            self.cms.publish(ids[at])
            controller.state.update_input({"at": at + 1})
        return controller.response.done({"count": len(ids)})


class PublishOrStop(Publish):
    def stop(self, controller, at):
        return controller.response.aborted()


def publishing(sim, definition):
    """Trigger the publishing of three entries."""
    cms = FakeCms(sim.effects)
    sim.register(lambda: definition(cms))
    sim.tasks.trigger("publish", input={"ids": ["a", "b", "c"]})


def bug(sim):
    """When it was aborted it remembers where it was, by going on."""
    publishing(sim, Publish)


def fixed(sim):
    """When it was aborted it answers so."""
    publishing(sim, PublishOrStop)
