"""Connections that are opened anew in each event, with a question before each.

Correct under every cut: opening is not work, and may happen any number of times, as declared. The task
needs three questions before its first unit of work, and `progress=questions(3)` lets it have them.
"""

from tasksim import questions

PROFILES: tuple[str, ...] = ("documented", "generic")
OPTIONS: dict = {"progress": questions(3)}

SHARDS = ("east", "west")


class FakeCluster:
    def __init__(self, effects):
        self.effects = effects
        self.rows = {}

    def connect(self, shard):
        self.effects.record("connect", key=shard, contract="any")

    def move(self, row):
        with self.effects.record("move", key=row):
            self.rows[row] = "west"


class MoveRows:
    id = "moveRows"
    title = "Move rows"

    def __init__(self, cluster):
        self.cluster = cluster

    def run(self, input, controller):
        rows, at = input["rows"], input.get("at", 0)
        for step in (*SHARDS, *rows[at:]):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at})
            if step in SHARDS:
                self.cluster.connect(step)
            else:
                self.cluster.move(step)
                at += 1
        return controller.response.done({"rows": at})


def scenario(sim):
    """Move two rows."""
    cluster = FakeCluster(sim.effects)
    sim.register(lambda: MoveRows(cluster))
    sim.tasks.trigger("moveRows", input={"rows": ["r1", "r2"]})
