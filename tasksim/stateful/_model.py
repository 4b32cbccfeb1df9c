"""The reference model: two dicts, of tasks and of logs, that move as the rules say, beside what is stored.

This module promises that a change which the trace does not tell, or which the rules do not allow, is found
after the step that made it. It must not know who made it, or why.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

from tasksim.stateful._broken import Broken
from tasksim.stateful._comparing import compare_log, compare_task, in_all_logs
from tasksim.stateful._following import Follower

if TYPE_CHECKING:
    from tasksim._simulator.simulator import Simulator

__all__ = ["Model"]


class Model(Follower):
    """What the service should have stored."""

    def __init__(self, sim: Simulator) -> None:
        """Begin before the first event."""
        super().__init__(sim._engine)  # noqa: SLF001 - the model looks at what is stored
        self._sim = sim
        self._read = 0

    def settle(self) -> list[str]:
        """Follow what happened since, and compare; return the ids of new tasks.

        Raises:
            Broken: The rules do not allow it, or something else is stored.
        """
        happened = self._sim.trace[self._read :]
        self._read += len(happened)
        self.new, self.touched = [], set()
        for event in happened:
            self.follow(event)
        self._compare_tasks()
        self._compare_logs()
        if self.is_seeded:
            self._order()
        return self.new

    def _order(self) -> None:
        """Put what was seeded where it stands in the order of creation."""
        self.tasks = {record.id: record for record in sorted(self.tasks.values(), key=itemgetter(-1))}
        self.logs = {record.id: record for record in sorted(self.logs.values(), key=itemgetter(-1))}
        self.is_seeded = False

    def _compare_tasks(self) -> None:
        """Compare the tasks that are stored with those that should be."""
        tasks, touched = self.tasks, self.touched
        found = 0
        for _, record in self._engine.store.tasks():
            want = tasks.get(record.id)
            found += want is not None
            if want is record:
                continue
            if want is None and self.is_seeded:
                found += 1
                self.deleted.discard(record.id)
            else:
                compare_task(self._sim, want, record, is_touched=record.id in touched)
            tasks[record.id] = record
        if found != len(tasks) or touched & self.deleted:
            self._find_missing()

    def _find_missing(self) -> None:
        """Refuse a task that is gone and should be there, or the contrary."""
        for id in self.tasks:
            if self._sim.tasks.get_task(id) is None:
                raise Broken(f"The task {id!r} is gone.", f"sim.tasks.get_task({id!r}) is not None")
        for id in self.touched & self.deleted:
            if self._sim.tasks.get_task(id) is not None:
                raise Broken(
                    f"The task {id!r} was deleted and is there.", f"sim.tasks.get_task({id!r}) is None"
                )

    def _compare_logs(self) -> None:
        """Compare the logs that are stored with those that should be."""
        logs = self.logs
        found = 0
        for _, record in self._engine.store.logs():
            want = logs.get(record.id)
            found += want is not None
            if want is record:
                continue
            if want is None and self.is_seeded:
                found += 1
                self.keep_log(record)
            else:
                compare_log(want, record)
                logs[record.id] = record
        if found != len(logs):
            self._find_missing_logs()

    def _find_missing_logs(self) -> None:
        """Refuse a log that is gone; those of a task that cleaned itself up go with it (C1)."""
        there = {record.id for _, record in self._engine.store.logs()}
        for id, log in list(self.logs.items()):
            if id in there:
                continue
            if log.task in self.tasks or not self._cleans_up():
                raise Broken(f"The log {id!r} of {log.task!r} is gone.", in_all_logs(id, "task", log.task))
            self.drop_log(id)

    def _cleans_up(self) -> bool:
        """Tell whether there are tasks that clean themselves up, and their descendants' logs."""
        return any(each.cleanup for each in self._engine.registry.all())
