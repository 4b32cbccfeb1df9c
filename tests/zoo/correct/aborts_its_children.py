"""A parent that aborts its children when it is aborted, in its hook.

Correct under every cut: nothing cascades by itself, so the hook goes through the children that are not
finished. A child that ends in the meantime refuses its abort, which is no failure.
"""

from contextlib import suppress

from tasksim import EngineError

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {}

MOST_POLLS = 8


class FakeNetwork:
    def __init__(self, effects):
        self.effects = effects
        self.scanned = set()

    def scan(self, host):
        with self.effects.record("scan", key=host):
            self.scanned.add(host)


class ScanHost:
    id = "scanHost"
    title = "Scan a host"

    def __init__(self, network):
        self.network = network

    def run(self, input, controller):
        if controller.runtime.is_aborted():
            return controller.response.aborted()
        self.network.scan(input["host"])
        return controller.response.done()


class ScanNetwork:
    id = "scanNetwork"
    title = "Scan the network"

    def run(self, input, controller):
        children = {child.input["host"]: child.status for child in controller.task.list_children()}
        missing = [host for host in input["hosts"] if host not in children]
        if missing:
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            controller.task.trigger("scanHost", input={"host": missing[0]}, delay=60)
            return controller.response.continue_({"triggered": missing[0]})
        if set(children.values()) & {"pending", "running"} and input.get("polls", 0) < MOST_POLLS:
            return controller.response.continue_({"polls": input.get("polls", 0) + 1}, seconds=30)
        if set(children.values()) != {"success"}:
            return controller.response.error("Not all hosts were scanned.")
        return controller.response.done({"hosts": len(children)})

    def on_abort(self, task, context):
        children = context.tasks.list_tasks({"parent_id": task.id, "status_in": ["pending", "running"]})
        for child in children.items:
            with suppress(EngineError):
                context.tasks.abort(child, message="The scan was aborted.")


def scenario(sim):
    """Scan two hosts."""
    network = FakeNetwork(sim.effects)
    sim.register(ScanNetwork)
    sim.register(lambda: ScanHost(network))
    sim.tasks.trigger("scanNetwork", input={"hosts": ["h1", "h2"]})
