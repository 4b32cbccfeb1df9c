"""Save before effect: the cursor is stored before the work is done, so a cut between the two loses it.

librdkafka stores a message's offset for the next commit just before it hands the message over: if the
consumer dies while it works, the message is never read again (confluentinc/librdkafka#1122).
"""

JUDGE = "resume-equivalence"
PLAN = "close_to_timeout@runtime.is_close_to_timeout#1"
OPTIONS: dict = {}
LOST: tuple = ("send[ann]",)
REPEATED: tuple = ()


class FakeMailer:
    def __init__(self, effects):
        self.effects = effects

    def send(self, to):
        with self.effects.record("send", key=to):
            pass


class SendNewsletter:
    id = "sendNewsletter"
    title = "Send the newsletter"

    def __init__(self, mailer):
        self.mailer = mailer

    def run(self, input, controller):
        people = input["people"]
        for sent in range(input.get("sent", 0), len(people)):
            controller.state.update_input({"sent": sent + 1})  # so that nobody gets two letters
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({})
            self.mailer.send(people[sent])
        return controller.response.done("All sent.", {"sent": len(people)})


class SendNewsletterMended(SendNewsletter):
    def run(self, input, controller):
        people = input["people"]
        for sent in range(input.get("sent", 0), len(people)):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({})
            self.mailer.send(people[sent])
            controller.state.update_input({"sent": sent + 1})
        return controller.response.done("All sent.", {"sent": len(people)})


def bug(sim):
    """Store first, work later."""
    sim.register(lambda: SendNewsletter(FakeMailer(sim.effects)))
    sim.tasks.trigger("sendNewsletter", input={"people": ["ann", "bob"]})


def fixed(sim):
    """Work first, store at once."""
    sim.register(lambda: SendNewsletterMended(FakeMailer(sim.effects)))
    sim.tasks.trigger("sendNewsletter", input={"people": ["ann", "bob"]})
