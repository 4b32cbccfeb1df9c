"""A delay that begins anew: each iteration counts it from now on, so whoever is cut each time never works.

A worker for Webiny tasks sent the delay of the first event with every later one, and got "continue" for an
answer for ever.
"""

import time

JUDGE = "progress"
PLAN = "close_to_timeout@runtime.is_close_to_timeout#1"
OPTIONS: dict = {}
LOST: tuple = ()
REPEATED: tuple = ()


class FakeShop:
    def __init__(self, effects):
        self.effects = effects
        self.cancelled = []

    def cancel(self, order):
        with self.effects.record("cancel", key=order):
            self.cancelled.append(order)


class CancelUnpaid:
    """Cancels an order that is not paid within an hour."""

    id = "cancelUnpaid"
    title = "Cancel what is not paid"

    def __init__(self, shop):
        self.shop = shop

    def cut(self, controller):
        return controller.response.continue_({"due": 0})  # the next iteration begins afresh

    def run(self, input, controller):
        if controller.runtime.is_aborted():
            return controller.response.aborted()
        now = int(time.time())
        due = input["due"] or now + 3600
        controller.state.update_input({"due": due})
        if controller.runtime.is_close_to_timeout():
            return self.cut(controller)
        if now < due:
            return controller.response.continue_({}, seconds=due - now)
        self.shop.cancel(input["order"])
        return controller.response.done({"order": input["order"]})


class CancelUnpaidInTime(CancelUnpaid):
    def cut(self, controller):
        return controller.response.continue_({})


def cancelling(sim, definition):
    """Trigger the task for one order."""
    shop = FakeShop(sim.effects)
    sim.register(lambda: definition(shop))
    sim.tasks.trigger("cancelUnpaid", input={"order": 7, "due": 0})


def bug(sim):
    """What is cut forgets when it was due."""
    cancelling(sim, CancelUnpaid)


def fixed(sim):
    """When it is due is decided once, and kept."""
    cancelling(sim, CancelUnpaidInTime)
