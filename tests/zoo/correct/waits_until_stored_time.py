"""A reminder that waits until an absolute time, which is stored once, before the first wait.

Correct under every cut: each event reads the stored time and compares it with the clock, so neither a
second delivery nor a crash moves the reminder, and an abort during the wait is seen after it.
"""

import datetime as dt

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {"on_crash": "redeliver(15m)"}


def now():
    """Return the wall time."""
    return dt.datetime.now(dt.timezone.utc)


class FakeMailer:
    def __init__(self, effects):
        self.effects = effects
        self.sent = []

    def remind(self, to):
        with self.effects.record("remind", key=to):
            self.sent.append(to)


class RemindLater:
    id = "remindLater"
    title = "Remind later"

    def __init__(self, mailer):
        self.mailer = mailer

    def run(self, input, controller):
        if "at" not in input:
            at = now() + dt.timedelta(hours=input["hours"])
            controller.state.update_input({"at": at.isoformat()})
        at = dt.datetime.fromisoformat(controller.state.get_input()["at"])
        if now() < at:
            return controller.response.continue_({}, until=at)
        if controller.runtime.is_aborted():
            return controller.response.aborted()
        self.mailer.remind(input["to"])
        return controller.response.done("Reminded.", {"to": input["to"]})


def scenario(sim):
    """Remind Ann in six hours."""
    mailer = FakeMailer(sim.effects)
    sim.register(lambda: RemindLater(mailer))
    sim.tasks.trigger("remindLater", input={"to": "ann", "hours": 6})
