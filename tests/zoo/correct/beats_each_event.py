"""A heartbeat at the end of each event, of which there may be any number.

Correct under every cut: how often the heart beats follows from how often the work is cut, as declared. The
work comes first, so a beat is never all that an event did, and it asks once more before it beats.
"""

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {}


class FakeMonitor:
    def __init__(self, effects):
        self.effects = effects

    def beat(self):
        self.effects.record("beat", contract="any")


class FakeLedger:
    def __init__(self, effects):
        self.effects = effects
        self.closed = set()

    def close(self, account):
        with self.effects.record("close", key=account):
            self.closed.add(account)


class CloseAccounts:
    id = "closeAccounts"
    title = "Close accounts"

    def __init__(self, ledger, monitor):
        self.ledger = ledger
        self.monitor = monitor

    def run(self, input, controller):
        accounts = input["accounts"]
        at = input.get("at", 0)
        while at < len(accounts) and not controller.runtime.is_close_to_timeout():
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            self.ledger.close(accounts[at])
            at += 1
            controller.state.update_input({"at": at})
        if controller.runtime.is_aborted():
            return controller.response.aborted()
        self.monitor.beat()
        if at < len(accounts):
            return controller.response.continue_({"at": at})
        return controller.response.done({"accounts": at})


def scenario(sim):
    """Close two accounts."""
    ledger, monitor = FakeLedger(sim.effects), FakeMonitor(sim.effects)
    sim.register(lambda: CloseAccounts(ledger, monitor))
    sim.tasks.trigger("closeAccounts", input={"accounts": ["a1", "a2"]})
