"""Effects and an output that carry times.

Correct under every cut: the keys come from the input. The times differ whenever the clock does, and since
they follow the start of the world, they are not compared.
"""

import datetime as dt

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {"on_crash": "retry(2)"}


def now():
    """Return the wall time as text."""
    return dt.datetime.now(dt.timezone.utc).isoformat()


class FakeRegister:
    def __init__(self, effects):
        self.effects = effects
        self.stamps = {}

    def stamp(self, deed):
        at = now()
        with self.effects.record("stamp", key=deed, at=at):
            self.stamps[deed] = at


class StampDeeds:
    id = "stampDeeds"
    title = "Stamp deeds"

    def __init__(self, register):
        self.register = register

    def run(self, input, controller):
        deeds = input["deeds"]
        for at in range(input.get("at", 0), len(deeds)):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at})
            self.register.stamp(deeds[at])
            controller.state.update_input({"at": at + 1})
        return controller.response.done({"deeds": len(deeds), "stamped": {"last": now()}})


def scenario(sim):
    """Stamp two deeds."""
    register = FakeRegister(sim.effects)
    sim.register(lambda: StampDeeds(register))
    sim.tasks.trigger("stampDeeds", input={"deeds": ["d1", "d2"]})
