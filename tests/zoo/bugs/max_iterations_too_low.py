"""A limit of iterations that is just enough: each wait needs one, and there is none left for a cut.

Webiny documents 500 iterations by default; its engines stop after 50.
"""

JUDGE = "resume-equivalence"
PLAN = "close_to_timeout@runtime.is_close_to_timeout#1"
OPTIONS: dict = {}
LOST: tuple = ()
REPEATED: tuple = ()


class FakeMailer:
    def __init__(self, effects):
        self.effects = effects
        self.outbox = []

    def send(self, name):
        with self.effects.record("send", key=name):
            self.outbox.append(name)


class SendReminders:
    """Sends one reminder an hour: the mail server allows no more."""

    id = "sendReminders"
    title = "Send reminders"
    max_iterations = 2  # one for each name

    def __init__(self, mailer):
        self.mailer = mailer

    def run(self, input, controller):
        names, at = input["names"], input.get("at", 0)
        if controller.runtime.is_aborted():
            return controller.response.aborted()
        if controller.runtime.is_close_to_timeout():
            return controller.response.continue_({})
        self.mailer.send(names[at])
        if at + 1 < len(names):
            return controller.response.continue_({"at": at + 1}, seconds=3600)
        return controller.response.done({"sent": len(names)})


class SendRemindersPatiently(SendReminders):
    max_iterations = 100


def reminding(sim, definition):
    """Trigger reminders for two people."""
    mailer = FakeMailer(sim.effects)
    sim.register(lambda: definition(mailer))
    sim.tasks.trigger("sendReminders", input={"names": ["ann", "bob"]})


def bug(sim):
    """As many iterations as waits: the first cut is one too many."""
    reminding(sim, SendReminders)


def fixed(sim):
    """There is room for cuts."""
    reminding(sim, SendRemindersPatiently)
