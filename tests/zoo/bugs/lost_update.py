"""A lost update: two tasks read a shared document, change their part of it, and write all of it back.

Flexcoin closed in 2014, after transfers made at the same time had each seen the balance before the others.
"""

JUDGE = "resume-equivalence"
PLAN = 'run[countVisits.2]@effect.save["web"]#1'
OPTIONS: dict = {"kinds": ["run"]}
LOST: tuple = ()
REPEATED: tuple = ()


class FakeStore:
    """Stands for a store that holds one document."""

    def __init__(self, effects):
        self.effects = effects
        self.visits = {}

    def read(self):
        return dict(self.visits)

    def save(self, source, visits):
        with self.effects.record("save", key=source, contract="at_least_once"):
            self.visits = visits

    def set(self, source, count):
        with self.effects.record("save", key=source, contract="at_least_once"):
            self.visits[source] = count


class CountVisits:
    id = "countVisits"
    title = "Count visits"

    def __init__(self, store):
        self.store = store

    def put(self, source, count):
        visits = self.store.read()
        visits[source] = count
        self.store.save(source, visits)

    def run(self, input, controller):
        self.put(input["source"], input["count"])
        return controller.response.done()


class CountVisitsApart(CountVisits):
    def put(self, source, count):
        self.store.set(source, count)


def counting(sim, definition):
    """Trigger two tasks that write to the same document; the final state is what it holds."""
    store = FakeStore(sim.effects)
    sim.register(lambda: definition(store))
    sim.tasks.trigger("countVisits", input={"source": "web", "count": 5})
    sim.tasks.trigger("countVisits", input={"source": "app", "count": 3})
    return lambda: store.visits


def bug(sim):
    """Each writes back what it read, with its own change."""
    return counting(sim, CountVisits)


def fixed(sim):
    """The store changes one part, and each task owns its part."""
    return counting(sim, CountVisitsApart)
