"""A task without logs, by the switches of all engines.

Correct under every cut: it tells what it does all the same, and nothing is written where logs are off. No
write of a log can fail, or come between a result and its hook.
"""

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {}


class FakeQueue:
    def __init__(self, effects):
        self.effects = effects
        self.messages = []

    def publish(self, message):
        with self.effects.record("publish", key=message):
            self.messages.append(message)


class DrainOutbox:
    id = "drainOutbox"
    title = "Drain the outbox"
    disable_database_logs = True
    database_logs = False

    def __init__(self, queue):
        self.queue = queue

    def run(self, input, controller):
        messages = input["messages"]
        for at in range(input.get("at", 0), len(messages)):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at})
            self.queue.publish(messages[at])
            controller.logger.info("Published.", {"message": messages[at]})
            controller.state.update_input({"at": at + 1})
        return controller.response.done("Drained.")


def scenario(sim):
    """Drain an outbox of two messages."""
    queue = FakeQueue(sim.effects)
    sim.register(lambda: DrainOutbox(queue))
    sim.tasks.trigger("drainOutbox", input={"messages": ["m1", "m2"]})
