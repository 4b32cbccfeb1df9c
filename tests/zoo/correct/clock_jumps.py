"""Two reminders due at the same time, on a host whose clock jumps.

Correct under every cut, and when the wall clock jumps by an hour, a touch takes long or the other task goes
first: each event compares the clock with a time that is stored, and waits again if it woke too early.
"""

import datetime as dt

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {"kinds": ["redeliver", "fail..", "crash", "delay=90s", "clock=-1h", "clock=1h", "order"]}


class FakeBell:
    def __init__(self, effects):
        self.effects = effects
        self.rung = set()

    def ring(self, name):
        with self.effects.record("ring", key=name):
            self.rung.add(name)


class RingLater:
    id = "ringLater"
    title = "Ring later"

    def __init__(self, bell):
        self.bell = bell

    def run(self, input, controller):
        at = controller.state.get_task().created_on + dt.timedelta(hours=input["hours"])
        if dt.datetime.now(dt.timezone.utc) < at:
            return controller.response.continue_({}, until=at)
        if controller.runtime.is_aborted():
            return controller.response.aborted()
        self.bell.ring(input["name"])
        return controller.response.done()


def scenario(sim):
    """Ring two bells in two hours."""
    bell = FakeBell(sim.effects)
    sim.register(lambda: RingLater(bell))
    for name in ("ann", "bob"):
        sim.tasks.trigger("ringLater", input={"name": name, "hours": 2})
