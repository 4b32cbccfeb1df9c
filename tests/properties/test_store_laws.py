"""Laws of the store: it answers as a plain dict of records would."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from tasksim._model.records import Identity, LogItemRecord, LogRecord, TaskRecord
from tasksim._world.store import Store

TIMES = st.integers(0, 3)


class StoreAgainstDict(RuleBasedStateMachine):
    """Random operations on a store and on two dicts, which hold records in the order of creation."""

    tasks = Bundle("tasks")
    logs = Bundle("logs")

    def __init__(self):
        super().__init__()
        self.store = Store()
        self.of_tasks = {}
        self.of_logs = {}
        self.made = 0

    def name(self):
        """Return an id that was never used."""
        self.made += 1
        return f"r{self.made}"

    @rule(target=tasks, created_on=TIMES, parent=st.none() | tasks | st.just("nobody"))
    def add_task(self, created_on, parent):
        """Store a task."""
        id = self.name()
        record = TaskRecord(id, created_on, created_on, Identity(), "Reindex", "reindex", parent, {})
        self.of_tasks[id] = stored = self.store.add_task(record)
        assert stored._replace(sequence=0) == record
        return id

    @rule(
        id=tasks,
        changes=st.fixed_dictionaries({}, optional={"iterations": TIMES, "output": st.just({"n": 1})}),
    )
    def update_task(self, id, changes):
        """Update a task if it is there."""
        if id in self.of_tasks:
            self.of_tasks[id] = self.of_tasks[id]._replace(**changes, saved_on=9)
            assert self.store.update_task(id, changes, 9) == self.of_tasks[id]

    @rule(id=consumes(tasks))
    def delete_task(self, id):
        """Delete a task."""
        self.store.delete_task(id)
        del self.of_tasks[id]

    @rule(target=logs, task=tasks | st.just("nobody"), created_on=TIMES)
    def add_log(self, task, created_on):
        """Store a log."""
        id = self.name()
        record = LogRecord(id, created_on, created_on, Identity(), "", task, 1)
        self.of_logs[id] = stored = self.store.add_log(record)
        assert stored._replace(sequence=0) == record
        return id

    @rule(id=logs, count=TIMES)
    def update_log(self, id, count):
        """Update a log."""
        items = (LogItemRecord("a", 0, "info"),) * count
        self.of_logs[id] = self.of_logs[id]._replace(items=items, saved_on=9)
        assert self.store.update_log(id, items, 9) == self.of_logs[id]

    @rule(id=consumes(logs))
    def delete_log(self, id):
        """Delete a log."""
        self.store.delete_logs([id])
        del self.of_logs[id]

    @invariant()
    def records_are_equal(self):
        """All records are there, in the order of creation, with growing numbers."""
        for stored, model in ((self.store.tasks(), self.of_tasks), (self.store.logs(), self.of_logs)):
            pairs = list(stored)
            assert [record for _, record in pairs] == list(model.values())
            assert [n for n, _ in pairs] == sorted({n for n, _ in pairs})
        for n in range(1, self.made + 1):
            assert self.store.task(f"r{n}") == self.of_tasks.get(f"r{n}")
            assert self.store.log(f"r{n}") == self.of_logs.get(f"r{n}")

    @invariant()
    def relations_are_equal(self):
        """Children and logs of a task, and its newest log, are what a search of all would find."""
        for id in [*(f"r{n}" for n in range(1, self.made + 1)), "nobody"]:
            children = [record for record in self.of_tasks.values() if record.parent_id == id]
            logs = [record for record in self.of_logs.values() if record.task == id]
            assert self.store.children(id) == sorted(children, key=lambda record: record.created_on)
            assert self.store.logs_of(id) == logs
            newest = max(reversed(logs), key=lambda record: record.created_on, default=None)
            assert self.store.newest_log(id) == newest


StoreAgainstDict.TestCase.settings = settings(stateful_step_count=25, deadline=None)
TestStore = StoreAgainstDict.TestCase
