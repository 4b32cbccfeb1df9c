"""A task that waits for an approval, which nobody gives: after two hours somebody aborts it.

Correct under every cut: the draft is made once, before the first wait, and remembered with the answer that
waits. Waiting asks and changes nothing outside. It has a limit of its own, should the abort fail.
"""

from contextlib import suppress

from tasksim import EngineError

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {"expect": "aborted", "on_crash": "retry(2)"}

MOST_POLLS = 12


class FakeDesk:
    def __init__(self, effects):
        self.effects = effects
        self.drafts = set()

    def draft(self, contract):
        with self.effects.record("draft", key=contract):
            self.drafts.add(contract)


class SignContract:
    id = "signContract"
    title = "Sign a contract"

    def __init__(self, desk):
        self.desk = desk

    def run(self, input, controller):
        if controller.runtime.is_aborted():
            return controller.response.aborted()
        polls = input.get("polls")
        if polls is None:
            self.desk.draft(input["contract"])
            return controller.response.continue_({"polls": 0}, seconds=1200)
        if polls == MOST_POLLS:
            return controller.response.error("Nobody approved.")
        return controller.response.continue_({"polls": polls + 1}, seconds=1200)


def scenario(sim):
    """Wait for an approval, and give up after two hours."""
    desk = FakeDesk(sim.effects)
    sim.register(lambda: SignContract(desk))
    task = sim.tasks.trigger("signContract", input={"contract": "c1"})

    def give_up():
        with suppress(EngineError):  # it may be aborted already
            sim.tasks.abort(task, message="Nobody answered.")

    sim.at("2h", give_up)
