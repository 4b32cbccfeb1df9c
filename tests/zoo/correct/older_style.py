"""The older style: `run(response, input, is_close_to_timeout, is_aborted, store)`.

Correct under every cut: the questions come before each unit, and `store.update_input` after it, so the
cursor is never ahead of the work and at most one unit behind.
"""

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {}


class FakeIndex:
    def __init__(self, effects):
        self.effects = effects
        self.entries = set()

    def put(self, entry):
        with self.effects.record("put", key=entry):
            self.entries.add(entry)


class Reindex:
    id = "reindex"
    title = "Reindex"

    def __init__(self, index):
        self.index = index

    def run(self, response, input, is_close_to_timeout, is_aborted, store):
        entries = input["entries"]
        for at in range(input.get("at", 0), len(entries)):
            if is_aborted():
                return response.aborted()
            if is_close_to_timeout():
                return response.continue_({"at": at})
            self.index.put(entries[at])
            store.update_input({"at": at + 1})
        store.add_info_log("Reindexed.", {"entries": len(entries)})
        return response.done("Reindexed.", {"entries": len(entries)})


def scenario(sim):
    """Reindex two entries."""
    index = FakeIndex(sim.effects)
    sim.register(lambda: Reindex(index))
    sim.tasks.trigger("reindex", input={"entries": ["a", "b"]})
