# tasksim run examples/empty_trash.py:EmptyTrash --input '{"size": 4}' --tick 5s --timeline
"""Empty the trash in batches, and try again when the storage fails.

Each batch asks the storage what is left, so there is no cursor to go wrong. After an error the
task waits 30 s, then 60, then 120, ..., without using up its time, and gives up in the end.
"""

from typing import Any

from pydantic import BaseModel, Field

from tasksim.typing import Controller

MAX_FAILURES = 5
OUTAGE = range(3, 5)  # the calls that fail


class TrashInput(BaseModel):
    size: int = Field(default=25, ge=1, le=100)
    found: int | None = None  # how many entries there were at first
    failures: int = 0  # since the last batch that went well


class StorageError(Exception):
    """The storage is busy."""

    code = "STORAGE_BUSY"


class FakeTrash:
    """Stands in for the trash bin; its storage fails in the calls numbered in `outage`."""

    def __init__(self, entries: int = 18, outage: range = OUTAGE) -> None:
        self.entries = [f"entry-{number}" for number in range(1, entries + 1)]
        self.outage = outage
        self.calls = 0

    def delete(self, size: int) -> int:
        self.calls += 1
        if self.calls in self.outage:
            message = f"Storage is busy (call {self.calls})."
            raise StorageError(message)
        batch, self.entries = self.entries[:size], self.entries[size:]
        return len(batch)


class EmptyTrash:
    id = "emptyTrash"
    title = "Empty the trash"
    max_iterations = 200

    def __init__(self, trash: FakeTrash | None = None) -> None:
        self.trash = FakeTrash() if trash is None else trash

    def create_input_validation(self) -> type[TrashInput]:
        return TrashInput

    def run(self, input: dict[str, Any], controller: Controller) -> object:
        failures = input.get("failures", 0)
        found = input.get("found")
        if found is None:  # stored before the first batch, so that no crash can lose a count
            found = len(self.trash.entries)
            controller.state.update_input({"found": found})
        while self.trash.entries:
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"failures": failures})
            try:
                self.trash.delete(input.get("size", 25))
            except StorageError as error:
                controller.logger.error("A batch failed.", error)
                if failures == MAX_FAILURES:
                    return controller.response.error(error)
                pause = 30 * 2**failures
                return controller.response.continue_({"failures": failures + 1}, seconds=pause)
            failures = 0
            controller.state.update_input({"left": len(self.trash.entries), "failures": 0})
        return controller.response.done("The trash is empty.", {"deleted": found})
