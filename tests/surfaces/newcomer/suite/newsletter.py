"""A newsletter, sent letter by letter."""


class SendNewsletter:
    """Send a letter to each recipient, and remember after each how far it came."""

    id = "sendNewsletter"
    title = "Send newsletter"

    def __init__(self, mailer):
        self.mailer = mailer

    def run(self, input, controller):
        recipients = input["recipients"]
        for sent in range(input.get("sent", 0), len(recipients)):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"sent": sent})
            self.mailer.send(recipients[sent])
            controller.state.update_input({"sent": sent + 1})
        return controller.response.done("Sent.", {"count": len(recipients)})

    def on_abort(self, task):
        self.mailer.send("editor")
