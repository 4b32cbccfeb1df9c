"""Counts in a module global: the numbers depend on what the process did before, so no two runs are equal.

A sample function for Lambda counted in variables of its module, which live on while the environment is
used again (aws-samples/amazon-elasticsearch-lambda-samples#6).
"""

from itertools import count

JUDGE = ""
PLAN = ""
ERROR = "NondeterministicScenario"
OPTIONS: dict = {}

NUMBERS = count(1)


class FakeMailer:
    def __init__(self, effects):
        self.effects = effects

    def send(self, order, number):
        with self.effects.record("invoice", key=order, number=number):
            pass


class SendInvoices:
    id = "sendInvoices"
    title = "Send invoices"

    def __init__(self, mailer):
        self.mailer = mailer

    def number(self, input, at):
        return next(NUMBERS)

    def run(self, input, controller):
        orders = input["orders"]
        for at in range(input.get("at", 0), len(orders)):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at})
            self.mailer.send(orders[at], self.number(input, at))
        return controller.response.done("All sent.", {"count": len(orders)})


class SendInvoicesMended(SendInvoices):
    def number(self, input, at):
        return input["first_number"] + at


def bug(sim):
    """Number the invoices of this process."""
    sim.register(lambda: SendInvoices(FakeMailer(sim.effects)))
    sim.tasks.trigger("sendInvoices", input={"orders": ["a", "b"], "first_number": 1})


def fixed(sim):
    """Number them from what the task was given."""
    sim.register(lambda: SendInvoicesMended(FakeMailer(sim.effects)))
    sim.tasks.trigger("sendInvoices", input={"orders": ["a", "b"], "first_number": 1})
