"""An ambiguous write retried: a call raised, although it had taken place, and is made once more.

FoundationDB documents `commit_unknown_result`: a retry loop may apply a transaction twice, and so increment
a counter twice.
"""

from tasksim import effect

JUDGE = "resume-equivalence"
PLAN = 'lost_ack@effect.pay["ann"]#1'
OPTIONS: dict = {}
LOST: tuple = ()
REPEATED: tuple = ("pay[ann]",)
ATTEMPTS = 3


class FakeBank:
    def __init__(self):
        self.paid = []

    @effect("pay", key="name", raises=[ConnectionError])
    def pay(self, name):
        self.paid.append(name)

    def has_paid(self, name):
        return name in self.paid


class PayWages:
    id = "payWages"
    title = "Pay wages"

    def __init__(self, bank):
        self.bank = bank

    def is_paid(self, name):
        return False

    def pay(self, name):
        for attempt in range(ATTEMPTS):
            if self.is_paid(name):
                break
            try:
                self.bank.pay(name)
                break
            except ConnectionError:
                if attempt + 1 == ATTEMPTS:
                    raise

    def run(self, input, controller):
        names = input["names"]
        for at in range(input.get("at", 0), len(names)):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at})
            self.pay(names[at])
        return controller.response.done({"paid": len(names)})


class PayWagesOnce(PayWages):
    def is_paid(self, name):
        return self.bank.has_paid(name)


def paying(sim, definition):
    """Trigger the wages of two people."""
    bank = FakeBank()
    sim.register(lambda: definition(bank))
    sim.tasks.trigger("payWages", input={"names": ["ann", "bob"]})


def bug(sim):
    """Whatever raised is done again."""
    paying(sim, PayWages)


def fixed(sim):
    """Each attempt first looks whether an earlier one took place."""
    paying(sim, PayWagesOnce)
