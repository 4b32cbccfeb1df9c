"""Transfers between two accounts, and what must hold of the bank after each event.

Correct under every cut: a transfer moves both balances or none, and the bank knows those it has made. So
no money comes or goes, and no account is overdrawn. Some runs are aborted half-way, which is the goal.
"""

from tasksim import always, sometimes

TRANSFERS = {"t1": 30, "t2": 60}


class FakeBank:
    def __init__(self, effects):
        self.effects = effects
        self.balances = {"ann": 100, "bob": 0}
        self.made = set()

    def transfer(self, id, amount):
        if id not in self.made:
            with self.effects.record("transfer", key=id, contract="exactly_once", amount=amount):
                self.made.add(id)
                self.balances["ann"] -= amount
                self.balances["bob"] += amount


def no_account_is_overdrawn(sim, bank):
    """Nobody has less than nothing."""
    assert min(bank.balances.values()) >= 0, bank.balances


def no_money_is_lost(sim, bank):
    """The sum stays what it was."""
    assert sum(bank.balances.values()) == 100


def is_aborted_half_way(sim, bank):
    """One transfer was made and the other was not, since somebody aborted the task."""
    return len(bank.made) == 1 and sim.tasks.list_tasks({"status": "aborted"}).items


PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {
    "invariants": (always(no_account_is_overdrawn), no_money_is_lost, sometimes(is_aborted_half_way)),
    "on_crash": "retry(2)",
}


class Transfer:
    id = "transfer"
    title = "Transfer"

    def __init__(self, bank):
        self.bank = bank

    def run(self, input, controller):
        for id in input["ids"]:
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({})
            self.bank.transfer(id, TRANSFERS[id])
            controller.state.update_input({"last": id})
        return controller.response.done()


def scenario(sim):
    """Make two transfers; the bank is the world that the invariants see."""
    bank = FakeBank(sim.effects)
    sim.register(lambda: Transfer(bank))
    sim.tasks.trigger("transfer", input={"ids": ["t1", "t2"]})
    return bank
