"""An async run that pauses between letters with `asyncio.sleep`.

Correct under every cut: it asks after each pause, when it may have been aborted or have run out of time,
and before the letter. The letter itself takes half a second, and counts only when that is over.
"""

import asyncio

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {"on_crash": "retry(2)"}


class FakeMailer:
    def __init__(self, effects):
        self.effects = effects
        self.sent = []

    async def send(self, to):
        with self.effects.record("send", key=to):
            await asyncio.sleep(0.5)
            self.sent.append(to)


class SendLetters:
    id = "sendLetters"
    title = "Send letters"

    def __init__(self, mailer):
        self.mailer = mailer

    async def run(self, input, controller):
        people = input["people"]
        for at in range(input.get("at", 0), len(people)):
            await asyncio.sleep(20)
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at})
            await self.mailer.send(people[at])
            controller.state.update_input({"at": at + 1})
        return controller.response.done({"letters": len(people)})


def scenario(sim):
    """Send two letters."""
    mailer = FakeMailer(sim.effects)
    sim.register(lambda: SendLetters(mailer))
    sim.tasks.trigger("sendLetters", input={"people": ["ann", "bob"]})
