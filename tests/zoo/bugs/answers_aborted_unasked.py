"""Answers aborted unasked: it gives up with response.aborted(), though nobody aborted the task.

Webiny's engines store nothing for that answer: the state machine ends, and the record stays `running`.
"""

from tasksim import effect

JUDGE = "stranded"
PLAN = 'fail@effect.send["ann"]#1'
OPTIONS: dict = {"profile": "webiny-5"}
LOST: tuple = ()
REPEATED: tuple = ()


class FakeMailer:
    @effect("send", key="to", raises=[ConnectionError])
    def send(self, to):
        """Send a letter."""


class SendNewsletter:
    id = "sendNewsletter"
    title = "Send the newsletter"

    def __init__(self, mailer):
        self.mailer = mailer

    def give_up(self, controller, error):
        return controller.response.aborted()

    def run(self, input, controller):
        people = input["people"]
        for sent in range(input.get("sent", 0), len(people)):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({})
            try:
                self.mailer.send(people[sent])
            except ConnectionError as error:
                return self.give_up(controller, error)
            controller.state.update_input({"sent": sent + 1})
        return controller.response.done("All sent.", {"sent": len(people)})


class SendNewsletterMended(SendNewsletter):
    def give_up(self, controller, error):
        return controller.response.error(error)


def bug(sim):
    """Call it aborted when the mailer is down."""
    sim.register(lambda: SendNewsletter(FakeMailer()))
    sim.tasks.trigger("sendNewsletter", input={"people": ["ann", "bob"]})


def fixed(sim):
    """Call it an error, which is stored."""
    sim.register(lambda: SendNewsletterMended(FakeMailer()))
    sim.tasks.trigger("sendNewsletter", input={"people": ["ann", "bob"]})
