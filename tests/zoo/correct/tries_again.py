"""Messages that must arrive at least once: a failing send is tried again.

Correct under every cut, at least once as declared: a send whose answer was lost is repeated with the same
data. An abort may come between two tries, so the task asks before each of them.
"""

from tasksim import effect

PROFILES: tuple[str, ...] = ("documented", "generic")
OPTIONS: dict = {"on_crash": "retry(2)"}

TRIES = 3


class FakeRadio:
    @effect("send", key="message", contract="at_least_once", raises=[TimeoutError])
    def send(self, message):
        """Say it, and hope that somebody hears."""


class SendMessages:
    id = "sendMessages"
    title = "Send messages"

    def __init__(self, radio):
        self.radio = radio

    def run(self, input, controller):
        messages = input["messages"]
        at, failed = input.get("at", 0), 0
        while at < len(messages):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at})
            try:
                self.radio.send(messages[at])
            except TimeoutError as error:
                failed += 1
                if failed == TRIES:
                    return controller.response.error(error)
            else:
                at, failed = at + 1, 0
        return controller.response.done({"messages": len(messages)})


def scenario(sim):
    """Send two messages."""
    radio = FakeRadio()
    sim.register(lambda: SendMessages(radio))
    sim.tasks.trigger("sendMessages", input={"messages": ["hello", "bye"]})
