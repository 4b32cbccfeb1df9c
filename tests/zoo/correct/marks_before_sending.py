"""Letters that must never be sent twice: each is marked as sent before it is sent.

Correct under every cut, at most once as declared: a crash between mark and letter loses the letter, and
never repeats it. The run asks again after the mark, the write by which every engine tells it of an abort.
"""

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {"on_crash": "redeliver(15m)"}


class FakeMailer:
    def __init__(self, effects):
        self.effects = effects
        self.sent = []

    def send(self, to):
        with self.effects.record("send", key=to, contract="at_most_once"):
            self.sent.append(to)


class SendOffers:
    id = "sendOffers"
    title = "Send offers"

    def __init__(self, mailer):
        self.mailer = mailer

    def run(self, input, controller):
        people = input["people"]
        for at in range(input.get("marked", 0), len(people)):
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"marked": at})
            controller.state.update_input({"marked": at + 1})
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            self.mailer.send(people[at])
        return controller.response.done({"people": len(people)})


def scenario(sim):
    """Send offers to two people."""
    mailer = FakeMailer(sim.effects)
    sim.register(lambda: SendOffers(mailer))
    sim.tasks.trigger("sendOffers", input={"people": ["ann", "bob"]})
