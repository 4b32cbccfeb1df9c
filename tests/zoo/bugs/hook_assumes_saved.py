"""A hook that assumes the record is saved: it acts before that, and again if saving is cut.

Webiny 5 calls onDone before it stores the result; Webiny 6 calls it after.
"""

JUDGE = "hooks"
PLAN = "timeout@task.update#2"
OPTIONS: dict = {"profile": "webiny-5", "on_crash": "retry(2)"}
LOST: tuple = ()
REPEATED: tuple = ("confirm[7]",)


class FakeMailer:
    def __init__(self, effects):
        self.effects = effects
        self.outbox = []

    def confirm(self, order):
        with self.effects.record("confirm", key=order, contract="at_most_once"):
            self.outbox.append(order)


class CloseOrder:
    """Adds up an order and mails a confirmation once that is stored, as its hook believes."""

    id = "closeOrder"
    title = "Close an order"

    def __init__(self, mailer):
        self.mailer = mailer

    def run(self, input, controller):
        return controller.response.done({"total": sum(input["prices"])})

    def on_done(self, task):
        self.mailer.confirm(task.input["order"])


class CloseOrderItself:
    id = "closeOrder"
    title = "Close an order"

    def __init__(self, mailer):
        self.mailer = mailer

    def run(self, input, controller):
        if controller.runtime.is_aborted():
            return controller.response.aborted()
        if input["order"] not in self.mailer.outbox:
            self.mailer.confirm(input["order"])
        return controller.response.done({"total": sum(input["prices"])})


def closing(sim, definition):
    """Trigger the closing of one order."""
    mailer = FakeMailer(sim.effects)
    sim.register(lambda: definition(mailer))
    sim.tasks.trigger("closeOrder", input={"order": 7, "prices": [10, 20]})


def bug(sim):
    """The hook sends the mail, once for each time that the event is handled."""
    closing(sim, CloseOrder)


def fixed(sim):
    """The run sends it, and looks first whether that was done."""
    closing(sim, CloseOrderItself)
